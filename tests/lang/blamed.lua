-- Which operand Lua complains of where several may be wrong: of what is put together the last two, from left to right, and then
-- to the left; of two that are calculated with the left one; and where a text is one of them both, in other words.
local lang = dofile "tests/lang/harness.lua"

local ways = { "nil", false, true, 0, 1, 2, 3, 4, 5 }
local numbers = lang.pairs(ways, { "nil", false, true, 5, 0 })
local texts = lang.pairs(ways, { "nil", false, true, 5, 0, "x", "", "10", bpf.ip "1.2.3.4", bpf.mac "02:00:00:00:00:01" })
local function of_numbers(name, f) lang.case { name = name, inputs = numbers, f = f } end
local function of_texts(name, f) lang.case { name = name .. ", or a text", inputs = texts, f = f } end

local function some() return 1 end
local list = { 1, 2 }

-- a table made here, a text, a number, a boolean or nil
local function made(a)
	local v
	if a == 1 then v = { n = 1 } elseif a == 2 then v = "two" elseif a == 3 then v = 33 elseif a == 4 then v = true end
	return v
end

for _, case in ipairs { of_numbers, of_texts } do
	case("a table, between", function(a, b) local v = made(a) return #(v .. "x" .. b) end)
	case("a table, first", function(a, b) local v = made(a) return #(v .. b) end)
	case("a table, last", function(a, b) local v = made(a) return #(b .. v) end)
	case("a table, last of three", function(a, b) local v = made(a) return #(b .. "x" .. v) end)
	case("a table and what may be wrong, last", function(a, b) local v = made(a) return #("x" .. v .. b) end)
	case("what may be wrong and a table, last", function(a, b) local v = made(a) return #("x" .. b .. v) end)
	case("what may be wrong and a table, first", function(a, b) local v = made(a) return #(b .. v .. "x") end)
	case("a table twice", function(a, b) local v = made(a) return #(v .. b .. v) end)
	case("a table before two that may be wrong", function(a, b) local v = made(a) return #(v .. b .. a) end)
	case("a table before two that may be wrong, which is first", function(a, b) local v = made(a) return #(v .. a .. "x" .. b) end)
end
of_texts("a table or a text", function(a, b) local v = "t" if a == 1 then v = {} end return #(v .. "x" .. b) end)
of_texts("one of two tables", function(a, b)
	local v = { n = a }
	if a == 1 then v = { n = b, m = 2 } end
	return #(v .. b)
end)
of_texts("caught", function(a, b)
	local v = made(a)
	local ok, e = pcall(function() return v .. "x" .. b end)
	return ok, #e, e:byte(-3)
end)
of_texts("caught, beside", function(a, b)
	local v = made(a)
	local ok, e = pcall(function() return b .. v end)
	return ok, #e, e:byte(-3)
end)
of_texts("a table or a function", function(a, b) local v = made(a) if a == 5 then v = some end return #(v .. "x" .. b) end)
of_texts("a captured one", function(a, b) local v = made(a) if a == 5 then v = list end return #(v .. "x" .. b) end)
of_texts("a captured one, last", function(a, b) local v = made(a) if a == 5 then v = list end return #(b .. v) end)
of_numbers("a text that grows", function(a, b)
	local v, s = made(a), ""
	for i = 1, 2 do s = s .. v end
	return #s, b
end)
of_numbers("a text that grows from what may be wrong", function(a, b)
	local v, s = made(a), b
	for i = 1, 2 do s = s .. "," .. v end
	return #s
end)

-- ---- calculated with ----

local function number(a)
	local v
	if a == 1 then v = { n = 1 } elseif a == 2 then v = 2 elseif a == 3 then v = 33 elseif a == 4 then v = true end
	return v
end

of_numbers("table + b", function(a, b) local v = number(a) return v + b end)
of_numbers("b + table", function(a, b) local v = number(a) return b + v end)
of_numbers("b - table", function(a, b) local v = number(a) return b - v end)
of_numbers("b // table", function(a, b) local v = number(a) return b // v end)
of_numbers("b & table", function(a, b) local v = number(a) return b & v end)
of_numbers("b << table", function(a, b) local v = number(a) return b << v end)
of_numbers("table << b", function(a, b) local v = number(a) return v << b end)
of_numbers("table + table", function(a) local v = number(a) return v + v end)
of_numbers("what tells which it is", function(a, b) local v = number(a) return v + a, b end)
of_numbers("what tells which it is, first", function(a, b) local v = number(a) return a + v, b end)
of_numbers("two that may be tables", function(a, b) local v, w = number(a), number(b) return v + w end)
of_numbers("-table, ~table", function(a, b) local v = number(a) if b then return -v end return ~v end)
of_numbers("table ~ b ~ table", function(a, b) local v = number(a) return v ~ b ~ v end)
of_numbers("a table or a number", function(a, b) local v = 7 if a == 1 then v = {} end return b + v end)
of_numbers("a table or nil, tested", function(a, b) local v if a == 1 then v = {} end return b and b + v end)
of_numbers("one of two tables or nil", function(a, b)
	local v
	if a == 1 then v = {} elseif a == 2 then v = { n = b } end
	return b + v
end)
of_numbers("calculated in pcall", function(a, b)
	local v = number(a)
	local ok, e = pcall(function() return b + v end)
	return ok, type(e) == "string" and #e or e
end)
local function raising(a)
	if a == 1 then error({ code = 3 }) end
	if a == 2 then error(5) end
	if a == 3 then error() end
	if a == 4 then error(true) end
	return 1
end
of_numbers("what was caught", function(a, b)
	local _, e = pcall(raising, a)
	return b + e
end)
of_numbers("a sum of what was caught", function(a, b)
	local _, e = pcall(raising, a)
	local s = b
	for i = 1, 2 do s = s + e end
	return s
end)
of_numbers("a sum", function(a, b)
	local v, s = number(a), 0
	for i = 1, 3 do s = s + v end
	return s, b
end)
of_numbers("a sum from what may be wrong", function(a, b)
	local v, s = number(a), b
	for i = 1, 3 do s = s + v end
	return s
end)
of_numbers("b + a table or a function", function(a, b) local v = number(a) if a == 5 then v = some end return b + v end)
of_numbers("b + a captured table", function(a, b) local v = number(a) if a == 5 then v = list end return b + v end)
of_numbers("b + a captured table or a number", function(a, b) local v = b if a == 5 then v = list end return b + v end)
of_texts("b & a table", function(a, b) local v = {} if a == 1 then v = 5 end return b & v end)
of_texts("table & b", function(a, b) local v = {} if a == 1 then v = 5 end return v & b end)
of_texts("nil or a function + b", function(a, b) local v if a == 1 then v = some end return v + b end)
of_texts("b - nil or a function", function(a, b) local v if a == 1 then v = some end return b - v end)
of_texts("nil, a function or a table // b", function(a, b)
	local v
	if a == 1 then v = some elseif a == 2 then v = {} end
	return v // b
end)
of_texts("nil or a captured table + b", function(a, b) local v if a == 1 then v = list end return v + b end)
of_texts("a captured table or a function * b", function(a, b) local v = list if a == 1 then v = some end return v * b end)
of_texts("a captured table or a function & b", function(a, b) local v = list if a == 1 then v = some end return v & b end)
of_texts("b & a captured table or a function", function(a, b) local v = list if a == 1 then v = some end return b & v end)

of_numbers("5 + a table or a text", function(a) local v = made(a) return 5 + v end)
of_numbers("a table or a text // 5", function(a) local v = made(a) return v // 5 end)
of_numbers("-a table or a text", function(a, b) local v = made(a) if b then return -v end return ~v end)
of_numbers("5 & a table or a text", function(a) local v = made(a) return 5 & v end)
of_numbers("a table or a text << 2", function(a) local v = made(a) return v << 2 end)
of_numbers("7 - a table or a text, within pcall", function(a, b)
	local v = made(a)
	local ok, e = pcall(function() return 7 - v end)
	return ok, type(e) == "string" and #e or e, b
end)
of_numbers("a sum of a table or a text", function(a)
	local v, s = made(a), 0
	for i = 1, 3 do s = s + v end
	return s
end)

-- ---- what a captured table gives ----

local any = { 1, 2, list, some, true }
of_numbers("b + t[a]", function(a, b) local v = any[a] return b + v end)
of_numbers("t[a] - b", function(a, b) local v = any[a] return v - b end)
of_texts("t[a] .. b", function(a, b) local v = any[a] return #(v .. b) end)
of_texts("b .. t[a]", function(a, b) local v = any[a] return #(b .. v) end)
of_texts("t[a] .. x .. b", function(a, b) local v = any[a] return #(v .. "x" .. b) end)
of_texts("b & t[a]", function(a, b) return b & any[a] end)
of_texts("t[a] & b", function(a, b) return any[a] & b end)
local wrong = { list, some, true }
of_texts("b & t[a], all wrong", function(a, b) return b & wrong[a] end)
of_texts("b + t[a], all wrong", function(a, b) return b + wrong[a] end)
of_texts("t[a] + b, all wrong", function(a, b) return wrong[a] + b end)
of_texts("t[a] % 10, a text", function(a, b) return wrong[a] % "10", b end)
of_texts("t[a] + x, a text", function(a, b) return wrong[a] + "x", b end)
of_texts("10 - t[a], a text", function(a, b) return "10" - wrong[a], b end)
of_texts("t[a] & 10, a text", function(a, b) return wrong[a] & "10", b end)
of_texts("10 & t[a], a text", function(a, b) return "10" & wrong[a], b end)

lang.done()

-- The messages of Lua's errors to their last letter: how they name the variable, which the harness leaves out.
local lang = dofile "tests/lang/harness.lua"

local some = bpf.map { "hash", key = "u32", value = "u32", entries = 4 }
local inputs = { { 1 }, { nil }, { 7 } }

-- How long the message is, and how it ends; the case's own results where nothing is raised.
local function case(name, f)
	lang.case { name = name, inputs = inputs, f = function(x)
		local ok, e = pcall(f, x)
		if ok then return ok end
		return #e, e:byte(-2), e:byte(-3)
	end }
end

case("a local", function(x) return #("a" .. x) end)
case("a local, first", function(x) return #(x .. "a") end)
case("the second of three", function(x) local a, b = 1, 2 return #(a .. x .. b) end)
case("the first of three", function(x) local a, b = 1, 2 return #(x .. a .. b) end)
case("the last of four", function(x) local a, b = 1, 2 return #(a .. b .. 3 .. x) end)
case("two of four", function(x) local a, yy = 1, x return #(a .. x .. 3 .. yy) end)
case("both", function(x) local yyy = x return #(x .. yyy) end)
case("an upvalue", function(x) return (function() return #("a" .. x) end)() end)
case("a parameter of an inner function", function(x) local function f(par) return #(par .. "a") end return f(x) end)
case("a field", function(x) local t = { field = x } return #("a" .. t.field) end)
case("a field in the middle", function(x) local t = { field = x } return #("a" .. t.field .. "b") end)
case("an element", function(x) local t = { x } return #("a" .. t[1]) end)
case("an element by a variable", function(x) local t, key = { x }, 1 return #("a" .. t[key] .. "bc") end)
case("a field of a map", function(x) return #("a" .. some[x or 3]) end)
case("what a call gives", function(x) local function f() return x end return #("a" .. f()) end)
case("one of two", function(x) return #("a" .. (x == 1 and x)) end)
case("what a call gives, called", function(x)
	local function f() if x == 1 then return function() return 1 end end end
	return f()()
end)
case("one of two, called", function(x)
	local function f() return 1 end
	return (x == 1 and f or nil)()
end)
case("a local called, what it gets chosen behind", function(x)
	local name = math.abs
	return name(x and x == 1 or 3)
end)
case("a library function called by a local that a loop may change", function(x)
	local name = math.abs
	for i = 1, 2 do
		local k = i
		if false then name = function() return k + i end end
	end
	return name and name(x == 1 or 10) or -1
end)
case("a field called, what it gets chosen behind", function(x)
	local t = {}
	if x == 1 then t.field = function(a) return a end end
	return t.field(x or 5)
end)
case("an operand, the other chosen", function(x) local y = x return #(y .. (x == 7 and "a" or "b")) end)
case("of several, one chosen", function(x) local t = { field = x } return #(t.field .. (x or 1) .. "c" .. (x == 1 and "a" or "b")) end)
case("a chosen function, what it gets chosen, too", function(x)
	local function f(a) return a end
	return (x == 1 and f or x == 2 and f or nil)(x or 1)
end)
case("a sum's", function(x) local t = { a = x } return t.a + (x == 7 and 1 or 2) end)
case("indexed, the key chosen", function(x) local t if x == 1 then t = { 1, 2 } end return t[x == 7 and 1 or 2] end)

-- Our objects are called by the name of their metatable, whichever way they came.
local outer = bpf.map { "hash_of_maps", key = "u32", entries = 4, inner = { "hash", key = "u32", value = "u32", entries = 4 } }
outer[1] = some
local function inner(x) local v = x if x == 7 then v = outer[1] end return v end
case("a map out of a map of maps, compared", function(x) local v = inner(x) return v < 3 end)
case("a map out of a map of maps, compared, second", function(x) local v = inner(x) return 3 <= v end)
case("a map out of a map of maps, compared with what may be one", function(x) local v, w = inner(x), inner(x) return v < w end)
case("a map out of a map of maps, calculated with", function(x) local v = inner(x) return v + 3 end)
case("a map out of a map of maps, put", function(x) local v = inner(x) return #("x" .. v) end)
case("a map out of a map of maps, as a limit", function(x) local v, n = inner(x), 0 for i = v, 3 do n = n + i end return n end)
case("a map out of a map of maps, given", function(x) local v = inner(x) return math.abs(v) end)
local prefixes = { bpf.cidr "10.0.0.0/8", 5 }
case("a prefix, gone over", function(x) local n = 0 for k in next, prefixes[x] do n = n + 1 end return n end)
lang.packets { name = "given to a method of the packet", inputs = lang.texts({ 0, 5, 30 }, { 3 }), f = function(p)
	local v = p:u8(14)
	if v ~= 0 then v = outer[1] end
	local ok, e = pcall(function() return p:u8(v) end)
	if ok then return e end
	return #e, e:byte(-2), e:byte(-3)
end }
lang.done()

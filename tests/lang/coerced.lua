-- Texts given to functions of Lua's library that want numbers: what is known is converted as Lua does it, by all that a
-- numeral may look like.
local lang = dofile "tests/lang/harness.lua"

local texts = { lang.head .. "abcdefgh", lang.head .. "a", lang.head }
local function over(name, f)
	lang.packets { name = name, inputs = texts, once = true, f = function(p) return f(p:sub(15), p) end }
end

-- ---- each form of a numeral, captured ----

local numerals = { "2", " 2 ", "+2", "-2", "0x2", "0X2", "-0x2", "2.0", "2e0", "20e-1", ".2e1", "0x1p1", "0x.8p2", "\t2\n", "002", "0", "-0",
	"-0.0", "9223372036854775807", "-9223372036854775808", "0xffffffffffffffff", "1e18", "-1e18" }
for i, text in ipairs(numerals) do
	over("numeral " .. i .. ": sub", function(s) return #s:sub(text), s:sub(text, text):byte(), #string.sub(s, 1, text) end)
	over("numeral " .. i .. ": byte", function(s) return s:byte(text) end)
	over("numeral " .. i .. ": find", function(s) return s:find("[b-d]", text) end)
	if math.type(math.floor(text)) == "integer" then over("numeral " .. i .. ": floor", function() return math.floor(text), math.ceil(text), math.tointeger(text) end) end
	over("numeral " .. i .. ": ult", function(s) return math.ult(#s, text), math.ult(text, #s) end)
end
over("floor of fractions", function() return math.floor "2.5", math.ceil "2.5", math.floor "-2.5" end)
over("floor of what no float tells apart", function() return math.floor "9007199254740993", math.ceil "9007199254740993" end)
over("floor of what no integer is", function() return math.tointeger "1e30", math.tointeger "x", math.tointeger "" end)

-- ---- each function ----

over("rep", function(s) return #s:rep("3"), #("x"):rep("0x10"), #string.rep(s, "2", "--") end)
over("byte", function(s) return s:byte("1", "2") end)
over("a part of a packet", function(_, p) return #p:sub("15", "16"), p:find("a", "3") end)
over("char", function() return string.char("65", 66, "0x43"):byte(1, "3") end)
over("bytes of a packet", function(_, p) return p:byte("13", "15") end)
over("match, gmatch", function(s)
	local n = 0
	for c in s:gmatch("%w", "3") do n = n * 31 + (c:byte() or 0) end
	return n, #(s:match("%w+", "2") or "")
end)
over("unpack", function(s) return string.unpack("B", s .. "zz", "2") end)
over("unpack of a packet", function(_, p) return p:unpack(">H", "13") end)
over("pack", function(s) return string.pack("B>I2i3", "65", "0x4243", "-1"):byte(1, 3) end)
over("pack of texts stays", function() return string.pack("s1z", "65", "7"):byte(1, 3) end)
over("format", function() return lang.all(("%d|%5x|%c|%s|%i|%03d"):format("10", "255", "65", "7", "-3", "1e1")) end)
over("format of fixed points", function(s) return lang.all(("%.2f %f"):format("10", #s)) end)
over("select", function(s) return select("2", #s, 5, 6) end)
over("select from the end", function(s) return select("-1", #s, 5, 6) end)
over("select by a float's text", function(s) return select("2e0", #s, 5, 6) end)
over("select counts", function(s) return select("#", s, s), select("#x", s, s, s) end)
over("tonumber in a base", function() return tonumber("ff", "16"), tonumber("11", "2e0"), tonumber("zz", "36") end)
over("unpack of a table", function(s) return table.unpack({ #s, 2, 3 }, "2", "3") end)
local three = { 4, 5, 6 }
over("unpack of a captured table", function() return table.unpack(three, "2") end)
over("concat", function(s) return lang.all(table.concat({ #s, 2, 3 }, ",", "2")), lang.all(table.concat({ s, "b", 3 }, ",", "1", "2")) end)
over("the level of an error", function(s) if #s > 2 then error("long", "1") end error("short", "0") end)
over("the level of an error, beyond the function", function(s)
	local function check(n) if n > 2 then error("long", "2") end end
	check(#s)
	return 1
end)
over("the first bytes", function(s) return #bpf.trunc(s, "3") end)

-- ---- numbers in the place of texts ----

lang.packets { name = "patterns that are numbers", inputs = lang.cut "a1b12-1", once = true, f = function(p)
	local s = p:sub(15)
	local n = 0
	for w in s:gmatch(1) do n = n + #w end
	return s:find(12), n, #(s:match(-1) or "none")
end }
over("functions of numbers", function(s) return string.len(-123), string.rep(12, 3) == "121212", string.sub(12345, 2, "3") == "23" end)
over("bytes and letters of numbers", function(s) return string.byte(7), string.upper(5) == "5", string.find(1234, 3) end)
over("the first bytes of a number", function(s) return #bpf.trunc(123456, 2), bpf.trunc(123, 2) == "12" end)

-- ---- known by inference alone ----

over("a variable that is always the same", function(s)
	local n = "2"
	if #s > 3 then n = "2" end
	return s:byte(n), #s:sub(n)
end)
over("what a function is given", function(s)
	local function part(n) return #s:sub(n) end
	return part("2"), part(2), part("-1")
end)
over("in a loop", function(s)
	local sum = 0
	for i = 1, 3 do sum = sum * 31 + (s:byte("1") or 0) + i end
	return sum
end)
over("in turn: what is wrong before", function(s)
	local n = #s > 2 and 2 or nil
	local good, message = pcall(string.rep, n and s, "2")
	return good, good and #message
end)
over("within pcall", function(s)
	local good, n = pcall(string.byte, s, "1")
	return good, n
end)

-- ---- what takes no text for a number ----

local counts = bpf.map { "hash", key = "u32", value = "u64", entries = 8 }
local function both(name, f)
	lang.packets { name = name, inputs = { lang.head .. "3", lang.head .. "12345678", lang.head .. "x1234567" }, once = true, see = { counts },
		f = function(p) return f(#p < 20 and 3 or p:sub(15), p) end }
end
both("bitwise operators", function(n) return n & 7, n << 1, ~n end)
both("a bitwise operator, on the right", function(n) return 7 | n end)
both("the byte of an address", function(n) return bpf.ip("10.2.3.4"):byte(n) end)
both("what is added to a map", function(n) counts:add(1, n) end)
both("an offset", function(n, p) return p:u16(n) end)
both("bytes of a packet by number", function(n, p) return p:byte(n) end)
both("compared", function(n) return n < 4 end)

lang.done()

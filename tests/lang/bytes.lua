-- s:byte(i, j): several bytes at once, of parts of the packet, of the packet itself, of texts and constants.
local lang = dofile "tests/lang/harness.lua"

local inputs = lang.cut("GET /index\0\xff")
local function over(name, f) lang.packets { name = name, inputs = inputs, f = function(p) return f(p:sub(15), p) end } end

over("from the first on", function(s) return s:byte(1, 3) end)
over("from the last ones on", function(s) return s:byte(-3, -1) end)
over("from both ends", function(s) return s:byte(2, -2) end)
over("more than there may be", function(s) return s:byte(9, 40) end)
over("more than are named", function(s)
	local a, b = s:byte(1, 100)
	return a, b
end)
over("one is taken", function(s) return (s:byte(2, 3)) end)
over("none", function(s) return s:byte(3, 2) end)
over("before the first", function(s) return s:byte(0, 2) end)
over("long before the first", function(s) return s:byte(-100, 2) end)
over("far beyond", function(s) return s:byte(math.maxinteger, -1) end)
over("nil for the first", function(s) return s:byte(nil, 2) end)
over("nil for the last", function(s) return s:byte(2, nil) end)
over("a last one that may be nil", function(s)
	local j
	if #s > 3 then j = 3 end
	return s:byte(2, j)
end)
over("a first one that may be nil", function(s)
	local i
	if #s > 4 then i = -2 end
	return string.byte(s, i, -1)
end)
over("of the packet", function(_, p) return p:byte(13, 15) end)
over("of the packet from its end", function(_, p) return p:byte(-2, -1) end)
over("of a header", function(_, p) return p.eth:byte(13, 14) end)
over("of made text", function(s)
	local t = "<" .. s:sub(1, 9) .. ">"
	return t:byte(1, 3)
end)
over("of made text by numbers", function(s)
	local t = s:sub(1, 9):upper()
	return t:byte(#s - 3, #s - 1)
end)
over("of a constant", function(s)
	local a, b, c = ("abc"):byte(1, -1)
	return a + b + c, ("hello"):byte(#s, #s + 1)
end)
over("of a constant outside", function() return ("abc"):byte(4, 5) end)
over("all of a constant, counted", function() return select("#", ("abcd"):byte(2, -1)), string.char(("abc"):byte(2, 3)) == "bc" end)
over("added up", function(s)
	local a, b, c, d = s:byte(1, 4)
	return a + b * 3 + c * 5 + d * 7
end)
over("caught", function(s)
	local ok, n = pcall(function()
		local a, b = s:byte(6, 7)
		return a * 256 + b
	end)
	return ok, ok and n
end)
over("in a loop", function(s)
	local sum = 0
	for i = 1, #s, 2 do
		local a, b = s:byte(i, i + 1)
		if not b then break end
		sum = sum * 31 + a * b
	end
	return sum
end)
over("out of a function", function(s)
	local function word(t, at) return t:byte(at, at + 1) end
	local a, b = word(s, #s - 1)
	local c = word(s, 3)
	return a, b, c
end)
over("strings of two kinds", function(s)
	local t = "ab"
	if #s > 4 then t = s:sub(1, 4) end
	return t:byte(2, 4)
end)

over("selected from", function(s) return select(2, s:byte(1, 3)) end)
over("given to a function", function(s)
	local function f(a, b, c) return c, b, a end
	return f(s:byte(2, 4))
end)
over("as extra arguments", function(s)
	local function f(...)
		local a, b = ...
		return b, a
	end
	return f(s:byte(2, -1))
end)

local numbers = {}
local hostile = { 0, 1, 2, 8, 9, 10, -1, -2, -8, -9, -10, math.maxinteger, math.mininteger, 1 << 32 }
for _, i in ipairs(hostile) do
	for _, j in ipairs(hostile) do numbers[#numbers + 1] = lang.head .. (">i8i8"):pack(i, j) .. "GET\0/\x80\xff]!" end
end
lang.packets { name = "by numbers", inputs = numbers, f = function(p) return p:sub(31):byte(p:u64(14) or 0, p:u64(22) or 0) end }
lang.packets { name = "a record by numbers", inputs = numbers, f = function(p)
	local r = { s = p:sub(31) }
	local a, b, c = string.byte(r.s, p:u64(14) or 0, p:u64(22) or 0)
	return a == nil, b, c
end }
over("of a payload by a function of one line", function(_, p)
	local function three(s, n) return s:byte(n, n + 2) end
	local payload, n = p.payload, #p & 31
	if not payload then return false end
	local a, b, c = three(payload, n)
	if a == 71 and b == 69 and c == 84 then return bpf.DROP end
	return a, b, c
end)

lang.done()

-- More arguments than a function of Lua's library looks at: they are worked out, in order, and nothing is made of them.
local lang = dofile "tests/lang/harness.lua"

local inputs = {}
for _, text in ipairs { "GET /x?a=1 HTTP", "no", "x=1&y=22", "", "=", "abcdefghijklmnopqrstuvwxyz = 1234" } do inputs[#inputs + 1] = lang.head .. text end
local function over(name, f) lang.packets { name = name, inputs = inputs, f = function(p) return f(p:sub(15, 60), p) end } end

local function sum(s)
	local n = #s
	for i = 1, #s do n = n * 31 + s:byte(i) end
	return n
end

lang.case { name = "of math", inputs = lang.each(), f = function(n)
	return math.abs(n, 1), math.ult(n, 7, nil), math.fmod(n, 7, 0), math.tointeger(n, "x"), sum(math.type(n, n))
end }
lang.case { name = "of numbers and kinds", inputs = lang.each(), f = function(n)
	return tonumber(n, nil, 3), tonumber("ff", 16, n), sum(type(n, n, n)), sum(tostring(n, 10)), rawequal(n, 3, n)
end }
lang.case { name = "worked out in order", inputs = lang.each(), f = function(n)
	local k = 0
	local function next_one() k = k * 10 + 1 return k end
	local a = math.abs(next_one(), next_one(), next_one())
	return a, k
end }
lang.case { name = "one of them raises", inputs = lang.each(), f = function(n) return math.abs(n, 1 // n) end }
lang.case { name = "of error", inputs = lang.each { 1, 9 }, f = function(n)
	local ok, e = pcall(function() if n > 5 then error("no", 0, n) end return n end)
	return ok, ok and e, e == "no"
end }
lang.case { name = "of loops", f = function(n)
	local sum, t = 0, { 1, 2, 3 }
	for _, v in ipairs(t, n) do sum = sum + v end
	for k, v in pairs(t, 5) do sum = sum + k * v end
	return sum, table.unpack(t, 1, 2, 3)
end }
lang.case { name = "of a function's results", inputs = lang.each(), f = function(n)
	local function two() return n, n + 1 end
	local function several(...) return math.abs(...), select("#", ...) end
	local function three() return math.abs(two()), (several(two())) end
	return math.abs(two()), sum(tostring(two())), three()
end }
over("of strings", function(s)
	return sum(s:sub(2, 3, 4)), sum(string.sub(s, 2, 3, nil)), s:len(1), string.len(s, 2), sum(s:lower(1)), sum(s:upper("x", s)), sum(s:rep(2, "-", 3))
end)
over("of a method", function(s) return s:byte(1, 1, 1), s:find("=", 1, true, 7), tonumber(s:match("%d", 1, 2)) end)
over("what find gives", function(s) return sum(tostring(s:find("=", 1, true))), sum(tostring(math.type(s:find("[x=]") or 1))), type(s:find("=")) == "number" end)
over("what find gives, as a position", function(s) return sum(s:sub(s:find("=", 1, true), 2, 3)) end)
over("what match gives", function(s) return tonumber((s:match("(%d)(%d)"))), sum(tostring(s:match("(%a)=(%d)"))) end)
over("what bytes give", function(s) return math.abs(s:byte(1, 3)) end)
over("what bytes give, caught", function(s)
	local ok, n = pcall(function() return math.abs(s:byte(1, 2)) end)
	return ok, ok and n
end)
over("of gmatch and the sizes of formats", function(s)
	local n = 0
	for w in s:gmatch("%a", 2, 3) do n = n + w:byte() end
	return n, string.packsize("I2", s), (string.unpack("B", s .. "x", 1, 9))
end)

lang.done()

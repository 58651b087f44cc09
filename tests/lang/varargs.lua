-- Lists of values: varargs, select, results whose number differs by the way taken.
local lang = dofile "tests/lang/harness.lua"
local case, each, pairs2 = lang.case, lang.each, lang.pairs

local counts = { "nil", false, true, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, math.maxinteger, math.mininteger }

local function count(...) return select("#", ...) end
local function pass(...) return ... end
local function one(...) return (...) end
local function first_of(n, ...) return (select(n, ...)) end

case { name = "counted", f = function(a, b)
	return count(), count(a, nil, b), count(pass(a, b), pass(a, b))
end, inputs = pairs2(lang.kinds) }
case { name = "counted behind others", f = function(a, b)
	return count(a, pass()), count(a, pass(b, nil)), count((pass(a, b)))
end, inputs = pairs2(lang.kinds) }
case { name = "from a number that is known", f = function(a, b)
	return first_of(2, a, b), first_of(-1, a, b), first_of(3, a, b)
end, inputs = pairs2(lang.kinds) }
case { name = "from the end, several", f = function(a, b)
	return select(-2, 7, a, b)
end, inputs = pairs2(lang.kinds) }
case { name = "from zero", f = function(a) return (select(0, a)) end, inputs = each(lang.kinds) }
case { name = "too far from the end", f = function(a) return (select(-3, a, a)) end, inputs = each(lang.kinds) }
case { name = "from a number of the input", f = function(n, a)
	return select(n, a, 11, true)
end, inputs = pairs2(counts, lang.kinds) }
case { name = "from a number of the input, one", f = function(n, a)
	return first_of(n, a, nil, 12), (select(n, a))
end, inputs = pairs2(counts, lang.kinds) }
case { name = "of nothing", f = function(n) return (select(n)) end, inputs = each(counts) }
case { name = "in a loop", f = function(a, b)
	local function sum(...)
		local s = 0
		for i = 1, select("#", ...) do
			local v = select(i, ...)
			s = s + (v or 1000)
		end
		return s
	end
	return sum(a, b, 3), sum(), sum(b)
end, inputs = pairs2 { "nil", false, 0, 1, -1, math.maxinteger } }
case { name = "in a loop, from the end", f = function(a, b)
	local function last(...)
		local v
		for i = -1, -select("#", ...), -1 do
			v = select(i, ...)
			if v then return v, i end
		end
		return v
	end
	return last(a, b, nil), last(nil, false)
end, inputs = pairs2(lang.kinds) }
case { name = "an error in an inner call", f = function(n, a)
	local function f(...)
		local v = select(n, ...) + 1
		return v
	end
	return f(a, 5)
end, inputs = pairs2(counts, lang.kinds) }

case { name = "one more by the way taken", f = function(a, b)
	local function f()
		if a then return a, b, 3 end
		if b then return b end
	end
	local function take(x, y, z) return z, y, x end
	return take(f())
end, inputs = pairs2(lang.kinds) }
case { name = "through two functions", f = function(a, b)
	local function f() if a then return pass(a, b) end return pass() end
	local function g(...) if b then return ... end return one(...), 7 end
	local x, y, z = g(f())
	return x, y, z
end, inputs = pairs2(lang.kinds) }
case { name = "the longest of a loop", f = function(a)
	local x, y, z = 0
	for i = 1, 5 do
		local function f() if i == a then return i, x, true end return i end
		x, y, z = f()
		if z then break end
	end
	return x, y, z
end, inputs = each { 0, 1, 3, 5, 6, "nil" } }
case { name = "some known to be there", f = function(a, b)
	local function f() if a then return 1, 2 end return 3 end
	return select(2, b, f())
end, inputs = pairs2(lang.kinds) }
case { name = "swapped through varargs", f = function(a, b)
	local function swap(x, y, ...) return y, x, ... end
	return swap(swap(a, b, a))
end, inputs = pairs2(lang.kinds) }
case { name = "assert hands all on", f = function(a, b)
	return assert(pass(a, "none", b)) and a, select(3, assert(a, "none", b))
end, inputs = pairs2(lang.kinds) }

-- A variable that the called function may assign: what its methods give is not known before the function is.
local texts = lang.cut("ab3 xyz", "", "xxb", "b")
local function given(name, f) lang.packets { name = "given a method's results, " .. name, inputs = texts, f = f } end
given("one parameter", function(p)
	local s = p:sub(15)
	local function f(n) return #s + #n end
	local v = f(s:sub(2))
	s = "x"
	return v, #s
end)
given("two parameters", function(p)
	local s = p:sub(15)
	local function f(a, b) s = s:sub(2) return a, b, #s end
	local a, b, n = f(s:find("b"))
	return a, b, n, #s
end)
given("more than there are", function(p)
	local s = p:sub(15)
	local function f(k, a, b, c) s = s:sub(2) return a == nil, b == nil, c == nil, k end
	return f(#s, s:byte(1))
end)
given("none", function(p)
	local s = p:sub(15)
	local function f() s = s .. "y" return #s end
	return f(s:byte(1)), #s
end)
given("pcall", function(p)
	local s = p:sub(15)
	local ok, v = pcall(function(n) return #s + n end, s:find("b"))
	s = s:sub(2)
	return ok, ok and v, #s
end)
given("xpcall", function(p)
	local s = p:sub(15)
	local ok, v = xpcall(function(n) return #s + n end, function() return 1 end, s:find("b"))
	s = s:sub(2)
	return ok, v, #s
end)
given("of another function", function(p)
	local s = p:sub(15)
	local function g(x) s = x:sub(2) return s:byte(1, 2) end
	local function f(a, b) s = s .. "z" return a or -1, b end
	local a, b = f(g(s))
	return a, b, #s
end)

-- What a function takes off a string that it shares goes back into it, from outside: what the string is hangs on what is given.
local function taken(name, f) lang.packets { name = "taken off a shared string, " .. name, inputs = texts, f = f } end
taken("or nil", function(p)
	local rest = p:sub(15)
	local function cut(n) if n > #rest then return nil end return rest:sub(n + 1) end
	for i = 1, 3 do
		local w = cut(i)
		if not w then break end
		rest = w:sub(2)
	end
	return #rest
end)
taken("matched or empty", function(p)
	local rest = p:sub(15)
	local function cut() return rest:match("^%w(.*)$") end
	for i = 1, 3 do rest = cut() or "" end
	return #rest
end)
taken("all of it", function(p)
	local rest, n = p:sub(15), 0
	local function cut() return rest:match("^(%w)(.*)$") end
	while true do local w, r = cut() if not w then break end rest = r n = n * 3 + w:byte(1) end
	return #rest, n
end)
taken("or nil, caught", function(p)
	local rest, n = p:sub(15), 0
	local function cut(n) if n > #rest then return nil end return rest:sub(n + 1) end
	for i = 1, 3 do local ok, w = pcall(cut, i) if not ok or not w then break end rest = w end
	return #rest, n
end)
taken("or raised", function(p)
	local rest, n = p:sub(15), 0
	local function cut(n) if n > #rest then error("x") end return rest:sub(n + 1) end
	for i = 1, 3 do local ok, w = pcall(cut, i) if not ok then break end rest = w end
	return #rest, n
end)
taken("out of a table", function(p)
	local st, n = { v = p:sub(15) }, 0
	local function cut(n) if n > #st.v then return nil end return st.v:sub(n + 1) end
	for i = 1, 3 do local w = cut(i) if not w then break end st.v = w:sub(2) end
	return #st.v, n
end)
taken("or nothing", function(p)
	local rest, n = p:sub(15), 0
	local function cut() if rest == "" then return nil end return rest:sub(2) end
	for i = 1, 3 do local r = cut() if not r then break end rest = r end
	return #rest, n
end)
taken("and lowered", function(p)
	local rest, n = p:sub(15), 0
	local function cut(n) if n > #rest then return nil end return rest:sub(n + 1) end
	for i = 1, 3 do local w = cut(i) if not w then break end rest = w:lower() end
	return #rest, n
end)
lang.done()

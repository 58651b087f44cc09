-- Functions: closures and what they share, varargs, several results, calls of every form.
local lang = dofile "tests/lang/harness.lua"

local function two(a, b) return b, a end
local function back(...)
	local a, b = ...
	return b, a, ...
end

-- ---- variables that inner functions share ----

lang.case { name = "counter", inputs = lang.each(), f = function(a)
	local n = 0
	local function inc(k)
		n = n + k
		return n
	end
	inc(a)
	inc(2)
	return n, inc(1)
end }
lang.case { name = "closures made in a loop", inputs = lang.each(), f = function(a)
	local s = 0
	for i = 1, 3 do
		local j = i * a
		local function g()
			s = s + j
			j = j + 1
		end
		g()
		g()
	end
	return s
end }
lang.case { name = "a variable of two functions", inputs = lang.each(), f = function(a)
	local v = a
	local function get() return v end
	local function set(x) v = x end
	set(get() + 1)
	if a > 3 then set(7) end
	return v, get()
end }
lang.case { name = "assigned in a loop", inputs = lang.pairs(), f = function(a, b)
	local sum, last, n = 0, nil, 0
	local function add(k)
		sum = sum + k
		last = k
	end
	for i = 1, 5 do
		add(a + i)
		n = n + 1
		if n > b & 7 then break end
	end
	return sum, last, n
end }
lang.case { name = "each turn has its own", inputs = lang.each(), f = function(a)
	local s, p = 0, 0
	for i = 1, 3 do
		local j = i + a
		local function up() j = j + 1 end
		up()
		s = s + p
		p = j * 10
	end
	return s
end }
lang.case { name = "a function in a function in a function", inputs = lang.pairs(), f = function(a, b)
	local function outer(x)
		local function middle(y)
			local function inner(z)
				a = a + z
				return x + y + z
			end
			return inner(b) - y
		end
		return middle(x * 2)
	end
	return outer(a), a
end }
lang.case { name = "a while loop's own variables", inputs = lang.each(), f = function(a)
	local i, sum = 0, 0
	while i < 4 do
		local k = i
		local function more() k = k + a end
		more()
		sum = sum + k
		i = i + 1
	end
	return sum
end }
lang.case { name = "assigned by one of two branches", inputs = lang.each(lang.kinds), f = function(a)
	local v
	local function set(x) v = x end
	if a then set(a) else set(false) end
	return v, v == a
end }
lang.case { name = "a loop's body shares through goto", inputs = lang.each(), f = function(a)
	local n, sum = 0, 0
	::again::
	do
		local k = n
		local function get() return k end
		sum = sum + get()
	end
	n = n + 1
	if n < (a & 7) then goto again end
	return sum
end }

-- ---- several results, and as many arguments as there are ----

lang.case { name = "two results", inputs = lang.pairs(), f = function(a, b)
	local x, y = two(a, b)
	return x - y, (two(a, b))
end }
lang.case { name = "results differ in number", inputs = lang.each(), f = function(a)
	local function g(x)
		if x > 0 then return 1, 2 end
		return 5
	end
	local p, q = g(a)
	return p, q, (g(a))
end }
lang.case { name = "no result", inputs = lang.each(lang.kinds), f = function(a)
	local function nothing() end
	local x = nothing(a)
	return x, (nothing()), a
end }
lang.case { name = "some ways return, some do not", inputs = lang.each(), f = function(a)
	local function g(x)
		if x > 100 then return x end
		if x > 10 then return x, true end
	end
	return g(a)
end }
lang.case { name = "varargs", inputs = lang.pairs(), f = function(a, b) return back(a, b) end }
lang.case { name = "varargs of any kind", inputs = lang.pairs(lang.kinds), f = function(a, b)
	return back(a, b)
end }
lang.case { name = "more parameters than arguments", inputs = lang.pairs(), f = function(a, b)
	local function g(...)
		local x, y, z = ...
		return z, y, x
	end
	return g(two(a, b))
end }
lang.case { name = "fixed parameters before varargs", inputs = lang.pairs(), f = function(a, b)
	local function g(x, ...)
		local y = ...
		return x, y, ...
	end
	return g(a, two(a, b))
end }
lang.case { name = "varargs passed on", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local function h(x, y, z) return z, y, x end
	local function g(...) return h(...) end
	return g(a, b)
end }
lang.case { name = "only the first", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local function g(...) return (...) end
	return g(a, b), g(b), g()
end }
lang.case { name = "an open call in the middle gives one", inputs = lang.pairs(), f = function(a, b)
	return two(a, b), two(b, a)
end }
lang.case { name = "too many arguments", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local function one(x) return x end
	return one(a, b, 3)
end }
-- ---- calls ----

lang.case { name = "tail call", inputs = lang.pairs(), f = function(a, b)
	local function last(x, y) return x * y, x + y end
	local function first(x, y) return last(y, x) end
	return first(a, b)
end }
lang.case { name = "one of two, and nil in between", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local function next_of(x) return x and 1 end
	local function both(x, y)
		if next_of(x) then return next_of(y), next_of(x) end
		return nil, 3
	end
	local p, q = both(a, b)
	return p, q, next_of(nil)
end }
lang.case { name = "a function as an argument", inputs = lang.pairs(), f = function(a, b)
	local function apply(f, x) return f(f(x)) end
	return apply(function(x) return x + b end, a), apply(function(x) return x * b end, a)
end }
lang.case { name = "a function as a result", inputs = lang.pairs(), f = function(a, b)
	local function adder(k) return function(x) return x + k end end
	local add = adder(a)
	return add(b), adder(b)(a)
end }
lang.case { name = "called on each side", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local function yes(x) return x, true end
	local function no(x) return false, x end
	if a then return yes(b) else return no(b) end
end }
lang.case { name = "error in an inner function", inputs = lang.each(lang.kinds), f = function(a)
	local n = 0
	local function add(k)
		n = n + k
	end
	add(a)
	add(1)
	return n
end }
lang.case { name = "many registers", inputs = lang.pairs(), f = function(a, b)
	local c, d, e, f, g, h = a + b, a - b, a * b, a ~ b, a & b, a | b
	local i, j, k, l, m, n = c + d, e - f, g ~ h, a + c, b + d, c + e
	local o, p, q, r, s, t = i ~ j, k - l, m * n, i + k, j + l, k + m
	return o + p + q + r + s + t + a + b, c ~ d ~ e ~ f ~ g ~ h, i + j + k + l + m + n
end }
lang.done()

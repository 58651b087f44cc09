-- Branches, loops, goto, calls with several results, closures, run-time errors.
local lang = dofile "tests/lang/harness.lua"
local small = { -3, -1, 0, 1, 2, 3, 5, 17, 100 }

lang.case { name = "numeric for", inputs = lang.each(small), f = function(n)
	local sum = 0
	for i = 1, n do sum = sum + i * i end
	return sum
end }
lang.case { name = "for with step", inputs = lang.pairs(small, { -7, -2, -1, 1, 2, 7 }), f = function(n, step)
	local sum, turns = 0, 0
	for i = 10, n, step do
		sum = sum + i
		turns = turns + 1
		if turns > 200 then break end
	end
	return sum, turns
end }
lang.case { name = "for step of zero", inputs = lang.pairs({ 1, 5 }, { 0, 1 }), f = function(n, step)
	local turns = 0
	for _ = 1, n, step do turns = turns + 1 end
	return turns
end }
lang.case { name = "for at the ends of the range", inputs = { { math.maxinteger - 2, math.maxinteger },
	{ math.mininteger, math.mininteger + 3 }, { math.maxinteger, math.mininteger }, { 1, 0 } },
	f = function(from, to)
		local turns, last = 0, 0
		for i = from, to do
			turns = turns + 1
			last = i
		end
		return turns, last
	end }
lang.case { name = "for of more turns' distance than an integer holds", inputs = { { math.mininteger, math.maxinteger, 1 << 61 },
	{ math.maxinteger, math.mininteger, -1 << 61 }, { -1, math.maxinteger, 1 << 60 } },
	f = function(from, to, step)
		local known, turns = 0, 0
		for _ = from, to, 1 << 61 do known = known + 1 end
		for _ = from, to, step do turns = turns + 1 end
		return known, turns
	end }
lang.case { name = "for down at the ends", inputs = { { math.mininteger + 2, math.mininteger } },
	f = function(from, to)
		local turns = 0
		for _ = from, to, -1 do turns = turns + 1 end
		return turns
	end }
lang.case { name = "for bounds of any kind", inputs = lang.pairs(lang.kinds, { "nil", true, 2 }),
	f = function(from, to)
		local turns = 0
		for i = from, to do
			turns = turns + 1
			if turns > 50 then return i end
		end
		return turns
	end }
lang.case { name = "nested for", inputs = lang.pairs({ 0, 1, 4, 9 }), f = function(n, m)
	local sum = 0
	for i = 1, n do
		for j = i, m do
			if (i + j) % 3 == 0 then goto continue end
			sum = sum + i * j
			::continue::
		end
	end
	return sum
end }
lang.case { name = "while", inputs = lang.each(small), f = function(n)
	local steps = 0
	while n > 1 and steps < 200 do
		if n % 2 == 0 then n = n // 2 else n = 3 * n + 1 end
		steps = steps + 1
	end
	return steps, n
end }
lang.case { name = "repeat", inputs = lang.each(small), f = function(n)
	local i = 0
	repeat
		i = i + 1
		local done = i * i >= n
	until done or i > 50
	return i
end }
lang.case { name = "goto", inputs = lang.each(small), f = function(n)
	local i = 0
	::top::
	if i < n and i < 40 then
		i = i + 2
		goto top
	end
	return i
end }
lang.case { name = "gcd", inputs = lang.pairs({ 0, 1, 12, 18, 270, 192, 1071 }), f = function(a, b)
	while b ~= 0 do a, b = b, a % b end
	return a
end }

-- ---- calls ----

local function swap(a, b) return b, a end
local function first(a) return a end
local function triple(a, b) return a, b, a == b end
local function maybe(a) if a then return a, 1 end end

lang.case { name = "several results", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local x, y = swap(a, b)
	return x, y, first(swap(a, b))
end }
lang.case { name = "open results", inputs = lang.pairs(lang.kinds), f = function(a, b)
	return triple(swap(a, b))
end }
lang.case { name = "cut to one", inputs = lang.pairs(lang.kinds), f = function(a, b)
	return (swap(a, b)), first(a, b)
end }
lang.case { name = "missing results are nil", inputs = lang.each(lang.kinds), f = function(a)
	local x, y = maybe(a)
	return x, y
end }
lang.case { name = "missing arguments are nil", inputs = lang.each(lang.kinds), f = function(a)
	local function g(x, y, z) return z, y, x end
	return g(a)
end }
lang.case { name = "inner function assigns", inputs = lang.each(small), f = function(n)
	local total = 0
	local function add(k) total = total + k end
	add(n)
	add(n * 2)
	return total
end }
lang.case { name = "swap in place", inputs = lang.pairs(lang.kinds), f = function(a, b)
	a, b = b, a
	return a, b
end }
lang.case { name = "loop swaps", inputs = { { 1, 2, 5 }, { 3, 4, 0 }, { 9, 8, 7 } }, f = function(a, b, n)
	for _ = 1, n do a, b = b, a + b end
	return a, b
end }

-- Functions inlined one after the other: what is not inlined yet must not count as nothing.
local function never() return false end
local function nothing() end
local function five(a) return a == 5 or never() end
local function deep(a) return five(a) or a == 17 or nothing() end
local function chain(n, rule)
	if n == 0 then return rule end
	return chain(n - 1, function(a) return a == n or rule(a) end)
end
local chained = chain(4, never)

lang.case { name = "or of a call", inputs = lang.each(small), f = function(a)
	return five(a), deep(a), deep(a) and five(a)
end }
lang.case { name = "if or of a call", inputs = lang.each(small), f = function(a)
	if five(a) then return 1 end
	if deep(a) then return 2 end
	return 3
end }
lang.case { name = "chain of closures", inputs = lang.each(small), f = function(a)
	if chained(a) then return 1 end
	return 0
end }
lang.case { name = "calls in a loop", inputs = lang.each(small), f = function(a)
	local hits = 0
	for i = 0, 20 do
		if i == a or deep(i) or chained(i) then hits = hits + 1 end
	end
	return hits
end }
local function one() return 1 end
local function two() return one() + 1 end
lang.case { name = "constants through calls", inputs = lang.each(small), f = function(a)
	local x = a > 2 and two() or one()
	local y = x == 2 and never()
	return x, y, not y
end }

-- ---- captured values ----

local limit, names, nested = 42, { one = 1, two = 2, [3] = 33 }, { a = { b = 5 } }
lang.case { name = "captured constants", inputs = lang.each(), f = function(n)
	return n + limit, n > names.two, nested.a.b + names[3] + names.one
end }
lang.case { name = "absent captured key", inputs = lang.each(lang.kinds), f = function(n)
	return names.none, names.none == n
end }

-- ---- library functions ----

lang.case { name = "math.max and min", inputs = lang.pairs(), f = function(a, b)
	return math.max(a, b), math.min(a, b), math.max(a, 7, b)
end }
lang.case { name = "math.ult", inputs = lang.pairs(), f = function(a, b) return math.ult(a, b) end }
lang.case { name = "math.abs", inputs = lang.each(), f = function(a) return math.abs(a) end }

-- ---- errors ----

lang.case { name = "error", inputs = lang.each(small), f = function(n)
	if n > 2 then error("too many") end
	return n
end }
lang.case { name = "error without position", inputs = lang.each(small), f = function(n)
	if n > 2 then error("too many", 0) end
	return n
end }
lang.case { name = "assert", inputs = lang.each(lang.kinds), f = function(a)
	return (assert(a, "must be true"))
end }
lang.case { name = "error in a called function", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local function sum(x, y)
		return x + y
	end
	return sum(a, b)
end }
do -- lines that the chunk does not give as a distance to the one before
	local text = "return function(a, b) local c = a + 1" .. ("\n"):rep(200) .. "return c + b" .. ("\n"):rep(300) .. "end"
	lang.case { name = "an error many lines further on", inputs = lang.pairs({ 1 }, { "nil", 2 }), f = load(text, "=far")() }
end

lang.done()

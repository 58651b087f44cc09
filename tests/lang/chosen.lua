-- Functions chosen at run time: out of locals, captured ones and inner functions, nil among them, in loops.
local lang = dofile "tests/lang/harness.lua"
local function twice(n) return n * 2 end
local function less(n) return n - 1 end
local function both(n, m) return n + m, n - m end
local T = { twice = twice, less = less }
local U = { twice = less, less = twice }
local two = lang.pairs { 0, 1, 5, -3, 100 }

lang.case { name = "captured", inputs = two, f = function(a, b)
	local f
	if a > b then f = twice else f = less end
	return f(a)
end }
lang.case { name = "or none", inputs = two, f = function(a, b)
	local f
	if a > b then f = twice elseif a < b then f = less end
	return f(a)
end }
lang.case { name = "tested first", inputs = two, f = function(a, b)
	local f
	if a > b then f = twice elseif a < b then f = less end
	if f then return f(a) end
	return f == nil, not f
end }
lang.case { name = "inner functions", inputs = two, f = function(a, b)
	local n = 10
	local function up(x) n = n + x return n end
	local function down(x) n = n - x return n, x end
	local f = a > b and up or down
	local r = f(a)
	return r, n, (f(b))
end }
lang.case { name = "made in the branch", inputs = two, f = function(a, b)
	local f, n = nil, 0
	if a > b then
		f = function(x) n = n + 1 return x * a end
	else
		f = function(x) n = n + 2 return x + b end
	end
	return f(3), f(4), n
end }
lang.case { name = "several results", inputs = two, f = function(a, b)
	local f = twice
	if a > b then f = both end
	local x, y = f(a, b)
	return x, y
end }
lang.case { name = "changed in a loop", inputs = two, f = function(a, b)
	local f, sum = twice, 0
	for i = 1, 6 do
		if i == a then f = less elseif i == b then f = both end
		sum = sum + f(i, a)
	end
	return sum, (f(a, b))
end }
lang.case { name = "turn about", inputs = lang.each { 0, 1, 2, 3, 8 }, f = function(n)
	local f, g, v = twice, less, 5
	for _ = 1, n & 15 do
		v = f(v)
		f, g = g, f
	end
	return v, g(1)
end }
lang.case { name = "out of a loop, or none", inputs = two, f = function(a, b)
	local found
	for i = 1, 5 do
		if i == a then found = twice break end
		if i == b then found = less break end
	end
	return found and found(7)
end }
lang.case { name = "errors on its lines", inputs = lang.pairs { "nil", 1, 2, false }, f = function(a, b)
	local f
	if a then
		f = twice
	elseif b then
		f = less
	end
	local ok, v = pcall(function() return f(b) end)
	return ok, ok and v,
		f(1)
end }
lang.case { name = "given to pcall", inputs = two, f = function(a, b)
	local f = a > b and twice or less
	local ok, v = pcall(f, a)
	return ok, v
end }
lang.case { name = "given on", inputs = two, f = function(a, b)
	local function apply(f, x) return f(f(x)) end
	return apply(a > b and twice or less, b)
end }
lang.case { name = "fields of one of two tables", inputs = two, f = function(a, b)
	local t = T
	if a > b then t = U end
	return t.twice(b), t.less(a)
end }
local rules = { { ttl = 1 }, { ttl = 2, f = twice }, { ttl = 3 } }
lang.case { name = "tables of a table, twice", inputs = two, f = function(a, b)
	local r = a > 1 and rules[b] or rules[1]
	r = b > 3 and r or rules[2]
	return r.ttl, r.f and r.f(b)
end }
lang.case { name = "numbers, too", inputs = two, f = function(a, b)
	local f = 5
	if a > b then f = twice end
	local ok = pcall(function() f(1) end)
	if type(f) == "function" then return f(a), ok end
	return f, ok
end }
lang.case { name = "two chosen", inputs = two, f = function(a, b)
	local f, g = twice, less
	if a > 1 then f = less end
	if b > 1 then g = twice end
	return f(g(a)), g(f(b))
end }
lang.case { name = "of variables before the loop, and several names", inputs = lang.pairs { 0, 1, 2, 3, 5 }, f = function(a, b)
	local f, g, s = nil, nil, 0
	local function x() s = s + 1 end
	local function y() s = s * 2 end
	for i = 1, a & 7 do
		if f then f() end
		if g then g() end
		if i == b then f = x elseif i == b + 1 then g = f f = y end
	end
	return s, f == nil, g == nil
end }
lang.case { name = "library functions", inputs = two, f = function(a, b)
	local f = math.max
	if a > 2 then f = math.min end
	return f(a, b)
end }
local function one(n) return n end
local function pair(n) return n, n + 1 end
local function none() end
local function sum(a, b) return (a or 100) + (b or 1000) end
lang.case { name = "open sum", inputs = two, f = function(a, b)
	local f, g = one, sum
	if a > b then f = pair elseif a == b then f = none end
	if a > 2 then g = pair end
	local x, y = g(f(a))
	return x, y
end }
lang.case { name = "error order", inputs = two, f = function(a, b)
	local f
	if a > b then f = one end
	local n = 0
	local function bump() n = n + 1 return n end
	local ok = pcall(function() f(bump()) end)
	return ok, n
end }
lang.case { name = "assigned in callee", inputs = two, f = function(a, b)
	local f = one
	local function set(g) f = g end
	if a > 2 then set(pair) end
	if b > 2 then set(nil) end
	local ok, x, y = pcall(function() return f(a) end)
	return ok, ok and x, y
end }
lang.case { name = "goto loop", inputs = two, f = function(a, b)
	local f, n, i = one, 0, 0
	::top::
	i = i + 1
	n = n * 3 + (f(i) or 7)
	if i == a then f = pair elseif i == b then f = none end
	if i < 6 then goto top end
	return n
end }
lang.case { name = "while with break", inputs = two, f = function(a, b)
	local f, n = nil, 0
	while n < 20 do
		if n == a then f = one elseif n > b + 4 then f = pair end
		if f then local x, y = f(n) n = n + x + (y or 1) if n > 15 then break end end
		n = n + 1
	end
	return n, f and f(1)
end }
-- ---- made in a turn of a loop, called in another or behind it ----

local turns = lang.each { 0, 1, 2, 3, 4, 5 }
local ports = { { port = 1, action = 4 }, { port = 0, action = 5 }, { port = 3, action = 6 } }
lang.case { name = "kept past its turn", inputs = turns, f = function(p)
	local f = function(a) return a end
	for i = 1, p & 7 do
		local k = i * p
		if i ~= 2 then f = function(a) return a + k end end
	end
	return f(3)
end }
lang.case { name = "called in the turn after", inputs = turns, f = function(p)
	local f, n = nil, 0
	for i = 1, p & 7 do
		if f then n = n * 10 + f(i) end
		f = function(a) return a * i end
	end
	return n, f and f(3)
end }
lang.case { name = "made in each turn, kept in one", inputs = turns, f = function(p)
	local g, n = function() return 9 end, 0
	for i = 1, p & 7 do
		local k = i * 3
		local h = function(a) return k * p + a end
		if i == 2 then g = h end
		n = n + h(1)
	end
	return g(3), n
end }
lang.case { name = "the last one and the one before", inputs = turns, f = function(p)
	local f, g = function() return 7 end, function() return 8 end
	for i = 1, p & 7 do
		g = f
		if i ~= 2 then f = function() return i end end
	end
	return f(), g()
end }
lang.case { name = "the last and the first", inputs = turns, f = function(p)
	local f, g
	for i = 1, p & 7 do
		local h = function() return i end
		g, f = g or h, h
	end
	return f and f(), g and g()
end }
lang.case { name = "made by a function", inputs = turns, f = function(p)
	local function times(k) return function(a) return a * k end end
	local g, n = times(p), 0
	for i = 1, p & 7 do
		if i ~= 3 then g = times(i) end
		n = n + g(2)
	end
	return n, g(3)
end }
lang.case { name = "of two functions, with a variable of the loop's", inputs = turns, f = function(p)
	local g, n = function() return 0 end, 0
	for i = 1, p & 7 do
		local k = i + 10
		if i % 2 == 0 then g = function() return i end else g = function() n = n + 1 return k + n end end
		n = n + g()
	end
	return n, g(), n
end }
lang.case { name = "with a text", inputs = lang.each { "a", "bc", "" }, f = function(s)
	local g = function() return "" end
	for i = 1, #s + 1 do
		local t = s .. i
		if i ~= 2 then g = function() return t end end
	end
	return #g(), g():byte(-1), g() == "a1"
end }
lang.case { name = "of a row, or a captured one", inputs = turns, f = function(p)
	local g
	for i, r in ipairs(ports) do
		if r.port == p then
			g = function(a) return r.action + a end
		elseif i == p then
			g = math.abs
		end
	end
	return g and g(-3)
end }
lang.case { name = "that raise, under pcall", inputs = turns, f = function(p)
	local g = function() return 9 end
	for i = 1, p & 7 do
		if i ~= 2 then
			g = function(a)
				if a == i then error("no " .. i, 0) end
				return i
			end
		end
	end
	local ok, e = pcall(g, 3)
	return ok, ok and e, e == "no 3"
end }
lang.case { name = "that raise", inputs = turns, f = function(p)
	local g = function() return 9 end
	for i = 1, p & 7 do
		if i ~= 2 then g = function(a) error("no " .. a + i) end end
	end
	return g(3)
end }
lang.case { name = "made under pcall", inputs = turns, f = function(p)
	local g = function() return 9 end
	for i = 1, p & 7 do
		pcall(function()
			local k = i * 2
			if i == 4 then error("x") end
			g = function() return k end
		end)
	end
	return g()
end }
lang.case { name = "of two loops", inputs = lang.pairs({ 0, 1, 2, 3, 5 }, { 1, 2, 3 }), f = function(p, q)
	local g, n = function() return 9 end, 0
	for i = 1, p & 7 do
		local h = function() return i end
		for j = 1, q & 3 do
			if i == j then g = h elseif i == j + 1 then g = function() return i * 10 + j end end
			n = n + h()
		end
		n = n + g()
	end
	return n, g()
end }
lang.case { name = "of a while loop, and one of goto", inputs = turns, f = function(p)
	local g, i, n = function() return 9 end, 0, 0
	while i < (p & 7) do
		i = i + 1
		local k = i
		if i ~= 2 then g = function() return k * p end end
	end
	local h = g
	::top::
	local j = n
	if n ~= 1 then h = function() return j + p end end
	n = n + 1
	if n < (p & 7) then goto top end
	return g(), h(), n
end }
lang.case { name = "of which each calls the one before", inputs = turns, f = function(p)
	local st, n = function(x) return x end, 0
	for i = 1, p & 7 do
		local b = st(i)
		st = function(x) return x + b end
		n = n * 3 + st(1)
	end
	return n, st(1)
end }

local counts = lang.pairs({ 0, 1, 2, 3 }, { 1, 2, 3 })
lang.case { name = "that see what is assigned after they were made", inputs = counts, f = function(p, q)
	local f, s, k = function() return 100 end, 0, nil
	for j = 1, q & 3 do
		k = j * p
		if j ~= 2 then f = function() return k end end
		s = s * 3 + f()
	end
	return s, f()
end }
lang.case { name = "of a variable that is assigned once in each turn", inputs = counts, f = function(p, q)
	local f, s = function() return 100 end, 0
	for i = 1, p & 3 do
		local k
		k = i * q
		if i ~= 2 then
			f = function()
				local function twice() return k * 2 end
				return twice() + k
			end
		end
		s = s * 5 + f()
	end
	return s, f()
end }
lang.case { name = "kept in two variables", inputs = counts, f = function(p, q)
	local f, g, s = function() return 100 end, nil, 0
	for i = 1, p & 3 do
		local k = i * q
		local h = function() return k + i end
		if i == 2 then f = h end
		if i == 3 then g = h end
		s = s * 5 + f() + (g and g() or 1)
	end
	return s, f(), g and g()
end }

-- Many of them, of which some are the same.
local H, N, R = {}, {}, {}
local function adding(n) return load("return function(x, y) if x then return x + " .. n .. ", y end return y, " .. n .. " end")() end
for n = 1, 100 do H[n] = adding(n) end
for n = 101, 250 do H[n] = H[n % 100 + 1] end
for n = 1, 60 do N["k" .. n] = H[n] R["k" .. n] = { n = n, f = H[n % 7 + 1] } end
local some = lang.pairs({ 0, 1, 33, 100, 101, 250, 251 }, { 0, 2, "nil", 250 })
lang.case { name = "one of 250", inputs = some, f = function(a, b)
	local h = H[a]
	if h then return h(b, a) end
end }
lang.case { name = "one of 250, or an error", inputs = some, f = function(a, b) return H[a](b, a) end }
lang.case { name = "one of 60 by text", inputs = some, f = function(a, b)
	local h = N["k" .. tostring(a)]
	return h and h(b)
end }
lang.case { name = "of one of 60 rows", inputs = some, f = function(a, b)
	local r = R["k" .. tostring(a)]
	return r and r.f(b), r and r.n
end }
lang.case { name = "of 250, in a loop", inputs = some, f = function(a, b)
	local s = 0
	for i = 1, 5 do
		local h = H[i * 50 + (b or 0)]
		if h then s = s + (h(i)) end
	end
	return s
end }

-- Read for nothing but the error.
local deep = { 5, x = 7, t = { y = 2 }, len = { y = 1 } }
lang.case { name = "a field of a field, not used", inputs = lang.each { 0, 1, 2 }, f = function(a)
	local v = deep
	if a == 1 then v = "hello" end
	local y = v.t.y
	return 1
end }
lang.case { name = "a field of what a text has, not used", inputs = lang.each { 0, 1, 2 }, f = function(a)
	local v = deep
	if a == 1 then v = "hello" end
	local y = v.len.y
	return 1
end }
lang.case { name = "a field of an element, not used", inputs = lang.each { 0, 1, 2 }, f = function(a)
	local v = deep
	if a == 1 then v = "hello" end
	local ok, err = pcall(function() local y = v[1].y end)
	return ok, err ~= nil
end }
lang.case { name = "three fields deep, in a loop, not used", inputs = lang.each { 0, 1, 2 }, f = function(a)
	local v = deep
	for i = 1, a do v = "hello" end
	local y = v.t
	local z = y.y
	return 1
end }

-- ---- more functions by more keys than are compared ----

local some = lang.each { 0, 1, 2, 19, 40, 41, 64, 65, "key1", "key2", "key40", "key41", "", true, false, "nil", bpf.ip "1.2.3.4" }
local function handlers(n)
	local t = {}
	for i = 1, n do
		t[i] = function(x) return x + i end
		t["key" .. i] = function(x) return x * i end
	end
	return t
end
for _, n in ipairs { 20, 40, 64 } do
	local by = handlers(n)
	lang.case { name = 2 * n .. " functions by integers and texts", inputs = some, f = function(k)
		return by[k](math.type(k) == "integer" and k or 9)
	end }
	lang.case { name = 2 * n .. " functions by integers and texts, or none", inputs = some, f = function(k)
		local h = by[k]
		if h then return h(3), h(4) end
		return 0
	end }
end
local forms, sparse = {}, {}
for n = 0, 46 do forms[n] = function(x) return x * n + 1 end end
for i = 0, 1199 do sparse[i * 7] = forms[i * 31 % 47] end
lang.case { name = "a function by one of 1,200 integers", inputs = lang.each { 0, 7, 8, 14, 70, 343, 700, 8393, 8400, -7 }, f = function(k)
	local h = sparse[k]
	return h and h(k)
end }

lang.done()

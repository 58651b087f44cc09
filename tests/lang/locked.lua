-- m:locked(k, f): what is done between lock and unlock, errors among it, and keys that are not there.
local lang = dofile "tests/lang/harness.lua"

local ANY = { 0, 1, 2, 255, 256, -1, 1 << 32, true, "nil" }
local m = bpf.map { "hash", key = "u32", value = "struct { u8 a; u32 b; u64 c; u16? d; char e[5]; bool f; ip4 g; }", entries = 8,
	lock = true, name = "m" }
local a = bpf.map { "array", value = "struct { u64 n; u32 b; }", entries = 2, lock = true }
local st = bpf.state { n = "u64" }
local function setup()
	m[1] = { a = 250, b = 5, e = "abc" }
	m[255] = { c = -1, d = 7 }
	a[0] = { n = 1 }
end
local function case(name, inputs, f, more)
	local case = { name = name, see = { m, a, { st, "n" } }, setup = setup, inputs = inputs, f = f }
	for k, v in pairs(more or {}) do case[k] = v end
	lang.case(case)
end

case("fields", lang.pairs(ANY, { 1, -1, 300, "nil" }), function(k, v)
	return m:locked(k, function(e)
		e.c = e.c + 1
		e.b = e.a
		e.d = v
		e.a = v
	end), m[1] and m[1].a
end)
case("in branches and loops", lang.pairs({ 0, 1, 255, 3 }, { 0, 1, 4 }), function(k, n)
	local turns, last = 0, nil
	if n ~= 0 then
		local good = m:locked(k, function(e)
			for i = 1, n do
				if e.a < 252 then e.a = e.a + 1 else e.f = not e.f end
				turns = turns + i
			end
			last = e.a
		end)
		if not good then return "absent" == 1, turns, last end
	end
	return true, turns, last
end)
case("an error within", lang.pairs({ 1, 255, 7 }, { 0, 3, 5, 6 }), function(k, n)
	m:locked(k, function(e)
		e.b = e.b + n
		if n == 5 then error "five" end
		e.a = e.a + n
		local sure = e.d + n
		e.b = sure
	end)
	return 1
end)
case("an error within a loop", lang.pairs({ 1, 7 }, { 0, 3, 10 }), function(k, n)
	return m:locked(k, function(e)
		for i = 1, n do e.a = e.a + i end
	end)
end)
case("division within", lang.pairs({ 1 }, { 0, 3, -1, math.mininteger }), function(k, n)
	return m:locked(k, function(e) e.c = 100 // n + 100 % n end), m[1].c
end)
case("arrays", lang.pairs({ 0, 1, 2, -1 }, { 1, 70000 }), function(k, n)
	return a:locked(k, function(e)
		e.n = e.n + n
		e.b = e.b + e.n
	end)
end)
case("one after the other", lang.pairs({ 1, 9 }, { 0, 2 }), function(k, n)
	local x = m:locked(k, function(e) e.a = 1 end)
	local y = a:locked(n, function(e) e.b = 2 end)
	st.n = st.n + 1
	return x, y, m:locked(1, function(e) e.b = 9 end)
end)
case("in an inner function, called twice", lang.pairs({ 1, 255 }, { 1, 3 }), function(j, k)
	local sum = 0
	local function take(i)
		return m:locked(i, function(e)
			sum = sum + e.b
			e.b = 0
		end)
	end
	return take(j), take(k), sum
end)
local function early(e)
	if e.a == 250 then return 5 end
	e.a = 3
end
case("a function that returns early, results and all", lang.each { 1, 255, 3 }, function(k) return m:locked(k, early) end)
case("stored whole", lang.pairs({ 1, 7 }, { 5, 256 }), function(k, n)
	m[k] = { a = n, e = "xyz" }
	return m:locked(k, function(e) e.a = e.a + 1 end), m[k] and m[k].a
end)
case("addresses and text", lang.pairs({ 1, 255 }, { bpf.ip "10.0.0.1", bpf.ip "0.0.0.0" }), function(k, ip)
	local was
	m:locked(k, function(e)
		was = e.g == ip
		e.g = ip
		if e.e == "abc" then e.e = "abcde" end
	end)
	return was, m[k].g == ip
end)
case("caught around", lang.pairs({ 1, 255, 7, -1, "nil" }, { 0, 1, 6, "nil" }), function(k, n)
	local done = pcall(function()
		m:locked(k, function(e)
			e.b = e.b + 1
			if n == 1 then error "one" end
			e.a = e.a + n
		end)
		st.n = st.n + 1
	end)
	m[2] = { a = 1 }
	return done, m:locked(1, function(e) e.c = e.c + 1 end), m[1].b
end)
case("caught around, in a loop", lang.pairs({ 1, 255 }, { 0, 3 }), function(k, n)
	local fine = 0
	for i = 1, 5 do
		local done, there = pcall(function() return m:locked(k, function(e) e.a = e.a + n end) end)
		if done and there then fine = fine + 1 end
		m[3] = { b = i }
	end
	return fine, m[3].b
end)
case("caught within", lang.pairs({ 1, 7 }, { 0, 6, "nil" }), function(k, n)
	return m:locked(k, function(e)
		local done = pcall(function()
			e.b = e.b + 1
			e.a = e.a + n
		end)
		if not done then e.b = 77 end
		e.c = 5
	end), m[1].b
end)
case("loop budget used up within", { { 1, 5 }, { 1, 500 } }, function(k, n)
	return m:locked(k, function(e)
		for _ = 1, n do e.c = e.c + 1 end
	end)
end, { budget = 100, twin = false, want = { { true }, { error = "tests/lang/locked.lua:133: loop budget exhausted" } } })
lang.done()

-- Loops: every edge of the numeric for, while, repeat, goto in each of its forms, loops in loops.
local lang = dofile "tests/lang/harness.lua"
local small = { -3, -1, 0, 1, 2, 3, 5, 17, 100 }
local MAX, MIN = math.maxinteger, math.mininteger

-- ---- a value is halved until it is 0 ----

lang.case { name = "halving", inputs = lang.each(), f = function(a)
	local n, bits, pairs = a, 0, 0
	while n > 0 do n, bits = n >> 1, bits + 1 end
	n = a
	while n ~= 0 do
		if n & 3 == 1 then pairs = pairs + 1 end
		n = n >> 2
	end
	return bits, pairs
end }

-- ---- numeric for ----

lang.case { name = "for: run-time bounds and step", copy = true,
	inputs = { { 1, 3, 1 }, { 3, 1, -1 }, { 1, 10, 3 }, { 10, 1, -4 }, { 1, 0, 1 }, { 0, 1, -1 }, { 5, 5, 1 },
		{ 5, 5, -1 }, { 1, 2, 0 }, { MAX - 1, MAX, 1 }, { MIN + 1, MIN, -1 }, { MIN, MAX, MAX }, { MAX, MIN, MIN },
		{ MAX, MIN, -MAX }, { MIN, MIN, 1 }, { MAX, MAX, -1 }, { MAX - 5, MAX, 4 }, { MIN + 5, MIN, -4 },
		{ MIN, MIN + 3, 2 }, { 0, MAX, MAX // 2 }, { 0, MIN, MIN // 2 }, { -1, 1, MAX }, { 1, -1, MIN } },
	f = function(a, b, c)
		local n, first, last = 0, nil, nil
		for i = a, b, c do
			n = n + 1
			first = first or i
			last = i
		end
		return n, first, last
	end }
lang.case { name = "for: bounds and step of any kind", inputs = (function()
	local t = {}
	for _, a in ipairs { "nil", false, 1 } do
		for _, b in ipairs { "nil", true, 3 } do
			for _, c in ipairs { "nil", true, 0, 1 } do
				local function v(x) if x == "nil" then return nil end return x end
				t[#t + 1] = { n = 3, v(a), v(b), v(c) }
			end
		end
	end
	return t
end)(), f = function(a, b, c)
	local n = 0
	for i = a, b, c do n = n + i end
	return n
end }
lang.case { name = "for: ends of the range", inputs = lang.each(small), f = function(a)
	local n = 0
	for _ = MAX - 2, MAX do n = n + 1 end
	for _ = MIN + 1, MIN, -1 do n = n + 1 end
	for i = MAX, MAX - 1, -1 do n = n + (i & a) end
	return n
end }
for _, step in ipairs { 1, 2, 3, 7, -1, -2, -7, MAX, MIN } do
	lang.case { name = "for: constant step " .. step, inputs = lang.pairs { -9, -1, 0, 1, 2, 10, 25 },
		f = function(a, b)
			local n, sum = 0, 0
			for i = a, b, step do
				n = n + 1
				sum = sum + i
			end
			return n, sum
		end }
end
lang.case { name = "for: step of zero", f = function()
	local n = 0
	local zero = 0
	for _ = 1, 2, zero do n = n + 1 end
	return n
end }
lang.case { name = "for: never entered", inputs = lang.each(small), f = function(a)
	local n = a
	for i = 1, 0 do n = n + i end
	for i = 0, 1, -1 do n = n + i end
	return n
end }
lang.case { name = "for: the variable is a copy", inputs = lang.each(small), f = function(a)
	local sum = 0
	for i = 1, 4 do
		i = i * a
		sum = sum + i
	end
	return sum
end }
lang.case { name = "for: bounds are taken once", inputs = lang.each(small), f = function(a)
	local n, turns = a, 0
	for _ = 1, n do
		n = n + 1
		turns = turns + 1
	end
	return turns, n
end }
lang.case { name = "for: break keeps what was", inputs = lang.pairs(small), f = function(a, b)
	local at
	for i = 1, 20 do
		at = i
		if i * a > b then break end
	end
	return at
end }
lang.case { name = "for: return out of it", inputs = lang.pairs(small), f = function(a, b)
	for i = 1, 20 do
		if i * a > b then return i, a end
	end
	return nil, b
end }
lang.case { name = "for: nil until set", inputs = lang.each(), f = function(a)
	local x
	for _ = 1, a & 3 do
		if x then x = x + 1 else x = 10 end
	end
	return x
end }
lang.case { name = "for: a kind changes on the way", inputs = lang.pairs(lang.kinds, { 0, 1, 5 }), f = function(a, n)
	local v = a
	for _ = 1, n do
		if v == nil then v = false elseif v == false then v = true elseif v == true then v = 7 else v = nil end
	end
	return v
end }
lang.case { name = "for: three values go round", inputs = { { 1, 2, 3 }, { 5, -1, 9 } }, f = function(a, b, c)
	for _ = 1, 7 do a, b, c = b, c, a end
	return a, b, c
end }
lang.case { name = "for: an error in some turn", inputs = lang.each(small), f = function(a)
	local sum = 0
	for i = -2, 5 do sum = sum + 100 // (i - a) end
	return sum
end }

-- ---- loops in loops ----

lang.case { name = "nested, bounds of the outer", inputs = lang.each(), f = function(a)
	local s = 0
	for i = 1, 5 do
		for j = i, a & 7 do
			s = s + i * j
			if j > 4 then break end
		end
	end
	return s
end }
lang.case { name = "three deep", inputs = lang.pairs { 0, 1, 3 }, f = function(a, b)
	local n = 0
	for i = 1, a do
		for j = i, b + 2 do
			local k = j
			while k > 0 do
				n = n + k
				k = k - 2
			end
		end
	end
	return n
end }
lang.case { name = "one after the other", inputs = lang.pairs(small), f = function(a, b)
	local s = 0
	for i = 1, a do s = s + i end
	for i = 1, b do s = s - i * i end
	repeat s = s - 1000 until s < 0
	return s
end }

-- ---- while, repeat ----

lang.case { name = "while true", inputs = lang.each(), f = function(a)
	local i = 0
	while true do
		i = i + 1
		if i > a & 15 then break end
	end
	return i
end }
lang.case { name = "while of any kind", inputs = lang.each(lang.kinds), f = function(a)
	local turns = 0
	while a and turns < 9 do turns = turns + 1 end
	return turns
end }
lang.case { name = "repeat sees its locals", inputs = lang.each(), f = function(a)
	local i = 0
	repeat
		local k = i
		i = i + 3
	until k > a & 7
	return i
end }
lang.case { name = "repeat with a function in it", inputs = lang.each(small), f = function(a)
	local i = 0
	repeat
		local k = i
		local function more() k = k + 2 end
		more()
		i = k
	until k > a
	return i
end }
lang.case { name = "collatz", inputs = lang.each { 1, 2, 3, 7, 27, 97 }, f = function(n)
	local steps = 0
	while n ~= 1 do
		n = n & 1 == 0 and n >> 1 or 3 * n + 1
		steps = steps + 1
	end
	return steps
end }
lang.case { name = "bits counted", inputs = lang.each(), f = function(n)
	local bits = 0
	while n ~= 0 do
		n = n & (n - 1)
		bits = bits + 1
	end
	return bits
end }

-- ---- a value halved until nothing is left ----

for _, k in ipairs { 1, 3, 63 } do
	lang.case { name = "halved: shifted by " .. k, inputs = lang.each(), f = function(a)
		local v, n, sum = a, 0, 7
		while v > 0 do v, n, sum = v >> k, n + 1, sum + 1000 end
		local w, m = a, 0
		while w ~= 0 do w, m = w >> k, m + 3 end
		return n, m, sum
	end }
	lang.case { name = "halved: tested at the end, shifted by " .. k, inputs = lang.each(), f = function(a)
		local v, n = a, 0
		repeat v, n = v >> k, n + 1 until v == 0
		return n, n > 64, n > 63
	end }
end
lang.case { name = "halved: a comparison with more than 0", inputs = lang.each(), f = function(a)
	local v, n = a, 0
	while v >= 100 do v, n = v >> 1, n + 1 end
	return v, n, n > 57
end }
lang.case { name = "halved: another way back brings a new value", inputs = lang.pairs { -1, 0, 1, 2, 9, 1000, MAX, MIN }, f = function(a, b)
	local v, n, i = a, 0, 0
	repeat
		while v ~= 0 do v, n = v >> 1, n + 1 end
		i = i + 1
		v = b
	until i == 10
	local w, m, k = a, 0, 0
	while true do
		while w > 0 do w, m = w >> 1, m + 1 end
		k = k + 1
		if k == 5 then break end
		w = b ~ k
	end
	return n, n > 100, m, m > 99
end }
local halved = bpf.map { "array", key = "u32", value = "i64", entries = 24, name = "halved" }
lang.packets { name = "halved: by two loops, one of which is walked", inputs = { ("\1"):rep(60), ("\xff"):rep(60), ("\0"):rep(60) }, f = function(p)
	local a = p:u64(24) or 0xffff
	local v, n, i = a, 0, 0
	for _ = 1, 9 do
		while v >= 1 do v, n = v >> 7, n + 3 end
		i = i + 1
		if i > 0 then break end
		v = a
	end
	halved[6] = n > 200 and 1002 or 1001
	local w, k, j = a, 0, 0
	for _ = 1, 9 do
		while w >= 1 do w, k = w >> 7, k + 1 end
		j = j + 1
		if j > 0 then break end
		w = 0
	end
	halved[10] = k > 64 and 1002 or 1001
	return halved[6], halved[10]
end }
lang.case { name = "counted by a walked loop, and by one that is not", inputs = lang.each { 0, 1, 5, 77, -3 }, f = function(a)
	local i, s = 0, a
	while i < 4 do i, s = i + 1, s * 3 end
	local j, t = i, 0
	while j < a do
		if t & 3 == 2 then t = t + s end
		j, t = j + 1, t * 5 + j
	end
	local k = j
	while k > 3 do k, t = k - 1, t ~ k end
	return t, k
end }
lang.case { name = "halved: a test of what was counted ends the loop", inputs = lang.each { 0, 1, 2, 9, -1, MAX }, f = function(a)
	local v, n = a, 0
	::top::
	if v ~= 0 then
		v, n = v >> 1, n + 1
		goto top
	end
	if n < 500 and a ~= 0 then
		v = a
		goto top
	end
	return n
end }
local primes = { 2, 3, 5, 7 }
lang.case { name = "halved: what was counted is a key, an amount, a divisor", inputs = lang.each(), f = function(a)
	local v, n = a, 0
	while v > 0 do v, n = v >> 1, n + 1 end
	return primes[n], 1 << n, 1000 // n
end }
lang.case { name = "halved: in a branch, in a call, in another loop", inputs = lang.pairs { -1, 0, 1, 2, 9, 1000, MAX, MIN },
	f = function(a, b)
		local function width(v)
			local n = 0
			while v > 0 do v, n = v >> 1, n + 1 end
			return n
		end
		local sum, kept = 0, nil
		for i = 0, b & 3 do
			if a > i then kept = width(a - i) end
			sum = sum + width(b) * (kept or -1)
		end
		return sum, kept, width(sum)
	end }
lang.case { name = "halved: of any kind", inputs = lang.each(lang.kinds), f = function(a)
	local v, n = a, 0
	while v > 0 do v, n = v >> 1, n + 1 end
	return n
end }
lang.case { name = "halved: what is not", inputs = lang.each(small), f = function(a)
	local v, n, w, m = a, 0, a, 0
	while v > 0 and n < 9 do v, n = v >> 1 | 1, n + 1 end -- always something left
	while w > 0 do w, m = w - (w >> 1) - 1, m + 1 end
	return v, n, m
end }

-- ---- goto ----

lang.case { name = "goto: continue", inputs = lang.each(), f = function(a)
	local s = 0
	for i = 1, 10 do
		if i & 1 == a & 1 then goto continue end
		s = s + i
		::continue::
	end
	return s
end }
lang.case { name = "goto: out of two loops", inputs = lang.pairs(small), f = function(a, b)
	local n = 0
	for i = 1, 9 do
		for j = 1, 9 do
			n = n + 1
			if i * j > a + b then goto out end
		end
	end
	::out::
	return n
end }
lang.case { name = "goto: forward over code", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local r = 1
	if a then goto skip end
	r = r + 1
	if b then goto skip end
	r = r + 10
	::skip::
	return r
end }
lang.case { name = "goto: two labels backwards", inputs = lang.each(small), f = function(a)
	local n, m = 0, 0
	::outer::
	n = n + 1
	::inner::
	m = m + 1
	if m % 3 ~= 0 then goto inner end
	if n < 4 and n < a then goto outer end
	return n, m
end }
lang.case { name = "goto: a loop with two ways in", inputs = lang.pairs { 0, 1, 2, 5 }, f = function(a, b)
	local n = 0
	if a > 1 then goto middle end
	::top::
	n = n + 1
	::middle::
	n = n + 10
	b = b - 1
	if b > 0 then goto top end
	return n
end }
lang.case { name = "goto: leaves a repeat", inputs = lang.each(small), f = function(a)
	local i = 0
	repeat
		i = i + 1
		if i == a then goto done end
	until i > 5
	i = -i
	::done::
	return i
end }
lang.case { name = "goto: skips nothing", inputs = lang.each(lang.kinds), f = function(a)
	goto on
	::on::
	return a
end }

-- Whether there is an entry is known by a constant from the first question on, and asked again: where loops are
-- veiled, that has to stay seen.
do
	local found = bpf.map { "hash", key = "u32", value = "struct { u64 n; }", entries = 4 }
	local out = bpf.map { "array", key = "u32", value = "u64", entries = 4 }
	local rows = {
		[0] = { f = function(x) return x end },
		{ f = function(x) return x // 3 end },
		{ f = function(x) return x < 0 and -x or x + 1 end },
		{ f = function(x) for i = 0, 2 do x = x + i end return x end },
	}
	local function f(pkt)
		local which, n = pkt:u64(14) or 8, pkt:u64(23) or 31
		local e = found[2]
		local m = rows[which].f(n)
		if e then out[2] = e.n end
		out[1] = n
		if e then out[3] = e.n end
		local udp = pkt.udp or nil
		return m > 0 and bpf.DROP or bpf.PASS
	end
	local frames = {}
	for which = 0, 3 do
		frames[#frames + 1] = ("\2"):rep(12) .. "\8\0" .. (">I8"):pack(which) .. ("\3"):rep(40)
	end
	lang.packets { name = "an entry asked for twice behind a loop", inputs = frames, f = f }
end

-- ---- the budget ----

local function forever() while true do end end
lang.case { name = "budget used up", budget = 50, inputs = { {} }, f = forever,
	want = { { error = ("tests/lang/loops.lua:%d: loop budget exhausted")
		:format(debug.getinfo(forever, "S").linedefined) } } }
lang.case { name = "budget kept", budget = 50, inputs = lang.each { 0, 1, 20, 49 }, f = function(n)
	local turns = 0
	for _ = 1, n do turns = turns + 1 end
	return turns
end }

-- Nothing but the budget can fail, which shows only once the rest is folded.
local function verdicts(pkt)
	local turns = 0
	while turns < pkt.len + 100 do turns = turns + 1 end
	return turns > 3 and bpf.TX or nil
end
local used = lang.program("budget used up", "xdp", { budget = 50, on_error = bpf.DROP, check = true }, verdicts)
local wanted = ("tests/lang/loops.lua:%d: loop budget exhausted"):format(debug.getinfo(verdicts, "S").linedefined + 2)
if used and not bpf.test then -- a twin does not count turns
	local verdict, _, _, message = used:test(("x"):rep(60))
	lang.check("budget used up where nothing else fails", verdict == bpf.DROP and message == wanted and {}
		or { ("verdict %s, error %s"):format(verdict == bpf.DROP and "DROP" or verdict, message) })
end

-- ---- loops in loops, with what the outer one knows ----

local texts = lang.cut("aab ab  b", "ab a/b c", "GET /x y")
for _, pattern in ipairs { ".*a.*b", "a?a?a?b", "(a*)(.-)b", "(%a+) /?(%S-) " } do
	lang.packets { name = "a search that goes back: " .. pattern, inputs = texts, f = function(p)
		local a, b = p:sub(15):match(pattern)
		return a and #a, b and #b
	end }
end
lang.packets { name = "long texts from outside", inputs = texts, f = function(p)
	local s, t, sum = p:sub(1, 100), "", 0
	for i = 1, #s & 7 do
		local u = s:sub(1, i) .. s .. s:sub(i) .. "|"
		for k = 1, #u do sum = sum * 31 + u:byte(k) end
		t = t .. string.pack(">I2 s1", i, s:sub(i, i + 3))
	end
	return sum, #t, t:byte(-1)
end }
lang.done()

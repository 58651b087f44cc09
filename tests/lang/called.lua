-- Loops whose bodies the kernel calls where there is neither may_goto nor an iterator: tests/run runs this without them, too.
local lang = dofile "tests/lang/harness.lua"
local m = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
for i = 1, 5 do m[i] = i * 10 end

lang.case { name = "a bound known at run time", inputs = lang.each { 0, 1, 5, 1000, -3 }, f = function(a)
	local s, n = 0, 0
	for i = 1, a do
		s = s + i * i
		if s == 30 then n = i end
	end
	return s, n
end }
-- A start that has few values says nothing of how far the end is.
lang.case { name = "a small start and a far end", inputs = lang.each { 0, 1, 15, -3, 77 }, f = function(a)
	local s, i = 0, a & 15
	while i < 70000 do
		s = s ~ i
		i = i + 1
	end
	for j = 1, (a & 7) + 60000 do s = s * 3 + j end
	local k = (a & 3) + 50000
	while k > 7 do
		s = s ~ k * 5
		k = k - 1
	end
	return s, i, k
end }
lang.case { name = "a small start and an end near it", inputs = lang.each { 0, 1, 15, -3, 77 }, f = function(a)
	local s, i, k = 0, a & 15, (a & 7) + 3
	while i < 20 do
		s = s * 3 + i
		i = i + 1
	end
	while k > 5 do
		s = s ~ k * 5
		k = k - 1
	end
	for j = a & 7, 9 do s = s + j * j end
	return s, i, k
end }
lang.case { name = "nested, with goto, return and errors", inputs = lang.pairs { 0, 1, 3, 40, false }, f = function(a, b)
	local n, m = 0, 1
	while n < a do
		n = n + 1
		if n == 7 then m = b end
		for j = n, a do
			if j == 20 then goto next end
			n = n + m
			if n > 500 then return -1, n end
		end
		::next::
	end
	return n, m
end }
lang.case { name = "unions and flags that turns change", inputs = lang.each { 0, 1, 2, 9, 100 }, f = function(a)
	local last, seen, n = nil, false, a
	while n > 0 do
		if n % 3 == 0 then last = n elseif n % 5 == 0 then last = seen end
		if last == 6 then seen = true end
		n = n - 1
	end
	return last, seen
end }
lang.case { name = "maps gone over in it, and it in them", inputs = lang.each { 0, 1, 3 }, f = function(a)
	local s = 0
	for i = 1, a do
		for k, v in pairs(m) do
			for j = 1, a + k do
				if j == 4 then break end
				s = s + v * j
			end
			if s > 2000 then goto out end
		end
	end
	::out::
	return s
end }
lang.case { name = "pcall in it and around it", inputs = lang.pairs { 0, 1, 3, 12 }, f = function(a, b)
	local caught = 0
	local ok, r = pcall(function()
		local n = 0
		for i = 1, a do
			if not pcall(function() n = n + 10 // (i - b) end) then caught = caught + 1 end
			if i == 11 then error("eleven", 0) end
		end
		return n
	end)
	return ok, ok and r, caught
end }

local made = dofile "tests/lang/lib_frames.lua"
local frames = made.frames
lang.packets { name = "packet bytes", inputs = { frames.udp, frames.tcp, frames.udp6 }, f = function(p)
	local n, absent = 0, 0
	for i = 0, #p + 2 do
		local b = p:u8(i)
		if b then n = n + b else absent = absent + 1 end
		if p.udp and p.udp.dport == i then return i end
	end
	return n, absent
end }
-- What tells whether a header is there goes out with it, from a loop whose body may be called once more.
local seen = bpf.map { "array", key = "u32", value = "i64", entries = 24 }
local function put(i, v)
	if v == nil then
		seen[i] = 1000
	elseif v == false then
		seen[i] = 1001
	elseif v == true then
		seen[i] = 1002
	else
		seen[i] = v
	end
end
lang.packets { name = "a header out of a loop", inputs = { frames.udp, frames.udp6, "AA" .. frames.tcp:sub(3) }, f = function(p)
	for _ = -2, 1 do
		local words = (p:sub(1, 2):match "%x%x" or "a"):gmatch "%w"
		put(12, words() == "a")
		put(7, words() == nil)
		local _ = p.ipv4 or nil
	end
	local ip = p.ipv4
	if ip then seen[2] = ip.ttl end
	return seen[2], seen[7], seen[12]
end }
lang.done()

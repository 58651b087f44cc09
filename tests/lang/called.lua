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

-- A loop that is called, in one that is walked: where its second call begins, the words that it leaves are no longer what
-- the first one left.
local entries = bpf.map { "hash", key = "u32", value = "struct { u64 n; }", entries = 16 }
local wide = bpf.map { "hash", key = "u32", value = "struct { u32 a; u64 b; u64 n; }", entries = 16 }
local few = lang.pairs { 0, 1, 3, 5, 12 }
local function fill()
	for i = 1, 5 do entries[i] = { n = i * 11 } end
	for i = 3, 8 do wide[i] = { n = i * 100, a = i, b = i } end
end
local function in_loop(name, f) lang.case { name = name .. ", in a walked loop", setup = fill, see = { entries }, inputs = few, f = f } end

in_loop("an entry that is there last", function()
	local e
	for i = 1, 3 do
		local x = 5
		while x ~= 0 do
			e = entries[x]
			x = x >> 1
		end
	end
	return e and e.n == 22
end)
in_loop("an entry, written", function(a)
	local e
	for i = 1, 3 do
		local x = a
		repeat
			e = entries[x + i]
			x = x >> 1
		until x <= 0
		if e then e.n = e.n + i end
	end
	return e and e.n
end)
in_loop("two entries", function(a, b)
	local e, f
	for i = 1, 3 do
		local x = a
		repeat
			e, f = entries[x], wide[x + b]
			x = x >> 1
		until x <= 0
	end
	return e and e.n, f and f.n
end)
in_loop("an entry, by break", function(a, b)
	local e
	for i = 1, 3 do
		local x = a
		repeat
			e = entries[x]
			if x == b then break end
			x = x - i
		until x <= 0
		if e then e.n = e.n + 1 end
	end
	return e and e.n
end)
in_loop("an entry, given back", function(a, b)
	local function find(x)
		repeat
			local e = entries[x]
			if e and e.n > b * 11 then return e end
			x = x - 1
		until x <= 0
	end
	local s = 0
	for i = 1, 3 do
		local e = find(a + i)
		if e then s, e.n = s + e.n, i end
	end
	return s
end)
in_loop("an entry, by an error within pcall", function(a, b)
	local e, n = nil, 0
	for i = 1, 3 do
		if pcall(function()
			local x = a
			repeat
				e = entries[x]
				if x == b then error "b" end
				x = x - i
			until x <= 0
		end) then n = n + 1 end
		if e then e.n = e.n + n end
	end
	return n, e and e.n
end)
in_loop("an entry, of three loops", function(a, b)
	local e
	for i = 1, 3 do
		local y = b
		repeat
			local x = a
			repeat
				e = entries[x]
				x = x >> 1
			until x <= 0
			y = y - 1
		until y <= 0
	end
	return e and e.n
end)
in_loop("an entry, out of two loops", function(a, b)
	local e, n = nil, 0
	for i = 1, 3 do
		for j = 1, 2 do
			local x = a
			repeat
				e = entries[x + j]
				if e and e.n == b * 11 then goto out end
				x = x - 1
			until x <= 0
		end
		::out::
		if e then n = n + e.n end
	end
	return e and e.n, n
end)
in_loop("an entry, in a loop over a map", function(a)
	local n = 0
	for k, v in pairs(m) do
		for i = 1, 3 do
			local e, x = nil, a + k
			repeat
				e = entries[x]
				if x == i then break end
				x = x >> 1
			until x <= 0
			if e then n = n + e.n * v end
		end
	end
	return n
end)
in_loop("an entry out of a loop over a map", function(a, b)
	local e, n = nil, 0
	for i = 1, 3 do
		for k in pairs(m) do
			if k == a then e = entries[k + i] break elseif k == b then e = entries[b * 2] break end
		end
		if e then n, e.n = n + e.n, i end
	end
	return a ~= b or n
end)
in_loop("an entry, and from the start", function(a)
	local e, i = nil, 0
	::top::
	local x = a
	repeat
		e = entries[x]
		x = x >> 1
	until x <= 0
	i = i + 1
	if i < 3 then goto top end
	return e and e.n
end)
lang.packets { name = "a header, in a walked loop", inputs = { frames.udp, frames.tcp, frames.udp6 }, f = function(p)
	local n = 0
	for i = 1, 3 do
		local h, x = nil, p.len & 15
		repeat
			h = p.udp
			if h and h.dport == x then break end
			x = x - 1
		until x <= 0
		n = n + (h and h.dport or i)
	end
	return n
end }
lang.packets { name = "a header of two, in a walked loop", inputs = { frames.udp, frames.tcp, frames.udp6 }, f = function(p)
	local h, n = nil, 0
	for i = 1, 3 do
		local x = p.len & 15
		repeat
			if x & 1 == 0 then h = p.udp else h = p.tcp end
			x = x >> 1
		until x <= 0
		if h and lang.hook ~= "socket" then h.dport = i end
		n = n + (h and h.dport or i)
	end
	return n
end }
lang.done()

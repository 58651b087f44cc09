-- What is known before a loop, and asked behind it: where the kernel calls the loop's body, it forgets on old kernels
-- which ways it had told apart, and takes what the first of them brought for what all bring.
local lang = dofile "tests/lang/harness.lua"
local m = bpf.map { "hash", name = "m", key = "u32", value = "u64", entries = 16 }
local function fill() for i = 1, 5 do m[i] = i * 3 end end

local inputs = lang.pairs({ 0, 1, 2, 3, 5, 255, "nil", true }, { 0, 1, 3, 40 })
local function case(name, f, more)
	lang.case { name = name, inputs = inputs, see = { m }, setup = fill, unordered = more, f = f }
end

case("one of two constants", function(a, n)
	local kind, sum = 0, 0
	if a == 1 then kind = 3 end
	for i = 1, n & 1023 do sum = sum * 3 + i end
	if kind == 3 then return "three" == 1, sum end
	return kind, sum
end)
case("one of four, in two loops", function(a, n)
	local kind, sum = a == 1 and 1 or a == 2 and 2 or a == 3 and 3 or 4, 0
	for i = 1, n & 1023 do sum = sum * 3 + i end
	for i = 1, n & 511 do sum = sum ~ i << 3 end
	return kind == 1, kind == 4, sum
end)
case("nil or not", function(a, n)
	local v, sum = a and a ~= true and a + 1, 0
	for i = 1, n & 1023 do sum = sum * 3 + i end
	return v or "none" == 1, v == nil, sum
end)
case("what a test told", function(a, n)
	local k, sum = (a ~= true and a or 7) & 255, 0
	if k < 3 then sum = 1 end
	for i = 1, n & 1023 do sum = sum * 3 + i end
	if k < 3 then sum = sum + 1000000 end
	return k, sum, k >= 3 and k < 200
end)
case("a field", function(a, n)
	local r, sum = { kind = 1, n = 0 }, 0
	if a == 1 then r.kind = 2 elseif a == 2 then r = { kind = 3, n = 9 } end
	for i = 1, n & 1023 do sum = sum * 3 + i end
	if r.kind == 2 then sum = sum + 1 elseif r.kind == 3 then sum = sum + 2 end
	return r.kind, r.n, sum
end)
case("over a loop over a map", function(a)
	local kind, sum = a == 1 and 5 or 6, 0
	for k, v in pairs(m) do sum = sum + k * v end
	if kind == 5 then sum = sum + 1 end
	return kind, sum, a == 1
end)
case("over a loop that ends early", function(a, n)
	local kind, at = a == 1 and 5 or a and 6 or 7, 0
	for k, v in pairs(m) do if v == n then at = k end end
	for i = 1, n & 1023 do
		if i * i > 200 then break end
		at = at + i
	end
	if kind == 5 then at = at + 100 elseif kind == 6 then at = at + 1000 end
	return kind, at
end)
case("over loops in turns of one", function(a, n)
	local kind, sum = 0, 0
	for j = 1, 3 do
		if a == j then kind = j end
		for i = 1, n & 1023 do sum = sum * 3 + i end
		if kind == j then sum = sum + 7 end
	end
	return kind, sum
end)
case("over what raises, caught", function(a, n)
	local kind, sum = a == 1 and 5 or 6, 0
	local good = pcall(function() for i = 1, n & 1023 do sum = sum + 10 // (i - 2) end end)
	if kind == 5 then sum = sum + 1 end
	return kind, good, good and sum
end)

-- A header looked at before and behind what the kernel calls: the tag goes there, the header need not.
local frames = dofile("tests/lang/lib_frames.lua").frames
local words = bpf.map { "array", key = "u32", value = "u32", entries = 4 }
local function sum(s)
	local h = 0
	for k = 1, #s do h = (h * 31 + s:byte(k)) & 0xffffffff end
	return h
end
lang.packets { name = "a header over a loop", inputs = { frames.udp, frames.tcp, frames.udp6 }, f = function(p)
	local ip, h = p.ipv4, 0
	if ip then h = sum(tostring(ip.dst)) end
	local d = ((p:u32(27) or 0xdeadbeef) + h) & 0xffffffff
	local again = p.ipv4
	if again then words[3] = d end
	return h, again and d, words[3]
end }
lang.packets { name = "a header in a loop and behind it", inputs = { frames.udp, frames.tcp, frames.udp6 }, f = function(p)
	local n = 0
	for i = 1, 3 do
		local udp = p.udp
		if udp then n = n + sum(tostring(udp.dport + i)) end
		if p.udp and n % 3 == 1 then n = n + 1 end
	end
	return n, p.udp and true
end }
-- One of two headers, known to be one: which, is seen behind the loop, where its bytes are read.
lang.packets { name = "either header over loops", inputs = { frames.udp, frames.tcp, frames.udp6, frames.icmp }, f = function(p)
	local l4 = p.tcp or p.udp
	if not l4 then return nil end
	local s = l4.payload:sub(1, 8)
	local head = l4.payload:match("^%S+")
	l4.payload:set_u32(0, 0x41424344)
	l4.payload:set_u8(4, s:byte(1) or 0)
	return head and s:sub(1, #head) == head:sub(1, 8), l4.payload:sub(1, 4) == "ABCD", lang.all(l4.payload:sub(1, 5))
end }
-- An entry found before the map is gone over, or one found behind it: a constant says which, and that there is one.
local found = bpf.map { "hash", key = "u32", value = "struct { u32 n; }", entries = 8 }
local out = bpf.map { "hash", key = "u32", value = "u64", entries = 8 }
found[2] = { n = 5 }
lang.case { name = "an entry over a loop", inputs = lang.each { 1, 3, 5 }, f = function(k)
	local e, sum = found[2], 0
	for _, each in pairs(found) do sum = sum ~ each.n end
	if k == 3 or k == 5 then e = found[k] or 7 end
	out[1], out[2], out[3] = k, k + 1, k + 2
	if e and e ~= 7 then out[4] = e.n end
	return sum, out[4]
end }
-- A header that a loop over a map keeps, as only later passes see: its tag comes back from that as a word.
local last = bpf.state { m = "u32?" }
lang.packets { name = "a header kept by a loop over a map, in a loop", inputs = { frames.udp, frames.tcp, frames.udp6 }, f = function(p)
	local udp, n = p.udp, 0
	for _ = 1, 8 do
		for k in pairs(found) do
			if k == 2 then
				if udp then n = n + udp.sport end
				local m = last.m
				if m ~= m then udp = p.udp end
			end
		end
	end
	return n
end }
lang.done()

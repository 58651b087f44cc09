-- What a reader sees that it is there, under `strict`: nothing is said; and beside each what looks like it and may be nil.
local diag = dofile "tests/diag/harness.lua"
local strict = { strict = true }
local arr = bpf.map { "array", key = "u32", value = "u64", entries = 8 }
local eight = { 1, 2, 3, 4, 5, 6, 7, 8 }

-- @: the list, made in the function or captured
local function both(name, code)
	for _, form in ipairs { { "made", "local t = { 1, 2, 3, 4, 5, 6, 7, 8 }" }, { "captured", "local t = eight" } } do
		local chunk = ("local eight, arr = ... return function(pkt) %s\nlocal b = pkt:u8(3)\nif not b then return bpf.PASS end\n%s\nreturn bpf.PASS end")
			:format(form[2], code)
		local full = name .. ", " .. form[1]
		diag.case(full, load(chunk, "=" .. full)(eight, arr), strict)
	end
end

-- there
both("the high bits of a byte", "arr[0] = t[(b >> 5) + 1] + t[b // 32 + 1]")
both("the lesser one", "arr[0] = t[math.min(b, 7) + 1]\nfor n = 0, 20 do arr[n & 7] = t[math.min(n, 7) + 1] + 1 end")
both("between two tests", "if b >= 1 and b <= 8 then arr[0] = t[b] + 1 end\nif b < 1 or b > 8 then return bpf.DROP end\narr[1] = t[b] + 1")
both("a field's high bits", "if pkt.ipv4 then arr[0] = t[(pkt.ipv4.ttl >> 5) + 1] + t[pkt.ipv4.tos // 32 + 1] end")

-- may be nil
both("one bit too many", "arr[0] = t[(b >> 4) + 1] + 1")
both("a part too great", "arr[0] = t[b // 31 + 1] + 1")
both("the lesser one, from 1", "arr[0] = t[math.min(b, 8) + 1] + 1")
both("no test below", "if b <= 8 then arr[0] = t[b] + 1 end")
both("no test above", "if b >= 1 then arr[0] = t[b] + 1 end")
both("the test of another", "local c = b + 1\nif c >= 1 and c <= 8 then arr[0] = t[b] + 1 end")

diag.case("headers, there", function(pkt)
	local ip = pkt.ip
	if ip and ip.version == 4 then arr[0] = pkt.ipv4.ttl end
	if ip and 6 == ip.version then arr[0] = pkt.ipv6.hop_limit end
	if pkt.ipv4 and pkt.ipv4.tcp then arr[0] = pkt.tcp.dport end
	local udp = ip and ip.udp
	if udp then arr[0] = pkt.udp.dport end
	return bpf.PASS
end, strict)
diag.case("version, the other header", function(pkt)
	local ip = pkt.ip
	if ip and ip.version == 4 then arr[0] = pkt.ipv6.hop_limit end
	return bpf.PASS
end, strict)
diag.case("version, not", function(pkt)
	local ip = pkt.ip
	if ip and ip.version ~= 4 then arr[0] = pkt.ipv4.ttl end
	return bpf.PASS
end, strict)
diag.case("written to", function(pkt)
	if pkt.ipv4 and pkt.ipv4.tcp then pkt:set_u8(23, 17) arr[0] = pkt.tcp.dport end
	return bpf.PASS
end, strict)
diag.case("another type of frame", function(pkt)
	if pkt.ip and pkt.ip.version == 4 then pkt.eth.type = 0x86dd arr[0] = pkt.ipv4.ttl end
	return bpf.PASS
end, strict)
diag.case("another transport", function(pkt)
	if pkt.ipv4 and pkt.ipv4.udp then arr[0] = pkt.tcp.dport end
	return bpf.PASS
end, strict)
diag.case("that of a tunnel", function(pkt)
	local inner = pkt.udp and pkt.udp.vxlan and pkt.udp.vxlan.eth
	if inner and inner.ipv4 and inner.ipv4.tcp then arr[0] = pkt.tcp.dport end
	return bpf.PASS
end, strict)

diag.case("bytes that each header has", function(pkt)
	local ip, sum = pkt.ipv4, 0
	if not ip then return bpf.PASS end
	for i = 0, 18, 2 do sum = sum + ip:u16(i) end
	for i = 1, 20 do sum = sum + ip:byte(i) end
	arr[0] = sum
	return bpf.PASS
end, strict)
diag.case("one that it may not have", function(pkt)
	local ip, sum = pkt.ipv4, 0
	if not ip then return bpf.PASS end
	for i = 0, 20, 2 do sum = sum + ip:u16(i) end
	arr[0] = sum
	return bpf.PASS
end, strict)

diag.case("digits", function(pkt)
	local n, d, x = 0, pkt:sub(1, 40):match("%d+"), pkt:sub(1, 40):match("x(%x+)")
	if d then n = tonumber(d) end
	arr[0] = n + 1
	if x then arr[1] = tonumber(x, 16) + 1 end
	return bpf.PASS
end, strict)
diag.case("digits of another base", function(pkt)
	local x = pkt:sub(1, 40):match("x(%x+)")
	if x then arr[1] = tonumber(x, 10) + 1 end
	return bpf.PASS
end, strict)
diag.case("letters", function(pkt)
	local n, d = 0, pkt:sub(1, 40):match("%w+")
	if d then n = tonumber(d) end
	arr[0] = n + 1
	return bpf.PASS
end, strict)

diag.case("a message where nothing came back", function(pkt)
	local ok, e = pcall(function() arr[1] = pkt.tcp.dport end)
	arr[0] = ok and 1 or #e
	return bpf.PASS
end, strict)
diag.case("a message on the wrong side", function(pkt)
	local ok, e = pcall(function() arr[1] = pkt.tcp.dport end)
	arr[0] = ok and #e or 1
	return bpf.PASS
end, strict)

diag.case("set together, equal to a number", function(pkt)
	local best, n
	for k = 1, 3 do
		local v = pkt:u8(k) or 0
		if not best or v > n then best, n = k, v end
	end
	if best == pkt.len and n > 300 then return bpf.DROP end
	return bpf.PASS
end, strict)
diag.case("set together, unequal to a number", function(pkt)
	local best, n
	for k = 1, 3 do
		local v = pkt:u8(k) or 0
		if v > 7 then best, n = k, v end
	end
	if best ~= pkt.len and n > 300 then return bpf.DROP end
	return bpf.PASS
end, strict)

-- Keys that other tables hold.
local m = bpf.map { "hash", key = "char[16]", value = "u64", entries = 64 }
local limits = { nx = 2, error = 1, answer = 4 }
local rcodes, other = { [0] = "answer", [3] = "nx" }, { [0] = "answer", [3] = "none" }
local step, open = { [0] = 3, 0, [3] = 1 }, { [0] = 3, 0, [3] = 2 }
diag.case("keys, there", function(pkt)
	local k, l = rcodes[pkt.len] or "error", rcodes[pkt.len]
	m:add(k, 1)
	if limits[k] < 7 then return bpf.DROP end
	if not l then return bpf.PASS end
	local s = 0
	for i = 1, pkt.len do if pkt:u8(i) == 3 then s = step[s] end end
	return limits[l] + s < 7 and bpf.DROP or bpf.PASS
end, strict)
diag.case("keys, no test", function(pkt)
	local k = rcodes[pkt.len]
	m:add(k or "none", 1)
	return limits[k] < 7 and bpf.DROP or bpf.PASS
end, strict)
diag.case("keys, one that is none", function(pkt)
	local k = other[pkt.len] or "error"
	m:add(k, 1)
	return limits[k] < 7 and bpf.DROP or bpf.PASS
end, strict)
diag.case("keys, a constant that is none", function(pkt)
	local k = rcodes[pkt.len] or "errror"
	m:add(k, 1)
	return limits[k] < 7 and bpf.DROP or bpf.PASS
end, strict)
local names = { "nx", "error" }
diag.case("tested on one way alone", function(pkt)
	local p, k = "nx", "answer"
	if pkt.len > 33 then p = names[pkt:u8(3)] end
	if pkt.len > 55 then
		if p then k = p end
	elseif pkt.len > 40 then
		k = p
	end
	arr[0] = limits[k] + 1
	return bpf.PASS
end, strict)
diag.case("a step out", function(pkt)
	local s = 0
	for i = 1, pkt.len do if pkt:u8(i) == 3 then s = open[s] end end
	return s + 1 == 1 and bpf.DROP or bpf.PASS
end, strict)
diag.case("from outside", function(pkt)
	local s = 2
	for i = 1, pkt.len do if pkt:u8(i) == 3 then s = step[s] end end
	return s + 1 == 1 and bpf.DROP or bpf.PASS
end, strict)

diag.case("looked up again before the packet is moved", function(pkt)
	local ip, n = pkt.ipv4, 0
	if not ip then return bpf.PASS end
	for i = 1, 127 do n = n + i end
	pkt.ipv4.ttl = n & 3
	pkt:adjust_tail(3)
	return bpf.TX
end, strict)
diag.case("looked up again behind that", function(pkt)
	local ip, n = pkt.ipv4, 0
	if not ip then return bpf.PASS end
	for i = 1, 127 do n = n + i end
	pkt:adjust_tail(3)
	pkt.ipv4.ttl = n & 3
	return bpf.TX
end, strict)
diag.case("in the next turn", function(pkt)
	if not pkt.ipv4 then return bpf.PASS end
	for i = 1, 3 do
		pkt.ipv4.ttl = i & 3
		pkt:adjust_tail(3)
	end
	return bpf.TX
end, strict)

diag.case("digits that find gives", function(pkt)
	local s = pkt:sub(1, 40)
	local from, to, num, word = s:find("^(%d+)(%a+)", 1)
	if from then arr[0] = tonumber(num) + to end
	return bpf.PASS
end, strict)
diag.case("digits behind a class, and behind brackets", function(pkt)
	local s = pkt:sub(1, 40)
	local a, b = s:match("[?&]id=(%d+)"), s:match("%b()[]%d](%d+)")
	if a then arr[0] = tonumber(a) end
	if b then arr[1] = tonumber(b) + 1 end
	return bpf.PASS
end, strict)
diag.case("letters behind brackets", function(pkt)
	local s = pkt:sub(1, 40)
	local a, b = s:match("%b(d(%d+)(%a+)")
	if b then arr[1] = tonumber(b) + 1 end
	return bpf.PASS
end, strict)
diag.case("kept over turns, with another one", function(pkt)
	local h, t = 0, ""
	for i = 1, 4 do
		local s, e, w = pkt:find("%d+(%a+)", i)
		if s then h, t = e, w end
	end
	return h + #t == 7 and bpf.DROP or bpf.PASS
end, strict)
diag.case("kept over turns, without another one", function(pkt)
	local h = 0
	for i = 1, 4 do
		local s, e = pkt:find("%d+", i)
		if not s then h = e end
	end
	return h + 1 == 7 and bpf.DROP or bpf.PASS
end, strict)
diag.case("no digits that find gives", function(pkt)
	local s = pkt:sub(1, 40)
	local from, to, num, word = s:find("^(%d+)(%w+)", 1)
	if from then arr[0] = tonumber(word) + to end
	return bpf.PASS
end, strict)
diag.done()

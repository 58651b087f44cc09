-- What may be nil and is used all the same, what never is equal: warned about, and refused under `strict`.
local diag = dofile "tests/diag/harness.lua"
diag.carets = true

local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local names = bpf.map { "hash", key = "u32", value = "char[8]", entries = 16 }
local MODE = 2

diag.case("a header", function(pkt)
	return pkt.tcp.dport == 80 and bpf.DROP or bpf.PASS
end)
diag.case("a header in a local", function(pkt)
	local tcp = pkt.tcp
	return tcp.dport == 80 and bpf.DROP or bpf.PASS
end)
diag.case("an entry as a number", function(pkt)
	local n = hits[pkt.len]
	hits[pkt.len] = n + 1
end)
diag.case("an entry whose key has a name", function(pkt)
	local k = pkt.len
	local n = hits[k]
	hits[k] = n + 1
end)
diag.case("an entry under a constant", function(pkt)
	hits[7] = hits[7] + pkt.len
end)
diag.case("a comparison, either side", function(pkt)
	local a, b = hits[1], hits[2]
	if a > 3 then return bpf.DROP end
	if pkt.len <= b then return bpf.DROP end
end)
diag.case("a piece of a text", function()
	local name = names[1]
	names[2] = "a" .. name
end)
diag.case("a comparison of what has no name", function()
	if hits[1] < 2 then return bpf.DROP end
end)
diag.case("a length", function()
	local name = names[1]
	return #name > 3 and bpf.DROP or bpf.PASS
end)
diag.case("a value without a name", function(pkt)
	hits[1] = 1 + (pkt.tcp and pkt.tcp.dport)
end)
diag.case("in a function that is called", function(pkt)
	local function bump(n) return n + 1 end
	hits[1] = bump(hits[1])
	hits[2] = bump(pkt.len)
end)
diag.case("in a loop", function()
	for i = 1, 10 do hits[i] = hits[i + 1] * 2 end
end)
diag.case("one of many kinds", function(pkt)
	local x = true
	if pkt.len > 100 then x = nil elseif pkt.len > 50 then x = 5 end
	hits[1] = -x
end)

-- nothing is said of what cannot be, or was meant
diag.case("tested", function(pkt)
	local n = hits[1]
	if not n then n = 0 end
	if pkt.tcp and pkt.tcp.dport == 80 then return n > 1 and bpf.DROP or bpf.PASS end
	hits[1] = (hits[2] or 0) + n
end)
diag.case("where it would have raised before", function(pkt)
	local n = assert(hits[1])
	hits[2] = n + pkt.len
end)
diag.case("where there is one header there is the other", function(pkt)
	if pkt.tcp then return pkt.ip.ttl > 3 and bpf.PASS or bpf.DROP end
end)
diag.case("tested, and another error behind it", function(pkt)
	local arp = pkt.arp
	if not arp then return bpf.PASS end
	local function op() return arp.op end
	if op() == 3 then return bpf.DROP end
	assert(arp.op ~= 7, "echo")
	return bpf.PASS
end)
diag.case("caught", function(pkt)
	pcall(function() hits[1] = hits[2] + pkt.tcp.dport end)
end)

diag.case("a number and a string", function(pkt)
	if pkt.len == "80" or "90" ~= pkt.len then return bpf.DROP end
end)
diag.case("captured values of two kinds", function()
	if MODE == "drop" then return bpf.DROP end
end)
diag.case("in a function that others may call", function(pkt)
	local function is(x, y) return x == y end
	return is(pkt.len, "80") and bpf.DROP or bpf.PASS
end)

local few, many = { 5, [7] = 9, [8] = 10 }, {}
for i = 1, 200 do many[i] = i end
diag.case("a captured table asked before, and not", function(pkt)
	local k, n = pkt.len & 255, 0
	if few[k] then n = n + few[k] end
	while many[k] do n = n + many[k] k = k + 1 end
	if many[k + 1] and few[n] then n = n + many[k] end
	return n > few[n] and bpf.DROP or bpf.PASS
end)

diag.case("strict", function(pkt)
	if pkt.len == "80" then return bpf.DROP end
	hits[1] = hits[2] + pkt.tcp.dport
end, { strict = true })
diag.case("strict, and nothing to say", function(pkt)
	local tcp = pkt.tcp
	return tcp and tcp.dport == 80 and bpf.DROP or bpf.PASS
end, { strict = true })
diag.case("a constant of ours that there is none of", function(pkt)
	if pkt.len > 100 then return bpf.DORP end
	return bpf.kitme == 3 and bpf.something or nil
end)
diag.case("a flag and a number", function(pkt)
	local tcp = pkt.tcp
	if tcp and tcp.syn == 1 then return bpf.DROP end
	if tcp and (tcp.syn == true or tcp.syn == (pkt.len > 3)) then return bpf.PASS end
end)
diag.case("a payload and a text", function(pkt)
	local udp = pkt.udp
	if udp and udp.payload == "GET" then return bpf.DROP end
	if pkt.ip == bpf.ip "10.0.0.1" then return bpf.DROP end
	if pkt.tcp ~= 0 then return bpf.PASS end
end)
local four = bpf.map { "array", key = "u32", value = "u64", entries = 4 }
local full, holed = {}, {}
for i = 0, 255 do full[i], holed[i] = i, i ~= 77 and i or nil end
diag.case("keys that are there, whichever they are", function(pkt)
	four[1] = four[1] + 1
	four[pkt.len & 3] = four[pkt.len & 3] + 1
	return full[pkt.len & 255] + full[200] > 9 and bpf.DROP or bpf.PASS
end)
diag.case("keys that may not be there", function(pkt)
	four[4] = four[4] + 1
	four[1] = four[pkt.len & 7] + 1
	return holed[pkt.len & 255] + 1 > 9 and bpf.DROP or bpf.PASS
end)
diag.case("in loops, elements and bytes that are there", function(pkt)
	local s, n = pkt:sub(1, 20), 0
	for i = 0, #four - 1 do n = n + four[i] end
	for i = 1, #s do n = n * 31 + s:byte(i) end
	for i = #pkt, 2, -1 do n = n + pkt:byte(i - 1) end
	for i = 1, #s // 2 do n = n ~ s:byte(i) end
	return n > 9 and bpf.DROP or bpf.PASS
end)
diag.case("in loops, elements and bytes that may not be there", function(pkt)
	local s, t, n = pkt:sub(1, 20), pkt:sub(5, 9), 0
	for i = 0, #four do n = n + four[i] end
	for i = 0, #s do n = n * 31 + s:byte(i) end
	for i = 1, #s do n = n * 31 + t:byte(i) end
	for i = 1, 3 do n = n ~ s:byte(i) end
	return n > 9 and bpf.DROP or bpf.PASS
end)
diag.case("digits, and what may be none", function(pkt)
	local a, b = pkt:match("^(%a)(%d%d?)")
	local c, d = pkt:match("(%d*)"), pkt:match("%d+")
	if a and tonumber(b) > 4 and tonumber(d) > 3 then return bpf.DROP end
	if a and tonumber(a) > 4 or tonumber(c) > 5 then return bpf.DROP end
end)
diag.case("in loops, neighbours in a list", function(pkt)
	local t, s, n = {}, {}, 0
	for i = 1, 10 do
		if pkt.len > i * 10 then t[#t + 1] = pkt.len * i end
		s[#s + 1] = pkt:byte(i)
	end
	for i = 2, #t do if t[i] > t[i - 1] then n = n + 1 end end
	for i = 1, #t - 1 do if t[i] >= t[i + 1] then n = n + 1 end end
	for i = 1, #s do if s[i] < (s[#s - i + 1] or 0) then n = n + 1 end end
	for i = #s, 2, -1 do if s[i] < s[i - 1] or s[i // 2] == 7 then n = n + 1 end end
	return n > 3 and bpf.DROP or bpf.PASS
end, { strict = true })
diag.case("in loops, neighbours beyond a list", function(pkt)
	local t, s, n = {}, {}, 0
	for i = 1, 10 do
		if pkt.len > i * 10 then t[#t + 1] = pkt.len * i end
		s[#s + 1] = pkt:byte(i)
	end
	for i = 1, #t do if t[i] > t[i - 1] then n = n + 1 end end
	for i = 1, #t do if t[i] > t[i + 1] then n = n + 1 end end
	for i = 1, #t do if t[i] > s[i] then n = n + 1 end end
	return n > t[n] and bpf.DROP or bpf.PASS
end)
diag.case("an address and a text, and what is returned", function(pkt)
	local ip, eth = pkt.ipv4, pkt.eth
	if not ip or not eth then return bpf.PASS end
	if pkt.len > 100 then return ip.src == "10.0.0.1" and bpf.DROP end
	local same = eth.src == "02:00:00:00:00:01"
	if pkt.len > 50 then return same and bpf.DROP end
	return pkt.len == "40" and bpf.DROP
end)
diag.case("an address and a text, where something else is wrong", function(pkt)
	local ip = pkt.ipv4
	if ip and ip.src == "10.0.0.1" then return bpf.DROP end
	return pkt.lenn
end)
diag.case("an address and a text, where something else is wrong, strict", function(pkt)
	local ip = pkt.ipv4
	if ip and ip.src == "10.0.0.1" then return bpf.DROP end
	return pkt.lenn
end, { strict = true })
local third = {}
for i = 1, 99 do third[i] = i % 3 == 0 and { n = i } or i % 3 == 1 and i or nil end
diag.case("a table's numbers, rows and nil, beside nil", function(pkt)
	local a, v = hits[1], third[pkt.len]
	return v < a and bpf.DROP or bpf.PASS
end)

-- Rows, of few and of many, by a key that may be absent; and where a reader may see that it is not, or something is asked.
for _, size in ipairs { 3, 10, 40, 1000, 100000 } do
	local rows = {}
	for i = 1, size do rows[i] = { limit = i } end
	local read = assert(load([[local rows = ... return function(pkt)
		local r = rows[pkt.len]
		if r.limit > 4 then return bpf.DROP end
		if #rows[pkt.ifindex] == 2 then return bpf.DROP end
	end]], "@" .. size .. ".lua")) -- what was said of a line is not said again
	diag.case(("one of %d rows"):format(size), read(rows))
	diag.case(("one of %d rows, tested"):format(size), function(pkt)
		local r, s = rows[pkt.len], rows[pkt.rxq]
		local there = s ~= nil
		if r and r.limit > 4 or rows[pkt.ifindex] and rows[pkt.ifindex].limit == 2 then return bpf.DROP end
		if there and s.limit == 3 then return bpf.DROP end
		local ok, n = pcall(function() return rows[pkt.len // 3].limit end)
		return ok and n == 7 and bpf.DROP or bpf.PASS
	end)
	diag.case(("one of %d rows, by a key that is one"):format(size), function(pkt)
		local n = rows[(pkt.len & 1) + 1].limit + rows[pkt.rxq % #rows + 1].limit
		for i = 1, 3 do n = n + rows[i].limit end
		return n == 7 and bpf.DROP or bpf.PASS
	end)
	diag.case(("one of %d rows, by a key that is compared"):format(size), function(pkt)
		if pkt.ifindex >= 1 and pkt.ifindex <= 3 and rows[pkt.ifindex].limit == 2 then return bpf.DROP end
		local k = pkt.rxq
		if k < 2 and rows[k + 1].limit == 2 then return bpf.DROP end
		for i = 1, pkt.len do if pkt:u8(i) == 3 and rows[i].limit == 2 then return bpf.DROP end end
	end)
end

-- A file whose name is so long that its messages have numbers.
local far = { { limit = 1 }, { limit = 2 } }
local read = assert(load("local far = ... return function(pkt) if far[pkt.len].limit == 2 then return bpf.DROP end end", "@" .. ("d"):rep(70) .. ".lua"))
diag.case("a row in a file with a long name", read(far))
diag.case("digits by several ways, and of each turn", function(pkt)
	local tcp, udp, n = pkt.tcp, pkt.udp, 0
	local d = tcp and tcp.payload:match("Length: (%d+)") or udp and udp.payload:match("^%d+")
	if d and #d < 10 then n = n + tonumber(d) end
	for a in pkt:gmatch("%d+") do n = n + tonumber(a) end
	for k, v in pkt:gmatch("(%a+)=(%d+)") do n = n * #k + tonumber(v) end
	return n > 3 and bpf.DROP or bpf.PASS
end, { strict = true })
diag.case("digits by one of two ways, and letters", function(pkt)
	local tcp, n = pkt.tcp, 0
	local d = tcp and tcp.payload:match("(%d+)") or pkt:match("%a+")
	if d then n = tonumber(d) + 1 end
	for k in pkt:gmatch("(%a+)=(%d+)") do n = n + tonumber(k) end
	return n > 3 and bpf.DROP or bpf.PASS
end)
diag.done()

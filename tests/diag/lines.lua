-- Helps that are the line to write, with what the script has there; and how arguments are counted.
local diag = dofile "tests/diag/harness.lua"

local hits = bpf.map { "hash", name = "hits", key = "ip4", value = "u64", entries = 16 }
local h0 = bpf.map { "hash", name = "h0", key = "u32", value = "u64", entries = 16 }
local at = 80

-- ---- what is never equal ----

diag.case("a protocol by its name", function(pkt)
	local ip = pkt.ip
	if ip and ip.proto == "tcp" then return bpf.DROP end
	if pkt.ipv4 and "UDP" ~= pkt.ipv4.proto then return bpf.DROP end
	if pkt.ipv6 and pkt.ipv6.next == "icmp6" then return bpf.DROP end
end)
diag.case("what is in a frame, and at a port", function(pkt)
	if pkt.eth.type == "arp" then return bpf.DROP end
	if pkt.vlan and pkt.vlan.type == "ipv6" then return bpf.DROP end
	if pkt.udp and pkt.udp.dport == "dns" then return bpf.DROP end
	if pkt.udp and pkt.udp.sport == "dns" then return bpf.DROP end
end)
diag.case("no number's name, there or anywhere", function(pkt)
	if pkt.ipv4 and pkt.ipv4.ttl == "tcp" then return bpf.DROP end
	if pkt.eth.type == "tcp" then return bpf.DROP end
	if pkt.tcp and pkt.tcp.dport == "http" then return bpf.DROP end
end)
diag.case("a numeral", function(pkt)
	if pkt.tcp and pkt.tcp.dport == "80" then return bpf.DROP end
	if pkt.tcp and "0x50" ~= pkt.tcp.dport then return bpf.DROP end
end)
diag.case("a text known at run time", function(pkt)
	local s = pkt:sub(1, 2)
	if pkt.len == s then return bpf.DROP end
	if s ~= 80 then return bpf.DROP end
end)
diag.case("a number and a truth", function(pkt)
	local tcp = pkt.tcp
	if not tcp then return end
	if tcp.dport == true then return bpf.DROP end
	if tcp.dport == false then return bpf.DROP end
	if tcp.syn == 1 then return bpf.DROP end
	if tcp.syn == 7 then return bpf.DROP end
	if tcp.syn == tcp.dport then return bpf.DROP end
	return tcp.dport ~= true and bpf.DROP or bpf.PASS
end)
diag.case("a truth that is not 0", function(pkt)
	return pkt.tcp and 0 ~= pkt.tcp.syn and bpf.DROP or bpf.PASS
end)
diag.case("more than fits a line", function(pkt)
	if pkt.tcp and pkt.tcp.dport --[[ the port that it goes to ]] == "80" then return bpf.DROP end
	if pkt.len + 1 == "80" then return bpf.DROP end
end)

-- ---- what may be nil ----

diag.case("an entry of a map", function(pkt)
	local ip = pkt.ipv4
	if not ip then return end
	local n = hits[ip.src]
	hits[ip.src] = n + 1
	hits[ip.dst] = 1 + hits[ip.dst]
end)
diag.case("an element of a table", function(pkt)
	local h, b = {}, pkt:u8(3) or 0
	for i = 0, 15 do h[i] = 0 end
	return h[b & 31] + 1 > 3 and bpf.DROP or bpf.PASS
end)
diag.case("what works there", function(pkt)
	local h, b = {}, pkt:u8(3) or 0
	for i = 0, 15 do h[i] = 0 end
	return (h[b & 15] or 0) + 1 > 3 and bpf.DROP or bpf.PASS
end)
diag.case("bytes", function(pkt)
	return pkt:u8(3) - 1 > at and bpf.DROP or bpf.PASS
end)

-- ---- strings, and lists ----

diag.case("a byte of a string, assigned", function(pkt)
	local s, i = pkt:sub(1, 4), pkt.len
	s[1] = 3
	s[3] = "x"
	s[i] = "x"
	s.name = "x"
end)
diag.case("the length of a list that a loop fills with what may be nil", function(pkt)
	local t = {}
	for i = 1, 8 do t[i] = pkt:u8(i) end
	return #t > 3 and bpf.DROP or bpf.PASS
end)
diag.case("and in some turns", function(pkt)
	local t = {}
	for i = 1, 8 do if pkt.len > i then t[i] = i end end
	return #t > 3 and bpf.DROP or bpf.PASS
end)
diag.case("what works for both", function(pkt)
	local t = {}
	for i = 1, 8 do
		local v = pkt:u8(i)
		if v then t[#t + 1] = v end
	end
	return #t > 3 and bpf.DROP or bpf.PASS
end)
diag.case("one made in each turn", function(pkt)
	local n = 0
	for i = 1, 8 do
		local t = {}
		t[i] = i
		n = n + #t
	end
	return n > 3 and bpf.DROP or bpf.PASS
end)
diag.case("not from the first on, and by two", function(pkt)
	local t, u = {}, {}
	for i = 2, 8 do t[i] = i end
	for i = 1, 8, 2 do u[i] = i end
	return #t + #u > 3 and bpf.DROP or bpf.PASS
end)
diag.case("emptied behind the loop", function(pkt)
	local t = {}
	for i = 1, 8 do t[i] = i end
	t[3] = nil
	return #t > 3 and bpf.DROP or bpf.PASS
end)

-- ---- arguments, counted ----

diag.case("by a dot, and by a colon", function(pkt)
	local s = pkt:sub(1, 2)
	local a = s.rep(s, {})
	local b = s:rep({})
	local c = string.rep(s, {})
	h0.add(h0, 1, {})
	h0:add(1, {})
	local d = pkt.u8(pkt, {})
	local e = pkt:u8({})
	return #a + #b + #c + d + e
end)
diag.case("the level of an error, a text", function(pkt) if pkt.len > 5 then error("m", "x") end end)
diag.case("a truth", function(pkt) if pkt.len > 5 then error("m", pkt.len > 7) end end)
diag.case("a table", function(pkt) if pkt.len > 5 then error("m", {}) end end)
diag.case("a float", function(pkt) if pkt.len > 5 then error("m", 1.5) end end)
diag.case("a numeral as one", function(pkt) if pkt.len > 5 then error("m", "2") end end)
diag.case("one known at run time", function(pkt) if pkt.len > 5 then error("m", pkt.len) end end)
diag.done()

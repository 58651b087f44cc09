-- Protocols that the script adds itself: found, read, written and walked as those that are there. Every frame whole, cut
-- at every length and with bytes changed; what the whole frame must give is worked out here from its bytes.
local lang = dofile "tests/lang/harness.lua"
local wire = dofile "tests/lang/lib_wire.lua"

local function mix(sum, n) return sum * 31 + n end
local function bool(b) return b and 1 or 2 end

local function cuts(whole)
	local inputs = { whole }
	for n = 14, #whole - 1 do inputs[#inputs + 1] = whole:sub(1, n) end
	for i = 1, #whole do
		for _, bit in ipairs { 0, 3, 7 } do
			inputs[#inputs + 1] = whole:sub(1, i - 1) .. string.char(whole:byte(i) ~ 1 << bit) .. whole:sub(i + 1)
		end
	end
	return inputs
end
local function case(name, whole, want, f)
	lang.packets { name = name .. ": as it is", inputs = { whole }, want = { want }, f = f }
	lang.packets { name = name, inputs = cuts(whole), f = f }
end

-- Fields of all types and widths, at all places within bytes.
bpf.proto { "probe", over = "udp", port = 7777, fields = [[
	u1 first; u1 second; u6 six; u24 vni; u8 _;
	u48 six_bytes; u64 eight_bytes; u3 a; u13 b; u5 c; u30 d; u29 e;
	le16 small; le24 odd; le32 middle; le64 large;
	ip4 from; ip6 via; mac who;
	char[8] name; bytes[5] raw; char tag[3]; ]] }

local bits = 5 << 61 | 0x1234 << 48 | 0x15 << 43 | 0x2aaaaaaa << 13 | 0x1fff
local probe = string.char(0x9a) .. (">I3B"):pack(0xfedcba, 7) .. (">I6I8"):pack(0x123456789abc, 0x8000000000000001) ..
	(">I8I2"):pack(bits, 0xabcd) .. ("<I2I3I4I8"):pack(0x0102, 0x030405, 0xffffffff, 0xfedcba9876543210) .. "\10\0\0\1" ..
	("\x20\1"):rep(8) .. "\2\4\6\10\12\14" .. "ab\0\0cdef" .. "\0\1\2\3\4" .. "xyz"
local whole = wire.eth(0x0800, wire.ipv4(17, wire.udp(7777, 7777, probe .. "rest")))

case("integers", whole, { 0xfedcba, 0x123456789abc, math.mininteger + 1 }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if p then return p.vni, p.six_bytes, p.eight_bytes end
end)
case("flags", whole, { true, false, 0x1a }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if p then return p.first, p.second, p.six end
end)
case("bits that lie across bytes", whole, { 5, 0x1234, 0x15 }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if p then return p.a, p.b, p.c end
end)
local upper = (bits & (1 << 43) - 1) << 16 | 0xabcd -- the 59 bits behind the first 21
case("bits that lie across many bytes", whole, { upper >> 29, upper & (1 << 29) - 1 }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if p then return p.d, p.e end
end)
case("the first byte lowest", whole, { 0x0102, 0x030405, 0xffffffff }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if p then return p.small, p.odd, p.middle end
end)
case("the first of eight bytes lowest, addresses", whole, { 0xfedcba9876543210 | 0, 0x0a000001, 0x0204060a0c0e }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if p then return p.large, p.from:int(), p.who:int() end
end)
case("an IPv6 address, lengths", whole, { 1, #probe, 4 }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if p then return p.via:byte(16), #p, #p.payload end
end)
case("text", whole, { 2, true, true }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if not p then return nil end
	local name = p.name
	return #name, name == "ab", p.tag == "xyz"
end)
case("bytes", whole, { 5, 0, 4 }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if p then return #p.raw, p.raw:byte(1), p.raw:byte(-1) end
end)
case("text found in, cut and compared", whole, { 2, true, true }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if p then return p.name:find "b", p.name:sub(1, 1) == "a", p.name < p.tag end
end)
local known = bpf.map { "hash", key = "char[8]", value = "u64", entries = 64 }
known["ab"], known["xyz"] = 5, 6
case("text as a key", whole, { 5, 6 }, function(pkt)
	local p = pkt.udp and pkt.udp.probe
	if p then return known[p.name], known[p.tag] end
end)

-- At the very end of the packet, where no load may reach over.
bpf.proto { "tiny", over = "udp", port = { 7000, 7001 }, sport = 7000, fields = "u4 _; u20 value" }
for _, ports in ipairs { { 1, 7000 }, { 1, 7001 }, { 7000, 1 }, { 7001, 1 }, { 1, 2 } } do
	local sport, dport = table.unpack(ports)
	local there = sport == 7000 or dport >= 7000
	case(("three bytes, from %d to %d"):format(sport, dport), wire.eth(0x86dd, wire.ipv6(17, wire.udp(sport, dport, "\xa1\2\3"))),
		{ there and 0x010203 or nil, there or nil }, function(pkt)
			local t = pkt.udp and pkt.udp.tiny
			if t then return t.value, #t.payload == 0 end
		end)
end

-- A length of its own, over IP; behind extension headers and not behind later fragments.
bpf.proto { "shim", over = "ip", proto = 253, fields = "u4 kind; u4 words; u8 next; u16 id", length = "words * 4 + 4" }
local function see_shim(s) return mix(mix(s.kind, s.id), #s), #s.payload end
for words = 0, 3 do
	local shim = string.char(0x50 | words, 9) .. (">I2"):pack(77) .. ("o"):rep(4 * words)
	for name, frame in lang.sorted {
		IPv4 = wire.eth(0x0800, wire.ipv4(253, shim .. "payload")), IPv6 = wire.eth(0x86dd, wire.ipv6(253, shim .. "payload")),
		["IPv6 with options"] = wire.eth(0x86dd, wire.ipv6(60, "\xfd\0\1\4\0\0\0\0" .. shim .. "payload")),
	} do
		case(("%d words over %s"):format(words, name), frame, { mix(mix(5, 77), 4 + 4 * words), 7, 7 }, function(pkt)
			local s = pkt.shim
			if not s then return nil, nil, #pkt.payload end
			local a, b = see_shim(s)
			return a, b, #pkt.payload
		end)
		case(("%d words found from %s"):format(words, name), frame, { mix(mix(5, 77), 4 + 4 * words), 7 }, function(pkt)
			local s = pkt.ip and pkt.ip.shim
			if s then return see_shim(s) end
		end)
		case(("%d words found from the version, %s"):format(words, name), frame,
			{ mix(mix(5, 77), 4 + 4 * words), 7 }, function(pkt)
				local s = pkt.ipv4 and pkt.ipv4.shim or pkt.ipv6 and pkt.ipv6.shim
				if s then return see_shim(s) end
			end)
	end
end

-- A length that may be less than the fixed part.
bpf.proto { "liar", over = "tcp", port = 9999, fields = "u8 len; u8 code; u16 more", length = "len" }
local function tcp(dport, rest)
	return (">I2I2I4I4I2I2I2I2"):pack(1, dport, 2, 3, 0x5018, 100, 0, 0) .. rest
end
for len = 0, 9 do
	local there = len >= 4 and len <= 8 or nil
	case(("%d bytes long, it says"):format(len), wire.eth(0x0800, wire.ipv4(6, tcp(9999, string.char(len, 5, 0, 7) .. "abcd"))),
		{ there and 5, there and len, there and 8 - len }, function(pkt)
			local l = pkt.tcp and pkt.tcp.liar
			if l then return l.code, #l, #l.payload end
		end)
end
case("not over UDP", wire.eth(0x0800, wire.ipv4(17, wire.udp(1, 9999, "\4\5\0\7"))), { true, 12 }, function(pkt)
	return pkt.tcp == nil, pkt.udp and #pkt.udp + #pkt.udp.payload
end)

-- Over Ethernet, tagged or not, with a packet within; and a chain of the script's own.
bpf.proto { "inner", fields = "u16 x; u16 y" }
bpf.proto { "middle", fields = "u8 n; u8 _", length = "n * 2 + 2", next = "inner" }
bpf.proto { "outer", over = "eth", type = { 0x88b5, 0x88b6 }, fields = "u16 session; bytes[2] cookie", next = "ipv4" }
bpf.proto { "chain", over = "eth", type = 0x88b7, fields = "u8 v", next = "middle" }
local ip = wire.ipv4(17, wire.udp(5, 6, "hello"))
for name, frame in lang.sorted {
	plain = wire.eth(0x88b5, "\1\2ab" .. ip), ["the other type"] = wire.eth(0x88b6, "\1\2ab" .. ip),
	tagged = wire.eth(0x8100, wire.vlan(5, 0x88b5, "\1\2ab" .. ip)),
	["tagged twice"] = wire.eth(0x88a8, wire.vlan(5, 0x8100, wire.vlan(6, 0x88b6, "\1\2ab" .. ip))),
} do
	case("over Ethernet, " .. name, frame, { 0x102, 64 * 256 + 11, 6 }, function(pkt)
		local o = pkt.outer
		if not o then return nil end
		local v4 = o.ipv4
		local udp = v4 and v4.udp
		return o.session, v4 and v4.ttl * 256 + #o.cookie + 9, udp and udp.dport
	end)
end
case("a chain", wire.eth(0x88b7, "\7\2?opts\0\1\0\2!"), { 7, 2 * 31 + 6, 0x010201 }, function(pkt)
	local c = pkt.chain
	local m = c and c.middle
	local i = m and m.inner
	return c and c.v, m and mix(m.n, #m), i and i.x << 16 | i.y << 8 | #i.payload
end)
case("which of several", wire.eth(0x88b7, "\7\0?\0\1\0\2"), { 3, true }, function(pkt)
	local v = pkt.outer or pkt.chain or pkt.shim
	return v and #v.payload + 0 * #v - 3, pkt.arp == nil
end)

-- The header that the design gives as the example, under another name: an Ethernet frame in UDP.
bpf.proto { "vx", over = "udp", port = 4789, fields = "u8 flags; u24 _; u24 vni; u8 _", next = "eth" }
case("the same as vxlan", wire.eth(0x0800, wire.ipv4(17, wire.udp(9, 4789, wire.vxlan(77, wire.eth(0x0800, ip))))),
	{ 77, 6, true }, function(pkt)
		local udp = pkt.udp
		local v, w = udp and udp.vx, udp and udp.vxlan
		local e = v and v.eth
		local far = e and e.ipv4 and e.ipv4.udp
		return v and v.vni, far and far.dport, (v and v.vni) == (w and w.vni) and (v == nil) == (w == nil)
	end)

-- ---- assigned: over Ethernet and IP, where no checksum covers them ----

bpf.proto { "pad", over = "eth", type = 0x88b8, fields = [[
	u4 high; u1 flag; u3 low; u24 wide; u48 wider; u64 widest; le16 small; le24 odd; le64 large;
	ip4 from; ip6 via; mac who; char[4] name; u3 a; u13 b; u30 c; u2 d; ]] }
bpf.proto { "pip", over = "ip", proto = 254, fields = "u16 seq; u16 ack" }

local pad = ("<I2"):pack(0x5aa5):rep(35)
local function at_pad(off, bytes) return pad:sub(1, off) .. bytes .. pad:sub(off + #bytes + 1) end

-- A script's own in the place of one that is there.
bpf.proto { "vxlan", over = "udp", port = 4790, fields = "u8 flags; u24 group; u24 vni; u8 _", next = "eth" }
local within = wire.eth(0x0800, wire.ipv4(17, wire.udp(1, 2, "within")))
for _, port in ipairs { 4790, 4789 } do
	local there = port == 4790
	case("vxlan at port " .. port, wire.eth(0x0800, wire.ipv4(17, wire.udp(5, port, "\8\0\1\2\0\3\4\0" .. within))),
		{ there and 258 or nil, there and 772 or nil, there and 2 or nil }, function(pkt)
			local v = pkt.udp and pkt.udp.vxlan
			if not v then return nil end
			local ip = v.eth and v.eth.ipv4
			return v.group, v.vni, ip and ip.udp and ip.udp.dport
		end)
end
local again = pcall(bpf.proto, { "vxlan", over = "udp", port = 4791, fields = "u8 a" })
lang.check("not twice", again and { "added again" } or {})

local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function writes(name, frame, want, f)
	local problems = {}
	for _, options in ipairs { {}, { copy = lang.hook == "xdp" or nil } } do
		local program = lang.program("assigned: " .. name, lang.hook, options, f)
		if not program then return end
		for _, n in ipairs { #frame, #frame - 1 } do
			local verdict, packet = program:test(frame:sub(1, n))
			local twin_verdict, twin = program:twin(frame:sub(1, n))
			local wanted = n == #frame and want or packet
			if packet ~= wanted then problems[#problems + 1] = n .. ": " .. hex(packet) end
			if twin ~= packet or verdict ~= twin_verdict then problems[#problems + 1] = n .. ": the twin differs" end
		end
	end
	lang.check("assigned: " .. name, problems)
end
local function over_eth(name, off, bytes, f)
	writes(name, wire.eth(0x88b8, pad), wire.eth(0x88b8, at_pad(off, bytes)), function(pkt)
		local p = pkt.pad
		if p then f(p) end
		return bpf.DROP
	end)
end

if lang.hook ~= "socket" then
	over_eth("bits", 0, "\x9d", function(p) p.high = 9 p.flag = true end)
	over_eth("the lowest bits", 0, "\xa2", function(p) p.flag = false p.low = 2 end)
	over_eth("three bytes", 1, "\1\2\3", function(p) p.wide = 0x010203 end)
	over_eth("six bytes", 4, "\1\2\3\4\5\6", function(p) p.wider = 0x010203040506 end)
	over_eth("eight bytes", 10, "\xff\2\3\4\5\6\7\8", function(p) p.widest = -0xfdfcfbfaf9f8f8 end)
	over_eth("the first byte lowest", 18, "\2\1\5\4\3\8\7\6\5\4\3\2\1", function(p)
		p.small, p.odd, p.large = 0x0102, 0x030405, 0x0102030405060708
	end)
	over_eth("addresses", 31, "\n\0\0\1" .. ("\0"):rep(15) .. "\1\2\0\0\0\0\7", function(p)
		p.from, p.via, p.who = bpf.ip "10.0.0.1", bpf.ip "::1", bpf.mac "02:00:00:00:00:07"
	end)
	over_eth("bits across bytes", 61, "\x85\x67\xc0\0\0\x07", function(p) p.a, p.b, p.c, p.d = 4, 0x567, 0x30000001, 3 end)
	local ip = wire.ipv4(254, "\1\2\3\4rest")
	writes("over IP", wire.eth(0x0800, ip), wire.eth(0x0800, (ip:gsub("\1\2\3\4rest", "\3\4\1\2rest"))), function(pkt)
		local p = pkt.pip
		if p then p.seq, p.ack = p.ack, p.seq end
		return bpf.DROP
	end)
end
if lang.hook ~= "socket" then
	case("a port and a length assigned between two look-ups", wire.eth(0x0800, wire.ipv4(6, tcp(9999, "\5\6\0\7abcdefgh"))), { 6, 7, true },
		function(pkt)
			local t = pkt.tcp
			local l = t and t.liar
			if not l then return end
			local before = (l.payload:u8(0) or 92) - l.len - 87
			l.len = 6
			local behind = (l.payload:u8(0) or 92) - l.len - 86
			t.dport = 9998
			return before, behind, t.liar == nil
		end)
end
-- As many as there can be; the last one works as the first.
local names, last, before = {}, nil, nil
for i = 1, 64 do
	local name = "many" .. i
	if not pcall(bpf.proto, { name, over = "tcp", port = i, fields = "u16 n; u8 m", next = last }) then break end
	last, before, names[#names + 1] = name, last, name
end
lang.check("how many there can be", #names >= 8 and #names < 64 and {} or { #names .. " more" })
case("the last of many", wire.eth(0x0800, wire.ipv4(6, tcp(#names, "\1\2\3\4\5\6"))), { 0x102, 0x405, 6 }, function(pkt)
	local t = pkt.tcp and pkt.tcp[last]
	local n = t and t[before]
	return t and t.n, n and n.n, n and n.m
end)
lang.done()

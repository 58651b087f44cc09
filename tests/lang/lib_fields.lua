-- Good frames, with their headers' places, and the fields that can be assigned: where their bits are, by the RFCs' pictures of the headers, and what a
-- write must make of a frame.
local made = dofile "tests/lang/lib_frames.lua"
local sums = dofile "tests/lang/lib_sums.lua"
local splice, with_sums = sums.splice, sums.with_sums

-- ---- good frames ----

local DATA = "the quick brown fox" -- of odd length
local good = {}
local function add(name, bytes, at)
	at.eth = 0
	at.ip = at.ipv4 or at.ipv6
	good[#good + 1] = { name = name, at = at, bytes = with_sums(bytes, at) }
end
local eth, ipv4, ipv6 = made.eth, made.ipv4, made.ipv6
add("tcp", eth(0x0800, ipv4(6, made.tcp(0x12, DATA))), { ipv4 = 14, tcp = 34, kind = "tcp" })
add("tcp with options", eth(0x0800, ipv4(6, made.tcp(0xa5, DATA, ("\1"):rep(8)), { options = ("\1"):rep(12) }))
	.. ("\0"):rep(7), { ipv4 = 14, tcp = 46, kind = "tcp" })
add("udp", eth(0x0800, ipv4(17, made.udp(DATA))), { ipv4 = 14, udp = 34, kind = "udp" })
add("udp without a checksum", eth(0x0800, ipv4(17, (made.udp(DATA):gsub("\x5a\xa5", "\0\0", 1)))),
	{ ipv4 = 14, udp = 34, kind = "udp" })
add("icmp", eth(0x0800, ipv4(1, made.icmp(DATA))), { ipv4 = 14, icmp = 34, kind = "icmp" })
add("tagged udp", made.vlan(0x7123, 0x0800, ipv4(17, made.udp(DATA))),
	{ vlan = 14, ipv4 = 18, udp = 38, kind = "udp" })
add("tcp6", eth(0x86dd, ipv6(6, made.tcp(0x18, DATA))), { ipv6 = 14, tcp = 54, kind = "tcp" })
add("udp6", eth(0x86dd, ipv6(17, made.udp(DATA))), { ipv6 = 14, udp = 54, kind = "udp" })
add("icmp6", eth(0x86dd, ipv6(58, made.icmp(DATA))), { ipv6 = 14, icmp6 = 54, kind = "icmp6" })
add("udp6 behind extension headers", eth(0x86dd, ipv6(0, "\x3c\0\1\4\0\0\0\0" .. "\x11\1\1\4" .. ("\0"):rep(12)
	.. made.udp(DATA))), { ipv6 = 14, udp = 78, kind = "udp" })
add("arp", made.frames.arp, { arp = 14 })
add("a first fragment", eth(0x0800, ipv4(17, made.udp(DATA), { frag = 0x2000 })),
	{ ipv4 = 14, udp = 34, kind = "udp" })
add("a later fragment", eth(0x0800, ipv4(17, made.udp(DATA), { frag = 0x2003 })), { ipv4 = 14 })

-- ---- fields: where they are ----

local u = function(bit, width, raw) return { kind = "u" .. width, bit = bit, width = width, raw = raw } end
local flag = function(bit) return { kind = "bool", bit = bit, width = 1 } end
local addr = function(kind, bit) return { kind = kind, bit = bit, width = kind == "ip4" and 32 or kind == "mac" and 48 or 128 } end

local FIELDS = {
	eth = { dst = addr("mac", 0), src = addr("mac", 48), type = u(96, 16) },
	vlan = { pcp = u(0, 3), dei = flag(3), id = u(4, 12), type = u(16, 16) },
	arp = { op = u(48, 16), sha = addr("mac", 64), spa = addr("ip4", 112), tha = addr("mac", 144), tpa = addr("ip4", 192) },
	ipv4 = { tos = u(8, 8), id = u(32, 16), df = flag(49), mf = flag(50), frag_off = u(51, 13), ttl = u(64, 8),
		check = u(80, 16, true), src = addr("ip4", 96), dst = addr("ip4", 128) },
	ipv6 = { tclass = u(4, 8), flow = u(12, 20), hop_limit = u(56, 8), src = addr("ip6", 64), dst = addr("ip6", 192) },
	tcp = { sport = u(0, 16), dport = u(16, 16), seq = u(32, 32), ack_seq = u(64, 32), cwr = flag(104), ece = flag(105),
		urg = flag(106), ack = flag(107), psh = flag(108), rst = flag(109), syn = flag(110), fin = flag(111),
		window = u(112, 16), check = u(128, 16, true), urg_ptr = u(144, 16) },
	udp = { sport = u(0, 16), dport = u(16, 16), check = u(48, 16, true) },
	icmp = { type = u(0, 8), code = u(8, 8), check = u(16, 16, true), id = u(32, 16), seq = u(48, 16) },
}
FIELDS.icmp6 = FIELDS.icmp

local VALUES = {
	bool = { true, false },
	ip4 = { bpf.ip "0.0.0.0", bpf.ip "255.255.255.255", bpf.ip "10.0.0.2", bpf.ip "192.168.1.23" },
	ip6 = { bpf.ip "::", bpf.ip "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", bpf.ip "2001:db8::2", bpf.ip "fe80::1:2:3:4" },
	mac = { bpf.mac "00:00:00:00:00:00", bpf.mac "ff:ff:ff:ff:ff:ff", bpf.mac "02:03:04:05:06:07" },
}
for width = 3, 32 do
	local all = (1 << width) - 1
	VALUES["u" .. width] = { 0, 1, all, all - 1, all // 3, 1 << width - 1, all + 1, -1, math.mininteger }
end

local function bits_of(kind, v)
	local t = {}
	local n = kind == "ip4" and 4 or kind == "mac" and 6 or 16
	for i = 1, n do t[i] = string.char(v:byte(i)) end
	return table.concat(t)
end

-- The frame with the field's bits as v, or nil and the error.
local function changed(frame, f, off, name, v)
	if f.kind == "ip4" or f.kind == "ip6" or f.kind == "mac" then
		return splice(frame, off + f.bit // 8, bits_of(f.kind, v))
	end
	local n = v == true and 1 or v == false and 0 or v
	if n < 0 or n >> f.width ~= 0 then return nil, ("value does not fit %s (field '%s')"):format(f.kind, name) end
	local first, last = off + f.bit // 8, off + (f.bit + f.width - 1) // 8
	local shift = (last + 1 - off) * 8 - f.bit - f.width
	local old = (">I" .. last + 1 - first):unpack(frame, first + 1)
	local new = old & ~((1 << f.width) - 1 << shift) | n << shift
	return splice(frame, first, (">I" .. last + 1 - first):pack(new))
end

return { good = good, FIELDS = FIELDS, VALUES = VALUES, changed = changed, DATA = DATA }

-- The frames that other programs are asked about: whole, cut at every length, with each of the bits of a length changed, and
-- with every other byte changed.
local wire = dofile "tests/lang/lib_wire.lua"

local function tcp(options, rest)
	return (">I2I2I4I4BBI2I2I2"):pack(51000, 443, 0xdeadbeef, 0x12345678, (5 + #options // 4) << 4, 0xd2, 501, 0xabcd, 7) ..
		options .. rest
end
local arp = (">I2I2BBI2"):pack(1, 0x0800, 6, 4, 1) .. "\2\0\0\0\0\1\10\0\0\1\0\0\0\0\0\0\10\0\0\2"
local query = wire.dns(0x1234, 0x85b3, { 1, 0, 0, 0 }, "\7example\3com\0\0\1\0\1")
local inner = wire.eth(0x0800, wire.ipv4(17, wire.udp(7, 9, "hello"), 5), 7)
local hop = "\60\0\1\4\0\0\0\0"

local function ip(proto, rest) return wire.eth(0x0800, wire.ipv4(proto, rest)) end
local function ip6(proto, rest) return wire.eth(0x86dd, wire.ipv6(proto, rest)) end

-- The frame, and the offsets of the bytes of its lengths.
local frames = {
	{ "arp", wire.eth(0x0806, arp) },
	{ "tagged arp", wire.eth(0x8100, wire.vlan(0xb123, 0x0806, arp)) },
	{ "udp, tagged twice", wire.eth(0x8100, wire.vlan(0x6005, 0x8100, wire.vlan(0xf006, 0x0800,
		wire.ipv4(17, wire.udp(1000, 2000, "data"))))) },
	{ "udp", ip(17, wire.udp(1000, 2000, "data")), { 14, 16, 17, 38, 39 } },
	{ "udp, IPv6", ip6(17, wire.udp(1000, 2000, "data")), { 14, 18, 19, 58, 59 } },
	{ "tcp", ip(6, tcp("", "data")), { 14, 16, 17, 46 } },
	{ "tcp with options", ip(6, tcp("\2\4\5\xb4\1\1\1\0", "data")), { 14, 16, 17, 46 } },
	{ "tcp, IPv6", ip6(6, tcp("\2\4\5\xb4", "")), { 14, 18, 19, 66 } },
	{ "tcp behind options", ip6(0, hop:gsub("^.", "\60") .. hop:gsub("^.", "\6") .. tcp("", "x")), { 18, 19, 55, 63 } },
	{ "udp, first fragment", ip6(44, "\17\0\0\1\0\0\0\1" .. wire.udp(1, 2, "x")), { 18, 19 } },
	{ "udp, later fragment", ip6(44, "\17\0\0\8\0\0\0\1" .. wire.udp(1, 2, "x")) },
	{ "udp behind all headers", ip6(0, hop .. hop:gsub("^.", "\43") .. "\44\2\0\1" .. ("\0"):rep(4) .. ("\x20\1"):rep(8) ..
		"\60\0\0\1\xde\xad\xbe\xef" .. hop:gsub("^.", "\17") .. wire.udp(1, 2, "x")), { 18, 19, 63, 71 } },
	{ "icmp", ip(1, "\8\0\x12\x34\0\7\0\9" .. "ping"), { 16, 17 } },
	{ "icmp6", ip6(58, "\128\0\x12\x34\0\7\0\9" .. "ping"), { 18, 19 } },
	{ "sctp", ip(132, wire.sctp(5, 6, 0xcafebabe, "\0\0\0\4")), { 16, 17 } },
	{ "mpls", wire.eth(0x8847, wire.mpls(100, 3, false, 60, wire.mpls(17, 5, true, 61, wire.ipv4(132, wire.sctp(1, 2, 3, ""))))) },
	{ "gre", ip(47, wire.gre(0x2000, 0x0800, "keys", wire.ipv4(17, wire.udp(1, 2, "x")))) },
	{ "gre with all", ip(47, wire.gre(0xb000, 0x0800, "cs\0\0keysseqn", wire.ipv4(17, wire.udp(1, 2, "x")))) },
	{ "vxlan", ip(17, wire.udp(1000, 4789, wire.vxlan(0x123456, inner))), { 16, 17, 38, 39 } },
	{ "geneve", ip(17, wire.udp(9, 6081, wire.geneve(0xc0, 0x6558, 99, "\1\2\3\1abcd", inner))), { 38, 39, 42 } },
	{ "dns", ip(17, wire.udp(1000, 53, query)), { 38, 39 } },
	{ "dns answer, IPv6", ip6(17, wire.udp(53, 1000, query)), { 58, 59 } },
	{ "gtp", ip(17, wire.udp(2152, 2152, "\x30\xff\0\x1c\1\2\3\4" .. wire.ipv4(17, wire.udp(1, 2, ""))) ), { 38, 39 } },
	{ "pppoe", wire.eth(0x8864, "\x11\0\0\x1e\0\x1e\0\x21" .. wire.ipv4(17, wire.udp(1, 2, ""))) },
}

local inputs = {}
local function add(name, bytes, whole, wrong)
	inputs[#inputs + 1] = { name = name, bytes = bytes, whole = whole, wrong = wrong }
end
for _, f in ipairs(frames) do
	local name, whole = f[1], f[2]
	add(name, whole, whole)
	for cut = 14, #whole - 1 do add(("%s, %d bytes of it"):format(name, cut), whole:sub(1, cut), whole) end
	for _, at in ipairs(f[3] or {}) do
		for bit = 0, 7 do
			local was = whole:byte(at + 1)
			add(("%s, byte %d = 0x%02x"):format(name, at, was ~ 1 << bit),
				whole:sub(1, at) .. string.char(was ~ 1 << bit) .. whole:sub(at + 2), whole, true)
		end
	end
end

-- Every other byte that says something: types, protocols, versions, next headers, flags, options, addresses. Two values each:
-- all bits changed, and the lowest one.
local function corrupt(name, whole, lengths)
	local is_length = {}
	for _, at in ipairs(lengths) do is_length[at] = true end
	for at = 0, #whole - 1 do
		for _, bits in ipairs(is_length[at] and {} or { 0xff, 1 }) do
			local byte = whole:byte(at + 1) ~ bits
			add(("%s, byte %d = 0x%02x"):format(name, at, byte), whole:sub(1, at) .. string.char(byte) .. whole:sub(at + 2), whole, true)
		end
	end
end
for _, f in ipairs(frames) do corrupt(f[1], f[2], f[3] or {}) end

-- Writes them all; the time of each is its number.
function inputs.pcap()
	local path = os.tmpname()
	local file = assert(io.open(path, "wb"))
	file:write(("<I4I2I2I4I4I4I4"):pack(0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
	for number, i in ipairs(inputs) do
		file:write(("<I4I4I4I4"):pack(number, 0, #i.bytes, #i.bytes), i.bytes)
	end
	file:close()
	return path
end

return inputs

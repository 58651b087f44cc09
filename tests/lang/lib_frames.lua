-- Frames for tests of packets: one of each kind, and `inputs`: all of them whole, cut, damaged and hostile.
local M = {}

local ETH = "\x52\x54\0\x12\x34\x56" .. "\x02\x42\xac\x11\0\x02"

local function eth(kind, rest) return ETH .. (">I2"):pack(kind) .. rest end

local function vlan(tag, kind, rest) return eth(0x8100, (">I2I2"):pack(tag, kind) .. rest) end

local function ipv4(proto, rest, o)
	o = o or {}
	local options = o.options or ""
	local ihl = o.ihl or 5 + #options // 4
	return (">I1I1I2I2I2I1I1I2I4I4"):pack((o.version or 4) << 4 | ihl, o.tos or 0xb8,
		o.len or 20 + #options + #rest, 0xbeef, o.frag or 0x4000, o.ttl or 64, proto, 0x1234,
		0xc0a80117, 0x0a4d0002) .. options .. rest
end

local function ipv6(next, rest, o)
	o = o or {}
	return (">I4I2I1I1"):pack(0x6dc54321, o.len or #rest, next, 61)
		.. "\x20\x01\x0d\xb8" .. ("\0"):rep(11) .. "\x01" .. "\xfe\x80" .. ("\0"):rep(6)
		.. "\x02\x11\x22\xff\xfe\x33\x44\x55" .. rest
end

local function tcp(flags, rest, options)
	options = options or ""
	return (">I2I2I4I4I1I1I2I2I2"):pack(51000, 443, 0xdeadbeef, 0x01020304,
		(5 + #options // 4) << 4, flags, 0xfaf0, 0xabcd, 7) .. options .. rest
end

local function udp(rest, len) return (">I2I2I2I2"):pack(40000, 53, len or 8 + #rest, 0x5aa5) .. rest end

local function icmp(rest) return (">I1I1I2I2I2"):pack(8, 3, 0x7788, 0x1122, 0x3344) .. rest end

local DATA = "the quick brown fox"
local frames = {
	tcp = eth(0x0800, ipv4(6, tcp(0x12, DATA))),
	tcp_options = eth(0x0800, ipv4(6, tcp(0xff, DATA, ("\1"):rep(8)), { options = ("\1"):rep(12) })),
	udp = eth(0x0800, ipv4(17, udp(DATA))),
	icmp = eth(0x0800, ipv4(1, icmp(DATA))),
	vlan = vlan(0x7123, 0x0800, ipv4(17, udp(DATA))),
	arp = eth(0x0806, (">I2I2I1I1I2"):pack(1, 0x0800, 6, 4, 1) .. ETH:sub(7) .. "\x0a\0\0\1"
		.. ("\0"):rep(6) .. "\x0a\0\0\2" .. ("\0"):rep(18)),
	tcp6 = eth(0x86dd, ipv6(6, tcp(0x18, DATA))),
	udp6 = eth(0x86dd, ipv6(17, udp(DATA))),
	icmp6 = eth(0x86dd, ipv6(58, icmp(DATA))),
	-- hop-by-hop, destination options of 16 bytes, then UDP
	extended = eth(0x86dd, ipv6(0, "\x3c\0\1\4\0\0\0\0" .. "\x11\1\1\4" .. ("\0"):rep(12) .. udp(DATA))),
	fragment6 = eth(0x86dd, ipv6(44, "\x11\0\0\0\0\0\0\1" .. udp(DATA))),
	later_fragment6 = eth(0x86dd, ipv6(44, "\x11\0\0\x08\0\0\0\1" .. udp(DATA))),
	first_fragment = eth(0x0800, ipv4(17, udp(DATA), { frag = 0x2000 })),
	later_fragment = eth(0x0800, ipv4(17, udp(DATA), { frag = 0x2003 })),
	other = eth(0x88b5, DATA),
}

local HOSTILE = {
	-- options behind the end of the packet, but in the frame; an authentication header, in words of 4 bytes
	eth(0x0800, ipv4(6, tcp(0x12, "", ("\1"):rep(20)), { len = 44 })),
	eth(0x86dd, ipv6(51, "\x11\1" .. ("\0"):rep(10) .. udp(DATA))),
	eth(0x0800, ipv4(17, udp(DATA), { ihl = 4 })), eth(0x0800, ipv4(17, udp(DATA), { ihl = 15 })),
	eth(0x0800, ipv4(17, udp(DATA), { ihl = 0 })), eth(0x0800, ipv4(17, udp(DATA), { version = 6 })),
	eth(0x0800, ipv4(17, udp(DATA), { version = 5 })), eth(0x0800, ipv4(17, udp(DATA), { len = 0 })),
	eth(0x0800, ipv4(17, udp(DATA), { len = 27 })), eth(0x0800, ipv4(17, udp(DATA), { len = 28 })),
	eth(0x0800, ipv4(17, udp(DATA), { len = 65535 })), eth(0x0800, ipv4(17, udp(DATA, 0))),
	eth(0x0800, ipv4(17, udp(DATA, 7))), eth(0x0800, ipv4(17, udp(DATA, 8))),
	eth(0x0800, ipv4(17, udp(DATA, 12))), eth(0x0800, ipv4(17, udp(DATA, 65535))),
	eth(0x0800, ipv4(6, (tcp(2, DATA):gsub("^(" .. ("."):rep(12) .. ").", "%1\x40")))),
	eth(0x0800, ipv4(6, (tcp(2, DATA):gsub("^(" .. ("."):rep(12) .. ").", "%1\xf0")))),
	eth(0x0800, ipv4(41, ipv6(17, udp(DATA)))), eth(0x86dd, ipv6(59, DATA)),
	eth(0x86dd, ipv6(17, udp(DATA), { len = 0 })), eth(0x86dd, ipv6(17, udp(DATA), { len = 7 })),
	eth(0x86dd, ipv6(0, ("\0\0\1\4\0\0\0\0"):rep(12))), eth(0x86dd, ipv6(0, "\x11\xff" .. udp(DATA))),
	eth(0x86dd, ipv6(60, "\x3c\0\1\4\0\0\0\0" .. "\x06\0\1\4\0\0\0\0" .. tcp(2, DATA))),
	eth(0x8100, ""), vlan(1, 0x8100, "\0\2\x08\0" .. ipv4(17, udp(DATA))),
	eth(0x88a8, "\0\1\x81\0\0\2\x08\0" .. ipv4(17, udp(DATA))), ETH .. "\0\4" .. DATA,
}

-- Every frame: whole, cut at every length, with every byte of its headers damaged.
local inputs = {}
local function add(frame)
	if #frame >= 14 then inputs[#inputs + 1] = frame end
end
for _, name in ipairs { "tcp", "tcp_options", "udp", "icmp", "vlan", "arp", "tcp6", "udp6", "icmp6",
	"extended", "fragment6", "later_fragment6", "first_fragment", "later_fragment", "other" } do
	local frame = frames[name]
	add(frame)
	add(frame .. ("\0"):rep(40))
	for n = 14, #frame - 1 do add(frame:sub(1, n)) end
	for i = 13, #frame - #DATA, 3 do
		local byte = frame:byte(i)
		add(frame:sub(1, i - 1) .. string.char(byte ~ 0xff) .. frame:sub(i + 1))
		add(frame:sub(1, i - 1) .. string.char((byte + 1) & 0xff) .. frame:sub(i + 1))
	end
end
for _, frame in ipairs(HOSTILE) do
	add(frame)
	add(frame:sub(1, -4))
end

M.frames, M.hostile, M.inputs, M.DATA = frames, HOSTILE, inputs, DATA
M.eth, M.vlan, M.ipv4, M.ipv6, M.tcp, M.udp, M.icmp = eth, vlan, ipv4, ipv6, tcp, udp, icmp
return M

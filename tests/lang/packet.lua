-- Packet views: every field of every header, on whole, cut, damaged and hostile frames.
local lang = dofile "tests/lang/harness.lua"
local made = dofile "tests/lang/lib_frames.lua"
local frames, inputs = made.frames, made.inputs

-- ---- every field, against the twin ----

local function mix(a, b) return a * 1000 + (b or 7) end

local fields = {
	{ "pkt", function(p) return p.len, #p, p.ipv4 == nil end },
	{ "eth", function(p) return p.eth.type, p.eth.dst:int(), p.eth.src:int() end },
	{ "vlan", function(p)
		local v = p.vlan
		if v then return v.id, v.pcp, v.type end
	end },
	{ "vlan dei", function(p) return p.vlan and p.vlan.dei end },
	{ "arp", function(p)
		local a = p.arp
		if a then return a.op, a.spa:int(), a.tha:int() end
	end },
	{ "arp addresses", function(p)
		local a = p.arp
		if a then return a.sha:int(), a.tpa:int() end
	end },
	{ "ip", function(p)
		local ip = p.ip
		if ip then return ip.version, ip.proto, ip.ttl end
	end },
	{ "ipv4 addresses", function(p)
		local ip = p.ipv4
		if ip then return ip.src:int(), ip.dst:int(), ip.src == ip.dst end
	end },
	{ "ipv4 a", function(p) local ip = p.ipv4 if ip then return ip.proto, ip.ttl, ip.tos end end },
	{ "ipv4 b", function(p) local ip = p.ipv4 if ip then return ip.id, ip.len, ip.ihl end end },
	{ "ipv4 c", function(p) local ip = p.ipv4 if ip then return ip.df, ip.mf, ip.frag_off end end },
	{ "ipv4 d", function(p) local ip = p.ipv4 if ip then return ip.check, #ip end end },
	{ "ipv6 a", function(p) local ip = p.ipv6 if ip then return ip.next, ip.hop_limit, ip.tclass end end },
	{ "ipv6 b", function(p) local ip = p.ipv6 if ip then return ip.flow, ip.len end end },
	{ "ipv6 addresses", function(p)
		local ip = p.ipv6
		if ip then return ip.src == ip.dst, ip.src:byte(1), ip.dst:byte(16) end
	end },
	{ "tcp a", function(p) local t = p.tcp if t then return t.sport, t.dport, t.seq end end },
	{ "tcp b", function(p) local t = p.tcp if t then return t.ack_seq, t.doff, t.window end end },
	{ "tcp c", function(p) local t = p.tcp if t then return t.check, t.urg_ptr end end },
	{ "tcp flags a", function(p) local t = p.tcp if t then return t.fin, t.syn, t.rst end end },
	{ "tcp flags b", function(p) local t = p.tcp if t then return t.psh, t.ack, t.urg end end },
	{ "tcp flags c", function(p) local t = p.tcp if t then return t.ece, t.cwr end end },
	{ "udp a", function(p) local u = p.udp if u then return u.sport, u.dport, u.len end end },
	{ "udp b", function(p) local u = p.udp if u then return u.check, #u end end },
	{ "icmp", function(p) local i = p.icmp if i then return i.type, i.code, i.id end end },
	{ "icmp seq", function(p) local i = p.icmp if i then return i.seq end end },
	{ "icmp6", function(p) local i = p.icmp6 if i then return i.type, i.code end end },
	{ "by way of ip", function(p)
		local ip = p.ip
		if not ip then return nil end
		local u, t = ip.udp, ip.tcp
		return u and u.dport, t and t.dport, ip.icmp and true
	end },
	{ "tcp or udp", function(p)
		local l4 = p.tcp or p.udp
		if l4 then return l4.sport, l4.dport end
	end },
	{ "payload", function(p) return #p.payload, p.payload:u8(0), p.payload:u32(2) end },
	{ "payload of the link layer", function(p)
		local e, v = p.eth.payload, p.vlan and p.vlan.payload
		return mix(#e, e:u8(1)), e:u64(3), v and mix(#v, v:u16(4))
	end },
	{ "payload of arp", function(p)
		local a = p.arp and p.arp.payload
		if a then return #a, a:u8(0), a:u16(1) end
	end },
	{ "payload of a tag within a tag", function(p)
		local inner = p.vlan and p.vlan.vlan
		if inner then return #inner.payload, inner.payload:u16(0), inner.payload:byte() end
	end },
	{ "the first byte", function(p) return p:byte(), p.payload:byte(), p.ip and p.ip:byte() end },
	{ "udp payload", function(p)
		local u = p.udp
		if u then return #u.payload, u.payload:u16(0), u.payload:u64(8) end
	end },
	{ "header bytes", function(p)
		local ip = p.ipv4
		if ip then return ip:u8(0), ip:u16(2), ip:u32(16) end
	end },
	{ "offsets", function(p) return p:u8(13), p:u16(40), p:u64(30) end },
	{ "little-endian", function(p) return p:le16(12), p:le32(20), p:le64(14) end },
	{ "offset of a field", function(p)
		local n = p:u8(14)
		if n then return p:u8(n), p:u32(n & 63), p:u16(n - 60) end
	end },
	{ "several look-ups", function(p)
		local ip4, ip6 = p.ipv4, p.ipv6
		return ip4 and ip4.ttl, ip6 and ip6.next, p.arp and p.arp.op
	end },
	{ "look-ups by what was there", function(p)
		if p.ipv4 then return 4, p.tcp and p.tcp.dport, #p.payload end
		if p.len > 60 then return 6, p.udp and p.udp.dport end
		return p.ip and p.ip.ttl, #p.payload, p.icmp6 ~= nil
	end },
	{ "look-ups on some ways only", function(p)
		local n = p:u8(17) or 0
		local a = n > 64 and p.ipv4
		local b = n < 128 and p.ipv6
		return a and a.id, b and b.len, (p.udp or p.tcp) ~= nil
	end },
	{ "flags asked for again", function(p)
		local t = p.tcp
		if not t then return end
		local syn, ack, n = t.syn, t.ack, 0
		if syn and t.fin then n = 1 elseif syn or ack or t.rst then n = 2 end
		return n, syn, not syn and not t.psh and t.urg
	end },
	{ "negative and huge offsets", function(p)
		local n = p:u8(13) or 0
		return p:u8(-1 - n), p:u16(n << 40), p:u8(math.mininteger + n)
	end },
}

for _, field in ipairs(fields) do
	lang.packets { name = field[1], f = field[2], inputs = inputs }
end

-- ---- what is known without us ----

lang.packets { name = "known: tcp", f = function(p) return p.tcp.sport, p.tcp.dport, p.tcp.seq end,
	inputs = { frames.tcp, frames.tcp_options, frames.tcp6 },
	want = { { 51000, 443, 0xdeadbeef }, { 51000, 443, 0xdeadbeef }, { 51000, 443, 0xdeadbeef } } }
lang.packets { name = "known: flags", f = function(p) return p.tcp.syn, p.tcp.ack, p.tcp.fin end,
	inputs = { frames.tcp, frames.tcp_options, frames.tcp6 },
	want = { { true, true, false }, { true, true, true }, { false, true, false } } }
lang.packets { name = "known: ipv4",
	f = function(p) return p.ipv4.src:int(), p.ipv4.ttl, p.ipv4.df end,
	inputs = { frames.udp, frames.first_fragment }, want = { { 0xc0a80117, 64, true }, { 0xc0a80117, 64, false } } }
lang.packets { name = "known: udp through extension headers", f = function(p)
	local u = p.udp
	return u and u.dport, p.ip.proto
end, inputs = { frames.extended, frames.udp6, frames.fragment6, frames.later_fragment6 },
	want = { { 53, 17 }, { 53, 17 }, { 53, 17 }, { nil, 17 } } }
lang.packets { name = "known: fragments", f = function(p) return p.udp ~= nil, p.ipv4.frag_off, p.ipv4.mf end,
	inputs = { frames.udp, frames.first_fragment, frames.later_fragment },
	want = { { true, 0, false }, { true, 0, true }, { false, 3, true } } }
lang.packets { name = "known: vlan", f = function(p) return p.vlan.id, p.vlan.pcp, p.vlan.dei end,
	inputs = { frames.vlan }, want = { { 0x123, 3, true } } }
lang.packets { name = "known: payload", f = function(p) return #p.payload, p.payload:u8(0), p.payload:u8(18) end,
	inputs = { frames.udp, frames.udp .. ("\0"):rep(20), frames.tcp_options },
	want = { { 19, 0x74, 0x78 }, { 19, 0x74, 0x78 }, { 19, 0x74, 0x78 } } }
lang.packets { name = "known: payload of the link layer", f = function(p)
	local tag = p.vlan
	return p.eth.payload:u16(0), tag and tag.payload:u8(0), #p.eth.payload - (tag and #tag.payload or 0)
end, inputs = { frames.udp, frames.vlan }, want = { { 0x45b8, nil, #frames.udp - 14 }, { 0x7123, 0x45, 4 } } }
local function unchecked(p) return p.udp.dport end
lang.packets { name = "known: a header that is absent raises", f = unchecked,
	inputs = { frames.tcp, frames.udp },
	want = { { error = ("tests/lang/packet.lua:%d: attempt to index a nil value")
		:format(debug.getinfo(unchecked, "S").linedefined) }, { 53 } } }

-- ---- addresses ----

local home, name = bpf.ip("192.168.1.23"), bpf.mac("02:42:ac:11:00:02")
-- The verifier remembers such a sum as the one number plus the other, and lets nobody add it to a pointer.
lang.packets { name = "an offset that a large constant may have been added to", inputs = { frames.udp, frames.udp6 },
	f = function(p)
		local a, b = p:u64(15) or 7, p:u64(240) or -0x80000000
		return p:u8(a % b) == 3 and bpf.DROP or bpf.PASS
	end }
lang.packets { name = "addresses compare", inputs = { frames.udp, frames.udp6, frames.arp }, f = function(p)
	local ip = p.ip
	return p.eth.src == name, ip and ip.src == home, ip ~= nil and ip.src ~= ip.dst
end }
lang.packets { name = "within", inputs = { frames.udp, frames.udp6, frames.arp }, f = function(p)
	local ip = p.ipv4
	if ip then return ip.src:within("192.168.0.0/16"), ip.dst:within("192.168.0.0/16"), ip.src:byte(4) end
end }

-- ---- a header whose length was written over ----

-- Its fixed part is there since it was found, by any offset, and nothing behind the packet's end; between them its length is what it says now.
local function short(name, view, at, frames_of)
	lang.packets { name = name, inputs = frames_of, f = function(p)
		local h, n = p[view], p:u8(5) or 0
		if not h then return end
		p:set_u8(at, n << 4 & 0xf0 | n & 15)
		local k = n & 31
		return h:u32(8) or 2, (h:u16(k) or #h) * 1000 + (h:byte(-2) or 3), lang.all(h:sub(15, 60))
	end }
end
local lengths = {}
for _, n in ipairs { 0, 1, 2, 4, 5, 6, 10, 15, 18, 19, 20, 21, 31 } do
	lengths[#lengths + 1] = frames.udp:sub(1, 5) .. string.char(n) .. frames.udp:sub(7)
	lengths[#lengths + 1] = frames.tcp6:sub(1, 5) .. string.char(n) .. frames.tcp6:sub(7)
end
if lang.hook ~= "socket" then
	short("IPv4", "ipv4", 14, lengths)
	short("one of two", "ip", 14, lengths)
	short("TCP", "tcp", 14 + 40 + 12, lengths)
end

lang.done()

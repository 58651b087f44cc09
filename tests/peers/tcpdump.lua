-- A hundred filters as tcpdump has them, each written as a Lua function: on every frame, in the kernel and as a twin, the
-- verdict is the one of libpcap's own matcher, but for what the language decides otherwise: those reasons are listed.
local inputs = dofile "tests/peers/lib_capture.lua"

local a, b = bpf.ip "10.0.0.1", bpf.ip "10.0.0.2"
local a6, b6 = bpf.ip "2001:db8::1", bpf.ip "2001:db8::2"
local mac1, mac2 = bpf.mac "02:00:00:00:00:01", bpf.mac "02:00:00:00:00:02"

local filters = {}
local function filter(text, f) filters[#filters + 1] = { text = text, f = f } end

local function proto(p, n) return p.ip and p.ip.proto == n end
local function sport(p, n) local l = p.tcp or p.udp or p.sctp return l and l.sport == n end
local function dport(p, n) local l = p.tcp or p.udp or p.sctp return l and l.dport == n end
local function port(p, n) return sport(p, n) or dport(p, n) end

-- the link layer
filter("ether src 02:00:00:00:00:01", function(p) return p.eth.src == mac1 end)
filter("ether dst 02:00:00:00:00:02", function(p) return p.eth.dst == mac2 end)
filter("ether host 02:00:00:00:00:02", function(p) return p.eth.src == mac2 or p.eth.dst == mac2 end)
filter("not ether host 02:00:00:00:00:02", function(p) return not (p.eth.src == mac2 or p.eth.dst == mac2) end)
filter("ether broadcast", function(p) return p.eth.dst == bpf.mac "ff:ff:ff:ff:ff:ff" end)
filter("ether multicast", function(p) return p.eth.dst:byte(1) & 1 ~= 0 end)
filter("ether proto 0x0806", function(p) return p.eth.type == 0x0806 end)
filter("ether proto 0x8864", function(p) return p.eth.type == 0x8864 end)
filter("ether[0] & 1 = 0", function(p) return (p:u8(0) or 1) & 1 == 0 end)
filter("ether[12:2] > 0x8000", function(p) return (p:u16(12) or 0) > 0x8000 end)
filter("len > 60", function(p) return p.len > 60 end)
filter("less 42", function(p) return p.len <= 42 end)
filter("greater 80", function(p) return p.len >= 80 end)
filter("len = 50 or len = 51", function(p) return p.len == 50 or p.len == 51 end)
filter("vlan", function(p) return p.vlan ~= nil end)
filter("vlan 291", function(p) return p.vlan and p.vlan.id == 291 end)
filter("vlan 5", function(p) return p.vlan and p.vlan.id == 5 end)
filter("vlan and vlan 6", function(p)
	local inner = p.vlan and p.vlan.vlan
	return inner and inner.id == 6
end)
filter("vlan and arp", function(p) return p.vlan and p.vlan.type == 0x0806 end)
filter("vlan and vlan and ip", function(p)
	local inner = p.vlan and p.vlan.vlan
	return inner and inner.type == 0x0800
end)
filter("mpls", function(p) return p.mpls ~= nil end)
filter("mpls 100", function(p) return p.mpls and p.mpls.label == 100 end)
filter("mpls 100 and mpls 17", function(p)
	local m = p.mpls and p.mpls.mpls
	return m and p.mpls.label == 100 and m.label == 17
end)

-- which protocol
filter("ip", function(p) return p.ipv4 ~= nil end)
filter("ip6", function(p) return p.ipv6 ~= nil end)
filter("arp", function(p) return p.arp ~= nil end)
filter("ip or ip6", function(p) return p.ip ~= nil end)
filter("not ip", function(p) return p.ipv4 == nil end)
filter("tcp", function(p) return proto(p, 6) end)
filter("udp", function(p) return proto(p, 17) end)
filter("icmp", function(p) return p.ipv4 and p.ipv4.proto == 1 end)
filter("icmp6", function(p) return p.ipv6 and p.ip.proto == 58 end)
filter("sctp", function(p) return proto(p, 132) end)
filter("ip proto 47", function(p) return p.ipv4 and p.ipv4.proto == 47 end)
filter("ip proto 17", function(p) return p.ipv4 and p.ipv4.proto == 17 end)
filter("ip6 proto 17", function(p) return p.ipv6 and p.ip.proto == 17 end)
filter("tcp or udp", function(p) return proto(p, 6) or proto(p, 17) end)
filter("ip and not tcp", function(p) return p.ipv4 and p.ipv4.proto ~= 6 end)
filter("ip6 and tcp", function(p) return p.ipv6 and p.ip.proto == 6 end)

-- addresses
filter("src host 10.0.0.1", function(p) return p.ipv4 and p.ipv4.src == a or p.arp and p.arp.spa == a end)
filter("dst host 10.0.0.2", function(p) return p.ipv4 and p.ipv4.dst == b or p.arp and p.arp.tpa == b end)
filter("host 10.0.0.2", function(p)
	local ip, arp = p.ipv4, p.arp
	return ip and (ip.src == b or ip.dst == b) or arp and (arp.spa == b or arp.tpa == b)
end)
filter("ip host 10.0.0.1", function(p) return p.ipv4 and (p.ipv4.src == a or p.ipv4.dst == a) end)
filter("arp host 10.0.0.2", function(p) return p.arp and (p.arp.spa == b or p.arp.tpa == b) end)
filter("ip src host 10.0.0.9", function(p) return p.ipv4 and p.ipv4.src == bpf.ip "10.0.0.9" end)
filter("ip6 host 2001:db8::1", function(p) return p.ipv6 and (p.ipv6.src == a6 or p.ipv6.dst == a6) end)
filter("ip6 src host 2001:db8::1", function(p) return p.ipv6 and p.ipv6.src == a6 end)
filter("ip6 dst host 2001:db8::2", function(p) return p.ipv6 and p.ipv6.dst == b6 end)
filter("ip src net 10.0.0.0/8", function(p) return p.ipv4 and p.ipv4.src:within "10.0.0.0/8" end)
filter("ip net 10.0.0.0/31", function(p)
	local ip = p.ipv4
	return ip and (ip.src:within "10.0.0.0/31" or ip.dst:within "10.0.0.0/31")
end)
filter("ip dst net 10.0.0.2/31", function(p) return p.ipv4 and p.ipv4.dst:within "10.0.0.2/31" end)
filter("ip6 net 2001:db8::/32", function(p)
	local ip = p.ipv6
	return ip and (ip.src:within "2001:db8::/32" or ip.dst:within "2001:db8::/32")
end)
filter("ip6 src net 2001:db8::2/127", function(p) return p.ipv6 and p.ipv6.src:within "2001:db8::2/127" end)

-- ports
for _, n in ipairs { 53, 443, 4789, 1000, 2152 } do
	filter("port " .. n, function(p) return port(p, n) end)
	filter("src port " .. n, function(p) return sport(p, n) end)
	filter("dst port " .. n, function(p) return dport(p, n) end)
end
filter("tcp port 443", function(p) return p.tcp and (p.tcp.sport == 443 or p.tcp.dport == 443) end)
filter("udp port 53", function(p) return p.udp and (p.udp.sport == 53 or p.udp.dport == 53) end)
filter("udp src port 1000", function(p) return p.udp and p.udp.sport == 1000 end)
filter("sctp port 5", function(p) return p.sctp and (p.sctp.sport == 5 or p.sctp.dport == 5) end)
filter("portrange 1000-2000", function(p)
	local l = p.tcp or p.udp or p.sctp
	return l and (l.sport >= 1000 and l.sport <= 2000 or l.dport >= 1000 and l.dport <= 2000)
end)
filter("tcp dst portrange 400-500", function(p) return p.tcp and p.tcp.dport >= 400 and p.tcp.dport <= 500 end)
filter("udp portrange 1-10", function(p)
	local u = p.udp
	return u and (u.sport >= 1 and u.sport <= 10 or u.dport >= 1 and u.dport <= 10)
end)
filter("not port 53", function(p) return not port(p, 53) end)
filter("port 53 or port 443", function(p) return port(p, 53) or port(p, 443) end)
filter("ip and port 1000", function(p) return p.ipv4 and port(p, 1000) end)
filter("ip6 and port 1000", function(p) return p.ipv6 and port(p, 1000) end)
filter("host 10.0.0.1 and port 443", function(p) return p.ipv4 and (p.ipv4.src == a or p.ipv4.dst == a) and port(p, 443) end)
filter("src host 10.0.0.1 and udp dst port 4789", function(p)
	return p.ipv4 and p.ipv4.src == a and p.udp and p.udp.dport == 4789
end)

-- bytes and bits of headers
filter("ip[8] = 64", function(p) return p.ipv4 and p.ipv4.ttl == 64 end)
filter("ip[8] < 10", function(p) return p.ipv4 and p.ipv4.ttl < 10 end)
filter("ip[0] & 0xf != 5", function(p) return p.ipv4 and p.ipv4.ihl ~= 5 end)
filter("ip[1] = 0", function(p) return p.ipv4 and p.ipv4.tos == 0 end)
filter("ip[2:2] > 40", function(p) return p.ipv4 and p.ipv4.len > 40 end)
filter("ip[4:2] = 1", function(p) return p.ipv4 and p.ipv4.id == 1 end)
filter("ip[6:2] & 0x1fff != 0", function(p) return p.ipv4 and p.ipv4.frag_off ~= 0 end)
filter("ip[6] & 0x40 = 0", function(p) return p.ipv4 and not p.ipv4.df end)
filter("ip[12:4] = 0x0a000001", function(p) return p.ipv4 and p.ipv4.src:int() == 0x0a000001 end)
filter("ip6[6] = 17", function(p) return p.ipv6 and p.ipv6.next == 17 end)
filter("ip6[7] = 64", function(p) return p.ipv6 and p.ipv6.hop_limit == 64 end)
filter("ip6[4:2] < 20", function(p) return p.ipv6 and p.ipv6.len < 20 end)
filter("ip6[0:4] & 0xfffff = 0", function(p) return p.ipv6 and p.ipv6.flow == 0 end)
filter("ip and tcp[13] & 2 != 0", function(p) return p.ipv4 and p.tcp and p.tcp.syn end)
filter("ip and tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn", function(p) return p.ipv4 and p.tcp and p.tcp.syn and not p.tcp.ack end)
filter("ip and tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn|tcp-ack", function(p)
	return p.ipv4 and p.tcp and p.tcp.syn and p.tcp.ack
end)
filter("ip and tcp[tcpflags] & (tcp-fin|tcp-rst) = 0", function(p) return p.ipv4 and p.tcp and not (p.tcp.fin or p.tcp.rst) end)
filter("ip and tcp[4:4] = 0xdeadbeef", function(p) return p.ipv4 and p.tcp and p.tcp.seq == 0xdeadbeef end)
filter("ip and tcp[14:2] = 501", function(p) return p.ipv4 and p.tcp and p.tcp.window == 501 end)
filter("ip and tcp[12] >> 4 > 5", function(p) return p.ipv4 and p.tcp and p.tcp.doff > 5 end)
filter("ip and udp[4:2] > 12", function(p) return p.ipv4 and p.udp and p.udp.len > 12 end)
filter("ip and udp[6:2] = 0", function(p) return p.ipv4 and p.udp and p.udp.check == 0 end)
filter("ip and udp dst port 53 and udp[10:2] & 0x8000 != 0", function(p)
	local d = p.ipv4 and p.udp and p.udp.dport == 53 and p.udp.dns
	return d and d.qr
end)
filter("ip and udp dst port 4789 and udp[8] = 8", function(p)
	local v = p.ipv4 and p.udp and p.udp.vxlan
	return v and v.flags == 8
end)
filter("icmp[icmptype] = icmp-echo", function(p) return p.icmp and p.icmp.type == 8 end)
filter("icmp[4:2] = 7", function(p) return p.icmp and p.icmp.id == 7 end)
filter("icmp6[0] = 128", function(p) return p.icmp6 and p.icmp6.type == 128 end)
filter("arp[6:2] = 1", function(p) return p.arp and p.arp.op == 1 end)
filter("arp[6:2] = 2", function(p) return p.arp and p.arp.op == 2 end)
filter("ip proto 47 and ip[22:2] = 0x0800", function(p) return p.ipv4 and p.gre and p.gre.type == 0x0800 end)

-- ---- what differs, and why ----

local function u16(bytes, off) return #bytes >= off + 2 and (">I2"):unpack(bytes, off + 1) or 0 end

-- Bytes of the headers of a whole frame, the transport's with its options included.
local function heads(bytes)
	local type = u16(bytes, 12)
	if type == 0x0806 then return 42 end
	if type == 0x8847 or type == 0x8864 then return 22 end
	if type == 0x8100 then return #bytes end
	local number, at = bytes:byte(24), 34
	if type == 0x86dd then
		number, at = bytes:byte(21), 54
		while number == 0 or number == 60 or number == 44 do
			number, at = bytes:byte(at + 1), at + 8
		end
	end
	if number == 6 then return at + (bytes:byte(at + 13) >> 4) * 4 end
	if number == 17 then return at + (u16(bytes, at + 2) == 4789 and 16 or u16(bytes, at + 2) == 53 and 20 or 8) end
	return at + (number == 132 and 12 or number == 47 and 16 or 8)
end

local differs = {
	{ "a header is there when all of it is; tcpdump looks at the bytes it needs",
		function(i) return not i.wrong and #i.bytes < heads(i.whole) end },
	{ "what the lengths deny is not there; tcpdump does not look at lengths, and takes the version as it comes",
		function(i) return i.wrong end },
	{ "headers are found behind VLAN tags; tcpdump wants `vlan and` for it",
		function(i, text) return u16(i.bytes, 12) == 0x8100 and not text:find "vlan" end },
	{ "extension headers of IPv6 are walked; tcpdump sees through the one of fragments, for protocols only",
		function(i) return u16(i.bytes, 12) == 0x86dd and (i.bytes:byte(21) == 0 or i.bytes:byte(21) == 44) end },
}

local function explained(input, text)
	for _, d in ipairs(differs) do
		if d[2](input, text) then
			d.used = (d.used or 0) + 1
			return true
		end
	end
end

-- ---- comparison ----

local path = inputs.pcap()

-- Some run ahead, for on a busy machine each takes its time to begin.
local AHEAD, asked = 8, {}
local function ask(number)
	local filter = filters[number]
	asked[number] = filter and io.popen(("tcpdump -n -r %s -w - '%s' 2>/dev/null"):format(path, filter.text))
end
for number = 1, AHEAD do ask(number) end

-- The numbers of the frames that match.
local function matched(filter)
	local tcpdump = asked[filter]
	ask(filter + AHEAD)
	local bytes, set = tcpdump:read "a", {}
	local good = tcpdump:close()
	local at = 25
	while at < #bytes do
		local number, _, n = ("<I4I4I4"):unpack(bytes, at)
		set[number] = true
		at = at + 16 + n
	end
	return good and set
end

local function judge(filter, program, input, matches, problems)
	local verdict, twin = program:test(input.bytes), program:twin(input.bytes)
	if verdict ~= twin then
		problems[#problems + 1] = input.name .. ": the twin differs"
	elseif verdict ~= (matches and bpf.DROP or bpf.PASS) and not explained(input, filter.text) then
		problems[#problems + 1] = ("%s: tcpdump %s"):format(input.name, matches and "matches" or "does not")
	end
end

local failures = 0
for number, filter in ipairs(filters) do
	local f = filter.f
	local program = bpf.program("xdp", function(pkt) return f(pkt) and bpf.DROP or bpf.PASS end)
	local set, problems = matched(number), {}
	for i = set and 1 or math.huge, #inputs do
		local input = inputs[i]
		if input.bytes == input.whole or i % 3 == number % 3 then -- of the others, a third for each filter
			judge(filter, program, input, set[i], problems)
		end
	end
	if not set then problems[1] = "tcpdump does not take it" end
	failures = failures + (#problems > 0 and 1 or 0)
	print(("%s %d - %s"):format(#problems == 0 and "ok" or "not ok", number, filter.text))
	for i = 1, math.min(#problems, 8) do print("# " .. problems[i]) end
end
os.remove(path)
local unused = {}
for _, d in ipairs(differs) do
	print(("# %d verdicts: %s"):format(d.used or 0, d[1]))
	unused[#unused + 1] = not d.used and d[1] or nil
end
print((#unused == 0 and "ok " or "not ok ") .. #filters + 1 .. " - every difference that is listed is there")
for _, why in ipairs(unused) do print("# " .. why) end
print("1.." .. #filters + 1)
os.exit(failures == 0 and #unused == 0, true)

-- Packets within packets, and headers by port: every frame whole, cut at every length, and with every byte
-- changed; kernel, twin and the functions themselves over the twin's views must agree.
local lang = dofile "tests/lang/harness.lua"
local wire = dofile "tests/lang/lib_wire.lua"

local inner = wire.eth(0x0800, wire.ipv4(17, wire.udp(1, 53, wire.dns(7, 0x8403, { 1, 2, 3, 4 }, "question")), 5), 7)
local inner6 = wire.eth(0x86dd, wire.ipv6(17, wire.udp(1, 2, "hello")), 8)
local sctp = wire.sctp(5, 6, 0xcafebabe, "chunks")

local function mix(sum, n) return sum * 31 + n end
local function bool(b) return b and 1 or 2 end

local function see_ip(ip)
	local sum = mix(3, #ip.payload)
	local udp, sctp = ip.udp, ip.sctp
	if udp then sum = mix(sum, udp.dport + #udp.payload) end
	if sctp then sum = mix(sum, sctp.vtag + sctp.sport + sctp.dport + #sctp.payload) end
	return sum
end
local function see_eth(e)
	local sum = mix(5, e.src:int() + e.type)
	local ip, ip6 = e.ipv4, e.ipv6
	if ip then sum = mix(sum, see_ip(ip) + ip.src:int()) end
	if ip6 then sum = mix(sum, see_ip(ip6)) end
	if e.arp then sum = mix(sum, e.arp.op) end
	return mix(sum, #e.payload)
end
local function see_dns(d)
	local sum = mix(mix(d.id, d.opcode), d.rcode)
	sum = mix(mix(mix(mix(sum, d.qdcount), d.ancount), d.nscount), d.arcount)
	return mix(mix(sum, bool(d.qr) + 2 * bool(d.aa) + 4 * bool(d.tc) + 8 * bool(d.rd)), bool(d.ra) + 2 * bool(d.ad) +
		4 * bool(d.cd)) + #d.payload
end

local function case(name, whole, f)
	local inputs = { whole }
	for n = 14, #whole - 1 do inputs[#inputs + 1] = whole:sub(1, n) end
	for i = 1, #whole do
		for _, bit in ipairs { 0, 3, 7 } do
			inputs[#inputs + 1] = whole:sub(1, i - 1) .. string.char(whole:byte(i) ~ 1 << bit) .. whole:sub(i + 1)
		end
	end
	lang.packets { name = name, inputs = inputs, f = f }
end

local vxlan = wire.eth(0x0800, wire.ipv4(17, wire.udp(1000, 4789, wire.vxlan(77, inner))))
case("vxlan", vxlan, function(pkt)
	local v = pkt.udp and pkt.udp.vxlan
	if not v then return nil end
	local e = v.eth
	return v.vni + v.flags, e and see_eth(e), #v.payload
end)
case("vxlan over IPv6, IPv6 within", wire.eth(0x86dd, wire.ipv6(17, wire.udp(1, 4789, wire.vxlan(0xffffff, inner6)))), function(pkt)
	local v = pkt.ipv6 and pkt.ipv6.udp and pkt.ipv6.udp.vxlan
	if v then return v.vni, v.eth and see_eth(v.eth) end
end)
case("dns in vxlan", vxlan, function(pkt)
	local udp = pkt.udp
	local e = udp and udp.vxlan and udp.vxlan.eth
	local far = e and e.ipv4 and e.ipv4.udp
	local d = far and far.dns
	return d and see_dns(d), udp and udp.dns == nil, far and far.vxlan == nil
end)
case("geneve with options", wire.eth(0x86dd, wire.ipv6(17, wire.udp(9, 6081, wire.geneve(0xc0, 0x6558, 99, "\1\2\3\1abcd", inner)))),
	function(pkt)
		local g = pkt.udp and pkt.udp.geneve
		if not g then return end
		local e = g.eth
		return g.vni + bool(g.control) * 2 + bool(g.critical) * 4 + g.type + #g, e and see_eth(e), #g.payload
	end)
case("geneve of IP", wire.eth(0x0800, wire.ipv4(17, wire.udp(9, 6081, wire.geneve(0, 0x0800, 1, "", wire.ipv4(132, sctp, 9))))),
	function(pkt)
		local g = pkt.udp and pkt.udp.geneve
		local ip = g and g.ipv4
		return ip and see_ip(ip), g and g.ipv6 == nil, g and g.eth == nil
	end)
for _, flags in ipairs { 0, 0x8000, 0x2000, 0x1000, 0xb000 } do
	local bits = 0
	for bit = 12, 15 do bits = bits + (flags >> bit & 1) end
	case(("gre, flags %04x"):format(flags), wire.eth(0x0800, wire.ipv4(47, wire.gre(flags, 0x0800, ("o"):rep(4 * bits),
		wire.ipv4(132, sctp, 3)))), function(pkt)
		local g = pkt.gre
		if not g then return nil end
		local ip = g.ipv4
		return #g + bool(g.has_check) * 100 + bool(g.has_key) * 200 + bool(g.has_seq) * 400, ip and see_ip(ip), #g.payload
	end)
end
case("gre of Ethernet and MPLS", wire.eth(0x86dd, wire.ipv6(47, wire.gre(0x2000, 0x6558, "keys", inner))), function(pkt)
	local g = pkt.ip and pkt.ip.gre
	return g and g.type, g and g.eth and see_eth(g.eth), g and g.mpls and g.mpls.label
end)
case("gre of MPLS", wire.eth(0x0800, wire.ipv4(47, wire.gre(0, 0x8847, "", wire.mpls(5, 1, true, 9, wire.ipv4(132, sctp))))),
	function(pkt)
		local m = pkt.gre and pkt.gre.mpls
		return m and m.label, m and m.ipv4 and see_ip(m.ipv4), m and m.mpls == nil
	end)

local labels = wire.mpls(100, 3, false, 60, wire.mpls(17, 5, true, 61, wire.ipv4(132, sctp)))
for name, frame in lang.sorted { mpls = wire.eth(0x8847, labels), ["mpls, multicast, tagged"] = wire.eth(0x8100, wire.vlan(5, 0x8848, labels)) } do
	case(name, frame, function(pkt)
		local m = pkt.mpls
		if not m then return nil end
		local n = m.mpls
		local sum = mix(mix(mix(m.label, m.tc), m.ttl), bool(m.bos)) + #m.payload
		return sum, n and mix(mix(n.label, n.tc), n.ttl) + (n.ipv4 and see_ip(n.ipv4) or 0), m.ipv4 == nil and m.ipv6 == nil
	end)
	case(name .. ": in a loop", frame, function(pkt)
		local m, n, sum = pkt.mpls, 0, 0
		while m do
			n, sum = n + 1, mix(sum, m.label)
			if n == 4 then break end
			m = m.mpls
		end
		return n, sum
	end)
end
case("sctp", wire.eth(0x0800, wire.ipv4(132, sctp)), function(pkt)
	local s = pkt.sctp
	return s and s.vtag, s and s.sport + s.dport + s.check, pkt.payload == nil or #pkt.payload
end)
case("dns from its port", wire.eth(0x0800, wire.ipv4(17, wire.udp(53, 7, wire.dns(1, 0x0120, { 1, 0, 0, 0 }, "qqqq")))), function(pkt)
	local d = pkt.udp and pkt.udp.dns
	return d and see_dns(d), d and d.payload:u8(0)
end)
case("dns asked twice, in pcall", wire.eth(0x0800, wire.ipv4(17, wire.udp(7, 53, wire.dns(1, 0x8120, { 1, 0, 0, 0 }, "")))), function(pkt)
	local n = 0
	local ok = pcall(function()
		if pkt.udp and pkt.udp.dns and pkt.udp.dns.qr then n = 1 end
		if pkt.udp and pkt.udp.dns and pkt.udp.dns.qr then n = n + 2 end
	end)
	return ok, n
end)
case("dns or none of it", wire.eth(0x86dd, wire.ipv6(17, wire.udp(7, 53, wire.dns(0xffff, 0xffff, { 0xffff, 1, 2, 3 }, "")))), function(pkt)
	local l4 = pkt.udp or pkt.sctp
	local d = pkt.udp and pkt.udp.dns
	return l4 and l4.dport, d and see_dns(d)
end)
if lang.hook ~= "socket" then
	-- Ports assigned between two look-ups of what is found by them.
	local query = wire.eth(0x0800, wire.ipv4(17, wire.udp(1, 53, wire.dns(7, 0x8403, { 1, 2, 3, 4 }, "question")), 5))
	case("the destination port assigned", query, function(pkt)
		local udp = pkt.udp
		if not udp then return end
		local d, v = udp.dns, udp.vxlan
		udp.dport = 4789
		local after, tunnel = udp.dns, udp.vxlan
		udp.sport = 53
		return d and d.id, v == nil, after == nil, tunnel and tunnel.vni, udp.dns and udp.dns.id
	end)
	case("a port assigned on one of the ways", query, function(pkt)
		local udp = pkt.udp
		if not udp then return end
		local n = udp.dns and udp.dns.id or 0
		if n == 7 then pkt.udp.dport = 54 end
		return n, udp.dns == nil
	end)
end
lang.done()

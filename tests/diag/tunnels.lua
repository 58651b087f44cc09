-- What is said of packets within packets.
local diag = dofile "tests/diag/harness.lua"

diag.case("a header that is not in the tunnel", function(p) return p.udp.vxlan.ipv4 end)
diag.case("a header that UDP has not", function(p) return p.tcp.dns end)
diag.case("a field of it assigned", function(p) p.udp.vxlan.flags = 5 end)
diag.case("a checksum that is no sum", function(p) p.sctp.dport = 80 end)
diag.case("a field of the DNS header assigned", function(p) local d = p.udp and p.udp.dns if d then d.rcode = 16 end end)
diag.case("a field behind a tunnel assigned", function(p)
	local e = p.udp.vxlan.eth
	e.ipv4.src = bpf.ip "10.0.0.1"
end)
diag.case("a field before a tunnel assigned", function(p)
	p.ipv4.ttl = p.ipv4.ttl - 1
	if p.gre and p.gre.ipv4 then return bpf.DROP end
end)
diag.case("a field behind a tunnel whose own checksum evens it out", function(p)
	local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
	if e and e.ipv4 then e.ipv4.ttl = 3 end
end)
diag.case("a field of a header that may be behind a tunnel", function(p)
	local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
	local udp = e and e.ipv4 and e.ipv4.udp or p.udp
	if udp then udp.dport = 53 end
end)
diag.case("a checksum behind a tunnel", function(p)
	local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
	if e and e.ipv4 then e.ipv4.check = 0 end
end)
diag.case("a hop limit behind a tunnel", function(p)
	local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
	if e and e.ipv6 then e.ipv6.hop_limit = 3 end
end)
diag.case("whether a label is the last one, assigned", function(p) p.mpls.bos = true end)
diag.case("what a label takes", function(p) p.mpls.label = 1 << 20 end)
diag.case("the parts that GRE has assigned", function(p)
	local g = p.gre
	if g then
		g.has_check = false
		g.has_key = true
		g.has_seq = p.len > 60
	end
end)
diag.case("a mark of Geneve assigned", function(p)
	local g = p.udp and p.udp.geneve
	if g then g.critical = true end
end)
diag.case("an address behind a tunnel that the checksum of UDP covers", function(p)
	local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
	if e then e.src = e.dst end
end)
diag.kind = "socket"
diag.case("a field behind a tunnel where packets cannot be written", function(p)
	local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
	if e and e.ipv4 then e.ipv4.ttl = 3 end
end)
diag.case("bytes behind a tunnel there", function(p)
	local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
	if e then e:set_u8(0, 3) end
end)
diag.kind = "tc"
diag.case("a field of TCP behind a tunnel, where the kernel updates its checksum", function(p)
	local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
	local tcp = e and e.ipv4 and e.ipv4.tcp
	if tcp then tcp.dport = 80 end
end)
diag.done()

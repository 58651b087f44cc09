-- What is said of packets within packets.
local diag = dofile "tests/diag/harness.lua"

diag.case("a header that is not in the tunnel", function(p) return p.udp.vxlan.ipv4 end)
diag.case("a header that UDP has not", function(p) return p.tcp.dns end)
diag.case("a field of it assigned", function(p) p.udp.vxlan.flags = 5 end)
diag.case("a checksum that is no sum", function(p) p.sctp.dport = 80 end)
diag.case("a field of the DNS header assigned", function(p) local d = p.udp and p.udp.dns if d then d.rcode = 16 end end)
diag.case("a field behind a tunnel assigned", function(p)
	local e = p.udp.vxlan.eth
	e.ipv4.ttl = 3
end)
diag.case("a field before a tunnel assigned", function(p)
	p.ipv4.ttl = p.ipv4.ttl - 1
	if p.gre and p.gre.ipv4 then return bpf.DROP end
end)
diag.case("a label assigned", function(p) p.mpls.bos = true end)
diag.case("what a label takes", function(p) p.mpls.label = 1 << 20 end)
diag.done()

-- Scans by impossible flags: SYN with FIN, FIN with PSH and URG, none at all.
return "xdp", function(pkt)
	local ip = pkt.ipv4
	local tcp = ip and ip.tcp
	if not tcp then return bpf.PASS end
	if tcp.syn and tcp.fin then return bpf.DROP end
	if tcp.fin and tcp.psh and tcp.urg then return bpf.DROP end
	if not (tcp.syn or tcp.ack or tcp.fin or tcp.rst) then return bpf.DROP end
	return bpf.PASS
end

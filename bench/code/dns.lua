-- DNS over IPv4: long answers and queries without a question are dropped.
return "xdp", function(pkt)
	local ip = pkt.ipv4
	local udp = ip and ip.udp
	if not udp then return bpf.PASS end
	if udp.sport == 53 and udp.len > 512 then return bpf.DROP end
	if udp.dport == 53 and udp.payload:u16(4) == 0 then return bpf.DROP end
	return bpf.PASS
end

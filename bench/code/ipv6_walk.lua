-- DNS over IPv6 is dropped, whatever extension headers stand before it.
return "xdp", function(pkt)
	local ip = pkt.ipv6
	local udp = ip and ip.udp
	if udp and udp.dport == 53 then return bpf.DROP end
	return bpf.PASS
end

-- TCP connections to three ports are dropped, over either IP version.
return "xdp", function(pkt)
	local tcp = pkt.tcp
	if tcp and (tcp.dport == 22 or tcp.dport == 23 or tcp.dport == 445) then return bpf.DROP end
	return bpf.PASS
end

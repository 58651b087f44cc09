-- Echo requests that are too long are dropped.
return "xdp", function(pkt)
	local ip = pkt.ipv4
	local icmp = ip and ip.icmp
	if icmp and icmp.type == 8 and ip.len > 50 then return bpf.DROP end
	return bpf.PASS
end

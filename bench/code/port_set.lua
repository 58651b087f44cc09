-- UDP to any of twelve ports is dropped.
return "xdp", function(pkt)
	local ip = pkt.ipv4
	local udp = ip and ip.udp
	if not udp then return bpf.PASS end
	local p = udp.dport
	if p == 7 or p == 19 or p == 53 or p == 69 or p == 111 or p == 123 or p == 137 or p == 161 or
	   p == 389 or p == 520 or p == 1900 or p == 11211 then
		return bpf.DROP
	end
	return bpf.PASS
end

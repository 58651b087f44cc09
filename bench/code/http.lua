-- What is sent to port 80 must not begin with "HEAD".
return "xdp", function(pkt)
	local tcp = pkt.tcp
	if tcp and tcp.dport == 80 and tcp.payload:u32(0) == 0x48454144 then return bpf.DROP end
	return bpf.PASS
end

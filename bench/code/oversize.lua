-- Frames beyond a length are dropped.
return "xdp", function(pkt)
	if pkt.len > 150 then return bpf.DROP end
	return bpf.PASS
end

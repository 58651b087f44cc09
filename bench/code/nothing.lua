-- The least there is.
return "xdp", function(pkt)
	return bpf.PASS
end

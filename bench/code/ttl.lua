-- What has no hops left is dropped, of either IP version.
return "xdp", function(pkt)
	local ip = pkt.ip
	if ip and ip.ttl < 2 then return bpf.DROP end
	return bpf.PASS
end

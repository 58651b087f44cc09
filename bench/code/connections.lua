-- An event for each new TCP connection.
local opened = bpf.events { src = "ip4", dst = "ip4", sport = "u16", dport = "u16" }

return "xdp", function(pkt)
	local ip = pkt.ipv4
	local tcp = ip and ip.tcp
	if tcp and tcp.syn and not tcp.ack then
		opened:send { src = ip.src, dst = ip.dst, sport = tcp.sport, dport = tcp.dport }
	end
	return bpf.PASS
end

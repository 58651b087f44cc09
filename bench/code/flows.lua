-- Packets and bytes of each UDP flow.
local flows = bpf.map { "hash", name = "flows", key = "struct { ip4 src; ip4 dst; u16 sport; u16 dport; }",
	value = "struct { u64 packets; u64 bytes; }", entries = 1024 }

return "xdp", function(pkt)
	local ip = pkt.ipv4
	local udp = ip and ip.udp
	if not udp then return bpf.PASS end
	local flow = flows[{ src = ip.src, dst = ip.dst, sport = udp.sport, dport = udp.dport }]
	if flow then
		flow.packets = flow.packets + 1
		flow.bytes = flow.bytes + pkt.len
	else
		flows[{ src = ip.src, dst = ip.dst, sport = udp.sport, dport = udp.dport }] =
			{ packets = 1, bytes = pkt.len }
	end
	return bpf.PASS
end

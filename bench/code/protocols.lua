-- Packets and bytes by IPv4 protocol.
local packets = bpf.map { "percpu_array", name = "packets", key = "u32", value = "u64", entries = 256 }
local bytes = bpf.map { "percpu_array", name = "bytes", key = "u32", value = "u64", entries = 256 }

return "xdp", function(pkt)
	local ip = pkt.ipv4
	if ip then
		packets:add(ip.proto, 1)
		bytes:add(ip.proto, pkt.len)
	end
	return bpf.PASS
end

-- Packets and bytes by what the frame carries.
local n = bpf.percpu { ip4 = "u64", ip6 = "u64", other = "u64", bytes = "u64" }

return "xdp", function(pkt)
	n.bytes = n.bytes + pkt.len
	if pkt.ipv4 then n.ip4 = n.ip4 + 1
	elseif pkt.ipv6 then n.ip6 = n.ip6 + 1
	else n.other = n.other + 1 end
	return bpf.PASS
end

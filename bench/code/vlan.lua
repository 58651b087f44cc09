-- Packets by VLAN; one VLAN is shut.
local seen = bpf.map { "array", name = "seen", key = "u32", value = "u64", entries = 4096 }

return "xdp", function(pkt)
	local vlan = pkt.vlan
	if not vlan then return bpf.PASS end
	seen:add(vlan.id, 1)
	if vlan.id == 7 then return bpf.DROP end
	return bpf.PASS
end

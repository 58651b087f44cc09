-- ARP requests for one address are dropped, all are counted.
local requests = bpf.map { "hash", name = "requests", key = "ip4", value = "u64", entries = 1024 }
local hidden = bpf.ip "10.0.0.9"

return "xdp", function(pkt)
	local arp = pkt.arp
	if not arp or arp.op ~= 1 then return bpf.PASS end
	requests:add(arp.tpa, 1)
	if arp.tpa == hidden then return bpf.DROP end
	return bpf.PASS
end

-- Each source may send a hundred packets a second.
local rates = bpf.map { "lru_hash", name = "rates", key = "ip4", entries = 16384,
	value = "struct { u64 since; u64 packets; }" }

return "xdp", function(pkt)
	local ip = pkt.ipv4
	if not ip then return bpf.PASS end
	local now = bpf.ktime()
	local rate = rates[ip.src]
	if not rate then
		rates[ip.src] = { since = now, packets = 1 }
		return bpf.PASS
	end
	if now - rate.since > 1000000000 then
		rate.since = now
		rate.packets = 1
		return bpf.PASS
	end
	rate.packets = rate.packets + 1
	if rate.packets > 100 then return bpf.DROP end
	return bpf.PASS
end

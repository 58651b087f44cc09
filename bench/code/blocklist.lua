-- Sources on a list of prefixes are dropped and counted.
local blocked = bpf.map { "lpm_trie", name = "blocked", key = "ip4/prefix", value = "u32", entries = 4096 }
local hits = bpf.map { "hash", name = "hits", key = "ip4", value = "u64", entries = 4096 }
blocked["203.0.113.0/24"] = 1
blocked["198.51.100.0/24"] = 1

return "xdp", function(pkt)
	local ip = pkt.ipv4
	if ip and blocked[ip.src] then
		hits:add(ip.src, 1)
		return bpf.DROP
	end
	return bpf.PASS
end

-- The filter of examples/ddos.lua after it has found four attackers.
local hits = bpf.map { "lru_hash", name = "hits", key = "ip4", value = "u64", entries = 65536 }
local dropped = bpf.percpu { packets = "u64" }

return "xdp", dofile "bench/ddos.lua" (hits, dropped)

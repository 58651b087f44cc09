-- The filters that bench/push.c pushes: name, and what makes a new function value of each.

local hits = bpf.map { "lru_hash", key = "ip4", value = "u64", entries = 65536 }
local flows = bpf.map { "hash", key = "u32", value = "u64", entries = 1024 }
local counters = bpf.percpu { dropped = "u64", passed = "u64" }
local dropped = bpf.percpu { packets = "u64" }

local make_ddos = dofile "bench/ddos.lua"
local function ddos() return make_ddos(hits, dropped) end

local function nothing()
	return function() return bpf.PASS end
end

-- Thirty lines: headers, a rate by port, flags, lengths.
local function thirty()
	local ssh, dns, burst = 22, 53, 1000
	return function(pkt)
		local ip = pkt.ipv4
		if not ip then return bpf.PASS end
		if ip.ttl < 2 then return bpf.DROP end
		local udp, tcp = ip.udp, ip.tcp
		local port = 0
		if udp then
			port = udp.dport
			if udp.sport == dns and udp.len > 512 then
				counters.dropped = counters.dropped + 1
				return bpf.DROP
			end
		elseif tcp then
			port = tcp.dport
			if tcp.syn and tcp.fin then
				counters.dropped = counters.dropped + 1
				return bpf.DROP
			end
			if port == ssh and not tcp.syn then return bpf.PASS end
		else
			return bpf.PASS
		end
		local seen = flows[port] or 0
		if seen > burst and port ~= ssh then
			counters.dropped = counters.dropped + 1
			return bpf.DROP
		end
		flows:add(port, 1)
		counters.passed = counters.passed + 1
		return bpf.PASS
	end
end

return { { "return PASS", nothing }, { "ddos, four rules", ddos }, { "thirty lines", thirty } }

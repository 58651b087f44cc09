-- A script as it is: what tests/lua/testing/filter_test.lua tests.
local hits = bpf.map { "hash", name = "hits", key = "ip4", value = "u64", entries = 16 }
local limits = { [22] = 10, [23] = 0 }

local function over(port, len)
	local limit = limits[port]
	return limit and len > limit
end

bpf.xdp(arg[1], function(pkt)
	local ip, tcp = pkt.ipv4, pkt.tcp
	if not (ip and tcp) then
		return bpf.PASS
	end
	if over(tcp.dport, #tcp.payload) then
		hits:add(ip.src, 1)
		return bpf.DROP
	end
	local function odd()
		return tcp.fin and tcp.syn
	end
	if odd() then
		return bpf.DROP
	end
	assert(tcp.dport ~= 7, "echo")
	return bpf.PASS
end)
bpf.every("1s", function() error "never" end)
bpf.run()

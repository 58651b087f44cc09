-- Stops a flood: counts packets by source in XDP, prints the top talkers every second, and when one
-- sends more than a client ever would, pushes a new filter that drops it.
--
--	perigee examples/ddos.lua DEVICE [packets-per-second]
--
-- A rule is a Lua function made of the address and the rules before it. Pushing it compiles the
-- whole chain anew, with the addresses as constants in it; the counters live in a map and go on.

local device = arg[1] or error("usage: ddos.lua DEVICE [packets-per-second]", 0)
local limit = tonumber(arg[2]) or 800

local hits = bpf.map { "lru_hash", name = "hits", key = "ip4", value = "u64", entries = 65536 }
local dropped = bpf.percpu { packets = "u64" }

local function no_rule() return false end

local function rule_against(address, rule)
	return function(src) return src == address or rule(src) end
end

local function filter(hostile)
	return function(pkt)
		local ip = pkt.ipv4
		if not ip then return bpf.PASS end
		hits:add(ip.src, 1)
		if hostile(ip.src) then
			dropped.packets = dropped.packets + 1
			return bpf.DROP
		end
		return bpf.PASS
	end
end

local rule = no_rule
local link = bpf.xdp(device, { name = "ddos" }, filter(rule))
local last, blocked = {}, {}

-- Packets since the last call by source, the busiest first.
local function talkers()
	local list = {}
	for ip, n in pairs(hits) do
		local name = tostring(ip)
		list[#list + 1] = { ip = ip, name = name, rate = n - (last[name] or 0) }
		last[name] = n
	end
	table.sort(list, function(a, b) return a.rate > b.rate end)
	return list
end

bpf.every("1s", function()
	local list, found = talkers(), 0
	for i = 1, math.min(#list, 8) do
		local t = list[i]
		print(("%-15s %7d/s%s"):format(t.name, t.rate, blocked[t.name] and "  dropped" or ""))
	end
	for _, t in ipairs(list) do
		if t.rate > limit and not blocked[t.name] then
			blocked[t.name] = true
			rule = rule_against(t.ip, rule)
			found = found + 1
		end
	end
	if found > 0 then
		link:replace(filter(rule))
		print(("-> a new filter drops %d more, while it runs"):format(found))
	end
	print(("-- %d packets dropped so far"):format(dropped.packets))
end)

bpf.run()

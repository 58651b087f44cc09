-- The filter of examples/ddos.lua after it has found four attackers, for the benches: a maker of it, which takes
-- the maps. (The example itself attaches, and has no rules yet when it does.)
local function no_rule() return false end
local function rule_against(address, rule)
	return function(src) return src == address or rule(src) end
end

return function(hits, dropped)
	local hostile = no_rule
	for i = 5, 8 do hostile = rule_against(bpf.ip("203.0.113." .. i), hostile) end
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

-- Counts the chains of extension headers that IPv6 packets come with, and drops routing headers of type 0,
-- which nobody is to use any more (RFC 5095).
--
--	perigee examples/chains.lua DEVICE [seconds]
--
-- What stands behind the header of a later fragment, and what is encrypted, is not seen.

local device = arg[1] or error("usage: chains.lua DEVICE [seconds]", 0)
local seconds = tonumber(arg[2])

local ROUTING <const>, FRAGMENT <const>, ESP <const>, AUTHENTICATION <const> = 43, 44, 50, 51
local names = { [0] = "hop-by-hop", [ROUTING] = "routing", [FRAGMENT] = "fragment", [ESP] = "esp",
	[AUTHENTICATION] = "authentication", [60] = "destination", [135] = "mobility", [139] = "hip", [140] = "shim6" }

-- A chain is a number: 1, then a byte for each header, so there is room for seven. Those behind them are gone through,
-- too, but not told.
local ROOM <const> = 1 << 56
local chains = bpf.map { "lru_hash", name = "chains", key = "u64", value = "u64", entries = 1024 }
local dropped = bpf.percpu { packets = "u64" }

local extension = {}
for next in pairs(names) do extension[next] = true end

-- Where in the frame the first one is: ip.payload is what comes behind the last.
local function beginning(pkt)
	local vlan = pkt.vlan
	return 14 + (vlan and (vlan.vlan and 8 or 4) or 0) + 40
end

bpf.xdp(device, { name = "chains" }, function(pkt)
	local ip = pkt.ipv6
	if not ip then return bpf.PASS end
	local chain, next, at = 1, ip.next, beginning(pkt)
	while extension[next] do
		if chain < ROOM then chain = chain << 8 | next end
		local after, len = pkt:u8(at), pkt:u8(at + 1)
		if next == ESP or not (after and len) then break end -- what follows is encrypted, or not there
		if next == ROUTING and pkt:u8(at + 2) == 0 then
			dropped.packets = dropped.packets + 1
			return bpf.DROP
		end
		if next == FRAGMENT then
			local offset = pkt:u16(at + 2)
			if not offset or offset >= 8 then break end -- not the first: what follows is no header
			at = at + 8
		elseif next == AUTHENTICATION then
			at = at + (len + 2) * 4
		else
			at = at + (len + 1) * 8
		end
		next = after
	end
	if chain > 1 then chains:add(chain, 1) end
	return bpf.PASS
end)

local function spelt(chain)
	local headers = {}
	while chain > 1 do
		table.insert(headers, 1, names[chain & 255])
		chain = chain >> 8
	end
	return table.concat(headers, ", ")
end

local function show()
	local lines = {}
	for chain, n in pairs(chains) do lines[#lines + 1] = ("%s: %d"):format(spelt(chain), n) end
	table.sort(lines)
	lines[#lines + 1] = ("routing headers of type 0, dropped: %d"):format(dropped.packets)
	print(table.concat(lines, "\n"))
end

print(("walking through what %s receives"):format(device))
io.stdout:flush()
if not seconds then bpf.every("1s", show) end
bpf.run { ["for"] = seconds and seconds .. "s" }
if seconds then show() end

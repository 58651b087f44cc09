-- Counts what comes through VXLAN tunnels by network and inner address, and which of it asks for names.
--
--	perigee examples/tenants.lua DEVICE [seconds]

local device = arg[1] or error("usage: tenants.lua DEVICE [seconds]", 0)
local seconds = tonumber(arg[2])

local host = "struct { u32 vni; ip4 addr; }"
local packets = bpf.map { "lru_hash", name = "packets", key = host, value = "u64", entries = 65536 }
local asked = bpf.map { "lru_hash", name = "asked", key = host, value = "u64", entries = 65536 }

bpf.xdp(device, { name = "tenants" }, function(pkt)
	local vxlan = pkt.udp and pkt.udp.vxlan
	local ip = vxlan and vxlan.eth and vxlan.eth.ipv4
	if not ip then return bpf.PASS end
	packets:add({ vni = vxlan.vni, addr = ip.src }, 1)
	local dns = ip.udp and ip.udp.dns
	if dns and not dns.qr then asked:add({ vni = vxlan.vni, addr = ip.src }, dns.qdcount) end
	return bpf.PASS
end)

local function show()
	local lines = {}
	for k, n in pairs(packets) do
		lines[#lines + 1] = ("network %d, %s: %d packets, %d names asked for"):format(k.vni, k.addr, n, asked[k] or 0)
	end
	table.sort(lines)
	print(table.concat(lines, "\n"))
end

print(("looking into the tunnels of %s"):format(device))
io.stdout:flush()
if not seconds then bpf.every("1s", show) end
bpf.run { ["for"] = seconds and seconds .. "s" }
if seconds then show() end

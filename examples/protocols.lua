-- Counts what a device receives by protocol, and says so at the end (or every second).
--
--	perigee examples/protocols.lua DEVICE [seconds]
--
-- Packets, and bytes as they were on the wire without their checksum.

local device = arg[1] or error("usage: protocols.lua DEVICE [seconds]", 0)
local seconds = tonumber(arg[2])

local names = { [1] = "icmp", [2] = "igmp", [6] = "tcp", [17] = "udp", [47] = "gre", [50] = "esp", [58] = "icmp6",
	[132] = "sctp" }
local other <const>, arp <const> = 256, 257
names[other], names[arp] = "other", "arp"

local function counts(name) return bpf.map { "percpu_array", name = name, key = "u32", value = "u64", entries = 258 } end
local packets, bytes = counts "packets", counts "bytes"

bpf.tc(device, "ingress", { name = "protocols" }, function(pkt)
	local ip = pkt.ip
	local proto = ip and ip.proto or pkt.arp and arp or other
	packets:add(proto, 1)
	bytes:add(proto, pkt.len)
end)

local function show()
	for proto = 0, 257 do
		if packets[proto] > 0 then
			print(("%-8s %10d packets %12d bytes"):format(names[proto] or "ip " .. proto, packets[proto], bytes[proto]))
		end
	end
end

print(("counting what %s receives"):format(device))
io.stdout:flush()
if not seconds then bpf.every("1s", show) end
bpf.run { ["for"] = seconds and seconds .. "s" }
if seconds then show() end

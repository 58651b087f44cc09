-- Gives what leaves through a device one hop limit, whatever it came with: IPv4's TTL with the header's
-- checksum, IPv6's hop limit, which has none. ICMPv6 with a limit of 255 goes as it is: that is how neighbours and
-- routers are asked for (RFC 4861), and with another number nobody answers.
--
--	perigee examples/ttl.lua DEVICE [HOPS]

local device, hops = arg[1], math.tointeger(arg[2] or 64)
if not device or not hops or hops < 1 or hops > 255 then error("usage: ttl.lua DEVICE [HOPS]", 0) end

local st = bpf.state { rewritten = "u64" }

bpf.tc(device, "egress", function(pkt)
	local ip, v6 = pkt.ip, pkt.ipv6
	local asks = v6 and v6.next == 58 and v6.hop_limit == 255
	if ip and not asks and ip.ttl ~= hops then
		ip.ttl = hops
		st.rewritten = st.rewritten + 1
	end
end)

print(("what leaves %s has %d hops to go; Ctrl-C ends it"):format(device, hops))
io.stdout:flush()
bpf.on_exit(function() print(("%d packets rewritten"):format(st.rewritten)) end)
bpf.run()

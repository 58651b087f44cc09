-- Logs TCP connections as they are made: who connects from where to where, and who is connected to.
--
--	perigee examples/connections.lua [port]
--
-- The kernel says of every socket when its state changes. A connection's first change is made by the
-- process that calls connect(); the one that makes it established is made by the packet that answers,
-- in the midst of some other process. So what is known of the first waits in a map for the second.

local port = tonumber(arg[1])          -- only connections to this port
local SYN_SENT, SYN_RECV, ESTABLISHED = 2, 3, 1

local waiting = bpf.map { "lru_hash", name = "waiting", key = "u64", entries = 4096,
	value = { pid = "u32", comm = "char[16]" } }
local made = bpf.events { out = "bool", pid = "u32", comm = "char[16]",
	from = "ip6", sport = "u16", to = "ip6", dport = "u16" }

bpf.tracepoint("sock:inet_sock_set_state", function(e)
	if e.protocol ~= 6 then return end
	if e.newstate == SYN_SENT then
		waiting[e.skaddr] = { pid = bpf.pid(), comm = bpf.comm() }
	elseif e.newstate == ESTABLISHED and e.oldstate == SYN_SENT then
		if port and e.dport ~= port then return end
		local who = waiting[e.skaddr]
		if not who then return end
		made:send { out = true, pid = who.pid, comm = who.comm, from = e.saddr_v6:ip(), sport = e.sport,
			to = e.daddr_v6:ip(), dport = e.dport }
		waiting[e.skaddr] = nil
	elseif e.newstate == ESTABLISHED and e.oldstate == SYN_RECV then
		if port and e.sport ~= port then return end
		made:send { from = e.daddr_v6:ip(), sport = e.dport, to = e.saddr_v6:ip(), dport = e.sport }
	end
end)

-- IPv4 addresses come as IPv6 ones that stand for them.
local function text(address, number)
	local v4 = tostring(address):match "^::ffff:(%d+%.%d+%.%d+%.%d+)$"
	return ("%s:%d"):format(v4 or "[" .. tostring(address) .. "]", number)
end

made:on(function(c)
	print(("%-9s %-24s -> %-24s %s"):format(c.out and "connects" or "accepted", text(c.from, c.sport),
		text(c.to, c.dport), c.out and ("%s (%d)"):format(c.comm, c.pid) or ""))
	io.stdout:flush()
end)

print "waiting for connections"
io.stdout:flush()
bpf.run()

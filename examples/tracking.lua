-- A firewall that knows TCP's states: segments that belong to no connection, or not where it stands, are
-- dropped, whichever way they go.
--
--	perigee examples/tracking.lua DEVICE [IDLE]
--
-- IDLE: after how many seconds of silence an established connection is forgotten (a day). IPv6 passes; sequence
-- numbers are not looked at. Connections made before it began are unknown to it. A header that is cut by a fragment,
-- or that a later fragment would change, is a stray.

local device = arg[1] or error("usage: tracking.lua DEVICE [IDLE]", 0)
local idle = math.tointeger(arg[2] or 86400)

local NONE <const>, SYN_SENT <const>, SYN_RECEIVED <const>, ESTABLISHED <const> = 0, 1, 2, 3
local FIN_WAIT <const>, CLOSE_WAIT <const>, LAST_ACK <const>, TIME_WAIT <const>, CLOSED <const> = 4, 5, 6, 7, 8
local names = { "syn sent", "syn received", "established", "fin wait", "close wait", "last ack", "time wait", "closed" }

-- Who sends what in which state, and the state after that. What is not here is a stray.
local client = {
	[NONE]         = { syn = SYN_SENT },
	[SYN_SENT]     = { syn = SYN_SENT, rst = CLOSED },
	[SYN_RECEIVED] = { syn = SYN_RECEIVED, ack = ESTABLISHED, fin = FIN_WAIT, rst = CLOSED },
	[ESTABLISHED]  = { ack = ESTABLISHED, fin = FIN_WAIT, rst = CLOSED },
	[FIN_WAIT]     = { ack = FIN_WAIT, fin = FIN_WAIT, rst = CLOSED },
	[CLOSE_WAIT]   = { ack = CLOSE_WAIT, fin = LAST_ACK, rst = CLOSED },
	[LAST_ACK]     = { ack = TIME_WAIT, fin = LAST_ACK, rst = CLOSED },
	[TIME_WAIT]    = { syn = SYN_SENT, ack = TIME_WAIT, fin = TIME_WAIT, rst = CLOSED },
	[CLOSED]       = { syn = SYN_SENT, rst = CLOSED },
}
local server = {
	[SYN_SENT]     = { synack = SYN_RECEIVED, rst = CLOSED },
	[SYN_RECEIVED] = { synack = SYN_RECEIVED, rst = CLOSED },
	[ESTABLISHED]  = { synack = ESTABLISHED, ack = ESTABLISHED, fin = CLOSE_WAIT, rst = CLOSED },
	[FIN_WAIT]     = { ack = FIN_WAIT, fin = LAST_ACK, rst = CLOSED },
	[CLOSE_WAIT]   = { ack = CLOSE_WAIT, fin = CLOSE_WAIT, rst = CLOSED },
	[LAST_ACK]     = { ack = TIME_WAIT, fin = LAST_ACK, rst = CLOSED },
	[TIME_WAIT]    = { ack = TIME_WAIT, fin = TIME_WAIT, rst = CLOSED },
	[CLOSED]       = { rst = CLOSED },
}
local lasts = { -- seconds
	[SYN_SENT] = 120, [SYN_RECEIVED] = 60, [ESTABLISHED] = idle, [FIN_WAIT] = 120, [CLOSE_WAIT] = 60,
	[LAST_ACK] = 30, [TIME_WAIT] = 120, [CLOSED] = 10,
}

local flows = bpf.map { "lru_hash", name = "flows", key = "struct { ip4 client; ip4 server; u16 cport; u16 sport; }",
	value = "struct { u64 seen; u64 packets; u32 state; }", entries = 65536 }
local st = bpf.state { strays = "u64" }

local function event(tcp)
	if tcp.rst then return "rst" end
	if tcp.syn then return tcp.ack and "synack" or "syn" end
	if tcp.fin then return "fin" end
	return tcp.ack and "ack" or "nothing"
end

local function alive(flow, now)
	return flow and now - flow.seen <= (lasts[flow.state] or 0) and flow
end

local function stray()
	st.strays = st.strays + 1
	return bpf.DROP
end

-- Of TCP: a fragment that has no whole header, and begins where one would go on.
local function cuts_header(ip) return ip.proto == 6 and ip.frag_off * 8 < 20 end

local function track(pkt)
	local ip = pkt.ipv4
	local tcp = ip and ip.tcp
	if not tcp then
		if ip and cuts_header(ip) then return stray() end
		return bpf.PASS
	end
	local now, moves = bpf.ktime() // 1000000000, client
	local flow = alive(flows[{ client = ip.src, server = ip.dst, cport = tcp.sport, sport = tcp.dport }], now)
	if not flow then
		flow = alive(flows[{ client = ip.dst, server = ip.src, cport = tcp.dport, sport = tcp.sport }], now)
		if flow then moves = server end
	end
	local follows = moves[flow and flow.state or NONE]
	local next = follows and follows[event(tcp)]
	if not next then return stray() end
	if flow then
		flow.state = next
		flow.seen = now
		flow.packets = flow.packets + 1
	else
		flows[{ client = ip.src, server = ip.dst, cport = tcp.sport, sport = tcp.dport }] =
			{ state = next, seen = now, packets = 1 }
	end
	return bpf.PASS
end

bpf.tc(device, "ingress", { name = "tracking" }, track)
bpf.tc(device, "egress", { name = "tracking" }, track)

local function show()
	local lines = {}
	for k, flow in pairs(flows) do
		lines[#lines + 1] = ("%s:%d -> %s:%d %s, %d packets"):format(k.client, k.cport, k.server, k.sport,
			names[flow.state], flow.packets)
	end
	table.sort(lines)
	lines[#lines + 1] = ("%d strays dropped"):format(st.strays)
	print(table.concat(lines, "\n"))
	io.stdout:flush()
end

print(("tracking connections of %s"):format(device))
io.stdout:flush()
bpf.every("1s", show)
bpf.run()

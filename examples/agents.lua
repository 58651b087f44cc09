-- Counts HTTP requests by User-Agent, and drops those whose agent matches a Lua pattern.
--
--	perigee examples/agents.lua DEVICE [PATTERN]
--
-- It is for clients that say who they are. Packets are looked at one by one: a request passes if its first line and that
-- field are not in one segment, or if it comes behind another in a segment; so does what is no HTTP/1.

local device = arg[1] or error("usage: agents.lua DEVICE [PATTERN]", 0)
local pattern = arg[2] or "^[Cc]url/"

local seen = bpf.map { "lru_hash", name = "agents", key = "char[32]", value = "u64", entries = 4096 }

-- No more than that of it, up to what a terminal would take for more than text.
local function printable(text, most) return text:match("^%C*"):sub(1, most) end

bpf.xdp(device, { name = "agents" }, function(pkt)
	local tcp = pkt.tcp
	if not tcp or tcp.dport ~= 80 then return bpf.PASS end
	local method, path = tcp.payload:match("^[\r\n]*(%S+) ([^\r\n]-) HTTP/1%.")
	if not method then return bpf.PASS end
	local agent = tcp.payload:match("\n[Uu][Ss][Ee][Rr]%-[Aa][Gg][Ee][Nn][Tt]:[ \t]*([^\r\n]*)")
	if not agent then return bpf.PASS end
	seen:add(printable(agent, 32), 1)
	if not agent:find(pattern) then return bpf.PASS end
	print(("%s %s"):format(printable(method, 8), printable(path, 48)), printable(agent, 64))
	return bpf.DROP
end)

local function show()
	for agent, n in pairs(seen) do print(("%7d  %s"):format(n, agent)) end
end

print(("waiting for requests on %s"):format(device))
io.stdout:flush()
bpf.every("10s", show)
bpf.on_exit(show)
bpf.run()

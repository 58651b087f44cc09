-- Counts HTTP requests by User-Agent, and drops those whose agent matches a Lua pattern.
--
--	perigee examples/agents.lua DEVICE [PATTERN]

local device = arg[1] or error("usage: agents.lua DEVICE [PATTERN]", 0)
local pattern = arg[2] or "^[Cc]url/"

local seen = bpf.map { "lru_hash", name = "agents", key = "char[32]", value = "u64", entries = 4096 }

bpf.xdp(device, { name = "agents" }, function(pkt)
	local tcp = pkt.tcp
	if not tcp or tcp.dport ~= 80 then return bpf.PASS end
	local method, path = tcp.payload:match("^(%u+) (%S+) HTTP/1%.%d\r\n")
	if not method then return bpf.PASS end
	local agent = tcp.payload:match("\r\n[Uu]ser%-[Aa]gent: *([^\r\n]*)")
	if not agent then return bpf.PASS end
	seen:add(agent:sub(1, 32), 1)
	if not agent:find(pattern) then return bpf.PASS end
	print(("%s %s"):format(method:sub(1, 8), path:sub(1, 48)), agent:sub(1, 64))
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

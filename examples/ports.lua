-- A port filter: lets TCP connections and UDP packets in only to the ports it is told; the rest passes.
--
--	perigee examples/ports.lua DEVICE PORT...
--
-- The ports are constants of the program. A line on standard input, "open PORT" or "close PORT",
-- changes them while it runs.

local device = arg[1] or error("usage: ports.lua DEVICE PORT...", 0)
local ports = {}
for i = 2, #arg do ports[tonumber(arg[i]) or error("'" .. arg[i] .. "' is no port", 0)] = true end

local refused = bpf.map { "hash", name = "refused", key = "u16", value = "u64", entries = 65536 }

local function filter()
	return function(pkt)
		local tcp, port = pkt.tcp
		if tcp then
			if not tcp.syn or tcp.ack then return bpf.PASS end -- no new connection
			port = tcp.dport
		else
			local udp = pkt.udp
			if not udp then return bpf.PASS end
			port = udp.dport
		end
		if ports[port] then return bpf.PASS end
		refused:add(port, 1)
		return bpf.DROP
	end
end

local link = bpf.tc(device, "ingress", { name = "ports", on_error = bpf.DROP }, filter())
print(("filtering %s"):format(device))
io.stdout:flush()

for line in io.lines() do
	local what, port = line:match "^(%a+) (%d+)$"
	if what == "open" or what == "close" then
		ports[tonumber(port)] = what == "open" or nil
		link:refresh()
		print(("%s %s"):format(what, port))
	elseif line == "show" then
		local list = {}
		for refused_port, n in pairs(refused) do list[#list + 1] = ("%d: %d refused"):format(refused_port, n) end
		table.sort(list)
		print(#list > 0 and table.concat(list, ", ") or "nothing was refused")
	elseif line == "quit" then
		break
	end
	io.stdout:flush()
end

-- A load balancer that remembers nothing: connections to one address and port go to one of several
-- servers, by a hash of who connects, and what the servers answer looks as if that address had sent it.
--
--	perigee examples/balancer.lua DEVICE ADDRESS PORT SERVER,MAC,DEVICE...
--
-- DEVICE is where clients are; a server's is where it is, with its MAC address. Answers are routed by the
-- kernel (net.ipv4.ip_forward=1). Frames that local programs send need their checksums: docs/language.md.

local device, address, port = arg[1], arg[2], math.tointeger(arg[3])
if not port or not arg[4] then error("usage: balancer.lua DEVICE ADDRESS PORT SERVER,MAC,DEVICE...", 0) end
local service = bpf.ip(address)

local function of_device(name, what)
	local file <close> = assert(io.open(("/sys/class/net/%s/%s"):format(name, what)))
	return file:read "l"
end

local servers, is_server = {}, {}
for i = 4, #arg do
	local ip, mac, dev = arg[i]:match "^(.-),(.-),(.*)$"
	local from = bpf.mac(of_device(dev, "address"))
	servers[#servers + 1] = { ip = bpf.ip(ip), mac = bpf.mac(mac), from = from, dev = tonumber(of_device(dev, "ifindex")) }
	is_server[bpf.ip(ip)] = true
end
local count = #servers
local sent = bpf.map { "percpu_array", name = "sent", key = "u32", value = "u64", entries = count + 1 }

-- Of what stays the same as long as the connection does.
local function hash(ip, tcp)
	local h = ip.src:int() * 0x9e3779b1 ~ (tcp.sport << 16 | tcp.dport) * 0x85ebca6b ~ ip.dst:int()
	return (h ~ h >> 15 ~ h >> 32) & 0xffff
end

bpf.xdp(device, { name = "balancer" }, function(pkt)
	local ip = pkt.ipv4
	local tcp = ip and ip.tcp
	if not tcp or ip.dst ~= service or tcp.dport ~= port then return bpf.PASS end
	local n = hash(ip, tcp) % count + 1
	local to = servers[n]
	pkt.eth.src, pkt.eth.dst = to.from, to.mac
	ip.dst = to.ip
	sent:add(n, 1)
	return pkt:redirect(to.dev)
end)

bpf.tc(device, "egress", { name = "balancer" }, function(pkt)
	local ip = pkt.ipv4
	local tcp = ip and ip.tcp
	if tcp and tcp.sport == port and is_server[ip.src] then ip.src = service end
end)

bpf.on_exit(function()
	for i, s in ipairs(servers) do print(("%s: %d packets"):format(s.ip, sent[i] or 0)) end
end)
print(("balancing %s:%d over %d servers"):format(service, port, count))
io.stdout:flush()
bpf.run()

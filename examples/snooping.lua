-- DHCP snooping: servers are heard on trusted devices alone, and what these give to whom is learnt.
--
--	perigee examples/snooping.lua TRUSTED... -- [UNTRUSTED...]
--
-- DHCP over IPv4: servers of DHCPv6, and routers that advertise themselves, are heard everywhere.

local trusted, untrusted, list = {}, {}, nil
list = trusted
for _, word in ipairs(arg) do
	if word == "--" then list = untrusted else list[#list + 1] = word end
end
if #arg == 0 then error("usage: snooping.lua TRUSTED... -- [UNTRUSTED...]", 0) end

local bindings = bpf.map { "lru_hash", name = "bindings", key = "mac", value = "struct { ip4 ip; u32 lease; }", entries = 65536 }
local refused = bpf.map { "lru_hash", name = "refused", key = "mac", value = "u64", entries = 1024 }
local news = bpf.events { mac = "mac", ip = "ip4", lease = "u32" }

local REPLY <const>, ETHERNET <const>, COOKIE <const>, ACK <const> = 2, 1, 0x63825363, 5
local KIND <const>, LEASE <const>, PAD <const>, END <const> = 53, 51, 0, 255

-- Where the value of an option begins, or nil.
local function option(message, code)
	local at = 240
	while true do
		local kind = message:u8(at)
		if not kind or kind == END then return nil end
		if kind == code then return at + 2 end
		local len = kind == PAD and -1 or message:u8(at + 1)
		if not len then return nil end
		at = at + 2 + len
	end
end

local function from_server(pkt)
	local udp = pkt.udp
	return udp and udp.sport == 67 and udp.dport == 68 and udp.payload
end

local function learn(pkt)
	local message = from_server(pkt)
	if not message or message:u32(236) ~= COOKIE then return bpf.PASS end
	if message:u8(0) ~= REPLY or message:u8(1) ~= ETHERNET or message:u8(2) ~= 6 then return bpf.PASS end
	local kind = option(message, KIND)
	if not kind or message:u8(kind) ~= ACK then return bpf.PASS end
	local lease = option(message, LEASE)
	local seconds = lease and message:u32(lease) or 0
	local mac = bpf.mac(assert(message:u64(28)) >> 16)
	local ip = bpf.ip(assert(message:u32(16)))
	bindings[mac] = { ip = ip, lease = seconds }
	news:send { mac = mac, ip = ip, lease = seconds }
	return bpf.PASS
end

-- To a client, which takes an answer from any port, or an answer to a relay: nobody but a server sends these.
local function serves(pkt)
	local udp = pkt.udp
	return udp and (udp.dport == 68 or udp.dport == 67 and udp.payload:u8(0) == REPLY)
end

local function refuse(pkt)
	if not serves(pkt) then return bpf.PASS end
	refused:add(pkt.eth.src, 1)
	return bpf.DROP
end

for _, device in ipairs(trusted) do bpf.xdp(device, { name = "snooping" }, learn) end
for _, device in ipairs(untrusted) do bpf.xdp(device, { name = "snooping" }, refuse) end

news:on(function(e)
	print(("%s has %s for %d seconds"):format(e.mac, e.ip, e.lease))
	io.stdout:flush()
end)
bpf.on_exit(function()
	for mac, n in pairs(refused) do print(("%s is no server of ours: %d messages dropped"):format(mac, n)) end
end)
print "listening to servers"
io.stdout:flush()
bpf.run()

-- Drops TLS connections to names that are not wanted: reads the server name out of the first bytes that a
-- client sends, in XDP, and looks it up among any number of names.
--
--	perigee examples/sni.lua DEVICE NAME...
--
-- A ClientHello that is split over several segments is passed on: its name cannot be seen in one packet.

local device = arg[1] or error("usage: sni.lua DEVICE NAME...", 0)

local unwanted = bpf.map { "hash", name = "unwanted", key = "char[64]", value = "u64", entries = 65536 }
for i = 2, #arg do unwanted[arg[i]] = 0 end

-- The name in a ClientHello, or nil: behind session id, ciphers and compression methods come extensions, of
-- which the one of type 0 has it.
local function server_name(p)
	if p:u8(0) ~= 22 or p:u8(5) ~= 1 then return nil end
	local session = p:u8(43)
	if not session then return nil end
	local at = 44 + session
	local ciphers = p:u16(at)
	if not ciphers then return nil end
	at = at + 2 + ciphers
	local methods = p:u8(at)
	if not methods then return nil end
	at = at + 1 + methods + 2
	for _ = 1, 64 do
		local kind, len = p:u16(at), p:u16(at + 2)
		if not (kind and len) then return nil end
		if kind == 0 then
			local n = p:u16(at + 7)
			return n and p:sub(at + 10, at + 9 + n)
		end
		at = at + 4 + len
	end
end

bpf.xdp(device, { name = "sni" }, function(pkt)
	local tcp = pkt.tcp
	if not tcp or tcp.dport ~= 443 then return bpf.PASS end
	local name = server_name(tcp.payload)
	if not (name and unwanted[name]) then return bpf.PASS end
	unwanted:add(name, 1)
	print("dropped", pkt.ip.src, name:sub(1, 64))
	return bpf.DROP
end)

print(("looking for %d names"):format(#arg - 1))
io.stdout:flush()
bpf.run()

-- Drops TLS connections to names that are not wanted: reads the server name out of the first bytes that a
-- client sends, in XDP, and looks it up among any number of names.
--
--	perigee examples/sni.lua DEVICE NAME...
--
-- Packets are looked at one by one. Of a ClientHello that is split, over several segments or over several records of
-- TLS, the name is read if it is whole in the first segment and the first record; else the connection passes, and is
-- counted: how many there were is said at the end.

local device = arg[1] or error("usage: sni.lua DEVICE NAME...", 0)

local unwanted = bpf.map { "hash", name = "unwanted", key = "char[64]", value = "u64", entries = 65536 }
for i = 2, #arg do unwanted[arg[i]] = 0 end
local passed = bpf.state { split = "u64" }

-- Where the first record ends, or the segment if that is sooner.
local function end_of(p) return math.min(#p, 5 + (p:u16(3) or 0)) end

-- Does a ClientHello begin here? What ends too soon to tell may be one.
local function is_hello(p, stop)
	return p:u8(0) == 22 and (stop < 6 or p:u8(5) == 1) and (stop < 10 or p:u8(9) == 3)
end

local function is_split(p, stop) return stop < 9 + ((p:u32(5) or 0) & 0xffffff) end

-- The name in a ClientHello, or nil: behind session id, ciphers and compression methods come extensions, of
-- which the one of type 0 has it. It has to be whole before `stop`.
local function server_name(p, stop)
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
			return n and at + 9 + n <= stop and p:sub(at + 10, at + 9 + n)
		end
		at = at + 4 + len
	end
end

bpf.xdp(device, { name = "sni" }, function(pkt)
	local tcp = pkt.tcp
	if not tcp or tcp.dport ~= 443 then return bpf.PASS end
	local hello, stop = tcp.payload, end_of(tcp.payload)
	if not is_hello(hello, stop) then return bpf.PASS end
	local name = server_name(hello, stop)
	if not name and is_split(hello, stop) then passed.split = passed.split + 1 end
	if not (name and unwanted[name]) then return bpf.PASS end
	unwanted:add(name, 1)
	print("dropped", pkt.ip.src, name:sub(1, 64))
	return bpf.DROP
end)

print(("looking for %d names"):format(#arg - 1))
io.stdout:flush()
bpf.on_exit(function()
	if passed.split > 0 then print(("split and passed: %d"):format(passed.split)) end
end)
bpf.run()

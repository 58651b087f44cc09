-- Drops TLS connections to names that are not wanted: reads the server name out of the first bytes that a
-- client sends, in XDP, and looks it up among any number of names, whatever its case, with or without a dot at its end.
--
--	perigee examples/sni.lua DEVICE NAME...
--
-- Packets are looked at one by one. Of a ClientHello that is split, over several segments or over several records of
-- TLS, the name is read if it is whole in the first segment and the first record; else the connection passes, and is
-- counted: how many there were is said at the end. A name that no host can have, of more than 255 bytes, with a zero
-- byte in it or of another kind, is dropped and counted. What is not seen here passes: connections without a name,
-- names that are encrypted, QUIC, and what comes in IP fragments too small for the first to have all of this.

local device = arg[1] or error("usage: sni.lua DEVICE NAME...", 0)

local unwanted = bpf.map { "hash", name = "unwanted", key = "char[255]", value = "u64", entries = 65536 }
local counts = bpf.state { split = "u64", odd = "u64" }

-- As a name is in the map: case does not matter, nor a dot at its end.
local function plain(name)
	if name:sub(-1) == "." then name = name:sub(1, -2) end
	return name:lower()
end
for i = 2, #arg do unwanted[plain(arg[i])] = 0 end

-- Where the first record ends, or the segment if that is sooner.
local function end_of(p) return math.min(#p, 5 + (p:u16(3) or 0)) end

-- Does a ClientHello begin here? What ends too soon to tell may be one.
local function is_hello(p, stop)
	return p:u8(0) == 22 and (stop < 6 or p:u8(5) == 1) and (stop < 10 or p:u8(9) == 3)
end

local function is_split(p, stop) return stop < 9 + ((p:u32(5) or 0) & 0xffffff) end

-- The name in a ClientHello and its kind, or nil: behind session id, ciphers and compression methods come
-- extensions, of which the one of type 0 has it. It has to be whole before `stop`.
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
	while at < stop do
		local kind, len = p:u16(at), p:u16(at + 2)
		if not (kind and len) then return nil end
		if kind == 0 then
			local n = p:u16(at + 7)
			if not n or at + 9 + n > stop then return nil end
			return p:sub(at + 10, at + 9 + n), p:u8(at + 6)
		end
		at = at + 4 + len
	end
end

local function is_host(name, kind) return kind == 0 and #name <= 255 and not name:find("\0", 1, true) end

bpf.xdp(device, { name = "sni" }, function(pkt)
	local tcp = pkt.tcp
	if not tcp or tcp.dport ~= 443 then return bpf.PASS end
	local hello, stop = tcp.payload, end_of(tcp.payload)
	if not is_hello(hello, stop) then return bpf.PASS end
	local name, kind = server_name(hello, stop)
	if not name then
		if is_split(hello, stop) then counts.split = counts.split + 1 end
		return bpf.PASS
	end
	if not is_host(name, kind) then
		counts.odd = counts.odd + 1
		return bpf.DROP
	end
	name = plain(name)
	if not unwanted[name] then return bpf.PASS end
	unwanted:add(name, 1)
	print("dropped", pkt.ip.src, name)
	return bpf.DROP
end)

print(("looking for %d names"):format(#arg - 1))
io.stdout:flush()
bpf.on_exit(function()
	if counts.split > 0 then print(("split and passed: %d"):format(counts.split)) end
	if counts.odd > 0 then print(("of no host's name and dropped: %d"):format(counts.odd)) end
end)
bpf.run()

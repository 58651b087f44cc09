-- Counts DNS queries by the name asked for, whatever its case and number of labels, and by type.
--
--	perigee examples/names.lua DEVICE [seconds]
--
-- A name is counted as it stands in the packet, each label behind its length, and gets its dots when it is
-- shown. Of one that is longer than 64 bytes, the first 64 are counted. Questions over TCP or encrypted are not seen.

local device = arg[1] or error("usage: names.lua DEVICE [seconds]", 0)
local seconds = tonumber(arg[2])

local names = bpf.map { "lru_hash", name = "names", key = "bytes[64]", value = "u64", entries = 65536 }
local types = bpf.map { "hash", name = "types", key = "u16", value = "u64", entries = 1024 }

-- How long the name is at the beginning of p, without the empty label at its end; nil: that is no name.
local function name_length(p)
	local at = 0
	while at < 255 do
		local n = p:u8(at)
		if not n or n > 63 then return nil end -- cut off, or a pointer, which no question has
		if n == 0 then return at end
		at = at + 1 + n
	end
end

bpf.xdp(device, { name = "names" }, function(pkt)
	local dns = pkt.udp and pkt.udp.dns
	if not dns or dns.qr or dns.qdcount == 0 then return bpf.PASS end
	local question = dns.payload
	local length = name_length(question)
	local kind = length and question:u16(length + 1)
	if not kind then return bpf.PASS end
	names:add(question:sub(1, length):sub(1, 64):lower(), 1)
	types:add(kind, 1)
	return bpf.PASS
end)

local known = { "A", "NS", [5] = "CNAME", [6] = "SOA", [12] = "PTR", [15] = "MX", [16] = "TXT", [28] = "AAAA",
	[33] = "SRV", [65] = "HTTPS", [255] = "ANY" }

local function dotted(name)
	local labels, at = {}, 1
	while at <= #name do
		local n = name:byte(at)
		if n == 0 then break end -- what is behind it fills the key
		labels[#labels + 1] = name:sub(at + 1, at + n):gsub("[^%w_-]", "?")
		at = at + 1 + n
	end
	return table.concat(labels, ".") .. "."
end

local function show()
	local lines = {}
	for name, n in pairs(names) do lines[#lines + 1] = ("%7d  %s"):format(n, dotted(name)) end
	for kind, n in pairs(types) do lines[#lines + 1] = ("%7d  of type %s"):format(n, known[kind] or kind) end
	table.sort(lines, function(a, b) return a > b end)
	print(table.concat(lines, "\n"))
end

print(("listening to what %s is asked"):format(device))
io.stdout:flush()
if not seconds then bpf.every("1s", show) end
bpf.run { ["for"] = seconds and seconds .. "s" }
if seconds then show() end

-- packet.lua - bpf.test.packet { ... }: a frame by its headers, lengths and checksums filled in.
--
--	bpf.test.packet { ip = { src = "203.0.113.7" }, tcp = { dport = 22, syn = true }, payload = "hello" }
--
-- Headers and their fields are called what kernel code calls them; all have defaults. What is given is taken as it
-- is, wrong lengths and checksums too. `options` of ipv4 and tcp are bytes; `vlan` may be a list, the outer tag
-- first; `ext` of ipv6 is a list of { number, bytes } of extension headers, whose first byte is filled in.
local bpf = ...

local PROTO = { tcp = 6, udp = 17, icmp = 1, icmp6 = 58 }
local ETHERTYPE = { arp = 0x0806, ipv4 = 0x0800, ipv6 = 0x86dd }
local PLAIN = 0x88b5                       -- of a frame with nothing known in it: for experiments

-- By header: what may be given, and what stands where nothing is.
local HEADERS = {
	eth = { dst = "02:00:00:00:00:02", src = "02:00:00:00:00:01", type = false },
	vlan = { id = 1, pcp = 0, dei = false, type = false, tpid = 0x8100 },
	arp = { op = 1, sha = "02:00:00:00:00:01", spa = "192.0.2.1", tha = "00:00:00:00:00:00", tpa = "192.0.2.2" },
	ipv4 = { src = "192.0.2.1", dst = "192.0.2.2", proto = false, ttl = 64, tos = 0, id = 1, df = true, mf = false,
		frag_off = 0, options = "", version = 4, ihl = false, len = false, check = false },
	ipv6 = { src = "2001:db8::1", dst = "2001:db8::2", next = false, hop_limit = 64, tclass = 0, flow = 0, len = false,
		version = 6, ext = {} },
	tcp = { sport = 40000, dport = 80, seq = 1, ack_seq = 0, doff = false, window = 64240, urg_ptr = 0, options = "",
		check = false, fin = false, syn = false, rst = false, psh = false, ack = false, urg = false,
		ece = false, cwr = false },
	udp = { sport = 40000, dport = 53, len = false, check = false },
	icmp = { type = 8, code = 0, id = 1, seq = 1, check = false },
}
HEADERS.icmp6 = { type = 128, code = 0, id = 1, seq = 1, check = false }
local OTHERS = { ip = true, payload = true }

-- ---- what is given ----

local function names(t)
	local list = {}
	for name in pairs(t) do list[#list + 1] = name end
	table.sort(list)
	return table.concat(list, ", ")
end

-- The header with its defaults; false in the table of defaults is "worked out".
local function filled(header, given)
	local fields, h = HEADERS[header], {}
	for name, value in pairs(fields) do h[name] = value end
	for name, value in pairs(given == true and {} or given) do
		if fields[name] == nil then
			error(("%s has no field '%s'; there are %s"):format(header, tostring(name), names(fields)), 0)
		end
		h[name] = value
	end
	return h
end

local function bytes_of(a, n)
	local t = {}
	for i = 1, n do t[i] = string.char(a:byte(i)) end
	return table.concat(t)
end
local function ip4(a) return bytes_of(type(a) == "userdata" and a or bpf.ip(a), 4) end
local function ip6(a) return bytes_of(type(a) == "userdata" and a or bpf.ip(a), 16) end
local function mac(a) return bytes_of(type(a) == "userdata" and a or bpf.mac(a), 6) end
local function bit(b, shift) return b and 1 << shift or 0 end

-- `ip` is the version that its addresses are of.
local function version_of(ip)
	for _, side in ipairs { "src", "dst" } do
		local a = type(ip) == "table" and ip[side]
		if a then return tostring(a):find(":", 1, true) and "ipv6" or "ipv4" end
	end
	return "ipv4"
end

-- ---- checksums ----

local function sum(bytes)
	local n = 0
	if #bytes % 2 == 1 then bytes = bytes .. "\0" end
	for i = 1, #bytes, 2 do n = n + (">I2"):unpack(bytes, i) end
	while n > 0xffff do n = (n & 0xffff) + (n >> 16) end
	return ~n & 0xffff
end

local function with_check(header, at, check)
	return header:sub(1, at) .. (">I2"):pack(check) .. header:sub(at + 3)
end

-- ---- headers ----

local build = {}

function build.tcp(h, payload)
	local options = h.options .. ("\0"):rep(-#h.options % 4)
	local flags = bit(h.fin, 0) | bit(h.syn, 1) | bit(h.rst, 2) | bit(h.psh, 3) | bit(h.ack, 4) | bit(h.urg, 5)
		| bit(h.ece, 6) | bit(h.cwr, 7)
	return (">I2I2I4I4I1I1I2I2I2"):pack(h.sport, h.dport, h.seq, h.ack_seq, (h.doff or 5 + #options // 4) << 4, flags,
		h.window, 0, h.urg_ptr) .. options .. payload, 16
end

function build.udp(h, payload)
	return (">I2I2I2I2"):pack(h.sport, h.dport, h.len or 8 + #payload, 0) .. payload, 6
end

function build.icmp(h, payload)
	return (">I1I1I2I2I2"):pack(h.type, h.code, 0, h.id, h.seq) .. payload, 2
end
build.icmp6 = build.icmp

function build.arp(h)
	return (">I2I2I1I1I2"):pack(1, ETHERTYPE.ipv4, 6, 4, h.op) .. mac(h.sha) .. ip4(h.spa) .. mac(h.tha) .. ip4(h.tpa)
end

function build.ipv4(h, rest, number)
	local options = h.options .. ("\0"):rep(-#h.options % 4)
	local header = (">I1I1I2I2I2I1I1I2"):pack(h.version << 4 | (h.ihl or 5 + #options // 4), h.tos,
		h.len or 20 + #options + #rest, h.id, bit(h.df, 14) | bit(h.mf, 13) | h.frag_off, h.ttl, h.proto or number, 0)
		.. ip4(h.src) .. ip4(h.dst) .. options
	return with_check(header, 10, h.check or sum(header)) .. rest
end

function build.ipv6(h, rest, number)
	for i = #h.ext, 1, -1 do
		rest = string.char(number) .. h.ext[i][2]:sub(2) .. rest
		number = h.ext[i][1]
	end
	return (">I4I2I1I1"):pack(h.version << 28 | h.tclass << 20 | h.flow, h.len or #rest, h.next or number, h.hop_limit)
		.. ip6(h.src) .. ip6(h.dst) .. rest
end

-- What the transport's checksum covers before it.
local function pseudo(version, ip, l4, transport)
	if l4 == "icmp" then return "" end
	if version == "ipv4" then return ip4(ip.src) .. ip4(ip.dst) .. (">I2I2"):pack(PROTO[l4], #transport) end
	return ip6(ip.src) .. ip6(ip.dst) .. (">I4I4"):pack(#transport, PROTO[l4])
end

local function transport(p, version, ip, l4)
	local h = filled(l4, p[l4])
	local bytes, at = build[l4](h, p.payload or "")
	local check = h.check or sum(pseudo(version, ip, l4, bytes) .. bytes)
	if l4 == "udp" and check == 0 and not h.check then check = 0xffff end
	return with_check(bytes, at, check)
end

-- ---- frames ----

local function one_of(p, list)
	local found
	for _, name in ipairs(list) do
		if p[name] then
			if found then error(("a packet has %s or %s, not both"):format(found, name), 0) end
			found = name
		end
	end
	return found
end

local function network(p)
	local l4, version = one_of(p, { "tcp", "udp", "icmp", "icmp6" }), one_of(p, { "ipv4", "ipv6", "arp", "ip" })
	local given = p[version]
	if version == "arp" then return build.arp(filled("arp", given)), ETHERTYPE.arp end
	if version == "ip" then version = version_of(given) end
	if not version and not l4 then return p.payload or "", PLAIN end
	version = version or (l4 == "icmp6" and "ipv6" or "ipv4")
	local ip = filled(version, given or {})
	local rest = l4 and transport(p, version, ip, l4) or p.payload or ""
	return build[version](ip, rest, PROTO[l4] or 59), ETHERTYPE[version]
end

-- The tags of a frame, the outer one first.
local function tags(p)
	if not p.vlan then return {} end
	return p.vlan[1] and p.vlan or { p.vlan }
end

return function(p)
	for name in pairs(p) do
		if not HEADERS[name] and not OTHERS[name] then
			error(("there is no header '%s'; there are ip, payload, %s"):format(tostring(name), names(HEADERS)), 0)
		end
	end
	local rest, kind = network(p)
	local list = tags(p)
	for i = #list, 1, -1 do
		local tag = filled("vlan", list[i])
		rest = (">I2I2"):pack(tag.pcp << 13 | bit(tag.dei, 12) | tag.id, tag.type or kind) .. rest
		kind = tag.tpid
	end
	local eth = filled("eth", p.eth or {})
	return mac(eth.dst) .. mac(eth.src) .. (">I2"):pack(eth.type or kind) .. rest
end

-- Functions with more texts, keys and records at a time than the stack has room for: they lie in scratch memory then.
local lang = dofile "tests/lang/harness.lua"
local made = dofile "tests/lang/lib_frames.lua"

local all = lang.all
local txt = bpf.map { "array", key = "u32", value = "char[128]", entries = 4 }
local inputs = {}
for _, name in ipairs { "udp", "tcp", "tcp6", "udp6", "vlan", "other", "arp", "icmp", "icmp6" } do
	inputs[#inputs + 1] = made.frames[name]
	inputs[#inputs + 1] = made.frames[name]:sub(1, -9)
end

lang.packets { name = "a line of each layer", inputs = inputs, see = { txt }, f = function(pkt)
	local eth = pkt.eth
	if not eth then return end
	txt[0] = tostring(eth.src) .. " > " .. tostring(eth.dst) .. " 0x" .. ("%04x"):format(eth.type)
	local ip = pkt.ipv6
	if ip then txt[1] = tostring(ip.src) .. " > " .. tostring(ip.dst) .. (" hl=%d next=%d"):format(ip.hop_limit, ip.next) end
	local l4 = pkt.tcp or pkt.udp
	if l4 then txt[2] = ("%d > %d"):format(l4.sport, l4.dport) end
	return ip and ip.hop_limit, l4 and l4.dport
end }

lang.packets { name = "endpoints", inputs = inputs, see = { txt }, f = function(pkt)
	local function endpoint(addr, port) return port and ("%s:%d"):format(tostring(addr), port) or tostring(addr) end
	local ip = pkt.ip
	if not ip then
		txt[0] = ("ethertype %04x"):format(pkt.eth and pkt.eth.type or 0)
		return
	end
	local l4 = pkt.tcp or pkt.udp
	local s, d = endpoint(ip.src, l4 and l4.sport), endpoint(ip.dst, l4 and l4.dport)
	txt[0] = s .. " > " .. d
	return #s, all(d), s == d, s < d
end }

lang.packets { name = "columns", inputs = inputs, see = { txt }, f = function(pkt)
	local kind, detail = "other", ""
	if pkt.arp then
		kind, detail = "arp", tostring(pkt.arp.spa)
	elseif pkt.tcp then
		kind, detail = "tcp", pkt.tcp.sport .. ">" .. pkt.tcp.dport
	elseif pkt.udp then
		kind, detail = "udp", pkt.udp.sport .. ">" .. pkt.udp.dport
	elseif pkt.icmp then
		kind, detail = "icmp", pkt.icmp.type .. "/" .. pkt.icmp.code
	end
	txt[0] = ("%-6s|%20s|"):format(kind, detail)
	txt[1] = kind:upper() .. "(" .. detail .. ")"
	return all(kind), all(detail)
end }

local names = bpf.map { "hash", key = "char[64]", value = { path = "char[64]", name = "char[64]", n = "u64" }, entries = 16 }
local paths = lang.texts({ 0, 1, 8, 20, 63 }, { 1, 9, 20 })
for _, path in ipairs { "/usr/bin/python3", "sh", "/tmp/", "/", "a/b/c" } do
	paths[#paths + 1] = ("\2"):rep(14) .. path .. ("\0"):rep(64 - #path)
end
lang.packets { name = "the last part of a path", inputs = paths, see = { names }, f = function(p)
	local path = p:sub(15, 78):match("^[^%z]*")
	local base = path:match("([^/]+)$") or path
	local dir, last = path:match("^(.*)/([^/]*)$")
	local shells = { sh = true, bash = true, dash = true, zsh = true }
	names[base] = { path = path, name = bpf.trunc(dir or "none", 64), n = #path }
	local e = names[base]
	if not e then return end
	e.n = e.n + 1
	return shells[base], base:match("^python%d?") and #base, all(last), all(e.name), e.path == path
end }

lang.packets { name = "in a loop", inputs = inputs, see = { txt }, f = function(pkt)
	local eth, ip, sum = pkt.eth, pkt.ip, 0
	if not eth or not ip then return end
	local from, to = tostring(ip.src) .. " > ", tostring(ip.dst) .. " by "
	for i = 0, 2 do
		local v = pkt:u16(34 + 2 * i)
		if v then txt[i] = from .. to .. ("%04x "):format(v) .. tostring(eth.src) .. "/" .. tostring(eth.dst) end
		sum = sum + #txt[i]
	end
	return sum
end }

-- Bytes that are read twice, far apart: more of them than the stack has words are not held until then.
local offsets, long = {}, {}
for i = 0, 47 do offsets[#offsets + 1] = i end
for _, name in ipairs { "udp", "tcp", "tcp6", "vlan", "other" } do
	long[#long + 1] = made.frames[name] .. ("\7\200\91"):rep(40)
	long[#long + 1] = made.frames[name]
end
local shift = bpf.map { "array", key = "u32", value = "u32", entries = 1 }

lang.packets { name = "twice, far apart", inputs = long, f = function(p)
	local a, b = 5381, 0x811c9dc5
	if #p < 120 then return #p end
	for _, o in ipairs(offsets) do a = a * 33 + p:u8(o) + p:u8(o + 60) end
	for _, o in ipairs(offsets) do b = (b ~ p:u8(o) ~ p:u8(o + 60)) * 16777619 & 0xffffffff end
	return a, b
end }

lang.packets { name = "twice, far apart, where they may not be there", inputs = long, f = function(p)
	local a, b = 5381, 0x811c9dc5
	for _, o in ipairs(offsets) do a = a * 33 + (p:u8(o) or 1) + (p:u16(2 * o) or 2) end
	for _, o in ipairs(offsets) do b = (b ~ (p:u8(o) or 3) ~ (p:u16(2 * o) or 4)) * 16777619 & 0xffffffff end
	return a, b
end }

lang.packets { name = "twice, far apart, from an offset known at run time", inputs = long, see = { shift }, f = function(p)
	local a, b, from = 5381, 0x811c9dc5, p:u8(15)
	if not from or #p < 140 then return #p end
	from = from % 20
	shift[0] = from
	local s = p:sub(from + 1, from + 100)
	for _, o in ipairs(offsets) do a = a * 33 + (s:byte(o + 1) or 0) + p:u16(o) end
	for _, o in ipairs(offsets) do b = (b ~ (s:byte(o + 1) or 0) ~ p:u16(o)) * 16777619 & 0xffffffff end
	return a, b
end }

local text = bpf.map { "array", key = "u32", value = "char[64]", entries = 2 }
lang.packets { name = "twice, far apart, and texts", inputs = long, see = { text }, f = function(p)
	local a, b = 5381, 0x811c9dc5
	local eth, ip = p.eth, p.ip
	if not ip or #p < 120 then return #p end
	local from = tostring(eth.src) .. " " .. tostring(ip.src)
	for _, o in ipairs(offsets) do a = a * 33 + p:u8(o) + p:u8(o + 60) end
	text[0] = from .. "/" .. (a & 0xff)
	for _, o in ipairs(offsets) do b = (b ~ p:u8(o) ~ p:u8(o + 60)) * 16777619 & 0xffffffff end
	text[1] = from .. "/" .. (b & 0xff)
	return a, b
end }

if lang.hook ~= "socket" then
	lang.packets { name = "twice, far apart, and some written between", inputs = long, f = function(p)
		local a, b = 5381, 0x811c9dc5
		if #p < 120 then return #p end
		for _, o in ipairs(offsets) do a = a * 33 + p:u8(o) + p:u8(o + 60) end
		for o = 20, 60, 4 do p:set_u8(o, p:u8(o) + 1 & 0xff) end
		p:set_u16(70, a & 0xffff)
		for _, o in ipairs(offsets) do b = (b ~ p:u8(o) ~ p:u8(o + 60)) * 16777619 & 0xffffffff end
		p:set_u8(p:u8(90) % 100, 0)
		for _, o in ipairs(offsets) do a = a * 31 + p:u8(o) + p:u8(o + 60) end
		return a, b
	end }
end
lang.done()

-- One of two headers, kept over loops and read behind them. Where a packet may lie in pieces (LANG_HOOK=tc) the program may
-- begin anew, and then it may be the other one: what tells which it is must stay seen.
local lang = dofile "tests/lang/harness.lua"
local frames = dofile("tests/lang/lib_frames.lua").frames
local inputs = { frames.udp, frames.tcp, frames.tcp6, frames.udp6, frames.icmp, frames.extended, frames.vlan, frames.arp, frames.tcp:sub(1, 60) }
local function case(name, f) lang.packets { name = name, inputs = inputs, f = f } end
local function low(a) return tostring(a):byte(1) end
local m = bpf.map { "hash", name = "m", key = "u32", value = "u64", entries = 4 }
m[1], m[2] = 3, 5

case("either version over a find", function(p)
	local ip, tcp = p.ip, p.tcp
	if not tcp then return nil end
	if tcp.payload:find "%l" then return low(ip.src) end
	return -1
end)
case("over a loop over bytes, tested behind it", function(p)
	local ip, l4, n = p.ip, p.tcp or p.udp, 0
	if not l4 then return nil end
	for i = 1, #l4.payload do n = n + l4.payload:byte(i) end
	if not ip then return n end
	return n, low(ip.dst), #ip.payload
end)
case("over a loop over bytes, tested before it", function(p)
	local ip, n = p.ip, 0
	if not ip then return nil end
	local udp = p.udp
	if not udp then return 1 end
	for i = 1, #udp.payload do n = n + udp.payload:byte(i) end
	return n, low(ip.src), ip.payload:byte(1)
end)
case("over a match", function(p)
	local ip, icmp = p.ip, p.icmp
	if not icmp then return nil end
	local w = icmp.payload:match "^(%w+) "
	return w and #w, w and low(ip.src)
end)
case("over gmatch, and in it", function(p)
	local ip, tcp, n = p.ip, p.tcp, 0
	if not tcp then return nil end
	for w in tcp.payload:gmatch "%a+" do n = n + #w * (low(ip.src) or 0) end
	return n, low(ip.dst)
end)
case("one of two that carry data", function(p)
	local l4, n = p.tcp or p.udp, 0
	local ip = p.ip
	if not ip then return nil end
	for i = 1, #ip.payload do n = n * 3 + ip.payload:byte(i) end
	return n, l4 and l4.dport, l4 and #l4.payload
end)
case("one version or the other, by hand", function(p)
	local h, udp = p.ipv6 or p.ipv4, p.udp
	if not udp then return nil end
	local at = udp.payload:find("fox", 1, true)
	return at, h and low(h.src)
end)
case("one of two that may not be there", function(p)
	local tag, ip, n = p.vlan or p.eth, p.ip, 0
	if not ip or not tag then return nil end
	for i = 1, #ip.payload do n = n + ip.payload:byte(i) end
	return n, tag.type, tag.payload:byte(1)
end)
case("over loops in each other", function(p)
	local ip, tcp, n = p.ip, p.tcp, 0
	if not tcp then return nil end
	for i = 1, 3 do
		local q = p.tcp or p.udp
		if q then n = n + q.dport end
		for j = 1, #tcp.payload do n = n + tcp.payload:byte(j) * i end
	end
	return n, low(ip.src)
end)
case("over a loop over a map that reads bytes", function(p)
	local ip, tcp, n = p.ip, p.tcp, 0
	if not tcp then return nil end
	for k, v in pairs(m) do n = n + v + (tcp.payload:byte(k) or 0) end
	return n, low(ip.src), p.ip and #p.ip.payload
end)
-- a field that only one of them has
case("caught", function(p)
	local ok, v = pcall(function()
		local l4 = p.tcp or p.udp
		return l4 and l4.syn
	end)
	return ok, v and true
end)
case("handed to who reads it", function(p)
	local l4, n = p.tcp or p.udp, 0
	if not l4 then return nil end
	local ok = pcall(function(h) n = h.dport n = h.window end, l4)
	local told, what = xpcall(function(h) return h.syn end, function(e) return #e end, l4)
	return ok, n, told and 1 or what
end)
case("of a header or the packet", function(p)
	local one = p.udp or p
	return (pcall(function() return one.dport end)), (pcall(function() return one.eth end))
end)
case("of a header in it", function(p)
	return (pcall(function()
		local h = p.ipv4 or p.ipv6 or p.eth
		return h.tclass
	end))
end)
-- What a second look says of which it is, behind the test of one: what only the other one has raises all the same.
lang.packets { name = "known to be the other one", inputs = inputs, f = function(p)
	local n = 0
	if p.ipv4 then
		local h = p.ipv4 or p.ipv6
		local ok, v = pcall(function() return h.flow end)
		n = (ok and v or nil) or #v
	end
	return n
end }
lang.packets { name = "known to be the other one, where nothing catches it", inputs = inputs, f = function(p)
	if p.ipv6 then
		local h = p.ipv6 or p.ipv4
		return (h.tos or 3) + 1
	end
	return 7
end }
if lang.hook ~= "socket" then
	lang.packets { name = "known to be the other one, assigned", inputs = inputs, f = function(p)
		if p.ipv4 then
			local h = p.ipv4 or p.ipv6
			local ok, v = pcall(function() h.hop_limit = 3 end)
			return ok and 1 or #v
		end
	end }
end
lang.packets { name = "known to be the other one, a transport", inputs = inputs, f = function(p)
	local tcp = p.tcp
	if tcp then
		local l4 = p.tcp or p.icmp
		local ok, v = pcall(function() return l4.type + 1 end)
		return ok, ok and v or #v, l4.check
	end
end }
lang.done()

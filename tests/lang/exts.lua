-- IPv6 extension headers: the first of each kind, in every order, on frames whole, cut at every length and damaged.
local lang = dofile "tests/lang/harness.lua"
local made = dofile "tests/lang/lib_frames.lua"
local eth, vlan, ipv6, udp = made.eth, made.vlan, made.ipv6, made.udp

local function hopopts(next, n) return (">BB"):pack(next, n or 0) .. "\1\4\0\0\0\0" .. ("\1"):rep(8 * (n or 0)) end
local function routing(next, kind, left, n)
	return (">BBBB"):pack(next, n or 2, kind, left) .. "\0\0\0\0" .. ("\x20\1"):rep(4 * (n or 2))
end
local function fragment(next, off, more, id) return (">BBI2I4"):pack(next, 0, off << 3 | (more and 1 or 0), id) end
local dstopts = hopopts
local HOP, ROUTING, FRAGMENT, AUTH, DST, UDP = 0, 43, 44, 51, 60, 17
local u = udp("the quick brown fox")

local all = eth(0x86dd, ipv6(HOP, hopopts(DST) .. dstopts(ROUTING, 1) .. routing(FRAGMENT, 0, 1) ..
	fragment(AUTH, 0, true, 0xcafebabe) .. "\60\1" .. ("\0"):rep(10) .. dstopts(UDP) .. u))
local later = eth(0x86dd, ipv6(HOP, hopopts(FRAGMENT) .. fragment(DST, 185, false, 7) .. dstopts(UDP) .. u))
local tagged = vlan(5, 0x86dd, ipv6(ROUTING, routing(UDP, 4, 3, 6) .. u))
local none = eth(0x86dd, ipv6(UDP, u))
local many = eth(0x86dd, ipv6(DST, dstopts(DST):rep(7) .. dstopts(ROUTING) .. routing(UDP, 0, 0) .. u))
local too_many = eth(0x86dd, ipv6(AUTH, ("\51\0" .. ("\0"):rep(6)):rep(8) .. "\43\0" .. ("\0"):rep(6) .. routing(UDP, 0, 0) .. u))
local beyond = eth(0x86dd, ipv6(HOP, hopopts(ROUTING) .. "\17\4\0\0\0\0\0\0" .. u))
local short = eth(0x86dd, ipv6(HOP, hopopts(ROUTING) .. routing(UDP, 0, 1), { len = 20 }))

local inputs = { later, tagged, none, many, too_many, beyond, short, made.frames.udp, made.frames.extended }
for n = 14, #all do inputs[#inputs + 1] = all:sub(1, n) end
for i = 21, 22 + 40 + 64 do
	inputs[#inputs + 1] = all:sub(1, i - 1) .. string.char(all:byte(i) ~ 1 << i % 8) .. all:sub(i + 1)
end

local function case(name, f) lang.packets { name = name, inputs = inputs, f = f } end

case("hop by hop", function(p)
	local h = p.ipv6 and p.ipv6.hopopts
	if h then return h.next, h.len, #h end
end)
case("routing", function(p)
	local h = p.ipv6 and p.ipv6.routing
	if h then return h.type << 16 | h.left, h.next << 8 | h.len, h:u32(8) end
end)
case("fragment", function(p)
	local h = p.ipv6 and p.ipv6.fragment
	if h then return h.frag_off, h.mf, h.id << 8 | h.next end
end)
case("destination options", function(p)
	local h = p.ipv6 and p.ipv6.dstopts
	if h then return h.next, #h, h:byte(3) end
end)
case("which are there", function(p)
	local ip = p.ipv6
	if not ip then return nil end
	local n = 0
	for i = 1, 2 do n = n + (ip.udp and i or 0) end
	return (ip.hopopts and 1 or 0) + (ip.routing and 2 or 0) + (ip.fragment and 4 or 0) + (ip.dstopts and 8 or 0), n
end)
case("what is behind one", function(p)
	local ip = p.ipv6
	local h = ip and (ip.fragment or ip.routing or ip.hopopts)
	if h then return #h.payload, h.payload:u8(0), #ip.payload end
end)
case("one that is not there raises", function(p) return p.ipv6.routing.left end)
case("in a loop, a branch and a function", function(p)
	local function left(ip)
		local r = ip.routing
		return r and r.type == 0 and r.left or -1
	end
	local sum = 0
	for i = 1, 3 do
		local ip = p.ipv6
		if ip and i ~= 2 then sum = sum + left(ip) * i end
	end
	local ok, id = pcall(function() return p.ipv6.fragment.id end)
	return sum, ok, ok and id
end)

lang.packets { name = "known: of each kind the first", inputs = { all, later, tagged, many }, f = function(p)
	local ip = p.ipv6
	local d, r, f = ip.dstopts, ip.routing, ip.fragment
	return d and #d, r and r.type, f and f.id
end, want = { { 16, 0, 0xcafebabe }, { nil, nil, 7 }, { nil, 4, nil }, { 8, 0, nil } } }

-- ---- written ----

if lang.hook ~= "socket" then lang.packets { name = "what is written", inputs = { all, later, none, short }, f = function(p)
	local ip = p.ipv6
	local r, f = ip.routing, ip.fragment
	if r then r.left = 0 end
	if f then f.id, f.mf = f.id + 1, not f.mf end
	return r and r.left, f and f.id, f and f.mf
end } end

lang.done()

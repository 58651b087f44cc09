-- Headers in UDP and TCP written to: the checksum before them is carried, at whatever place a field lies; in the kernel by
-- both ways of reaching bytes and on tc, and as a twin, against what the whole packet adds up to.
local lang = dofile "tests/lang/harness.lua"
local made = dofile "tests/lang/lib_frames.lua"
local sums = dofile "tests/lang/lib_sums.lua"

-- Every form of field, once from an even byte on and once from an odd one.
local FORMS = "u8 a; u16 b; u32 c; u64 d; u24 e; u1 f; u7 g; u4 h; u12 i; ip4 j; ip6 k; mac l; le16 m; le32 n; le64 o; u40 p; u48 q"
for _, place in ipairs { "even", "odd" } do
	local fields = (place == "odd" and "u8 _; " or "") .. FORMS
	bpf.proto { place .. "_udp", over = "udp", port = place == "odd" and 901 or 900, fields = fields }
	bpf.proto { place .. "_tcp", over = "tcp", port = place == "odd" and 901 or 900, fields = fields }
end

local KINDS = { j = "ip4", k = "ip6", l = "mac", f = "bool" }
local VALUES = {
	ip4 = { bpf.ip "0.0.0.0", bpf.ip "255.255.255.255", bpf.ip "10.0.0.2" },
	ip6 = { bpf.ip "::", bpf.ip "2001:db8::2", bpf.ip "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	mac = { bpf.mac "00:00:00:00:00:00", bpf.mac "ff:ff:ff:ff:ff:ff", bpf.mac "02:03:04:05:06:07" },
	bool = { true, false },
}
local args = {}
for _, kind in ipairs { "i64", "ip4", "ip6", "mac", "bool" } do
	args[kind] = bpf.map { "array", name = "arg_" .. kind, key = "u32", value = kind, entries = 1 }
end

local DATA = ""
for i = 1, 101 do DATA = DATA .. string.char(i * 37 & 0xff) end
local frames = {}
local function add(name, bytes, at)
	at.name, at.bytes = name, sums.with_sums(bytes, at)
	frames[#frames + 1] = at
end
local function udp(port, check) return (">I2I2I2I2"):pack(40000, port, 8 + #DATA, check) .. DATA end
local function tcp(port, options)
	return (made.tcp(0x18, DATA, options):gsub("^(..)..", "%1" .. (">I2"):pack(port):gsub("%%", "%%%%")))
end
local eth, ipv4, ipv6 = made.eth, made.ipv4, made.ipv6
for _, port in ipairs { 900, 901 } do
	add("udp", eth(0x0800, ipv4(17, udp(port, 1))), { ipv4 = 14, udp = 34, kind = "udp", port = port, own = 42 })
	add("udp without a checksum", eth(0x0800, ipv4(17, udp(port, 0), { options = ("\1"):rep(8) })),
		{ ipv4 = 14, udp = 42, kind = "udp", port = port, own = 50 })
	add("udp6 behind options", eth(0x86dd, ipv6(60, "\x11\0\1\4\0\0\0\0" .. udp(port, 1))),
		{ ipv6 = 14, udp = 62, kind = "udp", port = port, own = 70 })
	add("tcp", eth(0x0800, ipv4(6, tcp(port, ("\1"):rep(12)))), { ipv4 = 14, tcp = 34, kind = "tcp", port = port, own = 66 })
	add("tagged tcp6", made.vlan(0x7123, 0x86dd, ipv6(6, tcp(port))), { vlan = 14, ipv6 = 18, tcp = 58, kind = "tcp", port = port, own = 78 })
	add("a later fragment", eth(0x0800, ipv4(17, udp(port, 1), { frag = 0x2003 })), { ipv4 = 14, port = port })
end

-- Where the fields are, and how wide.
local bit, PLACES = 0, {}
for type, width, name in FORMS:gmatch "(%a+)(%d*) (%a)" do
	local size
	if type == "ip" then size = width == "4" and 32 or 128 elseif type == "mac" then size = 48 else size = tonumber(width) end
	PLACES[name] = { bit = bit, width = size, little = type == "le" }
	bit = bit + size
end

local function bytes_of(v, n)
	local t = {}
	for i = 1, n do t[i] = string.char(v:byte(i)) end
	return table.concat(t)
end

local function changed(frame, name, v)
	local f = PLACES[name]
	local at = f.bit + (frame.port == 901 and 8 or 0)
	local off, n = frame.own + at // 8, (at % 8 + f.width + 7) // 8
	if KINDS[name] and KINDS[name] ~= "bool" then return sums.splice(frame.bytes, off, bytes_of(v, n)) end
	v = v == true and 1 or v == false and 0 or v
	if f.little then return sums.splice(frame.bytes, off, ("<I" .. n):pack(v)) end
	local shift = n * 8 - at % 8 - f.width
	local mask = (f.width < 64 and (1 << f.width) - 1 or -1) << shift
	local old = n == 8 and (">i8"):unpack(frame.bytes, off + 1) or (">I" .. n):unpack(frame.bytes, off + 1)
	return sums.splice(frame.bytes, off, (n == 8 and ">i8" or ">I" .. n):pack(old & ~mask | v << shift & mask))
end

local function programs(f, hook)
	local function program(hook, copy)
		local options = { name = "covered", check = true, on_error = bpf.DROP, copy = copy }
		return lang.program(copy and "by copy" or hook, hook, options, f)
	end
	local ways = {}
	local function way(what, run, prog) if prog then ways[#ways + 1] = { what, prog[run], prog } end end
	local direct = program "xdp"
	way("twin", "twin", direct)
	way("kernel", "test", direct)
	way("copy", "test", program("xdp", true))
	if not hook then way("tc", "test", program "tc") end
	return ways
end

local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function run(problems, what, ways, frame, want)
	for _, way in ipairs(ways) do
		local _, bytes, _, message = way[2](way[3], frame.bytes)
		if bytes ~= want or message then
			problems[#problems + 1] = ("%s on %s: wanted %s, %s has %s %s"):format(what, frame.name, hex(want), way[1],
				hex(bytes), message or "")
		end
	end
end

for name in (FORMS .. ";"):gmatch " (%a);" do
	local kind = KINDS[name] or "i64"
	local width = PLACES[name].width
	local all = width < 64 and (1 << width) - 1 or -1
	local values = VALUES[kind] or { 0, 1, all, all // 3, 0x1234567890abcdef & all }
	local text = "local arg = ... return function(p) "
	for _, l4 in ipairs { "udp", "tcp" } do
		for _, place in ipairs { "even", "odd" } do
			text = text .. ("do local h = p.%s and p.%s.%s_%s if h then h.%s = arg[0] end end "):format(l4, l4, place, l4, name)
		end
	end
	local ways, problems = programs(load(text .. "end", "=assign")(args[kind])), {}
	for _, v in ipairs(values) do
		args[kind][0] = v
		for _, frame in ipairs(frames) do
			local want = frame.own and sums.with_sums(changed(frame, name, v), frame) or frame.bytes
			run(problems, ("%s = %s"):format(name, tostring(v)), ways, frame, want)
		end
	end
	lang.check(("field %s of %d bits"):format(name, width), problems)
end

-- A value that does not fit; several writes; what was written is read; the DNS header and a tunnel's number.
local function one(name, f, frame, want)
	local problems = {}
	run(problems, name, programs(f), frame, want)
	lang.check(name, problems)
end
local first, large = frames[1], args.i64
large[0] = 256
one("caught", function(p)
	local h = p.udp and p.udp.even_udp
	if h then pcall(function() h.b = 7 h.a = large[0] end) h.a = h.b end
end, first, sums.with_sums(sums.splice(first.bytes, first.own, "\7\0\7"), first))
one("in a loop", function(p)
	local h = p.udp and p.udp.even_udp
	for i = 1, 5 do if h then h.c = h.c + i end end
end, first, sums.with_sums(sums.splice(first.bytes, first.own + 3,
	(">I4"):pack((">I4"):unpack(first.bytes, first.own + 4) + 15)), first))
local question = { ipv4 = 14, udp = 34, kind = "udp", name = "a question" }
question.bytes = sums.with_sums(eth(0x0800, ipv4(17, (">I2I2I2I2"):pack(40000, 53, 8 + 12 + 5, 1) .. "\x12\x34\1\0\0\1\0\0\0\0\0\0\0\0\1\0\1")),
	question)
one("an answer", function(p)
	local dns = p.udp and p.udp.dns
	if not dns or dns.qr then return end
	dns.qr, dns.ra, dns.rcode, dns.arcount, dns.id = true, true, 3, 0, dns.id
	dns.aa = not dns.aa
end, question, sums.with_sums(sums.splice(question.bytes, 44, "\x85\x83"), question))
local tunnel = { ipv4 = 14, udp = 34, kind = "udp", name = "a tunnel" }
tunnel.bytes = sums.with_sums(eth(0x0800, ipv4(17, (">I2I2I2I2"):pack(40000, 4789, 16 + #first.bytes, 1) .. "\8\0\0\0\0\0\7\0" .. first.bytes)),
	tunnel)
one("a tunnel's number", function(p)
	local vxlan = p.udp and p.udp.vxlan
	if vxlan then vxlan.vni = 0xabcdef end
end, tunnel, sums.with_sums(sums.splice(tunnel.bytes, 46, "\xab\xcd\xef"), tunnel))

-- Before a tunnel and within: the sum before the tunnel stays right, for a header's own one evens out what is written.
local function within(inner, check)
	local at = { ipv4 = 14, udp = 34, kind = "udp", name = "a packet in a packet" }
	local head = (">I2I2I2I2"):pack(40000, 4789, 16 + #inner, check or 1) .. "\8\0\0\0\0\0\7\0"
	at.bytes = sums.with_sums(eth(0x0800, ipv4(17, head .. inner)), at)
	return at
end
local inner_udp = sums.with_sums(eth(0x0800, ipv4(17, udp(900, 1))), frames[1])
local inner_at = { ipv4 = 14, tcp = 34, kind = "tcp" }
local inner_tcp = sums.with_sums(eth(0x0800, ipv4(6, tcp(900))), inner_at)
for _, check in ipairs { 1, 0 } do
	local function both(name, f, outer, inner)
		local frame, want = within(inner_udp, check), inner_udp
		for off, bytes in pairs(inner or {}) do want = sums.with_sums(sums.splice(want, off, bytes), frames[1]) end
		local whole = within(want, check)
		for off, bytes in pairs(outer or {}) do whole.bytes = sums.with_sums(sums.splice(whole.bytes, off, bytes), whole) end
		one((check == 0 and "no sum: " or "") .. name, f, frame, whole.bytes)
	end
	local ttl, inner_ttl = string.char(inner_udp:byte(23) - 1), string.char(inner_udp:byte(23) - 2)
	both("before a tunnel", function(p)
		local v = p.udp and p.udp.vxlan
		local e = v and v.eth
		if not e or not e.ipv4 then return end
		p.ipv4.ttl = p.ipv4.ttl - 1
		p.ipv4.src, p.udp.sport, v.vni = bpf.ip "1.2.3.4", 0x1234, 0x010203
	end, { [22] = ttl, [26] = "\1\2\3\4", [34] = "\x12\x34", [46] = "\1\2\3" })
	both("within", function(p)
		local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
		local ip = e and e.ipv4
		if not ip then return end
		ip.ttl, ip.tos, ip.id, ip.df = ip.ttl - 2, 0xab, 0x1234, not ip.df
	end, nil, { [22] = inner_ttl, [15] = "\xab", [18] = "\x12\x34", [20] = string.char(inner_udp:byte(21) ~ 0x40) })
	both("one function for both", function(p)
		local function pass(f, n)
			local ip = f.ipv4
			if ip and ip.ttl > 1 then ip.ttl = ip.ttl - n end
		end
		pass(p, 1)
		local v = p.udp and p.udp.vxlan
		if v and v.eth then pass(v.eth, 2) end
	end, { [22] = ttl }, { [22] = inner_ttl })
	both("either of them", function(p)
		local v = p.udp and p.udp.vxlan
		local ip = v and v.eth and v.vni == 7 and v.eth.ipv4 or p.ipv4
		if ip then ip.ttl = ip.ttl - 2 end
	end, nil, { [22] = inner_ttl })
	both("before a tunnel, in a loop", function(p)
		local ip = p.ipv4
		for i = 1, 3 do
			if ip and p.udp and p.udp.vxlan and p.udp.vxlan.eth then ip.dst = i == 3 and bpf.ip "9.8.7.6" or ip.src end
		end
	end, { [30] = "\9\8\7\6" })
end
local function tcp_within(p)
	local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
	local t = e and e.ipv4 and e.ipv4.tcp
	if t then t.dport, t.seq, t.psh = 0xbeef, t.seq + 0x1234567, not t.psh end
end
local echo_at = { ipv4 = 14, icmp = 34, kind = "icmp" }
local inner_echo = sums.with_sums(eth(0x0800, ipv4(1, made.icmp(DATA))), echo_at)
local function icmp_within(p)
	local e = p.udp and p.udp.vxlan and p.udp.vxlan.eth
	local icmp = e and e.ipv4 and e.ipv4.icmp
	if icmp then icmp.type, icmp.seq = 0, icmp.seq + 1 end
end
local direct, problems = programs(icmp_within, "xdp"), {}
run(problems, "ICMP within", direct, within(inner_echo), within(sums.with_sums(sums.splice(sums.splice(inner_echo, 34, "\0"),
	40, (">I2"):pack(1 + (">I2"):unpack(inner_echo, 41))), echo_at)).bytes)
lang.check("ICMP within", problems)
direct, problems = programs(tcp_within, "xdp"), {}
run(problems, "TCP within", direct, within(inner_tcp), within(sums.with_sums(sums.splice(sums.splice(sums.splice(inner_tcp, 36, "\xbe\xef"),
	38, (">I4"):pack(0x1234567 + (">I4"):unpack(inner_tcp, 39))), 47, string.char(inner_tcp:byte(48) ~ 8)), inner_at)).bytes)
lang.check("TCP within", problems)
lang.done()

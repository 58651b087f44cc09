-- Writing packets: every field that can be assigned, with its checksums, in the kernel by both ways of
-- reaching bytes and as a twin. What must come out of good frames is made here anew: the field's bits
-- by the RFC's picture of the header, the checksums summed over the whole packet.
local lang = dofile "tests/lang/harness.lua"
local made = dofile "tests/lang/lib_frames.lua"
local sums = dofile "tests/lang/lib_sums.lua"
local splice, with_sums = sums.splice, sums.with_sums

local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

-- ---- good frames ----

local DATA = "the quick brown fox" -- of odd length
local good = {}
local function add(name, bytes, at)
	at.eth = 0
	at.ip = at.ipv4 or at.ipv6
	good[#good + 1] = { name = name, at = at, bytes = with_sums(bytes, at) }
end
local eth, ipv4, ipv6 = made.eth, made.ipv4, made.ipv6
add("tcp", eth(0x0800, ipv4(6, made.tcp(0x12, DATA))), { ipv4 = 14, tcp = 34, kind = "tcp" })
add("tcp with options", eth(0x0800, ipv4(6, made.tcp(0xa5, DATA, ("\1"):rep(8)), { options = ("\1"):rep(12) }))
	.. ("\0"):rep(7), { ipv4 = 14, tcp = 46, kind = "tcp" })
add("udp", eth(0x0800, ipv4(17, made.udp(DATA))), { ipv4 = 14, udp = 34, kind = "udp" })
add("udp without a checksum", eth(0x0800, ipv4(17, (made.udp(DATA):gsub("\x5a\xa5", "\0\0", 1)))),
	{ ipv4 = 14, udp = 34, kind = "udp" })
add("icmp", eth(0x0800, ipv4(1, made.icmp(DATA))), { ipv4 = 14, icmp = 34, kind = "icmp" })
add("tagged udp", made.vlan(0x7123, 0x0800, ipv4(17, made.udp(DATA))),
	{ vlan = 14, ipv4 = 18, udp = 38, kind = "udp" })
add("tcp6", eth(0x86dd, ipv6(6, made.tcp(0x18, DATA))), { ipv6 = 14, tcp = 54, kind = "tcp" })
add("udp6", eth(0x86dd, ipv6(17, made.udp(DATA))), { ipv6 = 14, udp = 54, kind = "udp" })
add("icmp6", eth(0x86dd, ipv6(58, made.icmp(DATA))), { ipv6 = 14, icmp6 = 54, kind = "icmp6" })
add("udp6 behind extension headers", eth(0x86dd, ipv6(0, "\x3c\0\1\4\0\0\0\0" .. "\x11\1\1\4" .. ("\0"):rep(12)
	.. made.udp(DATA))), { ipv6 = 14, udp = 78, kind = "udp" })
add("arp", made.frames.arp, { arp = 14 })
add("a first fragment", eth(0x0800, ipv4(17, made.udp(DATA), { frag = 0x2000 })),
	{ ipv4 = 14, udp = 34, kind = "udp" })
add("a later fragment", eth(0x0800, ipv4(17, made.udp(DATA), { frag = 0x2003 })), { ipv4 = 14 })

-- ---- fields: where they are ----

local u = function(bit, width, raw) return { kind = "u" .. width, bit = bit, width = width, raw = raw } end
local flag = function(bit) return { kind = "bool", bit = bit, width = 1 } end
local addr = function(kind, bit) return { kind = kind, bit = bit, width = kind == "ip4" and 32 or kind == "mac" and 48 or 128 } end

local FIELDS = {
	eth = { dst = addr("mac", 0), src = addr("mac", 48), type = u(96, 16) },
	vlan = { pcp = u(0, 3), dei = flag(3), id = u(4, 12), type = u(16, 16) },
	arp = { op = u(48, 16), sha = addr("mac", 64), spa = addr("ip4", 112), tha = addr("mac", 144), tpa = addr("ip4", 192) },
	ipv4 = { tos = u(8, 8), id = u(32, 16), df = flag(49), mf = flag(50), frag_off = u(51, 13), ttl = u(64, 8),
		check = u(80, 16, true), src = addr("ip4", 96), dst = addr("ip4", 128) },
	ipv6 = { tclass = u(4, 8), flow = u(12, 20), hop_limit = u(56, 8), src = addr("ip6", 64), dst = addr("ip6", 192) },
	tcp = { sport = u(0, 16), dport = u(16, 16), seq = u(32, 32), ack_seq = u(64, 32), cwr = flag(104), ece = flag(105),
		urg = flag(106), ack = flag(107), psh = flag(108), rst = flag(109), syn = flag(110), fin = flag(111),
		window = u(112, 16), check = u(128, 16, true), urg_ptr = u(144, 16) },
	udp = { sport = u(0, 16), dport = u(16, 16), check = u(48, 16, true) },
	icmp = { type = u(0, 8), code = u(8, 8), check = u(16, 16, true), id = u(32, 16), seq = u(48, 16) },
}
FIELDS.icmp6 = FIELDS.icmp

local VALUES = {
	bool = { true, false },
	ip4 = { bpf.ip "0.0.0.0", bpf.ip "255.255.255.255", bpf.ip "10.0.0.2", bpf.ip "192.168.1.23" },
	ip6 = { bpf.ip "::", bpf.ip "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", bpf.ip "2001:db8::2", bpf.ip "fe80::1:2:3:4" },
	mac = { bpf.mac "00:00:00:00:00:00", bpf.mac "ff:ff:ff:ff:ff:ff", bpf.mac "02:03:04:05:06:07" },
}
for width = 3, 32 do
	local all = (1 << width) - 1
	VALUES["u" .. width] = { 0, 1, all, all - 1, all // 3, 1 << width - 1, all + 1, -1, math.mininteger }
end

local function bits_of(kind, v)
	local t = {}
	local n = kind == "ip4" and 4 or kind == "mac" and 6 or 16
	for i = 1, n do t[i] = string.char(v:byte(i)) end
	return table.concat(t)
end

-- The frame with the field's bits as v, or nil and the error.
local function changed(frame, f, off, name, v)
	if f.kind == "ip4" or f.kind == "ip6" or f.kind == "mac" then
		return splice(frame, off + f.bit // 8, bits_of(f.kind, v))
	end
	local n = v == true and 1 or v == false and 0 or v
	if n < 0 or n >> f.width ~= 0 then return nil, ("value does not fit %s (field '%s')"):format(f.kind, name) end
	local first, last = off + f.bit // 8, off + (f.bit + f.width - 1) // 8
	local shift = (last + 1 - off) * 8 - f.bit - f.width
	local old = (">I" .. last + 1 - first):unpack(frame, first + 1)
	local new = old & ~((1 << f.width) - 1 << shift) | n << shift
	return splice(frame, first, (">I" .. last + 1 - first):pack(new))
end

-- ---- running ----

local args = {}
for _, kind in ipairs { "i64", "ip4", "ip6", "mac" } do
	args[kind] = bpf.map { "array", name = "arg_" .. kind, key = "u32", value = kind, entries = 2 }
end
args.bool = bpf.map { "array", name = "arg_bool", key = "u32", value = "bool", entries = 2 }
local function arg_of(kind) return args[kind] or args.i64 end

-- The ways to run f: as a twin, and in the kernel; on tc too, but for the type of a frame.
local function programs(f, not_tc)
	local function program(hook, copy)
		local options = { name = "writes", check = true, on_error = bpf.DROP, copy = copy }
		return lang.program(copy and "by copy" or hook, hook, options, f)
	end
	local ways = {}
	local function way(what, run, prog, hook) if prog then ways[#ways + 1] = { what, prog[run], prog, hook } end end
	local direct = program "xdp"
	way("twin", "twin", direct, "xdp")
	way("kernel", "test", direct, "xdp")
	way("copy", "test", program("xdp", true), "xdp")
	if not not_tc then way("tc", "test", program "tc", "tc") end
	return ways
end

local function plain(message) return message and message:gsub("^[^\n]-:%d+: ", "") end

-- Runs f all ways on a frame; `want` and `err`, where known, must come out of all of them; `before` and
-- `after` a run may set and show more.
local function run(problems, what, ways, frame, want, err, before, after)
	local seen
	for _, way in ipairs(ways) do
		if not lang.runs(frame, way[4]) then goto next end
		if before then before() end
		local verdict, bytes, _, message = way[2](way[3], frame)
		local got = ("%s %s %s %s"):format(hex(bytes), plain(message) or "no error", tostring(verdict),
			after and after() or "")
		if want and (bytes ~= want or plain(message) ~= err) then
			problems[#problems + 1] = ("%s: on %s wanted %s %s, %s has %s"):format(what, hex(frame), hex(want),
				err or "", way[1], got)
		elseif seen and seen ~= got then
			problems[#problems + 1] = ("%s: on %s twin %s, %s %s"):format(what, hex(frame), seen, way[1], got)
		end
		seen = seen or got
		::next::
	end
end

-- p.VIEW.FIELD = the argument
local function assigner(view, name, kind)
	local text = ("local arg = ... return function(p) local h = p.%s if h then h.%s = arg[0] end end"):format(view, name)
	return load(text, "=assign")(arg_of(kind))
end

local function sorted(t)
	local names = {}
	for name in pairs(t) do names[#names + 1] = name end
	table.sort(names)
	return names
end

-- ---- every field of every header, on every good frame ----

local hostile = made.inputs
local function each_field(view, name, f, fields_of)
	local problems, tried = {}, 0
	local ways = programs(assigner(view, name, f.kind), name == "type" and view == "eth")
	local arg = arg_of(f.kind)
	for _, v in ipairs(VALUES[f.kind]) do
		arg[0] = v
		for _, frame in ipairs(good) do
			local off = frame.at[view]
			local own = off and (not fields_of or frame.at[fields_of])
			local want, err = frame.bytes, nil
			if own then
				want, err = changed(frame.bytes, f, off, name, v)
				if want and not f.raw then want = with_sums(want, frame.at) end
				want = want or frame.bytes
				tried = tried + 1
			elseif off then
				goto next -- ip.src and the like, of the other version
			end
			run(problems, ("%s.%s = %s on %s"):format(view, name, tostring(v), frame.name), ways, frame.bytes, want, err)
			::next::
		end
	end
	if tried == 0 then problems[1] = "no frame has this field" end
	for i = 1, #hostile, 7 do -- the value is the last one; what comes out is known to the twin alone
		run(problems, view .. "." .. name, ways, hostile[i])
	end
	lang.check(("%s.%s"):format(view, name), problems)
end

for _, view in ipairs(sorted(FIELDS)) do
	for _, name in ipairs(sorted(FIELDS[view])) do each_field(view, name, FIELDS[view][name]) end
end
each_field("ip", "ttl", FIELDS.ipv4.ttl, "ipv4")
each_field("ip", "ttl", FIELDS.ipv6.hop_limit, "ipv6")
for _, name in ipairs { "src", "dst" } do
	each_field("ip", name, FIELDS.ipv4[name], "ipv4")
	each_field("ip", name, FIELDS.ipv6[name], "ipv6")
end

-- ---- one thing after another: what was written is what is read, by whatever name ----

local st = bpf.state { a = "i64", b = "i64", c = "i64" }
local none = bpf.map { "hash", name = "none", key = "u32", value = "i64", entries = 2 }
local v6 = bpf.map { "hash", name = "v6", key = "u32", value = "ip6", entries = 2 }
v6[0] = bpf.ip "2001:db8::9"
local arg = args.i64

local function clear() st.a, st.b, st.c = -1, -1, -1 end
local function left() return ("%d %d %d"):format(st.a, st.b, st.c) end

-- On every good frame, and some hostile ones; `want` gives what a good one must become.
local function steps(name, f, values, want, not_tc)
	local problems, ways = {}, programs(f, not_tc)
	for _, v in ipairs(values or { 0 }) do
		arg[0] = v
		for _, frame in ipairs(good) do
			run(problems, frame.name, ways, frame.bytes, want and want(frame, v), nil, clear, left)
		end
		for i = 3, #hostile, 11 do run(problems, tostring(v), ways, hostile[i], nil, nil, clear, left) end
	end
	lang.check(name, problems)
end

local function swapped(s, a, b, n)
	local x, y = s:sub(a + 1, a + n), s:sub(b + 1, b + n)
	return splice(splice(s, a, y), b, x)
end

steps("addresses and ports swapped", function(p)
	local eth, ip = p.eth, p.ip
	eth.src, eth.dst = eth.dst, eth.src
	if not ip then return end
	ip.src, ip.dst = ip.dst, ip.src
	local l4 = p.tcp or p.udp
	if l4 then l4.sport, l4.dport = l4.dport, l4.sport end
end, nil, function(frame)
	local s, at = swapped(frame.bytes, 0, 6, 6), frame.at
	if at.ipv4 then s = swapped(s, at.ipv4 + 12, at.ipv4 + 16, 4) end
	if at.ipv6 then s = swapped(s, at.ipv6 + 8, at.ipv6 + 24, 16) end
	local l4 = at.tcp or at.udp
	return l4 and swapped(s, l4, l4 + 2, 2) or s
end)

steps("written, then read", function(p)
	local ip = p.ipv4
	if not ip then return end
	ip.ttl = arg[0]
	st.a, st.b, st.c = ip.ttl, ip:u16(8), p.ip.ttl
end, { 0, 7, 255, 256 })

steps("read, written, read", function(p)
	local ip = p.ipv4
	if not ip then return end
	local before = ip:u8(8)
	ip.ttl = before ~ 0xff
	st.a, st.b, st.c = before, ip:u8(8), ip.check
	ip.ttl = before
end)

steps("written on one way", function(p)
	local ip = p.ip
	if not ip then return end
	st.a = ip.ttl
	if p.len % 2 == 0 then ip.ttl = 1 end
	st.b = ip.ttl
end)

steps("written in a loop", function(p)
	local ip = p.ip
	if not ip then return end
	for _ = 1, 3 do ip.ttl = ip.ttl - 1 end
	st.a = ip.ttl
end, nil, function(frame)
	local at = frame.at
	if not at.ip then return frame.bytes end
	local ttl = at.ip + (at.ipv4 and 8 or 7)
	return with_sums(splice(frame.bytes, ttl, string.char(frame.bytes:byte(ttl + 1) - 3)), at)
end)

steps("bytes in a loop", function(p)
	local sum, inside = 0, 0
	for i = 0, 90 do
		local byte = p:u8(i + 14)
		if byte and p:set_u8(i + 14, (byte + i) & 0xff) then inside = inside + 1 end
		sum = sum + (p:u8(i + 14) or 0)
	end
	st.a, st.b = sum, inside
end)

steps("looked up again where the way has changed", function(p)
	local u, ip = p.udp, p.ipv4
	if not u or not ip then return end
	ip.frag_off = arg[0]
	st.a, st.b = u.dport, p.udp and 1 or 0
	p.eth.type = 0x1234
	st.c = p.ipv4 and 1 or p.vlan and 2 or 0
	u.dport = 4711
end, { 0, 1, 8191 }, nil, true)

steps("a header's length changed", function(p)
	local ip = p.ipv4
	if not ip then return end
	local u = ip.udp
	ip:set_u8(0, arg[0])
	st.a, st.b = #ip, ip.udp and ip.udp.sport or -2
	st.c = #ip.payload
	if u then u.sport = 7 end
	ip.dst = ip.src
end, { 0x45, 0x46, 0x4f, 0x41, 0x00, 0xff })

steps("an IP version changed", function(p)
	local ip = p.ip
	if not ip then return end
	local l4 = ip.udp or ip.tcp
	ip:set_u8(0, 0x65)
	st.a, st.b = ip.version, p.ip and 1 or 0
	ip.ttl = 9
	st.c = ip.udp and 1 or ip.tcp and 2 or ip.icmp and 3 or #ip
	if l4 then l4.sport = 9 end
end)

steps("several views of one variable", function(p)
	local h = p.tcp or p.udp or p.icmp
	if h then h.check = arg[0] end
	local l4 = p.udp or p.tcp
	if l4 then l4.dport = 8080 end
end, { 0, 0xffff, 0x10000 })

local OFFSETS = { -1, 0, 1, 2, 3, 4, 5, 7, 8, 12, 13, 14, 18, 19, 20, 24, 33, 34, 40, 41, 60, 65533, 65535, 65536,
	math.mininteger, math.maxinteger }
for _, size in ipairs { 8, 16, 32, 64 } do
	for _, view in ipairs { "p", "p.ip", "p.udp", "p.payload", "p.eth" } do
		local value = ("0x0123456789abcdef & %d"):format(size == 64 and -1 or (1 << size) - 1)
		local text = ([[local arg, st = ... return function(p)
			local v = %s
			if not v then return end
			st.a = v:set_u%d(arg[0], %s) and 1 or 0
			st.b = v:u%d(arg[0]) or -3
		end]]):format(view, size, value, size)
		steps(("%s:set_u%d"):format(view, size), load(text, "=raw")(arg, st), OFFSETS)
	end
end

steps("bytes at constant offsets", function(p)
	local ip = p.ipv4
	if not ip then return end
	st.a = ip:set_u32(8, 0x40060000) and 1 or 0
	st.b = ip:set_u32(17, 1) and 1 or 0
	st.c = ip:u64(12) or -3
end)

-- ---- errors ----

local where = "attempt to index a nil value (field 'ipv4')"
local function fails(name, f, frame, message)
	local problems = {}
	for _, way in ipairs(programs(f, frame.at.vlan)) do
		local _, _, _, got = way[2](way[3], frame.bytes)
		if plain(got) ~= message then problems[#problems + 1] = ("%s: %s, wanted %s"):format(way[1], got, message) end
	end
	lang.check(name, problems)
end
local function frame_of(name)
	for _, frame in ipairs(good) do
		if frame.name == name then return frame end
	end
end

fails("a header that is not there", function(p) p.ipv4.ttl = 1 end, frame_of "arp", where)
fails("nil, at run time", function(p) p.ipv4.ttl = none[1] end, frame_of "tcp", "bad field 'ttl' (u8 expected, got nil)")
fails("a boolean, at run time", function(p)
	p.tcp.dport = p.len > 60 and true or 1
end, frame_of "tcp", "bad field 'dport' (u16 expected, got boolean)")
fails("an address of the other version, at run time", function(p) p.ip.src = v6[0] or p.ipv4.dst end, frame_of "tcp",
	"bad field 'src' (ip4 expected, got ip6)")
fails("no address, at run time", function(p) p.ipv6.src = v6[1] end, frame_of "tcp6",
	"bad field 'src' (ip6 expected, got nil)")
fails("a flag that is a number, at run time", function(p)
	p.tcp.syn = p.len > 60 and 1 or true
end, frame_of "tcp", "bad field 'syn' (bool expected, got number)")
fails("3 bits", function(p) p.vlan.pcp = p.vlan.id end, frame_of "tagged udp", "value does not fit u3 (field 'pcp')")
fails("20 bits", function(p) p.ipv6.flow = p.ipv6.flow + 0xfffff end, frame_of "tcp6", "value does not fit u20 (field 'flow')")
fails("bytes that do not fit", function(p) p:set_u16(0, p.len << 16) end, frame_of "tcp",
	"bad argument #2 to 'set_u16' (value does not fit u16)")
fails("bytes of nil", function(p) p:set_u16(0, none[1]) end, frame_of "tcp",
	"bad argument #2 to 'set_u16' (number expected, got nil)")

-- ---- a UDP checksum that comes out as 0 is 0xffff, and stays right after that ----

for _, name in ipairs { "udp", "udp6", "tagged udp" } do
	local problems, frame = {}, frame_of(name)
	local l4 = frame.at.udp
	local sport, check = (">I2"):unpack(frame.bytes, l4 + 1), (">I2"):unpack(frame.bytes, l4 + 7)
	local n = sport + check
	arg[0] = n > 0xffff and n - 0xffff or n
	local function once(p) p.udp.sport = arg[0] end
	local function twice(p)
		p.udp.sport = arg[0]
		p.udp.dport = p.udp.dport ~ 1
	end
	local want = with_sums(splice(frame.bytes, l4, (">I2"):pack(arg[0])), frame.at)
	if want:sub(l4 + 7, l4 + 8) ~= "\xff\xff" then problems[1] = "the test is wrong: " .. hex(want) end
	run(problems, "once", programs(once), frame.bytes, want)
	local dport = (">I2"):unpack(frame.bytes, l4 + 3)
	run(problems, "twice", programs(twice), frame.bytes, with_sums(splice(want, l4 + 2, (">I2"):pack(dport ~ 1)), frame.at))
	lang.check("a checksum of 0xffff: " .. name, problems)
end

do -- 0xffff (of the checksum 0) + 0xffff (of the old 0) + 1 (256, byte by byte): folded once, it does not fit yet
	local problems, before = {}, splice(splice(made.frames.udp, 18, "\0\0"), 24, "\0\0")
	local f = function(p) if p.ipv4 then p.ipv4.id = 256 end end
	run(problems, "id", programs(f), before, splice(splice(before, 18, "\1\0"), 24, "\xfe\xff"))
	lang.check("a sum that carries twice", problems)
end

lang.done()

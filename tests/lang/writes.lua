-- Writing packets: every field that can be assigned, with its checksums, in the kernel by both ways of
-- reaching bytes and as a twin. What must come out of good frames is made here anew: the field's bits
-- by the RFC's picture of the header, the checksums summed over the whole packet.
local lang = dofile "tests/lang/harness.lua"
local made = dofile "tests/lang/lib_frames.lua"
local sums = dofile "tests/lang/lib_sums.lua"
local splice, with_sums = sums.splice, sums.with_sums

local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

local fields = dofile "tests/lang/lib_fields.lua"
local good, FIELDS, VALUES, changed = fields.good, fields.FIELDS, fields.VALUES, fields.changed

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
	for i, v in ipairs(VALUES[f.kind]) do
		arg[0] = v
		for j, frame in ipairs(good) do
			if lang.every > 1 and (i + j) % 2 == 0 then goto next end
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
	for i = 1, #hostile, lang.every > 1 and 28 or 7 do -- the value is the last one; what comes out is known to the twin alone
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
	local part = lang.every > 1 and values and #values > 1 and 2 or 1
	for i, v in ipairs(values or { 0 }) do
		arg[0] = v
		for j, frame in ipairs(good) do
			if (i + j) % part == 0 then run(problems, frame.name, ways, frame.bytes, want and want(frame, v), nil, clear, left) end
		end
		for i = 3, #hostile, 11 * part * part do run(problems, tostring(v), ways, hostile[i], nil, nil, clear, left) end
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

-- Packets whose ends are moved, and copies of them: kernel against twin, and what the bytes must be.
local lang = dofile "tests/lang/harness.lua"
local made = dofile "tests/lang/lib_frames.lua"

local st = bpf.state { a = "i64", b = "i64", c = "i64" }
local arg = bpf.map { "array", name = "arg", key = "u32", value = "i64", entries = 1 }
local seen = bpf.map { "hash", name = "seen", key = "char[32]", value = "u32", entries = 8 }
local function texts()
	local t = {}
	for text in pairs(seen) do t[#t + 1] = text end
	return table.concat(t, " ")
end
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

local frames = { made.frames.udp, made.frames.tcp6, made.frames.other, made.frames.vlan }

-- want(frame, v): the bytes it becomes, or nil and the error that ends it.
local function case(name, hooks, f, want, values)
	for _, hook in ipairs(hooks) do
		local problems = {}
		local prog = lang.program(hook .. ": " .. name, hook, { on_error = bpf.DROP, check = true, name = "moves" }, f)
		if not prog then goto next end
		for _, v in ipairs(values or { 0 }) do
			for _, frame in ipairs(frames) do
				local said = {}
				for i, run in ipairs { prog.test, prog.twin } do
					arg[0], st.a, st.b, st.c = v, -1, -1, -1
					seen:clear()
					local verdict, bytes, _, message = run(prog, frame)
					message = message and message:gsub("^[^\n]-:%d+: ", ""):gsub(" %(%a+ '%a+'%)$", "")
					local wanted, err = want(frame, v)
					if message ~= err or (wanted and bytes ~= wanted) or (verdict == bpf.DROP) ~= (err ~= nil) then
						problems[#problems + 1] = ("%d: wanted %s %s, %s has %s %s"):format(v, wanted and hex(wanted), err,
							i == 1 and "kernel" or "twin", hex(bytes), message)
					end
					said[i] = ("%d %d %d %s"):format(st.a, st.b, st.c, texts())
				end
				if said[1] ~= said[2] then
					problems[#problems + 1] = ("%d on %d bytes: kernel %s, twin %s"):format(v, #frame, said[1], said[2])
				end
			end
		end
		lang.check(hook .. ": " .. name, problems)
		::next::
	end
end

local XDP, BOTH = { "xdp" }, { "xdp", "tc" }
local function no_room(what) return ("there is no room for the packet to be moved so far ('%s')"):format(what) end

case("a tail cut off", BOTH, function(pkt)
	local before = pkt.len
	pkt:adjust_tail(arg[0])
	st.a, st.b, st.c = before, pkt.len, #pkt
end, function(frame, v)
	if #frame + v < 14 then return nil, no_room "adjust_tail" end
	return frame:sub(1, #frame + v)
end, { 0, -1, -5, -19, -1000 })
case("a tail put on", BOTH, function(pkt)
	pkt:adjust_tail(arg[0])
	st.a, st.b, st.c = pkt.len, pkt:u8(pkt.len - 1), pkt:u8(pkt.len) or -2
end, function(frame, v) return frame .. ("\0"):rep(v) end, { 1, 2, 64, 1000 })
case("a length that is told", BOTH, function(pkt)
	pkt:adjust_tail(64 - pkt.len)
	st.a = pkt.len
end, function(frame) return (frame .. ("\0"):rep(64)):sub(1, 64) end)
case("a tail much too far", BOTH, function(pkt) pkt:adjust_tail(arg[0]) end, function() return nil, no_room "adjust_tail" end,
	{ 65536, -65536, 1 << 32, -1 << 32, (1 << 32) + 1, math.mininteger, math.maxinteger, -65535 })
for hook, most in pairs { xdp = 3520, tc = 16064 } do
	case("a tail as far as it goes", { hook }, function(pkt) pkt:adjust_tail(arg[0] - pkt.len) end, function(frame, n)
		if n > most then return nil, no_room "adjust_tail" end
		return frame .. ("\0"):rep(n - #frame)
	end, { most - 1, most, most + 1 })
end
case("a head cut off", XDP, function(pkt)
	pkt:adjust_head(4)
	st.a, st.b = pkt.len, pkt:u32(0)
end, function(frame) return frame:sub(5) end)
case("a head put on", XDP, function(pkt)
	local first = pkt:u64(0)
	pkt:adjust_head(-13)
	st.a, st.b, st.c = pkt.len, pkt:u64(13) - first, pkt:u64(0)
end, function(frame) return ("\0"):rep(13) .. frame end)
case("a head cut off and put on again", XDP, function(pkt)
	pkt:adjust_head(11)
	pkt:adjust_head(-11)
	st.a, st.b = pkt.len, pkt:u64(3)
end, function(frame) return ("\0"):rep(11) .. frame:sub(12) end)
case("a head much too far", XDP, function(pkt) pkt:adjust_head(-5000) end, function() return nil, no_room "adjust_head" end)
case("all of it cut off", XDP, function(pkt) pkt:adjust_head(2000) end, function() return nil, no_room "adjust_head" end)
case("a head by what is not known", XDP, function(pkt)
	pkt:adjust_head(arg[0])
	st.a, st.b, st.c = pkt.len, pkt:u32(0), pkt:u8(13)
end, function(frame, v)
	if v < -216 or #frame - v < 14 then return nil, no_room "adjust_head" end
	return ("\0"):rep(-v) .. frame:sub(v > 0 and v + 1 or 1)
end, { 0, 1, 4, 19, 1000, -1, -7, -8, -9, -63, -64, -65, -127, -128, -129, -192, -193, -215, -216, -217, -5000, 1 << 32, -1 << 32,
	math.mininteger, math.maxinteger })
case("a head over what was written there", XDP, function(pkt)
	pkt:adjust_head(-216)
	for off = 0, 208, 8 do pkt:set_u64(off, -1) end
	pkt:adjust_head(216)
	pkt:adjust_head(arg[0])
end, function(frame, v) return ("\0"):rep(-v) .. frame end,
	{ -1, -7, -8, -9, -63, -64, -65, -127, -128, -129, -191, -192, -193, -215, -216 })
case("what was behind a header cut off before it", XDP, function(pkt)
	local ip = pkt.ipv4
	if not ip or pkt.vlan then return end
	pkt:adjust_head(ip.ihl * 4 - 24)
	pkt:adjust_head(12 - ((pkt:u8(18) or 0) & 15))
	st.a = pkt.len
end, function(frame)
	if frame:byte(13) << 8 | frame:byte(14) ~= 0x800 then return frame end
	frame = "\0\0\0\0" .. frame
	local by = 12 - (frame:byte(19) & 15)
	return ("\0"):rep(-by) .. frame:sub(by > 0 and by + 1 or 1)
end)
case("on one way, or the other", XDP, function(pkt)
	local ip = pkt.ip
	if ip and ip.version == 4 then
		pkt:adjust_head(-8)
	elseif ip then
		pkt:adjust_head(8)
		pkt:adjust_tail(3)
	end
	st.a, st.b = pkt.len, pkt:u16(20) or -2
end, function(frame)
	if frame == made.frames.other then return frame end
	return frame == made.frames.tcp6 and frame:sub(9) .. "\0\0\0" or ("\0"):rep(8) .. frame
end)
case("a tag taken out", XDP, function(pkt)
	local vlan = pkt.vlan
	if not vlan then return bpf.PASS end
	local dst, src = pkt.eth.dst, pkt.eth.src
	pkt:adjust_head(4)
	local eth = pkt.eth
	eth.dst, eth.src = dst, src
	st.a, st.b = pkt.udp and pkt.udp.dport or -2, pkt.vlan and 1 or 0
end, function(frame) return frame == made.frames.vlan and frame:sub(1, 12) .. frame:sub(17) or frame end)
case("a tag put in", XDP, function(pkt)
	local dst, src = pkt.eth.dst, pkt.eth.src
	pkt:adjust_head(-4)
	pkt.eth.dst, pkt.eth.src, pkt.eth.type = dst, src, 0x8100
	local vlan = pkt.vlan
	vlan.id = 77
	st.a, st.b, st.c = vlan.type, vlan.id, pkt.ip and pkt.ip.ttl or -2
end, function(frame) return frame:sub(1, 12) .. "\x81\0\0\x4d" .. frame:sub(13) end)
case("in a loop", BOTH, function(pkt)
	for i = 1, arg[0] do
		pkt:adjust_tail(i)
		pkt:set_u8(pkt.len - 1, i)
	end
	st.a = pkt.len
end, function(frame, v)
	for i = 1, v do frame = frame .. ("\0"):rep(i - 1) .. string.char(i) end
	return frame
end, { 0, 1, 2, 9 })
case("caught", BOTH, function(pkt)
	local good, message = pcall(function() pkt:adjust_tail(arg[0]) return pkt.len end)
	st.a, st.b = good and 1 or 0, pkt.len
end, function(frame, v) return frame:sub(1, #frame + (v == -1 and -1 or 0)) end, { -1, -5000, 0 })
case("from an inner function", BOTH, function(pkt)
	local function cut(p, n) p:adjust_tail(-n) return p.len end
	st.a, st.b = cut(pkt, 1), cut(pkt, 2)
	st.c = pkt.len
end, function(frame) return frame:sub(1, -4) end)
-- short strings stay what they were; headers are looked up again
case("what was read before", BOTH, function(pkt)
	local word, ttl = pkt.payload:sub(1, 9), pkt.ip and pkt.ip.ttl or -3
	pkt:adjust_tail(-10)
	seen[word] = 1
	st.a, st.b, st.c = ttl, pkt.ip and pkt.ip.ttl or -3, #pkt.payload
end, function(frame) return frame:sub(1, -11) end)
case("a header that is gone with it", BOTH, function(pkt)
	local udp = pkt.udp
	local port = udp and udp.dport
	pkt:adjust_tail(20 - pkt.len)
	st.a, st.b, st.c = port or -2, pkt.udp and 1 or 0, pkt.ip and 1 or 0
end, function(frame) return frame:sub(1, 20) end)
case("what is written, and its checksums", BOTH, function(pkt)
	local ip = pkt.ipv4
	if not ip then return end
	ip.ttl = 9
	pkt:adjust_tail(2)
	ip = pkt.ipv4
	if ip then
		ip.ttl = 10
		ip.src = ip.dst
		ip.src = bpf.ip "192.168.1.23"
		st.a, st.b = ip.check, pkt.udp and pkt.udp.check or -2
		ip.ttl = 64
	end
end, function() end) -- what comes out, tests/lang/writes knows

case("a copy", { "tc" }, function(pkt)
	local ip = pkt.ip
	st.a, st.b = pkt:clone "lo" and 1 or 0, pkt:clone(arg[0]) and 1 or 0
	st.c = ip and ip.ttl or -2
end, function(frame) return frame end, { 0, 0x7fffffff })
case("a copy in", { "tc" }, function(pkt)
	local sent = false
	for i = 1, arg[0] do sent = pkt:clone("lo", "ingress") end
	st.a = sent and 1 or 0
end, function(frame) return frame end, { 0, 2 })
case("a copy to no number", { "tc" }, function(pkt) st.a = pkt:clone(-arg[0]) and 1 or 0 end,
	function() return nil, "bad argument #1 to 'clone' (value does not fit u32)" end, { 1, 1 << 32 })

-- headers from before are looked up anew
local GONE = "attempt to index a nil value"
local function cut(frame, v) return frame:sub(1, #frame + v) .. ("\0"):rep(v) end
-- What `find` finds in the frame as it was decides whether it is looked for in what it becomes; nil there raises.
local function after(find)
	return function(frame, v)
		if #frame + v < 14 then return nil, no_room "adjust_tail" end
		local to = cut(frame, v)
		if find(bpf.packet(frame)) and not find(bpf.packet(to)) then return nil, GONE end
		return to
	end
end
local function ip_of(p) return p.ip end
local function udp_of(p) return p.ip and p.ip.udp end
local tails = { 0, -1, -5, -19, -40, 7 }
for i = #frames, 1, -1 do tails[#tails + 1] = 20 - #frames[i] end

case("a header from before", BOTH, function(pkt)
	local ip = pkt.ip
	pkt:adjust_tail(arg[0])
	if ip then st.a, st.b, st.c = ip.ttl, ip.proto, #ip.payload end
end, after(ip_of), tails)
case("one found in another", BOTH, function(pkt)
	local ip = pkt.ip
	local udp = ip and ip.udp
	pkt:adjust_tail(arg[0])
	if udp then st.a, st.b = udp.dport, #udp.payload end
end, after(udp_of), tails)
case("moved on one way", BOTH, function(pkt)
	local ip = pkt.ip
	if not ip then return end
	local before = ip.ttl
	if arg[0] ~= 0 then pkt:adjust_tail(arg[0]) end
	st.a, st.b = before, ip.ttl
end, function(frame, v)
	if not ip_of(bpf.packet(frame)) then return frame end -- not moved
	return after(ip_of)(frame, v)
end, { 0, -1, -5, -19 })
case("whether it was there, and what it is", BOTH, function(pkt)
	local ip = pkt.ip
	pkt:adjust_tail(20 - pkt.len)
	st.a = (ip and 1 or 0) + (ip ~= nil and 10 or 20)
	local ok, ttl = pcall(function() return ip.ttl end)
	st.b, st.c = ok and 1 or 0, ok and ttl or -2
end, function(frame) return frame:sub(1, 20) end)
case("in a loop", BOTH, function(pkt)
	local ip, n = pkt.ip, 0
	if not ip then return end
	for i = 1, arg[0] do
		n = n * 3 + ip.ttl + #pkt
		pkt:adjust_tail(-1)
	end
	st.a, st.b = n, ip.ttl
end, function(frame, v) return ip_of(bpf.packet(frame)) and cut(frame, -v) or frame end, { 0, 1, 5 })
case("bytes of a payload", BOTH, function(pkt)
	local rest = pkt.payload
	pkt:adjust_tail(3)
	st.a, st.b, st.c = #rest, rest:byte(1) or -2, rest:u8(#rest - 1) or -2
	rest:set_u8(0, 7)
end, function() end) -- where it begins, tests/lang/packet knows
case("written, and its checksums", BOTH, function(pkt)
	local ip = pkt.ipv4
	if not ip then return end
	pkt:adjust_tail(2)
	ip.ttl = 10
	ip.src = bpf.ip "192.168.1.23"
	st.a, st.b = ip.check, ip.udp and ip.udp.check or -2
end, function() end) -- what comes out, tests/lang/writes knows
case("behind a head that was taken off", XDP, function(pkt)
	local eth, ip = pkt.eth, pkt.ipv4
	pkt:adjust_head(4)
	st.a, st.b = eth.type, ip and 1 or 0
	if ip then st.c = ip.ttl end
end, function(frame)
	local to = frame:sub(5)
	if bpf.packet(frame).ipv4 and not bpf.packet(to).ipv4 then return nil, GONE end
	return to
end)
case("and put on again", XDP, function(pkt)
	local eth, all = pkt.eth, pkt:u32(0)
	pkt:adjust_head(4)
	pkt:adjust_head(-4)
	pkt:set_u32(0, all)
	st.a, st.b = eth.type, eth.dst:int()
end, function(frame) return frame end)
case("by inner functions", BOTH, function(pkt)
	local function shorten(p, n) p:adjust_tail(-n) return p.len end
	local ip = pkt.ip
	local a, b = shorten(pkt, 1), shorten(pkt, 2)
	if ip then st.a, st.b, st.c = a, b, ip.ttl end
end, function(frame) return frame:sub(1, -4) end)
case("caught, and moved far inside", BOTH, function(pkt)
	local function c() pkt:adjust_tail(20 - pkt.len) return 1 end
	local function b() return c() + 1 end
	local function a() return b() + 1 end
	local ip = pkt.ip
	if not ip then return end
	st.a = a()
	local ok, ttl = pcall(function() return ip.ttl end)
	st.b, st.c = ok and 1 or 0, ok and ttl or -2
end, function(frame) return ip_of(bpf.packet(frame)) and frame:sub(1, 20) or frame end)
-- one of several: each is looked up by its own names
local function l4_of(p) return p.tcp or p.udp end
case("one of two headers", BOTH, function(pkt)
	local one = pkt.tcp or pkt.udp
	pkt:adjust_tail(arg[0])
	if one then st.a, st.b = one.dport, #one.payload end
end, after(l4_of), tails)
case("one of two headers, caught", BOTH, function(pkt)
	local one = pkt.tcp or pkt.udp or pkt.ip
	pkt:adjust_tail(20 - pkt.len)
	local ok, n = pcall(function() return #one.payload end)
	st.a, st.b, st.c = ok and 1 or 0, ok and n or -2, one and 1 or 0
end, function(frame) return frame:sub(1, 20) end)
case("handed on", BOTH, function(pkt)
	local ip, udp = pkt.ip, pkt.udp
	pkt:adjust_tail(arg[0])
	local one = arg[0] == -1 and udp or ip
	if one then st.a = #one.payload end
end, function(frame, v)
	return after(v == -1 and function(p) return p.udp or p.ip end or ip_of)(frame, v)
end, tails)
case("one of two headers, moved twice", BOTH, function(pkt)
	local one = pkt.udp or pkt.tcp
	pkt:adjust_tail(arg[0])
	pkt:adjust_tail(-arg[0])
	if one then st.a = one.sport end
end, function(frame, v)
	if #frame + v < 14 then return nil, no_room "adjust_tail" end
	local to = cut(cut(frame, v), -v)
	if l4_of(bpf.packet(frame)) and not l4_of(bpf.packet(to)) then return nil, GONE end
	return to
end, { 0, -1, -5, 3 })
case("one of two headers, set by a loop", BOTH, function(pkt)
	local one = pkt.tcp
	for i = 1, 3 do
		if i > 1 and not one then one = pkt.udp end
	end
	pkt:adjust_tail(arg[0])
	if one then st.a, st.b = one.dport, #one.payload end
end, after(l4_of), { 0, -1, -5, -40, 7 })
case("one of two headers, set and moved by a loop", BOTH, function(pkt)
	local one, n = pkt.ip, 0
	if not one then return end
	for i = 1, arg[0] do
		pkt:adjust_tail(-1)
		one = i % 2 == 0 and pkt.ip or pkt.eth
		pkt:adjust_tail(-1)
		n = n * 7 + #one
	end
	st.a = n
end, function(frame, v) return ip_of(bpf.packet(frame)) and cut(frame, -2 * v) or frame end, { 0, 1, 4 })
frames[#frames + 1] = "\0\0\0\0" .. made.frames.udp
case("what was not there before", XDP, function(pkt)
	local ip = pkt.ipv4
	pkt:adjust_head(4)
	st.a, st.b = ip and 1 or 0, pkt.ipv4 and 1 or 0
	st.c = pcall(function() return ip.ttl end) and 1 or 0
end, function(frame) return frame:sub(5) end)
local hundred = {}
for i = 0, 99 do hundred[i] = i % 3 ~= 0 end
case("looked into before its kind is known", BOTH, function(pkt)
	local n = pkt:u64(33) or -7
	pkt:adjust_tail(0)
	pcall(function()
		local t = table.pack(hundred[n & 127], (pkt:sub(15, 25) .. ""):byte(n & 7))
		st.a, st.b = t[1] and 1 or 0, t[2] or 300
	end)
end, function(frame) return frame end)
lang.done()

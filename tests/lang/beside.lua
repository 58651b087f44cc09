-- What lies beside a packet: read and assigned on tc, kernel against twin, and what is known of both.
local lang = dofile "tests/lang/harness.lua"
local made = dofile "tests/lang/lib_frames.lua"

local st = bpf.state { a = "i64", b = "i64", c = "i64" }
local arg = bpf.map { "array", name = "arg", key = "u32", value = "i64", entries = 1 }
local texts = bpf.map { "hash", name = "texts", key = "char[64]", value = "u32", entries = 4 }

local function seen() return ("%d %d %d"):format(st.a, st.b, st.c) end

-- want: what st holds afterwards, or, of a value that is refused, the error; function: of the argument.
local function case(name, f, want, values)
	local problems = {}
	local prog = lang.program(name, "tc", { on_error = bpf.DROP, check = true, name = "beside" }, f)
	if not prog then return end
	for _, v in ipairs(values or { 0 }) do
		for _, frame in ipairs { made.frames.tcp, made.frames.udp6, made.frames.other } do
			local wanted = type(want) == "function" and want(v, frame) or want
			for what, run in pairs { kernel = prog.test, twin = prog.twin } do
				arg[0], st.a, st.b, st.c = v, -1, -1, -1
				texts:clear()
				local verdict, bytes, _, message = run(prog, frame)
				local got = message and message:gsub("^[^\n]-:%d+: ", "") or seen()
				if got ~= wanted or verdict ~= (message and bpf.DROP or bpf.PASS) or bytes ~= frame then
					problems[#problems + 1] = ("%d: wanted %s, %s has %s"):format(v, wanted, what, got)
				end
			end
		end
	end
	lang.check(name, problems)
end

local numbers = { 0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, -1, math.mininteger }
local function fits(name, shown)
	return function(v)
		return v >= 0 and v < 1 << 32 and shown(v) or ("value does not fit u32 (field '%s')"):format(name)
	end
end

case("as they are", function(pkt) st.a, st.b, st.c = pkt.mark, pkt.priority, pkt.ifindex end, "0 0 1")
case("a mark", function(pkt)
	local was = pkt.mark
	pkt.mark = arg[0]
	st.a, st.b, st.c = was, pkt.mark, pkt.priority
end, fits("mark", function(v) return ("0 %d 0"):format(v) end), numbers)
case("a priority", function(pkt)
	pkt.priority = arg[0]
	st.a, st.b, st.c = pkt.mark, pkt.priority, 7
end, fits("priority", function(v) return ("0 %d 7"):format(v) end), numbers)
case("constants", function(pkt)
	pkt.mark, pkt.priority = 0xffffffff, 0
	st.a, st.b = pkt.mark, pkt.priority
	pkt.mark = 7
	st.c = pkt.mark
end, "4294967295 0 7")
case("bits of it", function(pkt)
	pkt.mark = pkt.mark | 1 << arg[0]
	pkt.mark = pkt.mark | 0x100
	st.a, st.b, st.c = pkt.mark & 0xff, pkt.mark >> 8, pkt.mark
end, function(v) return ("%d 1 %d"):format(1 << v, 0x100 | 1 << v) end, { 0, 3, 7 })
case("on one way", function(pkt)
	local before = pkt.mark
	if pkt.ip then pkt.mark = 5 end
	st.a, st.b, st.c = before, pkt.mark, pkt.mark + before
end, function(_, frame) return frame == made.frames.other and "0 0 0" or "0 5 5" end)
case("in a loop", function(pkt)
	for i = 1, arg[0] do pkt.mark = pkt.mark + i end
	st.a, st.b, st.c = pkt.mark, 0, 0
end, function(v) return ("%d 0 0"):format(v * (v + 1) // 2) end, { 0, 1, 2, 3, 100 })
case("from an inner function", function(pkt)
	local function mark(p, n) p.mark = n return p.mark end
	st.a, st.b, st.c = mark(pkt, 1), mark(pkt, arg[0]), pkt.mark
end, function(v) return ("1 %d %d"):format(v, v) end, { 0, 9 })
case("nil", function(pkt) pkt.mark = pkt:u8(pkt.len + arg[0]) end, "bad field 'mark' (u32 expected, got nil)")
case("nil or a number", function(pkt)
	local v
	if arg[0] ~= 1 then v = arg[0] end
	pkt.mark = v
	st.a, st.b, st.c = pkt.mark, 0, 0
end, function(v) return v == 1 and "bad field 'mark' (u32 expected, got nil)" or ("%d 0 0"):format(v) end, { 0, 1, 2 })
case("within pcall", function(pkt)
	local good = pcall(function()
		pkt.mark = 3
		pkt.priority = arg[0]
	end)
	st.a, st.b, st.c = pkt.mark, pkt.priority, good and 1 or 0
end, function(v) return v < 1 << 32 and ("3 %d 1"):format(v) or "3 0 0" end, { 0, 8, 1 << 32 })
-- no bytes of the packet change with it: longer strings live on, and headers need not be looked up anew
case("a string across it", function(pkt)
	local s = pkt.payload:sub(1)
	pkt.mark = #s
	texts[s:sub(1, 8)] = 1
	st.a, st.b, st.c = pkt.mark, s == made.DATA and 1 or 0, texts["the quic"] or 0
end, "19 1 1")
case("in a tunnel", function(pkt)
	local vxlan = pkt.udp and pkt.udp.vxlan
	pkt.mark = vxlan and vxlan.vni or 4
	st.a, st.b, st.c = pkt.mark, 0, 0
end, "4 0 0")
case("beside fields that are in it", function(pkt)
	local ip = pkt.ip
	if ip then
		local ttl = ip.ttl
		pkt.mark = ttl
		ip.ttl = ttl - 1
		pkt.priority = ip.ttl
		ip.ttl = ttl
	end
	st.a, st.b, st.c = pkt.mark, pkt.priority, 0
end, function(_, frame)
	return frame == made.frames.tcp and "64 63 0" or frame == made.frames.udp6 and "61 60 0" or "0 0 0"
end)
lang.done()

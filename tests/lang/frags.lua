-- XDP frames in several buffers: every byte is read, written and searched as in one, in the kernel and by the twin. The
-- kernel's test run parts a frame at about 3,500 bytes, and every 4,096 from there.
local lang = dofile "tests/lang/harness.lua"
local made = dofile "tests/lang/lib_frames.lua"

local st = bpf.state { a = "i64", b = "i64", c = "i64" }
local arg = bpf.map { "array", name = "arg", key = "u32", value = "i64", entries = 1 }

local function data(n) -- no two places within 64 KiB look alike
	local t = {}
	for i = 1, (n + 2) // 3 do t[i] = string.char(i & 0x7f, 0x80 | i >> 7 & 0x7f, 0x80 | i >> 14 & 0x7f) end
	return table.concat(t):sub(1, n)
end

local frames = {}
for _, n in ipairs { 1, 1000, 3400, 3471, 3478, 3479, 3486, 3500, 4096, 7600, 9000, 65000 } do
	frames[#frames + 1] = made.eth(0x0800, made.ipv4(17, made.udp(data(n), n < 60000 and nil or 0xffff)))
	frames[#frames + 1] = made.eth(0x86dd, made.ipv6(6, made.tcp(0x12, data(n)), { len = 0 }))
end

local step = math.min(lang.every, 4) -- where inputs are thinned, each frame has some values and each value some frames
local skip -- once, for all
local function case(name, f, values)
	if skip then return end
	local problems, tried = {}, 0
	local good, prog = pcall(bpf.program, "xdp", { frags = true, on_error = bpf.DROP, check = true, name = "frags" }, f)
	if not good and tostring(prog):find "or later%)" then
		skip = true
		print(("ok 1 - frags # SKIP %s"):format(tostring(prog):match "needs? ([^\n]-) %(Linux"))
		return
	end
	if not good then error(prog, 0) end
	for i, v in ipairs(values or { 0 }) do
		for j, frame in ipairs(frames) do
			if (i + j) % step ~= 0 then goto continue end
			local said = {}
			for k, run in ipairs { prog.test, prog.twin } do
				arg[0], st.a, st.b, st.c = v, -1, -1, -1
				local verdict, bytes, _, message = run(prog, frame)
				local at = bytes == frame and #frame + 1 or 1
				while at <= #bytes and bytes:byte(at) == frame:byte(at) do at = at + 1 end
				said[k] = ("%s %s %d %d %d, %d bytes, changed from %d: %s"):format(verdict, message,
					st.a, st.b, st.c, #bytes, at, bytes:sub(at, at + 7):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
				tried = tried + (st.a > 0 and 1 or 0)
			end
			if said[1] ~= said[2] then
				problems[#problems + 1] = ("%d on %d bytes: kernel %s; twin %s"):format(v, #frame, said[1], said[2])
			end
			::continue::
		end
	end
	if tried == 0 then problems[1] = "nothing was read" end
	lang.check(name, problems)
end

local places = { 0, 100, 3400, 3470, 3477, 3478, 3500, 3519, 3520, 3521, 7600, 7610, 7615, 7616, 7617, 8990, 60000, 65534, 65535,
	70000, -1 }
case("lengths", function(pkt) st.a, st.b, st.c = pkt.len, #pkt, #pkt.payload end)
case("a byte", function(pkt) st.a, st.b = pkt:u8(arg[0]) or -2, pkt.payload:u8(arg[0]) or -2 end, places)
case("8 bytes", function(pkt) st.a, st.b = pkt:u64(arg[0]) or -2, pkt:le32(arg[0]) or -2 end, places)
case("a constant place", function(pkt) st.a, st.b, st.c = pkt:u32(3518) or -2, pkt:u16(3519) or -2, pkt:u8(7000) or -2 end)
case("written", function(pkt)
	st.a = pkt:set_u64(arg[0], 0x1122334455667788) and 1 or 0
	st.b = pkt:u64(arg[0]) or -2
end, places)
case("headers and their checksums", function(pkt)
	local ip, l4 = pkt.ip, pkt.tcp or pkt.udp
	ip.ttl = ip.ttl - 1
	if l4 then l4.sport, st.b = 80, l4.check end
	st.a = ip.ttl
end)
case("a string", function(pkt)
	local s = pkt.payload:sub(arg[0], arg[0] + 19)
	st.a, st.b, st.c = #s, s:byte(1) or -2, s:byte(-1) or -2
end, { 1, 3460, 3470, 3478, 7560, 7575, 60000 })
case("what is looked for", function(pkt)
	st.a = pkt.payload:find("\x7f\x88\x80", 1, true) or -2
	st.b = pkt.payload:find("^.\x80") or -2
end)
case("a sum of all", function(pkt)
	local sum = 0
	for i = 0, 9100 do sum = sum * 31 + (pkt:u8(i) or 0) end
	st.a, st.b = sum & 0xffff | 1, sum
end)

-- Bytes are there within the first 65,535 of a frame; the longest that the kernel's test run takes here have more.
frames = {}
for _, n in ipairs { 65534, 65535, 65536, 65537, 65549 } do
	frames[#frames + 1] = made.eth(0x0800, made.ipv4(17, made.udp(data(n - 42), 0xffff), { len = 0xffff }))
	assert(#frames[#frames] == n)
end
local last = {}
for at = 65534 - 9, 65549 do last[#last + 1] = at end
case("the last byte", function(pkt)
	st.a, st.b, st.c = pkt:u8(arg[0]) or -2, pkt:byte(arg[0]) or -2, pkt:byte(-arg[0]) or -2
end, last)
case("the last 2 and 4 bytes", function(pkt)
	st.a, st.b, st.c = pkt:u16(arg[0]) or -2, pkt:u32(arg[0]) or -2, pkt:le32(arg[0]) or -2
end, last)
case("the last 8 bytes", function(pkt) st.a, st.b = pkt:u64(arg[0]) or -2, pkt:le64(arg[0]) or -2 end, last)
case("the last bytes of a payload", function(pkt)
	local p = pkt.eth.payload
	st.a, st.b, st.c = p:u8(arg[0] - 14) or -2, p:u32(arg[0] - 14) or -2, p:byte(arg[0] - 13) or -2
	local u = pkt.udp and pkt.udp.payload
	if u then st.c = st.c << 8 | (u:u8(arg[0] - 42) or -2) end
end, last)
case("the last bytes written", function(pkt)
	st.a, st.b = pkt:set_u8(arg[0], 0x55) and 1 or 0, pkt:set_u32(arg[0] - 1, 0x66666666) and 1 or 0
	st.c = pkt.eth.payload:set_u16(arg[0] - 14, 0x7777) and 1 or 0
end, last)
case("a constant place at the end", function(pkt)
	st.a, st.b, st.c = pkt:u8(65534) or -2, pkt:u8(65535) or -2, pkt:u8(65536) or -2
end)
case("constant places at the end", function(pkt)
	st.a, st.b, st.c = pkt:u16(65533) or -2, pkt:u16(65534) or -2, pkt:byte(65536) or -2
end)
case("constant places of 4 and 8 bytes at the end", function(pkt)
	st.a, st.b, st.c = pkt:u32(65531) or -2, pkt:u32(65532) or -2, pkt:u64(65528) or -2
end)
case("constant places at the end of a payload", function(pkt)
	local p = pkt.eth.payload
	st.a, st.b, st.c = p:u8(65520) or -2, p:u8(65521) or -2, p:set_u8(65522, 1) and 1 or 0
end)
case("byte by byte to the end", function(pkt)
	local n = 0
	while pkt:u8(n) do n = n + 1 end
	st.a = n
end)

-- A string has the bytes that can be read, and no others.
local ends = { 1, 65476, 65530, 65534, 65535, 65536, 65540, -1 }
case("the end of a string", function(pkt)
	local s = pkt:sub(arg[0], arg[0] + 15)
	st.a, st.b, st.c = #s, s:byte(1) or -2, s:byte(-1) or -2
end, ends)
case("the end of a payload's string", function(pkt)
	local s = pkt.eth.payload:sub(arg[0] - 14)
	st.a, st.b, st.c = #s, s:byte(1) or -2, #pkt.eth.payload
end, ends)
case("from the end of a string", function(pkt)
	local s = pkt:sub(-17)
	st.a, st.b, st.c = #s, s:byte(-1) or -2, pkt:byte(-1) or -2
end)
case("what is unpacked and found at the end", function(pkt)
	local good, a, at = pcall(function() return pkt:unpack(">I2", arg[0]) end)
	st.a, st.b = good and at or -2, good and a or -2
	local last = pkt:sub(65533)
	st.c = last:find("[\x80-\xff]") or -2
end, { 1, 65530, 65533, 65534, 65535 })
case("no more of it than there is", function(pkt)
	local n = 0
	for _ in pkt:sub(65516):gmatch "." do n = n + 1 end
	st.a = n
end)

-- What is not declared is not tested in several buffers: it would see the first one only. A twin has one.
if not skip and not bpf.test then
	local prog, problems = bpf.program("xdp", function(pkt) st.a = pkt.len end), {}
	local good, text = pcall(prog.test, prog, frames[#frames])
	if good or not tostring(text):find("the option frags takes several", 1, true) then problems[1] = tostring(text) end
	if not pcall(prog.test, prog, frames[1]) or st.a ~= #frames[1] then problems[2] = "one buffer" end
	lang.check("not without the option", problems)
end
if skip then print "1..1" os.exit(0, true) end
lang.done()

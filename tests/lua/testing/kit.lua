-- Packets that bpf.test.packet makes, read by the twin of the packet and summed anew; captures read back.
local packet = bpf.test.packet

local function sum(bytes)
	local n = 0
	if #bytes % 2 == 1 then bytes = bytes .. "\0" end
	for i = 1, #bytes, 2 do n = n + (">I2"):unpack(bytes, i) end
	while n > 0xffff do n = (n & 0xffff) + (n >> 16) end
	return n
end

local NUMBER = { tcp = 6, udp = 17, icmp = 1, icmp6 = 58 }
local function sums_are_right(frame, at, l4)
	local v6 = frame:byte(at + 1) >> 4 == 6
	local head = v6 and 40 or (frame:byte(at + 1) & 15) * 4
	local rest = frame:sub(at + head + 1)
	if not v6 then assert(sum(frame:sub(at + 1, at + head)) == 0xffff, "header") end
	local before = l4 == "icmp" and "" or v6 and frame:sub(at + 9, at + 40) .. (">I4I4"):pack(#rest, NUMBER[l4])
		or frame:sub(at + 13, at + 20) .. (">I2I2"):pack(NUMBER[l4], #rest)
	assert(sum(before .. rest) == 0xffff, "transport")
end

local function view(p) return bpf.packet(packet(p)) end

bpf.test("every transport over both versions", function()
	for l4 in pairs(NUMBER) do
		for _, version in ipairs { "ipv4", "ipv6" } do
			if l4 ~= (version == "ipv4" and "icmp6" or "icmp") then
				for _, payload in ipairs { "", "x", "hello there" } do
					local frame = packet { [version] = {}, [l4] = {}, payload = payload }
					sums_are_right(frame, 14, l4)
					local p = bpf.packet(frame)
					assert(p[version].payload:sub(-#payload - 1 + 1) == payload or payload == "")
					assert(p[l4] and #p[version] + #p[version].payload == #frame - 14)
				end
			end
		end
	end
end)

bpf.test("fields are what was given", function()
	local p = view { eth = { src = "02:00:00:00:00:09" }, ip = { src = "10.0.0.7", dst = bpf.ip "10.0.0.8", ttl = 3, tos = 4,
		id = 5, df = false, mf = true }, tcp = { sport = 1, dport = 2, seq = 3, ack_seq = 4, window = 5, urg_ptr = 6,
		syn = true, ece = true, options = "\1\1\1" } }
	assert(p.eth.src == bpf.mac "02:00:00:00:00:09")
	local ip, tcp = p.ipv4, p.tcp
	assert(ip.src == bpf.ip "10.0.0.7" and ip.dst == bpf.ip "10.0.0.8" and ip.ttl == 3 and ip.tos == 4 and ip.id == 5)
	assert(not ip.df and ip.mf and tcp.sport == 1 and tcp.dport == 2 and tcp.seq == 3 and tcp.ack_seq == 4)
	assert(tcp.window == 5 and tcp.urg_ptr == 6 and tcp.syn and tcp.ece and not tcp.ack and tcp.doff == 6)
	local six = view { ip = { dst = "2001:db8::7", hop_limit = 9, tclass = 1, flow = 2 }, icmp6 = { type = 135, code = 1 } }
	assert(six.ipv6.hop_limit == 9 and six.ipv6.tclass == 1 and six.ipv6.flow == 2 and six.icmp6.type == 135)
	local arp = view { arp = { op = 2, spa = "10.0.0.1", tha = "02:00:00:00:00:03" } }.arp
	assert(arp.op == 2 and arp.spa == bpf.ip "10.0.0.1" and arp.tha == bpf.mac "02:00:00:00:00:03")
end)

bpf.test("tags, options, extension headers", function()
	local p = view { vlan = { { id = 7, tpid = 0x88a8 }, { id = 8, pcp = 3, dei = true } }, udp = { dport = 53 } }
	assert(p.vlan.id == 7 and p.vlan.vlan.id == 8 and p.vlan.vlan.pcp == 3 and p.vlan.vlan.dei and p.udp.dport == 53)
	local six = view { ipv6 = { ext = { { 0, "\0\0\1\4\0\0\0\0" }, { 60, "\0\0\1\4\0\0\0\0" } } }, udp = { dport = 9 } }
	assert(six.ipv6.next == 0 and six.udp.dport == 9)
	assert(view { ipv4 = { options = "\1\1\1\1\1" }, tcp = {} }.ipv4.ihl == 7)
end)

bpf.test("what is wrong stays wrong", function()
	local p = view { ipv4 = { check = 7, len = 9 }, udp = { check = 5, len = 3 } }
	assert(p.ipv4.check == 7 and p.ipv4.len == 9 and p.udp == nil)
end)

bpf.test("what there is none of", function()
	for _, case in ipairs {
		{ { tcp = { dprot = 3 } }, "tcp has no field 'dprot'; there are ack, ack_seq" },
		{ { tpc = {} }, "there is no header 'tpc'; there are ip, payload, arp" },
		{ { tcp = {}, udp = {} }, "a packet has tcp or udp, not both" },
	} do
		local ok, err = pcall(packet, case[1])
		assert(not ok and err:find(case[2], 1, true), err)
	end
end)

-- ---- captures ----

local file = os.tmpname()
os.remove(file)
local function capture(bytes, to)
	local f = assert(io.open(file, "wb"))
	f:write(bytes)
	f:close()
	local ok, next = pcall(bpf.test.pcap, file) -- which reads all of it
	os.remove(file)
	if not ok then error(next, 0) end
	local all = to or {}
	for frame, time in next do all[#all + 1] = { frame, time } end
	return all
end
local A, B = packet { udp = {} }, packet { tcp = {}, payload = "abc" }
local MICRO, NANO = 0xa1b2c3d4, 0xa1b23c4d

local function record(order, s, captured, length) return (order .. "I4I4I4I4"):pack(s, 500, captured, length) end
local function head(order, magic, changes)
	local h = setmetatable(changes or {}, { __index = { major = 2, most = 65535, link = 1 } })
	return (order .. "I4I2I2I4I4I4I4"):pack(magic, h.major, 4, 0, 0, h.most, h.link)
end
local function pcap(order, magic, ...)
	local all = head(order, magic)
	for i, frame in ipairs { ... } do all = all .. record(order, 10 + i, #frame, #frame) .. frame end
	return all
end

local function block(order, kind, body)
	body = body .. ("\0"):rep(-#body % 4)
	return (order .. "I4I4"):pack(kind, 12 + #body) .. body .. (order .. "I4"):pack(12 + #body)
end
local function section(order, major) return block(order, 0x0a0d0d0a, (order .. "I4I2I2i8"):pack(0x1a2b3c4d, major or 1, 0, -1)) end
local function interface(order, most, more, link)
	return block(order, 1, (order .. "I2I2I4"):pack(link or 1, 0, most or 0) .. (more or ""))
end
local function options(order, ...) -- number, bytes, ...
	local all, list = "", { ... }
	for i = 1, #list, 2 do
		all = all .. (order .. "I2I2"):pack(list[i], #list[i + 1]) .. list[i + 1] .. ("\0"):rep(-#list[i + 1] % 4)
	end
	return all .. "\0\0\0\0"
end
local function enhanced(order, number, time, frame, captured, length)
	return block(order, 6, (order .. "I4I4I4I4I4"):pack(number, 0, time, captured or #frame, length or #frame) .. frame)
end
local function simple(order, frame, length) return block(order, 3, (order .. "I4"):pack(length or #frame) .. frame) end

bpf.test("captures of tcpdump, either byte order, micro- and nanoseconds", function()
	for _, order in ipairs { "<", ">" } do
		for magic, part in pairs { [MICRO] = 1e6, [NANO] = 1e9 } do
			local all = capture(pcap(order, magic, A, B))
			assert(#all == 2 and all[1][1] == A and all[2][1] == B and all[2][2] == 12 + 500 / part)
		end
	end
	assert(#capture(pcap("<", MICRO)) == 0)
	assert(capture(head("<", MICRO, { most = 0 }) .. record("<", 1, #A, #A) .. A)[1][1] == A)
	assert(capture(head(">", MICRO, { link = 0x24000001 }) .. record(">", 1, #A, #A) .. A)[1][1] == A)
end)

bpf.test("captures of Wireshark", function()
	for _, order in ipairs { "<", ">" } do
		local got = capture(section(order) .. interface(order, 0, options(order, 2, "name0", 9, "\9")) -- nanoseconds
			.. block(order, 4, "names")                -- passed over
			.. enhanced(order, 0, 3000000000, A) .. simple(order, B)
			.. block(order, 2, (order .. "I2I2I4I4I4I4"):pack(0, 7, 1, 705032704, #B, #B) .. B)
			.. interface(order, #A, options(order, 9, "\x8a")) .. enhanced(order, 1, 1536, A)
			.. section(order) .. interface(order, 1000) .. enhanced(order, 0, 2500000, B) .. simple(order, A))
		local want = { { A, 3.0 }, { B }, { B, 5.0 }, { A, 1.5 }, { B, 2.5 }, { A } }
		assert(#got == #want)
		for i, w in ipairs(want) do assert(got[i][1] == w[1] and got[i][2] == w[2], i) end
	end
	local both = section "<" .. interface "<" .. enhanced("<", 0, 1, A) .. section ">" .. interface ">" .. enhanced(">", 0, 1, B)
	assert(capture(both)[2][1] == B)
end)

-- What is read of bytes, and the error, which must be one line that begins with the file's name and is none of Lua's own.
local function attempt(bytes)
	local got = {}
	local ok, err = pcall(capture, bytes, got)
	if ok then return got end
	err = tostring(err)
	assert(err:sub(1, #file + 2) == file .. ": " and not err:find "\n", err)
	for _, raw in ipairs { "bad argument", "attempt to", ".lua:", "perigee.test:", "data string" } do
		assert(not err:find(raw, 1, true), err)
	end
	return got, err:sub(#file + 3)
end

bpf.test("captures that are none, or not whole", function()
	local begin = section "<" .. interface "<"
	local ending = "the capture ends within "
	for _, case in ipairs {
		{ "hello", "this is neither a pcap nor a pcapng file" }, { "", "this is neither a pcap nor a pcapng file" },
		{ pcap("<", MICRO, A):sub(1, 23), ending .. "its header" }, { pcap(">", NANO, A):sub(1, 4), ending .. "its header" },
		{ pcap("<", MICRO, A):sub(1, -2), ending .. "a packet" }, { pcap("<", MICRO, A):sub(1, 30), ending .. "a packet" },
		{ pcap(">", NANO, A) .. "\0", ending .. "a packet" },
		{ head("<", MICRO) .. record("<", 1, #A, #A + 1) .. A,
			"a packet was cut off when it was captured (tcpdump -s 0 keeps it whole)" },
		{ head("<", MICRO) .. record("<", 1, #A, #A - 1) .. A,
			("a packet of %d bytes, %d of which are said to have been captured"):format(#A - 1, #A) },
		{ head(">", NANO) .. record(">", 1, 0xffffffff, 0xffffffff) .. A, ending .. "a packet" },
		{ head("<", MICRO) .. record("<", 1, 0x80000000, 0x80000000) .. A, ending .. "a packet" },
		{ head("<", MICRO, { most = #A - 1 }) .. record("<", 1, #A, #A) .. A,
			("a packet of %d bytes, in a capture of at most %d bytes each"):format(#A, #A - 1) },
		{ head("<", MICRO, { link = 101 }), "frames of link type 101; only Ethernet (1) is read" },
		{ head(">", MICRO, { major = 1 }), "version 1 of its format; only 2 is read" },

		{ section "<" .. ("<I4I4I4"):pack(6, 400, 0), ending .. "a block" },
		{ begin .. "\6", ending .. "a block" }, { begin .. enhanced("<", 0, 1, A):sub(1, 11), ending .. "a block" },
		{ begin .. enhanced("<", 0, 1, A):sub(1, -2), ending .. "a block" },
		{ begin .. ("<I4I4I4"):pack(6, 0xfffffffc, 0), ending .. "a block" },
		{ begin .. ("<I4I4I4"):pack(6, 8, 8), "a block of kind 6 cannot be 8 bytes long" },
		{ begin .. ("<I4I4I4I1I4"):pack(4, 13, 0, 0, 13), "a block of kind 4 cannot be 13 bytes long" },
		{ begin .. block("<", 6, ("\0"):rep(16)), "a block of kind 6 cannot be 28 bytes long" },
		{ begin .. block("<", 2, ("\0"):rep(16)), "a block of kind 2 cannot be 28 bytes long" },
		{ begin .. block("<", 3, ""), "a block of kind 3 cannot be 12 bytes long" },
		{ section "<" .. block("<", 1, "\1\0\0\0"), "a block of kind 1 cannot be 16 bytes long" },
		{ block("<", 0x0a0d0d0a, ("<I4I2I2"):pack(0x1a2b3c4d, 1, 0)), "a block of kind 168627466 cannot be 20 bytes long" },
		{ begin .. ("<I4I4I4I4"):pack(4, 16, 0, 20), "a block that is 16 bytes long at its beginning, and 20 at its end" },
		{ "\n\r\r\n\28\0\0\0hell" .. ("\0"):rep(16), "a section of neither byte order" },
		{ section("<", 2), "version 2 of its format; only 1 is read" },
		{ begin .. interface("<", 0, "", 113), "frames of link type 113; only Ethernet (1) is read" },
		{ begin .. enhanced("<", 1, 1, A), "a packet of interface 1, of which the capture says nothing" },
		{ begin .. section "<" .. enhanced("<", 0, 1, A), "a packet of interface 0, of which the capture says nothing" },
		{ section "<" .. simple("<", A), "a packet of interface 0, of which the capture says nothing" },
		{ begin .. enhanced("<", 0, 1, ("x"):rep(20), 60, 60), "a packet of 60 bytes in a block that has room for 20" },
		{ begin .. enhanced("<", 0, 1, ("x"):rep(20), 0xffffffff, 0xffffffff),
			"a packet of 4294967295 bytes in a block that has room for 20" },
		{ begin .. enhanced("<", 0, 1, A, #A, #A + 1),
			"a packet was cut off when it was captured (tcpdump -s 0 keeps it whole)" },
		{ begin .. enhanced("<", 0, 1, A, #A, #A - 1),
			("a packet of %d bytes, %d of which are said to have been captured"):format(#A - 1, #A) },
		{ begin .. simple("<", ("x"):rep(20), 24), "a packet of 24 bytes in a block that has room for 20" },
		{ begin .. simple("<", ("x"):rep(20), 16), "a packet of 16 bytes in a block that has room for 20" },
		{ section "<" .. interface("<", 20) .. simple("<", ("x"):rep(20), 24),
			"a packet was cut off when it was captured (tcpdump -s 0 keeps it whole)" },
		{ section "<" .. interface("<", 20) .. enhanced("<", 0, 1, ("x"):rep(24)),
			"a packet of 24 bytes, in a capture of at most 20 bytes each" },
		{ section "<" .. interface("<", 0, "\9\0\1\0"), "an option that ends behind its block" },
		{ section "<" .. interface("<", 0, "\2\0\xff\xff\9\0\0\0"), "an option that ends behind its block" },
		{ section "<" .. interface("<", 0, options("<", 9, "")), "an interface whose unit of time has 0 bytes, not 1" },
	} do
		local _, err = attempt(case[1])
		assert(err == case[2], tostring(err) .. "\nwanted: " .. case[2])
	end
	local ok, err = pcall(bpf.test.pcap, "/")
	assert(not ok and err == "/: Is a directory", err)
end)

-- ---- each beginning of a capture, and each bit of it ----

-- A capture in pieces: { bytes } is a header, { bytes, frame, time } a packet, whose frame begins `at` bytes into it.
local function captures(order)
	local first, second = A:sub(1, 21), B:sub(1, 16)
	local function classic(s, frame) return { record(order, s, #frame, #frame) .. frame, frame, s + 500 / 1e6, at = 16 } end
	return {
		{ { head(order, MICRO) }, classic(1, first), classic(2, second) },
		{ { section(order) }, { interface(order, 100, options(order, 2, "name0", 9, "\9")) },
			{ enhanced(order, 0, 1000, first), first, 1000 / 1e9, at = 28 }, { block(order, 4, "names") },
			{ simple(order, second), second, at = 12 }, blocks = true },
	}
end

local function joined(pieces)
	local all = ""
	for _, piece in ipairs(pieces) do
		piece.from = #all
		all = all .. piece[1]
		piece.to = #all
	end
	return all
end

local function same(got, frame, time) return got and got[1] == frame and (time == false or got[2] == time) end

bpf.test("each beginning of a capture", function()
	for _, order in ipairs { "<", ">" } do
		for _, pieces in ipairs(captures(order)) do
			local all, n = joined(pieces), 0
			for length = 0, #all do
				local got, err = attempt(all:sub(1, length))
				local packets, ends = {}, false
				for _, piece in ipairs(pieces) do
					if piece.to <= length and piece[2] then packets[#packets + 1] = piece end
					ends = ends or piece.to == length
				end
				assert(not err == ends, length)
				assert(#got == #packets, length)
				for i, piece in ipairs(packets) do assert(same(got[i], piece[2], piece[3]), length) end
				n = n + (err and 1 or 0)
			end
			assert(n == #all + 1 - #pieces)
		end
	end
end)

-- What may be read once the byte behind `at` is another one: the packets, changed where it is theirs. A time is not
-- known (false) where it is in a header before, or in the packet's own; a block whose kind it is in may be none.
local function expected(pieces, at, changed)
	local list, header = {}, false
	for _, piece in ipairs(pieces) do
		local hit = at >= piece.from and at < piece.to
		header = header or hit and not piece[2]
		if piece[2] then
			local frame, from = piece[2], at - piece.from - piece.at
			if hit and from >= 0 and from < #frame then frame = frame:sub(1, from) .. changed .. frame:sub(from + 2) end
			local untimed = header or hit and from < 0
			list[#list + 1] = { frame, not untimed and piece[3], none = pieces.blocks and hit and at < piece.from + 4 }
		end
	end
	return list
end

bpf.test("each bit of a capture", function()
	local refused, read = 0, 0
	for _, order in ipairs { "<", ">" } do
		for _, pieces in ipairs(captures(order)) do
			local all = joined(pieces)
			for at = 0, #all - 1 do
				for _, bits in ipairs { 1, 2, 4, 8, 16, 32, 64, 128, 255 } do
					local changed = string.char(all:byte(at + 1) ~ bits)
					local got, err = attempt(all:sub(1, at) .. changed .. all:sub(at + 2))
					local i = 1
					for _, want in ipairs(expected(pieces, at, changed)) do
						if same(got[i], want[1], want[2]) then
							i = i + 1
						else
							assert(want.none or err and not got[i], ("byte %d, bits %d"):format(at, bits))
						end
					end
					assert(i == #got + 1, ("byte %d, bits %d: a packet too much"):format(at, bits))
					if err then refused = refused + 1 else read = read + 1 end
				end
			end
		end
	end
	assert(refused > 1000 and read > 1000)
end)

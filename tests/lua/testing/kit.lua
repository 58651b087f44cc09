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
local function capture(bytes)
	local f = assert(io.open(file, "wb"))
	f:write(bytes)
	f:close()
	local all = {}
	for frame, time in bpf.test.pcap(file) do all[#all + 1] = { frame, time } end
	return all
end
local A, B = packet { udp = {} }, packet { tcp = {}, payload = "abc" }

local function pcap(order, magic, ...)
	local all = (order .. "I4I2I2I4I4I4I4"):pack(magic, 2, 4, 0, 0, 65535, 1)
	for i, frame in ipairs { ... } do all = all .. (order .. "I4I4I4I4"):pack(10 + i, 500, #frame, #frame) .. frame end
	return all
end

local function block(order, kind, body)
	body = body .. ("\0"):rep(-#body % 4)
	return (order .. "I4I4"):pack(kind, 12 + #body) .. body .. (order .. "I4"):pack(12 + #body)
end

bpf.test("captures of tcpdump, either byte order, micro- and nanoseconds", function()
	for _, order in ipairs { "<", ">" } do
		for magic, part in pairs { [0xa1b2c3d4] = 1e6, [0xa1b23c4d] = 1e9 } do
			local all = capture(pcap(order, magic, A, B))
			assert(#all == 2 and all[1][1] == A and all[2][1] == B and all[2][2] == 12 + 500 / part)
		end
	end
end)

bpf.test("captures of Wireshark", function()
	for _, order in ipairs { "<", ">" } do
		local all = block(order, 0x0a0d0d0a, (order .. "I4I2I2i8"):pack(0x1a2b3c4d, 1, 0, -1))
			.. block(order, 1, (order .. "I2I2I4I2I2I1I3I2I2"):pack(1, 0, 0, 9, 1, 9, 0, 0, 0)) -- nanoseconds
			.. block(order, 4, "names") -- passed over
			.. block(order, 6, (order .. "I4I4I4I4I4"):pack(0, 0, 3000000000, #A, #A) .. A)
			.. block(order, 3, (order .. "I4"):pack(#B) .. B)
		local got = capture(all)
		assert(#got == 2 and got[1][1] == A and got[1][2] == 3.0 and got[2][1]:sub(1, #B) == B and got[2][2] == nil)
	end
end)

bpf.test("captures that are none, or not whole", function()
	local cut = pcap("<", 0xa1b2c3d4) .. ("<I4I4I4I4"):pack(1, 1, #A, #A + 1) .. A
	local raw = ("<I4I2I2I4I4I4I4"):pack(0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
	for _, case in ipairs {
		{ "hello", "this is neither a pcap nor a pcapng file" }, { "", "this is neither" },
		{ pcap("<", 0xa1b2c3d4, A):sub(1, -2), "the capture ends within a packet" },
		{ pcap("<", 0xa1b2c3d4, A):sub(1, 30), "the capture ends within a packet" },
		{ cut, "a packet was cut off when it was captured" }, { raw, "link type 101; only Ethernet" },
		{ block("<", 0x0a0d0d0a, ("<I4I2I2i8"):pack(0x1a2b3c4d, 1, 0, -1)) .. ("<I4I4I4"):pack(6, 400, 0),
			"the capture ends within a block" },
	} do
		local ok, err = pcall(capture, case[1])
		assert(not ok and err:find(case[2], 1, true), tostring(err))
	end
	os.remove(file)
end)

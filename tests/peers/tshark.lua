-- Fields of every protocol as tshark decodes them, on frames that are whole, cut at every length, and wrong in their
-- lengths: what a header here says, in the kernel and as a twin, tshark must say; where tshark has decoded all of a
-- header, it must be there. What differs on purpose is listed in lib_differs.lua, with its reason.
local NO = -1 << 40 -- no number of these protocols
local out = bpf.map { "array", name = "peer_out", key = "u32", value = "i64", entries = 16 }
local addresses = bpf.map { "array", name = "peer_ip6", key = "u32", value = "ip6", entries = 2 }

-- Protocols that the script adds and tshark knows.
bpf.proto { "gtpu", over = "udp", port = 2152,
	fields = "u3 version; u1 pt; u1 _; u1 e; u1 s; u1 pn; u8 type; u16 len; u32 teid" }
bpf.proto { "pppoe", over = "eth", type = 0x8864, fields = "u4 version; u4 type; u8 code; u16 session; u16 len" }
bpf.proto { "myvx", over = "udp", port = 4789, fields = "u16 flags; u16 group; u24 vni; u8 _", next = "eth" }

local function n(b) return b and 1 or 0 end

-- ---- protocols: tshark's names, and the same fields here ----

local protocols = {}
local function protocol(name, fields, read)
	protocols[#protocols + 1] = { name = name, fields = fields, read = read }
end

protocol("eth", { "eth.dst", "eth.src", "eth.type" }, function(pkt)
	local h = pkt.eth
	if not h then return bpf.DROP end
	out[0], out[1], out[2] = h.dst:int(), h.src:int(), h.type
end)
protocol("vlan", { "vlan.id", "vlan.priority", "vlan.dei", "vlan.etype" }, function(pkt)
	local h = pkt.vlan
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = h.id, h.pcp, n(h.dei), h.type
end)
protocol("inner vlan", { "vlan.id#2", "vlan.priority#2", "vlan.dei#2", "vlan.etype#2" }, function(pkt)
	local h = pkt.vlan and pkt.vlan.vlan
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = h.id, h.pcp, n(h.dei), h.type
end)
protocol("arp", { "arp.opcode", "arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.proto_ipv4" }, function(pkt)
	local h = pkt.arp
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = h.op, h.sha:int(), h.spa:int(), h.tpa:int()
end)
protocol("ipv4", { "ip.dsfield", "ip.len", "ip.id", "ip.ttl", "ip.proto", "ip.checksum", "ip.src", "ip.dst", "ip.hdr_len",
	"ip.flags.df", "ip.flags.mf", "ip.frag_offset" }, function(pkt)
	local h = pkt.ipv4
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3], out[4], out[5] = h.tos, h.len, h.id, h.ttl, h.proto, h.check
	out[6], out[7], out[8], out[9], out[10] = h.src:int(), h.dst:int(), h.ihl * 4, n(h.df), n(h.mf)
	out[11] = h.frag_off
end)
protocol("ipv6", { "ipv6.tclass", "ipv6.flow", "ipv6.plen", "ipv6.nxt", "ipv6.hlim", "ipv6.src", "ipv6.dst" }, function(pkt)
	local h = pkt.ipv6
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3], out[4] = h.tclass, h.flow, h.len, h.next, h.hop_limit
	addresses[0], addresses[1] = h.src, h.dst
end)
protocol("hopopts", { "ipv6.hopopts.nxt", "ipv6.hopopts.len" }, function(pkt)
	local h = pkt.ipv6 and pkt.ipv6.hopopts
	if not h then return bpf.DROP end
	out[0], out[1] = h.next, h.len
end)
protocol("dstopts", { "ipv6.dstopts.nxt", "ipv6.dstopts.len" }, function(pkt)
	local h = pkt.ipv6 and pkt.ipv6.dstopts
	if not h then return bpf.DROP end
	out[0], out[1] = h.next, h.len
end)
protocol("routing", { "ipv6.routing.nxt", "ipv6.routing.len", "ipv6.routing.type", "ipv6.routing.segleft" }, function(pkt)
	local h = pkt.ipv6 and pkt.ipv6.routing
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = h.next, h.len, h.type, h.left
end)
protocol("fragment", { "ipv6.fraghdr.nxt", "ipv6.fraghdr.offset", "ipv6.fraghdr.more", "ipv6.fraghdr.ident" }, function(pkt)
	local h = pkt.ipv6 and pkt.ipv6.fragment
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = h.next, h.frag_off, n(h.mf), h.id
end)
protocol("tcp", { "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.hdr_len", "tcp.flags",
	"tcp.window_size_value", "tcp.checksum", "tcp.urgent_pointer" }, function(pkt)
	local h = pkt.tcp
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3], out[4] = h.sport, h.dport, h.seq, h.ack_seq, h.doff * 4
	out[5] = n(h.cwr) << 7 | n(h.ece) << 6 | n(h.urg) << 5 | n(h.ack) << 4 | n(h.psh) << 3 | n(h.rst) << 2 |
		n(h.syn) << 1 | n(h.fin)
	out[6], out[7], out[8] = h.window, h.check, h.urg_ptr
end)
protocol("udp", { "udp.srcport", "udp.dstport", "udp.length", "udp.checksum" }, function(pkt)
	local h = pkt.udp
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = h.sport, h.dport, h.len, h.check
end)
protocol("icmp", { "icmp.type", "icmp.code", "icmp.ident", "icmp.seq" }, function(pkt)
	local h = pkt.icmp
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = h.type, h.code, h.id, h.seq
end)
protocol("icmp6", { "icmpv6.type", "icmpv6.code", "icmpv6.checksum", "icmpv6.echo.identifier",
	"icmpv6.echo.sequence_number" }, function(pkt)
	local h = pkt.icmp6
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3], out[4] = h.type, h.code, h.check, h.id, h.seq
end)
protocol("sctp", { "sctp.srcport", "sctp.dstport", "sctp.verification_tag", "sctp.checksum" }, function(pkt)
	local h = pkt.sctp
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = h.sport, h.dport, h.vtag, h.check
end)
protocol("mpls", { "mpls.label", "mpls.exp", "mpls.bottom", "mpls.ttl" }, function(pkt)
	local h = pkt.mpls
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = h.label, h.tc, n(h.bos), h.ttl
end)
protocol("inner mpls", { "mpls.label#2", "mpls.exp#2", "mpls.bottom#2", "mpls.ttl#2" }, function(pkt)
	local h = pkt.mpls and pkt.mpls.mpls
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = h.label, h.tc, n(h.bos), h.ttl
end)
protocol("gre", { "gre.flags.checksum", "gre.flags.key", "gre.flags.sequence_number", "gre.proto" }, function(pkt)
	local h = pkt.gre
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = n(h.has_check), n(h.has_key), n(h.has_seq), h.type
end)
protocol("vxlan", { "vxlan.flags", "vxlan.vni" }, function(pkt)
	local h = pkt.udp and pkt.udp.vxlan
	if not h then return bpf.DROP end
	out[0], out[1] = h.flags << 8, h.vni
end)
protocol("myvx", { "vxlan.flags", "vxlan.gbp", "vxlan.vni" }, function(pkt)
	local h = pkt.udp and pkt.udp.myvx
	if not h then return bpf.DROP end
	out[0], out[1], out[2] = h.flags, h.group, h.vni
end)
protocol("the frame within", { "eth.dst#2", "eth.src#2", "eth.type#2" }, function(pkt)
	local udp = pkt.udp
	local tunnel = udp and (udp.vxlan or udp.geneve)
	local h = tunnel and tunnel.eth
	if not h then return bpf.DROP end
	out[0], out[1], out[2] = h.dst:int(), h.src:int(), h.type
end)
protocol("geneve", { "geneve.flags.oam", "geneve.flags.critical", "geneve.proto_type", "geneve.vni" }, function(pkt)
	local h = pkt.udp and pkt.udp.geneve
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3] = n(h.control), n(h.critical), h.type, h.vni
end)
protocol("dns", { "dns.id", "dns.flags", "dns.count.queries", "dns.count.answers", "dns.count.auth_rr",
	"dns.count.add_rr" }, function(pkt)
	local h = pkt.udp and pkt.udp.dns
	if not h then return bpf.DROP end
	out[0], out[2], out[3], out[4], out[5] = h.id, h.qdcount, h.ancount, h.nscount, h.arcount
	out[1] = n(h.qr) << 15 | h.opcode << 11 | n(h.aa) << 10 | n(h.tc) << 9 | n(h.rd) << 8 | n(h.ra) << 7 | n(h.ad) << 5 |
		n(h.cd) << 4 | h.rcode
end)
protocol("gtpu", { "gtp.flags.version", "gtp.flags.payload", "gtp.flags.e", "gtp.flags.s", "gtp.flags.pn", "gtp.message",
	"gtp.length", "gtp.teid" }, function(pkt)
	local h = pkt.udp and pkt.udp.gtpu
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3], out[4] = h.version, n(h.pt), n(h.e), n(h.s), n(h.pn)
	out[5], out[6], out[7] = h.type, h.len, h.teid
end)
protocol("pppoe", { "pppoe.version", "pppoe.type", "pppoe.code", "pppoe.session_id", "pppoe.payload_length" }, function(pkt)
	local h = pkt.pppoe
	if not h then return bpf.DROP end
	out[0], out[1], out[2], out[3], out[4] = h.version, h.type, h.code, h.session, h.len
end)

local inputs = dofile "tests/peers/lib_capture.lua"

-- ---- what tshark says ----

local path = inputs.pcap()
local command, names, seen = { "tshark -n -r " .. path .. " -T fields -E separator=/t -E occurrence=a -E aggregator=, ",
	"-o ip.defragment:FALSE -o ipv6.defragment:FALSE -o tcp.desegment_tcp_streams:FALSE -o tcp.relative_sequence_numbers:FALSE ",
	"-o udp.process_info:FALSE " }, {}, {}
for _, p in ipairs(protocols) do
	for _, field in ipairs(p.fields) do
		field = field:gsub("#2", "")
		if not seen[field] then
			seen[field], names[#names + 1] = true, field
			command[#command + 1] = "-e " .. field .. " "
		end
	end
end
local tshark = assert(io.popen(table.concat(command) .. "2>/dev/null"))
local row = 0
for line in tshark:lines() do
	row = row + 1
	local i, values = 0, {}
	for value in (line .. "\t"):gmatch("([^\t]*)\t") do
		i = i + 1
		values[names[i]] = value
	end
	if inputs[row] then inputs[row].said = values end
end
tshark:close()
os.remove(path)

local function decode(text)
	if not text or text == "" then return nil end
	if text:find "^%x%x:%x%x:%x%x:%x%x:%x%x:%x%x$" then return bpf.mac(text):int() end
	if text:find ":" then return tostring(bpf.ip(text)) end
	if text:find "%." then return bpf.ip(text):int() end
	if text == "True" or text == "False" then return text == "True" and 1 or 0 end
	return tonumber(text)
end

local function said(input, field)
	local name, second = field:match "^([^#]*)(#?)"
	local first, next = (input.said[name] or ""):match "^([^,]*),?([^,]*)"
	local value = decode(second == "#" and next or first)
	return value and name == "tcp.flags" and value & 0xff or value -- with the reserved bits
end

-- ---- what differs, and why ----

local differs = dofile "tests/peers/lib_differs.lua"

-- ---- comparison ----

local function ours(p, input, run)
	for i = 0, 15 do out[i] = NO end
	local verdict = p.program[run](p.program, input.bytes)
	if verdict ~= bpf.PASS then return nil end
	local values, ip6 = {}, 0
	for i, field in ipairs(p.fields) do
		values[i] = out[i - 1]
		if field == "ipv6.src" or field == "ipv6.dst" then
			values[i] = tostring(addresses[ip6])
			ip6 = ip6 + 1
		end
	end
	return values
end

local function explained(p, input, here, there)
	for _, d in ipairs(differs) do
		if d[1] == p.name and d[2](input.bytes, here, there) then
			d.used = true
			return true
		end
	end
end

-- What is wrong with a header; nil: nothing.
local function compare(p, input, here)
	local there, whole = {}, true
	for i, field in ipairs(p.fields) do
		there[i] = said(input, field)
		whole = whole and there[i] ~= nil
	end
	local text
	if not here and whole then
		text = "tshark has it whole"
	elseif here then
		for i, field in ipairs(p.fields) do
			if here[i] ~= there[i] then
				text = (text or "") .. (" %s = %s, tshark: %s"):format(field, here[i], there[i])
			end
		end
	end
	if text and not explained(p, input, here, there) then return text end
end

local failures = row == #inputs and 0 or 1
print((row == #inputs and "ok 1" or "not ok 1") .. " - tshark decoded every frame")
for number, p in ipairs(protocols) do
	p.program = bpf.program("xdp", p.read)
	local problems, found = {}, 0
	for _, input in ipairs(row == #inputs and inputs or {}) do
		for _, run in ipairs { "test", "twin" } do
			local here = ours(p, input, run)
			local text = compare(p, input, here)
			found = found + (here and 1 or 0)
			if text then problems[#problems + 1] = input.name .. " (" .. run .. "): " .. text end
		end
	end
	if found == 0 then problems[1] = "never there" end
	local good = #problems == 0
	failures = failures + (good and 0 or 1)
	print(("%s %d - %s as tshark has it"):format(good and "ok" or "not ok", number + 1, p.name))
	for i = 1, math.min(#problems, tonumber(os.getenv "PROBLEMS") or 12) do print("# " .. problems[i]) end
end
local unused = 0
for _, d in ipairs(differs) do
	if not d.used then
		unused = unused + 1
		print("# a difference that there is not: " .. d[1] .. ": " .. d[3])
	end
end
print((unused == 0 and "ok " or "not ok ") .. #protocols + 2 .. " - every difference that is listed is there")
print("1.." .. #protocols + 2)
os.exit(failures == 0 and unused == 0, true)

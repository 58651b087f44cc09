-- What is said of packets that are written.
local diag = dofile "tests/diag/harness.lua"

local hits = bpf.map { "hash", key = "u32", value = "struct { u64 ttl; }", entries = 8, name = "hits" }

diag.case("what says what follows", function(p) p.ip.proto = 6 end)
diag.case("a header", function(p) p.ipv4 = nil end)
diag.case("a payload", function(p) p.udp.payload = p.tcp.payload end)
diag.case("what the kernel says", function(p) p.len = 1 end)
diag.case("a method", function(p) p.u8 = 1 end)
diag.case("a field nearly right", function(p) p.ipv4.ttll = 1 end)
diag.case("a field by a run-time name", function(p) local k = "ttl" if p.len > 5 then k = "tos" end p.ipv4[k] = 1 end)
diag.case("bytes by number", function(p) p[1] = 1 end)
diag.case("a number too big", function(p) p.ipv4.ttl = 256 end)
diag.case("a negative number", function(p) p.vlan.pcp = -1 end)
diag.case("a float", function(p) p.ipv4.ttl = 1.0 end)
diag.case("a string to an address", function(p) p.ipv4.dst = "10.0.0.1" end)
diag.case("a string to a mac", function(p) p.eth.dst = "02:00:00:00:00:01" end)
diag.case("an address of the other version", function(p) p.ipv4.dst = bpf.ip "::1" end)
diag.case("a number to a flag", function(p) p.tcp.syn = 1 end)
diag.case("nil", function(p) p.tcp.dport = nil end)
diag.case("a table", function(p) p.tcp.dport = { 1 } end)
diag.case("a field that none of the views has", function(p) local h = p.tcp or p.icmp h.destport = 1 end)
diag.case("a packet or an entry", function(p) local h = hits[p.len] or p.ipv4 h.ttl = 1 end)
diag.case("a string as bytes", function(p) p:set_u16(0, "x") end)
diag.case("no value", function(p) p:set_u16(0) end)
diag.case("little-endian", function(p) p:set_le16(0, 1) end)

diag.done()

-- Names that a header, a map or bpf has not, though what is meant has a name: the one of C, or of another library.
local diag = dofile "tests/diag/harness.lua"
local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 8, name = "hits" }
local jobs = bpf.map { "queue", value = "u32", entries = 8, name = "jobs" }
local port = bpf.state { count = "u32", ports = "u32" }
local heard = bpf.events { a = "u32" }
local class = { check = function() return true end }
class.__index = class
local object, cfg = setmetatable({ n = 1 }, class), {}

diag.case("what time it is", function() return bpf.now() > 1 and bpf.DROP or bpf.PASS end)
diag.case("the same, not called", function() return bpf.time == 1 and bpf.DROP or bpf.PASS end)
diag.case("a verdict in small letters, called", function() return bpf.drop() end)
diag.case("a verdict of C", function() return bpf.XDP_DROP end)
diag.case("a hash of the packet", function() return bpf.hash() == 1 and bpf.DROP or bpf.PASS end)
diag.case("the length of a text", function(p) return bpf.strlen(p:sub(1, 4)) == 4 and bpf.DROP or bpf.PASS end)
diag.case("the order of bytes", function(p) return p.tcp and p.tcp.dport == bpf.htons(80) and bpf.DROP or bpf.PASS end)
diag.case("a line to be seen", function() bpf.printk("x") end)
diag.case("calls, which nobody keeps", function() print(bpf.kstack()) end)
diag.case("a helper", function() return bpf.ktime_get_ns() > 1 and bpf.DROP or bpf.PASS end)
diag.case("a slip of the hand", function() return bpf.ktmie() > 1 and bpf.DROP or bpf.PASS end)
diag.case("a field of a table that is called", function() return cfg.now() end)

diag.case("adding to an entry", function() hits:incr(1, 1) end)
diag.case("a method nearly right", function() hits:addd(1, 1) end)
diag.case("looking a key up", function() return hits:lookup(1) == 1 and bpf.DROP or bpf.PASS end)
diag.case("changing an entry", function() hits:update(1, 2) end)
diag.case("taking an entry out", function() hits:delete(1) end)
diag.case("asking for an entry", function() return hits:contains(1) and bpf.DROP or bpf.PASS end)
diag.case("a method that no map has", function() hits:frobnicate(1) end)
diag.case("sending an event", function() heard:emit { a = 1 } end)
diag.case("a method that no channel has", function() heard:frobnicate { a = 1 } end)
diag.case("into a queue", function() jobs:enqueue(1) end)
diag.case("a method that __index finds", function() return object:chek() and bpf.DROP or bpf.PASS end)
diag.case("a field of a state", function() port.prts = port.mss end)

diag.case("a header within another", function(p) return p.vxlan and bpf.DROP or bpf.PASS end)
diag.case("versions", function(p) return p.ip4 and p.ip6 and bpf.DROP or bpf.PASS end)
diag.case("ports of C", function(p) local t = p.tcp return t and t.dest == t.source and bpf.DROP or bpf.PASS end)
diag.case("addresses of C", function(p) local ip = p.ipv4 return ip and ip.saddr == ip.daddr and bpf.DROP or bpf.PASS end)
diag.case("what IP carries", function(p) return p.ipv4 and p.ipv4.protocol == 6 and bpf.DROP or bpf.PASS end)
diag.case("what IPv6 carries", function(p) return p.ipv6 and p.ipv6.nexthdr == 6 and bpf.DROP or bpf.PASS end)
diag.case("what a frame carries", function(p) return p.eth.h_proto == 6 and bpf.DROP or bpf.PASS end)
diag.case("a class of service", function(p) return p.ipv4 and p.ipv4.dscp == 46 and bpf.DROP or bpf.PASS end)
diag.case("a length", function(p) return p.ipv4 and p.ipv4.tot_len > p.length and bpf.DROP or bpf.PASS end)
diag.case("a length in words", function(p) return p.ipv4 and p.ipv4.hlen > p.len and bpf.DROP or bpf.PASS end)
diag.case("all flags", function(p) return p.tcp and p.tcp.flags == 2 and bpf.DROP or bpf.PASS end)
diag.case("a port of the packet", function(p) return p.dport == 80 and bpf.DROP or bpf.PASS end)
diag.case("what no header has", function(p) return p.tcp and p.tcp.mss == 1 and p.http and bpf.DROP or bpf.PASS end)
diag.case("bytes by threes", function(p) return p:u24(3) == 1 and bpf.DROP or bpf.PASS end)
diag.done()

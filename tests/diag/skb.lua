-- What is said of functions for hooks that see packets as the network stack has them.
local diag = dofile "tests/diag/harness.lua"

diag.kind = "tc"
diag.case("a misspelt field", function(pkt) if pkt.marc == 1 then return bpf.DROP end end)
diag.case("a field of xdp", function(pkt) if pkt.rxq == 1 then return bpf.DROP end end)
diag.case("more than fits", function(pkt) pkt.mark = 1 << 32 end)
diag.case("an address", function(pkt) pkt.mark = bpf.ip "10.0.0.1" end)
diag.case("the length", function(pkt) pkt.len = 60 end)
diag.case("bytes of a tag", function(pkt) if pkt.vlan and pkt.vlan:u16(0) == 1 then return bpf.DROP end end)
diag.case("a tag's bytes, or an address", function(pkt)
	local v = pkt.vlan or pkt.eth
	if v and v:u8(0) == 1 then return bpf.DROP end
end)
diag.case("a verdict of xdp", function(pkt) return bpf.TX end)
diag.case("a boolean", function(pkt) return pkt.mark == 1 end)
diag.case("the type of a frame", function(pkt) pkt.eth.type = 0x0800 end)
diag.case("a tag's own field, too big", function(pkt) local v = pkt.vlan if v then v.id = 4096 end end)

diag.kind = "socket"
diag.case("a string", function(pkt) return "all" end)
diag.case("too few bytes", function(pkt) return -1 end)
diag.case("too many bytes", function(pkt) return 1 << 31 end)
diag.case("bytes, or not", function(pkt) return pkt.udp and 64 end)
diag.case("a mark", function(pkt) pkt.mark = 1 end)
diag.case("a write", function(pkt) local ip = pkt.ipv4 if ip then ip.ttl = 1 end end)

diag.kind = "xdp"
diag.case("a field of tc", function(pkt) if pkt.mark == 1 then return bpf.DROP end end)
diag.case("a field of tc, assigned", function(pkt) pkt.priority = 1 end)
diag.done()

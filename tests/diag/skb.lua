-- What is said of functions for hooks that see packets as the network layer has them.
local diag = dofile "tests/diag/harness.lua"

diag.kind = "tc"
diag.case("bytes of a tag", function(pkt) local v = pkt.vlan if v and v:u8(0) == 1 then return bpf.DROP end end)
diag.case("a tag's own field", function(pkt) pkt.vlan.id = 1 end)
diag.done()

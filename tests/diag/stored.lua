-- What is said of the fields of records that are stored or sent, each of which must have the right kind.
local diag = dofile "tests/diag/harness.lua"

local sent = bpf.events { n = "u8", text = "char[4]", from = "ip4", mac = "mac", on = "bool" }
local pairs_of = bpf.map { "hash", key = "struct { u8 n; ip4 from; }", value = "u64", entries = 8 }
local flows = bpf.map { "hash", key = "u32", value = "struct { u64 pkts; u8 ttl; }", entries = 8 }
local ends = bpf.map { "hash", key = "u32", value = "struct { ip4 ip; }", entries = 8 }
local routes = bpf.map { "lpm_trie", key = "ip4/prefix", value = "struct { u32 n; }", entries = 8 }
local known = bpf.map { "bloom_filter", value = "struct { u8 n; }", entries = 8 }
local st = bpf.state { n = "u32" }
local line = bpf.map { "queue", value = "struct { u8 n; }", entries = 8 }
diag.case("text for a number in an event", function() sent:send { n = "x" } end)
diag.case("a number for text in an event", function() sent:send { text = 5 } end)
diag.case("text for an address in an event", function() sent:send { from = "10.0.0.1" } end)
diag.case("an address of another kind in an event", function(p) sent:send { from = p.eth.src } end)
diag.case("a number for a flag in an event", function() sent:send { on = 1 } end)
diag.case("a float in an event", function() sent:send { n = 1e6 } end)
diag.case("a float that is no integer in an event", function() sent:send { n = 0.5 } end)
diag.case("a float for a flag in an event", function() sent:send { on = 1.0 } end)
diag.case("a float for text in an event", function() sent:send { text = 1.0 } end)
diag.case("a table in a field of an event", function() sent:send { n = { 1 } } end)
diag.case("text for a flag in an event", function() sent:send { on = "yes" } end)
diag.case("a number for a hardware address in an event", function() sent:send { mac = 5 } end)
diag.case("a flag for an address in an event", function() sent:send { from = true } end)
diag.case("a function in a field of an event", function() sent:send { n = print } end)
diag.case("a wrong field assigned before it is sent", function(p)
	local t = { n = 1 }
	t.n = p:sub(1, 2)
	sent:send(t)
end)
diag.case("text for a number in a key that is read", function() return pairs_of[{ n = "x" }] end)
diag.case("text for a number in a key that is written", function() pairs_of[{ n = "x" }] = 1 end)
diag.case("text for an address in a key that is deleted", function() pairs_of[{ from = "10.0.0.1" }] = nil end)
diag.case("text for a number in a key that is counted", function() pairs_of:add({ n = "x" }, 1) end)
diag.case("text for a number in a value", function() flows[1] = { pkts = "x" } end)
diag.case("a float in a value", function() flows[1] = { pkts = 2.0 } end)
diag.case("a float into a field of an entry", function() flows[1].pkts = 1e6 end)
diag.case("text for an address in a value", function() ends[1] = { ip = "10.0.0.1" } end)
diag.case("a float into a state", function() st.n = 1e6 end)
diag.case("text for a number in a queue", function() line:push { n = "x" } end)
diag.case("text for a number asked of a filter", function() return known:peek { n = "x" } and bpf.DROP end)
diag.case("text for a number below a prefix", function(p) routes[p.ipv4.src] = { n = "x" } end)
diag.case("a wrong kind in a branch that a constant removes", function(p)
	local debug = false
	if debug then sent:send { n = "x" } end
end)
diag.case("a wrong kind that another way puts right", function(p)
	local n = "x"
	if p.len > 99 then n = 1 end
	sent:send { n = n }
end)
diag.case("a wrong kind that is replaced", function(p)
	local t = { n = "x", text = nil }
	t.n = 1
	sent:send(t)
end)
diag.case("a wrong kind or nil", function(p) sent:send { n = p.len > 99 and "x" or nil } end)

diag.done()

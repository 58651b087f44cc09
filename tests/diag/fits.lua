-- Constants that never fit: what they are put into, which raises; or what they are looked up by, which finds nothing.
local diag = dofile "tests/diag/harness.lua"
diag.carets = true

local sent = bpf.events { n = "u8", i = "i8", text = "char[4]", raw = "bytes[4]", wide = "u64" }
local flows = bpf.map { "hash", key = "u32", value = "struct { u64 pkts; u8 ttl; }", entries = 8 }
local small = bpf.map { "hash", key = "u16", value = "u16", entries = 8 }
local names = bpf.map { "hash", key = "char[4]", value = "be16", entries = 8 }
local by = bpf.map { "hash", key = "struct { u16 port; u8 proto; }", value = "u64", entries = 8 }
local slots = bpf.map { "array", value = "u32", entries = 4 }
local single = bpf.map { "array", value = "u32", entries = 1 }
local line = bpf.map { "queue", value = "u8", entries = 8 }
local st = bpf.state { n = "u32" }

diag.case("into a field of an event", function() sent:send { n = 256 } end)
diag.case("a negative number", function() sent:send { n = -1 } end)
diag.case("beyond a signed field", function() sent:send { i = 128 } end)
diag.case("below a signed field", function() sent:send { i = -129 } end)
diag.case("a text too long", function() sent:send { text = "GET /" } end)
diag.case("bytes too long", function() sent:send { raw = "GET /" } end)
diag.case("a zero byte in a text", function() sent:send { text = "a\0b" } end)
diag.case("into a field of an entry", function()
	local e = flows[1]
	if e then e.ttl = 256 end
end)
diag.case("into a field of a value", function() flows[1] = { ttl = 1 << 8 } end)
diag.case("into a value", function() small[1] = 70000 end)
diag.case("into a value of the other byte order", function() names.a = 0x10000 end)
diag.case("into a state", function() st.n = -1 end)
diag.case("into a queue", function() line:push(300) end)
diag.case("a key that is written", function() small[70000] = 1 end)
diag.case("a text as a key that is written", function() names.alpha = 1 end)
diag.case("a key that is read", function() return small[70000] and bpf.DROP end)
diag.case("a key that is deleted", function() small[-1] = nil end)
diag.case("a text that is read by", function() return names:get("alpha") and bpf.DROP end)
diag.case("a field of a key", function() return by[{ port = 80, proto = 256 }] and bpf.DROP end)
diag.case("an element behind the last", function() return slots[4] == 1 and bpf.DROP end)
diag.case("an element behind the last, written", function() slots[4] = 1 end)
diag.case("of one entry", function() return single[1] == 1 and bpf.DROP end)
diag.case("what an argument brings", function()
	local function put(n) flows[1] = { ttl = n } end
	put(256)
end)

diag.case("what fits", function()
	sent:send { n = 255, i = -128, text = "GET ", raw = "a\0b", wide = -1 }
	small[65535], slots[3], st.n, names.abcd = 65535, 1, 0xffffffff, 65535
	return small[0] and by[{ port = 65535 }] and bpf.DROP
end)
diag.case("what is cut", function() sent:send { n = 256 & 0xff, text = bpf.trunc("GET /", 4) } end)
diag.case("what pcall catches", function() pcall(function() small[1] = 70000 end) end)
diag.case("one of many that are tried", function()
	local found = 0
	local function has(port) return small[port] end
	for _, port in ipairs { 80, 70000 } do
		if small[port] then found = found + 1 end
	end
	if has(70000) or found > 0 then return bpf.DROP end
end)
diag.case("what a constant removes", function()
	local n = 256
	if n < 256 then sent:send { n = n } end
end)
diag.done()

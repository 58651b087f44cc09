-- What is said of fields, methods, maps, states, events, print and library functions.
local diag = dofile "tests/diag/harness.lua"

local ports = { [80] = true }
local hits = bpf.map { "hash", key = "ip4", value = "u64", entries = 8, name = "hits" }
local ids = bpf.map { "hash", key = "struct { u32 pid; u16 port; }", value = "struct { u64 count; u8 raw[200]; }", entries = 8, name = "ids" }
local names = bpf.map { "hash", key = "char[8]", value = "bool", entries = 8 }
local slots = bpf.map { "array", key = "u32", value = "u32", entries = 8 }
local flows = bpf.map { "hash", key = "u32", value = "struct { u64 pkts; u8 ttl; }", entries = 8, name = "flows" }
local huge = bpf.map { "hash", key = "u32", value = "char[5000]", entries = 8, name = "huge" }
local texts = bpf.map { "hash", key = "u32", value = "char[8]", entries = 8 }
local prefixes = bpf.map { "hash", key = "u32", value = "bytes[5000]", entries = 8, name = "prefixes" }
local st = bpf.state { n = "u32", name = "char[5000]", raw = "bytes[100]" }
local ev = bpf.events { n = "u32" }
local big = bpf.events { text = "char[5000]" }
local file = io.stdout

-- views
diag.case("a field by a run-time name", function(p) local k = "ttl" if p.len > 5 then k = "tos" end return p.ipv4[k] end)
diag.case("a field by number", function(p) return p[1] end)
diag.case("a field nearly right", function(p) return p.ipv4.ttll end)
diag.case("a field nothing like", function(p) return p.tcp.window_scale_factor end)
diag.case("a method nothing like", function(p) return p:teleport() end)
diag.case("assigning a length", function(p) p.ipv4.len = 20 end)
diag.case("writing a byte too big", function(p) p:set_u8(0, 256) end)
diag.case("an iterator as a verdict", function(p) return p:gmatch("GET") end)
diag.case("two views compared", function(p) if p.tcp == p.udp then return bpf.DROP end return p.eth == p.eth end)

-- maps
diag.case("a key of the wrong kind", function(p) return hits[p.len] end)
diag.case("a key of text for an address", function() hits["10.0.0.1"] = 1 end)
diag.case("a value of the wrong kind", function(p) hits[p.ipv4.src] = p.eth.src end)
diag.case("an unknown field of a key", function(p) return ids[{ pid = 1, prot = p.len }] end)
diag.case("an unknown field of a value", function(p) flows[1] = { pkts = 1, nothing = p.len } end)
diag.case("a field of an entry nearly right", function() return flows[1].pkt end)
diag.case("a wrong kind into a field of an entry", function(p) flows[1].pkts = p.eth.src end)
diag.case("a value that is too long", function() return huge[1] end)
diag.case("storing a value that is too long", function() huge[1] = "x" end)
diag.case("a value of bytes", function() return prefixes[1] end)
diag.case("deleting from an array", function() slots[1] = nil end)
diag.case("adding to what is no counter", function() names:add("x", 1) end)
diag.case("a method that maps have not", function() return hits:push(1) end)
diag.case("a method of maps nearly right", function(p) hits:addd(p.ipv4.src, 1) end)
diag.case("the length of a map", function() return #hits end)
local net = bpf.cidr "10.0.0.0/8"
local nine = setmetatable({}, { __len = function() return 9 end })
diag.case("a length that a metamethod gives", function() return #nine end)
diag.case("the length of one of several tables", function(p) return #(p.len > 5 and { 1 } or nine) end)
diag.case("has of no address", function(p) return net:has(p.len) and bpf.DROP or nil end)
diag.case("a method that prefixes have not", function(p) return net:within(p.ip.src) and bpf.DROP or nil end)
diag.case("ipairs of a packet", function(p) for i, v in ipairs(p) do print(i, v) end end)
diag.case("an entry used after a write", function(p)
	local e = flows[1]
	flows[p.len] = { pkts = 1 }
	return e and e.pkts
end)
diag.case("two entries compared", function() return flows[1] == flows[2] end)

-- states, events, print
diag.case("a state's field nearly right", function() st.nn = 1 end)
diag.case("a state's field by a run-time name", function(p) local k = "n" if p.len > 5 then k = "name" end return st[k] end)
diag.case("a wrong kind into a state", function(p) st.n = p.eth.src end)
diag.case("a field too long to read", function() return st.name == "x" end)
diag.case("an event's unknown field", function() ev:send { m = 1 } end)
diag.case("an event that is no record", function() ev:send(1) end)
diag.case("an event too big", function() big:send { text = "x" } end)
diag.case("reading a channel", function() return ev:poll() end)
diag.case("printing a view", function(p) print(p.ipv4) end)
diag.case("printing too much", function(p)
	local n = p.len
	print(n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n)
end)

-- captured values
local far = {} for _ = 1, 200 do far = setmetatable({}, { __index = far }) end
diag.case("what lies behind 200 tables", function() if far.debug then return bpf.DROP end end)
diag.case("behind 200 tables by a run-time key", function(p) return far[p.len] and bpf.DROP end)
local alike, other = setmetatable({}, { __eq = function() return true end }), {}
diag.case("tables that their __eq compares", function(p)
	local t = p.len > 100 and alike or other
	if t == other or alike ~= other then return bpf.DROP end
end)
diag.case("two files compared", function() return io.stdout == io.stderr and bpf.DROP end)
diag.case("a library function as a key", function() return other[print] and bpf.DROP end)
local function checked() end
local named = { [other] = 1, [checked] = 2, [5] = 3 }
diag.case("one of two tables as a key", function(p)
	return named[p.len > 100 and alike or other] == 1 and bpf.DROP
end)
diag.case("a function or a number as a key, out of a loop", function(p)
	local k = p.len
	for i = 1, p.len do
		if p:u8(i) == 3 then k = checked end
	end
	return named[k] == 2 and bpf.DROP
end)
do
	local functions, long = {}, {}
	for i = 1, 300 do
		functions[i] = function() return i end
		if i <= 40 then long[i], long["k" .. i] = "a", ("x"):rep(513) end
	end
	diag.case("many functions by a run-time key", function(p)
		local f = functions[p.len]
		if f and f() == 1 then return bpf.DROP end
	end)
	diag.case("many long texts by a run-time key", function() print(long[texts[1]]) end)
end
local rules = { { ttl = 1 }, { ttl = 2 } }
diag.case("a table in a table, kept", function(p)
	local r = p.len > 64 and rules[p.len] or rules[1]
	r = p.len > 99 and r or rules[2]
	return "a" .. r == "a" and bpf.DROP
end)
diag.case("a host value", function() return file.x end)
diag.case("a method of a string", function() return ("x"):rep(3) end)
diag.case("a field of an address", function(p) return p.eth.src.oui end)
diag.case("assigning into a number", function(p) local n = p.len n.x = 1 end)

-- library functions
diag.case("too few arguments", function(p) return math.ult(p.len) end)
diag.case("no argument", function() return math.max() end)
diag.case("too many arguments", function(p) return bpf.cpu(p.len) end)
diag.case("an argument of the wrong kind", function(p) return math.ult(p.len, p.eth.src) end)
diag.case("math.max of an address", function(p) return math.max(p.len, p.eth.src) end)
diag.case("math.tointeger of text", function() return math.tointeger(texts[1]) end)
diag.case("tonumber with a base known only at run time", function(p) return tonumber(texts[1], p.len) end)
diag.case("tonumber with a base", function(p) return tonumber(p.len, 16) end)
diag.case("tonumber of a float's text, used", function(p) return p.len + tonumber "2.5" end)
diag.case("tonumber of nothing", function() return tonumber() end)
diag.case("floor of nil", function() local n return math.floor(n) end)
diag.case("a for loop from a float", function() for i = 1.0, 2 do print(i) end end)
diag.case("a for loop to a float by any step", function(p) for i = 1, 2.5, p.len do print(i) end end)
diag.case("a for loop to text", function() for i = 1, "2" do print(i) end end)
diag.case("a float stored", function() slots[1] = 1e6 end)
diag.case("a float as an argument", function(p) return p:u8(2.0) == 1 and bpf.DROP end)
diag.case("a byte of a string as of a list", function(p) return p.ipv4.payload:sub(1, 4)[1] == 71 and bpf.DROP end)
diag.case("an address as a number", function(p) return p.ipv4.src & 0xff == 1 and bpf.DROP end)
diag.case("bpf.ip of what may be text", function(p) return bpf.ip(p:u8(0) == 1 and p:sub(1, 7) or p.len) == 1 end)
diag.case("bpf.mac of a text", function() return bpf.mac(texts[1] or "") end)
diag.case("a prefix from a text of the packet", function(p) return p:u8(0) == 1 and bpf.cidr(p:sub(1, 8)) end)
diag.case("text that is no address", function(p) return p.ipv4.src == bpf.ip("10.0.0") end)
diag.case("int of an IPv6 address", function(p) return p.ipv6.src:int() end)
diag.case("within text that is no prefix", function(p) return p.ipv4.src:within("somewhere") and bpf.DROP end)
diag.case("within an address", function(p) return p.ipv4.src:within(p.ipv4.dst) end)
diag.case("within run-time text", function(p) return p.ipv4.src:within(texts[1] or "") and bpf.DROP end)
local nets = {}
for i = 1, 300 do nets[i] = bpf.cidr("10." .. i // 256 .. "." .. i % 256 .. ".0/24") end
diag.case("many prefixes, one after the other", function(p)
	for _, net in ipairs(nets) do
		if p.ipv4 and p.ipv4.src:within(net) then return bpf.DROP end
	end
end)
diag.case("a method of one header, a field of another", function(p)
	local l4 = p.tcp or p.udp
	return l4 and l4.len == 8 and bpf.DROP
end)

local usual = { { limit = 4 }, { limit = 5 } }
diag.case("the length of one with a hole", function(p) return #(usual[p.len] or { 1, [3] = 2 }) == 1 and bpf.DROP or bpf.PASS end)
diag.case("a captured table or one made in a loop, compared", function(p)
	local r = usual[p.len]
	for i = 1, p.len do
		if p:u8(i) == 3 then r = { limit = i } end
	end
	return r ~= usual[1] and r.limit == 2 and bpf.DROP or bpf.PASS
end)
local sorts = { { deep = 5 }, "text" }
diag.case("a field of a text", function(p) return tostring(p.len).deep == 5 and bpf.DROP or bpf.PASS end)
string.port = 5
diag.case("a field that the script gave to texts, of what may be a header", function(p)
	local v = p.tcp or "abc"
	return v.port == 5 and bpf.DROP
end)
string.port = nil
local by_truth = bpf.map { "hash", key = "bool", value = "u32", entries = 4 }
diag.case("a captured map by a comparison", function(p) return by_truth[p.len > 30] == 11 and bpf.DROP or bpf.PASS end)
diag.case("a captured table by a comparison, assigned", function(p) by_truth[p.len == 30] = 1 end)
diag.case("a captured map by a comparison that has a name", function(p)
	local over = p.len > 30
	return by_truth[over] == 11 and by_truth[p.len > 2 and p.len < 9] == 1 and bpf.DROP or bpf.PASS
end)
local many, answers = {}, { __index = function(_, k) return k end }
for i = 1, 100 do many[i] = { i } end
local by_row = setmetatable({ [many[5]] = 5 }, answers)
diag.case("an __index function, and a table as key", function(p) return by_row[many[p.len]] and bpf.DROP end)
local memo = setmetatable({}, { __index = function(t, k) t[k] = #k return #k end })
diag.case("an __index function that keeps what it finds", function() if memo.debug then return bpf.DROP end end)
local own = setmetatable({}, { __index = os.getenv })
diag.case("an __index function of C", function() if own.debug then return bpf.DROP end end)
diag.done()

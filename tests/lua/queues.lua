-- Queues, stacks and bloom filters in the user half.

local function raises(pattern, f, ...)
	local ok, text = pcall(f, ...)
	assert(not ok, "no error, expected: " .. pattern)
	assert(tostring(text):find(pattern), text)
end

local q = bpf.map { "queue", value = "u32", entries = 3, name = "jobs" }
local s = bpf.map { "stack", value = "ip4", entries = 3 }
assert(tostring(q) == "queue map 'jobs'")
assert(q:pop() == nil and q:peek() == nil)
for i = 1, 3 do
	q:push(i)
	s:push("10.0.0." .. i)
end
raises("queues%.lua:%d+: map full: map 'jobs' holds 3 entries at most", function() q:push(4) end)
raises("does not fit u32", q.push, q, 1 << 32)
raises("queues%.lua:%d+: bad value", function() q:push("x") end)
raises("bad value", q.push, q, nil)
assert(q:peek() == 1 and q:pop() == 1 and q:pop() == 2)
assert(s:peek() == bpf.ip "10.0.0.3" and s:pop() == bpf.ip "10.0.0.3" and s:pop() == bpf.ip "10.0.0.2")
q:push(9)
q:clear()
s:clear()
assert(q:pop() == nil and s:pop() == nil)

-- a struct comes out as an entry with bytes of its own
local f = bpf.map { "queue", value = { host = "ip4", port = "u16", name = "char[8]" }, entries = 2 }
f:push { host = "10.0.0.1", port = 80, name = "web" }
f:push { }
local one, two = f:pop(), f:pop()
assert(type(one) == "userdata" and one.port == 80 and one.name == "web" and tostring(one.host) == "10.0.0.1")
assert(two.port == 0 and two.name == "")
raises("port", function() f:push { port = 65536 } end)
one.port, one.host = 81, "10.0.0.2"
assert(one.port == 81 and one.host == bpf.ip "10.0.0.2" and one.name == "web" and two.port == 0)
raises("queues%.lua:%d+: bad value for map: 65536 does not fit u16 %(field 'port'%)", function() one.port = 65536 end)
raises("queues%.lua:%d+: there is no field 'prt'; did you mean 'port'%?", function() return one.prt end)
raises("queues%.lua:%d+: there is no field 'prt'", function() one.prt = 1 end)
assert(one.port == 81 and one ~= two and one == one)
assert(tostring(one) == "{ name = web, host = 10.0.0.2, port = 81 }", tostring(one))
local names = {}
for name, value in pairs(one) do names[#names + 1] = name .. "=" .. tostring(value) end
assert(table.concat(names, " ") == "name=web host=10.0.0.2 port=81")
f:push(one)                                   -- given as a value it is what it holds now
one.port = 82
local top = f:peek()
top.port = 83
assert(top.port == 83 and f:peek().port == 81 and f:pop().port == 81 and f:pop() == nil)
local kept = bpf.map { "hash", key = "u32", value = { host = "ip4", port = "u16", name = "char[8]" }, entries = 4 }
local by = bpf.map { "hash", key = { host = "ip4", port = "u16", name = "char[8]" }, value = { n = "u32" }, entries = 4 }
kept[1], by[one] = one, { n = 5 }
local found = by[one]
one.port = 84
assert(kept[1].port == 82 and by[one] == nil and found.n == 5)
found.n = 6                                   -- still that of the key as it was
one.port = 82
assert(by[one].n == 6)
raises("bad value for map 'jobs': an entry where u32 is meant", function() q:push(one) end)
raises("bad value for map 'jobs': an entry where u32 is meant", function() q:push(kept[1]) end)
local opt = bpf.map { "stack", value = "struct { u8? a; bytes[3] b; bool c; }", entries = 2 }
opt:push { b = "x\0y" }
local o = opt:pop()
assert(o.a == nil and o.b == "x\0y" and o.c == false)
o.a, o.c = 0, true
assert(o.a == 0 and o.c == true)
o.a = nil
assert(o.a == nil and tostring(o) == "{ a = nil, b = x\0y, c = true }")
names = {}
for name in pairs(o) do names[#names + 1] = name end
assert(table.concat(names, " ") == "b c")
local inner = bpf.map { "array_of_maps", entries = 2, inner = { "queue", value = { n = "u8" }, entries = 2 } }
inner[0] = bpf.map { "queue", value = { n = "u8" }, entries = 2 }
inner[0]:push { n = 9 }
local from = inner[0]:pop()
from.n = from.n + 1
assert(from.n == 10)
local events = bpf.events { host = "ip4", port = "u16", name = "char[8]" }
events:send(one)
events:send(kept[1])
assert(events:poll(0).port == 82 and events:poll(0).port == 82)
do -- what was taken outlives the map's name, and its finalizers
	local many = {}
	for i = 1, 200 do
		local line = bpf.map { "queue", value = { n = "u32" }, entries = 2 }
		line:push { n = i }
		many[i] = line:pop()
	end
	collectgarbage()
	collectgarbage()
	for i = 1, 200 do assert(many[i].n == i) end
end

-- they have no keys
for _, m in ipairs { q, s } do
	raises("has no keys", function() return m[1] end)
	raises("has no keys", function() m[1] = 1 end)
	raises("has no keys", function() m[1] = nil end)
	raises("has no keys", function() for _ in pairs(m) do end end)
	raises("does not tell", function() return #m end)
end
raises("a queue has no keys, only values", bpf.map, { "queue", key = "u32", value = "u32", entries = 1 })
raises("entries = 1024", bpf.map, { "stack", value = "u32" })
raises("value = ", bpf.map, { "stack", entries = 4 })

-- a filter knows what was pushed, and nothing else can be done with it
local b = bpf.map { "bloom_filter", value = "char[16]", entries = 1000 }
b:push("example.org")
assert(b:peek("example.org") == true)
assert(b:peek("a text of more than sixteen") == false)
local wrong = 0
for i = 1, 200 do if b:peek("host" .. i) then wrong = wrong + 1 end end
assert(wrong < 20, wrong)
raises("a bloom_filter has no pop", function() b:pop() end)
raises("a bloom_filter has no clear", function() b:clear() end)
raises("cannot make bloom_filter map: Invalid argument %(the type came with Linux 5.16%)",
	function() bpf.map { "bloom_filter", value = "u32", entries = 10, flags = 1 << 30 }:push(1) end)
raises("m:push%(v%) and m:peek%(v%)", function() return b[1] end)
raises("queues%.lua:%d+: bad value", function() b:peek(1) end)
raises("queues%.lua:%d+: bad argument #1 to 'peek'", function() b:peek() end)

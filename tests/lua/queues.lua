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

-- a struct comes out as a table
local f = bpf.map { "queue", value = { host = "ip4", port = "u16", name = "char[8]" }, entries = 2 }
f:push { host = "10.0.0.1", port = 80, name = "web" }
f:push { }
local one, two = f:pop(), f:pop()
assert(type(one) == "table" and one.port == 80 and one.name == "web" and tostring(one.host) == "10.0.0.1")
assert(two.port == 0 and two.name == "")
raises("port", function() f:push { port = 65536 } end)

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

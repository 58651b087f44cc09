-- Maps whose values or keys are structs: live entries, records, layouts.

local m = bpf.map { "hash", key = "u32", entries = 8,
	value = { n = "u32", src = "ip4", comm = "char[16]", flag = "bool" } }
assert(m[1] == nil)
m[1] = { n = 3, src = "1.2.3.4", comm = "hello" }
local e = m[1]
assert(e.n == 3 and e.src == bpf.ip "1.2.3.4" and e.comm == "hello" and e.flag == false)

-- fields are the map's own
e.n = 4
assert(m[1].n == 4 and e.n == 4)
m[1].n = m[1].n + 1
assert(e.n == 5)
e.src = bpf.ip "9.9.9.9"
assert(tostring(m[1].src) == "9.9.9.9")
for k, v in pairs(m) do
	assert(k == 1 and v.n == 5)
	v.flag = true
end
assert(m[1].flag == true)

local ok, text = pcall(function() e.nope = 1 end)
assert(not ok and text:find "entries.lua:%d+:" and text:find "nope", text)
ok, text = pcall(function() return e.nope end)
assert(not ok and text:find "nope", text)
ok, text = pcall(function() e.n = 1 << 32 end)
assert(not ok and text:find "entries.lua:%d+:", text)
ok, text = pcall(function() m[2] = { nope = 1 } end)
assert(not ok and text:find "nope", text)

-- an entry as a value is copied
m[2] = m[1]
m[1].n = 77
assert(m[2].n == 5)

-- an entry that has gone keeps what it held when it was looked up; writing to it raises
e = m[1]
m[1] = nil
assert(m[1] == nil and e.n == 77)
assert(not pcall(function() e.n = 1 end))

-- what an entry shows
assert(tostring(m[2]) == "{ comm = hello, n = 5, src = 9.9.9.9, flag = true }", tostring(m[2]))
local names = {}
for name, value in pairs(m[2]) do names[#names + 1] = name .. "=" .. tostring(value) end
assert(table.concat(names, " ") == "comm=hello n=5 src=9.9.9.9 flag=true")

-- struct keys; tables of fields are laid out by falling size, then name
local f = bpf.map { "hash", entries = 8, value = "u64", key = { port = "u16", src = "ip4" } }
f[{ src = "10.0.0.1", port = 80 }] = 6
f:add({ src = bpf.ip "10.0.0.1", port = 80 }, 1)
assert(f[{ port = 80, src = "10.0.0.1" }] == 7 and f[{ port = 81, src = "10.0.0.1" }] == nil)
for k, v in pairs(f) do
	assert(k.port == 80 and k.src == bpf.ip "10.0.0.1" and v == 7)
	assert(f[k] == 7)
end

-- C-like text, fields that may be nil
local s = bpf.map { "array", key = "u32", entries = 2, value = "struct { u8 a; u32 b; char c[4]; }" }
s[0] = { a = 1, b = 2, c = "xy" }
assert(s[0].a == 1 and s[0].b == 2 and s[0].c == "xy" and s[1].c == "")
local q = bpf.map { "hash", key = "u32", entries = 2, value = { a = "u32?", b = "u32" } }
q[1] = { b = 1 }
assert(q[1].a == nil and q[1].b == 1)
q[1].a = 0
assert(q[1].a == 0)
q[1].a = nil
assert(q[1].a == nil)

-- The user half's syntax of maps.

local function raises(pattern, f, ...)
	local ok, text = pcall(f, ...)
	assert(not ok, "no error, expected: " .. pattern)
	assert(tostring(text):find(pattern), text)
end

-- hash: keys and values as text, absent keys, deleting, counting
local m = bpf.map { "hash", key = "ip4", value = "u64", entries = 4, name = "hits" }
assert(tostring(m) == "hash map 'hits'")
assert(m["10.0.0.1"] == nil and #m == 0)
m["10.0.0.1"] = 5
assert(m[bpf.ip "10.0.0.1"] == 5 and m:get("10.0.0.1") == 5)
m:add("10.0.0.1", 3)
m:add(bpf.ip "10.0.0.2", 1)
assert(m["10.0.0.1"] == 8 and m["10.0.0.2"] == 1 and #m == 2)
m:set("10.0.0.3", -1)
assert(m["10.0.0.3"] == -1)
m["10.0.0.3"] = nil
assert(m["10.0.0.3"] == nil and #m == 2)

local seen = {}
for k, v in pairs(m) do seen[tostring(k)] = v end
assert(seen["10.0.0.1"] == 8 and seen["10.0.0.2"] == 1)
for k in pairs(m) do m[k] = nil end
assert(#m == 0)
for i = 1, 4 do m[bpf.ip(i)] = i end
raises("full", function() m["9.9.9.9"] = 1 end)
for k in pairs(m) do break end
m:clear()
assert(#m == 0 and next { } == nil)
raises("maps%.lua:%d+: .*no.* address", function() m["nonsense"] = 1 end)
raises("maps%.lua:%d+:", function() m[{}] = 1 end)

-- integers: what does not fit is not found, and cannot be written
local w = bpf.map { "hash", key = "u32", value = "i8", entries = 8 }
w[1] = -128
assert(w[1] == -128 and w[1.0] == -128)
assert(w[2^32 // 1 | 0] == nil and w[-1] == nil)
raises("maps%.lua:%d+:", function() w[1 << 32] = 1 end)
raises("maps%.lua:%d+:", function() w[1] = 128 end)
raises("maps%.lua:%d+:", function() w[1] = "x" end)
assert(w[1] == -128)

-- text keys, and a key that is a method's name
local t = bpf.map { "hash", key = "char[8]", value = "bool", entries = 8 }
t.abc = true
t["x"] = false
assert(t.abc == true and t.x == false and t["a string too long"] == nil)
assert(type(t["add"]) == "function" and t:get("add") == nil)
t:set("add", true)
assert(t:get("add") == true)

-- arrays: 0-based, never nil inside
local a = bpf.map { "array", key = "u32", value = "u32", entries = 3 }
assert(#a == 3 and a[0] == 0 and a[2] == 0 and a[3] == nil)
a[0] = 7
local sum, n = 0, 0
for k, v in pairs(a) do sum, n = sum + k + v, n + 1 end
assert(sum == 7 + 0 + 1 + 2 and n == 3)
raises("delete", function() a[0] = nil end)
raises("maps%.lua:%d+:", function() a[3] = 1 end)

-- longest prefix
local p = bpf.map { "lpm_trie", key = "ip4/prefix", value = "u32", entries = 16 }
p["10.0.0.0/8"] = 1
p["10.1.0.0/16"] = 2
p[bpf.cidr "192.0.2.0/24"] = 3
assert(p["10.1.2.3"] == 2 and p["10.2.2.3"] == 1 and p["11.0.0.1"] == nil)
assert(p[bpf.ip "192.0.2.9"] == 3)
local prefixes = {}
for k, v in pairs(p) do prefixes[tostring(k)] = v end
assert(prefixes["10.0.0.0/8"] == 1 and prefixes["192.0.2.0/24"] == 3)

local p6 = bpf.map { "lpm_trie", key = "ip6/prefix", value = "struct { u32 n; }", entries = 16 }
for i, prefix in ipairs { "2001:db8::/32", "::/0", "2001:db8::1/128", "fe80::/10" } do p6[prefix] = { n = i } end
assert(p6["2001:db8::5"].n == 1 and p6["fe80::1"].n == 4 and p6["2001:db8::1"].n == 3 and p6["2002::"].n == 2)
for _, m in ipairs { p, p6 } do
	local n, found = #m, 0
	for prefix, v in pairs(m) do -- text, which is a key again
		assert(type(prefix) == "string" and prefix:find "^[%x:.]+/%d+$")
		found = found + 1
		if m == p6 then v.n = v.n + 10 end
		if m == p6 and prefix == "::/0" then m[prefix] = nil end
	end
	assert(found == n)
end
assert(#p6 == 3 and p6["2001:db8::1"].n == 13 and p6["2002::"] == nil)
-- an entry that an address is found by is written, and no new one made
p:add("10.1.9.9", 40)
p:add("10.1.0.0/24", 40)
p:add("172.16.0.1", 5)
assert(p["10.1.0.0"] == 82 and p["10.2.0.0"] == 1 and p["172.16.0.1"] == 5 and #p == 4)
p6["fe80::9"].n = 7
p6["2001:db8:1::/48"].n = 8
assert(p6["fe80::1"].n == 7 and p6["2001:db8::5"].n == 8 and #p6 == 3)

-- per CPU: the sum, and each
local c = bpf.map { "percpu_array", key = "u32", value = "u64", entries = 1 }
c:add(0, 4)
assert(c[0] == 4 and c:sum(0) == 4)
local each, total = c:each(0), 0
for _, v in ipairs(each) do total = total + v end
assert(#each >= 1 and total == 4)
local ch = bpf.map { "percpu_hash", key = "u32", value = "u64", entries = 4 }
assert(ch:sum(1) == nil and ch:each(1) == nil)
raises("per%-CPU", function() return a:each(0) end)

-- what bpf.map refuses
raises("type of map is missing", bpf.map, { key = "u32" })
raises("no option 'kye'; did you mean 'key'?", bpf.map, { "hash", kye = "u32" })
raises("no option 'colour': there are type", bpf.map, { "hash", colour = "u32" })
raises("'entries'", bpf.map, { "hash", key = "u32", value = "u32", entries = -1 })
raises("'key' is a type", bpf.map, { "hash", key = 4, value = "u32", entries = 1 })
raises("u33", bpf.map, { "hash", key = "u33", value = "u32", entries = 1 })
raises("hsah", bpf.map, { "hsah", key = "u32", value = "u32", entries = 1 })

-- locked: a table in the user half, written back whole
local locked = bpf.map { "hash", key = "u32", value = "struct { u32 a; u8 b; u16? c; }", entries = 4, lock = true }
locked[1] = { a = 1, b = 2 }
assert(locked:locked(1, function(e)
	assert(type(e) == "table" and e.a == 1 and e.c == nil)
	e.a, e.b, e.c = e.a + 1, 9, 4
end) == true)
assert(locked[1].a == 2 and locked[1].b == 9 and locked[1].c == 4)
assert(locked:locked(2, function() error "called" end) == false)
raises("maps%.lua:%d+: mine", function() locked:locked(1, function(e) e.a = 7 error "mine" end) end)
raises("does not fit", function() locked:locked(1, function(e) e.b = 256 end) end)
raises("bad argument", function() locked:locked(1) end)
assert(locked[1].a == 2 and locked[1].b == 9)
for k, v in pairs(locked) do assert(k == 1 and v.a == 2) end
assert(#locked == 1)

-- keys that are tables
local pairs_of = bpf.map { "hash", key = "struct { u32 x; u16 y; }", value = "struct { u64 n; }", entries = 4, lock = true }
pairs_of[{ x = 1, y = 2 }] = { n = 5 }
assert(pairs_of:locked({ x = 1, y = 2 }, function(e) e.n = e.n + 1 end) == true)
assert(pairs_of:locked({ x = 2 }, function() error "called" end) == false)
assert(pairs_of[{ x = 1, y = 2 }].n == 6)
raises("lock = true is for hash and array maps of structs", bpf.map,
	{ "hash", key = "u32", value = "u64", entries = 4, lock = true })
raises("lock = true is for", bpf.map, { "lru_hash", key = "u32", value = "struct { u64 a; }", entries = 4, lock = true })
raises("lock = true is for", bpf.map, { "percpu_hash", key = "u32", value = "struct { u64 a; }", entries = 4, lock = true })

-- types that are not there say what does the same
for type, text in pairs { ringbuf = "bpf.events", prog_array = "link:replace", cgroup_array = "cgroup_id",
	reuseport_sockarray = "sk_lookup", cgroup_storage = "cgrp_storage" } do
	raises(text, bpf.map, { type, key = "u32", value = "u32", entries = 1 })
end

-- what pairs gives, taken apart: a loop begins anew with nil, and calls by hand go on
do
	local m = bpf.map { "hash", key = "u32", value = "u32", entries = 8 }
	for i = 1, 3 do m[i] = i end
	local f, t, first = pairs(m)
	local n = 0
	for turn = 1, 3 do
		for _ in f, t, first do
			n = n + 1
			if turn == 1 then break end
		end
	end
	assert(n == 7)
	local g = pairs(m)
	local a, b, c = g(), g(), g()
	assert(a + b + c == 6 and g() == nil and g() == nil)
end

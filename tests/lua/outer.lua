-- Maps of maps in the user half.

local function raises(pattern, f, ...)
	local ok, text = pcall(f, ...)
	assert(not ok, "no error, expected: " .. pattern)
	assert(tostring(text):find(pattern), text)
end

local inner = { "hash", key = "u32", value = "u64", entries = 8 }
local function like(more)
	local t = { }
	for k, v in pairs(inner) do t[k] = v end
	for k, v in pairs(more or {}) do t[k] = v end
	return bpf.map(t)
end

-- a map put in is the map that comes out, also when nobody else keeps it
local m = bpf.map { "hash_of_maps", key = "ip4", entries = 3, inner = inner, name = "tenants" }
local a = like { name = "a", entries = 100 }
assert(tostring(m) == "hash_of_maps map 'tenants'" and #m == 0 and m["10.0.0.1"] == nil)
m["10.0.0.1"] = a
m["10.0.0.2"] = like { name = "b" }
assert(m["10.0.0.1"] == a and m:get("10.0.0.1") == a and #m == 2)
m["10.0.0.2"][5] = 7
collectgarbage()
collectgarbage()
assert(m["10.0.0.2"][5] == 7 and tostring(m[bpf.ip "10.0.0.2"]) == "hash map 'b'")
m["10.0.0.2"]:add(5, 1)
assert(m["10.0.0.2"][5] == 8)
local names = {}
for k, map in pairs(m) do names[tostring(k)] = tostring(map) end
assert(names["10.0.0.1"] == "hash map 'a'" and names["10.0.0.2"] == "hash map 'b'")

-- one map may be in two places; another one takes its place; deleting
m["10.0.0.3"] = a
m["10.0.0.1"] = like { name = "c" }
m["10.0.0.1"][1] = 1
assert(m["10.0.0.3"] == a and a[1] == nil and m["10.0.0.1"] ~= a)
raises("outer%.lua:%d+: map full: map 'tenants' holds 3 entries at most", function() m["10.0.0.4"] = a end)
m["10.0.0.3"] = nil
m["10.0.0.3"] = nil
assert(m["10.0.0.3"] == nil and #m == 2)
m["10.0.0.4"] = a
for k in pairs(m) do m[k] = nil end
assert(#m == 0)
m["10.0.0.9"] = a
m:clear()
assert(#m == 0 and m["10.0.0.9"] == nil)

-- an array has as many places, all of them empty
local places = bpf.map { "array_of_maps", entries = 2, inner = a }
assert(#places == 0 and places[0] == nil and places[2] == nil)
places[1] = a
assert(places[1] == a and #places == 1)
raises("map full", function() places[2] = a end)
places[1] = nil
assert(places[1] == nil)

-- what is not like the others is said to be so
raises("outer%.lua:%d+: the maps in this hash_of_maps are each hash of u32 %-> u64; this one is hash of u16 %-> u64$",
	function() m["10.0.0.1"] = like { key = "u16" } end)
raises("this one is lru_hash of u32 %-> u64", function() m["10.0.0.1"] = like { "lru_hash" } end)
raises("this one is hash of u32 %-> u64, flags 0x1", function() m["10.0.0.1"] = like { flags = 1 } end)
raises("with a lock", function() m["10.0.0.1"] = like { lock = true, value = "struct { u64 n; }" } end)
raises("it holds maps, not number", function() m["10.0.0.1"] = 5 end)
raises("it holds maps, not table", function() m["10.0.0.1"] = { n = 1 } end)
raises("this one is", function() m["10.0.0.1"] = bpf.state { n = "u32" } end)
raises("bad key", function() m[5] = a end)
local arrays = bpf.map { "array_of_maps", entries = 4, inner = { "array", key = "u32", value = "u32", entries = 3 } }
raises("each array of u32 %-> u32, 3 entries; this one is array of u32 %-> u32, 4 entries",
	function() arrays[0] = bpf.map { "array", key = "u32", value = "u32", entries = 4 } end)
raises("add", function() m:add("10.0.0.1", 1) end)

-- making one
raises("needs to know what the maps in it are like: inner = ", bpf.map, { "array_of_maps", entries = 4 })
raises("the values of hash_of_maps are maps: inner = ", bpf.map, { "hash_of_maps", key = "u32", value = "u64", entries = 4,
	inner = inner })
raises("option 'inner' is a table of options, as bpf.map takes them, or a map, not a number", bpf.map,
	{ "array_of_maps", entries = 4, inner = 5 })
raises("there is no map type 'hsh'; did you mean 'hash'", bpf.map, { "array_of_maps", entries = 4, inner = { "hsh" } })
raises("a map within a map is one by key, a queue, a stack or a filter, not array_of_maps", bpf.map,
	{ "array_of_maps", entries = 4, inner = arrays })
raises("a map within a map is one by key, a queue, a stack or a filter, not devmap", bpf.map,
	{ "array_of_maps", entries = 4, inner = { "devmap", entries = 4 } })
raises("cannot be locked", bpf.map, { "array_of_maps", entries = 4,
	inner = like { lock = true, value = "struct { u64 n; }" } })
raises("inner is for array_of_maps and hash_of_maps, not for hash", bpf.map,
	{ "hash", key = "u32", value = "u64", entries = 4, inner = inner })
raises("a map of maps lives with its script and is not pinned", bpf.map, { "array_of_maps", entries = 4, inner = inner,
	pin = "nowhere" })

-- hundreds of maps, replaced again and again
local many = bpf.map { "hash_of_maps", key = "u32", entries = 300, inner = inner }
for round = 1, 3 do
	for i = 1, 300 do
		many[i] = like { entries = 1 }
		many[i][1] = i * round
	end
end
for i = 1, 300 do assert(many[i][1] == i * 3) end

-- Going over a map, counting and clearing it in the user half, of every type; more entries than one batch holds.

local function all(m)
	local n, sum = 0, 0
	for k, v in pairs(m) do
		n = n + 1
		sum = sum + (type(v) == "number" and v or 0)
	end
	return n, sum
end

for _, type in ipairs { "hash", "lru_hash", "percpu_hash", "lru_percpu_hash", "array", "percpu_array" } do
	local m = bpf.map { type, key = "u32", value = "u64", entries = 1000 }
	local whole = type:find "array"
	for i = 0, 599 do m[i] = i end
	local n, sum = all(m)
	assert(n == (whole and 1000 or 600) and sum == 179700 and #m == n, type)
	for k in pairs(m) do -- deleting what it is at, and what comes
		if not whole and k % 2 == 0 then m[k], m[k + 1] = nil, nil end
	end
	assert(#m == (whole and 1000 or 0), type)
	for i = 0, 599 do m[i] = i end
	m:clear()
	n, sum = all(m)
	assert(n == (whole and 1000 or 0) and sum == 0, type)
	m[5] = 7
	assert(m[5] == 7, type)
end

local prefixes = bpf.map { "lpm_trie", key = "ip4/prefix", value = "u32", entries = 1000 }
for i = 0, 255 do prefixes[("10.0.%d.0/24"):format(i)] = i end
local n, sum = all(prefixes)
assert(n == 256 and sum == 32640 and #prefixes == 256)
prefixes:clear()
assert(all(prefixes) == 0)

local inner = { "hash", key = "u32", value = "u64", entries = 8 }
local some = {
	{ "devmap", entries = 8 }, { "devmap_hash", entries = 8 }, { "cpumap", entries = 2 },
	{ "array_of_maps", entries = 8, inner = inner }, { "hash_of_maps", key = "u32", entries = 8, inner = inner },
}
for _, options in ipairs(some) do
	local m = bpf.map(options)
	m[0] = options.inner and bpf.map(inner) or 1
	assert(#m == 1 and all(m) == 1 and m[0] ~= nil, options[1])
	m:clear()
	assert(#m == 0 and all(m) == 0 and m[0] == nil, options[1])
end

for _, type in ipairs { "queue", "stack" } do
	local m = bpf.map { type, value = "u32", entries = 8 }
	m:push(1)
	m:push(2)
	m:clear()
	assert(m:pop() == nil, type)
end

local function raises(pattern, f, ...)
	local good, text = pcall(f, ...)
	assert(not good and tostring(text):find(pattern), text)
end
raises("a bloom_filter has no clear", bpf.map { "bloom_filter", value = "u32", entries = 8 }.clear,
	bpf.map { "bloom_filter", value = "u32", entries = 8 })
local kept = bpf.map { "sk_storage", value = "u64" }
raises("which sockets keep something", kept.clear, kept)
raises("which sockets keep something", function() return #kept end)
raises("which sockets keep something", pairs(kept))

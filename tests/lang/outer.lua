-- Maps of maps: m[k] is a map that is known only at run time, or nil; every type of map within both types.
local lang = dofile "tests/lang/harness.lua"

local ANY = { "nil", true, 0, 1, 2, 3, -1, 1 << 32 }
local EDGES = { 0, 1, 2, 3, 255, 256, -1, 0xffffffff, 1 << 32, math.mininteger }

-- Two maps like the inner one, at 1 and 2 of an outer one.
local function outer(type, inner)
	local m = bpf.map { type, key = "u32", entries = 4, inner = inner, name = "outer" }
	local one, two = bpf.map(inner), bpf.map(inner)
	m[1], m[2] = one, two
	return m, one, two
end

for _, type in ipairs { "array_of_maps", "hash_of_maps" } do
	for _, inner in ipairs { "hash", "array", "lru_hash", "percpu_hash", "percpu_array", "lru_percpu_hash" } do
		local m, one, two = outer(type, { inner, key = "u32", value = "u64", entries = 3 })
		lang.case { name = inner .. " in " .. type, see = { one, two }, inputs = lang.pairs(ANY, EDGES), f = function(k, v)
			local map = m[k]
			if not map then return "nil" == nil, m:get(k) == nil end
			map[v] = v
			map:add(v, 5)
			m[1]:add(2, 1)
			return map[v], m[k][2], m[2]:get(v)
		end }
	end
	local m, one, two = outer(type, { "lpm_trie", key = "ip4/prefix", value = "u32", entries = 4 })
	lang.case { name = "lpm_trie in " .. type, see = { one, two }, inputs = lang.pairs({ 0, 1, 2 },
		{ bpf.ip "10.1.2.3", bpf.ip "10.2.0.1", bpf.ip "192.0.2.1" }), setup = function()
			one["10.0.0.0/8"], one["10.2.0.0/16"], two["0.0.0.0/0"] = 8, 16, 0
		end, f = function(k, a)
			local map = m[k]
			return map and map[a], map ~= nil and (map[a] or -1)
		end }
	for _, inner in ipairs { "queue", "stack" } do
		local q, first, second = outer(type, { inner, value = "u32", entries = 2 })
		lang.case { name = inner .. " in " .. type, see = { first, second }, inputs = lang.pairs(ANY, EDGES), f = function(k, v)
			q[k]:push(v)
			q[2]:push(7)
			local map = q[k]
			if map then return map:pop(), map:peek() end
		end }
	end
	local bloom = { "bloom_filter", value = "u32", entries = 100 }
	local b = lang.map(bloom) and outer(type, bloom)
	if b then lang.case { name = "bloom_filter in " .. type, inputs = lang.pairs({ 1, 2, 3 }, { 5, 5 }), f = function(k, v)
		local map = b[k]
		if map then
			map:push(v)
			return map:peek(v)
		end
	end } end
end

-- a nil or a wrong key where a map is wanted, and errors within pcall
local m, one, two = outer("hash_of_maps", { "hash", key = "u32", value = "i32", entries = 2, name = "inner" })
lang.case { name = "indexed whether there is one or not", see = { one, two }, inputs = lang.pairs(ANY, ANY), f = function(k, v)
	m[k][v] = 1
	return m[k][v]
end }
lang.case { name = "a method whether there is one or not", see = { one, two }, inputs = lang.pairs(ANY, { 1, "nil" }),
	f = function(k, v)
		m[k]:add(1, v)
		return m[k]:get(1)
	end }
lang.case { name = "full, within pcall", see = { one, two }, inputs = lang.pairs({ 0, 1, 2, "nil" }, { 5, 1 << 31, true }),
	f = function(k, v)
		local good, text = pcall(function()
			local map = m[k]
			map[1] = v
			map[2] = 2
			map[3] = 3
		end)
		return good, text ~= nil
	end }
lang.case { name = "a value that does not fit", see = { one }, inputs = lang.each { 0, 1 << 31, -1 << 31, "nil", true },
	f = function(v)
		m[1][2] = v
		return m[1][2]
	end }

-- what a variable holds differs by the way taken
lang.case { name = "one of two", see = { one, two }, inputs = lang.pairs { 0, 1, 2, 3 }, f = function(a, b)
	local map
	if a < b then map = m[a] else map = m[b] or m[1] end
	for i = 1, a do
		if map then map:add(i % 2, b) end
		if i == 2 then map = m[2] end
	end
	local function count(which, k) return which and (which[k] or 0) end
	return count(map, 0), count(m[a], 1), map == nil
end }
lang.case { name = "the same again in a loop", see = { one, two }, inputs = lang.pairs({ 0, 1, 2 }, { 0, 1, 5, 100 }),
	f = function(k, n)
		local sum = 0
		for i = 1, n do
			local map = m[k]
			if not map then return -i end
			map:add(0, i)
			sum = sum + map[0]
			k = k % 3 + 1
		end
		return sum
	end }
lang.case { name = "a known one or one of those", see = { one, two }, inputs = lang.pairs({ 0, 1, 2, true }, { true, false }),
	f = function(k, own)
		if own then
			one:add(1, 2)
		else
			local map = m[k]
			if map then map:add(1, 3) end
		end
		return one[1], two[1]
	end }

-- going over them
local all, left, right = outer("hash_of_maps", { "hash", key = "u16", value = "i32", entries = 8 })
local places, low, high = outer("array_of_maps", { "array", key = "u32", value = "i32", entries = 5 })
local function fill()
	for i = 1, 4 do
		left[i], right[i * i] = i, -i
		low[i], high[4 - i] = i, i * 10
	end
end
lang.case { name = "pairs", see = { left, right, low, high }, setup = fill, inputs = lang.pairs({ 0, 1, 2, "nil" }, { 0, 2, 9 }),
	f = function(k, stop)
		local m, a, sum, last = all[k], places[k], 0, 0
		if not m or not a then return -1 end
		for x, v in pairs(m) do
			m:add(x, stop)
			sum = sum + x * v
		end
		for i, v in pairs(a) do
			if i == stop then break end
			last = last * 10 + v
			a[i] = v + 1
		end
		return sum, last
	end }
lang.case { name = "pairs within pairs", see = { left, right }, setup = fill, inputs = lang.pairs { 1, 2, 3 }, f = function(k, l)
	local a, b, sum = all[k], all[l], 0
	if a and b then
		for x, v in pairs(a) do
			for y, u in pairs(b) do sum = sum + x * v + y * u end
		end
	end
	return sum
end }
lang.case { name = "pairs of one that changes in a loop", see = { left, right }, setup = fill, inputs = lang.each { 0, 1, 2, 5 },
	f = function(n)
		local sum, last = 0, 0
		for i = 0, n do
			local m = all[i]
			if m then
				for _, v in pairs(m) do sum = sum + v end
				last = m[1] or -1
			end
		end
		return sum, last
	end }
lang.case { name = "ipairs", see = { low, high }, setup = fill, inputs = lang.each { 0, 1, 2 }, f = function(k)
	local m, sum = places[k], 0
	if not m then return nil end
	for i, v in ipairs(m) do sum = sum * 2 + i * v end
	return sum
end }

-- structs: entries in place, entries that may be gone
local s, first, second = outer("array_of_maps", { "hash", key = "struct { u16 port; ip4 host; }", entries = 2,
	value = "struct { u64 n; u16 last; u32? mark; }" })
lang.case { name = "structs", see = { first, second }, inputs = lang.pairs({ 0, 1, 2 }, { 1, 70000, -1, 65535 }), f = function(k, v)
	local map, host = s[k], bpf.ip "10.0.0.1"
	if not map then return -1 end
	local e = map[{ port = v, host = host }]
	if e then return e.n end
	map[{ port = 5, host = host }] = { n = v }
	local made = map[{ port = 5, host = host }]
	if made then
		made.n = made.n + 3
		made.last = v
		return made.n, made.last, made.mark
	end
end }

-- keys of other types, and tables of maps of maps
local byname = bpf.map { "hash_of_maps", key = "char[8]", entries = 4,
	inner = { "array", key = "u32", value = "ip4", entries = 2 } }
local web = bpf.map { "array", key = "u32", value = "ip4", entries = 2 }
byname.web = web
lang.case { name = "keys that are text", see = { web }, inputs = lang.pairs({ "web", "", "websites.", "nil" },
	{ bpf.ip "10.0.0.1", bpf.ip "0.0.0.0" }), f = function(k, a)
		local map = byname[k]
		if not map then return false end
		map[1] = a
		return map[1] == a, map[2] == nil
	end }
local m2, three, four = outer("hash_of_maps", { "hash", key = "u32", value = "i32", entries = 2 })
local which = { [6] = m, [17] = m2 }
lang.case { name = "one of a table", see = { one, two, three, four }, inputs = lang.pairs({ 6, 17, 5 }, { 1, 2, 9 }), f = function(p, k)
	local o = which[p]
	if not o then return 0 end
	local map = o[k]
	if map then map:add(k, p) end
	return map and map[k]
end }
lang.case { name = "of two maps of maps", see = { one, two, three, four }, inputs = lang.pairs({ 1, 2, 3 }, { true, false }),
	f = function(k, own)
		local map
		if own then map = m[k] else map = m2[k] end
		if map then
			map:add(7, 1)
			return map[7]
		end
	end }

-- how many entries it has: an array must have as many as the map of maps says
local pair = bpf.map { "array_of_maps", entries = 2, inner = { "array", value = "u32", entries = 2 } }
pair[1] = bpf.map { "array", value = "u32", entries = 2 }
lang.case { name = "the length of one", see = { low, high }, setup = fill, inputs = lang.each { 0, 1, 2, 5 }, f = function(k)
	local map, sum = places[k], 0
	if not map then return -1 end
	for i = 0, #map - 1 do sum = sum * 3 + map[i] end
	map[#map - 1] = #map
	return sum, #map, map[#map]
end }
lang.case { name = "the length, whether there is one or not", inputs = lang.pairs({ 0, 1, 2 }, ANY), f = function(k, v)
	local map = places[k]
	if v == 1 then map = nil end
	return #map, #places[k]
end }
lang.case { name = "the length of what may be a text", inputs = lang.pairs({ 0, 1, 2 }, { true, false, "a text" }), f = function(k, v)
	local map = places[k]
	if v then map = v end
	return #map
end }
lang.case { name = "the lengths of two", inputs = lang.pairs { 0, 1, 2 }, f = function(a, b)
	local one, two = places[a], pair[b]
	return one and #one, two and #two, one and two and #one * 10 + #two
end }

-- out of two maps of maps, with maps of different types in them
local counts, few, many = outer("array_of_maps", { "array", key = "u32", value = "u32", entries = 5 })
lang.case { name = "one of two types", see = { few, left, right }, setup = function() fill() few[1], few[2] = 7, 9 end,
	inputs = lang.pairs({ 0, 1, 2, 3 }, { 0, 1, 2, 9 }), f = function(a, k)
		local m
		if a == 0 or a == 2 then m = counts[1] else m = all[1] end
		if not m then return end
		local n = m[k]
		if a > 1 then m[k] = (n or 0) + 70000 end
		return n, m[k]
	end }
lang.done()

-- Maps of every type, with every type of key and value at its edges: what the kernel's run leaves in
-- them is what the twin's leaves, and errors are the same.
local lang = dofile "tests/lang/harness.lua"

local MIN, MAX = math.mininteger, math.maxinteger
local EDGES = { 0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536, 0x7fffffff,
	0x80000000, -0x80000000, -0x80000001, 0xffffffff, 1 << 32, MAX, MIN }
local ANY = { "nil", false, true, 5, bpf.ip "10.0.0.1", bpf.ip "2001:db8::1", bpf.mac "02:00:00:00:00:01" }
local TEXTS = { "", "a", "1234567", "12345678", "123456789", "sixteen bytes ok" }
local INTS = { "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "be16", "be32", "be64" }
local V4 = { bpf.ip "10.0.0.1", bpf.ip "0.0.0.0", bpf.ip "255.255.255.255" }
local V6 = { bpf.ip "2001:db8::1", bpf.ip "::", bpf.ip "ffff::8000:0:0:ff" }
local MACS = { bpf.mac "02:00:00:00:00:01", bpf.mac "ff:ff:ff:ff:ff:ff", bpf.mac "00:00:00:00:00:00" }

-- ---- keys: reading finds nothing, writing raises, when a key does not fit ----

for _, type in ipairs(INTS) do
	local m = bpf.map { "hash", key = type, value = "u32", entries = 64, name = "k_" .. type }
	local function setup() for i = 0, 3 do m[i] = 10 + i end end
	lang.case { name = "key " .. type .. " read", see = { m }, setup = setup, inputs = lang.each(EDGES),
		f = function(k) return m[k], m:get(k), m[k] == nil end }
	lang.case { name = "key " .. type .. " written", see = { m }, setup = setup, inputs = lang.each(EDGES),
		f = function(k)
			m[k] = 1
			m:add(k, 2)
			return m[k]
		end }
	lang.case { name = "key " .. type .. " deleted", see = { m }, setup = setup, inputs = lang.each(EDGES),
		f = function(k)
			m[k] = nil
			return m[k], m[1]
		end }
end
local by_kind = {
	ip4 = V4, ip6 = V6, mac = MACS, ["char[8]"] = { "", "a", "1234567", "12345678" }, bool = { true, false },
	["struct { u8 a; u32 b; ip4 c; }"] = false,
}
for type, values in lang.sorted(by_kind) do
	if values then
		local m = bpf.map { "hash", key = type, value = "i64", entries = 64 }
		lang.case { name = "key " .. type, see = { m }, inputs = lang.pairs(values), setup = function()
			m:set(values[1], 100)
		end, f = function(a, b)
			local before = m:get(a)
			m:set(b, 7)
			m:add(a, 1)
			return before, m[a], m[b]
		end }
		lang.case { name = "key " .. type .. " of any kind", see = { m }, inputs = lang.each(type == "char[8]" and
			{ "nil", 5, "x", "123456789" } or ANY), f = function(k) return m[k] end }
		lang.case { name = "key " .. type .. " of any kind, written", see = { m }, inputs = lang.each(
			type == "char[8]" and { "nil", 5, "x", "123456789" } or ANY), f = function(k) m[k] = 1 end }
		lang.case { name = "key " .. type .. " of any kind, deleted", see = { m }, inputs = lang.each(
			type == "char[8]" and { "nil", 5, "x", "123456789" } or ANY), f = function(k) m[k] = nil end }
	end
end
local flows = bpf.map { "hash", key = "struct { u8 a; u32 b; ip4 c; }", value = "u32", entries = 16 }
lang.case { name = "key of fields", see = { flows }, inputs = lang.pairs(EDGES), setup = function()
	flows[{ a = 1, b = 1, c = bpf.ip "10.0.0.1" }] = 3
end, f = function(a, b)
	local home = bpf.ip "10.0.0.1"
	local k = { a = a, b = b, c = home }
	local before = flows[k]
	flows[{ a = 1, b = b, c = home }] = 9
	return before, flows[{ a = 1, b = 1, c = home }], flows[{ b = b }]
end }

-- ---- values: writing what does not fit raises ----

for _, type in ipairs(INTS) do
	local m = bpf.map { "hash", key = "u32", value = type, entries = 4, name = "v_" .. type }
	local a = bpf.map { "array", key = "u32", value = type, entries = 2, name = "a_" .. type }
	lang.case { name = "value " .. type, see = { m, a }, inputs = lang.each(EDGES), f = function(v)
		m[1] = 1
		m[1] = v
		a[1] = v
		return m[1], a[1], a[0]
	end }
	lang.case { name = "value " .. type .. " of any kind", see = { m, a }, inputs = lang.each(ANY), f = function(v)
		m[1] = v
		return m[1]
	end }
	if type:find("[ui]%d") and tonumber(type:sub(2)) >= 32 then
		lang.case { name = "value " .. type .. " added to", see = { m, a }, inputs = lang.pairs({ 0, 1, 0x7fffffff,
			type:sub(1, 1) == "i" and -1 or 9 }, EDGES), f = function(v, n)
			m[1] = v
			m:add(1, n)
			m:add(2, n)
			a:add(0, n)
			a:add(2, n)
			return m[1], m[2], a[0]
		end }
	end
end
local typed = { ip4 = V4, ip6 = V6, mac = MACS, bool = { true, false }, ["char[8]"] = TEXTS }
for type, values in lang.sorted(typed) do
	local m = bpf.map { "hash", key = "u32", value = type, entries = 4 }
	lang.case { name = "value " .. type, see = { m }, inputs = lang.pairs(values), f = function(a, b)
		m[1] = a
		m[2] = b
		return m[1] == a, m[1] == m[2], m[3] == nil
	end }
	lang.case { name = "value " .. type .. " of any kind", see = { m }, inputs = lang.each(type == "char[8]" and
		{ "nil", 5, "x", "123456789" } or ANY), f = function(v)
		m[1] = v
	end }
end

-- ---- every type of map ----

for _, type in ipairs { "hash", "lru_hash", "percpu_hash", "lru_percpu_hash" } do
	local m = bpf.map { type, key = "u32", value = "u64", entries = 64, name = type:sub(1, 15) }
	lang.case { name = type, see = { m }, inputs = lang.pairs { 0, 1, 2, 7 }, setup = function() m[7] = 70 end,
		f = function(a, b)
			m[a] = b
			m:add(b, 5)
			m[7] = nil
			return m[a], m[b], m[7]
		end }
end
for _, type in ipairs { "array", "percpu_array" } do
	local m = bpf.map { type, key = "u32", value = "u64", entries = 3 }
	lang.case { name = type, see = { m }, inputs = lang.pairs { 0, 1, 2, 3, -1, 1 << 32 }, f = function(a, b)
		m:add(a, 5)
		local v = m[a]
		m[b] = 9
		return v, m[b], m[0]
	end }
	lang.case { name = type .. ", deleting", see = { m }, inputs = lang.each { "nil", 1 }, f = function(v) m[1] = v end }
end
local small = bpf.map { "hash", key = "u32", value = "u32", entries = 2, name = "small" }
lang.case { name = "map full", see = { small }, inputs = lang.pairs { 1, 2, 3 }, setup = function()
	small[1] = 1
	small[2] = 2
end, f = function(a, b)
	small[a] = 10
	small:add(b, 1)
	return small[a], small[b]
end }
local of_eight = bpf.map { "array", value = "u32", entries = 8 }
local of_three = bpf.map { "percpu_array", value = "u32", entries = 3 }
lang.case { name = "the length of an array is its entries", see = { of_eight }, inputs = lang.each { 0, 3, 7, 8 }, f = function(a)
	for i = 0, #of_eight - 1 do of_eight[i] = i end
	if a < #of_eight then of_eight[#of_eight - 1 - a] = 100 end
	return #of_eight, #of_three, of_eight[#of_eight]
end }

local lpm = bpf.map { "lpm_trie", key = "ip4/prefix", value = "u32", entries = 16 }
local lpm6 = bpf.map { "lpm_trie", key = "ip6/prefix", value = "u32", entries = 16 }
local net = bpf.cidr "10.9.0.0/16"
local function prefixes()
	lpm["10.0.0.0/8"] = 8
	lpm["10.1.0.0/16"] = 16
	lpm["10.1.2.3/32"] = 32
	lpm6["2001:db8::/32"] = 32
	lpm6["::/0"] = 0
end
lang.case { name = "lpm_trie read", see = { lpm }, setup = prefixes, inputs = lang.each { bpf.ip "10.1.2.3", bpf.ip "10.1.2.4",
	bpf.ip "10.2.0.1", bpf.ip "11.0.0.1", "nil", 5, bpf.ip "2001:db8::1" }, f = function(a) return lpm[a] end }
lang.case { name = "lpm_trie, IPv6", see = { lpm6 }, setup = prefixes, inputs = lang.each { bpf.ip "2001:db8::1", bpf.ip "2002::",
	bpf.ip "10.0.0.1", false }, f = function(a) return lpm6[a] end }
lang.case { name = "lpm_trie added to", see = { lpm }, setup = prefixes, inputs = lang.each(V4), f = function(a)
	lpm:add(a, 5)
	lpm:add(bpf.ip "10.1.2.3", 1)
	return lpm[a], lpm[bpf.ip "10.1.2.4"], lpm[bpf.ip "10.1.2.3"]
end }
local nets = bpf.map { "lpm_trie", key = "ip4/prefix", value = "struct { u64 n; u32 k; }", entries = 16 }
lang.case { name = "lpm_trie, entries written", see = { nets }, inputs = lang.each(V4), setup = function()
	nets["10.0.0.0/8"], nets["10.1.0.0/16"] = { n = 8 }, { n = 16, k = 1 }
end, f = function(a)
	local e = nets[a]
	if not e then return nil end
	e.n = e.n + 1
	e.k = e.k - 1
	return e.n
end }
lang.case { name = "lpm_trie written", see = { lpm }, setup = prefixes, inputs = lang.each(V4), f = function(a)
	lpm[a] = 5
	lpm[net] = 6
	lpm[bpf.cidr "10.1.0.0/16"] = nil
	return lpm[a], lpm[bpf.ip "10.9.1.1"], lpm[bpf.ip "10.1.0.1"]
end }

-- ---- structs: entries are views, read and written in place ----

local full = bpf.map { "hash", key = "u32", value = [[struct { u8 a; i16 b; u32 c; u64 d; bool e; char f[8]; ip4 g;
	ip6 h; mac i; be16 j; u32? k; i64? l; }]], entries = 4 }
lang.case { name = "struct made", see = { full }, inputs = lang.pairs({ 0, 1, 255, 256, -1 }, { "nil", 7, -1 }),
	f = function(a, k)
		full[1] = { a = a, k = k, f = "text" }
		full[2] = {}
		local one, two = full[1], full[2]
		return one.a, one.k, two.l
	end }
lang.case { name = "struct: integers in place", see = { full }, inputs = lang.each(EDGES), setup = function() full[1] = { c = 5 } end,
	f = function(v)
		local e = full[1]
		e.d = v
		e.c = e.c + 1
		e.l = v
		e.b = v
		return e.b, e.d, e.l
	end }
lang.case { name = "struct: a field of any kind", see = { full }, inputs = lang.each(ANY), setup = function() full[1] = {} end,
	f = function(v)
		full[1].a = v
	end }
lang.case { name = "struct: a nullable field of any kind", see = { full }, inputs = lang.each(ANY),
	setup = function() full[1] = { k = 3 } end, f = function(v)
		full[1].k = v
		return full[1].k
	end }
lang.case { name = "struct: addresses and text", see = { full }, inputs = { { V4[1], V6[1], MACS[1] }, { V4[3], V6[3], MACS[2] } },
	setup = function() full[1] = {} end, f = function(g, h, i)
		local e = full[1]
		e.g = g
		e.h = h
		e.i = i
		e.f = "12345678"
		e.e = not e.e
		return e.g == g and e.h == h, e.i == i, e.f == "12345678"
	end }
lang.case { name = "struct: text that does not fit", see = { full }, inputs = lang.each(TEXTS), setup = function() full[1] = {} end,
	f = function(t)
		full[1].f = t
		return full[1].f == t
	end }
lang.case { name = "struct: absent entry", see = { full }, inputs = lang.each { 1, 2 }, setup = function() full[1] = { a = 4 } end,
	f = function(k)
		return full[k].a
	end }
local rows = bpf.map { "array", key = "u32", value = "struct { u16 n; char s[5]; u32? m; }", entries = 4 }
local kept = bpf.map { "hash", key = "struct { u16 n; char s[5]; u32? m; }", value = "struct { u16 n; char s[5]; u32? m; }", entries = 4 }
local line = bpf.map { "queue", value = "struct { u16 n; char s[5]; u32? m; }", entries = 4 }
local function filled() rows[1] = { n = 7, s = "abcde", m = 9 } rows[2] = { n = 3 } end
lang.case { name = "struct: an entry stored as another", see = { rows, kept }, inputs = lang.each { 0, 1, 2, 3 }, setup = filled,
	f = function(k)
		rows[(k + 1) & 3] = rows[k]
		kept[{ n = k }] = rows[k]
		rows[k].n = 100
		local e = kept[{ n = k }]
		return e.n, e.s == "abcde", e.m
	end }
lang.case { name = "struct: an entry that is not there stored", see = { full, kept }, inputs = lang.each { 0, 1, 2 },
	setup = function() full[1] = { a = 4, f = "xy", l = -3 } full[3] = { a = 5 } end, f = function(k)
		full[3] = full[k]
		full[4] = full[3] or full[1]
		return full[3] == nil, full[4].a
	end }
lang.case { name = "struct: an entry as a key, and pushed", see = { kept, line }, inputs = lang.each { 0, 1, 2 }, setup = filled,
	f = function(k)
		kept[rows[k]] = { n = 1 }
		line:push(rows[k])
		kept[rows[k]] = rows[2]
		return kept[rows[k]].n, kept[{ n = 7, s = "abcde", m = 9 }] == nil
	end }
lang.case { name = "struct: a missing entry into an array", see = { rows }, inputs = lang.each { 0, 1 }, setup = function() filled() full[1] = {} end,
	f = function(k)
		kept[{ n = 1 }] = { n = 5, s = "five" }
		kept[{ n = 2 }] = kept[{ n = 1 }]
		rows[3] = kept[{ n = k }]
		return rows[3].n
	end }
lang.case { name = "struct: tested first", see = { full }, inputs = lang.each { 1, 2 }, setup = function() full[1] = { a = 4 } end,
	f = function(k)
		local e = full[k]
		if not e then
			full[k] = { a = 1 }
			return false
		end
		e.d = e.d + e.a
		return e.d
	end }
lang.case { name = "a map in a loop", see = { small }, inputs = lang.each { 0, 1, 2, 3 }, f = function(n)
	for i = 1, n do small[i] = i * 10 end
	local sum = 0
	for i = 1, 3 do sum = sum + (small[i] or 0) end
	return sum
end }
-- Many accesses: each has a key and a value of its own on the stack, 512 bytes in all, where they share.
local wide = bpf.map { "hash", key = "u16", value = "struct { u64 n; u32 a; u8 b; i16 c; }", entries = 64, name = "wide" }
local narrow = bpf.map { "hash", key = "u32", value = "u64", entries = 64, name = "narrow" }
local function many(template)
	local text = {}
	for i = 1, 30 do text[i] = template:gsub("%$", tostring(i)) end
	return load("local wide, narrow = ... return function(n, k) " .. table.concat(text, "\n") .. " return n, k end",
		"=many")(wide, narrow)
end
local function setup()
	narrow[1], narrow[7] = 5, -1
	wide[3] = { n = 1, a = 2, b = 3, c = 4 }
end
lang.case { name = "many accesses, one after the other", see = { wide, narrow }, setup = setup,
	inputs = lang.each { 0, 1, 7, 200 }, f = many [[
	local e = wide[(k or 0) + $]
	if e then n = e.a else wide[(k or 0) + $ & 31] = { n = n, a = $, b = k and 1 or 2 } end
	narrow[$ & 7] = (narrow[n & 7] or $) + (narrow[($ + 3) & 7] or 0)]] }
lang.case { name = "many accesses, keys of one kept over others", see = { narrow }, setup = setup,
	inputs = lang.each { 0, 1, 7, 200 }, f = many [[
	narrow[(narrow[n & 3] or $) & 7] = (narrow[$ & 7] or n) & (narrow[(narrow[k and 1 or 7] or 2) & 7] or -1)]] }
lang.done()

-- Keys and values with holes: struct padding, texts of every length, texts with zero bytes, made in the kernel
-- and looked for by the user half, and the other way round.
local lang = dofile "tests/lang/harness.lua"

local layouts = {
	"struct { u8 a; u64 b; u8 c; }", "struct { u8 a; char t[5]; u32 b; }", "struct { char t[3]; u16 a; ip6 b; }",
	"struct { mac a; u64 b; }", "struct { bool a; be32 b; i16 c; }", "struct { u8 a; ip4 b; u8 c; ip4 d; }",
}
for _, layout in ipairs(layouts) do
	local m = bpf.map { "hash", key = layout, value = "u32", entries = 16 }
	local n = bpf.map { "hash", key = "u32", value = layout, entries = 4 }
	local a = bpf.map { "array", value = layout, entries = 2 }
	lang.case { name = "key " .. layout, see = { m }, inputs = lang.pairs { 0, 1, 7 }, setup = function() m[{}] = 100 end,
		f = function(x, y)
			local zero = m[{}]
			if x == 1 then m[{}] = y elseif x == 7 then m[{}] = nil end
			m:add({}, 1)
			return zero, m[{}], y
		end }
	lang.case { name = "value " .. layout, see = { n, a }, inputs = lang.pairs { 0, 1 }, setup = function() a[1] = {} end,
		f = function(x, y)
			n[x] = {}
			a[y] = {}
			return n[0] == nil, n[1] == nil
		end }
end

-- m[w] would be the method in the user half
local words = bpf.map { "hash", key = "char[16]", value = "u32", entries = 8 }
lang.case { name = "a key that is a method's name", see = { words }, inputs = { { "get" }, { "add" }, { "x" }, { "" } }, setup = function()
	words:set("get", 7)
	words:set("x", 9)
end, f = function(w)
	if type(w) ~= "string" then return end
	words:set("set", 3)
	return words:get(w), words:get "add", type(words["add"]) == "function"
end }

-- the bytes behind a short text, and between fields, are not what the stack held before
local named = bpf.map { "hash", key = "struct { char name[9]; u32 id; u8 last; }", value = "u64", entries = 64 }
local texts = { "", "a", "abcdefgh", "abcdefghi", "abcdefghij", "12345678" }
lang.case { name = "key of a text and a number", see = { named }, inputs = lang.pairs(texts, { 0, 255, 256 }), setup = function()
	for i, text in ipairs(texts) do if #text <= 9 then named[{ name = text, id = i, last = 255 }] = i end end
end, f = function(text, last)
	local filled = named[{ name = "zzzzzzzzz", id = -1 & 0xffffffff, last = 255 }] -- the same stack, other bytes
	local before = named[{ name = text, id = 2, last = last }]
	named[{ name = text, id = 7, last = last }] = 5
	named:add({ name = text, id = 7, last = last }, 1)
	return filled, before, named[{ name = text, id = 7, last = last }]
end }
for _, size in ipairs { 1, 2, 3, 7, 8, 15, 16, 24 } do
	local m = bpf.map { "hash", key = ("char[%d]"):format(size), value = "u8", entries = 64 }
	local v = bpf.map { "hash", key = "u8", value = ("char[%d]"):format(size), entries = 4 }
	local known = { "", "x", ("y"):rep(size - 1), ("z"):rep(size) }
	lang.case { name = ("key char[%d]"):format(size), see = { m }, inputs = lang.pairs { "", "x", ("y"):rep(math.min(size, 16)),
		("z"):rep(math.min(size + 1, 16)), ("y"):rep(math.max(0, math.min(size - 1, 16))) }, setup = function()
		for i, text in ipairs(known) do m:set(text, i) end
	end, f = function(a, b)
		local x = m[a]
		m[b] = 9
		m[a] = nil
		return x, m[b], m[a]
	end }
	lang.case { name = ("value char[%d]"):format(size), see = { v }, inputs = lang.pairs { "", "x", ("y"):rep(math.min(size, 16)),
		("z"):rep(math.min(size + 1, 16)) }, f = function(a, b)
		v[1] = "w"
		v[1] = a
		v[2] = b
		return v[1] == a, v[2] == v[1], v[3] == nil
	end }
end

-- texts with a zero byte in them fit nowhere, known or not
local short = bpf.map { "hash", key = "char[8]", value = "char[8]", entries = 8 }
local zero, long, fine = "a\0b", "123456789", "12345678"
lang.case { name = "constant texts that do not fit", see = { short }, inputs = lang.each { 0, 1, 2, 3, 4, 5 }, setup = function()
	short["a"] = "one"
end, f = function(n)
	if n == 1 then short[zero] = "x" end
	if n == 2 then short[fine] = zero end
	if n == 3 then short[fine] = long end
	if n == 4 then short[long] = "x" end
	if n == 5 then short[fine] = fine end
	return short[zero] == nil, short[long] == nil, short[fine] == fine
end }

-- read-modify-write: what wraps, and what raises
local counters = bpf.map { "hash", key = "u32", value = "struct { u64 a; u32 b; u8 c; i64 d; i8 e; be64 f; u64? g; }", entries = 4 }
lang.case { name = "e.n = e.n + c", see = { counters }, inputs = lang.pairs({ 0, 1, -1, 255, math.maxinteger }, { 0, 1, -1, 1 << 40 }),
	setup = function() counters[1] = { a = -1, b = 0xffffffff, c = 255, d = math.mininteger, e = -128, f = 5, g = 7 } end,
	f = function(x, y)
		local e = counters[1]
		e.a = e.a + x
		e.d = x + e.d
		e.f = e.f + y
		e.g = e.g + x
		e.a = e.a - y
		return e.a, e.d, e.f
	end }
for _, field in ipairs { "b", "c", "e" } do
	local update = ({ b = function(e, n) e.b = e.b + n end, c = function(e, n) e.c = e.c + n end,
		e = function(e, n) e.e = e.e + n end })[field]
	lang.case { name = "narrow field " .. field, see = { counters }, inputs = lang.each { 0, 1, -1, 256, -256, math.maxinteger },
		setup = function() counters[1] = { b = 0xffffffff, c = 255, e = -128 } end, f = function(n)
			update(counters[1], n)
			return counters[1].b, counters[1].c, counters[1].e
		end }
end
lang.case { name = "read long before it is written", see = { counters }, inputs = lang.pairs { 1, 5 }, setup = function()
	counters[1] = { a = 10 }
end, f = function(x, y)
	local e = counters[1]
	local was = e.a
	e.a = was + x
	e.a = was + y          -- not an addition to what is there now
	local f = counters[1]
	f.a = e.a + f.a
	return e.a, was
end }
-- any bytes, padded with zeros on the right; what is longer finds nothing, or raises
for _, size in ipairs { 1, 3, 4, 8, 11, 16 } do
	local m = bpf.map { "hash", key = ("bytes[%d]"):format(size), value = "u32", entries = 64 }
	local v = bpf.map { "hash", key = "u8", value = ("bytes[%d]"):format(size), entries = 4 }
	local texts = { "", "x", ("y"):rep(size), ("z"):rep(math.min(size + 1, 16)), ("y"):rep(size - 1) }
	lang.case { name = ("key bytes[%d]"):format(size), see = { m }, inputs = lang.pairs(texts), setup = function()
		m[""], m[("y"):rep(size)] = 1, 2
		m[("\0"):rep(size - 1) .. "x"] = 3
	end, f = function(a, b)
		local x = m[a]
		m[b] = 9
		m:add(a:sub(1, 1) .. "\0", 1)
		return x, m[b], m[("\0"):rep(size - 1) .. "x"]
	end }
	lang.case { name = ("value bytes[%d]"):format(size), see = { v }, inputs = lang.pairs(texts), f = function(a, b)
		v[1] = a
		v[2] = b
		local x, y = v[1], v[2]
		return #x, x == y, x:sub(1, #a) == a
	end }
end
local mixed = bpf.map { "hash", key = "struct { u8 a; bytes[5] raw; u16 b; }", value = "struct { bytes[3] x; u8 n; bytes[8]? y; }",
	entries = 16 }
local raw = bpf.state { last = "bytes[6]", n = "u8" }
lang.case { name = "bytes as fields", see = { mixed, { raw, "last", "n" } }, inputs = lang.pairs { "", "ab", "abc", "abcde", "abcdef" },
	setup = function() mixed[{ a = 1, raw = "ab", b = 2 }] = { x = "q\0r", n = 1 } end,
	f = function(a, b)
		local e = mixed[{ a = 1, raw = a, b = 2 }]
		raw.last = b
		if e then
			e.y = b
			e.x = e.x:sub(2, 3)
			return e.x == "\0r\0", e.y == b, raw.last:byte(2)
		end
		mixed[{ a = 1, raw = a, b = 2 }] = { x = b, n = #raw.last }
		return #mixed[{ a = 1, raw = a, b = 2 }].x, raw.last == a, mixed[{ a = 1, raw = a, b = 2 }].y == nil
	end }
local sums = bpf.map { "hash", key = "bytes[4]", value = "u32", entries = 16 }
lang.case { name = "bytes gone over", see = { sums }, inputs = lang.pairs { 0, 1, 5 }, setup = function()
	sums["a\0b"], sums["zz"] = 3, 4
end, f = function(a, b)
	local n = 0
	for k, v in pairs(sums) do
		if k == "a\0b\0" then n = n + 100 * v end
		n = n + v * k:byte(1) + #k
	end
	sums["\1\2"] = a
	return n
end }
lang.packets { name = "bytes of the packet", see = { sums }, inputs = { ("\0"):rep(40), ("\0ab"):rep(20), "short frames are" }, f = function(p)
	sums[p:sub(5, 8)] = p.len
	local key = p:sub(1, 3)
	sums:add(key, 1)
	return sums[key] == 1, sums[p:sub(2, 9)], sums[bpf.trunc(p:sub(5), 4)]
end }
lang.done()

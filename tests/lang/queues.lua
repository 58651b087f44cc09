-- Maps without keys: queues, stacks, bloom filters, with what is hostile to them.
local lang = dofile "tests/lang/harness.lua"

local ANY = { 0, 1, -1, 255, 256, 1 << 32, true, false, "nil" }

for _, type in ipairs { "queue", "stack" } do
	for _, value in ipairs { "u8", "i16", "be32", "u64" } do
		local q = bpf.map { type, value = value, entries = 3, name = type:sub(1, 1) .. value }
		lang.case { name = type .. " of " .. value, see = { q }, inputs = lang.pairs(ANY), setup = function() q:push(7) end,
			f = function(a, b)
				q:push(a)
				local first = q:pop()
				q:push(b)
				return first, q:peek(), q:pop()
			end }
	end
	local full = bpf.map { type, value = "u32", entries = 2 }
	lang.case { name = type .. ": full", see = { full }, inputs = lang.each { 0, 1, 2, 3 }, f = function(n)
		for i = 1, n do full:push(i) end
		return full:peek()
	end }
	lang.case { name = type .. ": empty", see = { full }, inputs = lang.each { 0, 1 }, f = function(n)
		if n == 1 then full:push(5) end
		return full:pop(), full:pop(), full:peek()
	end }
	lang.case { name = type .. ": in a loop", see = { full }, inputs = lang.pairs { 1, 2 }, setup = function()
		full:push(10)
		full:push(20)
	end, f = function(a, b)
		local sum = 0
		while true do
			local v = full:pop()
			if not v then break end
			sum = sum * 100 + v
			if v == 20 and a == 2 then full:push(b) end
		end
		return sum
	end }
	lang.case { name = type .. ": in an error's way", see = { full }, inputs = lang.each { 0, 1, "nil" }, f = function(n)
		full:push(1)
		local sure = n + 1
		full:push(sure)
		full:push(sure)
		return sure
	end }
end
local addresses = bpf.map { "queue", value = "ip6", entries = 4 }
local texts = bpf.map { "stack", value = "char[12]", entries = 4 }
lang.case { name = "queue of addresses", see = { addresses }, inputs = lang.pairs { bpf.ip "2001:db8::1", bpf.ip "::" },
	f = function(a, b)
		addresses:push(a)
		addresses:push(b)
		return addresses:pop() == a, addresses:peek() == b
	end }
lang.case { name = "queue of addresses, given anything", see = { addresses }, inputs = lang.each { bpf.ip "10.0.0.1", 1, "nil" },
	f = function(a) addresses:push(a) end }
lang.case { name = "stack of texts", see = { texts }, inputs = lang.pairs { "", "a", "exactly 12 b", "more than 12 b" },
	f = function(a, b)
		texts:push(a)
		texts:push(b)
		return texts:pop() == b, texts:pop() == a, texts:pop() == nil
	end }

-- structs: what was taken is a copy, until the next one is taken
local flows = bpf.map { "queue", value = "struct { u8 a; u64 b; ip4 c; u32? d; }", entries = 4, name = "flows" }
lang.case { name = "queue of structs", see = { flows }, inputs = lang.pairs({ 0, 255, 256, -1 }, { "nil", 7, 1 << 32 }),
	f = function(a, d)
		flows:push { a = a, b = a, d = d }
		flows:push { b = 5, c = bpf.ip "10.0.0.1" }
		local one = flows:pop()
		if not one then return "none" == 1 end
		flows:push { b = one.b + 1 }             -- leaves the copy alone
		one.b = one.b + 3
		return one.a, one.b, one.d
	end }
lang.case { name = "queue of structs, one after the other", see = { flows }, inputs = lang.pairs { 0, 1, 3 }, f = function(a, n)
	for i = 1, n do flows:push { a = a, b = i } end
	local sum = 0
	for _ = 1, 5 do
		local e = flows:pop()
		if not e then break end
		local b = e.b
		local other = flows:peek()
		if other then sum = sum + other.b * 10 end
		sum = sum + b
	end
	return sum
end }

-- filters
local filter = lang.map { "bloom_filter", value = "u32", entries = 64 } or lang.done()
for i = 1, 3 do filter:push(i * 1000) end
lang.case { name = "bloom_filter", inputs = lang.each { 1000, 2000, 3000, 1 << 32, -1, true, "nil" }, f = function(v)
	return filter:peek(v), filter:peek(1000), filter:peek(v) and filter:peek(3000)
end, want = { { true, true, true }, { true, true, true }, { true, true, true }, { false, true, false }, { false, true, false },
	{ error = "tests/lang/queues.lua:94: bad value for map (u32 expected, got boolean)" },
	{ error = "tests/lang/queues.lua:94: bad value for map (u32 expected, got nil)" } } }
local hosts = bpf.map { "bloom_filter", value = "struct { ip4 a; u16 port; }", entries = 64 }
lang.case { name = "bloom_filter of structs", inputs = lang.each { bpf.ip "10.0.0.1", bpf.ip "10.0.0.2" }, f = function(a)
	local before = hosts:peek { a = bpf.ip "10.0.0.7", port = 70000 }
	hosts:push { a = a, port = 80 }
	return hosts:peek { a = a, port = 80 }, before
end, want = { { true, false }, { true, false } } }

-- several copies at once: each place that takes one has room of its own
local stack = bpf.map { "stack", value = "struct { u8 a; u64 b; ip4 c; u32? d; }", entries = 4 }
local function taken(q) return q:pop() end
lang.case { name = "two copies at once", see = { flows, stack }, inputs = lang.pairs { 0, 1, 2, 3 }, f = function(n, m)
	for i = 1, n do flows:push { a = i, b = i * 7 } end
	for i = 1, m do stack:push { a = i, b = i * 5 } end
	local a, b = flows:pop(), flows:pop()
	local c = stack:peek()
	local d = stack:pop()
	if c and d then d.b = d.b + 1 end
	while flows:pop() do end
	return a and a.b, b and b.b + a.a, c and c.b, d and d.b, stack:pop() == nil
end }
lang.case { name = "two copies at once, each turn", see = { flows }, inputs = lang.pairs { 0, 1, 3, 4 }, f = function(n, m)
	for i = 1, n do flows:push { a = i, b = i * 7 } end
	local sum = 0
	for i = 1, m do
		local a = flows:pop()
		local b = taken(flows)
		local c = taken(flows)
		if a and b and c then sum = sum * 10 + a.a + b.b * c.b end
		if a and not b then sum = sum + a.b end
	end
	return sum
end }
lang.case { name = "a copy over a loop that takes others", see = { flows, stack }, inputs = lang.pairs { 0, 1, 3, 4 }, f = function(n, m)
	for i = 1, n do flows:push { a = i, b = i * 7 } end
	for i = 1, m do stack:push { a = i, b = i * 5 } end
	local a, top, sum = flows:pop(), stack:peek(), 0
	for i = 1, n + m do
		local b, c = flows:pop(), stack:pop()
		if a and b then sum = sum * 10 + a.b * b.a end
		if top and c then sum = sum + top.b - c.b end
	end
	return sum, a and a.b, top and top.a
end }
lang.case { name = "what a loop popped last", see = { flows }, inputs = lang.each { 0, 1, 2, 3, 9 }, setup = function()
	for a = 1, 3 do flows:push { a = a, b = a * 10, c = bpf.ip "10.0.0.1" } end
end, f = function(n)
	local v
	for _ = 1, n & 15 do
		v = flows:pop()
		if v and v.a == 2 then break end
	end
	return v and v.b or 7
end }
do -- what a call found, after a write to another map
	local struct = "struct { u64 n; u32 port; }"
	local one = bpf.map { "hash", key = "u32", value = struct, entries = 8, name = "one" }
	local other = bpf.map { "hash", key = "u32", value = struct, entries = 8, name = "other" }
	local waiting = bpf.map { "queue", value = struct, entries = 8, name = "waiting" }
	local function case(name, f)
		lang.case { name = name, see = { one, other, waiting }, inputs = lang.pairs({ 0, 1, 2, 5 }, { 0, 1, 7 }), f = f, setup = function()
			for i = 1, 3 do
				one[i], other[i] = { n = i * 7, port = i }, { n = 50 + i, port = 60 + i }
				waiting:push { n = i * 3, port = 80 + i }
			end
		end }
	end
	case("popped, stored in a map", function(a)
		local v = waiting:pop()
		if not v then return end
		one[a] = v
		return v.n, v.port
	end)
	case("popped, another entry deleted", function(a, b)
		local v = waiting:pop()
		one[a], other[b] = nil, nil
		return v and v.n
	end)
	case("got, then a map of the same entries written", function(a, b)
		local e = one:get(a)
		other[b] = { n = 1, port = 2 }
		return e and e.n, other[b].port
	end)
	case("got or popped, then a third written", function(a, b)
		local e = a == 1 and one:get(a) or waiting:pop()
		other[b] = nil
		return e and e.n
	end)
	case("got, then popped", function(a, b)
		local e = one:get(a)
		local v = b == 1 and waiting:pop()
		return e and e.n, v and v.n
	end)
end
do -- what was taken is an entry, as m[k] is, but of nobody's map: its fields are checked, and are its own
	local struct = "struct { u8 n; char t[4]; u32? o; bool f; ip4 a; }"
	local line = bpf.map { "queue", value = struct, entries = 8, name = "line" }
	local pile = bpf.map { "stack", value = struct, entries = 8, name = "pile" }
	local kept = bpf.map { "hash", key = "u32", value = struct, entries = 8, name = "kept" }
	local by = bpf.map { "hash", key = struct, value = "u32", entries = 8, name = "by" }
	local count = bpf.map { "hash", key = "u32", value = "u32", entries = 8, name = "count" }
	local host = bpf.ip "10.0.0.1"
	local function case(name, inputs, f)
		lang.case { name = "taken: " .. name, see = { line, pile, kept, by, count }, inputs = inputs, f = f, setup = function()
			line:push { n = 2, t = "abcd", f = true, a = host }
			line:push { n = 3, o = 4 }
			pile:push { n = 7, t = "ab", o = 9 }
			by[{ n = 2, t = "abcd", f = true, a = host }], by[{ n = 7, t = "ab", o = 9 }] = 70, 71
			kept[1] = { n = 60 }
		end }
	end
	local NONE, NUMBERS = lang.each { 0 }, lang.each { 0, 7, 255, 256, 300, -1, 1 << 32 }
	local MIXED = lang.each { 0, 300, -1, "nil", true, false, "a", "abcd", "abcde", bpf.ip "10.0.0.9" }
	case("its type", NONE, function()
		local p, v, w = line:peek(), line:pop(), pile:pop()
		return type(p) == "userdata", type(v) == "userdata", type(w) == "table"
	end)
	case("an entry or a table", lang.each { 0, 1 }, function(a)
		local v = a == 1 and line:pop() or { n = 4 }
		return type(v) == "table", v.n
	end)
	case("a number written", NUMBERS, function(a)
		local v = line:pop()
		if not v then return end
		v.n = a
		return v.n
	end)
	case("a number written, caught", NUMBERS, function(a)
		local v = line:pop()
		if not v then return end
		local ok, why = pcall(function() v.n = a end)
		return ok, v.n, ok or #why
	end)
	for _, name in ipairs { "n", "t", "o", "f", "a" } do
		case("anything written to " .. name, MIXED, function(a)
			local v = line:pop()
			if not v then return end
			local ok, why = pcall(function() v[name] = a end)
			pile:push(v)
			return ok, ok or #why, v[name] == a
		end)
		case("anything written to " .. name .. ", not caught", MIXED, function(a)
			local v = pile:peek()
			if v then v[name] = a end
		end)
	end
	case("a text", lang.each { "", "a", "abcd", "abcde" }, function(s)
		local v = line:pop()
		if not v then return end
		local was = #v.t
		v.t = s
		return was, #v.t, v.t == s
	end)
	case("nil in a field", lang.each { "nil", 0, 5, 1 << 32 }, function(a)
		local v, w = line:pop(), line:pop()
		if not v or not w then return end
		v.o, w.o = a, nil
		return v.o, w.o
	end)
	case("written, the rest left", lang.each { 1, 255 }, function(a)
		local v = line:peek()
		if not v then return end
		v.n, v.t = a, "x"
		local w = line:pop()
		if not w then return end
		return w.n, w.t == "abcd" and v.a == w.a, v.f
	end)
	case("stored, then written", NUMBERS, function(a)
		local v = line:pop()
		if not v then return end
		kept[2] = v
		v.n = a
		kept[3] = v
		return v.n
	end)
	case("pushed again, then written", NUMBERS, function(a)
		local v = pile:pop()
		if not v then return end
		v.o = a
		line:push(v)
		v.n = 45
		pile:push(v)
		return v.o
	end)
	case("as a key", lang.each { 0, 1, 2, 300 }, function(a)
		local v = a == 1 and pile:pop() or line:pop()
		if not v then return end
		local was = by[v]
		if a ~= 1 then v.n = a end
		by[v] = 5
		return was, by[v]
	end)
	case("compared with what it is not", lang.each { 0, "nil", "a", true, bpf.ip "10.0.0.1" }, function(a)
		local v = line:pop()
		return v == a, v ~= a, not v
	end)
	for _, use in ipairs {
		{ "arithmetic", 5, function(v, a) return v + a end },
		{ "bits", 5, function(v, a) return v & a end },
		{ "joined to a text", 5, function(v) return #(v .. "x") end },
		{ "order", 5, function(v, a) return v < a end },
		{ "length", "text", function(v) return #v end },
		{ "a limit", 5, function(v, a) for i = 1, v do a = a + i end return a end },
		{ "a value of another map", 5, function(v, a) count[1] = v return a end },
		{ "a key of another map", 5, function(v) return count[v] end },
		{ "a field", 5, function(v) local e = kept[1] if e then e.n = v end end },
	} do
		local name, other, f = table.unpack(use)
		case(name .. ", of an entry or something else", lang.each { 0, 1 }, function(a)
			local v = other
			if a == 1 then v = line:pop() or v end
			return f(v, a)
		end)
	end
	case("the same of a map's", lang.each { 0, 1 }, function(a)
		count[1] = a == 1 and kept[1] or 5
	end)
	case("an error's value", NONE, function() error(line:pop()) end)
	case("in a table", lang.each { 0, 300 }, function(a)
		local t = { e = line:pop(), at = 1 }
		local e = t.e
		if not e then return end
		local ok = pcall(function() e.n = a end)
		return ok, t.e and t.e.n, t.at
	end)
	local sent = bpf.events { n = "u8", t = "char[4]", o = "u32?", f = "bool", a = "ip4" }
	lang.case { name = "taken: sent", see = { line, sent }, inputs = lang.each { 0, 9, 300 }, f = function(a)
		local v = line:pop()
		if not v then return end
		sent:send { n = v.n, t = v.t, o = v.o, f = v.f, a = v.a }
		v.n = a
		sent:send { n = v.n, o = v.o, a = v.a }
	end, setup = function() line:push { n = 2, t = "abcd", f = true, a = host } end }
end
lang.done()

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
lang.done()

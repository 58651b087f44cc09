-- The greatest entry of a map, and what else a loop over one keeps: keys, and entries, which are looked up again by their keys.
local lang = dofile "tests/lang/harness.lua"
local few = lang.pairs { 0, 3, 9 }
local VALUE = "struct { u64 hits; u32 port; char name[12]; }"
local ip, mac = bpf.ip, bpf.mac

local kinds = {
	{ "integers", "u32", { 7, 0, 3, 4 } },
	{ "texts", "char[16]", { "one", "", "three", "four" } },
	{ "addresses", "ip4", { ip "10.0.0.1", ip "0.0.0.0", ip "10.0.0.3", ip "10.0.0.4" } },
	{ "IPv6 addresses", "ip6", { ip "fe80::1", ip "::", ip "fe80::3", ip "fe80::4" } },
	{ "hardware addresses", "mac", { mac "02:00:00:00:00:01", mac "00:00:00:00:00:00", mac "02:00:00:00:00:03", mac "02:00:00:00:00:04" } },
	{ "structs", "struct { ip4 src; u16 port; }", { { src = ip "10.0.0.1", port = 80 }, { src = ip "0.0.0.0", port = 0 },
		{ src = ip "10.0.0.3", port = 80 }, { src = ip "10.0.0.3", port = 81 } } },
}
local function map(type, key, value, number)
	return bpf.map { type, name = ("best_%s%d"):format(value:sub(1, 1), number), key = key, value = value, entries = 8 }
end

for number, row in ipairs(kinds) do
	local hits, flows, names = map("hash", row[2], "u64", number), map("lru_hash", row[2], VALUE, number), map("hash", row[2], "char[16]", number)
	local function setup()
		for i, k in ipairs(row[3]) do
			local n = 7 * i % 5
			hits[k], flows[k], names[k] = n, { hits = n, port = i, name = ("n"):rep(i) }, ("x"):rep(n)
		end
	end
	local function case(name, f)
		lang.case { name = row[1] .. ": " .. name, f = f, inputs = few, see = { hits, flows, names }, setup = setup }
	end
	case("the key of the greatest integer", function()
		local best, n = nil, 0
		for k, v in pairs(hits) do if v > n then best, n = k, v end end
		return n, best and flows[best].port
	end)
	case("the key of the greatest field", function(a)
		local best, n = nil, a + 0
		for k, e in pairs(flows) do if e.hits > n then best, n = k, e.hits end end
		if best then flows[best] = nil end
		return n, best ~= nil
	end)
	case("the key of the longest text", function()
		local best, n = nil, 0
		for k, t in pairs(names) do if #t > n then best, n = k, #t end end
		return n, best and flows[best].port
	end)
	case("three keys", function()
		local k1, n1, k2, n2, k3, n3 = nil, 0, nil, 0, nil, 0
		for k, v in pairs(hits) do
			if v > n1 then
				k3, n3, k2, n2, k1, n1 = k2, n2, k1, n1, k, v
			elseif v > n2 then
				k3, n3, k2, n2 = k2, n2, k, v
			elseif v > n3 then
				k3, n3 = k, v
			end
		end
		return k1 and flows[k1].port, k2 and flows[k2].port, k3 and flows[k3].port
	end)
	case("the greatest entry", function()
		local best
		for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
		return best and best.port, best and #best.name
	end)
	case("the entry and what is greatest in it", function(a)
		local best, n = nil, a + 0
		for k, e in pairs(flows) do if e.hits > n then best, n = e, e.hits end end
		return best and best.port, n, best and best.hits
	end)
	case("the least entry, counted and deleted by its key", function(a, b)
		local least, key
		for k, e in pairs(flows) do if not least or e.hits < least.hits then least, key = e, k end end
		if least and key then
			least.hits = least.hits + (b + 0)
			hits[key] = least.port
			flows[key] = nil
		end
		return least == nil
	end)
end

-- ---- entries ----

local flows = map("hash", "u32", VALUE, 10)
local mine = map("percpu_hash", "u32", VALUE, 11)
local others = map("hash", "u32", VALUE, 12)
local small = map("hash", "u32", "struct { u32 port; }", 13)
local function setup()
	for i = 1, 5 do flows[i * 5] = { hits = 7 * i % 11, port = i, name = ("n"):rep(i) } end
end
local function case(name, f, refused)
	lang.case { name = name, f = f, inputs = few, see = { flows, mine, others, small }, setup = setup, refused = refused }
end
case("none is there", function(a, b)
	local best
	for k, e in pairs(flows) do if e.hits > 100 then best = e end end
	return best == nil, not best, best and best.port
end)
case("none is there, and it is read", function(a)
	local best
	for k, e in pairs(flows) do if e.hits > a * 10 then best = e end end
	return best.hits > 0
end)
case("none is there, and pcall reads it", function(a)
	local best
	for k, e in pairs(flows) do if e.hits > a * 10 then best = e end end
	return pcall(function() return best.hits > 0 end) == (best ~= nil)
end)
case("within pcall", function(a, b)
	local ok, n, port = pcall(function()
		local best
		for k, e in pairs(flows) do
			if not best or e.hits > best.hits then best = e end
		end
		if best.hits > b then error(best.port) end
		return best.hits, best.port
	end)
	return ok, n, port
end)
case("by a function", function(a, b)
	local function greatest(least)
		local best
		for _, e in pairs(flows) do if e.hits > least and (not best or e.hits > best.hits) then best = e end end
		return best
	end
	local x, y = greatest(a), greatest(b)
	return x and x.port, y and y.port
end)
case("the first two", function(a)
	local first, second
	for k, e in pairs(flows) do
		if not first or e.hits > first.hits then
			first, second = e, first
		elseif not second or e.hits > second.hits then
			second = e
		end
	end
	return first.port, second and second.port, second.hits - a
end)
case("the greatest and the least", function()
	local most, least
	for k, e in pairs(flows) do
		if not most or e.hits > most.hits then most = e end
		if not least or e.hits < least.hits then least = e end
	end
	return most.port, least.port, #most.name - #least.name
end)
case("forgotten again", function(a, b)
	local best, n = nil, 0
	for k, e in pairs(flows) do
		if best and best.port == a then best = nil end
		if k == b * 5 then best = e end
		n = n + 1
	end
	return n
end)
case("written through", function(a, b)
	local best
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	best.hits = best.hits + b
	best.name = "best"
	best.port = best.port + a
	return best.port, best.hits, #best.name
end)
case("a turn writes the one that was kept", function(a)
	local best
	for k, e in pairs(flows) do
		if best then best.hits = best.hits + (a and 0) end
		if not best or e.hits > best.hits then best = e end
	end
	return best.hits
end)
case("in a loop around", function(a)
	local best
	for i = 1, 3 do
		for k, e in pairs(flows) do if e.hits < 10 - i * a and (not best or e.hits >= best.hits) then best = e end end
	end
	return best and best.hits
end)
case("in a loop within", function(a)
	local best
	for k, e in pairs(flows) do
		for i = 1, 3 do
			if e.hits % 4 == i and (not best or best.hits < e.hits) then best = e end
		end
	end
	return best and best.hits, best and best.port + a
end)
case("on one way alone", function(a, b)
	local best
	if a > 0 then
		for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	end
	if b > 0 then return best and best.port end
	return best and best.hits
end)
case("of a map for each CPU", function(a)
	for i = 1, 4 do mine[i] = { hits = 7 * i % 5, port = i } end
	local best
	for k, e in pairs(mine) do if not best or e.hits > best.hits then best = e end end
	local hits, port = best.hits, best.port
	for i = 1, 4 do mine[i] = nil end
	return hits, port
end)
case("left by break", function(a)
	local found
	for k, e in pairs(flows) do if e.port == a then found = e break end end
	return found and found.hits
end)
case("in a record", function()
	local top = { n = 0 }
	for k, e in pairs(flows) do
		if not top.e or e.hits > top.e.hits then top.e, top.key = e, k end
	end
	return top.e and top.e.port, top.key
end)
case("a record made anew", function()
	local top = { key = 0, entry = nil }
	for k, e in pairs(flows) do
		if not top.entry or e.hits > top.entry.hits then top = { key = k, entry = e } end
	end
	return top.key, top.entry and top.entry.port
end)
case("by what a function says", function()
	local best
	local function better(x, y) return not y or x.hits > y.hits end
	for k, e in pairs(flows) do if better(e, best) then best = e end end
	return best and best.port
end)
case("what a function gives", function()
	local best
	local function greater(x, y) if y and y.hits >= x.hits then return y end return x end
	for k, e in pairs(flows) do best = greater(e, best) end
	return best and best.port
end)
case("by and, or", function()
	local best
	for k, e in pairs(flows) do best = best and best.hits > e.hits and best or e end
	return best and best.port, best and best.name == "nnn"
end)
case("of another loop, compared in a second one", function()
	local best, n = nil, 0
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	for k, e in pairs(flows) do if best and e.hits < best.hits then n = n + 1 end end
	return n, best and best.port
end)
case("one after the other", function()
	local n, best = 0, nil
	while n < 3 do
		best = nil
		for k, e in pairs(flows) do if e.port > n and (not best or e.hits > best.hits) then best = e end end
		if best then best.hits = best.hits - 1 end
		n = n + 1
	end
	return best and best.port
end)
case("its fields stored under another key, and no more", function()
	local best
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	if best then flows[1] = { hits = best.hits, port = best.port, name = best.name } end
end)
case("copied into another map", function(a)
	local best
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	small[a] = { port = best.port }
end)

case("used after its fields were stored under another key", function()
	local best
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	if best then
		flows[1] = { hits = best.hits }
		best.port = 3
	end
end, "writes to it, and may be gone by now")

-- What another one may have taken the place of, and what has no key that is known.
local kept = "kept from one turn of this loop to the next"
case("deleted while it is kept", function()
	local best
	for k, e in pairs(flows) do
		if best and best.hits < e.hits then flows[k] = nil end
		best = e
	end
	return best and best.port
end, "writes to it, and may be gone by now")
case("of one map or another", function(a)
	local best
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	for k, e in pairs(others) do if not best or e.hits > best.hits then best = e end end
	return best and best.port
end, kept)
case("an entry that was there before", function(a)
	local best = flows[a]
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	return best and best.port
end, kept)
-- ---- what is counted, put together and sorted ----

local counts = bpf.map { "hash", name = "counts", key = "char[16]", value = "u64", entries = 16 }
local st = bpf.state { n = "u32", name = "char[16]" }
local ev = bpf.events { n = "u32", text = "char[64]" }
local hist = bpf.map { "array", name = "hist", key = "u32", value = "u64", entries = 16 }
local by_port = bpf.map { "hash", name = "by_port", key = "struct { ip4 src; u16 port; }", value = "struct { u64 pkts; u64 bytes; }", entries = 16 }
local function frame(text) return lang.head .. text .. ("."):rep(60 - #text) end
local texts = { frame "", frame "a bb ccc dddd eeeee ffffff ggggggg h", frame "x=1 y=20 z=300 =7 w=", lang.head .. ("ab cd "):rep(30) }
local strings = {}
for _, a in ipairs { "", "abc", "0123456789abcdef" } do
	for _, b in ipairs { "", "b", "zzz" } do
		for _, c in ipairs { "q", "abcd" } do strings[#strings + 1] = { a, b, c } end
	end
end
local function fill()
	for i, w in ipairs { "a", "bb", "ccc", "dddd", "eeeee" } do counts[w] = i * 7 % 5 + 1 end
end
local function packets(name, f, see) lang.packets { name = name, inputs = texts, f = f, see = see } end
local function ints(name, f, see) lang.case { name = name, inputs = lang.pairs { -1, 0, 3 }, f = f, see = see } end
local function words(name, f, see) lang.case { name = name, inputs = strings, f = f, see = see } end
local function maps(name, f, see)
	lang.case { name = name, inputs = { { 1 }, { 4 } }, f = f, see = see or { counts }, setup = fill }
end

maps("top 3 list by insertion", function(a, b)
	local top = { 0, 0, 0 }
	for k, n in pairs(counts) do
		for i = 1, 3 do
			if n > top[i] then n, top[i] = top[i], n end
		end
	end
	return top[1], top[2], top[3]
end)
maps("top 3 keys list", function(a, b)
	local top, names = { 0, 0, 0 }, { "", "", "" }
	for k, n in pairs(counts) do
		for i = 1, 3 do
			if n > top[i] then n, top[i], k, names[i] = top[i], n, names[i], k end
		end
	end
	return #names[1], #names[2], top[3]
end)
maps("top by records", function(a, b)
	local best = { n = 0, name = "" }
	for k, n in pairs(counts) do if n > best.n then best.n = n best.name = k end end
	return best.n, #best.name
end)
maps("top as new record", function(a, b)
	local best = { n = 0, name = "" }
	for k, n in pairs(counts) do if n > best.n then best = { n = n, name = k } end end
	return best.n, #best.name
end)
maps("best as nil or record", function(a, b)
	local best
	for k, n in pairs(counts) do if not best or n > best.n then best = { n = n, name = k } end end
	return best and best.n, best and #best.name
end)
maps("second", function(a, b)
	local k1, n1, k2, n2 = nil, 0, nil, 0
	for k, n in pairs(counts) do
		if n > n1 then k2, n2, k1, n1 = k1, n1, k, n elseif n > n2 then k2, n2 = k, n end
	end
	return n1, n2, k2 and #k2
end)
maps("sum avg min max", function(a, b)
	local sum, n, min, max = 0, 0, math.maxinteger, math.mininteger
	for _, v in pairs(counts) do sum, n, min, max = sum + v, n + 1, math.min(min, v), math.max(max, v) end
	return n > 0 and sum // n, min, max
end)
maps("delete the least", function(a, b)
	local key, least = nil, math.maxinteger
	for k, v in pairs(counts) do if v < least then key, least = k, v end end
	if key then counts[key] = nil end
	return least, key and #key
end)
maps("longest key", function(a, b)
	local long = ""
	for k in pairs(counts) do if #k > #long then long = k end end
	return #long, long:byte(1)
end)
maps("least key by order", function(a, b)
	local first
	for k in pairs(counts) do if not first or k < first then first = k end end
	return #first, first:byte(1)
end)
maps("count above", function(a, b)
	local n = 0
	for k, v in pairs(counts) do if v > a then n = n + 1 end end
	return n
end)
maps("send top", function(a, b)
	local best, n = "none", 0
	for k, v in pairs(counts) do if v > n then best, n = k, v end end
	ev:send { n = n, text = best .. "=" .. n }
end, { counts, ev })
maps("state top", function(a, b)
	local best, n = "none", 0
	for k, v in pairs(counts) do if v > n then best, n = k, v end end
	st.name, st.n = best, n
end, { counts, { st, "name", "n" } })
-- histograms
ints("hist list", function(a, b)
	local h = { 0, 0, 0, 0 }
	for i = 0, 9 do
		local k = (a * i + b) % 4 + 1
		h[k] = h[k] + 1
	end
	return h[1] * 100 + h[2], h[3], h[4]
end)
ints("hist list by names", function(a, b)
	local h = { small = 0, big = 0 }
	for i = 0, 9 do
		local k = a * i > b and "big" or "small"
		h[k] = h[k] + 1
	end
	return h.small, h.big
end)
ints("log2 hist", function(a, b)
	local n, bucket = a * 1000 + b, 0
	while n > 1 and bucket < 15 do n = n // 2 bucket = bucket + 1 end
	hist[bucket] = hist[bucket] + 1
	return bucket
end, { hist })
ints("hist for loop, max", function(a, b)
	local h, most = { 0, 0, 0, 0, 0, 0, 0, 0 }, 1
	for i = 1, 20 do local k = (a * i ~ b) % 8 + 1 h[k] = h[k] + 1 end
	for i = 2, #h do if h[i] > h[most] then most = i end end
	return most, h[most]
end)
-- texts
words("longest of three", function(a, b, c)
	local long = a
	if #b > #long then long = b end
	if #c > #long then long = c end
	return #long, long:byte(1), long == b
end)
words("longest by ipairs", function(a, b, c)
	local long = ""
	for _, s in ipairs { a, b, c } do if #s > #long then long = s end end
	return #long, long:byte(1), long == b
end)
words("least and greatest", function(a, b, c)
	local lo, hi = a, a
	for _, s in ipairs { b, c } do if s < lo then lo = s end if s > hi then hi = s end end
	return #lo, #hi, lo == hi
end)
words("sort three", function(a, b, c)
	if b < a then a, b = b, a end
	if c < b then b, c = c, b end
	if b < a then a, b = b, a end
	return #a, #b, #c
end)
packets("longest word", function(p)
	local long = ""
	for w in p:sub(15):gmatch("%w+") do if #w > #long then long = w end end
	return #long, long:byte(1)
end)
packets("last word, count", function(p)
	local last, n = nil, 0
	for w in p:sub(15):gmatch("%w+") do last = w n = n + 1 end
	return n, last and #last, last and last:byte()
end)
packets("build text in loop, event", function(p)
	local s = ""
	for w in p:sub(15, 60):gmatch("%a+") do s = s .. w:sub(1, 3) .. "," end
	ev:send { n = #s, text = s }
end, { ev })
packets("build text in loop with first", function(p)
	local s
	for w in p:sub(15, 60):gmatch("%a+") do s = s and s .. "," .. w or w end
	return s and #s, s and s:byte(-1)
end)
packets("hex of bytes", function(p)
	local s = ""
	for i = 15, 22 do s = s .. ("%02x"):format(p:byte(i) or 0) end
	return #s, s:byte(1), s:byte(-1)
end)
packets("reversed", function(p)
	local s, r = p:sub(15, 30), ""
	for i = #s, 1, -1 do r = r .. s:sub(i, i) end
	return #r, r:byte(1), r:byte(-1)
end)
packets("list and concat event", function(p)
	local t = {}
	for w in p:sub(15, 60):gmatch("%a+") do t[#t + 1] = w:sub(1, 3) end
	local s = table.concat(t, "+")
	ev:send { n = #s, text = s }
end, { ev })
packets("count words by map", function(p)
	for w in p:sub(15, 60):gmatch("%a+") do
		local k = w:sub(1, 16)
		counts[k] = (counts[k] or 0) + 1
	end
end, { counts })
packets("most frequent byte", function(p)
	local best, n = nil, 0
	for i = 15, 40 do
		local c = (p:byte(i) or 0) & 7
		hist[c] = hist[c] + 1
	end
	for c, v in pairs(hist) do if v > n then best, n = c, v end end
	return n > 0, best ~= nil
end, { hist })
packets("fields by split", function(p)
	local a, b, c = p:sub(15, 60):match("(%w+)%s+(%w+)%s+(%w+)")
	if not a then return nil end
	return #a, #b, #c
end)
-- lists
ints("selection sort", function(a, b)
	local t = { a, b, a * 3 % 5, b - a }
	for i = 1, 3 do
		local m = i
		for j = i + 1, 4 do if t[j] < t[m] then m = j end end
		t[i], t[m] = t[m], t[i]
	end
	return t[1], t[2], t[4]
end)
words("sort texts", function(a, b, c)
	local t = { a, b, c }
	for i = 1, 2 do for j = 1, 3 - i do if t[j] > t[j + 1] then t[j], t[j + 1] = t[j + 1], t[j] end end end
	return #t[1], #t[2], #t[3]
end)
ints("queue by list", function(a, b)
	local q, head, tail = { 0, 0, 0, 0, 0, 0, 0, 0 }, 1, 0
	for i = 1, 6 do tail = tail + 1 q[tail] = a * i end
	local s = 0
	while head <= tail do s = s + q[head] head = head + 1 end
	return s
end)
maps("flow of struct counts", function(a, b)
	for i = 1, 3 do
		local k = { src = bpf.ip "10.0.0.1", port = i }
		local e = by_port[k]
		if e then e.pkts = e.pkts + 1 else by_port[k] = { pkts = 1, bytes = a & 7 } end
	end
	local n, best = -1, nil
	for k, e in pairs(by_port) do if e.bytes + k.port > n then best, n = k, e.bytes + k.port end end
	return n, best and best.port, best and by_port[best].pkts
end, { by_port })
maps("texts joined by pairs", function(a, b)
	local s = ""
	for k, v in pairs(counts) do s = s .. k .. "=" .. v .. ";" end
	return #s
end)

-- ---- a variable that an inner function shares ----

local held = bpf.map { "hash", name = "best_held", key = "u32", value = VALUE, entries = 8 }
local function shared(name, f)
	lang.case { name = "shared: " .. name, inputs = lang.pairs({ 0, 1, 2, 3, 5 }, { 0, 1, 2, 7 }), see = { held }, f = f, args = 2,
		setup = function() for i = 1, 4 do held[i] = { hits = i * 7 % 5, port = i, name = "n" } end end }
end
shared("by pcall", function(a)
	local best
	pcall(function() for k, e in pairs(held) do if e.port == a then best = e end end end)
	return best and best.hits
end)
shared("by pcall, with what is raised behind the loop", function(a, b)
	local best
	local ok = pcall(function()
		for k, e in pairs(held) do if e.port == a then best = e end end
		if a == b then error(1) end
	end)
	return ok, best and best.hits
end)
shared("by pcall, which fails of it", function(a, b)
	local best
	local ok, n = pcall(function()
		for k, e in pairs(held) do if e.port == a then best = e end end
		return best.hits
	end)
	return ok, best and best.port, ok and n
end)
shared("by a function", function(a, b)
	local best
	local function look(e) if not best or e.hits > best.hits then best = e end end
	for k, e in pairs(held) do if e.port ~= a then look(e) end end
	if not best then return -1 end
	return best.hits, best and best.port or 0
end)
shared("and tested by its absence", function(a)
	local best
	pcall(function() for k, e in pairs(held) do if e.port == a then best = e end end end)
	local port = not best or best.port
	return port == true and -1 or port
end)
lang.done()

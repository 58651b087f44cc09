-- Entries across writes: to another map, which leaves them where they are, and to their own, behind which there is no more to
-- ask than whether there was one.
local lang = dofile "tests/lang/harness.lua"
local VALUE = "struct { u64 n; char name[10]; }"
local function map(type, name, entries)
	return bpf.map { type, name = "apart_" .. name, key = "u32", value = VALUE, entries = entries or 4 }
end
local flows, old, other, list = map("hash", "flows"), map("hash", "old"), map("hash", "other"), map("array", "list")
local one = map("hash", "one")
local tenants = bpf.map { "array_of_maps", entries = 2, inner = { "hash", key = "u32", value = VALUE, entries = 4 } }
local waiting = bpf.map { "queue", value = VALUE, entries = 4 }
tenants[0], tenants[1] = old, flows

local function setup()
	for _, m in ipairs { flows, old, other, list } do
		for k = 0, 2 do m[k] = { n = 10 * k, name = ("x"):rep(k) } end
	end
	one[1] = { n = 7, name = "one" }
	while waiting:pop() do end
	waiting:push { n = 5, name = "w" }
end
local function case(name, f, refused)
	lang.case { name = name, f = f, inputs = lang.pairs({ 0, 1, 2, 3 }, { 0, 9, 20 }), see = { flows, old, other, list, one }, setup = setup,
		refused = refused }
end
local gone = "writes to it, and may be gone by now"

-- ---- another map ----

case("put into another map, then used", function(a, b)
	local e = flows[a]
	if e and e.n > b then
		old[a] = { n = e.n, name = e.name }
		e.n = 0
		return #e.name
	end
end)
case("deleted out of another map", function(a, b)
	local e, f = flows[a], other[b]
	old[a] = nil
	if e then e.n = e.n + 1 end
	if f then f.n = f.n + 1 end
	return e and e.n, f and f.name == "x"
end)
case("a list's entry, behind writes to maps", function(a, b)
	local e = list[a]
	flows[a], old[b] = nil, { n = 3 }
	if e then e.n = e.n + 1 end
	return e and e.n
end)
case("of one map or of another, and a third is written to", function(a, b)
	local e
	if b > 5 then e = flows[a] else e = other[a] end
	old[a] = nil
	if e then e.n = e.n + 1 return e.n end
end)
case("of one map or of another, and that one is written to", function(a, b)
	local e
	if b > 5 then e = flows[a] else e = old[a] end
	old[a] = nil
	if e then e.n = e.n + 1 return e.n end
end, gone)
case("of whichever was there, in a loop", function(a, b)
	local e = flows[a]
	for i = 0, 3 do
		e = e or other[i]
		old[i] = nil
		if e then e.n = e.n + b end
	end
	return e and e.n
end)
case("a loop over one writes to another", function(a, b)
	local n = 0
	for k, e in pairs(one) do
		if e.n > a then old[k] = { n = e.n } end
		e.n = e.n + b
		n = n + e.n
	end
	return n
end)
case("the greatest of one, kept across writes to another", function(a)
	local best
	for k, e in pairs(flows) do
		if not best or e.n > best.n then best = e end
		old[k] = nil
	end
	return best and best.n + a
end)
case("by a function for any map", function(a, b)
	local function move(from, to)
		local e = from[a]
		if not e then return false end
		to[a] = { n = e.n }
		e.n = b
		return e.n
	end
	return move(flows, old), move(old, other)
end)
case("by a function for any map, the same one", function(a, b)
	local function move(from, to)
		local e = from[a]
		if not e then return false end
		to[a] = { n = e.n }
		e.n = b
		return e.n
	end
	return move(flows, flows)
end, gone)
case("written through a map of maps, which may have it", function(a, b)
	local e, m = flows[a], tenants[b]
	if m then m[a] = nil end
	return e and e.n
end, gone)
case("of a map in a map of maps", function(a, b)
	local m = tenants[b]
	local e = m and m[a]
	flows[a] = nil
	return e and e.n
end, gone)
case("which map is written to is known when it runs", function(a, b)
	local e, m = flows[a], b > 5 and flows or old
	m[a] = nil
	return e and e.n
end, gone)

-- ---- whether there was one ----

case("deleted, then asked for", function(a, b)
	local e, new = flows[a], 0
	if e then
		if e.n > b then flows[a] = nil end
	end
	if not e then new = 1 end
	return new
end)
case("deleted, then asked for, by and", function(a, b)
	local e, new = flows[a], 0
	if e and e.n > b then flows[a] = nil end
	if not e then new = 1 end
	return new, e ~= nil, flows[a] == nil
end)
case("moved, then asked for", function(a, b)
	local e = flows[a]
	if e then
		local n = e.n
		flows[a] = nil
		flows[a + 1] = { n = n }
	end
	return e and 1 or 2
end)
case("one of two, then asked for", function(a, b)
	local e = flows[a] or flows[b]
	if e and e.n > 5 then flows[a] = { n = 3 } end
	local f = e
	if b > 10 then f = nil end
	return f and 1 or 2, not e
end)
case("asked for in each turn of a loop that deletes", function(a, b)
	local e, n = flows[a], 0
	for i = 0, 3 do
		if e then n = n + 1 end
		flows[i] = nil
	end
	return n, e == nil
end)
case("renewed behind the write on one way", function(a, b)
	local e = flows[a]
	if not e then
		flows[a] = { n = b }
		e = flows[a]
	end
	return e and e.n
end)
case("renewed behind the write in each turn", function(a, b)
	local e, n = flows[a], 0
	for i = 0, 2 do
		if e then n = n + e.n end
		flows[i] = { n = b + i }
		e = flows[i]
	end
	return n, e and e.n
end)
case("which turn's, asked for behind the loop", function(a, b)
	local last
	for k, e in pairs(one) do
		if e.n > b then last = e one[k] = nil end
	end
	return last and 1 or 2
end)
case("read behind a join behind the write", function(a, b)
	local e = flows[a]
	if e and e.n > b then flows[a] = nil end
	return e and e.n
end, gone)
case("read behind two joins behind the write", function(a, b)
	local e = flows[a]
	if e and e.n > b then flows[a] = nil end
	local f = e
	if b > 5 then f = nil end
	local n = 0
	if a > 1 then n = 1 end
	if f then n = n + f.n end
	return n
end, gone)
case("read in the next turn", function(a, b)
	local e, n = flows[a], 0
	for i = 0, 3 do
		if e then n = n + e.n end
		if i > b then flows[i] = nil end
	end
	return n
end, gone)
case("written behind a join", function(a, b)
	local e = flows[a]
	if e and e.n > b then flows[a] = nil end
	if e then e.n = 3 end
end, gone)
case("given to another map behind a join", function(a, b)
	local e = flows[a]
	if e and e.n > b then flows[a] = nil end
	if e then old[a] = e end
end, "")
lang.done()

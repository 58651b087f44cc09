-- A function is compiled in one way, and when that fails in others: what is said is what has to be mended for all of them.
local diag = dofile "tests/diag/harness.lua"

local rows = { { limit = 3 }, { limit = 4, f = function() return 1 end } }
local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 8, name = "hits" }
local captured = {}

-- `r` is a captured table or one made here: that is there, but not in the first way.
diag.case("a captured table that is assigned to", function(p)
	local r = rows[p.len] or { limit = p.len }
	captured[true] = {}
	if r.limit > 4 then return bpf.DROP end
end)
diag.case("a key of another kind", function(p)
	local r = rows[p.len] or { limit = p.len }
	hits[true] = 1
	if r.limit > 4 then return bpf.DROP end
end)
diag.case("a mistake that the first way knows, too", function(p)
	local r = rows[p.len] or { limit = p.len }
	local n
	if r.limit > 4 then return bpf.DROP end
	print(n + 1)
end)
diag.case("a mistake in what is done with one of both", function(p)
	local r = rows[p.len] or { limit = p.len }
	local l = r.limit
	print(l > 5 and r.f + 1)
	if l > 4 then return bpf.DROP end
end)
diag.case("a table kept in another way", function(p)
	local t = rows[p.len] or { limit = p.len }
	local last = {}
	for i = 1, p.len do last = { i = i, before = last } end
	return t.limit > 3 and last.before and bpf.DROP
end)
diag.case("a field of a table, or the table, which is changed by it", function(p)
	local t = { n = p.len }
	local v = t.n == 2 and t.n or t
	if type(v) == "table" then v.n = 8 end
	return t.n == 8 and bpf.DROP
end)

diag.done()

-- Sums that are added in place: `e.n = a + (e.n - b) + 1` in whatever order it is written, of entries that are looked up
-- twice, and of several fields at once. What is computed is what Lua computes; and they are atomic.
local lang = dofile "tests/lang/harness.lua"

local m = bpf.map { "hash", name = "sums", key = "u32", value = "struct { u64 n; u64 s; i64 i; u32 small; }", entries = 16 }
local st = bpf.state { n = "u64", s = "u64" }
local seen = bpf.map { "hash", name = "seen", key = "u32", value = "u64", entries = 4 }
local function setup()
	m:clear()
	for k = 0, 3 do m[k] = { n = 10 * k, s = k, i = -k, small = 7 } end
	st.n, st.s, seen[1] = 5, 6, 0
end

local in_place = {
	function(a, b) local e = m[1] if e then e.n = e.n + a + b end end,
	function(a, b) local e = m[1] if e then e.n = a + (b + e.n) end end,
	function(a, b) local e = m[1] if e then e.i = a + (e.i - b) - 3 + b end end,
	function(a, b) local e = m[1] if e then e.n = e.n - a end end,
	function(a, b) local e = m[1] if e then e.n = e.n - (a - b) end end,
	function(a, b) st.n = st.n - a + b * 2 end,
	function(a, b) local e, f = m[1], m[2] if e and f then e.n = e.n + f.n + a end end,
	function(a, b) local e = m[1] if e then e.n = e.n + 1 - e.n end end,
}
local both_in_place = {
	function(a, b) local e = m[1] if e then e.n, e.s = e.n + a, e.s + b end end,
	function(a, b) local e = m[1] if e then e.n, e.s = e.n + e.s, e.s + e.n end end,
	function(a, b) st.n, st.s = st.n + 1, st.s - a end,
	function(a, b) local e, f = m[1], m[2] if e and f then e.n, f.s = e.n + 1, f.s + a end end,
}
local looked_up_twice = {
	function(a, b) m[1].n = m[1].n + a end,
	function(a, b) m[3].n = b + m[3].n - 1 end,
	function(a, b) local k = a & 3 m[k].n = m[k].n + 1 end,
	function(a, b) m[9].n = m[9].n + 1 end,
	function(a, b) m[1].n = m[1].n + m[2].n end,
}
local as_written = {
	function(a, b) local e = m[1] if e then e.n = a - e.n end end,
	function(a, b) local e = m[1] if e then e.n = e.n * 2 + 1 end end,
	function(a, b) local e, f = m[1], m[2] if e and f then e.n = f.n + 1 end end,
	function(a, b) local e = m[1] if e then e.n = e.s + 1 end end,
	function(a, b) local e = m[1] if e then e.n = e.n end end,
	function(a, b) local e, f = m[1], m[1] if e and f then local v = e.n f.n = 7 e.n = v + 1 end end,
	function(a, b) local e = m[1] if e then local v = e.n + 1 e.n = v seen[1] = v end end,
	function(a, b) local e = m[1] if e then for i = 1, 2 do e.n = a + i end end end,
	function(a, b)
		local e = m[1]
		if not e then return end
		local v = e.n
		for i = 1, a & 3 do e.n = v + 1 end
	end,
	function(a, b) local e = m[1] if e then e.n, e.n = e.n * 2, e.n + b end end,
	function(a, b) m[1].n = m[2].n + 1 end,
	function(a, b) m[a & 3].n = m[b & 3].n + 1 end,
	function(a, b) local e = m[1] if e then e.small = e.small + a end end,
	function(a, b) st.n = st.s + 1 end,
}
for name, list in lang.sorted { ["in any order"] = in_place, ["several at once"] = both_in_place, ["looked up twice"] = looked_up_twice,
	["no sum"] = as_written } do
	for i, f in ipairs(list) do
		lang.case { name = name .. " " .. i, see = { m, seen, { st, "n", "s" } }, setup = setup, inputs = lang.pairs { 0, 1, -3, math.mininteger }, f = f }
	end
end

-- How many additions in memory a function has; counts of errors are such, too.
local function atomic(f)
	local unit = assert(bpf.compile("xdp", {}, function(p) f(p.len, p.rxq or 0) end))
	local stages, n = unit:dump(), 0
	for _ in stages:gmatch("lock ") do n = n + 1 end
	return n
end
local errors = atomic(function() error("x") end)
assert(errors == 1)
for i, f in ipairs(in_place) do assert(atomic(f) == 1, "in place: " .. i) end
for i, f in ipairs(both_in_place) do assert(atomic(f) == 2, "both in place: " .. i) end
for i, f in ipairs(looked_up_twice) do assert(atomic(f) == 1 + errors, "looked up twice: " .. i) end
for i = 1, 8 do assert(atomic(as_written[i]) == (i == 7 and errors or 0), "as written: " .. i) end
lang.done()

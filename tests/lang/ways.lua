-- Where tables, functions or headers meet of which none has a form at run time, what follows is compiled for each of them apart.
local lang = dofile "tests/lang/harness.lua"

local rows = {
	{ limit = 10, deny = { 4, 5 }, allow = { http = 80, https = 443 } }, { limit = 20, deny = { 9, a = 3 } }, { deny = {} }, {},
	{ deny = 7, allow = "text" }, { deny = false, allow = print }, { deny = "str", allow = true },
}
local plain = { { limit = 10, x = 1 }, { limit = 20, y = 5 }, {}, { limit = -1, 5, 6 } }
local doing = { { go = function(x) return x + 1 end }, {}, { go = function(x) return x * 3 end, n = 4 } }
local usual = { 1, 2, 3 }
local keys = lang.each { 0, 1, 2, 3, 4, 5, 6, 7, 8, false }
local few = lang.each { 0, 1, 2, 3, 4 }
local two = lang.pairs({ 0, 1, 9 }, { 0, 1, 2, false })

-- ---- a captured table or one made here ----

lang.case { name = "with a value known only at run time", inputs = two, f = function(a, b)
	local r = plain[a] or { limit = b }
	return r.limit, r.x, r.y
end }
lang.case { name = "compared", inputs = keys, f = function(a)
	local d = { limit = 3 }
	local r, s = rows[a] or d, rows[a] or { limit = 3 }
	return r == d, r == s, r == rows[1]
end }
lang.case { name = "changed after they met", inputs = keys, f = function(a)
	local d = { limit = 3 }
	local r = rows[a] or d
	if a == 0 then d.limit = 99 end
	return r.limit, d.limit
end }
lang.case { name = "changed by a function", inputs = keys, f = function(a)
	local d = { limit = 3 }
	local function set(v) d.limit = v end
	local r = rows[a] or d
	set(a or 5)
	return r.limit, d.limit
end }
lang.case { name = "in a loop that changes one", inputs = keys, f = function(a)
	local d, n = { limit = 3 }, 0
	for i = 1, 4 do
		local r = rows[a] or d
		n = n * 10 + (r.limit or 0)
		d.limit = i
	end
	return n
end }
lang.case { name = "a list that grows", inputs = keys, f = function(a)
	local d, n = { 1 }, 0
	local l = (rows[a] or {}).deny or d
	d[#d + 1] = 7
	if type(l) == "table" then for _, v in ipairs(l) do n = n * 10 + v end end
	return n, #d
end }
lang.case { name = "in a field of another", inputs = keys, f = function(a)
	local d = { limit = 3 }
	local box = { d = d }
	local r = rows[a] or d
	box.d.limit = 8
	return r.limit, box.d.limit
end }
lang.case { name = "cut short by an error", inputs = two, f = function(a, b)
	local d, n = {}, 0
	local ok = pcall(function() d.x = 1 n = b + 1 d.y = 2 n = n // b d.limit = 3 end)
	local r = plain[a] or d
	return r.x, r.y, ok and r.limit
end }
lang.case { name = "made under pcall, then read in a handler", inputs = two, f = function(a, b)
	local d = { y = 1 }
	if not pcall(function() local q = b + 1 d.x = q and 2 end) then
		local r = plain[a] or d
		return r.x, r.y
	end
	return -1
end }
lang.case { name = "of two functions", inputs = keys, f = function(a)
	local function get(k)
		if rows[k] then return rows[k], 1 end
		return { limit = 6 }, 2
	end
	local r, n = get(a)
	return r.limit, n
end }
lang.case { name = "out of pcall", inputs = keys, f = function(a)
	local ok, r = pcall(function() return rows[a] or { limit = 6 } end)
	return ok, r.limit
end }
lang.case { name = "as an error", inputs = keys, f = function(a)
	local ok, r = pcall(function() error(rows[a] or { limit = 6 }) end)
	return ok, r.limit
end }
lang.case { name = "captured by a function, and put another there", inputs = keys, f = function(a)
	local r = rows[a] or { limit = 6 }
	local function get() return r.limit end
	local x = get()
	r = { limit = 11 }
	return x, get()
end }
lang.case { name = "the length of what may be of any kind", inputs = keys, f = function(a)
	local d = rows[a] and rows[a].deny or {}
	return type(d) == "table", type(d) == "number", #d
end }
lang.case { name = "nested", inputs = keys, f = function(a)
	local r = rows[a] or { deny = { 6, 7 }, allow = { http = 8080 } }
	if type(r.deny) ~= "table" then return -1 end
	return #r.deny, r.deny[1], type(r.allow) == "table" and r.allow.http
end }
lang.case { name = "by a key known only at run time", inputs = lang.pairs({ 0, 1, 4, 9 }, { 1, 2, 3, -1, false }), f = function(a, b)
	local r = plain[a] or { 7, b, [-1] = 3, x = 4 }
	return r[b], r[b and b + 1 or "x"]
end }
lang.case { name = "gone over, and compared by key", inputs = keys, f = function(a)
	local n = 0
	for k, v in pairs(plain[a] or { limit = a, x = 3 }) do
		if k == "limit" then n = n + (v or 100) elseif k == "x" then n = n + 1000 end
	end
	return n
end }
lang.case { name = "no such field, and counted with", inputs = few, f = function(a)
	local r = plain[a] or { limit = a }
	return r.limit + 1
end }
lang.case { name = "no such field, caught", inputs = few, f = function(a)
	local r = plain[a] or { limit = a }
	local ok, e = pcall(function() return r.limit + 1 end)
	return ok, ok and e or #e
end }
lang.case { name = "a text or a table, indexed by a number", inputs = keys, f = function(a)
	local l = (rows[a] or {}).deny or { a }
	return l[1]
end }
lang.case { name = "a function where there are tables, indexed", inputs = keys, f = function(a)
	local l = (rows[a] or {}).allow or { http = 8 }
	if type(l) == "string" then return -1 end
	return l.http
end }
lang.case { name = "asked of what kind it is", inputs = keys, f = function(a)
	local r = rows[a]
	if not r then return end
	if type(r.deny) ~= "table" then return type(r.allow) == "table", r.deny == 7 end
	return #r.deny, r.deny[1]
end }
lang.case { name = "nil or a table, indexed", inputs = few, f = function(a)
	local r = plain[a] or a == 0 and { limit = 5 } or nil
	return r.limit
end }
lang.case { name = "assigned to", inputs = lang.each { 0, 9 }, f = function(a)
	local r = a == 9 and { limit = 3 } or { limit = 4, n = a }
	r.limit = r.limit + 5
	return r.limit, r.n
end }

-- ---- many, of several sorts ----

local many, lists = {}, {}
for i = 1, 40 do
	many[i] = i % 3 == 0 and { i, n = i } or i % 3 == 1 and i or "t" .. i
	lists[i] = { list = i % 2 == 0 and "x" .. i or { i, 4 }, n = i }
end
local wide = lang.each { 0, 1, 2, 3, 4, 5, 6, 39, 40, 41, false }
lang.case { name = "tables, numbers and texts side by side", inputs = wide, f = function(a)
	local v = many[a]
	if type(v) == "table" then return v[1], v.n, #v end
	return type(v) == "number" and v, type(v) == "string" and #v
end }
lang.case { name = "tables, numbers and texts, or a default", inputs = wide, f = function(a)
	local v = many[a] or { 7, n = a }
	if type(v) == "number" then return v + 1 elseif type(v) == "string" then return #v end
	return v.n, v[1]
end }
lang.case { name = "a list or a text in a field", inputs = wide, f = function(a)
	local r, n = lists[a], 0
	if not r then return -1 end
	if type(r.list) == "string" then return #r.list, r.n end
	for _, v in ipairs(r.list) do n = n * 10 + v end
	return n, #r.list, r.list[2]
end }
lang.case { name = "the length of either", inputs = wide, f = function(a)
	return #((lists[a] or {}).list or {}), #many[a]
end }

-- ---- functions ----

lang.case { name = "a function made here in a default", inputs = few, f = function(a)
	local k = 7
	local o = doing[a] or { go = function(x) return x * k end }
	return o.go and o.go(a), type(o.go) == "function"
end }
lang.case { name = "one that shares a variable", inputs = few, f = function(a)
	local k = 7
	local o = doing[a] or { go = function(x) k = k + 1 return x * k end }
	local v = o.go and o.go(a)
	return v, k
end }
lang.case { name = "where there are only values", inputs = few, f = function(a)
	local r = plain[a] or { limit = function() return 5 end }
	return type(r.limit) == "function", r.limit == 10, r.limit == nil
end }
lang.case { name = "numbers and functions gone over", inputs = few, f = function(a)
	local n = 0
	for k, v in pairs(doing[a] or {}) do
		if type(v) == "number" then n = n + v elseif k == "go" then n = n + v(10) end
	end
	return n
end }
lang.case { name = "one of two iterators", inputs = lang.pairs({ 0, 1 }, { "a1 b2", "xx", "" }), f = function(a, s)
	s = type(s) == "string" and s or ""
	local it, n = s:gmatch "%a", 0
	if a == 1 then it = s:gmatch "%d" end
	for c in it do n = n * 256 + c:byte() end
	return n
end }

lang.case { name = "a function where another default leads to", inputs = few, f = function(a)
	local t = { a = 3, go = function(x) return x + a end }
	local r = plain[(plain[9] or { a = 7 }).a] or t
	if r.go then return r.go(2) end
end }

-- ---- maps, and captured objects beside what is none ----

local first = bpf.map { "array", name = "ways_first", key = "u32", value = "u32", entries = 4 }
local second = bpf.map { "array", name = "ways_second", key = "u32", value = "u32", entries = 4 }
lang.case { name = "a map or a number", inputs = few, f = function(a)
	local m = a
	if a == 3 then m = first end
	return m == 3, m == first, m == second
end }
lang.case { name = "one of two maps, written and read", inputs = few, f = function(a)
	local m = a == 1 and first or second
	first[0], second[0] = 5, 6
	m[0] = 7
	return first[0], second[0], m[0]
end }
first[1], second[1] = 21, 22
lang.case { name = "a map or none, and what it holds", inputs = few, f = function(a)
	local m, r
	if a == 2 then m = second end
	if m then r = m[1] end
	return r, m and m[1], m and m[a] ~= nil
end }
lang.case { name = "a map, a table or none, and what it holds", inputs = few, f = function(a)
	local m = nil
	if a == 2 then m = second elseif a == 3 then m = usual elseif a == 4 then m = first end
	local r = m and m[1]
	return r, r == 1
end }
lang.case { name = "a map or none that a loop sets", inputs = few, f = function(a)
	local m, n
	for i = 1, a & 7 do
		if i == 2 then m = second elseif i == 4 then m = first end
		n = m and m[1]
	end
	return n, m and m[1], m == first
end }
lang.case { name = "one of two maps that a loop sets, written and read", inputs = few, f = function(a)
	local m, n = first, 0
	for i = 1, a & 7 do
		m[0] = i
		n = n * 10 + (m[0] or 0)
		if i == a - 1 then m = second end
	end
	m:set(2, 5)
	return n, m[0], m:get(2)
end }
lang.case { name = "two maps that change places each turn", inputs = few, f = function(a)
	local m, n = first, second
	for i = 1, a & 7 do
		m, n = n, m
		m[0] = i
	end
	return m[0], n[1], m[1]
end }
local lists = { first, second }
lang.case { name = "one of a list of maps", inputs = few, f = function(a)
	local m
	for i, x in ipairs(lists) do
		if i == a then m = x end
	end
	return m and m[1], m and m[a] ~= nil
end }
local node = { n = 1, next = { n = 2, next = { n = 3 }, m = second }, m = first }
lang.case { name = "maps that rows of a list lead to", inputs = few, f = function(a)
	local r, k = node, nil
	for _ = 1, a & 3 do
		k = r.m and r.m[1]
		r = r.next or r
	end
	return r.n, k, r.m and r.m[1]
end }
local pairs_ = bpf.map { "hash", name = "ways_pairs", key = "u32", value = "struct { u32 n; u32 k; }", entries = 4 }
local others = bpf.map { "hash", name = "ways_others", key = "u32", value = "struct { u32 n; u32 k; }", entries = 4 }
pairs_[1] = { n = 4, k = 5 }
lang.case { name = "a map of structs that a loop sets, or none", inputs = few, f = function(a)
	local m, n = nil, 0
	for i = 1, a & 7 do
		if i == 2 then m = pairs_ end
		n = n + (m and m[1].n or 7)
	end
	local e = m and m[1]
	return e and e.n, n
end }
lang.case { name = "what one of two maps held, before it is written", inputs = few, f = function(a)
	local m = a == 1 and first or second
	first[0], second[0] = 5, 6
	local v = m[0]
	m[0] = 7
	return v, m[0]
end }
lang.case { name = "what a map that a loop sets held, before it is written", inputs = few, f = function(a)
	local m, s = first, 0
	first[0], second[0] = 5, 6
	for i = 1, a & 7 do
		local v = m[0]
		m[0] = 10 + i
		s = s * 20 + v
		if i == 2 then m = second end
	end
	return s, first[0], second[0]
end }
lang.case { name = "an entry of one of two maps, there before it is deleted", inputs = few, f = function(a)
	local m = a == 1 and pairs_ or others
	m[2] = { n = 1 }
	local e = m[2]
	m[2] = nil
	if e then return m[2] == nil end
end }
lang.case { name = "entries of two maps, counted in", inputs = few, f = function(a)
	local m, s = pairs_, 0
	pairs_[3], others[3] = { n = 4, k = 5 }, { n = 40, k = 50 }
	for i = 1, a & 7 do
		local e = m[3]
		if e then
			e.n = e.n + i
			s = s * 3 + e.k
		end
		if i == 2 then m = others elseif i == 4 then m = pairs_ end
	end
	return s, m[3].n
end }
local kept = bpf.state { n = "u32" }
kept.n = 31
lang.case { name = "a state or none, and what it holds", inputs = few, f = function(a)
	local s
	if a == 2 then s = kept end
	return s and s.n
end }
local also = bpf.state { n = "u32" }
lang.case { name = "what one of two states held, before it is written", inputs = few, f = function(a)
	local s = a == 1 and kept or also
	s.n = 3
	local v = s.n
	s.n = s.n + 1
	s.n = v * 4
	return v, s.n
end }
lang.case { name = "a text, a table or none, by a number", inputs = few, f = function(a)
	local t
	if a == 2 then t = "abc" elseif a == 3 then t = usual end
	return t and t[a], t and t[1] or 5
end }
local function key() end
local named = { [key] = 1, [4] = 2, [3] = 4 }
lang.case { name = "a function or a number as a key", inputs = few, f = function(a)
	local k = a
	if a == 2 then k = key end
	return named[k]
end }

-- ---- tables made here ----

lang.case { name = "the least of a loop, changed behind", inputs = lang.pairs({ 3, -1, 7 }, { 2, 9, -5 }), f = function(a, b)
	local best
	for i = 1, 4 do
		local e = { n = i * a + (i == 2 and b or 0), i = i }
		if not best or e.n < best.n then best = e end
		e.n = e.n + 1
	end
	return best.n, best.i
end }
lang.case { name = "the last but one", inputs = few, f = function(a)
	local last, before = { n = 0 }, { n = -1 }
	for i = 1, a do
		if i % 2 == 0 then before = last end
		last = { n = i }
		before.n = before.n + 10
	end
	return last.n, before.n
end }
lang.case { name = "a table or none, its length", inputs = lang.each { 0, 1, 2, 3 }, f = function(a)
	local t = a > 1 and { 1, 2, a } or nil
	return #t
end }
lang.case { name = "one of two lists, by its own length", inputs = few, f = function(a)
	local t, head = a > 2 and { 0, 0, 0 } or { 0, 0 }, 0
	for i = 1, 9 do
		t[head % #t + 1] = i
		head = head + 1
	end
	return t[1], t[2], t[3]
end }

-- ---- entries of maps whose structs differ ----

local wide = bpf.map { "hash", name = "ways_wide", key = "u32", value = "struct { u64 x; i64 n; char s[4]; }", entries = 8 }
local slim = bpf.map { "hash", name = "ways_slim", key = "u32", value = "struct { u16 n; char s[12]; u8 y; bool on; }", entries = 8 }
local row = bpf.map { "array", name = "ways_row", key = "u32", value = "struct { i32 n; bool on; }", entries = 3 }
local function fill()
	wide[0], wide[1] = { x = 1, n = -5, s = "abcd" }, { x = 2, n = 65535 }
	slim[0], slim[1] = { n = 65535, s = "twelve bytes", y = 3, on = true }, { n = 4, s = "abcd" }
	row[1] = { n = -7, on = true }
end
local function entries(case)
	case.inputs, case.see, case.setup = lang.pairs({ 0, 1, 2 }, { 0, 1, 2, 3 }), { wide, slim, row }, fill
	lang.case(case)
end
entries { name = "a field that both have", f = function(a, k)
	local e = a == 1 and wide[k] or slim[k]
	return e and e.n
end }
entries { name = "of one of three", f = function(a, k)
	local e
	if a == 0 then e = wide[k] elseif a == 1 then e = slim[k] else e = row[k] end
	if not e then return "none" == e end
	local n = e.n
	return n < 0, n + 1, e ~= nil
end }
entries { name = "assigned, checked by its own width", f = function(a, k)
	local e
	if a == 0 then e = wide[k] elseif a == 1 then e = slim[k] else e = row[k] end
	if e then e.n = e.n + 1 return e.n end
end }
entries { name = "texts and truths of several widths", f = function(a, k)
	local e = a == 1 and wide[k] or slim[k]
	local f = a == 1 and row[k] or slim[k]
	return e and #e.s, e and e.s == "abcd", f and f.on
end }
entries { name = "given to a function", f = function(a, k)
	local function add(e, n)
		if not e then return -1 end
		e.n = e.n + n
		return e.n
	end
	local e = wide[k]
	if a > 0 then e = row[k] end
	return add(e, 2), add(slim[k], 1)
end }
entries { name = "chosen in a loop", f = function(a, k)
	local sum = 0
	for i = 0, 3 do
		local e
		if i == a or i == k then e = wide[i] else e = slim[i] end
		if e then sum = sum + e.n end
	end
	return sum
end }
entries { name = "an entry, a record or a number", f = function(a, k)
	local e = a == 1 and wide[k] or a == 2 and row[k] or a == 0 and { n = k }
	if e then return e.n end
	return e
end }
entries { name = "an error in one of them", f = function(a, k)
	local e = a == 1 and wide[k] or slim[k]
	local ok = pcall(function() e.n = 70000 end)
	return ok, e and e.n
end }

-- What only one of them may be: a test of it is no constant.
local nulls = bpf.map { "hash", name = "ways_nulls", key = "u32", value = "table { i64? n; u8? y; bool s; }", entries = 8 }
local function one_of(name, f)
	lang.case { name = name, inputs = lang.pairs({ 0, 1, 2 }, { 0, 1, 2 }), see = { wide, nulls }, f = f, setup = function()
		fill()
		nulls[0], nulls[1] = { n = 3, s = true }, {}
	end }
end
one_of("nil in one of them alone", function(a, k)
	local e = a == 1 and wide[k] or nulls[k]
	if not e then return 7 end
	if e.n == nil then return 8 end
	return e.n
end)
one_of("nil in the second alone", function(a, k)
	local e = a == 1 and nulls[k] or wide[k]
	if e and e.n == nil then return 8 end
	return e and e.n or 9
end)
one_of("of two kinds", function(a, k)
	local e = wide[k]
	if a ~= 1 then e = nulls[k] end
	local s = e and e.s
	return type(s) == "string", s == true, s == "abcd"
end)
one_of("written, then of two kinds", function(a, k)
	local function find() if a == 1 then return wide[k] end return nulls[k] end
	local e = find()
	if e then e.n = k end
	return e and e.n, e and type(e.s) == "boolean"
end)
local flag_map, number_map = { "array", value = "bool", entries = 4 }, { "hash", key = "u32", value = "u32", entries = 4 }
local flags = bpf.map { "array_of_maps", name = "ways_flags", entries = 2, inner = flag_map }
local counts = bpf.map { "array_of_maps", name = "ways_counts", entries = 2, inner = number_map }
flags[1], counts[1] = bpf.map(flag_map), bpf.map(number_map)
flags[1][1], counts[1][1] = true, 5
lang.case { name = "maps out of maps of maps, of two kinds", inputs = lang.pairs({ 0, 1, 2 }, { 0, 1, 2, 5 }), f = function(a, k)
	local m = a == 1 and flags[1] or counts[1]
	if not m then return nil end
	local v = m[k]
	return v == true, type(v) == "number", v == nil
end }

-- ---- captured tables and ones made here, where a loop sets the variable ----

local ports = { { port = 1, action = 4 }, { port = 0, action = 5 }, { port = 3, name = "abc" } }
local turns = lang.each { 0, 1, 2, 3, 4, 5 }
lang.case { name = "a row of each turn, or one made before", inputs = turns, f = function(p)
	local t = { port = p, action = 9 }
	for i = 1, p & 7 do
		if i ~= 2 then t = ports[i] or t end
	end
	return t.port, t.action
end }
lang.case { name = "a row, or one made in a turn", inputs = turns, f = function(p)
	local t, n = ports[1], 0
	for i = 1, p & 7 do
		n = n * 3 + t.port
		if i ~= 2 then t = { port = i, action = p } elseif p == 4 then t = ports[2] end
	end
	return t.port, t.action, n
end }
lang.case { name = "a row that is found, or one made in a loop", inputs = lang.pairs({ 0, 1, 3, 4, false }, { 0, 1, 2, 5 }), f = function(p, n)
	local r = ports[p]
	for i = 1, n do
		if i == 2 then r = { port = i, action = n } end
	end
	return r and r.port, r and r.action == 5
end }
lang.case { name = "a row, one made here, or none", inputs = turns, f = function(p)
	local t
	for i = 1, p & 7 do
		if i == 2 then t = ports[p] or t elseif i == 3 then t = { port = p } end
	end
	return t and t.port, t and t.action
end }
lang.case { name = "a row whose fields are texts", inputs = turns, f = function(p)
	local t = { name = "xy" .. p }
	for i = 1, p & 7 do t = ports[i] or t end
	return t.name and #t.name, t.name == "abc"
end }
lang.case { name = "a row, or one that changes each turn", inputs = turns, f = function(p)
	local d = { port = 3 }
	local t = d
	for i = 1, p & 7 do
		d.port = d.port + i
		if i == 2 then t = ports[1] elseif i == 4 then t = d end
	end
	return t.port, d.port
end }
lang.case { name = "the best row, if it is better than one made here", inputs = turns, f = function(p)
	local best = { port = p, action = 0 }
	for _, r in ipairs(ports) do
		if r.port > best.port then best = r end
	end
	local function sum(r) return r.port + (r.action or 100) end
	return best.port, best.action, sum(best)
end }
lang.case { name = "a row under pcall, and a field that is not there", inputs = turns, f = function(p)
	local t = { port = p, action = 9 }
	for i = 1, p & 7 do
		pcall(function()
			t = ports[i] or t
			if i == 4 then error("x") end
		end)
	end
	return t.port, t.action + 1
end }

lang.done()

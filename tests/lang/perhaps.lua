-- What is done to a value that may be the wrong one for it: what a loop calls may be no function, what ipairs goes over may be
-- no list, what is calculated with may be a table that was made here. Lua raises where it is done: a loop where it takes its
-- first turn.
local lang = dofile "tests/lang/harness.lua"
local function two(_, i)
	i = (i or 0) + 1
	if i < 3 then return i, i * 2 end
end
local function three(_, i)
	i = (i or 0) + 1
	if i < 4 then return i, i * 3 end
end
local iterators, list = { two, three }, { 7, 8 }
local rows = { [0] = { n = 1 }, { n = 2, it = two }, { n = 3, it = three, list = { 4, 5 } }, { n = 4, list = { 6 } } }
local inputs = lang.each { "nil", false, true, 0, 1, 2, 3, 4, -5, math.mininteger }
local function case(name, f) lang.case { name = name, inputs = inputs, f = f } end

case("nil or a function", function(a)
	local f, s = nil, 0
	if a == 1 then f = two end
	for x in f do s = s + x end
	return s
end)
case("nil or one of two", function(a)
	local f, s = nil, 0
	if a == 1 then f = two elseif a == 2 then f = three end
	for k, v in f do s = s + k * v end
	return s
end)
case("a number, a text, a boolean or a function", function(a)
	local f, s = 5, 0
	if a == 1 then f = two elseif a == 2 then f = "text" elseif a == 3 then f = false end
	for k, v in f do s = s + k * v end
	return s
end)
case("a captured table or a function", function(a)
	local f, s = list, 0
	if a == 1 then f = two end
	for x in f do s = s + x end
	return s
end)
case("of a captured table", function(a)
	local s = 0
	for k, v in iterators[a] do s = s + k * v end
	return s
end)
case("a field that only some rows have", function(a)
	local s, r = 0, rows[a]
	for k, v in r.it do s = s + k * v end
	return s
end)
case("the row, too, may be missing", function(a)
	local s = 0
	for k, v in rows[a].it do s = s + k * v end
	return s
end)
case("a field of a row, kept before", function(a)
	local s, r, f = 0, rows[a], nil
	if r then f = r.it end
	for k, v in f do s = s + k * v end
	return s
end)
case("a field of one of two tables, one made here", function(a)
	local t, s = rows[3], 0
	if a == 1 then t = { it = two } end
	for x in t.it do s = s + x end
	return s
end)
case("a function that changes a variable", function(a)
	local f, s, n = nil, 0, 0
	if a == 1 then
		f = function()
			n = n + 1
			if n < 3 then return n end
		end
	end
	for x in f do s = s + x end
	return s, n
end)
case("made by a function, or not", function(a)
	local function upto(n)
		if n ~= 1 and n ~= 2 then return nil end
		local i = 0
		return function()
			i = i + 1
			if i <= n then return i end
		end
	end
	local s = 0
	for x in upto(a) do s = s + x end
	return s
end)
case("what a function gives", function(a)
	local function which(n) if n == 1 then return two elseif n == 2 then return three end end
	local s = 0
	for x in which(a) do s = s + x end
	return s
end)
case("with what it goes over", function(a)
	local f, s = nil, 0
	if a == 1 then f = two end
	for x, y in f, a, 1 do s = s + x * y end
	return s
end)
case("in a loop around", function(a)
	local f, s = nil, 0
	if a == 1 then f = two end
	for i = 1, 3 do
		for x in f do s = s + x * i end
	end
	return s
end)
case("not come to", function(a)
	local f, s = nil, 0
	if a == 1 then f = two end
	if a == 1 or a == 3 then
		for x in f do
			s = s + x
			if a == 3 then break end
		end
	end
	return s
end)

-- ---- caught ----

case("within pcall", function(a)
	local f, s = nil, 0
	if a == 1 then f = two end
	local good, e = pcall(function()
		s = 5
		for x in f do s = s + x end
		s = s + 100
	end)
	return good, s, good or #e
end)
case("a field, within pcall", function(a)
	local s, r = 0, rows[a]
	local good, e = pcall(function()
		s = 5
		for x in r.it do s = s + x end
		s = s + 100
	end)
	return good, s, good or #e
end)
local line = debug.getinfo(1, "l").currentline + 8
case("on the line that Lua says", function(a)
	local f, s = nil, 0
	if a == 1 then f = two end
	local good, e = pcall(function()
		for x,
			y in

			f do
			s = s + x * y
		end
	end)
	return good, s, good or e == "tests/lang/perhaps.lua:" .. line .. ": attempt to call a nil value (for iterator 'for iterator')"
end)

-- ---- what is done before is done ----

local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 8 }
lang.case { name = "what is done before is done", inputs = lang.each { 0, 1, 2 }, see = { hits }, f = function(a)
	local f
	if a == 1 then f = two end
	hits[3] = 5
	for x in f do hits[x] = x end
	hits[4] = 6
	return a
end }

-- ---- ipairs over a list that was made here, or none ----

case("nil or a list", function(a)
	local t, s = nil, 0
	if a == 1 then t = { a, 5, 6 } end
	for i, v in ipairs(t) do s = s + i * v end
	return s
end)
case("a number, a boolean, a captured list or a list", function(a)
	local t, s = 5, 0
	if a == 1 then t = { a, 5, 6 } elseif a == 2 then t = true elseif a == 3 then t = list end
	for i, v in ipairs(t) do s = s + i * v end
	return s
end)
case("nil or a list, within pcall", function(a)
	local t, s = nil, 0
	if a == 1 then t = { a, 5, 6 } end
	local good, e = pcall(function()
		s = 5
		for i, v in ipairs(t) do s = s + i * v end
		s = s + 100
	end)
	return good, s, good or e == "attempt to index a nil value"
end)
case("a list of a row, or none", function(a)
	local s = 0
	for i, v in ipairs(rows[a].list) do s = s + i * v end
	return s
end)

-- ---- a table that was made here, or something else ----

case("a function or a table in a loop", function(a)
	local f, s = two, 0
	if a == 1 then f = { 1 } end
	for x in f do s = s + x end
	return s
end)
case("a function or a table is called", function(a)
	local f = { 1 }
	if a == 1 then f = two end
	return (f(nil, a))
end)
case("a text or a table is put behind a text", function(a)
	local t = "text"
	if a == 1 then t = { a } end
	local s = "x" .. t
	return #s
end)
case("between two, one of which may be nil", function(a)
	local t, u, v = "text", nil, "x"
	if a == 1 or a == 2 then t = { a } end
	if a == 2 or a == 3 then u = "u" end
	if a == 4 then v = nil end
	local s = v .. t .. u
	return #s
end)
case("before a number, caught", function(a)
	local t = "text"
	if a == 1 then t = { a } end
	local good, e = pcall(function()
		local s = t .. 5
		return #s
	end)
	return good, good and e or #e
end)
for _, does in ipairs { "-t", "t + 1", "1 - t", "t * a", "t // 2", "t & 3", "~t", "7 << t", "t < 5", "5 < t", "t <= a", "a > t" } do
	case("a number or a table: " .. does, assert(load("return function(a) local t = 4 if a == 1 then t = { 1 } end return " .. does .. " end", "=perhaps"))())
end
case("a text or a table is compared", function(a)
	local t = "text"
	if a == 1 then t = { 1 } end
	return t < "u", t >= "ux"
end)
case("a table as a bound", function(a)
	local n, s = { 1 }, 0
	if a == 1 then n = 3 end
	for i = 1, n do s = s + i end
	return s
end)
case("the table is used behind that", function(a)
	local t = { n = 4 }
	local v = t
	if a == 1 then v = 3 end
	local good, x = pcall(function() return v * 2 end)
	t.n = t.n + 1
	return good, good and x, t.n
end)

-- ---- of one kind on each way, and of others on the others ----

local function both(name, f) lang.case { name = name, f = f, inputs = lang.pairs({ 0, 1, 2, "nil", true }, { 0, 1, 2, "nil" }) } end
both("a table where it is indexed, anything elsewhere", function(a, b)
	local e = a
	if b == 1 then e = { n = 3 } end
	if b == 1 then return e.n end
	return e + 1
end)
both("indexed where it is of one of several kinds, none of which has fields", function(a, b)
	local e = a
	if b == 1 then e = { n = 3 } end
	local good, x = pcall(function() if b ~= 0 then return e.n end return 5 end)
	return good, good and x or #x
end)
both("a field assigned likewise", function(a, b)
	local e = a
	if b == 1 then e = { n = 3 } end
	local good, x = pcall(function() e.n = 7 return e.n end)
	return good, good and x or #x
end)
both("two that may be tables", function(a, b)
	local v, w = 4, 5
	if a == 1 then v = { 1 } end
	if b == 1 then w = { 2 } end
	local good, x = pcall(function() return v < w end)
	local fine, y = pcall(function() return v | w end)
	local well, z = pcall(function() return w - v end)
	return good and x or #tostring(x), fine and y or #tostring(y), well and z or #tostring(z)
end)
both("added up in a loop", function(a, b)
	local s = 0
	for i = 1, 3 do
		local e = i
		if i == a then e = { n = i } end
		if type(e) == "table" and e.n == b then s = s + 100 else s = s + e end
	end
	return s
end)
lang.done()

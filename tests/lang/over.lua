-- pairs over a map that is one of several, or none: which, is known only at run time. Lua raises where the loop takes its
-- first turn, with what it has in the place of a table.
local lang = dofile "tests/lang/harness.lua"
local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 8 }
local other = bpf.map { "hash", key = "u32", value = "u64", entries = 8 }
local slots = bpf.map { "array", key = "u32", value = "u64", entries = 3 }
local list = { 7, 8, x = 9 }

local function fill()
	hits[1], hits[2], other[5] = 10, 20, 400
	for i = 0, 2 do slots[i] = i + 1 end
end

local few = lang.each { 0, 1, 2, 3 }
local two = lang.pairs({ 0, 1, 2, 3, 4 }, { 0, 1, 2 })
local function case(name, f, inputs)
	lang.case { name = name, inputs = inputs or few, see = { hits, other, slots }, setup = fill, f = f }
end

-- ---- a map, or none ----

case("nil or a map", function(a)
	local m, s = nil, 0
	if a == 1 then m = hits end
	for k, v in pairs(m) do s = s + k * v end
	return s
end)
case("nil or one of two", function(a)
	local m, s = nil, 0
	if a == 1 then m = hits elseif a == 2 then m = other end
	for k, v in pairs(m) do s = s + k * v end
	return s
end)
case("nil, a hash or an array", function(a)
	local m, s = nil, 0
	if a == 1 then m = hits elseif a == 2 then m = slots end
	for k, v in pairs(m) do s = s + k * v end
	return s
end)
case("nil, a map or a captured table", function(a)
	local m, s = nil, 0
	if a == 1 then m = hits elseif a == 2 then m = list end
	for _, v in pairs(m) do s = s + v end
	return s
end)
case("false or a map", function(a)
	local s = 0
	for k, v in pairs(a == 1 and hits) do s = s + k * v end
	return s
end)
case("a number or a map", function(a)
	local s = 0
	for k, v in pairs(a == 1 and hits or 5) do s = s + k * v end
	return s
end)
case("a text or a map", function(a)
	local s, m = 0, "text"
	if a == 1 then m = hits end
	for k, v in pairs(m) do s = s + k * v end
	return s
end)
case("true, a function or a map", function(a)
	local s, m = 0, true
	if a == 1 then m = hits elseif a == 2 then m = function() return 1 end end
	for k, v in pairs(m) do s = s + k * v end
	return s
end)
case("a table or none, by next itself", function(a)
	local m, s = nil, 0
	if a == 1 then m = list end
	for _, v in next, m do s = s + v end
	return s
end)
case("within pcall", function(a)
	local m, s = nil, 0
	if a ~= 1 then m = hits end
	local good, e = pcall(function() for k, v in pairs(m) do s = s + k * v end end)
	return good, s, good or #e
end)
case("what is done before is done", function(a)
	local m
	if a == 1 then m = hits end
	hits[3] = 5
	for k in pairs(m) do other[k] = k end
	hits[4] = 6
	return a
end)
case("on the lines that Lua says", function(a)
	local m, s = nil, 0
	if a == 1 then m = hits end
	for k,
		v in
		pairs(
		m) do
		s = s + k * v
	end
	return s
end)
case("what a function gives", function(a)
	local function which(n) if n == 1 then return hits elseif n == 2 then return other end return nil end
	local s = 0
	for k, v in pairs(which(a)) do s = s + k * v end
	return s
end)
case("in a loop around", function(a)
	local s = 0
	for i = 0, a do
		local m
		if i ~= 2 then m = hits end
		for k, v in pairs(m) do s = s + k * v + i end
	end
	return s
end)
case("a captured table, or none", function(a)
	local t, s = nil, 0
	if a == 1 then t = list end
	for _, v in pairs(t) do s = s + v end
	return s
end)
case("a table made here, or none", function(a)
	local t, s = nil, 0
	if a == 1 then t = { a, 5, 6 } end
	for i, v in pairs(t) do s = s + v * i end
	return s
end)
case("ipairs of nil or a captured table", function(a)
	local t, s = nil, 0
	if a == 1 then t = list end
	for i, v in ipairs(t) do s = s + v * i end
	return s
end)

-- ---- one of several, which a loop kept ----

case("the last that a loop chose", function(a, b)
	local m, s = hits, 0
	for i = 1, a do if i % 3 == b then m = other end end
	for k, v in pairs(m) do s = s + k * v end
	return s
end, two)
case("one of three, to and fro", function(a, b)
	local m, s = hits, 0
	for i = b, a do
		if i == 1 then m = other elseif i == 2 then m = slots elseif i == 4 then m = hits end
	end
	for k, v in pairs(m) do s = s + k * v end
	return s
end, two)
case("none before the loop", function(a, b)
	local m, s = nil, 0
	for i = 1, a do if i % 3 == b then m = other end end
	for k, v in pairs(m) do s = s + k * v end
	return s
end, two)
case("none after the loop", function(a, b)
	local m, s = other, 0
	for i = 1, a do if i % 3 == b then m = nil end end
	for k, v in pairs(m) do s = s + k * v end
	return s
end, two)
case("a number after the loop", function(a, b)
	local m, s = other, 0
	for i = 1, a do if i % 3 == b then m = 7 end end
	for k, v in pairs(m) do s = s + k * v end
	return s
end, two)
case("a captured table or a map", function(a, b)
	local m, s = list, 0
	for i = 1, a do if i % 3 == b then m = other end end
	for _, v in pairs(m) do s = s + v end
	return s
end, two)
case("gone over and used", function(a, b)
	local m, s = hits, 0
	for i = 1, a do if i % 3 == b then m = other end end
	m[7] = 3
	for k, v in pairs(m) do s = s + k * v end
	return s, m[1], m[7]
end, two)
case("gone over twice", function(a, b)
	local m, s = hits, 0
	for i = 1, a do if i % 3 == b then m = other end end
	for k, v in pairs(m) do s = s + k * v end
	for k in pairs(m) do m[k] = a end
	return s, m[1], m[5]
end, two)
case("gone over in the loop that keeps it", function(a, b)
	local m, s = hits, 0
	for i = 1, a do
		for k, v in pairs(m) do s = s * 3 + k * v end
		m = i % 3 == b and other or slots
	end
	return s
end, two)
case("within pcall, after a loop", function(a, b)
	local m, s = nil, 0
	for i = 1, a do if i % 3 == b then m = other end end
	local good, e = pcall(function() for k, v in pairs(m) do s = s + k * v end end)
	return good, s, good or #e
end, two)
case("in a while loop", function(a)
	local m, n, s = hits, a, 0
	while n > 0 do
		m = m == hits and other or hits
		n = n - 1
	end
	for k, v in pairs(m) do s = s + k * v end
	return s
end, lang.each { 0, 1, 2, 3 })

-- ---- next itself ----

case("pairs of a map gives an iterator of its own", function(a)
	local f, t = pairs(hits), pairs(list)
	return f == next, t == next, ipairs(a > 1 and hits or list) == ipairs(list)
end)

-- ---- a map out of a map of maps ----

local outer = bpf.map { "hash_of_maps", key = "u32", entries = 4, inner = { "hash", key = "u32", value = "u64", entries = 8 } }
local rows = bpf.map { "array_of_maps", key = "u32", entries = 4, inner = { "array", key = "u32", value = "u64", entries = 3 } }
outer[1], outer[2] = hits, other
rows[1] = slots
case("out of a hash of maps", function(a)
	local s = 0
	for k, v in pairs(outer[a]) do s = s + k * v end
	return s
end)
case("out of an array of maps", function(a)
	local s = 0
	for k, v in pairs(rows[a]) do s = s + k * v end
	return s
end)
case("out of a map of maps, within pcall", function(a)
	local s = 0
	local good, e = pcall(function() for k, v in pairs(outer[a]) do s = s + k * v end end)
	return good, s, good or #e
end)
case("out of a map of maps, in a loop that knows its values", function(a, b)
	local s, n = a, 1
	for i = b, a do
		for k, v in pairs(outer[i]) do s, n = s * 3 + k * v, n + 1 end
	end
	return s, n
end, two)
case("out of a map of maps before pcall, in which the loop alone may raise", function(a)
	local s, m = a, outer[a]
	pcall(function() for k, v in pairs(m) do s = s + k * v end end)
	return s
end)
case("which the loop takes away", function(a)
	local m, n = outer[a], 0
	local good, e = pcall(function() for k, v in pairs(m) do m, n = nil, n + k end end)
	return m == nil, n, good or #e
end)
case("of which a turn may raise, too", function(a)
	local s, t, m = 1, 0, outer[a]
	local good, e = pcall(function()
		for k, v in pairs(m) do
			t = t + 1
			if v == 400 then error("big") end
			s = s + k * v
		end
	end)
	return s, t, good or #e
end)
case("with what was changed before the loop", function(a)
	local s, m = 0, outer[a]
	pcall(function() s = a + 5 for k, v in pairs(m) do s = s + v end s = -s end)
	return s
end)
case("in a loop around pcall", function(a)
	local s, t = 1, 0
	for i = 0, a do
		local m = outer[i]
		local good = pcall(function() for k, v in pairs(m) do s, t = s * 3 + k * v, t + s end end)
		s, t = good and s or s + 1, t + i
	end
	return s, t
end)
case("one behind the other", function(a, b)
	local s, m, n = 0, outer[a], rows[b]
	local good = pcall(function()
		for k, v in pairs(m) do s = s + k * v end
		for k, v in pairs(n) do s = s + k * v end
	end)
	return s, good
end, two)
case("one in the other", function(a, b)
	local s, m, n = 0, outer[a], rows[b]
	local good = pcall(function()
		for k, v in pairs(m) do
			s = s + k
			for j, w in pairs(n) do s = s + j * w * v end
		end
	end)
	return s, good
end, two)
case("in a pcall of a pcall", function(a, b)
	local s, m, n = 0, outer[a], rows[b]
	local good, e = pcall(function()
		local fine = pcall(function() for k, v in pairs(m) do s = s + k * v end end)
		for k, v in pairs(n) do s = s + (fine and v or -v) end
	end)
	return s, good
end, two)
lang.done()

-- Loops that begin with pairs over a map whose body the kernel calls: the end of a turn of the outer one starts over. And
-- what is first tested in such a loop, and used behind it.
local lang = dofile "tests/lang/harness.lua"

local few = lang.pairs { 0, 1, 3, 7, 12 }
local m = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local other = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local flows = bpf.map { "hash", key = "u32", value = "struct { u64 n; u64 mark; }", entries = 16 }
local both = { [0] = m, other }
local function fill()
	for i = 1, 5 do m[i], other[i] = i, 3 * i end
	for i = 1, 3 do flows[i] = { n = i, mark = 0 } end
end
fill()

-- ---- loops that begin with one ----

lang.case { name = "back to before the loop", setup = fill, see = { m }, inputs = few, f = function(a)
	::top::
	for k, v in pairs(m) do
		if v < a then
			m[k] = v + 1
			goto top
		end
	end
end }
lang.case { name = "back to before the loop, never on", setup = fill, see = { m }, inputs = few, f = function(a)
	local last = 0
	::top::
	for k, v in pairs(m) do
		if m[2] < a then
			m[2] = m[2] + 1
			goto top
		end
		last = v - m[k]
		break
	end
	return last
end }
lang.case { name = "while a function finds one", setup = fill, see = { m }, inputs = few, f = function(a, b)
	local function bump()
		for k, v in pairs(m) do
			if v < a then
				m[k] = v + b + 1
				return true
			end
		end
	end
	while bump() do end
end }
lang.case { name = "while true, a key that is found", setup = fill, see = { m }, inputs = few, f = function(a)
	local function find()
		for k, v in pairs(m) do if v < a then return k end end
	end
	while true do
		local k = find()
		if not k then break end
		m[k] = m[k] + 4
	end
	return m[1], m[5]
end }
lang.case { name = "until no error is raised", setup = fill, see = { m }, inputs = few, f = function(a)
	while not pcall(function()
		for k, v in pairs(m) do
			if v < a then
				m[k] = v + 2
				error "again"
			end
		end
	end) do end
end }
lang.case { name = "to the end of an outer while true", setup = fill, see = { m }, inputs = few, f = function(a, b)
	while true do
		for k, v in pairs(m) do
			if v < a then
				m[k] = v + b + 1
				goto again
			end
		end
		do return m[1] end
		::again::
	end
end }
lang.case { name = "repeat a sum", setup = fill, see = { m }, inputs = few, f = function(a)
	local s = 0
	repeat
		for _, v in pairs(m) do s = s + v end
	until s > a * 10
	return s
end }
lang.case { name = "while something changed", setup = fill, see = { m }, inputs = few, f = function(a)
	local again, n = true, 0
	while again do
		again = false
		for k, v in pairs(m) do
			if v < a then
				m[k] = v + 3
				again = true
			end
		end
		n = n + 1
	end
	return n
end }
lang.case { name = "repeat, left from within", setup = fill, see = { m }, inputs = few, f = function(a, b)
	local n = 0
	repeat
		for k, v in pairs(m) do
			if n >= a then goto out end
			if k == b then break end
			n = n + 1
		end
		n = n + 1
	until n > 30
	::out::
	return n
end }
lang.case { name = "two of them, the second starts the first over", setup = fill, see = { m, other }, inputs = few, f = function(a)
	local n = 0
	::top::
	for k, v in pairs(m) do if v < a then m[k] = v + 2 goto top end end
	for k, v in pairs(other) do
		if v < a then
			other[k], m[k] = v + 4, 0
			goto top
		end
	end
	for _, v in pairs(m) do n = n + v end
	return n
end }
lang.case { name = "one within another, each starts over", setup = fill, see = { m, other }, inputs = few, f = function(a, b)
	local n = 0
	for k in pairs(other) do
		::top::
		for l, v in pairs(m) do
			if v < a + k then
				m[l] = v + 5
				n = n + 1
				goto top
			end
			if b == 7 and k == l then goto next end
		end
		other[k] = b
		::next::
	end
	return n > 0
end }
lang.case { name = "one of several maps, found each time", setup = fill, see = { m, other }, inputs = few, f = function(a, b)
	local i = a & 1
	::top::
	for k, v in pairs(both[i]) do
		if v < b then
			both[i][k] = v + 4
			goto top
		end
	end
	return i
end }
lang.case { name = "entries are changed and it starts over", setup = fill, see = { flows }, inputs = few, f = function(a)
	::top::
	for _, e in pairs(flows) do
		if e.n < a then
			e.n = e.n + 3
			goto top
		end
	end
	return flows[1] and flows[1].n
end }
lang.case { name = "the first one only, again and again", setup = fill, see = { m }, inputs = few, f = function(a)
	local n = 0
	while n < a do
		for k in pairs(m) do
			m[k] = nil
			break
		end
		n = n + 1
	end
	local left = 0
	for _ in pairs(m) do left = left + 1 end
	return left
end }
lang.done()

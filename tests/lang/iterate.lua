-- Generic for loops: pairs and ipairs over captured tables and array maps, iterators of one's own.
local lang = dofile "tests/lang/harness.lua"

local small = lang.each { 0, 1, 2, 3, 5, 100, -1 }
local list = { 3, 5, 7 }
local mixed = { 3, 5, [10] = 7, x = 10, y = true, z = "text", [false] = 4 }
local empty = {}
local one = { only = 1 }
local nested = { { port = 80, allow = true }, { port = 443, allow = true, extra = { 1, 2 } }, { port = 22 } }
local ops = { add = function(a, b) return a + b end, sub = function(a, b) return a - b end,
	sum = function(a, b) for i, v in ipairs(list) do a = a + v * i end return a + b end }
local inherits = setmetatable({ 1, 2, nil, 4, own = 5 }, { __index = { 9, 9, 3, 9, 5, base = 6 } })
local few_lists = { { l = { 1, 2, 3 } }, { l = { 4, 5 } }, { l = {} } }
local array = bpf.map { "array", key = "u32", value = "u64", entries = 5 }
for i = 0, 4 do array[i] = i * 10 end

lang.case { name = "ipairs of a table", inputs = small, f = function(a)
	local s = a
	for i, v in ipairs(list) do s = s * 3 + i * v end
	return s
end }
lang.case { name = "pairs of a table, in its order", inputs = small, f = function(a)
	local s, last = 0, nil
	for k, v in pairs(mixed) do
		s = s * 5 + 1
		if math.type(v) then s = s + v end
		if k == "x" or k == false then s = s + 1 end
		if v == a then last = s end
	end
	return s, last
end }
lang.case { name = "break, return, goto", inputs = lang.pairs { 0, 1, 3, 5, 7 }, f = function(a, b)
	local n = 0
	for k, v in pairs(list) do
		if v == a then return k, n end
		if v == b then break end
		if v == a + b then goto out end
		n = n + k
	end
	do return n end
	::out::
	return -1, n
end }
lang.case { name = "goto continue", inputs = small, f = function(a)
	local n = 0
	for _, v in ipairs(list) do
		if v == a then goto continue end
		n = n + v
		::continue::
	end
	return n
end }
lang.case { name = "empty tables", inputs = small, f = function(a)
	local n = a
	for _ in pairs(empty) do n = n + 1 end
	for _ in ipairs(empty) do n = n + 1 end
	for _ in ipairs(one) do n = n + 1 end
	return n
end }
lang.case { name = "one turn at most", inputs = small, f = function(a)
	for k, v in pairs(one) do return k == "only", v + a end
	return a
end }
lang.case { name = "nested tables, nested loops", inputs = small, f = function(a)
	local n = 0
	for i, rule in ipairs(nested) do
		if rule.port == a * 40 and rule.allow then n = n + i end
		for j, v in ipairs(rule.extra or empty) do n = n + j * v end
		for _, w in pairs(list) do n = n * 2 + w end
	end
	return n
end }
lang.case { name = "a table of functions", inputs = lang.pairs(), f = function(a, b)
	local s = 0
	for name, op in pairs(ops) do
		s = s * 7 + op(a, b)
		if name == "add" and s == 0 then break end
	end
	return s
end }
lang.case { name = "pairs looks at no __index, ipairs does", inputs = small, f = function(a)
	local p, i = 0, 0
	for _, v in pairs(inherits) do p = p * 10 + v end
	for _, v in ipairs(inherits) do i = i * 10 + v end
	return p, i
end }
lang.case { name = "variables captured in the body", inputs = small, f = function(a)
	local sum = 0
	local function add(n) sum = sum + n end
	for k, v in ipairs(list) do
		local twice = function() v = v * 2 end
		if k ~= a then twice() end
		add(v)
	end
	return sum
end }
lang.case { name = "errors in the body", inputs = small, f = function(a)
	local s = 0
	for k, v in ipairs(list) do
		local n = 1
		if k == a then n = nil end
		s = s + v * n
	end
	return s
end }
lang.case { name = "what the body made is used behind", inputs = small, f = function(a)
	local key, value, flag
	for k, v in ipairs(list) do
		key, value = k, v + a
		if value > 6 then flag = true break end
	end
	return key, value, flag
end }
lang.case { name = "in a loop, in a function", inputs = small, f = function(a)
	local function total(n)
		local s = 0
		for _, v in pairs(list) do s = s + v * n end
		return s
	end
	local s = 0
	for i = 1, a do s = s + total(i) end
	return s, total(2)
end }
lang.case { name = "pairs of an array", inputs = small, f = function(a)
	local s, n = 0, 0
	for k, v in pairs(array) do
		s = s + k * v
		n = n + 1
		if s == 100 or k == a then break end
	end
	return s, n
end }
lang.case { name = "pairs of an array, of which there is no second turn", inputs = small, f = function(a)
	local s = 0
	local ok, e = pcall(function() for k, v in pairs(array) do s = s + v + k + a error(7) end end)
	for k, v in ipairs(array) do s = s + v + k return s, ok, e end
end }
lang.case { name = "ipairs of an array", inputs = small, f = function(a)
	local s, n = 0, 0
	for k, v in ipairs(array) do
		s = s * 3 + k * v
		n = n + 1
		local m = n
		if k == a then m = false end
		if m * 2 == 7 then return s, -n end
	end
	return s, n
end }
lang.case { name = "an iterator of one's own", inputs = small, f = function(a)
	local function range(n)
		return function(_, i) if i < n then return i + 1, i * i end end, nil, 0
	end
	local s = 0
	for i, square in range(a) do
		if i > 50 then break end
		s = s + square - i
	end
	return s
end }
lang.case { name = "a stateful iterator", inputs = small, f = function(a)
	local function countdown(n)
		return function()
			n = n - 1
			if n >= 0 then return n end
		end
	end
	local s = 0
	for i in countdown(a) do s = s * 2 + i end
	return s
end }
lang.case { name = "an iterator that gives one value, and none", inputs = small, f = function(a)
	local s = 0
	for i, v, w in function(_, i) if i ~= a and i < 9 then return i + 1 end end, nil, 0 do
		s = s + i
		if v ~= nil or w ~= nil then return false end
	end
	for i in function() end do s = -1 end
	return s
end }
lang.case { name = "in a pcall", inputs = lang.pairs { 0, 1, 2, false }, f = function(a, b)
	local ok, s = pcall(function()
		local s = 0
		for k, v in pairs(nested) do s = s + v.port * a end
		for i, v in pairs(array) do s = s + v // b end
		for i, v in ipairs(array) do s = s + v * i end
		return s
	end)
	if ok then return s end
	return -1
end }
lang.case { name = "a pcall in the body", inputs = lang.pairs { 0, 1, 2, 3, false }, f = function(a, b)
	local s = 0
	for k, v in pairs(list) do
		local ok, r = pcall(function()
			if v == 5 then error(a) end
			return k // b
		end)
		if ok then s = s + r elseif r == a then s = s + 100 else s = s + 1000 end
		if s > 1500 then break end
	end
	return s
end }
lang.case { name = "an iterator that may raise, in a pcall", inputs = lang.pairs { 1, 2, 3, false }, f = function(a, b)
	local n = 0
	local ok = pcall(function()
		for i in function(_, i) if i < 5 then return i + a end end, nil, 0 do
			n = n + i // b
		end
	end)
	return ok, n
end }
-- Which list is gone over is known only at run time.
local lists = { [0] = { 4, 5, 6 }, { 7 }, {}, { 5, 6, nil, 8 } }
local kinds = { { "a", true, "some longer text than eight bytes", 3 }, { 4, "a" }, {} }
local rows = { { deny = { 1, 2, 3 }, max = 4 }, { deny = { 9 }, max = 2 }, { max = 1 }, { deny = 7 }, { deny = "text" } }
local many = {}
for i = 1, 40 do
	many[i] = { n = i }
	for j = 1, i % 6 do many[i][j] = i * j end
end
lang.case { name = "one of several lists", inputs = lang.each { 0, 1, 2, 3, 5, -1 }, f = function(a)
	local t, s = lists[a], 1
	if not t then return false end
	for i, v in ipairs(t) do s = s * 3 + i * v end
	return s
end }
lang.case { name = "one of several lists of several kinds", inputs = small, f = function(a)
	local s = 0
	for i, v in ipairs(kinds[a & 3] or list) do
		if v == "a" then s = s + 100
		elseif v == true then s = s + 1000
		elseif math.type(v) then s = s + v * i
		else s = s + #v end
	end
	return s
end }
lang.case { name = "the list of a row, what is none", inputs = lang.pairs({ 1, 2, 3, 4, 5, 6 }, { 1, 2, 9 }), f = function(a, b)
	local r = rows[a]
	local ok, e = pcall(function()
		for i, v in ipairs(r.deny) do
			if v == b then return i + 10 end
		end
		return false
	end)
	if ok then return e end
	return (e:find("index", 1, true)) -- no position is before it
end }
lang.case { name = "the list of a row raises", inputs = lang.each { 1, 2, 3, 4, 5 }, f = function(a)
	local r, n = rows[a], 0
	if r then for _, v in ipairs(r.deny) do n = n + v end end
	return n
end }
lang.case { name = "one of many lists", inputs = lang.pairs({ 0, 1, 3, 5, 6, 17, 40, 41 }, { 0, 3, 17, 80, 200 }), f = function(a, b)
	local t = many[a]
	if not t then return end
	for i, v in ipairs(t) do
		if v == b then return i, t.n end
	end
	return -t.n
end }
-- pairs likewise.
local tables = { [0] = { a = 4, b = 5, c = 6 }, { x = 7 }, {}, { 5, 6, [9] = 8, name = 3, [true] = 1 } }
local mixed = { { a = "a", b = true, c = "some longer text than eight bytes", d = 3 }, 5, "text", { 4 }, false }
local policies = {
	{ allow = { http = 80, https = 443 }, max = 4 }, { allow = { dns = 53 }, max = 2 }, { max = 1 }, { allow = 7 }, { allow = "text" },
	{ allow = false }, { allow = print }, { allow = { ssh = 22, 7, 8 } },
}
local function weigh(k)
	if math.type(k) then return k end
	if k == true then return 77 end
	return #k + k:byte(1)
end
lang.case { name = "pairs of one of several tables", inputs = lang.each { 0, 1, 2, 3, 5, -1 }, f = function(a)
	local t, s = tables[a], 1
	if not t then return false end
	for k, v in pairs(t) do s = s * 3 + weigh(k) * v end
	return s
end }
lang.case { name = "pairs of what may be no table", inputs = lang.each { 0, 1, 2, 3, 4, 5, 6 }, f = function(a)
	local s = 0
	for k, v in pairs(mixed[a]) do
		if v == "a" then s = s + 100
		elseif v == true then s = s + 1000
		elseif math.type(v) then s = s + v * weigh(k)
		else s = s + #v end
	end
	return s
end }
lang.case { name = "pairs of a row's table, what is none", inputs = lang.pairs({ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, { 80, 53, 9, 8 }), f = function(a, b)
	local r = policies[a]
	local ok, e = pcall(function()
		for name, port in pairs(r.allow) do
			if port == b then return weigh(name) end
		end
		return false
	end)
	if ok then return e end
	local from = e:find("bad argument #1 to 'for iterator' (table expected, got ", 1, true)
	return from and #e - from -- which says of what kind it is
end }
lang.case { name = "pairs of a row's table raises", inputs = lang.each { 1, 2, 3, 4, 5, 6, 7, 8 }, f = function(a)
	local r, n = policies[a], 0
	if r then for k, v in pairs(r.allow) do n = n + v end end
	return n
end }
lang.case { name = "pairs of one table or none", inputs = small, f = function(a)
	local t, n = a == 2 and list or nil, 0
	local ok, e = pcall(function() for k, v in pairs(t) do n = n + k * v end end)
	return ok, n
end }
lang.case { name = "pairs of one of many tables", inputs = lang.pairs({ 0, 1, 3, 5, 6, 17, 40, 41 }, { 0, 3, 17, 80, 200 }), f = function(a, b)
	local t, n = many[a], 0
	if not t then return end
	for k, v in pairs(t) do
		if v == b then return k, t.n end
		n = n + 1
	end
	return -t.n, n
end }
lang.case { name = "pairs of one of many rows, and of one that a loop finds", inputs = lang.pairs({ 0, 1, 6, 17, 41 }, { 0, 3, 17, 80 }), f = function(a, b)
	local best
	for i = 1, 40 do
		if many[i].n >= a and not best then best = many[i] end
	end
	local n = 0
	for k, v in pairs(best or list) do
		if k == b then break end
		n = n + v
	end
	return n
end }
lang.case { name = "the three values of pairs", inputs = lang.each { 0, 1, 2, 3 }, f = function(a)
	local f, t, start = pairs(tables[a])
	local n = 0
	for k, v in f, t, start do n = n + v end
	return n, start
end }
-- How many values byte gives hangs on what the loop gives it.
lang.case { name = "an iterator over bytes", inputs = lang.each { 0, 7, -12, 12345, math.mininteger }, f = function(a)
	local text, n, last = tostring(a), 0, 0
	for i, b in function(s, i) if i < #s then i = i + 1 return i, s:byte(i) end end, text, 0 do
		n, last = n * 3 + b, i
	end
	return n, last
end }
lang.case { name = "an iterator over bytes that goes one too far", inputs = lang.each { 0, 7, -12, 12345 }, f = function(a)
	local text, n, none = tostring(a), 0, 0
	for i, b in function(s, i) if i <= #s then return i + 1, string.byte(s, i + 1) end end, text, 0 do
		if b then n = n * 3 + b else none = none + i end
	end
	return n, none
end }
lang.case { name = "until there is no byte", inputs = lang.each { 0, 7, -12, 12345 }, f = function(a)
	local text, n, i = tostring(a), 0, 0
	for b in function() i = i + 1 return text:byte(i) end do n = n * 3 + b end
	return n, i
end }
lang.case { name = "the length of what either loop raises", inputs = lang.each { 1, 2, 3, 4, 5 }, f = function(a)
	local s = 0
	local ok, e = pcall(function()
		for k, v in pairs(policies[a].allow) do s = s + v end
		for i, v in ipairs(rows[a].deny) do s = s * 2 + i end
	end)
	return ok, not ok and (e:find("bad", 1, true) and 1 or #e), s
end }
lang.case { name = "the first of what is found", inputs = lang.pairs({ 0, 1, 2, 3, 6 }, { 0, 1, 40 }), f = function(a, b)
	local n = 0
	for k, v in pairs(many[b] or list) do n = v + 1 break end
	for k, v in pairs(tables[a] or list) do return v, weigh(k), n end
	return nil, n
end }
-- what pairs gives is next
local few_rows, plain_one = { { t = { a = 1 } }, { t = { b = 2, c = 3 } }, {} }, { x = 4, y = 5 }
local few_keys = lang.each { 0, 1, 2, 3, false }
lang.case { name = "next, by itself", inputs = few_keys, f = function(a)
	local s = 0
	for k, v in next, (few_rows[a] or {}).t or { z = 3 } do s = s + v end
	return s
end }
lang.case { name = "next over what may be no table", inputs = few_keys, f = function(a)
	local s = 0
	for k, v in next, few_rows[a].t do s = s + v end
	return s
end }
lang.case { name = "next over what is known", inputs = few_keys, f = function(a)
	local s = 0
	for k, v in next, plain_one do s = s + v end
	for k, v in next, { a = a and 4, 6 } do s = s + (v or 8) end
	return s
end }
lang.case { name = "pairs gives next", inputs = few_keys, f = function(a)
	local f, _, k = pairs(plain_one)
	local g = a == 1 and next or print
	return f == next, k == nil, g == next
end }

-- ---- where a loop starts ----

lang.case { name = "ipairs from elsewhere", inputs = small, f = function(a)
	local f, t = ipairs(list)
	local s, from = 0, 1
	for i, v in f, t, 2 do s = s * 9 + v end
	for i, v in f, t, 3 do s = s + 1000 end
	for i, v in f, t, -1 do s = s + 2000 end
	if a == 3 then from = 0 end
	for i, v in f, t, from do s = s * 9 + v end
	return s
end }
lang.case { name = "ipairs goes on where a loop before stopped", inputs = small, f = function(a)
	local f, t = ipairs(list)
	local s, last = 0, 0
	for r = 1, 3 do
		for i, v in f, t, last do
			s, last = s * 9 + v, i
			if i == a then break end
		end
	end
	return s, last
end }
lang.case { name = "ipairs of one of several, and of rows, from elsewhere", inputs = lang.each { 1, 2, 3 }, f = function(a)
	local s = 0
	local f, t = ipairs(nested)
	for i, r in f, t, 1 do s = s * 9 + r.port end
	local row = few_lists[a]
	f, t = ipairs(row.l)
	for i, v in f, t, 1 do s = s * 9 + v end
	return s
end }
lang.case { name = "ipairs in ipairs, from there", inputs = small, f = function(a)
	local f, t = ipairs(list)
	local s = a
	for i in ipairs(list) do
		for j, v in f, t, i do s = s * 3 + v end
	end
	return s
end }
lang.case { name = "what starts a loop stays nil", inputs = small, f = function(a)
	local s, last = 0, nil
	for r = 1, 2 do
		if last == nil then s = s + 1000 end
		for k, v in next, list, last do s = s * 3 + v if v == a then break end end
		local f, t = pairs(array)
		for k, v in f, t, last do s = s + v if k == a then break end end
	end
	return s, last
end }
lang.done()

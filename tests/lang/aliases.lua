-- Tables that two variables may hold, changed through one of them and read through the other.
local lang = dofile "tests/lang/harness.lua"
local two = lang.pairs { 0, 1, 2, 5, -3 }
local one = lang.each { 0, 1, 2, 3, 5, -1, math.maxinteger }
local any = { { nil }, { false }, { true }, { 0 }, { 1 }, { 2 }, { 7 } }

lang.case { name = "one of two", inputs = two, f = function(a, b)
	local t, u = { n = a }, { n = 5 }
	local v = a > b and t or u
	v.n = v.n + 1
	return t.n, u.n, v.n
end }
lang.case { name = "chosen in a loop", inputs = one, f = function(a)
	local t, u = { n = 0 }, { n = 0 }
	for i = 1, 10 do
		local v = i > a and t or u
		v.n = v.n + i
	end
	return t.n, u.n
end }
lang.case { name = "exchanged", inputs = two, f = function(a, b)
	local t, u = { n = a }, { n = b }
	local first = t
	if a > 2 then t, u = u, t end
	t.n = t.n + 1
	u.m = 7
	return t.n, first.n, first.m
end }
lang.case { name = "exchanged in each turn", inputs = one, f = function(a)
	local t, u = { n = 0 }, { n = 100 }
	local first = t
	for i = 1, a & 7 do
		t, u = u, t
		t.n = t.n + i
	end
	return first.n, t.n, u == first
end }
lang.case { name = "an element of a list", inputs = two, f = function(i, n)
	local list = { { n = 1 }, { n = 2 }, { n = 3 } }
	local e = list[i]
	if e then e.n = e.n * 10 + n end
	return list[1].n, list[2].n, list[3].n
end }
lang.case { name = "an element of a list, or an error", inputs = any, f = function(i)
	if i == nil then return end
	local list = { { n = 1 }, { n = 2 }, { n = 3 } }
	list[i].n = 10
	return list[1].n, list[2].n, list[3].n
end }
lang.case { name = "elements in turn", inputs = two, f = function(i, n)
	local list = { { n = i, k = 1 }, { n = 2, k = n }, { n = 3, k = 3 } }
	for j = 1, 6 do
		local e = list[j % 3 + 1]
		e.n, e.k = e.k, e.n + j
	end
	for _, e in ipairs(list) do e.n = e.n + 1 end
	return list[1].n + list[1].k, list[2].n * 7 - list[2].k, list[3].n
end }
lang.case { name = "one or none", inputs = two, f = function(a, b)
	local t = { n = a }
	local u = a > b and t or nil
	if u then u.n = 99 end
	return t.n, u == t, u == nil
end }
lang.case { name = "one or none, not tested", inputs = two, f = function(a, b)
	local t, v = { n = a }, { n = b }
	local u = a > b and t or a == b and v or nil
	u.n = u.n + 99
	return t.n, v.n, u == t
end }
lang.case { name = "caught", inputs = any, f = function(a)
	local t, v = { n = 1 }, { n = 2 }
	local u = a == 1 and t or a == 2 and v or a
	local ok = pcall(function()
		t.n = 10
		u.n = u.n + 5
		v.n = 20
	end)
	return ok, t.n, v.n
end }
lang.case { name = "a method of one of two", inputs = two, f = function(a, b)
	local function inc(self, k) self.n = self.n + k return self end
	local t, u = { n = a, inc = inc }, { n = b, inc = inc }
	local v = a > b and t or u
	v.n = v.n + inc(v, 2).n
	return t.n, u.n, v == t
end }
lang.case { name = "tables in them", inputs = two, f = function(a, b)
	local t, u = { at = { n = a } }, { at = { n = b } }
	local v = a > b and t or u
	v.at.n = v.at.n + 1
	local old = v.at
	v.at = { n = 50 }
	old.n = old.n * 2
	return t.at.n, u.at.n, old.n
end }
lang.case { name = "an argument", inputs = two, f = function(a, b)
	local function add(t, k) t.n = (t.n or 0) + k return t end
	local t, u = { n = a }, {}
	local r = add(a > b and t or u, 3)
	add(r, b)
	return t.n, u.n, r.n
end }
lang.case { name = "a variable of an inner function", inputs = two, f = function(a, b)
	local t, u = { n = a }, { n = b }
	local now = t
	local function turn() now = now == t and u or t end
	for _ = 1, b & 3 do
		now.n = now.n + 1
		turn()
	end
	return t.n, u.n, now == t
end }
lang.case { name = "made in a loop, and used up there", inputs = one, f = function(a)
	local sum, last = 0, nil
	for i = 1, a & 7 do
		local t, u = { n = i }, { n = 0 }
		local v = i % 2 == 0 and t or u
		if sum == 3 then u.m = 1 end
		v.n = v.n + 1
		v.k = v.n
		sum = sum + t.n + u.n * 10 + (t.k or 3) + (u.m or 5)
		last = v == t
	end
	return sum, last
end }
lang.case { name = "several fields, and deleted ones", inputs = two, f = function(a, b)
	local t, u, w = { x = a, y = b }, { x = 1 }, { y = 2, [1] = a }
	local v = a == b and t or a > b and u or w
	v.x, v.y = v.y, v.x
	v[1] = nil
	return (t.x or 0) + (t.y or 0), u.x == nil, w[1]
end }
lang.case { name = "counters by kind", inputs = lang.each { 0, 6, 17, 58, 1 }, f = function(proto)
	local tcp, udp, other = { pkts = 0, bytes = 0 }, { pkts = 0, bytes = 0 }, { pkts = 0, bytes = 0 }
	for i = 1, 3 do
		local to = proto == 6 and tcp or proto == 17 and udp or other
		to.pkts = to.pkts + 1
		to.bytes = to.bytes + i * 100
	end
	return tcp.bytes, udp.bytes, other.pkts
end }

-- A function of the library that gives what it is given gives that very table, though what else it takes is known late only.
lang.case { name = "select by a field", inputs = one, f = function(a)
	local o, t = { n = 1 }, {}
	local u = select(o.n, t)
	u.n = a
	return t.n, select(o.n, t) == t, u == t
end }
lang.case { name = "select by a field, from behind", inputs = one, f = function(a)
	local o, t = { n = -1 }, { n = 1 }
	local u = select(o.n, a, t)
	u.n = u.n + 1
	return t.n
end }
lang.case { name = "select by a field that a method has", inputs = one, f = function(a)
	local o, t = { n = 2 }, { 1, 2, 3 }
	function o:pick(...) return (select(self.n, ...)) end
	local u = o:pick(a, t)
	u[2] = a
	return t[1], t[2]
end }
lang.case { name = "select of what a field's function gives", inputs = one, f = function(a)
	local o, t = { n = 1 }, {}
	o.two = function() return o.n, t end
	local u = select(o.two())
	u.n = a
	return t.n
end }
lang.case { name = "error with a level that is a field", inputs = one, f = function(a)
	local o, t = { level = 0 }, { n = 1 }
	local ok, e = pcall(function() if a > 0 then error(t, o.level) end end)
	if ok then return t.n end
	e.n = e.n + a
	return t.n, ok, e == t
end }
lang.case { name = "pcall of select by a field", inputs = one, f = function(a)
	local o, t = { n = 1 }, { n = 1 }
	local ok, u = pcall(select, o.n, t)
	u.n = a
	return ok, t.n
end }
lang.case { name = "read alone", inputs = one, f = function(a)
	local o, t = { n = 1 }, { n = a }
	return select(o.n, t).n, (select("#", o.n, t))
end }
lang.done()

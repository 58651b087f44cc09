-- Methods with their default arguments, of every kind of string, and of what may be a string or an address.
local lang = dofile "tests/lang/harness.lua"

local all = lang.all

local either = lang.each { "abc", "a", "", bpf.ip "10.0.0.1", bpf.ip "::5", bpf.mac "01:02:03:04:05:06", "nil", 5, true }
lang.case { name = "a byte of a string or an address", inputs = either, f = function(v) return v:byte(1), v:byte(2) end }
lang.case { name = "which byte, known only at run time", inputs = { { "abc", 2 }, { bpf.ip "10.0.0.1", 3 }, { "abc", 9 },
	{ bpf.ip "::1", 17 }, { 5, 1 }, { "nil", 1 } }, f = function(v, i)
	if math.type(i) ~= "integer" then return 0 end
	return v:byte(i)
end }
lang.case { name = "in a pcall", inputs = either, f = function(v)
	local ok, x = pcall(function() return v:byte(3) end)
	return ok, ok and x
end }
lang.case { name = "of one after a test", inputs = lang.each { "abc", bpf.ip "10.0.0.1", "a", bpf.ip "::1" }, f = function(v)
	if type(v) == "string" then return v:byte(), v:byte(2) end
	return v:byte(3), tostring(v):byte()
end }

local frames = {}
for _, text in ipairs { "GET /a HTTP/1.1\r\n", "a", "", ("0123456789"):rep(12) } do frames[#frames + 1] = lang.head .. text end
local function over(name, f) lang.packets { name = name, inputs = frames, f = f } end
over("the first byte: of the packet, a header, a part", function(p) return p:byte(), p.eth:byte(), p:sub(15):byte() end)
over("the first byte of what is made", function(p)
	local s = p:sub(15)
	return (s .. "x"):byte(), s:rep(2):byte(), tostring(#s):byte()
end)
over("bytes up to nil", function(p)
	local j
	if #p > 16 then j = 2 end
	return p:sub(15):byte(1, j), p:sub(15):byte(j), all(p:sub(15, j))
end)
over("find and match from nil on", function(p)
	local s = p:sub(15)
	return s:find("a", nil), s:find("a", nil, true), s:match("%a", nil) == "a"
end)
local names = bpf.map { "hash", name = "method_names", key = "u32", value = "struct { char name[16]; }", entries = 4 }
names[14] = { name = "hello" }
names[15] = { name = "zz" }
over("of an entry's field", function(p)
	local e = names[#p]
	if not e then return nil end
	return e.name:byte(), all(e.name:sub(2)), all(e.name:upper())
end)
lang.case { name = "a function that is tested before it is called, and changes a variable", inputs = lang.each { 0, 1, 7 }, f = function(a)
	local k = 7
	local o = { go = function(x) k = k + 1 return x * k end, other = function() k = 9 end }
	local v = o.go and o.go(a)
	local g = o.other
	if g then g() end
	return v, k
end }

-- A function of a table made here that is asked for, called on some ways, and meets a captured one on others.
local rows, lists = { [0] = { f = function(x) return x + 1 end } }, { [0] = { 4 }, 7 }
lang.case { name = "a function found that meets another", inputs = lang.each { 0, 1, 2, 3, -1 }, f = function(n)
	local t = { f = function(x) return x - 1 end }
	local row = rows[n & 7] or t
	if row.f then return row.f(#(lists[n & 7] or {})) end
end }

-- A field that holds a function in one of several tables, and nothing in another one.
local function one(self) return self.n end
local refused = "which function a field of this table holds is known only at run time"
local ways = lang.each { "nil", false, true, 0, 1, 2, 3 }
lang.case { name = "asked for in one of two tables", inputs = ways, f = function(a)
	local t = { n = 3, f = one }
	if a == 2 then t = { n = 4 } end
	return t.f and 1 or 2
end }
lang.case { name = "called in one of two tables", inputs = ways, f = function(a)
	local t = { n = 3, f = one }
	if a == 2 then t = { n = 4 } end
	return t:f()
end }
lang.case { name = "asked for and called in one of two tables", inputs = ways, f = function(a)
	local t = { n = 3, f = one }
	if a == 2 then t = { n = 4 } end
	if t.f then return t:f() end
	return 9
end }
lang.case { name = "another table from a turn on", inputs = ways, refused = refused, f = function(a)
	local t, s = { n = 1, f = one }, 0
	for i = 1, 3 do
		s = s + t:f()
		if i == a then t = { n = 4 } end
	end
	return s
end }
lang.case { name = "the table of the turn before", inputs = ways, refused = refused, f = function(a)
	local before, s = nil, 0
	for i = 1, 3 do
		local t = { n = i }
		if i == a then
			t.f = one
			if before then s = s + before:f() end
		end
		before = t
	end
	return s
end }
lang.case { name = "the table of the turn before, which has it, too", inputs = ways, f = function(a)
	local before, s = nil, 0
	for i = 1, 3 do
		local t = { n = i, f = one }
		if before and i ~= a then s = s + before:f() end
		before = t
	end
	return s
end }
lang.case { name = "where there is a table", inputs = ways, f = function(a)
	local t
	if a == 1 then t = { n = 3, f = one } end
	if t then return t:f() end
	return 3
end }

-- A field that holds one of several functions, or none, and is called with its table.
local function two(self, x) return self.n + (x or 1) end
local functions, object = { one, two }, { f = one }
local both = lang.pairs({ "nil", false, true, 0, 1, 2, 3, 4, 5 }, { 5, 0, "nil" })
local function perhaps(name, f) lang.case { name = "perhaps " .. name, inputs = both, f = f } end
perhaps("one", function(a) local t = { n = a } if a == 1 then t.f = one end return t:f() end)
perhaps("one, in the constructor", function(a) local t = { n = a, f = a == 1 and one or nil } return t:f() end)
perhaps("one, or false", function(a) local t = { n = a, f = a == 1 and one } return t:f() end)
perhaps("one of two", function(a, b) local t = { n = a } if a == 1 then t.f = one elseif a == 2 then t.f = two end return t:f(b) end)
perhaps("one of two, or a number", function(a, b)
	local t = { n = a, f = 7 }
	if a == 1 then t.f = one elseif a == 2 then t.f = two end
	return t:f(b)
end)
perhaps("one, or whatever it is", function(a, b) local t = { n = a, f = a } if a == 1 then t.f = one end return t:f(b) end)
perhaps("an inner one", function(a, b)
	local t = { n = a }
	if a == 1 then t.f = function(self) return self.n + b end end
	return t:f()
end)
perhaps("one that changes it", function(a)
	local t = { n = a }
	if a == 1 then function t:f() self.n = self.n + 1 return self.n end end
	return t:f(), t.n
end)
perhaps("one, without a colon", function(a) local t = { n = a } if a == 1 then t.f = one end return t.f(t) end)
perhaps("one, in pcall", function(a)
	local t = { n = a }
	if a == 1 then t.f = one end
	local ok, e = pcall(function() return t:f() end)
	return ok, type(e) == "string" and e:find("method 'f'", 1, true) or e
end)
perhaps("one, given to pcall", function(a)
	local t = { n = a }
	if a == 1 then t.f = one end
	local ok, e = pcall(t.f, t)
	return ok, type(e) == "string" and #e or e
end)
perhaps("one, tested", function(a) local t = { n = a } if a == 1 then t.f = one end if t.f then return t:f() end return 3 end)
perhaps("one, with what raises first", function(a, b) local t = { n = a } if a == 1 then t.f = two end return t:f(b + 1) end)
perhaps("one that is taken away", function(a, b) local t = { n = a, f = two } if a == 1 then t.f = nil end return t:f(b) end)
perhaps("one from a turn on", function(a)
	local t, s = { n = 1 }, 0
	for i = 1, 3 do
		if i == a then t.f = two end
		if t.f then s = s + t:f(i) end
	end
	return s
end)
perhaps("one up to a turn", function(a)
	local t, s = { n = 1, f = one }, 0
	for i = 1, 3 do
		s = s + t:f(i)
		if i == a then t.f = nil end
	end
	return s
end)
perhaps("one in the table of each turn", function(a)
	local s = 0
	for i = 1, 3 do
		local t = { n = i }
		if i ~= a then t.f = one end
		s = s + t:f()
	end
	return s
end)
perhaps("one of a table in a table", function(a) local t = { n = 1, o = { n = 2 } } if a == 1 then t.o.f = one end return t.o:f() end)
perhaps("a captured one", function(a) local t = { n = 1, f = object.f } if a == 1 then t.f = object.g end return t:f() end)
perhaps("one of a captured table", function(a, b) local t = { n = 1, f = functions[a] } return t:f(b) end)
perhaps("two", function(a, b)
	local t = { n = 1 }
	if a == 1 then t.f = one end
	if b == 5 then t.g = two end
	return t:f() + t:g()
end)
perhaps("one that another one calls", function(a)
	local t = { n = 1 }
	t.g = function(self) return self:f() + 1 end
	if a == 1 then t.f = one elseif a == 2 then t.f = two end
	return t:g() + t:f()
end)
perhaps("one that another one assigned", function(a, b)
	local t = { n = 1 }
	if a == 1 then t.f = one end
	t.g = function(self) if b == 5 then self.f = two end return 1 end
	local x = t:g()
	return t:f() + x
end)
perhaps("one that a function assigned", function(a, b)
	local t = { n = 1 }
	local function set() t.f = two end
	if a == 1 then t.f = one end
	if b == 5 then set() end
	return t:f()
end)
perhaps("one that was assigned before an error", function(a, b)
	local t = { n = 1 }
	if a == 1 then t.f = one end
	pcall(function() t.f = two if b == 5 then error("x") end t.f = nil end)
	return t:f()
end)
perhaps("one that is asked for, too", function(a)
	local t = { n = 1 }
	if a == 1 then t.f = one elseif a == 2 then t.f = 5 end
	local x = type(t.f) == "function" and t:f() or 0
	return x, t.f == nil, t.f ~= nil
end)
perhaps("one in a table that is gone over", function(a, b)
	local t, s = { n = 1 }, 0
	if a == 1 then t.f = one end
	for k in pairs(t) do s = s + (k == "n" and 1 or 10) end
	if b == 5 then s = s + t:f() end
	return s
end)
perhaps("one in this, one in that", function(a, b)
	local t, u = { n = 1 }, { n = 2 }
	if a == 1 then t.f = one else u.f = one end
	if b == 5 then return t:f() end
	return u:f()
end)
lang.case { name = "assigned by the one that was called", inputs = ways, refused = refused, f = function(a)
	local t = { n = 1 }
	local function last(self) self.f = nil return 7 end
	if a == 1 then t.f = last elseif a == 2 then t.f = one end
	local x = t:f()
	return x + t:f()
end }

-- ---- given to a variable before ----

perhaps("one in a variable, tested", function(a, b)
	local t = { n = b }
	if a == 1 then t.f = function(self, k) return self.n * 3 + k end end
	local f = t.f
	if f then return f(t, 1) end
	return 0
end)
perhaps("one of two in a variable", function(a, b)
	local t = { n = b }
	if a == 1 then t.f = function(self, k) return self.n * 3 + k end elseif a == 2 then t.f = one end
	local f = t.f
	t.n = t.n + 1
	if f then return f(t, 1), t.n end
	return 0
end)
perhaps("one in a variable, which the field is no more", function(a, b)
	local t = { n = b }
	if a == 1 then t.f = one end
	local f = t.f
	if b == 5 then t.f = two else t.f = nil end
	local x = f and f(t) or 50
	return x, t.f and t.f(t) or 60
end)
perhaps("one that is handed over", function(a, b)
	local t = { n = b }
	if a ~= 1 then t.f = function(self, k) self.n = self.n + k return k end end
	local function call(g, k) if g then return g(t, k) end return 7 end
	return call(t.f, a) * 100 + call(t.f, 3), t.n
end)
perhaps("one in a variable of each turn, set behind it", function(a, b)
	local t, s = { n = b }, 0
	for i = 1, 4 do
		local f = t.f
		if f then s = s * 3 + f(t, i) end
		if i ~= a then t.f = function(self, k) return self.n + k end else t.f = nil end
		t.n = t.n + i
	end
	return s, t.n
end)
perhaps("one in a variable, not tested", function(a, b)
	local t = { n = b }
	if a == 1 then t.f = one end
	local f = t.f
	t.n = 4
	return f(t)
end)
perhaps("one in a variable, from within pcall", function(a, b)
	local t = { n = b }
	if a == 1 then t.f = function(self) self.n = self.n + 1 return self.n end end
	local f = t.f
	local ok, x = pcall(f, t)
	return ok, ok and x, t.n
end)
perhaps("one that was made with the table", function(a, b)
	local t = { n = b, f = a == 1 and function(self, k) return self.n + k end }
	local f = t.f
	if f then return f(t, 1) end
	return 0
end)
perhaps("one of another table of several", function(a, b)
	local t = { n = b }
	if b == 5 then t = { n = 3 } end
	if a == 1 then t.f = function(self, k) return self.n + k end end
	local f = t.f
	if f then return f(t, 1) end
	return 0
end)
-- ---- of what is a table made here, one of two, or none ----

local which = lang.pairs { 0, 1, 2, 3, 4, nil }
local captured = { n = 9, f = function(s, x) return s.n - x end }
lang.case { name = "a method of a table, or of nil", inputs = which, f = function(a, b)
	local one, t = { n = a, f = function(s, x) s.n = s.n + 1 return s.n + x end }
	if a == 1 then t = one end
	return t:f(3), one.n, b
end }
lang.case { name = "of one of two tables, or of nil", inputs = which, f = function(a, b)
	local one = { n = 2, f = function(s, x) return s.n + x end }
	local two = { n = 3, f = function(s, x) s.n = s.n + 1 return 2 + s.n * x end }
	local t
	if a == 1 then t = one elseif a == 2 then t = two end
	local r = t:f(4)
	return r, two.n, b
end }
lang.case { name = "of one of two tables, a number or a truth", inputs = which, f = function(a, b)
	local one = { n = 2, f = function(s) return s.n end }
	local two = { n = 3, f = function(s) return 2 + s.n end }
	local t = false
	if a == 1 then t = one elseif a == 2 then t = two elseif a == 3 then t = b elseif a == 4 then t = true end
	return t:f()
end }
lang.case { name = "of a table made here, a captured one or nil", inputs = which, f = function(a, b)
	local one, t = { n = 2, f = function(s, x) return s.n + x end }
	if a == 1 then t = one elseif a == b then t = captured end
	return t:f(5)
end }
lang.case { name = "of one of two or nil, within pcall, and nothing is evaluated after that", inputs = which, f = function(a, b)
	local n = 0
	local one = { f = function(_, x) return x end }
	local two = { f = function(_, x) return x * 2 end }
	local function count() n = n + 1 return n end
	local t
	if a == 1 then t = one elseif a == b then t = two end
	local ok, r = pcall(function() return t:f(count()) end)
	return ok, n, ok and r
end }
lang.case { name = "a method that only one of two has", inputs = which, f = function(a)
	local one, two = { f = function() return 7 end }, { n = 1 }
	local t
	if a == 1 then t = one elseif a == 2 then t = two end
	return t:f()
end }

-- ---- functions in fields of tables that lie in other tables ----

local function three() return 3 end
perhaps("one in a table within a table", function(a, b)
	local v = a == 1 and three
	local o = { sub = { x = v } }
	return o.sub.x == true, o.sub.x == three, type(o.sub.x) == "function", o.sub.x and o.sub.x() or b
end)
perhaps("one in a list within a table, by number", function(a, b)
	local v = a == 1 and three
	local o = { { x = v }, { x = 1 } }
	local r = o[b]
	return r and r.x == true, r and type(r.x) == "number"
end)
perhaps("one that a function puts there", function(a, b)
	local function make() return { f = three } end
	local o = { a = make(), b = make() }
	local q = b == 5 and o.a or o.b
	return type(q.f) == "function", q.f == true, q.f()
end)
perhaps("one in the tables of a list that a loop fills", function(a, b)
	local t = {}
	for i = 1, 2 do t[#t + 1] = { x = three, n = a } end
	local ok = pcall(function() return t[1].x + 1 end)
	return t[1].x == true, type(t[2].x) == "function", t[1].x ~= three, t[2].n, ok
end)

-- ---- functions that each turn of a loop makes anew ----

local few = lang.each { 0, 1, 2, 3, 4 }
local function turns(name, f) lang.case { name = name, inputs = few, f = f } end
turns("a table of the turn before calls its own function", function()
	local prev, s = nil, 0
	for i = 1, 3 do
		local o = { get = function() return i end }
		if prev then s = s * 10 + (prev.get() or 0) end
		prev = o
	end
	return s
end)
turns("a table of some turn, called behind the loop", function(x)
	local best, first
	for i = 1, 4 do
		local o = { n = i }
		o.f = function() return i end
		if i == x then best = o end
		first = first or o
	end
	return best and best.f(), first.f(), best and best.n
end)
turns("of the turn before: what a function of that turn made, and what calls one of it", function(x)
	local function make(i) return { get = function() return i end } end
	local prev, last, s = nil, nil, 0
	for i = 1, 3 do
		local k = i + x
		local function g() return k end
		local o, p = make(i), { get = function() return g() end }
		if prev and last then s = s * 100 + (prev.get() or 0) + (last.get() or 0) end
		prev, last = o, p
	end
	return s
end)
turns("of an outer loop's turn", function()
	local s, prev = 0, nil
	for j = 1, 2 do
		for i = 1, 2 do
			local o = { get = function() return j end }
			if prev then s = s * 10 + (prev.get() or 0) end
			prev = o
		end
	end
	return s
end)
turns("the same in every turn: it shares nothing of the turn", function(x)
	local prev, s, c = nil, 0, 0
	for i = 1, 3 do
		local o = { n = i + x, get = function(me) return me.n end, count = function() c = c + 1 return c end }
		if prev then s = s * 100 + prev:get() + prev.count() end
		prev = o
	end
	return s, c
end)
turns("a loop by goto", function()
	local prev, s, i = nil, 0, 0
	::top::
	i = i + 1
	local k = i
	local o = { get = function() return k end }
	if prev then s = s * 10 + (prev.get() or 0) end
	prev = o
	if i < 3 then goto top end
	return s
end)

-- ---- functions in the list that a table is made with ----

turns("a place that has a name, too", function()
	local t = { [1] = function() return 1 end, function() return 2 end }
	local u = { [2] = function() return 1 end, function() return 2 end, function() return 3 end }
	return t[1](), u[1](), u[2]()
end)
turns("a place behind the list, and one that is assigned later", function(x)
	local t = { x, [2] = function() return 1 end }
	local u = { function() return 1 end, function() return 2 end }
	u[2] = function() return 3 end
	return t[1], t[2](), u[1](), u[2]()
end)
turns("one or nothing in the list", function(x)
	local t = { [1] = function() return 2 end, x > 2 and function() return 3 end or nil }
	local u = { [1] = function() return 1 end, nil }
	return t[1] and t[1](), u[1] == nil, u[1] and u[1]()
end)
turns("a list that ends in a call, or in what was handed over", function(x)
	local function two() return function() return 7 end, nil end
	local function make(...)
		local t = { [1] = function() return 1 end, ... }
		return t[1]()
	end
	local t = { [1] = function() return 1 end, [2] = function() return 5 end, two() }
	return t[1](), t[2] and t[2](), make(function() return 6 end), make(function() return x end, 1)
end)
turns("no function in the list, which is called", function(x)
	local t = { [1] = function(a) return a end, x == 2 and function(a) return a + 7 end }
	return pcall(function() return t[1](x) end) == (x == 2), x == 2 and t[1](x)
end)

-- ---- functions at what is the same key in another form ----

turns("a float that is whole, of a function", function()
	local t, u, v = {}, {}, {}
	t[1] = function() return 1 end
	t[1.0] = function() return 2 end
	u[1] = function() return 3 end
	u[2^0] = function() return 4 end
	v[0] = function() return 5 end
	v[-0.0] = function() return 6 end
	return t[1](), u[1](), v[0](), v[0.0]()
end)
turns("one of several there, or none", function(x)
	local t = {}
	if x == 2 then t[1] = function(a) return a + 1 end end
	if x == 3 then t[1.0] = function(a) return a + 5 end end
	return t[1] and t[1](x or 0) or 9
end)
turns("chosen by a number, and looked up by a float", function(x)
	local t = { [1] = function() return 1 end, [2.0] = function() return 2 end }
	local f = t[x]
	return f and f(), t[2^1](), t[1.0]()
end)
turns("elements of a list, by floats", function(x)
	local t, list = { 5, 6, 7 }, {}
	t[2.0], t[4.0] = x or 0, 8
	for i = 1, 3 do list[#list + 1] = { n = i } end
	if list[2.0] then list[2.0].n = 7 end
	local s = 0
	for _, v in ipairs(t) do s = s * 10 + v end
	for _, v in ipairs(list) do s = s * 10 + v.n end
	return s, #t, t[2], math.type(#t) == "integer"
end)

lang.done()

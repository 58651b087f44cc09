-- Captured values: constants of every kind, tables with constant keys, __index chains, methods.
local lang = dofile "tests/lang/harness.lua"
local small = { -1, 0, 1, 2, 5, 80 }

local number, yes, no, nothing, text = 42, true, false, nil, "abc"
local ip, ip6, mac = bpf.ip "10.0.0.1", bpf.ip "2001:db8::1", bpf.mac "02:00:00:00:00:01"
local half, whole = 2.5, 3.0
local nested = { a = { b = { c = 5 } }, [1] = 11, [-1] = 12, [0] = 13, [true] = 14, ["with space"] = 15,
	[math.mininteger] = 16, f = false, big = math.maxinteger, deep = { { 7 } } }
local KEY, AT = "a", 1

lang.case { name = "constants of every kind", inputs = lang.each { "nil", false, true, 42, -1 }, f = function(v)
	return v == number, v == yes or v == no, v == nothing
end }
lang.case { name = "constants compared with each other", f = function()
	return text == "abc", ip == bpf.ip "10.0.0.1", mac ~= bpf.mac "02:00:00:00:00:02"
end }
lang.case { name = "addresses captured", inputs = lang.each(lang.addresses), f = function(a)
	return a == ip, a == ip6, a == mac
end }
lang.case { name = "floats captured, compared", inputs = lang.each { 2, 3, 4 }, f = function(n)
	return n < half, n == whole, n >= whole
end }
lang.case { name = "keys of tables", inputs = lang.each(small), f = function(n)
	return nested.a.b.c + n, nested[1] - nested[-1] * nested[0], nested.big
end }
lang.case { name = "keys of other kinds", f = function()
	return nested[true], nested["with space"], nested[math.mininteger]
end }
lang.case { name = "keys captured too", inputs = lang.each(small), f = function(n)
	return nested[KEY].b.c, nested[AT] + n, nested.deep[AT][AT]
end }
lang.case { name = "false, and absent keys", inputs = lang.each(lang.kinds), f = function(v)
	return nested.f == v, nested.none == v, nested.a.none
end }
lang.case { name = "a nil in the chain is an error", inputs = lang.each(small), f = function(n)
	if n == 1 then
		local t = nested.none
		return t and t.x
	end
	return n
end }
lang.case { name = "branches that constants remove", inputs = lang.each(small),
	only_integers = true, f = function(n)
	if no then return os.time() end
	if nothing then return n / 2 end
	return yes and n or nothing.x
end }

-- ---- __index ----

local base = { fallback = 77, over = 1, k = { x = 9 } }
local middle = setmetatable({ over = 2 }, { __index = base })
local top = setmetatable({ own = 3 }, { __index = middle })
lang.case { name = "__index chain", inputs = lang.each(small), f = function(n)
	return top.own + n, top.over, top.fallback + top.k.x
end }
lang.case { name = "__index chain ends", inputs = lang.each(lang.kinds), f = function(v)
	return top.none == v, middle.own
end }

-- ---- what an __index function finds ----

do
	local calls = setmetatable({ own = 3, no = false, [2] = 20 }, { __index = function(t, k)
		return (type(k) == "string" and #k or k + 1) + rawget(t, "own")
	end })
	local under = setmetatable({ mine = 8 }, { __index = calls })
	local names = { "own", "limit", "no", "far away", "mine" }
	lang.case { name = "__index function: constant keys", inputs = lang.each(small), f = function(n)
		return calls.own + n, calls.limit + n, calls.no, calls[2], calls[3], rawget(calls, "limit") == nil
	end }
	lang.case { name = "__index function: constant keys, behind a table", inputs = lang.each(small), f = function(n)
		return under.mine + n, under.own, under.limit - n, under.no
	end }
	lang.case { name = "__index function: keys known at run time", inputs = lang.each(small), f = function(n)
		local v = calls[n]
		return v, under[n] + 1, under[names[(n & 3) + 1]] == false
	end }
	lang.case { name = "__index function: texts as keys", inputs = lang.each(small), f = function(n)
		local key = names[n & 7]
		return key and calls[key], key and under[key]
	end }
	lang.case { name = "__index function: in a loop", inputs = lang.each(small), f = function(n)
		local sum = 0
		for i, name in ipairs(names) do sum = sum + (calls[name] or n) * i + calls[i] end
		for i = 1, 4 do sum = sum + calls[i + n] end
		return sum
	end }
	local loud = setmetatable({ own = 3 }, { __index = function(_, k)
		if k == "far" then return 9 end
		error("no field " .. tostring(k), 2)
	end })
	lang.case { name = "__index function: that raises", inputs = lang.each(small), f = function(n)
		local ok, message = pcall(function() return loud.far + n end)
		local bad, why = pcall(function() return loud[names[n & 7]] end)
		if n == 5 then return loud.near end
		return ok and message, bad and why, not bad and why:sub(-8) == "field no"
	end }
	local Shape = { sides = 4 }
	function Shape.grow(self, n) return self.sides * n end
	local square = setmetatable({ parent = { far = 70 } }, { __index = function(t, k)
		local v = Shape[k]
		if v ~= nil then return v end
		return t.parent[k]
	end })
	lang.case { name = "__index function: methods", inputs = lang.each(small), f = function(n)
		return square:grow(n), square.sides, square.far, square.none, square[names[n & 3]]
	end }
	local row = { __index = function(_, k) return k == "port" and 80 or nil end }
	local rows = { setmetatable({ port = 22 }, row), setmetatable({ kind = 1 }, row), { port = 5, kind = 3 } }
	lang.case { name = "__index function: of one of several tables", inputs = lang.each(small), f = function(n)
		local r = rows[n]
		return r and r.port + n, r and r.kind
	end }
end

-- ---- functions and methods in tables ----

local Counter = { step = 3, limit = { hard = 50 } }
Counter.__index = Counter
function Counter:next(n) return n + self.step end
function Counter.twice(n) return n * 2 end
function Counter:both(n) return self:next(n), self.twice(n), self.limit.hard end
local counter = setmetatable({ step = 10 }, Counter)
lang.case { name = "functions of tables", inputs = lang.each(), f = function(n)
	return Counter.twice(n), counter.twice(n)
end }
lang.case { name = "methods of tables", inputs = lang.each(), f = function(n)
	return Counter:next(n), counter:next(n)
end }
lang.case { name = "methods that call methods", inputs = lang.each(), f = function(n) return counter:both(n) end }

-- ---- captured functions ----

local offset = 100
local function shift(n) return n + offset end
local function twice(f) return function(n) return f(f(n)) end end
local shift2 = twice(shift)
function global_for_captured(n) return shift(n) - 1 end
lang.case { name = "captured functions", inputs = lang.each(), f = function(n)
	return shift(n), shift2(n), twice(shift2)(n)
end }
lang.case { name = "globals", inputs = lang.each(), f = function(n) return global_for_captured(n), no_such_global end }
local made = {}
for i = 1, 3 do made[i] = function(n) return n * i end end
lang.case { name = "made in a loop", inputs = lang.each(small), f = function(n)
	return made[1](n), made[2](n), made[3](n)
end }

-- ---- tables made in the function ----

lang.case { name = "record: fields", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local t = { a = a, b = b, c = 3 }
	t.d = t.a
	t.a = t.c
	return t.a, t.b, t.d
end }
lang.case { name = "record: missing fields", inputs = lang.each(lang.kinds), f = function(a)
	local t = { x = 1 }
	if a then t.y = a end
	return t.x, t.y, t.z
end }
local holes = { 5, 6, 7, x = 1, [40] = 2 }
holes[2] = nil
lang.case { name = "length of captured tables", inputs = lang.each(small), f = function(a)
	local s = 0
	for i = 1, #holes do s = s * 3 + (holes[i] or 0) end
	return s + a, #holes, #"abc"
end }
local few, many = { 5, [7] = 9, nil, "four" }, {}
for i = 1, 200, 3 do many[i] = i % 7 > 0 and i end
lang.case { name = "looked up, and again", inputs = lang.pairs(small), f = function(a, b)
	local n, k = 0, a & 255
	if few[a] then n = n + (type(few[a]) == "string" and 1 or 2) end
	while many[k] do n = n + many[k] k = k + 3 end
	if many[b] then n = n + many[b] else n = n - (many[a] or 1) end
	local last = many[k]
	k = k + 1
	return n, last == many[k], few[b] == few[a]
end }
lang.case { name = "record: in a loop", inputs = lang.pairs(small), f = function(a, b)
	local t = { sum = 0, n = a }
	for i = 1, 5 do
		t.sum = t.sum + i * b
		t.n = t.n + 1
	end
	return t.sum, t.n
end }
lang.case { name = "record: as argument and result", inputs = lang.pairs(small), f = function(a, b)
	local function make(x, y) return { x = x, y = y } end
	local function sum(t) return t.x + t.y end
	local t = make(a, b)
	t.x = t.x * 2
	return sum(t), sum(make(1, b))
end }
lang.case { name = "record: truth and type", inputs = lang.each(small), f = function(a)
	local t = { v = a }
	if not t then return 1 end
	return type(t) == "table", t and t.v, t == nil
end }
do
	local function f() end
	local g, same = {}, setmetatable({}, { __eq = function() return false end })
	local named = { [f] = 1, [g] = 2, [same] = 3 }
	lang.case { name = "captured: functions and tables as keys", inputs = lang.each(small), f = function(a)
		return named[f], named[g], named[a < 5 and same or g]
	end }
	lang.case { name = "captured: a table with an __eq is itself, and nothing of another kind", f = function()
		return same == same, same ~= 5, same == f
	end }
end
local listed = { 3, 4, 50 }
local inherits = setmetatable({ own = 7 }, { __index = { far = 9 } })
lang.case { name = "rawget, rawlen, table.unpack", inputs = lang.pairs { 0, 1, -1, 5 }, f = function(a, b)
	local x, y, z = table.unpack(listed)
	local n = select("#", table.unpack(listed, 2))
	local ok, raw = pcall(rawget, inherits, "far")
	return x + a * y, z * n + rawlen(listed) + rawget(inherits, "own"), ok and raw == nil and math.max(table.unpack(listed, 1, 2)) * b
end }
do -- by_length[p.len > 60] is refused: Lua 5.4.4 compiles it wrongly
	local by_length, frames = { [true] = 5, [false] = 7 }, { ("\0"):rep(60), ("\0"):rep(61) }
	lang.packets { name = "by a comparison with a name", inputs = frames, want = { { 7 }, { 5 } }, f = function(p)
		local long = p.len > 60
		return by_length[long]
	end }
end
lang.done()

-- Tables that stay in the function, where several meet: at branches, in loops, out of calls and pcall.
local lang = dofile "tests/lang/harness.lua"
local small = { "nil", false, true, 0, 1, 2, 3 }
local ints = lang.pairs { -1, 0, 1, 2, 3, 7, math.maxinteger }
local any = lang.pairs(small)
local function case(name, inputs, f) lang.case { name = name, inputs = inputs, f = f } end

case("filled on two ways", ints, function(a, b)
	local t
	if a > b then t = { n = a, m = 1 } else t = { n = b } end
	t.n = t.n + 1
	return t.n, t.m, t.k
end)
case("by and, or", any, function(a, b)
	local t = a and { n = a } or { n = b, m = 5 }
	return t.n, t.m
end)
case("perhaps none: tested", any, function(a, b)
	local t
	if a == 1 then t = { n = b } end
	if t then return t.n, true end
	return t
end)
case("perhaps none: read", any, function(a, b)
	local t
	if a ~= 1 then t = { n = b } end
	return t.n
end)
case("perhaps none: assigned", any, function(a, b)
	local t = a and { n = 1 }
	t.n = b
	return t.n
end)
case("perhaps a number or a flag", any, function(a, b)
	local t = a
	if b == 2 then t = { n = a } end
	return t.n, type(t) == "table"
end)
case("perhaps none: under pcall", any, function(a, b)
	local t
	if a then t = { n = b } end
	local ok, v = pcall(function() return t.n + 1 end)
	return ok, ok and v
end)
case("out of a function of several returns", any, function(a, b)
	local function f(x, y)
		if x == nil then return nil end
		if x == false then return { n = 1 } end
		if x == 1 then return { n = y, m = x } end
		return { m = y }
	end
	local t = f(a, b)
	if not t then return "none" == a end
	return t.n, t.m
end)
case("out of pcall", any, function(a, b)
	local ok, t = pcall(function()
		if a == 3 then return { n = 1, m = 2 } end
		return { n = a + b }
	end)
	if ok then return t.n, t.m end
	return ok
end)
case("a table is the error", any, function(a, b)
	local ok, t = pcall(function()
		if a == 1 then error({ code = b }) end
		return { code = 5, b = b }
	end)
	return ok, t.code, t.b
end)
case("the greatest in a loop", ints, function(a, b)
	local best
	for i = 1, 4 do
		local new = { n = (i * a + b) % 7, at = i }
		if not best or new.n > best.n then best = new end
	end
	return best.n, best.at
end)
case("made anew in some turns", ints, function(a, b)
	local t = { n = a, turns = 0 }
	for i = 1, 5 do
		if t.n > b then t = { n = i, turns = t.turns } end
		t.n = t.n + i
		t.turns = t.turns + 1
	end
	return t.n, t.turns
end)
case("the last of a loop", ints, function(a, b)
	local last
	for i = 1, 5 do
		if last and last.n % 3 == 1 then return last.n, i end
		last = { n = a + i * b }
	end
	return last.n
end)
case("a fresh one in each turn", ints, function(a, b)
	local sum = 0
	for i = 1, 3 do
		local t = { n = a }
		if i == 2 then t.m = b end
		if t.m then sum = sum + t.m else sum = sum + 1 end
	end
	return sum
end)
case("compared", any, function(a, b)
	local t, u = { n = a }, { n = b }
	local v = a == 1 and t or u
	return t == u, v == t, v ~= u
end)
case("compared with what is none", any, function(a, b)
	local t = a and { n = 1 } or nil
	local u = b and t or false
	return t == u, t == nil, u == a
end)
case("compared by several ways", any, function(a, b)
	local x, y = { n = 1 }, { n = 2 }
	local t, u
	if a then t = x else t = y end
	if b == 1 then u = x elseif b == 2 then u = y end
	return t == u, t.n, u and u.n
end)
case("two variables, then both are read", any, function(a, b)
	local x, y = { n = a }, { n = b }
	x.n = x.n or 9
	local t = a == b and x or y
	return t.n, x.n, y.n
end)
case("tables in tables", any, function(a, b)
	local t = { i = { x = a, y = { z = 3 } }, k = 1 }
	t.i.x = b
	t.i.y.z = t.i.y.z + t.k
	return t.i.x, t.i.y.z, t.i.q
end)
case("tables in tables of two ways", any, function(a, b)
	local t
	if a then t = { i = { x = a } } else t = { i = { x = b, y = 2 } } end
	t.i.w = 4
	return t.i.x, t.i.y, t.i.w
end)
case("tables in tables, perhaps none", any, function(a, b)
	local t = { n = 1 }
	if a then t.i = { x = b } end
	return t.n, t.i.x
end)
case("an inner table is replaced", ints, function(a, b)
	local t = { i = { x = a } }
	local old = t.i
	if a > b then t.i = { x = b, y = 1 } end
	return t.i.x, t.i.y, old.x
end)
case("tables in tables in a loop", ints, function(a, b)
	local t = { i = { sum = 0 }, n = 0 }
	for i = 1, 4 do
		t.i.sum = t.i.sum + a * i
		if t.i.sum > b then t.i = { sum = 1 } t.n = t.n + 1 end
	end
	return t.i.sum, t.n
end)
case("keys of several kinds", any, function(a, b)
	local t = { [1] = a, ["1"] = b, [true] = 4, [2.0] = 7 }
	t[false] = t[1]
	return t["1"], t[false], t[2] + t[true]
end)
case("arguments of functions that change them", ints, function(a, b)
	local function add(t, n) t.n = t.n + n return t end
	local t
	if a > b then t = { n = a } else t = { n = 0 } end
	add(t, b)
	return add(t, 1).n, t.n
end)
case("methods", any, function(a, b)
	local t = { n = 1, m = b }
	function t.get(self) return self.n end
	function t.add(self, n) self.n = self.n + n return self:get() end
	function t:both(x) return self:add(1), self.m == x end
	local x = t:add(2)
	local y, z = t:both(a)
	return x, y, z
end)
case("functions in fields", any, function(a, b)
	local t = { n = 0, double = function(x) return x * 2 end, abs = math.abs }
	function t.count() t.n = t.n + 1 return t.n end
	t.count()
	if a then t.count() end
	return t.count(), t.abs(-3), t.double(b)
end)
case("methods under pcall and in loops", any, function(a, b)
	local sum = 0
	for i = 1, 3 do
		local t = { n = i, k = { step = b } }
		function t:add() self.n = self.n + self.k.step return self.n end
		local ok, n = pcall(t.add, t)
		sum = sum + (ok and n or 100) + (pcall(function() return t:add() + a end) and 1 or 0)
	end
	return sum
end)

local kept = bpf.map { "hash", name = "kept", key = "struct { u8 k; u32 m; }", value = "struct { i64 n; u8? m; }", entries = 16 }
lang.case { name = "stored, made on two ways", see = { kept }, inputs = lang.pairs { 0, 1, 2, 300, -1 }, f = function(a, b)
	local v, k
	if a > b then v = { n = a } else v = { n = b, m = 1 } end
	if a == 2 then k = { k = 1, m = b } else k = { k = b } end
	kept[k] = v
	return kept[{ k = b }] ~= nil
end }
lang.case { name = "stored in a loop", see = { kept }, inputs = lang.pairs { 0, 1, 2, 3 }, f = function(a, b)
	local best
	for i = 1, 3 do
		local new = { n = i * a % 4 + b }
		if not best or new.n > best.n then best = new end
		kept[{ k = i }] = { n = new.n }
	end
	local n = best.n
	kept[{ k = 0 }] = best
	return n
end }
lang.case { name = "a key that a test says is one of the names", inputs = lang.each { "name", "other", "", 5, 6, false }, f = function(k)
	local t = { name = "", other = 0, [5] = 1 }
	if k == "name" then t[k] = "abc" elseif 5 == k then t[k] = 7 elseif k ~= "other" then t.other = t.other + 1 else t[k] = t[k] + 10 end
	return #t.name, t.other, t[5]
end }
lang.done()

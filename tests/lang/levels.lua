-- Errors by where they are raised: levels, in functions in each other, tail calls, methods, iterators, by assert and through pcall.
local lang = dofile "tests/lang/harness.lua"
local case, pairs2, each = lang.case, lang.pairs, lang.each
local kinds = lang.kinds
local function two(a) error("m", 2) end
local function one(a) error("m", 1) end
local function calls(a) two(a) return 1 end
local function tail(a) return two(a) end
local function said(f, ...) return select(2, pcall(f, ...)) end
local function eq(name, g, ins)   -- the message that stock Lua gives, compared
	for _, v in ipairs { {1}, {2}, {3} } do
		local want = said(g, v[1])
		case { name = name .. v[1], f = function(a) local ok, e = pcall(g, a) return ok, e == want, ok and e end, inputs = each { 1, 2, 3 } }
	end
end
eq("level 2 nested", function(a) if a == 1 then calls(a) end if a == 2 then two(a) end one(a) end)
eq("level 2 tail", function(a) if a == 1 then return tail(a) end if a == 2 then return two(a) end return one(a) end)
eq("level in method", function(a) local t = { f = function(self, x) error("m" , x) end } t:f(1) return a end)
local function lev(n) return function(a) local function x() error("x", n) end local function y() x() return 1 end y() return a end end
for n = 0, 6 do eq("inner level " .. n, lev(n)) end
eq("in an iterator", function(a)
	for i in function(_, c) c = (c or 0) + 1 if c == a then error("it", 2) end if c > 5 then return nil end return c end do end
	error "out"
end)
eq("in an iterator, level 1", function(a)
	for i in function(_, c) c = (c or 0) + 1 if c == a then error("it") end if c > 5 then return nil end return c end do end
	error "out"
end)
eq("in pairs over map", function(a)
	for i = 1, 4 do if i == a then error("i" .. 1, 2) end end
	error("out", 0)
end)
eq("pcall in pcall level1", function(a)
	local ok, e = pcall(function() local ok, e = pcall(one, a) if not ok then error(e) end end)
	error(e)
end)
eq("assert text", function(a) assert(a == 2, "no") assert(nil) end)
eq("assert false", function(a) assert(false) end)
eq("assert nil message", function(a) assert(a == 3) error("z") end)
case { name = "assert with a nil message", f = function(a) local ok, e = pcall(assert, false, nil) return ok, e, e == nil end, inputs = each { 1 } }
case { name = "assert with table", f = function(a) local ok, e = pcall(function() assert(a, { code = 5, t = "x" }) return 1 end) return ok, type(e) == "table" and e.code end, inputs = each(kinds) }
case { name = "assert gives all", f = function(a) local x, y, z = assert(a or 1, 2, 3) return x, y, z end, inputs = each(kinds) }
case { name = "pcall error with level", f = function(a) local ok, e = pcall(error, "x", 2) local ok2, e2 = pcall(error, "x", 1) return e == "x", e2 == "x", ok end, inputs = each { 1 } }
case { name = "pcall of a value", f = function(a) local g if a == 1 then g = two end local ok, e = pcall(g) return ok, e == "attempt to call a nil value", type(e) == "string" end, inputs = each { 1, 2 } }
local entries = bpf.map { "hash", name = "rs_entries", key = "u32", value = "u64", entries = 8 }
case { name = "assert with a number", f = function(a) local ok, e = pcall(assert, a, 42) return ok, e end, inputs = each(kinds) }
case { name = "error of nil in a pcall in a pcall", f = function(a) local ok, x, e = pcall(pcall, error, a) return ok, x, e end, inputs = each(kinds) }
case { name = "pcall with arguments, several results", f = function(a, b) local ok, x, y = pcall(function(...) local p, q = ... return q, p end, a, b) return ok, x, y end, inputs = pairs2(kinds) }
case { name = "out of two loops", f = function(a, b)
	local n = 0
	local ok, e = pcall(function()
		for i = 1, 4 do for j = 1, 4 do n = n + 1 if i == a and j == b then error(i * 10 + j) end end end
		return -1
	end)
	return ok, e, n
end, inputs = pairs2 { 1, 2, 4, 5, "nil" } }
case { name = "out of a loop over a map", f = function(a, b)
	local n = 0
	local ok, e = pcall(function()
		for k, v in pairs(entries) do if k == a then error(v) end end
		return 7
	end)
	return ok, e
end, inputs = pairs2({ 1, 2, 3, "nil" }, { 0 }), setup = function() entries[1] = 10 entries[2] = 20 end, see = { entries } }
case { name = "out of a while and a repeat", f = function(a, b)
	local n = 0
	local ok, e = pcall(function()
		while true do n = n + 1 repeat if n == a then error(n) end if n > 5 then return -n end n = n + 1 until n > 2 end
	end)
	return ok, e
end, inputs = pairs2 { 1, 2, 4, 9, "nil" }, budget = 1000 }
local proxy = setmetatable({ here = 1 }, { __index = function(_, k) error("no " .. k, 2) end })
case { name = "of a table with an __index, by a name that is there", f = function(a) local ok, e = pcall(function() return proxy.here + a end) return ok, ok and e end, inputs = each(kinds) }
eq("kept and raised outside", function(a)
	local kept
	for i = 1, 3 do
		local ok, e = pcall(function() if i == a then error("at " .. i) end return i end)
		if not ok then kept = e end
	end
	error(kept, 0)
end)
eq("of a result", function(a) error((select(2, pcall(error, "t", 0)))) end)
eq("assert of a caught text", function(a) assert(pcall(error, "t" .. a, 0)) end)
eq("of varargs", function(a) local function f(...) local x, y = ... error(y, x) end f(a == 1 and 1 or 1, "v") end)
lang.done()

-- xpcall: what the handler makes of an error, while what was done before stays done.
local lang = dofile "tests/lang/harness.lua"
local case, pairs2 = lang.case, lang.pairs
local st = bpf.state { xp_n = "u64" }

local function add(a, b) return a + b end
local function seven() return 7, 8 end
local function same(e) return e end
local function kind(e) return type(e) == "string" end

case { name = "results, and what the handler gives", f = function(a, b)
	local ok, v = xpcall(add, seven, a, b)
	local yes, none, more = xpcall(add, function() end, a, b)
	return ok, v, yes == ok and more
end, inputs = pairs2(lang.kinds) }
case { name = "any error", f = function(a, b)
	local ok, v = xpcall(function(x) if x == b then error(x) end return x end, same, a)
	return ok, v
end, inputs = pairs2(lang.kinds) }
case { name = "messages", f = function(a, b)
	local ok, text = xpcall(add, kind, a, b)
	local no, e = xpcall(function() if a == 1 then error("one", 0) end error "two" end, function(e) return e == "one" end)
	return ok, text == true, no or e
end, inputs = pairs2(lang.kinds) }
case { name = "one result of the handler, all of the function", f = function(a, b)
	local ok, x, y, z = xpcall(function() if not a then error() end return a, b, 3 end, seven)
	local no, u, v = xpcall(error, seven, a)
	return ok, x == z, y == nil and u == 7 and v
end, inputs = pairs2 { 0, 1, false, true, "nil" } }
case { name = "within pcall, and in each other", f = function(a, b)
	local ok, v, w = pcall(function()
		local yes, x = xpcall(add, function() return 3 end, a, 1)
		local no, y = xpcall(function() return xpcall(function() return x // b end, same) end, same)
		return x + b, no, yes
	end)
	return ok, ok and v, w
end, inputs = pairs2(lang.kinds) }
case { name = "in a loop, with a variable of the caller", see = { { st, "xp_n" } }, f = function(a, b)
	local n, last = 0, nil
	for i = 1, 5 do
		local ok, v = xpcall(function() n = n + 1 if i == a then error(i) end st.xp_n = i return b % i end,
			function() last = i return i end)
		if not ok then n = n + v * 100 end
	end
	return n, last
end, inputs = pairs2 { 0, 1, 3, 5, 9, "nil" } }
case { name = "the end of a message, or what indexing another error raises", f = function(a, b)
	local ok, v = xpcall(add, function(e) return e:sub(-5) end, a, b)
	return ok, ok or v == "value", 1
end, inputs = pairs2(lang.kinds) }
case { name = "how long the error is", f = function(a, b)
	local ok, v = xpcall(add, function(e) return #e end, a, b)
	return ok, v
end, inputs = pairs2(lang.kinds) }
case { name = "a text put before the error", f = function(a, b)
	local ok, v = xpcall(add, function(e) return "E: " .. e end, a, b)
	return ok, ok or v:byte(1), ok or v:sub(1,3) == "E: "
end, inputs = pairs2(lang.kinds) }
case { name = "find in the error, of which the first result is given", f = function(a, b)
	local ok, v, w = xpcall(add, function(e) return e:find("nil", 1, true) end, a, b)
	return ok, ok or v and v > 1, w
end, inputs = pairs2(lang.kinds) }
case { name = "match in the error", f = function(a, b)
	local ok, v = xpcall(add, function(e) return e:match(":(%d+):") end, a, b)
	return ok, ok or v and #v, ok or tonumber(v)
end, inputs = pairs2(lang.kinds) }
case { name = "tostring and format of any error", f = function(a, b)
	local ok, v = xpcall(error, function(e) return string.format("<%s>", tostring(e)) end, a)
	return ok, v == "<1>", v == "<nil>"
end, inputs = pairs2(lang.kinds) }
case { name = "a handler that asks what it was given", f = function(a, b)
	local ok, v = xpcall(function() if b then error(a) end return a + 1 end, function(e)
		if type(e) == "string" then return #e end
		if type(e) == "number" then return e + 1 end
		return e
	end)
	return ok, v
end, inputs = pairs2(lang.kinds) }
case { name = "a library function as the handler", f = function(a, b)
	local ok, v = xpcall(error, tostring, a)
	return ok, v == "1", v == "nil"
end, inputs = pairs2(lang.kinds) }
case { name = "a handler that gives a table", f = function(a, b)
	local ok, v = xpcall(add, function(e) return { n = a, m = #e } end, a, b)
	if ok then return v end
	return v.n, v.m
end, inputs = pairs2(lang.kinds) }
case { name = "a text that was raised, in capitals", f = function(a, b)
	local ok, v = xpcall(function() if a == b then error("bad " .. tostring(a), 0) end return a end, function(e) return e:upper() end)
	return ok, v == "BAD 1", ok or #v
end, inputs = pairs2(lang.kinds) }
case { name = "a message given on and looked into behind", f = function(a, b)
	local ok, v = xpcall(add, function(e) return e end, a, b)
	if ok then return v end
	return v:find("arith", 1, true) ~= nil, #v, v:match("%((.-)%)") == "x"
end, inputs = pairs2(lang.kinds) }
case { name = "what assert raises", f = function(a, b)
	local ok, v = xpcall(assert, function(m) return m == "no" end, a, "no")
	return ok, v
end, inputs = pairs2(lang.kinds) }
case { name = "pcall in a handler that may raise", f = function(a, b)
	local ok, v = xpcall(add, function(e) local o, m = pcall(add, b, 1) return o and m or #m end, a, b)
	return ok, v
end, inputs = pairs2(lang.kinds) }
case { name = "handlers by branch", f = function(a, b)
	local h = a == 1 and function() return 1 end or function() return 2 end
	local ok, v = xpcall(add, h, a, b)
	return ok, v
end, inputs = pairs2(lang.kinds) }
case { name = "a handler that may raise, in a loop", f = function(a, b)
	local n = 0
	for i = 1, 4 do
		local ok, v = xpcall(add, function(e) return #e end, a, b)
		n = n + (v or 0)
	end
	return n
end, inputs = pairs2(lang.kinds) }
case { name = "the bytes of an error, one by one", f = function(a, b)
	local ok, v = xpcall(add, function(e) local s = 0 for i = 1, #e do s = s * 3 + e:byte(i) end return s end, a, b)
	return ok, ok or v ~= 0
end, inputs = pairs2(lang.kinds) }
case { name = "a handler in a table", f = function(a, b)
	local h = { f = function(e) return #e end }
	local ok, v = xpcall(add, h.f, a, b)
	return ok, v
end, inputs = pairs2(lang.kinds) }
case { name = "each error of the handler goes to it again, and what it did stays", f = function(a, b)
	local n = 0
	local ok, v = xpcall(function() error(a) end, function(e) n = n + 1 return #e end)
	return ok, v, n
end, inputs = pairs2 { 0, false, "nil", "", "abc" } }
case { name = "error itself as the handler", f = function(a, b)
	local ok, v = xpcall(add, error, a, b)
	return ok, ok and v or v == "error in error handling"
end, inputs = pairs2(lang.kinds) }
case { name = "error itself as the handler, of any value", f = function(a)
	local ok, v = xpcall(error, error, a)
	local good, w = pcall(function() return select(2, xpcall(function() return xpcall(error, error, a) end, error)) end)
	return ok, v == "error in error handling", good and w
end, inputs = lang.each { 0, 7, "nil", false, true } }
-- ---- a handler that raises: what it raises goes to it again, until it gives a value or Lua has no stack left ----

local function some(a, b)
	if a == 1 then error { code = 404 } end
	if a == 2 then error "text" end
	return a + b
end
local E = "error in error handling"
local kinds = pairs2(lang.kinds)
local few = pairs2({0, 1, 2, "nil", false}, {0, "nil"})
case { name = "raising handler: always raises", f = function(a, b)
	local ok, v = xpcall(add, function(e) error("no", 0) end, a, b)
	return ok, ok and v or v == E
end, inputs = kinds }
case { name = "raising handler: always raises e", f = function(a, b)
	local ok, v = xpcall(add, function(e) error(e) end, a, b)
	return ok, ok and v or v == E
end, inputs = kinds }
case { name = "raising handler: always raises nil", f = function(a, b)
	local ok, v = xpcall(add, function(e) error() end, a, b)
	return ok, ok and v or v == E
end, inputs = kinds }
case { name = "raising handler: raises k times", f = function(a, b)
	local n = 0 local ok, v = xpcall(error, function(e) n = n + 1 if n <= a then error(n) end return e end, -1)
	return ok, v, n
end, inputs = lang.each{0, 1, 2, 3, 4, 50, 100, 150} }
case { name = "raising handler: raises k times, text", f = function(a, b)
	local n = 0 local ok, v = xpcall(error, function(e) n = n + 1 if n <= a then error("t" .. n, 0) end return e end, -1)
	return ok, v == -1, v == "t3"
end, inputs = lang.each{0, 1, 2, 3, 4, 50, 100, 150} }
case { name = "raising handler: raises k times, text or number", f = function(a, b)
	local n = 0 local ok, v = xpcall(error, function(e) n = n + 1 if n <= a then error(n % 2 == 0 and n or "x", 0) end return e end, -1)
	return ok, v == "x" or v, n
end, inputs = lang.each{0, 1, 2, 3, 4, 50, 100, 150} }
case { name = "raising handler: raises a table always", f = function(a, b)
	local ok, v = xpcall(add, function(e) error { code = 1 } end, a, b)
	return ok, ok and v or v == E
end, inputs = kinds }
case { name = "raising handler: raises two kinds of table", f = function(a, b)
	local n = 0 local ok, v = xpcall(some, function(e) n = n + 1 if n <= a then error { code = n } end return type(e) == "table" and e.code end, a, b)
	return ok, v == E or v, v == E or n
end, inputs = few }
case { name = "raising handler: in a pcall", f = function(a, b)
	local ok, v, w = pcall(function() return xpcall(add, function() error("x") end, a, b) end)
	return ok, v, w == E or v and w
end, inputs = kinds }
case { name = "raising handler: in a loop", f = function(a, b)
	local n = 0 for i = 1, 4 do local ok, v = xpcall(add, function() if i == b then error("x") end return i end, a, b) if type(v) == "string" then n = n + 100 else n = n + v end end return n
end, inputs = pairs2({"nil", 1, 2}, {1, 2, 3}) }
case { name = "raising handler: handler with pcall", f = function(a, b)
	local ok, v = xpcall(add, function(e) local o, m = pcall(add, b, 1) error(m) end, a, b)
	return ok, ok and v or v == E
end, inputs = kinds }
case { name = "raising handler: by branch", f = function(a, b)
	local h = a == 1 and function() error(1) end or function() return 2 end local ok, v = xpcall(add, h, a, b)
	return ok, v == E or v
end, inputs = kinds }
case { name = "raising handler: code", f = function(a, b)
	local ok, v = xpcall(some, function(e) return e.code end, a, b)
	return ok, v
end, inputs = few }
case { name = "raising handler: code * 2", f = function(a, b)
	local ok, v = xpcall(some, function(e) return e.code * 2 end, a, b)
	return ok, v == E or v
end, inputs = few }
case { name = "raising handler: code concat", f = function(a, b)
	local ok, v = xpcall(some, function(e) return #("c" .. e.code) end, a, b)
	return ok, v == E or v
end, inputs = few }
case { name = "raising handler: nested xpcall", f = function(a, b)
	local ok, v = xpcall(function() local ok, v = xpcall(add, function() error("y") end, a, b) error(v) end, function(e) return e == E or #e end)
	return ok, v
end, inputs = few }
case { name = "raising handler: handler itself xpcalls", f = function(a, b)
	local ok, v = xpcall(add, function(e) local ok, v = xpcall(add, function() error("y") end, a, b) error(v) end, a, b)
	return ok, v == E or v
end, inputs = few }
case { name = "raising handler: raised on", f = function(a, b)
	local ok, v = xpcall(add, function(e) error("y") end, a, b) if not ok then error(v) end return v
end, inputs = few }
case { name = "raising handler: raised on with 0", f = function(a, b)
	local ok, v = xpcall(add, function(e) error("y") end, a, b) if not ok then error(v, 0) end return v
end, inputs = few }
case { name = "raising handler: text of it", f = function(a, b)
	local ok, v = xpcall(add, function(e) error("y") end, a, b) if not ok then return #v, v:sub(1, 5) == "error" end return v
end, inputs = few }
case { name = "raising handler: assert false", f = function(a, b)
	local ok, v = xpcall(add, function(e) assert(false) end, a, b)
	return ok, v == E or v
end, inputs = few }
case { name = "raising handler: assert(e == 1)", f = function(a, b)
	local ok, v = xpcall(error, function(e) assert(e == 1) return e end, a)
	return ok, v == E or v
end, inputs = few }

-- The handler is a field: what the function does to a table that it is given is done to that table.
case { name = "handler in a field, a table given", f = function(a, b)
	local o, t = {}, { n = a }
	o.h = function(m) return m end
	local ok = xpcall(function(u, v) u.n = v u.m = u.n + 1 end, o.h, t, b)
	return ok, t.n, t.m
end, inputs = pairs2 { 0, 1, 5 } }
case { name = "handler in a field, of the library", f = function(a, b)
	local o, t = {}, {}
	o.h = tostring
	xpcall(function(u) u.n = a end, o.h, t)
	return t.n
end, inputs = pairs2 { 0, 1, 5 } }
case { name = "handler in a field, a table raised", f = function(a, b)
	local o, t = {}, { n = a }
	o.h = function(m) m.n = m.n + 1 return m end
	local ok, u = xpcall(function(u) if a > b then error(u) end return u end, o.h, t)
	u.n = u.n * 2
	return ok, t.n
end, inputs = pairs2 { 0, 1, 5 } }

-- What the handler does to variables that it shares, where nothing that it raises itself would show them to it again.
case { name = "a shared variable: length, from nil", f = function(a, b)
	local n
	xpcall(add, function(e) n = #e end, a, b)
	return n
end, inputs = few }
case { name = "a shared variable: length, of one text", f = function(a)
	local n
	xpcall(function() if a == 1 then error("abc", 0) end end, function(e) n = #e end)
	return n
end, inputs = few }
case { name = "shared with both functions", f = function(a, b)
	local n, m = 0, 0
	xpcall(function() n = n + 1 m = a + b end, function(e) m = #e n = n + 1 end)
	return n, m
end, inputs = few }
case { name = "a shared variable: in a loop", f = function(a, b)
	local n
	for i = 1, 3 do xpcall(function() if i == a then error("x" .. i, 0) end return i + b end, function(e) n = #e end) end
	return n
end, inputs = few }
case { name = "a shared variable: a number taken out of the text", f = function(a, b)
	local s
	xpcall(add, function(e) s = e:match(":(%d+):") end, a, b)
	return s and tonumber(s)
end, inputs = few }
case { name = "a shared parameter, and one that another function reads", f = function(a, b)
	local n
	local function get() return n end
	xpcall(add, function(e) n = #e a = n + 1 return n end, a, b)
	return get(), a
end, inputs = few }
case { name = "a shared variable: by a named handler, twice", f = function(a, b)
	local n = 0
	local function h(e) n = n * 100 + #e end
	xpcall(add, h, a, b)
	xpcall(add, h, b, a)
	return n
end, inputs = few }
lang.done()

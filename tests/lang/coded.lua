-- Errors that are tables with fields, caught where a text may come, too: what no text has is nil there, and is used as nil.
local lang = dofile "tests/lang/harness.lua"
local case, each, pairs2 = lang.case, lang.each, lang.pairs

local seen = bpf.map { "hash", name = "cd_seen", key = "u32", value = "u64", entries = 64 }
local last = bpf.map { "hash", name = "cd_last", key = "u32", value = "struct { u64 code; u64 times; }", entries = 8 }
local st = bpf.state { cd_n = "u64", cd_code = "u64" }

-- 1: a table, 2: a text of its own, nil: Lua's text, 3: a number, 4: a table without the field, 5: nothing, 6: true
local function some(a, b)
	if a == 1 then error { code = 404 } end
	if a == 2 then error "text" end
	return a + b
end
local function any(a, b)
	if a == 3 then error(33) end
	if a == 4 then error { other = 1, code = b } end
	if a == 5 then error() end
	if a == 6 then error(true) end
	return some(a, b)
end
local inputs = pairs2({ 0, 1, 2, "nil", 3, 4, 5, 6 }, { 5, 0, -1, "nil" })

-- use(e) of what was caught, and of what may be something else than a table or a text.
local function both(name, use, more)
	for _, f in ipairs { some, any } do
		local c = { name = name .. (f == any and ", of any value" or ""), f = function(a, b)
			local ok, e = pcall(f, a, b)
			if ok then return e end
			return use(e, a)
		end, inputs = inputs }
		for k, v in pairs(more or {}) do c[k] = v end
		case(c)
	end
end

both("returned", function(e) return e.code end)
both("added to", function(e) return e.code + 1, e.code end)
both("tested", function(e) if e.code then return e.code end return false end)
both("or", function(e) return e.code or -1, e.code == 404, e.code ~= nil end)
both("what it is", function(e) return type(e.code) == "number", type(e) == "table" end)
both("put into a text", function(e) return #("code " .. e.code) end)
both("put into a text, first", function(e) return #(e.code .. " code") end)
both("formatted", function(e) return #("%d"):format(e.code) end)
both("formatted as a text", function(e) return #("%s"):format(e.code) end)
both("tostring", function(e) return #tostring(e.code), tostring(e.code) == "nil" end)
both("a limit", function(e)
	local n = 0
	for i = 401, e.code do n = n + i end
	return n
end)
both("where a loop begins, and its step", function(e)
	local n = 0
	for i = e.code, 404, 1 do n = n + i if n > 5000 then break end end
	for i = 1, 500, e.code do n = n + i if n > 5000 then break end end
	return n
end)
both("compared", function(e) return e.code < 500, e.code >= 404 end)
both("of bits, and negated", function(e) return e.code & 0xf, -e.code, ~e.code end)
both("a key that is written", function(e) seen[e.code] = 1 return 7 end, { see = { seen } })
both("a key that is read", function(e) return seen[e.code], seen[e.code] == nil end, { setup = function() seen[404] = 3 end, see = { seen } })
both("a key of add", function(e) seen:add(e.code, 2) return 1 end, { see = { seen } })
both("a value", function(e) seen[1] = e.code return seen[1] end, { see = { seen } })
both("a field of a struct", function(e) last[1] = { code = e.code, times = 2 } return 1 end, { see = { last } })
both("a state", function(e) st.cd_code = e.code return 1 end, { see = { { st, "cd_code" } } })
both("math.max", function(e) return math.max(e.code, 3) end)
both("math.abs", function(e) return math.abs(e.code) end)
both("tonumber", function(e) return tonumber(e.code or 7) end)
both("select", function(e) return select("#", e.code, 1), (select(1, e.code)) end)
both("raised again", function(e) local ok, x = pcall(error, e) return x.code, ok end)
both("raised again, without a level", function(e)
	local ok, x = pcall(function() error(e, 0) end)
	return x.code, ok, type(x) == "string"
end)
both("raised again by assert", function(e) local ok, x = pcall(assert, false, e) return x.code, ok end)
both("raised for good", function(e) if e.code then return e.code end error("no code: " .. type(e), 0) end)
both("the code raised", function(e) error(e.code) end)
both("the code asserted", function(e) return assert(e.code) end)
both("the code asserted, with a text", function(e) return (assert(e.code, "no code")) end)
both("by a name that is no field of either", function(e) return e.nothing, e.code == e.nothing end)
both("by a number", function(e) return e[1], e[2] == nil end)
both("tested, and used all the same", function(e)
	if type(e) == "table" then return e.code + 1 end
	if type(e) == "string" then return #e > 3, e.code end
	return false
end)
both("its text, or its code", function(e)
	local s = type(e) == "string" and e or "code " .. e.code
	return #s > 3
end)

-- ---- several fields, of several kinds ----

local function rich(a, b)
	if a == 1 then error { code = 404, text = "not found", fatal = false } end
	if a == 2 then error { code = 500, text = "broken", fatal = true } end
	if a == 3 then error { text = "of " .. b } end
	if a == 4 then error { code = b, fatal = a } end
	if a == 5 then error("plain", 0) end
	return a + b
end
local function of_rich(name, use, more)
	local c = { name = name .. ", one of several fields", f = function(a, b)
		local ok, e = pcall(rich, a, b)
		if ok then return e end
		return use(e)
	end, inputs = pairs2({ 0, 1, 2, 3, 4, 5, "nil" }, { 7, "nil" }) }
	for k, v in pairs(more or {}) do c[k] = v end
	case(c)
end
of_rich("an integer", function(e) return e.code + 1 end)
of_rich("a text", function(e) return #e.text, #("<" .. e.text .. ">") end)
of_rich("a text compared", function(e) return e.text == "not found", e.text == "broken", e.text == nil end)
of_rich("a text's method", function(e) return e.text:byte(1), e.text:sub(1, 2) == "of" end)
of_rich("a boolean", function(e) if e.fatal then return 1 end return e.fatal, e.fatal == nil end)
of_rich("a boolean or a number, in a text", function(e) return #("f" .. e.fatal) end)
of_rich("all of them", function(e) return e.code, e.text and #e.text, e.fatal end)
of_rich("a format of all", function(e) return #("%d %s %s"):format(e.code, e.text, tostring(e.fatal)) end)
of_rich("kept", function(e)
	if e.text then st.cd_n = #e.text end
	seen[e.code] = e.fatal and 1 or 0
	return e.code
end, { see = { seen, { st, "cd_n" } } })

-- ---- in each other, in loops, handed on ----

case { name = "nested, each with its own", f = function(a, b)
	local ok, e = pcall(function()
		local fine, x = pcall(some, a, b)
		if not fine then error { code = 1, inner = x.code } end
		if b == 0 then error "zero" end
		return x
	end)
	if ok then return e end
	return "c" .. e.code == "c1", e.inner
end, inputs = inputs }
case { name = "passed on through two", f = function(a, b)
	local ok, e = pcall(function()
		local fine, x = pcall(function()
			local good, y = pcall(some, a, b)
			if not good then error(y) end
			return y
		end)
		if not fine then error(x, 0) end
		return x
	end)
	if ok then return e end
	seen[e.code] = 2
	return e.code
end, inputs = inputs, see = { seen } }
case { name = "in a loop", f = function(a, b)
	local n = 0
	for i = 1, 4 do
		local ok, e = pcall(some, i == a and 1 or a, b)
		if not ok then n = n + (e.code or i) else n = n + e end
	end
	return n
end, inputs = inputs }
case { name = "in a loop, kept over its turns", f = function(a, b)
	local kept
	for i = 1, 4 do
		local ok, e = pcall(some, i == a and 1 or i == 3 and 2 or 0, b)
		if not ok then kept = e end
	end
	if kept == nil then return "none" == b end
	return kept.code, type(kept) == "table"
end, inputs = inputs }
case { name = "by a function that gets it", f = function(a, b)
	local function code(e) return "c" .. e.code end
	local ok, e = pcall(some, a, b)
	if ok then return e end
	local fine, s = pcall(code, e)
	return fine, fine and #s
end, inputs = inputs }
case { name = "of xpcall", f = function(a, b)
	local ok, code = xpcall(some, function(e) return e.code end, a, b)
	local no, n = xpcall(some, function(e) return e.code * 2 end, a, b)
	return ok, code, no == ok and type(n) == "number"
end, inputs = inputs }
case { name = "of assert", f = function(a, b)
	local ok, e = pcall(function() assert(a ~= 1, { code = b }) assert(a ~= 2, "two") return a + 1 end)
	if ok then return e end
	return #("<" .. e.code .. ">")
end, inputs = inputs }
case { name = "one of two, made in the function", f = function(a, b)
	local v = a == 1 and "all" or { code = b }
	seen[v.code] = 1
	return #("c" .. v.code)
end, inputs = inputs, see = { seen } }
case { name = "a text made at run time, or a table", f = function(a, b)
	local ok, e = pcall(function()
		if a == 1 then error { code = b } end
		error("bad " .. tostring(b), 0)
	end)
	return #("c" .. e.code), ok
end, inputs = inputs }
case { name = "written to a field of what may be a text", f = function(a, b)
	local ok, e = pcall(some, a, b)
	if ok then return e end
	if type(e) == "table" then e.code = e.code + 1 end
	return #("c" .. e.code), e.code
end, inputs = inputs }
-- ---- captured tables that are raised ----

local missing, broken = { code = 404 }, { code = 500, fatal = true }
for name, more in lang.sorted { one = false, two = true } do
	local function f(a, b)
		if a == 1 then error(missing) end
		if a == 2 then error "text" end
		if a == 3 and more then error(broken) end
		return a + b
	end
	local function of(what, use)
		case { name = "captured, " .. name .. ": " .. what, f = function(a, b)
			local ok, e = pcall(f, a, b)
			if ok then return e end
			return use(e)
		end, inputs = inputs }
	end
	of("returned", function(e) return e.code end)
	of("added to", function(e) return e.code + 1 end)
	of("put into a text", function(e) return #("code " .. e.code), #(e.code .. "!") end)
	of("under a test", function(e) if type(e) == "table" then seen[e.code] = 1 return #("%d"):format(e.code) end return #e > 3 end)
end

-- ---- what texts have, and a script put there ----

case { name = "a name that texts have", f = function(a, b)
	local ok, e = pcall(function() if a == 1 then error { len = 5 } end error "z" end)
	return e.len == 5, ok
end, inputs = inputs }
string.own = 77
case { name = "a field of texts", f = function(a, b)
	local ok, e = pcall(function() if a == 1 then error { own = 5 } end error "z" end)
	return e.own, ok
end, inputs = inputs }
string.own = nil
case { name = "one more field", f = function(a, b)
	local ok, e = pcall(function() if a == 1 then error { inner = { code = b } } end error "z" end)
	return e.inner and e.inner.code, e.inner == nil, ok
end, inputs = inputs }
case { name = "a list, by a number that is known and one that is not", f = function(a, b)
	local ok, e = pcall(function() if a == 1 then error { 10, 20, 30 } end error "z" end)
	if type(e) == "table" and e[b] then return e[b], #("x" .. e[1]) end
	return e[2], #("x" .. e[1])
end, inputs = pairs2({ 1, 2 }, { 1, 2, 4, "nil" }) }
case { name = "shared with a variable, through which it is changed", f = function(a, b)
	local t = { code = 1 }
	local ok, e = pcall(function() if a == 1 then error(t) end if a == 2 then error "x" end return 1 end)
	if ok then return e end
	t.code = 7
	return #("c" .. e.code), e.code
end, inputs = inputs }

-- ---- a key known only at run time, of what may be a table or a text ----

local A = bpf.ip "10.0.0.1"
case { name = "one of two names", f = function(a, b)
	local e = "text"
	if a == 1 then e = { code = 4, why = 9 } end
	return e[b == 1 and "code" or "why"]
end, inputs = inputs }
case { name = "one of two names, of an error", f = function(a, b)
	local ok, e = pcall(function() if a == 1 then error { code = 4, why = 9 } end error("text", 0) end)
	local k = "why"
	for i = 1, 2 do if i == b then k = "code" end end
	return e[k], ok
end, inputs = inputs }
case { name = "a number, nil or a boolean", f = function(a, b)
	local e = "text"
	if a == 1 then e = { 4, 9, [true] = 5 } elseif a == 2 then e = { 3 } end
	return e[b], e[b == 1]
end, inputs = pairs2({ 0, 1, 2 }, { 0, 1, 2, "nil", true }) }
case { name = "an address", f = function(a, b)
	local e = "text"
	if a == 1 then e = { [A] = 4 } end
	return e[b == 1 and A or bpf.ip "10.0.0.2"]
end, inputs = inputs }
case { name = "of a field of a table", f = function(a, b)
	local e = "text"
	if a == 1 then e = { list = { 7, 8 } } end
	local list = e.list or "none"
	return list[b]
end, inputs = inputs }
case { name = "or a number", f = function(a, b)
	local e = "text"
	if a == 1 then e = { 7, 8 } elseif a == 2 then e = 5 end
	local ok, v = pcall(function() return e[b] end)
	return ok, ok and v
end, inputs = inputs }
case { name = "no method of texts, though the table has a field of the name", f = function(a, b)
	local e = "text"
	if a == 1 then e = { sub = 4, n = 9 } end
	return e[b == 1 and "n" or "m"]
end, inputs = inputs }
case { name = "captured, or a text", f = (function()
	local rows = { { code = 4, why = 9 }, "all" }
	return function(a, b)
		local e = rows[a] or "none"
		return e[b == 1 and "code" or "why"]
	end
end)(), inputs = inputs }
string.own = 77
case { name = "a field of texts, of a captured row or one made here", f = (function()
	local rows = { { own = 1 }, "all" }
	return function(a)
		local e = rows[a] or { own = 5 }
		return e.own
	end
end)(), inputs = inputs }
string.own = nil

-- What the script put under a number or a boolean is no less a field of texts; so is a method, and what other things have.
local function refused(name, f)
	local ok, e = pcall(bpf.program, "xdp", function(p) return f(p.len) and bpf.PASS or bpf.DROP end)
	lang.check(name, (ok or not e:find("something else that has fields", 1, true)) and { tostring(e) } or {})
end
string[2] = 7
refused("a number that texts have", function(n) local e = "x" if n == 1 then e = { 1, 2 } end return e[2] end)
refused("a number that texts may have", function(n) local e = "x" if n == 1 then e = { 1, 2 } end return e[n] end)
string[2] = nil
string[true] = 7
refused("a boolean that texts have", function(n) local e = "x" if n == 1 then e = { [true] = 1 } end return e[n == 2] end)
string[true] = nil
refused("perhaps a method", function(n)
	local e = "x"
	if n == 1 then e = { n = 1 } end
	return e[n == 2 and "sub" or "n"]
end)
refused("an address", function(n) local e = A if n == 1 then e = { 1, 2 } end return e[n] end)

-- ---- a field of it, or itself ----

local function raises(a)
	return pcall(function()
		if a == 1 then error { code = 4 } end
		if a == 2 then error("text", 0) end
		if a == 3 then error { code = a, why = 5 } end
		return a
	end)
end
case { name = "its code, or what it is", f = function(a)
	local ok, e = raises(a)
	local v = type(e) == "table" and e.code or e
	return v == 4, v == "text", v == 3
end, inputs = inputs }
case { name = "only where it failed", f = function(a)
	local ok, e = raises(a)
	local v = not ok and (type(e) == "table" and e.code or e)
	return v == 4, v == "text", v == 3
end, inputs = inputs }
case { name = "whatever it is of", f = function(a)
	local ok, e = raises(a)
	if ok then return false end
	local v = e.code or e
	return v == 4, v == "text", v == 3
end, inputs = inputs }
case { name = "which only one of them has", f = function(a)
	local ok, e = raises(a)
	local v = type(e) == "table" and e.why or e
	return v == 5, type(v) == "table", type(v) == "table" and v.code
end, inputs = inputs }
case { name = "a number or a table that has one, compared and added to", f = function(a, b)
	local t = a or 1
	if b == 5 then t = { n = a or 7 } end
	local v = type(t) == "table" and t.n or t
	return v < 2, v + 1, v == 1
end, inputs = pairs2({ 0, 1, 2, "nil" }, { 5, 0 }) }
case { name = "in a loop, of each turn", f = function(a)
	local s = 0
	for i = 1, 3 do
		local t = i
		if i == a then t = { n = i * 10 } end
		local v = type(t) == "table" and t.n or t
		s = s + v
	end
	return s
end, inputs = inputs }
case { name = "the field is a table itself", f = function(a)
	local t = { n = a == 1 and { x = a } }
	local v = t.n or t
	return v.x, v.n == false
end, inputs = inputs }
case { name = "the field changes behind it", f = function(a)
	local t = { n = a }
	local v = t.n or 3
	local w = t.n or t
	t.n = 9
	return v == a, t.n, type(w) == "table"
end, inputs = pairs2({ 0, 1, 2 }, { 0 }) }

-- ---- that, looked up in captured tables ----

local codes, texts, mixed, names, words, both, rows, shown = {}, {}, {}, {}, {}, {}, {}, {}
for i = 1, 40 do
	codes[i], texts[i], mixed[i] = 400 + i, "e" .. i, i % 2 == 0 and 400 + i or "e" .. i
	names[400 + i], words["e" .. i], rows[400 + i], shown[400 + i] = i * 3, i, { n = i }, "text" .. i
	both[i % 2 == 0 and 400 + i or "e" .. i] = i
end
local few, handlers = { [401] = 1, [405] = 2, e7 = 3 }, {}
handlers[404], handlers[405] = function(n) return n and n + 1 end, function() return 5 end
handlers.e7 = handlers[405]

local function raise_some(a, b)
	if a == 1 then error { code = 400 + b } end
	if a == 2 then error("e7", 0) end
	return a + b
end
local function raise_any(a, b)
	if a == 3 then error(405) end
	if a == 4 then error { other = 1, code = "e9" } end
	if a == 5 then error() end
	if a == 6 then error(true) end
	if a == 7 then error { other = 3 } end
	return raise_some(a, b)
end
local function by_code(name, use)
	for _, f in ipairs { raise_some, raise_any } do
		case { name = name .. (f == raise_any and ", of any value" or ""), f = function(a, b)
			local ok, e = pcall(f, a, b)
			if ok then return e end
			local c = type(e) == "table" and e.code or e
			return use(c, b, e)
		end, inputs = pairs2({ 0, 1, 2, "nil", 3, 4, 5, 6, 7 }, { 5, 0, 40, "nil" }) }
	end
end
by_code("one of 40 numbers", function(c, b) if c == codes[b] then return 1 end return 2 end)
by_code("one of 40 texts", function(c, b) if c == texts[b] then return 1 end return 2 end)
by_code("one of both", function(c, b) if c == mixed[b] then return 1 end return 2 end)
by_code("sought among 40", function(c) for i = 1, 40 do if c == mixed[i] then return i end end return 0 end)
by_code("by 40 numbers", function(c) return names[c], names[c] == 15 end)
by_code("by 40 texts", function(c) return words[c] end)
by_code("by numbers and texts", function(c) return both[c], few[c], few[c] == 3 end)
by_code("of the code", function(c, b, e) return names[e.code], c == e.code, b end)
by_code("of itself", function(c, b, e) return names[e], words[e], c == e end)
by_code("a row", function(c) local r = rows[c] return r and r.n end)
by_code("a field of a row", function(c) return rows[c].n end)
by_code("a text that is put together", function(c) return #("is " .. shown[c]) end)
by_code("or a number", function(c) return (names[c] or 0) + 1 end)
by_code("by what it gave", function(c) return names[names[c]], (names[c]) end)
by_code("in two tables", function(c, b) local function f(x) return names[x] or words[x] end return f(c), f(b) end)
by_code("of one without a test", function(c, b, e) local d = e.code or e return names[d], c == d, b end)
by_code("raised where it is not there", function(c, b, e) local n = names[c] if not n then error(e) end return n, b end)
by_code("the code is raised", function(c) local n = names[c] if not n then error(c, 0) end return n end)
by_code("kept in a table", function(c) local t = { c = c } return names[t.c] end)
by_code("a function", function(c, b) local f = handlers[c] if f then return f(b) end end)
by_code("a function that is called", function(c, b) return handlers[c](b) end)

-- Lua's own messages are keys, too.
local function plain(a)
	if a == 2 then error("e7", 0) end
	if a == 1 then error("e8") end
	return a + 1
end
local function added(a) return a + 1 end
local said = { [select(2, pcall(plain, 1))] = 77, [select(2, pcall(plain))] = 78, [select(2, pcall(added, true))] = 79 }
for i = 1, 40 do said["e" .. i] = i end
for name, f in lang.sorted { ["some of them"] = plain, ["nothing else"] = added } do
	case { name = "a message that is a key, " .. name, f = function(a)
		local _, e = pcall(f, a)
		return said[e], said[a]
	end, inputs = each { "nil", false, true, 0, 1, 2 } }
	case { name = "a message that is no key, " .. name, f = function(a)
		local _, e = pcall(f, a)
		return words[e], names[e]
	end, inputs = each { "nil", false, true, 0, 1, 2, 400 } }
end
lang.done()

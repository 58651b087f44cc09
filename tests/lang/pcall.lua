-- Errors that are caught: pcall, nested; error with any value; messages compared with constants.
local lang = dofile "tests/lang/harness.lua"
local case, each, pairs2 = lang.case, lang.each, lang.pairs
local numbers = { "nil", false, 0, 1, -1, 2, math.maxinteger, math.mininteger }

local small = bpf.map { "array", name = "pcall_small", key = "u32", value = "u8", entries = 4 }
local full = bpf.map { "hash", name = "pcall_full", key = "u32", value = "u64", entries = 1 }
local flows = bpf.map { "hash", name = "pcall_flows", key = "u32", value = "struct { u64 n; u16 port; }", entries = 8 }
local st = bpf.state { n = "u64", bad = "u64", last = "u16" }

-- What f says of these arguments, as a constant.
local function said(f, ...) return select(2, pcall(f, ...)) end

case { name = "all results, or a message", f = function(a, b)
	local ok, x, y = pcall(function() return b, a + b end)
	return ok, ok and x, ok and y
end, inputs = pairs2(lang.kinds) }
case { name = "how far it came", f = function(a, b)
	local n = 0
	local ok = pcall(function() n = 1 n = n + a n = 2 n = n // b n = n + 3 end)
	return ok, n
end, inputs = pairs2(numbers) }
case { name = "used where it is known to be good", f = function(a, b)
	local ok, v = pcall(function() return a // b end)
	if ok then return v + 1 end
	return a, type(v) == "string"
end, inputs = pairs2(numbers) }
case { name = "not ok", f = function(a)
	local ok, v = pcall(function() return a * 3 end)
	if not ok then return false end
	for i = 1, 3 do v = v + i end
	return v
end, inputs = each(lang.kinds) }
case { name = "arguments and varargs", f = function(a, b)
	local function f(x, ...) return select("#", ...), ..., x end
	local ok, n, y = pcall(f, a, b)
	local function g(...) return pcall(f, ...) end
	local ok2, m = g(a, b, b)
	return ok and ok2, n, m == 2 and y
end, inputs = pairs2(lang.kinds) }
case { name = "arguments that may be missing", f = function(a, b)
	local function two() if a then return a, b end return b end
	local function f(x, y) return y == nil, x end
	return pcall(f, two())
end, inputs = pairs2(lang.kinds) }
case { name = "results that may be missing", f = function(a, b)
	local ok, x, y = pcall(function() if a then return a, b end if b then return end return 5 end)
	return ok, x, y
end, inputs = pairs2(lang.kinds) }

-- error
case { name = "error with any value", f = function(a, b)
	local ok, e = pcall(function() if a then error(b) end return 7 end)
	return ok, e
end, inputs = pairs2(lang.kinds) }
case { name = "error with an address", f = function(a, b)
	local ok, e = pcall(function() if a == b then error(a) end return a end)
	return ok, e == b, e == a
end, inputs = pairs2 { "nil", bpf.ip "10.0.0.1", bpf.ip "2001:db8::1", bpf.mac "02:00:00:00:00:01" } }
case { name = "error with nothing", f = function(a)
	local ok, e = pcall(function() if a then error() end error(nil, 2) end)
	return ok, e
end, inputs = each(lang.kinds) }
case { name = "constants that were raised", f = function(n)
	local ok, e = pcall(function()
		if n == 1 then error("one", 0) end
		if n == 2 then error("two", 0) end
		if n == 3 then error(3) end
		if n == 4 then error(true) end
		return n
	end)
	if ok then return e end
	if e == "one" then return 100 end
	return e ~= "two" and e, e == "two", e == 3
end, inputs = each { "nil", 0, 1, 2, 3, 4, 5 } }
case { name = "nothing is caught outside", f = function(a, b)
	local ok = pcall(function() return a + 1 end)
	if not ok then error("first") end
	return b + 1
end, inputs = pairs2(lang.kinds) }
case { name = "raised for good", f = function(a)
	if a == nil then error() end
	if a == true then error(a) end
	if a == 0 then error(12) end
	if a == 1 then error(a) end
	if a == false then error("text", 0) end
	error("at a level", 1)
end, inputs = each(lang.kinds) }

local function level(n)
	error("where", n)
end
local function calls(n) level(n) return 1 end
for n = 0, 5 do
	local function f(a)
		local ok, e = pcall(function() if a then calls(n) end return a end)
		return ok, e
	end
	local message = said(f, true) and select(3, pcall(f, true))
	case { name = "level " .. n, f = function(a)
		local ok, e = f(a)
		return ok, e == message, ok and e
	end, inputs = each(lang.kinds) }
end
do
	local function f(a) return pcall(error, a) end
	local _, message = f("said")
	case { name = "pcall of error", f = function(a)
		local ok, e = f(a)
		local ok2, e2 = pcall(error, "said")
		return ok, e, not ok2 and e2 == message
	end, inputs = each(lang.kinds) }
	local function tail(a) return pcall(function() if a then return error("x") end return error("y") end) end
	local _, x = tail(true)
	case { name = "a tail call of error", f = function(a)
		local ok, e = tail(a)
		return ok, e == x
	end, inputs = each(lang.kinds) }
end
case { name = "asserted", f = function(a, b)
	local ok, e = pcall(function() return assert(a, b) end)
	return ok, e
end, inputs = pairs2(lang.kinds), args = 2 }
case { name = "assert of pcall", f = function(a, b)
	local _, v = assert(pcall(function() return a + b end))
	return v
end, inputs = pairs2(lang.kinds) }

-- messages
do
	local function f(a, b)
		return pcall(function() local x = a + b return x // b end)
	end
	local nilled, booled = select(2, f(1, nil)), select(2, f(1, false))
	case { name = "messages of operations", f = function(a, b)
		local ok, e = f(a, b)
		local ok2, e2 = f(b, a)
		return ok, e == nilled, e2 ~= booled
	end, inputs = pairs2(lang.kinds) }
	local function fmod(a, b) return pcall(math.fmod, a, b) end
	local zero = said(function(a, b) math.fmod(a, b) end, 1, 0)
	case { name = "messages of library functions", f = function(a, b)
		local ok, e = pcall(function(x, y) return math.fmod(x, y) end, a, b)
		return ok, e == zero, (fmod(a, b))
	end, inputs = pairs2(lang.kinds) }
end
do
	local function inner(a) return a + 1 end
	local _, once
	_, once = pcall(function() local ok, e = pcall(inner, nil) error(e) end)
	case { name = "raised again, with its position", f = function(a)
		local v
		if a ~= 1 then v = a end
		local ok, e = pcall(function() local good, m = pcall(inner, v) if not good then error(m) end return 1 end)
		return ok, e == once, type(e) == "string"
	end, inputs = each { "nil", 1 } }
end
case { name = "raised again", f = function(a, b)
	local ok, e = pcall(function() return a + b end)
	if not ok then error(e, 0) end
	return e
end, inputs = pairs2(numbers) }
case { name = "raised again, twice", f = function(a, b)
	local ok, e = pcall(function()
		local ok, e = pcall(function() return a // b end)
		if not ok then error(e) end
		return e
	end)
	if not ok then error(e) end
	return e
end, inputs = pairs2 { 1, "nil", false, true } }
case { name = "kept over a loop's turns", f = function(a, b)
	local last, bad = nil, 0
	for i = 1, 4 do
		if last == "no" then bad = bad + 100 end
		local ok, e = pcall(function()
			if i == a then error("no", 0) end
			return i + b
		end)
		if not ok then
			bad = bad + i
			last = e
		end
	end
	return bad, last == "no", last == nil
end, inputs = pairs2 { "nil", 0, 1, 2, 3, 4, 5 } }

-- nested, and in the company of others
case { name = "nested", f = function(a, b)
	local n = 0
	local ok, v = pcall(function()
		local inner, y = pcall(function() n = n + 1 return a + 1 end)
		n = n + 10
		if not inner then error(b) end
		n = n + b
		return y
	end)
	return ok, v == nil or type(v) ~= "string" and v, n
end, inputs = pairs2(lang.kinds) }
case { name = "nested, the inner one's handler raises", f = function(a, b)
	local ok, e = pcall(function()
		if not pcall(function() return a + 1 end) then return b + 1 end
		error(b)
	end)
	return ok, type(e) ~= "string" and e
end, inputs = pairs2(lang.kinds) }
case { name = "three deep", f = function(a, b)
	local n = 0
	local x = pcall(pcall, pcall, function() n = 5 error(a) end)
	local y, z = pcall(pcall, error, b)
	return x, z, n
end, inputs = pairs2(lang.kinds) }
local handlers = { [0] = function(x) return x + 1 end, function(x) return -x end, function(x) error(x) end }
case { name = "by a captured function chosen at run time", f = function(a, b)
	local h = handlers[a]
	if not h then return "none" == a end
	local ok, e = pcall(h, b)
	return ok, type(e) ~= "string" and e
end, inputs = pairs2({ 0, 1, 2, 3 }, lang.kinds) }
case { name = "a captured function chosen inside", f = function(a, b)
	local n = 0
	local ok, e = pcall(function() n = 1 local v = handlers[a](b) n = 2 return v end)
	return ok, type(e) ~= "string" and e, n
end, inputs = pairs2({ 0, 1, 2, 3, "nil" }, lang.kinds) }
case { name = "in a loop that breaks", f = function(a, b)
	local sum = 0
	for i = 1, 5 do
		local ok, v = pcall(function() if i > 3 then return b + i end return a + i end)
		if not ok then sum = sum + 1000 break end
		sum = sum + v
	end
	return sum
end, inputs = pairs2(numbers) }
case { name = "a loop inside", f = function(a, b)
	local n = 0
	local ok = pcall(function()
		for i = 1, a do
			n = n + 1
			if i == 3 then n = n + b end
		end
	end)
	return ok, n
end, inputs = pairs2 { "nil", false, 0, 1, 3, 5 } }
case { name = "a for loop's own errors", f = function(a, b)
	local ok = pcall(function() for i = 1, 3, a do if i == b then error(i) end if i > 3 or i < -5 then break end end end)
	return ok
end, inputs = pairs2 { "nil", false, 0, 1, 2, -1 } }
case { name = "comparisons", f = function(a, b)
	local ok, less = pcall(function() return a < b end)
	return ok, ok and less, pcall(function() return a <= 2.5 end) and a <= 2.5
end, inputs = pairs2 { "nil", false, 0, 1, 3, math.mininteger } }

-- what was done before stays
case { name = "maps and state", see = { small, full, { st, "n", "bad", "last" } }, f = function(a, b)
	local n = 0
	local ok = pcall(function()
		st.n = st.n + 1
		small[1] = 7
		small[0] = a
		n = 1
		full[1] = 5
		full[a] = b
		n = 2
		st.last = b
		n = 3
	end)
	if not ok then st.bad = st.bad + 1 end
	return ok, n
end, inputs = pairs2 { "nil", false, 0, 1, 2, 255, 256, 65536, -1 } }
case { name = "entries", see = { flows }, setup = function() flows[1] = { n = 1, port = 2 } end, f = function(a, b)
	local ok, n = pcall(function()
		local e = flows[a]
		e.n = e.n + 1
		e.port = b
		return e.n
	end)
	if ok then return n end
	return false
end, inputs = pairs2 { 0, 1, 2, 65535, 65536 } }
local held = bpf.map { "array", key = "u32", value = "char[16]", entries = 4 }
local texts = lang.each { "", "a", "AB", "0123456789ABCDEF" }
lang.case { name = "a text of another kind on the way out", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local m, n = s:lower():match("%l+"), 0
	if not m then return -1 end
	local ok = pcall(function()
		m = held[#s & 3] or ""
		n = 7 // (#s - 1)
	end)
	return ok, #m, m == s
end }
local some = lang.each { 0, 1, 2, 5, 100, -1 }
lang.case { name = "a number, or a table that was raised", inputs = some, f = function(n)
	if math.type(n) ~= "integer" then return end
	local ok, e = pcall(function()
		if n > 4 then error({ at = n, why = "big" }) end
		return n + 1
	end)
	if ok then return e * 2 end
	return e.at, #e.why, ok
end }
lang.case { name = "a number, or a text that was raised", inputs = some, f = function(n)
	local ok, e = pcall(function()
		if n > 4 then error("big", 0) elseif n < 0 then error "negative" end
		return n + 1
	end)
	if not ok then return #e > 3, e == "big" end
	return e * 2
end }
lang.case { name = "a text, or a table that was raised", inputs = some, f = function(n)
	if math.type(n) ~= "integer" then return end
	local ok, e = pcall(function()
		if n > 4 then error({ at = n }) end
		return n == 1 and "one" or "small"
	end)
	if not ok then return e.at end
	return #e, e == "one"
end }
lang.case { name = "a flag, and a table or a number", inputs = some, f = function(n)
	local function check(v)
		if v > 4 then return false, { at = v } end
		return true, v
	end
	local ok, e = check(n)
	if ok then return e + 1 end
	return -e.at
end }
lang.case { name = "a value, or nil and why", inputs = some, f = function(n)
	local function check(v)
		if v > 4 then return nil, { what = v } elseif v < 0 then return nil, { what = -1 } end
		return v, v + 1
	end
	local v, why = check(n)
	if not v then return why.what end
	return v + why
end }
lang.case { name = "a flag in a loop", inputs = some, f = function(n)
	local sum = 0
	local function check(v)
		if v & 3 == 3 then return false, "three" end
		return true, v
	end
	for i = n, n + 9 do
		local ok, e = check(i)
		if ok then sum = sum + e else sum = sum + #e end
	end
	return sum
end }
lang.case { name = "a table, or Lua's own text", inputs = some, f = function(n)
	local ok, e = pcall(function()
		if n == 1 then error { code = 7 } end
		return n + 1
	end)
	if type(e) == "table" then
		return e.code
	elseif type(e) == "string" then
		return #e > 20, e:find("nil value", 1, true) and 1, e < "z"
	end
	return ok, e
end }
lang.case { name = "a table, a text of one's own, or Lua's", inputs = some, f = function(n)
	local ok, e = pcall(function()
		if n == 1 then error { code = n } elseif n == 2 then error("two", 0) end
		return n + 1
	end)
	if type(e) == "string" then return e:sub(1, 1) == "t" and e .. "!" == "two!", e:upper() == "TWO" end
	if type(e) == "table" then return e.code end
	return ok and e
end }
lang.case { name = "a table, by and and or", inputs = some, f = function(n)
	local ok, e = pcall(function()
		if n == 1 then error { code = 7, why = "no" } end
		return n + 1
	end)
	local r = type(e) == "table" and e.code .. e.why or e
	return r == "7no", r == 1, type(r) == "string"
end }
lang.case { name = "a table, by and and or, in numbers", inputs = some, f = function(n)
	local ok, e = pcall(function()
		if n == 1 then error { code = 7, more = n } elseif n == 2 then error(3) end
		return n + 1
	end)
	if ok then return e end
	return type(e) == "table" and e.code * 2 + e.more or type(e) == "number" and e or 0
end }

-- assigning to a table of the function: to nothing at nil, and where there is no room
do
	local function put(t, k) return pcall(function() t[k] = 9 end) end
	local message = select(2, put({}, nil))
	lang.case { name = "assigned at what may be nil", inputs = some, f = function(n)
		local t, k = { 1, 2 }, nil
		if n == 1 then k = 1 elseif n == 2 then k = 2 end
		local ok, e = put(t, k)
		return ok, e == message, t[1], t[2]
	end }
	lang.case { name = "assigned at what is nil in some turns", inputs = some, f = function(n)
		local t, lost = { a = 1, b = 2 }, 0
		for i = 1, 4 do
			local k = i == n and "a" or i == 2 and "b" or nil
			if not pcall(function() t[k] = i end) then lost = lost + 1 end
		end
		return t.a, t.b, lost
	end }
	lang.case { name = "assigned at nil, within another", inputs = some, f = function(n)
		local t, k, way = { 1, 2 }, nil, 0
		if n == 1 then k = n end
		local ok = pcall(function()
			if not pcall(function() way = 1 t[k] = 7 way = 2 end) then way = way * 10 t[k] = 8 end
			way = way + 5
		end)
		return ok, way, t[1]
	end }
	lang.case { name = "assigned at nil, by xpcall", inputs = some, f = function(n)
		local t, k, said = { 1 }, nil, 0
		if n == 1 then k = 1 end
		local ok, v = xpcall(function(u) u[k] = 3 return 7 end, function(m) said = said + 1 return m == message end, t)
		return ok, v, said, t[1]
	end }
	lang.case { name = "assigned at nil, by a method", inputs = some, f = function(n)
		local o = { list = { a = 1, b = 2 } }
		function o:set(k, v) self.list[k] = v end
		local ok = pcall(o.set, o, n == 2 and "a" or nil, 5)
		return ok, o.list.a, o.list.b
	end }
	lang.case { name = "assigned at nil, to one of two", inputs = some, f = function(n)
		local a, b, k = { 1 }, { 2, n = 3 }, nil
		if n == 1 then k = "n" elseif n == 2 then k = 1 end
		local t = n == 1 and b or a
		local ok = pcall(function() t[k] = 5 end)
		return ok, a[1], b[1], b.n
	end }
	lang.case { name = "what cannot be at nil", inputs = some, f = function(n)
		local ok, t = pcall(function()
			local t = {}
			for i = 1, 4 do t[i] = i * 2 end
			return t
		end)
		return ok, n, t[1], t[4], #t
	end }
end

-- Lua's own lists, a twin's too, have no end: what kernel code has no room for is seen by its verdict.
local no_room = not bpf.test and lang.program("no room, caught", lang.hook, {}, function(p)
	local t, u, lost = { 1, 2, 3 }, {}, 0
	local ok = pcall(function() t[p:u8(14)] = 9 end)
	for i = 1, 20 do
		if not pcall(function() u[#u + 1] = i end) then lost = lost + 1 end
	end
	local more = pcall(table.insert, u, 5)
	return not more and #u == 16 and lost == 4 and ok == (t[2] == 9) and bpf.DROP or bpf.PASS
end)
for _, k in ipairs(no_room and { 2, 4 } or {}) do
	local verdict, _, _, text = no_room:test(lang.head .. string.char(k) .. ("."):rep(45))
	lang.check("no room at " .. k .. ", caught", verdict == bpf.DROP and {} or { text or tostring(verdict) })
end
lang.done()

-- Random programs of kernel Lua: trees that print as source text and can be made smaller.
--
--	local gen = dofile "tests/fuzz/gen.lua"
--	local tree = gen.program(seed [, loops])      gen.text(tree)      gen.inputs(seed)
--	gen.shrink(tree, function() return still_fails(gen.text(tree)) end)
--
-- A node is a table with its text and children in order: { t = "e", sort = "int", ... } is an
-- expression, { t = "s", ... } a statement, { t = "b", ... } a list of statements. Expressions have
-- sorts, so that few programs are refused: int, bool, any (nil, boolean or integer), mix (any, or a
-- string). Every loop ends: it has few turns, or counts them.

local gen = {}

local HOSTILE = {
	"0", "1", "-1", "2", "3", "5", "7", "-7", "8", "16", "31", "32", "33", "63", "64", "-63", "-64", "65",
	"100", "127", "128", "255", "256", "0x7fff", "0x8000", "0xffff", "0x10000", "0x7fffffff", "0x80000000",
	"-0x80000000", "0xffffffff", "0x100000000", "-0x100000000", "0x0123456789abcdef",
	"math.maxinteger", "math.mininteger", "(math.maxinteger - 1)", "(math.mininteger + 1)",
}
local FLOATS = { "2.5", "-0.5", "0.0", "1e6", "9.3e18", "-9.3e18", "2.0^53", "1e300", "-1e300", "0.1" }
FLOATS[7] = "9007199254740993.0"
local TEXTS = { '"a"', '"ab"', '""', '"a\\0b"', '"a\\0c"', '"abcdefgh"', '"abcdefghi"' }

local random = math.random

local function pick(list) return list[random(#list)] end
local function chance(percent) return random(100) <= percent end

local function E(sort, ...) return { t = "e", sort = sort, ... } end
local function S(...) return { t = "s", ... } end

-- ---- scopes ----

local g               -- what is being generated: count, fns, size

local function name(prefix)
	g.count = g.count + 1
	return prefix .. g.count
end

local function inner(scope, changes)
	local s = setmetatable({ vars = {}, up = scope }, { __index = scope })
	for k, v in pairs(changes or {}) do s[k] = v end
	return s
end

local function declare(scope, sort, prefix, more)
	local v = more or {}
	v.name, v.sort = name(prefix or "v"), sort
	scope.vars[#scope.vars + 1] = v
	return v
end

-- A visible variable for which accept(v) holds, or nil.
local function visible(scope, accept)
	local found = {}
	local s = scope
	while s do
		for _, v in ipairs(rawget(s, "vars") or {}) do
			if accept(v) then found[#found + 1] = v end
		end
		s = rawget(s, "up")
	end
	return #found > 0 and pick(found) or nil
end

-- ---- expressions ----

local int, bool, any, mix

local function expr(sort, scope, d)
	if sort == "int" then return int(scope, d) end
	if sort == "bool" then return bool(scope, d) end
	if sort == "mix" then return mix(scope, d) end
	return any(scope, d)
end

local function var(sort, scope)
	local v = visible(scope, function(v) return v.sort == sort end)
	return v and E(sort, v.name)
end

local function literal() return E("int", pick(HOSTILE)) end

local function offset(scope, d)
	local k = random(10)
	if k <= 4 then return E("int", tostring(random(0, 70))) end
	if k <= 7 then return E("int", "(", int(scope, d - 1), " & ", pick { "15", "31", "63", "127" }, ")") end
	return int(scope, d - 1)
end

local function packet(scope, d)
	return E("any", "p:", pick { "u8", "u16", "u32", "u64" }, "(", offset(scope, d), ")")
end

local function key(scope, d)
	if chance(60) then return E("int", "(", int(scope, d), " & ", pick { "1", "3", "7" }, ")") end
	if chance(70) then return E("int", tostring(random(0, 9))) end
	return int(scope, d)
end

local function map_read(scope, d)
	local m = pick { "H", "A", "B" }
	if chance(20) then return E("any", m, ":get(", key(scope, d - 1), ")") end
	return E("any", m, "[", key(scope, d - 1), "]")
end

-- A call of a known function that gives at least one result of the sort, cut to one.
local function call(sort, scope, d)
	local f = visible(scope, function(v) return v.sort == "fn" and v.results[1] == sort end)
	if not f then return nil end
	local e = E(sort, f.name, "(")
	local n = #f.params
	if f.vararg then n = n + random(0, 2) end
	for i = 1, n do
		if i > 1 then e[#e + 1] = ", " end
		e[#e + 1] = expr(f.params[i] or "any", scope, d - 1)
	end
	e[#e + 1] = ")"
	return e, f
end

local function break_line() return chance(4) and "\n" or " " end

local function binary(scope, d)
	local op = pick { "+", "-", "*", "//", "%", "&", "|", "~", "<<", ">>", "+", "-" }
	local a, b = int(scope, d - 1), int(scope, d - 1)
	if (op == "//" or op == "%") and chance(75) then
		b = chance(50) and E("int", "(", b, " | 1)") or E("int", pick { "1", "-1", "2", "-2", "3", "7",
			"10", "16", "-8", "math.mininteger", "math.maxinteger", "0x100000000" })
	elseif (op == "<<" or op == ">>") and chance(50) then
		b = chance(50) and E("int", "(", b, " & 63)") or literal()
	end
	return E("int", "(", a, " ", op, break_line(), b, ")")
end

local function record_field(sort, scope)
	local r = visible(scope, function(v) return v.sort == "rec" and v.fields[sort] end)
	return r and E(sort, r.name, ".", r.fields[sort])
end

local function entry_field(scope)
	local e = visible(scope, function(v) return v.sort == "entry" end)
	return e and E("int", e.name, ".", pick { "n", "a", "b", "c" })
end

local function ip_field(scope)
	local v = visible(scope, function(v) return v.sort == "ip" or v.sort == "udp" or v.sort == "tcp" end)
	if not v then return nil end
	if v.sort == "udp" then return E("int", v.name, ".", pick { "sport", "dport", "len" }) end
	if v.sort == "tcp" then return E("int", v.name, ".", pick { "sport", "dport", "seq", "window", "doff" }) end
	if chance(20) then return E("int", v.name, ".", pick { "src", "dst" }, ":int()") end
	return E("int", v.name, ".", pick { "ttl", "tos", "id", "proto", "ihl", "frag_off", "check", "len" })
end

-- ---- captured tables: K.list, K.set, K.rows, K.object, handlers ----

local function row_key(scope, d) return E("int", int(scope, d - 1), " & ", chance(90) and "3" or "7") end

local function row(scope, d)
	return E("row", pick { "K.rows", "K.rows", "handlers" }, "[", row_key(scope, d), "]")
end

local function row_call(scope, d)
	local r = row(scope, d)
	return E("int", r, r[1] == "handlers" and "" or ".f", "(", int(scope, d - 1), ")")
end

local function method_call(scope, d)
	return E("int", "K.object:", pick { "times", "times", "less" }, "(", int(scope, d - 1), ")")
end

-- A variable that holds a row or a function of such a table, or nil.
local function held(scope)
	local v = visible(scope, function(v) return v.sort == "row" end)
	if v and v.call then return E("int", v.name, v.call, "(", int(scope, 1), ")") end
	return v and E("int", v.name, ".n")
end

local function write_bytes(scope, d)
	local size = pick { "8", "16", "32", "64" }
	local v = int(scope, d - 1)
	if size ~= "64" and chance(85) then
		v = E("int", "(", v, " & ", ({ ["8"] = "0xff", ["16"] = "0xffff", ["32"] = "0xffffffff" })[size], ")")
	end
	return E("bool", "p:set_u", size, "(", offset(scope, d), ", ", v, ")")
end

local int_forms = {
	binary, binary, binary, binary, binary,
	function(scope, d) return E("int", "(K.list[", any(scope, d - 1), "] or ", int(scope, d - 1), ")") end,
	function(scope, d) return E("int", "K.rows[", row_key(scope, d), "].n") end,
	row_call, method_call, held,
	function(scope, d) return E("int", pick { "(- ", "(~ " }, int(scope, d - 1), ")") end,
	function(scope, d) return E("int", "(", any(scope, d - 1), " or", break_line(), literal(), ")")  end,
	function(scope, d)
		return E("int", "(", bool(scope, d - 1), " and ", int(scope, d - 1), " or ", int(scope, d - 1), ")")
	end,
	function(scope, d) return E("int", "(", packet(scope, d), " or ", int(scope, d - 1), ")") end,
	function(scope, d) return E("int", "(", map_read(scope, d), " or ", int(scope, d - 1), ")") end,
	function(scope, d)
		return E("int", "math.", pick { "max", "min" }, "(", int(scope, d - 1), ", ", int(scope, d - 1), ")")
	end,
	function(scope, d) return E("int", "math.abs(", int(scope, d - 1), ")") end,
	function(scope, d) return E("int", "math.fmod(", int(scope, d - 1), ", ", int(scope, d - 1), ")") end,
	function(scope, d) return call("int", scope, d) end,
	function(scope, d) return call("int", scope, d) end,
	function(scope) return E("int", pick { "K.one", "K.big", "K.sub.min", "K[3]", "LIMIT" }) end,
	function() return E("int", pick { "p.len", "#p", "st.x", "st.y", "st.z", "st.x" }) end,
	function(scope) return record_field("int", scope) end,
	function(scope) return entry_field(scope) end,
	function(scope) return ip_field(scope) end,
	function(scope) return ip_field(scope) end,
	function(scope, d) return E("int", "(math.tointeger(", any(scope, d - 1), ") or ", literal(), ")") end,
}

function int(scope, d)
	if d > 0 and chance(75) then
		local e = pick(int_forms)(scope, d)
		if e and (e.sort == "int") then return e end
	end
	if chance(1) then
		local v = var("any", scope)
		if v then return E("int", v) end
	end
	return chance(65) and var("int", scope) or literal()
end

-- "and" and "or" give 'any' operands that are not surely integers, see int_forms.
local function compare(scope, d)
	local op = pick { "<", "<=", ">", ">=", "==", "~=" }
	if chance(15) then
		local a, b = int(scope, d - 1), E("float", pick(FLOATS))
		if chance(50) then a, b = b, a end
		return E("bool", "(", a, " ", op, " ", b, ")")
	end
	return E("bool", "(", int(scope, d - 1), " ", op, break_line(), int(scope, d - 1), ")")
end

local bool_forms = {
	compare, compare, compare,
	function(scope, d) return chance(50) and write_bytes(scope, d) end,
	function(scope, d) return E("bool", "(K.set[", mix(scope, d - 1), "] == true)") end,
	function(scope, d)
		return E("bool", "(", any(scope, d - 1), pick { " == ", " ~= " }, any(scope, d - 1), ")")
	end,
	function(scope, d)
		return E("bool", "(", mix(scope, d - 1), pick { " == ", " ~= " }, mix(scope, d - 1), ")")
	end,
	function(scope, d) return E("bool", "(not ", any(scope, d - 1), ")") end,
	function(scope, d)
		return E("bool", "(", bool(scope, d - 1), pick { " and ", " or " }, bool(scope, d - 1), ")")
	end,
	function(scope, d) return E("bool", "math.ult(", int(scope, d - 1), ", ", int(scope, d - 1), ")") end,
	function(scope, d)
		return E("bool", "(type(", any(scope, d - 1), ") == ", pick { '"nil"', '"number"', '"boolean"',
			'"string"' }, ")")
	end,
	function(scope, d) return E("bool", "(math.type(", any(scope, d - 1), ') == "integer")') end,
	function(scope, d) return call("bool", scope, d) end,
	function(scope) return record_field("bool", scope) end,
	function(scope)
		local v = visible(scope, function(v) return v.sort == "ip" end)
		return v and E("bool", "(", v.name, pick { ".src", ".dst" }, pick { " == ", " ~= " },
			pick { 'bpf.ip("10.0.0.1")', v.name .. ".dst", v.name .. ".src" }, ")")
	end,
	function(scope)
		local v = visible(scope, function(v) return v.sort == "ip" end)
		return v and E("bool", v.name, pick { ".df", ".mf" })
	end,
	function(scope)
		local v = visible(scope, function(v) return v.sort == "ip" end)
		return v and E("bool", v.name, pick { ".src", ".dst" }, ':within("10.0.0.0/', tostring(random(0, 32)), '")')
	end,
}

function bool(scope, d)
	if d > 0 and chance(85) then
		local e = pick(bool_forms)(scope, d)
		if e then return e end
	end
	return chance(60) and var("bool", scope) or E("bool", pick { "true", "false" })
end

local any_forms = {
	int, bool, packet, packet, map_read, map_read,
	function(scope, d) return E("any", "K.list[", any(scope, d - 1), "]") end,
	function(scope, d) return E("any", "K.set[", any(scope, d - 1), "]") end,
	function(scope, d) return E("any", "(", bool(scope, d - 1), " and ", method_call(scope, d), ")") end,
	function(scope, d) return E("any", "(", any(scope, d - 1), " or ", row_call(scope, d), ")") end,
	function(scope, d)
		return E("any", "(", any(scope, d - 1), pick { " and ", " or " }, any(scope, d - 1), ")")
	end,
	function(scope, d) return E("any", "(", bool(scope, d - 1), " and ", int(scope, d - 1), " or nil)") end,
	function(scope, d) return call("any", scope, d) end,
	function(scope) return record_field("any", scope) end,
	function(scope, d) return E("any", "math.tointeger(", any(scope, d - 1), ")") end,
	function() return E("any", "K.none") end,
}

function any(scope, d)
	if d > 0 and chance(70) then
		local e = pick(any_forms)(scope, d)
		if e then
			if e.sort ~= "any" then e = E("any", e) end
			return e
		end
	end
	return chance(75) and var("any", scope) or E("any", pick { "nil", "nil", "true", "false", "1" })
end

function mix(scope, d)
	local k = random(10)
	if k <= 3 then return E("mix", pick(TEXTS)) end
	if k == 4 then return E("mix", "K.set[", mix(scope, d - 1), "]") end
	if k <= 6 then
		return E("mix", "(", bool(scope, d - 1), " and ", pick(TEXTS), " or ", any(scope, d - 1), ")")
	end
	return var("mix", scope) or E("mix", any(scope, d - 1))
end

-- ---- statements ----

local block

local function depth() return random(1, g.depth) end

local function result(scope)
	local e
	local index = tostring(random(0, 20))
	if chance(50) then
		e = S("put(", index, ", ", any(scope, depth()), ")")
	else
		e = S("OUT[", index, "] = ", int(scope, depth()))
	end
	return e
end

local function define(scope)
	local n = chance(75) and 1 or random(2, 3)
	local s, sorts = S("local "), {}
	local same = chance(80)
	for i = 1, n do sorts[i] = pick { "int", "int", "int", "any", "any", "bool", "mix" } end
	if not same then for i = 2, n do sorts[i] = "any" end end
	local values = {}
	for i = 1, same and n or 1 do values[i] = expr(sorts[i], scope, depth()) end
	local names = {}
	for i = 1, n do names[i] = declare(scope, sorts[i]).name end
	s[2] = table.concat(names, ", ") .. " = "
	for i, e in ipairs(values) do
		s[#s + 1] = i > 1 and ", " or ""
		s[#s + 1] = e
	end
	return s
end

local function assignable(scope)
	return visible(scope, function(v)
		return not v.fixed and (v.sort == "int" or v.sort == "any" or v.sort == "bool" or v.sort == "mix")
	end)
end

local function assign(scope)
	local v = assignable(scope)
	if not v then return define(scope) end
	if chance(15) then
		local w = assignable(scope)
		return S(v.name, ", ", w.name, " = ", expr(v.sort, scope, depth()), ", ", expr(w.sort, scope, depth()))
	end
	return S(v.name, " = ", expr(v.sort, scope, depth()))
end

-- local a, b = f(...)
local function several(scope)
	local f = visible(scope, function(v) return v.sort == "fn" and #v.results > 1 end)
	if not f then return assign(scope) end
	local e = call(f.results[1], { vars = { f } }, 0)
	e = E(f.results[1], f.name, "(")
	for i = 1, #f.params do
		e[#e + 1] = i > 1 and ", " or ""
		e[#e + 1] = expr(f.params[i], scope, 1)
	end
	e[#e + 1] = ")"
	local names = {}
	for i = 1, #f.results do names[i] = declare(scope, f.results[i]).name end
	if chance(30) then names[#names + 1] = declare(scope, "any").name end
	return S("local ", table.concat(names, ", "), " = ", e)
end

local function condition(scope)
	return chance(60) and bool(scope, depth()) or any(scope, depth())
end

local function if_(scope)
	local s = S("if ", condition(scope), " then\n", block(scope, random(1, 3)))
	if chance(25) then
		s[#s + 1], s[#s + 2], s[#s + 3], s[#s + 4] = "elseif ", condition(scope), " then\n", block(scope, random(1, 2))
	end
	if chance(45) then s[#s + 1], s[#s + 2] = "else\n", block(scope, random(1, 3)) end
	s[#s + 1] = "end"
	return s
end

local function loop_scope(scope, changes)
	changes = changes or {}
	g.loops = g.loops - 1
	changes.loop, changes.loops, changes.continue = true, (scope.loops or 0) + 1, name("c")
	return inner(scope, changes)
end

-- The body of a loop: counts its turns with `counter` when that is given.
local function body(scope, counter, most, n)
	local b = block(scope, n or random(1, 4), true)
	if counter then
		table.insert(b, 1, S(counter, " = ", counter, " + 1"))
		table.insert(b, 2, S("if ", counter, " > ", most, " then break end"))
		b[1].keep, b[2].keep = true, true
	end
	return b
end

local function tail(scope)
	return scope.used and "::" .. scope.continue .. "::\n" or ""
end

local function for_small(scope)
	local s = loop_scope(scope)
	local from = chance(60) and E("int", pick { "0", "1", "-2", "3" }) or E("int", "(", int(scope, 2), " & 3)")
	local to = chance(40) and E("int", tostring(random(0, 6))) or E("int", "(", int(scope, 2), " & ", pick { "3", "7" }, ")")
	local step = chance(60) and "" or pick { ", 1", ", 2", ", 3", ", 100" }
	if chance(20) then from, to, step = to, from, pick { ", -1", ", -2", ", -3" } end
	local i = declare(s, "int", "i")
	i.fixed = chance(80)
	local b = body(s)
	return S("for ", i.name, " = ", from, ", ", to, step, " do\n", b, tail(s), "end")
end

local function for_hostile(scope)
	local s = loop_scope(scope)
	local t = declare(scope, "int", "t")
	t.fixed = true
	local from, to = int(scope, 2), int(scope, 2)
	local step = pick { E("int", "1"), E("int", "-1"), int(scope, 1), int(scope, 2), literal() }
	if chance(50) then
		from = E("int", pick { "math.maxinteger - 3", "math.mininteger + 3", "math.maxinteger", "math.mininteger" })
	end
	if chance(40) then to = E("int", pick { "math.maxinteger", "math.mininteger" }) end
	local i = declare(s, "int", "i")
	i.fixed = true
	local b = body(s, t.name, tostring(random(3, 9)))
	return S("local ", t.name, " = 0\nfor ", i.name, " = ", from, ", ", to, ", ", step, " do\n", b, tail(s), "end")
end

local function while_(scope)
	local t = declare(scope, "int", "t")
	t.fixed = true
	local cond = condition(scope)
	local s = loop_scope(scope)
	local b = body(s, t.name, tostring(random(3, 12)))
	return S("local ", t.name, " = 0\nwhile ", cond, " do\n", b, tail(s), "end")
end

local function repeat_(scope)
	local t = declare(scope, "int", "t")
	t.fixed = true
	local s = loop_scope(scope, { continue = false })
	s.continue = false
	local b = body(s, t.name, tostring(random(2, 9)))
	return S("local ", t.name, " = 0\nrepeat\n", b, "until ", b.final and "true" or condition(b.scope or s))
end

local function goto_loop(scope)
	local t, label = declare(scope, "int", "t"), name("l")
	t.fixed = true
	local s = inner(scope, { loop = false, loops = (scope.loops or 0) + 1, continue = false })
	g.loops = g.loops - 1
	local b = block(s, random(1, 3))
	local again = S("if ", t.name, " < ", tostring(random(2, 9)), " and ", condition(scope), " then goto ", label, " end")
	return S("local ", t.name, " = 0\n::", label, "::\n", t.name, " = ", t.name, " + 1\ndo\n", b, "end\n", again)
end

local function do_(scope) return S("do\n", block(scope, random(1, 3)), "end") end

local function leave(scope)
	if not scope.loop then return assign(scope) end
	if scope.continue and chance(60) then
		local s = scope
		while rawget(s, "continue") ~= scope.continue do s = rawget(s, "up") end
		s.used = true
		return S("if ", condition(scope), " then goto ", scope.continue, " end")
	end
	return S("if ", condition(scope), " then break end")
end

local function write_map(scope)
	local k = key(scope, 2)
	local m = pick { "H", "H", "A", "B" }
	local r = random(10)
	local value = chance(60) and m == "B" and E("int", "(", int(scope, 2), " & 0xffff)") or int(scope, 2)
	if r <= 5 then return S(m, "[", k, "] = ", value) end
	if r == 6 and m ~= "A" then return S(m, "[", k, "] = nil") end
	if r == 7 then return S(m, "[", k, "] = (", m, "[", k, "] or 0) + ", int(scope, 1)) end
	if r == 8 then return S(m, ":set(", k, ", ", value, ")") end
	return S(m, ":add(", k, ", ", int(scope, 2), ")")
end

local function small(scope, bits) return E("int", "(", int(scope, 2), " & ", bits, ")") end

local function write_struct(scope)
	if chance(20) then return S("S[", key(scope, 1), "] = nil") end
	local s = S("S[", key(scope, 1), "] = { n = ", int(scope, 2), ", a = ", small(scope, "0xffffffff"))
	if chance(50) then s[#s + 1], s[#s + 2] = ", b = ", small(scope, "0xff") end
	if chance(50) then s[#s + 1], s[#s + 2] = ", c = ", small(scope, "0x7fff") end
	s[#s + 1] = " }"
	return s
end

local function entry(scope)
	local k = key(scope, 2)
	local s = inner(scope)
	local e = declare(s, "entry", "e")
	local b = { t = "b" }
	for _ = 1, random(1, 3) do
		local f = pick { "n", "n", "a", "b", "c" }
		local bits = ({ n = "-1", a = "0xffffffff", b = "0xff", c = "0x7fff" })[f]
		if chance(50) then
			b[#b + 1] = S(e.name, ".", f, " = ", small(s, bits))
		elseif chance(50) then
			b[#b + 1] = S(e.name, ".", f, " = ", e.name, ".", f, " + ", int(s, 1))
		else
			b[#b + 1] = result(s)
		end
	end
	return S("local ", e.name, " = S[", k, "]\nif ", e.name, " then\n", b, "end")
end

local function write_state(scope)
	local f = pick { "x", "x", "y", "z" }
	local value = f == "x" and int(scope, 2) or small(scope, f == "y" and "0x7fffffff" or "0xff")
	if chance(30) then return S("st.", f, " = st.", f, " + ", int(scope, 1)) end
	return S("st.", f, " = ", value)
end

-- ---- the packet's fields ----

local FIELDS = {
	ip = { ttl = 8, tos = 8, id = 16, check = 16, src = "ip", dst = "ip", df = "bool", mf = "bool" },
	udp = { sport = 16, dport = 16, check = 16 },
	tcp = { sport = 16, dport = 16, seq = 32, ack_seq = 32, window = 16, urg_ptr = 16, check = 16, syn = "bool",
		cwr = "bool" },
	eth = { src = "mac", dst = "mac" },
}
local NAMES = {}
for sort, fields in pairs(FIELDS) do
	NAMES[sort] = {}
	for f in pairs(fields) do table.insert(NAMES[sort], f) end
	table.sort(NAMES[sort])
end
local ADDRESSES = {
	ip = { 'bpf.ip("10.0.0.1")', 'bpf.ip("255.255.255.255")', ".src", ".dst" },
	mac = { 'bpf.mac("02:00:00:00:00:01")', ".src", ".dst" },
}

local function write_field(scope)
	local v = visible(scope, function(v) return FIELDS[v.sort] end)
	if not v then return S("if ", write_bytes(scope, 2), " then end") end
	local f = pick(NAMES[v.sort])
	local kind = FIELDS[v.sort][f]
	if kind == "bool" then return S(v.name, ".", f, " = ", bool(scope, 2)) end
	if ADDRESSES[kind] then
		if chance(30) then return S(v.name, ".src, ", v.name, ".dst = ", v.name, ".dst, ", v.name, ".src") end
		local from = pick(ADDRESSES[kind])
		return S(v.name, ".", f, " = ", from:sub(1, 1) == "." and v.name .. from or from)
	end
	if chance(25) then return S(v.name, ".", f, " = ", v.name, ".", f, pick { " - ", " + " }, int(scope, 1)) end
	return S(v.name, ".", f, " = ", chance(85) and small(scope, tostring((1 << kind) - 1)) or int(scope, 2))
end

local function segment(scope)
	local s = inner(scope)
	local sort = pick { "tcp", "tcp", "eth" }
	local h = declare(s, sort, sort:sub(1, 1))
	return S("local ", h.name, " = p.", sort, "\nif ", h.name, " then\n", block(s, random(1, 3)), "end")
end

-- local h = handlers[k] if h then ... end
local function hold(scope)
	local s = inner(scope)
	local r = row(s, 3)
	local v = declare(s, "row", "h", { call = r[1] == "handlers" and "" or chance(50) and ".f" })
	return S("local ", v.name, " = ", r, "\nif ", v.name, " then\n", block(s, random(1, 3)), "end")
end

-- A variable that is a header, an entry, nil, a boolean or an integer, by turns.
local VIEWS = {
	{ "p.tcp", "p.udp", field = ".check" }, { "p.tcp", "p.udp", field = ".sport" }, { "p.udp", field = ".dport" },
	{ "S[0]", "S[2]", "S[5]", field = ".n" }, { "p.ipv4", field = ".ttl" },
}

local function other()
	return pick { "nil", "nil", "false", "true", "7" }
end

local function changing(scope)
	local kind = pick(VIEWS)
	local rest = other()
	local v = declare(scope, "view", "u", { kind = kind, rest = rest })
	return S("local ", v.name, " = ", pick(kind), chance(50) and " or " .. rest or "")
end

local function change(scope)
	local v = visible(scope, function(v) return v.sort == "view" end)
	if not v then return changing(scope) end
	local to = chance(60) and pick(v.kind) or v.rest
	if chance(40) then to = to .. " or " .. v.rest end
	return S("if ", condition(scope), " then ", v.name, " = ", to, " end")
end

local function view_field(scope)
	local v = visible(scope, function(v) return v.sort == "view" end)
	if not v then return changing(scope) end
	local k = random(0, 20)
	local test = v.rest == "7" and "type(" .. v.name .. ') == "userdata"' or v.name
	if v.rest == "true" then test = v.name .. " and " .. v.name .. " ~= true" end
	if v.rest == "7" then test = v.name .. " and " .. v.name .. " ~= 7" end
	return S("if ", test, " then OUT[", tostring(k), "] = ", v.name, v.kind.field, " end")
end

local function header(scope)
	local s = inner(scope)
	local h = declare(s, "ip", "h")
	local b = block(s, random(1, 3))
	if chance(40) then
		local s2 = inner(s)
		local u = declare(s2, "udp", "u")
		table.insert(b, 1, S("local ", u.name, " = ", pick { h.name .. ".udp", "p.udp", "p.tcp or p.udp" }, "\nif ", u.name,
			" then\n", (block(s2, random(1, 2))), "end"))
		if b[1][3]:find "tcp" then u.sort = "no" b[1] = S("local x = 1") end
	end
	return S("local ", h.name, " = p.ipv4\nif ", h.name, " then\n", b, "end")
end

local function record(scope)
	local a, b = int(scope, 2), any(scope, 2)
	local s = S()
	local r = declare(scope, "rec", "r", { fields = { int = "x", any = "y" } })
	table.move({ "local ", r.name, " = { x = ", a, ", y = ", b, " }" }, 1, 7, 1, s)
	if chance(30) then
		s[#s + 1] = "\n" .. r.name .. ".x = "
		s[#s + 1] = int(scope, 2)
	end
	return s
end

local function fail(scope)
	local text = pick { '"one"', '"two", 0', '"three", 2', '"four"' }
	return S("if ", condition(scope), " then error(", text, ") end")
end

local function finish(scope)
	if scope.fn then
		local s = S("if ", condition(scope), " then return ")
		for i, sort in ipairs(scope.fn.results) do
			if i > 1 and sort == "any" and chance(20) then break end
			s[#s + 1] = i > 1 and ", " or ""
			s[#s + 1] = expr(sort, scope, 1)
		end
		s[#s + 1] = " end"
		return s
	end
	return S("if ", condition(scope), " then return ", pick { "bpf.PASS", "bpf.DROP", "bpf.TX", "nil", "" }, " end")
end

local function statement_call(scope)
	local f = visible(scope, function(v) return v.sort == "fn" end)
	return f and S((call(f.results[1], { vars = { f }, up = scope }, 2))) or assign(scope)
end

-- local function f(a, b) ... return x, y end
local function function_(scope)
	if (scope.functions or 0) > 1 then return assign(scope) end
	local f = { params = {}, results = {}, vararg = chance(15) }
	local s = inner(scope, { fn = f, functions = (scope.functions or 0) + 1, loop = false, continue = false })
	local names = {}
	for i = 1, random(0, 3) do
		f.params[i] = pick { "int", "int", "any", "bool" }
		names[i] = declare(s, f.params[i], "a").name
	end
	for i = 1, random(1, 3) do f.results[i] = pick { "int", "int", "any", "bool" } end
	local b = { t = "b" }
	if f.vararg then
		names[#names + 1] = "..."
		local x, y = declare(s, "any"), declare(s, "any")
		b[1] = S("local ", x.name, ", ", y.name, " = ...")
	end
	for _, one in ipairs(block(s, random(1, 3), true)) do b[#b + 1] = one end
	local last = S("return ")
	for i, sort in ipairs(f.results) do
		last[#last + 1] = i > 1 and ", " or ""
		last[#last + 1] = expr(sort, s, 2)
	end
	last.keep = true
	b[#b + 1] = last
	local v = declare(scope, "fn", "f", f)
	if chance(30) then
		return S("local ", v.name, " = function(", table.concat(names, ", "), ")\n", b, "end")
	end
	return S("local function ", v.name, "(", table.concat(names, ", "), ")\n", b, "end")
end

local flat = {
	define, define, define, assign, assign, assign, assign, result, result, result, several, several, leave, leave,
	write_map, write_map, write_struct, write_state, record, fail, finish, statement_call, statement_call,
	write_field, write_field, changing, change, view_field,
}
local nested = {
	if_, if_, if_, if_, if_, for_small, for_small, for_hostile, while_, repeat_, goto_loop, do_, entry, entry,
	header, header, segment, hold, function_, function_, function_,
}

local function statement(scope)
	g.size = g.size - 1
	if g.size > 0 and (scope.loops or 0) < 3 and chance(40) then
		local form = pick(nested)
		local loops = form == for_small or form == for_hostile or form == while_ or form == repeat_ or form == goto_loop
		if g.loops > 0 or not loops then return form(scope) end
	end
	return pick(flat)(scope)
end

-- n statements in a scope of their own, or (same) in this one.
function block(scope, n, same)
	local s = same and scope or inner(scope)
	local b = { t = "b" }
	for _ = 1, n do
		if g.size <= 0 and #b > 0 then break end
		b[#b + 1] = statement(s)
	end
	return b
end

local INT_ARGS = 3

-- loops: how many a program may have.
function gen.program(seed, loops)
	math.randomseed(seed)
	g = { count = 0, size = random(3, 40), depth = random(1, 4), loops = loops or 100 }
	local scope = { vars = {} }
	local b = { t = "b" }
	for i = 1, INT_ARGS do
		local v = declare(scope, "int", "n")
		b[#b + 1] = S("local ", v.name, " = p:u64(", tostring(15 + (i - 1) * 9), ") or ", pick(HOSTILE))
	end
	for i = 1, 2 do
		local v = declare(scope, "any", "w")
		b[#b + 1] = S("local ", v.name, " = arg(p, ", tostring(14 + (i + 2) * 9), ")")
	end
	while g.size > 0 do b[#b + 1] = statement(scope) end
	for _ = 1, 3 do b[#b + 1] = result(scope) end
	if chance(3) then
		b[#b + 1] = S("return ", any(scope, 2))
	else
		b[#b + 1] = S("return ", bool(scope, 1), " and bpf.DROP or bpf.PASS")
	end
	return { t = "p", "return function(p)\n", b, "end\n" }
end

-- ---- text ----

local function add(out, node)
	if type(node) == "string" then
		out[#out + 1] = node
		return
	end
	for _, child in ipairs(node) do
		add(out, child)
		if node.t == "b" then out[#out + 1] = "\n" end
	end
end

function gen.text(tree)
	local out = {}
	add(out, tree)
	return table.concat(out)
end

-- ---- inputs ----

local values = {}
for i, text in ipairs(HOSTILE) do values[i] = load("return " .. text)() end

local function words(n)
	local out = {}
	for i = 1, n do
		local v = chance(80) and pick(values) or random(0)
		out[i] = string.pack(">Bi8", chance(60) and 3 or random(0, 255), v)
	end
	return table.concat(out)
end

local function ipv4()
	local payload = words(2)
	local proto = pick { 17, 17, 6, random(0, 255) }
	local l4 = string.pack(">I2I2I2I2", random(0, 0xffff), pick { 53, 80, random(0, 0xffff) }, 8 + #payload,
		pick { 0, 0xffff, random(0, 0xffff) })
	if proto == 6 then
		l4 = string.pack(">I2I2I4I4BBI2I2I2", random(0, 0xffff), 80, random(0, 0xffffffff), 0xffffffff,
			pick { 0x50, 0x50, 0x60, 0x40, 0xf0 }, random(0, 255), 0xffff, random(0, 0xffff), 7)
	end
	local flags = pick { 0, 0, 0x4000, 0x2000, random(0, 0xffff) }
	local head = string.pack(">BBI2I2I2BBI2", chance(85) and 0x45 or random(0, 255), random(0, 255), 20 + #l4 + #payload,
		random(0, 0xffff), flags, random(0, 255), proto, random(0, 0xffff))
	local function address() return chance(60) and "\x0a\0\0" .. pick { "\1", "\2" } or string.pack(">I4", random(0, 0xffffffff)) end
	return head .. address() .. address() .. l4 .. payload
end

function gen.inputs(seed)
	math.randomseed(seed, 77)
	local list = {}
	for i = 1, 6 do
		local eth = ("\x52\x54\0\x12\x34\x56\x02\x42\xac\x11\0\x02")
		local frame = i % 3 == 0 and eth .. "\x08\0" .. ipv4() or eth .. "\x88\xb5" .. words(6)
		if chance(25) then frame = frame:sub(1, math.max(14, random(14, #frame))) end
		list[i] = frame
	end
	return list
end

-- ---- shrinking ----

local SIMPLE = { int = { "0", "1" }, bool = { "true", "false" }, any = { "nil", "1" }, mix = { '"a"' } }

local function size(node)
	if type(node) == "string" then return 1 end
	local n = 1
	for _, child in ipairs(node) do n = n + size(child) end
	return n
end

-- Tries new contents for a node; puts the old ones back when the failure is gone.
local function try(node, contents, fails)
	local old = table.move(node, 1, #node, 1, {})
	for i = #node, 1, -1 do node[i] = nil end
	table.move(contents, 1, #contents, 1, node)
	if fails() then return true end
	for i = #node, 1, -1 do node[i] = nil end
	table.move(old, 1, #old, 1, node)
	return false
end

local function without(list, from, n)
	local out = {}
	for i, v in ipairs(list) do
		if i < from or i >= from + n then out[#out + 1] = v end
	end
	return out
end

local function shrink_block(b, fails)
	local better = false
	local n = #b
	while n >= 1 do
		local i = 1
		while i + n - 1 <= #b do
			if try(b, without(b, i, n), fails) then better = true else i = i + n end
		end
		n = n // 2
	end
	for i = #b, 1, -1 do
		local s = b[i]
		if s.t == "s" and s[1] == "do\n" then
			local flat = without(b, i, 1)
			table.move(flat, i, #flat, i + #s[2])
			table.move(s[2], 1, #s[2], i, flat)
			better = try(b, flat, fails) or better
		end
	end
	return better
end

local function shrink_node(node, fails)
	if node.t == "b" then return shrink_block(node, fails) end
	for _, child in ipairs(node) do
		if node.t == "s" and child.t == "b" and #node > 3 and try(node, { "do\n", child, "end" }, fails) then
			return true
		elseif node.t == "e" and child.t == "e" and child.sort == node.sort and #node > 1 and
				try(node, { child }, fails) then
			return true
		end
	end
	if node.t == "e" and size(node) > 2 then
		for _, text in ipairs(SIMPLE[node.sort] or {}) do
			if try(node, { text }, fails) then return true end
		end
	end
	return false
end

local function shrink_tree(node, fails)
	local better = shrink_node(node, fails)
	for _, child in ipairs(table.move(node, 1, #node, 1, {})) do
		if type(child) == "table" then better = shrink_tree(child, fails) or better end
	end
	return better
end

function gen.shrink(tree, fails)
	while shrink_tree(tree, fails) do end
end

return gen

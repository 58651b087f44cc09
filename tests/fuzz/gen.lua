-- Random programs of kernel Lua: trees that print as source text and can be made smaller.
--
--	local gen = dofile "tests/fuzz/gen.lua"
--	local tree = gen.program(seed [, options])      gen.text(tree)      gen.inputs(seed)
--	gen.shrink(tree, function() return still_fails(gen.text(tree)) end)
--
-- A node is a table with its text and children in order: { t = "e", sort = "int", ... } is an
-- expression, { t = "s", ... } a statement, { t = "b", ... } a list of statements. Expressions have
-- sorts, so that few programs are refused: int, bool, any (nil, boolean or integer), mix (any, or a
-- string) and what forms add. Every loop ends: it has few turns, or counts them.
--
-- What programs are made of is in forms/NAME.lua, a file for each kind; a program has some of the kinds, by lot. Such a
-- file runs with `kit` below as its globals, so what it makes global is there for all that come later, and returns
--
--	often                                  of a hundred programs, in how many it is
--	int, bool, any, mix, flat, nested      forms to choose from besides those of other kinds: functions of a scope and
--	                                       (expressions) a depth, which give a node or nil; often ones are there twice
--	loop                                   which of `nested` are loops
--	sorts, passed, make, simple            sorts for variables, and for parameters and results; by sort, how
--	                                       an expression is made, and what one may be shrunk to
--	begin(g)                               what a program starts with
--	world(bpf, env)                        what programs see: puts it into env and returns a list of what they may
--	                                       change: { names that lead to it, a function that makes all as it was, one
--	                                       that adds what is there now to a list of texts }

local gen = {}
local inputs, shrink = dofile "tests/fuzz/inputs.lua", dofile "tests/fuzz/shrink.lua"
local kit = setmetatable({ contents = dofile "tests/fuzz/contents.lua" }, { __index = _G })
local _ENV = kit

HOSTILE = {
	"0", "1", "-1", "2", "3", "5", "7", "-7", "8", "16", "31", "32", "33", "63", "64", "-63", "-64", "65",
	"100", "127", "128", "255", "256", "0x7fff", "0x8000", "0xffff", "0x10000", "0x7fffffff", "0x80000000",
	"-0x80000000", "0xffffffff", "0x100000000", "-0x100000000", "0x0123456789abcdef",
	"math.maxinteger", "math.mininteger", "(math.maxinteger - 1)", "(math.mininteger + 1)",
}

random = math.random

function pick(list) return list[random(#list)] end
function chance(percent) return random(100) <= percent end

function shuffled(list)
	for i = #list, 2, -1 do
		local k = random(i)
		list[i], list[k] = list[k], list[i]
	end
	return list
end

function E(sort, ...) return { t = "e", sort = sort, ... } end
function S(...) return { t = "s", ... } end

-- ---- scopes ----

-- what is being generated: count, size, depth, loops, forms by kind, whether packets are written
g = nil

function name(prefix)
	g.count = g.count + 1
	return prefix .. g.count
end

function inner(scope, changes)
	local s = setmetatable({ vars = {}, up = scope }, { __index = scope })
	for k, v in pairs(changes or {}) do s[k] = v end
	return s
end

function declare(scope, sort, prefix, more)
	local v = more or {}
	v.name, v.sort = name(prefix or "v"), sort
	scope.vars[#scope.vars + 1] = v
	return v
end

-- A visible variable for which accept(v) holds, or nil.
function visible(scope, accept)
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

function expr(sort, scope, d) return g.make[sort](scope, d) end

function var(sort, scope)
	local v = visible(scope, function(v) return v.sort == sort end)
	return v and E(sort, v.name)
end

function literal() return E("int", pick(HOSTILE)) end

function depth() return random(1, g.depth) end

-- ---- statements ----

-- Where it is seen that something else was computed.
function result(scope)
	local index = tostring(random(0, 20))
	if chance(50) then return S("put(", index, ", ", any(scope, depth()), ")") end
	return S("OUT[", index, "] = ", int(scope, depth()))
end

function define(scope)
	local n = chance(75) and 1 or random(2, 3)
	local s, sorts = S("local "), {}
	local same = chance(80)
	for i = 1, n do sorts[i] = pick(g.sorts) end
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

-- A variable to assign to, of a sort if one is given, or nil.
function assignable(scope, sort)
	return visible(scope, function(v) return not v.fixed and g.make[v.sort] and (not sort or v.sort == sort) end)
end

function assign(scope)
	local v = assignable(scope)
	if not v then return define(scope) end
	if chance(15) then
		local w = assignable(scope)
		return S(v.name, ", ", w.name, " = ", expr(v.sort, scope, depth()), ", ", expr(w.sort, scope, depth()))
	end
	return S(v.name, " = ", expr(v.sort, scope, depth()))
end

function condition(scope)
	return chance(60) and bool(scope, depth()) or any(scope, depth())
end

function statement(scope)
	g.size = g.size - 1
	if g.size > 0 and (scope.loops or 0) < 3 and chance(40) then
		local form = pick(g.nested)
		if g.loops > 0 or not g.loop[form] then return form(scope) end
	end
	return pick(g.flat)(scope)
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

-- ---- kinds of forms ----

local KINDS = { "numbers", "control", "packets", "maps", "records", "tables", "functions", "iterate", "strings", "errors",
	"words", "inner", "wire", "events", "lists", "states", "kept", "meets" }
local PARTS = { "int", "bool", "any", "mix", "flat", "nested", "loop", "sorts", "passed", "make" }
gen.kinds = {}
for i, kind in ipairs(KINDS) do
	gen.kinds[i] = { name = kind, forms = assert(loadfile("tests/fuzz/forms/" .. kind .. ".lua", "t", kit))() }
end

local SIMPLE = {}
for _, kind in ipairs(gen.kinds) do
	for sort, texts in pairs(kind.forms.simple or {}) do SIMPLE[sort] = texts end
end

local function add_forms(to, forms)
	for _, part in ipairs(PARTS) do
		for i, v in pairs(forms[part] or {}) do
			if math.type(i) then table.insert(to[part], v) else to[part][i] = v end
		end
	end
end

-- Most programs are small: what goes wrong where two constructs meet shows in a few statements, and the verifier takes
-- a tenth of the time. Those have a few kinds, chosen evenly and twice as frequent, so that all pairs meet.
local SIZES = {
	{ share = 78, least = 1, most = 5, depth = 3, results = 1, few = true },
	{ share = 15, least = 3, most = 14, depth = 4, results = 2 },
	{ share = 7, least = 3, most = 40, depth = 4, results = 3 },
}

local function size_class()
	local n = random(100)
	for _, class in ipairs(SIZES) do
		n = n - class.share
		if n <= 0 then return class end
	end
end

local function lots(few)
	local list, drawn = {}, {}
	for _, kind in ipairs(gen.kinds) do
		if kind.forms.often < 100 then list[#list + 1] = kind end
	end
	for _ = 1, few and random(1, 3) or 0 do drawn[pick(list)] = true end
	return drawn
end

-- only: names of kinds, each of which the program may hold then; else it is given some by lot.
local function choose_forms(only, few)
	for _, part in ipairs(PARTS) do g[part] = {} end
	g.kinds = {}
	local drawn = lots(few)
	for _, kind in ipairs(gen.kinds) do
		local asked = only and (" " .. only .. " "):find(" " .. kind.name .. " ", 1, true)
		if kind.forms.often == 100 or asked or drawn[kind] or not only and not few and chance(kind.forms.often) then
			g.kinds[#g.kinds + 1] = kind
			add_forms(g, kind.forms)
			if drawn[kind] then add_forms(g, kind.forms) end
			if kind.forms.begin then kind.forms.begin(g) end
		end
	end
end

local INT_ARGS, ANY_ARGS = 3, 2

-- What comes out of the packet first: nothing that the compiler knows.
local function arguments(b, scope, few)
	for i = 1, INT_ARGS do
		if not few or chance(50) then
			local v = declare(scope, "int", "n")
			b[#b + 1] = S("local ", v.name, " = p:u64(", tostring(15 + (i - 1) * 9), ") or ", pick(HOSTILE))
		end
	end
	for i = 1, ANY_ARGS do
		if not few or chance(40) then
			local v = declare(scope, "any", "w")
			b[#b + 1] = S("local ", v.name, " = arg(p, ", tostring(14 + (i + 2) * 9), ")")
		end
	end
end

-- options: loops, how many a program may have; forms, of which kinds.
function gen.program(seed, options)
	math.randomseed(seed)
	local class = size_class()
	g = { count = 0, size = random(class.least, class.most), depth = random(1, class.depth), loops = options.loops or 100,
		writes = true }
	choose_forms(options.forms, class.few and not options.forms)
	local scope = { vars = {} }
	local b = { t = "b" }
	arguments(b, scope, class.few)
	while g.size > 0 do b[#b + 1] = statement(scope) end
	for _ = 1, class.results do b[#b + 1] = result(scope) end
	if chance(3) then
		b[#b + 1] = S("return ", any(scope, 2))
	else
		b[#b + 1] = S("return ", bool(scope, 1), " and bpf.DROP or bpf.PASS")
	end
	return { t = "p", kinds = g.kinds, long = g.long, scratch = g.scratch, copy = class.few and chance(8) or nil, "return function(p)\n", b, "end\n" }
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

-- Smaller, as long as fails() holds of it.
function gen.shrink(tree, fails) shrink(tree, SIMPLE, fails) end

function gen.inputs(seed) return inputs(seed, HOSTILE) end

return gen

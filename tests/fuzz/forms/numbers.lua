-- Integers, truths and what may be either or nil: operators, comparisons, the functions of math.

local FLOATS = { "2.5", "-0.5", "0.0", "1e6", "9.3e18", "-9.3e18", "9007199254740993.0", "1e300", "-1e300", "0.1" }
local DIVISORS = { "0", "1", "-1", "2", "-2", "3", "7", "10", "16", "-8", "math.mininteger", "math.maxinteger", "0x100000000" }
local AMOUNTS = { "0", "1", "8", "31", "32", "33", "63", "64", "65", "-1", "-63", "-64", "math.mininteger" }
local LEAST = { "math.mininteger" }
local FAR = { "63", "64", "65", "127", "128", "-63", "-64", "-65", "math.maxinteger", "math.mininteger" }
local TYPES = { '"nil"', '"number"', '"boolean"', '"string"' }
TEXTS = { '"a"', '"ab"', '""', '"a\\0b"', '"a\\0c"', '"abcdefgh"', '"abcdefghi"' }

-- ---- integers ----

local function break_line() return chance(4) and "\n" or " " end

-- How far to shift: within a word, as far as it is wide, backwards, or anything.
local function amount(b)
	local k = random(5)
	if k == 1 then return E("int", "(", b, " & 63)") end
	if k == 2 then return E("int", "((", b, " & 127) - 32)") end
	return k <= 4 and E("int", pick(AMOUNTS)) or b
end

local function binary(scope, d)
	local op = pick { "+", "-", "*", "//", "%", "&", "|", "~", "<<", ">>", "+", "-" }
	local a, b = int(scope, d - 1), int(scope, d - 1)
	if (op == "//" or op == "%") and chance(75) then
		b = chance(50) and E("int", "(", b, " | 1)") or E("int", pick(DIVISORS))
	elseif op == "<<" or op == ">>" then
		b = amount(b)
	end
	return E("int", "(", a, " ", op, break_line(), b, ")")
end

-- Operators where constants are at the ends of what they can be: what may stand left and right, else anything.
local OPERATORS = { "+", "-", "*", "//", "%", "&", "|", "~", "<<", ">>" }
local EDGES = {
	{ { "//", "%" }, right = { "0" } }, { { "//", "%" }, left = LEAST, right = { "-1", "-1", "0", "math.mininteger" } },
	{ { "<<", ">>" }, right = FAR }, { { "<<", ">>" }, right = { "63", "64" } }, { { "<<", ">>" }, left = LEAST, right = FAR },
	{ OPERATORS, left = LEAST }, { OPERATORS, right = LEAST }, { OPERATORS, left = LEAST }, { OPERATORS, right = LEAST },
}

local function edge(scope, d)
	local row = pick(EDGES)
	local a = row.left and E("int", pick(row.left)) or int(scope, d - 1)
	local b = row.right and E("int", pick(row.right)) or int(scope, d - 1)
	return E("int", "(", a, " ", pick(row[1]), break_line(), b, ")")
end

local function operand(scope, d) return chance(8) and E("int", LEAST[1]) or int(scope, d - 1) end

local function unary(scope, d) return E("int", pick { "(- ", "(~ " }, operand(scope, d), ")") end

local function either(scope, d)
	return E("int", "(", bool(scope, d - 1), " and ", int(scope, d - 1), " or ", int(scope, d - 1), ")")
end

local function least_or_most(scope, d)
	local e = E("int", "math.", pick { "max", "min" }, "(", int(scope, d - 1))
	for _ = 1, random(1, chance(20) and 3 or 1) do e[#e + 1], e[#e + 2] = ", ", int(scope, d - 1) end
	e[#e + 1] = ")"
	return e
end

-- One in a hundred is no integer: that raises.
function int(scope, d)
	local e = d > 0 and chance(75) and pick(g.int)(scope, d)
	if e and e.sort == "int" then return e end
	if chance(1) then
		local v = var("any", scope)
		if v then return E("int", v) end
	end
	return chance(65) and var("int", scope) or literal()
end

-- ---- truths ----

local function compare(scope, d)
	local op = pick { "<", "<=", ">", ">=", "==", "~=" }
	if chance(15) then
		local a, b = int(scope, d - 1), E("float", pick(FLOATS))
		if chance(50) then a, b = b, a end
		return E("bool", "(", a, " ", op, " ", b, ")")
	end
	return E("bool", "(", operand(scope, d), " ", op, break_line(), operand(scope, d), ")")
end

local function equal(sort)
	return function(scope, d)
		return E("bool", "(", expr(sort, scope, d - 1), pick { " == ", " ~= " }, expr(sort, scope, d - 1), ")")
	end
end

local function both(scope, d)
	return E("bool", "(", bool(scope, d - 1), pick { " and ", " or " }, bool(scope, d - 1), ")")
end

function bool(scope, d)
	local e = d > 0 and chance(85) and pick(g.bool)(scope, d)
	return e or chance(60) and var("bool", scope) or E("bool", pick { "true", "false" })
end

-- ---- nil, a boolean or an integer; or a string, too ----

function any(scope, d)
	local e = d > 0 and chance(70) and pick(g.any)(scope, d)
	if e then return e.sort == "any" and e or E("any", e) end
	return chance(75) and var("any", scope) or E("any", pick { "nil", "nil", "true", "false", "1" })
end

function mix(scope, d)
	local e = chance(60) and pick(g.mix)(scope, d) or var("mix", scope) or any(scope, d - 1)
	return e.sort == "mix" and e or E("mix", e)
end

local function either_any(scope, d)
	return E("any", "(", any(scope, d - 1), pick { " and ", " or " }, any(scope, d - 1), ")")
end

local function perhaps(scope, d) return E("any", "(", bool(scope, d - 1), " and ", int(scope, d - 1), " or nil)") end

local function text() return E("mix", pick(TEXTS)) end

local function text_or(scope, d)
	return E("mix", "(", bool(scope, d - 1), " and ", pick(TEXTS), " or ", any(scope, d - 1), ")")
end

-- A call whose result both halves know, though the compiler does not: 0.
local function of_the_run() return E("int", "(bpf.", pick { "ktime() >> 62", "ktime() >> 60", "random() >> 32", "cpu() >> 16" }, ")") end

return {
	often = 100,
	int = {
		of_the_run,
		binary, binary, binary, binary, binary, edge, edge, unary, either, least_or_most,
		function(scope, d) return E("int", "(", any(scope, d - 1), " or", break_line(), literal(), ")") end,
		function(scope, d) return E("int", "math.abs(", operand(scope, d), ")") end,
		function(scope, d) return E("int", "math.fmod(", operand(scope, d), ", ", operand(scope, d), ")") end,
		function(scope, d) return E("int", "(math.tointeger(", any(scope, d - 1), ") or ", literal(), ")") end,
	},
	bool = {
		compare, compare, compare, both, equal "any", equal "mix",
		function(scope, d) return E("bool", "(not ", any(scope, d - 1), ")") end,
		function(scope, d) return E("bool", "math.ult(", int(scope, d - 1), ", ", int(scope, d - 1), ")") end,
		function(scope, d) return E("bool", "(type(", any(scope, d - 1), ") == ", pick(TYPES), ")") end,
		function(scope, d) return E("bool", "(type(", mix(scope, d - 1), ") ~= type(", mix(scope, d - 1), "))") end,
		function(scope, d) return E("bool", "(math.type(", any(scope, d - 1), ') == "integer")') end,
	},
	any = {
		int, bool, either_any, perhaps,
		function(scope, d) return E("any", "math.tointeger(", any(scope, d - 1), ")") end,
	},
	mix = { text, text, text_or },
	sorts = { "int", "int", "int", "any", "any", "bool", "mix" },
	passed = { "int", "int", "any", "bool" },
	make = { int = int, bool = bool, any = any, mix = mix },
	simple = { int = { "0", "1" }, bool = { "true", "false" }, any = { "nil", "1" }, mix = { '"a"' } },
	world = function(_, env) env.math, env.type, env.LIMIT = math, type, 42 end,
}

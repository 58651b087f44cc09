-- Branches and loops of all forms, with their ends before the end.

local function if_(scope)
	local s = S("if ", condition(scope), " then\n", block(scope, random(1, 3)))
	if chance(25) then
		s[#s + 1], s[#s + 2], s[#s + 3], s[#s + 4] = "elseif ", condition(scope), " then\n", block(scope, random(1, 2))
	end
	if chance(45) then s[#s + 1], s[#s + 2] = "else\n", block(scope, random(1, 3)) end
	s[#s + 1] = "end"
	return s
end

function loop_scope(scope)
	g.loops = g.loops - 1
	return inner(scope, { loop = true, loops = (scope.loops or 0) + 1, continue = name("c") })
end

-- The body of a loop: counts its turns with `counter` when that is given.
function body(scope, counter, most, n)
	local b = block(scope, n or random(1, 4), true)
	if counter then
		table.insert(b, 1, S(counter, " = ", counter, " + 1"))
		table.insert(b, 2, S("if ", counter, " > ", most, " then break end"))
		b[1].keep, b[2].keep = true, true
	end
	return b
end

function tail(scope)
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
	if chance(25) then -- a few turns over more than half of all integers
		from, to, step = E("int", "(", small(scope, "7"), pick { " + math.mininteger)", " - 9)" }), E("int", "math.maxinteger"), E("int", pick { "math.maxinteger", "1 << 62", "(1 << 61) + 7" })
		if chance(30) then from, to, step = E("int", "math.maxinteger"), E("int", "(", small(scope, "7"), " + math.mininteger)"), E("int", "-(1 << 62)") end
	end
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
	local s = loop_scope(scope)
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

-- A value is shifted until it is 0, and a loop around brings a new one.
local function halved(scope)
	local v, n, i = name("v"), name("n"), name("i")
	local open, close = table.unpack(pick { { "repeat", "until false" }, { "while true do", "end" }, { "for " .. name("k") .. " = 1, 9 do", "end" } })
	return S("local ", v, ", ", n, ", ", i, " = ", int(scope, 2), ", 0, 0\n", open, " while ", v, pick { " ~= 0", " > 0", " >= 1", " > 99" }, " do ",
		v, ", ", n, " = ", v, " >> ", pick { "1", "1", "2", "7" }, ", ", n, " + ", pick { "1", "3" }, " end\n",
		i, " = ", i, " + 1 if ", i, " > ", tostring(random(0, 4)), " then break end ", v, " = ", int(scope, 1), " ", close,
		"\nput(", tostring(random(0, 20)), ", ", n, pick { " > 64", " < 65", " & 0xff", " > 200" }, ")")
end

local function do_(scope) return S("do\n", block(scope, random(1, 3)), "end") end

-- do ... goto l ... ::l:: end, the goto perhaps in loops in there
local function skipped(scope)
	local s = inner(scope, { out = name("o"), continue = false })
	local b = block(s, random(2, 4))
	return S("do\n", b, "::", s.out, "::\nend")
end

local function leave(scope)
	if scope.out and chance(40) then return S("if ", condition(scope), " then goto ", scope.out, " end") end
	if not scope.loop then return assign(scope) end
	if scope.continue and chance(60) then
		local s = scope
		while rawget(s, "continue") ~= scope.continue do s = rawget(s, "up") end
		s.used = true
		return S("if ", condition(scope), " then goto ", scope.continue, " end")
	end
	return S("if ", condition(scope), " then break end")
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

-- if v ~= nil then ... end, where v may be used as an integer, which it may not be
local NARROWED = { "@ ~= nil", "@ ~= false", "@ ~= true", "@", "type(@) == \"number\"", "math.type(@) == \"integer\"",
	"type(@) ~= \"boolean\"", "@ and @ ~= true", "@ == nil or @ ~= false", "not (not @ or @ == true)" }

local function narrowed(scope)
	local sort = chance(85) and "any" or "mix"
	local v = visible(scope, function(v) return v.sort == sort end)
	if not v then return assign(scope) end
	local s = inner(scope)
	declare(s, "int", nil, { fixed = v.fixed }).name = v.name
	local cond, first = pick(NARROWED):gsub("@", v.name), ""
	if chance(20) then -- the constant on the left, which Lua has in a variable then
		local c = name("c")
		first = "local " .. c .. " = " .. pick { "nil", "nil", "false", "true" } .. "\n"
		cond = c .. " ~= " .. v.name
	end
	local b = block(s, random(1, 2))
	table.insert(b, 1, S("OUT[", tostring(random(0, 20)), "] = ", v.name, pick { " + 1", " - 1", " & 0xff", "" }))
	return S(first, "if ", cond, " then\n", b, "end")
end

-- local is = false if type(v) == "number" then is = true elseif ... then is = true end if is then ... end
local function of_two_reasons(scope)
	local v = visible(scope, function(v) return v.sort == "any" end)
	if not v then return assign(scope) end
	local is, k = name("is"), tostring(random(0, 20))
	local a, b = E("bool", "type(", v.name, ') == "', pick { "number", "boolean", "nil" }, '"'), pick { coin(), condition(scope) }
	if chance(50) then a, b = b, a end
	return S("local ", is, " = false\nif ", a, " then ", is, " = true elseif ", b, " then ", is, " = true end\nif ", is, " then put(", k, ", ", v.name,
		") else put(", k, ", not ", v.name, ") end\nput(", tostring(random(0, 20)), ", ", is, " and type(", v.name, ') == "number")')
end

-- A variable compared with several constants, as a search tree does it.
local function chain(scope)
	local v = visible(scope, function(v) return v.sort == "int" or v.sort == "word" end)
	local from, s = pick { 0, 0, 1, 2, 250, 0x7ffffffe, -3 }, S()
	if not v or chance(70) then
		local x = chance(50) and small(scope, pick { "7", "15" }) or E("int", "(p:u8(", tostring(random(14, 60)), ") or 0) & ", pick { "7", "15", "63" })
		from, s = random(0, 2), S("local ", name("n"), " = ", x, "\n")
		v = { name = s[2] }
	end
	local first = #s
	for i = 1, random(3, 9) do
		s[#s + 1] = #s == first and "if " or "elseif "
		s[#s + 1] = v.name .. pick { " == ", " == ", " == ", " < ", " <= ", " < " } .. from .. " then\n"
		s[#s + 1] = chance(25) and block(scope, 1) or { t = "b", S("OUT[", tostring(random(0, 20)), "] = ", tostring(i)) }
		from = from + random(0, 3)
	end
	if chance(50) then s[#s + 1], s[#s + 2] = "else\n", block(scope, 1) end
	s[#s + 1] = "end"
	return s
end

-- a or ... over two lines: what fails on the first of them is computed after what is on the second
local function lines(scope)
	local e = S("OUT[", tostring(random(0, 20)), "] = ", any(scope, 1), pick { " +", " &", " //", " -" }, "\n(", int(scope, 2), pick { " * ", " // ", " ~ " },
		int(scope, 1), ")")
	return S("if ", condition(scope), " then ", e, " end")
end

local function fail(scope)
	return S("if ", condition(scope), " then error(", pick { '"one"', '"two", 0', '"three", 2', '"four"' }, ") end")
end

return {
	often = 100,
	flat = { leave, leave, finish, fail, lines },
	nested = { if_, if_, if_, if_, if_, for_small, for_small, for_hostile, while_, repeat_, goto_loop, halved, do_, skipped, narrowed, chain, of_two_reasons,
		narrowed },
	loop = { [for_small] = true, [for_hostile] = true, [while_] = true, [repeat_] = true, [goto_loop] = true, [halved] = true },
	world = function(_, env) env.error = error end,
}

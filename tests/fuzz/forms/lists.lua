-- Tables made in kernel code: lists, those that two variables may hold, those that are there or not. A variable of the
-- sort `list` has three integers at 1 to 3 and a field n; one of the sort `maybe` has a field x, or is nil.

local function list(scope)
	local a, b, c, n = int(scope, 2), int(scope, 1), int(scope, 1), int(scope, 1)
	if chance(25) then -- filled by a loop
		local i = name("i")
		local value = pick { a, S("(", a, ") + ", i), S("(", b, ") >> ", i), S(i, " > 1 and (", c, ") or ", i), i }
		local q = declare(scope, "list", "q").name
		return S("local ", q, " = {}\nfor ", i, " = ", pick { "1, 3", "1, 3", "1, 4", "3, 1, -1" }, " do ", q, "[", i, "] = ", value, " end\n", q, ".n = ", n)
	end
	return S("local ", declare(scope, "list", "q").name, " = { ", a, ", ", b, ", ", c, ", n = ", n, " }")
end

local function known(scope) return visible(scope, function(v) return v.sort == "list" end) end

local function place(scope)
	local k = random(8)
	if k == 5 then return E("int", "((", coin(), " and 2 or ", int(scope, 1), " % 2) + 1)") end
	if k == 6 then return E("int", "(((", int(scope, 1), " & 0xff) >> ", pick { "7", "8", "6" }, ") % 3 + 1)") end
	if k == 7 then return E("int", "((", int(scope, 1), " & 0x", pick { "3f", "5f" }, ") // 32 + 1)") end
	if k == 8 then return E("int", "(math.min(", int(scope, 1), " & 15, ", pick { "2", "1" }, ") + 1)") end
	if k == 1 then return tostring(random(1, 3)) end
	return k == 2 and E("int", "((", int(scope, 1), ") % 3 + 1)") or E("int", "((", small(scope, "1"), ") + 1)")
end

local function write(scope)
	local q = known(scope)
	if not q then return list(scope) end
	if chance(30) then return S(q.name, ".n = ", q.name, ".n + ", int(scope, 1)) end
	return S(q.name, "[", place(scope), "] = ", int(scope, 2))
end

-- A key that is one of them by tests.
local function tested(scope)
	local q, k = known(scope), name("k")
	if not q then return list(scope) end
	local is = pick { S(k, " >= 1 and ", k, " <= 3"), S(k, " > 0 and not (", k, " >= 4)"), S("0 < ", k, " and 3 >= ", k), S(k, " >= 2 and ", k, " <= 3") }
	return S("local ", k, " = ", int(scope, 1), pick { "", " & 3", " % 5", " >> 62" }, "\nif ", is, " then\n", q.name, "[", k, "] = ", q.name, "[", k, "] ~ ", int(scope, 1),
		"\nput(", tostring(random(0, 20)), ", ", q.name, "[", k, "])\nend\nput(", tostring(random(0, 20)), ", ", q.name, "[", k, "] or -1)")
end

local function read(scope)
	local q = known(scope)
	if not q then return nil end
	if chance(20) then return E("int", "#", q.name) end
	return chance(30) and E("int", q.name, ".n") or E("int", q.name, "[", place(scope), "]")
end

-- One of two, by what is known only at run time; what is done through it is seen through them.
local function alias(scope)
	local q, w = known(scope), known(scope)
	if not q then return list(scope) end
	local v = name("q")
	return S("local ", v, " = ", coin(), " and ", q.name, " or ", w.name, "\n", v, ".n = ", int(scope, 1), "\nput(", tostring(random(0, 20)), ", ",
		q.name, ".n)\nput(", tostring(random(0, 20)), ", ", w.name, ".n)")
end

-- local q = { n = .. } local w = { n = .. } local v = coin and q or w
local function two(scope)
	local q, w, v = name("q"), name("q"), name("q")
	return S("local ", q, ", ", w, " = { n = ", int(scope, 1), " }, { n = ", int(scope, 1), " }\nlocal ", v, " = ", q, "\nif ", coin(), " then ", v, " = ", w,
		" end\n", v, ".n = ", v, ".n + ", int(scope, 1), "\nput(", tostring(random(0, 9)), ", ", q, ".n)\nput(", tostring(random(10, 20)), ", ", w, ".n)")
end

-- Made again in each turn, without the fields of the one before.
local function made_again(scope)
	local q, w, v, i = name("q"), name("q"), name("q"), name("i")
	g.loops = g.loops - 1
	return S("for ", i, " = 1, ", tostring(random(2, 4)), " do\nlocal ", q, ", ", w, " = { n = ", i, " }, { n = 7 }\nlocal ", v, " = ", coin(), " and ", q, " or ", w,
		"\nput(", i, ", ", v, ".m)\n", v, ".m = ", v, ".n\nput(", i, " + 5, ", q, ".m)\nend")
end

-- A table or nothing: indexing that raises.
local function maybe(scope)
	local v = name("q")
	local s = S("local ", v, "\nif ", coin(), " then ", v, " = { x = ", int(scope, 2), " } end\n")
	local use = S("put(", tostring(random(0, 20)), ", ", v, ".x)")
	if chance(50) then use = S("if ", condition(scope), " then ", use, " end") end
	s[#s + 1] = use
	return s
end

local function packed(scope)
	local t, n = name("q"), tostring(random(1, 3))
	return S("local ", t, " = table.pack(", any(scope, 1), ", ", any(scope, 1), ", ", any(scope, 1), ")\nput(", tostring(random(0, 20)), ", ", t, "[", n,
		"])\nput(", tostring(random(0, 20)), ", ", pick { t .. ".n", "(select(" .. n .. ", table.unpack(" .. t .. ", 1, 3)))" }, ")")
end

local function over(scope)
	local q = known(scope)
	if not q then return list(scope) end
	local k, v, s = name("k"), name("v"), declare(scope, "int", "n").name
	g.loops = g.loops - 1
	return S("local ", s, " = 0\nfor ", k, ", ", v, " in ipairs(", q.name, ") do ", s, " = ", s, pick { " * 3 + ", " ~ " }, v, " end\nput(",
		tostring(random(0, 20)), ", ", s, ")")
end

-- One whose keys a loop over another one counts, or finds there; either is made first.
local function filled(scope)
	local t, u, n, k, v, s = name("q"), name("q"), name("n"), name("k"), name("v"), declare(scope, "int", "n").name
	g.loops = g.loops - 2
	local elements = S(int(scope, 1))
	for i = 2, random(3, 5) do elements = S(elements, ", ", pick { int(scope, 1), tostring(i) }) end
	local made = shuffled { S("local ", t, " = { 5, 6", chance(50) and ", 7 }" or " }"), S("local ", u, " = { ", elements, " }") }
	local set = pick { S(n, " = ", n, " + 1 ", t, "[", n, "] = ", v), S(t, "[", k, "] = ", v, " ", n, " = ", n, " + ", k),
		S(n, " = ", n, " + 1 ", t, "[", n, "] = ", int(scope, 1), " ", u, "[", k, "] = ", v, " ~ ", n) }
	local function over(q, body) return S("for ", k, ", ", v, " in ", pick { "ipairs", "pairs" }, "(", q, ") do ", body, " end\n") end
	return S(made[1], "\n", made[2], "\nlocal ", n, ", ", s, " = 0, 0\n", over(u, set), over(t, S(s, " = ", s, pick { " * 3 + ", " ~ " }, v, " + ", k)),
		chance(30) and over(u, S(s, " = ", s, " + ", v)) or "", "put(", tostring(random(0, 20)), ", ", s, ")\nput(", tostring(random(0, 20)), ", ", n, chance(20) and S(" + #", t) or "", ")")
end

-- Its elements in one text.
local function joined(scope)
	local q = known(scope)
	if not q then return list(scope) end
	local s = name("s")
	g.loops = g.loops - 1
	local rest = pick { "", ', ","', ', "--", 2', S(', "", ', tostring(random(-1, 3)), ", (", int(scope, 1), ") % 4"), ", 7, 1, 3" }
	return S("local ", s, " = table.concat(", q.name, rest, ")\nput(", tostring(random(0, 20)), ", #", s, ")\nput(", tostring(random(0, 20)), ", ", s,
		":byte(", pick { "1", "-1", "4" }, ") or -1)")
end

-- Appended to in a loop: how long it gets is known only at run time.
local function grown(scope)
	local q, i, v, s = name("q"), name("i"), name("v"), declare(scope, "int", "n").name
	g.loops = g.loops - 1
	local value = E("int", "(", int(scope, 1), ") + ", i)
	local append = chance(60) and S(q, "[#", q, " + 1] = ", value) or S("table.insert(", q, ", ", value, ")")
	if chance(50) then append = S("if ", coin(), " then ", append, " end") end
	if chance(25) then -- where the end was before two more: refused
		local n = name("n")
		append = S("local ", n, " = #", q, " + 1\n", append, "\n", append, "\n", q, "[", n, "] = ", int(scope, 1))
	end
	if chance(35) then -- gone over first: what one turn appends the next one sees
		local x = name("v")
		append = S("for ", x, "k, ", x, " in ", pick { "ipairs", "ipairs", "pairs" }, "(", q, ") do put(", tostring(random(0, 20)), ", ", x, ") end\n", append)
	end
	local between = S("put(", tostring(random(0, 20)), ", ", q, "[", pick { "#" .. q, i, "2", "#" .. q .. " - 1" }, "] or -1)")
	return S("local ", q, " = {", chance(40) and int(scope, 1) or " ", "}\nfor ", i, " = 1, ", tostring(random(2, 4)), " do\n", append, "\n",
		chance(30) and between or "", "\nend\nlocal ", s, " = #", q, "\nfor ", i, ", ", v, " in ipairs(", q, ") do ", s, " = ", s,
		pick { " * 3 + ", " ~ " }, v, " end\nput(", tostring(random(0, 20)), ", ", s, ")")
end

-- What is refused, or is a float, where it is never come to.
local function never(scope)
	local v = int(scope, 1)
	if chance(30) then return S("if K.none then local ", name("c"), " <close> = OUT[0] end") end
	return S("if K.none then OUT[0] = ", v, pick { " / ", " ^ " }, int(scope, 1), " end")
end

return {
	often = 25,
	int = { read, read },
	flat = { list, list, write, write, write, tested, alias, two, maybe, packed, never },
	nested = { over, made_again, grown, grown, joined, filled },
	loop = { [over] = true, [made_again] = true, [grown] = true, [joined] = true, [filled] = true },
	world = function(_, env) env.table, env.select, env.ipairs, env.pairs = table, select, ipairs, pairs end,
}

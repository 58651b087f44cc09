-- What a loop keeps: functions that its turns make, captured rows or tables made here, what it finds by what it found; and
-- tables with more functions than are compared, names in a table of the names, lists set on one of the ways.

local function place() return tostring(random(0, 20)) end

-- `local f` of a function or none, which some turns set to one of their own, called behind or within the loop.
local function closures(scope)
	local f, i, k = name("f"), name("i"), name("k")
	g.loops = g.loops - 1
	local start = pick { "nil", "math.abs", S("function(a) return a + ", int(scope, 1), " end") }
	local made = pick { S("a ~ ", k), k, S(k, " + ", i), S("a * ", i), S(k, " // (a & 1)") }
	local set = S(f, " = function(a) return ", made, " end")
	if chance(70) then set = S("if ", coin(), " then ", set, " end") end
	local called = S("put(", i, ", ", f, " and ", f, "(", i, ") or -1)\n")
	return S("local ", f, " = ", start, "\nfor ", i, " = 1, ", tostring(random(2, 4)), " do\nlocal ", k, " = ", i, pick { " + ", " ~ " }, int(scope, 1), "\n",
		chance(30) and called or "", set, "\n", chance(30) and called or "", "end\nput(", place(), ", ", f, " and ", f, "(", int(scope, 1), ") or -1)")
end

-- A captured row, or one made here.
local function rows(scope)
	local t, i = name("t"), name("i")
	g.loops = g.loops - 1
	local made = S("{ n = ", int(scope, 1), chance(60) and S(", a = ", int(scope, 1)) or "", " }")
	local found = pick { S("K.places[", i, "]"), S("K.places[", int(scope, 1), " & 7]") }
	local set = pick { S(t, " = ", found, " or ", t), S("if ", coin(), " then ", t, " = ", found, " or ", t, " end"),
		S("if ", coin(), " then ", t, " = { n = ", i, ", a = ", int(scope, 1), " } else ", t, " = K.places[1] end") }
	return S("local ", t, " = ", made, "\nfor ", i, " = 1, ", tostring(random(2, 4)), " do\n", set, "\n", chance(30) and S("put(", i, ", ", t, ".n)\n") or "",
		"end\nput(", place(), ", ", t, ".n)\nput(", place(), ", ", t, ".a)")
end

-- What is found says what is looked up next, and nothing else says of what kind it is.
local function steps(scope)
	local s, i = name("s"), name("i")
	g.loops = g.loops - 1
	local set = pick { S("K.after2[", s, " << 2 | ", int(scope, 1), " & 3] or ", tostring(random(0, 3))),
		S(s, " + (tonumber((", s, " .. \"\"):sub(1, 2)) or 5)"), S("(K.after2[", s, "] or ", int(scope, 1), ") & 15") }
	return S("local ", s, " = ", int(scope, 1), " & 15\nfor ", i, " = 1, ", tostring(random(2, 4)), " do ", s, " = ", set, " end\nput(", place(), ", ", s, ")")
end

local function many(scope)
	local h = name("h")
	local key = pick { S(int(scope, 1), " & 255"), S(int(scope, 2)), S(any(scope, 1)) }
	return S("local ", h, " = K.chosen[", key, "]\nput(", place(), ", ", h, " and ", h, "(", any(scope, 1), ") or -1)")
end

-- A name that the table itself holds.
local function named(scope)
	local t = name("t")
	local change = pick { S(t, "[", t, ".mode] = ", t, "[", t, ".mode] ~ ", int(scope, 1)), S(t, "[", t, ".mode] = ", int(scope, 1)) }
	return S("local ", t, " = { a = ", int(scope, 1), ", b = ", int(scope, 1), " }\n", t, ".mode = ", coin(), ' and "a" or "b"\n', change,
		"\nput(", place(), ", ", t, ".a)\nput(", place(), ", ", t, "[", t, ".mode])")
end

-- A list that is long or empty, by the way.
local function some(scope)
	local t = name("t")
	local set = chance(70) and S(t, "[1], ", t, "[2] = ", int(scope, 1), ", ", int(scope, 1)) or S(t, "[#", t, " + 1] = ", any(scope, 1))
	return S("local ", t, " = {}\nif ", coin(), " then ", set, " end\nput(", place(), ", #", t, ")\nput(", place(), ", ", t, "[1] or -1)")
end

-- A list of tables that a loop appends, read by number and by `ipairs`.
local function gathered(scope)
	local t, i, r, d, at = name("t"), name("i"), name("r"), name("d"), place()
	g.loops = g.loops - 2
	local row = S("{ ", chance(40) and S(i, ", ") or "", "x = ", int(scope, 2), chance(60) and S(", y = ", any(scope, 1)) or "", " }")
	local append = pick { S(t, "[#", t, " + 1] = ", row), S("table.insert(", t, ", ", row, ")"),
		S("local ", d, " = ", row, "\n", d, ".y = ", any(scope, 1), "\n", t, "[#", t, " + 1] = ", d) }
	if chance(60) then append = S("if ", coin(), " then ", append, " end") end
	local key = pick { i, "1", "#" .. t, S(int(scope, 1), " & 3") }
	if chance(30) then local k = name("k") append = S("for ", k, ", ", r, " in ipairs(", t, ") do put(", k, ", ", r, ".x) end\n", append) end
	local within = chance(30) and S("put(", i, ", ", t, "[", key, "] and ", t, "[", key, "].x)\n") or ""
	local ends = pick { S("put(", at, ", ", t, "[", int(scope, 1), " & 3].y)"), S("put(", at, ", ", t, "[2] and ", t, "[2][1])"), S("put(", at, ", #", t, ")"),
		S("for ", i, " = #", t, ", 1, -1 do put(", i, ", ", t, "[", i, "].x) end") }
	local begun = chance(40) and S("{ { x = ", int(scope, 1), " }", chance(50) and S(", { x = ", int(scope, 1), ", y = ", any(scope, 1), " }") or "", " }") or "{}"
	return S("local ", t, " = ", begun, "\nfor ", i, " = 1, ", tostring(random(2, 5)), " do\n", append, "\n", within, "end\nfor ", i, ", ", r, " in ipairs(", t, ") do put(",
		i, ", ", r, pick { ".x", ".y", "[1]" }, ")", chance(40) and S(" if ", r, ".y then put(", i, " + 9, ", r, ".y) end") or "", " end\n", ends)
end

-- Tables of such a list, written by number, by `ipairs`, and by variables two of which may have the same one.
local function written(scope)
	local t, i, r, q = name("t"), name("i"), name("r"), name("q")
	g.loops = g.loops - 3
	local y = chance(60)
	local function set(of, other)
		return pick { S(of, ".x = ", of, ".x + ", int(scope, 1)), S(of, ".x = ", other, ".x ~ ", int(scope, 1)), S(of, ".y = ", any(scope, 1)), S(of, ".y = nil"),
			S(of, ".x, ", other, ".x = ", other, ".x, ", of, ".x"), S("if ", of, ".y then ", of, ".x = ", place(), " else ", of, ".y = ", other, ".x end") }
	end
	local function at(key, how) local e = S(t, "[", key, "]") return S("if ", e, " then ", how(e), " end\n") end
	local row = S("{ x = ", int(scope, 2), y and S(", y = ", any(scope, 1)) or "", " }")
	local append, d = S(t, "[#", t, " + 1] = ", row, "\n"), name("d")
	if chance(40) then append = S("local ", d, " = ", row, "\n", t, "[#", t, " + 1] = ", d, "\n", set(d, S(t, "[1]")), "\nput(", i, ", ", d, ".x)\n") end
	if chance(50) then append = S("if ", coin(), " then ", append, " end\n") end
	local key = pick { i, "1", "#" .. t, S(int(scope, 1), " & 3") }
	local within = chance(50) and at(key, function(e) return S(set(e, e), " put(", i, ", ", e, ".x)") end) or ""
	local begun = chance(40) and S("{ { x = ", int(scope, 1), " }", chance(50) and S(", { y = ", any(scope, 1), ", x = ", int(scope, 1), " }") or "", " }") or "{}"
	local pair = S("do local ", r, ", ", q, " = ", t, "[", int(scope, 1), " & 3], ", t, "[", int(scope, 1), " & 3]\nif ", r, " and ", q, " then\nput(", place(), ", ", r, ".x)\n",
		set(q, r), "\nput(", place(), ", ", r, pick { ".x", ".y" }, ")\n", set(r, q), "\nput(", place(), ", ", q, pick { ".x", ".y" }, ")\nend end\n")
	local over = S("for ", i, ", ", r, " in ipairs(", t, ") do\nput(", i, ", ", r, ".x)\n", set(r, r), "\n",
		at(pick { S(i, " - 1"), S(i, " + 1"), S(int(scope, 1), " & 3") }, function(e) return set(e, r) end), "put(", i, " + 5, ", r, ".x)\nend\n")
	return S("local ", t, " = ", begun, "\nfor ", i, " = 1, ", tostring(random(2, 4)), " do\n", append, within, "end\n", chance(60) and pair or "", chance(60) and over or "",
		"for ", i, ", ", r, " in ipairs(", t, ") do put(", i, ", ", r, ".x) put(", i, " + 10, ", r, ".y) end")
end

-- Tables that lie in two such lists, or one that has a name of its own from before the loop.
local function shared(scope)
	local t, u, i, r, d = name("t"), name("u"), name("i"), name("r"), name("d")
	g.loops = g.loops - 3
	local function touch(e) return pick { S("put(", place(), ", ", e, ".x)"), S(e, ".x = ", e, ".x + ", int(scope, 1)), S(e, ".y = ", any(scope, 1)) } end
	local function by(list, key) local e = S(list, "[", key, "]") return S("if ", e, " then ", touch(e), " end\n") end
	local row = S("{ x = ", int(scope, 2), chance(60) and S(", y = ", any(scope, 1)) or "", " }")
	local second = S(u, "[#", u, " + 1] = ", pick { d, d, S(t, "[#", t, "]") }, "\n")
	if chance(60) then second = S("if ", coin(), " then ", second, " end\n") end
	local before, own = "", ""
	if chance(40) then
		own = name("d")
		before = S("local ", own, " = ", row, "\n", t, "[#", t, " + 1] = ", own, "\n", chance(50) and S(u, "[#", u, " + 1] = ", own, "\n") or "")
	end
	local loop = S("for ", i, " = 1, ", tostring(random(2, 4)), " do\nlocal ", d, " = ", row, "\n", t, "[#", t, " + 1] = ", d, "\n", second,
		chance(50) and S(touch(d), "\n") or "", own ~= "" and chance(50) and S(touch(own), "\n") or "", "end\n")
	local behind = S(own ~= "" and S(touch(own), "\n") or "", by(u, pick { "1", "2", S("#", u), S(int(scope, 1), " & 3") }), by(t, pick { "1", S("#", t) }))
	local function over(list, plus) return S("for ", i, ", ", r, " in ipairs(", list, ") do put(", i, " + ", plus, ", ", r, ".x) ", touch(r), " end\n") end
	return S("local ", t, ", ", u, " = {}, {}\n", before, loop, behind, over(u, "0"), over(t, "8"), "put(", place(), ", #", u, ")",
		own ~= "" and S("\nput(", place(), ", ", own, pick { ".x", ".y" }, ")") or "")
end

-- One of two headers, kept over a loop over bytes, and read behind it.
local IP = { "p.ip", "tostring(H.src):byte(1)", "#H.payload", "H.payload:byte(2)" }
local EITHER = { IP, IP,
	{ "p.tcp or p.udp", "H.dport", "#H.payload" },
	{ "p.ipv6 or p.ipv4", "tostring(H.dst):byte(2)" }, { "p.vlan or p.eth", "H.type" },
}
local CARRIERS = { "p.tcp", "p.udp", "p.tcp or p.udp", "p.ip", "p.icmp" }

local function either(scope)
	local h, c, n, i, kind, found = name("h"), name("c"), name("n"), name("i"), pick(EITHER), nil
	g.loops = g.loops - 1
	local loop = pick { S("for ", i, " = 1, #", c, ".payload do ", n, " = ", n, " + ", c, ".payload:byte(", i, ") end"),
		S(n, " = ", c, '.payload:find "%u" or ', int(scope, 1)), S(n, " = #(", c, '.payload:match "^%l+" or "")'),
		S("for ", i, " in ", c, '.payload:gmatch "%a+" do ', n, " = ", n, " + #", i, " end") }
	repeat found = pick(kind) until found ~= kind[1]
	return S("local ", h, ", ", c, ", ", n, " = ", kind[1], ", ", pick(CARRIERS), ", 0\nif ", c, chance(30) and S(" and ", h) or "", " then\n", loop,
		"\nput(", place(), ", ", h, " and ", (found:gsub("H%.", h .. ".")), " or ", n, ")\nend\nput(", place(), ", ", n, ")")
end

local function world(_, env)
	local K = env.K or {}
	env.K = K
	K.places = { { n = 3, a = -1 }, { n = 0 }, { n = 7, a = 5, b = true }, { n = -9, a = 0 }, { n = 4, a = 4 } }
	K.after2 = { [0] = 3, 2, 1, 0, 7, 9, [9] = 2, [10] = 15, [14] = 1 }
	K.chosen = {}
	for n = 0, 79 do
		K.chosen[n] = n % 9 == 8 and function() return n end or n % 2 == 0 and function(x) return type(x) == "number" and x or n end or
			function(x) return x, n end
	end
	return {}
end

return {
	often = 20,
	nested = { closures, closures, rows, steps, many, named, some, gathered, gathered, written, written, shared, either },
	loop = { [closures] = true, [rows] = true, [steps] = true, [gathered] = true, [written] = true, [shared] = true, [either] = true },
	world = world,
}

-- The generic for: over captured tables, maps, and what functions give.

-- for k, v in pairs(K.list) do ... end, which is written out
local function over_table(scope)
	local what = pick { { "ipairs(K.list)", "int", "int" }, { "pairs(K.list)", "int", "int" }, { "pairs(K.set)", "mix", "bool" },
		{ "pairs(K.mixed)", "mix", "mix" }, { "ipairs(K.mixed)", "int", "mix" }, { "pairs(K.names)", "int", "mix" } }
	local s = loop_scope(scope)
	local k, v = declare(s, what[2], "k"), declare(s, what[3], "v")
	k.fixed, v.fixed = true, chance(60)
	local b = body(s, nil, nil, random(1, 2))
	return S("for ", k.name, ", ", v.name, " in ", what[1], " do\n", b, tail(s), "end")
end

-- for k, v in pairs(K.lots[i] or {}) do ... end: which table, if one at all, is known only at run time
local function over_found(scope)
	local from = pick { "K.lots", "K.lots", "K.grid" }
	local which = int(scope, 1)
	local default = pick { "", " or {}", " or { 3, 5, -1 }", " or { x = 4 }", " or K.list" }
	local s = loop_scope(scope)
	local pairs = chance(60)
	local k, v = declare(s, pairs and "mix" or "int", "k"), declare(s, "mix", "v")
	k.fixed, v.fixed = true, true
	local b = body(s, nil, nil, random(1, 2))
	return S("for ", k.name, ", ", v.name, " in ", pairs and "pairs(" or "ipairs(", from, "[#p + ", which,
		from == "K.grid" and " & 63]" or " & 7]", default, ") do\n", b, tail(s), "end") -- #p: never a constant, which may be refused
end

-- Over an array in order; over a hash in whatever order, so only sums are made.
local function over_array(scope)
	local s = loop_scope(scope)
	local k, v = declare(s, "int", "k"), declare(s, "int", "v")
	k.fixed = true
	local b = body(s, nil, nil, random(1, 2))
	return S("for ", k.name, ", ", v.name, " in ", pick { "pairs", "ipairs" }, "(A) do\n", b, tail(s), "end")
end

local function over_hash(scope)
	local k, v, start = name("k"), name("v"), int(scope, 1)
	local sum = declare(scope, "int").name
	local m = pick { "H", "B", "L", "S" }
	local what = m == "S" and pick { v .. ".n", v .. ".c + " .. k } or pick { v, k, v .. " * " .. k }
	local more = chance(30) and "if " .. k .. " & 1 == 0 then " .. m .. "[" .. k .. "] = nil end\n" or ""
	if m == "S" and chance(40) then more = v .. ".n = " .. v .. ".n ~ " .. k .. "\n" end
	g.loops = g.loops - 1
	return S("local ", sum, " = ", start, "\nfor ", k, ", ", v, " in pairs(", m, ") do\n", sum, " = ", sum, pick { " + ", " ~ " },
		"(", what, ")\n", more, "end")
end

-- Something done for one key of a hash, so that the order does not matter: what the body finds and leaves are variables
-- of all kinds, and ways out of a function that the kernel calls.
local function one_of_hash(scope)
	local s = loop_scope(scope)
	local m = pick { "H", "B", "S", "H" }
	local k, v = declare(s, "int", "k"), declare(s, m == "S" and "entry" or "int", "v")
	k.fixed, v.fixed = true, true
	local key = m == "B" and pick { "0", "2", "7" } or m == "S" and pick { "0", "2" } or pick { "0", "1", "3" }
	s.continue = false
	local b = block(inner(s), random(1, 4), true)
	return S("for ", k.name, ", ", v.name, " in pairs(", m, ") do\nif ", k.name, " == ", key, " then\n", b, "end\nend")
end

-- Loops that begin with one over a hash, and start it over at the end of a turn, until it finds nothing to change.
local AGAIN = {
	function(loop, change) -- a label before it
		local top = name("c")
		return S("::", top, "::\n", loop(change .. "goto " .. top))
	end,
	function(loop, change) -- while a function finds something
		local f = name("f")
		return S("local function ", f, "()\n", loop(change .. "return true"), "\nend\nwhile ", f, "() do end")
	end,
	function(loop, change) -- while one raises
		return S("while not pcall(function()\n", loop(change .. "error('again')"), "\nend) do end")
	end,
	function(loop, change) -- to the end of the outer one
		local next = name("c")
		return S("while true do\n", loop(change .. "goto " .. next), "\ndo break end\n::", next, "::\nend")
	end,
	function(loop, change) -- a key that is found
		local f, key, value = name("f"), change:match "%[(%w+)%] = (%w+)"
		return S("local function ", f, "()\n", loop("return " .. key .. ", " .. value), "\nend\nwhile true do\nlocal ", key, ", ",
			value, " = ", f, "()\nif not ", key, " then break end\n", change, "end")
	end,
}

local function over_again(scope)
	if (scope.functions or 0) > 1 then return assign(scope) end
	local m, k, v, above = pick { "H", "B" }, name("k"), name("v"), pick { "2", "9" }
	g.loops = g.loops - 2
	local function loop(found)
		return S("for ", k, ", ", v, " in pairs(", m, ") do\nif ", v, " > -9 and ", v, " < ", above, " then\n", found, "\nend\nend")
	end
	return pick(AGAIN)(loop, ("%s[%s] = %s + %s\n"):format(m, k, v, pick { "1", "4", "9" }))
end

-- The same, so many times, with more behind the one over the hash.
local function over_anew(scope)
	local turns, sum = declare(scope, "int", "t"), declare(scope, "int")
	turns.fixed = true
	local k, v = name("k"), name("v")
	local s = loop_scope(scope)
	local b = body(s, turns.name, "3", random(1, 2))
	return S("local ", turns.name, ", ", sum.name, " = 0, 0\nwhile true do\nfor ", k, ", ", v, " in pairs(", pick { "H", "B", "L" }, ") do\n",
		sum.name, " = ", sum.name, " + ", pick { k, v }, "\nend\n", b, tail(s), "end")
end

-- for i, v in function(s, i) ... end, s, i do ... end
local function own(scope)
	if (scope.functions or 0) > 1 then return assign(scope) end
	local f = { params = {}, results = { "any", "int" } }
	local fs = function_scope(scope, f)
	local c, n = declare(fs, "int", "c"), tostring(random(2, 6))
	c.fixed = true
	local value = any(fs, 2)
	local from = S("local function ", name("it"), "(s, ", c.name, ")\nif ", c.name, " < s then return ", c.name, " + 1, ", value, " end\nend\n")
	local s = loop_scope(scope)
	local i, v = declare(s, "int", "i"), declare(s, "any", "v")
	i.fixed = true
	local b = body(s, nil, nil, random(1, 3))
	return S(from, "for ", i.name, ", ", v.name, " in ", from[2], ", ", n, ", 0 do\n", b, tail(s), "end")
end

-- for v in function() n = n + 1 if n < 5 then return n end end do ... end
local function closure(scope)
	if (scope.functions or 0) > 1 then return assign(scope) end
	local n, most = declare(scope, "int"), tostring(random(2, 6))
	n.fixed = true
	local give = int(function_scope(scope, { params = {}, results = { "int" } }), 2)
	local s = loop_scope(scope)
	local v = declare(s, "int", "v")
	local b = body(s, nil, nil, random(1, 3))
	return S("local ", n.name, " = 0\nfor ", v.name, " in function()\n", n.name, " = ", n.name, " + 1\nif ", n.name, " < ", most,
		" then return ", give, " end\nend do\n", b, tail(s), "end")
end

return {
	often = 35,
	nested = { over_table, over_table, over_found, over_array, over_hash, one_of_hash, one_of_hash, over_again, over_again, over_anew, own, closure },
	loop = { [over_table] = true, [over_found] = true, [over_array] = true, [over_hash] = true, [one_of_hash] = true, [over_again] = true,
		[over_anew] = true, [own] = true, [closure] = true },
	world = function(_, env) env.pairs, env.ipairs = pairs, ipairs end,
}

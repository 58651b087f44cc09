-- What one of several objects answers: rows with an __index function, functions by keys of any kind, methods of a table made here or
-- of nil, loops from or up to what may be a row, sums with what may be a table or a text.

local function place() return tostring(random(0, 20)) end

-- local r = K.answers[k] put(1, r and r.limit)
local function answered(scope)
	local r = name("r")
	local found = S("K.answers[", int(scope, 2), pick { " & 63]", " & 127]", " & 127] or K.usually" })
	local read = pick { ".limit", ".limit", ".n", ".none" }
	if chance(15) then read = S("[", any(scope, 1), "]") end
	local out = S("local ", r, " = ", found, "\nput(", place(), ", ", chance(70) and r .. " and " or "", r, read, ")")
	if chance(40) then out[#out + 1] = S("\nif ", r, " then put(", place(), ", ", r, pick { ".limit", ".n" }, " == ", int(scope, 1), ") end") end
	return out
end

local function by_any_key(scope)
	local key = chance(40) and S(mix(scope, 2)) or chance(50) and S("(", coin(), " and ", int(scope, 1), " or ", mix(scope, 1), ")") or S(int(scope, 2), " & 63")
	local h = name("h")
	if chance(50) then return S("put(", place(), ", K.by[", key, "](", int(scope, 1), "))") end
	return S("local ", h, " = K.by[", key, "]\nput(", place(), ", ", h, " and ", h, "(", int(scope, 1), "))")
end

-- local t if a then t = one elseif b then t = two end t:f(x)
local function method(scope)
	local one, two, t = name("t"), name("t"), name("t")
	local call = S(t, ":f(", int(scope, 1), ")")
	return S("local ", one, " = { n = ", int(scope, 1), ", f = function(s, x) return s.n ~ x end }\nlocal ", two,
		" = { n = ", int(scope, 1), ", f = function(s, x) s.n = s.n + 1 return s.n + x end }\nlocal ", t, pick { "", "", " = 5", " = true" },
		"\nif ", coin(), " then ", t, " = ", one, " elseif ", coin(), " then ", t, " = ", two, " end\nput(", place(), ", ", call, ")\nput(", place(), ", ", two, ".n)")
end

-- for i = v, 3 do ... end
local function limits(scope)
	local s, v, w = loop_scope(scope), name("v"), name("w")
	local i = declare(s, "int", "i")
	i.fixed = true
	local out = S("local ", v, ", ", w, " = K.limits[", int(scope, 1), " & 15], ", chance(70) and S("K.limits[", int(scope, 1), " & 15]") or S(any(scope, 1)), "\n")
	local from = pick { S("for ", i.name, " = ", v, ", 3 do\n"), S("for ", i.name, " = 1, ", v, " do\n"), S("for ", i.name, " = 1, 5, ", v, " do\n"),
		S("for ", i.name, " = ", v, ", ", w, " do\n"), S("for ", i.name, " = ", v, ", 4, ", w, " do\n") }
	out[#out + 1], out[#out + 2] = from, S("if ", i.name, " > 5 then break end\n")
	out[#out + 1], out[#out + 2], out[#out + 3] = body(s, nil, nil, 1), tail(s), "end"
	return out
end

local function sum(scope)
	local v = name("v")
	return S("local ", v, " = { ", int(scope, 1), " }\nif ", coin(), " then ", v, ' = "two" elseif ', coin(), " then ", v, " = ", int(scope, 1), " end\nput(",
		place(), ", ", int(scope, 1), pick { " + ", " - ", " & ", " // 3 * " }, v, ")")
end

-- A function in a field of a table that lies in another one, which is found by name or by number.
local function within(scope)
	local v, o, r = name("v"), name("o"), name("r")
	local f = pick { "K.by.PUT", "K.by[3]", S("function(x) return x + ", int(scope, 1), " end") }
	local what = pick { f, S(coin(), " and ", f), S(coin(), " and ", f, " or ", literal()) }
	local put_in, found = S("{ a = { x = ", v, " }, b = { x = ", literal(), " } }"), pick { S(o, ".a"), S(coin(), " and ", o, ".a or ", o, ".b") }
	if chance(40) then put_in, found = S("{ { x = ", v, " }, { x = ", any(scope, 1), " } }"), S(o, "[", int(scope, 1), " & 3]") end
	return S("local ", v, " = ", what, "\nlocal ", o, " = ", put_in, "\nlocal ", r, " = ", found, "\nif ", r, " then\nput(", place(), ", ", r,
		".x == true)\nput(", place(), ", type(", r, ".x) == ", pick { '"function"', '"boolean"' }, ")\n", chance(50) and S("put(", place(), ", ", r, ".x)\n") or "", "end")
end

local function world(_, env)
	local K = env.K or {}
	env.K = K
	local function number(t, k)
		if k == "limit" then return t.n + 100 end
	end
	local function truth(t, k)
		if k == "limit" then return t.n > 40 end
		return k == 3 and t.n or nil
	end
	local metatables = { { __index = number }, { __index = truth }, { __index = number } }
	K.answers = {}
	for i = 0, 79 do
		K.answers[i] = setmetatable({ n = i, limit = i % 5 == 0 and i * 2 or nil }, metatables[i % 3 + 1])
	end
	K.usually = setmetatable({ n = -1 }, metatables[1])
	K.by = {}
	for i = 0, 41 do
		K.by[i] = function(x) return x + i end
		K.by["k" .. i] = function(x) return x ~ i end
	end
	K.by.ab, K.by.PUT = K.by[3], math.abs
	K.limits = { [0] = 0, 1, 2, { 3 }, -1, 4, true, print, 3, 1 }
	return {}
end

return {
	often = 12,
	nested = { answered, answered, by_any_key, method, limits, sum, within },
	loop = { [limits] = true },
	world = world,
}

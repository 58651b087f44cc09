-- Maps of maps: one that some keys lead to is looked up, tested, read and written, or kept in a variable.

local function outer(scope) return chance(60) and "N[" .. random(0, 3) .. "]" or E("inner", "N[", small(scope, "3"), "]") end

-- local m = N[k] if m then ... end
local function inner_map(scope)
	local s = inner(scope)
	local m = declare(s, "inner", "m")
	local o = outer(scope)
	local b = block(s, random(1, 3))
	return S("local ", m.name, " = ", o, "\nif ", m.name, " then\n", b, "end")
end

local function known(scope) return visible(scope, function(v) return v.sort == "inner" end) end

local function write(scope)
	local m = known(scope)
	if not m then return assign(scope) end
	local k = random(4)
	if k == 1 then return S(m.name, "[", key(scope, 1), "] = nil") end
	if k == 2 then return S(m.name, ":add(", key(scope, 1), ", ", int(scope, 2), ")") end
	return S(m.name, "[", key(scope, 2), "] = ", int(scope, 2))
end

local function read(scope, d)
	local m = known(scope)
	return m and E("any", m.name, "[", key(scope, d - 1), "]")
end

local function world(bpf, env)
	local like = { "hash", key = "u32", value = "i64", entries = 16 }
	local N = bpf.map { "hash_of_maps", name = "fz_n", key = "u32", entries = 4, inner = like }
	env.N = N
	local parts = {}
	for k = 0, 1 do
		local m = bpf.map { "hash", name = "fz_n" .. k, key = "u32", value = "i64", entries = 16 }
		N[k * 2] = m
		local name = ("N%d"):format(k * 2)
		local show = function(i, v) return ("%s[%d]=%d"):format(name, i, v) end
		parts[k + 1] = { "N", contents(m, { { 0, k - 1 }, { 1, 7 }, { 3, math.mininteger } }, show) }
	end
	return parts
end

return {
	often = 15,
	int = { function(scope, d) return E("int", "(", read(scope, d) or "nil", " or ", int(scope, d - 1), ")") end },
	any = { read, read, function(scope) return E("any", "(", outer(scope), " ~= nil)") end },
	flat = { write, write },
	nested = { inner_map, inner_map, inner_map },
	world = world,
}

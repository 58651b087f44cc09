-- Captured tables: constants that are indexed by what is known only at run time.

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

-- A variable that holds a row or a function of such a table.
local function held(scope)
	local v = visible(scope, function(v) return v.sort == "row" end)
	if v and v.call then return E("int", v.name, v.call, "(", int(scope, 1), ")") end
	return v and E("int", v.name, ".n")
end

-- local h = handlers[k] if h then ... end
local function hold(scope)
	local s = inner(scope)
	local r = row(s, 3)
	local v = declare(s, "row", "h", { call = r[1] == "handlers" and "" or chance(50) and ".f" })
	return S("local ", v.name, " = ", r, "\nif ", v.name, " then\n", block(s, random(1, 3)), "end")
end

-- handlers[k] of a condition: cond and handlers[k], called where it is something
local function hold_either(scope)
	local s, a = inner(scope), row_key(scope, 2)
	local v = declare(s, "row", "h", { call = "" })
	return S("local ", v.name, " = ", bool(scope, 2), " and handlers[", a, "]\nif ", v.name, " then\n", block(s, random(1, 2)), "end")
end

-- One of many tables, handed on: or another one, the last one of a loop, of a branch.
local function handed(scope)
	local v = declare(scope, "row", "r", { fixed = true })
	local from = { E("row", "K.wide[", int(scope, 2), " & 127]"), E("row", "K.wide[", int(scope, 1), " & 63] or K.usual"),
		E("row", "K.grid[", int(scope, 1), " & 63]") }
	local s = S("local ", v.name, " = ", pick(from), "\n")
	if chance(50) then
		s[#s + 1] = S("if ", condition(scope), " then ", v.name, " = ", pick { "K.usual", "nil", pick(from), pick(from) }, " end\n")
	elseif chance(50) then
		s[#s + 1] = S("for i = 0, 3 do local r = ", pick(from), " if r and not (", v.name, " and ", v.name, ".a) then ", v.name, " = r end end\n")
	end
	local shown = pick { ".a", ".a", ".b", "[" .. random(0, 9) .. "]" }
	s[#s + 1] = S("put(", tostring(random(0, 20)), ", ", chance(80) and v.name .. " and " or "", v.name, chance(25) and E("any", "[", any(scope, 1), "]") or shown, ")")
	v.sort = "handed"
	return s
end

-- A captured table or one made here, which is changed, perhaps, and holds what is known at run time only.
local function apart(scope)
	local s, t, r = inner(scope), declare(scope, "row", "t", { fixed = true }), declare(scope, "row", "r", { fixed = true })
	t.sort, r.sort = "handed", "handed"
	local function change() return S(t.name, pick { ".a = ", ".b = " }, pick { int(s, 2), any(s, 1) }, "\n") end
	local from = pick { "K.wide[%s & 127]", "K.lots[%s & 7]", "K.rows[%s & 7]" }
	local before, after = from:match "^(.-)%%s(.*)$"
	local out = S("local ", t.name, " = { ", pick { "", "7, " }, "a = ", int(s, 2), ", f = function(x) return x + ", int(inner(s, { varargs = false }), 1), " end }\n",
		"local ", r.name, " = ", before, int(s, 2), after, " or ", t.name, "\n")
	if chance(50) then out[#out + 1] = chance(50) and S("if ", condition(s), " then ", change(), "end\n") or change() end
	for _ = 1, random(1, 2) do
		out[#out + 1] = pick {
			S("put(", tostring(random(0, 20)), ", ", r.name, pick { ".a", ".b", ".n", "[1]" }, ")\n"),
			S("if ", r.name, ".f then put(", tostring(random(0, 20)), ", ", r.name, ".f(", int(s, 1), ")) end\n"),
			S("put(", tostring(random(0, 20)), ", ", r.name, " == ", pick { t.name, "K.rows[1]" }, ")\n"),
			S("put(", tostring(random(0, 20)), ", ", r.name, ".a + ", int(s, 1), ")\n"),
		}
	end
	return out
end

local function world(_, env)
	local H, st = env.H, env.st
	local K = { one = 1, big = 0x123456789, sub = { min = math.mininteger }, [3] = 33 }
	K.list = { 10, math.mininteger, -1, 7, 0x100000000 }
	K.set = { [0] = true, [3] = true, [7] = true, [-1] = true, [math.mininteger] = true, [true] = true, ab = true,
		["a\0b"] = true }
	K.words = { ab = 1, a = 2, PUT = -3, [""] = 4, ["a\0b"] = 5, ["\xff\xfe"] = 6, abababab = math.mininteger }
	K.mixed = { [0] = 1, true, "ab", false, math.mininteger, "", "abcdefghi", [math.maxinteger] = "a\0b", x = 5, [false] = 6 }
	K.names = { [0] = "ab", "a", "", "PUT", "abcdefghijklmnop" }
	K.nest = { [0] = { [0] = 5, 6, 7 }, { [0] = -5, [3] = true }, { "x", false } }
	K.many, K.plain = {}, {}
	for i = 0, 99 do K.many[i * 7 - 20], K.plain[i] = i * i * 0x10001 - 5, i % 3 ~= 0 end
	K.rows = {
		[0] = { n = 1, f = function(x) return x end },
		{ n = -7, f = function(x) return x // 3 end },
		{ n = math.maxinteger, f = function(x) return x < 0 and -x or st.x end },
		{ n = 0, f = function(x) for i = 0, 2 do x = x + i end return x end },
	}
	K.object = { k = 3, times = function(self, n) return self.k * n end }
	setmetatable(K.object, { __index = { less = function(self, n) return self:times(n) - (H[n & 3] or self.k) end } })
	K.child = setmetatable({ [0] = 1, [2] = math.mininteger }, { __index = { [0] = 5, -1, [2] = 3, [7] = 4 } })
	local under, over = {}, {}
	for i = 0, 99 do under[i + 50], over[i] = -i, i end
	K.over = setmetatable(over, { __index = under })
	K.wide = {}
	for i = 0, 79 do K.wide[i] = { a = i * 3 - 7, b = i % 5 == 0 and "b" or i } end
	K.usual = { a = 1, b = "usual", [3] = 5 }
	K.grid = {}
	for i = 0, 39 do
		K.grid[i] = { [i] = i * 3, a = i % 2 == 0 and i or nil, ["x" .. i % 3] = "x" }
		for k = i % 5, 40, i % 7 + 1 do K.grid[i][k] = (i + k) % 6 ~= 0 and i * k - 9 or nil end
	end
	K.lots = { [0] = { 4, "ab", true }, { x = 1, [5] = 2 }, {}, 7, { [false] = math.mininteger, "a" }, { 1, 2, 3, nil, 5 } }
	K.two, K.half = 2.0, 0.5
	env.K = K
	env.handlers = {
		[0] = function(x) return x + 1 end,
		function(x) return math.abs(x) end,
		function(x) H[x & 7] = x return 2 end,
		function(x) if x == 5 then error "five" end return x ~ 5 end,
	}
end

return {
	often = 70,
	int = {
		row_call, method_call, held,
		function(scope, d) return E("int", "(K.list[", any(scope, d - 1), "] or ", int(scope, d - 1), ")") end,
		function(scope, d) return E("int", "(K.many[", int(scope, d - 1), " & 0xff] or ", int(scope, d - 1), ")") end,
		function(scope, d) return E("int", "K.rows[", row_key(scope, d), "].n") end,
		function(scope, d) return E("int", "K.wide[", int(scope, d - 1), pick { " & 3]", " & 63]", " & 127]" }, ".a") end,
		function(scope, d) return E("int", "(K.wide[", int(scope, d - 1), " & 127] or { a = ", tostring(random(-3, 9)), " }).a") end,
		function(scope, d) return E("int", "(K.wide[", int(scope, d - 1), " & 127] or { a = ", int(scope, d - 1), " }).a") end,
		function(scope, d) return E("int", "#(K.lots[", int(scope, d - 1), " & 7] or {})") end,
		function() return E("int", pick { "K.one", "K.big", "K.sub.min", "K[3]", "LIMIT" }) end,
	},
	bool = {
		function() return E("bool", "(math.type(K.", pick { "two", "half", "one" }, ') == "float")') end,
		function(scope, d) return E("bool", "(", int(scope, d - 1), pick { " == ", " < ", " >= " }, "K.", pick { "two", "half" }, ")") end,
		function(scope, d) return E("bool", "(K.set[", mix(scope, d - 1), "] == true)") end },
	any = {
		function(scope, d) return E("any", "K.list[", any(scope, d - 1), "]") end,
		function(scope, d) return E("any", "K.set[", any(scope, d - 1), "]") end,
		function(scope, d) return E("any", "K.plain[", any(scope, d - 1), "]") end,
		function(scope, d) return E("any", "K.many[", any(scope, d - 1), "]") end,
		function(scope, d) return E("any", "(", bool(scope, d - 1), " and ", method_call(scope, d), ")") end,
		function(scope, d) return E("any", "(", any(scope, d - 1), " or ", row_call(scope, d), ")") end,
		function(scope, d) return E("any", "K.child[", int(scope, d - 1), " & 7]") end,
		function(scope, d) return E("any", "K.grid[", int(scope, d - 1), " & 63][", any(scope, d - 1), "]") end,
		function(scope, d) return E("any", "(K.grid[", int(scope, d - 1), " & 63] or K.list)[", int(scope, d - 1), "]") end,
		function(scope, d) return E("any", "K.over[", int(scope, d - 1), " & 0xff]") end,
		function() return E("any", "K.none") end,
	},
	mix = {
		function(scope, d) return E("mix", "K.set[", mix(scope, d - 1), "]") end,
		function(scope, d) return E("mix", "K.mixed[", mix(scope, d - 1), "]") end,
		function(scope, d) return E("mix", "K.wide[", int(scope, d - 1), " & 3].b") end,
		function(scope, d) return E("mix", "K.names[", int(scope, d - 1), " & 7]") end,
		function(scope, d) return E("mix", "K.nest[", int(scope, d - 1), " & 3][", int(scope, d - 1), " & 3]") end,
	},
	nested = { hold, hold_either, handed, apart },
	world = world,
}

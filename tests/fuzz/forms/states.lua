-- State machines: in a loop, what a captured table of functions or tables gives says what is looked up next.

local function step(scope) return E("int", int(scope, 2), " & 3") end

-- The loop, with what goes a step first; the states' variable is the body's own business.
local function machine(scope, v, first)
	local s = loop_scope(scope)
	local i = declare(s, "int", "i", { fixed = true })
	local b = body(s, nil, nil, random(1, 2))
	table.insert(b, 1, first)
	b[1].keep = true
	return S("local ", v.name, " = ", v.from, "\nfor ", i.name, " = 0, ", pick { "1", "3", "5" }, " do\n", b, tail(s), "end\n",
		"put(", tostring(random(0, 20)), ", ", v.shown, ")")
end

local function holder(from) return { name = name("s"), from = from } end

local NUMBERED = {
	"@ = K.steps[@](#)", "@ = K.steps[@](#) or 2", "@ = K.rows2[@][#] or 1", "@ = K.rows2[@][#]",
	"local f = K.steps[@] if not f then break end @ = f(#)", "@ = K.after[@]\n@ = K.steps[@](#)", "if @ == 3 then break end @ = K.steps[@](#)",
	"local ok, to = pcall(K.steps[@], #) @ = ok and to or 1",
}
local NAMED = { "@ = K.named[@](#)", "@ = K.named[@](#) or 'one'", "@ = K.words2[@][#] or 'one'" }
local TREES = {
	"@ = @[#] if not @ then break end if @.hit then put(3, @.hit) end", "@ = @[#] or K.tree", "@ = @[#] or @.up or K.tree", "@ = @[#]",
	"if @.hit then put(4, @.hit) @ = K.tree end\n@ = @[#] or K.tree[1]",
}

-- The text with @ as the variable and # as a step.
local function with(text, v, scope)
	local s = S()
	for before, mark in (text .. "\0"):gmatch("([^@#%z]*)([@#%z])") do
		s[#s + 1] = before
		if mark == "@" then s[#s + 1] = v.name elseif mark == "#" then s[#s + 1] = step(scope) end
	end
	return s
end

local function numbered(scope)
	local v = holder(pick { "1", "2", "3" })
	v.shown = v.name
	return machine(scope, v, with(pick(NUMBERED), v, scope))
end

local function named(scope)
	local v = holder(pick { "'one'", "'two'" })
	v.shown = "K.number[" .. v.name .. "]"
	return machine(scope, v, with(pick(NAMED), v, scope))
end

local function tree(scope)
	local v = holder(pick { "K.tree", "K.tree", "K.tree[1]" })
	v.shown = v.name .. " and " .. v.name .. ".hit"
	return machine(scope, v, with(pick(TREES), v, scope))
end

-- along a chain of tables, which goes round or ends
local function chain(scope)
	local v = holder(pick { "K.ring", "K.line" })
	v.shown = v.name .. " and " .. v.name .. ".v"
	return machine(scope, v, with(pick { "@ = @.next or K.ring", "@ = @.next", "@ = @.next if not @ then break end put(5, @.v)" }, v, scope))
end

local function world(_, env)
	local K = env.K or {}
	env.K = K
	K.steps = {
		function(x) return x == 1 and 2 or 1 end,
		function(x) if x == 2 then return 3 elseif x == 3 then return nil end return 2 end,
		function(x) env.st.x = x return x == 0 and 1 or 3 end,
	}
	K.after = { 2, 3, 1 }
	K.named = {
		one = function(x) return x > 1 and "two" or "one" end,
		two = function(x) if x == 3 then return "none" end return x == 0 and "one" or "two" end,
		none = function() return nil end,
	}
	K.number = { one = 1, two = 2, none = 3 }
	K.rows2 = { { [1] = 2, [3] = 3 }, { [2] = 3, [0] = 1 }, { [0] = 4, 1, 2 } }
	K.words2 = { one = { [1] = "two" }, two = { [0] = "one", [2] = "none" }, none = {} }
	K.tree = { { { hit = 12 }, [3] = { hit = 13, { hit = math.mininteger } } }, [2] = { hit = 2 }, [0] = { up = false } }
	K.tree[1][1].up, K.tree[1][3].up = K.tree, K.tree[1]
	K.line = { v = 1, next = { v = 2, next = { v = math.maxinteger } } }
	K.ring = { v = 1, next = { v = -5, next = { v = 9 } } }
	K.ring.next.next.next = K.ring
end

return {
	often = 15,
	nested = { numbered, numbered, named, tree, tree, chain },
	loop = { [numbered] = true, [named] = true, [tree] = true, [chain] = true },
	world = world,
}

-- How the fuzzer makes a program smaller (tests/fuzz/shrink.lua): a tree by hand, step by step, and generated programs in
-- which functions of math are others. Nothing is compiled.
local shrink, gen = dofile "tests/fuzz/shrink.lua", dofile "tests/fuzz/gen.lua"

local function E(sort, ...) return { t = "e", sort = sort, ... } end
local function S(...) return { t = "s", ... } end
local function B(...) return { t = "b", ... } end

local function tree()
	local count = S "turns = turns + 1"
	count.keep = true
	return { t = "p", "function(p)\n", B(
		S("local a = ", E("int", "(", E("int", "p:u64(3)"), " + ", E("int", "12"), ")")),
		S("local b = ", E("bool", "(", E("int", "a"), " < ", E("int", "(", E("int", "7"), " * ", E("int", "a"), ")"), ")")),
		S("while ", E("bool", "b"), " do\n", B(
			count,
			S("put(1, ", E("any", E("int", "a")), ")"),
			S("if ", E("bool", "b"), " then\n", B(
				S "put(2, 2)",
				S("boom(", E("int", "(", E("int", "f(", E("int", "(", E("int", "a"), " + 1)"), ")"), " - ", E("int", "9"), ")"), ")"),
				S "put(3, 3)"), "end")), "end"),
		S "put(4, 4)"), "end\n" }
end

local SIMPLE = { int = { "0", "1" }, bool = { "true", "false" }, any = { "nil" } }

local function small(fails)
	local t = tree()
	shrink(t, SIMPLE, function() return fails(gen.text(t)) end)
	return gen.text(t)
end

local function same(got, want) assert(got == want, "got:\n" .. got .. "\nwanted:\n" .. want) end
local function has(what) return function(text) return text:find(what, 1, true) ~= nil end end

-- What never fails otherwise stays as it is, in every place; what always fails comes to nothing, but for what is kept.
local whole = gen.text(tree())
same(small(function(text) return text == whole end), whole)
same(small(function() return true end), "function(p)\nend\n")
-- one statement: those around it go, what it was in does, but for what is kept, and its expression comes to a simple
-- one, or to a part of itself
same(small(has "boom("), "function(p)\nturns = turns + 1\nboom(0)\nend\n")
same(small(has "f("), "function(p)\nturns = turns + 1\nboom(f(0))\nend\n")
same(small(function(text) return text:find("boom", 1, true) and text:find("- 9", 1, true) end),
	"function(p)\nturns = turns + 1\nboom((0 - 9))\nend\n")
-- the second of the simple texts, where the first one does not fail
same(small(function(text) return text:find "boom" and not text:find "0" end), "function(p)\nturns = turns + 1\nboom(1)\nend\n")
-- a part of another sort is no smaller form of an expression
same(small(function(text) return text:find "local b" and not text:find "true" and not text:find "false" end),
	"function(p)\nlocal b = (a < 0)\nend\n")
-- two statements that need each other, far from one another
same(small(function(text) return text:find("u64", 1, true) and text:find("put(4", 1, true) end),
	"function(p)\nlocal a = p:u64(3)\nput(4, 4)\nend\n")
-- what a statement is in stays where it is needed
same(small(function(text) return text:find "while" and text:find "put%(3" end),
	"function(p)\nwhile b do\nturns = turns + 1\nput(3, 3)\nend\nend\n")
same(small(function(text) return text:find "if" and text:find "put%(3" end),
	"function(p)\nturns = turns + 1\nif b then\nput(3, 3)\nend\nend\n")

-- ---- a planted difference ----

local WRONG = setmetatable({
	max = function(a, b) return b or a end,
	abs = function(a) return a end,
	ult = function(a, b) return a < b end,
	fmod = function(a, b) return a % b end,
	tointeger = function(a) return a end,
	type = function() return "integer" end,
}, { __index = math })

-- What a program does where it is run without a kernel: what it puts, and how it ends. Maps and the like are not there.
local function outcome(text, functions)
	local out = {}
	local env = { OUT = setmetatable({}, { __newindex = function(_, k, v) out[#out + 1] = ("%s=%s"):format(k, v) end }) }
	env.put = function(k, v) out[#out + 1] = ("%s=%s"):format(k, v) end
	env.arg = function(_, at) return at % 2 == 0 and at or nil end
	env.bpf = { DROP = 1, PASS = 2, ktime = function() return 0 end, random = function() return 0 end, cpu = function() return 0 end }
	env.math, env.type, env.LIMIT, env.error, env.pcall = functions, type, 42, error, pcall
	setmetatable(env, { __index = function(_, name) error("no " .. name, 0) end })
	local f = load(text, "=fuzz", "t", env)
	if not f then return nil end
	local packet = { u64 = function(_, at) return at * 3 end }
	debug.sethook(function() error "endless" end, "", 1000000)
	local ok, verdict = pcall(f(), packet)
	debug.sethook()
	return ("%s %s %s"):format(table.concat(out, " "), ok, verdict)
end

local function differs(text)
	local right = outcome(text, math)
	return right and right ~= outcome(text, WRONG)
end

local function lines(text) return select(2, text:gsub("\n", "")) end

local found, before, after = 0, 0, 0
for seed = 1, 1000 do
	local t = gen.program(seed, { forms = "numbers control functions" })
	local text = gen.text(t)
	if differs(text) then
		gen.shrink(t, function() return differs(gen.text(t)) end)
		local less = gen.text(t)
		assert(differs(less) and less:find "math%.%l+%(", less)
		assert(lines(less) <= 12 and #less <= 300, ("seed %d: left is\n%s"):format(seed, less))
		found, before, after = found + 1, before + lines(text), after + lines(less)
	end
end
if os.getenv "SHOW" then print(found, before / found, after / found) end
assert(found >= 20 and before >= 8 * found, "the generator makes too few of them, or too small ones")
assert(after <= 5 * found, after / found)

-- What generated programs made the compiler use: operations of the IR, at any stage, and instructions.
--
--	local cover = dofile "tests/fuzz/cover.lua"
--	cover.add(program)                  cover.save(file), to what is there
--	cover.report(file...)               a text, and how many of what programs can show were never met
--	cover.shapes(), the list of instructions    cover.shape(line), which of them it is: unit/bpf_vectors has rows for all
--
-- It reads what `program:dump` prints, so the compiler knows nothing of it.
local cover = {}
local seen = {}

-- What no generated program can be seen to use, and why. The report says so when one does.
local NEVER = {
	{ "what is taken out by the pass that made it, before anything is printed", "op nop", "op several", "op iterator" },
	{ "a field of a kernel event, or a parameter of a function, of 16 bits", "op zext16" },
	{ "who runs: of hooks that a process calls", "op fact" },
	{ "a jump over more than 32,767 instructions", "ins gotol" },
	{ "the only shifts with a sign are by constants", "ins r s>>= r" },
	{ "in 32 bits, what a constant is taken from is an addition", "ins w -= N" },
	{ "bits are tested by constants of 31 bits, in all of the register", "ins if r & r goto", "ins if w & w goto", "ins if w & N goto" },
	{ "the pass narrow makes sums, products, or, xor and shifts by constants only", "ins w /= w", "ins w s/= w", "ins w &= w", "ins w <<= w",
		"ins w >>= w", "ins w %= w", "ins w s%= w", "ins w s>>= w", "ins w /= N", "ins w s/= N", "ins w >>= N", "ins w %= N",
		"ins w s%= N", "ins w s>>= N", "ins w = -w", "ins w = (s8)w", "ins w = (s16)w" },
	{ "it compares without signs", "ins if w s> w goto", "ins if w s>= w goto", "ins if w s< w goto", "ins if w s<= w goto",
		"ins if w s> N goto", "ins if w s>= N goto", "ins if w s< N goto", "ins if w s<= N goto" },
	{ "a load is without its sign, which is extended behind it", "ins r = *(s8 *)(r)", "ins r = *(s16 *)(r)", "ins r = *(s32 *)(r)" },
}

local STAGES = { "build", "infer", "records", "reuse", "lower", "simplify", "loops", "guard", "locks", "simplify2", "checks",
	"hoist", "stores", "trees", "veil", "narrow", "legalise" }

local function count(what, n) seen[what] = (seen[what] or 0) + (n or 1) end

-- ---- operations ----

local function operations()
	local list = {}
	for line in io.lines "src/ir/ops.def" do
		local name = line:match "^IR_OP%((%w+),"
		if name then list[#list + 1] = "op " .. name end
	end
	return list
end

local function add_operations(text)
	for line in text:gmatch "[^\n]+" do
		local op = line:match "^    v%d+ = (%w+)" or line:match "^    (%w+)"
		if op then count("op " .. op) end
		if line:find "^b%d+%(v" then count "op param" end
	end
end

-- ---- instructions: their text without registers, offsets and numbers ----

local function shape(line)
	line = line:gsub("(goto%l*) pc[-+]%d+$", "%1")
	line = line:gsub("call bpf_.*", "call helper"):gsub("call kernel function .*", "call kernel function"):gsub("call pc.*", "call function")
	line = line:gsub("map%[%d+%]%+%d+", "map+"):gsub("map%[%d+%]", "map"):gsub("0x%x+ ll", "N ll")
	line = line:gsub("%f[%w][r]%d+", "r"):gsub("%f[%w]w%d+", "w"):gsub(" [-+]%d+%)", ")")
	return (line:gsub("0x%x+", "N"):gsub("%f[%w-]%-?%d+$", "N"):gsub(" %-?%d+ goto", " N goto"))
end

local function shapes()
	local list = { "exit", "goto", "gotol", "may_goto", "call helper", "call function", "call kernel function", "r = map", "r = map+", "r = N ll",
		"lock *(u32 *)(r) += w", "lock *(u64 *)(r) += r" }
	local function each(names, text)
		for name in names:gmatch "%S+" do list[#list + 1] = (text:gsub("@", name)) end
	end
	for _, r in ipairs { "r", "w" } do
		each("+= -= *= /= s/= |= &= <<= >>= %%= s%%= ^= = s>>=", r .. " @ " .. r)
		each("+= -= *= /= s/= |= &= <<= >>= %%= s%%= ^= = s>>=", r .. " @ N")
		each("== != > >= < <= s> s>= s< s<= &", "if " .. r .. " @ " .. r .. " goto")
		each("== != > >= < <= s> s>= s< s<= &", "if " .. r .. " @ N goto")
		each("-", r .. " = @" .. r)
		each("s8 s16", r .. " = (@)" .. r)
	end
	each("s32", "r = (@)r")
	each("be16 be32 be64", "r = @ r")
	each("u8 u16 u32 u64 s8 s16 s32", "r = *(@ *)(r)")
	each("u8 u16 u32 u64", "*(@ *)(r) = r")
	each("u8 u16 u32 u64", "*(@ *)(r) = N")
	for i, what in ipairs(list) do list[i] = "ins " .. what end
	return list
end

local function add_instructions(text)
	for line in text:gmatch "[^\n]+" do
		local ins = line:match "^ *%d+: (.*)$"
		if ins then count("ins " .. shape(ins)) end
	end
end

-- ---- all of them ----

cover.shapes, cover.shape = shapes, shape

function cover.add(program)
	for _, stage in ipairs(STAGES) do add_operations(program:dump(stage)) end
	add_instructions(program:dump "asm")
end

local function load_counts(name)
	local file = io.open(name)
	for line in file and file:lines() or function() end do
		local n, what = line:match "^(%d+) (.*)$"
		if n then count(what, tonumber(n)) end
	end
	if file then file:close() end
end

function cover.save(name)
	load_counts(name)
	local file = assert(io.open(name, "w"))
	for what, n in pairs(seen) do file:write(n, " ", what, "\n") end
	file:close()
end

local function part(title, list)
	local never, known, more, cannot, met = {}, {}, {}, {}, {}
	for _, row in ipairs(NEVER) do
		for i = 2, #row do cannot[row[i]] = true end
	end
	local n = #list
	for _, what in ipairs(list) do
		known[what] = true
		if cannot[what] then
			n = n - 1
			if seen[what] then met[#met + 1] = what:match " (.*)" end
		elseif not seen[what] then
			never[#never + 1] = what:match " (.*)"
		end
	end
	for what in pairs(seen) do
		if not known[what] and what:match "^%w+" == list[1]:match "^%w+" then more[#more + 1] = what:match " (.*)" end
	end
	table.sort(more)
	local function also(what, names) return #names > 0 and ("; %s: %s"):format(what, table.concat(names, ", ")) or "" end
	return ("%s: %d of %d, and %d that no program shows%s%s%s\n"):format(title, n - #never, n, #list - n, also("never", never),
		also("not in the list", more), also("said to be shown by none", met)), #never
end

function cover.report(...)
	seen = {}
	for _, name in ipairs { ... } do load_counts(name) end
	local ops, no_ops = part("operations of the IR", operations())
	local ins, no_ins = part("instructions", shapes())
	return ops .. ins, no_ops + no_ins
end

return cover

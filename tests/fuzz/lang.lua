-- Generated Lua functions, in the kernel against their twins: perigee tests/fuzz/lang.lua N SEED [OPTION...]
--
-- Options: copy (packet bytes by helper copy, where the kernel can), loops=N (how many a program may have), forms="NAME..." (of these kinds,
-- and no others), keep (go on after a finding), quick (the same, and do not make it smaller), first (but end there),
-- shrink=SECONDS, hook=NAME (xdp), why (count what is refused; why=all: print it), cover=FILE (add to FILE what every 32nd
-- program made the compiler use; every=N: each Nth), show (print the program of SEED and end), text=FILE (this program, on the inputs of
-- SEED). What is compared: verdict, error text, packet bytes, results, maps and state afterwards, and what was printed.

-- What programs print goes to a file: this runs itself once more, which has its own output behind descriptor 3.
local printed = os.getenv "FUZZ_PRINTED"
if not printed then
	local words, name = {}, os.tmpname()
	local file <close> = assert(io.open "/proc/self/cmdline")
	for word in file:read "a":gmatch "[^\0]*" do words[#words + 1] = "'" .. word:gsub("'", "'\\''") .. "'" end
	if words[#words] == "''" then words[#words] = nil end
	local inner = assert(io.popen(("FUZZ_PRINTED=%s exec %s 3>&1 >>%s"):format(name, table.concat(words, " "), name)))
	for line in inner:lines() do
		print(line)
		io.stdout:flush()
	end
	local _, how, code = inner:close()
	os.remove(name)
	os.exit(how == "exit" and code or 128 + code, true)
end
local out <close> = assert(io.open("/proc/self/fd/3", "a"))
out:setvbuf "line"
local function say(...)
	for i, v in ipairs { ... } do out:write(i > 1 and "\t" or "", tostring(v)) end
	out:write "\n"
end

collectgarbage "generational" -- the forms stay, programs do not
local gen, cover = dofile "tests/fuzz/gen.lua", dofile "tests/fuzz/cover.lua"

local count, seed = tonumber(arg[1]) or 300, tonumber(arg[2]) or os.time()
local options = {}
for i = 3, #arg do
	local k, v = arg[i]:match "^(%w+)=([^\n]*)$"
	options[k or arg[i]] = v or true
end

local every = tonumber(options.every) or 32

-- ---- the world of the programs ----

local OUT = bpf.map { "array", name = "fz_out", key = "u32", value = "i64", entries = 24 }
local function put(i, v)
	if v == nil then
		OUT[i] = 1000
	elseif v == false then
		OUT[i] = 1001
	elseif v == true then
		OUT[i] = 1002
	else
		OUT[i] = v
	end
end

local function arg_(p, off)
	local k = p:u8(off)
	if not k or k & 3 == 0 then return nil end
	if k & 3 == 1 then return false end
	if k & 3 == 2 then return true end
	return p:u64(off + 1)
end

local none = {}
for i = 0, 23 do none[i + 1] = { i, -99 } end
local parts = {
	{ "OUT put puts", dofile "tests/fuzz/contents.lua"(OUT, none, function(k, v) return ("OUT[%d]=%d"):format(k, v) end, true) },
}
parts[2] = { "print",
	function() -- the file is written at its end, so what is there goes
		io.stdout:flush()
		assert(io.open(printed, "w")):close()
	end,
	function(t)
		io.stdout:flush()
		local file <close> = assert(io.open(printed))
		t[#t + 1] = ("%q"):format(file:read "a")
	end }
local env = { OUT = OUT, put = put, arg = arg_, bpf = bpf, print = print }
for _, kind in ipairs(gen.kinds) do
	table.move(kind.forms.world and kind.forms.world(bpf, env) or {}, 1, 20, #parts + 1, parts)
end

-- The parts of the world that a program's text names, and so can change.
local function named(text)
	local words, found = {}, {}
	for word in text:gmatch "[%a_]%w*" do words[word] = true end
	for _, part in ipairs(parts) do
		for name in part[1]:gmatch "%w+" do
			if words[name] then
				found[#found + 1] = part
				break
			end
		end
	end
	return found
end

local function hex(bytes)
	return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- ---- one program ----

-- What may be refused: a kind that the generator did not see is sure to be wrong, and what language.md says is not there.
local REFUSALS = {
	-- sure to be wrong
	"is always a", "is always nil", "may be [%w ]+ here and", "attempt to compare", "'math.%w+' is a %w+ here", "bad argument", "takes at most",
	"bad value for map", "bad key for map", "is indexed by something", "cannot be deleted", "has no field", "does not fit",
	"is stored in '[^']*', which holds", "is a method or a field", "is no verdict", "a boolean is returned here",
	"argument #%d of '[%w.]+' is a %w+ here", "argument #%d of '[%w.]+' may be a %w+ here", 'neither "#" nor surely a number',
	-- strings that Lua would convert, order of texts
	"may be a string here", "takes an integer", "math.tointeger of a string", "order of ",
	-- views, entries and strings after a write
	"this entry was taken from the map", "moves the packet, and is not where it was", "used in a way that is", "in a list that a loop fills is not there", "or the table itself; which", "something else that has fields", "two captured values are compared", "of such a value' is not there",
	"two variables may hold this table", "own compiler gets wrong", "the length of this value is not known", "hangs on what the table holds", "cannot be written out", "puts into this list cannot be", "whose elements may be nil", "and a piece of a text", "goes over here is not known", "a text known only",
	-- what must be known when compiled
	"differs by the way taken", "is one of several constants", "what this gives", "it goes where it must be known before",
	"is known only at run time; that is not there yet", "is known only at run time: it comes from a call before", "and it has no such keys, or too many",
	"is kept from one turn of this loop to the next", "or something else that has fields; that is not there yet", "the handler of 'xpcall' may raise", "which function a field of this table holds", "the handler of 'xpcall' raises goes to it again",
	-- too big
	"bytes of stack", "is too long: it jumps over", "needs may_goto", "over a captured table is too long", "bytes of scratch memory, and there are",
	"this kernel's verifier walks", "than the verifier can follow", "needs an iterator", "needs bpf_for_each_map_elem",
}

-- What a hook has not.
local OF_HOOK = {
	tc = { "packets cannot be moved by 'adjust_head'" },
	socket = { "packets cannot be moved by", "packets cannot be written here", "maps whose entries have locks cannot be used" },
}
for _, pattern in ipairs(OF_HOOK[options.hook] or {}) do REFUSALS[#REFUSALS + 1] = pattern end

-- Whether the verifier said no, and not we: refusals of ours that speak of it say what it would not walk or follow.
local function rejected(text)
	local rest = text:gsub("than this kernel's verifier walks", ""):gsub("than the verifier can follow", "")
	return rest:find("verifier", 1, true) ~= nil
end

local function refusal(text)
	for line in text:gmatch "[^\n]*error: [^\n]*" do
		local fine = false
		for _, pattern in ipairs(REFUSALS) do fine = fine or line:find(pattern) end
		if not fine then return false end
	end
	return text:find("error: ", 1, true) ~= nil
end

-- Messages without the variable's name; which argument of fmod is looked
-- at first is the C compiler's choice.
local function plain(message)
	if message == nil then return nil end
	for _, what in ipairs { "local", "global", "upvalue", "field", "method", "constant" } do
		message = message:gsub(" %(" .. what .. " '[^']*'%)$", "")
	end
	message = message:gsub(" 'fz_n%d'", "") -- which of a map of maps it is, only the user half knows
	message = message:gsub("bad argument #[12] to 'fmod' %(number expected, got [^)]*%)", "bad argument to 'fmod'")
	return message
end

local ENDLESS = "this program does not end"

local function run(how, prog, input, world)
	for _, part in ipairs(world) do part[2]() end
	local verdict, bytes, _, message = how(prog, input)
	local now = {}
	for _, part in ipairs(world) do part[3](now) end
	local name = math.type(verdict) and bpf.DROP == verdict and "DROP" or tostring(verdict)
	local left = bytes == input and "" or hex(bytes)
	return ("verdict %s, error %s, %s, %s"):format(name, plain(message), table.concat(now, " "), left), message
end

-- much: what the verifier, or the compiler, gave up; more than one in a hundred, and three, is a failure of ours
local stats = { ran = 0, refused = 0, much = 0, errors = 0, runs = 0, why = {} }

-- A name that the generator gave and nothing declares, now that the program was made smaller.
local function undeclared(text)
	local known = {}
	local function declare(list)
		for one in list:gmatch "%w+" do known[one] = true end
	end
	for list in text:gmatch "local ([%w, ]+)" do declare(list) end
	for list in text:gmatch "for ([%w, ]+)" do declare(list) end
	for list in text:gmatch "function ?%w*(%b())" do declare(list) end
	for name in text:gmatch "function (%w+)" do declare(name) end
	for name in text:gmatch "::(%w+)::" do declare(name) end
	for name in text:gsub('"[^"]*"', '""'):gmatch "%f[%w_.:](%l+%d+)%f[^%w_]" do
		if not known[name] then return name end
	end
	return nil
end

local function read(name)
	local file <close> = assert(io.open(name))
	return file:read "a"
end

-- A slot of scratch memory that a run does not give back is missed by one that comes much later.
local function thrice(list)
	local all = {}
	for i = 0, 3 * #list - 1 do all[i + 1] = list[i % #list + 1] end
	return all
end

-- Kernels before 5.18 copy no bytes for XDP: there programs are as without `copy`, and move no packet.
local can, why = pcall(bpf.program, "xdp", { check = true, copy = true }, function(p) return p:u8(3) end)
local copies = can or not tostring(why):find "needs bpf_xdp_load_bytes"
if not copies then REFUSALS[#REFUSALS + 1] = "needs bpf_xdp_load_bytes" end

-- nil, or the class of the failure and its description. tally: counts.
local function judge(tree, inputs, tally)
	local text = options.text and read(options.text) or gen.text(tree)
	local chunk, wrong = load(text, "=fuzz", "t", env)
	if not chunk or undeclared(text) then return "syntax", wrong or undeclared(text) end
	local opts = { on_error = bpf.DROP, check = true, name = "fuzz", copy = copies and (options.copy or tree.copy) or nil }
	local good, prog = pcall(bpf.program, options.hook or "xdp", opts, chunk())
	if not good then
		prog = tostring(prog)
		if prog:find("more ways through it than", 1, true) or prog:find("too much memory to compile", 1, true) or
			prog:find("too complicated to compile", 1, true) then
			if tally then stats.much = stats.much + 1 end
			if stats.much * 100 > stats.ran + 300 then return "too much", prog end
			return nil
		end
		if rejected(prog) then return "rejected", prog end
		if prog:find("internal error", 1, true) or not prog:find("error: ", 1, true) then return "internal", prog end
		local why = prog:match "error: ([^\n]*)":gsub("'[^']*'", "'_'"):gsub("%d+", "N")
		if not refusal(prog) then return "refused: " .. why, prog end
		if tally then
			stats.refused = stats.refused + 1
			stats.why[why] = (stats.why[why] or 0) + 1
			if options.why == "all" then say(prog) end
		end
		return nil
	end
	if tally then
		stats.ran = stats.ran + 1
		if options.cover and stats.ran % every == 0 then cover.add(prog) end
	end
	local world = named(text)
	if tree.scratch and text:find "%f[%w]z%d" then inputs = thrice(inputs) end
	for i, input in ipairs(inputs) do
		local endless = false -- a pcall may catch the error; the hook has Lua 5.4.4 name the line of a division by zero, too
		debug.sethook(function()
			endless = true
			error(ENDLESS)
		end, "", 5000000)
		local fine, want, message = pcall(run, prog.twin, prog, input, world)
		debug.sethook()
		if endless then return nil end
		if not fine then return "twin", tostring(want) end
		local ok, got, raised = pcall(run, prog.test, prog, input, world)
		if tree.long and raised and raised:find("string too long", 1, true) then return nil end
		-- of tc, the kernel runs none on frames whose IP header is not whole
		local runs = ok or not tostring(got):find "kernel does not test%-run"
		if not ok and runs then return "run", tostring(got) end
		if tally then
			stats.runs = stats.runs + 1
			stats.errors = stats.errors + (message and 1 or 0)
		end
		if runs and got ~= want then
			return "differs", ("input %d %s\nLua    %s\nkernel %s"):format(i, hex(input), want, got)
		end
	end
	return nil
end

local function numbered(text)
	local n = 0
	return (text:gsub("[^\n]+", function(line)
		n = n + 1
		return ("%4d  %s"):format(n, line)
	end))
end

local function report(one, tree, inputs, class)
	local start = os.time()
	gen.shrink(options.text and {} or tree, function()
		return os.time() - start < (tonumber(options.shrink) or 60) and judge(tree, inputs) == class
	end)
	local text = gen.text(tree)
	local _, detail = judge(tree, inputs)
	say(("\n=== seed %d: %s\n%s%s\n"):format(one, class, numbered(text), detail or "(gone)"))
end

-- ---- all of them ----

local began, findings, shown = os.time(), 0, os.time()
local much = {} -- the seeds of the first that were too much
for one = seed, seed + count - 1 do
	local tree, inputs = gen.program(one, { loops = tonumber(options.loops), forms = options.forms }), gen.inputs(one)
	if options.show then
		say(gen.text(tree))
		break
	end
	local mark = os.getenv "FUZZ_MARK"
	if mark then
		local file = assert(io.open(mark, "w"))
		file:write(one, "\n")
		file:close()
	end
	local before = stats.much
	local class, detail = judge(tree, inputs, true)
	if stats.much > before and #much < 20 then much[#much + 1] = one end
	if class then
		findings = findings + 1
		if options.quick then
			say(one, (class .. ": " .. detail:gsub("\n.*", "")):sub(1, 150))
		else
			report(one, tree, inputs, class)
		end
		if options.first or not options.keep and not options.quick then break end
	end
	if one % 16 == 0 then collectgarbage() end
	if os.time() - shown >= 10 then
		shown = os.time()
		out:write(("%d programs, %.1f a second, %d findings\n"):format(one - seed + 1,
			(one - seed + 1) / (shown - began), findings))
	end
end
say(("seed %d: %d programs ran, %d refused, %d too much, %d runs, %d of them errors, %d findings"):format(seed,
	stats.ran, stats.refused, stats.much, stats.runs, stats.errors, findings))
if much[1] then say("too much: " .. table.concat(much, " ")) end
if options.cover then cover.save(options.cover) end
if options.why then
	for why, n in pairs(stats.why) do say(n, why) end
end
os.exit(findings == 0, true)

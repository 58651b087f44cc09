-- Generated Lua functions, in the kernel against their twins: perigee tests/fuzz/lang.lua N SEED [OPTION...]
--
-- Options: copy (packet bytes by helper copy), loops=N (how many a program may have), keep (go on after a
-- finding), quick (do not shrink), shrink=SECONDS, hook=NAME (xdp), show (print the program of SEED and end). What is
-- compared: verdict, error text, packet bytes, results, maps and state afterwards.
local gen = dofile "tests/fuzz/gen.lua"

local count, seed = tonumber(arg[1]) or 300, tonumber(arg[2]) or os.time()
local options = {}
for i = 3, #arg do
	local k, v = arg[i]:match "^(%w+)=(.*)$"
	options[k or arg[i]] = v or true
end

-- ---- the world of the programs ----

local OUT = bpf.map { "array", name = "fz_out", key = "u32", value = "i64", entries = 24 }
local H = bpf.map { "hash", name = "fz_h", key = "u32", value = "u64", entries = 64 }
local A = bpf.map { "array", name = "fz_a", key = "u32", value = "i64", entries = 8 }
local B = bpf.map { "hash", name = "fz_b", key = "i64", value = "i32", entries = 64 }
local S = bpf.map { "hash", name = "fz_s", key = "u16", value = "struct { u64 n; u32 a; u8 b; i16 c; }", entries = 64 }
local st = bpf.state { x = "u64", y = "i32", z = "u8" }

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

local K = { one = 1, big = 0x123456789, sub = { min = math.mininteger }, [3] = 33 }
K.list = { 10, math.mininteger, -1, 7, 0x100000000 }
K.set = { [0] = true, [3] = true, [7] = true, [-1] = true, [math.mininteger] = true, [true] = true, ab = true,
	["a\0b"] = true }
K.rows = {
	[0] = { n = 1, f = function(x) return x end },
	{ n = -7, f = function(x) return x // 3 end },
	{ n = math.maxinteger, f = function(x) return x < 0 and -x or st.x end },
	{ n = 0, f = function(x) for i = 0, 2 do x = x + i end return x end },
}
K.object = { k = 3, times = function(self, n) return self.k * n end }
setmetatable(K.object, { __index = { less = function(self, n) return self:times(n) - (H[n & 3] or self.k) end } })
local handlers = {
	[0] = function(x) return x + 1 end,
	function(x) return math.abs(x) end,
	function(x) H[x & 7] = x return 2 end,
	function(x) if x == 5 then error "five" end return x ~ 5 end,
}
local env = { OUT = OUT, H = H, A = A, B = B, S = S, st = st, put = put, arg = arg_, K = K, LIMIT = 42, bpf = bpf,
	math = math, type = type, error = error, handlers = handlers }

local function reset()
	for i = 0, 23 do OUT[i] = -99 end
	for i = 0, 7 do A[i] = i * i - 3 end
	H:clear()
	B:clear()
	S:clear()
	H[0], H[1], H[3] = 0, 7, -1
	B[0], B[2], B[7] = -1, 5, 0x7fffffff
	S[0] = { n = 1, a = 2, b = 3, c = -4 }
	S[2] = { n = -1, a = 0xffffffff, b = 255, c = 0x7fff }
	st.x, st.y, st.z = 5, -6, 7
end

local function hex(bytes)
	return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function dump()
	local t = {}
	for i = 0, 23 do
		local v = OUT[i]
		if v ~= -99 then t[#t + 1] = ("OUT[%d]=%d"):format(i, v) end
	end
	for i = 0, 7 do t[#t + 1] = ("A[%d]=%d"):format(i, A[i]) end
	local h = {}
	for k, v in pairs(H) do h[#h + 1] = ("H[%d]=%d"):format(k, v) end
	for k, v in pairs(B) do h[#h + 1] = ("B[%d]=%d"):format(k, v) end
	for k, v in pairs(S) do h[#h + 1] = ("S[%d]={%d,%d,%d,%d}"):format(k, v.n, v.a, v.b, v.c) end
	table.sort(h)
	t[#t + 1] = table.concat(h, " ")
	t[#t + 1] = ("st={%d,%d,%d}"):format(st.x, st.y, st.z)
	return table.concat(t, " ")
end

-- ---- one program ----

-- What may be refused: a kind that the generator did not see is sure to be wrong.
local REFUSALS = {
	"is always a", "attempt to compare", "this entry was taken from the map", "a boolean is returned here",
	"'math.%w+' is a %w+ here", "math.tointeger of a string", "order of strings", "takes at most", "bad argument", "bad value for map", "bad key for map",
	"is always nil", "what this gives", "is no verdict",
	"differs by the way taken", "is indexed by something", "cannot be deleted", "has no field", "bytes of stack", "needs may_goto", "is stored in '[^']*', which holds",
	"does not fit the", "is a method or a field", "it goes where it must be known before",
}

local function refusal(text)
	for line in text:gmatch "[^\n]*error: [^\n]*" do
		local fine = false
		for _, pattern in ipairs(REFUSALS) do fine = fine or line:find(pattern) end
		if not fine then return false end
	end
	return text:find("error: ", 1, true) ~= nil
end

-- Messages without the variable's name; a division by zero without its line; which argument of fmod is
-- looked at first is the C compiler's choice.
local function plain(message)
	if message == nil then return nil end
	for _, what in ipairs { "local", "global", "upvalue", "field", "method", "constant" } do
		message = message:gsub(" %(" .. what .. " '[^']*'%)$", "")
	end
	message = message:gsub("bad argument #[12] to 'fmod'", "bad argument to 'fmod'")
	return (message:gsub("^[^\n]-:%d+: (attempt to perform 'n[/%%][/%%]0')", "%1"))
end

local ENDLESS = "this program does not end"

local function run(how, prog, input)
	reset()
	local verdict, bytes, _, message = how(prog, input)
	local name = math.type(verdict) and bpf.DROP == verdict and "DROP" or tostring(verdict)
	local left = bytes == input and "" or hex(bytes)
	return ("verdict %s, error %s, %s, %s"):format(name, plain(message), dump(), left), message
end

-- much: what the verifier gave up; more than one in a hundred is a failure of ours
local stats = { ran = 0, refused = 0, much = 0, errors = 0, runs = 0, why = {} }

-- nil, or the class of the failure and its description. tally: counts.
local function judge(text, inputs, tally)
	local chunk, wrong = load(text, "=fuzz", "t", env)
	if not chunk then return "syntax", wrong end
	local opts = { on_error = bpf.DROP, check = true, name = "fuzz", copy = options.copy }
	local good, prog = pcall(bpf.program, options.hook or "xdp", opts, chunk())
	if not good then
		prog = tostring(prog)
		if prog:find("more ways through it than", 1, true) then
			if tally then stats.much = stats.much + 1 end
			if stats.much * 100 > stats.ran + 100 then return "too much", prog end
			return nil
		end
		if prog:find("verifier", 1, true) then return "rejected", prog end
		if prog:find("internal error", 1, true) or not prog:find("error: ", 1, true) then return "internal", prog end
		local why = prog:match "error: ([^\n]*)":gsub("'[^']*'", "'_'"):gsub("%d+", "N")
		if not refusal(prog) then return "refused: " .. why, prog end
		if tally then
			stats.refused = stats.refused + 1
			stats.why[why] = (stats.why[why] or 0) + 1
		end
		return nil
	end
	if tally then stats.ran = stats.ran + 1 end
	for i, input in ipairs(inputs) do
		debug.sethook(function() error(ENDLESS) end, "", 5000000)
		local fine, want, message = pcall(run, prog.twin, prog, input)
		debug.sethook()
		if not fine then return "twin", tostring(want) end
		if message and message:find(ENDLESS, 1, true) then return nil end
		local ok, got = pcall(run, prog.test, prog, input)
		-- of tc, it runs none on frames whose IP header is not whole
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
	gen.shrink(tree, function()
		return os.time() - start < (tonumber(options.shrink) or 60) and judge(gen.text(tree), inputs) == class
	end)
	local text = gen.text(tree)
	local _, detail = judge(text, inputs)
	print(("\n=== seed %d: %s\n%s%s\n"):format(one, class, numbered(text), detail or "(gone)"))
end

-- ---- all of them ----

local began, findings, shown = os.time(), 0, os.time()
for one = seed, seed + count - 1 do
	local tree, inputs = gen.program(one, tonumber(options.loops)), gen.inputs(one)
	if options.show then
		print(gen.text(tree))
		break
	end
	local mark = os.getenv "FUZZ_MARK"
	if mark then
		local file = assert(io.open(mark, "w"))
		file:write(one, "\n")
		file:close()
	end
	local class, detail = judge(gen.text(tree), inputs, true)
	if class then
		findings = findings + 1
		if not options.quick then report(one, tree, inputs, class) else print(one, (class .. " " .. detail:gsub("\n.*", "")):sub(1, 150)) end
		if not options.keep and not options.quick then break end
	end
	if one % 16 == 0 then collectgarbage() end
	if os.time() - shown >= 10 then
		shown = os.time()
		io.write(("%d programs, %.1f a second, %d findings\n"):format(one - seed + 1,
			(one - seed + 1) / (shown - began), findings))
	end
end
print(("seed %d: %d programs ran, %d refused, %d too much, %d runs, %d of them errors, %d findings"):format(seed,
	stats.ran, stats.refused, stats.much, stats.runs, stats.errors, findings))
if options.why then
	for why, n in pairs(stats.why) do print(n, why) end
end
os.exit(findings == 0, true)

-- Runs a Lua function in the kernel, as its host twin, and under stock Lua, and compares them.
--
--	local lang = dofile "tests/lang/harness.lua"
--	lang.case { name = "add", f = function(a, b) return a + b end, inputs = lang.pairs() }
--	lang.done()
--
-- f takes up to 4 arguments, each nil, false, true or an integer, and gives up to 3 such results.
-- In the kernel the arguments come out of the packet, a kind word and a payload word each, so that
-- the compiler knows nothing of them; cases whose inputs are all integers run a second time with
-- arguments it knows to be integers. The packet is an Ethernet header (14 bytes), then 16 bytes for
-- each argument; results go through the map `out`.

local lang = {}

local NIL, FALSE, TRUE, INT = 0, 1, 2, 3
local UNSET = -99

local out = bpf.map { "array", name = "lang_out", key = "u32", value = "i64", entries = 6 }

-- ---- what runs in the kernel ----

local function arg(pkt, off)
	local kind = pkt:u64(off)
	if kind == NIL then return nil end
	if kind == FALSE then return false end
	if kind == TRUE then return true end
	return pkt:u64(off + 8)
end

local function put(i, v)
	if v == nil then
		out[i] = NIL
	elseif v == false then
		out[i] = FALSE
	elseif v == true then
		out[i] = TRUE
	else
		out[i] = INT
		out[i + 1] = v
	end
end

local function put3(a, b, c)
	put(0, a)
	put(2, b)
	put(4, c)
	return bpf.PASS
end

local any = {           -- by number of arguments
	[0] = function(f) return function() return put3(f()) end end,
	function(f) return function(p) return put3(f(arg(p, 14))) end end,
	function(f) return function(p) return put3(f(arg(p, 14), arg(p, 30))) end end,
	function(f) return function(p) return put3(f(arg(p, 14), arg(p, 30), arg(p, 46))) end end,
	function(f)
		return function(p) return put3(f(arg(p, 14), arg(p, 30), arg(p, 46), arg(p, 62))) end
	end,
}

local ints = {
	function(f)
		return function(p)
			local a = p:u64(22)
			if not a then return bpf.PASS end
			return put3(f(a))
		end
	end,
	function(f)
		return function(p)
			local a, b = p:u64(22), p:u64(38)
			if not a or not b then return bpf.PASS end
			return put3(f(a, b))
		end
	end,
	function(f)
		return function(p)
			local a, b, c = p:u64(22), p:u64(38), p:u64(54)
			if not a or not b or not c then return bpf.PASS end
			return put3(f(a, b, c))
		end
	end,
	function(f)
		return function(p)
			local a, b, c, d = p:u64(22), p:u64(38), p:u64(54), p:u64(70)
			if not a or not b or not c or not d then return bpf.PASS end
			return put3(f(a, b, c, d))
		end
	end,
}

-- ---- the user half ----

local function kind_of(v)
	if v == nil then return NIL end
	if v == false then return FALSE end
	if v == true then return TRUE end
	if math.type(v) == "integer" then return INT end
	error("a case's values are nil, booleans and integers, not " .. type(v), 3)
end

local function packet(input, n)
	local bytes = { ("\0"):rep(12), "\x88\xb5" }
	for i = 1, n do
		local kind = kind_of(input[i])
		bytes[#bytes + 1] = (">i8i8"):pack(kind, kind == INT and input[i] or 0)
	end
	return table.concat(bytes) .. ("\0"):rep(64)
end

local function text(v)
	if v == math.mininteger then return "math.mininteger" end
	if v == math.maxinteger then return "math.maxinteger" end
	return tostring(v)
end

local function list(values, n)
	local t = {}
	for i = 1, n do t[i] = text(values[i]) end
	return table.concat(t, ", ")
end

-- Messages are compared without the name of the variable; a division by zero without its line,
-- which stock Lua 5.4.4 gets wrong.
local function plain(message)
	if message == nil then return nil end
	message = tostring(message)
	for _, what in ipairs { "local", "global", "upvalue", "field", "method", "constant" } do
		message = message:gsub(" %(" .. what .. " '[^']*'%)$", "")
	end
	return (message:gsub("^[^\n]-:%d+: (attempt to perform 'n[/%%][/%%]0')", "%1"))
end

local function show(results)
	if results.error then return "error: " .. results.error end
	return list(results, 3)
end

local function same(a, b)
	if a.error or b.error then return a.error == b.error end
	for i = 1, 3 do
		if a[i] ~= b[i] or math.type(a[i]) ~= math.type(b[i]) then return false end
	end
	return true
end

-- What must come out for input number i: as written in the case, else what stock Lua says.
local function stock(case, i)
	if case.want then return case.want[i] end
	local input = case.inputs[i]
	local r
	if case.packets then
		r = table.pack(pcall(case.f, bpf.packet(input)))
	else
		r = table.pack(pcall(case.f, table.unpack(input, 1, case.args)))
	end
	if not r[1] then return { error = plain(r[2]) } end
	for k = 2, r.n do kind_of(r[k]) end
	return { r[2], r[3], r[4] }
end

-- One run by program:test or program:twin.
local function ran(run, prog, bytes)
	for i = 0, 5 do out[i] = UNSET end
	local verdict, _, _, message = run(prog, bytes)
	if message then
		local r = { error = plain(message) }
		if verdict ~= bpf.DROP then r.error = r.error .. " [and not the on_error verdict]" end
		return r
	end
	if verdict ~= bpf.PASS then return { error = "verdict " .. tostring(verdict) } end
	local r = {}
	for i = 1, 3 do
		local kind, payload = out[2 * i - 2], out[2 * i - 1]
		if kind == INT then
			r[i] = payload
		elseif kind == TRUE or kind == FALSE then
			r[i] = kind == TRUE
		elseif kind ~= NIL then
			return { error = "result " .. i .. " was not stored" }
		end
	end
	return r
end

local count, failures = 0, 0

local function report(name, problems)
	count = count + 1
	if #problems == 0 then
		print(("ok %d - %s"):format(count, name))
		return
	end
	failures = failures + 1
	print(("not ok %d - %s"):format(count, name))
	for i = 1, math.min(#problems, 5) do print("# " .. problems[i]:gsub("\n", "\n# ")) end
	if #problems > 5 then print(("# ... and %d more"):format(#problems - 5)) end
end

local function hex(bytes)
	return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function input_text(case, input)
	return case.packets and hex(input) or list(input, case.args)
end

local function try(case, name, wrapper, copy)
	local problems = {}
	local good, prog = pcall(bpf.program, "xdp",
		{ on_error = bpf.DROP, name = "lang", budget = case.budget, check = true, copy = copy },
		wrapper(case.f))
	if not good then
		report(name, { tostring(prog) })
		return
	end
	for i, input in ipairs(case.inputs) do
		local bytes = case.packets and input or packet(input, case.args)
		local want = stock(case, i)
		for what, run in pairs { kernel = prog.test, twin = prog.twin } do
			local fine, got = pcall(ran, run, prog, bytes)
			if not fine then got = { error = "cannot run: " .. tostring(got) } end
			if not same(want, got) then
				problems[#problems + 1] = ("f(%s): %s %s; %s %s"):format(input_text(case, input),
					case.want and "wanted" or "stock Lua", show(want), what, show(got))
			end
		end
	end
	report(name, problems)
end

-- name, f, inputs (a list of argument lists); args: how many arguments, if not the longest input;
-- budget: loop turns.
function lang.case(case)
	case.inputs = case.inputs or { {} }
	local longest, integers = 0, true
	for _, input in ipairs(case.inputs) do
		longest = math.max(longest, input.n or #input)
	end
	case.args = case.args or longest
	for _, input in ipairs(case.inputs) do
		for i = 1, case.args do integers = integers and kind_of(input[i]) == INT end
	end
	try(case, case.name, any[case.args])
	if integers and case.args > 0 then
		try(case, case.name .. " (integers)", ints[case.args])
	end
end

-- The same for a function of a packet, under both ways of reaching its bytes: inputs are frames (of
-- at least 14 bytes), want the results they must give, where that is known without us.
function lang.packets(case)
	case.packets = true
	local function wrapper(f) return function(p) return put3(f(p)) end end
	try(case, case.name, wrapper)
	try(case, case.name .. " (by copy)", wrapper, true)
end

function lang.done()
	print(("1..%d"):format(count))
	os.exit(failures == 0, true)
end

-- ---- inputs ----

lang.hostile = {
	0, 1, -1, 2, -2, 3, 7, -7, 10, 63, -63, 64, -64, 65, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff,
	0x7fffffff, 0x80000000, -0x80000000, 0xffffffff, 0x100000000, -0x100000000,
	0x0123456789abcdef, math.maxinteger, math.maxinteger - 1, math.mininteger, math.mininteger + 1,
}

lang.kinds = { "nil", false, true, 0, 1, -1, math.mininteger }

local function value(v)
	if v == "nil" then return nil end
	return v
end

-- Every value of the list (hostile integers) as the one argument.
function lang.each(values)
	local t = {}
	for _, v in ipairs(values or lang.hostile) do t[#t + 1] = { n = 1, value(v) } end
	return t
end

-- Every pair of values.
function lang.pairs(values, others)
	local t = {}
	for _, a in ipairs(values or lang.hostile) do
		for _, b in ipairs(others or values or lang.hostile) do
			t[#t + 1] = { n = 2, value(a), value(b) }
		end
	end
	return t
end

return lang

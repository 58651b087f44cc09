-- Runs a Lua function in the kernel, as its host twin, and under stock Lua, and compares them.
--
--	local lang = dofile "tests/lang/harness.lua"
--	lang.case { name = "add", f = function(a, b) return a + b end, inputs = lang.pairs() }
--	lang.done()
--
-- f takes up to 4 arguments, each nil, false, true, an integer, an address or a string of at most 16
-- bytes, and gives up to 3 results that are nil, booleans or integers. In the kernel the arguments
-- come out of the packet, a kind word and a payload word each, so that the compiler knows nothing of
-- them; cases whose inputs are all integers run a second time with arguments it knows to be
-- integers. The packet is an Ethernet header (14 bytes), then 16 bytes for each argument; addresses
-- and strings are in maps, numbered by the payload; results go through the map `out`.

-- LANG_HOOK names another hook than XDP that receives packets. LANG_EVERY=N runs every Nth input of those
-- that a case has, the first one among them: where a kernel is emulated, loading programs matters most. LANG_PART=K/N
-- runs every Nth program of a file, from the Kth on (0 to N - 1).

local lang = {}
lang.hook = os.getenv "LANG_HOOK" or "xdp"
local every = tonumber(os.getenv "LANG_EVERY" or 1)
lang.every = every

local NIL, FALSE, TRUE, INT, IP4, IP6, MAC, STR = 0, 1, 2, 3, 4, 5, 6, 7
local UNSET = -99

local out = bpf.map { "array", name = "lang_out", key = "u32", value = "i64", entries = 6 }

local function pool(kind)
	return bpf.map { "array", name = "lang_" .. kind:gsub("%W", ""), key = "u32", value = kind,
		entries = 64 }
end
local ip4s, ip6s, macs, texts = pool "ip4", pool "ip6", pool "mac", pool "char[16]"
local pools = { [IP4] = ip4s, [IP6] = ip6s, [MAC] = macs, [STR] = texts }

-- ---- what runs in the kernel ----

local function arg(pkt, off)
	local kind = pkt:u64(off)
	if kind == NIL then return nil end
	if kind == FALSE then return false end
	if kind == TRUE then return true end
	return pkt:u64(off + 8)
end

local function arg_address(pkt, off)
	local kind, n = pkt:u64(off), pkt:u64(off + 8)
	if not n then return nil end
	if kind == IP4 then return ip4s[n] end
	if kind == IP6 then return ip6s[n] end
	if kind == MAC then return macs[n] end
	return arg(pkt, off)
end

local function arg_string(pkt, off)
	local kind, n = pkt:u64(off), pkt:u64(off + 8)
	if kind == STR and n then return texts[n] end
	return arg_address(pkt, off)
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

-- By number of arguments, each taken from the packet by `get`.
local function any(n, get)
	local by_number = {
		[0] = function(f) return function() return put3(f()) end end,
		function(f) return function(p) return put3(f(get(p, 14))) end end,
		function(f) return function(p) return put3(f(get(p, 14), get(p, 30))) end end,
		function(f)
			return function(p) return put3(f(get(p, 14), get(p, 30), get(p, 46))) end
		end,
		function(f)
			return function(p)
				return put3(f(get(p, 14), get(p, 30), get(p, 46), get(p, 62)))
			end
		end,
	}
	return by_number[n]
end

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
	if type(v) == "string" then return STR end
	if type(v) == "userdata" and v.byte then return v:byte(16) and IP6 or v:byte(6) and MAC or IP4 end
	error("a case's values are nil, booleans, integers, addresses and strings, not " .. type(v), 3)
end

local numbers, used = {}, { [IP4] = 0, [IP6] = 0, [MAC] = 0, [STR] = 0 }

-- The word that stands for v in a packet.
local function payload(kind, v)
	if kind < INT then return 0 end
	if kind == INT then return v end
	local name = kind .. tostring(v)
	if not numbers[name] then
		pools[kind][used[kind]] = v
		numbers[name] = used[kind]
		used[kind] = used[kind] + 1
	end
	return numbers[name]
end

local function packet(input, n)
	local bytes = { ("\0"):rep(12), "\x88\xb5" }
	for i = 1, n do
		local kind = kind_of(input[i])
		bytes[#bytes + 1] = (">i8i8"):pack(kind, payload(kind, input[i]))
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

-- Messages are compared without the name of the variable, and up to a zero byte, where their report ends. What is raised and
-- is neither a text, a number nor an address is reported as the stand-alone lua does.
local function plain(message)
	local kind = type(message)
	local textual = kind == "string" or kind == "number" or tostring(message):find "^[%x.:]+$"
	message = textual and tostring(message):match "^[^\0]*" or ("(error object is a %s value)"):format(kind)
	for _, what in ipairs { "local", "global", "upvalue", "field", "method", "constant" } do
		message = message:gsub(" %(" .. what .. " '[^']*'%)$", "")
	end
	return message
end

-- f(...) with a hook that is never called: Lua 5.4.4 raises a division by zero in the line of the last instruction that
-- could raise anything else, unless there is a hook, for which it keeps the place of each.
local function exact(f, ...)
	local hook, mask, n = debug.gethook()
	debug.sethook(function() end, "", 1 << 30)
	local r = table.pack(pcall(f, ...))
	if hook then debug.sethook(hook, mask, n) else debug.sethook() end
	return r
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
		r = exact(case.f, bpf.packet(input, lang.hook))
	else
		r = exact(case.f, table.unpack(input, 1, case.args))
	end
	if not r[1] then return { error = plain(r[2]) } end
	for k = 2, r.n do
		if kind_of(r[k]) > INT then error("a result is a " .. type(r[k]), 0) end
	end
	return { r[2], r[3], r[4] }
end

-- One run by program:test or program:twin.
local function ran(run, prog, bytes, on_error)
	for i = 0, 5 do out[i] = UNSET end
	local verdict, after, _, message = run(prog, bytes)
	if message then
		local r = { error = plain(message) }
		if verdict ~= on_error then r.error = r.error .. " [and not the on_error verdict]" end
		return r
	end
	if verdict ~= bpf.PASS then return { error = "verdict " .. tostring(verdict) } end
	local r = { after = after }
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
	if bpf.test then
		return bpf.test(name, function() if problems[1] then error(problems[1], 0) end end)
	end
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

-- ---- what a run leaves in maps, states and events ----

local function shown(v)
	local meta = debug.getmetatable(v)
	if type(v) ~= "table" and not (type(v) == "userdata" and meta.__pairs) then return text(v) end
	local t = {}
	for name, x in pairs(v) do t[#t + 1] = name .. "=" .. text(x) end
	table.sort(t)
	return "{" .. table.concat(t, " ") .. "}"
end

local function contents(what)
	local t = {}
	if type(what) == "table" then                     -- { state, "field", ... }
		for i = 2, #what do t[#t + 1] = what[i] .. "=" .. text(what[1][what[i]]) end
	elseif tostring(what):find "^queue" or tostring(what):find "^stack" then
		for v in function() return what:pop() end do t[#t + 1] = shown(v) end
	elseif tostring(what):find("events") then
		for e in function() return what:poll(0) end do t[#t + 1] = shown(e) end
	else
		for k, v in pairs(what) do t[#t + 1] = shown(k) .. "=" .. shown(v) end
		table.sort(t)
	end
	return table.concat(t, " ")
end

local function look(case)
	local t = {}
	for i, what in ipairs(case.see or {}) do t[i] = contents(what) end
	return table.concat(t, " | ")
end

local function clear(case)
	for _, what in ipairs(case.see or {}) do
		if type(what) == "table" then
			what.zero = what.zero or {}
			for i = 2, #what do
				if what.zero[i] == nil then what.zero[i] = what[1][what[i]] end
				what[1][what[i]] = what.zero[i]
			end
		elseif tostring(what):find("events") then
			contents(what)
		else
			what:clear()
		end
	end
	if case.setup then case.setup() end
end

-- ---- cases ----

local function run_one(case, i, what, run, prog, problems)
	local input = case.inputs[i]
	local bytes = case.packets and input or packet(input, case.args)
	local want = not case.see and stock(case, i) or case.want and case.want[i]
	clear(case)
	local fine, got = pcall(ran, run, prog, bytes, case.on_error or bpf.DROP)
	if not fine then got = { error = "cannot run: " .. tostring(got) } end
	local left = look(case)
	local function wrong(wanted, by, has)
		problems[#problems + 1] = ("f(%s): %s %s; %s %s"):format(input_text(case, input), by, wanted,
			what, has)
	end
	if want and not same(want, got) then
		wrong(show(want), case.want and "wanted" or "stock Lua", show(got))
	end
	if case.left and case.left[i] ~= left then wrong(case.left[i], "wanted", left) end
	return show(got) .. " | " .. left .. (case.packets and got.after and got.after ~= bytes and " | " .. hex(got.after) or "")
end

-- ---- which opcodes the cases are made of (for complete.lua) ----

local listing = os.getenv "LANG_OPCODES" and {}

-- The opcodes of a dumped function and of those in it, into `listing`.
local function scan(dump)
	local at = 4 + 2 + 6 + 3 + 8 + 8 + 1 + 1          -- behind the header
	local function number()
		local n = 0
		repeat
			local byte = dump:byte(at)
			at, n = at + 1, n << 7 | byte & 0x7f
		until byte & 0x80 ~= 0
		return n
	end
	local function skip(n) at = at + n end
	local function text() skip(math.max(number() - 1, 0)) end
	local constant = { [0x03] = function() skip(8) end, [0x13] = function() skip(8) end,
		[0x04] = text, [0x14] = text }
	local function proto()
		text()
		number()
		number()
		skip(3)
		for _ = 1, number() do
			listing[("<I4"):unpack(dump, at) & 0x7f] = true
			skip(4)
		end
		for _ = 1, number() do
			local content = constant[dump:byte(at)]
			skip(1)
			if content then content() end
		end
		skip(3 * number())
		for _ = 1, number() do proto() end
		skip(number())
		for _ = 1, 2 * number() do number() end
		for _ = 1, number() do
			text()
			number()
			number()
		end
		for _ = 1, number() do text() end
	end
	proto()
end

-- What the kernel is too old for is skipped by its name (tests/skips says where that may be); else nil.
local function lacking(message)
	local what = message:match "needs? ([^\n]-) %(Linux [%d.]+ or later%)"
	return what and what:gsub("^the ", "") or message:match "needs %d+ (bytes of stack)"
end

local function skipped(name, lacks)
	count = count + 1
	print(("ok %d - %s # SKIP %s"):format(count, name, lacks))
end
lang.skip = skipped

-- bpf.program for a case of another form; nil where the kernel is too old for it, which is said as a skip.
function lang.program(name, kind, options, f)
	local good, prog = pcall(bpf.program, kind, options, f)
	if good then return prog end
	local lacks = lacking(tostring(prog))
	if not lacks then error(prog, 0) end
	skipped(name, lacks)
end

-- bpf.map of a type that the kernel may be too old for: then nil, said as a skip.
function lang.map(spec)
	local good, map = pcall(bpf.map, spec)
	if good then return map end
	if not map:find("the type came with Linux", 1, true) then error(map, 0) end
	skipped("maps of this type", spec[1])
end

-- The function and those it captured.
local function list_opcodes(f, seen)
	if seen[f] or debug.getinfo(f, "S").what ~= "Lua" then return end
	seen[f] = true
	scan(string.dump(f, true))
	for i = 1, 255 do
		local name, v = debug.getupvalue(f, i)
		if not name then return end
		if type(v) == "function" then list_opcodes(v, seen) end
	end
end

-- Under `perigee test` each case is one of its tests, and runs twice: those that have a twin.
local function run_all(case, prog, problems)
	for i = 1, #case.inputs, every do
		local kernel = run_one(case, i, "kernel", prog.test, prog, problems)
		local twin = case.twin ~= false and run_one(case, i, "twin", prog.twin, prog, problems)
		if twin and twin ~= kernel and #problems == 0 then
			problems[1] = ("f(%s): twin %s; kernel %s"):format(input_text(case, case.inputs[i]), twin, kernel)
		end
	end
end

local function as_test(case, name, prog)
	bpf.test(name, function()
		local problems = {}
		run_all(case, prog, problems)
		if problems[1] then error(problems[1], 0) end
	end)
end

local part, parts = (os.getenv "LANG_PART" or "0/1"):match "(%d+)/(%d+)"
local tried = 0

local function is_part()
	tried = tried + 1
	return (tried - 1) % tonumber(parts) == tonumber(part)
end

local function try(case, name, wrapper, copy)
	if not is_part() then return end
	if listing then return list_opcodes(case.f, {}) end
	if bpf.test and (case.twin == false or case.unordered) then return end
	local problems = {}
	local good, prog = pcall(bpf.program, lang.hook,
		{ on_error = case.on_error or bpf.DROP, name = "lang", budget = case.budget, check = true, copy = copy },
		wrapper(case.f))
	local lacks = not good and lacking(tostring(prog))
	if lacks then return skipped(name, lacks) end
	if case.refused then
		local said = not good and tostring(prog):find(case.refused, 1, true)
		return report(name, { not said and ("to be refused with '%s', but: %s"):format(case.refused, tostring(prog)) or nil })
	end
	if not good then
		report(name, { tostring(prog) })
		return
	end
	if bpf.test then return as_test(case, name, prog) end
	run_all(case, prog, problems)
	report(name, problems)
end

-- Packets with texts of these lengths, and of 101 bytes with a zero byte at each of those places.
function lang.texts(lengths, zeros)
	local long, list = ("0123456789abcdef"):rep(20), {}
	for _, n in ipairs(lengths) do list[#list + 1] = lang.head .. long:sub(1, n) end
	for _, at in ipairs(zeros) do list[#list + 1] = lang.head .. long:sub(1, at - 1) .. "\0" .. long:sub(1, 101 - at) end
	return list
end

-- For kernel code: all of a string as a number.
function lang.all(s)
	if not s then return s end
	local sum = #s
	for i = 1, #s do sum = sum * 31 + s:byte(i) end
	return sum
end

-- name, f, inputs (a list of argument lists); args: how many arguments, if not the longest input;
-- only_integers: arguments are known to be some; budget: loop turns; copy: run by copy access too. want: the results, where stock Lua is no judge;
-- twin = false: and the twin has none; unordered: what it gives depends on a hash map's order.
--
-- Functions that use maps, states and events, for which stock Lua is no judge: see is a list of
-- them, { state, "field", ... } for a state. They are cleared, and setup() is called, before each
-- run; what the twin's run leaves in them and the kernel's must be the same (and, with left, this).
function lang.case(case)
	case.inputs = case.inputs or { {} }
	local longest, integers, most = 0, true, INT
	for _, input in ipairs(case.inputs) do
		longest = math.max(longest, input.n or #input)
	end
	case.args = case.args or longest
	for _, input in ipairs(case.inputs) do
		for i = 1, case.args do
			integers = integers and kind_of(input[i]) == INT
			most = math.max(most, kind_of(input[i]))
		end
	end
	local get = most == STR and arg_string or most > INT and arg_address or arg
	if not case.only_integers then try(case, case.name, any(case.args, get)) end
	if integers and case.args > 0 then
		try(case, case.name .. " (integers)", ints[case.args])
	end
	if case.copy then try(case, case.name .. " (by copy)", any(case.args, get), true) end
end

-- The kernel runs no tc program on a frame whose IP header is not whole.
local least = { ["\x08\x00"] = 34, ["\x86\xdd"] = 54 }

function lang.runs(frame, hook)
	return (hook or lang.hook) ~= "tc" or #frame >= (least[frame:sub(13, 14)] or 14)
end

-- The same for a function of a packet, under both ways of reaching its bytes: inputs are frames (of
-- at least 14 bytes), want the results they must give, where that is known without us. once: under one of them alone;
-- refused: a part of what the function is refused with; verdicts: a first result that is one is the program's, too.
function lang.packets(case)
	local some = { packets = true, inputs = {}, want = case.want and {} }
	for i, frame in ipairs(case.inputs) do
		if lang.runs(frame) then
			some.inputs[#some.inputs + 1] = frame
			if some.want then some.want[#some.inputs] = case.want[i] end
		end
	end
	case = setmetatable(some, { __index = case })
	local function wrapper(f) return function(p) return put3(f(p)) end end
	if case.verdicts then
		function wrapper(f)
			return function(p)
				local a, b, c = f(p)
				if a == bpf.DROP or a == bpf.REDIRECT then return a end
				return put3(a, b, c)
			end
		end
	end
	try(case, case.name, wrapper)
	if case.once then return end
	-- one way each is enough for the hooks beside XDP: socket filters have the other one only
	if lang.hook == "xdp" then try(case, case.name .. " (by copy)", wrapper, true) end
end

-- A check of another form: passed when the list of problems is empty.
lang.check = report

function lang.done()
	if bpf.test then return end
	for opcode in pairs(listing or {}) do print("opcode " .. opcode) end
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
lang.addresses = { bpf.ip "10.0.0.1", bpf.ip "10.0.0.2", bpf.ip "0.0.0.0", bpf.ip "255.255.255.255",
	bpf.ip "2001:db8::1", bpf.ip "2001:db8:0:1::", bpf.ip "::", bpf.mac "02:00:00:00:00:01",
	bpf.mac "00:00:00:00:00:00", bpf.mac "0a:00:00:01:00:00" }

local function value(v)
	if v == "nil" then return nil end
	return v
end

-- pairs(t) by its keys' order: cases made in a loop are the same ones in each run.
function lang.sorted(t)
	local keys, i = {}, 0
	for k in pairs(t) do keys[#keys + 1] = k end
	table.sort(keys)
	return function()
		i = i + 1
		return keys[i], t[keys[i]]
	end
end

-- Of many programs made from a table: is the next one to be tried? An Nth of them is (LANG_SLICE=K/N; usual: a text like that), and of these,
-- where LANG_PAIRS=K/N says so, as in the suite's other forms, a part.
function lang.slice(usual)
	local k, n = (os.getenv "LANG_SLICE" or usual):match "(%d+)/(%d+)"
	local pk, pn = (os.getenv "LANG_PAIRS" or "0/1"):match "(%d+)/(%d+)"
	local of, part, number = n * pn // 1, (k + n * pk) // 1, 0
	return function()
		number = number + 1
		return number % of == part
	end
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

-- Each two of the values, rows whose second item is text, under one operation: those that mine(i, j) says, each pair by one of the
-- forms, the next time (number: i + j + k) by another one. tried(a, b, form, operation, number) gives what is wrong, or nil.
function lang.meetings(values, forms, k, operation, mine, tried)
	local wrong = {}
	for i, a in ipairs(values) do
		for j, b in ipairs(values) do
			local problem = mine(i, j) and tried(a[2], b[2], forms[(i * 7 + j * 3 + k) % #forms + 1], operation, i + j + k)
			if problem then wrong[#wrong + 1] = a[1] .. " or " .. b[1] .. ": " .. problem end
		end
	end
	lang.check(operation, wrong)
end

-- How many programs of a table there were, and why those were refused that were: LANG_REASONS=1 asks.
function lang.reasons(total, reasons)
	if not os.getenv "LANG_REASONS" then return end
	io.stderr:write(total, "\n")
	for why, n in pairs(reasons) do io.stderr:write(("%6d %s\n"):format(n, why)) end
end

-- Of pairs that a table makes: which part of how many is to run. LANG_PAIRS=K/N says so; where only some of the inputs
-- are (LANG_EVERY), it is a seventh.
function lang.part()
	local part, of = (os.getenv "LANG_PAIRS" or (every > 1 and "0/7" or "0/1")):match "(%d+)/(%d+)"
	return tonumber(part), tonumber(of)
end

-- An Ethernet header, for frames that are text behind it; and frames of texts, each cut everywhere.
lang.head = ("\0"):rep(12) .. "\x88\xb5"
function lang.cut(...)
	local t = {}
	for _, text in ipairs { ... } do
		for n = 0, #text do t[#t + 1] = lang.head .. text:sub(1, n) end
	end
	return t
end

return lang

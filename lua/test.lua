-- test.lua - bpf.test: unit tests of kernel functions, under `perigee test`.
--
-- A file of tests runs twice: first in the kernel, where programs are loaded and attached to nothing, then by
-- their twins under stock Lua, with the lines counted that run. What each test run gave the first time comes along
-- and has to be what it gives the second time.
local bpf, pass, parts, before = ...

local OWN = debug.getinfo(1, "S").source
local FUNC = 1                          -- which user value of a program is its function
before = before and load(before)() or nil

local results = {}                      -- of this pass: { name =, err =, runs = { { where, result, error }, ... } }
local current                           -- the test that runs

-- ---- where things are ----

-- "file:line" of the code that called into this file.
local function caller()
	for level = 2, 20 do
		local at = debug.getinfo(level, "Sl")
		if not at then return "?" end
		if at.source ~= OWN and at.what ~= "C" then return at.short_src .. ":" .. at.currentline end
	end
	return "?"
end

local function message(err)
	return (debug.traceback(tostring(err), 2):gsub("\n[^\n]*%[C%]: in function 'xpcall'.*$", ""))
end

-- Names and values of what f captures.
local function upvalues(f)
	local i = 0
	return function()
		i = i + 1
		return debug.getupvalue(f, i)
	end
end

-- ---- coverage: the lines of kernel functions, and which of them ran ----

local known, ran = {}, {}               -- by source: set of lines

local function mark(sets, source, line)
	sets[source] = sets[source] or {}
	sets[source][line] = true
end

local function know(f, seen)
	if seen[f] or debug.getinfo(f, "S").what == "C" or debug.getinfo(f, "S").source == OWN then return end
	seen[f] = true
	parts.lines(f, function(source, line) mark(known, source, line) end)
	for _, value in upvalues(f) do
		if type(value) == "function" then know(value, seen) end
	end
end

-- Runs f(...) with its lines counted.
local function covered(f, ...)
	debug.sethook(function(_, line)
		local source = debug.getinfo(2, "S").source
		if source ~= OWN then mark(ran, source, line) end
	end, "l")
	local r = table.pack(pcall(f, ...))
	debug.sethook()
	if not r[1] then error(r[2], 0) end
	return table.unpack(r, 2, r.n)
end

-- "3, 7-9"
local function ranges(list)
	local out, i = {}, 1
	while i <= #list do
		local j = i
		while list[j + 1] == list[j] + 1 do j = j + 1 end
		out[#out + 1] = i == j and tostring(list[i]) or list[i] .. "-" .. list[j]
		i = j + 1
	end
	return table.concat(out, ", ")
end

local function show_coverage()
	local seen, sources = {}, {}
	for _, program in ipairs(debug.getregistry()["perigee.tested"]) do
		know(debug.getuservalue(program, FUNC), seen)
	end
	for source in pairs(known) do
		if source:sub(1, 1) == "@" then sources[#sources + 1] = source end
	end
	table.sort(sources)
	for _, source in ipairs(sources) do
		local all, missed = 0, {}
		for line in pairs(known[source]) do
			all = all + 1
			if not (ran[source] and ran[source][line]) then missed[#missed + 1] = line end
		end
		table.sort(missed)
		print(("%s: %d of %d lines of kernel functions ran%s"):format(source:sub(2), all - #missed, all,
			#missed > 0 and "; not line" .. (#missed > 1 and "s " or " ") .. ranges(missed) or ""))
	end
end

-- ---- runs ----

local verdicts = {}
for name, value in pairs(bpf) do
	if math.type(value) == "integer" then verdicts[value] = name end
end

local function hex(s)
	return type(s) == "string" and s:gsub(".", function(c) return ("%02x"):format(c:byte()) end) or tostring(s)
end

local function note(verdict, after, err)
	local text = ("%s, packet %s"):format(verdicts[verdict] or tostring(verdict), hex(after))
	if current then current.runs[#current.runs + 1] = { caller(), text, err or "no error" } end
end

-- A message without what may differ: a variable's name, the line of a division by zero, which stock Lua 5.4.4 gets wrong.
local function plain(text)
	text = text:gsub(" %(%a+ '[^']*'%)$", "")
	return (text:gsub("^[^\n]-:%d+: (attempt to perform 'n[/%%][/%%]0')", "%1"))
end

-- The kernel's errors say where they were raised, those of `assert` and of error(text, 0) too.
local function same(kernel, twin)
	local a, b = plain(kernel[3]), plain(twin[3])
	return kernel[2] == twin[2] and (a == b or a:match "^[^\n]-:%d+: (.*)$" == b)
end

-- program:test, as tests see it: in the kernel, or by the twin.
local function wrap(methods)
	local in_kernel, by_twin = methods.test, methods.twin
	function methods.test(program, ...)
		local r
		if pass == "kernel" then
			r = table.pack(in_kernel(program, ...))
		else
			r = table.pack(covered(by_twin, program, ...))
		end
		note(r[1], r[2], r[4])
		return table.unpack(r, 1, r.n)
	end
end

-- The first run that the two passes disagree on.
local function difference(test, was)
	for i = 1, math.max(#test.runs, #was.runs) do
		local a, b = was.runs[i], test.runs[i]
		if not (a and b) then return "the kernel and the twin were run a different number of times" end
		if not same(a, b) then
			return ("%s: kernel and twin differ\n  kernel: %s, %s\n  twin:   %s, %s"):format(b[1], a[2], a[3], b[2], b[3])
		end
	end
end

-- ---- tests ----

local function why(test, was)
	if was and was.err then return was.err .. "\n(in the kernel)" end
	if test.err then return test.err .. "\n(by its twin)" end
	return was and difference(test, was)
end

local function show(test)
	local was = before and before[#results]
	local err = why(test, was)
	print(("%s %d - %s"):format(err and "not ok" or "ok", #results, test.name))
	if err then print("    " .. err:gsub("\n", "\n    ")) end
	test.bad = err ~= nil
end

local function run(_, name, f)
	if type(name) ~= "string" or type(f) ~= "function" then error("bpf.test(name, function) expected", 2) end
	if current then error("a test within a test", 2) end
	current = { name = name, runs = {} }
	local ok, err = xpcall(f, message)
	current.err = not ok and err or nil
	results[#results + 1] = current
	if pass ~= "kernel" then show(current) end
	current = nil
end

-- Runs a script whose hooks attach nothing. Gives its programs in a list, and by name what they capture.
local function script(file, ...)
	local programs, own = debug.getregistry()["perigee.tested"], arg
	local first = #programs + 1
	local chunk = assert(loadfile(file, "t"))
	arg = { [0] = file, ... }
	local ok, err = xpcall(chunk, message, ...)
	arg = own
	if not ok then error(err, 0) end
	local made = table.move(programs, first, #programs, 1, {})
	for _, program in ipairs(made) do
		for name, value in upvalues(debug.getuservalue(program, FUNC)) do
			if name ~= "_ENV" then made[name] = value end
		end
	end
	return made
end

bpf.test = setmetatable({ packet = parts.packet, pcap = parts.pcap, script = script }, { __call = run })

-- ---- beginning and end ----

-- A program to get at the methods of programs; false and why, where the kernel takes none.
local ok, program = pcall(bpf.program, "xdp", function() end)
if not ok then return nil, program end
wrap(debug.getmetatable(program).__index)
table.remove(debug.getregistry()["perigee.tested"])

-- How many tests passed and failed; and the first pass, as a chunk.
return function()
	local bad = 0
	if pass == "kernel" then
		local lines = {}
		for _, test in ipairs(results) do
			lines[#lines + 1] = ("{ err = %s, runs = {"):format(test.err and ("%q"):format(test.err) or "nil")
			for _, r in ipairs(test.runs) do lines[#lines + 1] = ("{ %q, %q, %q },"):format(table.unpack(r)) end
			lines[#lines + 1] = "} },"
		end
		return 0, 0, "return {" .. table.concat(lines, "\n") .. "}"
	end
	for _, test in ipairs(results) do bad = bad + (test.bad and 1 or 0) end
	if #results > 0 then
		print("1.." .. #results)
		show_coverage()
	end
	return #results - bad, bad, nil
end

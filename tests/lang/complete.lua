-- Every opcode of Lua, every library function and every method has a case in this folder.
local program = (os.getenv "BUILD" or "build") .. "/perigee"

local function read(command)
	local file = assert(io.popen(command))
	local text = file:read("a")
	file:close()
	return text
end

local n, failures = 0, 0
local function report(good, name)
	n = n + 1
	failures = failures + (good and 0 or 1)
	print(("%s %d - %s"):format(good and "ok" or "not ok", n, name))
end

-- ---- opcodes ----

-- Not in functions that are accepted; tests/diag has them, and tests/unit builds them.
local refused = { TBC = true, TFORPREP = true, TFORCALL = true, TFORLOOP = true, POW = true, POWK = true, DIV = true,
	DIVK = true, SETLIST = true, SETTABUP = true, LOADKX = true }
local seen = {}
for file in read("ls tests/lang/*.lua"):gmatch("%S+") do
	if not file:find("harness") and not file:find("complete") and read("cat " .. file):find("lang%.done") then
		for opcode in read(("LANG_OPCODES=1 %s %s 2>&1"):format(program, file)):gmatch("opcode (%d+)") do
			seen[tonumber(opcode)] = true
		end
	end
end
local number = 0
for name in read("cat src/front/opcodes.def"):gmatch("\nLUA_OP%((%w+),") do
	if not refused[name] then report(seen[number], "opcode " .. name) end
	number = number + 1
end
report(number == 83, "there are 83 opcodes")

-- ---- library functions and methods ----

local cases = read "cat tests/lang/*.lua tests/kernel/tracepoint.lua"
local rows = 0
local function covered(name, before)
	rows = rows + 1
	report(cases:find(before .. name:gsub("%.", "%%.") .. "[%( {\"]"), name)
end
for name in read("cat src/stdlib/rows.c"):gmatch('\n\t{ "([%w.]+)", %d') do covered(name, "[^%w_.:]") end
local methods = read "cat src/stdlib/maps.c src/stdlib/events.c src/net/addr_rows.c src/net/views.c"
for _, row in ipairs { '\n\t{ "(%w+)", %d', '\n\tBYTE_ROW%("(%w+)"', '\n\t{ %.name = "(%w+)", %.[mr]' } do
	for name in methods:gmatch(row) do covered(name, ":") end
end
report(rows > 30, "rows were found")
print(("1..%d"):format(n))
os.exit(failures == 0, true)

-- Compares what the compiler says of functions with NAME.expect beside the test, letter by letter.
--
--	local diag = dofile "tests/diag/harness.lua"
--	diag.case("float division", function(pkt) return pkt.len / 2 end)
--	diag.done()
--
-- The file of expectations has a section for each case: a line "== name", then the text. With
-- UPDATE=1 in the environment it is written instead of compared; read what you commit.

local diag = {}
local path = arg[0]:gsub("%.lua$", ".expect")
local expected, order, got = {}, {}, {}

local function read()
	local file = io.open(path)
	if not file then return end
	local name
	for line in file:lines() do
		local new = line:match("^== (.*)$")
		if new then
			name = new
			order[#order + 1] = name
			expected[name] = ""
		elseif name then
			expected[name] = expected[name] .. line .. "\n"
		end
	end
	file:close()
end

-- What the compiler says of f under the options: its errors, or its warnings, or "accepted".
local function said(f, options)
	local good, unit, text = pcall(bpf.compile, "xdp", options or {}, f)
	if not good then return tostring(unit) end
	if not unit then return text end
	local warnings = unit:warnings()
	return warnings ~= "" and warnings or "accepted"
end

function diag.case(name, f, options)
	assert(not got[name], "two cases are called " .. name)
	got[#got + 1] = name
	got[name] = said(f, options):gsub("\n*$", "\n")
end

-- The same for a function made of source text, as it comes from an untidy place.
function diag.text(name, source, options)
	diag.case(name, assert(load(source, "=" .. name)), options)
end

local function write()
	local file = assert(io.open(path, "w"))
	for _, name in ipairs(got) do file:write("== ", name, "\n", got[name]) end
	file:close()
end

local function quoted(text)
	return "#   " .. text:gsub("\n$", ""):gsub("\n", "\n#   ")
end

function diag.done()
	if os.getenv "UPDATE" then
		write()
		os.exit(true, true)
	end
	read()
	local failures = 0
	local function report(i, name, good, ...)
		print(("%s %d - %s"):format(good and "ok" or "not ok", i, name))
		if good then return end
		failures = failures + 1
		for _, line in ipairs { ... } do print(line) end
	end
	for i, name in ipairs(got) do
		report(i, name, got[name] == expected[name], "# expected", quoted(expected[name] or "nothing"),
			"# got", quoted(got[name]))
	end
	local n = #got
	for _, name in ipairs(order) do
		if not got[name] then
			n = n + 1
			report(n, name, false, "# expected, but there is no such case")
		end
	end
	print(("1..%d"):format(n))
	os.exit(failures == 0, true)
end

return diag

-- Compares what the compiler says of functions with NAME.expect beside the test, letter by letter.
--
--	local diag = dofile "tests/diag/harness.lua"
--	diag.case("float division", function(pkt) return pkt.len / 2 end)
--	diag.done()
--
-- The file of expectations has a section for each case: a line "== name", then the text. With
-- UPDATE=1 in the environment it is written instead of compared; read what you commit.
--
-- Carets under the source lines are left out, but with diag.carets = true (carets.lua).
--
-- Warnings go to stderr, so the file runs twice: `done` runs it again with DIAG_INSIDE set, where
-- cases compile, and reads everything that comes out.

local diag = { kind = "xdp" } -- of program, for the cases that follow
local script = arg[0]
local path = script:gsub("%.lua$", ".expect")
local inside = os.getenv "DIAG_INSIDE"
if inside then io.stdout:setvbuf "no" end   -- warnings go to stderr

-- The text's sections by name, and the names in order.
local function sections(text)
	local by_name, order, name = {}, {}, nil
	for line in text:gmatch("([^\n]*)\n") do
		local new = line:match("^== (.*)$")
		if new then
			name = new
			order[#order + 1] = name
			by_name[name] = ""
		elseif name then
			by_name[name] = by_name[name] .. line .. "\n"
		end
	end
	return by_name, order
end

local function read(file)
	if not file then return "" end
	local text = file:read("a")
	file:close()
	return text
end

function diag.case(name, f, options)
	if not inside then return end
	print("== " .. name)
	local unit, text = bpf.compile(diag.kind, options or {}, f)
	print(unit and "accepted" or text)
end

-- What the user half itself raises.
function diag.raised(name, f, ...)
	if not inside then return end
	print("== " .. name)
	local good, text = pcall(f, ...)
	print(good and "accepted" or text)
end

-- The same for a function made of source text, as it comes from an untidy place.
function diag.text(name, source, options)
	local f = assert(load(source, "=" .. name))()
	diag.case(name, f, options)
end

local function quoted(text)
	return "#   " .. text:gsub("\n$", ""):gsub("\n", "\n#   ")
end

local function compare(wanted, wanted_order, got, got_order)
	local n, failures, seen = 0, 0, {}
	local function report(name)
		if seen[name] then return end
		seen[name] = true
		n = n + 1
		local good = got[name] == wanted[name]
		print(("%s %d - %s"):format(good and "ok" or "not ok", n, name))
		if good then return end
		failures = failures + 1
		print("# expected\n" .. quoted(wanted[name] or "no such case"))
		print("# got\n" .. quoted(got[name] or "no such case"))
	end
	for _, name in ipairs(wanted_order) do report(name) end
	for _, name in ipairs(got_order) do report(name) end
	print(("1..%d"):format(n))
	return failures == 0
end

function diag.done()
	if inside then os.exit(true, true) end
	local program = (os.getenv "BUILD" or "build") .. "/perigee"
	local text = read(io.popen(("DIAG_INSIDE=1 %s %s 2>&1"):format(program, script)))
	if not diag.carets then text = text:gsub("\n      | [ \t]*^%f[\n]", "") end
	if os.getenv "UPDATE" then
		local file = assert(io.open(path, "w"))
		file:write(text)
		file:close()
		os.exit(true, true)
	end
	local wanted, wanted_order = sections(read(io.open(path)))
	local got, got_order = sections(text)
	os.exit(compare(wanted, wanted_order, got, got_order), true)
end

return diag

-- The examples of README.md, docs/tutorial.md and docs/language.md: a block "lua" runs, "lua more" behind those before it,
-- and a block "lua refused" says what the "text" behind it says (of which each line is somewhere in what is said).
-- No other block is a script.
local program = (os.getenv "BUILD" or "build") .. "/perigee"

local n, failures = 0, 0
local function report(good, name, why)
	n = n + 1
	failures = failures + (good and 0 or 1)
	print(("%s %d - %s"):format(good and "ok" or "not ok", n, name))
	if not good then print("# " .. why:gsub("\n", "\n# ")) end
end

-- What `perigee check` says of the text, and whether it was content.
local function check(source)
	local name = os.tmpname()
	local script = assert(io.open(name, "w"))
	script:write(source)
	script:close()
	local out = io.popen(("%s check %s lo 192.0.2.1 2>&1"):format(program, name))
	local text = out:read("a")
	local good = out:close()
	os.remove(name)
	return text, good
end

-- What the block "text" behind the one at `at` expects is in what was said, each line of it.
local function is_refused(page, at, text)
	local behind = page:match("^```text\n(.-)```", page:find("```\n", at + 3, true) + 4) or "(nothing is expected)"
	for expected in behind:gmatch("[^\n]+") do
		if not text:find(expected, 1, true) then return false, "expected\n" .. behind .. "got\n" .. text end
	end
	return true
end

local function run_page(path)
	local file = assert(io.open(path))
	local page = file:read("a")
	file:close()
	local before, examples = "", 0
	for at, how, source in page:gmatch("()```lua ?(%a*)\n(.-)```\n") do
		local line = select(2, page:sub(1, at):gsub("\n", "")) + 1
		local name = ("%s:%d"):format(path, line)
		local text, good = check(how == "more" and before .. source or source)
		examples = examples + 1
		if how == "refused" then
			local said, why = is_refused(page, at, text)
			report(not good and said, name .. " is refused", why or text)
		else
			report(good, name, text)
			before = before .. "do end\n" .. source
		end
	end
	local rest = page:gsub("```.-```\n", "")
	local other = rest:match("\n    [^\n]*bpf%.%a+[%( ][^\n]*function%(")
	report(not other, path .. ": every example is run", "this one is not: " .. tostring(other))
	report(examples > 0, path .. ": there were examples", "none")
end

for _, path in ipairs { "README.md", "docs/tutorial.md", "docs/language.md" } do run_page(path) end
print(("1..%d"):format(n))
os.exit(failures == 0, true)

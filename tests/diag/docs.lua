-- The examples of docs/language.md: a block "lua" runs, a block "lua refused" says what the "text"
-- behind it says (of which each line is somewhere in what is said).
local program = (os.getenv "BUILD" or "build") .. "/perigee"
local file = assert(io.open "docs/language.md")
local page = file:read("a")
file:close()

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
	local out = io.popen(("%s check %s 2>&1"):format(program, name))
	local text = out:read("a")
	local good = out:close()
	os.remove(name)
	return text, good
end

for at, how, source in page:gmatch("()```lua ?(%a*)\n(.-)```\n") do
	local line = select(2, page:sub(1, at):gsub("\n", "")) + 1
	local name = ("docs/language.md:%d"):format(line)
	local text, good = check(source)
	if how == "refused" then
		local behind = page:match("^```text\n(.-)```", page:find("```\n", at + 3, true) + 4) or "(nothing is expected)"
		local missing
		for expected in behind:gmatch("[^\n]+") do
			if not text:find(expected, 1, true) then missing = expected end
		end
		report(not good and not missing, name .. " is refused", "expected\n" .. behind .. "got\n" .. text)
	else
		report(good, name, text)
	end
end
report(n > 8, "there were examples", "only " .. n)
print(("1..%d"):format(n))
os.exit(failures == 0, true)

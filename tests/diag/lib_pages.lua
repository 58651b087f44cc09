-- The examples of README.md, docs/tutorial.md and docs/language.md: a block "lua" stands for itself, "lua more" behind
-- those before it; a block "lua refused" is one that says what the "text" behind it says. No other block is a script.
local M = {}

M.pages = { "README.md", "docs/tutorial.md", "docs/language.md" }

function M.read(path)
	local file <close> = assert(io.open(path))
	return file:read "a"
end

-- The examples of a page, one after another: its name ("page:line"), the script, how ("", "more", "refused"), and where
-- the block begins.
function M.examples(path)
	local page, before, list = M.read(path), "", {}
	for at, how, source in page:gmatch("()```lua ?(%a*)\n(.-)```\n") do
		local line = select(2, page:sub(1, at):gsub("\n", "")) + 1
		list[#list + 1] = { name = ("%s:%d"):format(path, line), source = how == "more" and before .. source or source,
			how = how, at = at }
		if how ~= "refused" then before = before .. "do end\n" .. source end
	end
	return list, page
end

-- Runs f(name) with the text in a file of that name, and gives what f gives.
function M.with_file(text, f)
	local name = os.tmpname()
	local script = assert(io.open(name, "w"))
	script:write(text)
	script:close()
	local r = table.pack(f(name))
	os.remove(name)
	return table.unpack(r, 1, r.n)
end

-- What a command prints, and whether it ended well.
function M.output(command)
	local out = io.popen(command .. " 2>&1")
	local text = out:read "a"
	return text, out:close()
end

-- Cases in TAP.
local n, failures = 0, 0
function M.report(good, name, why)
	n = n + 1
	failures = failures + (good and 0 or 1)
	print(("%s %d - %s"):format(good and "ok" or "not ok", n, name))
	if not good then print("# " .. tostring(why):gsub("\n", "\n# ")) end
end

function M.done()
	print(("1..%d"):format(n))
	os.exit(failures == 0, true)
end

return M

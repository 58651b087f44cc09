-- The examples of README.md, docs/tutorial.md and docs/language.md, by `perigee check`: what is refused says what the
-- "text" behind it says (of which each line is somewhere in what is said). What is not refused is run: executed.lua.
local pages = dofile "tests/diag/lib_pages.lua"
local program = (os.getenv "BUILD" or "build") .. "/perigee"
local report = pages.report

-- What `perigee check` says of the text, and whether it was content.
local function check(source)
	return pages.with_file(source, function(name)
		return pages.output(("%s check %s lo 192.0.2.1"):format(program, name))
	end)
end

-- What the block "text" behind the one at `at` expects is in what was said, each line of it.
local function is_refused(page, at, text)
	local behind = page:match("^```text\n(.-)```", page:find("```\n", at + 3, true) + 4) or "(nothing is expected)"
	for expected in behind:gmatch("[^\n]+") do
		if not text:find(expected, 1, true) then return false, "expected\n" .. behind .. "got\n" .. text end
	end
	return true
end

for _, path in ipairs(pages.pages) do
	local examples, page = pages.examples(path)
	for _, example in ipairs(examples) do
		local text, good = check(example.source)
		if example.how == "refused" then
			local said, why = is_refused(page, example.at, text)
			report(not good and said, example.name .. " is refused", why or text)
		else
			report(good, example.name, text)
		end
	end
	local rest = page:gsub("```.-```\n", "")
	local other = rest:match("\n    [^\n]*bpf%.%a+[%( ][^\n]*function%(")
	report(not other, path .. ": every example is in a block", "this one is not: " .. tostring(other))
	report(#examples > 0, path .. ": there were examples", "none")
end
pages.done()

-- docs/language.md is the law: each statement of it that holds an example has a case. A statement is a sentence (or what
-- comes before a colon or semicolon) with something in backticks, a row of a table with such, or an indented line; which
-- test and case it has is in lib_law.lua. Fails for a statement that is not listed there, for one that is listed and not
-- in the page any more, and for a case that no test has. Blocks of Lua are cases themselves: docs.lua, executed.lua.
local pages = dofile "tests/diag/lib_pages.lua"
local law = dofile "tests/diag/lib_law.lua"
local PAGE = "docs/language.md"

-- ---- the statements of the page ----

local statements = {}              -- { heading, text }
local heading, paragraph = "", {}

local function state(text) statements[#statements + 1] = { heading, text } end

local function end_paragraph()
	local text = table.concat(paragraph, " ")
	paragraph = {}
	for sentence in text:gsub("([.:;]) ([%u`])", "%1\n%2"):gmatch "[^\n]+" do
		if sentence:find("`", 1, true) then state(sentence) end
	end
end

local function walk(page)
	for line in page:gsub("```.-\n```\n", "\n"):gmatch "([^\n]*)\n" do
		local title = line:match "^#+ (.*)"
		if title or line == "" or line:find "^|" or line:find "^    " then end_paragraph() end
		if title then
			heading = title
		elseif line:find "^    " or line:find "^|.*`" then
			state(line)
		elseif line ~= "" and not line:find "^|" then
			paragraph[#paragraph + 1] = line
		end
	end
	end_paragraph()
end

-- ---- cases ----

local texts = {}                   -- of test files, by name (two may have it): false where there is none

local function test_file(name)
	if texts[name] == nil then
		texts[name] = false
		for _, form in ipairs { "tests/%s.lua", "tests/%s.sh" } do
			local file = io.open(form:format(name))
			if file then
				texts[name] = (texts[name] or "") .. file:read "a"
				file:close()
			end
		end
	end
	return texts[name]
end

-- "suite/name: case", of which the case may begin so only (others are made in a loop), or "suite/name", which has but one.
local function wrong(place)
	local name, case = place:match "^([^:]+): (.*)$"
	local text = test_file(name or place)
	if not text then return "there is no test " .. (name or place) end
	if case and not text:find('"' .. case, 1, true) then return name .. " has no case '" .. case .. "'" end
end

-- ---- both together ----

walk(pages.read(PAGE))
local listed = {}                  -- by statement

local function check(title, row)
	local found = 0
	for _, s in ipairs(statements) do
		if s[1] == title and s[2]:find(row[1], 1, true) then
			found = found + 1
			listed[s] = true
		end
	end
	local problems = {}
	if found ~= 1 then problems[1] = ("%d statements of '%s' have this text"):format(found, title) end
	if #row < 2 then problems[#problems + 1] = "no case is named" end
	for i = 2, #row do problems[#problems + 1] = wrong(row[i]) end
	pages.report(#problems == 0, row[1], table.concat(problems, "\n"))
end

for title, rows in pairs(law) do
	for _, row in ipairs(rows) do check(title, row) end
end
for _, s in ipairs(statements) do
	if not listed[s] then pages.report(false, PAGE .. ", " .. s[1] .. ": no case is named for this", s[2]) end
end
pages.report(#statements > 150, "there were statements", #statements)
pages.done()

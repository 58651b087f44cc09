-- Nearly every message on a source line has a caret under what it is about. Those that have none, and why. Left out are
-- those of FILE, which carets.lua changes behind the compiler's back.
local without = {
	["a float that differs by the way taken is not there yet"] = "where two ways meet: no word of the line is it",
	["a number never equals a string"] = "the operator is on the line before, and Lua's line is that of the right side",
}
local LEAST = 99 -- of a hundred

local program = (os.getenv "BUILD" or "build") .. "/perigee"
local n, pointed, met, wrong = 0, 0, {}, {}

local function why(text)
	for part, reason in pairs(without) do
		if text:find(part, 1, true) then
			met[part] = true
			return reason
		end
	end
end

local function look(lines)
	for i, line in ipairs(lines) do
		local text = line:match "^[^\n]-:%d+: %a+: (.*)"
		if text and not line:find "^FILE:" and (lines[i + 1] or ""):find "^ *%d+ | " then
			n = n + 1
			if (lines[i + 2] or ""):find "^      | [ \t]*%^$" then
				pointed = pointed + 1
			elseif not why(text) then
				wrong[#wrong + 1] = line
			end
		end
	end
end

for script in io.popen("ls tests/diag/*.expect"):lines() do
	local lines = {}
	local output = assert(io.popen(("DIAG_INSIDE=1 %s %s 2>&1"):format(program, (script:gsub("%.expect$", ".lua")))))
	for line in output:lines() do lines[#lines + 1] = line end
	output:close()
	look(lines)
end
for part in pairs(without) do
	if not met[part] then wrong[#wrong + 1] = "no message is without a caret: " .. part end
end

print "1..2"
print((#wrong == 0 and "ok" or "not ok") .. " 1 - each message without a caret is known")
for _, line in ipairs(wrong) do print("# " .. line) end
print(("%s 2 - at least %d of 100 have one"):format(pointed * 100 >= LEAST * n and "ok" or "not ok", LEAST))
print(("# %d of %d"):format(pointed, n))

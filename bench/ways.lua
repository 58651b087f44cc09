-- What an estimate that holds would refuse: `build/perigee dump FILE | lua5.4 bench/ways.lua`.
--
-- The verifier looks at each instruction once for each way to it, but for the ways that it finds to be like one before.
-- Which those are nobody knows beforehand; an estimate that is never too small counts all of them. This counts them, loops
-- gone through once, and says how many of the programs have more than the million that the verifier looks at.
local LIMIT = 1000000

-- By the number of an instruction, how many places further it may lead, and whether it goes on to the next one.
local function leads(text)
	if text:find "^exit" then return nil, false end
	return tonumber(text:match "goto pc([+-]%d+)" or text:match "may_goto.*([+-]%d+)"), not text:find "^goto"
end

local function looked_at(program)
	local ways, all = { [program[1].at] = 1.0 }, 0
	for n, ins in ipairs(program) do
		local here, far, on = ways[ins.at] or 0, leads(ins.text)
		all = all + here
		local to = far and far >= 0 and ins.at + 1 + far
		if to then ways[to] = (ways[to] or 0) + here end
		local next_one = program[n + 1]
		if on and next_one then ways[next_one.at] = (ways[next_one.at] or 0) + here end
	end
	return all
end

local programs, program = {}, nil
for line in io.lines() do
	if line:find "^; program" then
		program = {}
		programs[#programs + 1] = program
	end
	local at, text = line:match "^%s*(%d+): (.*)"
	if at and program then program[#program + 1] = { at = tonumber(at), text = text } end
end
local count, beyond, most = 0, 0, 0
for _, each in ipairs(programs) do
	if each[1] then
		local n = looked_at(each)
		count, beyond, most = count + 1, beyond + (n > LIMIT and 1 or 0), math.max(most, n)
	end
end
print(("%d programs, %d beyond the limit, the greatest at %.3g"):format(count, beyond, most))

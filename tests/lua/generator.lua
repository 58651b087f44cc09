-- What generated programs (tests/fuzz/gen.lua) must have in some of 5,000: constants at the ends of what an operator takes,
-- for which the compiler has ways of its own. A form that goes missing would be seen nowhere else.
local gen = dofile "tests/fuzz/gen.lua"

local wanted = {} -- patterns, by what they look for
for _, op in ipairs { "+", "-", "*", "//", "%", "&", "|", "~", "<<", ">>" } do
	local escaped = op:gsub("%p", "%%%0")
	wanted["math.mininteger " .. op] = "%(math%.mininteger " .. escaped .. "%s"
	wanted[op .. " math.mininteger"] = " " .. escaped .. "%s+math%.mininteger%)"
end
for _, op in ipairs { "//", "%" } do
	local escaped = op:gsub("%p", "%%%0")
	wanted[op .. " 0"] = " " .. escaped .. "%s+0%)"
	wanted["math.mininteger " .. op .. " -1"] = "%(math%.mininteger " .. escaped .. "%s+%-1%)"
end
for _, op in ipairs { "<<", ">>" } do
	for _, amount in ipairs { "63", "64", "65", "127", "128", "-63", "-64", "-65", "math.maxinteger" } do
		wanted[op .. " " .. amount] = " " .. op .. "%s+" .. amount:gsub("%p", "%%%0") .. "%)"
	end
end
wanted["-math.mininteger"] = "%(%- math%.mininteger%)"
wanted["math.abs(math.mininteger)"] = "math%.abs%(math%.mininteger%)"

local met = {}
for seed = 1, 5000 do
	local text = gen.text(gen.program(seed, {})):gsub("%(math%.mininteger %+ 1%)", "N") -- a constant that is everywhere
	for what, pattern in pairs(wanted) do
		if text:find(pattern) then met[what] = (met[what] or 0) + 1 end
	end
end

local missing = {}
for what in pairs(wanted) do
	if os.getenv "SHOW" then print(met[what], what) end
	if (met[what] or 0) < 10 then missing[#missing + 1] = ("%s: %d"):format(what, met[what] or 0) end
end
table.sort(missing)
assert(#missing == 0, "too few of 5,000 programs have " .. table.concat(missing, ", "))

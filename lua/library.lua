-- library.lua - functions of Lua's library that kernel code has as functions in Lua: what they do, in the same order, and
-- their errors, which name the line of the call. `refuse` is what kernel code has not: it is called where an argument may be
-- of a kind whose error hangs on the name by which the function is called.
local refuse = ...
local type, integer, error, tointeger = type, math.type, error, math.tointeger

local function concat(t, sep, i, j)
	if sep == nil then sep = "" end
	if i == nil then i = 1 end
	if type(t) ~= "table" then refuse() end
	if type(sep) ~= "string" and type(sep) ~= "number" then refuse() end
	if type(i) == "string" then i = tointeger(i) end
	if integer(i) ~= "integer" then refuse() end
	if j == nil then j = #t end
	if type(j) == "string" then j = tointeger(j) end
	if integer(j) ~= "integer" then refuse() end
	local s = ""
	for k = i, j do
		local v = t[k]
		if type(v) ~= "string" and type(v) ~= "number" then
			error("invalid value (" .. type(v) .. ") at index " .. k .. " in table for 'concat'", 2)
		end
		s = s .. v
		if k ~= j then s = s .. sep end
	end
	return s
end

return { ["table.concat"] = concat }

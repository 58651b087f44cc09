-- Records: named fields, kept in the function.

-- local r = { x = 1, y = nil }
local function record(scope)
	local a, b = int(scope, 2), any(scope, 2)
	return S("local ", declare(scope, "rec", "r").name, " = { x = ", a, ", y = ", b, " }")
end

local function visible_record(scope) return visible(scope, function(v) return v.sort == "rec" end) end

local function field(sort, name)
	return function(scope)
		local r = visible_record(scope)
		return r and E(sort, r.name, name)
	end
end

local function set_field(scope)
	local r = visible_record(scope)
	if not r then return record(scope) end
	if chance(50) then return S(r.name, ".y = ", any(scope, 2)) end
	return S(r.name, ".x = ", int(scope, 2))
end

-- { x = a, y = b }.x, which nothing keeps
local function passing(scope, d)
	return E("int", "({ x = ", int(scope, d - 1), ", y = ", any(scope, d - 1), " }).x")
end

return {
	often = 60,
	int = { field("int", ".x"), passing },
	any = { field("any", ".y"), field("any", ".x"), field("any", ".none") },
	flat = { record, set_field },
}

-- Comparison, truth, and/or/not, on integers and on every pair of kinds.
local lang = dofile "tests/lang/harness.lua"

local comparisons = {
	{ "eq", function(a, b) return a == b end },
	{ "ne", function(a, b) return a ~= b end },
	{ "lt", function(a, b) return a < b end },
	{ "le", function(a, b) return a <= b end },
	{ "gt", function(a, b) return a > b end },
	{ "ge", function(a, b) return a >= b end },
	{ "and", function(a, b) return a and b end },
	{ "or", function(a, b) return a or b end },
	{ "not", function(a, b) return not a, not b, not (a and b) end },
	{ "if", function(a, b) if a then return 1 elseif b then return 2 else return 3 end end },
	{ "select", function(a, b) return a and b or 7, (a or b) and 5 end },
	{ "nil and booleans", function(a, b) return a == nil, b == false, a == true end },
}

for _, c in ipairs(comparisons) do
	lang.case { name = c[1], f = c[2], inputs = lang.pairs() }
	lang.case { name = c[1] .. " of any kind", f = c[2], inputs = lang.pairs(lang.kinds) }
end

for _, k in ipairs { -129, -1, 0, 1, 127, 128, 65536, 0x80000000, math.maxinteger, math.mininteger } do
	lang.case { name = "with constant " .. k, inputs = lang.each(),
		f = function(a) return a == k, a < k, a >= k end }
	lang.case { name = "branch on constant " .. k, inputs = lang.each(),
		f = function(a)
			if a > k then return 1 end
			if k > a then return 2 end
			return 3
		end }
end

lang.case { name = "immediate compares", inputs = lang.each(), f = function(a)
	local r = 0
	if a == 5 then r = r + 1 end
	if a ~= 5 then r = r + 2 end
	if a < 5 then r = r + 4 end
	if a <= 5 then r = r + 8 end
	if a > 5 then r = r + 16 end
	if a >= 5 then r = r + 32 end
	return r
end }

do -- nil on the left of ==, from a variable: what is not nil may be anything else
	local f = function(a)
		local none
		if none == a then return 0 end
		return type(a) == "boolean", a + 1
	end
	lang.case { name = "nil == a", inputs = lang.each(lang.kinds), f = f }
end

lang.case { name = "with float literals", inputs = lang.each(), f = function(a)
	return a < 2.5, a >= -0.5, a == 1e6
end }

lang.done()

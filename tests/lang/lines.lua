-- The line that a division by zero is raised in, where the operator and its operands are in several.
local lang = dofile "tests/lang/harness.lua"

local numbers = lang.pairs { 0, 1, -1, 7, math.mininteger }
local function case(name, f, inputs) lang.case { name = name, f = f, inputs = inputs or numbers } end

case("floor division", function(a, b)
	local x = a
	return (x
		//
		b)
		+
		a
end)
case("rest", function(a, b)
	local x = a ~ 5
	return x
		%
		b
end)
case("the second of two", function(a, b)
	local x =
		a //
		(b | 1)
	return x
		//
		b
end)
case("by constants", function(a)
	local x = a
	if a == 7 then
		return x
			%
			0
	end
	return x
		//
		0
end, lang.each { 0, 1, 7, math.mininteger })
case("of any kind", function(a, b)
	local x = a
	return a
		//
		b, x
		%
		b
end, lang.pairs(lang.kinds))
case("in a loop", function(a, b)
	local s = 0
	for i = 3, 0, -1 do
		s = s
			+ a
			// (i
			~ b)
	end
	return s
end)
case("in a function that is called", function(a, b)
	local function rest(x, y)
		local z = x
		return z
			%
			y
	end
	local s = rest(a, 3)
	return s
		+ rest(b, a)
end)

-- The line is part of the message, which a function may look at.
local seen = assert(load([[
return function(a, b)
	local ok, why = pcall(function()
		local x = a
		return x
			//
			b
	end)
	if ok then return why end
	return why == "lines:5: attempt to divide by zero", why == "lines:4: attempt to divide by zero"
end]], "=lines"))()
case("seen by pcall", seen)

lang.done()

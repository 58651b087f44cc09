-- Numbers at their edges: the rules of numeric for, float constants beside integers, tonumber and its like.
local lang = dofile "tests/lang/harness.lua"
local case, each, pairs2 = lang.case, lang.each, lang.pairs
local near = { 0, 1, -1, 2, 3, -3, 5, math.maxinteger, math.maxinteger - 1, math.mininteger, math.mininteger + 1 }
local kinds = { "nil", false, true, 0, 1, 2, -2, math.maxinteger, math.mininteger }

-- for
local function turns(from, to, by)
	local n, last = 0, nil
	for i = from, to, by do
		n = n + 1
		last = i
		if n == 6 then break end
	end
	return n, last
end
case { name = "from anywhere to anywhere", f = function(a, b) return turns(a, b, 1) end, inputs = pairs2(near) }
case { name = "downwards", f = function(a, b) return turns(a, b, -1) end, inputs = pairs2(near) }
case { name = "in great steps", f = function(a, b)
	local n, m = turns(a, b, math.maxinteger), turns(a, b, math.mininteger)
	return n, m, turns(a, b, 3)
end, inputs = pairs2(near) }
case { name = "by any step", f = function(a, b) return turns(a, 3, b) end, inputs = pairs2(near) }
case { name = "by any step, from one end", f = function(a, b) return turns(math.maxinteger, a, b) end,
	inputs = pairs2(near) }
case { name = "bounds of other kinds", f = function(a, b) return turns(a, b, 1) end, inputs = pairs2(kinds) }
case { name = "steps of other kinds", f = function(a, b) return turns(1, a, b) end, inputs = pairs2(kinds) }
case { name = "a first value of another kind and a step", f = function(a, b) return turns(a, 2, b) end,
	inputs = pairs2(kinds) }
case { name = "a limit that is no integer", f = function(a)
	local n, last = turns(a, 2.5, 1)
	return n, last, turns(a, -2.5, 1)
end, inputs = each(kinds) }
case { name = "downwards to a limit that is no integer", f = function(a)
	local n, last = turns(a, 0.5, -1)
	return n, last, turns(a, -2.5, -2)
end, inputs = each(kinds) }
case { name = "a float that is an integer", f = function(a)
	local n, last = turns(a, 1e1, 3)
	return n, last, turns(a, -0.0, -3)
end, inputs = each(kinds) }
case { name = "to infinity", f = function(a)
	local n, last = turns(a, math.huge, 1)
	return n, last, turns(a, -math.huge, 1)
end, inputs = each(near) }
case { name = "downwards to infinity", f = function(a)
	local n, last = turns(a, -math.huge, -1)
	return n, last, turns(a, math.huge, -1)
end, inputs = each(kinds) }
local nan, most = 0 / 0, 2.0^63
case { name = "to no number, and to just beyond", f = function(a)
	return turns(a, nan, 1), (turns(a, most, 1)), turns(a, -most, -1)
end, inputs = each(kinds) }
case { name = "constant bounds", f = function(a)
	local n = a
	for i = 1, 3.5 do n = n + i end
	for i = 3, 1.5, -1 do n = n * 2 + i end
	for _ = 1, -math.huge do n = 0 end
	for i = 1, 0.5 do n = i end
	return n
end, inputs = each(near) }

-- beside floats
case { name = "compared with floats", f = function(a)
	return a < 2.5, a == 1e0, a <= math.huge
end, inputs = each(near) }
case { name = "floats first", f = function(a)
	return -2.5 < a, 3.0 == a, 2.0^63 <= a
end, inputs = each(near) }
case { name = "other kinds beside floats", f = function(a)
	return a == 1.0, a ~= 0.0, a == 0.5
end, inputs = each(kinds) }
case { name = "no order of other kinds", f = function(a) return a < 1.5 end, inputs = each(kinds) }

-- conversions
case { name = "tonumber", f = function(a) return tonumber(a), tonumber(nil), tonumber(true) end, inputs = each(kinds) }
case { name = "tonumber, counted on", f = function(a, b) return (tonumber(a) or 5) + (tonumber(b) or 7) end,
	inputs = pairs2(kinds) }
case { name = "tonumber of an address", f = function(a) return tonumber(a) end, inputs = each {
	bpf.ip "10.0.0.1", bpf.ip "::1", bpf.mac "02:00:00:00:00:01", 7 } }
for i, text in ipairs { "10", " 10\n", "0x10", "-0x10", "+5", "- 5", "", " ", "0x", "1_0", "zz", "10a", "0", "-0", "00012",
	"9223372036854775807", "-9223372036854775808", "0xffffffffffffffff", "0xfffffffffffffffff", "\0", "1\0", "nan", "inf" } do
	case { name = "tonumber of text " .. i, f = function(a)
		return tonumber(text), tonumber(text, 16), tonumber(text, 36) == a
	end, inputs = each { 0, 16, 36 } }
end
case { name = "tonumber of what is a float", f = function(a)
	return a < tonumber "2.5", a == tonumber "1e0", a < tonumber "9223372036854775808"
end, inputs = each(near) }
local long, least = ("9"):rep(299) .. ".5", ("0"):rep(400) .. "2.5"
case { name = "tonumber of a float of many digits", f = function(a)
	return tonumber(long) == nil, a < tonumber(long), tonumber(least) == 2.5
end, inputs = each(near) }
case { name = "tointeger", f = function(a)
	return math.tointeger(a), math.tointeger(3.0), math.tointeger(3.5)
end, inputs = each(kinds) }
case { name = "floor and ceil", f = function(a)
	local b = a
	return math.floor(a) + math.ceil(b), math.floor(-2.5), math.ceil(-2.5)
end, inputs = each(kinds) }
case { name = "floor of huge floats", f = function(a)
	return a < math.floor(2.0^70), a > math.ceil(-2.0^70), math.floor(1e15)
end, inputs = each(near) }
case { name = "names of functions in messages", f = function(a, b)
	local remainder, f = math.fmod, math.floor
	if b == 0 then return remainder(a, b) end
	if b == 1 then return f(a) end
	return math.ceil(a)
end, inputs = pairs2 { "nil", 0, 1, 2 } }
do
	local message = select(2, pcall(math.fmod, 1, 0))
	case { name = "names of functions that pcall calls", f = function(a, b)
		local ok, e = pcall(math.fmod, a, b)
		return ok, e == message
	end, inputs = pairs2 { "nil", 0, 1 } }
end
lang.done()

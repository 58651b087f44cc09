-- xpcall: what the handler makes of an error, while what was done before stays done.
local lang = dofile "tests/lang/harness.lua"
local case, pairs2 = lang.case, lang.pairs
local st = bpf.state { xp_n = "u64" }

local function add(a, b) return a + b end
local function seven() return 7, 8 end
local function same(e) return e end
local function kind(e) return type(e) == "string" end

case { name = "results, and what the handler gives", f = function(a, b)
	local ok, v = xpcall(add, seven, a, b)
	local yes, none, more = xpcall(add, function() end, a, b)
	return ok, v, yes == ok and more
end, inputs = pairs2(lang.kinds) }
case { name = "any error", f = function(a, b)
	local ok, v = xpcall(function(x) if x == b then error(x) end return x end, same, a)
	return ok, v
end, inputs = pairs2(lang.kinds) }
case { name = "messages", f = function(a, b)
	local ok, text = xpcall(add, kind, a, b)
	local no, e = xpcall(function() if a == 1 then error("one", 0) end error "two" end, function(e) return e == "one" end)
	return ok, text == true, no or e
end, inputs = pairs2(lang.kinds) }
case { name = "one result of the handler, all of the function", f = function(a, b)
	local ok, x, y, z = xpcall(function() if not a then error() end return a, b, 3 end, seven)
	local no, u, v = xpcall(error, seven, a)
	return ok, x == z, y == nil and u == 7 and v
end, inputs = pairs2 { 0, 1, false, true, "nil" } }
case { name = "within pcall, and in each other", f = function(a, b)
	local ok, v, w = pcall(function()
		local yes, x = xpcall(add, function() return 3 end, a, 1)
		local no, y = xpcall(function() return xpcall(function() return x // b end, same) end, same)
		return x + b, no, yes
	end)
	return ok, ok and v, w
end, inputs = pairs2(lang.kinds) }
case { name = "in a loop, with a variable of the caller", see = { { st, "xp_n" } }, f = function(a, b)
	local n, last = 0, nil
	for i = 1, 5 do
		local ok, v = xpcall(function() n = n + 1 if i == a then error(i) end st.xp_n = i return b % i end,
			function() last = i return i end)
		if not ok then n = n + v * 100 end
	end
	return n, last
end, inputs = pairs2 { 0, 1, 3, 5, 9, "nil" } }
lang.done()

-- Functions that differ from turn to turn of a loop: what is refused, and what the help says to write instead.
local diag = dofile "tests/diag/harness.lua"
diag.kind = "socket"

diag.case("functions that assign the variable by which they are called", function(p)
	local n, state, idle, busy = 0
	function idle(c) if c == 1 then state = busy end n = n + 1 end
	function busy(c) if c == 0 then state = idle end n = n + 2 end
	state = idle
	for i = 1, p.len do state(p:u8(i)) end
	return n
end)
diag.case("functions of a table made here that give the next key", function(p)
	local n, state = 0, "idle"
	local states = {
		idle = function(c) n = n + 1 return c == 1 and "busy" or "idle" end,
		busy = function(c) n = n + 2 return c == 0 and "idle" or "busy" end,
	}
	for i = 1, p.len do state = states[state](p:u8(i)) end
	return n
end)

local states = {}
function states.idle(n, c) return n + 1, c == 1 and "busy" or "idle" end
function states.busy(n, c) return n + 2, c == 0 and "idle" or "busy" end
diag.case("functions of a captured table that give the next key", function(p)
	local n, state = 0, "idle"
	for i = 1, p.len do n, state = states[state](n, p:u8(i)) end
	return n
end)

diag.case("a function made in a loop, called behind it", function(p)
	local get
	for i = 1, p.len do
		local n = p:u8(i)
		get = function() n = n + 1 return n end
	end
	return get()
end)
diag.case("the function that a turn made, called in others", function(p)
	local get
	local function make(n) return function() n = n + 1 return n end end
	for i = 1, p.len do
		get = get or make(i)
		if get() > 5 then return i end
	end
end)
diag.case("a function made once, whose variable the loop assigns", function(p)
	local n
	local function get() n = n + 1 return n end
	for i = 1, p.len do n = p:u8(i) end
	return n and get()
end)
diag.case("one of two functions, by turns", function(p)
	local n, f, g = 0
	local function one() n = n + 1 end
	local function two() n = n + 2 end
	f, g = one, two
	for i = 1, p.len do f() f, g = g, f end
	return n
end)

local other = load(("\n"):rep(debug.getinfo(1, "l").currentline) .. "return function(p) return p.none end", "@other.lua")()
diag.case("the same mistake on the same line of two files", function(p) return p.none or other(p) end)
diag.done()

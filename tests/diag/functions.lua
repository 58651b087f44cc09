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

-- a function that is known too late, when the table that it gets is a copy already: the call is to be blamed
diag.case("a function of the table's or another one", function(p)
	local t = { n = p.len }
	if p.len > 100 then t.f = function(self, k) return self.n + k end end
	local f = t.f or function(self, k) return k end
	return f(t, 2)
end)
diag.case("a function of a table within the table", function(p)
	local t = { n = p.len, m = {} }
	if p.len > 100 then t.m.f = function(self, k) return self.n + k end end
	local f = t.m.f
	if f then return f(t, 1) end
	return 0
end)
-- nothing is stored here
diag.case("a function that may change the table, which is read behind the call", function(p)
	local t = { n = p.len }
	if p.len > 100 then t.f = function(self, k) self.n = self.n + k end end
	local f = t.f or function(self, k) self.n = k end
	f(t, 2)
	return t.n
end)
diag.case("a method found by a key, in a loop", function(p)
	local t, u = { n = p.len }, {}
	u.a = function(self) self.n = self.n + 1 end
	u.b = function(self) self.n = self.n + 2 end
	for i = 1, 3 do
		local f = u[p:u8(i) == 3 and "a" or "b"]
		f(t)
	end
	return t.n
end)
diag.case("a method within pcall", function(p)
	local t = { n = p.len, m = {} }
	if p.len > 100 then t.m.f = function(self, k) self.n = self.n + k end end
	local ok = pcall(t.m.f, t, 1)
	return ok and t.n
end)
diag.case("what is no function gets a table", function(p)
	local t, f = { n = p.len }
	f(t)
	return t.n
end)
diag.case("a method that the table has not", function(p)
	local t = { 1, 2 }
	t:go(1)
	t[1] = 4
	return t[1]
end)
diag.case("a table printed, then used", function(p)
	local t = { n = p.len }
	print(t)
	t.n = 3
	return t.n
end)
diag.case("what may be a table, printed", function(p)
	local t = "abc"
	if p.len > 100 then t = { n = 3 } end
	print(t)
	return 3
end)

local other = load(("\n"):rep(debug.getinfo(1, "l").currentline) .. "return function(p) return p.none end", "@other.lua")()
diag.case("the same mistake on the same line of two files", function(p) return p.none or other(p) end)
diag.done()

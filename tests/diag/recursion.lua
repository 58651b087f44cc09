-- A function that calls itself is refused by the name that the line of the call has for it, however it calls itself.
local diag = dofile "tests/diag/harness.lua"

local of, mt = {}, {}
mt.__index = mt

local function plain(n) if n == 0 then return 0 end return 1 + plain(n - 1) end
diag.case("a captured function", function(p) return plain(p.len) end)

local function tail(n)
	if n == 0 then return 0 end
	return tail(n - 1)
end
diag.case("in tail position", function(p) return tail(p.len) end)

function whole(n)
	if n == 0 then return 0 end
	return whole(n - 1)
end
diag.case("a global", function(p) return whole(p.len) end)

function of.f(n)
	if n == 0 then return 0 end
	return of.f(n - 1)
end
diag.case("in a field", function(p) return of.f(p.len) end)

function of:m(n)
	if n == 0 then return 0 end
	return 1 + self:m(n - 1)
end
diag.case("a method", function(p) return of:m(p.len) end)

function mt:go(n) return self:go(n - 1) end
local object = setmetatable({}, mt)
diag.case("a method of its class", function(p) return object:go(p.len) end)

local even, odd
function even(n) if n == 0 then return 0 end return odd(n - 1) end
function odd(n) if n == 0 then return 1 end return even(n - 1) end
diag.case("by turns", function(p) return even(p.len) end)

local main
function main(p) return main(p) end
diag.case("the program itself", main)

local function caught(n)
	if n == 0 then return 0 end
	local _, v = pcall(caught, n - 1)
	return v
end
diag.case("under pcall", function(p) return caught(p.len) end)

local function iterator(n) for i in iterator, n do print(i) end end
diag.case("as an iterator", function(p) return iterator(p.len) end)

-- No name stands there, and none where it is defined.
of[1] = function(n) return of[1](n - 1) end
diag.case("by a number", function(p) return of[1](p.len) end)

-- What else is wrong is said with it, of all functions; of what the call gives nothing is.
local function other(n)
	local v = n / 2
	return other(v)
end
diag.case("among other errors", function(p)
	local none
	if of.f(p.len) > 3 then return "drop" end
	print(none + 1)
	return other(p.len)
end)
local function absent() local none return none() end
diag.case("a call of nothing that ends two functions", function() return absent() end)

diag.done()

-- What is read of one of several captured tables, of which some have an __index function.
local lang = dofile "tests/lang/harness.lua"
local keys = lang.each { 0, 1, 2, 3, 4, 6, 7, 50, 99, 100, 101, -1, nil, true, false, 1 << 62, math.mininteger }
local two = lang.pairs { 0, 1, 2, 3, 5, 6, 100, 101, nil }
local texts = lang.each { "host1", "host2", "host3", "host30", "host99", "host101", "host", "", 1, nil, false }

-- n rows, of which every `step`th has a limit of its own; index: what else finds it.
local function made(n, step, index)
	local rows = {}
	for i = 1, n do
		rows[i] = setmetatable({ id = i, limit = i % step == 0 and i * 2 or nil, deny = i % 4 == 0 and false or nil },
			{ __index = index })
	end
	return rows
end

-- The same metatable for all.
local function alike(n, step, index, names)
	local rows, mt = {}, { __index = index }
	for i = 1, n do
		local row = setmetatable({ id = i, deny = i % 4 == 0 and false or nil }, mt)
		if i % step == 0 then row.limit = i * 2 end
		rows[names and "host" .. i or i] = row
	end
	return rows
end

local function usual(_, k)
	if k == "limit" then return 7, 8 elseif k == "deny" then return true end
end
local function own(t, k)
	if k == "limit" then return t.id + 1000 elseif k == "deny" then return t.id > 50 end
end
local rows, named, of_own, few = alike(100, 3, usual), alike(40, 3, usual, true), alike(100, 3, own), alike(20, 3, own)

lang.case { name = "some have it themselves", inputs = keys, f = function(k)
	if rows[k] then return rows[k].limit, rows[k].id end
	return 0
end }
lang.case { name = "in a variable", inputs = keys, f = function(k)
	local r = rows[k]
	if r then return r.limit + r.id, r.deny, r.other end
	return -1
end }
lang.case { name = "where there may be no row", inputs = keys, f = function(k) return rows[k].limit end }
lang.case { name = "by what the row has", inputs = keys, f = function(k)
	local r = of_own[k]
	return r.limit, r.deny, r.id
end }
lang.case { name = "few rows", inputs = keys, f = function(k)
	local r = few[k]
	if not r then return nil end
	return r.limit, r.deny, r.other == nil
end }
lang.case { name = "by texts", inputs = texts, f = function(k)
	local r = named[k]
	if r then return r.limit, r.deny end
	return 0
end }
lang.case { name = "rows given to a function", inputs = keys, f = function(k)
	local function most(r, n) return r and math.max(r.limit, n) end
	return most(of_own[k], 20), most(rows[k], 30)
end }
lang.case { name = "within pcall", inputs = keys, f = function(k)
	local ok, n = pcall(function() return of_own[k].limit end)
	return ok, ok and n
end }

-- ---- different tables ----

local mixed = {}
for i = 1, 60 do
	local row = { id = i, limit = i % 5 == 0 and i or nil }
	mixed[i] = i % 3 == 0 and row or setmetatable(row, { __index = i % 3 == 1 and usual or own })
end
lang.case { name = "different functions, and none", inputs = keys, f = function(k)
	local r = mixed[k]
	if r then return r.limit, r.deny, r.id end
end }
local shared = setmetatable({ class = 3 }, { __index = function(t, k) return k == "limit" and t.class * 10 or nil end })
local below = alike(50, 4, shared)
lang.case { name = "the __index of an __index", inputs = keys, f = function(k)
	local r = below[k]
	if r then return r.limit, r.class, r.other end
end }
local beside = alike(40, 3, usual)
for i = 41, 60 do beside[i] = i end
lang.case { name = "numbers beside rows", inputs = keys, f = function(k)
	local r = beside[k]
	if type(r) == "table" then return r.limit end
	return r
end }
local standard = setmetatable({ id = 0 }, { __index = own })
lang.case { name = "rows or one of another table", inputs = two, f = function(a, b)
	local r = rows[a] or of_own[b] or standard
	return r.limit, r.id, r.deny
end }
lang.case { name = "each a metatable of its own", inputs = keys, f = (function()
	local each = made(40, 3, usual)
	return function(k)
		local r = each[k]
		return r and r.limit, r and r.deny
	end
end)() }

-- ---- other keys, and what functions do ----

lang.case { name = "by a second key", inputs = two, f = function(a, b)
	local r = of_own[a]
	local name = b == 1 and "limit" or b == 2 and "deny" or b == 3 and "id" or "other"
	return r and r[name]
end }
local loud = alike(40, 3, function(t, k)
	if t.id > 20 then error("no " .. k, 2) end
	return #k
end)
lang.case { name = "that raises", inputs = keys, f = function(k) return loud[k].limit end }
lang.case { name = "that raises, and is caught", inputs = keys, f = function(k)
	local r = loud[k]
	local ok, n = pcall(function() return r.limit end)
	return ok, ok and n
end }
lang.case { name = "looked up by another one's function", inputs = keys, f = (function()
	local inner = alike(40, 3, usual)
	local outer, through = {}, { __index = function(t, k) return t.of[k] end }
	for i = 1, 40 do outer[i] = setmetatable({ of = inner[i] }, through) end
	return function(k)
		local r = outer[k]
		if r then return r.limit, r.id end
	end
end)() }
lang.case { name = "methods", inputs = keys, f = (function()
	local things = alike(40, 3, function(_, k)
		if k == "twice" then return function(self, n) return self.id * 2 + n end end
		return 5
	end)
	return function(k)
		local r = things[k]
		return r and r:twice(3), r and r.limit
	end
end)() }
lang.case { name = "in a loop", inputs = lang.each { 0, 1, 2, 5, 97, 99, -3 }, f = function(n)
	local sum = 0
	for i = n, n + 3 do
		local r = of_own[i]
		if r then sum = sum + r.limit end
	end
	return sum
end }
lang.case { name = "the greatest one", inputs = lang.each { 0, 1, 2, 5, 97, 99, -3 }, f = function(n)
	local best
	for i = n, n + 3 do
		local r = of_own[i]
		if r and (not best or r.limit > best.limit) then best = r end
	end
	return best and best.id, best and best.limit
end }

lang.done()

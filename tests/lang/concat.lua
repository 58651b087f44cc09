-- table.concat: of tables made in kernel code and captured ones, of texts and integers, and what it says of others.
local lang = dofile "tests/lang/harness.lua"
local few = lang.each { 0, 1, 2, 3, 4, 5, false, true }
local texts = lang.each { "", "a", "xyz", false, 5 }
local letters, mixed, numbers = { "a", "bb", "ccc" }, { "a", 5, "c" }, { 1, 20, 300 }
local rows = { { "a", "b" }, { "c" }, { 5, 6, 7 } }

-- An argument of a case as an integer.
local function int(p)
	if type(p) == "number" then return p end
	return 9
end

lang.case { name = "constants", inputs = few, f = function(p)
	local s = table.concat({ "a", 5, "c" }, ", ")
	return #s, s == "a, 5, c", #table.concat { 1, 2, 3 }
end }
lang.case { name = "integers", inputs = few, f = function(p)
	local n = int(p)
	local s = table.concat({ n, n + 1, n * 3 }, ", ")
	return #s, s == "2, 3, 6", s:byte(-1)
end }
lang.case { name = "texts", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local t = table.concat({ s, #s, s .. "2" }, "..")
	return #t, t == "a..1..a2", t:byte(-2)
end }
lang.case { name = "captured", inputs = few, f = function(p)
	local s, t, u = table.concat(letters, "-"), table.concat(mixed), table.concat(numbers, ", ")
	return s == "a-bb-ccc", t == "a5c", u == "1, 20, 300"
end }
lang.case { name = "from one to another", inputs = lang.pairs({ 1, 2, 3, 4, -1 }, { 0, 1, 2, 3, 4 }), f = function(i, j)
	if not (math.type(i) and math.type(j)) then return end
	local s, t = table.concat({ "a", "bc", "def" }, ", ", i, j), table.concat({ "a", "b" }, "", 2)
	return #s, s == "a, bc", t == "b"
end }
lang.case { name = "from the beginning, or to the end", inputs = few, f = function(n)
	local i
	if math.type(n) == "integer" then i = n end
	return #table.concat(letters, ", ", i or nil, 3), #table.concat(letters, ", ", 1, i)
end }
lang.case { name = "of captured ones", inputs = lang.pairs({ 1, 2, 3, 4, 9 }, { 0, 1, 2, 3 }), f = function(i, j)
	if not (math.type(i) and math.type(j)) then return end
	local s = table.concat(numbers, "-", i, j)
	return #s, s == "20-300"
end }
lang.case { name = "none of them", inputs = few, f = function(p)
	local n = int(p)
	return #table.concat({}, ","), #table.concat({ 1, 2 }, ",", 3), #table.concat(letters, ",", math.maxinteger, n)
end }
lang.case { name = "far away", inputs = few, f = function(p)
	local t = { [math.maxinteger] = "x", [math.mininteger] = "yz" }
	return #table.concat(t, ",", math.maxinteger, math.maxinteger), #table.concat(t, ",", math.mininteger, math.mininteger)
end }
lang.case { name = "a list that grew", inputs = few, f = function(p)
	local t = {}
	for i = 1, int(p) & 7 do t[#t + 1] = i * 9 end
	local s = table.concat(t, ",")
	return #s, s == "9,18,27", #table.concat(t, ", ", #t)
end }
lang.case { name = "a list that grew, from one to another", inputs = few, f = function(p)
	local t = {}
	for i = 1, int(p) & 7 do t[#t + 1] = i * 9 end
	return #table.concat(t, ",", 2, 3)
end }
lang.case { name = "by table.insert, and table.pack", inputs = few, f = function(p)
	local t = {}
	table.insert(t, "a")
	table.insert(t, 5)
	if int(p) > 2 then table.insert(t, "b") end
	return #table.concat(t, ","), #table.concat(table.pack(1, p == 3, "x"), "", 3)
end }
lang.case { name = "one of several", inputs = few, f = function(p)
	local s = table.concat(p == 2 and { "a", "b" } or { "c" }, ",")
	return #s, s == "a,b"
end }
lang.case { name = "a row, if it is there", inputs = few, f = function(p)
	local r = rows[int(p)]
	if not r then return end
	local s = table.concat(r, ";")
	return #s, s == "5;6;7"
end }
lang.case { name = "in a loop", inputs = few, f = function(p)
	local n = 0
	for i = 1, int(p) & 7 do
		local s = table.concat({ i, "y", i * i }, "-")
		n = n * 7 + #s + s:byte(-1)
	end
	return n
end }

-- ---- separators ----


lang.case { name = "a separator that is a number, a text or none", inputs = texts, f = function(s)
	if type(s) == "string" then return #table.concat({ 1, 4, 5 }, s), #table.concat({ 7 }, s) end
	if type(s) == "number" then return #table.concat({ 1, 4, 5 }, s), #table.concat({ 7 }, s) end
	return #table.concat({ 1, 4, 5 }, nil)
end }

-- ---- errors ----

lang.case { name = "an element that is nil", inputs = few, f = function(p)
	return #table.concat({ "a", nil, "c" }, ", ", 1, 3)
end }
lang.case { name = "an element that may be anything", inputs = few, f = function(p)
	return #table.concat({ "a", p, "c" }, ", ", 1, 3)
end }
lang.case { name = "an element that is no text", inputs = few, f = function(p)
	return #table.concat { 1, p == 3 or 4, p == 4 and rows or 5 }
end }
lang.case { name = "of an address, and of a function", inputs = few, f = function(p)
	local a, b = bpf.ip "10.0.0.1", print
	local ok, e = pcall(function() return #table.concat { 1, a } end)
	local fine, message = pcall(function() return #table.concat { b, 1 } end)
	return ok, #e, not fine and #message
end }
lang.case { name = "under pcall", inputs = few, f = function(p)
	local ok, e = pcall(table.concat, { 1, p == 3 or 4, 5 })
	return ok, #e, e == "145"
end }
lang.case { name = "with a handler", inputs = few, f = function(p)
	local ok, e = xpcall(table.concat, function(e) return "x" .. e end, { 1, 2, p == 2 })
	return ok, #e
end }
lang.case { name = "in a tail call", inputs = few, f = function(p)
	local function join(t) return table.concat(t) end
	local ok, e = pcall(function()
		local x = join { 1, p == 3 or 4, 5 }
		return x
	end)
	return ok, #e, e == "145"
end }

-- ---- by another name ----

lang.case { name = "a local one", inputs = few, f = function(p)
	local join = table.concat
	local s = join({ 1, int(p) }, ":")
	return #s, join == table.concat, type(join) == "function"
end }

lang.done()

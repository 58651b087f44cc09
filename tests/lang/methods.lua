-- Methods with their default arguments, of every kind of string, and of what may be a string or an address.
local lang = dofile "tests/lang/harness.lua"

local all = lang.all

local either = lang.each { "abc", "a", "", bpf.ip "10.0.0.1", bpf.ip "::5", bpf.mac "01:02:03:04:05:06", "nil", 5, true }
lang.case { name = "a byte of a string or an address", inputs = either, f = function(v) return v:byte(1), v:byte(2) end }
lang.case { name = "which byte, known only at run time", inputs = { { "abc", 2 }, { bpf.ip "10.0.0.1", 3 }, { "abc", 9 },
	{ bpf.ip "::1", 17 }, { 5, 1 }, { "nil", 1 } }, f = function(v, i)
	if math.type(i) ~= "integer" then return 0 end
	return v:byte(i)
end }
lang.case { name = "in a pcall", inputs = either, f = function(v)
	local ok, x = pcall(function() return v:byte(3) end)
	return ok, ok and x
end }
lang.case { name = "of one after a test", inputs = lang.each { "abc", bpf.ip "10.0.0.1", "a", bpf.ip "::1" }, f = function(v)
	if type(v) == "string" then return v:byte(), v:byte(2) end
	return v:byte(3), tostring(v):byte()
end }

local frames = {}
for _, text in ipairs { "GET /a HTTP/1.1\r\n", "a", "", ("0123456789"):rep(12) } do frames[#frames + 1] = lang.head .. text end
local function over(name, f) lang.packets { name = name, inputs = frames, f = f } end
over("the first byte: of the packet, a header, a part", function(p) return p:byte(), p.eth:byte(), p:sub(15):byte() end)
over("the first byte of what is made", function(p)
	local s = p:sub(15)
	return (s .. "x"):byte(), s:rep(2):byte(), tostring(#s):byte()
end)
over("bytes up to nil", function(p)
	local j
	if #p > 16 then j = 2 end
	return p:sub(15):byte(1, j), p:sub(15):byte(j), all(p:sub(15, j))
end)
over("find and match from nil on", function(p)
	local s = p:sub(15)
	return s:find("a", nil), s:find("a", nil, true), s:match("%a", nil) == "a"
end)
local names = bpf.map { "hash", name = "method_names", key = "u32", value = "struct { char name[16]; }", entries = 4 }
names[14] = { name = "hello" }
names[15] = { name = "zz" }
over("of an entry's field", function(p)
	local e = names[#p]
	if not e then return nil end
	return e.name:byte(), all(e.name:sub(2)), all(e.name:upper())
end)
lang.case { name = "a function that is tested before it is called, and changes a variable", inputs = lang.each { 0, 1, 7 }, f = function(a)
	local k = 7
	local o = { go = function(x) k = k + 1 return x * k end, other = function() k = 9 end }
	local v = o.go and o.go(a)
	local g = o.other
	if g then g() end
	return v, k
end }

-- A function of a table made here that is asked for, called on some ways, and meets a captured one on others.
local rows, lists = { [0] = { f = function(x) return x + 1 end } }, { [0] = { 4 }, 7 }
lang.case { name = "a function found that meets another", inputs = lang.each { 0, 1, 2, 3, -1 }, f = function(n)
	local t = { f = function(x) return x - 1 end }
	local row = rows[n & 7] or t
	if row.f then return row.f(#(lists[n & 7] or {})) end
end }

-- A field that holds a function in one of several tables, and nothing in another one.
local function one(self) return self.n end
local refused = "which function a field of this table holds is known only at run time"
local ways = lang.each { "nil", false, true, 0, 1, 2, 3 }
lang.case { name = "asked for in one of two tables", inputs = ways, f = function(a)
	local t = { n = 3, f = one }
	if a == 2 then t = { n = 4 } end
	return t.f and 1 or 2
end }
lang.case { name = "called in one of two tables", inputs = ways, refused = refused, f = function(a)
	local t = { n = 3, f = one }
	if a == 2 then t = { n = 4 } end
	return t:f()
end }
lang.case { name = "asked for and called in one of two tables", inputs = ways, refused = refused, f = function(a)
	local t = { n = 3, f = one }
	if a == 2 then t = { n = 4 } end
	if t.f then return t:f() end
	return 9
end }
lang.case { name = "another table from a turn on", inputs = ways, refused = refused, f = function(a)
	local t, s = { n = 1, f = one }, 0
	for i = 1, 3 do
		s = s + t:f()
		if i == a then t = { n = 4 } end
	end
	return s
end }
lang.case { name = "the table of the turn before", inputs = ways, refused = refused, f = function(a)
	local before, s = nil, 0
	for i = 1, 3 do
		local t = { n = i }
		if i == a then
			t.f = one
			if before then s = s + before:f() end
		end
		before = t
	end
	return s
end }
lang.case { name = "the table of the turn before, which has it, too", inputs = ways, f = function(a)
	local before, s = nil, 0
	for i = 1, 3 do
		local t = { n = i, f = one }
		if before and i ~= a then s = s + before:f() end
		before = t
	end
	return s
end }
lang.case { name = "where there is a table", inputs = ways, f = function(a)
	local t
	if a == 1 then t = { n = 3, f = one } end
	if t then return t:f() end
	return 3
end }
lang.done()

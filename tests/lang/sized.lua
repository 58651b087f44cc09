-- Captured tables of a thousand keys and more, whose values are numbers, texts, booleans, tables and functions beside each other.
local lang = dofile "tests/lang/harness.lua"
local case, each, pairs2 = lang.case, lang.each, lang.pairs

local N = 1000
local keys = each { "nil", false, true, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 500, 501, 502, 503, 504, 505, 996, 997, 998, 999, 1000, 1001,
	-1, math.maxinteger, math.mininteger, bpf.ip(7) }
local names = each { "", "host", "host1", "host2", "host3", "host4", "host5", "host6", "host7", "host8", "host999", "host1000", "host1001",
	"host12345678901", 5, "nil", true }

local function twice(x) return x * 2 end
local function less(x) return x - 7 end
local function far(x) return x % 5 == 0 and -x or x + 1000 end
local functions = { twice, less, far }
local of = {
	number = function(i) return i * 3 end,
	text = function(i) return "t" .. i end,
	table = function(i) return { port = i, name = "r" .. i, on = i % 2 == 0, at = { x = -i } } end,
	handler = function(i) return functions[i * 7 % 11 % 3 + 1] end,
	truth = function(i) return i // 7 % 2 == 0 end,
}

-- By number, and by name: one kind after the other.
local function made(...)
	local by, byname = {}, {}
	for i = 1, N do
		local kind = select(i % select("#", ...) + 1, ...)
		by[i] = of[kind](i)
		byname["host" .. i] = by[i]
	end
	return by, byname
end

local sets = { { "number", "text", "table" }, { "number", "table" }, { "text", "table" }, { "truth", "table" }, { "table" },
	{ "handler" }, { "handler", "table" }, { "handler", "truth" }, { "handler", "number" }, { "number", "text", "table", "handler", "truth" } }

for _, set in ipairs(sets) do
	local by, byname = made(table.unpack(set))
	local called = table.concat(set, ", ")
	local function of_each(v, n)
		local kind = type(v)
		if kind == "table" then return 1, v.port, v.at.x end
		if kind == "function" then return 2, v(n) end
		if kind == "string" then return 3, #v, v == "t500" end
		if kind == "number" then return 4, v + n end
		if kind == "boolean" then return 5, v end
		return 6, v == nil
	end
	case { name = called .. ": by its kind", inputs = keys, f = function(k) return of_each(by[k], 20) end }
	case { name = called .. ": by its kind, by name", inputs = names, f = function(k) return of_each(byname[k], 30) end }
	case { name = called .. ": by its kind, caught", inputs = keys, f = function(k)
		local ok, a, b = pcall(of_each, by[k], 40)
		return ok, a, b
	end }
	case { name = called .. ": compared", inputs = keys, f = function(k)
		local v = by[k]
		if v == true then return 1 end
		if v == false then return 2 end
		if v == 15 then return 3 end
		if v == "t501" then return 4 end
		return v ~= nil, v == k
	end }
	case { name = called .. ": or another", inputs = keys, f = function(k)
		local v = by[k] or 5
		if v == 5 then return -1 end
		return type(v) == "table", type(v) == "function" and v(3), v == true
	end }
end

-- What raises for some kinds.
local by, byname = made("number", "text", "table", "handler", "truth")
case { name = "a field, or an error", inputs = keys, f = function(k) return by[k].port end }
case { name = "a field by name, or an error", inputs = names, f = function(k) return byname[k].port end }
case { name = "called, or an error", inputs = keys, f = function(k) return by[k](6) end }
case { name = "called by name, or an error", inputs = names, f = function(k) return byname[k](6) end }
case { name = "a sum, caught", inputs = keys, f = function(k)
	local ok, v = pcall(function()
		local v = by[k]
		if type(v) == "string" then return 9 end
		return v + 1
	end)
	return ok, ok and v
end }
case { name = "which error", inputs = keys, f = function(k)
	local before = 0
	local ok, e = pcall(function()
		local v = by[k]
		before = 1
		return v.port
	end)
	return ok, before, not ok and #e
end }

-- Tables alone: what is the same of each.
local rules = made "table"
case { name = "tables: type, of one that may be none", inputs = keys, f = function(k)
	local kind = type(rules[k])
	return kind == "table", kind == "nil", #kind
end }
case { name = "tables: compared with a key", inputs = keys, f = function(k)
	local r = rules[k]
	return r == k, r == true, r and r.port == k
end }
case { name = "tables: the better one", inputs = pairs2 { 1, 2, 500, 1000, 1001, "nil" }, f = function(a, b)
	local r = rules[a] or rules[b]
	if type(r) ~= "table" then return -1, r == nil end
	return r.port, r == 5
end }

-- Few functions by many keys.
local handlers, handlers_byname = made "handler"
case { name = "handlers: or a usual one", inputs = keys, f = function(k)
	local h = handlers[k] or less
	return h(11), h == nil
end }
case { name = "handlers: by name or number", inputs = pairs2 { "host5", "host6", "x", 5, 6, 7, "nil" }, f = function(a, b)
	local h = handlers_byname[a] or handlers[b]
	if not h then return -1 end
	return h(1), h(2)
end }
case { name = "handlers: in a loop", inputs = keys, f = function(k)
	local n = 0
	for i = 1, 4 do
		local h = handlers[i * 100 + 1]
		n = h and h(n) or n
	end
	local h = handlers[k]
	return n, h and h(n)
end }
local shared = {}
local both = { { port = 1, go = twice }, { port = 2, go = less } }
for i = 1, N do shared["host" .. i] = both[i * 5 % 7 % 2 + 1] end
case { name = "few tables with functions in them", inputs = names, f = function(k)
	local r = shared[k]
	if not r then return 0 end
	return r.port, r.go(5)
end }
local runs = {}
for i = 1, 1023 do runs[i] = i < 500 and twice or less end
case { name = "handlers: ranges", inputs = keys, f = function(k) return runs[k] and runs[k](9) end }

-- Functions beside numbers and texts: what takes these alone raises.
local mixed, spelt = made("number", "handler"), made("text", "handler")
case { name = "functions beside numbers: in order", inputs = pairs2({ 0, 1, 2, 3, 500, 501, 999, 1000, "nil" }, { 1, 30, 2400, "x", true, "nil" }), f = function(k, with)
	local v = mixed[k]
	if not v then return nil end
	if with == 30 then return v < 30 end
	if with == 1 then return 1 <= v end
	return v < with
end }
case { name = "functions beside texts: in order", inputs = keys, f = function(k)
	local v = spelt[k]
	return v and v < "t502"
end }
case { name = "functions beside numbers: the error of an order", inputs = keys, f = function(k)
	local good, e = pcall(function() return mixed[k] and mixed[k] > 7 end)
	return good and e, not good and e:match ".-:%d+: (.*)" == "attempt to compare number with function", not good and #e
end }
case { name = "functions beside numbers: a limit", inputs = keys, f = function(k)
	local n, v = 0, mixed[k]
	if v == nil then return nil end
	for i = 1, v do
		n = n + i
		if i == 20 then break end
	end
	return n
end }
case { name = "functions beside numbers: the greatest", inputs = keys, f = function(k)
	local v = mixed[k] or 5
	return math.max(v, 30), math.min(30, v)
end }

-- Objects with a metatable, which do something else.
local odd = {}
for i = 1, 100 do odd[i] = i % 2 == 0 and setmetatable({ port = i }, { __index = { class = i % 4 } }) or i end
case { name = "an __index beside numbers", inputs = keys, f = function(k)
	local v = odd[k]
	if type(v) == "table" then return v.port, v.class, v.none end
	return v
end }

-- Keys of up to 512 bytes: host names, paths.
local lengths = { 0, 1, 63, 64, 65, 71, 72, 73, 100, 101, 255, 256 }
local digits = ("0123456789abcdef"):rep(40)
local hosts, rows, paths = {}, {}, {}
for i = 1, N do
	hosts["host" .. i .. "." .. digits:sub(1, i * 7 % 250)] = i
	rows[digits:sub(1, i % 250) .. i] = { port = i, name = "r" .. i }
end
for _, n in ipairs(lengths) do hosts[digits:sub(1, n)], rows[digits:sub(1, n)] = -n, { port = -n } end
for i = 1, 40 do paths[i], paths[digits:sub(1, 512 - i * 12)] = i, i % 2 == 0 or i * 2 end
paths[digits:sub(1, 512)] = "whole"
local frames = lang.texts({ 0, 1, 2, 63, 64, 65, 66, 71, 72, 73, 74, 99, 100, 101, 102, 150, 254, 255, 256, 257, 296, 300, 308 }, { 1, 2, 50, 65, 72, 101 })
lang.packets { name = "long keys: out of the packet", inputs = frames, f = function(p)
	local s = p:sub(15, 314)
	return hosts[s], hosts[s] == nil, hosts[p:sub(15, 30)]
end }
lang.packets { name = "long keys: put together", inputs = frames, f = function(p)
	local s = p:sub(15, 114)
	return hosts[s .. ""], hosts["host7." .. p:sub(15, 63)], hosts[p:sub(15, 78) .. p:sub(79, 300)]
end }
lang.packets { name = "long keys: in lower case", inputs = frames, f = function(p)
	return hosts[p:sub(15, 270):upper():lower()], hosts[p:sub(15, 270):upper()]
end }
lang.packets { name = "long keys: of tables", inputs = frames, f = function(p)
	local r = rows[p:sub(15, 300)]
	if r then return r.port, r.name == nil end
	return false
end }
lang.packets { name = "long keys: beside numbers", inputs = frames, f = function(p)
	local k = p.len > 300 and p:sub(15, 14 + 500) or p.len - 14
	local v = paths[k]
	return v == "whole" or v, type(v) == "number"
end }
lang.packets { name = "long keys: one after the other", inputs = frames, f = function(p)
	local n = 0
	for i = 60, 75 do n = n * 3 + (hosts[p:sub(15, i + 14)] or 1) end
	return n
end }
local ends = ("end"):rep(40)
local suffixed = {}
for i = 1, 50 do suffixed["k" .. i .. ends] = i end
case { name = "long keys: short ones before something", inputs = each { "k1", "k50", "k51", "", "k1e", 5, 50 }, f = function(a)
	return suffixed[a .. ends], suffixed[a], suffixed["k" .. a .. ends]
end }
lang.done()

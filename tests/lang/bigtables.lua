-- Captured tables with many keys, indexed by what is known only at run time: maps that are filled at load.
local lang = dofile "tests/lang/harness.lua"
local case, each, pairs2 = lang.case, lang.each, lang.pairs

local keys = each { "nil", false, true, 0, 1, 2, 3, 4, 7, 10, 14, 70, 1000, 1001, 7000, 7001, 999503, 100000, 100001, 700000, -1,
	math.mininteger, math.mininteger + 1, math.maxinteger, 0x100000001 }
for _, n in ipairs { 10, 65, 1000, 100000 } do
	local close, apart, set, mixed = {}, {}, {}, {}
	for i = 1, n do
		close[i] = i * 3
		apart[i * 1000003 - 500] = -i
		set[i * 7] = true
		mixed[i] = i % 3 == 0 and i or i % 3 == 1 and i % 2 == 0 or bpf.ip(i)
	end
	apart[math.mininteger], apart[math.maxinteger] = 5, 6
	case { name = n .. " keys close together", f = function(a) return close[a] end, inputs = keys }
	case { name = n .. " keys far apart", f = function(a) return apart[a] end, inputs = keys }
	case { name = n .. " keys of a set", f = function(a)
		if set[a] then return 1 end
		return set[a] == nil, not set[a]
	end, inputs = keys }
	case { name = n .. " values of several kinds", f = function(a)
		local v = mixed[a]
		if v == bpf.ip(2) then return 2, v == 2 end
		return v == nil, v == 3, v == true
	end, inputs = keys }
end

local any = { [true] = 7, [false] = "no", [0] = 0, [-1] = false, [2.0] = "two", [2.5] = 1, [1e300] = 2, [print] = 3 }
local texts, addresses = {}, {}
for i = 1, 100 do
	any[i * i * 1000 + 3] = i
	any["key" .. i] = -i
	any[bpf.ip(i)] = true
	texts["k" .. i] = i
	texts[("x"):rep(i % 20) .. i] = i % 2 == 0
	addresses[bpf.ip(0x0a000000 + i)] = i
	addresses[bpf.ip("2001:db8::" .. i)] = i * 2
	addresses[bpf.mac("02:00:00:00:00:" .. i % 100 // 10 .. i % 10)] = "mac"
end
texts[""], texts["a\0b"], texts[("long"):rep(20)] = 0, 1, 2
texts[5] = 55
case { name = "keys of every kind", f = function(a)
	local v = any[a]
	if v == "no" then return 1, 1 end
	if v == "two" then return 2, 2 end
	return v, v == nil, any[a] == v
end, inputs = each { "nil", false, true, 0, -1, 1, 2, 3, 1003, 4003, 10000003, 10000004 } }
case { name = "texts", f = function(a, b)
	return texts[a], texts[b]
end, inputs = pairs2 { "", "k1", "k10", "k100", "k101", "k", "xxxxx5", "xxxxxxxxxxxxx13", "xxxxxxxxxxxxxx14", 5, 6, true } }
local short = { [""] = 0 }
for i = 1, 60 do short["s" .. i] = i end
case { name = "texts longer than the table's", f = function(a) return short[a] end,
	inputs = each { "", "s1", "s60", "s61", "s1 and more that", "s123456", "s1234567", "s12345678" } }
case { name = "addresses", f = function(a)
	local v = addresses[a]
	return v == "mac" or v, v == nil
end, inputs = each { "nil", 1, bpf.ip "10.0.0.1", bpf.ip "10.0.0.100", bpf.ip "10.0.0.101", bpf.ip "2001:db8::1", bpf.ip "2001:db8::100",
	bpf.ip "2001:db9::1", bpf.mac "02:00:00:00:00:01", bpf.mac "02:00:00:00:01:01" } }

-- in the company of others
local squares, names = {}, {}
for i = 0, 200 do squares[i] = i * i names[i] = "n" .. i end
case { name = "in a loop, by two keys", f = function(a, b)
	local sum = 0
	for i = a, a + 5 do sum = sum + (squares[i] or -1) * (squares[b] or 1) end
	return sum
end, inputs = pairs2 { -3, 0, 1, 198, 199, 300 } }
case { name = "of a look-up", f = function(a) return squares[squares[a]], squares[a] and squares[squares[a]] end,
	inputs = each { 0, 1, 5, 14, 15, 201, "nil" } }
case { name = "under pcall", f = function(a)
	local n = 0
	local ok, v = pcall(function() n = 1 local v = squares[a] + 1 n = 2 return v end)
	return ok, n, ok and v
end, inputs = each { 0, 1, 200, 201, "nil", true } }
case { name = "texts found", f = function(a, b)
	return names[a] == "n7", names[a] == names[b], names[a] == "n200"
end, inputs = pairs2 { 0, 7, 200, 201, "nil" } }
local chain = setmetatable({ [5] = 1 }, { __index = squares })
case { name = "an __index table with many keys", f = function(a) return chain[a], a == 5 or chain[a] == squares[a] end,
	inputs = each { 0, 5, 6, 200, 201, "nil" } }
local under, over = {}, {}
for i = 1, 200 do under[i + 100], over[i] = -i, i end
setmetatable(over, { __index = under })
case { name = "keys that hide those of an __index table", f = function(a) return over[a] end,
	inputs = each { 0, 1, 100, 101, 150, 200, 201, 300, 301, "nil" } }
local changed = {}
for i = 1, 100 do changed[i] = i end
local link = bpf.program("xdp", function(p) return changed[p.len] == 60 and bpf.DROP or bpf.PASS end)
changed[60] = 61
local frame = ("\0"):rep(12) .. "\x88\xb5" .. ("\0"):rep(46)
if not bpf.test then -- a twin has the table as it is now
	lang.check("a table is what it was when the function was compiled", link:test(frame) == bpf.DROP and {} or { "it changed" })
end
lang.done()

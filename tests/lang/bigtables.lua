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

-- texts of more than 64 bytes, and with zero bytes
local function text_of(n, length) return (("%d;"):format(n):rep(length // 2 + 1)):sub(1, length) end
local lengths = { 0, 1, 63, 64, 65, 71, 72, 73, 128, 255, 256, 300, 511, 512 }
local long, far, zeros, by_text, rows = {}, {}, {}, {}, {}
for i = 1, 120 do
	local text = text_of(i, lengths[i % #lengths + 1])
	long[i] = i % 10 == 3 and i or i % 10 == 6 and bpf.ip(i) or i % 10 ~= 9 and text
	far[i * 1000003] = text
	zeros[i] = i % 3 > 0 and text:sub(1, i % 7 * 9):gsub(";", "\0")
	by_text["k" .. i] = text
	rows[i] = { name = text, n = i }
end
local at = each { "nil", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 63, 100, 119, 120, 121 }
case { name = "long texts: their bytes", f = function(a)
	local v = far[a and a * 1000003]
	if not v then return v == nil end
	return #v, v:byte(1), v:byte(#v), v:byte(100)
end, inputs = at }
case { name = "long texts: beside numbers and addresses", f = function(a)
	local v = long[a]
	if type(v) == "number" then return v, 1 end
	if type(v) == "string" then return #v, v:byte(#v) end
	return v == nil, v == false, v == bpf.ip(6)
end, inputs = at }
case { name = "long texts: with zero bytes", f = function(a)
	local v = zeros[a]
	return v and #v, v and v:byte(3), v and v:byte(-1), v and v == "1\0001\0001\0001\0001", v and v:find("\0", 3, true)
end, inputs = at }
local this, other = long[7], long[8]
case { name = "long texts: compared, searched, cut", f = function(a, b)
	local x, y = long[a], long[b]
	if type(x) ~= "string" or type(y) ~= "string" then return x == y end
	return x == this, x ~= other, x < y, x == y, #(x .. y), x:sub(60, 70) == y:sub(60, 70), (x:find("5;", 60, true))
end, inputs = pairs2 { 1, 2, 7, 8, 15, 63, 121 } }
case { name = "long texts: by texts, in a loop", f = function(a)
	local last, n = "", 0
	for i = a or 1, (a or 1) + 3 do
		local v = by_text["k" .. i]
		if v and #v > #last then last = v end
		n = n + (v and #v or 1000)
	end
	return n, #last, last:byte(-1)
end, inputs = at }
case { name = "long texts: fields of rows", f = function(a)
	local r = rows[a]
	return r and r.n, r and #r.name, r and r.name:byte(-1)
end, inputs = at }
far[true], far[false], far.text = text_of(7, 80), "short", text_of(8, 90)
zeros[true], zeros.text = "a\0b", 5
case { name = "long texts: by keys of several kinds", f = function(a, b)
	local x, y = far[a], zeros[b]
	return x and #x, y and (type(y) == "number" and y or y:byte(-1)), x == y, x and x:byte(-1)
end, inputs = pairs2 { "nil", true, false, "text", 1, 1000003, 8 } }
local listed = {}
for i = 1, 100 do listed[i] = text_of(i, i % 5 * 30) end
case { name = "long texts: counted through", f = function(a)
	local n, at = 0, 0
	for i, v in ipairs(listed) do n = n + #v * i if v:byte(a) == 59 then at = i end end
	for k, v in pairs(listed) do n = n + k * (v:byte(k) or 0) end
	return n, at
end, inputs = each { 1, 2, 3, 90, -1 } }
case { name = "long texts: out of functions and loops", f = function(a)
	local function of(n) return long[n] or "none" end
	local x, y = of(a), of(a and a + 1)
	local longest = x
	for i = 1, 5 do
		local v = of(i * 7 + (a or 0))
		if type(v) == "string" and (type(longest) ~= "string" or #v > #longest) then longest = v end
	end
	return x == y, type(longest) == "string" and #longest, x == of(a)
end, inputs = at }
lang.done()

-- Captured tables that hold functions, numbers and texts side by side, told apart by type() and not.
local lang = dofile "tests/lang/harness.lua"
local two = lang.pairs { 0, 1, 2, 3, 4, 5, 6, 7, -3 }
local one = lang.each { 0, 1, 2, 3, 4, 5, 6, 7, -1, math.maxinteger }
local words = lang.each { "", "inc", "five", "text", "none", "many" }
local function inc(n) return n + 1 end
local function twice(n) return n * 2, n end
local F = { inc, 5, "text", { x = 3 }, true, twice }
local plain = { inc = inc, five = 5, text = "abc", many = twice }
local numbers = { 5, inc, 7, twice, 9 }

lang.case { name = "told", inputs = two, f = function(k, n)
	local v = F[k]
	if type(v) == "function" then return v(n) end
	if type(v) == "number" then return v + n end
	return type(v) == "string" and #v or -1
end }
lang.case { name = "told once", inputs = two, f = function(k, n)
	local v = F[k]
	local t = type(v)
	if t == "function" then
		return v(n)
	elseif t == "number" then
		return v + n
	elseif t == "table" then
		return v.x
	elseif t == "string" then
		return #v, v == "text", v:byte(2)
	end
	return t == "nil", t == "boolean"
end }
lang.case { name = "a function or what it gives", inputs = two, f = function(k, n)
	local v = numbers[k] or 70
	if type(v) == "function" then v = v(n) end
	return v
end }
lang.case { name = "by name", inputs = words, f = function(name)
	local v = plain[name]
	if type(v) == "function" then return (v(10)) end
	if math.type(v) == "integer" then return v * 100 end
	return v and #v
end }
lang.case { name = "called, whatever it is", inputs = two, f = function(k, n) return numbers[k](n) end }
lang.case { name = "called, and caught", inputs = two, f = function(k, n)
	local ok, v = pcall(numbers[k], n)
	local ok2, w = pcall(function() return (numbers[k](n)) end)
	return ok, ok2, ok2 and w
end }
lang.case { name = "added to, whatever it is", inputs = one, f = function(k) return numbers[k] + 1 end }
lang.case { name = "added to something", inputs = two, f = function(k, n)
	if math.type(n) ~= "integer" then return end
	return n * 3 - numbers[k]
end }
lang.case { name = "first in a sum that fails anyhow", inputs = { { 1, 1 }, { 2, 1 }, { 9, 1 }, { 1, nil }, { 2, nil }, { 2, true } },
	f = function(k, n) return numbers[k] + n end }
lang.case { name = "negated, and bit by bit", inputs = two, f = function(k, n)
	local v = numbers[k]
	local ok, minus = pcall(function() return -v end)
	local ok2, bits = pcall(function() return v & 4 | ~v end)
	return ok and minus, ok2 and bits, (pcall(function() return v << 1 >> n end))
end }
lang.case { name = "words in arithmetic", inputs = words, f = function(name)
	local v = plain[name]
	local ok, e = pcall(function() return v + 1 end)
	return ok, ok and e, not ok and #e
end }
lang.case { name = "lengths", inputs = words, f = function(name)
	local v = plain[name]
	local ok, n = pcall(function() return #v end)
	return ok, ok and n, v == "abc"
end }
lang.case { name = "chosen by a branch, too", inputs = two, f = function(k, n)
	local v
	if k > n then v = inc elseif k == n then v = 7 else v = numbers[k] end
	if type(v) == "function" then return (v(n)) end
	return v
end }
lang.case { name = "in a loop", inputs = one, f = function(n)
	local sum = 0
	for i = 1, n & 7 do
		local v = F[i]
		if type(v) == "function" then sum = sum + v(i) elseif type(v) == "number" then sum = sum * v end
	end
	return sum
end }
local addresses = { inc, bpf.ip "10.0.0.1", 5, bpf.mac "02:00:00:00:00:01", twice }
lang.case { name = "addresses among them, called", inputs = one, f = function(k)
	local ok, v = pcall(function() return (addresses[k](3)) end)
	return ok, ok and v, not ok and #v
end }
lang.case { name = "addresses among them, in sums", inputs = one, f = function(k)
	local ok, v = pcall(function() return addresses[k] * 3 end)
	local ok2, w = pcall(function() return 3 | addresses[k] end)
	return ok and v, ok2 and w, not ok and #v
end }
lang.case { name = "addresses among them, told", inputs = one, f = function(k)
	local v = addresses[k]
	if type(v) == "userdata" then return v:byte(1), v == bpf.ip "10.0.0.1" end
	return type(v) == "number" and v
end }
-- tables beside what there is to compute with: Lua says what a table cannot be
local held = { a = 1, b = 2, c = { 3 }, d = { e = { 5 } } }
local beside = { 5, { x = 3 }, inc, 7, "text", { x = "y" }, false }
local summed = { 5, { x = 3 }, inc, 7, 9, {}, 8 }
local letters = lang.each { "a", "b", "c", "d", "e", "", "ab" }
lang.case { name = "tables among them, multiplied", inputs = letters, f = function(name) return held[name] * 2 end }
lang.case { name = "tables among them, second in a sum", inputs = two, f = function(k, n)
	if math.type(n) ~= "integer" then return end
	local ok, v = pcall(function() return n + held[k == 1 and "a" or k == 2 and "b" or k == 3 and "c" or "none"] end)
	return ok, ok and v
end }
lang.case { name = "tables among them, negated, and bit by bit", inputs = letters, f = function(name)
	local v = held[name]
	local ok, minus = pcall(function() return -v end)
	local ok2, bits = pcall(function() return v & 4 | ~v end)
	return ok and minus, ok2 and bits, (pcall(function() return 1 << v end))
end }
lang.case { name = "tables among them, called", inputs = one, f = function(k) return (beside[k](3)) end }
lang.case { name = "tables among them, divided", inputs = letters, f = function(name) return held[name] // 2 end }
lang.case { name = "tables among them, less", inputs = letters, f = function(name) return held[name] < 2 end }
lang.case { name = "tables among them, less than what may be none", inputs = lang.pairs { "a", "c", "nil", 1, 2, true },
	f = function(name, n)
	if type(name) ~= "string" then return end
	return n <= held[name], held[name] > n
end }
lang.case { name = "tables among them, compared where they are known to be there", inputs = letters, f = function(name)
	local v = held[name]
	if not v then return "none" == name end
	return v < 2
end }
lang.case { name = "tables and functions among them, compared", inputs = two, f = function(k, n)
	local ok, less = pcall(function() return beside[k] < "u" end)
	return ok, ok and less, beside[k] <= n
end }
lang.case { name = "tables among them, joined", inputs = letters, f = function(name) return #(held[name] .. "x") end }
lang.case { name = "tables among them, joined behind others", inputs = lang.pairs { "a", "c", 3, true, "nil" }, f = function(name, n)
	if type(name) ~= "string" then return end
	return #("<" .. held[name] .. ">"), #(n .. "," .. held[name])
end }
lang.case { name = "tables among them, as a limit", inputs = letters, f = function(name)
	local n = 0
	for i = 1, held[name] do n = n + i end
	return n
end }
lang.case { name = "tables among them, added up", inputs = one, f = function(n)
	local sum, count = 0, 1
	for i = 4, 4 + (n & 3) do
		count = 1 + (sum & 7) * 2
		sum = sum + (i == n and summed[n] or 1) * count - summed[i & 4]
	end
	return sum, count
end }
lang.case { name = "tables among them, computed with in a loop", inputs = one, f = function(n)
	local sum = 0
	for i = 4, 4 + (n & 3) do sum = sum + (summed[i] or 1) end
	return sum
end }
lang.case { name = "tables among them, the greatest", inputs = lang.pairs { "a", "c", "d", "nil", 1, -2, true }, f = function(name, n)
	if type(name) ~= "string" or type(n) == "string" then return end
	local ok, most = pcall(function() return math.max(held[name], n) end)
	return math.min(n, held[name]), ok, ok and most
end }
lang.case { name = "tables among them, compared with a sum of them", inputs = one, f = function(n)
	local sum, least = 0, 8
	for i = 4, 4 + (n & 3) do
		if summed[i] > sum then sum = sum + summed[i] else least = math.min(summed[i], n) end
	end
	return sum, least
end }
lang.case { name = "tables in tables, added to", inputs = letters, f = function(name)
	local v = held[name]
	if type(v) == "table" then return v[1] + 1, v.e == nil end
	return v
end }
lang.case { name = "chosen by a branch, and multiplied", inputs = letters, f = function(name)
	local k
	if name == "a" then k = "b" else k = name end
	local v = held[k] or 4
	return v * 3
end }

-- Rows beside numbers, or texts, under many keys, in order without a test.
for _, size in ipairs { 40, 300, 1000 } do
	local rules, named, rows = {}, {}, {}
	for i = 1, size do
		rows[i] = { limit = i }
		rules[i] = i % 3 == 0 and rows[i] or i % 5
		named[i] = i % 3 == 0 and rows[i] or "r" .. i
	end
	local keys = lang.each { 1, 2, 3, 6, size - 1, size, size + 1, 0, -1 }
	lang.case { name = "in order, of " .. size, inputs = keys, f = function(k) return rules[k] > 3 end }
	lang.case { name = "in order, on the right, of " .. size, inputs = keys, f = function(k) return 3 <= rules[k], rules[k] < 4 end }
	lang.case { name = "in order, caught, of " .. size, inputs = keys, f = function(k)
		local ok, less = pcall(function() return rules[k] < 2 end)
		local ok2, text = pcall(function() return "r3" >= named[k] end)
		return ok, ok and less == true, ok2, ok2 and text == true
	end }
	lang.case { name = "texts in order, of " .. size, inputs = keys, f = function(k) return named[k] < "r2" end }
	lang.case { name = "in order, if there is one, of " .. size, inputs = keys, f = function(k)
		local v = rules[k]
		return v and v < 3
	end }
	lang.case { name = "in order with what may be nil, of " .. size, inputs = keys, f = function(k)
		local other = k ~= 1 and 2 or nil
		return rules[k] and other and rules[k] < other
	end }
	lang.case { name = "by what they hold, of " .. size, inputs = keys, f = function(k) return rows[k].limit > 4, rows[k].limit end }
end
lang.done()

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
lang.done()

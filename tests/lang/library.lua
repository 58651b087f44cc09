-- The library functions of kernel code, each on hostile integers and on every kind; errors and assert.
local lang = dofile "tests/lang/harness.lua"
local KINDS = lang.kinds
local ANY = { "nil", false, true, 3, bpf.ip "10.0.0.1", bpf.ip "::1", bpf.mac "02:00:00:00:00:01", "abc" }
local NO_TEXT = { "nil", false, true, 3, bpf.ip "10.0.0.1", bpf.ip "::1", bpf.mac "02:00:00:00:00:01" }

-- ---- math ----

lang.case { name = "math.max, min, ult", inputs = lang.pairs(), f = function(a, b)
	return math.max(a, b), math.min(a, b, 3), math.ult(a, b)
end }
lang.case { name = "math.max and min of many", inputs = lang.pairs(), f = function(a, b)
	return math.max(a, a), math.max(b, a, 7, a - b, 0), math.min(-1, b, a ~ b, a)
end }
lang.case { name = "math.abs, tointeger, type", inputs = lang.each(), f = function(a)
	return math.abs(a), math.tointeger(a), math.type(a) == "integer"
end }
lang.case { name = "math.fmod", inputs = lang.pairs(), f = function(a, b) return math.fmod(a, b) end }
for _, k in ipairs { 1, -1, 2, 7, -7, math.mininteger, math.maxinteger } do
	lang.case { name = "math.fmod with " .. k, inputs = lang.each(), f = function(a)
		if a == 0 then return math.fmod(a, k) end
		return math.fmod(a, k), math.fmod(k, a)
	end }
end
lang.case { name = "math.max and min of one", inputs = lang.each { "nil", false, true, 3 }, f = function(a)
	return math.max(a), math.min(a or 16) == 16, math.max(a) == nil
end }
lang.case { name = "math.max of any kind", inputs = lang.pairs(NO_TEXT), f = function(a, b) return math.max(a, b) end }
lang.case { name = "math.min of any kind", inputs = lang.pairs(NO_TEXT), f = function(a, b) return math.min(a, b) end }
lang.case { name = "math.ult of any kind", inputs = lang.pairs(NO_TEXT), f = function(a, b) return math.ult(a, b) end }
-- which of two wrong arguments is named is up to the compiler of Lua
lang.case { name = "math.fmod of any kind", inputs = lang.pairs({ 7 }, NO_TEXT), f = function(a, b) return math.fmod(a, b) end }
lang.case { name = "math.abs of any kind", inputs = lang.each(NO_TEXT), f = function(a) return math.abs(a) end }
lang.case { name = "math.tointeger of any kind", inputs = lang.each(NO_TEXT), f = function(a) return math.tointeger(a) end }
lang.case { name = "math.type of any kind", inputs = lang.each(ANY), f = function(a)
	return math.type(a) == "integer", math.type(a) == nil, math.type(a) == "float"
end }
lang.case { name = "limits", inputs = lang.each(), f = function(a)
	return a == math.maxinteger, a == math.mininteger, math.maxinteger + 1 == math.mininteger
end }
lang.case { name = "folded", f = function()
	return math.max(3, 4, -1), math.fmod(-7, 3), math.ult(-1, 1)
end }

-- ---- type ----

lang.case { name = "type", inputs = lang.each(ANY), f = function(a)
	return type(a) == "nil", type(a) == "number", type(a) == "boolean"
end }
lang.case { name = "type picks a branch", inputs = lang.each(NO_TEXT), f = function(a)
	if type(a) == "number" then return a + 1 end
	if type(a) == "nil" then return nil end
	return type(a) == type(true)
end }

-- ---- error ----

lang.case { name = "error where it is", inputs = lang.each { 1, 9 }, f = function(a)
	if a > 5 then error("big") end
	return a
end }
lang.case { name = "error, level 0 and 1", inputs = lang.each { 1, 2, 3 }, f = function(a)
	if a == 1 then error("zero", 0) end
	if a == 2 then error("one", 1) end
	return a
end }
lang.case { name = "error, level 2", inputs = lang.each { 1, 9 }, f = function(a)
	local function check(x)
		if x > 5 then error("big", 2) end
		return x
	end
	local y = check(a)
	return y
end }
lang.case { name = "error, level 2 and 3 through functions", inputs = lang.each { 1, 2, 3 }, f = function(a)
	local function low(x, level2)
		if x > 1 then
			if level2 then error("two", 2) end
			error("three", 3)
		end
		return x
	end
	local function high(x)
		local y = low(x, x == 2)
		return y
	end
	local z = high(a)
	return z
end }
lang.case { name = "on_error is the verdict", on_error = bpf.TX, inputs = lang.each(KINDS), f = function(a)
	return a + 1
end }

-- ---- assert ----

lang.case { name = "assert with a text", inputs = lang.each(KINDS), f = function(a)
	local x, y = assert(a, "must")
	return x, y == "must"
end }
lang.case { name = "assert alone", inputs = lang.each(KINDS), f = function(a) return assert(a) end }
lang.case { name = "assert gives all it got", inputs = lang.pairs(KINDS), f = function(a, b)
	local x, _, z = assert(a, "x", b)
	local v = assert(a, "y", b)
	return x, z, v
end }
lang.case { name = "assert of a comparison", inputs = lang.pairs(), f = function(a, b)
	assert(a < b, "not below")
	return b - a
end }

-- ---- bpf.* ----

local seen = bpf.map { "array", name = "lang_seen", key = "u32", value = "u64", entries = 1 }
lang.case { name = "bpf.ktime goes on", see = { seen }, want = { { true, true } }, f = function()
	local a = bpf.ktime()
	local b = bpf.ktime()
	return b >= a, a > 0
end }
lang.case { name = "bpf.cpu and bpf.random", see = { seen }, want = { { true, true, true } }, f = function()
	local cpu, r = bpf.cpu(), bpf.random()
	return cpu >= 0 and cpu < 4096, r >= 0 and r <= 0xffffffff, cpu == bpf.cpu()
end }
lang.case { name = "bpf.ip of text and of integers", inputs = lang.each { 0, 1, 0x0a000001, 0xffffffff, 1 << 32, -1 },
	only_integers = true, f = function(n)
		local a = bpf.ip(n)
		return a:int(), a == bpf.ip("10.0.0.1"), a:byte(1)
	end }
lang.case { name = "bpf.mac of integers", only_integers = true,
	inputs = lang.each { 0, 1, 0x0200000000a7, 0xffffffffffff, 1 << 48, -1, math.mininteger }, f = function(n)
		local a = bpf.mac(n)
		return a:int(), a == bpf.mac("02:00:00:00:00:a7"), a:byte(1), a:byte(6), a == bpf.mac(0x0200000000a7)
	end }
lang.case { name = "bpf.ip and bpf.mac of what may be none", inputs = lang.each { "nil", true, false, 0, 0x0a000001, 1 << 32, 1 << 48 },
	f = function(v)
		local ok, what = pcall(function() return bpf.mac(v) == bpf.mac(0x0a000001) end)
		return ok, ok and what, bpf.ip(v):int()
	end }
lang.case { name = "bpf.mac and bpf.ip of integers that do not fit, for nothing", only_integers = true,
	inputs = lang.each { 7, 1 << 40, 1 << 48 }, f = function(n)
		local ok = pcall(function()
			local _ = bpf.mac(n)
			_ = n < 1 << 40 and bpf.ip(n)
		end)
		local _ = bpf.ip(n)
		return ok
	end }
lang.case { name = "bpf.mac, bpf.ip, bpf.cidr of constants", f = function()
	local m, i = bpf.mac("02:00:00:00:00:07"), bpf.ip("2001:db8::5")
	return m:int(), i:byte(16), i:within(bpf.cidr("2001:db8::/32"))
end }

-- ---- methods of addresses ----

local V4, V6, MACS = {}, {}, {}
for _, a in ipairs(lang.addresses) do
	local t = a:byte(16) and V6 or a:byte(6) and MACS or V4
	t[#t + 1] = a
end
lang.case { name = "int", inputs = lang.each(lang.addresses), f = function(a) return a:int() end }
lang.case { name = "byte", inputs = lang.pairs(lang.addresses, { 0, 1, 3, 4, 5, 6, 7, 8, 9, 16, 17, -1, 1 << 40 }),
	f = function(a, i) return a:byte(i), a:byte(2), a:byte(16) end }
lang.case { name = "a byte outside an address is nil, not nothing",
	inputs = lang.pairs(lang.addresses, { 0, 1, 9, 17 }),
	f = function(a, i) return #tostring(a:byte(i)), select("#", a:byte(17)) end }
lang.case { name = "within", inputs = lang.each(lang.addresses), f = function(a)
	return a:within("10.0.0.0/8"), a:within("10.0.0.1/32"), a:within("0.0.0.0/0")
end }
local nets = { bpf.cidr "10.0.0.0/8", bpf.cidr "2001:db8::/32", bpf.cidr "192.168.0.0/16" }
local private = nets[1]
lang.case { name = "has", inputs = lang.each(lang.addresses), f = function(a)
	return private:has(a), bpf.cidr("2001:db8::/32"):has(a), bpf.cidr("0.0.0.0/0"):has(a)
end }
lang.case { name = "has, of a list", inputs = lang.each(lang.addresses), f = function(a)
	for i, net in ipairs(nets) do
		if net:has(a) then return i end
	end
end }
lang.case { name = "has, of what is no address", inputs = lang.each { "nil", false, 5, bpf.ip "10.1.2.3" }, f = function(a)
	local ok, yes = pcall(function() return private:has(a) end)
	return ok, ok and yes, private:has(a)
end }
lang.case { name = "within, IPv6", inputs = lang.each(lang.addresses), f = function(a)
	return a:within("2001:db8::/32"), a:within("2001:db8::/65"), a:within("::/0")
end }
lang.case { name = "addresses compared and swapped", inputs = lang.pairs(lang.addresses), f = function(a, b)
	local x, y = a, b
	for _ = 1, 3 do x, y = y, x end
	return x == b, y == a, x ~= y
end }
lang.case { name = "addresses or nil", inputs = lang.pairs({ "nil", table.unpack(V4) }, { false, table.unpack(V6) }),
	f = function(a, b)
		local c = a or b
		return c == a, c == b, c and c:byte(1)
	end }
local these, those = { x = 1 }, { x = 1 }
lang.case { name = "rawequal", inputs = lang.pairs { 0, 1, true, "nil" }, f = function(a, b)
	if a == 0 then return rawequal(a, b), (rawequal(b, nil)) end
	local s = b and "x" or a
	return rawequal(these, these), rawequal(these, those), rawequal(s, "x")
end }
lang.case { name = "rawequal in a loop, of what may be of several kinds", inputs = lang.pairs { 1, 2, 3, "nil", true }, f = function(a, b)
	local n = 0
	for i = 1, 3 do
		if rawequal(i, b) or rawequal(a, b) then n = n + i end
	end
	return n, not rawequal(n, 3)
end }
lang.done()

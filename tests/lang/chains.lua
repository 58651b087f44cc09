-- One value compared with one constant after the other: `or` chains, elseif chains, captured tables. Long ones
-- become trees (src/opt/trees.c), which know no signs: constants are of both, and close to where they turn.
local lang = dofile "tests/lang/harness.lua"
local min, max = math.mininteger, math.maxinteger

-- The same functions each time.
local seed = 20
local function draw(n)
	seed = (seed * 1103515245 + 12345) & 0x7fffffff
	return seed // 65536 % n + 1
end

local hostile = { min, min + 1, min + 2, -4294967297, -4294967296, -2147483649, -2147483648, -65536, -256, -3, -2, -1, 0,
	1, 2, 3, 4, 5, 6, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2147483647, 2147483648, 4294967295,
	4294967296, max - 1, max }
local inputs = lang.each(hostile)

local function constant()
	local k = hostile[draw(#hostile)]
	return k == min and "math.mininteger" or tostring(k)
end

local function make(text) return assert(load(text, "=chain")) end

for n = 3, 15, 3 do
	local ors = {}
	for i = 1, n do ors[i] = "n == " .. constant() end
	lang.case { name = n .. " joined by or", inputs = inputs,
		f = make("return function(n) return " .. table.concat(ors, " or ") .. " end")() }
end

local signs = { "==", "==", "==", "~=", "<", "<=", ">", ">=" }
local takes = { ["of any size"] = "n", ["of a byte"] = "n & 255", ["of 32 bits"] = "n & 0xffffffff",
	["of few values"] = "n & 7", ["shifted"] = "n >> 1" }
for _, how in ipairs { "of any size", "of a byte", "of 32 bits", "of few values", "shifted" } do
	for n = 4, 16, 4 do
		local text = { "return function(n) local x = " .. takes[how] }
		for i = 1, n do
			text[#text + 1] = ("%s x %s %s then return %d"):format(i > 1 and "elseif" or "if", signs[draw(#signs)],
				constant(), draw(4))
		end
		text[#text + 1] = "end return 0 end"
		lang.case { name = n .. " joined by elseif, " .. how, inputs = inputs, only_integers = true,
			f = make(table.concat(text, "\n"))() }
	end
end

local text = { "return function(n) local x = n & 1023" }
for i = 1, 300 do text[#text + 1] = ("%s x == %d then x = %d"):format(i > 1 and "elseif" or "if", i * 3, i % 7) end
text[#text + 1] = "end return x end"
lang.case { name = "more than one tree holds", only_integers = true,
	inputs = lang.each { 0, 2, 3, 4, 299, 300, 301, 765, 767, 768, 769, 771, 774, 897, 899, 900, 901, 1023, -1 },
	f = make(table.concat(text, "\n"))() }

lang.case { name = "values of any kind", inputs = lang.each(lang.kinds), f = function(v)
	if v == nil then return 1 elseif v == 1 then return 2 elseif v == false then return 3 elseif v == -1 then return 4
	elseif v == math.mininteger then return 5 elseif v == true then return 6 elseif v == 0 then return 7 end
	return 8
end }

lang.case { name = "errors on the way are raised by the arm that is taken", inputs = inputs, f = function(n)
	local t
	if n > 5 and n < 65536 then t = n end
	if n == 1 then return t + 2
	elseif n == -1 then error "one below"
	elseif n == 5 then return t + 1
	elseif n == math.mininteger then error "the least"
	elseif n == math.maxinteger then return t < 1
	elseif n == 3 then return -t
	end
	return n
end }

lang.case { name = "what happens between two questions happens", inputs = inputs, f = function(n)
	local asked = 0
	local function is(k) asked = asked + 1 return n == k end
	local found = is(1) or is(-1) or is(5) or is(255) or is(65536) or is(math.mininteger) or is(0)
	return found, asked
end }

lang.case { name = "the same constant twice", inputs = inputs, only_integers = true, f = function(n)
	if n == 1 then return 10 elseif n == 2 then return 20 elseif n == 1 then return 30 elseif n == 3 then return 40
	elseif n == 2 then return 50 elseif n == 4 then return 60 elseif n ~= 5 then return 70 elseif n == 6 then return 80 end
	return 90
end }

lang.case { name = "in a loop, of what it changes", inputs = lang.each { 0, 1, 5, 20, 64 }, only_integers = true,
	f = function(n)
		local sum = 0
		for i = n & 63, -3, -1 do
			if i == 1 or i == 2 or i == 3 or i == 5 or i == 8 or i == 13 or i == -1 then sum = sum + i
			elseif i == 21 then sum = sum * 2 elseif i == -2 then sum = sum + 100 end
		end
		return sum
	end }

lang.case { name = "in a loop, of what it does not", inputs = inputs, only_integers = true, f = function(n)
	local sum = 0
	for i = 1, 20 do
		if n == i or n == 255 or n == -1 or n == 65536 or n == -2147483648 or n == 2147483648 then sum = sum + i end
		if n == 1 then sum = sum + 1 elseif n == 2 then sum = sum + 2 elseif n == 3 then sum = sum + 3
		elseif n == 4 then sum = sum + 4 elseif n == 5 then sum = sum + 5 elseif n == 6 then break end
	end
	return sum
end }

local addresses = { bpf.ip "10.0.0.1", bpf.ip "10.0.0.2", bpf.ip "0.0.0.0", bpf.ip "255.255.255.255" }
local list = {}
for i = 1, 20 do list[bpf.ip("192.0.2." .. i * 7)] = i end
for i, a in ipairs(addresses) do list[a] = -i end
lang.case { name = "addresses", inputs = lang.each(lang.addresses), f = function(a) return list[a] end }
lang.case { name = "addresses made of numbers", inputs = inputs, only_integers = true, f = function(n)
	return list[bpf.ip(n & 0xffffffff)], list[bpf.ip(0xc0000200 + (n & 63))]
end }

local numbers = {}
for i, k in ipairs(hostile) do numbers[k] = i % 5 > 0 and i or nil end
lang.case { name = "a captured table", inputs = inputs, f = function(n) return numbers[n] end }
lang.case { name = "a captured table of keys of all kinds", inputs = lang.each(lang.kinds), f = function(v)
	return v ~= nil and numbers[v]
end }
local doubled = {}
for i = 1, 40 do doubled[i] = i * 2 end
lang.case { name = "a list", inputs = lang.each { 0, 1, 2, 20, 39, 40, 41, -1, min, max }, only_integers = true,
	f = function(n) return doubled[n], doubled[n & 31] end }
local calls = {}
for i = 1, 9 do calls[i * i] = function(n) return n - i end end
lang.case { name = "a table of functions", inputs = lang.each { 0, 1, 4, 9, 15, 16, 81, 82, min, -1 }, only_integers = true,
	f = function(n)
		local f = calls[n]
		return f and f(n)
	end }

lang.done()

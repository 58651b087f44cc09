-- Lists whose keys are known by what made them and by tests of them: bytes, their high bits, parts, and the least of several.
local lang = dofile "tests/lang/harness.lua"
local words = { 10, 21, 32, 43, 54, 65, 76, 87 }
local from_zero = { [0] = 7, 6, 5, 4, 3, 2, 1, 0 }
local holes = { 1, 2, nil, 4, 5, nil, 7, 8 }
local inputs = lang.pairs { 0, 1, 7, 8, 9, 31, 32, 127, 128, 224, 255, 256, -1, math.mininteger, math.maxinteger }

local function case(name, f) lang.case { name = name, inputs = inputs, f = f } end

case("the high bits of a byte", function(a, b)
	local t, x = { 1, 2, 3, 4, 5, 6, 7, 8 }, a & 0xff
	t[(x >> 5) + 1] = t[(x >> 5) + 1] + (b & 7)
	return t[1] + t[2] * 10 + t[8] * 100 + words[(x >> 5) + 1] + from_zero[x >> 5]
end)
case("counted by high bits, from nothing", function(a, b)
	local t = {}
	for i = 1, 4 do
		local k = ((a + i * b) & 0xff) >> 6
		t[k] = (t[k] or 0) + i
	end
	return (t[0] or -1) + (t[1] or -2) * 16 + (t[2] or -3) * 256 + (t[3] or -4) * 4096
end)
case("parts", function(a, b)
	local t, x = { 1, 2, 3, 4, 5, 6, 7, 8 }, a & 0xff
	t[x // 32 + 1] = b
	return t[1] == b, t[8] == b, t[(x // 32 + 1) % 8 + 1], words[x // 32 + 1]
end)
case("parts of what may be negative", function(a, b)
	local t = { 1, 2, 3, 4, 5, 6, 7, 8 }
	local x = a // 32 + 1
	if x <= 8 then return t[x], words[x], holes[x] end
	return words[b // 32 + 1]
end)
case("high bits of what may be negative", function(a, b)
	local t = { 1, 2, 3, 4, 5, 6, 7, 8 }
	return t[(a >> 61) + 1] + words[(b >> 61) + 1], t[a >> 63], words[b >> 62], holes[(a >> 61) + 1]
end)
case("between two tests", function(a, b)
	local t = { 1, 2, 3, 4, 5, 6, 7, 8 }
	if a >= 1 and a <= 8 then
		t[a] = t[a] + 100
		if b > 0 and b < 9 then t[b] = t[b] + t[a] end
	end
	if a < 1 or a > 9 then return t[1] + t[8] end
	return words[a], holes[a], t[a]
end)
case("a test from one side", function(a, b)
	local t = { 1, 2, 3, 4, 5, 6, 7, 8 }
	local x, y, z
	if a <= 8 then x = t[a] end
	if a >= 1 then y = t[a] end
	if not (b < 0) and b ~= 0 then z = words[b] end
	return x, y, z
end)
case("a test in one turn", function(a, b)
	local t, sum = { 1, 2, 3, 4, 5, 6, 7, 8 }, 0
	for i = -1, 10 do
		local k = i + (a & 3)
		if k >= 1 and k <= 8 then sum = sum * 3 + t[k] + words[k] end
		if i == b & 7 then t[(a & 0x70) >> 4] = 9 end
	end
	return sum
end)
case("the least", function(a, b)
	local t, sum = { 1, 2, 3, 4, 5, 6, 7, 8 }, 0
	local x = a & 0xff
	t[math.min(x, 7) + 1] = b
	for n = 0, 20 do sum = sum * 3 + (words[math.min(n, 7) + 1] + n) end
	for n = 5, -3, -2 do sum = sum + (t[math.min(n, x)] or 1) end
	return sum, words[math.min(x, 3, b & 7) + 1], words[math.min(a, 7) + 1]
end)
case("tested in another variable", function(a, b)
	local t = { 1, 2, 3, 4, 5, 6, 7, 8 }
	local k = b > 3 and a or 5
	if k < 1 or k > 8 then k = 1 end
	t[k] = t[k] + 1
	return t[1] * 100 + t[5] * 10 + t[8], words[k]
end)
case("by nil or a number", function(a, b)
	local t, k = { 1, 2, 3, 4, 5, 6, 7, 8 }, nil
	if b > 0 then k = (a & 0xff) >> 5 end
	if k then t[k + 1] = 0 end
	return t[1] + t[8] * 10, k and words[k + 1]
end)

-- Filled by a loop over constants, then changed by numbers known only at run time.
case("a histogram", function(a, b)
	local bins, n = {}, 0
	for i = 1, 20 do bins[i] = 0 end
	for i = 0, 9 do
		local k = (a + i * b) % 20 + 1
		bins[k] = bins[k] + i
	end
	for i, v in ipairs(bins) do n = n * 3 + i * v end
	return n, #bins
end)
case("from 0, down, and by two", function(a, b)
	local t, u, w = {}, {}, {}
	for i = 0, 7 do t[i] = i end
	for i = 8, 1, -1 do u[i] = a & 15 end
	for i = 1, 9, 2 do w[i] = b end
	t[a & 7] = b
	u[(b & 7) + 1] = 3
	return t[b & 7], u[(a & 7) + 1], w[a & 15], u[8] + t[0], w[2]
end)
local gives = { [0] = { a = 1, f = function(x) return x + 1 end }, { a = 2, f = function(x) return x * 2 end },
	{ a = 5, f = function(x) return x end }, { a = 7, f = function(x) return x ~ 5 end } }
case("filled by what one of several functions gives", function(a, b)
	local t, u = {}, {}
	for i = 1, 3 do t[i] = gives[a & 3].f(b) end
	for i = 3, 1, -1 do u[i] = gives[b & 3].f(a) end
	u.n = 7
	return t[2], u[2], u.n
end)
case("no turn, and one", function(a, b)
	local t, u = { 1, 2 }, {}
	for i = 5, 1 do t[i] = a end
	for i = 3, 3 do u[i] = b end
	return t[1], #t, u[3], u[a & 3]
end)
case("filled anew with each turn", function(a, b)
	local n = 0
	for i = 1, 5 do
		local t = {}
		for k = 1, 4 do t[k] = i end
		t[(a & 3) + 1] = b
		for k = 1, 4 do n = n * 3 + t[k] end
	end
	return n
end)
case("filled twice, and left behind", function(a, b)
	local t = {}
	for k = 1, 4 do t[k] = a end
	local x = t[(b & 3) + 1]
	for k = 1, 6 do t[k] = k end
	for k = 1, 6 do t[k] = t[k] + 1 end
	return x, t[(a & 3) + 1], #t, t[6]
end)

case("what was filled before", function(a, b)
	local f, s = { 1, a & 15 }, { [0] = b & 7 }
	for i = 3, 10 do f[i] = f[i - 1] + f[i - 2] end
	for i = 1, 8 do s[i] = s[i - 1] * 3 + (i == 4 and a & 1 or i) end
	return f[10], f[(b & 7) + 1] + s[8], s[a & 7] - s[b & 3]
end)
case("filled, and left before the end", function(a, b)
	local t, n, last = {}, 0
	for i = 1, 8 do
		local v = a >> (7 * i) & 127
		last = i
		if v == b & 7 then break end
		t[i] = v
	end
	for i = 1, 8 do n = n * 3 + (t[i] or -1) end
	return n, last, t[(a & 7) + 1]
end)
case("filled where it is odd, by others", function(a, b)
	local t, u, n = {}, {}, 0
	for i = 1, 6 do
		if i & 1 == a & 1 then t[i] = b end
		u[i] = i > 3 and t[i - 3] or i
	end
	for i = 1, 6 do n = n * 3 + (t[i] and 1 or 0) + (u[i] == b and 3 or 7) end
	return n, u[(b & 3) + 1], t[(a & 3) + 1]
end)
case("sorted", function(a, b)
	local t, n = {}, 0
	for i = 1, 5 do t[i] = (a * i ~ b) & 31 end
	for i = 1, 4 do
		for k = 1, 5 - i do
			if t[k] > t[k + 1] then t[k], t[k + 1] = t[k + 1], t[k] end
		end
	end
	for _, v in ipairs(t) do n = n * 32 + v end
	return n, t[1], t[5]
end)

-- Keys that are constants once another loop was written out: the table has no place for them before.
case("counted by a loop over a list made later", function(a, b)
	local t, u, n, s = { 1, 2, 3 }, { a, b, a, b, a }, 0, 0
	for _, v in ipairs(u) do n = n + 1 t[n] = v end
	for k, v in pairs(t) do s = s * 7 + v + k end
	return s, #t
end)
case("counted over arguments", function(a, b)
	local function sum(...)
		local t, n, s = { 1, 2, 3 }, 0, 0
		for _, v in ipairs { ... } do n = n + 1 t[n] = v end
		for k, v in pairs(t) do s = s * 7 + v + k end
		return s
	end
	return sum(a, b, a, b, a)
end)
case("from list to list", function(a, b)
	local w, t, u = { 1, 2, 3 }, { 1, 2, 3 }, { a, b, a, b, a }
	local n, m, s = 0, 0, 0
	for _, v in ipairs(u) do n = n + 1 t[n] = v end
	for _, v in ipairs(t) do m = m + 1 w[m] = v end
	for k, v in pairs(w) do s = s * 7 + v + k end
	return s
end)
case("elements of another list", function(a, b)
	local t, u, s = { 1, 2, 3 }, { 4, 5 }, 0
	for _, k in ipairs(u) do t[k] = a end
	for k, v in ipairs(t) do s = s * 7 + v + k end
	return s
end)
case("each the other's", function(a, b)
	local t, u, n, m, s = { 1, 2, 3, 0, 0 }, { a, b, 1, 2, 3, 4 }, 0, 0, 0
	for i = 1, 2 do
		for _, v in ipairs(u) do n = n % 5 + 1 t[n] = v + i end
		for _, v in ipairs(t) do m = m % 6 + 1 u[m] = v - i end
	end
	for k, v in pairs(t) do s = s * 7 + v + k end
	return s
end)
case("its own, all there", function(a, b)
	local t, n, s = { a, b, 3, 4 }, 0, 0
	for i, v in ipairs(t) do
		n = n % 4 + 1
		if n < 4 then t[n + 1] = v + 1 end
		s = s * 7 + v
	end
	return s
end)
case("swap by another count", function(a, b)
	local t, n = { a, b, 3, 4 }, 5
	for i, v in ipairs(t) do n = n - 1 if i < n then t[i], t[n] = t[n], t[i] end end
	return t[1] + t[2] * 10 + t[3] * 100 + t[4] * 1000
end)
case("set by another count", function(a, b)
	local t, n = { a, b, 3, 4 }, 5
	for i, v in ipairs(t) do n = n - 1 if i < n then t[n] = t[i] end end
	return t[1] + t[2] * 10 + t[3] * 100 + t[4] * 1000
end)
lang.done()

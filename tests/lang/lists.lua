-- Tables that stay in the function, by number: lists, t[i], #t, pairs, ipairs, table.pack and table.unpack.
local lang = dofile "tests/lang/harness.lua"
local small = { "nil", false, true, 0, 1, 2, 3 }
local ints = lang.pairs { -1, 0, 1, 2, 3, 4, math.maxinteger }
local any = lang.pairs(small)
local function case(name, inputs, f) lang.case { name = name, inputs = inputs, f = f } end

case("by constants", any, function(a, b)
	local t = { a, b, 7 }
	return t[1], t[2.0], t[4]
end)
case("by a number", any, function(a, b)
	local t = { 10, 20, 30, [7] = a }
	return t[a], t[b]
end)
case("by what is not known", any, function(a, b)
	local t = { 10, [false] = 20, [true] = b, x = 5 }
	return t[a], t[b]
end)
case("assigned by a number", lang.pairs { 1, 2, 3 }, function(a, b)
	local t = { 0, 0, 0 }
	t[a] = t[a] + 1
	t[b] = t[b] + 1
	return t[1], t[2], t[3]
end)
case("counted in a loop", lang.pairs { 0, 1, 2, 7, 100 }, function(a, b)
	local t = { 0, 0, 0, 0 }
	for i = 0, 9 do
		local k = (a + i * b) % 4 + 1
		t[k] = t[k] + i
	end
	return t[1], t[2] * 100 + t[3], t[4]
end)
case("perhaps none, by a number", any, function(a, b)
	local t
	if a then t = { 5, 6 } end
	return t[b]
end)
case("the length", ints, function(a, b)
	a, b = a + 0, b + 0
	local t, u = { a, b }, {}
	t[3] = a + b
	return #t, #u, #{ a, n = 1 }
end)
case("appended", any, function(a, b)
	local t = {}
	t[#t + 1] = a
	if b then t[2] = b end
	local u = { 1 }
	u[#u + 1] = 2
	u[#u + 1] = #u
	return t[1], #u, u[3]
end)
case("appended in a loop over another", any, function(a, b)
	local t = { 0 }
	for i, v in ipairs { 1, a, 2, b } do t[#t + 1] = v end
	return t[1], t[2], t[5]
end)
case("filled by a loop", ints, function(a, b)
	local t, u = {}, {}
	for i = 1, 4 do t[i] = a * i + b end
	for i = 9, 1, -4 do u[i] = i + a end
	local sum = 0
	for i = 1, 4 do sum = sum * 3 + t[i] end
	return sum, u[5], u[b]
end)
case("filled by a loop, then gone over", ints, function(a, b)
	local t = {}
	for i = 1, 3 do t[i] = (a + i) % 5 end
	local most
	for i, v in ipairs(t) do if not most or v > most then most = v end end
	return most, t[1]
end)
case("the length, perhaps less", lang.pairs { nil, 1, 2 }, function(a, b)
	local t = { 7, b }
	local u = { 7, 8 }
	if a then u[3] = 9 end
	return #t, #u
end)
case("ipairs", any, function(a, b)
	local sum = 0
	for i, v in ipairs { 5, 6, 7 } do sum = sum + i * v end
	for i, v in ipairs { 1, a, b } do sum = sum * 10 + i end
	return sum
end)
case("ipairs, by words", lang.pairs { 0, 1, 2, 3 }, function(a, b)
	local t = { a, b, a + b }
	for i, v in ipairs(t) do t[i] = v * 2 end
	for i, v in ipairs(t) do if v > 3 then return i, v end end
	return t[1], t[3]
end)
case("pairs", any, function(a, b)
	local n, sum, last = 0, 0
	for k, v in pairs { x = a, y = b, 4, 5 } do
		n = n + 1
		if v then sum = sum + 1 end
		if k == "x" then last = v end
	end
	return n, sum, last
end)
case("pairs assigns and deletes", any, function(a, b)
	local t = { x = 1, y = a, z = 3 }
	for k, v in pairs(t) do
		if v == 3 then t[k] = nil elseif v == 1 then t[k] = b end
	end
	return t.x, t.y, t.z
end)
case("pairs in order", ints, function(a, b)
	local seen = 0
	for k, v in pairs { a, b, 9 } do seen = seen * 10 + k end
	return seen
end)
case("loops in loops, break", ints, function(a, b)
	local t, u, n = { 1, 2, 3 }, { a, b }, 0
	for _, x in ipairs(t) do
		for _, y in ipairs(u) do
			if y == x then break end
			n = n + y * x
		end
		if n > 50 then break end
	end
	return n
end)
case("in a loop", ints, function(a, b)
	local n = 0
	for i = 1, 3 do
		for _, v in ipairs { a, i, b } do n = n * 3 + v end
	end
	return n
end)
case("under pcall", any, function(a, b)
	local t = { 1, 2, 3 }
	local ok, n = pcall(function()
		local n = 0
		for i, v in ipairs(t) do n = n + v * a end
		return n + t[b]
	end)
	return ok, ok and n
end)
case("varargs", any, function(a, b)
	local function count(...)
		local t, n = { ... }, 0
		for i = 1, select("#", ...) do if t[i] then n = n + 1 end end
		return n, t[1], t[2]
	end
	local n, first = count(a, b, 3)
	return n, first, (count(b))
end)
case("table.pack", any, function(a, b)
	local t = table.pack(a, b, nil)
	local n = 0
	for i = 1, t.n do if t[i] == nil then n = n + 1 end end
	return t.n, n, t[2]
end)
case("table.unpack", any, function(a, b)
	local t = { a, b, 3 }
	local function sub(x, y, z) return z, y, x end
	local u = { 4, 5 }
	local p, q, r = table.unpack(u)
	if r ~= nil then return r end
	if a == 3 then return p, q, select("#", table.unpack(u)) end
	return sub(table.unpack(t, 1, 3))
end)
local known = { 7, 8, 9 }
case("table.unpack of what is captured", any, function(a, b)
	local x, y, z = table.unpack(known)
	return x, y, z
end)
case("lists of tables", any, function(a, b)
	local t = { { n = a }, { n = b }, { n = 3 } }
	local nils = 0
	for _, e in ipairs(t) do
		if e.n == nil then nils = nils + 1 end
		e.n = e.n or 5
	end
	return nils, t[1].n, t[2].n
end)
case("tables of lists", ints, function(a, b)
	local t = { of = { a + 0, b + 1 }, n = 2 }
	t.of[2] = t.of[2] + t.n
	return #t.of, t.of[1], t.of[2]
end)
case("of two ways", ints, function(a, b)
	local t
	a, b = a + 0, b + 0
	if a > b then t = { a, b } else t = { b, a, 0 } end
	local sum = 0
	for i, v in ipairs(t) do sum = sum + i * v end
	return sum, t[a], #t
end)
case("lists in lists in loops", lang.pairs { 0, 1, 2, 3 }, function(a, b)
	local grid = { { a, b }, { b, a }, { 1, 2 } }
	local sum = 0
	for y, row in ipairs(grid) do
		for x, v in ipairs(row) do
			row[x] = v + x * y
			if v == 3 then break end
		end
		sum = sum * 10 + row[1] + row[2]
	end
	return sum, grid[a % 3 + 1][b % 2 + 1]
end)
case("row by number", lang.pairs { 0, 1, 2, 3 }, function(a, b)
	local g = { { n = a }, { n = b }, { n = 7 } }
	local r = g[a]
	if r then return r.n, r == g[1] end
	return r
end)
case("queue", lang.pairs { 0, 1, 2, 3 }, function(a, b)
	local q, head, tail = { 0, 0, 0, 0 }, 1, 1
	for i = 1, 3 do q[tail] = a * i + b tail = tail + 1 end
	local s = 0
	while head < tail do s = s * 3 + q[head] head = head + 1 end
	return s
end)
case("state machine", lang.pairs { 0, 1, 2, 3 }, function(a, b)
	local s = { at = "idle", n = 0 }
	for i = 1, 6 do
		if s.at == "idle" and i > a then s = { at = "run", n = s.n + 1 }
		elseif s.at == "run" and (i + b) % 3 == 0 then s = { at = "idle", n = s.n * 2 } end
	end
	return s.at == "run", s.n
end)
case("error in the middle", lang.pairs { 0, 1, 2, 3 }, function(a, b)
	local t = { 1, 2, 3 }
	local ok, e = pcall(function()
		for i, v in ipairs(t) do
			t[i] = v * 2
			if i == a then error({ at = i }) end
		end
	end)
	return ok, t[1] * 100 + t[2] * 10 + t[3], not ok and e.at
end)
case("counters by name", lang.pairs { 0, 1, 2, 3 }, function(a, b)
	local c = { tcp = 0, udp = 0, other = 0 }
	for i = 1, 4 do
		local k = i == a and "tcp" or i == b and "udp" or "other"
		c[k] = c[k] + i
	end
	return c.tcp, c.udp, c.other
end)
case("held list, changed", lang.pairs { 0, 1, 2, 3 }, function(a, b)
	local outer = { list = { { w = a }, { w = b }, { w = 3 } } }
	local last, sum = nil, 0
	for _, r in ipairs(outer.list) do
		local t = { w = r.w }
		if last then last.w = last.w + t.w sum = sum + last.w end
		t.w = t.w * 2
		last = t
		r.w = 9
	end
	return sum, last.w, outer.list[2].w
end)
case("closure over list", lang.pairs { 0, 1, 2, 3 }, function(a, b)
	local t = { 0, 0 }
	local function inc(i) t[i] = t[i] + 1 return t[i] end
	inc(1) inc(2)
	if a > b then inc(2) end
	return t[1], t[2], inc(1)
end)
-- Keys between two bounds: what is assigned by them leaves the list full, and its length what it was.
local some = lang.pairs { -7, 0, 1, 2, 3, 4, 5, math.maxinteger, math.mininteger }
case("the three greatest", some, function(a, b)
	local top = { 3, 2, 1 }
	for k = 1, 2 do
		local n, at = (k == 1 and a or b) + 0, nil
		for i = 1, 3 do if n > top[i] then at = i break end end
		if at then
			for i = 3, at + 1, -1 do top[i] = top[i - 1] end
			top[at] = n
		end
	end
	local x, y, z = table.unpack(top)
	return x, y, #top * 100 + z
end)
case("sorted by exchanges", some, function(a, b)
	local t = { 3, a + 0, 1, b + 0, 2 }
	for i = 1, 4 do
		for j = 1, 5 - i do
			if t[j] > t[j + 1] then t[j], t[j + 1] = t[j + 1], t[j] end
		end
	end
	return t[1], t[2], t[#t]
end)
case("masked, shifted and divided keys", some, function(a, b)
	local t = { 10, 20, 30, 40 }
	t[(a & 3) + 1] = t[(b >> 62) + 1] + 1
	t[4 - b % 4] = t[a % 4 + 1] + 2
	return #t, t[1] + t[2] * 100, t[3] + t[4] * 100
end)
case("keys to one side of a list", some, function(a, b)
	local t = { 10, 20, 30, 40 }
	local r = t[(a & 3) - 1]
	return r, t[b % 3 + 3], t[a % 4 - 9]
end)
case("a key by two ways", some, function(a, b)
	local t, at = { 1, 2, 3 }, nil
	if a > 2 then at = 3 elseif a > 0 then at = 1 end
	if at then t[at] = t[4 - at] * 5 end
	return #t, t[1], t[at or 2]
end)
case("loops that end at once, or step over their limit", some, function(a, b)
	local t = { 1, 2, 3, 4, 5 }
	for i = 1, (a & 7) - 2, 2 do if i < 6 then t[i] = t[i] + 1 end end
	for i = 5, (b & 3) + 2, -3 do t[i] = t[i - 1] end
	return t[1] + t[2] * 10, t[3] + t[4] * 10, t[5]
end)
case("holes by bounded keys", some, function(a, b)
	local t = { 1, 2, 3, 4 }
	if a == 1 then t[(b & 1) + 1] = nil end
	return t[1], t[2], t[(b & 1) + 1]
end)
case("counted into an empty table", some, function(a, b)
	local h = {}
	for i = 1, 4 do
		local c = a + i * b
		h[c & 3] = (h[c & 3] or 0) + i
	end
	return h[0], (h[1] or 0) * 100 + (h[2] or 0), h[3]
end)
case("room for what a remainder may be", some, function(a, b)
	local h, n = { x = 1 }, 0
	h[a % 5 - 2] = 7
	h[b >> 61] = 8
	for k, v in pairs(h) do n = n + v end
	return n, h[-2], h[7]
end)
case("room behind a list", some, function(a, b)
	local t = { 1, 2 }
	if a & 7 < 3 then t[a & 7] = 5 end
	return t[1], t[2], t[b & 7]
end)
case("ring buffer by its own length", some, function(a, b)
	local ring, head = { 0, 0, 0, 0 }, 0
	for i = 1, 6 do
		ring[head % #ring + 1] = a + i * b
		if i ~= 3 then head = head + 1 end
	end
	return ring[1] - ring[2], ring[3] - ring[4], #ring + head % #ring
end)
case("ring buffers, one of several", some, function(a, b)
	local x, y = { 1, 2, 3 }, { 4, 5, 6 }
	local at, sum = a & 7, 0
	for i = 1, 4 do
		local r = i & 1 == b & 1 and x or y
		r[at % #r + 1] = i * 10
		sum = sum * 7 + r[#r - at % #r]
		at = at + 1
	end
	return sum, #x + #y
end)
case("a ring made anew in a loop", some, function(a, b)
	local sum = 0
	for i = 1, 3 do
		local r = { i, i * 2, i * 3 }
		for k = 1, 4 do r[(a + k) % #r + 1] = i + k + (b + k) % #r end
		sum = sum * 11 + r[1] + r[#r]
	end
	return sum
end)
case("counted and read through its length", some, function(a, b)
	local t = { 0, 0, 0, n = 0 }
	for i = 1, 5 do
		local k = (a + i * b) % #t
		t[#t - k] = i
		t.n = t.n + #t
		t[0 - k] = i
	end
	local x, y, z = table.unpack(t, 1, 3)
	return x * 100 + y * 10 + z, t.n, t[0]
end)
case("appended under conditions", any, function(a, b)
	local t = {}
	if a then t[#t + 1] = 1 end
	if b then t[#t + 1] = 2 end
	if a == b then t[#t + 1] = a end
	local n = #t
	t[#t + 1] = 9
	return n, t[1], #t * 10 + (t[#t] or 0)
end)
case("appended to a list, and by either name", any, function(a, b)
	local t = { 5, 6, n = 0 }
	local u = a and t or { 7 }
	if b then u[#u + 1] = b end
	if a == 1 then u[#u + 1] = 4 end
	u.n = #u
	return #u, u[3], table.unpack(u, 1, 2)
end)
local total = bpf.map { "array", name = "total", key = "u32", value = "u64", entries = 4 }
lang.case { name = "over maps, in a list", inputs = lang.pairs { 0, 1, 2 }, see = { total }, f = function(a, b)
	for i, v in ipairs { a, b, 4 } do total:add(i, v) end
	return total[1]
end }

-- ---- set on some of the ways: none of them leaves a hole ----

local ways = lang.pairs { 0, 1, 2, -3, "nil", true }
lang.case { name = "several elements on one way", inputs = ways, f = function(c, d)
	local t = {}
	if c then t[1], t[2] = c, d and 1 or 2 end
	return #t
end }
lang.case { name = "one after the other on one way", inputs = ways, f = function(c, d)
	local t = {}
	if c then t[1] = 1 t[2] = 4 end
	return #t
end }
lang.case { name = "more elements on one way", inputs = ways, f = function(c, d)
	local t = { 1 }
	if c then t[2], t[3] = 5, 6 end
	return #t, t[#t]
end }
lang.case { name = "appended behind those of one way", inputs = ways, f = function(c, d)
	local t = { 1 }
	if c == 1 then t[2], t[3] = 5, 6 end
	t[#t + 1] = 9
	return #t, t[#t], t[2]
end }
lang.case { name = "on two ways", inputs = ways, f = function(c, d)
	local t = { }
	if c == 1 then t[1], t[2] = 5, 6 end
	if d == 1 then t[#t + 1] = 9 t[#t + 1] = 10 end
	return #t, t[#t], t[2]
end }
lang.case { name = "on three ways", inputs = ways, f = function(c, d)
	local t = { }
	if c == 1 then t[1], t[2] = 5, 6 elseif c == 2 then t[1], t[2], t[3] = 7, d == 1 and 8 or 0, 9 end
	local s = 0
	for i = 1, #t do s = s * 10 + t[i] end
	return s, #t
end }
case("the length of what a loop filled in order", some, function(a, b)
	local t = {}
	for i = 1, 8 do t[i] = a + i end
	return #t, t[#t], t[#t + 1]
end)
case("of what it filled up to where it was left", some, function(a, b)
	local t = {}
	for i = 1, 8 do
		if i == a & 7 then break end
		t[i] = i * 3
		if i == b & 7 then break end
	end
	return #t, t[1]
end)
case("twice, and another one in the same loop", some, function(a, b)
	local t, u = {}, { 7 }
	for i = 1, a & 3 do t[i] = 1 end
	for i = 1, b & 3 do
		t[i] = i
		u[i] = #t
	end
	return #t, #u, t[2], u[2]
end)

-- Another number goes down beside the turns of a loop, by 1 and by more: the loop is as long as it is.
case("beside what is counted down", some, function(a, b)
	local left, t = 2, {}
	for i = 1, 20 do
		left = left - 1
		t[i] = i * 2
	end
	return t[20], t[3], left
end)
case("beside what is counted down, left early", some, function(a, b)
	local left, t = 9, {}
	for i = 40, 2, -2 do
		if left == (a & 7) * -3 then break end
		t[i] = left
		left = left - 3
	end
	return t[40], t[30], t[2], left
end)
case("by as many turns as a number says that goes down", some, function(a, b)
	local left, i, t, u = 10, 1, {}, {}
	while left > 0 do
		t[i] = i
		if i > a then t[i] = b end
		left, i = left - 1, i + 1
	end
	left, i = 12, 20
	repeat
		u[i] = left
		left, i = left - 3, i + 2
	until left == 0
	return t[1], t[10], u[20], u[26], left
end)
case("table.unpack to the ends of integers", any, function(a, b)
	local t = { a, b }
	local x, y = table.unpack(t, math.maxinteger - 1, math.maxinteger)
	local v, w = table.unpack(known, math.maxinteger, math.maxinteger)
	return x, y, v, w, select("#", table.unpack(t, math.mininteger, math.mininteger + 1)),
		select("#", table.unpack(t, math.maxinteger, math.mininteger))
end)

-- Bounds of table.unpack that the table itself says.
case("unpacked up to its length", any, function(a, b)
	local t = { a or 5, b or 6 }
	local x, y, z = table.unpack(t, 1, #t)
	return x, y, z
end)
case("unpacked up to what it was packed with", any, function(a, b)
	local t = table.pack(a, nil, b)
	return table.unpack(t, 1, t.n)
end)
case("handed on", any, function(a, b)
	local function f(...)
		local t = table.pack(...)
		local n = t.n
		return table.unpack(t, 2, n)
	end
	return f(a, b, a)
end)
case("unpacked up to a field", any, function(a, b)
	local t = { n = 2, a, b, 7 }
	if a == 1 then t[2] = 9 end
	return table.unpack(t, 1, t.n)
end)

-- A variable that a function shares was tested before it is put into a list.
local function shared(name, f) case("made with a shared variable, " .. name, any, f) end
shared("appended by a function", function(a)
	local b = a
	if not b then return end
	local l = { 1, b }
	local function f() l[#l + 1] = b end
	f()
	f()
	return #l, l[4]
end)
shared("appended", function(a, c)
	local b, n = a, c
	if b == nil or n == nil then return end
	local l = { b, n }
	local function f() return n end
	l[#l + 1] = f()
	return #l, l[3], l[1]
end)
lang.done()

-- Fields of tables in a list that a loop fills, written where they lie: by number, by ipairs, by a variable that has one of them.
local lang = dofile "tests/lang/harness.lua"
local few = lang.pairs { -1, 0, 1, 2, 3, 7, 14 }
local any = lang.pairs { "nil", false, true, 0, 1, 2, 3 }
local function case(name, inputs, f) lang.case { name = name, inputs = inputs, f = f } end
local function packets(name, inputs, f, see) lang.packets { name = name, inputs = inputs, f = f, see = see } end
local function frame(text) return lang.head .. text .. ("."):rep(60 - #text) end
local texts = { frame "", frame "one two three", frame "a bb ccc dddd eeeee ffffff ggggggg h", frame "x=1 y=20 z=300 =7 w=",
	lang.head .. "/usr/local/bin" }

case("each one more, by ipairs", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 5 do t[#t + 1] = { x = a * i } end
	for i, r in ipairs(t) do r.x = r.x + b * i end
	for _, r in ipairs(t) do s = s * 3 + r.x end
	return s, #t
end)
case("by number", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 6 do t[#t + 1] = { x = i, y = b } end
	for i = 1, #t do t[i].x = t[i].x * a + (t[i - 1] and t[i - 1].x or 0) end
	for i = #t, 1, -1 do s = s * 3 + t[i].x - t[i].y end
	return s
end)
case("one that may not be there", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	for i = 1, a do t[#t + 1] = { x = i } end
	t[b].x = 9
	return t[1].x, t[b].x
end)
case("what it gets raises first", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	for i = 1, a do t[#t + 1] = { x = i } end
	t[b].x = 100 // (a - 2)
	return t[b].x
end)
case("tested first", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, a do t[#t + 1] = { x = i } end
	local r = t[b]
	if r then r.x = r.x + 10 end
	for _, q in ipairs(t) do s = s * 20 + q.x end
	return s, r and r.x
end)
case("within pcall", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	for i = 1, a do t[#t + 1] = { x = i } end
	local ok = pcall(function() t[b].x = 50 t[b + 1].x = t[b].x + 1 end)
	return ok, t[1] and t[1].x, t[2] and t[2].x
end)
case("two variables that may have the same", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	for i = 1, 4 do t[#t + 1] = { x = i } end
	local r, q = t[(a & 3) + 1], t[(b & 3) + 1]
	local before = r.x
	q.x = 70
	local after = r.x
	r.x = after + 1
	return before, after, q.x, r.x, t[(b & 3) + 1].x
end)
case("read, written through another, read", few, function(a, b)
	local t, s = {}, 0
	for i = 1, 3 do t[#t + 1] = { x = i, y = 0 } end
	for i, r in ipairs(t) do
		s = s * 5 + r.x
		if a == i then t[(b & 1) + i].x = 40 end
		s = s * 5 + r.x
		t[i].y = s
		s = s + r.y
	end
	return s
end)
case("read before a loop that writes, and in it", few, function(a, b)
	local t, s = {}, 0
	for i = 1, 3 do t[#t + 1] = { x = i + a } end
	local r = t[1]
	s = r.x
	for i = 1, 4 do
		s = s * 3 + r.x
		t[(i & b & 1) + 1].x = s & 15
	end
	return s, r.x
end)
case("what was written is read, with and without another write between", few, function(a, b)
	local t, s = {}, 0
	for i = 1, 4 do t[#t + 1] = { x = i + a } end
	for i, r in ipairs(t) do
		r.n = i * 3
		s = s * 3 + r.n
		for k = 1, 3 do
			s = s + r.n
			t[(k & b & 1) + 1].n = k
		end
		r.x = r.n
		if i > a then t[1].x = 11 end
		s = s * 3 + r.n + r.x
	end
	for _, r in ipairs(t) do s = s * 3 + r.n + r.x end
	return s
end)
case("a field that none had", few, function(a, b)
	local t, s = {}, 0
	for i = 1, 5 do t[#t + 1] = { x = i } end
	for i, r in ipairs(t) do if i > a then r.seen = i * 7 end end
	for i, r in ipairs(t) do s = s * 3 + (r.seen or b) end
	return s
end)
case("a field taken away", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 5 do t[#t + 1] = { x = i, y = i } end
	for i, r in ipairs(t) do if i ~= a then r.y = nil end end
	if t[b] and t[b].y then s = 500 end
	for i, r in ipairs(t) do s = s * 3 + (r.y or 2) end
	return s
end)
case("set where it is nil, then counted", few, function(a, b)
	local t, s = {}, 0
	for i = 1, 4 do t[#t + 1] = { x = i } end
	for i = 1, 9 do
		local r = t[(i * a & 3) + 1]
		if r.n then r.n = r.n + i else r.n = b end
	end
	for i, r in ipairs(t) do s = s * 7 + (r.n or 1) end
	return s
end)
case("values of several kinds", any, function(a, b)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { i } end
	t[1][1] = a
	t[2][1] = t[1][1] or b
	t[3][2] = t[2][1] == b
	return t[1][1], t[2][1], t[3][1], t[3][2], t[2][2]
end)
case("of those that it is made with", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = { { x = a }, { x = b, y = 1 } }, 0
	for i = 1, b do t[#t + 1] = { x = i } end
	t[1].x = t[2].x
	t[2].x = 5
	t[1].y = 3
	for i, r in ipairs(t) do s = s * 3 + r.x + (r.y or 11) end
	return s
end)
case("counted where it is there, else appended", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 12 do
		local key, known = (i * a ~ b) % 5
		for _, r in ipairs(t) do
			if r.key == key then r.n = r.n + 1 known = true end
		end
		if not known then t[#t + 1] = { key = key, n = 1 } end
	end
	for _, r in ipairs(t) do s = s * 13 + r.key * 3 + r.n end
	return s, #t
end)
case("sorted", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 6 do t[#t + 1] = { k = (i * a ~ b) & 15, at = i } end
	for i = 2, #t do
		for j = #t, i, -1 do
			if t[j].k < t[j - 1].k then
				t[j].k, t[j - 1].k = t[j - 1].k, t[j].k
				t[j].at, t[j - 1].at = t[j - 1].at, t[j].at
			end
		end
	end
	for _, r in ipairs(t) do s = s * 17 + r.k * 7 + r.at end
	return s
end)
case("made anew in each turn of another", few, function(a, b)
	a, b = a + 0, b + 0
	local s = 0
	for i = 0, 3 do
		local t = {}
		for k = b, a do t[#t + 1] = { k = k, i = i } end
		if t[2] then t[2].seen = i end
		for n, r in ipairs(t) do
			s = s * 3 + r.k - (r.seen or 8)
			r.k = s & 7
			r.seen = n
		end
		s = s * 7 + #t
	end
	return s
end)
case("appended while it is written", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = { { x = a } }, 0
	for i, r in ipairs(t) do
		if i < b then t[#t + 1] = { x = r.x + i } end
		r.x = r.x * 3
		if t[i + 1] then t[i + 1].x = t[i + 1].x + r.x end
		s = s * 3 + r.x
	end
	return #t, s
end)
case("by functions", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	local function add(n, by) t[n].x = t[n].x + by return t[n].x end
	for i = 1, 4 do t[#t + 1] = { x = i } add(i, a) end
	s = add(2, b) * 3 + add((a & 3) + 1, 1)
	for _, r in ipairs(t) do s = s * 3 + r.x end
	return s
end)
case("two lists", few, function(a, b)
	local t, u, s = {}, {}, 0
	for i = 1, 4 do
		t[#t + 1] = { x = i + a }
		u[#u + 1] = { x = i + b }
	end
	for i, r in ipairs(t) do u[i].x, r.x = r.x, u[i].x end
	for i, r in ipairs(u) do s = s * 3 + r.x - t[i].x * 2 end
	return s
end)
case("filled by its own name first", few, function(a, b)
	local t, s = {}, 0
	for i = 1, 5 do
		local r = { x = i }
		r.y = a
		if i > b then r.x = b end
		t[#t + 1] = r
		t[#t].y = t[#t].y + t[#t].x
		t[#t].x = t[#t].x + 1
	end
	for _, r in ipairs(t) do s = s * 3 + r.x + r.y end
	return s
end)

-- ---- by its own name, too ----

case("its own name behind where it was put in", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 4 do
		local r = { x = i }
		t[#t + 1] = r
		r.x = r.x + a
		t[#t].x = t[#t].x * 2
		s = s * 3 + r.x
		r.y = b
	end
	for _, r in ipairs(t) do s = s * 5 + r.x - r.y end
	return s
end)
case("its own name, while a loop writes to all", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 4 do
		local r = { x = i, n = 0 }
		table.insert(t, r)
		for k, q in ipairs(t) do
			q.n = q.n + k
			if k ~= a then r.x = r.x + q.n else q.x = r.x end
		end
		s = s * 3 + r.n + r.x
	end
	for _, r in ipairs(t) do s = s * 3 + r.x * r.n end
	return s
end)
case("its own name in some turns", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 6 do
		local r = { x = i }
		if i ~= a then
			t[#t + 1] = r
			if i > b then r.last = #t end
		else
			s = r.x
		end
	end
	for _, r in ipairs(t) do s = s * 3 + r.x * (r.last or 2) end
	return s
end)
case("its own name, by a function that adds one", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	local function add(x)
		local r = { x = x, y = b }
		t[#t + 1] = r
		return r
	end
	for i = 1, 4 do
		local r = add(i)
		r.y = r.y + a
		if i == 2 then t[1].y = r.y end
		local q = add(r.y)
		q.x, r.x = r.x, q.x
	end
	for _, r in ipairs(t) do s = s * 3 + r.x - r.y end
	return s, #t
end)
case("one put in behind the loop, by its own name", few, function(a, b)
	a, b = a + 0, b + 0
	local t, r = {}, { x = 4 }
	for i = 1, 2 do t[#t + 1] = { x = i } end
	r.x = r.x + a
	t[#t + 1] = r
	for i = 1, 3 do
		t[i].x = t[i].x + b
		r.x = r.x * 3
	end
	return t[1].x, t[2].x, t[3].x, r.x
end)
case("one put in before the loop, by its own name before that", few, function(a, b)
	a, b = a + 0, b + 0
	local t, r, s = {}, { x = 4 }, 0
	r.x = r.x + a
	t[#t + 1] = r
	for i = 1, b do t[#t + 1] = { x = i } end
	t[1].x = t[1].x + 3
	for _, q in ipairs(t) do s = s * 3 + q.x end
	return s, #t
end)
case("the same, written by its own name", few, function(a, b)
	a, b = a + 0, b + 0
	local t, r = {}, { x = 4 }
	t[#t + 1] = r
	for i = 1, b do t[#t + 1] = { x = i } end
	r.x = a
	return t[1].x, #t
end)
case("the same, read by its own name", few, function(a, b)
	a, b = a + 0, b + 0
	local t, r = {}, { x = 4 }
	t[#t + 1] = r
	for i = 1, b do t[#t + 1] = { x = i } end
	t[1].x = a
	return r.x, #t
end)

-- ---- a number that may be nil ----

case("the best of those that are not done, if any", few, function(a, b)
	a, b = a + 0, b + 0
	local t, best = {}
	for i = 1, 3 do t[#t + 1] = { x = i * a & 7, done = i >= b } end
	for i, r in ipairs(t) do
		if not r.done and (not best or r.x > t[best].x) then best = i end
	end
	t[best].done = true
	return best, t[best].x, t[1].done
end)
case("the same, what is not there within pcall", few, function(a, b)
	a, b = a + 0, b + 0
	local t, best, s = {}, nil, 0
	for i = 1, 3 do t[#t + 1] = { x = i * a & 7 } end
	for i, r in ipairs(t) do
		if r.x > b then best = i end
	end
	local ok, e = pcall(function() t[best].x = 5 end)
	for _, r in ipairs(t) do s = s * 8 + r.x end
	return ok, e == nil or #e, s
end)
case("asked for whether it is there", few, function(a, b)
	a, b = a + 0, b + 0
	local t, best = {}
	for i = 1, a do t[#t + 1] = { x = i } end
	if b > 1 then best = b end
	local r = t[best]
	if r then r.x = r.x + 10 end
	return r and r.x, t[best] == nil, #t
end)
case("in a loop that takes one after another", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 3 do t[#t + 1] = { x = i * a & 7, done = false } end
	for n = 1, b & 3 do
		local best
		for i, r in ipairs(t) do
			if not r.done and r.x < 9 and (not best or r.x > t[best].x) then best = i end
		end
		t[best].done = true
		s = s * 8 + t[best].x
	end
	return s
end)
case("a number of none, read", few, function(a, b)
	a, b = a + 0, b + 0
	local t, n = { { x = 4 } }, nil
	for i = 1, a do t[#t + 1] = { x = i } end
	if b < 3 then n = b elseif b < 7 then n = math.mininteger end
	return t[n].x
end)
packets("how often each word comes", texts, function(p)
	local t, n = {}, 0
	for w in p:sub(15):gmatch("%a+") do
		local known = false
		for _, r in ipairs(t) do
			if r.word == w then
				r.n, known = r.n + 1, true
			end
		end
		if not known then t[#t + 1] = { word = w, n = 1 } end
	end
	for i, r in ipairs(t) do n = n * 31 + #r.word * r.n end
	return n, #t
end)
packets("a text put in the place of another", texts, function(p)
	local t, n = {}, 0
	for w in p:sub(15):gmatch("%a+") do t[#t + 1] = { w = w } end
	for i, r in ipairs(t) do
		local was = r.w
		if i % 2 == 0 then r.w = was:sub(1, 1) .. "!" .. was:sub(2, 5) end
		n = n * 31 + #was * 7 + r.w:byte(2)
		if t[i - 1] then t[i - 1].w = r.w end
	end
	for i, r in ipairs(t) do n = n * 31 + #r.w + (r.w == "o!ne" and 1 or 0) end
	return n
end)
lang.done()

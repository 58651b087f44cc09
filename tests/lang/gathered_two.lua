-- Tables in lists that loops append to, by other ways: by their own names, and through several lists.
local lang = dofile "tests/lang/harness.lua"
local few = lang.pairs { -1, 0, 1, 2, 3, 5, 7 }
local function case(name, inputs, f) lang.case { name = name, inputs = inputs, f = f } end

-- ---- by their own names ----

case("put in before a loop, read by its own name", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	local p = { x = a }
	t[#t + 1] = p
	for i = 1, b do t[#t + 1] = { x = i } end
	return p.x, #t, t[#t].x
end)
case("the same, written behind", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	local p = { x = a }
	t[#t + 1] = p
	for i = 1, b do t[#t + 1] = { x = i } end
	p.x = p.x + 100
	local s = 0
	for _, r in ipairs(t) do s = s * 3 + r.x end
	return s, #t
end)
case("the same, written in the loop", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	local p = { x = a }
	t[#t + 1] = p
	for i = 1, b do t[#t + 1] = { x = i } p.x = p.x + i end
	local s = 0
	for _, r in ipairs(t) do s = s * 3 + r.x end
	return s, #t, p.x
end)
case("in the list as it is made, by its own name", few, function(a, b)
	a, b = a + 0, b + 0
	local p = { x = a }
	local t = { p }
	for i = 1, b do t[#t + 1] = { x = i } p.x = p.x + i end
	local s = 0
	for _, r in ipairs(t) do s = s * 3 + r.x end
	return s, #t, p.x
end)
case("put in by its place", few, function(a, b)
	a, b = a + 0, b + 0
	local p = { x = a }
	local t = {}
	t[1] = p
	for i = 1, b do t[#t + 1] = { x = i } p.x = p.x + i end
	local s = 0
	for _, r in ipairs(t) do s = s * 3 + r.x end
	return s, #t, p.x
end)
case("two of them, by their own names", few, function(a, b)
	a, b = a + 0, b + 0
	local p, q, s = { x = a }, { x = b, y = 4 }, 0
	local t = { p, q }
	for i = 1, b do t[#t + 1] = { x = i } q.x = q.x + p.x p.y = q.x end
	for _, r in ipairs(t) do s = s * 3 + r.x + (r.y or 5) end
	return s, #t, p.x + q.y
end)
case("one put in twice, and not written", few, function(a, b)
	a, b = a + 0, b + 0
	local p, s = { x = a }, 0
	local t = { p, p }
	for i = 1, b do t[#t + 1] = { x = i } end
	for _, r in ipairs(t) do s = s * 3 + r.x end
	return s, #t, p.x
end)
case("made in each turn, by its own name", few, function(a, b)
	a, b = a + 0, b + 0
	local s = 0
	for k = 1, 3 do
		local p = { x = a + k }
		local t = { p }
		for i = 1, b do t[#t + 1] = { x = i } p.x = p.x + i end
		t[1].x = t[1].x + 1
		for _, r in ipairs(t) do s = s * 3 + r.x end
		s = s + p.x
	end
	return s
end)
case("by its own name within pcall", few, function(a, b)
	local p, s = { x = 1 }, 0
	local t = { p }
	local ok = pcall(function() for i = 1, b do t[#t + 1] = { x = i } p.x = p.x + a end end)
	for _, r in ipairs(t) do s = s * 3 + r.x end
	return s, p.x, ok
end)
case("put in within pcall", few, function(a, b)
	local p, s, t = { x = 1 }, 0, {}
	local ok = pcall(function() t[#t + 1] = p for i = 1, b do t[#t + 1] = { x = i } p.x = p.x + a end end)
	for _, r in ipairs(t) do s = s * 3 + r.x end
	return s, p.x, ok
end)
case("a total in front", few, function(a, b)
	a, b = a + 0, b + 0
	local total = { n = 0 }
	local t = { total }
	local function add(n) total.n = total.n + n t[#t + 1] = { n = n } end
	for i = 1, b do add(i * a) end
	local s = 0
	for _, r in ipairs(t) do s = s * 3 + r.n end
	return s, total.n, #t
end)
case("what a function gives, by its name", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	local function new(n) local r = { n = n } t[#t + 1] = r return r end
	local total, odd = new(0), new(5)
	for i = 1, b do local r = new(i * a) total.n = total.n + r.n if r.n & 1 == 1 then odd.n = odd.n + 1 end end
	local s = 0
	for _, r in ipairs(t) do s = s * 3 + r.n end
	return s, total.n, odd.n
end)

-- ---- in two lists ----

case("two lists of the same tables", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd = {}, {}
	for i = 1, b do
		local p = { x = i * a }
		all[#all + 1] = p
		if i % 2 == 1 then odd[#odd + 1] = p end
	end
	local s = 0
	for _, r in ipairs(odd) do s = s * 3 + r.x end
	return s, #all, #odd
end)
case("the same, written through one of them", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd = {}, {}
	for i = 1, b do
		local p = { x = i * a }
		all[#all + 1] = p
		if i % 2 == 1 then odd[#odd + 1] = p end
	end
	for _, r in ipairs(odd) do r.x = r.x + 100 end
	local s = 0
	for _, r in ipairs(all) do s = s * 3 + r.x end
	return s, #all, #odd
end)
case("picked from another list", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd = {}, {}
	for i = 1, b do all[#all + 1] = { x = i * a } end
	for _, r in ipairs(all) do if r.x % 2 == 1 then odd[#odd + 1] = r end end
	local s = 0
	for _, r in ipairs(odd) do s = s * 3 + r.x end
	return s, #all, #odd
end)
case("side by side", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd = {}, {}
	for i = 1, b do
		local p = { x = i * a }
		all[#all + 1] = p odd[#odd + 1] = p
	end
	local s = 0
	for k, r in ipairs(all) do s = s * 3 + r.x - odd[k].x end
	return s, #all, #odd
end)
case("three lists", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd, third, s = {}, {}, {}, 0
	for i = 1, b do
		local p = { x = i * a, i = i }
		all[#all + 1] = p
		if i % 2 == 1 then odd[#odd + 1] = p else third[#third + 1] = p end
		p.y = #odd
	end
	for _, r in ipairs(odd) do r.x = r.x + 1 end
	for _, r in ipairs(third) do r.x = r.x * 2 - r.y end
	for _, r in ipairs(all) do s = s * 3 + r.x + r.y end
	return s, #odd, #third
end)
case("picked from what was picked", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd, four, s = {}, {}, {}, 0
	for i = 1, 7 do all[#all + 1] = { x = i * a, i = i } end
	for _, r in ipairs(all) do if r.i % 2 == 1 then odd[#odd + 1] = r end end
	for _, r in ipairs(odd) do if r.i % 4 == b & 3 then four[#four + 1] = r end end
	for _, r in ipairs(four) do r.x = r.x + 100 end
	for _, r in ipairs(all) do s = s * 3 + r.x end
	for _, r in ipairs(four) do s = s * 3 + r.x end
	return s, #odd, #four
end)
case("what may not be there, read", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd = {}, {}
	for i = 1, a do
		local p = { x = i }
		all[#all + 1] = p
		if i % 2 == 1 then odd[#odd + 1] = p end
	end
	return odd[b].x, #odd
end)
case("what may not be there, written", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd = {}, {}
	for i = 1, a do
		local p = { x = i }
		all[#all + 1] = p
		if i % 2 == 1 then odd[#odd + 1] = p end
	end
	odd[b].x = 40
	return all[1].x, all[#all].x
end)
case("what may not be there, within pcall", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd, s = {}, {}, 0
	for i = 1, a do
		local p = { x = i }
		all[#all + 1] = p
		if i % 2 == 1 then odd[#odd + 1] = p end
	end
	local ok = pcall(function() odd[b].x = 40 end)
	for _, r in ipairs(all) do s = s * 3 + r.x end
	return s, ok, odd[b] == nil
end)
case("tested first", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd = {}, {}
	for i = 1, a do
		local p = { x = i }
		all[#all + 1] = p
		if i % 2 == 1 then odd[#odd + 1] = p end
	end
	local r = odd[b]
	if r then r.x = r.x + 10 end
	if not odd[b + 1] then return r and r.x, #all > 0 and all[1].x end
	return odd[b + 1].x, #odd, all[#all].x
end)
case("both made in each turn", few, function(a, b)
	a, b = a + 0, b + 0
	local s = 0
	for n = 1, 3 do
		local all, odd = {}, {}
		for i = 1, b do
			local p = { x = i * n }
			all[#all + 1] = p
			if p.x % 2 == 1 then odd[#odd + 1] = p end
		end
		for _, r in ipairs(odd) do r.x = r.x + a end
		for _, r in ipairs(all) do s = s * 3 + r.x end
		s = s + #odd
	end
	return s
end)
case("one made in each turn", few, function(a, b)
	a, b = a + 0, b + 0
	local s, all = 0, {}
	for i = 1, 6 do all[#all + 1] = { x = i, n = 0 } end
	for n = 1, 3 do
		local some = {}
		for _, r in ipairs(all) do if r.x % n == b & 1 then some[#some + 1] = r end end
		for k, r in ipairs(some) do r.n = r.n + k + a end
		s = s * 3 + #some
	end
	for _, r in ipairs(all) do s = s * 3 + r.n end
	return s
end)
case("the same one twice", few, function(a, b)
	a, b = a + 0, b + 0
	local all, two, s = {}, {}, 0
	for i = 1, 3 do
		local p = { x = i }
		all[#all + 1] = p
		two[#two + 1] = p
		two[#two + 1] = p
	end
	for _, r in ipairs(two) do r.x = r.x * 2 + a end
	for _, r in ipairs(all) do s = s * 7 + r.x end
	return s, two[2].x, #two
end)
case("what may be nil", few, function(a, b)
	a, b = a + 0, b + 0
	local all, some, s = {}, {}, 0
	for i = 1, 4 do all[#all + 1] = { x = i } end
	for i = 1, 3 do some[#some + 1] = all[i * b] end
	for _, r in ipairs(some) do s = s * 7 + r.x end
	return s, #some
end)
case("what may be nil, tested", few, function(a, b)
	a, b = a + 0, b + 0
	local all, some, s = {}, {}, 0
	for i = 1, 4 do all[#all + 1] = { x = i } end
	for i = 1, 3 do
		local r = all[i * b]
		if r then some[#some + 1] = r end
	end
	for _, r in ipairs(some) do s = s * 7 + r.x end
	return s, #some
end)
case("begun with some of the other", few, function(a, b)
	a, b = a + 0, b + 0
	local p, q = { x = a }, { x = b }
	local all = { p, q }
	local some, s = { q, p }, 0
	for i = 1, b do all[#all + 1] = { x = i } end
	for i = 1, #all do if all[i].x & 1 == 1 then some[#some + 1] = all[i] end end
	for _, r in ipairs(some) do r.x = r.x + 3 end
	for _, r in ipairs(all) do s = s * 7 + r.x end
	return s, p.x, q.x
end)
case("lists with fields by name", few, function(a, b)
	a, b = a + 0, b + 0
	local all, odd, s = { n = 0 }, { sum = 0 }, 0
	for i = 1, b do
		local p = { x = i * a }
		all[#all + 1] = p
		all.n = all.n + 1
		if i % 2 == 1 then odd[#odd + 1] = p odd.sum = odd.sum + p.x end
	end
	for _, r in ipairs(odd) do s = s * 3 + r.x end
	return s, all.n, odd.sum
end)
case("the last one of each", few, function(a, b)
	a, b = a + 0, b + 0
	local all, open, s = {}, {}, 0
	for i = 1, 6 do
		if (i + a) % 3 == 0 then
			local p = { x = i, n = 0 }
			all[#all + 1] = p
			open[#open + 1] = p
		elseif #open > 0 then
			open[#open].n = open[#open].n + b
		end
	end
	for _, r in ipairs(all) do s = s * 3 + r.x * r.n end
	return s, #open
end)
case("by a function that adds to both", few, function(a, b)
	a, b = a + 0, b + 0
	local all, big, s = {}, {}, 0
	local function add(x)
		local r = { x = x }
		table.insert(all, r)
		if x > a then table.insert(big, r) end
		return r
	end
	for i = 1, 5 do local r = add(i) r.x = r.x + b end
	for _, r in ipairs(big) do r.x = r.x * 2 end
	for _, r in ipairs(all) do s = s * 3 + r.x end
	return s, #big
end)
case("the last one of the other", few, function(a, b)
	a, b = a + 0, b + 0
	local all, big, s = {}, {}, 0
	for i = 1, 5 do
		all[#all + 1] = { x = i }
		if i > b then big[#big + 1] = all[#all] end
	end
	for _, r in ipairs(big) do r.x = r.x * 2 end
	for _, r in ipairs(all) do s = s * 3 + r.x end
	return s, #big
end)
lang.done()

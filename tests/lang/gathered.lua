-- Lists of tables that loops append to, and lists for which the stack is too small: both lie in scratch memory.
local lang = dofile "tests/lang/harness.lua"
local few = lang.pairs { -1, 0, 1, 2, 3, 7, 14 }
local any = lang.pairs { "nil", false, true, 0, 1, 2, 3 }
local function case(name, inputs, f) lang.case { name = name, inputs = inputs, f = f } end
local function packets(name, inputs, f, see) lang.packets { name = name, inputs = inputs, f = f, see = see } end
local function frame(text) return lang.head .. text .. ("."):rep(60 - #text) end
local texts = { frame "", frame "one two three", frame "a bb ccc dddd eeeee ffffff ggggggg h", frame "x=1 y=20 z=300 =7 w=",
	lang.head .. "/usr/local/bin" }
local names = bpf.map { "hash", name = "names", key = "char[16]", value = "u32", entries = 64 }

-- ---- tables ----

case("gone over by ipairs", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	for i = 1, 8 do t[#t + 1] = { i, x = a * i + b } end
	local s = 0
	for k, r in ipairs(t) do s = s * 3 + r.x * k - r[1] end
	return s, #t
end)
case("some turns alone, by number", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	for i = b, a do
		if i % 3 ~= 1 then t[#t + 1] = { n = i, twice = i * 2, odd = i % 2 == 1 } end
	end
	local s = 0
	for k = 1, #t do
		s = s * 5 + t[k].n + (t[k].odd and 1 or t[k].twice)
	end
	return s, #t
end)
case("an element that may not be there", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	for i = 1, a do t[#t + 1] = { x = i * b } end
	return t[b].x, #t
end)
case("tested first", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, a do t[#t + 1] = { x = i * 7 } end
	local r = t[b]
	if r then s = r.x end
	if not t[b + 1] then s = s + 1000 end
	if t[#t] ~= nil then s = s + t[#t].x end
	return s, t[b] == nil
end)
case("within pcall", few, function(a, b)
	local t = {}
	for i = 1, a do t[#t + 1] = { x = i } end
	local ok, what = pcall(function() return t[b + 1].x + 1 end)
	return ok, ok and what
end)
case("fields that some have", few, function(a, b)
	a, b = a + 0, b + 0
	local t, n, s = {}, 0, 0
	for i = 1, 6 do
		if i == a then
			t[#t + 1] = { first = i, 5 }
		elseif i > b then
			t[#t + 1] = { second = i > 4, [2] = i }
		end
	end
	for _, r in ipairs(t) do
		if r.first then s = s * 10 + r.first end
		if r.second == nil then n = n + 1 elseif r.second then n = n + 100 end
		s = s + (r[1] or 0) + (r[2] or 70)
		if r.none then s = -1 end
	end
	return s, n
end)
case("fields assigned before", few, function(a, b)
	local t, s = {}, 0
	for i = 1, 5 do
		local r = { x = i }
		r.y = r.x * a
		if i > b then r.y = nil r.z = b end
		t[#t + 1] = r
	end
	for k = #t, 1, -1 do s = s * 3 + (t[k].y or 50) - (t[k].z or t[k].x) end
	return s
end)
case("by a function, and table.insert", few, function(a, b)
	a, b = a + 0, b + 0
	local t = {}
	local function pair(x, y) return { x = x, y = y } end
	local function add(x) table.insert(t, pair(x, x ~ b)) end
	for i = 1, 4 do add(i) if i == a then add(a * 9) end end
	local s = 0
	for _, r in ipairs(t) do s = s * 7 + r.x * r.y end
	return s, #t
end)
case("made anew in each turn of another", few, function(a, b)
	a, b = a + 0, b + 0
	local s = 0
	for i = 0, 3 do
		local t = {}
		for k = b, a do if k % 4 ~= i then t[#t + 1] = { k = k, i = i } end end
		for _, r in ipairs(t) do s = s * 3 + r.k - r.i end
		s = s * 7 + #t
	end
	return s
end)
case("gone over in a loop that appends behind", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 6 do
		local known
		for k, r in ipairs(t) do if r.key == (i * a) % 3 then known = k s = s + r.at end end
		if not known then t[#t + 1] = { key = (i * a) % 3, at = i ~ b } end
	end
	for _, r in ipairs(t) do s = s * 3 + r.at end
	return #t, s
end)
case("appended while it is gone over", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	t[#t + 1] = { x = a }
	for i, r in ipairs(t) do
		if i < b then t[#t + 1] = { x = i * a } end
		s = s * 3 + r.x
	end
	return #t, s
end)
case("begun with some", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = { { x = a }, { x = b, y = a ~ b } }, 0
	for i = 3, a do t[#t + 1] = { x = i * b, z = i } end
	for i, r in ipairs(t) do s = s * 3 + r.x + (r.y or 7) - (r.z or i) end
	return s, #t, t[2].y, t[1].y, t[b] and t[b].x
end)
case("begun with one, a queue", few, function(a, b)
	a, b = a + 0, b + 0
	local q, s = { { n = a, deep = 0 } }, 0
	for _, r in ipairs(q) do
		s = s * 3 + r.n
		if r.deep < 2 then
			q[#q + 1] = { n = b, deep = 1 }
			if #q < 5 then q[#q + 1] = { n = s, deep = 2 } end
		end
		if #q > 8 then break end
	end
	return s, #q
end)
case("begun with one that was filled before", few, function(a, b)
	local first = { x = a }
	if a > b then first.y = b end
	local t = { first, { x = 3 } }
	for i = 1, b do table.insert(t, { x = i, y = i }) end
	local s = 0
	for k = 1, #t do s = s * 3 + t[k].x + (t[k].y or 1000) end
	return s
end)
case("begun with one twice", few, function(a, b)
	local one = { x = a }
	local t, s = { one, one }, 0
	for i = 1, b do t[#t + 1] = { x = i } end
	for _, r in ipairs(t) do s = s * 3 + r.x end
	return s, t[2].x
end)
case("two lists of tables", few, function(a, b)
	a, b = a + 0, b + 0
	local even, odd = {}, {}
	for i = b, a do
		if i % 2 == 0 then even[#even + 1] = { v = i, at = #odd } else odd[#odd + 1] = { v = i, at = #even } end
	end
	local s = 0
	for _, r in ipairs(even) do s = s * 3 + r.v + r.at end
	for i, r in ipairs(odd) do s = s * 3 + r.v - r.at + (even[i] and even[i].v or 0) end
	return s, #even * 100 + #odd
end)
case("fields of several kinds", any, function(a, b)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { i == 2 and (a or 9) or b, b = b } end
	return t[1] and t[1][1], t[2] and t[2][1], t[3] and t[3].b
end)
case("the one with the most", few, function(a, b)
	a, b = a + 0, b + 0
	local t, at = {}, 1
	for i = 1, 7 do t[#t + 1] = { n = (i * a ~ b) & 15, i = i } end
	for i = 2, #t do if t[i].n > t[at].n then at = i end end
	return t[at].n, t[at].i
end)
case("with fields of the list's own", few, function(a, b)
	local t = { most = 0, name = "x" }
	for i = 1, 5 do
		t[#t + 1] = { i * a }
		if i * a > t.most then t.most = i * a end
	end
	return t.most, #t, #t.name, t[5] and t[5][1]
end)
packets("bytes", texts, function(p)
	local t, s = {}, 0
	for i = 1, 8 do t[#t + 1] = { i, x = p:byte(i + 14) } end
	for _, r in ipairs(t) do s = s * 3 + r.x - r[1] end
	return s, #t
end)
packets("names and values", texts, function(p)
	local t, n = {}, 0
	for k, v in p:sub(15):gmatch("(%a*)=(%d*)") do t[#t + 1] = { key = k, value = tonumber(v) } end
	for i, r in ipairs(t) do
		n = n * 31 + #r.key + (r.value or i)
		if r.key == "z" then n = n + 5 end
	end
	return n, #t
end)
packets("words and where they are", texts, function(p)
	local t, n = {}, 0
	for at, word in p:sub(15):gmatch("()(%a+)") do t[#t + 1] = { at = at, word = word, first = word:sub(1, 1) } end
	for i = #t, 1, -1 do
		if t[i].first ~= "t" then n = n * 7 + t[i].at end
		names[t[i].word:sub(1, 16)] = t[i].at
	end
	return n
end, { names })
packets("records that say how long they are", texts, function(p)
	local t, at = {}, 15
	while true do
		local n = p:byte(at)
		if not n or n == 0 or #t == 12 then break end
		t[#t + 1] = { at = at, len = n & 7, data = p:sub(at + 1, at + (n & 7)) }
		at = at + (n & 7) + 1
	end
	local s = 0
	for _, r in ipairs(t) do s = s * 5 + r.at - r.len + (r.data:byte(1) or 300) end
	return #t, s
end)
packets("tables without fields", texts, function(p)
	local t = {}
	for _ in p:sub(15):gmatch("%a+") do t[#t + 1] = {} end
	return #t, t[1] == nil, t[1] and t[1].x == nil
end)
if lang.hook ~= "socket" then
	packets("copies of a packet that is written to", texts, function(p)
		local t, n = {}, 0
		for w in p:sub(15):gmatch("%a+") do t[#t + 1] = { w = w:sub(1, 8) .. "" } end
		p:set_u8(14, 65)
		for _, r in ipairs(t) do n = n * 31 + r.w:byte(1) end
		return n
	end)
end

-- ---- more than the stack has room for ----

packets("two lists of texts", texts, function(p)
	local keys, values, n = {}, {}, 0
	for k, v in p:sub(15):gmatch("(%a*)=(%d*)") do
		keys[#keys + 1] = k
		values[#values + 1] = v
	end
	for i = 1, #keys do
		n = n * 31 + #keys[i] * 7 + #values[i]
		if keys[i] == "y" then n = n + tonumber(values[i]) end
	end
	return n, #values, keys[#keys] == "w"
end)
packets("three lists, texts and numbers", texts, function(p)
	local words, ends, firsts, n = {}, {}, {}, 0
	for from, w, to in p:sub(15):gmatch("()(%a+)()") do
		words[#words + 1] = w
		ends[#ends + 1] = to - from
		firsts[#firsts + 1] = w:sub(1, 2)
	end
	for i, w in ipairs(words) do
		n = n * 31 + #w * ends[i] + firsts[i]:byte(-1)
		names[w:sub(1, 16)] = ends[i]
	end
	return n, #firsts
end, { names })
packets("texts that were made, and those of the packet", texts, function(p)
	local t, u, n = {}, {}, 0
	for w in p:sub(15):gmatch("%a+") do
		t[#t + 1] = w:sub(1, 8) .. "!"
		u[#u + 1] = w
		if #w == 3 then u[#u + 1] = "three" end
	end
	for i = 1, #t do n = n * 31 + #t[i] + t[i]:byte(1) end
	for i = 1, #u do n = n * 7 + #u[i] + (u[i] == "three" and 1 or 0) end
	return n, #t, #u
end)
case("several kinds in five lists", any, function(a, b)
	local t, u, v, w, x, n = {}, {}, {}, {}, {}, 0
	for i = 1, 4 do
		t[#t + 1] = i == 2 and (a or 9) or (b or false)
		u[#u + 1] = b
		v[#v + 1] = i == 3 or i
		w[#w + 1] = a and b or 77
		x[#x + 1] = i > 2 and a or i * 3
	end
	for i = 1, 4 do if v[i] == true then n = n + i elseif t[i] then n = n + 10 end end
	return t[#t], #u, v[3], n
end)
packets("words until there are four, joined", texts, function(p)
	local t = {}
	for w in p:gmatch "%w+" do
		t[#t + 1] = w
		if #t == 4 then break end
	end
	local s = table.concat(t, ".")
	return lang.all(s), #t
end)
packets("words until there are two, joined and gone over", texts, function(p)
	local t, n = {}, 0
	for w in p:sub(15):gmatch "[^ ]+" do
		table.insert(t, w)
		if #t >= 2 then break end
	end
	for i, w in ipairs(t) do n = n + i * #w end
	return lang.all(table.concat(t)), n, type(t) == "table" and t[2] and #t[2]
end)
lang.done()

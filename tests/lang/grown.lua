-- Lists that loops append to: t[#t + 1] = v, #t, t[#t], and what else is asked of them.
local lang = dofile "tests/lang/harness.lua"
local few = lang.pairs { -1, 0, 1, 2, 3, 7, 14 }
local any = lang.pairs { "nil", false, true, 0, 1, 2, 3 }
local function case(name, inputs, f) lang.case { name = name, inputs = inputs, f = f } end
local function packets(name, inputs, f, see) lang.packets { name = name, inputs = inputs, f = f, see = see } end
local function frame(text) return lang.head .. text .. ("."):rep(60 - #text) end
local texts = { frame "", frame "one two three", frame "a bb ccc dddd eeeee ffffff ggggggg h", frame "x=1 y=20 z=300 =7 w=",
	lang.head .. "/usr/local/bin" }
local names = bpf.map { "hash", name = "names", key = "char[16]", value = "u32", entries = 64 }

case("by a loop of constants", few, function(a, b)
	local t = {}
	for i = 1, 5 do t[#t + 1] = a * i + b end
	return #t, t[1] + t[5], t[6]
end)
case("some turns alone", few, function(a, b)
	local t = {}
	for i = a, b do
		if i & 1 == 0 then t[#t + 1] = i * 3 end
	end
	return #t, t[#t], t[a + 0]
end)
case("elements before, and appended before", few, function(a, b)
	local t = { a + 0, b + 0 }
	t[#t + 1] = 5
	if a > b then t[#t + 1] = 6 end
	for i = 1, a & 7 do t[#t + 1] = i + b end
	if b > 5 then t[#t + 1] = 8 end
	return #t, t[4], t[#t] * 10 + (t[b + 0] or 0)
end)
case("the first ones by their places", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	t[1] = a
	t[2] = b
	for i = 1, b do t[#t + 1] = i end
	for _, r in ipairs(t) do s = s * 3 + r end
	return s, #t, t[a]
end)
case("the next ones by their places", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = { a }, 0
	t[2] = b
	t.n = 7
	t[3] = 1
	for i = 1, b do t[#t + 1] = i end
	for _, r in ipairs(t) do s = s * 3 + r end
	return s, #t, t.n
end)
case("the first one by its place, in each turn", few, function(a, b)
	a, b = a + 0, b + 0
	local s = 0
	for k = 1, 3 do
		local t = {}
		t[1] = k
		for i = 1, b do t[#t + 1] = i if i > a then break end end
		for _, r in ipairs(t) do s = s * 3 + r end
		s = s + #t
	end
	return s
end)
case("gone over", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s, p = {}, 0, 0
	for i = b, a do t[#t + 1] = i end
	for i = 1, #t do s = s * 3 + t[i] end
	for i, v in ipairs(t) do s = s ~ i * v end
	for k, v in pairs(t) do p = p + k * v end
	return s, p, #t
end)
case("gone over in a loop that appends behind", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = {}, 0
	for i = 1, 6 do
		local known = false
		for _, v in ipairs(t) do if v == i % b + a then known = true end end
		if not known then t[#t + 1] = i % b + a end
	end
	for _, v in pairs(t) do s = s * 3 + v end
	return #t, s
end)
case("with pairs, by table.insert, in another kind of loop", few, function(a, b)
	a, b = a + 0, b + 0
	local t, i = {}, 0
	while i < 5 do
		local n = 0
		for _, v in pairs(t) do n = n + v end
		table.insert(t, n * a + b)
		i = i + 1
	end
	return #t, t[5]
end)
case("appended while it is gone over", few, function(a, b)
	a, b = a + 0, b + 0
	local t, s = { a }, 0
	for i, v in ipairs(t) do
		if i < b then t[#t + 1] = i * a end
		s = s * 3 + v
	end
	return #t, s
end)
case("made anew in each turn of another", few, function(a, b)
	local s, most = 0, 0
	for i = 0, 3 do
		local t = { i }
		for k = a, b do if k % 4 ~= i then t[#t + 1] = k end end
		if #t > most then most = #t end
		s = s * 7 + t[#t] + #t
	end
	return s, most
end)
case("by another number than it has", few, function(a, b)
	local t = {}
	while #t < 4 and a > 0 do t[#t + 1] = a a = a >> 1 end
	return t[0], t[b], t[#t + 1]
end)
case("of several kinds, with fields", any, function(a, b)
	local t = { n = 0 }
	for i = 1, 3 do
		t[#t + 1] = i == 2 and (a or 9) or (b or false)
		t.n = t.n + #t
	end
	return t[1], t[2], t.n
end)
case("two of them", few, function(a, b)
	a, b = a + 0, b + 0
	local even, odd = {}, {}
	for i = b, a do
		if i % 2 == 0 then even[#even + 1] = i else odd[#odd + 1] = i + #even end
	end
	return #even * 100 + #odd, even[#even], odd[1]
end)
case("by functions", few, function(a, b)
	local t = {}
	local function add(v) t[#t + 1] = v end
	local function last() return t[#t] end
	for i = 1, a do if i ~= b then add(i) add(i + (last() or 5)) end if i == 6 then break end end
	return #t, last(), (table.unpack(t, 2, 2))
end)
case("within pcall", few, function(a, b)
	local t = {}
	local ok = pcall(function()
		for i = 1, a do
			t[#t + 1] = i
			if i == b then error "enough" end
		end
	end)
	return ok, #t, t[#t]
end)
case("where the end was before", few, function(a, b)
	local t, u = {}, { 1, 2 }
	for i = 1, a do t[#t + 1] = i end
	local n = #u
	if b > 2 then u[#u + 1] = 3 end
	u[n + 1] = b
	return #t, u[3], u[4], #u
end)
case("the key before what it gets, and two at once", few, function(a, b)
	local t = {}
	for i = 1, a do
		t[#t + 1] = #t
		if i == b then goto out end
	end
	::out::
	return #t, t[1], t[#t]
end)
case("by table.insert", few, function(a, b)
	local t, u = {}, { 1 }
	table.insert(u, b)
	for i = 1, a do table.insert(t, i * b) end
	return #t * 10 + #u, t[#t], pcall(function() for i = 1, b do table.insert(u, i) end return #u end)
end)
case("a value that takes long to say", few, function(a, b)
	local t = {}
	for i = 1, a do t[#t + 1] = i == b or i > b + 0 and i - b + 5 end
	return #t, t[2]
end)
packets("words", texts, function(p)
	local t = {}
	for w in p:sub(15):gmatch("%a+") do t[#t + 1] = w end
	local n = 0
	for i = 1, #t do n = n * 31 + #t[i] + t[i]:byte(1) end
	return n
end)
packets("numbers of names", texts, function(p)
	local values, y = {}, nil
	for k, v in p:sub(15):gmatch("(%a*)=(%d*)") do
		values[#values + 1] = #v > 0 and tonumber(v) or -1
		if k == "y" then y = #values end
	end
	return #values, values[y or 0], values[#values]
end)
packets("the last part of a path", texts, function(p)
	local parts = {}
	for part in p:sub(15, 40):gmatch("[^/]+") do parts[#parts + 1] = part end
	names[(parts[#parts] or "none"):sub(1, 16)] = #parts
end, { names })
packets("parts of four bytes, gone over afterwards", texts, function(p)
	local s, t, n, at = p:sub(15), {}, 0, 0
	for i = 1, #p & 15 do t[#t + 1] = s:sub(i, i + 3) end
	for i = 1, #t do if t[i] == "e tw" or t[i] == "x=1 " then n, at = n + 1, at * 16 + i end end
	return n, at, #t
end)
packets("words, counted from the last one on", texts, function(p)
	local t = {}
	for word in p:sub(15):gmatch("[^%s.]+") do t[#t + 1] = word end
	for i = #t, 1, -1 do names[t[i]:sub(1, 16)] = i * 100 + #t[i] end
	return #t
end, { names })
packets("parts that say how long they are", texts, function(p)
	local t, at = {}, 15
	while true do
		local n = p:byte(at)
		if not n or n == 0 or #t == 12 then break end
		n = n & 7
		t[#t + 1] = p:sub(at + 1, at + n)
		at = at + n + 1
	end
	local same = #t >= 2 and t[#t] == "..." and t[#t - 1]
	return #t, same and #same, same == "......"
end)

-- ---- what is appended may be nil: that adds nothing ----

case("perhaps a nil", any, function(a, b)
	local t, i = {}, 0
	while i < 4 do
		t[#t + 1] = a
		if i == b then table.insert(t, i) end
		i = i + 1
	end
	return #t, t[1], t[4]
end)
lang.case { name = "perhaps a nil, before the loop", inputs = lang.pairs { 0, 1, 2, 3 }, only_integers = true, f = function(a, b)
	local t = { 7 }
	t[#t + 1] = a == 1 and b or nil
	for i = 1, 3 do
		t[#t + 1] = i ~= a and i or nil
	end
	return #t, t[2], t[#t]
end }
case("perhaps a nil, gone over", few, function(a, b)
	local t = {}
	for i = 1, 9 do t[#t + 1] = (i == a or i == b) and i * 5 or nil end
	local n, sum = 0, 0
	for k, v in pairs(t) do n, sum = n + 1, sum * 31 + k * v end
	for _, v in ipairs(t) do sum = sum + v end
	return #t, n, sum
end)
packets("bytes that may not be there", texts, function(p)
	local t = {}
	for i = 0, 24, 8 do t[#t + 1] = p:u8(14 + i * 3) end
	for i = 1, 2 do t[#t + 1] = p:sub(15, 30):byte(i + #t) end
	return #t, t[1], t[#t]
end)

-- There is room for 16 more than it is made with; Lua's own lists, a twin's too, have no end.
local full = not bpf.test and lang.program("room for 16", lang.hook, {}, function(p)
	local t = { 7 }
	for i = 1, p:u8(14) or 0 do t[#t + 1] = i end
	return #t == 17 and t[17] == 16 and bpf.DROP or bpf.PASS
end)
for n, want in pairs(full and { [15] = "pass", [16] = "drop", [17] = "no room for this key in a table of kernel code" } or {}) do
	local verdict, _, _, text = full:test(frame(string.char(n)))
	local got = text and text:match ":%d+: (.*)" or verdict == bpf.DROP and "drop" or "pass"
	lang.check("room for 16, and " .. n .. " put in", got == want and {} or { got })
end

-- What is not seen yet may take elements away: a function in a field, called by a loop, or with a handler in a field.
case("emptied by a loop's function in a field", few, function(a, b)
	local o, t, s = {}, { 1, 2, 3 }, 0
	o.pop = function(l) local v = l[3] l[3] = nil return v end
	for v in o.pop, t do s = s * 10 + v if s > 99 then break end end
	t[b % 2 + 1] = a
	return s, t[1], t[2], t[3]
end)
case("one more by a loop's function in a field", few, function(a, b)
	local o, t = {}, { 1, 2, 3 }
	o.put = function(l, again) if not again then l[4] = a return 1 end end
	for _ in o.put, t do end
	t[b % #t + 1] = 0
	return #t, t[1], t[4]
end)
case("a next in a field, over what grew", few, function(a, b)
	local o, t, s = {}, {}, 0
	for i = 1, 3 do t[#t + 1] = i end
	o.step = next
	for _, v in o.step, t do s = s + v end
	return s, #t
end)
lang.done()

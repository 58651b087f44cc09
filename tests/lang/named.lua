-- Keys that the table itself holds: t[t.n], stacks and queues that know where they end, t[t.key].
local lang = dofile "tests/lang/harness.lua"
local ints = lang.pairs { -1, 0, 1, 2, 3, 4 }
local function case(name, f) lang.case { name = name, inputs = ints, f = f } end

case("the last of table.pack", function(a, b)
	local t = table.pack(a, b, 7)
	local n = t.n
	return t[n], t[t.n - 1], t[t.n - 2]
end)
case("a number in the table", function(a, b)
	local t = { n = 2, 5, a }
	return t[t.n], t[t.n + 1], t[b]
end)
case("a number set later", function(a, b)
	local t = { n = 1, a, b, 30 }
	if a > 1 then t.n = 3 elseif b > 1 then t.n = 2 end
	return t[t.n]
end)
case("a number from outside", function(a, b)
	local t = { n = a, 10, 20, 30 }
	t[2] = b
	return t[t.n], t[t.n - 1]
end)
case("a name", function(a, b)
	local t = { k = "a", a = a, b = b }
	return t[t.k], t[t.k .. ""]
end)
case("a name of constants alone", function()
	local t = { k = "a", a = 5 }
	return t[t.k]
end)
case("a name in the list", function(a, b)
	local t = { "x", "y", x = a, y = b }
	return t[t[1]], t[t[2]], t[t[3] or 1] == "x"
end)
case("a name under a number", function(a, b)
	local t = { a = a, b = 3, [1] = "b" }
	local k = t[1]
	return t[k], b
end)
case("a number as a float", function(a, b)
	local t = { a, b }
	t[1.0] = 2
	return t[t[1]], t[t[1.0]]
end)
case("one behind the other", function(a, b)
	local t = { first = "second", second = "third", third = a }
	return t[t[t.first]], b
end)
case("the key is set by what it is", function(a, b)
	local t = { k = "k" }
	t[t.k] = a
	return t.k, b
end)
case("a name set twice, known in between", function(a, b)
	local t = { a = a, b = b }
	local k = "a"
	t.k = k
	local v = t[t.k]
	return v, t.k == "a"
end)
case("nothing, on one way", function(a, b)
	local t = { 0, b }
	if a > 1 then t.n = 1 end
	t[t.n] = a
	return t[1], t[2]
end)

case("set again behind it", function(a, b)
	local t = { k = "a", a = a, b = b }
	local x = t[t.k]
	t.k = "b"
	local y = t[t.k]
	if a > 1 then t.k = "a" end
	return x, y, t.k == "a"
end)
case("set to this or that text", function(a, b)
	local t = { k = "a", a = a, b = b, n = 1 }
	for i = 1, 3 do
		t.k = "b"
		t.n = t.n + t[t.k]
		t.k = "a"
	end
	return t.n, t[t.k]
end)
case("set where an error leaves it", function(a, b)
	local t = { n = 1, k = 5 }
	pcall(function()
		while true do
			t.n = 2
			t.k = 7 // b
			b = b > 0 and b - 1 or 0
		end
	end)
	return t[t.n], t.n, t.k
end)

case("set to a text where an error leaves it", function(a, b)
	local t, sum = { k = "a", a = 1, b = 2 }, 0
	pcall(function()
		while true do
			t.k = "b"
			sum = sum + 7 // b
			b = b > 0 and b - 1 or 0
		end
	end)
	return t[t.k], sum
end)

-- stacks
case("a stack", function(a, b)
	local t = { top = 0, 0, 0, 0, 0 }
	local function push(v) t.top = t.top + 1 t[t.top] = v end
	local function pop() local v = t[t.top] t.top = t.top - 1 return v end
	push(a)
	push(b)
	push(pop() + pop())
	return t.top, t[t.top], t[1]
end)
case("a stack in a loop", function(a, b)
	local t = { top = 0, 0, 0, 0, 0 }
	for i = 0, 5 do
		local v = a + i * b
		if v > 1 and t.top < 4 then
			t.top = t.top + 1
			t[t.top] = v
		elseif v < 0 and t.top > 0 then
			t[t.top] = 0
			t.top = t.top - 1
		end
	end
	return t.top, t[1] * 100 + t[2], t[t.top]
end)
case("a stack that runs empty", function(a, b)
	local t = { top = 2, a, b, 0 }
	for i = 1, 3 do
		if a + i > 2 then t.top = t.top - 1 end
	end
	return t[t.top], t.top
end)
case("a stack with methods", function(a, b)
	local t = { top = 0, 0, 0, 0 }
	function t.push(self, v) self.top = self.top + 1 self[self.top] = v end
	function t.pop(self) local v = self[self.top] self.top = self.top - 1 return v end
	t:push(a)
	t:push(b)
	local sum = t:pop() * 10
	t:push(a + b)
	return sum, t.top, t:pop()
end)
case("a ring", function(a, b)
	local q = { head = 0, count = 0, 0, 0, 0, 0 }
	for i = 1, 7 do
		q[q.head % 4 + 1] = a + i
		q.head = q.head + 1
		if q.count < 4 then q.count = q.count + 1 end
		if i == b then break end
	end
	return q.head, q.count, q[1] + q[2] * 10 + q[3] * 100 + q[4] * 1000
end)
case("made in each turn", function(a, b)
	local sum = 0
	for i = 1, 4 do
		local t = { n = i % 3 + 1, a, b, i }
		if i == a then t.n = 1 end
		sum = sum * 7 + t[t.n]
	end
	return sum
end)
case("given in a turn before", function(a, b)
	local t, sum = { at = 1, 4, 3, 2, 1 }, 0
	for i = 1, 6 do
		sum = sum * 5 + t.at
		t.at = (t.at + i) % 4 + 1
		if t[t.at] == a then t[2] = b end
	end
	return sum, t.at
end)
case("gone over meanwhile", function(a, b)
	local t, sum = { n = 2, a, b, 3 }, 0
	for i, v in ipairs(t) do
		t.n = i % 2 + 1
		sum = sum * 7 + v + t[t.n]
	end
	return sum, t.n
end)
case("gone over by name", function(a, b)
	local t, sum = { n = 2, a, b }, 0
	for _, v in pairs(t) do sum = sum + v * t[t.n] end
	return sum
end)
case("changed in pcall", function(a, b)
	local t = { n = 1, a, b }
	local ok = pcall(function()
		if a > 1 then t.n = 2 end
		local x = 7 // b
		t.n = 1
		return x
	end)
	return t[t.n], ok
end)
case("a table in the table", function(a, b)
	local t = { in_it = { n = 2, a, b }, n = 1 }
	return t.in_it[t.in_it.n], t.in_it[t.n]
end)
case("a table by the name that it holds", function(a, b)
	local t = { which = "odd", odd = { a }, even = { b } }
	return t[t.which][1]
end)
case("two names for it", function(a, b)
	local t = { n = 1, a, b }
	local u = t
	u.n = 2
	return t[u.n], u[t.n - 1], t == u
end)
case("unpacked", function(a, b)
	local t = { n = 2, a, b }
	t[t.n] = 9
	local x, y = table.unpack(t, 1, 2)
	return x, y
end)

-- ---- a name that no key may be ----

case("one of several names, set on one of the ways", function(a, b)
	local t = { a = 1, b = 2, mode = "a" }
	if a > 1 then t.mode = "b" end
	t[t.mode] = t[t.mode] + b
	return t.a, t.b, #t.mode
end)
case("one of several names, in a loop", function(a, b)
	local t = { a = 1, b = 2, mode = "a" }
	for i = 1, 5 do
		t[t.mode] = t[t.mode] + i
		if i == a then t.mode = "b" elseif i == b then t.mode = "a" end
	end
	return t.a, t.b
end)
case("two of them", function(a, b)
	local t = { x = 1, y = 2, from = "x", to = "y" }
	if a > b then t.from, t.to = t.to, t.from end
	t[t.from], t[t.to] = t[t.from] - a, t[t.to] + a
	return t.x, t.y
end)
case("a name or a number", function(a, b)
	local t = { 7, x = 1, key = 1 }
	if a > b then t.key = "x" end
	t[t.key] = t[t.key] + 1
	return t[1], t.x
end)
case("a name that is not there", function(a, b)
	local t = { x = 1, key = "x" }
	if a > b then t.key = "none" end
	return t[t.key], t.key == "none"
end)
lang.done()

-- State machines: in a loop, what a captured table gives says what is looked up in it next.
local lang = dofile "tests/lang/harness.lua"
local words = lang.each { 0, 1, 2, 3, 6, 27, 0x1b1b1b1b, -1, 0xe4, 0x2d2d, math.mininteger, math.maxinteger }
local pairs_of = lang.pairs { 0, 1, 2, 3, 6, 0x1b1b, -1 }

-- functions by number and by name, with nil and what is no state among what they give
local N = {
	[1] = function(c) if c == 1 then return 2 end return 1 end,
	[2] = function(c) if c == 2 then return 3 elseif c == 0 then return 1 end return 2 end,
	[3] = function(c) return c == 3 and 1 or 3 end,
}
lang.case { name = "functions by number", inputs = words, f = function(n)
	local state, turns = 1, 0
	for i = 0, 15 do
		state = N[state](n >> 2 * i & 3)
		turns = turns + state
	end
	return state, turns
end }
local number = { start = 1, key = 2, value = 3, bad = 4, mid = 5, ["end"] = 6 }
local S = {
	start = function(c) if c == 1 then return "key" elseif c == 3 then return "bad" end return "start" end,
	key = function(c) if c == 2 then return "value", c end return "key" end,
	value = function(c) return c == 0 and "start" or c == 3 and "bad" or "value", c end,
	bad = function() return "bad" end,
}
lang.case { name = "functions by name", inputs = words, f = function(n)
	local state, seen, last = "start", 0, nil
	for i = 0, 31 do
		state, last = S[state](n >> 2 * i & 3)
		if state == "value" then seen = seen + (last or 7) end
		if state == "bad" then break end
	end
	return number[state], seen, last
end }
lang.case { name = "looked up first", inputs = words, f = function(n)
	local state, left = 1, 0
	for i = 0, 11 do
		local f = N[state]
		if not f then break end
		state = f(n >> 2 * i & 3)
		if state == 3 and i > 5 then state = i end
		left = i
	end
	return state, left
end }
lang.case { name = "none for it", inputs = words, f = function(n)
	local state = 1
	for i = 0, 7 do
		state = N[state](n >> 2 * i & 3)
		if i == n & 7 then state = state + 2 end
	end
	return state
end }
lang.case { name = "two machines", inputs = pairs_of, f = function(a, b)
	local x, y = 1, "start"
	for i = 0, 7 do
		x = N[x](a >> 2 * i & 3)
		y = S[y](b >> 2 * i & 3)
		if y == "bad" then x, y = 2, "key" end
	end
	return x, number[y]
end }
local After = { [1] = 2, [2] = 3, [3] = 1 }
lang.case { name = "one machine drives another", inputs = pairs_of, f = function(a, b)
	local x, y = 1, 1
	for i = 0, 7 do
		x = N[After[y]](a >> 2 * i & 3)
		y = N[x](b >> 2 * i & 3)
	end
	return x, y
end }
lang.case { name = "in while", inputs = words, f = function(n)
	local state, i = 1, 0
	while state ~= 3 and i < 40 do
		state = N[state](n >> i & 3)
		i = i + 1
	end
	return state, i
end }
lang.case { name = "with a count", inputs = words, f = function(n)
	local count = 0
	local function step(state, c)
		count = count + c
		return N[state](c)
	end
	local state = 2
	for i = 0, 9 do state = step(state, n >> 2 * i & 3) end
	return state, count
end }

-- tables: rows of the next state, and trees
local rows = { { [1] = 2 }, { [2] = 3, [0] = 1 }, { [3] = 4 }, {} }
lang.case { name = "rows", inputs = words, f = function(n)
	local s, i = 1, 0
	repeat
		s = rows[s][n >> 2 * i & 3] or s
		i = i + 1
	until i == 20
	return s
end }
lang.case { name = "rows, no next", inputs = words, f = function(n)
	local s = 1
	for i = 0, 9 do s = rows[s][n >> 2 * i & 3] end
	return s
end }
local named = { start = { [1] = "mid" }, mid = { [2] = "end", [0] = "start" }, ["end"] = {} }
lang.case { name = "rows by name", inputs = words, f = function(n)
	local s = "start"
	for i = 0, 9 do
		s = named[s][n >> 2 * i & 3] or s
		if s == "end" then return number[s], i end
	end
	return number[s]
end }
local tree = { [1] = { [2] = { hit = 12 }, [3] = { [0] = { hit = 130 }, hit = 13 } }, [2] = { hit = 2 } }
lang.case { name = "down a tree", inputs = words, f = function(n)
	local node, i = tree, 0
	while node and not node.hit do
		node = node[n >> 2 * i & 3]
		i = i + 1
	end
	return i, node and node.hit, node == nil
end }
lang.case { name = "down a tree in for", inputs = words, f = function(n)
	local node, best = tree, 0
	for i = 0, 5 do
		node = node[n >> 2 * i & 3]
		if not node then break end
		if node.hit then best = node.hit end
	end
	return best, node ~= nil, node == tree[1]
end }
lang.case { name = "falls out of the tree", inputs = words, f = function(n)
	local node = tree
	for i = 0, 5 do node = node[n >> 2 * i & 3] end
	return node.hit
end }
local chain = { v = 1, next = { v = 2, next = { v = 5, next = { v = 9 } } } }
chain.next.next.next.next = chain.next
lang.case { name = "along a chain", inputs = words, f = function(n)
	local node, sum = chain, 0
	for i = 0, n & 15 do
		sum = sum * 2 + node.v
		node = node.next
	end
	return sum, node.v, node == chain, node == chain.next
end }
local fork = { v = 1, kids = { [0] = { v = 2, kids = {} }, { v = 3, kids = { [2] = { v = 4, kids = {} } } } } }
lang.case { name = "by a field between", inputs = words, f = function(n)
	local node, i = fork, 0
	repeat
		node = node.kids[n >> 2 * i & 3]
		i = i + 1
	until not node or node.v == 4
	return i, node and node.v
end }
lang.case { name = "back to the root", inputs = words, f = function(n)
	local node, hits = tree, 0
	for i = 0, 15 do
		node = node[n >> 2 * i & 3] or tree
		if node.hit then
			hits = hits + node.hit
			node = tree
		end
	end
	return hits
end }
lang.case { name = "in pcall", inputs = words, f = function(n)
	local node, depth = tree, 0
	local ok, message = pcall(function()
		for i = 0, 5 do
			node = node[n >> 2 * i & 3]
			depth = depth + 1
		end
	end)
	return ok, depth, message == nil
end }
local kinds = { go = { go = { 1, "two", true }, [1] = 7 }, [1] = "text" }
lang.case { name = "leaves of several kinds", inputs = words, f = function(n)
	local node = kinds
	for i = 0, 3 do
		local k = n >> 2 * i & 3
		if type(node) ~= "table" then return node, i end
		if k == 1 then node = node.go else node = node[k] end
	end
	return type(node)
end }
lang.done()

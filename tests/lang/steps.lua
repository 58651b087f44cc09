-- What a loop makes of what it made in the turn before: looked up in small captured tables, by way of texts, of tables.
local lang = dofile "tests/lang/harness.lua"
local turns = lang.pairs({ 0, 1, 2, 5, 7, 20 }, { -1, 0, 1, 3, 9, math.maxinteger })
local function case(name, f) lang.case { name = name, inputs = turns, f = f } end

local next_of = { [0] = 3, [3] = 1, [1] = 0, [5] = math.mininteger }
case("an integer", function(n)
	local s = 0
	for _ = 1, n & 7 do s = next_of[s] end
	return s
end)
case("an integer, or another", function(n, from)
	local s, odd = from, 0
	for i = 1, n & 7 do
		s = next_of[s] or s - 1
		odd = odd + (s & i & 1)
	end
	return s, odd
end)
case("which may be nil, and is added", function(n, add)
	local r = 0
	for _ = 1, n & 7 do r = r * 31 + next_of[r + add] end
	return r
end)
case("under a condition", function(n, add)
	local r, found = add, 0
	while n > 0 do
		local x = next_of[r & 7]
		if x then r, found = r + x, found + 1 else r = r * 7 + 1 end
		n = n - 1
	end
	return r, found
end)
local letters = { a = "b", b = "c", c = "a", x = "" }
case("a text", function(n)
	local s = "a"
	for _ = 1, n & 15 do s = letters[s] end
	return #s, s == "b", letters[s] == "b"
end)
case("a text, or another", function(n, from)
	local s, at = from == 1 and "x" or "c", 0
	for i = 1, n & 15 do
		s = letters[s] or "c"
		if s == "b" then at = at * 10 + i end
	end
	return s:byte(), at
end)
local mixed = { [0] = 1, [1] = "one", [2] = true, [3] = 2, [4] = false }
case("of several kinds", function(n, from)
	local s, left = from, 0
	for _ = 1, n & 7 do
		local v = mixed[s]
		if type(v) == "number" then s = s + v elseif v == true then s = s * 3 elseif v then s = #v left = left + 1 else s = s - 1 end
	end
	return s, left
end)
local words = { ["1"] = 2, ["2"] = 4, ["4"] = "8", ["8"] = 1 }
case("by a text made of it", function(n, from)
	local s = from
	for _ = 1, n & 7 do
		local v = words[s .. ""]
		if math.type(v) == "integer" then s = v elseif v then s = tonumber(v) else s = s & 3 end
	end
	return s
end)
case("two at a time, across functions", function(n, from)
	local s, t = from, 0
	local function step(by) s = next_of[s] or by t = t + (words[tostring(s)] == 2 and 1 or 0) return s end
	for i = 1, n & 7 do if step(i) > step(0) then s = next_of[t] or s end end
	return s, t
end)
local dfa = { [0] = 1, [1] = 1, [2] = 3, [3] = 0, [256] = 2, [257] = 1, [258] = 2, [259] = 3 }
lang.packets { name = "states by bytes", inputs = lang.cut "\0\1\0\0\1\1\1\0\1\0\1\0\2", f = function(p)
	local state, seen = 0, 0
	for i = 14, 40 do
		local byte = p:u8(i)
		if not byte then break end
		state = dfa[byte << 8 | state] or 0
		seen = seen << 2 | state
	end
	return state, seen
end }
local big = {}
for i = 0, 299 do big[i] = i * 7 % 300 end
case("of a big table", function(n, from)
	local s = from & 0xff
	for _ = 1, n & 15 do s = big[s] or 0 end
	return s
end)
case("a number by way of a part of its text", function(n, from)
	local r = from
	for _ = 1, n & 3 do r = r + (tonumber((r .. ""):sub(1, 2)) or 5) end
	return r
end)
case("by a field", function(n, from)
	local r, sum = from, 0
	for i = 1, n & 3 do
		local t = { a = r, b = i }
		t.a = t.a + t.b
		local x = tonumber((t.a .. ""):match("^%d?%d?%d?"))
		if x then r = r * 31 + x else r = r * 7 end
		sum = sum + t.a
	end
	return r, sum
end)
case("by a list", function(n, from)
	local r, t = from, { 1, 2, 3 }
	for i = 1, n & 3 do
		t[i] = r + t[i]
		r = r * 3 + (tonumber(tostring(t[i]):sub(-2)) or 1)
	end
	return r, t[1], t[3]
end)
case("by way of a byte, given to a function", function(n, from)
	local r = from
	for _ = 1, n & 3 do r = r * 5 + math.max((r .. "x"):byte(1), 50) + math.abs(next_of[r] or r) end
	return r
end)
case("by functions that share it", function(n, from)
	local r, c = from, 0
	local function up(d)
		local x = tonumber((r .. ""):match("^%d?%d?"))
		c = c + 1
		if x then r = r * 31 + x else r = r * 7 end
		return d
	end
	up(tonumber((r .. ""):match("^%d?%d?")))
	r = r + up(2) + (up(tonumber((n .. r):sub(-1))) or 1)
	return r, c
end)
lang.done()

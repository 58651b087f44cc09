-- The smallest case of each miscompile, rejection and crash that was found by generated programs.
local lang = dofile "tests/lang/harness.lua"
local M = bpf.map { "hash", name = "found", key = "u32", value = "u64", entries = 16 }

lang.case { name = "a variable born on two ways, shared with a function that is never called",
	inputs = lang.each(lang.kinds), f = function(a)
		local n = a or 5
		M[1] = 0
		local function never() return n end
		return n, never and true
	end }
lang.case { name = "a variable born on two ways and shared", inputs = lang.each(lang.kinds), f = function(a)
	local n = a or 5
	local function put(v) n = v end
	local old = n
	put(7)
	return old, n
end }
lang.case { name = "a shared variable born on two ways in each turn", inputs = lang.each(lang.kinds), f = function(a)
	local sum = 0
	for i = 1, 3 do
		local n = a and i or 10
		local function add() sum = sum + n end
		add()
		n = n + 1
		add()
	end
	return sum
end }
lang.case { name = "math.tointeger of what is no integer", inputs = lang.each(lang.kinds), f = function(a)
	return math.tointeger(nil), math.tointeger(a == 1), math.tointeger(a)
end }
lang.case { name = "wrong on the first way into a loop's end, right on another", inputs = lang.each(lang.kinds),
	f = function(a)
		local t = 0
		while a do
			t = t + 1
			if t > 3 then break end
		end
		return math.abs(a)
	end }
-- The verifier follows the way on which n is 1 by itself, and knows the number of turns there.
lang.packets { name = "a loop's count made of a constant on one way", inputs = { ("\255"):rep(40), ("\0"):rep(14) },
	f = function(p)
		local n = p:u64(24) or 1
		local t = 0
		for i = math.mininteger, n do
			t = t + 1
			if t > 7 then return i end
		end
		for _ = -3, p:u64(20) or 64 do t = t + 1 end
		return n, t
	end }
-- A function that ends in a tail call is no longer on the stack that error's level counts.
lang.case { name = "error's level across tail calls", inputs = lang.each { 1, 2, 3, 4 }, f = function(level)
	local function raise()
		if level == 1 then error("one", 1) end
		if level == 2 then error("two", 2) end
		if level == 3 then error("three", 3) end
	end
	local function tail() return raise() end
	local function call()
		local r = tail()
		return r
	end
	local r = call()
	return r
end }
-- The offset is tested and added from the stack: what the test tells must hold for what is added.
local function arg(p, off)
	local kind = p:u64(off)
	if kind == 0 then return nil end
	if kind == 1 then return false end
	if kind == 2 then return true end
	return p:u64(off + 8)
end
lang.packets { name = "an offset that is in no register", inputs = { ("\255"):rep(80), ("\0"):rep(80), ("\0"):rep(14) },
	f = function(p)
		local n1 = p:u64(15) or (math.maxinteger - 1)
		local n2 = p:u64(24) or 256
		local n3 = p:u64(33) or -63
		local w5 = arg(p, 50)
		for i = 1, n2, -3 do
			if p:u8(0) ~= nil then
				i = M[n2] or 0
			else
				n3, w5 = 0, p:u64(n1)
			end
		end
		return (math.tointeger(w5) or 0x10000) < n2
	end }
local object = { k = 3, times = function(self, n) return self.k * n end }
lang.case { name = "a captured object's method behind 'and'", inputs = lang.each(lang.kinds), f = function(a)
	local n = a and object:times(2)
	return n, n == 6
end }
-- Ways through loops around branches and map writes multiply, when the verifier may remember each.
lang.case { name = "loops in loops, around branches and map writes", inputs = lang.each { 0, 3, 8, -5 }, f = function(a, b)
	for i = 0, 9 do M[i] = i end
	local t, n, sum = 0, a or 7, 0
	local flag, other = b, nil
	repeat
		t = t + 1
		local u = 0
		while u < 4 do
			u = u + 1
			local v = M[u & 3]
			if v then M[u] = v + t elseif n < u then M[u & 1] = n end
			if flag == nil then other = u elseif other == 2 then flag = nil end
			if u > 2 and math.type(other) == "integer" then break end
		end
		for i = ((7 <= n) and math.max(t, n) or sum) & 7, -2, -1 do
			sum = sum + math.abs(n)
			if sum & 3 == i then M[i & 7] = nil elseif i == 1 then n = n - t end
			if not flag then M[3] = (M[3] or 0) + u end
		end
	until t > 5 or sum > 1000
	return sum, n, M[3], other
end }
-- What a function inside shares, but never assigns, is known though the function is not inlined yet.
local function first(p, off)
	local k = p:u8(off)
	if not k or k & 1 == 0 then return nil end
	return p:u64(off + 1)
end
lang.packets { name = "a record read by a function that shares the packet too",
	inputs = { ("\1"):rep(60), ("\2"):rep(60), ("\0"):rep(14) }, f = function(p)
		local w = first(p, 14)
		local r = { x = 7, y = w }
		local function f(a)
			local function g() w = p:u16(a) end
			g()
			return r.y or r.x
		end
		return f(p:u8(14)), w
	end }
-- An address made of a variable that is one, as the packet's start is on tc, is no number to be hidden.
local words = bpf.map { "array", key = "u32", value = "u64", entries = 8 }
local pairs_ = bpf.map { "hash", key = "u32", value = "u64", entries = 8 }
local function hidden(p, off)
	local kind = p:u8(off)
	if kind == 0 then return nil end
	if kind == 1 then return false end
	if kind == 2 then return true end
	return p:u64(off + 1)
end
lang.packets { name = "a byte that may be absent, in loops called twice", see = { words, pairs_ },
	inputs = { ("\0"):rep(12) .. "\x88\xb5" .. ("\0"):rep(60), ("\1"):rep(12) .. "\x88\xb5" },
	f = function(p)
		local again = hidden(p, 50)
		words[1] = 0
		local r = { y = p:u8(0) }
		local function turn()
			repeat
				if r.y then return false, 0 end
				pairs_[5] = (pairs_[5] or 0) + 0x8000
			until again
		end
		turn()
		local function other()
			local u = p.udp
			if u then local v, w = turn() end
			return 3, again, 0
		end
		return other()
	end }
-- Of a shift by what it does not know, the verifier knows nothing.
lang.packets { name = "offsets made by shifts, products and 'or' of bytes", inputs = { ("\3"):rep(60), ("\0"):rep(60), ("\1"):rep(30) },
	f = function(p)
		local a, b = p:u8(20) or 1, p:u8(21) or 2
		return p:u8(9 >> (a & 63)), p:u16(a | b), p:u16((a & 7) * b)
	end }
-- On tc a program begins anew when bytes have to be fetched: that is no loop to the rest of it.
lang.packets { name = "loops with many ways around bytes that may have to be fetched",
	inputs = { ("\1"):rep(60), ("\2"):rep(24), ("\0"):rep(14) }, f = function(p)
		local n, sum = p:u8(15) or 7, 0
		local flag, other
		for i = 1, n & 15 do
			local v = p:u8(i + 14)
			if v then flag = i elseif n < i then other = v end
			if flag == nil then other = i elseif other == 2 then flag = nil end
			if other ~= 4 and p:u8(sum & 15) == i then flag = 4 end
			local w = p:u16(n)
			if w and w > sum then sum = w - i end
			for k = (flag and p:u8(k or 3) or sum) & 7, -2, -1 do
				local x = p:u8(k)
				if x == 7 then other = nil elseif x then other = x end
				if other == i then sum = sum + 1 elseif flag == k then sum = sum - 3 end
				local y = p:u8(k + 20)
				if y then flag = y == 3 and k or flag elseif sum > 9 then other = k end
				if not p:u8(k + 24) and sum > 77 then other = sum end
				local z = M[k]
				if z and z < 5 then sum = z elseif flag == 2 then M[k] = i end
				if other and other > 5 then flag = nil end
				if not flag then sum = sum ~ (p:u8(sum & 31) or 1) end
			end
			M[sum & 7] = sum
		end
		return sum, n, other
	end }

-- the function's name is not lost where its arguments branch
lang.case { name = "a library function's name behind a branch", f = function(a, b)
	return math.fmod(0, (a or b))
end, inputs = lang.pairs { "nil", false, true, 0, 1 } }
-- A tag may say which of two pointers it is: of the shorter header the verifier knows fewer bytes.
local function frame(proto, l4)
	return ("\2"):rep(12) .. "\8\0" .. (">BBI2I2I2BBI2I4I4"):pack(0x45, 0, 20 + #l4, 1, 0, 9, proto, 7, 0x0a000001,
		0x0a000002) .. l4
end
local segments = { frame(6, ("\0\80"):rep(6) .. "\x50\2\1\1\2\2\3\3" .. ("\5"):rep(9)),
	frame(17, "\1\2\3\4\0\x10\9\9" .. ("\7"):rep(8)), frame(6, "\1\2"), ("\1"):rep(30), ("\1"):rep(14) }
local writes = lang.hook ~= "socket"
lang.packets { name = "a header of two types behind a loop", inputs = segments, f = function(p)
	local n, m = p:u64(15) or 0xffff, p:u64(33) or 2
	for i = m, 0, 3 do end
	local l4 = p.tcp or p.udp
	if l4 and writes then l4.check = l4.check + n end
	return n
end }
-- What was not tested in a turn, the verifier forgets at its end: a tag that was set anew before its test.
local S = bpf.map { "hash", key = "u16", value = "struct { u64 n; u32 a; }", entries = 8 }
lang.packets { name = "view or boolean, set anew before it is tested", inputs = segments, f = function(p)
	local v, sum = p.tcp or false, 0
	for i = 1, p:u8(20) or 3 do
		if M[i & 3] then v = true elseif i & 3 == 2 then v = p.tcp or false end
		if v and v ~= true then sum = sum + v.check end
	end
	return sum
end }
lang.packets { name = "view or integer, set anew before it is tested", inputs = segments, f = function(p)
	local v, sum = p.tcp or 5, 0
	for i = 1, p:u8(20) or 3 do
		if M[i & 3] then v = i elseif i & 3 == 2 then v = p.tcp or sum end
		if type(v) ~= "number" then sum = sum + v.check else sum = sum + v end
	end
	return sum
end }
lang.packets { name = "entry or integer, set anew before it is tested", inputs = segments, f = function(p)
	local v, sum = S[0] or 5, 0
	for i = 1, p:u8(20) or 3 do
		if M[i & 3] then v = i elseif i & 3 == 2 then v = S[i & 7] or sum end
		if type(v) ~= "number" then sum = sum + v.n else sum = sum + v end
	end
	return sum
end }
lang.packets { name = "entry or boolean, set anew before it is tested", inputs = segments, f = function(p)
	local v, sum = S[0] or false, 0
	for i = 1, p:u8(20) or 3 do
		if M[i & 3] then v = true elseif i & 3 == 2 then v = S[i & 7] or false end
		if v and v ~= true then sum = sum + v.n elseif v then sum = sum - 1 end
	end
	return sum
end }
-- Text that is made at run time, and messages of errors, find what texts find: in small tables and in big ones.
local many = {}
for i = 0, 30 do many["k" .. i] = i + 4 end
local few, words = { k1 = 5, k2 = 7 }, { "k1", "zz", "k20" }
lang.case { name = "a table by text of one form or another", inputs = lang.pairs { 0, 1, 2, 3, 30, 31 }, f = function(a, b)
	return many[a == 1 and words[1] or "k" .. a], many[b == 1 and words[a] or "k" .. (b + 1)]
end }
lang.case { name = "a table by the message of an error", inputs = lang.pairs { 0, 1, 2, "nil" }, f = function(a, b)
	local ok, e = pcall(function() if a == 1 then error("k1", 0) end return a + b end)
	local k = ok and "k2" or e
	return not ok and few[e], not ok and many[e], few[k], many[k]
end }
lang.case { name = "wrong kinds of positions in a string", inputs = lang.each(lang.kinds), f = function(a)
	local s = "abc" .. (a == 1 and "d" or "e")
	return (s:byte(a or 1)), (s:find("c", a or 1)), #s:sub(1, a or 2)
end }
-- Functions of strings are called as pcall calls them, by another name, or by their own.
lang.case { name = "what functions of strings are called", inputs = lang.each { 0, 1, 2, 3, 4, 300, false }, f = function(a)
	local s, char, unpack = "abc" .. (a == 1 and "d" or "e"), string.char, string.unpack
	local function call(f, ...)
		local ok, e = pcall(f, ...)
		if not ok then error(e, 0) end
	end
	if a == 0 then return #char(a + 256) end
	if a == 1 then call(string.char, a + 256) end
	if a == 2 then call(string.unpack, "<I8", s) end
	if a == 3 then return (unpack("<I8", s)) end
	if a == 4 then return (string.unpack("<I2", s, 9)) end
	call(string.sub, s, a)
	return #string.char(a)
end }
-- The message's number, which the verifier knows nothing of behind the loop, is where the error is counted.
lang.packets { name = "a message raised anew behind a loop", inputs = segments, f = function(p)
	local a = p:u8(20)
	local ok, e = pcall(function() M[1] = 0 return a end)
	for i = a or 8, 1, 2 do M[2] = #p:sub(1) end
	error(e)
end }
lang.case { name = "string.char of what is no integer", inputs = lang.each(lang.kinds), f = function(a)
	return #string.char(0, 1, a or 2) + #string.char(a, 1), string.char(0, 0, 0, 0, a) == "\0\0\0\0\5"
end }
lang.case { name = "a constant's bytes from far behind its end", inputs = lang.each { 0 }, f = function()
	return ("ab"):byte(math.maxinteger), ("ab"):byte(math.maxinteger - 1, 2), ("ab"):byte(2, math.maxinteger)
end }
-- What is called is known only when the record is gone; until then anything may be raised.
local ops = { [0] = function(x) return x + 1 end, function(x) return x ~ 5 end }
lang.case { name = "pcall of what a table gives by a record's field", inputs = lang.pairs { 0, 1, 2, 3, 7 }, f = function(a, b)
	local t = { x = a }
	local ok, r = pcall(ops[t.x & 7], b)
	if ok then return 1 end
	return type(r) == "boolean"
end }
-- No value of these kinds is called so: the way behind such a test is none.
lang.case { name = "a test for a kind that the value cannot be of", inputs = lang.each(lang.kinds), f = function(a)
	local v, t = a == 1 or a, type(a)
	if type(v) == "string" then
		if v == false then M[1] = 2 elseif v == true then M[1] = 3 else M[1] = v end
	end
	if v == nil and t == "boolean" then
		if v == false then M[1] = 4 else M[1] = v end
	end
	return v
end }
-- What is written where a function called by the kernel begins leaves alone what that one was given.
local keyed = bpf.map { "hash", name = "keyed", key = "u16", value = "u64", entries = 16 }
local eight = bpf.map { "array", name = "eight", key = "u32", value = "u64", entries = 8 }
keyed[0], keyed[2] = 1, 5
lang.packets { name = "a loop with fuel in a loop over a map", inputs = segments, f = function(p)
	local w, n = p:u8(41), 0
	for k in pairs(keyed) do
		if k == 2 then
			n = n + 1
			for i in ipairs(eight) do w = p.payload:u64(16) end
		end
	end
	return n, w
end }
lang.packets { name = "a long text behind an error that is never raised", inputs = segments, f = function(p)
	local ok, v = pcall(function() return keyed[4] end)
	if not ok then
		local s = p:sub(1, 2):rep(40, ", ")
		M[1] = #s
	end
	return v
end }
local function kinds_of(p, off)
	local k = p:u8(off)
	if not k or k & 3 == 0 then return nil end
	if k & 3 == 1 then return false end
	if k & 3 == 2 then return true end
	return p:u64(off + 1)
end
-- It is verified, and that is all that is asked.
local function loads(name, f)
	if lang.program(name, "xdp", { on_error = bpf.DROP, check = true }, f) then lang.check(name, {}) end
end
loads("a loop over a map that only late passes see is never reached", function(p)
	local w = kinds_of(p, 41)
	local v = kinds_of(p, 50)
	if ((w == w) and 0 or nil) then error("one") end
	local sum = 0
	for i, n in pairs(keyed) do sum = sum + (n * i) end
end)
local words = ("\0"):rep(41) .. ("\3" .. ("\7"):rep(8)):rep(3)
lang.packets { name = "a kind that pairs in a loop sees, beside a string's place", inputs = { words }, f = function(p)
	local w = kinds_of(p, 41)
	local n = 0
	for i = 6, 0, -3 do
		local a, b = string.unpack("<i2xH", p:sub(59))
		for k in pairs(keyed) do
			if k == 2 then n = w + 1 end
		end
	end
	return n
end }
loads("a long text made in a loop over a map that is veiled", function(p)
	local n = p:u64(15) or 0x7fffffff
	for k in pairs(keyed) do
		if k == 3 then
			local s, h = p.payload:sub(n) .. "- GET", 0
			for i = 1, #s do h = h * 31 + s:byte(i) end
			M[1] = h
		end
	end
	return p.payload:sub(-54):byte(n) and bpf.PASS or bpf.DROP
end)
loads("what enters a loop becomes a constant late", function(p)
	local n = p:u64(15) or 128
	n = math.fmod(100, 33)
	for i = (0 // (5 >> ((n & 127) - 32))), 0, 1 do n = M[8] or math.fmod(n, i) end
	return n > -64 and bpf.DROP or bpf.PASS
end)
lang.case { name = "what a loop brings is refused where nil was known before", inputs = { { 1 }, { 0 }, { false } }, f = function(a)
	local ok, r = pcall(function()
		local n = 0
		repeat
			n = n + 1
			if n > 4 then break end
			M[0] = a
		until false
		return 1
	end)
	return math.tointeger((type(r) == "number" and r or nil)), ok
end }
local few = { [0] = true, [3] = true, [7] = true, [-1] = true, [math.mininteger] = true, [true] = true, ab = true }
loads("checks of packet bytes that lead out of a loop over a map", function(p)
	for k in pairs(keyed) do
		if k == 0 then
			for _ in pairs(few) do
				if p:set_u8(22, 0) then return end
			end
		end
	end
end)
loads("text on the stack that leaves a loop over a map", function()
	for k in pairs(keyed) do
		if k == 0 then
			local a = string.pack("<I2>I2", 0, 0):match("^(%u+) (%S*)")
			if a then M[0] = math.fmod(0, k) end
		end
	end
end)
loads("a header of two kinds in a loop in a loop over a map", function(p)
	local h, n = p.udp or p.tcp, p:u32(30) or 9
	for k in pairs(keyed) do
		if k == 0 then
			local t = 0
			for i = 0, n, 3 do
				t = t + 1
				if t > 7 then break end
				if h then M[3] = h.check + i end
			end
		end
	end
end)

-- A nil that a loop appended counted as an element.
lang.case { name = "a nil appended", inputs = lang.each { "nil", 5 }, f = function(a)
	local t, i = {}, 0
	while i < 3 do t[#t + 1] = a i = i + 1 end
	return #t
end }
lang.done()

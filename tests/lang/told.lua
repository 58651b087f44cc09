-- What `type` and `math.type` say of a value is known where their test leads, on either side.
local lang = dofile "tests/lang/harness.lua"
local mixed = { [1] = "one", [2] = 7, [3] = true, [4] = "four" }
local values = lang.each { "nil", false, true, 0, 5, math.mininteger, "x", "yy", "12" }

lang.case { name = "a number", inputs = values, f = function(a)
	if type(a) == "number" then return a + 1 end
	return type(a) == "string" and #a or nil
end }
lang.case { name = "the other side", inputs = values, f = function(a)
	if "string" ~= type(a) then
		if type(a) == "nil" then return 1 end
		if type(a) == "boolean" then return a end
		return a * 2
	end
	return a:byte(1)
end }
lang.case { name = "a name for it", inputs = values, f = function(a)
	local t = type(a)
	if t == "number" then
		return a - 1
	elseif t == "string" then
		return #a, a:upper() == "X"
	elseif t == "nil" then
		return -1
	else
		return not a
	end
end }
lang.case { name = "an integer", inputs = values, f = function(a)
	if math.type(a) == "integer" then return a // 2 end
	if math.type(a) then return 1 end
	return math.type(a) == nil
end }
lang.case { name = "as a value", inputs = values, f = function(a)
	local is = type(a) == "number"
	if is then return a + 1 end
	return false
end }
lang.case { name = "in assert", inputs = values, f = function(a)
	assert(type(a) == "number", "no number")
	return a + 1
end }
lang.case { name = "and, or, not", inputs = lang.pairs { "nil", 1, -2, "a", "b", true }, f = function(a, b)
	if type(a) == "string" and type(b) == "string" then return a < b end
	if not (type(a) ~= "number" or type(b) ~= "number") then return a < b, a + b end
	if type(a) == type(b) then return 77 end
end }
lang.case { name = "under a test before", inputs = values, f = function(a)
	if a then
		if type(a) == "number" then return a + 1 end
		if type(a) ~= "string" then return a end
		return #a
	end
	return a
end }
lang.case { name = "called", inputs = lang.pairs { "nil", 3, "abc", false }, f = function(a, b)
	local function size(v)
		if type(v) == "number" then return v end
		return type(v) == "string" and #v or 0
	end
	return size(a) + size(b) * 10
end }
lang.case { name = "in a loop", inputs = lang.each { "nil", 4, "abc", false }, f = function(a)
	local v, sum = a, 0
	for _ = 1, 5 do
		if type(v) == "number" then
			sum = sum + v
			v = "text"
		elseif type(v) == "string" then
			sum = sum + #v * 100
			v = nil
		else
			v = 9
		end
	end
	return sum
end }
lang.case { name = "another value by then", inputs = lang.pairs { "nil", 4, -1, false }, f = function(a, b)
	local t = type(a)
	a = b
	if t == "number" then return a == nil, b end
	return type(a) == "number" and a + 1
end }
lang.case { name = "errors", inputs = values, f = function(a)
	local ok, err = pcall(function()
		if type(a) == "string" then error("text") end
		return a + 1
	end)
	if ok then return err end
	return type(err) == "string"
end }
lang.case { name = "raised", inputs = values, f = function(a)
	if type(a) ~= "string" then
		return a + 1
	end
	return #a
end }
lang.case { name = "addresses", inputs = lang.each { "nil", 1, bpf.ip "10.0.0.1", bpf.ip "2001:db8::1", bpf.mac "02:00:00:00:00:01" },
	f = function(a)
	if type(a) == "userdata" then return a:byte(1) end
	return a
end }
lang.case { name = "captured, of several kinds", inputs = lang.each { 0, 1, 2, 3, 4, 5 }, f = function(k)
	local v = mixed[k]
	if type(v) == "number" then return v + 1 end
	if type(v) == "string" then return #v end
	return v
end }
lang.packets { name = "a part of the packet, kept over a write", inputs = { lang.head .. ("ab"):rep(20), lang.head .. "cd" .. ("\0"):rep(40) },
	f = function(pkt)
	local s
	if pkt:u8(14) == 97 then s = pkt:sub(15, 18) else s = pkt.len end
	pkt:set_u8(14, 120)
	if type(s) == "string" then
		return s == "abab", #s, pkt:u8(14)
	end
	return s
end }
lang.packets { name = "headers", inputs = { lang.head .. ("\0"):rep(40), ("\0"):rep(12) .. "\x08\x00\x45" .. ("\0"):rep(7) ..
	"\x40\x06\0\0" .. ("\x0a"):rep(8) .. ("\x11"):rep(12) .. "\x50" .. ("\0"):rep(20) }, f = function(pkt)
	local v = pkt.tcp or pkt.len
	if type(v) == "userdata" then return v.sport end
	return v + 1
end }
-- what makes it true on one way need not on the other
lang.case { name = "one of two reasons", inputs = lang.pairs { "nil", false, true, 5, "x" }, f = function(a, b)
	local is = type(a) == "number" or b == true
	if is then return type(a) == "number" and a + 1 or b end
	return #type(a)
end }
lang.case { name = "one of two reasons, the other first", inputs = lang.pairs { "nil", false, true, 5, "x" }, f = function(a, b)
	local is = false
	if b == true then is = true elseif type(a) == "number" then is = true end
	if is then return #type(a), type(a) == "number" and a + 1 end
	return type(a) == "boolean"
end }
-- before the test tells that it is a number, tointeger is refused: the loop goes round all the same
local locked = bpf.map { "hash", key = "u32", value = "struct { i64 n; }", entries = 4, lock = true }
lang.case { name = "what ends a loop is known late", inputs = lang.each { "nil", false, true, 0, 7 }, f = function(a)
	local t = 0
	repeat
		t = t + 1
		if t > 8 then break end
		local ok, r = pcall(function()
			locked:locked(8, function() end)
			return a
		end)
	until math.tointeger((type(r) == "number" and r or nil))
	return t
end }
-- what the test leaves is what the variable is computed from: that is known only when it is known
local turns = lang.each { "nil", 0, 1, 4, 9, true }
lang.case { name = "computed from itself in a loop", inputs = turns, f = function(n)
	local v = 1
	for _ = 1, n do
		if type(v) == "number" then
			v = v + 1
			if v > 5 then v = "done" end
		end
	end
	return v == "done", type(v) == "number" and v
end }
lang.case { name = "computed from itself while it is a number", inputs = turns, f = function(n)
	local v, count = n, 0
	while type(v) == "number" do
		count = count + v
		v = v + 2
		if v > 9 then v = "end" end
	end
	return type(v) == "string", count
end }
lang.case { name = "computed from itself until it is none", inputs = turns, f = function(n)
	local v, turns = n, 0
	repeat
		v = v * 2 + 1
		turns = turns + 1
		if v > 50 then v = "end" end
	until type(v) == "string"
	return turns, #v
end }
lang.case { name = "computed from itself by an inner function", inputs = turns, f = function(n)
	local function following(v)
		if v == nil then return false elseif v == false then return 1 end
		if math.type(v) == "integer" then
			if v > 3 then return "done" end
			return v + 1
		end
		return v
	end
	local v
	for _ = 1, n do v = following(v) end
	return type(v) == "string" and #v or v
end }
lang.case { name = "a field computed from itself", inputs = turns, f = function(n)
	local r = { v = 1 }
	for _ = 1, n do
		if type(r.v) ~= "string" then
			if r.v > 3 then r.v = "done" else r.v = r.v + 1 end
		end
	end
	return type(r.v) == "string", r.v == 4
end }
lang.case { name = "a text computed from itself", inputs = turns, f = function(n)
	local v, w = "a", 0
	for _ = 1, n do
		if type(v) == "string" then
			v = #v > 2 and 7 or v .. "b"
		elseif type(v) == "number" then
			v = v > 8 and "" or v + 1
			w = w + 1
		end
	end
	return type(v) == "string" and #v + 100 or v, w
end }
lang.case { name = "two computed from one another", inputs = turns, f = function(n)
	local a, b = 1, 2
	for _ = 1, n do
		if type(a) == "number" and type(b) == "number" then
			a, b = b + 1, a * 2
			if a > 6 then a = "x" elseif b > 6 then b = nil end
		elseif b then
			a, b = b, 0
		end
	end
	return type(a) == "string", type(a) == "number" and a, b
end }
lang.case { name = "what was none before is made a number", inputs = turns, f = function(n)
	local v = n
	for _ = 1, 9 do
		if type(v) ~= "number" then v = 3 end
		v = v + 4
		if v > 20 then v = true end
	end
	return v
end }
lang.case { name = "computed from itself, and tested too late", inputs = turns, f = function(n)
	local v = n
	for _ = 1, 4 do
		v = v + 1
		if v == 7 then v = nil end
		if type(v) == "boolean" then v = 1 end
	end
	return v
end }
lang.done()

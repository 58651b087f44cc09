-- Elements of array maps and of an event's arrays, bytes of texts and of the packet: nothing is said under `strict` of those that a
-- reader sees are there, by tests of the index, of the length or of others that were read. Where one may be outside, it is.
local diag = dofile "tests/diag/harness.lua"
local strict = { strict = true }
local PASS, DROP = bpf.PASS, bpf.DROP

local h = bpf.map { "array", key = "u32", value = "u64", entries = 16 }

local function case(name, f) diag.case(name, f, strict) end

-- captured lists, whose elements are compared
local names = { "a", "b", "c" }
case("an element of a list behind a test of its number", function(pkt)
	local i = pkt:u8(0) or 0
	if i < 3 then print("x" .. names[i + 1]) end
	if i < #names then print(#names[i + 1]) end
	print(names[math.min(i, 2) + 1]:upper())
end)
case("behind one that lets in too much", function(pkt)
	local i = pkt:u8(0) or 0
	if i <= 3 then print("x" .. names[i + 1]) end
end)
case("behind none", function(pkt) print(#names[pkt.len + 1]) end)
case("behind one of another number", function(pkt)
	local i, j = pkt:u8(0) or 0, pkt:u8(1) or 0
	if i < 3 then print(#names[j + 1]) end
end)

-- array maps: there
case("the lesser of an index and the last one", function(pkt)
	local n = math.min(pkt.len // 64, #h - 1)
	h[n] = h[n] + 1
	return PASS
end)
case("an index that was cut", function(pkt)
	local n = pkt.len // 64
	if n > 15 then n = 15 end
	h[n] = h[n] + 1
	return PASS
end)
case("a field or 0, compared", function(pkt)
	local n = pkt.ip and pkt.ip.proto or 0
	if n >= 16 then return PASS end
	h[n] = h[n] + 1
	return PASS
end)
case("flags put together", function(pkt)
	local n = (pkt.len > 60 and 1 or 0) | (pkt.len > 100 and 2 or 0)
	h[n] = h[n] + 1
	return PASS
end)
case("flags put together in a loop", function(pkt)
	local n = 0
	for i, least in ipairs { 60, 100, 200 } do n = n | ((pkt.len > least and 1 or 0) << i) end
	h[n] = h[n] + 1
	return PASS
end)
-- perhaps outside
case("the lesser of an index and one behind the last", function(pkt)
	local n = math.min(pkt.len // 64, 16)
	h[n] = h[n] + 1
	return PASS
end)
case("the greater of an index and the last one", function(pkt)
	local n = math.max(pkt.len // 64, 15)
	h[n] = h[n] + 1
	return PASS
end)
case("an index that was cut one too late", function(pkt)
	local n = pkt.len // 64
	if n > 16 then n = 15 end
	h[n] = h[n] + 1
	return PASS
end)
case("an index that may be negative", function(pkt)
	local n = math.min(pkt.len - 200, 15)
	h[n] = h[n] + 1
	return PASS
end)
case("a field or 0, compared with too much", function(pkt)
	local n = pkt.ip and pkt.ip.proto or 0
	if n > 16 then return PASS end
	h[n] = h[n] + 1
	return PASS
end)
case("flags put together, one too great", function(pkt)
	local n = (pkt.len > 60 and 1 or 0) | (pkt.len > 100 and 16 or 0)
	h[n] = h[n] + 1
	return PASS
end)
case("flags put together in a loop, one too great", function(pkt)
	local n = 0
	for i, least in ipairs { 60, 100, 200, 300 } do n = n | ((pkt.len > least and 1 or 0) << i) end
	h[n] = h[n] + 1
	return PASS
end)

-- bytes: there
case("behind a test of the length", function(pkt)
	local p = pkt.payload
	if #p >= 4 then return p:u32(0) + 1 > 5 and DROP or PASS end
	if #p == 3 then return p:u16(1) + p:u8(2) > 5 and DROP or PASS end
	return PASS
end)
case("behind a test of the packet's length", function(pkt)
	if pkt.len >= 60 then return pkt:u16(58) + 1 > 5 and DROP or PASS end
	if #pkt < 30 then return PASS end
	local n = 0
	for i = 0, 29 do n = n + pkt:u8(i) end
	return n > 5 and DROP or PASS
end)
case("up to the length", function(pkt)
	local n, i = 0, 0
	for k = 0, #pkt - 1 do n = n + pkt:u8(k) end
	while i < #pkt do n = n + pkt:u8(i) i = i + 1 end
	return n > 5 and DROP or PASS
end)
case("two by two, up to the length", function(pkt)
	local n, i = 0, 0
	while i + 2 <= #pkt do n = n + pkt:u16(i) i = i + 2 end
	return n > 5 and DROP or PASS
end)
case("up to the lesser of the length and another number", function(pkt)
	local p, s = pkt.payload, 0
	for i = 1, math.min(#p, 16) do s = s + p:byte(i) end
	return s > 5 and DROP or PASS
end)
case("as far as another byte says", function(pkt)
	local n = pkt:u8(14) or 0
	if pkt.len < 15 + n then return PASS end
	return pkt:u8(14 + n) + 1 > 5 and DROP or PASS
end)
case("the last of several tested", function(pkt)
	local a, b, c = pkt:byte(15, 17)
	if not c then return PASS end
	return a + b + c > 5 and DROP or PASS
end)
case("one behind it tested", function(pkt)
	local a, b = pkt:u8(20), pkt:u8(21)
	if not b then return PASS end
	return a + b > 5 and DROP or PASS
end)
case("of a text that a pattern matched", function(pkt)
	local c, d = pkt:sub(15):match("^%d"), pkt:sub(15):match("x+")
	if c then return c:byte() - 48 > 5 and DROP or PASS end
	if d then return d:byte(1) > 5 and DROP or PASS end
	return PASS
end)
-- perhaps not
case("behind a test of a length that is too short", function(pkt)
	local p = pkt.payload
	if #p >= 3 then return p:u32(0) + 1 > 5 and DROP or PASS end
	return PASS
end)
case("behind a test of another length", function(pkt)
	local p = pkt.payload
	if #pkt >= 4 then return p:u32(0) + 1 > 5 and DROP or PASS end
	return PASS
end)
case("behind a test of a header's field", function(pkt)
	local udp = pkt.udp
	if udp and udp.len >= 4 then return udp.payload:u32(0) + 1 > 5 and DROP or PASS end
	return PASS
end)
case("up to one behind the length", function(pkt)
	local n = 0
	for i = 0, #pkt do n = n + pkt:u8(i) end
	return n > 5 and DROP or PASS
end)
case("two by two, up to one behind the length", function(pkt)
	local n, i = 0, 0
	while i + 1 <= #pkt do n = n + pkt:u16(i) i = i + 2 end
	return n > 5 and DROP or PASS
end)
case("before the first", function(pkt)
	local n = 0
	for i = -3, #pkt - 1 do n = n + pkt:u8(i) end
	return n > 5 and DROP or PASS
end)
case("the first of several tested", function(pkt)
	local a, b, c = pkt:byte(15, 17)
	if not a then return PASS end
	return a + b > 5 and DROP or PASS
end)
case("one of another text tested", function(pkt)
	local a, b = pkt:u8(20), pkt.payload:u8(21)
	if not b then return PASS end
	return a + b > 5 and DROP or PASS
end)
case("of a text that a pattern matched, which may be empty", function(pkt)
	local c, d = pkt:sub(15):match("^%d*"), pkt:sub(15):match("()")
	if c then return c:byte() - 48 > 5 and DROP or PASS end
	return PASS
end)
case("the second of a text that a pattern matched", function(pkt)
	local c = pkt:sub(15):match("^%d+")
	if c then return c:byte(2) - 48 > 5 and DROP or PASS end
	return PASS
end)
case("of a packet that became shorter", function(pkt)
	if #pkt < 60 then return PASS end
	pkt:adjust_tail(-10)
	return pkt:u8(59) + 1 > 5 and DROP or PASS
end)

-- arrays of events
diag.kind = "tracepoint:raw_syscalls:sys_enter"
case("each of an event's array", function(e)
	local s = 0
	for i = 0, 5 do s = s + e.args[i] end
	print(s)
end)
case("one behind an event's array", function(e)
	local s = 0
	for i = 0, 6 do s = s + e.args[i] end
	print(s)
end)
case("any of an event's array", function(e)
	local i = e.id
	if i < 6 then print(e.args[i] + 1) end
end)
diag.done()

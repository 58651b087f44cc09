-- Strings of more than 64 bytes, made at run time: of pieces of all kinds, in loops that keep the ones of turns before,
-- in bodies that calls share, caught and not, as parts and captures, copies of what the packet held before a write.
local lang = dofile "tests/lang/harness.lua"

-- All of a string as a number.
local function all(s)
	if not s then return s end
	local sum = #s
	for i = 1, #s do sum = (sum * 31 + s:byte(i)) & 0xffffffffffff end
	return sum
end

local head = lang.head
local text = ("GET /a/Path?x=1&y=22 HTTP/1.1\r\nHost: example.org\0\xff"):rep(30)
local inputs = {}
for _, n in ipairs { 0, 1, 7, 8, 9, 63, 64, 65, 100, 127, 128, 200, 511, 1000, 1400 } do inputs[#inputs + 1] = head .. text:sub(3, n + 2) end
local function over(name, f, see) lang.packets { name = name, inputs = inputs, f = function(p) return f(p:sub(15, 1420), p) end, see = see } end

-- ---- made ----

over("a part of the packet", function(s) return all(s .. ""), all("<" .. s .. ">"), #(s .. s) end)
over("pieces at every place of a word", function(s)
	local sum = 0
	for i = 0, 9 do sum = sum * 31 + all(s:sub(1, i) .. s .. s:sub(1, 7) .. s:sub(i) .. "|") end
	return sum
end)
over("numbers and constants", function(s) return all(s .. #s .. (" and so on, "):rep(9) .. -#s .. s:sub(2, 5)) end)
over("one of another", function(s)
	local t = "[" .. s .. "]"
	local u = t .. t:sub(2, -2) .. #t
	return all(u), all(u:sub(3)), u:sub(#t + 1, -5) == t:sub(2, -2)
end)
over("of one kind or another", function(s)
	local v = 5
	if #s > 100 then v = "a" .. s elseif #s > 8 then v = s elseif #s > 1 then v = "short" end
	return all("v" .. v), all(v .. "v" .. v)
end)
over("format", function(s)
	return all(("%s is %d, %5d|%-5d|%x %c %s%%"):format(s, #s, #s, #s, #s, 65, s:sub(1, 70)))
end)
over("tostring", function(s)
	local v
	if #s > 10 then v = s end
	if #s == 64 then v = true end
	return all(tostring(v))
end)
over("lower, upper", function(s) return all(s:lower()), all(("x" .. s):upper()), all((s .. "Y"):lower():upper():sub(-80)) end)
over("rep", function(s)
	local t = s:sub(1, 40)
	return all(t:rep(3)), all(("ab"):rep(#s)), all((t .. "."):rep(#t, ", "))
end)
over("rep: never, or of nothing", function(s)
	local none = s:sub(1, 0)
	return #s:rep(-#s), #none:rep(1 << 14), #s:rep(0, "x") + #none:rep(#s & 7, "-") + #("x"):rep(1, s)
end)

-- ---- looked at ----

over("sub", function(s)
	local t = "0123456789" .. s
	return all(t:sub(4)), all(t:sub(-70, -3)), all(t:sub(#s // 2, #s))
end)
over("byte", function(s)
	local t = s .. "!"
	local a, b, c = t:byte(-3, -1)
	return t:byte(65), t:byte(#t), (a or 0) + (b or 0) * 256 + (c or 0) * 65536
end)
over("find", function(s)
	local t = "x" .. s
	return t:find("HTTP/%d", 20), (t:find("org", 1, true)), (t:find("\0", -60, true))
end)
over("match", function(s)
	local path, host = ("x" .. s):match("/(%S*).-Host: (%S+)", 40)
	return all(path), all(host)
end)
over("gmatch", function(s)
	local n = 0
	for k, v in (s .. "&z=7"):gmatch("(%w+)=(%w+)") do n = n * 31 + all(k) + all(v) end
	return n
end)
over("unpack", function(s)
	local t = "\1\2\3\4" .. s .. "0123456789"
	local a, b, pos = string.unpack("<I4 c3", t)
	local c = string.unpack(">I2", t, #t - 4)
	return a, all(b) + pos, c
end)
over("tonumber", function(s) return tonumber("0x" .. (" "):rep(70):sub(1, 0) .. #s), tonumber((s .. "12"):sub(-2)) end)
over("compared", function(s)
	local t, u = s .. "x", s:sub(1, -2) .. "x"
	return t == u, t < u, t <= s .. "x"
end)
over("compared with others", function(s)
	local t = s .. ""
	return t == s, t == "GET", t:sub(1, 3) == "T /"
end)
over("ordered", function(s)
	local t, u = s .. "a", s:sub(1, 70) .. "b"
	return t < u, u < t, t <= "T" .. s
end)
over("parts of the packet ordered", function(s, p) return s < p:sub(16), p:sub(16) <= s, s <= s end)
over("this or that ordered", function(s, p)
	local t, u = "abc", s:sub(1, 60)
	if #s > 100 then t = s elseif #s > 8 then t = s .. "!" end
	if #s > 200 then u = "GET" end
	return t < "abd", s <= t, u < t
end)
local long = ("constants, too, are looked at: "):rep(5)
over("of a constant", function(s)
	local n = #s & 31
	return all(long:sub(n, n + 70)), long:byte(n + 1), (long:find("too", n + 1, true))
end)
over("a constant or another", function(s)
	local t = ""
	if #s > 100 then t = long elseif #s > 10 then t = "short" end
	return all(t), #t, t == long
end)

-- ---- kept ----

over("grown in a loop", function(s)
	local t = ""
	for i = 1, #s & 255 do t = t .. s:byte(i) .. "." end
	return all(t)
end)
over("grown in front", function(s)
	local t, last = "", "none"
	for i = 1, #s & 127 do
		last = t
		t = s:sub(i, i + 2) .. t
	end
	return all(t), all(last)
end)
over("the one before, and the one before that", function(s)
	local a, b, c = "", "a", "b"
	for i = 1, #s & 63 do
		a, b, c = b, c, (a .. b .. i):sub(-200)
	end
	return all(a), all(b), all(c)
end)
over("two that change places", function(s)
	local a, b = s .. "1", "2" .. s:sub(1, 200)
	for i = 1, #s & 7 do
		a, b = b, a
		if i == 3 then a = a .. "+" end
	end
	return all(a), all(b), a == b
end)
over("parts of each other", function(s)
	local a, b = s .. "0123456789", "x" .. s
	for i = 1, #s & 15 do
		a, b = b:sub(2) .. "y", a:sub(1, -2)
	end
	return all(a), all(b)
end)
over("a part of itself", function(s)
	local t = s .. "0123456789"
	for i = 1, #s & 31 do
		if i & 1 == 0 then t = t:sub(2) else t = "(" .. t end
	end
	return all(t)
end)
over("nil, a number or a string, kept", function(s)
	local last, sum
	for i = 1, #s & 31 do
		if last then sum = (sum or 0) * 31 + all(last .. "") end
		if i % 3 == 0 then last = nil elseif i % 3 == 1 then last = i else last = s:sub(i) .. i end
	end
	return sum, last and all(last .. "")
end)
over("loops in loops", function(s)
	local t, n = "", 0
	for i = 1, #s & 7 do
		local row = ""
		for k = 1, 4 do
			local before = row
			row = row .. s:sub(k, k + 9) .. i
			n = n + #before
		end
		t = (row .. t):sub(1, 300)
	end
	return all(t), n
end)
over("over matches", function(s)
	local longest, t = "", s:sub(1, 700) .. "\n"
	for word in t:gmatch("[^&?\0]+") do
		if #word > #longest then longest = word .. "" end
	end
	return all(longest)
end)
local function twice(s, with) return with .. s .. with .. s:sub(-100) end
over("from the same function", function(s)
	local a, b = twice(s, "<"), twice(s, ">>")
	local c = twice(a:sub(1, 300), b:sub(1, 5))
	return all(a), all(b), all(c)
end)
lang.packets { name = "before a write to the packet", inputs = inputs, f = function(p)
	local s = p:sub(15)
	p:set_u8(14, 0x58)
	p:set_u32(60, 0x58585858)
	return all(s), #s, s == p:sub(15)
end }

local kept = bpf.map { "hash", name = "kept", key = "u32", value = "struct { char[8] a; u32 n; }", entries = 16 }
local function written(name, f) lang.packets { name = name, inputs = inputs, f = f } end
written("kept by a loop over a write", function(p)
	local s, n = p:sub(1), 0
	for i = 0, 20 do
		n = n * 31 + (s:byte(i + 14) or 256)
		p:set_u8(i + 13, i)
	end
	return n, all(s)
end)
written("in a record that is stored after a write", function(p)
	local s = p:sub(15)
	local r = { a = s:sub(1, 3), n = #s }
	p:set_u8(14, 0x58)
	kept[1] = r
	local e = kept[1]
	return e and e.a == s:sub(1, 3), e and e.n
end)
written("shared with an inner function that comes after a write", function(p)
	local s = p:sub(15)
	local function f() return all(s) end
	p:set_u8(14, 0x58)
	return f(), s == p:sub(15)
end)
written("given to a function that writes", function(p)
	local function f(s) p:set_u8(15, 0x58) return all(s) end
	return f(p:sub(1)), f(p:sub(2))
end)
written("out of a pcall that writes", function(p)
	local ok, s = pcall(function() local s = p:sub(15) p:set_u8(14, 0x58) return s end)
	return ok, s == "T /a/Pa"
end)
written("captures after a write", function(p)
	local path, host = p:match("/(%S*).-Host: (%S+)")
	p:set_u8(20, 0x58)
	p:set_u32(50, 0x58585858)
	return all(path), all(host), path == p:match("/(%S*)")
end)
written("matches of a loop that writes", function(p)
	local n = 0
	for word in p:sub(15, 300):gmatch("%w+") do
		p:set_u8(14, n & 255)
		n = n * 31 + all(word)
	end
	return n
end)

-- ---- raised ----

local line = debug.getinfo(1, "l").currentline + 3
local too_long = { error = ("tests/lang/long.lua:%d: string too long"):format(line + 2) }
lang.case { name = "too long", want = { { 4000 }, { 4096 }, too_long, too_long }, twin = false, inputs = lang.each { 2000, 2048, 2049, 9000 }, f = function(n)
	local t = ""
	for i = 1, n do
		t = t .. "ab"
	end
	return #t
end }
lang.case { name = "too often", want = { { 4095 }, { 4093 }, { error = ("tests/lang/long.lua:%d: string too long"):format(line + 8) } },
	twin = false, inputs = lang.each { 1365, 1364, 1366 }, f = function(n)
	local t = ("abc"):rep(n)
	if n == 1364 then return #t + 1 end
	return #t
end }
over("caught", function(s)
	local t = "so far: " .. s
	local ok = pcall(function()
		t = t .. s
		if #s > 100 then error("no") end
		t = t .. "!"
	end)
	return ok, all(t)
end)
over("an error with a slot held", function(s)
	local t = s .. s
	if #t > 400 then t = nil end
	return #t
end)

-- ---- stored ----

local texts = bpf.map { "hash", name = "texts", key = "char[8]", value = "struct { char[16] t; u32 n; }", entries = 64 }
over("keys and fields", function(s)
	local t = s .. "0123456789"
	texts[t:sub(-8)] = { t = t:sub(-10, -3), n = #t }
	local e = texts["23456789"]
	return e and #e.t, e and e.n, texts[t] == nil
end)
local names = { ["GET /a/"] = 1, ["89"] = 2 }
for i = 1, 40 do names["name " .. i] = i end
over("in a captured table", function(s)
	local t = s .. (" "):rep(70) .. "name 17" .. "89"
	return names[t:sub(-2)], names[t:sub(-9, -3)], names[t]
end)

lang.done()

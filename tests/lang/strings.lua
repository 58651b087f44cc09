-- Strings that are bytes of the packet: parts of it, compared, as keys, as fields. The host twin of such a
-- part is a plain Lua string, so stock Lua's own library says what must come out.
local lang = dofile "tests/lang/harness.lua"

local cut = lang.cut
local request = "GET /index.html HTTP/1.1\r\nHost: a.example\r\n\r\n"
local texts = cut(request, "GET\0 /\0\0", "\0\0\0\0\0\0\0\0\0", "POST /\xff\xfe\x80 ")

-- The text as one variable that the compiler knows nothing of.
local function over(name, f, inputs)
	lang.packets { name = name, inputs = inputs or texts, f = function(p)
		local s = p:sub(15)
		return f(s, p)
	end }
end

-- ---- lengths and bytes ----

over("length", function(s, p) return #s, #p:sub(15, 20), #p:sub(-4) end)
over("length as a function", function(s) return s:len(), string.len(s), #s:sub(2) end)
over("bytes", function(s) return s:byte(1), s:byte(), s:byte(-1) end)
over("bytes outside", function(s) return s:byte(0), s:byte(100), s:byte(-100) end)
over("a byte by index", function(s)
	local n = s:byte(1)
	if n then return s:byte(n - 70), s:byte(-(n & 15)), s:byte(n << 40) end
end)
over("the byte that nil asks for", function(s) return s:byte(nil), string.byte(s, 2) end)
over("all bytes in a loop", function(s)
	local sum, last = 0, nil
	for i = 1, #s do
		last = s:byte(i)
		sum = sum * 31 + last
	end
	return sum, last
end)

-- ---- parts ----

local hostile = {}
for _, i in ipairs { 0, 1, 2, 3, 8, 9, 50, 51, -1, -2, -8, -9, -50, math.maxinteger, math.mininteger, 1 << 32 } do
	for _, j in ipairs { 0, 1, 4, 9, 47, 50, -1, -3, -9, -60, math.maxinteger, math.mininteger, -(1 << 32) } do
		hostile[#hostile + 1] = ("\0"):rep(12) .. "\x88\xb5" .. (">i8i8"):pack(i, j) .. request:sub(1, 9)
	end
end
lang.packets { name = "parts by numbers", inputs = hostile, f = function(p)
	local i, j = p:u64(14), p:u64(22)
	if not i or not j then return nil end
	local s = p:sub(31):sub(i, j)
	return #s, s:byte(1), s == "GET /inde"
end }
lang.packets { name = "parts from a number on", inputs = hostile, f = function(p)
	local i = p:u64(14)
	if not i then return nil end
	local s = string.sub(p:sub(31), i)
	return #s, s:byte(-1), s == "/inde"
end }
over("parts by constants", function(s) return #s:sub(1, 3), #s:sub(2, -2), #s:sub(-3, -2) end)
over("parts that are empty", function(s) return #s:sub(5, 2), s:sub(3, 2) == "", s:sub(100) == "" end)
over("the first bytes", function(s) return #bpf.trunc(s, 3), bpf.trunc(s, 4) == "GET ", #bpf.trunc(s, 1000) end)
over("the first bytes, of a constant and of made ones", function(s)
	return #bpf.trunc("GET /", 3), bpf.trunc(s:sub(1, 9):lower(), 3) == "get", #bpf.trunc(s .. "!", 2)
end)
lang.packets { name = "the first bytes by number", inputs = hostile, f = function(p)
	local n = p:u64(14)
	if not n then return end
	local ok, len = pcall(function() return #bpf.trunc(p:sub(31), n) end)
	return ok, ok and len, #bpf.trunc(p:sub(31), n)
end }
over("parts by zero", function(s) return #s:sub(0, 0), #s:sub(0), s:sub(0, 2) == "GE" end)
over("parts of parts", function(s)
	local t = s:sub(3):sub(2, 9):sub(-4)
	return #t, t:byte(1), t == "dex."
end)
over("an end that may be nil", function(s)
	local j
	if #s > 4 then j = 3 end
	return #s:sub(1, j), s:sub(2, j) == "ET"
end)
over("an end of nil that raises", function(s)
	local i
	if #s > 4 then i = 2 end
	return #s:sub(i, 3)
end)
over("an end of nil that raises in a function", function(s)
	local i
	if #s > 4 then i = 2 end
	return #string.sub(s, i, 3)
end)
over("a string of nil that raises in a function", function(s)
	local t
	if #s > 4 then t = s end
	return #string.sub(t, 2), string.len(t)
end)

-- ---- headers and payloads ----

local made = dofile "tests/lang/lib_frames.lua"
lang.packets { name = "parts of headers and payloads", inputs = made.inputs, f = function(p)
	local u = p.udp or p.tcp
	if not u then return #p.payload:sub(1, 4), p.eth:sub(13, 14) == "\x08\x00" end
	return #u:sub(1), u:sub(1, 2):byte(2), #u.payload:sub(2, 5)
end }
lang.packets { name = "a view that may not be there", inputs = made.inputs, f = function(p)
	return #p.udp:sub(1, 4)
end }
lang.packets { name = "a string of this header or that", inputs = made.inputs, f = function(p)
	local s
	if p.udp then s = p.udp:sub(1, 2) elseif p.ipv4 then s = p.ipv4:sub(-4) end
	return s == nil, s and #s, s == "\x00\x35"
end }

-- ---- equality ----

over("against constants", function(s) return s == "GET", s ~= "", s:sub(1, 4) == "GET " end)
over("against long constants", function(s)
	return s:sub(1, 24) == "GET /index.html HTTP/1.1", s:sub(1, 13) == "GET /index.ht", s == "GET\0 /\0\0"
end)
over("against every length", function(s)
	local n = 0
	if s == "G" then n = 1 elseif s == "GE" then n = 2 elseif s == "GET" then n = 3 elseif s == "GET " then n = 4
	elseif s == "GET /" then n = 5 elseif s == "GET /i" then n = 6 elseif s == "GET /in" then n = 7
	elseif s == "GET /ind" then n = 8 elseif s == "GET /inde" then n = 9 end
	return n
end)
over("against another part", function(s) return s:sub(1, 2) == s:sub(3, 4), s:sub(1, 4) == s:sub(2, 5), s == s:sub(1) end)
over("two long ones", function(s, p) return s == p:sub(15), s == p:sub(16), p:sub(1) == p:sub(1, -1) end)
over("with other kinds", function(s)
	local v
	if #s > 3 then v = s elseif #s > 1 then v = 7 end
	return v == "GET ", v == 7, v ~= nil
end)
over("a part or a constant", function(s)
	local v = "none"
	if #s > 4 then v = s:sub(1, 4) end
	return v == "none", v == "GET ", #v
end)
over("what type says", function(s) return type(s) == "string", type((s:byte())) == "number", math.type(s) end)

-- ---- order ----

over("order", function(s)
	local t = s:sub(1, 6)
	return t < "GET /i", t <= "GET /i", t > "GET"
end)
over("order of parts", function(s)
	local a, b = s:sub(1, 9), s:sub(4, 20)
	return a < b, a <= b, b < a
end)
over("order with zero bytes", function(s)
	local t = s:sub(1, 8)
	return t < "\0\0\0", t <= "\0\0\0", t >= "\0\0\0\0"
end)
over("order with what is no string", function(s)
	local n
	if #s > 3 then n = s:sub(1, 3) end
	return n < "GET"
end)

-- ---- keys, values and fields ----

local methods = bpf.map { "hash", name = "methods", key = "char[4]", value = "u64", entries = 16 }
local names = bpf.map { "hash", name = "names", key = "u32", value = "char[10]", entries = 16 }
local pairs_of = bpf.map { "hash", name = "pairs_of", key = "struct { char[4] a; u32 n; }",
	value = "struct { char[12] text; u32 n; }", entries = 16 }
local st = bpf.state { text = "char[8]", n = "u32" }
local found = bpf.events { text = "char[6]", n = "u32" }
local known = { ["GET"] = 1, ["POST"] = 2, ["PUT"] = 3, ["GET\0"] = 4 }

local function kept(name, see, f, setup)
	lang.packets { name = name, inputs = texts, see = see, f = f, setup = setup }
end
kept("a key", { methods }, function(p)
	local s = p:sub(15, 18)
	methods[s] = #s
	return methods[s]
end)
kept("a key that does not fit", { methods }, function(p) return methods[p:sub(15)] end,
	function() methods["GET"] = 3 methods["GET "] = 4 end)
kept("a key that is added to", { methods }, function(p) methods:add(p:sub(15, 18), 2) end)
kept("a key that is deleted", { methods }, function(p) methods[p:sub(15)] = nil end,
	function() methods["GET"] = 3 methods["GET "] = 4 methods[""] = 5 end)
kept("a value", { names }, function(p) names[1] = p:sub(15) end)
kept("a value with a key's help", { names }, function(p)
	names[2] = p:sub(15, 24)
	return names[2] == p:sub(15, 24), names[2] == "GET", p:sub(15, 24) == names[2]
end)
kept("in structs", { pairs_of }, function(p)
	pairs_of[{ a = p:sub(15, 18), n = 1 }] = { text = p:sub(16, 27), n = 2 }
	local e = pairs_of[{ a = p:sub(15, 18), n = 1 }]
	return e and e.n, e and e.text == p:sub(16, 27), e and #e.text
end)
kept("in a state", { { st, "text", "n" } }, function(p)
	st.text = p:sub(15, 22)
	st.n = #st.text
	return st.text == "GET /ind", st.text < "H"
end, function() st.text = "" end)
kept("in an event", { found }, function(p) found:send { text = p:sub(15, 20), n = #p:sub(15) } end)
kept("in an event, or not", { found }, function(p)
	local s = "none"
	if #p > 18 then s = p:sub(15, 18) end
	found:send { text = s, n = 1 }
end)
local many = {}
for i = 1, 100 do many["word" .. i] = i end
many["GET"], many["GET "], many[""] = 1000, 2000, 3000
over("in a captured table with many keys", function(s) return many[s], many[s:sub(1, 3)], many[s:sub(1, 4)] end)
over("in a captured table with many keys, this or that", function(s)
	local k = "word7"
	if #s > 4 then k = s:sub(1, 4) elseif #s > 3 then k = "word" .. #s elseif #s > 2 then k = s end
	return many[k], many["word" .. #s]
end)
over("in a captured table", function(s) return known[s], known[s:sub(1, 3)], known[s:sub(1, 4)] end)

-- ---- together with the rest ----

over("through a function", function(s)
	local function first(t, n) return t:sub(1, n), #t end
	local a, n = first(s, 3)
	return a == "GET", n, #a
end)
over("in a loop", function(s)
	local n, at = 0, nil
	for i = 1, #s do
		local t = s:sub(i, i + 1)
		if t == "\r\n" then
			n = n + 1
			at = at or i
		end
	end
	return n, at
end)
over("kept from turn to turn", function(s)
	local longest, word = "", ""
	for i = 1, #s do
		word = s:sub(i, i + (s:byte(i) & 7))
		if #word > #longest then longest = word end
	end
	return #longest, longest == word, longest == "GET /i"
end)
over("a byte that may not be there", function(s) return s:byte(3) + 1 end)
over("a method of nil", function(s)
	local v
	if #s > 2 then v = s end
	return #v:sub(2)
end)
over("before a write", function(s, p)
	local get = s:sub(1, 3) == "GET"
	p:set_u8(14, 0x58)
	return get, p:sub(15, 17) == "XET", p:u8(14)
end)
over("constants are computed", function(s)
	return ("hello"):sub(2, 4) == "ell", ("abc"):byte(-1), #("abc"):sub(2) + #s
end)

lang.done()

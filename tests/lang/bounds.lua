-- Parts of strings whose ends are known only at run time, where tests, fields and sums bound how long they are: these
-- are made, stored and sent as short strings.
local lang = dofile "tests/lang/harness.lua"
local names = bpf.map { "hash", name = "names", key = "char[16]", value = "u32", entries = 64 }
local kept = bpf.map { "hash", name = "kept", key = "u32", value = "char[24]", entries = 4 }
local head = ("\0"):rep(12) .. "\x88\xb5"
local function frame(bytes) return head .. bytes .. ("."):rep(60 - #bytes) end
local inputs = {}
for _, n in ipairs { 0, 1, 2, 7, 15, 16, 17, 20, 40, 255 } do
	inputs[#inputs + 1] = frame(string.char(n) .. "abcdefghijklmnopqrstuvwxyz")
end
inputs[#inputs + 1] = head .. "\5abc"
inputs[#inputs + 1] = head

local function case(name, f)
	lang.packets { name = name, inputs = inputs, see = { names, kept }, f = f }
end

case("a tested length", function(p)
	local n = p:u8(14)
	if n and n <= 16 then names[p:sub(16, 15 + n) .. ""] = n end
end)
case("tested from the other side", function(p)
	local n = p:u8(14)
	if not n or 16 < n or n == 0 then return end
	local s = p:sub(16, n + 15)
	local t = "<" .. s .. ">"
	kept[1] = t
	kept[2] = s:upper()
end)
case("tested in steps", function(p)
	local n = p:u16(14)
	if not n then return end
	local len = n >> 8
	if len >= 12 then return end
	if len < 3 then len = 3 end
	kept[1] = "k:" .. p:sub(16, 15 + len)
end)
case("the least of two", function(p)
	local n = p:u8(14)
	if not n then return end
	kept[1] = p:sub(16, 15 + math.min(n, 20)) .. "!"
end)
case("by its bits", function(p)
	local n = p:u8(14)
	if not n then return end
	kept[1] = p:sub(16, 15 + n % 8) .. p:sub(16, 15 + (n & 15))
end)
case("from a number on", function(p)
	local n = p:u8(14)
	if not n then return end
	if n > 20 then n = 20 end
	kept[1] = p:sub(n + 1, 24) .. "."
end)
case("a longer one is cut", function(p)
	local n = p:u8(14)
	if n and n <= 30 then kept[1] = p:sub(16, 15 + n) .. p:sub(1, 0) end
end)
case("in a loop", function(p)
	local n, at = p:u8(14), 15
	if not n or n > 4 then return end
	for i = 1, n do
		local k = p:u8(at + i)
		if not k or k > 120 then break end
		names[p:sub(16, 15 + k % 11) .. "x"] = i
	end
end)
case("the length of one way, and of the other", function(p)
	local n = p:u8(14)
	if not n then return end
	local len
	if n & 1 == 0 then len = n & 3 else len = n & 15 end
	kept[1] = "a:" .. p:sub(16, 15 + len)
	if n & 1 == 1 then len = n & 15 else len = n & 3 end
	kept[2] = "b:" .. p:sub(16, 15 + len)
end)
case("within pcall", function(p)
	local ok = pcall(function()
		local n = p:u8(14)
		if n < 10 then kept[1] = p:sub(16, 15 + n) .. p:sub(16, 15 + n) end
		if n == 16 then error("sixteen") end
	end)
	kept[2] = ok and "well" or "not"
end)

local chain = { "local n = (...):u8(14) if not n then return end" }
for i = 16, 50 do chain[#chain + 1] = ("if (...):u8(%d) == 3 then n = n + 1 else n = n - 2 end if n < 0 then n = 0 end"):format(i) end
chain[#chain + 1] = "return #(...):sub(16, 15 + n)"
case("ways that meet again and again", load("return function(...) " .. table.concat(chain, " ") .. " end")())

local given = {}
for _, s in ipairs { "", "ab", "hello world", "0123456789abcdef" } do
	for _, n in ipairs { 0, 1, 2, 3, 4, 16, 17, -1, -3, math.mininteger, math.maxinteger } do given[#given + 1] = { s, n } end
end
local function of(name, f)
	lang.case { name = name, inputs = given, f = function(s, n)
		if type(s) == "string" and math.type(n) == "integer" then
			local t = f(s, n)
			if t then return #t, t:byte(1), t:byte(-2) end
		end
	end }
end
of("from both sides", function(s, n) return n >= 0 and n <= 3 and s:sub(1, n) .. "!" end)
of("from above alone", function(s, n) return n <= 3 and s:sub(1, n) .. "!" end)
of("just that", function(s, n) return n == 2 and s:sub(1, n) .. s:sub(n, n + 1) or s:sub(2, n) .. "-" end)
of("moved by what may wrap", function(s, n) return n < 4 and s:sub(1, n - 5) .. s:sub(1, n + math.maxinteger) end)
of("not more", function(s, n) return not (n > 3 or n < 1) and s:sub(n - 1, n + 1) .. "!" or "" end)
of("one byte, wherever it is", function(s, n) return "<" .. s:sub(n, n) .. ">" end)
of("as many as the ends are apart", function(s, n) return s:sub(n, n + 3) .. "/" .. s:sub(n - 1, n + 1) .. "/" .. s:sub(n + 2, n + 2) end)
of("ends that wrap", function(s, n) return s:sub(n + math.maxinteger, n + math.mininteger) .. "/" .. s:sub(n - math.mininteger, n - math.maxinteger) end)
of("an end before the start", function(s, n) return s:sub(n, n - 1) .. "/" .. s:sub(n + 1, n - 2) end)
case("a loop's own counter", function(p)
	local n, i, j = p:u8(14) or 0, 3, 9
	while n > 2 and i < 9 do n, i = n >> 1, i + 3 end
	n = p:u8(14) or 0
	while j > 2 and n > 1 do n, j = n >> 1, j - 2 end
	kept[1] = p:sub(16, 15 + i) .. "/" .. p:sub(16, 15 + j)
	for k = 1, 5 do names["k" .. p:sub(16, 15 + k) .. "."] = k end
end)

-- ---- parts that never have a byte ----

local function sum(s)
	local h = 1
	for i = 1, #s do h = h * 3 + s:byte(i) end
	return h
end
local function none_of(name, f)
	lang.packets { name = name, inputs = inputs, f = function(p)
		local n = p:u8(14)
		if n then return f(p, n) end
	end }
	lang.case { name = name .. ", of a text", inputs = given, f = function(s, n)
		if type(s) == "string" and math.type(n) == "integer" then return f(s, n) end
	end }
end
none_of("no byte, gone over", function(p) return sum(p:sub(23, 20)), sum(p:sub(-3, -4)), sum(p:sub(0, 0)) end)
none_of("by numbers that are captured", function(s)
	local from, n = 3, 0
	return sum(s:sub(from, from + n - 1)), sum(s:sub(from, from + n))
end)
none_of("a part of one, and what is made of one", function(s, n)
	local none = s:sub(5, 4)
	return sum(none:sub(2, 3)), sum(none:upper()), sum(none .. none), sum(none:rep(3)), sum(n == 7 and none or "")
end)
none_of("asked for its length", function(s)
	local none = s:sub(5, 4)
	local i, t = 1, 0
	while i <= none:len() do t, i = t + none:byte(i), i + 1 end
	if #none > 0 then t = none:byte(1) + 1 end
	if none ~= "" then t = none:byte(1) + 1 end
	if none > "" or none == "x" then t = none:byte(1) + 1 end
	return t, #none, none:len(), rawlen(none), none == "", none < "a", none >= ""
end)
none_of("none in one turn, some in others", function(s, n)
	local t = 0
	for i = 0, 3 do
		local part = s:sub(2, 1 + i)
		t = t * 7 + #part
		for k = 1, #part do t = t + part:byte(k) end
	end
	local m = 0
	while m < 3 do
		for k = 1, #s:sub(n, n - 1 + m) do t = t + k end
		m = m + 1
	end
	return t
end)
lang.done()

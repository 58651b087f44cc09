-- s:gmatch(pattern): loops over the matches in parts of the packet, the packet itself, texts and constants.
local lang = dofile "tests/lang/harness.lua"

local inputs = lang.cut("a=1&bb=22;c= &=3\r\nx:  yy\0\0z^a^b", "\n\n\n", "(a(b)c)(d)")
local function over(name, f) lang.packets { name = name, inputs = inputs, f = function(p) return f(p:sub(15), p) end } end

-- How often, and all captures and their places in one number.
local patterns = { "%w+", "%w*", "", "%w-", ".", "()", "a", "^a", "%d?", "[^&]+", "[^&]*", "(%w+)", "()(%w*)()", "%b()", "%f[%w]%w+",
	"%s*$", "$", ".-%c", "%w*=%w*", "\0+", ".+", "%a?%d?", "(%w)(%W?)", "x*" }
for _, pattern in ipairs(patterns) do
	over("matches of " .. pattern:gsub("%c", "?"), function(s)
		local n, sum = 0, 0
		for a, b in s:gmatch(pattern) do
			n = n + 1
			if math.type(a) == "integer" then sum = sum * 31 + a else sum = sum * 31 + #a end
			if b then sum = sum * 7 + #b end
		end
		return n, sum
	end)
end
over("first bytes", function(s)
	local sum = 0
	for word in s:gmatch("%w+") do sum = sum * 31 + word:byte(1) end
	return sum
end)
over("names and values", function(s)
	local n, last = 0, 0
	for name, value in s:gmatch("(%w+)=(%w*)") do
		n = n + #name
		if name == "bb" then last = tonumber(#value) end
	end
	return n, last
end)
over("of the packet", function(_, p)
	local n = 0
	for _ in p:gmatch("%w") do n = n + 1 end
	return n
end)
over("of a header", function(_, p)
	local n = 0
	for zeros in p.eth:gmatch("\0+") do n = n * 16 + #zeros end
	return n
end)
over("as a function", function(s)
	local n = 0
	for a in string.gmatch(s, "%d") do n = n * 10 + a:byte() - 48 end
	return n
end)
over("left by break", function(s)
	local n = 0
	for word in s:gmatch("%w+") do
		if word == "bb" then break end
		n = n + #word
	end
	return n
end)
over("left by return", function(s)
	for word, at in s:gmatch("(%w%w+)()") do return at, #word end
	return false
end)
over("continued by goto", function(s)
	local n = 0
	for word in s:gmatch("[^&;]+") do
		if #word < 3 then goto continue end
		n = n * 31 + #word
		::continue::
	end
	return n
end)
over("one in another", function(s)
	local n, m = 0, 0
	for pair in s:gmatch("[^&;]+") do
		for part in pair:gmatch("[^=]*") do
			n = n * 7 + #part
			m = m + 1
		end
	end
	return n, m
end)
over("one in another over the same", function(s)
	local n = 0
	for a in s:sub(1, 6):gmatch("()") do
		for b in s:sub(1, 4):gmatch("%w()") do n = n + a * b end
	end
	return n
end)
over("of made text", function(s)
	local t, n = "<" .. s:sub(1, 12) .. ">", 0
	for a in t:gmatch("[%w<>]+") do n = n * 31 + #a end
	return n
end)
over("of a constant", function(s)
	local n = 0
	for a, b in ("k=v, key=value, =x"):gmatch("(%w*)=(%w+)") do
		if a == s:sub(1, 1) .. "" then n = n + 100 end
		n = n + #a * #b
	end
	return n
end)
for _, init in ipairs { 1, 2, 4, 9, 30, 1000, 0, -1, -3, -1000, math.maxinteger, math.mininteger } do
	over("from " .. init .. " on", function(s)
		local n, sum = 0, 0
		for at in s:gmatch("()%w*", init) do
			n = n + 1
			sum = sum * 31 + at
		end
		return n, sum
	end)
end
over("from a number on", function(s)
	local n = 0
	for at in s:gmatch("()%w", s:byte(-1) or 1) do n = n * 31 + at end
	return n
end)
over("from a number on or nil", function(s)
	local from, n = nil, 0
	if #s > 5 then from = -5 end
	for at in s:gmatch("()%w", from) do n = n * 31 + at end
	return n
end)
over("called by hand", function(s)
	local word = s:gmatch("%w+")
	local a, b, c = word(), word(), word()
	return a and #a, b and #b, c and #c
end)
over("called until there is none, and again", function(s)
	local digit, n = s:gmatch("%d"), 0
	while digit() do n = n + 1 end
	return n, digit() == nil, digit() == nil
end)
over("two loops over one iterator", function(s)
	local word, first, rest = s:gmatch("%w+"), 0, 0
	for a in word do
		first = #a
		break
	end
	for a in word do rest = rest * 31 + #a end
	return first, rest
end)
over("two iterators by turns", function(s)
	local a, b = s:gmatch("%w"), s:gmatch("%W")
	local n = 0
	for _ = 1, 5 do
		local x, y = a(), b()
		if not x or not y then break end
		n = n * 31 + x:byte() * y:byte()
	end
	return n
end)
over("in a closure", function(s)
	local word = s:gmatch("()%w+")
	local function skip() return word() end
	skip()
	local at = skip()
	return at, word()
end)
over("given to a function", function(s)
	local function count(it)
		local n = 0
		for _ in it do n = n + 1 end
		return n
	end
	return count(s:gmatch("%w+")), count(s:gmatch("%W"))
end)
over("a string that may be nil", function(s)
	local t, n = nil, 0
	if #s > 3 then t = s end
	for a in string.gmatch(t, "%w") do n = n + a:byte() end
	return n
end)
over("a method of what may be nil", function(s)
	local t, n = nil, 0
	if #s > 3 then t = s end
	for a in t:gmatch("%w") do n = n + a:byte() end
	return n
end)
over("errors in the loop", function(s)
	local n = 0
	for word in s:gmatch("%w+") do
		local at = word:find("b")
		n = n + 10 // (#word - 1) + at
	end
	return n
end)
over("caught", function(s)
	local ok, n = pcall(function()
		local n = 0
		for word in s:gmatch("%w+") do
			if word == "yy" then error("yy") end
			n = n + #word
		end
		return n
	end)
	return ok, ok and n
end)
over("a pcall in the loop", function(s)
	local n = 0
	for word in s:gmatch("%w+") do
		local ok, at = pcall(function() return word:find("[b-y]") + 1 end)
		if ok then n = n + at else n = n + 100 end
	end
	return n
end)
over("the first captures of a loop kept", function(s)
	local key, value
	for k, v in s:gmatch("(%w+)=(%w+)") do key, value = k, v end
	return key and #key, value and value:byte()
end)
over("strings of two kinds", function(s)
	local t, n = "a b c", 0
	if #s > 4 then t = s:sub(1, 12) end
	for word in t:gmatch("%w") do n = n * 7 + word:byte() end
	return n
end)
over("counted in a map", function(s)
	local longest = ""
	for word in s:sub(1, 20):gmatch("%w+") do
		if #word > #longest then longest = word end
	end
	return #longest, longest == "bb"
end)
over("three deep", function(s)
	local n = 0
	for a in s:gmatch("[^&]+") do for b in a:gmatch("[^=]+") do for c in b:gmatch("%w") do n = n * 3 + c:byte() end end end
	return n
end)
over("assigned in the loop", function(s)
	local n = 0
	for a, b in s:gmatch("(%w)(%w?)") do
		if b == "" then a = nil end
		if a then n = n + a:byte() else n = n + 1000 end
	end
	return n
end)
over("32 captures", function(s)
	local n = 0
	for a, b, c, d, e, f, g, h in s:gmatch("()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()(%w)") do n = n + a + #(tostring(h)) end
	return n
end)
over("more variables than captures", function(s)
	local n = 0
	for a, b, c in s:gmatch("%w+") do n = n + #a if b or c then return false end end
	return n
end)
over("iterator in a record", function(s)
	local r = { next = s:gmatch("%w+") }
	local a = r.next()
	local b = r.next()
	return a and #a, b and #b
end)
over("while with a call", function(s)
	local it, n = s:gmatch("(%w)()"), 0
	local c, at = it()
	while c do n = n * 5 + c:byte() + at; c, at = it() end
	return n
end)
over("repeat", function(s)
	local n = 0
	repeat
		for w in s:gmatch("%w+") do n = n + 1 if n > 7 then goto out end end
		n = n + 3
	until n > 20
	::out::
	return n
end)
-- `^` is a byte like any other to gmatch; what is behind it may have a zero byte.
for i, pattern in ipairs { "^a\0b", "^\0%baa", "^[\0a]", "^" } do
	lang.packets { name = "^ and a zero byte, " .. i, inputs = lang.cut("^a\0b^a", "^\0axax", "x^ab^a\0"), once = true, f = function(p)
		local n, last = 0, 0
		for s in p:sub(15):gmatch(pattern) do n, last = n + 1, last * 7 + #s end
		return n, last
	end }
end
lang.done()

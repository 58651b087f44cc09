-- What byte, find and match give, as the last arguments of library functions: as many as there are.
local lang = dofile "tests/lang/harness.lua"
local texts = lang.each { "", "a", "ab", "abc", "a=b", "=", "x=yz", "0123456789abcdef" }
local both = lang.pairs({ "", "a", "a=b", "key=value" }, { 0, 1, -1, 2, 4, 9, false })

lang.case { name = "format of bytes", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local t = ("%02x:%02x"):format(s:byte(1, 2))
	return #t, t == "61:62", t == "61:3d"
end }
lang.case { name = "string.format of bytes", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local t = string.format("%d-%d %s", #s, s:byte(1, 2))
	return #t, t == "2-97 98"
end }
lang.case { name = "format of one byte", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	return ("%u"):format(s:byte(2)) == "98", #("%s"):format(s:byte(3))
end }
lang.case { name = "more than the format takes", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	return #("%d"):format(s:byte(1, 4))
end }
lang.case { name = "text between", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local t = ("<%d, %d%% and %s>"):format(s:byte(1, 3))
	return #t, t == "<97, 98% and 99>"
end }
lang.case { name = "another is wrong first", inputs = both, f = function(s, n)
	if type(s) ~= "string" then return end
	if type(n) == "string" then return end
	return #("%d %d %d"):format(n, s:byte(1, 2))
end }
lang.case { name = "caught", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local ok, t = pcall(string.format, "%x%x", s:byte(1, 2))
	local ok2, u = pcall(function() return ("%x%x"):format(s:byte(1, 2)) end)
	return ok, ok2 and #u, ok and t == u
end }
lang.case { name = "char", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local t = string.char(s:byte(1, 3))
	return #t, t == s, string.char(65, s:byte(-1)) == "Ab"
end }
lang.case { name = "math.max of a truth and what may be none", inputs = lang.pairs({ "", "a", "key=value" }, { "nil", 0, 9, true, false }), f = function(s, w)
	if type(s) ~= "string" or type(w) == "string" then return end
	return math.max(w or 16, s:byte(2)), 5
end }
lang.case { name = "math.max", inputs = both, f = function(s, n)
	if type(s) ~= "string" then return end
	return math.max(0, s:byte(1, 3)), math.min(99, s:byte(2))
end }
lang.case { name = "from where to where", inputs = both, f = function(s, n)
	if type(s) ~= "string" then return end
	local t = ("%d %d"):format(s:find("=", 1, true))
	return t == "2 2", #t
end }
lang.case { name = "what was found", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local t = ("%s/%s"):format(s:match("^(%l*)=(%l*)$"))
	return #t, t == "a/b", t == "/"
end }
lang.case { name = "find, then more", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	return #("%s %s"):format(1, s:find("b"))
end }
lang.case { name = "pack", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local t = string.pack("BB", 7, (s:byte(1)) or 9)
	return t:byte(1, 2)
end }
lang.case { name = "in a loop", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local n = 0
	for i = 1, 4 do
		local ok, t = pcall(string.format, "%02x", s:byte(i))
		n = n * 3 + (ok and #t or 1)
	end
	return n
end }
lang.case { name = "a function's results", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local function bytes(i, j) return s:byte(i, j) end
	local t = ("%d,%d"):format(bytes(1, 2))
	return #t, t
		== "97,98"
end }
lang.case { name = "assert", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local i, j = assert(s:find("=", 1, true))
	return i, j
end }
local max = math.max
lang.case { name = "perhaps none at all", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local one, a = pcall(function() return #tostring(s:byte(2)) end)
	local two, b = pcall(function() return type(s:byte(-2)) == "number" end)
	local three, c = pcall(function() return max(s:byte(1, 2)) end)
	local four, d = pcall(function() return math.abs(s:byte(3)) end)
	a = one and a or a:match "bad argument.*" == "bad argument #1 to 'tostring' (value expected)"
	b = two and b or b:match "bad argument.*" == "bad argument #1 to 'type' (value expected)"
	c = three and c or c:match "bad argument.*" == "bad argument #1 to 'max' (value expected)"
	d = four and d or d:match "bad argument.*" == "bad argument #1 to 'abs' (number expected, got no value)"
	return a, b == true and (two and 1 or 2) or b, c == true and d == true and (four and 5 or 6) or d
end }
lang.case { name = "perhaps no number", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local ok, v = pcall(function() return math.type(s:byte(2)) == "integer" and math.tointeger(s:byte(-2)) end)
	local fine, w = pcall(function() return math.floor(s:byte(3)) - math.ceil(s:byte(-4)) end)
	v = ok and v or v == "bad argument #1 to 'type' (value expected)" and 1 or v == "bad argument #1 to 'tointeger' (value expected)" and 2
	if fine then return v, w end
	return v, w == "bad argument #1 to 'floor' (number expected, got no value)", w == "bad argument #1 to 'ceil' (number expected, got no value)"
end }
lang.case { name = "perhaps none, which raises", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	return #tostring(s:byte(2))
end }
lang.case { name = "a list of bytes", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local t, n = { s:byte(1, 4) }, 0
	for i = 1, #t do n = n * 3 + t[i] end
	return n, #t
end }
lang.case { name = "behind others", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local t, n = { 7, #s, s:byte(2, 5) }, 0
	t[#t + 1] = 9
	for i, v in ipairs(t) do n = n * 3 + v end
	return n, #t, t[#t]
end }
lang.case { name = "found", inputs = texts, f = function(s)
	if type(s) ~= "string" then return end
	local t = { s:find("=", 1, true) }
	local u = { s:match("(%w)=(%w)") }
	return #t, #u
end }
local sums = bpf.map { "hash", key = "u32", value = "u32", entries = 8 }
local last = bpf.map { "queue", value = "u32", entries = 16 }
lang.case { name = "what maps are given", inputs = both, f = function(s, n)
	if type(s) ~= "string" or math.type(n) ~= "integer" then return end
	sums[1] = 5
	local one, a = pcall(function() return sums:add(1, s:byte(n)) end)
	local two, b = pcall(function() return sums:set(2, s:byte(n)) end)
	local three, c = pcall(function() last:push(s:byte(n)) end)
	a = one and 0 or a:match "bad argument.*" == "bad argument #2 to 'add' (number expected, got no value)"
	b = two and 0 or b:match "bad argument.*" == "bad argument #2 to 'set' (value expected)"
	c = three and last:pop() or c and c:match "bad argument.*" == "bad argument #1 to 'push' (value expected)"
	local sum, set = sums[1], sums[2]
	sums[1], sums[2] = nil, nil
	if one then return sum, set, c end
	return a, b, c
end }
lang.case { name = "what maps are given, which raises", inputs = both, f = function(s, n)
	if type(s) ~= "string" or math.type(n) ~= "integer" then return end
	sums:set(1, s:byte(n))
	local v = sums[1]
	sums[1] = nil
	return v
end }
if lang.hook ~= "socket" then
	local frames = {}
	for i, text in ipairs { "", "a", "key=value" } do frames[i] = ("x"):rep(14) .. string.char(#text) .. text .. ("."):rep(60) end
	lang.packets { name = "what is written to the packet", inputs = frames, f = function(pkt)
		local n = pkt:u8(14)
		local s = pkt:sub(16, 15 + n)
		for i = 1, #s do pkt:set_u8(i + 40, s:byte(i)) end
		local ok, e = pcall(function() pkt:set_u16(30, s:byte(2)) end)
		return ok and 1 or e:match "bad argument.*" == "bad argument #2 to 'set_u16' (number expected, got no value)" and 2 or 3
	end }
end
lang.done()

-- string.unpack and pkt:unpack with constant formats, on bytes of the packet cut everywhere.
local lang = dofile "tests/lang/harness.lua"

local head = lang.head
local inputs = {}
for _, bytes in ipairs { "\x01\x02\x03\x80\xff\xfe\x07\x08\x09\x0a\x8b\xcc", "\x03abc\0\x04de\0\0\0\0\0\0\0\0\0\0", "\x00\x02hello\0\0\xff\xff\xff\xff\xff" } do
	for n = 0, #bytes do inputs[#inputs + 1] = head .. bytes:sub(1, n) end
end
local function all(s)
	local sum = #s
	for i = 1, #s do sum = sum * 31 + s:byte(i) end
	return sum
end
local function over(name, f) lang.packets { name = name, inputs = inputs, f = function(p) return f(p:sub(15), p) end } end

for _, format in ipairs { "B", "b", ">H", "<h", "=H", ">I4", "<i4", "i", "I", ">j", "<J", "l", "T", ">I3", "<i3", ">i5", "<I7", ">i8", "i1",
	"BB", "> B I2", "<HxB", ">b<h", "xxxB", "" } do
	over("unpack " .. format, function(s) return string.unpack(format, s) end)
	over("unpack " .. format .. " from 3", function(s) return format:unpack(s, 3) end)
end
over("strings of a length", function(s)
	local a, b, at = string.unpack("c2 c0", s)
	return all(a), #b, at
end)
over("strings with their length before them", function(s)
	local a, at = string.unpack("s1", s)
	return all(a), at, at == #a + 2
end)
over("a length of two bytes", function(s)
	local a, b, at = string.unpack(">s2B", s)
	return all(a), b, at
end)
over("up to a zero byte", function(s)
	local a, b, at = string.unpack("zz", s)
	return all(a), all(b), at
end)
over("from a place in the packet", function(s)
	local n = s:byte(1)
	if not n then return nil end
	return string.unpack(">H", s, n - 2)
end)
over("from places that are none", function(s)
	return string.unpack("B", s, -1), string.unpack("B", s, -100), string.unpack("", s, #s + 1)
end)
over("beyond the end", function(s) return string.unpack("", s, #s + 2) end)
over("as a function", function(s) return string.unpack(">I2", s) end)
over("of the packet itself", function(_, p) return p:unpack(">I2", 13) end)
over("too little of the packet", function(_, p) return p:unpack(">I4I4", 13) end)
over("of what was made", function(s)
	local a, b, at = string.unpack(">I2 B", s:sub(1, 6) .. "\1\2", 2)
	return a, b, at
end)
over("strings of what was made", function(s)
	local a, b, at = ("s1 B"):unpack("\3" .. s:sub(1, 9))
	return all(a), b, at
end)
over("a string that may be nil", function(s)
	local t
	if #s > 3 then t = s end
	return string.unpack("B", t)
end)
over("in a loop", function(s)
	local at, sum, n = 1, 0, 0
	while at + 1 <= #s do
		local v
		v, at = string.unpack(">H", s, at)
		sum = sum + v
		n = n + 1
	end
	return sum, n, at
end)
over("in pcall", function(s)
	local ok, a = pcall(function() return (string.unpack(">I4", s)) end)
	if ok then return a end
	return "short" == a
end)

for _, format in ipairs { "<!4 b i4 B", "<! B j", "<!2 B I8", ">!16 h I4 Xh B", "<!8 b Xj", "! B Xd", "<!4 B Xi4 c2", "<!4 s1 i2 B", "<!4 z I4", "<!2 B s2",
	"<!4 B Xx B", "<!16 b Xi16 B" } do
	local function sums(a, b, c, d) return type(a) == "string" and all(a) or a, type(b) == "string" and all(b) or b, c, d end
	over("aligned " .. format, function(s) return sums(string.unpack(format, s)) end)
	over("aligned " .. format .. " from 2", function(s) return sums(format:unpack(s, 2)) end)
	over("aligned " .. format .. " of a packet", function(s, p) return sums(p:unpack(format, 15 + (#s & 3))) end)
end

lang.done()

-- string.pack and packsize: integers of all sizes and both orders, strings of all forms, what does not fit; and unpacked again.
local lang = dofile "tests/lang/harness.lua"

local function all(s)
	if not s then return s end
	local sum = #s
	for i = 1, #s do sum = (sum * 31 + s:byte(i)) & 0xffffffffffff end
	return sum
end

local pack = string.pack
local head = lang.head
local text = ("GET /a/Path?x=1&y=22 HTTP/1.1\r\nHost: example.org\xff"):rep(8)
local inputs = {}
for _, n in ipairs { 0, 1, 5, 7, 8, 9, 16, 63, 64, 65, 100, 255, 256, 300 } do inputs[#inputs + 1] = head .. text:sub(3, n + 2) end
inputs[#inputs + 1] = head .. "abc\0def"
local function over(name, f) lang.packets { name = name, inputs = inputs, f = function(p) return f(p:sub(15, 400), p) end } end

lang.case { name = "bytes", inputs = lang.each(), f = function(n) return all(pack("bB", n & 127, n & 255)), all(pack("j", n)), all(pack(">j", n)) end }
lang.case { name = "either order", inputs = lang.each(), f = function(n)
	return all(pack("<I2 >I2 <I4 >I4", n & 0xffff, n & 0xffff, n & 0xffffffff, n & 0xffffffff)), all(pack("=I3 >I5 <I7", n & 0xffffff, n & 0xff, n & 0xff)),
		all(pack(">I3 >I6", n & 0xffffff, n & 0xffffffffffff))
end }
lang.case { name = "signed", inputs = lang.each(), f = function(n) return all(pack("<i3", n)), all(pack(">i3", -n)) end }
lang.case { name = "too big", inputs = lang.each(), f = function(n) return all(pack("B", n)) end }
lang.case { name = "too big with a sign", inputs = lang.each(), f = function(n) return all(pack("<h", n)) end }
lang.case { name = "too big for 7", inputs = lang.each(), f = function(n) return all(pack("<I7", n)) end }
lang.case { name = "as a method", inputs = lang.each(), f = function(n) return all(("<I2x>I4"):pack(n, n)) end }
lang.case { name = "many", inputs = lang.each(), f = function(n) return all(pack("<jjjj jjjj >jjjj", n, 1, n, 2, -n, 3, n, 4, n, 5, ~n, n)) end }
lang.case { name = "what is no integer", inputs = lang.each { 1, 2, 3 }, f = function(n)
	local v
	if n > 1 then v = n end
	if n > 2 then v = true end
	return all(pack("<I2", v))
end }
lang.case { name = "size", f = function() return string.packsize("<I2 j c10 x b"), ("<i7"):packsize(), string.packsize("") end }
lang.case { name = "nothing", f = function() return #pack(""), pack("xx") == "\0\0" end }

over("with a length before it", function(s) return all(pack("s1", s:sub(1, 255))), all(pack(">s2", s)), all(pack("s", s)) end)
over("too long for its length", function(s) return all(pack("s1", s)) end)
over("of so many bytes", function(s) return all(pack("c8", s:sub(1, 8))), all(pack("c70 I1", s:sub(1, 70), 7)), all(pack("c300", s)) end)
over("of too many", function(s) return all(pack("c64", s)) end)
over("a few of too many", function(s) return all(pack("c5", s:sub(1, 8))) end)
over("up to a zero byte", function(s) return all(pack("z", s)) end)
over("up to a zero byte, few", function(s) return all(pack("z z B", s:sub(1, 8), "x", 1)) end)
over("all together", function(s, p) return all(pack("<I2 s2 x z >I4 c4", #s, s, "end", p.len, s:sub(1, 4))) end)
over("numbers as strings", function(s) return all(pack("z", #s)), all(pack("s1", #s)), all(pack("c4", #s)) end)
over("this or that", function(s)
	local v = 7
	if #s > 100 then v = s elseif #s > 10 then v = "some" end
	return all(pack(">s2", v))
end)
over("nil", function(s)
	local v
	if #s > 8 then v = s end
	return all(pack("s2", v))
end)
over("there and back", function(s)
	local t = pack("<I2 s2 >i3 z", #s, s, -#s, "zero")
	local n, u, m, z, pos = string.unpack("<I2 s2 >i3 z", t)
	return n == #u and u == s, m + pos, z == "zero"
end)
over("in a loop", function(s)
	local t = ""
	for i = 1, #s & 31 do t = t .. pack(">I2 s1", i, s:sub(i, i + 3)) end
	return all(t)
end)
over("caught", function(s)
	local ok, t = pcall(pack, "c16", s)
	return ok, ok and #t
end)
local keys = bpf.map { "hash", name = "keys", key = "char[8]", value = "u32", entries = 64 }
over("as a key", function(s)
	keys[pack(">I2 c2", 0x4142, "CD")] = #s
	return keys["ABCD"], keys[pack(">I4", 0x41424344)]
end)

for _, format in ipairs { "<!4 b i4 h j", "!b j", "<!2 B I4 B I8", ">!16 B I8 B I2", "<!8 b Xj h", "! B Xd B", "<!4 i1 !2 i4 b i4", "<! B x Xi4 B Xh B",
	"<!4 B Xx B Xb", "!16 B Xi16 B", "<b Xi8 i8" } do
	lang.case { name = "aligned " .. format, inputs = lang.each { 1, 77 }, f = function(n) return all(pack(format, n, 2, 3, 4)), string.packsize(format) end }
end
over("aligned behind texts", function(s)
	return all(pack("<!4 z i4", s:sub(1, 8), 7)), all(pack(">! B s1 j B", 1, s:sub(1, 20), -2, 3)), all(pack("<!8 s2 Xi4 s4 Xj", s, s:sub(2, 9)))
end)
over("aligned behind fixed texts", function(s) return all(pack("<! c3 h c5 j z Xi16 c2", "abc", #s, "defgh", 5, s:sub(1, 3), "hi")) end)
over("aligned and too long", function(s) return all(pack("<!4 z s1 i4", s:sub(1, 5), s, 7)) end)
over("aligned, there and back", function(s)
	local n, t, u, m, pos = string.unpack("<! b z s2 j", pack("<! b z s2 j", 5, "zz", s, -#s))
	return n, t == "zz", u == s, m, pos
end)

lang.done()

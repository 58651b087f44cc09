-- Strings made at run time, and those of typed memory: `..`, tostring, format and the like; their methods.
local lang = dofile "tests/lang/harness.lua"

local all = lang.all

local head = lang.head
local texts = {}
for _, text in ipairs { "GET /a HTTP/1.1\r\n", "Az\0\xffz@[`{ ", "\0\0\0\0\0\0\0\0\0\0" } do
	for n = 0, #text do texts[#texts + 1] = head .. text:sub(1, n) end
end
local function over(name, f) lang.packets { name = name, inputs = texts, f = function(p) return f(p:sub(15, 26), p) end } end

-- ---- .. ----

lang.case { name = "integers", inputs = lang.each(), f = function(n) return all("n=" .. n), all(n .. ""), all(n .. "," .. n) end }
lang.case { name = "constants", f = function() return all("a" .. 1 .. "b"), all(1 .. 2), "x" .. "y" == "xy" end }
over("parts of packets", function(s) return all(s .. ""), all("<" .. s .. ">"), all(s:sub(1, 3) .. s:sub(2, 9)) end)
over("at every place of a word", function(s)
	local sum = 0
	for i = 0, 12 do
		local t = s:sub(1, i) .. s:sub(1, 7) .. s:sub(i) .. "|"
		sum = sum * 31 + all(t)
	end
	return sum
end)
over("grown in a loop", function(s)
	local t = ""
	for i = 1, #s do t = t .. s:byte(i) .. "." end
	return all(t)
end)
over("rawlen", function(s, p)
	local message = select(2, pcall(error, s .. "!", 0))
	local of = p.len > 20 and s or s .. "x"
	return rawlen(s), rawlen(s:sub(2) .. "ab") * 100 + rawlen(("x"):rep(70) .. s), rawlen(of) + rawlen("constant") * rawlen(message)
end)
over("grown in front", function(s)
	local t, last = "", "none"
	for i = 1, #s do
		last = t
		t = s:sub(i, i) .. t
	end
	return all(t), #last
end)
local line = debug.getinfo(1, "l").currentline + 3
local long = { error = ("tests/lang/texts.lua:%d: string too long"):format(line + 2) }
lang.case { name = "too long", want = { { 64 }, { 4096 }, long, long }, twin = false, inputs = lang.each { 32, 2048, 2049, 9000 }, f = function(n)
	local t = ""
	for i = 1, n do
		t = t .. "ab"
	end
	return #t
end }
over("a piece that is nil", function(s)
	local a, b
	if #s > 2 then a = "x" end
	if #s > 4 then b = s:sub(1, 2) end
	return all("<" .. b .. a)
end)
over("another piece that is nil", function(s)
	local a, b
	if #s > 4 then a = "x" end
	if #s > 2 then b = s:sub(1, 2) end
	return all(b .. a .. ">")
end)
over("pieces of several kinds", function(s)
	local v = 5
	if #s > 3 then v = "five" elseif #s > 1 then v = s:sub(1, 2) end
	return all("v" .. v), all(v .. "v")
end)
over("compared", function(s)
	local t = s:sub(1, 2) .. "T"
	return t == "GET", t == s:sub(1, 3), t < "GEU"
end)
over("compared with each other", function(s)
	local t, u = s:sub(1, 2) .. "T", "G" .. s:sub(2, 3)
	return t == u, t <= u, s:sub(1, 3) == t
end)
over("zero bytes are bytes", function(s) return ("\0" .. s:sub(1, 1)) == "\0\0", #(s .. "\0"), (s .. "\0") == s end)
over("a zero byte or none", function(s)
	local t = "a\0b"
	if #s > 2 then t = "ab" elseif #s > 1 then t = s elseif #s > 0 then t = "a\0b\0" end
	return all(t), t == "a\0b", #t
end)
over("nil or a zero byte", function(s)
	local t
	if #s > 2 then t = "\0" end
	return t == "\0", t == "", t and #t
end)

-- ---- kept ----

local words = bpf.map { "hash", name = "words", key = "char[12]", value = "u64", entries = 64 }
local st = bpf.state { text = "char[10]" }
local sent = bpf.events { text = "char[16]" }
local function kept(name, see, f) lang.packets { name = name, inputs = texts, see = see, f = f,
	setup = function() st.text = "old" end } end
kept("a key", { words }, function(p) words["k:" .. p:sub(15, 17)] = #p return words["k:GET"] end)
kept("a key that may not fit", { words }, function(p) return words["key of " .. p:sub(15, 24)] end)
kept("a field that may not fit", { { st, "text" } }, function(p) st.text = p:sub(15, 20) .. #p end)
kept("an event", { sent }, function(p) sent:send { text = ("%s/%d"):format(p:sub(15, 18), #p) } end)
kept("kept over a write", { { st, "text" } }, function(p)
	local s = p:sub(15, 18) .. "!"
	if #p > 14 and lang.hook ~= "socket" then p:set_u8(14, 0x58) end
	st.text = s
end)

-- ---- tostring, format ----

lang.case { name = "tostring", inputs = lang.each { "nil", true, false, 0, -1, math.mininteger, math.maxinteger, 12345 },
	f = function(v) return all(tostring(v)), tostring(v) == "nil", tostring(v) == "true" end }
lang.case { name = "tostring of addresses", inputs = lang.each { bpf.ip "10.0.0.1", bpf.ip "255.255.255.255", bpf.ip "0.0.0.0",
	bpf.mac "02:00:5e:00:00:ab", bpf.mac "ff:ff:ff:ff:ff:ff" }, want = false, f = function(a)
	return a == bpf.ip "10.0.0.1"
end }
local made = dofile "tests/lang/lib_frames.lua"
lang.packets { name = "addresses", inputs = made.inputs, f = function(p)
	local ip = p.ipv4
	return all(tostring(p.eth.src)), ip and all(tostring(ip.src)), ip and all("to " .. tostring(ip.dst))
end }
local octets = {} -- each value of each byte of an address
for i = 0, 255 do
	octets[i + 1] = made.eth(0x0800, (">BBI2I2I2BBI2BBBBI4"):pack(0x45, 0, 20, 1, 0, 64, 253, 0, i, i + 85 & 255, i + 170 & 255, 255 - i, 0))
end
lang.packets { name = "IPv4 addresses", inputs = octets, f = function(p)
	local s = tostring(p.ipv4.src)
	return all(s), s == "10.95.180.245"
end }
-- An IPv6 frame from one address to another.
local function between(src, dst)
	local function bytes(a)
		local t = {}
		for i = 1, 16 do t[i] = string.char(bpf.ip(a):byte(i)) end
		return table.concat(t)
	end
	return made.eth(0x86dd, (">I4I2BB"):pack(0x60000000, 8, 59, 64) .. bytes(src) .. bytes(dst) .. ("x"):rep(8))
end
local some = { "::", "::1", "1::", "::ffff", "::1:0", "::1:2", "::ffff:1.2.3.4", "::ffff:0:0", "::fffe:1:2", "::ffff:255.255.255.255",
	"::255.255.255.255", "::0.1.0.0", "1:0:0:2::", "1::2:0:0:3", "1:0:0:2:0:0:0:3", "1:0:0:2:0:0:3:4", "0:1:0:1:0:1:0:1",
	"1:0:1:0:1:0:1:0", "0:0:1::", "::1:0:0:0:0", "0:0:1:0:0:1:0:0", "2001:db8::a00f:1ff", "fe80::210:ff:fe3:4", "1:2:3:4:5:6:7:8",
	"1:2:3:4:5:6:7:0", "0:2:3:4:5:6:7:8", "1:2:3:4:5:6::", "::3:4:5:6:7:8", "1:2:3::6:7:8", "1:2:3:0:5:6:7:8", "64:ff9b::1.2.3.4",
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1000:100:10:1:f000:f00:f0:f", "0:0:0:0:1::", "::abcd:ef01:2345:6789",
	"0:0:0:0:0:1:2:3", "0:0:0:0:ffff:1:2:3", "1::ffff:1.2.3.4", "a::b:0:0", "9:0a:99:aa:99a:a99:9999:aaaa" }
local between_some = {}
for i = 1, #some do between_some[i] = between(some[i], some[#some + 1 - i]) end
lang.packets { name = "IPv6 addresses", inputs = between_some, f = function(p)
	local ip = p.ipv6
	return all(tostring(ip.src)), all("to " .. tostring(ip.dst) .. ".")
end }
for i = 1, #some do
	local said = tostring(bpf.ip(some[i]))
	between_some[i] = between(said, said)
	lang.packets { name = "known: " .. said, inputs = { between_some[i] }, want = { { true, #said } }, f = function(p)
		return tostring(p.ip.src) == said, #("%s"):format(p.ip.src)
	end }
end
lang.packets { name = "IPv6 addresses or something else", inputs = made.inputs, f = function(p)
	local ip = p.ip
	local a = ip and ip.src or p.arp and p.arp.spa
	local function text(v) return "<" .. tostring(v) .. ">" end
	local ok, n = pcall(function() return #text(a) // (a and 1 or 0) end)
	return all(text(a)), ok and n
end }
over("tostring of strings", function(s) return tostring(s) == s, all(tostring(s .. "x")), tostring("c") == "c" end)
local numbers = lang.each { 0, 1, -1, 9, 10, -10, 99, 100, 12345, -12345, 255, 4096, math.maxinteger, math.mininteger }
for _, format in ipairs { "%d", "%i", "<%5d>", "<%-5d>", "<%05d>", "%u", "%x", "%X", "<%4x>", "<%-4X>", "<%08x>", "%20d", "%020d", "%-20d|" } do
	lang.case { name = "format " .. format, inputs = numbers, f = function(n) return all(format:format(n)) end }
end
lang.case { name = "format %c", inputs = lang.each { 0, 65, 255, 256, -1 }, f = function(n) return all(("<%c>"):format(n)) end }
lang.case { name = "format %s", inputs = lang.each { "nil", true, false, 5 }, f = function(v)
	return all(("%s!"):format(v)), all(("%6s|"):format(v)), all(("%-6s|"):format(v))
end }
lang.case { name = "format with several", inputs = lang.pairs { 0, 7, -300 }, f = function(a, b)
	return all(string.format("%d%%, %s of %x", a, b, a + b)), all(("%%"):format())
end }
lang.case { name = "format with widths", inputs = lang.pairs { 0, 7, -300 }, f = function(a, b)
	return all(("%5d%-5d."):format(a, b))
end }
over("format of parts", function(s) return all(("%s|%s"):format(s:sub(1, 3), s)), all(string.format("[%s]", s:sub(-2))) end)
lang.case { name = "format of nil", inputs = lang.each { "nil", 5 }, f = function(v) return all(("%d"):format(v)) end }
lang.case { name = "format of nil as a function", inputs = lang.each { "nil", 5 }, f = function(v) return all(string.format("%x", v)) end }

-- ---- lower, upper, rep, char ----

over("letters", function(s) return all(s:lower()), all(s:upper()), s:lower() == s:upper() end)
lang.case { name = "all letters", inputs = lang.each { 0, 63, 64, 65, 90, 91, 96, 97, 122, 123, 127, 128, 193, 225, 255 }, f = function(n)
	local s = string.char(n, 97, n, 90)
	return all(s:lower()), all(s:upper()), all(string.upper(s))
end }
lang.case { name = "letters of constants", f = function() return all(("aZ\xe4"):upper()), all(("aZ{"):lower()), ("x"):rep(3) == "xxx" end }
over("again and again", function(s) return all(s:rep(2)), all(s:sub(1, 3):rep(5)), s:rep(0) == "" end)
lang.case { name = "bytes", inputs = lang.pairs { 0, 65, 255 }, f = function(a, b)
	return all(string.char(a, b)), #string.char(), string.char(a, b, 66) == "AAB"
end }
lang.case { name = "bytes that are none", inputs = lang.each { -1, 256, 255, math.mininteger }, f = function(a) return all(string.char(a)) end }

-- ---- methods of what is not the packet's ----

local values = { [0] = "", "a", "abc", "GET /x", "12345678", "123456789", "sixteen bytes !!", "x=1;y=22", "nil" }
local pool = bpf.map { "array", name = "pool", key = "u32", value = "char[16]", entries = 16 }
for i, value in pairs(values) do pool[i] = value end
local function each(name, f)
	lang.case { name = name, inputs = lang.each { 0, 1, 2, 3, 4, 5, 6, 7, 8 }, only_integers = true, f = function(n)
		return f(pool[n & 15])
	end }
end
local function two(name, f)
	lang.case { name = name, inputs = lang.pairs({ 0, 1, 2, 3, 4, 5, 6, 7, 8 }, { 0, 1, 2, 5, 6, 8, 9, 16, -1, -8, -17 }),
		only_integers = true, f = function(n, i) return f(pool[n & 15], i) end }
end
each("length of text", function(s) return #s, s and s:len() end)
each("bytes of text", function(s) return s:byte(1), s:byte(-1), s:byte(9) end)
each("parts of text", function(s) return all(s:sub(2, 4)), all(s:sub(-3)), all(s:sub(8, 9)) end)
two("parts of text by numbers", function(s, i) return all(s:sub(i)), all(s:sub(1, i)), s:byte(i) end)
two("order of text", function(s, i)
	local t = pool[i & 7]
	return s < t, s <= t, s == t
end)
each("search in text", function(s) return s:find("%d+"), s:find("="), all(s:match("(%a)=")) end)
each("captures of text", function(s)
	local name, value = s:match("^(%w+)=(%d*)")
	return all(name), all(value)
end)
each("text in capitals", function(s) return all(s:upper()), all("<" .. s .. ">") end)
each("text twice", function(s) return all(s .. s), s .. "" == s end)
over("search in what was made", function(s)
	local t = "<" .. s .. ">"
	return t:find("%s/"), t:find(">$"), all(t:match("<(%u+)"))
end)
over("a part of this or that", function(s)
	local t = "some text"
	if #s > 4 then t = s elseif #s > 2 then t = s .. "!" end
	return all(t:sub(2, 5)), t:byte(3), t:find("T")
end)
lang.case { name = "a part of a constant", inputs = lang.each { 0, 1, 3, 5, 7, -2 }, f = function(i)
	return all(("hello"):sub(i)), ("hello"):byte(i), (("hello"):find("l", i))
end }

local named = bpf.map { "array", name = "named", key = "u32", value = "char[24]", entries = 2 }
lang.packets { name = "lengths of names, put at widths", see = { named }, inputs = lang.texts({ 0, 1, 7, 8, 9, 23, 24 }, { 1, 8 }), f = function(p)
	pcall(function() named[0] = p:sub(15) end)
	local s = named[0]
	return #s, all(("%5d %5d %5d"):format(#s, #s, #s)), all(("%3d:%3d:%3d"):format(#s, #named[1], #s % 7))
end }
lang.done()

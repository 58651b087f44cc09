-- What may be of a wrong kind is asked at run time: the order of values of several kinds, methods of what may be none
-- that has them, fields that one of two headers has.
local lang = dofile "tests/lang/harness.lua"
local all = lang.pairs { "nil", true, 0, -5, "", "a", "ab" }

lang.case { name = "less", inputs = all, f = function(a, b) return a < b end }
lang.case { name = "no more, and the other way round", inputs = all, f = function(a, b)
	local ok, more = pcall(function() return a >= b end)
	return ok and more, a <= b
end }
lang.case { name = "with a number", inputs = lang.each { "nil", 3, 8, "x", false }, f = function(a)
	if a > 5 then return 1 end
	return 10 < a
end }
lang.case { name = "with a text", inputs = lang.each { "nil", 3, "a", "m", "x", false }, f = function(a)
	return a < "m", "b" <= a
end }
lang.case { name = "caught", inputs = all, f = function(a, b)
	local ok, err = pcall(function() return a < b end)
	return ok, ok and err
end }
lang.case { name = "in a loop", inputs = lang.each { "nil", 3, "bb" }, f = function(a)
	local most, n = a, 0
	for i = 1, 4 do
		if most < 3 then n = n + i end
		if i == 2 then most = 1 end
	end
	return n
end }
lang.case { name = "made here", inputs = lang.pairs { 0, 1, 2, 3 }, f = function(a, b)
	local v, w = "abc", 7
	if a == 1 then v = 5 elseif a == 2 then v = "b" .. b elseif a == 3 then v = nil end
	if b == 1 then w = "b0" elseif b == 2 then w = tostring(a) end
	return v < w, v ~= w
end }
lang.case { name = "methods", inputs = lang.each { "nil", 3, "abc", "", true }, f = function(a)
	return a:len(), a:byte(1), a:upper() == "ABC"
end }
lang.case { name = "methods with arguments, in pcall", inputs = lang.pairs({ "nil", 3, "abc", "", true }, { "nil", 1, -1, false }),
	f = function(a, i)
	local ok, s = pcall(function() return #a:sub(i and 2 or -2) end)
	return ok, ok and s, a:find("b") == 2
end }
lang.case { name = "methods of addresses or less", inputs = lang.each { "nil", 5, bpf.ip "10.0.0.1", bpf.mac "02:00:00:00:00:01" },
	f = function(a)
	return a:int(), a:byte(1)
end }

local function ip(proto, l4)
	return ("\0"):rep(12) .. "\8\0" .. ("\x45\0"):rep(1) .. (">I2"):pack(20 + #l4) .. "\0\0\0\0\x40" .. string.char(proto) .. "\0\0" ..
		"\x0a\0\0\1\x0a\0\0\2" .. l4
end
local frames = { lang.head .. ("\0"):rep(40), ip(6, ("\1"):rep(12) .. "\x50\x12" .. ("\2"):rep(6)), ip(17, "\0\1\0\2\0\x0c\0\0abcd"),
	ip(1, "\8\0\0\0\0\1\0\2") }
lang.packets { name = "a field of one of two", inputs = frames, f = function(pkt)
	local l4 = pkt.tcp or pkt.udp
	return l4.sport, l4.seq
end }
lang.packets { name = "caught, and with another one", inputs = frames, f = function(pkt)
	local l4 = pkt.tcp or pkt.udp or pkt.icmp
	local ok, v = pcall(function() return l4.seq end)
	return ok, ok and v
end }
lang.packets { name = "a header of one of two", inputs = frames, f = function(pkt)
	local l3 = pkt.ipv4 or pkt.eth
	local tcp = l3.tcp
	return tcp and tcp.syn
end }
if lang.hook == "xdp" then
	lang.packets { name = "assigned", inputs = frames, f = function(pkt)
		local l4 = pkt.tcp or pkt.udp
		l4.window = 5
		return pkt.tcp.window
	end }
end

-- A view beside a string: the text of its bytes.
local function payload_or(pkt, text)
	local udp = pkt.udp
	return udp and udp.payload or text
end
local texts = { frames[1], frames[2], frames[3], frames[4], ip(17, "\0\1\0\2\0\x10\0\0GET xyz1"), ip(17, "\0\1\0\2\0\x08\0\0"),
	ip(17, "\0\1\0\2\0\x0b\0\0xyz") }
local beside = {
	{ "find", function(s) return s:find("G"), s:find("xy", 1, true), (s:find("%d+")) end },
	{ "match", function(s) return s:match("^[GH]") == "G", s:match("(%w+)$") == "xyz", s:match("()z") end },
	{ "gmatch", function(s)
		local n, sum = 0, 0
		for w in s:gmatch("%a+") do n, sum = n + 1, sum + #w end
		return n, sum
	end },
	{ "sub", function(s) return s:sub(1, 2) == "xy", #s:sub(2), s:sub(-1) == "z" end },
	{ "upper", function(s) return s:upper() == "XYZ", #s:lower() end },
	{ "rep", function(s) return #s:rep(2), s:rep(2) == "xyzxyz" end },
	{ "byte and length", function(s) return s:byte(1), s:byte(-1), #s end },
}
for _, one in ipairs(beside) do
	local name, f = one[1], one[2]
	lang.packets { name = name .. " of a payload or nothing", inputs = texts, f = function(pkt)
		return f(payload_or(pkt, ""))
	end }
	lang.packets { name = name .. " of a payload or a text", inputs = texts, f = function(pkt)
		return f(payload_or(pkt, "xyz"))
	end }
	lang.packets { name = name .. " of headers or a text made here", inputs = texts, f = function(pkt)
		return f(pkt.udp or pkt.tcp or "x" .. pkt.len)
	end }
	lang.packets { name = name .. " of a packet or a part", inputs = texts, f = function(pkt)
		local s = pkt
		if pkt.len > 50 then s = pkt:sub(20, 24) elseif pkt.len > 40 then s = "xyz" end
		return f(s)
	end }
end
-- What was a header on some ways is a number on others, in a loop.
lang.packets { name = "a header or a number", inputs = texts, f = function(pkt)
	local v = 5
	for i = 1, pkt:u8(20) or 0 do v = pkt.udp end
	if type(v) == "number" then return #(v .. "z"), v << 3 end
	return v and v.dport
end }
lang.packets { name = "a header or a text", inputs = texts, f = function(pkt)
	local v = "x" .. pkt.len
	for i = 1, pkt:u8(20) do v = pkt.udp end
	if type(v) == "string" then return v == "x54", #v end
	return v and v.sport
end }
lang.packets { name = "a number or a header, joined", inputs = texts, f = function(pkt)
	local v = 5
	for i = 1, pkt:u8(20) or 0 do v = pkt.tcp or 5 end
	local ok, text = pcall(function() return v .. "z" end)
	return ok, ok and text == "5z"
end }
lang.packets { name = "a header or a part, thrown", inputs = texts, f = function(pkt)
	local c = pkt:u8(20) == 1
	local ok, v = pcall(function()
		if c then error(pkt.eth, 0) end
		return pkt.eth.payload:sub(2, 7)
	end)
	local joined, text = pcall(function() return v .. "z" end)
	return ok, joined, joined and #text
end }
lang.done()

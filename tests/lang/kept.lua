-- Strings that were taken from the packet before a write to it stay what they were: in branches and loops, in records,
-- in closures, as captures that may be nil, over writes of fields, of bytes, and of headers.
local lang = dofile "tests/lang/harness.lua"
local frames = dofile("tests/lang/lib_frames.lua").frames

local words = bpf.map { "array", name = "words", key = "u32", value = "struct { char[8] a; u32 n; }", entries = 4 }
local counts = bpf.map { "hash", name = "counts", key = "char[8]", value = "u64", entries = 64 }

local inputs = lang.cut("GET /index.html\0\xff", "", "POST", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
local function over(name, f, see) lang.packets { name = name, inputs = inputs, f = f, see = see } end

over("a byte written", function(p)
	local s = p:sub(15, 18)
	p:set_u8(14, 0x58)
	return s == "GET ", #s, s:byte(1)
end)
over("the longest", function(p)
	local s = p:sub(15, 78)
	p:set_u32(14, 0x58585858)
	return #s, s:byte(1), s:byte(-1)
end)
over("what is taken from it later", function(p)
	local s = p:sub(15, 40)
	p:set_u8(15, 0x58)
	local t = s:sub(2, 5)
	return t == "ET /", t:find("T"), #(t .. s:sub(1, 1))
end)
over("on one way", function(p)
	local s = p:sub(15, 18)
	if #s > 3 then p:set_u8(14, 0x58) end
	return s == "GET ", s:byte()
end)
over("in a loop", function(p)
	local s, n = p:sub(15, 22), 0
	for i = 1, #s do
		n = n * 31 + s:byte(i)
		p:set_u8(13 + i, 0x58)
	end
	return n, p:byte(15)
end)
over("from one turn to the next", function(p)
	local last, n = "", 0
	for i = 15, 22 do
		local s = p:sub(i, i + 1):sub(1, 2)
		if last == s then n = n + 1 end
		p:set_u8(i - 1, 0x61)
		last = s
	end
	return n, #last
end)
over("a capture, or nil", function(p)
	local method, path = p:sub(15, 60):match("^(%u+) (%S*)")
	p:set_u8(14, 0x58)
	return method and #method, path and path:byte(1), method == "GET"
end)
over("matches", function(p)
	local n = 0
	for word in p:sub(15, 50):gmatch("%w+") do
		p:set_u8(14, 0x20)
		n = n * 31 + word:byte(1)
	end
	return n
end)
over("unpacked", function(p)
	local ok, a, b = pcall(string.unpack, ">I2c3", p:sub(15, 30))
	p:set_u16(14, 0)
	return ok, ok and a, ok and b == "T /"
end)
over("a closure's", function(p)
	local s = p:sub(15, 18)
	local function f() return s end
	p:set_u8(14, 0x58)
	return f() == "GET ", #f()
end)
over("given to a function that writes", function(p)
	local function f(s)
		p:set_u8(14, 0x58)
		return s == "GE", s:byte()
	end
	return f(p:sub(15, 16))
end)
over("out of a pcall", function(p)
	local ok, s = pcall(function()
		local s = p:sub(15, 18)
		p:set_u8(14, 0x58)
		if #s < 2 then error("short") end
		return s
	end)
	return ok, ok and s == "GET "
end)
over("stored after the write", function(p)
	local r = { a = p:sub(15, 18), n = 1 }
	p:set_u8(14, 0x58)
	words[1] = r
	return words[1].a == "GET ", words[1].n
end, { words })
over("stored in an expression that writes", function(p)
	words[2] = { a = p:sub(15, 16), n = p:set_u8(14, 2) and 1 or 2 }
	return words[2].a == "GE", words[2].n
end, { words })
over("a key after the write", function(p)
	local s = p:sub(15, 18)
	p:set_u8(14, 0x58)
	counts:add(s, 1)
	return counts[s], counts[p:sub(15, 18)]
end, { counts })
over("one of two", function(p)
	local s = "none"
	if #p > 20 then s = p:sub(15, 20) end
	p:set_u8(14, 0x58)
	return #s, s == "none", s:byte()
end)
over("two, one copied from the other", function(p)
	local s = p:sub(15, 30)
	local t = s:sub(2, 4)
	p:set_u8(15, 0x58)
	return t == "ET ", s:sub(2, 4) == t, p:sub(16, 18) == t
end)
over("compared with what is there now", function(p)
	local s = p:sub(15, 22)
	local same = s == p:sub(15, 22)
	p:set_u8(14, 0x58)
	return same, s == p:sub(15, 22), s < p:sub(15, 22)
end)
over("as a number", function(p)
	local s = p:sub(15, 18)
	p:set_u32(14, 0x31323334)
	return tonumber(s, 36), tonumber(p:sub(15, 18))
end)
lang.packets { name = "over fields", inputs = { frames.udp, frames.tcp }, f = function(p)
	local l4 = p.udp or p.tcp
	local s, t = l4:sub(1, 4), p.ipv4:sub(9, 10)
	l4.sport, l4.dport = l4.dport, l4.sport
	p.ipv4.ttl = 7
	return s == l4:sub(1, 4), t == p.ipv4:sub(9, 10), s:byte(1) == l4:byte(3)
end }
lang.done()

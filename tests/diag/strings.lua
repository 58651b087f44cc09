-- What is said of strings: parts of packets, their methods, what is not there.
local diag = dofile "tests/diag/harness.lua"

local words = bpf.map { "hash", key = "u32", value = "char[8]", entries = 8 }
local st = bpf.state { n = "u32" }
local kept = bpf.map { "hash", key = "u32", value = "struct { char[8] a; u32 n; }", entries = 16 }

diag.case("taken anew after a write", function(p)
	local s = p:sub(15, 18)
	if s == "GET " then p:set_u8(14, 0) end
	s = p:sub(15, 18)
	if s == "\0ET " then return bpf.DROP end
end)
diag.case("order of a text and a number", function(p)
	local v = "abc"
	if p.len > 60 then v = "abe" end
	if v < p.len then return bpf.DROP end
end)
diag.case("a part of a number", function(p) return #string.sub(p.len, 1) end)
diag.case("an end that is text", function(p)
	local j = words[1] or 3
	if p:sub(1, j) == "abc" then return bpf.DROP end
end)
local long = ("x"):rep(4097)
diag.case("no such method", function(p) if p:sub(1):reverse() == "ab" then return bpf.DROP end end)
diag.case("gsub", function(p) print(p:sub(1, 9):gsub("/", "_"), string.gsub("a", "a", "b")) end)
diag.case("a method like none, and one like another", function(p) print(p:sub(1, 9):trim(), p:sub(1, 9):fnid "x") end)
diag.case("characters", function(p) print(utf8.len(p:sub(1, 9))) end)
diag.case("a field of a string", function(p) return p:sub(1)[1] end)
diag.case("in arithmetic", function(p) return p:sub(1, 2) + 1 end)
diag.case("where an address is wanted", function(p) p.eth.src = p:sub(1, 6) end)
diag.case("kept where a number is", function(p) st.n = p:sub(1, 2) end)

-- patterns
diag.case("a pattern known at run time", function(p) if p:find(p:sub(1, 2)) then return bpf.DROP end end)
local many = {}
for i = 1, 257 do many[i] = "a" .. i end
diag.case("one of too many patterns", function(p) local t = many[p.len] if t and p:find(t) then return bpf.DROP end end)
diag.case("a pattern that a loop changes", function(p)
	local word = "a%d"
	for i = 1, p.len do if p:find(word, i) then word = "b%d" end end
end)
diag.case("one of too many formats", function(p) local t = many[p.len] if t then print(t:format(p.len)) end end)
diag.case("a format that a loop changes", function(p)
	local how = ">I2"
	for i = 1, p.len do if p:unpack(how, i) == 7 then how = ">I4" end end
end)
diag.case("likewise of what is packed", function(p)
	local how = ">I2"
	for i = 1, 9 do print(string.pack(how, i)) how = ">I4" end
end)
diag.case("plain or not", function(p) if p:find("a.", 1, p.len > 60) then return bpf.DROP end end)
diag.case("a back reference", function(p) if p:find("(%a)%1") then return bpf.DROP end end)
diag.case("a set that does not end", function(p) if p:find("[a") then return bpf.DROP end end)
diag.case("a capture that does not end", function(p) if p:match("(a") then return bpf.DROP end end)
diag.case("a frontier of nothing", function(p) if p:match("%fa") then return bpf.DROP end end)
diag.case("a capture's part printed", function(p)
	local host = p:match("Host: (%S+)")
	if host then print(host:sub(1, 64)) end
end)

-- made at run time
diag.case("a piece that is nil", function(p) local x if "a" .. x == "ax" then return bpf.DROP end end)
diag.case("a piece that is an address", function(p) if "to " .. p.eth.dst == "a" then return bpf.DROP end end)
diag.case("a piece that is a float", function(p) if p.len .. 0.5 == "a" then return bpf.DROP end end)
diag.case("more than fits", function(p) if long .. p.len == "a" then return bpf.DROP end end)
diag.case("more than scratch memory has", function(p)
	local s, t = p:sub(1), ""
	for i = 1, p.len do
		t = t .. i
		if #((s .. 1) .. (s .. 2) .. (s .. 3) .. (s .. 4)) > #((t .. 5) .. (t .. 6) .. (t .. 7) .. (t .. 8)) then t = t .. "x" end
		if t:upper() < s:upper() or t:rep(i) < s:lower() or t:lower() > s:rep(i) then return bpf.DROP end
	end
end)
diag.case("too much printed at once", function(p) print(p:sub(1), p:sub(2), p:sub(3)) end)
diag.case("a format that makes more than fits", function(p) if (long .. "%d"):format(p.len) == "a" then return bpf.DROP end end)
diag.case("the text of a packet", function(p) if tostring(p) == "pkt" then return bpf.DROP end end)
diag.case("the text of a function", function(p) local function f() return p.len end if tostring(f) == "f" then return f() end end)
diag.case("a payload as a piece of a text", function(p) print(p.payload .. "!") end)
diag.case("a field of a packet that is named the wrong way round", function(p) return p.upd and bpf.DROP end)
diag.case("a format known at run time", function(p) if (p:sub(1, 4)):format(1) == "1" then return bpf.DROP end end)
diag.case("a format of floats", function(p) if ("%.2e"):format(p.len) == "1" then return bpf.DROP end end)
diag.case("zeros before text", function(p) if ("%05s"):format(p.len) == "1" then return bpf.DROP end end)
diag.case("a format that ends with %", function(p) if ("%d%"):format(p.len) == "1" then return bpf.DROP end end)
diag.case("a format with many parts", function(p) if ("%%"):rep(40):format(p.len) == "1" then return bpf.DROP end end)
diag.case("a format of text as a number", function(p) if ("%d"):format(p:sub(1, 2)) == "1" then return bpf.DROP end end)
diag.case("a format that lacks an argument", function(p) if ("%d %d"):format(p.len) == "1" then return bpf.DROP end end)
diag.case("a flag that text does not take", function(p) if ("%+5s"):format(p:sub(1, 2)) == "1" then return bpf.DROP end end)
diag.case("a width of three digits", function(p) if ("%100d"):format(p.len) == "1" then return bpf.DROP end end)
diag.case("a precision of a byte", function(p) if ("%.1c"):format(p.len) == "1" then return bpf.DROP end end)
diag.case("capitals of a number", function(p) if string.upper(p.len) == "1" then return bpf.DROP end end)
diag.case("a separator that is none", function(p) local sep = "," if p.len > 60 then sep = 5 end if ("x"):rep(3, sep) == "1" then return bpf.DROP end end)
diag.case("more often than fits", function(p) if p:sub(1, 2):rep(3) .. ("x"):rep(4095) .. "yy" == "1" then return bpf.DROP end end)
diag.case("a byte that is text", function(p) if string.char(p:sub(1, 1)) == "1" then return bpf.DROP end end)
diag.case("a byte that may be text", function(p)
	local b = 1
	if p.len > 60 then b = p:sub(1, 1) end
	if string.char(b) == "1" then return bpf.DROP end
end)

-- pack
diag.case("a format to pack that the packet gives", function(p) if string.pack(p:sub(1, 2), 1) == "a" then return bpf.DROP end end)
diag.case("floats packed", function(p) if string.pack("<d", p.len) == "a" then return bpf.DROP end end)
diag.case("text packed as an integer", function(p) if string.pack("<I2", p:sub(1, 2)) == "a" then return bpf.DROP end end)
diag.case("a packet packed", function(p) if string.pack("s2", p) == "a" then return bpf.DROP end end)
diag.case("less than the format wants", function(p) if string.pack("<I2 I2", p.len) == "a" then return bpf.DROP end end)
diag.case("the size of what has none", function(p) if string.packsize("<I2 z") == p.len then return bpf.DROP end end)

-- unpack
diag.case("a format that the packet gives", function(p) if p:sub(1, 2):unpack("a") == 1 then return bpf.DROP end end)
diag.case("a format of floats to unpack", function(p) if p:unpack("<d") == 1 then return bpf.DROP end end)
diag.case("an integer of 16 bytes", function(p) if p:unpack("<i16") == 1 then return bpf.DROP end end)
diag.case("a string of no length", function(p) if p:unpack("c") == "1" then return bpf.DROP end end)
diag.case("a zero byte in a format", function(p) if p:unpack("B\0") == 1 then return bpf.DROP end end)
diag.case("many items", function(p) if p:unpack(("B"):rep(40)) == 1 then return bpf.DROP end end)

local zeros = { ["a\0"] = 1 }
for i = 1, 100 do zeros["word" .. i] = i end
diag.case("in a captured table with zero bytes", function(p) if zeros[p:sub(1, 8)] then return bpf.DROP end end)

-- messages of errors
local function message(p)
	local _, v = pcall(function() return p.tcp.dport end)
	return v
end
local endless = ("x"):rep(600)
diag.case("a message that is too long", function(p)
	local ok, v = pcall(function() if p.len > 5 then error(endless) end return p.tcp.dport end)
	if not ok and #v > 5 then return bpf.DROP end
end)

diag.case("all bytes, however many", function(p)
	local function f() return p:sub(15):byte(1, -1) end
	local a, b, c, d, e, g, h, i, j, k, l, m, n, o, q, r, s, t, u, v, w, x, y, z, A, B, C, D, E, F, G, H, I, J, K = f()
	if a == 1 and K == 2 then return bpf.DROP end
end)
diag.case("more bytes than a call is made for", function(p) print(p:byte(1, 20)) end)
diag.case("a byte up to some text", function(p) if p:byte(1, p:sub(1, 1)) == 1 then return bpf.DROP end end)
diag.case("gmatch by a pattern of the packet", function(p)
	for word in p:gmatch(p:sub(1, 2)) do if word == "a" then return bpf.DROP end end
end)
diag.case("gmatch by a wrong pattern", function(p) for word in p:sub(15):gmatch("[a") do if word == "a" then return bpf.DROP end end end)
diag.case("gmatch by a back reference", function(p) for word in p:gmatch("(a)%1") do if word == "a" then return bpf.DROP end end end)
diag.case("gmatch of a text or an address", function(p)
	local v
	if p.len > 100 then v = p.ipv4 and p.ipv4.src else v = "a b" end
	for word in v:gmatch("%a") do if word == "a" then return bpf.DROP end end
end)
diag.case("gmatch of a number", function(p) for word in string.gmatch(p.len, "1") do if word == "1" then return bpf.DROP end end end)
diag.case("a parenthesis that opens nothing", function(p) return p:find("a)") and bpf.DROP end)
diag.case("a pattern that ends with %", function(p) return p:find("a%") and bpf.DROP end)
diag.case("a balance of nothing", function(p) return p:find("%b(") and bpf.DROP end)
diag.case("an address as a number", function(p) print(("%d"):format(p.eth.src)) end)
diag.case("a float as an integer", function(p) print(("%d"):format(3.5), ("%x"):format(p.len > 60 and 2.5 or 2)) end)
diag.case("more captures than Lua has", function(p) return p:find("()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()") and bpf.DROP end)
diag.case("a field of the bytes behind the headers", function(p) local b = p.udp and p.udp.payload return b and b.zzzzzz and bpf.DROP end)
diag.case("gmatch of nothing", function() for word in string.gmatch(nil, "1") do if word == "1" then return bpf.DROP end end end)
diag.case("gmatch from some text on", function(p) for word in p:gmatch("1", p:sub(1, 1)) do if word == "1" then return bpf.DROP end end end)
diag.case("gmatch from what may be no number on", function(p)
	for word in p:gmatch("1", p.len > 60 and 2) do if word == "1" then return bpf.DROP end end
end)
diag.case("gmatch without a pattern", function(p) for word in p:gmatch() do if word == "1" then return bpf.DROP end end end)
diag.case("tonumber of what may be a float", function(p)
	local v = "1"
	if p.len > 60 then v = 2.5 end
	return tonumber(v)
end)
-- aligned items
diag.case("an alignment that is no power of 2", function(p) if string.pack("!4 i3", p.len) == "a" then return bpf.DROP end end)
diag.case("an alignment beyond all", function(p) if p:unpack("!17 b") == 1 then return bpf.DROP end end)
diag.case("what aligns, without an item", function(p) if string.pack("bX", p.len & 1) == "a" then return bpf.DROP end end)
diag.case("what aligns, before bytes", function(p) if p:unpack("b Xc2") == 1 then return bpf.DROP end end)
-- what only the user half formats
diag.case("a float's format in a longer text", function(p) print("a" .. ("%g"):format(p.len)) end)
diag.case("a quoted text measured", function(p) return #("%q"):format(p:sub(1, 2)) end)
diag.case("a conversion that there is not", function(p) print(("%p"):format(p.len)) end)
diag.case("modifiers of %q", function(p) print(("%5q"):format(p.len)) end)
diag.case("a conversion that is too long", function(p) print(("%---------------------d"):format(p.len)) end)
diag.case("an address quoted", function(p) print(("%q"):format(p.eth.src)) end)
diag.case("a text as a float", function(p) print(("%e"):format(p:sub(1, 2))) end)
diag.case("a quoted text that is not there", function(p) print(("%q"):format()) end)
diag.case("what may be a packet, quoted", function(p) print("x", ("%q"):format(p.len > 60 and p or "a")) end)
diag.case("unpack of a packet or a part of it", function(p)
	local v = p
	if p.len > 60 then v = p:sub(15, 18) end
	if v:unpack("B") == 1 then return bpf.DROP end
end)
diag.case("string.unpack of them", function(p)
	local v = p
	if p.len > 60 then v = p:sub(15, 18) end
	if string.unpack(v, "B") == 1 then return bpf.DROP end
end)

diag.case("as often as half a time", function(p) if p:sub(1, 1):rep("1.5") == "1" then return bpf.DROP end end)
diag.case("as often as a word says", function(p) if p:sub(1, 1):rep("twice") == "1" then return bpf.DROP end end)
diag.case("the remainder of what is a float to Lua", function() return math.fmod("7", 2) end)
diag.case("bits of a text", function(p) return p:sub(1, 1) & 1 end)
diag.case("a number to be found", function(p) if p:sub(1):find(p.len) then return bpf.DROP end end)
diag.case("a float to be found", function(p) if p:sub(1):find(1.5) then return bpf.DROP end end)
diag.case("the text of a float", function(p) if p:sub(1, 3) == tostring(1.5) then return bpf.DROP end end)

local fields = {}
for i = 1, 250 do fields[i] = ("a%d = i + %d"):format(i, i) end
diag.text("more lists than scratch memory has", "return function(p) local t, u = {}, {} for i = 1, p.len do t[#t + 1] = { " ..
	table.concat(fields, ", ") .. " } u[#u + 1] = { " .. table.concat(fields, ", ") .. " } end return #t + #u end")
-- of a packet they are methods of its own, which are called by a colon
diag.case("a method of strings that a packet has, kept", function(p) local f = p.sub if f(p, 1, 2) == "ab" then return bpf.DROP end end)
diag.case("given to pcall", function(p) local ok, v = pcall(p.unpack, p, ">I2", 13) if ok and v == 8 then return bpf.DROP end end)
diag.case("called by a dot", function(p) if p.find("get", "get") or p.sub(1, 3) == "" then return bpf.DROP end end)
diag.case("called by a dot, of a header", function(p) local e = p.eth if e and e.byte(e, 1) == 2 then return bpf.DROP end end)
diag.case("string.gmatch of a packet", function(p) for w in string.gmatch(p, "%a+") do if w == "ab" then return bpf.DROP end end end)
diag.case("a method called without a colon, of what may be none", function(p) local f = p.u8 if f(p.tcp, 1) == 2 then return bpf.DROP end end)
diag.case("by a dot, of what has it", function(p) local f = p.u8 if f(p, 1) == 2 or f(p.eth or p, 1) == 3 then return bpf.DROP end end)
diag.case("a pattern that Lua may find too complex", function(p) return p:find(("a-"):rep(199)) and bpf.DROP end)
diag.done()

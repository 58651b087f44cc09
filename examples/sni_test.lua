-- Tests of sni.lua:	perigee test examples/sni_test.lua
local packet = bpf.test.packet
local sni = bpf.test.script("examples/sni.lua", "eth0", "bad.example", "worse.example", "Third.Example.")

local function extension(kind, bytes) return (">I2s2"):pack(kind, bytes) end

local function record(bytes) return "\x16\3\1" .. (">s2"):pack(bytes) end

-- The first record that a TLS client sends; a list of extensions, as text.
local function hello(extensions)
	local body = "\3\3" .. ("r"):rep(32) .. (">s1"):pack("session") .. (">s2"):pack("\x13\1\x13\2") .. (">s1"):pack("\0")
		.. (">s2"):pack(table.concat(extensions))
	local handshake = "\1" .. (">I3"):pack(#body) .. body
	return record(handshake)
end
local function to(name, kind) return extension(0, (">s2"):pack(string.char(kind or 0) .. (">s2"):pack(name))) end
local function sent(payload, port) return packet { ip = { src = "10.0.0.7" }, tcp = { dport = port or 443 }, payload = payload } end

bpf.test("unwanted names are dropped", function()
	assert(sni[1]:test(sent(hello { to "bad.example" })) == bpf.DROP)
	assert(sni[1]:test(sent(hello { to "worse.example" })) == bpf.DROP)
end)

bpf.test("others pass", function()
	assert(sni[1]:test(sent(hello { to "good.example" })) == bpf.PASS)
	assert(sni[1]:test(sent(hello { to "bad.example.com" })) == bpf.PASS)
	assert(sni[1]:test(sent(hello { to "bad.example" }, 8443)) == bpf.PASS)
end)

bpf.test("the name is found behind other extensions", function()
	local all = { extension(10, "\0\2\0\x1d"), extension(0xff01, "\0"), to "bad.example", extension(43, "\2\3\4") }
	assert(sni[1]:test(sent(hello(all))) == bpf.DROP)
end)

bpf.test("what is cut off passes, at whatever length", function()
	local whole = hello { to "bad.example" }
	for n = 0, #whole - 1 do assert(sni[1]:test(sent(whole:sub(1, n))) == bpf.PASS, n) end
end)

-- How many were counted by what f does.
local function counted(what, f)
	local before = sni.counts[what]
	f()
	return sni.counts[what] - before
end
local function split_by(f) return counted("split", f) end
local function verdict(payload) return sni[1]:test(sent(payload)) end

bpf.test("a name has no case, in a packet and as an argument", function()
	for _, name in ipairs { "BAD.EXAMPLE", "Bad.Example", "bad.examplE", "third.example", "THIRD.EXAMPLE" } do
		assert(verdict(hello { to(name) }) == bpf.DROP, name)
	end
	assert(verdict(hello { to "GOOD.EXAMPLE" }) == bpf.PASS)
	assert(verdict(hello { to "BAD\x0eEXAMPLE" }) == bpf.PASS) -- a dot, but for the bit that makes letters small
	assert(sni.unwanted["bad.example"] >= 3 and not sni.unwanted["BAD.EXAMPLE"])
end)

bpf.test("a dot at its end says nothing, a second one does", function()
	assert(verdict(hello { to "bad.example." }) == bpf.DROP)
	assert(verdict(hello { to "THIRD.EXAMPLE." }) == bpf.DROP)
	for _, name in ipairs { "bad.example..", ".bad.example", ".", "" } do
		assert(verdict(hello { to(name) }) == bpf.PASS, name)
	end
end)

-- A name passes until it is unwanted, one that ends in another letter always.
local function found(name)
	local neighbour, key = name:sub(1, -2) .. "y", name:lower()
	assert(verdict(hello { to(name) }) == bpf.PASS, name)
	sni.unwanted[key] = 0
	assert(verdict(hello { to(name) }) == bpf.DROP, name)
	assert(verdict(hello { to(neighbour) }) == bpf.PASS, name)
	assert(sni.unwanted[key] == 1, name)
	sni.unwanted[key] = nil
end

bpf.test("names of any length up to 255 are told apart to their last byte", function()
	for _, n in ipairs { 1, 7, 8, 9, 63, 64, 65, 128, 247, 248, 249, 254, 255 } do found(("X"):rep(n)) end
	local label = ("L"):rep(63)
	found(("%s.%s.%s.%s"):format(label, label:lower(), label, label:sub(3)))
end)

bpf.test("a name that no host can have is dropped, and counted, if it is whole", function()
	local long = ("l"):rep(256)
	local odd = { to(long), to(("l"):rep(1000)), to(long:sub(2) .. "."), to "\0",
		to "good.example\0", to "bad.example\0.example", to("good.example", 1), to("bad.example", 255) }
	for i, name in ipairs(odd) do
		local whole = hello { name }
		assert(counted("odd", function() assert(verdict(whole) == bpf.DROP, i) end) == 1, i)
		assert(counted("odd", function() assert(verdict(whole:sub(1, -2)) == bpf.PASS, i) end) == 0, i)
	end
	assert(counted("odd", function() assert(verdict(hello { to "good.example" }) == bpf.PASS) end) == 0)
end)

bpf.test("the name is found behind any number of extensions", function()
	local others = {}
	for i = 1, 250 do others[i] = extension(0x1000 + i, "") end
	others[#others + 1] = to "bad.example"
	assert(verdict(hello(others)) == bpf.DROP)
end)

bpf.test("a ClientHello in two segments is dropped if the first has the name, else passed and counted once", function()
	local whole = hello { extension(10, "\0\2\0\x1d"), to "bad.example", extension(43, "\2\3\4") }
	local name_ends = select(2, whole:find "bad.example")
	for n = 1, #whole - 1 do
		local first, rest = whole:sub(1, n), whole:sub(n + 1)
		local counted = split_by(function()
			assert(verdict(first) == (n < name_ends and bpf.PASS or bpf.DROP), n)
			assert(verdict(rest) == bpf.PASS, n)
		end)
		assert(counted == (n < name_ends and 1 or 0), n)
	end
end)

bpf.test("a ClientHello in two records of one segment likewise", function()
	local handshake = hello({ extension(10, "\0\2\0\x1d"), to "bad.example", extension(43, "\2\3\4") }):sub(6)
	local name_ends = select(2, handshake:find "bad.example")
	for n = 1, #handshake - 1 do
		local both = record(handshake:sub(1, n)) .. record(handshake:sub(n + 1))
		local counted = split_by(function() assert(verdict(both) == (n < name_ends and bpf.PASS or bpf.DROP), n) end)
		assert(counted == (n < name_ends and 1 or 0), n)
	end
end)

bpf.test("no part of a name is taken for it, and a whole ClientHello is not counted", function()
	local longer = hello { to "bad.example.com", extension(43, "\2\3\4") }
	local ends = select(2, longer:find "bad.example")
	assert(split_by(function() assert(verdict(longer:sub(1, ends)) == bpf.PASS) end) == 1)
	assert(split_by(function() assert(verdict(longer) == bpf.PASS) end) == 0)
	assert(split_by(function() assert(verdict(hello {}) == bpf.PASS) end) == 0)
	assert(split_by(function() assert(verdict(hello {} .. record("more")) == bpf.PASS) end) == 0)
end)

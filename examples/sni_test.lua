-- Tests of sni.lua:	perigee test examples/sni_test.lua
local packet = bpf.test.packet
local sni = bpf.test.script("examples/sni.lua", "eth0", "bad.example", "worse.example")

local function extension(kind, bytes) return (">I2s2"):pack(kind, bytes) end

local function record(bytes) return "\x16\3\1" .. (">s2"):pack(bytes) end

-- The first record that a TLS client sends; a list of extensions, as text.
local function hello(extensions)
	local body = "\3\3" .. ("r"):rep(32) .. (">s1"):pack("session") .. (">s2"):pack("\x13\1\x13\2") .. (">s1"):pack("\0")
		.. (">s2"):pack(table.concat(extensions))
	local handshake = "\1" .. (">I3"):pack(#body) .. body
	return record(handshake)
end
local function to(name) return extension(0, (">s2"):pack("\0" .. (">s2"):pack(name))) end
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

-- How many were counted as split by what f does.
local function split_by(f)
	local before = sni.passed.split
	f()
	return sni.passed.split - before
end
local function verdict(payload) return sni[1]:test(sent(payload)) end

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

-- Tests of sni.lua:	perigee test examples/sni_test.lua
local packet = bpf.test.packet
local sni = bpf.test.script("examples/sni.lua", "eth0", "bad.example", "worse.example")

local function extension(kind, bytes) return (">I2s2"):pack(kind, bytes) end

-- The first record that a TLS client sends; a list of extensions, as text.
local function hello(extensions)
	local body = "\3\3" .. ("r"):rep(32) .. (">s1"):pack("session") .. (">s2"):pack("\x13\1\x13\2") .. (">s1"):pack("\0")
		.. (">s2"):pack(table.concat(extensions))
	local handshake = "\1" .. (">I3"):pack(#body) .. body
	return "\x16\3\1" .. (">s2"):pack(handshake)
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

-- What is said of protocols that a script adds, and of what it does with them.
local diag = dofile "tests/diag/harness.lua"

local function raised(name, options) diag.raised(name, bpf.proto, options) end

raised("no name", { over = "udp", port = 1, fields = "u8 a" })
raised("a name that is no word", { "my proto", over = "udp", port = 1, fields = "u8 a" })
raised("a name that is a number", { 5, over = "udp", port = 1, fields = "u8 a" })
raised("the name of a protocol that is there", { "tcp", over = "udp", port = 4789, fields = "u8 a" })
raised("one that another carries", { "vxlan", over = "tcp", port = 4789, fields = "u8 a" })
raised("the name of a field", { "sport", over = "udp", port = 1, fields = "u8 a" })
raised("the name of a method", { "u16", over = "tcp", port = 1, fields = "u8 a" })
raised("an unknown option", { "x", over = "udp", ports = 1, fields = "u8 a" })
raised("an option of the wrong type", { "x", over = "udp", port = 1, fields = { a = "u8" } })
raised("over what is not there", { "x", over = "upd", port = 1, fields = "u8 a" })
raised("over what is far from anything", { "x", over = "quic", port = 1, fields = "u8 a" })
raised("over UDP, by no port", { "x", over = "udp", fields = "u8 a" })
raised("over UDP, by a protocol", { "x", over = "udp", proto = 5, fields = "u8 a" })
raised("over IP, by a port", { "x", over = "ip", port = 5, fields = "u8 a" })
raised("over IP, by a source port", { "x", over = "ip", proto = 253, sport = 5, fields = "u8 a" })
raised("over IP, by two protocols", { "x", over = "ip", proto = { 253, 254 }, fields = "u8 a" })
raised("a protocol that is there", { "x", over = "ip", proto = 6, fields = "u8 a" })
raised("a protocol that is an extension header", { "x", over = "ip", proto = 60, fields = "u8 a" })
raised("a protocol that is none", { "x", over = "ip", proto = 256, fields = "u8 a" })
raised("an EtherType that is there", { "x", over = "eth", type = 0x0800, fields = "u8 a" })
raised("a port that is none", { "x", over = "udp", port = 65536, fields = "u8 a" })
raised("a port that is text", { "x", over = "udp", port = "http", fields = "u8 a" })
raised("too many ports", { "x", over = "udp", port = { 1, 2, 3, 4, 5 }, fields = "u8 a" })
raised("over nothing, by a port", { "x", port = 5, fields = "u8 a" })
raised("no fields", { "x", over = "udp", port = 1 })
raised("empty fields", { "x", over = "udp", port = 1, fields = "" })
raised("a field without a name", { "x", over = "udp", port = 1, fields = "u8 a; u16; u8 b" })
raised("a field with too much", { "x", over = "udp", port = 1, fields = "u8 a b" })
raised("an unknown type", { "x", over = "udp", port = 1, fields = "u8 a; ipv4 b" })
raised("a type that is nearly one", { "x", over = "udp", port = 1, fields = "u8 a; lee16 b" })
raised("a number too wide", { "x", over = "udp", port = 1, fields = "u65 a" })
raised("bits, the lowest first", { "x", over = "udp", port = 1, fields = "le12 a; u4 b" })
raised("text without a length", { "x", over = "udp", port = 1, fields = "char a" })
raised("text that is too long", { "x", over = "udp", port = 1, fields = "char[65] a" })
raised("fields that end within a byte", { "x", over = "udp", port = 1, fields = "u8 a; u3 b" })
raised("an address within a byte", { "x", over = "udp", port = 1, fields = "u4 a; ip4 b; u4 c" })
raised("a number over nine bytes", { "x", over = "udp", port = 1, fields = "u4 a; u64 b; u4 c" })
raised("fields without end", { "x", over = "udp", port = 1, fields = ("bytes[64] _; "):rep(4) })
raised("two fields of one name", { "x", over = "udp", port = 1, fields = "u8 a; u8 a" })
raised("a field of a method's name", { "x", over = "udp", port = 1, fields = "u8 u8" })
raised("a field of the payload's name", { "x", over = "udp", port = 1, fields = "u8 payload" })
raised("a length of no field", { "x", over = "udp", port = 1, fields = "u8 a", length = "b * 4" })
raised("a length of too wide a field", { "x", over = "udp", port = 1, fields = "u16 a", length = "a" })
raised("a length times three", { "x", over = "udp", port = 1, fields = "u8 a", length = "a * 3" })
raised("a length that is a formula", { "x", over = "udp", port = 1, fields = "u8 a", length = "(a + 1) * 4" })
raised("a length that is a number", { "x", over = "udp", port = 1, fields = "u8 a", length = 4 })
raised("followed by the unknown", { "x", over = "udp", port = 1, fields = "u8 a", next = "ethr" })
raised("followed by a field", { "x", over = "udp", port = 1, fields = "u8 eth", next = "eth" })

bpf.proto { "mine", over = "udp", port = 7, fields = "u8 kind; u8 words; char[8] name", length = "words * 4", next = "eth" }
bpf.proto { "own", over = "eth", type = 0x88b5, fields = "u8 kind; u24 value; char[8] name" }
raised("added twice", { "mine", over = "udp", port = 8, fields = "u8 a" })
raised("an EtherType added twice", { "x", over = "eth", type = 0x88b5, fields = "u8 a" })

diag.case("a field that it has not", function(p) return p.udp.mine.knd end)
diag.case("a header that TCP has not", function(p) return p.tcp.mine end)
diag.case("a header that the frame has not", function(p) return p.mine end)
diag.case("a field of it assigned", function(p) local m = p.udp and p.udp.mine if m then m.kind = 5 end end)
diag.case("a field too wide", function(p) p.own.kind = 256 end)
diag.case("a field of text assigned", function(p) p.own.name = "abc" end)
diag.case("the header itself assigned", function(p) p.udp.mine = nil end)
diag.case("a field of what is within assigned", function(p)
	local m = p.udp.mine
	m.eth.ipv4.src = p.ipv4.src
end)
diag.case("text used after a write", function(p)
	local o = p.own
	local name = o.name
	o.kind = 5
	if name == "abc" then return bpf.DROP end
end)
diag.case("what may be nil, strictly", function(p) return p.udp.mine.kind == 5 and bpf.DROP or bpf.PASS end, { strict = true })
diag.done()

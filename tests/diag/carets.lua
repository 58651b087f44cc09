-- What the caret under the source line points at: the name that the message is about, where it is in the line once.
local diag = dofile "tests/diag/harness.lua"
diag.carets = true

local words = bpf.map { "hash", key = "u32", value = "char[8]", entries = 8 }

diag.case("a local variable", function(p)
	local n
	return p.len + n
end)
diag.case("a field", function(p)
	local ip = p.ipv4
		if ip and ip.srcc == ip.dst then return bpf.DROP end
end)
diag.case("an operator", function(p) -- not a comment's /
	local half = p.len / 2  -- nor this one: /
	return half // 2
end)
diag.case("an operator among longer ones", function(p)
	return p.len // 2 ^ 2
end)
diag.case("twice in the line", function(p)
	local n
	return n and n.x or n + n
end)
diag.case("in a text, and by itself", function(p)
	print("n", 'the n', p.len, nn, n.n == 1)
end)
diag.case("a function", function(p)
	if p.len > 5 then return math.maxx(p.len, 1) end
	return prnt(p.len) or os.time()
end)
diag.case("a method", function(p)
	return p:u16(0) + p:u17(0)
end)
diag.case("a result", function(p)
	if p.len > 5 then return true end
	return bpf.ALLOW
end)
diag.case("a call", function(p)
	local f = p.len > 5 and math.abs or math.max
	return math.tointeger(words[p.len])
end)
diag.case("a warning", function(p)
	if p.len then return bpf.DROP end
end)

local flows = bpf.map { "hash", key = "u32", value = "struct { u64 n; u32 m; }", entries = 8, name = "of_flows" }
local names = bpf.events { comm = "char[16]" }
diag.case("a number and a string", function(p) if p.len == "60" then return bpf.DROP end end)
diag.case("unequal, and a flag", function(p)
	if p.tcp and p.tcp.syn ~= 1 then return bpf.DROP end
end)
diag.case("twice in the line, compared", function(p)
	if p.len == "60" or p.len == 60 then return bpf.DROP end
end)
diag.case("an operator at the end of a line", function(p)
	if p.len ==
		"60" or p.len == 60 then return bpf.DROP end
end)
diag.case("a header and a number", function(p) if p.eth == 3 then return bpf.DROP end end)
diag.case("an integer as a condition", function(p)
	local n = p.len
	if n then return bpf.DROP end
end)
diag.case("an integer as one, of a field", function(p)
	while not p.len do return bpf.DROP end
end)
diag.case("a key", function(p)
	flows[p.eth.src] = { n = 1 }
	flows:add("x", 1)
end)
diag.case("a value", function(p) flows[p.len] = "x" end)
diag.case("an entry after a write", function(p)
	local e = flows[1]
	flows[p.len] = { n = 1 }
	if e then e.m = 1 end
end)
diag.case("an entry after a write, once", function(p)
	local e = flows[1]
	if not e then return end
	flows[p.len] = { n = 1 }
	e.m = 1
end)
diag.case("a record that was stored", function(p)
	local t = { n = 1 }
	flows[p.len] = t
	t.n = 2
end)
diag.case("a field of what is stored or sent", function(p)
	flows[p.len] = { nn = 1 }
	names:send { port = 1 }
end)
diag.case("a float literal", function(p)
	local n = p.len + 1e6
	n = n * 2.5
	n = n - 1e-6
	return n <= 3
end)
diag.text("no file", "return function(p) return p.len + nil end")
diag.done()

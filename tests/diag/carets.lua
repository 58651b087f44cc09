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
diag.text("no file", "return function(p) return p.len + nil end")
diag.done()

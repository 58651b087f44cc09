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

-- ---- which of several: by the word that the instruction is of ----

diag.case("the right side", function(p)
	local n
	return p.len + p.len * (n) + n
end)
diag.case("fields of one name", function(p)
	return p.eth and p.tcp.dport + p.udp.dport == p.tcp.sport and bpf.DROP or bpf.PASS
end)
diag.case("calls in a chain", function(p)
	return p:sub(1, 9):sub(2):subb(3):sub(4) == "x" and bpf.DROP or bpf.PASS
end)
diag.case("which of them is called", function(p)
	return p:sub(1, 9):sub(2):sub({}):sub(3) == "x" and bpf.DROP or bpf.PASS
end)
diag.case("a call within a call", function(p)
	return math.max(math.min(math.maxx(1, 2), 3), math.min(p.len, 4))
end)
diag.case("calls in a table", function(p)
	flows[p.len] = { n = math.max(p.len, 2), m = math.max(prnt(p.len), 3) }
end)
diag.case("a piece of a text", function(p)
	local n
	print("n" .. p.len .. n .. p.len .. "n" .. tostring(n))
end)
diag.case("a piece in the middle", function(p) print(p.len .. p.len .. p.tcp .. p.len) end)
diag.case("sides of a comparison", function(p)
	local n
	if p.len > 1 and p.len > n or n == p.len then return bpf.DROP end
	return p.len < n and n or n
end)
diag.case("the first value, the limit, the step", function(p)
	local n
	for i = n, n and 1 or 2 do print(i) end
	for i = p.len, n, p.len do print(n) end
	for i = 1, p.len, n do print(n) end
end)
diag.case("an argument", function(p)
	local n
	return math.max(p.len, math.max(1, 2), n) + math.max(n or 1, 2)
end)
diag.case("the object and its key", function(p)
	local n
	return n.n + n[n]
end)
diag.case("what is assigned", function(p)
	local n
	n.n = n
end)
diag.case("operators of one kind", function(p)
	return p.len / 2 + p.len + "x" .. p.len / 3
end)
diag.case("of a result, and of what is negated", function(p)
	local n
	return p.len * n + -n + #n
end)
diag.case("of what another operator gives", function(p)
	local s = p:sub(1, 2)
	return s .. p.len < p.len and bpf.DROP or bpf.PASS
end)
diag.case("two functions in a line", function(p)
	local f, g = function(n) return n end, function(n) return n + n end
	return f(p.len) + g()
end)
diag.case("behind long texts and comments", function(p)
	local n --[[ n
	n ]] print [[ n
	n ]] print(n, --[=[ n ]=] n + 1)
end)
diag.case("the function", function(p)
	local function f(n) return n and f(n - 1) end return f(p.len) end)

-- ---- where it is not certain ----

diag.case("on another line", function(p)
	local n
	return n
		and p.len
		+ n
		or n
		+ p.len + p.len
end)
diag.case("several are assigned", function(p)
	local n
	n.n, n.m = 1, 2
end)

-- The file has the second text when it is compiled.
local function changed(name, before, after)
	diag.raised(name, function()
		local path = os.tmpname()
		local function write(text)
			local file <close> = assert(io.open(path, "w"))
			file:write(text)
		end
		write(before)
		local f = assert(loadfile(path))()
		write(after)
		local _, text = bpf.compile("xdp", {}, f)
		os.remove(path)
		error((text:gsub(path:gsub("%p", "%%%0"), "FILE")), 0)
	end)
end
local source = "return function(p)\n\tlocal n\n\treturn n and p.len or p.len + n\nend\n"
changed("a file as it was", source, source)
changed("a file that begins with #", "#!/x n\n" .. source, "#!/x n\n" .. source)
changed("comments and blanks were added", source, (source:gsub("return n", "  return n --[[ n ]]")))
changed("a line was added", source, "\n" .. source)
changed("a name was changed", source, (source:gsub("p%.len", "p.lem")))
changed("another function is there", source, "return 1\n\nlocal n = 1 + n")
changed("it is no Lua any more", source, source .. "end")
changed("it is gone", source, "")
local twice = "local function f(n) return n + n end local function g(n) return n + n end\nreturn function(p) return f() + g() end"
changed("two functions are alike", twice, twice)
local long = "local t = {" .. ("1,2,3,4,5,6,7,8,9,0,"):rep(200000) .. "}\n" .. source
changed("it has too many words to look at", long, long)

diag.text("no file", "return function(p) return p.len + nil end")
-- ---- several in a line ----

do
	local m = bpf.map { "hash", key = "u32", value = "struct { u64 n; u64 s; }", entries = 16 }
	diag.case("entries of one line: the note is of the one that is shown", function()
		if m[1].s > m[2].s then return bpf.DROP end
	end)
	diag.case("an entry beside one that is kept", function()
		local best, key
		for k, e in pairs(m) do if not best or e.n > best.n then best, key = e, k end end
		best.n = best.n + 5
		return best.n + m[key].n == 5 and bpf.DROP
	end)
	diag.case("a divisor that may be nil", function(p)
		local per = p:u8(3)
		return p.len // per + p.len % per == 3 and bpf.DROP
	end)
	diag.case("a divisor with no name that may be nil", function(p)
		return p.len // p:u8(3) + p.len // m[3].n == 3 and bpf.DROP
	end)
	diag.case("several elements at once", function()
		local t = {}
		for i = 1, 5 do t[#t + 1], t[#t + 2] = i, i * 2 end
		return #t == 3 and bpf.DROP
	end)
	diag.case("several fields at once", function()
		local a, b = m[1], m[2]
		if a then a.n, b.n, a.s = 1, 2, 3 end
	end)
end

diag.done()

-- What is said of operators, comparisons, tables made in the function, calls, verdicts and sizes.
local diag = dofile "tests/diag/harness.lua"

local half, long = 0.5, ("x"):rep(4097)
local words = bpf.map { "hash", key = "u32", value = "char[8]", entries = 8 }
local flows = bpf.map { "hash", key = "u32", value = "struct { u64 pkts; u8 ttl; }", entries = 8, name = "flows" }
local pairs_of = bpf.map { "hash", key = "u32", value = "struct { u32 a; u32 pkts; }", entries = 8 }
local ends = bpf.map { "hash", key = "struct { u32 a; u32 b; }", value = "u32", entries = 8 }

-- operators
diag.case("concatenation", function(p) return "n" .. p.len end)
diag.case("the length of an address", function(p) return #p.eth.src end)
diag.case("the length of a number", function(p) return #p.len end)
diag.case("the length of nil", function() local s return #s end)
diag.case("a float of two branches", function(p) local f = half if p.len > 5 then f = 1.5 end return p.len + f end)
diag.case("text in arithmetic", function() return (words[1] or 0) + 1 end)
diag.case("a loop to nil", function(p) local n for i = 1, n do print(i) end end)
diag.case("order of text and a number", function(p) if words[1] and words[1] < p.len then return bpf.DROP end end)
diag.case("order of a number and an address", function(p) if p.len < p.eth.src then return bpf.DROP end end)
diag.case("two functions compared", function(p)
	local function f() end
	local g = f
	if p.len > 5 then g = print end
	if f == g then return bpf.DROP end
end)

-- warnings
diag.case("a number as a condition", function(p) if p.len then return bpf.DROP end end)
diag.case("an address compared with text", function(p) if p.eth.src == "02:00:00:00:00:01" then return bpf.DROP end end)
diag.case("an address compared with a number", function(p) return p.ipv4.src == 5 and bpf.DROP or nil end)

-- tables
diag.case("a table or a header, by a loop", function(p)
	local t = p.udp
	for i = 1, p.len do
		if p:u8(i) == 3 then t = { sport = i } end
	end
	return t.sport
end)
diag.case("two variables of one table, by a loop", function(p)
	local t, u = { pkts = 1 }, { pkts = 2 }
	for i = 1, p.len do
		if p:u8(i) == 3 then t = u end
		t.pkts = t.pkts + 1
	end
	flows[1] = t
	return u.pkts == 4 and bpf.DROP or nil
end)
diag.case("two variables of one table, stored", function(p)
	local t, u = { pkts = 1 }, { pkts = 2 }
	local v = p.len > 5 and t or u
	v.pkts = 3
	flows[1] = v
	return t.pkts == 3 and bpf.DROP or nil
end)
diag.case("tables of a loop, compared", function(p)
	local first, last
	for i = 1, p.len do
		last = { a = i }
		first = first or last
	end
	return first == last and bpf.DROP or nil
end)
diag.case("a table or none, stored", function(p)
	local e
	for i = 1, p.len do
		if p:u8(i) == 3 then e = { pkts = i } end
	end
	flows[1] = e
end)
diag.case("a table or none, as a key", function()
	local best, n = nil, 0
	for k, v in pairs(ends) do if v > n then best, n = k, v end end
	if n > 0 then ends[best] = nil end
end)
diag.case("a table in itself", function(p) local t = { a = 1 } t.t = t return t.t.a end)
diag.case("a function in a table, which another one may lack", function(p)
	local last = nil
	for i = 1, 2 do local t = { v = i } if i == p.len then function t.get(self) return self.v end
		if last then return last:get() end end last = t
	end
end)
diag.case("a function in a table that assigns itself", function(p)
	local t = { v = 3 }
	function t.get(self)
		self.get = function() return 5 end
		return p.len
	end
	return t:get() + t:get()
end)
diag.case("a table that holds no such keys", function(p) local t = { a = 1 } t[p.len] = 1 return t.a end)
diag.case("a list with holes", function(p)
	local t = { p.len > 5 and 1 or nil, 2 }
	return #t == 2 and bpf.DROP or nil
end)
diag.case("a table or none, gone over", function(p)
	local t
	for _ = 1, p.len do for _, v in ipairs(t) do print(v) end t = { 1, 2 } end
end)
diag.case("a table or none, its length", function(p)
	local t
	for i = 1, p.len do
		if p:u8(i) == 3 then t = { 1, 2 } end
	end
	return #t == 2 and bpf.DROP or nil
end)
diag.case("unpacked by a number", function(p) local t = { 1, 2 } print(table.unpack(t, 1, p.len)) end)
diag.case("unpacked, perhaps fewer", function(p) local t = { 1, p.len > 5 and 2 or nil } print(table.unpack(t)) end)
diag.case("a float as key", function(p) local t = {} t[2.5] = p.len return t[2.5] end)
diag.case("gone over from elsewhere", function(p)
	local t = { 1, 2, p.len }
	local f, s = ipairs(t)
	for i, v in f, s, p.len do print(i, v) end
end)
diag.case("used after it was stored", function(p)
	local e = { pkts = 1 }
	flows[1] = e
	e.pkts = p.len
end)
diag.case("a table in arithmetic", function() local t = { a = 1 } return t + 1 end)
diag.case("a table in several operations", function(p)
	local t = { a = p.len }
	print("n" .. t)
	print(-t, ~t & 1)
	if t < 1 or t < t then return bpf.DROP end
	for i = 1, t do print(i) end
	for i = t, p.len do print(i) end
	for i = 1, 3, t do print(i) end
	print({} .. "n")
	return t.a > 3 and bpf.DROP
end)
diag.case("a table in arithmetic with what is refused", function(p) local t = { a = 1 } return t + p.nn end)
diag.case("a table or a packet in arithmetic", function(p) local t = p if p.len > 5 then t = {} end return t + 1 end)
diag.case("a table that a function given anything computes with", function()
	local function next_of(n) return n + 1 end
	return next_of({ 1 }) + next_of(3)
end)
diag.case("a table in arithmetic that is caught", function() local t = { a = 1 } print(pcall(function() return t + 1 end)) end)
diag.case("a table or a number in arithmetic", function(p) local t = 1 if p.len > 5 then t = { 1 } end return t + 1 end)
diag.case("a table gone over by itself", function(p) for k in { p.len } do print(k) end end)
diag.case("a function in operations", function(p)
	local function f() end
	print(#f, "n" .. f, -f, f < 1)
end)
diag.case("a table returned", function() return { a = 1 } end)

-- what differs by the way taken
diag.case("a float that differs", function(p) local f = 1.5 if p.len > 5 then f = 2.5 end if f == 1.5 then return bpf.DROP end end)
diag.case("a map or a number, by a loop", function(p)
	local m = p.len
	for i = 1, p.len do
		if p:u8(i) == 3 then m = words end
	end
	if m == 5 then return bpf.DROP end
end)
diag.case("text with a zero that differs", function(p) local s = "" if p.len > 5 then s = "a\0" end print(s) end)
diag.case("entries that differ", function(p)
	local e, n = flows[1], 0
	if p.len > 5 then e = pairs_of[1] end
	while e and n < e.pkts do n = n + 1 end
end)

-- calls
diag.case("an error with a zero in it", function() error("a\0b") end)
diag.case("type of a file", function() return type(io.stdout) == "userdata" and bpf.DROP end)
diag.case("a function out of a loop", function(p)
	local f = function() return 0 end
	for i = 1, p.len do
		local g = f
		f = function() return g() + i end
	end
	return f()
end)
diag.case("a function of a loop's own variable", function(p)
	local f = function() return 0 end
	for i = 1, 3 do
		local k = i * p.len
		if i == p:u8(0) then f = function() k = k + 1 return k end end
	end
	return f()
end)
diag.case("calling a number", function(p) local n = p.len return n() end)
diag.case("calling one of several", function(p)
	local n
	if p.len > 5 then n = p.len elseif p.len > 3 then n = p.eth.src end
	return n() or n[1]
end)
diag.case("a text indexed by a number", function(p) return words[1] and words[1][1] and bpf.DROP end)
diag.case("a misspelt library function", function(p) return math.maxx(p.len, 1) end)
diag.case("values counted that may be missing", function(p)
	local function f() if p.len > 5 then return 1, 2 end end
	if select("#", f()) == 2 then return bpf.DROP end
	print(f())
end)
diag.case("values printed that may be missing", function(p)
	local function f() if p.len > 5 then return 1, 2 end end
	print(f())
end)
diag.case("a byte that may be no value", function(p) return math.fmod(p:sub(1, 2):byte(8, 9)) end)
diag.case("a byte that may be no value, in parentheses", function(p) print((p:sub(1, 2):byte(9))) end)
diag.case("one value or two", function(p) print((function() if p.len > 9 then return 1, 2 end return 1 end)()) end)
diag.case("one nil instead of two positions", function(p) return (select("#", p:find("a"))) end)
diag.case("one nil instead of one match", function(p) print(p:sub(1, 20):match("a")) end)
diag.case("a truth for a number or nil", function(p) print((p:sub(1, 2):byte(true))) end)
diag.case("select from the end of what may be missing", function(p)
	local function f() if p.len > 5 then return 1, 2 end end
	return (select(-1, f()))
end)
diag.case("select from many", function(p)
	return (select(p.len, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
		30, 31, 32, 33, 34))
end)
diag.case("select from a name", function(p) return (select(p.eth.src, 1)) end)
diag.case("a loop over a map behind what is wrong", function(p)
	local n = p:u64(none) or 1
	for k, v in pairs(words) do n = n + k end
	for k, v in ipairs(words) do n = n + k end
end)
diag.case("pcall of nothing", function() pcall() end)
diag.case("pcall of what is no function", function(p) pcall(p.len) end)
diag.case("xpcall without a handler", function() xpcall(error) end)
diag.case("xpcall with a handler that may be nil", function(p) xpcall(error, p.len > 5 and type or nil) end)
diag.case("xpcall with a handler that may raise", function(p)
	local ok = xpcall(function() return p.tcp.dport end, function(e) return e + 1 end)
	if not ok then return bpf.DROP end
	xpcall(function() return p.len // 2 end, error)
	return bpf.PASS
end)
diag.case("xpcall with a handler whose own error hangs on what it is given", function(p)
	xpcall(function() return p.tcp.dport end, function(e) error("y" .. #e, 0) end)
end)
diag.case("what pcall gives as a verdict", function(p) return pcall(error, p.len) end)
diag.case("an error's level that is not known", function(p) error("x", p.len) end)
diag.case("a message in arithmetic", function(p)
	local ok, v = pcall(function() return p.tcp.dport end)
	print("between")
	return ok and v + 1
end)
diag.case("a message that grows in a loop", function(p)
	local message
	for i = 1, p.len do
		local _, e = pcall(function() if message then error(message) end return p.tcp.dport + i end)
		message = e
	end
	if message == "x" then return bpf.DROP end
end)
diag.case("tostring", function(p) return tostring(p.len) end)
diag.case("mutual recursion, one of the functions chosen at run time", function(p)
	local even
	local function odd(n) if n == 0 then return false end return even(n - 1) end
	even = function(n) if n == 0 then return true end return odd(n - 1) end
	if p.len > 99 then even = function(n) return odd(n) end end
	return even(p.len) and bpf.DROP
end)
diag.case("mutual recursion", function(p)
	local even
	local function odd(n) if n == 0 then return false end return even(n - 1) end
	even = function(n) if n == 0 then return true end return odd(n - 1) end
	return even(p.len) and bpf.DROP
end)

-- verdicts
diag.case("a verdict of another hook", function() return bpf.ALLOW end)
diag.case("a number that is no verdict", function() return 1 end)
diag.case("a boolean verdict", function() return true end)
diag.case("an on_error of another hook", function() return bpf.PASS end, { on_error = bpf.ALLOW })

-- sizes
local function sum(n, term)
	local t = {}
	for i = 1, n do t[i] = term:format(i) end
	return table.concat(t, " + ")
end
diag.text("too big once inlined", ("local function a(...) local n = ... return %s end\nlocal function b(...) local n = ... return %s end\n"
	.. "return function(p) return %s end"):format(sum(100, "n // %d"), sum(25, "a(n - %d)"), sum(25, "b(p.len - %d)")))
local once = 'do local ok, v = pcall(function() return a // b end) if ok then s = s + v elseif v == "x" then s = 1 end end\n'
local function caught(n)
	return "return function(p) local s, a, b = 0, p.len, p:u8(3)\n" .. once:rep(n) .. "return s == 3 and bpf.DROP or bpf.PASS end"
end
diag.text("too many functions within pcall", caught(260))
diag.text("too much memory", caught(440))

diag.case("long text that differs", function(p) local s = "" if p.len > 5 then s = long end print(s) end)
diag.case("a list that grows by its own length in a loop", function(p)
	local t = {}
	for i = 1, 4 do t[#t + 1] = p:u8(i) or 0 end
	return t[4] == 3 and bpf.DROP or bpf.PASS
end)
diag.case("a list that may get one more by its own length", function(p)
	local t, head = { 0, 0, 0 }, 0
	for i = 1, 9 do t[head % (#t + 1) + 1] = i head = head + 1 end
	return t[2] == 3 and bpf.DROP or bpf.PASS
end)
diag.case("a list that may lose its last by its own length", function(p)
	local t, head = { 0, 0, 0 }, 0
	for i = 1, 9 do t[head % #t + 1] = p:byte(i) head = head + 1 end
	return t[2] == 3 and bpf.DROP or bpf.PASS
end)
diag.case("assigned where a list that grows ended two elements ago", function(p)
	local t = {}
	for i = 1, p.len & 3 do
		local n = #t + 1
		t[#t + 1] = i
		t[#t + 1] = i + 5
		t[n] = 7
	end
	return #t == 4 and bpf.DROP or bpf.PASS
end)
diag.case("a list that grows, and a function in a field takes elements away in a loop", function(p)
	local o, t, n = {}, {}, 0
	o.pop = function(l) local v = l[#l] l[#l] = nil return v end
	for i = 1, 3 do t[#t + 1] = i end
	for v in o.pop, t do n = n + v end
	return n == 6 and bpf.DROP or bpf.PASS
end)
diag.case("likewise by xpcall, whose handler is a field", function(p)
	local o, t = {}, {}
	o.h = function(m) return m end
	for i = 1, 3 do t[#t + 1] = i end
	xpcall(function(l) l[1] = 9 end, o.h, t)
	return #t == 3 and bpf.DROP or bpf.PASS
end)
diag.case("a list that grows, and has another name by select", function(p)
	local o, t = { n = 2 }, {}
	for i = 1, 3 do t[#t + 1] = i end
	local l = select(o.n, 5, t)
	l[1] = 8
	return #t == 3 and bpf.DROP or bpf.PASS
end)
diag.case("a list that grows, and has another name by error", function(p)
	local o, t = { level = 0 }, {}
	for i = 1, 3 do t[#t + 1] = i end
	local _, l = pcall(function() error(t, o.level) end)
	l[1] = 9
	return #t == 3 and bpf.DROP or bpf.PASS
end)
diag.case("select by a field of what it gives", function(p)
	local t = { n = 1 }
	local u = select(t.n, t)
	u.m = p.len
	return t.m == 60 and bpf.DROP or bpf.PASS
end)
diag.case("a list without places", function(p)
	local t, n = {}, 0
	for w in p:sub(1, 40):gmatch "%a+" do n = n + 1 t[n] = w end
	return t[1] == "GET" and bpf.DROP or bpf.PASS
end)
diag.case("words counted in a table without places", function(p)
	local t = { 0, 0 }
	for w in p:sub(1, 40):gmatch "%a+" do t[w] = (t[w] or 0) + 1 end
	return t.GET == 2 and bpf.DROP or bpf.PASS
end)
diag.case("lists with places", function(p)
	local t, u, v, n = { 0, 0, 0 }, {}, {}, 0
	for i = 1, 8 do u[i] = 0 end
	for w in p:sub(1, 40):gmatch "%a+" do n = n + 1 t[n] = w u[n] = n v[n & 3] = w end
	return t[1] == "GET" and u[3] == 3 and v[2] == "x" and bpf.DROP or bpf.PASS
end)
local states = {}
function states.one(c) if c == 65 then return states.two end return states.one end
function states.two() return states.one end
diag.case("functions that give the next one", function(p)
	local f = states.one
	for i = 15, 40 do f = f(p:byte(i)) end
	return f == states.two and bpf.DROP
end)
diag.case("a function that names itself as a value", function(p)
	local n = 0
	local function add(x) n = n + x return add ~= nil end
	add(3)
	return n == 3 and bpf.DROP
end)
diag.case("functions of tables on one made here", function(p)
	local t = { p.len, 5, 30 }
	table.insert(t, 3)
	table.sort(t)
	return t[1] == 5 and bpf.DROP
end)
diag.case("a byte that may be no value, for what xpcall calls", function(p)
	local ok, n = xpcall(math.tointeger, function(e) return e end, p:sub(1, 2):byte(1))
	return ok and bpf.DROP
end)
diag.case("assigned where the list ended before", function(p)
	local t = {}
	if p.len > 5 then
		local n = #t + 1
		t[1] = nil
		t[#t + 1] = p:byte(1)
		t[n + 1], t[n] = 1, nil
	end
	if p.len > 7 then
		local n = #t
		t[#t + 1] = 1
		t[n + 1] = p:byte(2)
	end
	return #t
end)
diag.case("two places, and the first of them emptied", function(p)
	local t = {}
	if p.len > 5 then t[#t + 1] = 1 end
	if p.len > 7 then t[#t + 1], t[#t + 1] = nil, 2 end
	return #t
end)
local captured = { 3 }
local added = { a = 1, c = setmetatable({}, { __add = function() return 7 end, __lt = function() return true end }) }
diag.case("a captured table as text", function() return tostring(captured) == "x" end)
diag.case("a captured table in math", function(p) return math.max(p.len, captured) end)
diag.case("a captured table in a format", function() return ("%d"):format(captured) == "x" end)
diag.case("a captured table printed", function() print(captured) end)
diag.case("a captured table packed", function() return ("i4"):pack(captured) == "x" end)
diag.case("words of a captured table", function() for w in string.gmatch(captured, "x") do print(w) end end)
diag.case("two booleans in order", function(p) if (p.len > 60) < (p.len > 70) then return bpf.DROP end end)
diag.case("a field called as a method", function(p) local v = flows[1] return v and v:pkts() end)
diag.case("a sum that a metamethod may give", function(p) return added[p:sub(1, 1)] + 1 end)
diag.case("a comparison that a metamethod may make", function(p) return added[p:sub(1, 1)] < 1 and bpf.DROP end)
diag.case("tested for its kind, in a loop, and used as another", function(p)
	local v = 1
	for i = 1, p.len do
		if type(v) == "string" then v = v + i elseif i > 9 then v = "done" end
	end
	return v == "done" and bpf.DROP
end)
diag.case("a function that a turn made, and whose variable is assigned again", function(p)
	local f, n = function() return 0 end, 0
	for i = 1, p.len & 7 do
		local k
		for j = 1, i do
			k = j * i
			if j ~= 2 then f = function() return k end end
			n = n + f()
		end
	end
	return n + f() > 9 and bpf.DROP or bpf.PASS
end)
diag.case("an absolute value of what may be text", function(p)
	local v = 5
	if p.len > 30 then v = tostring(p.len) end
	return math.abs(v) > 9 and bpf.DROP or bpf.PASS
end)
diag.case("a list of tables that grows in a loop", function(p)
	local t, n = {}, 0
	for i = 1, 4 do t[#t + 1] = { i, byte = p:u8(i) or 0 } end
	for _, r in ipairs(t) do n = n + r[1] * r.byte end
	if t[3] and t[3].byte == 7 then n = n + t[3][1] end
	return n == 3 and bpf.DROP or bpf.PASS
end)
diag.case("one of its tables is kept", function(p)
	local t, best = {}, nil
	for i = 1, 4 do t[#t + 1] = { i, byte = p:u8(i) or 0 } end
	for _, r in ipairs(t) do if not best or r.byte > best.byte then best = r end end
	return best[1] == 3 and bpf.DROP or bpf.PASS
end)
diag.case("one of its tables is changed where it was put in", function(p)
	local t = {}
	for i = 1, p.len & 3 do
		local r = { n = i }
		t[#t + 1] = r
		r.n = 7
	end
	return #t == 3 and t[1].n == 7 and bpf.DROP or bpf.PASS
end)
diag.case("its tables hold headers", function(p)
	local t = {}
	for i = 1, p.len & 3 do t[#t + 1] = { ip = p.ipv4, n = i } end
	return #t == 3 and t[1].ip and t[1].ip.ttl == 7 and bpf.DROP or bpf.PASS
end)
-- who may be written to through it
diag.case("its tables are written", function(p)
	local t = {}
	for i = 1, p.len & 3 do t[#t + 1] = { n = i } end
	for k, r in ipairs(t) do r.n = r.n + k end
	if t[2] then t[2].n = 8 end
	return t[1] and t[1].n == 7 and bpf.DROP or bpf.PASS
end)
diag.case("made with one table twice", function(p)
	local one = { n = p.len }
	local t = { one, one }
	for i = 1, p.len & 3 do t[#t + 1] = { n = i } end
	t[1].n = 9
	return t[2].n == 9 and bpf.DROP or bpf.PASS
end)
diag.case("one table put in twice", function(p)
	local t = {}
	for i = 1, p.len & 3 do
		local r = { n = i }
		t[#t + 1] = r
		t[#t + 1] = r
	end
	if t[1] then t[1].n = 9 end
	return t[2] and t[2].n == 9 and bpf.DROP or bpf.PASS
end)
diag.case("one of its tables is changed where it may have been put in", function(p)
	local t = {}
	for i = 1, p.len & 3 do
		local r = { n = i }
		if p:u8(i) == 7 then t[#t + 1] = r end
		r.n = 7
	end
	return #t == 3 and t[1].n == 7 and bpf.DROP or bpf.PASS
end)
diag.case("one table in each turn, changed before it is put in again", function(p)
	local t, r = {}, { n = 0 }
	for i = 1, p.len & 3 do
		r.n = i
		t[#t + 1] = r
	end
	return #t == 3 and t[1].n == 3 and bpf.DROP or bpf.PASS
end)
diag.case("tables of another list and its own", function(p)
	local t, u = {}, {}
	for i = 1, p.len & 3 do
		local r = { n = i }
		t[#t + 1] = r
		u[#u + 1] = r
	end
	u[#u + 1] = { n = 7 }
	if t[1] then t[1].n = 9 end
	return u[1].n == 9 and bpf.DROP or bpf.PASS
end)
diag.case("its tables go to a list that is there longer", function(p)
	local u = {}
	for k = 1, 2 do
		local t = {}
		for i = 1, p.len & 3 do t[#t + 1] = { n = i } end
		for i = 1, #t do u[#u + 1] = t[i] end
	end
	return u[1] and u[1].n == 9 and bpf.DROP or bpf.PASS
end)
diag.case("one of its tables is replaced", function(p)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { n = i } end
	local r = t[2]
	t[2] = { n = 50 }
	r.n = 7
	return t[2].n == 50 and bpf.DROP or bpf.PASS
end)
diag.case("one of its tables is removed", function(p)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { n = i } end
	local r = t[3]
	t[#t] = nil
	r.n = 7
	t[#t + 1] = { n = 50 }
	return t[3].n == 50 and bpf.DROP or bpf.PASS
end)
diag.case("one of two of its tables is written", function(p)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { n = i } end
	local r = t[1]
	if p.len > 60 then r = t[2] end
	r.n = 7
	return t[2].n == 7 and bpf.DROP or bpf.PASS
end)
diag.case("a field of its tables gets one of them", function(p)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { n = i } end
	t[1].next = t[2]
	t[2].n = 7
	return t[1].next.n == 7 and bpf.DROP or bpf.PASS
end)
diag.case("a field of its tables gets a table", function(p)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { n = i } end
	t[1].at = { p.len }
	return t[1].at[1] == 60 and bpf.DROP or bpf.PASS
end)
diag.case("a field of its tables gets a header", function(p)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { n = i } end
	t[1].ip = p.ipv4
	return t[1].ip and t[1].ip.ttl == 60 and bpf.DROP or bpf.PASS
end)
diag.case("a field known only at run time", function(p)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { n = i, m = 2 } end
	t[1][p.len > 60 and "n" or "m"] = 7
	return t[1].n == 7 and bpf.DROP or bpf.PASS
end)
diag.case("a list of lists, how long one is", function(p)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { i, p.len } end
	return #t[1] == 2 and bpf.DROP or bpf.PASS
end)
diag.case("a list of lists, how long one is, in a field", function(p)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { n = 2, i, p.len } end
	return t[1].n == 2 and bpf.DROP or bpf.PASS
end)
diag.case("put into a list on one of the ways, then read by its own name", function(p)
	local t, r = {}, { x = p.len }
	if p.len > 60 then t[#t + 1] = r end
	for i = 1, 2 do t[#t + 1] = { x = i } end
	t[1].x = 7
	return r.x == 60 and bpf.DROP or bpf.PASS
end)

-- the step of a loop that may be a text, a function or a table
local called, mixed = function() end, { {}, "x" }
diag.case("a text or a captured function as the step", function(p)
	local s
	if p.len == 60 then s = "x" else s = called end
	for i = 1, 4, s do end
end)
diag.case("a text or a table as the step", function(p) for i = 1, 4, mixed[p.len] do end end)
diag.case("a text or a function of the library as the step", function(p) for i = 1, 3, p.len == 60 and print or "z" do end end)
diag.case("one of a table, or a number, as the step", function(p)
	local s = mixed[p.len] or 1
	for i = 1, 3, s do end
end)
diag.case("limit and step of a table", function(p)
	local s, n = mixed[p.len], mixed[p:u8(15)]
	for i = 1, s, n do end
end)

diag.case("unpacked from one end of integers to the other", function() local t = { 1, 2 } print(table.unpack(t, math.mininteger, math.maxinteger)) end)
diag.done()

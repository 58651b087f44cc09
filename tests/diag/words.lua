-- What is said where something is a word away from what was meant.
local diag = dofile "tests/diag/harness.lua"
local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 8, name = "hits" }
local floats = { 1.5, 2 }
local object = setmetatable({ field = 1 }, { __call = function() return 1 end, __add = function() return 1 end,
	__eq = function() return true end })
local other = setmetatable({}, getmetatable(object))
local mine, long = {}, setmetatable({}, { __len = function() return 5 end })

diag.case("an element that may be a float", function(p) if floats[p.len] < 2 then return bpf.DROP end end)
diag.case("a table that is called", function() return object() end)
diag.case("a table that is added to", function() return object + 1 end)
diag.case("tables with an __eq", function() if object == other then return bpf.DROP end end)
diag.case("a table and a number in order", function(p) if object < p.len then return bpf.DROP end end)
diag.case("a method of a string that is not there", function(p) if ("x"):reverse() == p:sub(1) then return bpf.DROP end end)
diag.case("a float returned", function() return 1.5 end)
diag.case("a float as a value", function() hits[1] = 1e6 end)
diag.case("a float as an argument", function(p) return p:u8(2.0) end)
diag.case("a method by a dot", function() hits.add(1, 1) end)
diag.case("a method by a dot, of a packet", function(p) return p.u8(1) end)
diag.case("with a value more", function() hits.add(1, 1, 1) end)
diag.case("what it is a method of, given", function(p) hits.add(hits, 1, p.u8(p, 1) or 0) end)
diag.case("an absent key, added to", function() hits[1] = hits[1] + 1 end)
diag.case("an absent key, of a field", function(p) hits[p.len] = hits[p.len] + 1 end)
diag.case("coroutine.wrap", function() coroutine.wrap(print) end)
diag.case("setmetatable", function() return setmetatable(mine, mine) end)
diag.case("load", function() return load("return 1") end)
diag.case("table.insert", function(p) table.insert(mine, p.len) end)
diag.case("table.concat", function() return table.concat(hits) end)
diag.case("io.write", function() io.write("x") end)
diag.case("debug.traceback", function() return debug.traceback() end)
diag.case("rawset", function() rawset(mine, 1, 2) end)
diag.case("rawequal", function(p) return rawequal(p.eth.src, p.eth.dst) and bpf.DROP end)
diag.case("math.sqrt", function(p) return math.sqrt(p.len) end)
diag.case("math.random", function() return math.random(5) end)
diag.case("os.time", function() return os.time() end)
diag.case("os.getenv", function() return os.getenv("HOME") end)
diag.case("bpf.map", function(p)
	local m = bpf.map { "hash", key = "u32", value = "u32", entries = 4 }
	m[1] = p.len
end)
diag.case("collectgarbage", function() collectgarbage() end)
diag.case("recursion by turns", function(p)
	local a, b
	function a(n) return n == 0 or b(n - 1) end
	function b(n) return n ~= 0 and a(n - 1) end
	return a(p.len) and bpf.DROP
end)
diag.case("a loop from a float", function() local n = 0 for i = 1.0, 3 do n = n + i end return n end)
diag.case("a loop by a float", function() local n = 0 for i = 1, 3, 0.5 do n = n + i end return n end)
diag.case("within what is known at run time", function(p) if p.ipv4.src:within(p:sub(1, 4)) then return bpf.DROP end end)
diag.case("a header printed", function(p) print(p.ipv4) end)
diag.case("a function printed", function() print(function() end) end)
diag.case("bits of an address", function(p) if p.ipv4.src & 0xff == 1 then return bpf.DROP end end)
diag.case("a function of the script's own", function() return mine.fmodd(1, 2) end)
diag.case("one of a library", function(p) return math.fmodd(p.len, 2) end)
diag.case("rawget of what is no captured table", function(p) return rawget(p, "len") end)
diag.case("rawget by a key known at run time", function(p) return rawget(floats, p.len) end)
diag.case("rawlen of a table with its own length", function() return rawlen(long) end)
diag.case("rawlen of what may be no string", function(p) return rawlen(p:match "^a*b") end)
diag.case("unpacked to a bound known at run time", function(p) return table.unpack(floats, 1, p.len) end)
diag.raised("a hook that is not there", bpf.program, "xpd", print)
diag.raised("a hook that is like none", bpf.program, "nothing:at:all", print)
diag.raised("a hook that this version has not", bpf.kprobe, "vfs_read", print)
diag.raised("the same as a kind", bpf.program, "kprobe:vfs_read", print)
diag.raised("the same with options", bpf.program, "kprobe:vfs_read", { pid = 1 }, print)
diag.raised("one that nothing is like", bpf.struct_ops, "tcp_congestion_ops", {})
diag.case("one in kernel code", function() bpf.lsm("file_open", print) end)

-- ---- names that are nearly right ----

local M = bpf.map { "percpu_hash", name = "M", key = "u32", value = "u64", entries = 4 }
local events = bpf.events { comm = "char[16]", port = "u16" }
local cfg = { port1 = 3, limit = 4, hosts = { a = 1 }, name = "x" }

diag.case("a field of an event", function() events:send { comn = "x" } end)
diag.case("one that no field is like", function() events:send { protocol = 1 } end)
diag.case("a method of a payload", function(p) if p.payload:mtach("^GET") then return bpf.DROP end end)
diag.case("a field of a captured table, compared", function(p) if p.len > cfg.limti then return bpf.DROP end end)
diag.case("added to", function(p) if cfg.limti + p.len > 5 then return bpf.DROP end end)
diag.case("indexed", function() if cfg.hsots.a then return bpf.DROP end end)
diag.case("joined", function(p) if cfg.nmae .. p:sub(1, 1) == "xy" then return bpf.DROP end end)
diag.case("its length", function() if #cfg.nmae == 1 then return bpf.DROP end end)
diag.case("called", function() if cfg.lmit() == 1 then return bpf.DROP end end)
diag.case("compared for equality", function(p) if p.len == cfg.limti then return bpf.DROP end end)
diag.case("absent, and like none", function(p) if p.len == cfg.most or p.len == cfg.port2 or cfg.debug then return bpf.DROP end end)
diag.case("a local variable", function(p)
	local count = p.len
	if coutn > 5 then return bpf.DROP end
end)
diag.case("a local function", function(p)
	local function check(q) return q.len > 5 end
	if chekc(p) then return bpf.DROP end
end)
diag.case("one of outside", function(p) if cfg.limit > 3 and cgf.limit > p.len then return bpf.DROP end end)
diag.case("one that is gone by then", function(p)
	do local count = p.len hits[1] = count end
	if coutn > 5 then return bpf.DROP end
end)
diag.case("what the user half has", function()
	M:sum(1)
	M:each(1)
	M:clear()
	events:read()
end)
diag.case("by a colon", function(p)
	return bpf:ktime() > 5 and math:max(p.len, 3) > 4 and bpf.DROP or bpf.PASS
end)
diag.done()

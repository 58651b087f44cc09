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
diag.case("table.concat", function() return table.concat(mine) end)
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
diag.case("unpacked to a bound known at run time", function(p) return table.unpack(floats, 1, p.len) end)
diag.raised("a hook that is not there", bpf.program, "xpd", print)
diag.raised("a hook that is like none", bpf.program, "nothing:at:all", print)
diag.done()

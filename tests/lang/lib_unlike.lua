-- unlike_N.lua run a part each. Values of two kinds in one variable, by way of every form that leads them there, under every operation: what compiles does in
-- the kernel what its twin does, on both ways. Most operations are for one kind alone: they raise for the other, or are refused.
local lang = dofile "tests/lang/harness.lua"
local wire = dofile "tests/lang/lib_wire.lua"

local maps = {
	M = bpf.map { "hash", name = "un_m", key = "u32", value = "u64", entries = 4 },
	ME = bpf.map { "hash", name = "un_e", key = "u32", value = "struct { u32 n; u32 x; }", entries = 4 },
	MT = bpf.map { "hash", name = "un_t", key = "char[16]", value = "u32", entries = 8 },
	OUT = bpf.map { "array", name = "un_out", key = "u32", value = "i64", entries = 4 },
	OT = bpf.map { "array", name = "un_text", key = "u32", value = "char[64]", entries = 4 },
}
local EV = bpf.events { a = "char[16]", n = "u32" }
local CT = { x = 3, 7, 8, find = function() return 4 end }
local ROWS = { [60] = "all", [71] = { ports = { m = 4 } } }
local function FN() return 9 end

local VALUES = {
	{ "payload", "p.udp.payload" }, { "packet", "p" }, { "header", "p.udp" }, { "text", '"hello"' }, { "piece", "p.udp.payload:sub(2, 7)" },
	{ "made text", '("x" .. p.len)' }, { "integer", "p.len" }, { "five", "5" }, { "ip4", "p.ipv4.src" }, { "mac", "p.eth.src" },
	{ "nil", "nil" }, { "boolean", "(p.len > 5)" }, { "entry", "ME[1]" }, { "map", "M" }, { "function", "FN" },
	{ "inner function", "(function() return p.len end)" }, { "captured table", "CT" }, { "made table", "{ x = p.len, 5 }" },
	{ "row", "ROWS[p.len]" },
}

local FLOWS = {
	"local v if c then v = A else v = B end", "local v = c and A or B", "local v = B for i = 1, p:u8(42) do v = A end",
	"local v = B local function set() v = A end if c then set() end", "local function g() if c then return A end return B end local v = g()",
	"local function g(...) return (select(c and 1 or 2, ...)) end local v = g(A, B)", "local t = {} if c then t.f = A else t.f = B end local v = t.f",
	"local ok, v = pcall(function() if c then error(A, 0) end return B end)",
	"local v = B local n = 0 while n < 2 do n = n + 1 if n == p:u8(42) then v = A break end end", "local v, w = A, B if not c then v, w = w, v end",
}

local OPERATIONS = {
	'if v:find("l") then return bpf.DROP end', 'if v:sub(1, 2) == "he" then return bpf.DROP end', "if v:byte(1) == 104 then return bpf.DROP end",
	"OUT[1] = #v", "OT[1] = v .. 'z'", "if v == p.len then return bpf.DROP end", 'if v == "hello" then return bpf.DROP end', 'if v < "x" then return bpf.DROP end',
	"if v < 100 then return bpf.DROP end", "OUT[1] = v + 1", "OUT[1] = v // 0", "OUT[1] = v & 3", "if v.x == 3 then return bpf.DROP end", "local x = v.x",
	"local x = v.ports.m", "if v(3) == 9 then return bpf.DROP end", "OT[1] = tostring(v)", "OUT[1] = M[v] or 7", "OT[1] = v", "OUT[1] = v", "EV:send { a = v }",
	"local ok = pcall(function() return v.n end) if ok then return bpf.DROP end", 'if type(v) == "string" then OT[1] = v elseif type(v) == "number" then OUT[1] = v end',
	'if type(v) == "number" then OT[1] = v .. "z" end', 'for w in v:gmatch("%a") do return bpf.DROP end', 'if v:upper() == "HELLO" then return bpf.DROP end',
	'OT[1] = ("%s"):format(v)', 'if v:within("10.0.0.0/8") then return bpf.DROP end', "OUT[1] = v:int()", "if v:u8(0) == 1 then return bpf.DROP end",
	"if v[1] == 5 then return bpf.DROP end", "for k, x in pairs(v) do OUT[1] = 1 end", "if tonumber(v) == 5 then return bpf.DROP end", "OUT[1] = math.max(v, 3)",
	"MT[v] = 1", "local t = { v } if t[1] == v then return bpf.DROP end", "p.ipv4.ttl = v", "v.x = 5", 'if v:match("^(h)") then return bpf.DROP end',
	'if v:unpack("B") == 1 then return bpf.DROP end', 'if v:rep(2) == "hellohello" then return bpf.DROP end', "if v and v ~= 0 then return bpf.DROP end",
	"if not v then return bpf.DROP end", "return v", "local ok, e = pcall(function() return v < 9 end) if ok then OUT[1] = 1 else OUT[1] = #e end",
}

local function frame(first) return wire.eth(0x0800, wire.ipv4(17, wire.udp(4000, 53, first .. "hello\1"))) end
local PACKETS = { frame "\0", frame "\1" }

-- Without variables' names and addresses, and without the kind in messages of our own: what is userdata to the twin has a name of
-- its own in the kernel. A list where a text should be is no record to the twin, before it is no text.
local function plain(message)
	message = (message or ""):gsub(" %(%w+ '[^']*'%)", ""):gsub("0x%x+", "ADDRESS"):gsub("got %w+", "got")
	return (message:gsub("a %w+ value was returned", "returned"):gsub("a record's fields have names, not a number key", "bad field 'a' (char[16] expected, got)"))
end

local function left(how, program, packet)
	maps.M[1], maps.ME[1], maps.OUT[1], maps.OT[1] = 5, { n = 1, x = 2 }, 0, ""
	maps.MT:clear()
	local verdict, bytes, _, message = how(program, packet)
	return ("%s %s %s %s %s %s"):format(verdict, plain(message), maps.OUT[1], maps.OT[1], maps.ME[1].x, bytes == packet and "" or bytes and bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- What is wrong with one program, or nil. What is refused is, with a reason.
local function tried(a, b, flow, operation, number)
	local set = flow:gsub("%f[%w]A%f[%W]", function() return a end):gsub("%f[%w]B%f[%W]", function() return b end)
	local rest = operation == "return v" and "" or "return bpf.PASS "
	local text = ("local CT, FN, M, ME, MT, OUT, OT, EV, ROWS = ... return function(p) local c = p:u8(42) == 1 %s %s %send"):format(set, operation, rest)
	local f = assert(load(text, "=unlike"))(CT, FN, maps.M, maps.ME, maps.MT, maps.OUT, maps.OT, EV, ROWS)
	local good, program = pcall(bpf.program, number % 2 == 0 and "xdp" or "tc", { on_error = bpf.DROP }, f)
	if not good then return (program:find "bug in Perigee" or program:find "internal" or not program:find "error: ") and program or nil end
	for _, packet in ipairs(PACKETS) do
		local kernel, twin = left(program.test, program, packet), left(program.twin, program, packet)
		if kernel ~= twin then return text .. "\nkernel " .. kernel .. "\ntwin   " .. twin end
	end
end

-- LANG_PAIRS=K/N: an Nth of the pairs.
local part, of = lang.part()
local count = 0
local function mine(i, j)
	count = count + 1
	return i ~= j and count % of == part
end

-- Every step-th operation from `first` on.
return function(first, step)
	for k = first, #OPERATIONS, step do lang.meetings(VALUES, FLOWS, k, OPERATIONS[k], mine, tried) end
	lang.done()
end

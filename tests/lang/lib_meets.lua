-- meets_N.lua run a part each. Two objects that have fields of the same names (entries of maps, headers, states, captured rows, tables made in the
-- function) in one variable, by way of every form that leads them there, under operations on these fields: what compiles does in the kernel what its
-- twin does. What a field is differs: a number of another width, nil too, a flag, a text, an address.
local lang = dofile "tests/lang/harness.lua"
local wire = dofile "tests/lang/lib_wire.lua"

bpf.proto { "mt_number", over = "udp", port = 1001, fields = "u16 a; u1 b; u7 _" }
bpf.proto { "mt_address", over = "udp", sport = 1000, fields = "u8 b; ip4 a" }

local inner = { "hash", key = "u32", value = "struct { i32 a; u8 b; }", entries = 4 }
local env = {
	ME = bpf.map { "hash", name = "mt_e", key = "u32", value = "struct { u32 a; u16 b; }", entries = 8 },
	MN = bpf.map { "hash", name = "mt_n", key = "u32", value = "table { i64? a; u8? b; }", entries = 8 },
	MT = bpf.map { "array", name = "mt_t", value = "struct { char a[8]; bool b; }", entries = 4 },
	MA = bpf.map { "hash", name = "mt_a", key = "u32", value = "struct { u8 b; ip4 a; }", entries = 8 },
	Q = bpf.map { "queue", name = "mt_q", value = "struct { u64 b; i8 a; }", entries = 8 },
	O = bpf.map { "array_of_maps", name = "mt_o", entries = 2, inner = inner },
	ST = bpf.state { a = "u64", b = "i32" }, ROW = { a = 5, b = "x" },
	ROWS = { [0] = { a = 7, b = true }, { b = "text" }, { a = "12", b = 9 } },
	OUT = bpf.map { "array", name = "mt_out", value = "i64", entries = 8 },
	OT = bpf.map { "array", name = "mt_ot", value = "char[64]", entries = 4 },
	EV = bpf.events { a = "u32", b = "u16" }, HOME = bpf.ip "10.0.0.1",
}
local held = bpf.map(inner)
env.O[1] = held
setmetatable(env, { __index = _G })

local VALUES = {
	{ "entry", "ME[k]" }, { "entry of nils", "MN[k]" }, { "entry of a text", "MT[k]" }, { "entry of an address", "MA[k]" }, { "popped", "Q:pop()" },
	{ "entry of an inner map", "O[1][k]" }, { "header", "p.udp.mt_number" }, { "another header", "p.udp.mt_address" }, { "state", "ST" }, { "row", "ROW" },
	{ "found row", "ROWS[k]" }, { "record", "{ a = n, b = c }" }, { "record of a text", '{ a = "t" .. n, b = k }' }, { "record of one", "{ b = n }" },
	{ "nil", "nil" }, { "inner function's", "(function() if k == 1 then return MN[0] end return ME[0] end)()" },
}

local FLOWS = {
	"local v if c then v = A else v = B end", "local v = c and A or B", "local v = A if not v or k == 2 then v = B end",
	"local v = B local function set() v = A end if c then set() end", "local function g() if c then return A end return B end local v = g()",
	"local function g(...) return (select(c and 1 or 2, ...)) end local v = g(A, B)", "local t = {} if c then t.f = A else t.f = B end local v = t.f",
	"local v pcall(function() v = A if c then error('x') end v = B end)", "local v, w = A, B if not c then v, w = w, v end",
	"local v = B for i = 1, p:u8(42) do v = A end", "local function h(v) OPERATION end if c then h(A) else h(B) end do return bpf.PASS end local v",
}

local SHOW = 'local x = FIELD if type(x) == "number" then OUT[0] = x elseif type(x) == "string" then OT[0] = x elseif x == true then OUT[1] = 1 ' ..
	'elseif x == false then OUT[1] = 2 elseif x == nil then OUT[1] = 3 else OUT[1] = 4 end'
local function show(field) return (SHOW:gsub("FIELD", function() return field end)) end
local OPERATIONS = {
	show "v.a", show "v.b", "if v then " .. show "v.a" .. " end", "if v then " .. show "v.b" .. " end", "if v and v.a == nil then OUT[0] = 1 else OUT[0] = 2 end",
	"if v and v.b then OUT[0] = 1 else OUT[0] = 2 end", "if v and v.b ~= nil and v.b ~= false then OUT[0] = 1 end", "if v and v.a == 5 then OUT[0] = 1 end",
	"if v and v.a == v.b then OUT[0] = 1 end", "OUT[0] = v.a", "OUT[0] = v and v.a or 9", "OUT[0] = (v.a or 3) + 1", "OT[0] = tostring(v.a)", "OT[0] = v.a .. 'z'",
	"OUT[0] = #v.a", "if v.a < 9 then OUT[0] = 1 end", "v.a = 7 " .. show "v.a", "if v then v.b = 3 end " .. show "v and v.b", "v.b = true " .. show "v.b",
	"v.a = v.b " .. show "v.a", "if v then local x = v.a v.a = 3 OUT[2] = v.a if x == nil then OUT[3] = 1 end end", "v.a = nil " .. show "v.a",
	"local ok = pcall(function() v.a = n v.b = n end) OUT[2] = ok and 1 or 2 " .. show "v and v.a", "local function f(o) return o.a end " .. show "f(v)",
	"local function f(o) if o then o.a = k end return o end local w = f(v) " .. show "w and w.a", "local w = v if w then w.a = 1 end " .. show "v and v.a",
	"ME[3] = v", "if v then ME[3] = { a = v.a, b = v.b } end", "if v then MN[3] = { a = v.a } end", "EV:send { a = v.a }", "if v and v.a == HOME then OUT[0] = 1 end",
	"for i = 1, 2 do if v then OUT[i] = v.b and 1 or 2 end v = MN[i] end", "for i = 1, 2 do if v and v.a then v.a = i end end " .. show "v and v.a",
	"local t = { v } " .. show "t[1] and t[1].b", "if v then local x, y = v.a, v.b if x == nil or y == nil then OUT[0] = 5 else OUT[0] = 6 end end",
	"if v and type(v.a) == 'number' and v.a > 2 then OUT[0] = v.a end", "local x = v and v.b if x ~= nil then OUT[0] = x and 1 or 2 end", "return v.a",
	"OUT[0] = v and math.type(v.a) == 'integer' and 1 or 2", "local s = 0 for i = 1, 3 do s = s + (v.a or 1) end OUT[0] = s",
}

local function frame(c, k, from) return wire.eth(0x0800, wire.ipv4(17, wire.udp(from, 1001, string.char(c, k) .. "\0\5\129"))) end
local PACKETS = { frame(0, 0, 1000), frame(1, 0, 1000), frame(0, 1, 1000), frame(1, 1, 4), frame(0, 2, 4), frame(1, 2, 1000) }

local function plain(message)
	return ((message or ""):gsub(" %(%w+ '[^']*'%)", ""):gsub("0x%x+", "ADDRESS"):gsub("got [%w_]+", "got"):gsub("a %w+ value was returned", "returned"))
end

local function shown(v)
	local meta = debug.getmetatable(v)
	if type(v) ~= "table" and not (type(v) == "userdata" and meta.__pairs) then return tostring(v) end
	local t = {}
	for name, x in pairs(v) do t[#t + 1] = name .. "=" .. shown(x) end
	table.sort(t)
	return "{" .. table.concat(t, " ") .. "}"
end

local function fill()
	for _, m in ipairs { env.ME, env.MN, env.MT, env.MA, env.OUT, env.OT, held } do m:clear() end
	while env.Q:pop() do end
	while env.EV:poll(0) do end
	env.ME[0], env.ME[1] = { a = 5, b = 6 }, { a = 0, b = 0xffff }
	env.MN[0], env.MN[1], env.MN[2] = { a = -1 }, { b = 5 }, { a = 5, b = 0 }
	env.MT[0], env.MT[1] = { a = "text", b = true }, { a = "5" }
	env.MA[0], env.MA[2] = { a = bpf.ip "10.0.0.1", b = 1 }, { b = 255 }
	held[0], held[1] = { a = -5, b = 3 }, { a = 5 }
	env.Q:push { a = -3, b = 5 }
	env.ST.a, env.ST.b = 5, -2
end

local function left(how, program, packet)
	fill()
	local verdict, bytes, _, message = how(program, packet)
	local t = { tostring(verdict), plain(message), bytes == packet and "" or (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) }
	for _, m in ipairs { env.OUT, env.OT, env.ME, env.MN, env.MT, env.MA, held } do
		local lines = {}
		for k, v in pairs(m) do lines[#lines + 1] = shown(k) .. "=" .. shown(v) end
		table.sort(lines)
		t[#t + 1] = table.concat(lines, " ")
	end
	for e in function() return env.EV:poll(0) end do t[#t + 1] = shown(e) end
	for e in function() return env.Q:pop() end do t[#t + 1] = shown(e) end
	t[#t + 1] = env.ST.a .. " " .. env.ST.b
	return table.concat(t, " | ")
end

local counts, reasons = { tried = 0, refused = 0 }, {}

-- What is wrong with one program, or nil. What is refused is, with a reason.
local function tried(a, b, flow, operation, number)
	local set = flow:gsub("%f[%w]A%f[%W]", function() return a end):gsub("%f[%w]B%f[%W]", function() return b end):gsub("OPERATION", function() return operation end)
	local rest = operation == "return v.a" and "" or "return bpf.PASS "
	if flow:find "OPERATION" then operation, rest = "", "" end
	local text = ("return function(p) local c, k, n = p:u8(42) == 1, p:u8(43), p.len if not p.udp then return end %s %s %send"):format(set, operation, rest)
	local f = assert(load(text, "=meets", "t", env))()
	local good, program = pcall(bpf.program, number % 3 == 0 and "tc" or "xdp", { on_error = bpf.DROP }, f)
	counts.tried = counts.tried + 1
	if not good then
		counts.refused = counts.refused + 1
		local why = (program:match "error: ([^\n]*)" or "?"):gsub("'[^']*'", "..."):gsub("line %d+", "line")
		reasons[why] = (reasons[why] or 0) + 1
		return (program:find "bug in Perigee" or program:find "internal" or not program:find "error: ") and text .. "\n" .. program or nil
	end
	for i, packet in ipairs(PACKETS) do
		local kernel, twin = left(program.test, program, packet), left(program.twin, program, packet)
		if kernel ~= twin then return text .. "\npacket " .. i .. "\nkernel " .. kernel .. "\ntwin   " .. twin end
	end
end

local slice = lang.slice "0/3"
local function mine(i, j) return i ~= j and slice() end

-- Every step-th operation from `first` on.
return function(first, step)
	for o = first, #OPERATIONS, step do lang.meetings(VALUES, FLOWS, o, OPERATIONS[o], mine, tried) end
	lang.reasons(("%d tried, %d refused"):format(counts.tried, counts.refused), reasons)
	lang.done()
end

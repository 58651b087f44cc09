-- Maps, their entries, queues, and variables that both halves share.

function key(scope, d)
	if chance(60) then return E("int", "(", int(scope, d), " & ", pick { "1", "3", "7" }, ")") end
	if chance(70) then return E("int", tostring(random(0, 9))) end
	return int(scope, d)
end

function small(scope, bits) return E("int", "(", int(scope, 2), " & ", bits, ")") end

-- ---- scalars: H, A, B, L, U; a queue Q ----

function map_read(scope, d)
	local m = pick { "H", "A", "B", "L", "U" }
	if chance(20) then return E("any", m, ":get(", key(scope, d - 1), ")") end
	return E("any", m, "[", key(scope, d - 1), "]")
end

local function write_map(scope)
	local k, m = key(scope, 2), pick { "H", "H", "A", "B", "L", "U" }
	local r = random(10)
	local value = m == "B" and chance(60) and small(scope, "0xffff") or m == "L" and chance(80) and small(scope, "0xff") or m == "U" and chance(80) and small(scope, "0x7fff") or int(scope, 2)
	if r <= 5 then return S(m, "[", k, "] = ", value) end
	if r == 6 and m ~= "A" then return S(m, "[", k, "] = nil") end
	if r == 7 then return S(m, "[", k, "] = (", m, "[", k, "] or 0) + ", int(scope, 1)) end
	if r == 8 or m == "L" or m == "U" then return S(m, ":set(", k, ", ", value, ")") end
	return S(m, ":add(", k, ", ", int(scope, 2), ")")
end

local function push(scope) return S("Q:push(", int(scope, 2), ")") end
local function pop() return E("any", "Q:", pick { "pop()", "pop()", "peek()" }) end

-- local m = one of several maps, or none, perhaps by a loop; what is read of it is kept over a write to it.
local function one_of(scope)
	local m, v, of = name("m"), name("v"), pick { { "H", "B" }, { "A", "H" }, { "H", "B", "U" }, { "B", "U" } }
	local k = chance(50) and tostring(random(0, 3)) or key(scope, 1)
	local s = S("local ", m, " = ", coin(), " and ", of[1], " or ", of[2], "\n")
	if chance(25) then s = S("local ", m, "\nif ", coin(), " then ", m, " = ", of[1], " end\n") end
	if chance(25) then
		local i = name("i")
		s[#s + 1] = S("for ", i, " = 1, ", tostring(random(2, 3)), " do if ", coin(), " then ", m, " = ", of[#of], " end end\n")
	elseif of[3] then
		s[#s + 1] = S("if ", coin(), " then ", m, " = ", of[3], " end\n")
	end
	local write = pick { S(m, "[", k, "] = ", small(scope, "0x7f")), S(m, "[", k, "] = (", m, "[", k, "] or 0) ~ 1"),
		of[1] == "A" and S(m, ":set(", k, ", 5)") or S(m, "[", k, "] = nil"), of[#of] ~= "U" and S(m, ":add(", k, ", 1)") or S(m, "[", k, "] = 3") }
	s[#s + 1] = S("local ", v, " = ", m, chance(50) and " and " .. m or "", "[", k, "]\n")
	if chance(70) then s[#s + 1] = S("if ", m, " then ", write, " end\n") end
	s[#s + 1] = S("put(", tostring(random(0, 20)), ", ", v, " or -1)", chance(40) and S("\nput(", tostring(random(0, 20)), ", ", m, " and ", m, "[", k, "] or -2)") or "")
	return s
end

-- ---- structs: S, and T, some fields of which may be nil ----

local FIELDS = {
	S = { n = "-1", a = "0xffffffff", b = "0xff", c = "0x7fff" },
	T = { w = "0xffff", s = "0x7f", d = "0xffffffff", q = "-1" },
}
local NAMES = { S = { "n", "n", "a", "b", "c" }, T = { "w", "s", "d", "q" } }

local function field_value(scope, m, f)
	return chance(90) and small(scope, FIELDS[m][f]) or int(scope, 1)
end

-- What is stored is computed before a call, and stored behind it.
local function write_key(scope)
	local a = "a = (bpf.ktime() >> 62) + " .. random(0, 1)
	local b = E("key", "b = ", chance(50) and small(scope, pick { "1", "3", "0xff" }) or key(scope, 1))
	if chance(60) then a, b = E("key", "a = ", small(scope, pick { "1", "3" })), "b = (bpf.ktime() >> 62) + " .. random(1, 3) end
	if chance(30) then a, b = b, a end
	local what = E("any", "T[{ ", a, ", ", b, " }]")
	if chance(50) then return S("put(", tostring(random(0, 20)), ", ", what, " ~= nil)") end
	return S(what, " = { w = ", small(scope, "0xffff"), ", q = bpf.ktime() >> 62, s = ", small(scope, "0x7f"), " }")
end

local function write_struct(scope)
	if chance(15) then return write_key(scope) end
	local m = pick { "S", "S", "T" }
	local k = m == "S" and key(scope, 1) or E("key", "{ a = ", small(scope, "3"), ", b = ", key(scope, 1), " }")
	if chance(20) then return S(m, "[", k, "] = nil") end
	local s = S(m, "[", k, "] = { ")
	for i, f in ipairs(shuffled { table.unpack(NAMES[m], m == "S" and 2 or 1) }) do
		if i < 2 or chance(60) then s[#s + 1], s[#s + 2], s[#s + 3] = f .. " = ", field_value(scope, m, f), ", " end
	end
	if m == "T" and chance(50) then s[#s + 1], s[#s + 2], s[#s + 3] = "m = ", chance(30) and "nil" or small(scope, "0xff"), ", " end
	if m == "T" and chance(50) then s[#s + 1], s[#s + 2] = "f = ", bool(scope, 1) end
	s[#s + 1] = " }"
	return s
end

local function one_write(s, e, m)
	local f = pick(NAMES[m])
	if m == "T" and chance(30) then
		return chance(50) and S(e, ".f = ", bool(s, 1)) or S(e, ".m = ", chance(40) and "nil" or small(s, "0xff"))
	end
	if chance(50) then return S(e, ".", f, " = ", field_value(s, m, f)) end
	return S(e, ".", f, " = ", e, ".", f, " + ", int(s, 1))
end

-- local e = S[k] if e then ... end
local function entry(scope)
	local m = pick { "S", "S", "T" }
	local k = m == "S" and key(scope, 2) or E("key", "{ a = ", small(scope, "1"), ", b = ", key(scope, 1), " }")
	local s = inner(scope)
	local e = declare(s, m == "S" and "entry" or "entry2", "e")
	local b = { t = "b" }
	for _ = 1, random(1, 3) do b[#b + 1] = chance(65) and one_write(s, e.name, m) or result(s) end
	return S("local ", e.name, " = ", m, "[", k, "]\nif ", e.name, " then\n", b, "end")
end

local function entry_field(scope)
	local e = visible(scope, function(v) return v.sort == "entry" end)
	return e and E("int", e.name, ".", pick(NAMES.S))
end

local function entry_any(scope)
	local e = visible(scope, function(v) return v.sort == "entry2" end)
	return e and E("any", e.name, ".", pick { "w", "s", "d", "m", "m", "f", "q" })
end

-- An entry of one of two maps whose structs share fields, at other places and of other widths.
local function either(scope)
	local e, k, l, f = name("e"), key(scope, 1), key(scope, 1), pick { "n", "n", "a" }
	local s = chance(50) and S("local ", e, " = ", coin(), " and S[", k, "] or C[", l, "]\n")
		or S("local ", e, "\nif ", coin(), " then ", e, " = S[", k, "] else ", e, " = C[", l, "] end\n")
	local write = chance(50) and S(e, ".", f, " = ", small(scope, "0x7fff")) or S(e, ".", f, " = ", e, ".", f, " + ", tostring(random(-1, 2)))
	if chance(70) then s[#s + 1] = S("if ", e, " then ", write, " end\n") end
	s[#s + 1] = S("put(", tostring(random(0, 20)), ", ", e, " and ", e, ".", f, " or -1)")
	return s
end

-- C:locked(k, function(e) ... end)
local function locked(scope)
	local b, e = { t = "b" }, name("e")
	for _ = 1, random(1, 3) do
		local v = assignable(scope, "int")
		if v and chance(40) then
			b[#b + 1] = S(v.name, " = ", e, pick { ".n", ".a" })
		else
			b[#b + 1] = S(e, ".n = ", e, ".n ", pick { "+ ", "- ", "~ " }, pick(HOSTILE))
		end
	end
	local ok = name("v")
	local s = S("local ", ok, " = C:locked(", key(scope, 1), ", function(", e, ")\n", b, "end)")
	declare(scope, "bool").name = ok
	return s
end

-- ---- state ----

local function write_state(scope)
	local f = pick { "x", "x", "y", "z" }
	local value = f == "x" and int(scope, 2) or small(scope, f == "y" and "0x7fffffff" or "0xff")
	if chance(20) then return S("st.m = ", chance(30) and "nil" or small(scope, "0xffff")) end
	if chance(30) then return S("st.", f, " = st.", f, " + ", int(scope, 1)) end
	return S("st.", f, " = ", value)
end

-- ---- what programs see ----

local function world(bpf, env)
	local H = bpf.map { "hash", name = "fz_h", key = "u32", value = "u64", entries = 64 }
	local A = bpf.map { "array", name = "fz_a", key = "u32", value = "i64", entries = 8 }
	local B = bpf.map { "hash", name = "fz_b", key = "i64", value = "i32", entries = 64 }
	local L = bpf.map { "hash", name = "fz_l", key = "be16", value = "u8", entries = 4 }
	local U = bpf.map { "hash", name = "fz_u", key = "i8", value = "i16", entries = 64 }
	local Q = bpf.map { "queue", name = "fz_q", value = "i64", entries = 3 }
	local S = bpf.map { "hash", name = "fz_s", key = "u16", value = "struct { u64 n; u32 a; u8 b; i16 c; }", entries = 64 }
	local T = bpf.map { "hash", name = "fz_t", key = "struct { u8 a; u32 b; }",
		value = "struct { be16 w; i8 s; u32 d; u8? m; bool f; be64 q; }", entries = 64 }
	local C = bpf.map { "hash", name = "fz_c", key = "u32", value = "struct { i64 n; u32 a; }", entries = 8, lock = true }
	local st = bpf.state { x = "u64", y = "i32", z = "u8", m = "u16?" }
	for k, v in pairs { H = H, A = A, B = B, L = L, U = U, Q = Q, S = S, T = T, C = C, st = st } do env[k] = v end
	local function scalar(names, m, wanted, array)
		local name = names:match "%a+"
		return { names, contents(m, wanted, function(k, v) return ("%s[%d]=%d"):format(name, k, v) end, array) }
	end
	local squares = {}
	for i = 0, 7 do squares[i + 1] = { i, i * i - 3 } end
	local function left(t)
		for v in function() return Q:pop() end do t[#t + 1] = ("Q:%d"):format(v) end
	end
	return {
		scalar("A", A, squares, true),
		scalar("H handlers K", H, { { 0, 0 }, { 1, 7 }, { 3, -1 } }),
		scalar("B", B, { { 0, -1 }, { 2, 5 }, { 7, 0x7fffffff } }),
		scalar("L", L, { { 1, 200 } }),
		scalar("U", U, { { 0, -1 }, { 1, 0x7fff }, { 7, -0x8000 }, { -1, 5 } }),
		{ "S", contents(S, { { 0, { n = 1, a = 2, b = 3, c = -4 } }, { 2, { n = -1, a = 0xffffffff, b = 255, c = 0x7fff } } },
			function(k, v) return ("S[%d]={%d,%d,%d,%d}"):format(k, v.n, v.a, v.b, v.c) end) },
		{ "T", contents(T, { { { a = 1, b = 1 }, { w = 0x1234, s = -5, m = 7 } }, { { a = 0, b = 3 }, { d = 0xffffffff, f = true } } },
			function(k, v) return ("T[%d,%d]={%d,%d,%d,%s,%s,%d}"):format(k.a, k.b, v.w, v.s, v.d, v.m, v.f, v.q) end) },
		{ "C", contents(C, { { 1, { n = -1, a = 5 } } }, function(k, v) return ("C[%d]={%d,%d}"):format(k, v.n, v.a) end) },
		{ "Q", function() left {} end, left },
		{ "st K", function() st.x, st.y, st.z, st.m = 5, -6, 7, nil end,
			function(t) t[#t + 1] = ("st={%d,%d,%d,%s}"):format(st.x, st.y, st.z, st.m) end },
	}
end

return {
	often = 100,
	int = {
		function(scope, d) return E("int", "(", map_read(scope, d), " or ", int(scope, d - 1), ")") end,
		function() return E("int", "st.", pick { "x", "y", "z", "x" }) end,
		entry_field,
	},
	any = { map_read, map_read, entry_any, pop, function() return E("any", "st.m") end },
	flat = { write_map, write_map, write_struct, write_state, push },
	nested = { entry, entry, locked, one_of, either },
	world = world,
}

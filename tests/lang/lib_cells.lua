-- cells_N.lua run a part each. Every type of map by every kind of key and of value, under operations that read, write, keep, copy, swap and go over
-- what is there: what compiles does in the kernel what its twin does, with keys and values that fit and that do not.
local lang = dofile "tests/lang/harness.lua"
local wire = dofile "tests/lang/lib_wire.lua"

-- ---- what is put in: known at run time only ----

local function column(type, entries) return bpf.map { "array", name = "ce_" .. type:gsub("%W", ""), key = "u32", value = type, entries = entries or 4 } end
local ARGS = { I = column "i64", T = column "char[12]", A4 = column "ip4", A6 = column "ip6", AM = column "mac", B = column "bool" }
local R = bpf.map { "array", name = "ce_results", key = "u32", value = "i64", entries = 24 }

local EDGES = { 0, 1, -1, 2, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536, 0x7fffffff, 0x80000000, -0x80000000,
	-0x80000001, 0xffffffff, 1 << 32, math.maxinteger, math.mininteger }
local TEXTS = { "", "a", "abcd", "abcde", "12345678", "123456789", "ab\0c", "\255\254" }
local V4 = { bpf.ip "10.0.0.1", bpf.ip "0.0.0.0", bpf.ip "255.255.255.255", bpf.ip "128.0.0.1" }
local V6 = { bpf.ip "2001:db8::1", bpf.ip "::", bpf.ip "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", bpf.ip "2001:db8:0:1::" }
local MACS = { bpf.mac "02:00:00:00:00:01", bpf.mac "00:00:00:00:00:00", bpf.mac "ff:ff:ff:ff:ff:ff", bpf.mac "80:00:00:00:00:00" }

-- A vector is a number: which value each argument has. The first ones fit everything.
local function give(n)
	local seed = n * 2654435761 & 0xffffffff
	local function draw(of)
		seed = (seed * 1103515245 + 12345) & 0x7fffffff
		return of[(seed >> 8) % #of + 1]
	end
	for i = 0, 3 do
		if n == 1 then ARGS.I[i] = i + 1 elseif n == 2 then ARGS.I[i] = i & 1 else ARGS.I[i] = draw(EDGES) end
		if n <= 2 then ARGS.T[i] = ("abcd"):sub(1, i + n) else
			local text = draw(TEXTS)
			ARGS.T[i] = text:find "\0" and "zero" or text
		end
		ARGS.A4[i], ARGS.A6[i], ARGS.AM[i], ARGS.B[i] = draw(V4), draw(V6), draw(MACS), draw { true, false }
	end
end

-- ---- kinds: a type, how the number N-th of its values is written, a constant, and what a result is made of ----

local INT, WHOLE = "x", "local h = #x for j = 1, #x do h = h * 31 + x:byte(j) end x = h"
local IP6 = "local h = 0 for j = 1, 16 do h = h * 31 + x:byte(j) end x = h"
local function int(type, constant) return { type, "I[N]", constant or "1", "" } end
local SCALARS = {
	int "u8", int "u16", int "u32", int("u64", "0x7fffffffffffffff"), int("i8", "-1"), int("i16", "-300"), int "i32", int("i64", "math.mininteger"),
	int "be16", int("be32", "65535"), int "be64", { "bool", "B[N]", "true", "x = x and 1 or 0" }, { "ip4", "A4[N]", 'bpf.ip "10.0.0.1"', "x = x:int()" },
	{ "ip6", "A6[N]", 'bpf.ip "2001:db8::1"', IP6 }, { "mac", "AM[N]", 'bpf.mac "02:00:00:00:00:01"', "x = x:int()" },
	{ "char[4]", "T[N]", '"ab"', WHOLE }, { "char[8]", "T[N]", '"ab"', WHOLE }, { "bytes[4]", "T[N]", '"a\\0b"', WHOLE },
	{ "char[80]", '(T[N] .. "longer than what is in registers")', '"ab"', WHOLE },
}
local RECORDS = {
	{ "struct { u8 a; u32 b; }", "{ a = I[N], b = I[(N + 1) & 3] }", "{ a = 1, b = 2 }" },
	{ "struct { ip4 a; u16 b; }", "{ a = A4[N], b = I[N] }", '{ a = bpf.ip "10.0.0.1", b = 80 }' },
	{ "struct { char t[4]; i8 n; bool f; }", "{ t = T[N], n = I[N], f = B[N] }", '{ t = "ab", n = -1, f = true }' },
	{ "struct { ip6 a; mac m; }", "{ a = A6[N], m = AM[N] }", '{ m = bpf.mac "02:00:00:00:00:01" }' },
	{ "table { u16? b; u64 a; }", "{ a = I[N], b = B[N] and I[(N + 1) & 3] or nil }", "{ b = 7 }", key = false },
}
local KEYS, VALUES = {}, {}
for _, kind in ipairs(SCALARS) do KEYS[#KEYS + 1], VALUES[#VALUES + 1] = kind, kind end
for _, kind in ipairs(RECORDS) do if kind.key ~= false then KEYS[#KEYS + 1] = kind end end
-- Entries: their fields, each with how it is written and read.
local ENTRIES = {
	{ "struct { u64 n; u16 s; i8 c; u32 w; }", { n = SCALARS[4], s = SCALARS[2], c = SCALARS[5], w = SCALARS[3] } },
	{ "struct { char t[8]; ip4 a; bool f; mac m; be16 p; }", { t = SCALARS[17], a = SCALARS[13], f = SCALARS[12], m = SCALARS[15], p = SCALARS[9] } },
	{ "table { i64? n; ip6 a; char[4]? t; u8? c; }", { n = SCALARS[8], a = SCALARS[14], t = SCALARS[16], c = SCALARS[1] } },
	{ "struct { i16 s; u8 c; i32 w; bytes[4] t; be32 p; be64 n; }", { s = SCALARS[6], c = SCALARS[1], w = SCALARS[7], t = SCALARS[18], p = SCALARS[10], n = SCALARS[11] } },
}
local MAPS = { "hash", "lru_hash", "percpu_hash", "array", "percpu_array", "lru_percpu_hash", "within hash", "lpm_trie", "within array" }
local PREFIXES = { { "ip4/prefix", "A4[N]", 'bpf.ip "10.0.0.1"' }, { "ip6/prefix", "A6[N]", 'bpf.cidr "2001:db8::/32"' } }
-- The kind of key that such a map has, if it is none of the wanted kinds.
local function key_of(type, key, n)
	return type:find "array" and SCALARS[3] or type == "lpm_trie" and PREFIXES[n % 2 + 1] or key
end

-- ---- operations. K1 K2 K3 are keys, V1 V2 values, C a constant one; put(i, v) keeps a result ----

local CELLS = {
	"put(1, M[K1]) put(2, M:get(K2))",
	"M[K1] = C put(1, M[K1]) put(2, M[K2])",
	"M[K1] = V1 put(1, M[K1]) put(2, M[K2])",
	"M:set(K1, V1) M[K2] = V2 put(1, M[K1]) put(2, M[K2])",
	"M[K1] = V1 M[K1] = V2 put(1, M[K1])",
	"M[K1] = nil put(1, M[K1]) M[K2] = V1 put(2, M[K2])",
	"local v = V1 if c then v = nil end M[K1] = v put(1, M[K1])",
	"if M[K1] == M[K2] then put(1, V1) end if M[K1] == V1 then put(2, V1) end",
	"if M[K1] ~= nil and M[K1] == C then put(1, C) end put(2, M[K1] or C)",
	"local a = M[K1] M[K1] = V1 put(1, a) put(2, M[K1])",
	"local a = M[K1] M[K2] = V1 put(1, a) put(2, M[K2])",
	"local a, b = M[K1], M[K2] M[K1] = nil M[K3] = V1 put(1, a) put(2, b)",
	"for i = 1, 3 do put(i, M[K1]) M[K1] = i == 1 and V1 or V2 end",
	"for i = 0, 2 do M[K1] = V1 put(i + 1, M[K2]) M[K2] = nil put(i + 4, M[K1]) end",
	"M[K1], M[K2] = M[K2], M[K1] put(1, M[K1]) put(2, M[K2])",
	"M[K2] = M[K1] put(1, M[K2])",
	"local ok = pcall(function() M[K1] = V1 M[K2] = V2 end) put(1, M[K1]) put(2, M[K2]) R[9] = ok and 1 or 2",
	"local ok = pcall(function() M[K1] = V1 error('x') end) put(1, M[K1]) R[9] = ok and 1 or 2",
	"local a = M[K1] local ok, e = pcall(function() M[K1] = V1 return M[K1] end) put(1, a) if ok then put(2, e) end R[9] = ok and 1 or #e",
	"local n = 0 for k, v in pairs(M) do n = n + 1 M[k] = V1 end R[9] = n",
	"local n = 0 for k, v in pairs(M) do if v == V1 then n = n + 1 end end R[9] = n put(1, M[K1])",
	"local n = 0 for k, v in pairs(M) do if k == K1 then put(1, v) M[k] = V2 end end",
	"local function f(v) return v end put(1, f(M[K1])) local function g(k) return M[k] end put(2, g(K2))",
	"local function f(k, v) M[k] = v return M[k] end put(1, f(K1, V1)) put(2, f(K2, V2)) put(3, f(K1, C))",
	"local k = K1 M[k] = V1 k = K2 put(1, M[k])",
	"if M[K1] then M[K1] = V1 else M[K2] = V2 end put(1, M[K1]) put(2, M[K2])",
	"local v = c and M[K1] or M[K2] M[K2] = V1 put(1, v)",
	"local v if c then v = M[K1] else v = V1 end M[K1] = V2 put(1, v)",
	"local t = { M[K1], M[K2] } M[K1] = V1 put(1, t[1]) put(2, t[2])",
	"local v local function get() v = M[K1] end get() M[K1] = V1 put(1, v)",
	"local function f(...) M[K1] = V1 return ... end put(1, f(M[K1]))",
	"local a, b = M[K1], M[K2] M[K2] = a M[K1] = b put(1, M[K1]) put(2, M[K2])",
	"local v = M[K1] for i = 1, 2 do put(i, v) v = M[K2] M[K2] = V1 end put(3, v)",
	"local k = c and K1 or K2 M[k] = V1 put(1, M[K1]) put(2, M[K2])",
	"local v = M[K1] if v == nil then v = V1 M[K1] = v end put(1, v) put(2, M[K1])",
	"local v = M[K1] while v do M[K1] = nil put(1, v) v = M[K1] end",
	"M[K1] = V1 local v = M[K1] M[K1] = V2 M[K2] = v put(1, v) put(2, M[K2])",
	"local v = V1 M[K1] = v put(1, v) M[K2] = v put(2, M[K2])",
	"if type(M[K1]) == 'nil' then put(1, C) else put(1, V1) end",
}
local NUMBERS = {
	"M[K1] = M[K1] + 1 put(1, M[K1])",
	"M[K1] = (M[K1] or 0) + V1 put(1, M[K1])",
	"for i = 1, 3 do M[K1] = (M[K1] or 0) * 2 + V1 end put(1, M[K1])",
	"M:add(K1, 1) put(1, M[K1]) M:add(K2, V1) put(2, M[K2])",
	"M:add(K1, V1) M:add(K1, V2) put(1, M[K1])",
	"local a = M[K1] M:add(K1, 1) put(1, a) put(2, M[K1])",
	"M[K1] = V1 & 0x7f put(1, M[K1]) M[K1] = -(M[K1] or 0) put(2, M[K1])",
	"M[K1] = V1 // V2 put(1, M[K1])",
	"local v = M[K1] or 0 if v < V1 then M[K1] = V1 end put(1, v) put(2, M[K1])",
	"local s = 0 for k, v in pairs(M) do s = s + v M[k] = v - 1 end put(1, s)",
	"local v = M[K1] M[K1] = nil if v then put(1, v + V1) end",
	"put(1, M[M[K1] or 0]) put(2, M[V1])",
}
-- F and G are fields, VF and VG values for them, CF a constant.
local FIELDS = {
	"local e = M[K1] if e then putf(1, e.F) putg(2, e.G) end",
	"local e = M[K1] if e then e.F = VF putf(1, e.F) putg(2, e.G) end",
	"local e = M[K1] if e then e.F = CF e.G = VG putf(1, e.F) putg(2, M[K1].G) end",
	"local e = M[K1] if e then local a = e.F e.F = VF putf(1, a) putf(2, e.F) end",
	"M[K1].F = VF putf(1, M[K1].F)",
	"M[K1] = { F = VF } putf(1, M[K1].F) putg(2, M[K1].G)",
	"M[K1] = { F = VF, G = VG } local e = M[K1] putf(1, e.F) putg(2, e.G)",
	"local t = { F = VF } t.G = VG M[K1] = t local e = M[K1] if e then e.F = CF putg(1, e.G) end",
	"local e = M[K1] if e then M[K1] = { F = VF } putf(1, M[K1].F) end",
	"local e = M[K1] if e then local v = e.F M[K1] = nil putf(1, v) end putf(2, M[K1] and M[K1].F or CF)",
	"local a, b = M[K1], M[K2] if a and b then a.F = VF putf(1, b.F) b.F = CF putf(2, a.F) end",
	"local a, b = M[K1], M[K2] if a and b then a.F, b.F = b.F, a.F a.G = b.G putf(1, a.F) putg(2, b.G) end",
	"local a = M[K1] if a then M[K2] = a a.F = VF putf(1, M[K2] and M[K2].F) putf(2, a.F) end",
	"M[K2] = M[K1] local e = M[K2] if e then e.F = VF putf(1, e.F) putf(2, M[K1] and M[K1].F) end",
	"M[K1], M[K2] = M[K2], M[K1] local e = M[K2] if e then putf(1, e.F) putg(2, e.G) end",
	"for i = 1, 3 do local e = M[i & 1 == 1 and K1 or K2] if e then putf(i, e.F) e.F = VF end end",
	"local e = M[K1] for i = 1, 3 do if e then putf(i, e.F) e.F = i == 1 and VF or CF e = M[K2] end end",
	"local n = 0 for k, e in pairs(M) do n = n + 1 e.F = VF end R[9] = n",
	"for k, e in pairs(M) do if k == K1 then putf(1, e.F) e.F = VF e.G = VG end end putg(2, M[K1] and M[K1].G)",
	"for k, e in pairs(M) do local x = e.F M[k] = { F = x } end putf(1, M[K1] and M[K1].F)",
	"local ok, e = pcall(function() local e = M[K1] e.F = VF e.G = VG return e.F end) putf(1, M[K1] and M[K1].F) R[9] = ok and 1 or #e",
	"local e = M[K1] local ok = pcall(function() e.F = VF error('x') end) putf(1, M[K1] and M[K1].F) R[9] = ok and 1 or 2",
	"local function set(e, v) e.F = v return e end local e = M[K1] if e then putf(1, set(e, VF).F) putg(2, e.G) end",
	"local function find(k) return M[k] end local e = find(K1) or find(K2) if e then e.F = VF putf(1, e.F) end putf(2, M[K2] and M[K2].F)",
	"local e = M[K1] or M[K2] if e then e.G = VG putg(1, e.G) putf(2, M[K1] and M[K1].F) end",
	"local e if c then e = M[K1] else e = M[K2] end if e then e.F = VF end putf(1, M[K1] and M[K1].F) putf(2, M[K2] and M[K2].F)",
	"local t = { e = M[K1] } if t.e then t.e.F = VF putf(1, t.e.F) end putf(2, M[K1] and M[K1].F)",
	"local e local function get() e = M[K1] end get() if e then e.F = VF get() putf(1, e.F) end",
	"local v = M[K1] and M[K1].F or CF M[K1] = { F = v, G = VG } putf(1, M[K1].F) putg(2, M[K1].G)",
	"local e = M[K1] if e and e.F == VF then putf(1, VF) elseif e then e.F = VF putf(2, e.F) end",
	"local e = M[K1] if e then local x, y = e.F, e.G M[K2] = { F = x, G = y } putf(1, x) putg(2, y) end putg(3, M[K2] and M[K2].G)",
	"local e = M[K1] if e then e.F = e.F e.G = e.G putf(1, e.F) putg(2, e.G) end",
	"M[K1] = { F = VF } for i = 1, 2 do local e = M[K1] if not e then break end e.G = VG putf(i, e.F) M[K1] = { G = e.G } putg(i + 4, M[K1].G) end",
	"local e = M[K1] if not e then M[K1] = { G = VG } e = M[K1] end e.F = VF putf(1, e.F) putg(2, e.G)",
	"local e = M[K1] if e then local r = { F = e.F, G = e.G } e.F = VF putf(1, r.F) M[K2] = r putf(2, M[K2].F) end",
}
local FIELD_NUMBERS = {
	"local e = M[K1] if e then e.F = e.F + 1 putf(1, e.F) end",
	"local e = M[K1] if e then e.F = (e.F or 3) - VF putf(1, e.F) end",
	"local e = M[K1] if e then for i = 1, 3 do e.F = (e.F or 0) + i putf(i, e.F) end end",
	"local e = M[K1] if e then local a = e.F e.F = (e.F or 0) + 1 putf(1, a) putf(2, e.F) end",
	"for k, e in pairs(M) do e.F = (e.F or 0) + 1 end putf(1, M[K1] and M[K1].F)",
	"local e = M[K1] if e then e.F = (e.F or 0) & 0x7f | VF & 1 putf(1, e.F) end",
	"local a, b = M[K1], M[K2] if a and b then a.F = (a.F or 0) + 1 b.F = (b.F or 0) + 1 putf(1, a.F) end",
	"local e = M[K1] if e then pcall(function() e.F = e.F + 1 e.F = VF end) putf(1, e.F) end",
}

-- N is another map, whose entries have fields of the same names, of other kinds and at other places.
local TWO_MAPS = {
	"local e = c and M[K1] or N[K2] if e then e.F = VF putf(1, e.F) putg(2, e.G) end",
	"local e = M[K1] or N[K1] if e then local v = e.F e.F = VF putf(1, v) e.G = VG putg(2, e.G) end",
	"local a, b = M[K1], N[K1] if a and b then a.F, b.F = b.F, a.F putf(1, a.F) putf(2, b.F) end",
	"local e = M[K1] if e then N[K2] = { F = e.F, G = e.G } e.F = VF end putf(1, N[K2] and N[K2].F)",
	"local e = M[K1] if e then N[K2] = { F = VF } putf(1, e.F) local x = N[K2] e.G = x.G putg(2, e.G) end",
	"local function best(k) local e = M[k] if e then return e end return N[k] end local e = best(K1) if e then e.F = VF putf(1, e.F) end putf(2, M[K1] and M[K1].F)",
	"for i = 1, 2 do local e = i == 1 and M[K1] or N[K1] if e then e.F = VF e.G = e.G putf(i, e.F) end end",
	"local t = { M[K1], N[K2] } for k, e in ipairs(t) do e.F = VF putf(k + 2, e.F) end putf(2, M[K1] and M[K1].F)",
	"local e, n = M[K1], N[K1] if e and n and e.F == n.F then e.G = VG elseif e then e.F = n and n.F or CF end putf(1, e and e.F)",
	"local e if c then e = M[K1] end local ok = pcall(function() e = N[K2] e.F = VF end) if e then putf(1, e.F) end R[9] = ok and 1 or 2",
	"local e = M[K1] for i = 1, 3 do if e then putf(i, e.F) e.G = VG end if i == 2 then e = N[K2] end end",
	"local e = N[K1] local function set(x) if x then x.F = VF putf(1, x.F) end return x end set(e) e = set(M[K1]) putg(2, e and e.G)",
	"local e = M[K1] M[K2] = N[K1] and { F = N[K1].F } putf(1, M[K2] and M[K2].F)",
	"for k, e in pairs(M) do local o = N[k] if o then o.F = e.F e.G = o.G end end putf(1, N[K1] and N[K1].F)",
}

-- ---- running ----

local PACKET = wire.eth(0x0800, wire.ipv4(17, wire.udp(4000, 53, "\1hello")))
local VECTORS = tonumber(os.getenv "LANG_VECTORS" or 7)

local function hole(text, holes)
	return (text:gsub("%f[%w_]([A-Z][A-Z0-9]*)%f[^%w_]", holes))
end
local function nth(kind, n) return (kind[2]:gsub("%f[%w]N%f[%W]", n)) end

-- A map, and what the program is given for it: itself, or a map of maps that holds it.
local made = {}
local function map_of(type, key, value)
	local name = type .. key .. value
	if made[name] == nil then
		local options = { type:match "%S+$", name = "cell", key = key, value = value, entries = 8 }
		local good, m = pcall(bpf.map, options)
		made[name] = good and { m, m }
		if good and type:find "within" then
			made[name][2] = bpf.map { "array_of_maps", name = "cells", entries = 2, inner = options }
			made[name][2][1] = m
		end
	end
	return table.unpack(made[name] or {})
end

local function shown(v)
	local meta = debug.getmetatable(v)
	if type(v) ~= "table" and not (type(v) == "userdata" and meta.__pairs) then return type(v) == "string" and ("%q"):format(v) or tostring(v) end
	local t = {}
	for name, x in pairs(v) do t[#t + 1] = name .. "=" .. shown(x) end
	table.sort(t)
	return "{" .. table.concat(t, " ") .. "}"
end
local function contents(m)
	local t = {}
	for k, v in pairs(m) do t[#t + 1] = shown(k) .. "=" .. shown(v) end
	table.sort(t)
	return table.concat(t, " ")
end

local function plain(message)
	message = (message or ""):gsub(" %(%w+ '[^']*'%)", ""):gsub("0x%x+", "ADDRESS")
	return message
end

local function left(how, program, m, fill, vector, other)
	m:clear()
	if other then other:clear() end
	R:clear()
	give(vector)
	if fill then pcall(fill) end
	local verdict, _, _, message = how(program, PACKET)
	return ("%s %s | %s | %s"):format(verdict, plain(message), contents(m) .. (other and " | " .. contents(other) or ""), contents(R))
end

local counts = { tried = 0, refused = 0 }
local reasons = {}
local function putter(name, kind) return ("local function %s(i, x) if x == nil then R[i] = -77 else %s R[i] = x end end "):format(name, kind[4] or "") end

-- What is wrong with one program, or nil. What is refused is, with a reason. A per-CPU map is filled by the program itself, on its CPU.
local function tried(m, given, type, text, put, hook, first, other)
	if type:find "percpu" then text, first = first .. " " .. text, "" end
	if type:find "within" then text = "local M = M[1] if not M then return end " .. text end
	local whole = ("local M, R, I, T, A4, A6, AM, B, N = ... return function(p) local c = B[0] %s %s return bpf.PASS end"):format(put, text)
	local function load_it(text, m) return assert(load(text, "=cells"))(m, R, ARGS.I, ARGS.T, ARGS.A4, ARGS.A6, ARGS.AM, ARGS.B, other) end
	local good, program = pcall(bpf.program, hook, { on_error = bpf.DROP }, load_it(whole, given))
	counts.tried = counts.tried + 1
	if not good then
		counts.refused = counts.refused + 1
		local why = program:match "error: ([^\n]*)"
		reasons[why or "?"] = (reasons[why or "?"] or 0) + 1
		return (program:find "bug in Perigee" or program:find "internal" or not why) and whole .. "\n" .. program or nil
	end
	local fill = load_it(("local M, R, I, T, A4, A6, AM, B, N = ... return function() %s end"):format(first), m)
	for vector = 1, VECTORS do
		local kernel, twin
		for _ = 1, type:find "percpu" and 5 or 1 do -- a twin may come to another CPU in the middle
			kernel, twin = left(program.test, program, m, fill, vector, other), left(program.twin, program, m, fill, vector, other)
			if kernel == twin then break end
		end
		if kernel ~= twin then return ("%s\nfilled %s, vector %d\nkernel %s\ntwin   %s"):format(whole, first, vector, kernel, twin) end
	end
end

local mine

local function hook_of(n) return n % 3 == 0 and "tc" or "xdp" end

local function cell(wrong, op, type, key, value, n)
	local array = type:find "array"
	key = key_of(type, key, n)
	local m, given = map_of(type, key[1], value[1])
	if not m or (array and op:find("= nil", 1, true)) then return end
	local holes = { K1 = nth(key, 0), K2 = nth(key, 1), K3 = nth(key, 2), V1 = nth(value, 0), V2 = nth(value, 1), C = value[3] }
	if array then holes.K1, holes.K2, holes.K3 = "(I[0] & 7)", "(I[1] & 7)", "(I[2] & 15)" end
	if n % 4 == 1 then holes.K1 = array and "3" or key[3] end
	local text = hole(op, holes)
	local problem = tried(m, given, type, text, putter("put", value), hook_of(n), hole("M[K1] = V2 M[K3] = C", holes))
	if problem then wrong[#wrong + 1] = ("%s, key %s, value %s: %s"):format(type, key[1], value[1], problem) end
end

-- Every operation with each kind of key, of value and of map; which of the other two, by turns.
local function cells(name, operations, values)
	for o, op in ipairs(operations) do
		local wrong = {}
		for k, key in ipairs(KEYS) do
			for v, value in ipairs(values) do
				if mine() then cell(wrong, op, MAPS[(o * 5 + k + v * 3) % #MAPS + 1], key, value, o + k + v) end
			end
		end
		lang.check(name .. ": " .. op, wrong)
	end
end

local function sorted(fields)
	local names = {}
	for f in pairs(fields) do names[#names + 1] = f end
	table.sort(names)
	return names
end

local function field(wrong, op, type, key, entry, f, g, n)
	local array = type:find "array"
	key = key_of(type, key, n)
	local m, given = map_of(type, key[1], entry[1])
	if not m or (array and op:find("= nil", 1, true)) then return end
	local F, G = entry[2][f], entry[2][g]
	local holes = { K1 = nth(key, 0), K2 = nth(key, 1), VF = nth(F, 0), VG = nth(G, 1), CF = F[3], F = f, G = g }
	if array then holes.K1, holes.K2 = "(I[0] & 7)", "(I[1] & 7)" end
	if n % 4 == 1 then holes.K1 = array and "3" or key[3] end
	local problem = tried(m, given, type, hole(op, holes), putter("putf", F) .. putter("putg", G), hook_of(n), hole("M[K2] = { F = CF } M[K1] = { F = CF, G = VG }", holes))
	if problem then wrong[#wrong + 1] = ("%s, key %s, value %s: %s"):format(type, key[1], entry[1], problem) end
end

-- Two maps: which fields both have, as what either calls it.
local function two_maps(name, operations)
	for o, op in ipairs(operations) do
		local wrong = {}
		for e, entry in ipairs(ENTRIES) do
			for x, other in ipairs(ENTRIES) do
				for i, f in ipairs(sorted(entry[2])) do
					for j, g in ipairs(sorted(entry[2])) do
						local both = e ~= x and i ~= j and other[2][f] and other[2][g] and other[2][f][4] == entry[2][f][4] and other[2][g][4] == entry[2][g][4]
						if both and mine() then
							local n = o + e + i * 3 + j + x
							local key = KEYS[(o * 7 + i * 5 + j * 3 + e + x) % #KEYS + 1]
							local m, given = map_of("hash", key[1], entry[1])
							local N = map_of(n % 2 == 0 and "hash" or "lru_hash", key[1], other[1])
							local F, G = entry[2][f], entry[2][g]
							local holes = { K1 = nth(key, 0), K2 = nth(key, 1), VF = nth(F, 0), VG = nth(G, 1), CF = F[3], F = f, G = g }
							local first = "M[K2] = { F = CF } M[K1] = { F = CF, G = VG } N[K1] = { G = VG } N[K2] = { F = VF }"
							local problem = tried(m, given, "hash", hole(op, holes), putter("putf", F) .. putter("putg", G), hook_of(n), hole(first, holes), N)
							if problem then wrong[#wrong + 1] = ("key %s, values %s and %s: %s"):format(key[1], entry[1], other[1], problem) end
						end
					end
				end
			end
		end
		lang.check(name .. ": " .. op, wrong)
	end
end

local function is_number(kind) return kind[2] == "I[N]" end

local function fields(name, operations, numbers)
	for o, op in ipairs(operations) do
		local wrong = {}
		for e, entry in ipairs(ENTRIES) do
			local names = sorted(entry[2])
			for i, f in ipairs(names) do
				for j, g in ipairs(names) do
					if i ~= j and (not numbers or is_number(entry[2][f])) and mine() then
						local n = o + e + i * 3 + j
						field(wrong, op, MAPS[(o + i + j * 5) % #MAPS + 1], KEYS[(o * 7 + i * 5 + j * 3 + e) % #KEYS + 1], entry, f, g, n)
					end
				end
			end
		end
		lang.check(name .. ": " .. op, wrong)
	end
end

local numbers = {}
for _, kind in ipairs(SCALARS) do if is_number(kind) then numbers[#numbers + 1] = kind end end

local function done()
	lang.reasons(("%d tried, %d refused"):format(counts.tried, counts.refused), reasons)
	lang.done()
end

return {
	values = function()
		mine = lang.slice "0/16"
		cells("cells", CELLS, VALUES)
		cells("numbers", NUMBERS, numbers)
		done()
	end,
	entries = function()
		mine = lang.slice "0/4"
		fields("entries", FIELDS)
		fields("numbers of entries", FIELD_NUMBERS, true)
		two_maps("two maps", TWO_MAPS)
		done()
	end,
}

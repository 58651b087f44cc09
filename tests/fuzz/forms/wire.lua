-- What is rarer in packets: headers that a script added, extension headers of IPv6, tags, tunnels, ends that move, and
-- what is read before and after a write that may change it.

-- Two headers of a script, whose checksum is the one before them: what lies at an even place in one is at an odd one in the other.
local FIELDS = { { "a", 8 }, { "b", 16 }, { "c", 32 }, { "d", 64 }, { "e", 24 }, { "f", 1 }, { "g", 7 }, { "h", 12 }, { "i", 4 },
	{ "j", 16 }, { "k", 32 } }
local TYPES = "u8 a; u16 b; u32 c; u64 d; u24 e; u1 f; u7 g; u12 h; u4 i; le16 j; le32 k"

local function own_write(scope, h)
	local f = pick(FIELDS)
	if f[2] == 1 then return S(h.name, ".f = ", bool(scope, 1)) end
	local v = f[2] == 64 and int(scope, 2) or chance(95) and small(scope, tostring((1 << f[2]) - 1)) or int(scope, 2)
	if chance(20) then v = E("int", h.name, ".", f[1]) end
	return S(h.name, ".", f[1], " = ", v)
end

local function own_read(scope, h)
	local f = pick(FIELDS)
	return S("put(", tostring(random(0, 20)), ", ", h.name, ".", f[1], ")")
end

-- local h = p.udp and p.udp.fz_even if h then ... end
local function own(scope)
	local s, h = inner(scope), { name = name "h" }
	local b = { t = "b" }
	for _ = 1, random(1, 3) do b[#b + 1] = pick { g.writes and own_write or own_read, own_read }(s, h) end
	local over = pick { "udp", "udp", "tcp" }
	return S("local ", h.name, " = p.", over, " and p.", over, ".fz_", pick { "even", "odd" }, "_", over, "\nif ", h.name, " then\n", b, "end")
end

-- ---- headers that are not often there ----

local RARE = {
	{ "p.ipv6 and p.ipv6.hopopts", "next", "len" }, { "p.ipv6 and p.ipv6.routing", "type", "left", "next", "len" },
	{ "p.ipv6 and p.ipv6.fragment", "frag_off", "id", "next" }, { "p.ipv6 and p.ipv6.dstopts", "next", "len" },
	{ "p.vlan", "id", "pcp", "type" }, { "p.udp and p.udp.dns", "id", "opcode", "rcode", "qdcount" },
	{ "p.udp and p.udp.vxlan", "vni" }, { "p.ipv4 and p.ipv4.gre", "type" }, { "p.ipv4 and p.ipv4.ipv4", "ttl", "len" },
	{ "p.arp", "op" },
}

local function rare(scope)
	local s, kind = inner(scope), pick(RARE)
	local h = declare(s, "rare", "h", { kind = kind })
	return S("local ", h.name, " = ", kind[1], "\nif ", h.name, " then\n", block(s, random(1, 3)), "end")
end

-- An extension header behind another: those before it are passed.
local function extension(scope)
	local h, kind = name "h", RARE[random(4)]
	return S("local ", h, " = ", kind[1], "\nif ", h, " then put(", tostring(random(0, 20)), ", ", h, ".", kind[random(2, #kind)], ") end")
end

local function rare_of(scope) return visible(scope, function(v) return v.sort == "rare" end) end

local function rare_field(scope)
	local h = rare_of(scope)
	return h and E("int", h.name, ".", h.kind[random(2, #h.kind)])
end

-- ---- lengths, and the last bytes ----

local function view(scope)
	local v = visible(scope, function(v) return v.sort == "ip" or v.sort == "udp" or v.sort == "tcp" or v.sort == "six" or v.sort == "rare" end)
	return v and v.name .. (chance(70) and ".payload" or "") or pick { "p", "p.payload" }
end

local function length(scope) return E("int", "#", view(scope)) end

local WIDE = { u8 = 1, u16 = 2, u32 = 4, u64 = 8, le16 = 2, le32 = 4, le64 = 8 }
local function last_bytes(scope)
	local v, how = view(scope), pick { "u8", "u16", "u32", "u64", "le16", "le32", "le64" }
	return E("any", v, ":", how, "(#", v, " - ", tostring(WIDE[how] + random(-1, 1)), ")")
end

-- ---- read, written, read again ----

local function place(at)
	if chance(60) then return tostring(at) end
	return tostring(math.max(0, at + random(-3, 3)))
end

local function again(scope)
	local at, r = random(0, 40), pick { "u8", "u16", "u32", "u64", "le32" }
	local size = pick { "8", "16", "32", "64" }
	local a = declare(scope, "any", "w").name
	local set = E("call", "p:set_u", size, "(", place(at), ", ", size == "64" and int(scope, 1) or
		small(scope, size == "8" and "0xff" or "0xffff"), ")")
	local k = random(5)
	local write = k == 1 and S(set) or k == 2 and S("if ", condition(scope), " then\n", set, "\nend") or
		k == 3 and S("if ", condition(scope), " then\n", set, "\nelse\n", result(scope), "\nend") or
		k == 4 and S("if ", condition(scope), " then\n", result(scope), "\nelse\n", set, "\nend") or
		S("if ", condition(scope), " and ", set, " then ", result(scope), " end")
	if g.writes == false then write = result(scope) end
	return S("local ", a, " = p:", r, "(", tostring(at), ")\n", write, "\nput(", tostring(random(0, 20)), ", p:", r, "(", place(at), "))\nput(",
		tostring(random(0, 20)), ", ", a, ")")
end

-- Fields that are given what they have: no checksum changes, whatever it was.
local SAME = { ip = { "ttl", "tos", "id", "src", "dst" }, udp = { "sport", "dport" }, tcp = { "sport", "dport", "seq", "window", "syn", "cwr" },
	six = { "hop_limit", "tclass", "flow", "src", "dst" } }
local function written_anew(scope)
	local v = visible(scope, function(v) return SAME[v.sort] end)
	if not v or not g.writes then return again(scope) end
	local f = pick(SAME[v.sort])
	if f == "syn" or f == "cwr" then return S(v.name, ".", f, " = ", chance(50) and "not " or "", v.name, ".", f) end
	return S(v.name, ".", f, " = ", v.name, ".", f == "sport" and "dport" or f)
end

-- One more, or so: the sum of a checksum carries where all of its bits are set.
local STEPS = { ip = { "id", "ttl", "tos" }, udp = { "sport", "dport" }, tcp = { "sport", "dport", "window", "seq" }, six = { "hop_limit" } }
local MASKS = { id = "0xffff", sport = "0xffff", dport = "0xffff", window = "0xffff", seq = "0xffffffff" }
local function stepped(scope)
	local v = visible(scope, function(v) return STEPS[v.sort] end)
	if not v or not g.writes then return again(scope) end
	local f = pick(STEPS[v.sort])
	return S(v.name, ".", f, " = (", v.name, ".", f, pick { " + ", " + ", " + ", " - " }, pick { "1", "1", "0x100", "8", "0xff" }, ") & ", MASKS[f] or "0xff")
end

-- An address that is written, whatever the packet around it is.
local function readdressed(scope)
	if not g.writes then return again(scope) end
	local h, four = name "h", chance(60)
	return S("local ", h, " = p.", four and "ipv4" or "ipv6", "\nif ", h, " then ", h, pick { ".src", ".dst" }, " = ",
		four and pick { 'bpf.ip("10.0.0.7")', 'bpf.ip("255.255.255.255")' } or pick { 'bpf.ip("2001:db8::7")', 'bpf.ip("::")' }, " end")
end

-- A field read, written and read again, or one that it is part of.
local SMALL = { ip = { "ttl", "tos", "id" }, udp = { "sport", "dport" }, tcp = { "window", "sport", "dport" }, six = { "hop_limit", "tclass" } }
local function field_again(scope)
	local v = visible(scope, function(v) return SMALL[v.sort] end)
	if not v or not g.writes then return again(scope) end
	local f, a = pick(SMALL[v.sort]), declare(scope, "int", "n").name
	local write = E("call", v.name, ".", chance(80) and f or pick(SMALL[v.sort]), " = ", small(scope, "0xff"))
	local k = random(4)
	local cond = chance(70) and coin() or condition(scope)
	if k == 2 then write = E("call", "if ", cond, " then\n", write, "\nend") end
	if k == 3 then write = E("call", "if ", cond, " then\n", write, "\nelse\n", result(scope), "\nend") end
	if k == 4 then write = E("call", "if ", cond, " then\n", result(scope), "\nelse\n", write, "\nend") end
	local k = random(0, 20)
	return S("local ", a, " = ", v.name, ".", f, "\n", write, "\nput(", tostring(k), ", ", v.name, ".", f, ")\nput(", tostring((k + 1) % 20), ", ", a, ")")
end

-- A header whose fields are written in one of these ways.
local function touched(scope)
	if not g.writes then return rare(scope) end
	local s, sort = inner(scope), pick { "ip", "ip", "udp", "tcp", "six" }
	local h = declare(s, sort, "h")
	local b = { t = "b" }
	for _ = 1, random(1, 2) do b[#b + 1] = pick { stepped, stepped, field_again, field_again, written_anew }(s) end
	return S("local ", h.name, " = p.", sort == "ip" and "ipv4" or sort == "six" and "ipv6" or sort, "\nif ", h.name, " then\n", b, "end")
end

-- A header whose length is another one, once its bytes were written.
local function resized(scope)
	if not g.writes then return rare(scope) end
	local h, to, k = name "h", pick { { "p.ipv4", 0, "0x4" }, { "p.ip", 0, "0x4" }, { "p.tcp", 12, "0x" } }, random(0, 17)
	local long = pick { "0", "4", "6", "9", "f" }
	local byte = to[2] == 0 and to[3] .. long or to[3] .. long .. "0"
	return S("local ", h, " = ", to[1], "\nif ", h, " then\n", h, ":set_u8(", tostring(to[2]), ", ", byte, ")\nput(", tostring(k), ", #", h,
		")\nput(", tostring(k + 1), ", (", h, pick { ":byte(-1)", ":u8(19)", ":u8(24)", ":u16(34)", ":u8(59)" }, "))\nput(", tostring(k + 2), ", #",
		h, ":sub(", tostring(random(1, 30)), "))\nend")
end

-- ---- ends that move ----

local function moved(scope)
	if not g.moves then return again(scope) end
	local how
	if chance(50) then
		how = E("call", "adjust_head(", pick { "4", "-4", "14", "-14", "1", "300", "-300", "0" }, ")")
	else
		how = E("call", "adjust_tail(", chance(60) and E("int", tostring(random(-30, 30))) or E("int", "(", int(scope, 1), " & 63) - 31"), ")")
	end
	if chance(60) then return S("p:", how) end
	return S("put(", tostring(random(0, 20)), ", (pcall(function() p:", how, " end)))")
end

-- One of several headers, which is where it was, or no more, once the packet was moved.
local function moved_one(scope)
	if not g.moves then return touched(scope) end
	local s, one = inner(scope), declare(scope, "row", "q", { fixed = true })
	one.sort = "moved"
	local which = pick { "p.tcp or p.udp", "p.udp or p.ip", "p.icmp or p.tcp", "p.ipv6 or p.ipv4" }
	local set = chance(70) and "" or S("if ", condition(s), " then ", one.name, " = ", pick { "p.ip", "p.udp", "nil" }, " end\n")
	local read = S(one.name, pick { " and #", " and #", " ~= nil and #" }, one.name, ".payload")
	if chance(40) then read = S("select(2, pcall(function() return #", one.name, ".payload end))") end
	return S("local ", one.name, " = ", which, "\n", set, moved(s), "\nput(", tostring(random(0, 20)), ", ", read, ")")
end

local function world(bpf, env)
	for _, over in ipairs { "udp", "tcp" } do
		bpf.proto { "fz_even_" .. over, over = over, port = 80, fields = TYPES }
		bpf.proto { "fz_odd_" .. over, over = over, port = 81, fields = "u8 _; " .. TYPES }
	end
	env.pcall = pcall
	return {}
end

return {
	often = 35,
	begin = function(g) g.moves = chance(20) end,
	int = { rare_field, rare_field, length },
	bool = { function(scope)
		local h = rare_of(scope)
		return h and E("bool", "(#", h.name, " > ", tostring(random(0, 40)), ")")
	end },
	any = { last_bytes, last_bytes },
	flat = { again, field_again, field_again, field_again, written_anew, written_anew, written_anew, moved, stepped, stepped, readdressed, resized },
	nested = { own, own, own, rare, rare, extension, touched, touched, touched, moved_one, moved_one, moved_one },
	world = world,
}

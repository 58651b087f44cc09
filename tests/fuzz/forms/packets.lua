-- Packets: bytes, headers, their fields, written, too; variables that are views of several types.

function offset(scope, d)
	local k = random(10)
	if k <= 4 then return E("int", tostring(random(0, 70))) end
	if k <= 7 then return E("int", "(", int(scope, d - 1), " & ", pick { "15", "31", "63", "127" }, ")") end
	return int(scope, d - 1)
end

local READS = { "u8", "u16", "u32", "u64", "u8", "u16", "le16", "le32", "le64" }

local function of(scope, ...)
	local sorts = {}
	for _, sort in ipairs { ... } do sorts[sort] = true end
	return visible(scope, function(v) return sorts[v.sort] end)
end

-- Something with bytes: the packet, a header or its payload.
function bytes_of(scope)
	local v = chance(40) and of(scope, "ip", "udp", "tcp", "six")
	if not v then return chance(85) and "p" or "p.payload" end
	return v.name .. (chance(60) and ".payload" or "")
end

-- A condition of which nothing is known before the program runs.
function coin() return E("bool", "((p:u8(", tostring(random(14, 60)), ") or 0) & ", pick { "1", "1", "2", "4" }, " == 0)") end

local function packet(scope, d)
	return E("any", "", bytes_of(scope), ":", pick(READS), "(", offset(scope, d), ")")
end

local LOW = { ["8"] = "0xff", ["16"] = "0xffff", ["32"] = "0xffffffff", ["64"] = "-1" }

local function write_bytes(scope, d)
	local size = pick { "8", "16", "32", "64" }
	local v = int(scope, d - 1)
	if chance(85) then v = E("int", "(", v, " & ", LOW[size], ")") end
	return E("bool", "p:set_u", size, "(", offset(scope, d), ", ", v, ")")
end

local NUMBERS = {
	ip = { "ttl", "tos", "id", "proto", "ihl", "frag_off", "check", "len" }, six = { "next", "hop_limit", "tclass", "flow", "len" },
	udp = { "sport", "dport", "len" }, tcp = { "sport", "dport", "seq", "window", "doff" }, eth = { "type" },
}

local function number_field(scope)
	local v = of(scope, "ip", "udp", "tcp", "six", "eth")
	if not v then return nil end
	if v.sort == "ip" and chance(20) then return E("int", v.name, ".", pick { "src", "dst" }, ":int()") end
	return E("int", v.name, ".", pick(NUMBERS[v.sort]))
end

local function flag(scope)
	local v = of(scope, "ip", "tcp")
	return v and E("bool", v.name, ".", pick(v.sort == "ip" and { "df", "mf" } or { "syn", "ack", "fin", "cwr", "ece" }))
end

-- ---- addresses ----

local function address(scope)
	local v = of(scope, "ip", "six", "eth")
	if not v then return "bpf.ip(\"10.0.0.1\")" end
	return v.name .. pick { ".src", ".dst" }, v
end

local SOME = { ip = { 'bpf.ip("10.0.0.1")', 'bpf.ip("10.0.0.2")' }, six = { 'bpf.ip("2001:db8::1")', 'bpf.ip("::")' },
	eth = { 'bpf.mac("02:42:ac:11:00:02")', 'bpf.mac("52:54:00:12:34:56")' } }

local function same(scope)
	local a, v = address(scope)
	local b = v and pick { pick(SOME[v.sort]), v.name .. ".dst", v.name .. ".src" } or a
	return E("bool", "(", a, pick { " == ", " ~= " }, b, ")")
end

local function within(scope)
	local v = of(scope, "ip", "six")
	if not v then return nil end
	local prefix = v.sort == "ip" and "10.0.0.0/" .. random(0, 32) or "2001:db8::/" .. random(0, 128)
	return E("bool", v.name, pick { ".src", ".dst" }, ':within("', prefix, '")')
end

local function address_byte(scope, d)
	return E("any", (address(scope)), ":byte(", chance(60) and tostring(random(0, 17)) or int(scope, d - 1), ")")
end

-- ---- writes ----

local FIELDS = {
	ip = { ttl = 8, tos = 8, id = 16, check = 16, src = "ip", dst = "ip", df = "bool", mf = "bool" },
	udp = { sport = 16, dport = 16, check = 16 },
	tcp = { sport = 16, dport = 16, seq = 32, ack_seq = 32, window = 16, urg_ptr = 16, check = 16, syn = "bool",
		cwr = "bool" },
	eth = { src = "mac", dst = "mac" }, six = { hop_limit = 8, tclass = 8, flow = 20, src = "ip6", dst = "ip6" },
}
local NAMES = {}
for sort, fields in pairs(FIELDS) do
	NAMES[sort] = {}
	for f in pairs(fields) do table.insert(NAMES[sort], f) end
	table.sort(NAMES[sort])
end
local ADDRESSES = {
	ip = { 'bpf.ip("10.0.0.1")', 'bpf.ip("255.255.255.255")', ".src", ".dst" },
	ip6 = { 'bpf.ip("2001:db8::1")', 'bpf.ip("::")', ".src", ".dst" },
	mac = { 'bpf.mac("02:00:00:00:00:01")', ".src", ".dst" },
}

local function write_field(scope)
	if not g.writes then return assign(scope) end
	local v = visible(scope, function(v) return FIELDS[v.sort] end)
	if not v then return S("if ", write_bytes(scope, 2), " then end") end
	local f = pick(NAMES[v.sort])
	local kind = FIELDS[v.sort][f]
	if kind == "bool" then return S(v.name, ".", f, " = ", bool(scope, 2)) end
	if ADDRESSES[kind] then
		if chance(30) then return S(v.name, ".src, ", v.name, ".dst = ", v.name, ".dst, ", v.name, ".src") end
		local from = pick(ADDRESSES[kind])
		return S(v.name, ".", f, " = ", from:sub(1, 1) == "." and v.name .. from or from)
	end
	if chance(25) then return S(v.name, ".", f, " = ", v.name, ".", f, pick { " - ", " + " }, int(scope, 1)) end
	return S(v.name, ".", f, " = ", chance(85) and small(scope, tostring((1 << kind) - 1)) or int(scope, 2))
end

-- ---- headers ----

local HEADERS = { tcp = "p.tcp", udp = "p.udp", eth = "p.eth", ip = "p.ipv4", six = "p.ipv6" }
local FOUND = { "ip", "ip", "ip", "tcp", "tcp", "udp", "eth", "six" }

-- local h = p.ipv4 if h then ... end
local function header(scope)
	local sort = pick(FOUND)
	local from = HEADERS[sort]
	local below = (sort == "tcp" or sort == "udp") and of(scope, "ip", "six")
	if below and chance(60) then from = below.name .. "." .. sort end
	local s = inner(scope)
	local h = declare(s, sort, "h")
	return S("local ", h.name, " = ", from, "\nif ", h.name, " then\n", block(s, random(1, 3)), "end")
end

-- ---- variables of several types ----

-- A variable that is a header, an entry, nil, a boolean or an integer, by turns.
local VIEWS = {
	{ "p.tcp", "p.udp", field = ".check" }, { "p.tcp", "p.udp", field = ".sport" }, { "p.udp", field = ".dport" },
	{ "S[0]", "S[2]", "S[5]", field = ".n" }, { "p.ipv4", field = ".ttl" },
}

local function other()
	return pick { "nil", "nil", "false", "true", "7" }
end

local function changing(scope)
	local kind = pick(VIEWS)
	local rest = other()
	local v = declare(scope, "view", "u", { kind = kind, rest = rest })
	return S("local ", v.name, " = ", pick(kind), chance(50) and " or " .. rest or "")
end

local function change(scope)
	local v = visible(scope, function(v) return v.sort == "view" end)
	if not v then return changing(scope) end
	local to = chance(60) and pick(v.kind) or v.rest
	if chance(40) then to = to .. " or " .. v.rest end
	return S("if ", condition(scope), " then ", v.name, " = ", to, " end")
end

local function view_field(scope)
	local v = visible(scope, function(v) return v.sort == "view" end)
	if not v then return changing(scope) end
	local k = random(0, 20)
	local test = v.rest == "7" and "type(" .. v.name .. ') == "userdata"' or v.name
	if v.rest == "true" then test = v.name .. " and " .. v.name .. " ~= true" end
	if v.rest == "7" then test = v.name .. " and " .. v.name .. " ~= 7" end
	return S("if ", test, " then OUT[", tostring(k), "] = ", v.name, v.kind.field, " end")
end

return {
	often = 90,
	int = {
		number_field, number_field,
		function(scope, d) return E("int", "(", packet(scope, d), " or ", int(scope, d - 1), ")") end,
		function(scope) return E("int", pick { "p.len", "#p", "#" .. bytes_of(scope) }) end,
	},
	bool = {
		same, within, flag, coin,
		function(scope, d) return g.writes and chance(50) and write_bytes(scope, d) end,
	},
	any = {
		packet, packet, address_byte,
		function(scope, d) return E("any", bytes_of(scope), ":byte(", int(scope, d - 1), ")") end,
	},
	flat = { write_field, write_field, changing, change, view_field },
	nested = { header, header, header },
}

-- Puts each row of lib_constructs.lua into each one, and runs what comes out: pairs_N.lua run a part each.
--
-- The number of pairs grows with the square of that of rows. So a rare row, of a construct that few scripts have, is put into
-- those rows that stand for their sort (core), these into it, and of two rare ones a 24th of the pairs is run; LANG_ALL=1
-- runs all pairs.
--
-- An expression goes into all holes of the other text, by what makes its sort fit; where an expression is the outer one,
-- a statement goes into a function that is called there. Hooks take turns. LANG_PAIRS=K/N runs an Nth of the pairs,
-- other ones for each K; with a part of the inputs alone (LANG_EVERY) it is a seventh. LANG_PAIR="NAME in NAME" runs this
-- one, if it is of the file, and shows its text.

local lang = dofile "tests/lang/harness.lua"
local constructs = dofile "tests/lang/lib_constructs.lua"
local impossible = dofile "tests/lang/lib_impossible.lua"
local wire = dofile "tests/lang/lib_wire.lua"

local HOOKS = { "xdp", "tc", "xdp", "socket" }
local EMPTY = { INT = "n", STR = "s", BOOL = "n > 2", ANY = "n", BODY = "r = r * 3 + n" }

-- ---- text ----

local function fill(text, holes, number)
	return (text:gsub("{(%u+)}", holes):gsub("@", number))
end

-- How an expression of a sort is written where another one is wanted; nil and booleans are left to raise where they do.
local FIT = {
	INT = {
		int = "%s", str = "#(%s)", bool = "((%s) and 1 or 2)", ["int?"] = "((%s) or 5)", ["str?"] = '#((%s) or "")',
		mix = '((function(v) if type(v) == "number" then return v end return v and 7 or 3 end)(%s))',
	},
	STR = {
		int = '((%s) .. "")', str = "%s", bool = '((%s) and "yes" or "no")', ["int?"] = "tostring(%s)",
		["str?"] = '((%s) or "none")', mix = "tostring(%s)",
	},
	BOOL = { int = "(%s) > 2", str = "#(%s) > 2", bool = "%s", ["int?"] = "%s", ["str?"] = "%s", mix = "%s" },
	ANY = { int = "%s", str = "%s", bool = "%s", ["int?"] = "%s", ["str?"] = "%s", mix = "%s" },
}
local RAW = { INT = { ["int?"] = "%s" }, STR = { ["str?"] = "%s" } }

-- What counts the value of an expression.
local COUNT = {
	int = "r = r * 31 + %s",
	bool = "if %s then r = r * 31 + 1 else r = r * 31 + 2 end",
	str = "local x@ = %s r = r * 31 + #x@ * 256 + (x@:byte(1) or 0) - (x@:byte(-1) or 0)",
	["int?"] = "local x@ = %s if x@ then r = r * 31 + x@ else r = r * 7 end",
	["str?"] = "local x@ = %s if x@ then r = r * 31 + #x@ * 256 + (x@:byte(-1) or 0) else r = r * 7 end",
	mix = 'local x@ = %s if type(x@) == "number" then r = r * 31 + x@ elseif type(x@) == "string" then r = r * 5 + #x@ elseif x@ then r = r * 7 else r = r * 11 end',
}

local function put(pattern, text) return (pattern:gsub("%%s", (text:gsub("%%", "%%%%")))) end

local function counted(text, sort, number)
	return "do " .. put(COUNT[sort], text):gsub("@", number) .. " end"
end

-- The holes of an outer text, filled with the inner row.
local function holes(outer, inner, raw)
	local text, sort, t = fill(inner[2], EMPTY, 2), inner[3], setmetatable({}, { __index = EMPTY })
	if sort then
		for hole, fit in pairs(FIT) do t[hole] = put(raw and RAW[hole] and RAW[hole][sort] or fit[sort], text) end
		t.BODY = counted(text, sort, 3)
	elseif not outer[3] then
		t.BODY = text
	else
		local called = "((function() " .. text .. " return r end)())"
		for hole, fit in pairs(FIT) do t[hole] = put(fit.int, called) end
	end
	return t
end

local function source(outer, inner, raw)
	local text = fill(outer[2], holes(outer, inner, raw), 1)
	if outer[3] then text = counted(text, outer[3], 4) end
	return "return function(p) local r, n, s = 0, p:u64(42) or -1, p:sub(51, 62) " .. text .. " return r end"
end

-- ---- inputs ----

local ETH = ("\x02\0\0\0\0\x01"):rep(2) .. "\x08\0"
local function frame(proto, transport, source)
	return ETH .. (">I1I1I2I2I2I1I1I2I4I4"):pack(0x45, 0, 20 + #transport, 1, 0, 64, proto, 0, source, 0x0a000002) .. transport
end
local function udp(n, text)
	return (">I2I2I2I2i8"):pack(1024, 53, 16 + #text, 0, n) .. text
end
local function tcp(n, text)
	return (">I2I2i8I1I1I2I2I2"):pack(1024, 80, n, 0x50, 2, 1, 0, 0) .. text
end
local inputs = {
	frame(17, udp(3, "key=12"), 0x0a000001),
	frame(17, udp(math.mininteger, "7 a=b, \xff"), 0xc0000201),
	frame(6, tcp(2, "GET /a?b=1 HTTP"), 0x0a000001),
	lang.head,
}

-- Packets for the rows that ask for them.
local inner = wire.ipv4(17, wire.udp(1, 53, "hello key=12"))
local frames = {
	vlan = wire.eth(0x8100, wire.vlan(0x2005, 0x0800, frame(17, udp(3, "key=12"), 0x0a000001):sub(15))),
	ipv6 = wire.eth(0x86dd, wire.ipv6(17, (">I2I2I2I2"):pack(1024, 53, 22, 0x1234) .. "\0\0\0\0\0\0\0\3key=12")),
	vxlan = wire.eth(0x0800, wire.ipv4(17, wire.udp(1000, 4789, wire.vxlan(77, wire.eth(0x0800, inner, 7))))),
	geneve = wire.eth(0x0800, wire.ipv4(17, wire.udp(9, 6081, wire.geneve(0xc0, 0x0800, 99, "\1\2\3\1abcd", inner)))),
	gre = wire.eth(0x0800, wire.ipv4(47, wire.gre(0x2000, 0x0800, "keys", inner))),
	own = wire.eth(0x0800, wire.ipv4(17, wire.udp(1024, 9999, "\2\x80\3\0\0\0\0\7key=12\0\0\xc0\0\2\1"))),
	icmp = wire.eth(0x0800, wire.ipv4(1, (">BBI2I2I2"):pack(8, 3, 0x7788, 0x1122, 3) .. "key=12")),
	arp = wire.eth(0x0806, (">I2I2BBI2"):pack(1, 0x0800, 6, 4, 1) .. "\2\0\0\0\0\1\10\0\0\1\0\0\0\0\0\0\10\0\0\2"),
	mpls = wire.eth(0x8847, wire.mpls(100, 3, true, 60, inner)),
	extended = wire.eth(0x86dd, wire.ipv6(0, "\6\0\1\4\0\0\0\0" .. tcp(3, "key=12"))),
}

-- The usual ones, and what the rows ask for.
local function inputs_of(outer, inner)
	if not (outer.frame or inner.frame) then return inputs end
	local t = { table.unpack(inputs) }
	for _, name in ipairs { outer.frame or inner.frame, inner.frame ~= outer.frame and outer.frame and inner.frame or nil } do
		t[#t + 1] = frames[name]
		if name == "ipv6" then t[#t + 1] = frames.extended end
	end
	return t
end

-- ---- runs ----

local part, of = lang.part()

-- The hook of this turn, of those that both have; false: there is none.
local function hook_of(outer, inner, number)
	local hooks = outer.hooks or inner.hooks or HOOKS
	if outer.hooks and inner.hooks then
		hooks = {}
		for _, a in ipairs(outer.hooks) do
			for _, b in ipairs(inner.hooks) do if a == b then hooks[#hooks + 1] = a end end
		end
	end
	return #hooks > 0 and hooks[number % #hooks + 1]
end

local function seen(outer, inner)
	local names, see = {}, {}
	for _, row in ipairs { outer, inner } do
		if row.see and not names[row.see] then
			names[row.see], see[#see + 1] = true, constructs.world[row.see]
		end
	end
	return names, (see[1] or outer.unjudged or inner.unjudged or outer.verdicts or inner.verdicts) and see
end

local only, all = os.getenv "LANG_PAIR", os.getenv "LANG_ALL"

local function run(outer, inner)
	local name, number = inner[1] .. " in " .. outer[1], #inner[1] + #outer[1]
	if only and name ~= only then return end
	local names, see = seen(outer, inner)
	lang.hook = hook_of(outer, inner, number)
	if not lang.hook then return end
	local text = source(outer, inner, number % 2 == 1)
	if only then io.stderr:write(text, "\n") end
	lang.packets { name = name, f = assert(load(text, "=" .. name, "t", constructs.env))(), inputs = inputs_of(outer, inner), once = true,
		see = see, setup = see and function() constructs.setup(names) end, refused = impossible[name],
		verdicts = outer.verdicts or inner.verdicts }
end

-- Is each pair that is listed as impossible one of two rows?
local function check_list(rows)
	local problems, known = {}, {}
	for _, list in ipairs { rows, constructs.rare } do
		for _, row in ipairs(list) do known[row[1]] = true end
	end
	for name in lang.sorted(impossible) do
		local found = false
		for at in name:gmatch "() in " do found = found or (known[name:sub(1, at - 1)] and known[name:sub(at + 4)]) end
		if not found then problems[#problems + 1] = name .. " is no pair" end
	end
	lang.check("the list of pairs that cannot be", problems)
end

-- Part k of n of the usual rows, each with all of them in it.
function lang.rows(k, n)
	local rows = constructs.rows
	if k == 1 then check_list(rows) end
	for i = k, #rows, n do
		for j, inner in ipairs(rows) do
			if (3 * i + j) % of == part then run(rows[i], inner) end
		end
	end
end

-- Is the rare one of two rows, or are both, put together here?
local every = 0
local function meet(a, b)
	if all or only or a.core or b.core then return true end
	every = every + 1
	return a.rare and b.rare and every % 24 == 0
end

-- All rows, without those that need what the kernel has not.
local function all_rows()
	local rows, there = { table.unpack(constructs.rows) }, {}
	for type, try in lang.sorted(constructs.types) do
		there[type] = pcall(try)
		if not there[type] then lang.skip("maps of this type", type) end
	end
	for _, row in ipairs(constructs.rare) do
		row.rare = true
		if not row.needs or there[row.needs] then rows[#rows + 1] = row end
	end
	return rows
end

-- Part k of n of the pairs with a rare row.
function lang.rare(k, n)
	local rows, number = all_rows(), 0
	for _, outer in ipairs(rows) do
		for _, inner in ipairs(rows) do
			if (outer.rare or inner.rare) and meet(outer, inner) then
				number = number + 1
				if number % of == part and number // of % n + 1 == k then run(outer, inner) end
			end
		end
	end
end

return lang

-- Strings known only at run time. Sorts: str (up to 16 bytes), text (up to 64), slice (of the packet, however long),
-- ostr (nil, or up to 16 bytes).

-- None is a method of a map in lower case: m[k] of a text known only at run time is one in stock Lua (docs/language.md).
local LITERALS = { '"a"', '"ab"', '""', '"a\\0b"', '"PUT"', '"abababab"', '"abcdefghi"', '"\\xff\\xfe"', '"AZaz@[`{"',
	'" "', '"10"', '"0123456789abcdef"' }
local PATTERNS = { '"a"', '"ab"', '"."', '"^."', '"%d+"', '"(%a)(.-)%a"', '"^(..)(.*)$"', '"[^%z]+"', '"%f[%w]%w+"', '"%bab"',
	'"%b()"', '"()"', '"(.-)()$"', '"a*b"', '"a-b"', '"^a?b?"', '"[\\0-\\127]+"', '"^[%s%S]?(.)"', '".-%z"', '"$"', '"^$"',
	'""', '"%x%x"', '"[%a_][%w_]*"', '"[^a-y]"', '"(%s*)(%S+)"', '"\\r\\n(.-):"', '"%u(%l?)"', '"a*ab"', '"%w*b"', '".*b"', '"[ab]*b"', '"%w+%f[%W]"', '"%f[%z]"', '"[]]"', '"[%]a-]"', '"\\0"', '"%."' }
local FORMATS = {
	{ '"%d"', "int" }, { '"<%s>"', "str" }, { '"%s:%s"', "str", "str" }, { '"%x.%X"', "int", "int" }, { '"%5d|%-5d"', "int", "int" },
	{ '"%04x"', "int" }, { '"%s=%d"', "str", "int" }, { '"%c%c"', "byte", "byte" }, { '"100%% %s"', "any" }, { '"%i%s"', "int", "bool" },
	{ '"%08d"', "int" }, { '"%+d|% .3d"', "int", "int" }, { '"%#x|%#o"', "int", "int" }, { '"%5.3s|%-9s"', "str", "any" },
}

-- Every text made costs stack and ways through the program.
local function spend()
	g.texts = (g.texts or random(2, 10)) - 1
	return g.texts >= 0
end

local str, text, slice, ostr, packed

local function quoted(e, sort) return E(sort or e.sort, "(", e, ")") end
local function byte(scope, d) return E("int", "(", int(scope, d), " & 255)") end
-- :sub(i, j) that leaves no more than 16 bytes
local function short_sub(scope)
	local i, n = random(0, 12), random(0, 15)
	if chance(20) then return ":sub(-" .. n + 1 .. ")" end
	if chance(20) then return ":sub(-" .. i + 16 .. ", -" .. i + 16 - n .. ")" end
	if chance(40) then i = random(12, 80) end
	return ":sub(" .. i .. ", " .. i + n .. ")"
end

local function any_sub(scope, d)
	if chance(40) then return E("sub", ":sub(", int(scope, d - 1), ")") end
	if chance(50) then return E("sub", ":sub(", offset(scope, d), ", ", offset(scope, d), ")") end
	return E("sub", ":sub(", int(scope, d - 1), ", ", int(scope, d - 1), ")")
end

local function view(scope)
	local v = visible(scope, function(v) return v.sort == "ip" or v.sort == "udp" or v.sort == "tcp" end)
	return v and chance(60) and v.name .. (chance(60) and ".payload" or "") or pick { "p", "p", "p.payload" }
end

-- A piece of the packet; where it is also written, a copy of it.
local function piece(scope)
	local e = E("str", view(scope), short_sub(scope))
	return g.writes and E("str", "(", e, ' .. "")') or e
end

local str_forms = {
	piece, piece, piece,
	function(scope, d) return E("str", quoted(str(scope, d - 1)), any_sub(scope, d)) end,
	function(scope, d) return E("str", quoted(text(scope, d - 1)), short_sub(scope)) end,
	function(scope, d) return not g.writes and E("str", quoted(slice(scope, d - 1)), short_sub(scope)) end,
	function(scope, d) return E("str", quoted(str(scope, d - 1)), pick { ":lower()", ":upper()" }) end,
	function(scope, d) return E("str", "string.", pick { "lower", "upper" }, "(", str(scope, d - 1), ")") end,
	function(scope, d)
		local e = E("str", "string.char(", byte(scope, d - 1))
		for _ = 1, random(0, 3) do e[#e + 1], e[#e + 2] = ", ", chance(90) and byte(scope, d - 1) or int(scope, d - 1) end
		e[#e + 1] = ")"
		return e
	end,
	function(scope, d) return E("str", "tostring(", bool(scope, d - 1), ")") end,
	function(scope, d) return E("str", "type(", mix(scope, d - 1), ")") end,
	function(scope, d) return E("str", "(", bool(scope, d - 1), " and ", str(scope, d - 1), " or ", str(scope, d - 1), ")") end,
	function(scope, d) return E("str", "(", ostr(scope, d - 1), " or ", str(scope, d - 1), ")") end,
	function(scope, d) return E("str", "(", str(scope, d - 1), ' .. "")') end,
	function(scope, d) return E("str", '("<" .. ', quoted(text(scope, d - 1)), ":sub(1, ", tostring(random(0, 14)), '))') end,
	function(scope, d) return call("str", scope, d) end,
	function(scope, d) return packed(scope, d) end,
}

function str(scope, d)
	if d > 0 and chance(75) and spend() then
		local e = pick(str_forms)(scope, d)
		if e and e.sort == "str" then return e end
	end
	return chance(70) and var("str", scope) or E("str", pick(LITERALS))
end

local text_forms = {
	str,
	function(scope, d) return E("text", "(", str(scope, d - 1), " .. ", str(scope, d - 1), ")") end,
	function(scope, d) return E("text", "(", str(scope, d - 1), " .. ", int(scope, d - 1), " .. ", str(scope, d - 1), ")") end,
	function(scope, d) return E("text", "(", int(scope, d - 1), ' .. ":" .. ', int(scope, d - 1), ")") end,
	function(scope, d) return E("text", "tostring(", any(scope, d - 1), ")") end,
	function(scope, d) return E("text", quoted(str(scope, d - 1)), ":rep(", tostring(random(0, 4)), ")") end,
	function(scope, d) return E("text", quoted(text(scope, d - 1)), any_sub(scope, d)) end,
	function(scope, d) return E("text", quoted(text(scope, d - 1)), pick { ":lower()", ":upper()" }) end,
	function(scope)
		local v = visible(scope, function(v) return v.sort == "ip" or v.sort == "eth" or v.sort == "six" end)
		return v and E("text", "tostring(", v.name, pick { ".src", ".dst" }, ")")
	end,
	function(scope, d)
		local f = pick(FORMATS)
		local e = chance(50) and E("text", "(", f[1], "):format(") or E("text", "string.format(", f[1], ", ")
		for i = 2, #f do
			if i > 2 then e[#e + 1] = ", " end
			e[#e + 1] = f[i] == "byte" and byte(scope, d - 1) or f[i] == "int" and chance(5) and any(scope, d - 1) or expr(f[i], scope, d - 1)
		end
		e[#e + 1] = ")"
		return e
	end,
}

function text(scope, d)
	if d > 0 and chance(75) and spend() then
		local e = pick(text_forms)(scope, d)
		if e then return e.sort == "text" and e or E("text", e) end
	end
	return chance(70) and var("text", scope) or E("text", str(scope, d - 1))
end

local slice_forms = {
	function(scope, d) return E("slice", view(scope), any_sub(scope, d)) end,
	function(scope, d) return E("slice", view(scope), any_sub(scope, d)) end,
	function(scope) return E("slice", view(scope), ":sub(", tostring(random(-70, 100)), ")") end,
	function(scope, d) return E("slice", quoted(slice(scope, d - 1)), any_sub(scope, d)) end,
	function(scope, d) return E("slice", "(", bool(scope, d - 1), " and ", slice(scope, d - 1), " or ", slice(scope, d - 1), ")") end,
}

function slice(scope, d)
	if d > 0 and chance(75) and spend() then return pick(slice_forms)(scope, d) end
	return var("slice", scope) or E("slice", "p:sub(", tostring(random(1, 70)), ")")
end

local ostr_forms = {
	function(scope, d) return E("ostr", "(", bool(scope, d - 1), " and ", str(scope, d - 1), " or nil)") end,
	function(scope, d) return E("ostr", "(", quoted(str(scope, d - 1)), ":match(", pick(PATTERNS), "))") end,
	function(scope, d) return E("ostr", "NAMES[", key(scope, d - 1), "]") end,
	function(scope, d) return E("ostr", str(scope, d - 1)) end,
}

function ostr(scope, d)
	if d > 0 and chance(75) and spend() then
		local e = pick(ostr_forms)(scope, d)
		-- a capture of a position is a number
		return e[2] and type(e[4]) == "string" and e[4]:find("()", 1, true) and E("ostr", "nil") or e
	end
	return chance(70) and var("ostr", scope) or E("ostr", pick { "nil", '"ab"' })
end

-- A string whose methods may be called, as a receiver.
local function receiver(scope, d)
	local k = random(10)
	if k <= 3 and not g.writes then return quoted(slice(scope, d)) end
	if k <= 6 then return quoted(text(scope, d)) end
	if k == 7 then return E("view", view(scope)) end
	return quoted(str(scope, d))
end

local function operand(scope, d)
	return g.writes and pick { str, text }(scope, d) or pick { str, text, slice }(scope, d)
end

local function find(scope, d)
	local e = E("find", receiver(scope, d), ":find(", pick(PATTERNS))
	if chance(40) then e[#e + 1], e[#e + 2] = ", ", int(scope, d) end
	if #e > 3 and chance(40) then e[#e + 1] = ", true" end
	e[#e + 1] = ")"
	return e
end

-- Of at most 16 digits, or none: nothing that Lua would make a float of.
local DIGITS = { '"%d+"', '"^%s*-?%d+%s*$"', '"0x%x+"', '"%x+"' }

local function number_of(scope, d)
	if not spend() then return nil end
	if chance(30) then return E("any", "tonumber(", int(scope, d - 1), ' .. "")') end
	if chance(40) then -- at the ends of what an integer holds
		local sign = pick { "-", "" }
		return E("any", 'tonumber("', sign, '922337203685477580" .. (', int(scope, d - 1), sign == "" and " % 8))" or " % 2 + 7))")
	end
	local k = random(#DIGITS)
	local e = E("any", "tonumber(", quoted(str(scope, d - 1)), ":match(", DIGITS[k], ') or "x"')
	e[#e + 1] = k == 4 and ", 16)" or ")"
	return e
end

local function bytes(scope, d) return E("any", receiver(scope, d), ":byte(", int(scope, d), ")") end

-- All of a text, or some of it, into a result.
local function puts(scope)
	local k, d = tostring(random(0, 20)), depth()
	if chance(50) then return S("puts(", k, ", ", text(scope, d), ")") end
	if chance(30) then return S("put(", k, ", ", E("any", ostr(scope, d), pick { " == ", " ~= " }, str(scope, d)), ")") end
	return S("OUT[", k, "] = #", receiver(scope, d))
end

-- A text that is longer than what it is written to, or just as long, which is known only at run time.
local function keep_long(scope)
	local e = E("text", "(", piece(scope), " .. ", piece(scope), pick { ")", ' .. "ab")', ' .. "")' })
	local k = random(3)
	if k == 1 then return S("NAMES[", key(scope, 1), "] = ", e) end
	if k == 2 then return S("KEPT.s = ", e) end
	return S("TAGS[", e, "] = ", int(scope, 1))
end

-- As many bytes as a test leaves room for.
local TESTS = { "n < %d", "n <= %d", "%d > n", "%d >= n", "not (n > %d)", "not (%d < n)", "not (n >= %d)", "n == %d" }

local function bounded(scope)
	local n = S("do local n = (p:u8(", tostring(random(0, 63)), ") or 0) & 15 if ", pick(TESTS):format(random(0, 14)), " then\n")
	n[#n + 1] = S("puts(", tostring(random(0, 20)), ", ", pick { "p", quoted(text(scope, 1)) }, ":sub(1, n)", pick { "", ' .. ""', ' .. "k"' },
		") end end")
	return n
end

local function keep(scope)
	if chance(25) then return keep_long(scope) end
	local k = random(8)
	if k == 1 then return S("TAGS[", text(scope, 2), "] = ", int(scope, 1)) end
	if k == 2 then return S("TAGS:add(", text(scope, 2), ", ", int(scope, 1), ")") end
	if k == 3 then return S("TAGS[", str(scope, 2), "] = nil") end
	if k <= 5 then return S("NAMES[", key(scope, 1), "] = ", k == 4 and str(scope, 2) or chance(40) and text(scope, 2) or
		E("text", "(", str(scope, 1), " .. ", str(scope, 1), ")")) end
	if k == 8 and chance(50) then return S("NAMES[", key(scope, 1), "] = KEPT.s") end
	if k == 6 then return S("KEPT.s = ", chance(70) and E("str", str(scope, 2)) or text(scope, 2)) end
	if k == 7 then return S("PAIRS[{ s = ", str(scope, 2), ", n = ", int(scope, 1), " & 3 }] = ", int(scope, 1)) end
	return S("put(", tostring(random(0, 20)), ", PAIRS[{ s = ", str(scope, 1), ", n = ", int(scope, 1), " & 3 }])")
end

-- if #v < 40 then v = v .. s end, which never gets too long
local function grow(scope)
	local v = visible(scope, function(v) return v.sort == "text" and not v.fixed end)
	if not v then return assign(scope) end
	local piece = chance(60) and str(scope, 2) or int(scope, 2)
	local e = chance(60) and E("text", v.name, " .. ", piece) or E("text", piece, " .. ", v.name)
	return S("if #", v.name, " < 40 then ", v.name, " = ", e, " end")
end

-- what may get too long: Lua goes on and kernel code raises
local function grow_long(scope)
	local v = visible(scope, function(v) return v.sort == "text" and not v.fixed end)
	if not v or not g.long then return grow(scope) end
	return S(v.name, " = ", v.name, " .. ", text(scope, 2))
end

-- local a, b = s:match(...) if a then ... end
local CAPTURES = { { '"(.)(.)"', 2 }, { '"(%w+)%s*=%s*(%w+)"', 2 }, { '"^(%u+) (%S*)"', 2 }, { '"(.-):()"', 1 }, { '"%d+"', 1 },
	{ '"()a(.*)"', 0 }, { '"(a*(.)%w(%s*))"', 3 }, { '"^%s*(.-)%s*$"', 1 }, { '"(.-)%w*$"', 1 }, { '"()%a+$"', 0 },
	{ '"(%w)(.-)[%s%d]+$"', 2 } }

local function match(scope)
	local s, pattern = inner(scope), pick(CAPTURES)
	local from, sort = str(scope, 2), "str"
	if not g.writes and chance(60) then from, sort = slice(scope, 2), "slice" end
	local names = {}
	for i = 1, pattern[2] do names[i] = declare(s, sort, "m").name end
	if pattern[2] == 0 then names[1] = declare(s, "int", "m").name end
	return S("local ", table.concat(names, ", "), " = ", quoted(from), ":match(", pattern[1], ")\nif ", names[1], " then\n",
		block(s, random(1, 3)), "end")
end

-- for a, b in s:gmatch(...) do ... end
local MATCHES = { { '"%w"', 1 }, { '"(%w+)=(%w+)"', 2 }, { '"()%a"', 0 }, { '"[^ab]*"', 1 }, { '"(.)(.?)"', 2 }, { '"%d+"', 1 },
	{ '"(.-)%d*$"', 1 }, { '"%w+$"', 1 } }

local function every_match(scope)
	local pattern, from, sort = pick(MATCHES), str(scope, 2), "str"
	if not g.writes and chance(50) then from, sort = E("slice", slice(scope, 2), ":sub(1, 12)"), "slice" end
	local s = loop_scope(scope)
	local names = {}
	for i = 1, pattern[2] do names[i] = declare(s, sort, "m").name end
	if pattern[2] == 0 then names[1] = declare(s, "int", "m").name end
	local b = body(s, nil, nil, random(1, 2))
	return S("for ", table.concat(names, ", "), " in ", quoted(from), ":gmatch(", pattern[1], ") do\n", b, tail(s), "end")
end

-- local a, b = string.unpack(...), of what may be too short: that raises
local UNPACKED = { { '"B"', "int" }, { '"<I2"', "int" }, { '">i4"', "int" }, { '"<i8"', "int" }, { '">I3B"', "int", "int" },
	{ '"bb"', "int", "int" }, { '">hi3"', "int", "int" }, { '"<i5"', "int" }, { '"c3"', "str" }, { '"s1"', "str" }, { '"z"', "str" }, { '"<i2xH"', "int", "int" } }

local function unpacked(scope)
	local f = pick(UNPACKED)
	local from = g.writes and str(scope, 2) or pick { str, slice }(scope, 2)
	local at = chance(50) and "" or ", " .. random(-3, 6)
	local names = {}
	for i = 2, #f do names[i - 1] = declare(scope, f[i] == "str" and from.sort == "slice" and "slice" or f[i], "x").name end
	local e = S("local ", table.concat(names, ", "), " = ", "string.unpack(", f[1], ", ", from, at, ")")
	if f[2] == "int" and chance(70) then
		local k = random(0, 20)
		for i = 2, #f do table.move({ "\nput(", tostring((k + i) % 21), ", ", names[i - 1], ")" }, 1, 5, #e + 1, e) end
	end
	return e
end

local PACKED = { { '"B"', "byte" }, { '"<I2>I2"', "0xffff", "0xffff" }, { '">i8"', "int" }, { '"<i8"', "int" }, { '"c4"', "four" },
	{ '"<I4x"', "0xffffffff" }, { '"s1"', "str" }, { '"z"', "name" } }

function packed(scope, d)
	local f = pick(PACKED)
	local e = E("str", "string.pack(", f[1])
	for i = 2, #f do
		local a = f[i] == "byte" and byte(scope, d - 1) or f[i] == "int" and int(scope, d - 1) or f[i] == "str" and str(scope, d - 1) or
			f[i] == "four" and E("str", quoted(str(scope, d - 1)), ":sub(1, 4)") or f[i] == "name" and E("str", "type(", any(scope, d - 1), ")") or
			chance(90) and small(scope, f[i]) or int(scope, d - 1)
		e[#e + 1], e[#e + 2] = ", ", a
	end
	e[#e + 1] = ")"
	-- 16 bytes are all that a str may have
	return f[1] == '"s1"' and E("str", "(", e, "):sub(1, 16)") or e
end

-- A text in scratch memory: one that may have more than 64 bytes.
local function long(scope)
	if not g.scratch then return puts(scope) end
	local k = random(4)
	local e = k == 1 and E("long", quoted(str(scope, 2)), ":rep(", tostring(random(5, 40)), ")") or
		k == 2 and E("long", "(", text(scope, 2), " .. ", text(scope, 2), " .. ", text(scope, 1), ")") or
		k == 3 and not g.writes and E("long", "(", slice(scope, 2), ' .. "-" .. ', text(scope, 1), ")") or
		E("long", "(", E("long", quoted(text(scope, 2)), ":rep(", tostring(random(2, 9)), ', ", ")'), "):upper()")
	local v = declare(scope, "long", "z").name
	return S("local ", v, " = ", e, "\nputs(", tostring(random(0, 20)), ", ", v, ":sub(-70, ", tostring(random(0, 70)), "))\nOUT[",
		tostring(random(0, 20)), "] = #", v)
end

-- What a loop makes of the strings v and w that it keeps: the next one of it, one of two, each the other.
local NEXT = { "@ = $\n$ = $:sub(N) .. M", "@ = $\n$ = M .. $:sub(1, -N)", "$ = M .. $:sub(1, -N)", "$ = $:sub(N) .. M",
	"$, @ = @ .. M, $:sub(N)", "$, @ = @, $", "@ = M .. @:sub(1, -N)\n$ = M .. $:sub(N)", '$ = M .. $:sub(1, -N)\n$ = $:sub(1, -N) .. M' }

-- Those that a loop keeps while it makes the next ones.
local function long_loop(scope)
	if not g.scratch then return puts(scope) end
	local v, w, first, more = name("z"), name("z"), text(scope, 1), str(scope, 1)
	local b = S()
	for part in pick(NEXT):gmatch "[^$@NM]*[$@NM]?" do
		local what = part:sub(-1)
		b[#b + 1] = part:gsub("[$@NM]$", "")
		b[#b + 1] = what == "$" and v or what == "@" and w or what == "N" and tostring(random(1, 3)) or what == "M" and more or nil
	end
	return S("local ", v, " = ", quoted(first), ':rep(9, "-")\nlocal ', w, " = ", chance(50) and v or v .. ":upper()", "\nfor ", name("i"), " = 1, ",
		tostring(random(1, 3)), " do\n", b, "\nif ", condition(scope), " then break end\nend\nputs(", tostring(random(0, 20)), ", ", w,
		":sub(-60))\nputs(", tostring(random(0, 20)), ", ", v, ":sub(1, 60))")
end

-- A place between letters and others, at the end of what is looked at and not of the packet.
local function edge(scope)
	local s = chance(70) and E("slice", "p:sub(-", tostring(random(3, 12)), ", -", tostring(random(1, 6)), ")") or str(scope, 2)
	local how = pick { ':find("%w+%f[%W]")', ':find("%f[%z]")', ':match("()%f[%W]")', ':find(".%f[^a]")', ':gmatch("()%f[%W]")()', ':find("%f[%w]%w*$")' }
	if g.writes and s.sort == "slice" then s = E("str", "(", s, ' .. "")') end
	return S("put(", tostring(random(0, 20)), ", (", quoted(s), how, "))")
end

-- A part as long as one way says, or the other.
local function by_ways(scope)
	local n, at = name("n"), tostring(random(14, 30))
	local a, b = small(scope, pick { "3", "7" }), small(scope, pick { "7", "15" })
	if chance(50) then a, b = b, a end
	return S("local ", n, "\nif ", coin(), " then ", n, " = ", a, " else ", n, " = ", b, " end\nputs(", tostring(random(0, 20)), ", \"k\" .. p:sub(", at, ", ",
		tostring(tonumber(at) - 1), " + ", n, "))")
end

-- The first matches of gmatch, called by hand.
local function by_hand(scope)
	local f = name("it")
	local s = quoted(str(scope, 2))
	return S("local ", f, " = ", s, ":gmatch(", pick { '"%w"', '"[^ab]+"', '"(.)."', '"%d+"' }, ")\nput(", tostring(random(0, 20)), ", ", f, "() == ", str(scope, 1),
		")\nput(", tostring(random(0, 20)), ", ", f, "() == nil)")
end

-- if p.ipv6 then puts(0, tostring(p.ipv6.src)) end
local function address(scope)
	local h, which = name "h", pick { "ipv6", "ipv6", "ipv6", "ipv4", "eth" }
	return S("local ", h, " = p.", which, "\nif ", h, " then puts(", tostring(random(0, 20)), ", tostring(", h, pick { ".src", ".dst" }, ")) end")
end

local function found(scope)
	local s = inner(scope)
	local i, j = declare(s, "int", "i").name, declare(s, "int", "j").name
	return S("local ", i, ", ", j, " = ", find(scope, 2), "\nif ", i, " then\n", block(s, random(1, 3)), "end")
end

local function world(bpf, env)
	local tags = bpf.map { "hash", name = "fz_tags", key = "char[12]", value = "u64", entries = 64 }
	local names = bpf.map { "hash", name = "fz_names", key = "u32", value = "char[16]", entries = 64 }
	local pairs_ = bpf.map { "hash", name = "fz_pairs", key = "struct { char s[10]; u16 n; }", value = "i64", entries = 64 }
	local kept = bpf.state { s = "char[20]" }
	local OUT = env.OUT
	env.TAGS, env.NAMES, env.PAIRS, env.KEPT = tags, names, pairs_, kept
	env.string, env.tostring, env.tonumber = string, tostring, tonumber
	function env.puts(i, s)
		local h = #s
		for k = 1, #s do h = h * 31 + s:byte(k) end
		OUT[i] = h
	end
	return {
		{ "TAGS", contents(tags, { { "ab", 1 }, { "PUT", 2 }, { "", 3 } },
			function(k, v) return ("TAGS[%q]=%d"):format(k, v) end) },
		{ "NAMES", contents(names, { { 0, "ab" }, { 1, "" }, { 3, "0123456789abcdef" } },
			function(k, v) return ("NAMES[%d]=%q"):format(k, v) end) },
		{ "PAIRS", contents(pairs_, {}, function(k, v) return ("PAIRS[%q,%d]=%d"):format(k.s, k.n, v) end) },
		{ "KEPT", function() kept.s = "kept: twenty bytes.." end, function(t) t[#t + 1] = ("KEPT=%q"):format(kept.s) end },
	}
end

return {
	often = 30,
	begin = function(g)
		g.writes = chance(30)
		g.long = chance(5)
		g.scratch = chance(25)
		g.texts = nil
	end,
	int = {
		function(scope, d) return E("int", "#", receiver(scope, d - 1)) end,
		function(scope, d) return E("int", "(", bytes(scope, d - 1), " or ", literal(), ")") end,
		function(scope, d) return E("int", "(", find(scope, d - 1), " or ", int(scope, d - 1), ")") end,
		function(scope, d) return E("int", "(TAGS[", text(scope, d - 1), "] or ", literal(), ")") end,
		function(scope, d) return E("int", "(K.words[", operand(scope, d - 1), "] or ", literal(), ")") end,
	},
	bool = {
		function(scope, d) return E("bool", "(", operand(scope, d - 1), pick { " == ", " ~= " }, operand(scope, d - 1), ")") end,
		function(scope, d) return E("bool", "(", operand(scope, d - 1), pick { " == ", " ~= " }, pick(LITERALS), ")") end,
		function(scope, d)
			return E("bool", "(", text(scope, d - 1), pick { " < ", " <= ", " > ", " >= " }, text(scope, d - 1), ")")
		end,
		function(scope, d) return E("bool", "(", ostr(scope, d - 1), pick { " == ", " ~= " }, mix(scope, d - 1), ")") end,
		function(scope, d) return E("bool", "(K.words[", operand(scope, d - 1), "] ~= nil)") end,
	},
	any = {
		bytes,
		function(scope, d) return E("any", "(", find(scope, d - 1), ")") end,
		function(scope, d) return E("any", "TAGS[", str(scope, d - 1), "]") end,
		number_of,
	},
	mix = {
		function(scope, d) return E("mix", str(scope, d - 1)) end,
		function(scope, d) return E("mix", ostr(scope, d - 1)) end,
		function(scope, d) return E("mix", "(", bool(scope, d - 1), " and ", str(scope, d - 1), " or ", any(scope, d - 1), ")") end,
	},
	flat = { puts, puts, puts, puts, puts, keep, keep, grow, grow, grow_long, unpacked, unpacked, long, long_loop, edge, edge, address, by_ways, by_hand, bounded },
	nested = { match, match, found, every_match },
	loop = { [every_match] = true },
	sorts = { "str", "str", "str", "text", "text", "ostr", "slice" },
	passed = { "str", "ostr" },
	make = { str = function(...) return str(...) end, text = function(...) return text(...) end,
		ostr = function(...) return ostr(...) end,
		slice = function(scope, d) return g.writes and E("slice", str(scope, d)) or slice(scope, d) end },
	simple = { str = { '"a"', "p:sub(1, 2)" }, text = { '"a"', "p:sub(1, 2)" }, slice = { '"a"', "p:sub(1)" }, ostr = { "nil", '"ab"' } },
	world = world,
}

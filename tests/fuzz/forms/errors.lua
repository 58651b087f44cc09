-- What is raised and caught: error with all kinds of values, assert, pcall of functions of all kinds. A variable of the
-- sort `caught` holds what pcall gave: a result, a message or another value that was raised.

local MESSAGES = { '"one"', '"two"', '"a message of more than sixty-four bytes, which no text made at run time may have"', '""' }
local FAILING = { '"one"', '"attempt to perform arithmetic on a nil value"', '"fuzz:9: one"', '"fuzz:12: two"', '"assertion failed!"' }

local function caught(scope)
	return visible(scope, function(v) return v.sort == "caught" end)
end

local function raised(scope)
	local v = caught(scope)
	if v and chance(40) then return E("raised", v.name) end
	if chance(50) then return E("raised", pick(MESSAGES)) end
	return E("raised", any(scope, 2))
end

local function throw(scope)
	local level = pick { "", "", ", 0", ", 1", ", 2", ", 3" }
	return S("error(", raised(scope), level, ")")
end

local function fail(scope)
	if not scope.guarded and chance(75) then return assign(scope) end
	return S("if ", condition(scope), " then ", throw(scope), " end")
end

local function assert_(scope)
	if not scope.guarded and chance(60) then return result(scope) end
	local message = chance(50) and E("raised", ", ", raised(scope)) or ""
	if chance(40) then return S("assert(", condition(scope), message, ")") end
	local value = any(scope, 2)
	local v = declare(scope, "any")
	return S("local ", v.name, " = assert(", value, message, ")")
end

local function several(scope)
	if not scope.guarded and chance(60) then return result(scope) end
	local a, b = any(scope, 2), int(scope, 2)
	return S("local ", declare(scope, "any").name, ", ", declare(scope, "int").name, " = assert(", a, ", ", b, ")")
end

-- A call of what pcall is given: its text from the function on, and the sort of its first result.
local function library(scope)
	local which = random(8)
	if which == 1 then return E("call", "error, ", raised(scope)) end
	if which == 2 then return E("call", "math.fmod, ", int(scope, 2), ", ", int(scope, 2)) end
	if which == 3 then return E("call", "assert, ", any(scope, 2), ", ", any(scope, 1)) end
	if which == 4 then return E("call", "math.tointeger, ", any(scope, 2)) end
	if which == 5 then return E("call", "math.max, ", int(scope, 2), ", ", any(scope, 2)) end
	if which == 6 then return E("call", "math.abs, ", any(scope, 2)) end
	if which == 7 and chance(50) then
		local s = inner(scope, { varargs = false })
		return E("call", "function() return ", int(s, 2), pick { " // ", " % " }, int(s, 2), " end")
	end
	if which == 7 then return E("call", "handlers[", int(scope, 2), " & 7], ", int(scope, 1)) end
	return E("call", "select, ", int(scope, 1), ", ", any(scope, 1), ", ", int(scope, 1))
end

local function known(scope)
	local f = visible(scope, function(v) return v.sort == "fn" end)
	if not f then return library(scope) end
	local e = E("call", f.name)
	for _, sort in ipairs(f.params) do
		e[#e + 1], e[#e + 2] = ", ", expr(sort, scope, 1)
	end
	return e
end

local function written(scope)
	if (scope.functions or 0) > 1 then return library(scope) end
	local f = { params = {}, results = { "any" } }
	local s = function_scope(scope, f)
	s.guarded = true
	local a = chance(30) and declare(s, "any", "a").name
	local b = block(s, random(1, 3), true)
	if chance(70) then
		b[#b + 1] = S("return ", any(s, 2))
	elseif chance(40) then
		b[#b + 1] = throw(s)
	end
	b[#b].keep = true
	local e = E("call", "function(", a or "", ")\n", b, "end")
	if a then e[#e + 1], e[#e + 2] = ", ", any(scope, 1) end
	return e
end

local function called(scope)
	return pick { written, written, written, known, library }(scope)
end

-- local ok, r = pcall(...) if ok then ... else ... end
local function protected(scope)
	local call = called(scope)
	local ok, r = declare(scope, "bool", "ok"), declare(scope, "caught", "r")
	ok.fixed, r.fixed = true, true
	local good, bad = inner(scope), inner(scope)
	local s = S("local ", ok.name, ", ", r.name, " = pcall(", call, ")")
	if chance(20) then return s end
	local on = block(good, random(1, 2))
	table.move({ "\nif ", ok.name, " then\n", on, "else\n", block(bad, random(1, 2)), "end" }, 1, 7, #s + 1, s)
	return s
end

-- local ok, r = xpcall(f, function(e) ... end, ...), whose handler raises nothing
local HANDLERS = { "function(e) return e end", "function(e) return type(e) == \"string\" end", "function(e) return not e end",
	"function() return 7 end", "function() end", "function(e) if e == \"one\" then return 1 end return e == \"two\" end" }

local function handled(scope)
	local call, h = called(scope), pick(HANDLERS)
	local ok, r = declare(scope, "bool", "ok"), declare(scope, "caught", "r")
	ok.fixed, r.fixed = true, true
	local first, rest = call[1]:match "^([%w.]+)(.*)$"
	if call[1] == "function(" then
		call[5] = "end, " .. h
	elseif rest == "" or rest == ", " then
		call[1] = first .. ", " .. h .. rest
	else -- handlers[...]
		return S("local ", ok.name, ", ", r.name, " = pcall(", call, ")")
	end
	return S("local ", ok.name, ", ", r.name, " = xpcall(", call, ")")
end

-- Two messages, of which one is looked at as a text.
local function messages(scope)
	local a, b, x, y = name("ok"), name("ok"), name("r"), name("r")
	local function failing()
		local say = pick { { '"one"', '"two"' }, { '"a longer one"', '"two"' }, { '"two"', '"ONE"' } }
		return E("call", "function() if ", coin(), " then error(", say[1], ", 0) end error(", say[2], ", 0) end")
	end
	local how = pick { "#@", '@:find("o", 1, true)', "@:byte(1)", "@:byte(-1)", '@ .. "" == "two"', '@:upper() == "ONE"' }
	local k = random(0, 19)
	return S("local ", a, ", ", x, " = pcall(", failing(), ")\nlocal ", b, ", ", y, " = pcall(", failing(), ")\nput(", tostring(k), ", (", (how:gsub("@", x)),
		"))\nput(", tostring(k + 1), ", (", (how:gsub("@", y)), "))")
end

-- A field that one of several headers has, of the one that is there.
local SEVERAL = { { "p.tcp or p.udp", "syn", "len", "dport", "window" }, { "p.udp or p.ip", "dport", "ttl", "len" }, { "p.tcp or p", "ack", "len", "sport" },
	{ "p.ipv4 or p.ipv6", "df", "flow", "ttl", "id" }, { "p.icmp or p.udp or p.tcp", "type", "seq", "sport", "check" } }

local function field_of_one(scope)
	local several, h, ok, r, k = pick(SEVERAL), name("h"), name("ok"), name("r"), random(0, 19)
	return S("local ", h, " = ", several[1], "\nlocal ", ok, ", ", r, " = pcall(function() return ", h, ".", several[random(2, #several)],
		" end)\nput(", tostring(k), ", (", ok, "))\nput(", tostring(k + 1), ", (", ok, " and ", r, " or nil))")
end

local function unprotected(scope) return S("pcall(", called(scope), ")") end

return {
	often = 35,
	bool = {
		function(scope)
			local v = caught(scope)
			return v and E("bool", "(", v.name, pick { " == ", " ~= " }, pick(FAILING), ")")
		end,
		function(scope, d)
			local v = caught(scope)
			return v and E("bool", "(", v.name, pick { " == ", " ~= " }, any(scope, d - 1), ")")
		end,
		function(scope)
			local v = caught(scope)
			return v and E("bool", "(type(", v.name, ") == ", pick { '"string"', '"number"', '"nil"', '"boolean"' }, ")")
		end,
		function(scope)
			local v = caught(scope)
			return v and E("bool", "(not ", v.name, ")")
		end,
		function(scope)
			local v = caught(scope)
			return v and E("bool", "(K.words[", v.name, "] == nil)")
		end,
		function(scope, d) return E("bool", "(pcall(", library(scope, d), "))") end,
	},
	any = {
		function(scope)
			local v = caught(scope)
			return v and E("any", "(type(", v.name, ') == "number" and ', v.name, " or nil)")
		end,
		function(scope, d) return scope.guarded and E("any", "assert(", any(scope, d - 1), ")") end,
		function(scope, d) return scope.guarded and E("any", "assert(", any(scope, d - 1), ", ", pick(MESSAGES), ")") end,
	},
	flat = { fail, fail, assert_, assert_, several, messages, field_of_one },
	nested = { protected, protected, protected, protected, protected, unprotected, handled, handled },
	world = function(_, env) env.pcall, env.xpcall, env.assert = pcall, xpcall, assert end,
}

-- Patterns and formats that are one of several constants: values of captured tables, fields of their rows, either side of `or`.
local lang = dofile "tests/lang/harness.lua"
local function frame(text) return lang.head .. text .. ("."):rep(60 - #text) end
local inputs = { frame "", frame "1 a7b", frame "2 bbb+", frame "3 a7 bbb", frame "EHLO mail.example", frame "MAIL FROM:<me>", frame "VRFY root9",
	frame "HELO", frame "NOOP x", frame "4 a%d", frame "5 axxb" }
local function case(name, f) lang.packets { name = name, inputs = inputs, f = f } end

local texts = { [49] = "a%d", [50] = "b+", [51] = "a%d" }
local verbs = {
	EHLO = { args = "^(%S+)", max = 40 }, HELO = { args = "^(%S+)$", max = 40 },
	MAIL = { args = "^FROM:<([^>]*)>", max = 60 }, VRFY = { args = "^(%w+)", max = 4, deny = true },
}
local lists = { [49] = { "a", "b" }, [50] = { "b+" }, [53] = { "x", "xx" } }
local nest = { [4] = { [49] = { "a%d", "b" }, [50] = { "b+" } }, [5] = { [50] = { "%+" } } }
local formats = { [49] = "%d", [50] = "%04x!", [53] = "<%s>" }
local layouts = { [49] = ">I2", [50] = "<I4", [51] = ">I1" }

case("the values of a table", function(p)
	local t = texts[p:u8(14)]
	if not t then return nil end
	local from, to = p:find(t)
	return from, to, p:match(t) and #p:match(t)
end)
case("as plain text", function(p)
	local t = texts[p:u8(14)]
	return t and p:find(t, 15, true)
end)
case("fields of rows, and what is printed of them behind", function(p)
	local verb, rest = p:sub(15):match "^(%a+) ([^.]*)"
	if not verb then return nil end
	local v = verbs[verb]
	if not v then return false end
	local arg = rest:match(v.args)
	if not arg then return -1 end
	print(verb, arg)
	return #arg, v.deny or #arg > v.max, lang.all(verb .. "=" .. arg)
end)
case("either side of or", function(p)
	local t = p:u8(14) == 49 and "a" or "b+"
	return p:find(t), p:find(t, 1, true)
end)
case("set on either way", function(p)
	local t
	if p:u8(14) == 49 then t = "a%d" elseif p:u8(14) == 50 then t = "(b)(.)" end
	if not t then return nil end
	local a, b = p:match(t)
	return a and #a, b and #b
end)
case("lists of them", function(p)
	local n = 0
	for i, s in ipairs(lists[p:u8(14)] or {}) do
		if p:find(s, 1, true) then n = n + i end
		if p:find(s) then n = n + i * 10 end
	end
	return n
end)
case("lists in tables in tables", function(p)
	local by = nest[(p:u8(16) or 0) & 1 | 4]
	local l = by and by[p:u8(14)]
	if not l then return nil end
	for i, s in ipairs(l) do if p:find(s) then return i, (p:find(s)) end end
	return false
end)
case("in a loop over the matches", function(p)
	local n, t = 0, texts[p:u8(14)] or "%l+"
	for w in p:sub(15):gmatch(t) do n = n * 10 + #w end
	return n
end)
case("in a loop that sets it", function(p)
	local n = 0
	for i = 1, 4 do
		local t = (p:u8(14 + i) or 0) & 1 == 1 and "%d" or "%a"
		n = n * 100 + (p:find(t, 14 + i) or 99)
	end
	return n
end)
case("in pcall", function(p)
	local ok, at = pcall(function()
		local t = texts[p:u8(14)]
		return (p:sub(15):find(t or "[%l]")) + 1
	end)
	return ok, ok and at
end)
case("formats", function(p)
	local f = formats[p:u8(14)]
	if not f then return nil end
	local s = f:format(p:u8(15))
	return #s, lang.all(s)
end)
case("layouts of packets", function(p)
	local f = layouts[p:u8(14)]
	if not f then return nil end
	local n, next = f:unpack(p:sub(15))
	return n, next
end)
case("layouts of packets, asked of the packet", function(p)
	local f = layouts[p:u8(14)]
	if not f then return nil end
	local n, next = p:unpack(f, 16)
	return n, next, (p:unpack(f, 15))
end)

-- More than are compared where no pattern is asked for.
local many, few, named, rows, wide = {}, {}, {}, {}, {}
for i = 1, 100 do
	many[i] = ("%c%d?"):format(97 + i % 26, i % 10)
	rows[i] = { pattern = (i % 3 == 0 and "(%a)" or "") .. ("%c"):format(97 + i % 26), n = i }
	wide[i] = (">I%d"):format(1 + i % 7)
end
for i = 40, 65 do few[i] = many[i] end
named["1 "], named["2 "] = "a(%d)", "b+"
for i = 1, 68 do named["_" .. i] = "%d" .. i end
case("many, by a number that may be nil", function(p)
	local t = many[p:u8(14)]
	return t and p:find(t)
end)
case("many, or another one", function(p)
	return p:find(few[p:u8(14)] or "a%d", 15)
end)
case("many fields of rows, by a number", function(p)
	local r, s = rows[p:u8(15)], p:sub(15, 40)
	return r and s:find(r.pattern), r and r.n
end)
case("many, in a loop over the rows", function(p)
	local s, n = p:sub(15, 34), 0
	for i, r in ipairs(rows) do
		if s:find(r.pattern) then n = n + r.n end
	end
	return n
end)
case("many, by a text", function(p)
	local t = named[p:sub(15, 16)]
	return t and p:find(t), t and #(p:match(t) or "")
end)
case("many formats", function(p)
	local f = wide[p:u8(15)]
	return f and p:unpack(f, 15)
end)
local function by(pattern) return function(s) return s:find(pattern) end end
local finders = {}
for i, r in ipairs(rows) do finders[i] = { find = by(r.pattern), n = r.n } end
case("functions with a pattern each", function(p)
	local s, n = p:sub(15, 34), 0
	for _, f in ipairs(finders) do
		if f.find(s) then n = n + f.n end
	end
	local f = finders[p:u8(14)]
	return n, f and f.find(s)
end)
lang.done()

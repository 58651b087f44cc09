-- s:find and s:match with constant patterns, on bytes of the packet cut everywhere, against stock Lua's own.
local lang = dofile "tests/lang/harness.lua"

local cut = lang.cut
local texts = cut("GET /a%20b.html HTTP/1.1\r\nHost: a.example:80\r\n", "aaa-bbb=(x(y)z) ;;\0\xff\x80 A_1", "((()", "ababcabc\n\n")

-- What was found as numbers: where, and how each capture begins and ends.
local function around(v)
	if not v then return v end
	return #v << 16 | (v:byte(1) or 0x100) << 24 | (v:byte(-1) or 0x100)
end

local function itself(v) return v end

-- How capture number i is shown: () gives positions.
local function shown(pattern, i)
	local n = 0
	for open in pattern:gsub("%%b..", "x"):gsub("%%.", "x"):gmatch "%(%)?" do
		n = n + 1
		if n == i then return open == "()" and itself or around end
	end
	return i == 1 and n == 0 and around or itself
end

local function both(pattern, init)
	local first, second, third = shown(pattern, 1), shown(pattern, 2), shown(pattern, 3)
	local plain = not pattern:gsub("%%.", "x"):find "%("
	lang.packets { name = ("find %q"):format(pattern):gsub("%c", "?") .. (init and ", " .. init or ""), inputs = texts, f = function(p)
		local from, to, capture = p:sub(15):find(pattern, init)
		if plain then return from, to, capture end
		return from, to, first(capture)
	end }
	lang.packets { name = ("match %q"):format(pattern):gsub("%c", "?") .. (init and ", " .. init or ""), inputs = texts, f = function(p)
		local a, b, c = p:sub(15):match(pattern, init)
		return first(a), second(b), third(c)
	end }
end

-- text
for _, pattern in ipairs { "", "G", "GET", " /", "HTTP/1%.1\r\n", "Host: a.example", "zz", "%%20b", "\0", "a%-b", "^GET", "^aaa$", "1$",
	"^", "$", "^$", "x$y", "a^b" } do
	both(pattern)
end
-- classes and sets
for _, class in ipairs { ".", "%a", "%c", "%d", "%g", "%l", "%p", "%s", "%u", "%w", "%x", "%z", "%A", "%D", "%S", "%W", "%.",
	"[abc]", "[^abc]", "[a-cx]", "[%a_]", "[^%s]", "[]]", "[^]]", "[a-]", "[-a]", "[%]x]", "[a%-z]", "[\128-\255]", "[%d%u]",
	"[^%d%u%s]" } do
	lang.packets { name = "class " .. class, inputs = texts, f = function(p)
		local s = p:sub(15)
		local from, to = s:find(class)
		return from, to, (s:find(class, -1))
	end }
end
-- how often
for _, pattern in ipairs { "a*", "a+", "a-", "a?", "a*b", "a+b", "a-b", "a?b", "b?c?", ".*", ".+", ".-", ".*b", ".-b", ".+%s", ".*a.*b",
	".-a.-b", "%a*%d", "%w+%.%w+", "^%a+", "^%a+ ", "a*a", "a*ab", "a*a*b", "[ab]*c", "[ab]-c$", "%s*$", "a?a?a?b", "x*", "^x*$",
	".-$", "%d+%D*$", "a*%f[%s]", "[ab]+a", "(a*)(.-)b" } do
	both(pattern)
end
-- captures
for _, pattern in ipairs { "()", "(a)", "(a*)", "()a()", "(%a+) (%S+)", "(%a+) /?(%S-) ", "Host: (%S+)\r\n", "Host: ([^:]+):(%d+)",
	"((a)b)", "((%a)(%a))", "()(%d+)()", "(.-)=(.*)", "^(%a+)%-(%a+)", "(a)(b)(c)", "(%a*)-(b*)", "^(.-)$", "^()", "()$", "(%w*)%W*$" } do
	both(pattern)
end
-- balanced, and where a set begins
for _, pattern in ipairs { "%b()", "(%b())", "%b() ", "%b()$", "^%b()", "%bab", "%b((", "%f[%a]%a+", "%f[%d]%d", "%f[%A]", "%f[%z]", "%f[^%z]()",
	"%f[%w](%w+)%f[%W]", "^%f[%u]", "%b()*", "%f[=]." } do
	both(pattern)
end
-- from where
for _, init in ipairs { 1, 2, 3, 10, 47, 48, 100, 0, -1, -3, -100, math.maxinteger, math.mininteger } do
	both("a", init)
	both("", init)
	both("^.", init)
	both("%f[%a]().", init)
end

local function over(name, f) lang.packets { name = name, inputs = texts, f = function(p) return f(p:sub(15), p) end } end

over("plain text", function(s) return s:find("a.", 1, true), s:find("(", 1, true), s:find("%", 2, true) end)
over("plain and not", function(s) return s:find("a.", 1, false), s:find("", 3, true), s:find("a.", nil, nil) end)
over("init from the packet", function(s)
	local n = s:byte(1)
	if not n then return nil end
	return s:find("%a+", n & 31), s:match("()%s", -(n & 15))
end)
over("of the packet itself", function(s, p) return p:find("GET"), p:match("\x88\xb5()"), p.payload:find("^%u") end)
over("as functions", function(s) return string.find(s, "%d"), string.match(s, "()%d") end)
over("captures as what they are", function(s)
	local name, value = s:match("(%a+): ([^\r\n]+)")
	return name == "Host", value == "a.example:80", value and #value:sub(1, 9)
end)
over("a match in a match", function(s)
	local host = s:match("Host: (%S+)")
	if not host then return false end
	local name, port = host:match("^([^:]*):?(%d*)$")
	return name == "a.example", port == "80", host:find(":")
end)
over("in a condition", function(s)
	if s:find("HTTP/1%.%d") then return 1 end
	if s:match("^a") and not s:find("=") then return 2 end
	return 3
end)
over("in a loop", function(s)
	local n, at = 0, 1
	while true do
		local from, to = s:find("%w+", at)
		if not from then break end
		n = n + 1
		at = to + 1
	end
	return n, at
end)
over("results of a call given on", function(s)
	local function three(a, b, c) return a, b, c end
	return three(s:find("()%s%a"))
end)
over("of a capture that may be nil", function(s)
	local a, b = s:match("^(%a+)=?(%a*)")
	return b:find("a"), #a
end)
over("arithmetic on nil", function(s) return s:find("=") + 1 end)
local most = ("x*"):rep(198)
over("as many repetitions as Lua always takes", function(s) return s:find(most) end)

lang.done()

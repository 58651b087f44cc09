-- Patterns that end with a run of one set up to the end of the text, such as "^%s*(.-)%s*$": on all short texts of a few bytes.
local lang = dofile "tests/lang/harness.lua"

-- All texts of up to so many of these bytes.
local function texts(bytes, most)
	local all, from = { "" }, 1
	for _ = 1, most do
		local to = #all
		for i = from, to do
			for b = 1, #bytes do all[#all + 1] = all[i] .. bytes:sub(b, b) end
		end
		from = to + 1
	end
	for i, text in ipairs(all) do all[i] = lang.head .. text end
	return all
end
local inputs = texts(" a\0\xff", 4)
for _, frame in ipairs(lang.cut("  \t a  b\n \r\n\v ", "x    ", " \128 \xa0 \0 ", "12,34;;56  78")) do inputs[#inputs + 1] = frame end

local function over(name, f) lang.packets { name = name:gsub("%c", "?"), inputs = inputs, f = function(p) return f(p:sub(15), p) end } end

for _, pattern in ipairs { "^%s*(.-)%s*$", "^(.-)%s*$", "^(.-)%s+$", "%s*(.-)%s*$", "(.-)%s*$", "()%s*$", "%s+$", "(%s+)$", "()(%s*)()$", "^%s+(.-)()%s+$",
	"^a*%s*(.-)()([^a]*)$", "^.(.-)(%s*)$", "a(.-)()%s+$", "(.-)()$", "(.-).*$", "(.-).+$", "()\0*$", "^()%s-(.-)[\128-\255]*()$", "a*()$", "(%s*.-)a?$",
	"^(.-)%s*()%s*$", "%s*a*(.-)", "(.-)(.-)%s*$", "^()(.-)a*%s*$", "^%s?(.-)%s*$" } do
	over("find " .. pattern, function(s)
		local from, to, a, b = s:find(pattern)
		if a and math.type(a) ~= "integer" then a = #a << 16 | (a:byte(1) or 256) << 24 | (a:byte(-1) or 256) end
		return from, to, a, b == nil, (s:find(pattern, 3))
	end)
	over("matches of " .. pattern, function(s)
		local n, sum = 0, 0
		for a, b in s:gmatch(pattern) do
			n = n + 1
			if math.type(a) == "integer" then sum = sum * 31 + a else sum = sum * 31 + #a end
			if b then sum = sum * 7 end
		end
		return n, sum
	end)
end
over("trimmed, and compared", function(s)
	local trim = function(text) return (text:match("^%s*(.-)%s*$")) end
	return trim(s) == "a", trim(s:sub(2)) == trim(s:sub(3)), #trim(s)
end)
over("what lies between commas, trimmed", function(s)
	local n, last = 0, 0
	for field in s:gmatch("[^,]+") do
		local w = field:match("^%s*(.-)%s*$")
		n = n + #w
		if w == "34;;56  78" then last = n end
	end
	return n, last
end)
over("put together", function(s)
	local r = ""
	for a in s:sub(1, 20):gmatch("%s*(.-)%s*$") do r = r .. a end
	return #r, r == "a", r:byte(1), r:byte(-1)
end)
over("of the packet itself", function(_, p)
	local a, b = p:match("\x88\xb5%s*(.-)%s*$"), p:match("^%z*(.-)()%s*$")
	return a and #a, #b
end)

lang.done()

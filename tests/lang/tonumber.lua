-- tonumber of text known only at run time: parts of the packet, texts of maps, texts that were made. What stock Lua
-- makes a float of raises in the kernel, and nothing else does.
local lang = dofile "tests/lang/harness.lua"

local raised = "a number with a fraction, an exponent or too many digits in the text given to 'tonumber'"
local texts = { "", " ", "0", "1", "9", "10", "00", "007", " 12\t", "\n\v\f\r 5 \n", "-1", "+1", "- 1", "--1", "+-1", "-", "+", "1 2", "1a", "a",
	"0x", "0X1f", "-0xAbC", "0x ", "0xg", "0x1g", "00x1", "x1", "0x-1", "1x", "0x0123456789abcdefABCDEF", "0xffffffffffffffff",
	"-0xffffffffffffffff", "0x10000000000000000", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
	"-9223372036854775809", "9223372036854775799", "9223372036854775810", "18446744073709551616", "000000000000000000000000012",
	"99999999999999999999", "99999999999999999999x", "-0", "+0", "0-", "1.", ".5", "1.5", ".", "-.", "-.5", "1..", "1.2.3", "1e", "1e5", "1E+5", "1e-5", "1e+",
	"1e5.", "1e 5", ".e1", ".5e1", "1.e1", "e1", "0e1", "0x.", "0x1.", "0x.8", "0x1.8", "0xp1", "0x1p", "0x1p1", "0x1P-1", "0x.p1", "0x1.p1 ",
	"0xe+1", "0x1e1", "1p1", "inf", "nan", "-inf", "INF", "1n", "0x1n", "1 .", "1\0", "\0001", "1 \0", "12_3", "1e5 ", " 1.5 ", "1.5 x", "\x801", "1\xff",
	"1:2", "1/2", "1;", "`1", "z", "0x1P+12 ", "8 ", "5\5", "\t", "1e400", "0x1p99999" }
local inputs, want = {}, {}
for i, text in ipairs(texts) do
	local n = tonumber(text)
	inputs[i] = lang.head .. text .. "~"
	want[i] = math.type(n) == "float" and { error = raised } or { n = 3, n, math.type(n), #text }
end

-- A float is an error, whose position is the caller's.
local function numbers(name, f)
	local line = debug.getinfo(2, "l").currentline
	local here = {}
	for i, w in ipairs(want) do
		here[i] = w.error and { error = ("tests/lang/tonumber.lua:%d: %s"):format(line + 1, w.error) } or { w[1] }
	end
	lang.packets { name = name, inputs = inputs, want = here, twin = false, f = f }
end
numbers("of a part of the packet", function(p)
	return tonumber(p:sub(15, -2))
end)
numbers("of made text", function(p)
	return tonumber(p:sub(15, -2):sub(1, 40) .. "")
end)
numbers("of a part, or of nil", function(p)
	return tonumber(#p > 14 and p:sub(15, -2) or nil)
end)
numbers("of a capture", function(p)
	return tonumber(p:match("^..............(.*)~$"))
end)

local function over(name, f) lang.packets { name = name, inputs = inputs, f = function(p) return f(p:sub(15, -2)) end } end
for base = 2, 36 do
	over("in base " .. base, function(s) return tonumber(s, base) end)
end
over("in base 16 of made text", function(s) return tonumber(s:sub(1, 32):upper(), 16) end)
over("in base 10 of what may be nil", function(s)
	local t
	if #s > 2 then t = s end
	return tonumber(t, 10)
end)
over("digits only", function(s)
	local digits = s:match("^%d+")
	return digits and tonumber(digits:sub(1, 18))
end)
over("of strings of two kinds", function(s)
	local t = "0x10"
	if #s > 3 then t = s:sub(1, 2) end
	return tonumber(t, 16)
end)
over("caught", function(s)
	local ok, n = pcall(function() return 1 + tonumber(s:sub(1, 12):match("^[%d x]*$")) end)
	return ok, ok and n
end)
over("added up in a loop", function(s)
	local sum = 0
	for digits in s:gmatch("%d%d?") do sum = sum + tonumber(digits) end
	return sum
end)
lang.case { name = "of any kind", inputs = lang.each { false, true, 7, -1, "12", " 0x1f", "z", "", bpf.ip "10.0.0.1", math.mininteger },
	f = function(a) return tonumber(a) end }
lang.case { name = "of any kind, in a base", inputs = lang.each { false, true, 7, "12", "-zz", "", bpf.ip "10.0.0.1" },
	f = function(a) return tonumber(a, 36) end }
lang.case { name = "counted on", inputs = lang.each { "12", "x", 5, false }, f = function(a) return tonumber(a) + 1 end }
lang.done()

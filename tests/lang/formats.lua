-- string.format: flags, widths and precisions of integers and of texts.
local lang = dofile "tests/lang/harness.lua"

-- All of a string as a number.
local function all(s)
	local sum = #s
	for i = 1, #s do sum = sum * 31 + s:byte(i) end
	return sum
end

local numbers = lang.each { 0, 1, -1, 7, 8, 255, -255, 4096, 123456789, -123456789, math.maxinteger, math.mininteger }
local words = lang.each { "", "a", "abc", "abcdefgh", "0123456789abcdef", "nil", true, 5, -12345 }
local function each(inputs, formats)
	for i = 1, #formats, 3 do
		local a, b, c = formats[i], formats[i + 1] or "%%", formats[i + 2] or "%%"
		lang.case { name = a .. "  " .. b .. "  " .. c, inputs = inputs, f = function(v)
			return all(a:format(v)), all(b:format(v)), all(string.format(c, v))
		end }
	end
end

each(numbers, { "%+d", "% d", "%+5d|", "%+05d", "%-+5d|", "% 05d", "%.3d", "%5.3d", "%-8.3d|", "%+.3d", "%.0d", "% .d",
	"%08.3d", "%.20d", "%30.10d", "%-030d|", "%+i", "%+ i", "%-+30i|", "%5.0i", "%70d", "%.70d", "%-99.80d|" })
each(numbers, { "%#x", "%#X", "%#010x", "%-#10x|", "%.5x", "%#.5x", "%10.5x", "%#20.0x", "%#.0X", "%o", "%#o", "%5o", "%.4o",
	"%#.4o", "%#.0o", "%#030o", "%-#30o|", "%.30u", "%-30u|", "%024u" })
each(lang.each { 0, 1, -1, 99, -255, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, (1 << 53) + 2, (1 << 53) + 3, -(1 << 53) - 1, (1 << 54) - 1,
	(1 << 54) + 2, (1 << 54) + 6, (1 << 55) + 4, (1 << 55) + 12, (1 << 55) + 5, (1 << 60) + 64, (1 << 60) + 192, (1 << 60) + 65, 123456789012345678,
	-987654321098765432, (1 << 62) - 1, (1 << 62) + 256, (1 << 62) + 257, (1 << 62) + 768, math.maxinteger - 511, math.maxinteger - 512,
	math.maxinteger - 513, math.maxinteger, math.mininteger, math.mininteger + 512, math.mininteger + 513, "nil", true },
	{ "%f", "%.2f", "%.0f", "%#.0f", "%+.1f", "% .3f|", "%10.2f", "%-12.1f|", "%010.2f", "%+08.1f", "%-+9.0f|", "%030.2f", "%99.0f",
	"%099.0f", "%.40f" })
each(words, { "%.3s", "%5.3s", "%-8.2s|", "<%.0s>", "%.s|", "%.20s", "%20.4s", "%-20.10s|", "%70s", "%-5s|" })
lang.case { name = "widths of a byte", inputs = lang.each { 0, 65, 255, 256, -1 }, f = function(n)
	return all(("%5c"):format(n)), all(("%-5c|"):format(n)), all(("%70c"):format(n))
end }
lang.case { name = "several in one, and what is not a number", inputs = lang.pairs { 0, 7, -300, "nil", true }, f = function(a, b)
	return all(("%+d|%5.3s|%#x"):format(a, b, b)), all(("%-6.2s%%%.4d"):format(tostring(a), b))
end }

-- ---- bytes of packets: one that is 0 raises ----

local frames = {}
for _, text in ipairs { "GET /a HTTP/1.1\r\n", "Az\0\xffz@[`{ ", "\0", "a\0", "12345678\0", "\x80\x01\xff\x80", "" } do
	frames[#frames + 1] = lang.head .. text
end
local long = { ("0123456789abcdef"):rep(8), ("ab"):rep(32) .. "\0", ("ab"):rep(70) .. "\0", ("ab"):rep(32), ("ab"):rep(33) }
for i = 1, #long do frames[#frames + 1] = lang.head .. long[i] end
local function over(name, f) lang.packets { name = name, inputs = frames, f = function(p) return f(p:sub(15, 30), p) end } end

over("a width of bytes", function(s) return all(("%20s"):format(s)), all(("%-20s|"):format(s)) end)
over("a precision of bytes", function(s) return all(("%.3s"):format(s)), all(string.format("%8.4s", s)) end)
over("a message in a pcall", function(s)
	local ok, v = pcall(function() return #("%5s"):format(s) end)
	return ok, ok and v
end)
over("bytes of a text made at run time", function(s)
	local t = s .. "<" .. #s
	return all(("%-24s|"):format(t)), all(("%.5s"):format(t))
end)
over("the start of a long one", function(s, p)
	local t = p:sub(15)
	return all(("%.10s"):format(t)), all(("%12.3s"):format(t .. "."))
end)
over("a width of a long one", function(s, p)
	local t = p:sub(15) .. "."
	return all(("%-90s|"):format(t)), #("%99.80s"):format(t)
end)
over("a long one or a number", function(s, p)
	local t = #s > 3 and p:sub(15) or #s
	return all(("%.10s"):format(t)), all(("%70s"):format(t))
end)
local known = ("long and known: "):rep(5)
lang.case { name = "constants", inputs = lang.each { 1 }, f = function(n)
	return all(("%.3s|%5s|%-5s"):format("abcdef", "abc", n)), all(("%.70s"):format(known)), all(("%90s"):format(known))
end }
over("a number of few bits with a point", function(s, p)
	return all(("%.1f"):format(#s)), all(("%07.3f|"):format(p:u8(14) or 0)), all(("%+.0f"):format(p.len)), all(("%-9.2f|"):format(-5))
end)

-- ---- numbers with a fraction: constants ----

local third, big, least, endless = 1 / 3, 2^1023, 5e-324, math.huge
lang.case { name = "constants with a fraction", inputs = lang.each { 1 }, f = function(n)
	return all(("%.2f"):format(65.0)), all(("%5.1f|%-8.3f|%+f"):format(1.5, -0.25, third)), all(("%f %.0f %#.0f"):format(2 / 3, 0.5, 1.5)),
		all(string.format("%.3f", -0.0)), all(("%08.2f|% .1f"):format(-third, 2.25)), all(("%.99f"):format(third))
end }
lang.case { name = "far and near", inputs = lang.each { 1 }, f = function(n)
	return all(("%.1f"):format(big)), all(("%.3f %g %e"):format(least, least, -big)), all(("%f %5.1f %g"):format(endless, -endless, endless))
end }
lang.case { name = "constants as %g, %e and %a", inputs = lang.each { 1 }, f = function(n)
	return all(("%g %g %g %g"):format(0.1, 1e20, 100000.0, 1e-5)), all(("%10.3e|%-12.4E|%#g|%G"):format(12345.678, third, 1.0, 1e-10)),
		all(("%a %.3A %a"):format(1.5, third, 0.0)), all(("%g %e %a %010.3e"):format(5, -7, 1, 3)), all(("%010.3e|%-012g|%+.3a"):format(1.5, 2.5, 1.0))
end }
lang.case { name = "constants that are integers", inputs = lang.each { 1 }, f = function(n)
	return all(("%d %5d %-5d|"):format(3.0, -7.0, 1e3)), all(("%x %#X %o %c %i"):format(255.0, 16.0, 8.0, 65.0, -0.0)), all(("%d"):format(2.0^53)),
		all(("%.2f %.1f %d"):format("1.5", "0x10", "12.0"))
end }
lang.case { name = "a constant with a fraction beside what is none", inputs = lang.pairs { 0, 7, -300, "nil", true }, f = function(a, b)
	return all(("%.2f|%d"):format(third, a)), all(("%d|%5.1f|%s"):format(a, 2.5, b)), all(("%g%%|%x|%c%c"):format(0.5, a, 66.0, 67))
end }
lang.case { name = "a constant with a fraction in a text that may be long", inputs = lang.each { 0, 7, "nil" }, f = function(a)
	return all(("%70.2f|%d|%.60f"):format(third, a, third)), #("%99d"):format(3.0)
end }
lang.case { name = "which format is known at run time, of two", inputs = lang.each { 0, 1 }, f = function(a)
	local f = a == 1 and "%.1f" or "%.3f"
	return all(f:format(1.25))
end }
lang.case { name = "texts that are constants", inputs = lang.each { 0, 7, 1 }, f = function(a)
	local s = ("%.1f"):format(0.5)
	return s == "0.5", #s, s:byte(1), tonumber(("%d"):format(7.0)), s == ("%g"):format(0.5), (a == 7 and s or "x") == "0.5", ({ ["0.5"] = a })[s]
end }
lang.done()

-- Numbers cut to 32 bits and fewer, compared, hashed and stored: operations done in 32 bits (src/opt/narrow.c).
local lang = dofile "tests/lang/harness.lua"
local inputs = lang.pairs(lang.hostile, { 0, 1, -1, 0x80000000, 0xffffffff, -0x80000000, math.mininteger, 0x123456789abcdef })
local cut <const> = 0xffffffff

lang.case { name = "each operation", inputs = inputs, only_integers = true, f = function(a, b)
	return (a + b) & cut, (a - b) & cut, (a * b) & cut
end }
lang.case { name = "each operation of bits", inputs = inputs, only_integers = true, f = function(a, b)
	return (a | b) & cut, (a ~ b) & cut, (a << 5) & cut
end }
lang.case { name = "with constants of every size", inputs = lang.each(), only_integers = true, f = function(a)
	return (a * 0x9e3779b97f4a7c15) & cut, (a - 0x80000000) & cut, (a ~ -1) & cut
end }
lang.case { name = "shifts at and beyond 32", inputs = lang.each(), only_integers = true, f = function(a)
	return (a << 31) & cut, (a << 32) & cut, (a << 33 | 1) & cut
end }
lang.case { name = "shifts by what is not known", inputs = inputs, only_integers = true, f = function(a, b)
	return (a << (b & 63)) & cut, (a >> (b & 63)) & cut, (a << b) & cut
end }
lang.case { name = "needed whole as well", inputs = inputs, only_integers = true, f = function(a, b)
	local sum = a + b
	return sum & cut, sum, (sum * sum & cut) + sum
end }
lang.case { name = "a hash", inputs = inputs, only_integers = true, f = function(a, b)
	local h = 0x811c9dc5
	for i = 0, 56, 8 do
		h = ((h ~ (a >> i & 0xff)) * 0x01000193) & cut
		h = ((h << 5) + (h >> 2) + (b >> i)) & cut
	end
	return h
end }
lang.case { name = "compared where signs begin", inputs = inputs, only_integers = true, f = function(a, b)
	local x, y = a & cut, (a + b) & cut
	return x < 0x80000000, y == 0x80000001 or y >= 0xffffffff, x <= y
end }
lang.case { name = "compared with what 32 bits do not hold", inputs = inputs, only_integers = true, f = function(a, b)
	local x = a & cut
	return x == 0x100000000 or x < -1, x == b, x > b
end }
lang.case { name = "compared, and needed after that", inputs = inputs, only_integers = true, f = function(a, b)
	local x = (a ~ b) & cut
	if x > 0xfffffff0 then return x - 0xfffffff0 elseif x == 0xc0000201 then return x end
	return x >> 16
end }

local st = bpf.state { a = "u8", b = "u16", c = "u32", d = "i8", e = "u64" }
lang.case { name = "stored in fewer bytes", inputs = inputs, only_integers = true, f = function(a, b)
	st.a, st.b, st.c, st.e = a & 0xff, (a + b) & 0xffff, (a * b) & cut, (a - b) & cut
	return st.a + st.b, st.c, st.e
end }
lang.case { name = "as an offset", inputs = inputs, only_integers = true, f = function(a, b)
	local i = (a + b) & cut
	if i < 3 then return i end
	return i >> 31
end }

lang.done()

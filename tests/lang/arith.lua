-- Every arithmetic and bitwise operator, on hostile integers and on values of the wrong kind.
local lang = dofile "tests/lang/harness.lua"

local operators = {
	{ "add", function(a, b) return a + b end },
	{ "sub", function(a, b) return a - b end },
	{ "mul", function(a, b) return a * b end },
	{ "idiv", function(a, b) return a // b end },
	{ "mod", function(a, b) return a % b end },
	{ "band", function(a, b) return a & b end },
	{ "bor", function(a, b) return a | b end },
	{ "bxor", function(a, b) return a ~ b end },
	{ "shl", function(a, b) return a << b end },
	{ "shr", function(a, b) return a >> b end },
	{ "unm", function(a) return -a end },
	{ "bnot", function(a) return ~a end },
}

for _, op in ipairs(operators) do
	local inputs = op[1] == "unm" or op[1] == "bnot"
	lang.case { name = op[1], f = op[2], inputs = inputs and lang.each() or lang.pairs() }
	lang.case { name = op[1] .. " of any kind", f = op[2],
		inputs = inputs and lang.each(lang.kinds) or lang.pairs(lang.kinds) }
end

-- A constant on either side takes other paths: other opcodes, other instructions.
for _, k in ipairs { 0, 1, -1, 2, -7, 10, 64, 255, 0x80000000, math.maxinteger, math.mininteger } do
	local constant = {
		{ "n + k, k - n, n * k", function(a) return a + k, k - a, a * k end },
		{ "n // k", function(a) return a // k end },
		{ "n % k", function(a) return a % k end },
		{ "k // n, k % n", function(a) return k // a, k % a end },
		{ "n & k, n << k, n >> k", function(a) return a & k, a << k, a >> k end },
		{ "k << n, k >> n", function(a) return k << a, k >> a end },
	}
	for _, c in ipairs(constant) do
		lang.case { name = c[1] .. " with k = " .. k, f = c[2], inputs = lang.each() }
	end
end

-- The opcodes with the constant in the instruction.
lang.case { name = "immediates", inputs = lang.each(),
	f = function(a) return (a + 1) * 3, a - 100, (a << 3) ~ (a >> 5) end }
lang.case { name = "immediate shifted", inputs = lang.each(), f = function(a) return 1 << a, 5 - a end }
lang.case { name = "constant operands", inputs = lang.each(),
	f = function(a) return a * 1000003, a & 0xfff0fff, a // 10 + a % 10 end }
lang.case { name = "constants too big for the instruction", inputs = lang.each(),
	f = function(a) return a + 1000, a ~ 0x12345, a - 99999 end }
lang.case { name = "floats in registers", inputs = lang.each(), f = function(a)
	local two, half = 2.0, 0.5
	return a == two, a < half, half <= a
end }
lang.case { name = "concatenated constants", inputs = lang.each { 0, 1 }, f = function(a)
	local x, n = "ab", 12
	return a + #(x .. n .. "c"), x .. "c" == "abc", x .. n == "ab13"
end }
lang.case { name = "precedence", inputs = lang.pairs(),
	f = function(a, b) return a + b * 2 - -a, ~a & b | 5, (a ~ b) << 1 end }

lang.done()

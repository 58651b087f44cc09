-- What no turn of a loop changes, computed before it where that is nobody's business (src/opt/hoist.c): loops that
-- are not entered, that end early, errors that only a turn may raise, values that are needed behind.
local lang = dofile "tests/lang/harness.lua"
local some = { 0, 1, -1, 5, 63, math.mininteger, math.maxinteger }
local inputs = lang.pairs(some)

lang.case { name = "a product and a shift", inputs = inputs, only_integers = true, f = function(a, b)
	local sum = 0
	for i = 1, a & 15 do sum = sum + i * (b * 31 ~ a) + (b >> 3 & 7) end
	return sum
end }
lang.case { name = "a division that only a turn may do", inputs = inputs, only_integers = true, f = function(a, b)
	local sum = 0
	for _ = 1, a & 3 do sum = sum + 100 // b + 100 % b end
	return sum
end }
lang.case { name = "a division, by either sign", inputs = inputs, only_integers = true, f = function(a, b)
	local sum, n = 0, 0
	while n < 10 do
		n = n + 1
		if n == (a & 7) then break end
		if b ~= 0 then sum = sum + a // b - a % b end
	end
	return sum, n
end }
lang.case { name = "needed behind the loop as well", inputs = inputs, only_integers = true, f = function(a, b)
	local sum, last = 0
	for i = 1, a & 31 do
		last = b * 7 + a
		sum = sum + last * i
	end
	return sum, last, b * 7 + a
end }
lang.case { name = "in two loops", inputs = inputs, only_integers = true, f = function(a, b)
	local sum = 0
	for i = 1, a & 7 do
		for j = 1, b & 7 do sum = sum + (a * 3 + i * 5) * j + (b ~ a * 9) end
		sum = sum ~ (a >> 2)
	end
	return sum
end }
lang.case { name = "more than there are registers for", inputs = inputs, only_integers = true, f = function(a, b)
	local sum = 0
	for i = 1, a & 31 do
		sum = sum * 3 + i * (a * 5) + (b * 7 ~ i) + (a >> 9) * (b >> 11) + (a + b) * i - (a - b) + (a ~ b) * (a | b)
	end
	return sum
end }
lang.case { name = "of kinds that are not known", inputs = lang.pairs(lang.kinds, { 1, 3 }), f = function(a, n)
	local sum = 0
	for _ = 1, n do sum = sum + (a or 4) end
	return sum
end }

local m = bpf.map { "array", name = "m", key = "u32", value = "u64", entries = 8 }
for i = 0, 7 do m[i] = i * 3 end
lang.case { name = "around calls", inputs = inputs, only_integers = true, f = function(a, b)
	local sum = 0
	for i = 0, a & 15 do sum = sum + (m[i + (b & 3)] or -1) * (b * 3) + (a << 2) end
	return sum
end }

lang.packets { name = "offsets in a loop", inputs = { ("\1\2\3\4\5\6\7\8"):rep(4), ("\255"):rep(14), ("\0\9"):rep(50) },
	f = function(pkt)
		local n, sum = pkt:u8(0), 0
		for i = 0, 20 do
			local v = pkt:u8((n * 3 & 15) + i)
			if not v then break end
			sum = sum + v * (n * 3 & 15)
		end
		return sum
	end }

lang.done()

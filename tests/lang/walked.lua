-- pairs and ipairs over captured tables of so many elements that the loop is not written out.
local lang = dofile "tests/lang/harness.lua"
local ints = lang.pairs { 0, 1, 2, 64, 99, 100, 101, -1 }
local function case(name, f, inputs) lang.case { name = name, inputs = inputs or ints, f = f } end

local hundred, mixed, named, sparse = {}, {}, {}, {}
for i = 1, 100 do
	hundred[i] = i * i % 97
	mixed[i] = i % 5 == 0 and "text" .. i or i % 3 == 0 and (i % 2 == 0) or i % 7 == 0 and bpf.ip("10.0.0.1") or i
	named["name" .. i] = i * 3
	sparse[i * 1000003] = i
end
local long = {}
for i = 1, 3000 do long[i] = i ~ 5 end
local both = { 1, 2, 3, x = 4, [true] = 5 }
for i = 1, 80 do both["k" .. i] = i end
for i = 50, 90 do both[i * 2] = i end

case("ipairs", function(a, b)
	local sum = 0
	for i, v in ipairs(hundred) do sum = sum + i * v + a end
	return sum
end)
case("ipairs, the order", function(a, b)
	local hash = 0
	for i, v in ipairs(hundred) do hash = (hash * 31 + v) % 1000003 end
	return hash
end)
case("ipairs, found", function(a, b)
	for i, v in ipairs(hundred) do
		if v == a then return i, v end
	end
end)
case("ipairs, break and goto", function(a, b)
	local n = 0
	for i, v in ipairs(hundred) do
		if i == a then break end
		if v % 2 == 0 then goto on end
		n = n + v
		::on::
	end
	return n
end)
case("ipairs, mixed values", function(a, b)
	local n, texts, flags = 0, 0, 0
	for i, v in ipairs(mixed) do
		if v == "text25" then texts = texts + i end
		if v == true then flags = flags + 1 elseif v == false then flags = flags - 100 end
		if v == a or v == bpf.ip("10.0.0.1") then n = n + i end
	end
	return n, texts, flags
end)
case("ipairs, a hole", function(a, b)
	local n = 0
	for i, v in ipairs(both) do n = n * 10 + v end
	return n
end)
case("pairs of a list, the order", function(a, b)
	local hash = a
	for k, v in pairs(hundred) do hash = (hash * 31 + k * v) % 1000003 end
	return hash
end)
case("pairs, names", function(a, b)
	local sum, found = 0
	for k, v in pairs(named) do
		sum = sum + v
		if k == "name64" then found = v end
		if v == a * 3 then sum = sum + 100000 end
	end
	return sum, found
end)
case("pairs, keys far apart", function(a, b)
	local sum, n = 0, 0
	for k, v in pairs(sparse) do
		sum = sum ~ k * v
		n = n + 1
	end
	return sum, n
end)
case("pairs, keys of several kinds", function(a, b)
	local n, sum, last = 0, 0
	for k, v in pairs(both) do
		n = n + 1
		sum = sum + v
		if k == true then last = v end
		if k == "k7" then last = (last or 0) + 100 * v end
	end
	return n, sum
end)
case("loops in loops", function(a, b)
	local n = 0
	for i, v in ipairs(hundred) do
		if i > 3 then break end
		for k, w in pairs(sparse) do
			if w == v then n = n + k end
		end
	end
	return n + a
end, lang.pairs { 0, 7 })
case("in functions, under pcall", function(a, b)
	local function count(t, x)
		local n = 0
		for _, v in ipairs(t) do if v == x then n = n + 1 end end
		return n
	end
	local ok, n = pcall(function()
		local n = 0
		for i, v in ipairs(hundred) do
			if i == a then error(v) end
			n = n + v
		end
		return n
	end)
	return count(hundred, a) * 10 + count(long, b), ok, n
end, lang.pairs { 0, 1, 100, 300 })
case("of two tables", function(a, b)
	local n = 0
	for i = 1, 2 do
		for _, v in ipairs(hundred) do n = n + v * i end
		for _, v in ipairs(long) do n = n ~ v end
	end
	return n + a
end, lang.pairs { 0, 7 })
local total = bpf.map { "array", name = "total", key = "u32", value = "u64", entries = 4 }
lang.case { name = "with maps", see = { total }, inputs = lang.pairs { 0, 3 }, f = function(a, b)
	for i, v in ipairs(hundred) do total:add(v % 4, 1) end
	for k, v in pairs(named) do if v == 9 then total[a] = v end end
	return total[1]
end }

-- Many turns written out, one in the other, each within pcall.
local eleven = { [0] = 1, true, "ab", false, 4, "", "abcdefghi", x = 5, [false] = 6, y = 7, z = 1 }
local seven, one = { a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7 }, { 10 }
case("within pcall", function(a, b)
	local n = 0
	for _, v in pairs(eleven) do
		local good, r = pcall(function()
			for _, w in pairs(seven) do
				for _, u in pairs(one) do n = n + u * w end
			end
			return math.type(b) == "integer" and a or nil
		end)
		if good then
			for k, u in pairs(total) do
				if k == 0 then n = n + u end
			end
		end
		if r == v then n = n + 1 end
	end
	return n
end)
lang.done()

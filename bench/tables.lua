-- Captured tables indexed by a key known only at run time: what one look-up takes, by size, keys and values.
-- Each program looks a thousand keys up, nine of ten of them there; a loop that looks nothing up is taken off.
local TURNS, RUNS = 1000, 51

local packet = {}
for i = 1, 1024 do packet[i] = string.char(97 + i * 7 % 26) end
packet = table.concat(packet)

-- Keys of a table of n: number i of a thousand, a tenth of which it has not.
local function texts(n)
	local t = {}
	for i = 0, math.min(n, 900) - 1 do t[packet:sub(i % 900 + 1, i % 900 + 8)] = i end
	for i = 1, n - 900 do t[("%08d"):format(i)] = i end
	return t
end
local function filled(n, key, value)
	local t = {}
	for i = 1, n do t[key(i)] = value(i) end
	return t
end
local function itself(i) return i end
local function far(i) return i * 1000003 end
local function mixed(i) return i % 3 == 0 and "text" .. i % 10 or i % 3 == 1 and i % 2 == 0 or i end

local function by_number(t, n, step)
	n = n * 10 // 9
	return function(p)
		local found, k = 0, p.len
		for _ = 1, TURNS do
			k = k * 5 + 3
			if t[(k & 0xffffff) % n * step + step] then found = found + 1 end
		end
		return found > 0 and bpf.PASS or bpf.DROP
	end
end
local function by_two(t, n)
	return function(p)
		local found, k = 0, p.len
		for _ = 1, TURNS do
			k = k * 5 + 3
			local inner = t[(k & 0xffffff) % (n + 1) + 1]
			if inner and inner[k & 3] then found = found + 1 end
		end
		return found > 0 and bpf.PASS or bpf.DROP
	end
end
local function by_text(t)
	return function(p)
		local found = 0
		for i = 1, TURNS do
			if t[p:sub(i, i + 7)] then found = found + 1 end
		end
		return found > 0 and bpf.PASS or bpf.DROP
	end
end

-- Or nil, where so many keys are refused.
local function median(f)
	local there, program = pcall(bpf.program, "xdp", f)
	if not there then return nil end
	local ns = {}
	for i = 1, RUNS do
		local _, _, took = program:test(packet)
		ns[i] = took
	end
	table.sort(ns)
	return ns[RUNS // 2 + 1]
end

local nothing = { [true] = 1 }
local rows = {
	{ "numbers, 1 to n", function(n) return by_number(filled(n, itself, itself), n, 1) end },
	{ "numbers, far apart", function(n) return by_number(filled(n, far, itself), n, 1000003) end },
	{ "numbers; values of three kinds", function(n) return by_number(filled(n, itself, mixed), n, 1) end },
	{ "two numbers: tables in a table", function(n)
		return by_two(filled(n, itself, function(i) return { i, i + 1, [0] = i } end), n)
	end },
	{ "texts of 8 bytes", function(n) return by_text(texts(n)) end, by_text(nothing) },
}
print "| keys | 10 | 1,000 | 100,000 |"
print "| --- | ---: | ---: | ---: |"
for _, row in ipairs(rows) do
	io.write("| ", row[1], " |")
	for _, n in ipairs { 10, 1000, 100000 } do
		local took, base = median(row[2](n)), median(row[3] or by_number(nothing, n, 1))
		io.write(took and (" %.1f |"):format((took - base) / TURNS) or " refused |")
	end
	print()
end

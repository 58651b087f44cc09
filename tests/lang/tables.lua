-- Captured tables indexed by what is known only at run time.
local lang = dofile "tests/lang/harness.lua"
local H = lang.pairs { nil, false, true, -1, 0, 1, 2, 3, 22, 80, 443, 1 << 32, math.mininteger, math.maxinteger }

local ports = { [22] = true, [80] = true, [443] = false }
lang.case { name = "a set", inputs = H, f = function(a, b)
	if ports[a] then return 1 end
	return ports[b] == false and 2 or 3
end }

local weights = { [0] = 5, [1] = 7, [2] = 5, [3] = 11, [22] = -1, [80] = 0, [443] = 7, [-1] = 9,
	[math.mininteger] = 1, [math.maxinteger] = 2, [1 << 32] = 3 }
lang.case { name = "more keys than are compared one by one", inputs = H, f = function(a, b)
	return (weights[a] or 100) * 1000 + (weights[b] or -100)
end }

local mixed = { [1] = true, [2] = 7, [3] = "text", [true] = 1, [false] = false, [2.5] = 3, x = 4, [4.0] = 9 }
lang.case { name = "keys and values of several kinds", inputs = lang.pairs { nil, false, true, 1, 2, 3, 4, 5 },
	f = function(a, b)
	local v, w = mixed[a], mixed[b]
	if v == "text" then return 1, w ~= "text" and w or 0 end
	return v, w == "text"
end }

local chain = setmetatable({ [1] = 10 }, { __index = setmetatable({ [1] = 20, [2] = 30 }, { __index = { [3] = 40 } }) })
lang.case { name = "__index tables", inputs = lang.pairs { 0, 1, 2, 3, nil }, f = function(a, b)
	return chain[a], chain[b]
end }

local empty = {}
lang.case { name = "an empty table", inputs = lang.pairs { nil, true, 3 }, f = function(a) return empty[a] == nil end }

local nested = { [1] = { x = 1, y = { z = 5 } }, [2] = { x = 2, y = { z = 6 } }, [3] = { x = 3, y = { z = 5 } } }
lang.case { name = "tables in a table", inputs = lang.pairs { 0, 1, 2, 3, nil, true }, f = function(a, b)
	local t = nested[a]
	if not t then return -1 end
	return t.x * 10 + t.y.z, nested[b].x
end }
local grid = { { 11, 12, [7] = true }, { 21, 22 }, [0] = { x = 1 } }
lang.case { name = "a table by two keys", inputs = lang.pairs { 0, 1, 2, 3, 7 }, f = function(a, b)
	return grid[a] and grid[a][b], a == 1 and grid[a][b == 2 and "x" or 2]
end }

local handlers = {
	[1] = function(n) return n + 1 end,
	[6] = function(n, m) if n == 3 then return m, 5 end return -n end,
	[17] = function() end,
}
lang.case { name = "functions in a table", inputs = lang.pairs { 0, 1, 3, 6, 17 }, f = function(a, b)
	local h = handlers[a]
	if h then
		local x, y = h(b, 9)
		return x, y
	end
	return handlers[b](a)
end }

local ops = { [0] = { run = function(self, n) return self.k * n end, k = 3 }, { run = function(self, n) return self.k + n end, k = 4 } }
lang.case { name = "methods of tables in a table", inputs = lang.pairs { 0, 1, 2 }, f = function(a, b)
	return ops[a]:run(b), ops[b] and ops[b]:run(1)
end }

local by_name = { tcp = 6, udp = 17, [""] = 1, ["a\0b"] = 2, abcdefghijklmnop = 3 }
lang.case { name = "texts as keys", inputs = lang.pairs { "tcp", "udp", "", "a", "abcdefghijklmnop", "x", nil, 6 }, f = function(a, b)
	return by_name[a], (by_name[b] or 0) + 1
end }

local hosts = { [bpf.ip "10.0.0.1"] = 1, [bpf.ip "10.0.0.2"] = true, [bpf.ip "2001:db8::1"] = 6,
	[bpf.mac "52:54:00:12:34:56"] = 7 }
lang.case { name = "addresses as keys", inputs = lang.pairs { bpf.ip "10.0.0.1", bpf.ip "10.0.0.2", bpf.ip "10.0.0.3",
	bpf.ip "2001:db8::1", bpf.mac "52:54:00:12:34:56", nil, 1 }, f = function(a, b)
	return hosts[a], hosts[b] == true
end }

lang.case { name = "in a loop", inputs = lang.pairs { 0, 1, 3, 6 }, f = function(a, b)
	local sum = 0
	for i = 0, 5 do
		sum = sum + (weights[i + a] or 0)
		local h = handlers[i + b]
		if h then sum = sum + (h(i, a) or 50) end
	end
	return sum
end }

lang.case { name = "what fails first", inputs = lang.pairs { 0, 1, true, nil }, f = function(a, b)
	return ops[a].run(ops[a], b + 1), ops[b]:run(a | 1)
end }

local count = bpf.map { "array", name = "counts", key = "u32", value = "u64", entries = 4 }
local bytes = bpf.map { "array", name = "bytes", key = "u32", value = "u64", entries = 4 }
local maps = { [1] = count, [2] = bytes }
lang.case { name = "maps in a table", inputs = lang.pairs { 1, 2 }, f = function(a, b)
	maps[a][1] = b
	maps[b]:add(2, 1)
	return maps[a][1]
end }
-- values that come another way than straight from the look-up
do
	local default = function(n) return n * 100 end
	local small = { lim = 5, name = 1, get = function(self, x) return self.lim + x end }
	local big = { lim = 500, get = function(self, x) return self.lim - x end }
	local inputs = lang.pairs({ "nil", false, true, 0, 1, 6, 17 }, { 0, 1, 5 })
	local function case(name, f) lang.case { name = name, inputs = inputs, f = f } end
	case("a condition and a look-up", function(a, b)
		local h = b ~= 5 and handlers[a]
		if h then return h(b) end
		return h
	end)
	case("a look-up or a default", function(a, b) local h = handlers[a] or default return h(b) end)
	case("a look-up or another", function(a, b) local h = handlers[a] or handlers[b] return h(b) end)
	case("functions by if", function(a, b)
		local h
		if a == 1 then h = default elseif a == 0 then h = math.abs end
		return h(b)
	end)
	case("two functions", function(a, b)
		local f, g = a and default or handlers[1], b == 0 and handlers[6] or handlers[b]
		if g then return f(b), g(b) end
		return f(b)
	end)
	case("tables by and, or", function(a, b)
		local t = a == 1 and small or big
		return t.lim + b, t.name, t:get(b)
	end)
	case("tables or false", function(a, b)
		local t = a == 1 and small or a == 0 and big
		local lim = t.lim
		return t and t.lim + b, lim
	end)
	case("chosen in a loop", function(_, b)
		local n = b
		for i = 0, 6 do
			local h = i ~= 3 and handlers[i]
			if h then n = n + (h(i) or 0) end
		end
		return n
	end)
	case("chosen, called under pcall", function(a, b)
		local h = b ~= 5 and handlers[a] or default
		local ok, v = pcall(h, b)
		return ok, ok and v
	end)
	case("chosen before pcall", function(a, b)
		local h = b ~= 5 and handlers[a]
		local ok, v = pcall(function() return h(b) end)
		return ok, ok and v
	end)
	local mixed_up = { [0] = math.abs, default, 7, "text", true }
	case("called, whatever it is", function(a, b)
		local v = mixed_up[a]
		local ok, n = pcall(function() return v(b) end)
		return ok, ok and n
	end)
end
lang.done()

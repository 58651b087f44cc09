-- Captured tables of many tables, indexed by what is known only at run time and gone over.
local lang = dofile "tests/lang/harness.lua"
local one = lang.each { 0, 1, 2, 3, 33, 40, 99, 100, 101, -1, math.maxinteger, math.mininteger }
local two = lang.pairs { 0, 1, 2, 40, 100, 101, -3 }
local any = { { nil }, { false }, { true }, { 0 }, { 1 }, { 40 }, { 100 }, { 101 } }
local names = lang.each { "", "host1", "host50", "host100", "host101", "x" }

local rules, hosts, wide = {}, {}, {}
for i = 1, 100 do
	rules[i] = { port = i * 7 % 101, name = "r" .. i, on = i % 3 == 0, at = { x = i, y = i % 2 == 0 and i or nil } }
	if i % 5 == 0 then rules[i].limit = i * 10 end
	hosts["host" .. i] = setmetatable({ n = i, ip = bpf.ip(i) }, { __index = { class = i % 4 } })
	wide[i * 1000003 - 500] = { v = i }
end

lang.case { name = "a field", inputs = any, f = function(i)
	local r = rules[i]
	if r then return r.port, r.limit, r.on end
	return -1
end }
lang.case { name = "a field, or an error", inputs = any, f = function(i) return rules[i].port, rules[i].at.x end }
lang.case { name = "caught", inputs = any, f = function(i)
	local n = 0
	local ok, v = pcall(function()
		n = 1
		local r = rules[i]
		n = 2
		return r.port
	end)
	return ok, ok and v, n
end }
lang.case { name = "texts and tables in them", inputs = one, f = function(i)
	local r = rules[i]
	if not r then return r == nil, r ~= nil end
	local at = r.at
	return #r.name, r.name == "r40", at.y and at.x + at.y
end }
lang.case { name = "by name, with an __index", inputs = names, f = function(name)
	local h = hosts[name]
	if not h then return h == nil end
	return h.n, h.class, h.ip == bpf.ip "0.0.0.50"
end }
lang.case { name = "far apart", inputs = lang.each { 0, 999503, 1999506, 99999800, 5 }, f = function(k)
	local e = wide[k]
	return e and e.v, not e
end }
lang.case { name = "gone over", inputs = one, f = function(n)
	local sum, found = 0, nil
	for i, r in ipairs(rules) do
		if r.on and r.port > n then sum = sum + r.port * i end
		if r.port == n then found = i break end
	end
	return sum, found
end }
lang.case { name = "gone over by keys", inputs = one, f = function(n)
	local sum, most = 0, 0
	for _, h in pairs(hosts) do
		if h.class == n then sum = sum + h.n end
		if h.n > most then most = h.n end
	end
	return sum, most
end }
lang.case { name = "two at once", inputs = two, f = function(i, k)
	local a, b = rules[i], rules[k]
	if a and b then return a.port - b.port, a.on == b.on, (a.limit or 0) + (b.limit or 0) end
	return a == nil, b == nil
end }
lang.case { name = "in an inner function", inputs = one, f = function(n)
	local function port(i)
		local r = rules[i]
		if not r or r.on then return nil end
		return r.port
	end
	return port(n), port(2), port(n & 63)
end }
lang.done()

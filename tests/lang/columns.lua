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
local usual = { port = -1, name = "usual", at = { x = 0 } }
lang.case { name = "or another one", inputs = any, f = function(i)
	local r = rules[i] or usual
	return r.port, #r.name, r.limit
end }
lang.case { name = "of two tables", inputs = two, f = function(i, k)
	local r
	if i > 50 then r = rules[k] elseif i > 0 then r = wide[k * 1000003 - 500] end
	if not r then return r == nil, 0 end
	return r.port, r.v, r.on
end }
lang.case { name = "of two, or an error", inputs = two, f = function(i, k)
	local r = usual
	if i < 40 then r = rules[k] end
	return r.at.x, r.port
end }
lang.case { name = "field and then handed on", inputs = one, f = function(n)
	local r = rules[n]
	local port = r and r.port
	r = r or rules[3]
	return port, r.port, r.at.y
end }
lang.case { name = "the best one of a loop", inputs = one, f = function(n)
	local best = nil
	for i = 1, 9 do
		local r = rules[(n & 7) * i]
		if r and (not best or r.port > best.port) then best = r end
	end
	return best and best.port, best and best.at.x, best == nil
end }
lang.case { name = "through two variables", inputs = two, f = function(i, k)
	local best, last, n = nil, nil, 0
	for j = 1, 4 do
		local r = rules[i + j] or best
		if r and r.port > k then best = last end
		last = r
		n = n + (best and best.port or 0)
	end
	return n, best and best.port, last and last.limit
end }
lang.case { name = "handed to a function", inputs = two, f = function(i, k)
	local function cost(r, n) return r and r.port * n + (r.limit or 1) or -n end
	return cost(rules[i] or rules[k], 2), cost(rules[k], 3), cost(nil, i)
end }
local zones = {}
for i = 1, 40 do
	zones[i] = { [0] = i }
	for k = i % 7, 40, 1 + i % 5 do zones[i][k] = i % 6 == 0 and k % 2 == 0 or i * 100 + k end
	zones["z" .. i] = { ["z" .. i % 3] = i, ["z" .. i // 2] = "to" .. i, [i] = false }
end
lang.case { name = "a row by two keys", inputs = two, f = function(i, k) return zones[i][k] end }
lang.case { name = "a row by two keys, or none", inputs = lang.pairs({ 0, 1, 2, 33, 40, 41 }, { 0, 1, 6, 7, 39, 40, -1 }), f = function(i, k)
	local row = zones[i]
	if not row then return -1 end
	local v = row[k]
	return v ~= nil, v, row[0]
end }
lang.case { name = "by two names", inputs = names, f = function(name)
	local n = #name
	local row = zones["z" .. n]
	if not row then return nil end
	local v = row["z" .. n // 2]
	return type(v) == "string" and #v or v, row.z1 ~= nil, row[n]
end }
lang.case { name = "by two keys, of several kinds", inputs = any, f = function(k)
	local v = zones[5][k]
	return v, zones[k] ~= nil and zones[k][k], zones["z7"][k]
end }
local listed = {}
for i = 1, 45 do
	listed[i] = { list = i % 4 > 0 and { i, i + 1, i % 3 == 0 and 7 or nil } or nil, n = i }
	for k = 1, i % 5 do listed[i][k] = k * i end
end
lang.case { name = "lengths of what is found", inputs = lang.each { 0, 1, 3, 4, 6, 45, 46, false }, f = function(a)
	local r = listed[a]
	local n = r and #r
	return n, r and r.list and #r.list, r and r[#r]
end }
lang.case { name = "lengths of what may be none", inputs = lang.each { 0, 1, 4, 45, false }, f = function(a)
	local r = listed[a]
	local ok, e = pcall(function() return #r.list end)
	if ok then return e end
	return #r
end }
lang.case { name = "lengths by default", inputs = lang.each { 0, 1, 4, 45, false }, f = function(a)
	return #(listed[a] or { 1, 2 }), #((listed[a] or {}).list or {})
end }
local none = { n = -1, m = 0 }
lang.case { name = "the best of many, in a loop", inputs = lang.each { 0, 1, 5, 11, 40, 45 }, f = function(a)
	local best = none
	for i = 1, 40 do
		local r = listed[i]
		if r.n * a % 17 > best.n % 17 or best.n < 0 then best = r end
	end
	return best.n, best.m, #best
end }
lang.case { name = "the best of many, or one's own", inputs = lang.each { 0, 1, 5, 11, 40, 45 }, f = function(a)
	local best = { n = -1, m = 3 }
	for i = a, 45 do
		local r = listed[i]
		if r and r.n % 13 > best.n % 13 then best = r end
	end
	return best.n, best.m
end }
local doing = { { go = function(x) return x + 1 end, n = 1 }, { n = 2 }, { go = function(x) return x ~ 5 end, n = 3 } }
local usual = { go = function(x) return x * 7 end }
lang.case { name = "a function of a row, or the usual one", inputs = lang.each { 0, 1, 2, 3, 4 }, f = function(a)
	local o = doing[a] or doing[2]
	local g = o.go or usual.go
	return g(a), o.n
end }
lang.done()

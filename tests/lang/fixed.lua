-- Tables made in kernel code of constants, where they meet captured ones: defaults.
local lang = dofile "tests/lang/harness.lua"
local rows = { { limit = 10, deny = { 4, 5 }, allow = { http = 80, https = 443 } }, { limit = 20, deny = { 9, a = 3 } }, { deny = {} }, {} }
local plain = { { 5 }, { 6 } }
local many, weights = {}, { 7, 8, 9 }
for i = 1, 40 do many[i] = { n = i, list = i % 3 > 0 and { i, i * 2 } or nil } end
local keys = lang.each { 0, 1, 2, 3, 4, 5, false }

lang.case { name = "a row by default", inputs = keys, f = function(a)
	local r = rows[a] or { limit = 3 }
	return r.limit, r.deny == nil
end }
lang.case { name = "a list by default", inputs = lang.each { 1, 2, 3, 4 }, f = function(a)
	local n = 0
	for i, v in ipairs(rows[a].deny or {}) do n = n * 7 + i * v end
	for i, v in ipairs(rows[a].deny or { 2, 3, true and 4 }) do n = n * 7 + i * v end
	return n
end }
lang.case { name = "the list of a row that may be none", inputs = keys, f = function(a)
	local r, n = rows[a], 0
	for _, v in ipairs(r and r.deny or {}) do n = n + v end
	for _, v in ipairs((rows[a] or {}).deny or weights) do n = n * 3 + v end
	return n
end }
lang.case { name = "pairs of one or none", inputs = keys, f = function(a)
	local n = 0
	for k, v in pairs((rows[a] or {}).allow or {}) do n = n + #k * v end
	for k, v in pairs((rows[a] or {}).allow or { dns = 53 }) do n = n + #k * v end
	return n
end }
lang.case { name = "in what order", inputs = keys, f = function(a)
	local n = 0
	for k, v in pairs(plain[(a or 0) + 9] or { 4, 5, x = 9, 6 }) do n = n * 10 + v end
	return n
end }
lang.case { name = "one of many, or not", inputs = lang.pairs({ 0, 1, 3, 17, 40, 41 }, { 1, 2, 3 }), f = function(a, b)
	local r = many[a] or { n = -1 }
	local list = r.list or { 5, 6 }
	return r.n, list[b], r.x
end }
lang.case { name = "chosen by a branch", inputs = lang.pairs({ 0, 1, 2, 5 }, { 1, 2, 3 }), f = function(a, b)
	local t
	if a == 1 then t = weights elseif a == 2 then t = { 1, 2, [-1] = 8, x = 5 } else t = {} end
	return t[b], #t, t.x, t[-1]
end }
lang.case { name = "from turn to turn", inputs = keys, f = function(a)
	local last, n = {}, 0
	for i = 1, 5 do
		n = n * 3 + (last.limit or 1)
		last = rows[i] or { limit = 2 }
		if i == a then last = {} end
	end
	return n, last.limit
end }
lang.case { name = "holds functions, tables and lists", inputs = keys, f = function(a)
	local r = rows[a] or { deny = weights, limit = 2 }
	return r.deny and r.deny[2], r.limit
end }
lang.case { name = "in a function, in a pcall", inputs = keys, f = function(a)
	local function limit(r) return r.limit end
	local ok, n = pcall(function() return limit(rows[a] or { limit = 77 }) + 1 end)
	return ok, ok and n
end }
lang.case { name = "what is written later is a table of its own", inputs = keys, f = function(a)
	local t = {}
	if a == 1 then t = { n = 3 } end
	t.n = (t.n or 1) + 1
	local u = { 1, 2 }
	u[2] = a
	return t.n, u[2]
end }
lang.case { name = "pairs of one by a condition", inputs = keys, f = function(a)
	local n, usual = 0, weights
	for k, v in pairs(a == 1 and { z = 1 } or usual) do n = n * 3 + v end
	local t
	if a == 2 then t = { 5 } else t = usual end
	for k, v in pairs(t) do n = n * 3 + v * k end
	return n
end }

-- ---- asked what it is ----

local two = lang.pairs({ 0, 1, 2, 3 }, { 0, 1, 2, 3 })
lang.case { name = "by its type", inputs = two, f = function(a, b)
	local t = nil
	if a == 1 then t = rows[1] elseif b == 2 then t = { limit = 77 } end
	if type(t) == "table" then return t.limit end
	return -1, t == nil
end }
lang.case { name = "by its type, from a loop", inputs = two, f = function(a, b)
	local t = 5
	for i = 1, 3 do if i == a then t = rows[i] elseif i == b then t = { limit = 77 } end end
	if type(t) == "table" then return t.limit, t.deny == nil end
	return t == 5
end }
lang.case { name = "by its type, which is none of another", inputs = two, f = function(a, b)
	local t = a
	if a == 1 then t = rows[1] elseif b == 2 then t = { limit = 77 } elseif b == 3 then t = "text" end
	local kind = type(t)
	if kind == "table" then return t.limit, math.type(t), #kind elseif kind == "string" then return #t end
	return t
end }
lang.case { name = "compared with what is no table", inputs = two, f = function(a, b)
	local t = 5
	if a == 1 then t = rows[1] elseif b == 2 then t = { limit = 77 } end
	if t ~= 5 and t ~= a and not (t == "text") then return t.limit end
	return t == 5, t == true
end }
lang.case { name = "compared with a table", inputs = two, f = function(a, b)
	local t, u = { limit = b }, { 5 }
	if a == 1 then t = rows[1] elseif b == 2 then t = u end
	return t.limit, t[1]
end }
lang.case { name = "asked within pcall", inputs = two, f = function(a, b)
	local t
	if a == 1 then t = rows[2] elseif b == 2 then t = { limit = 7 } end
	local ok, n = pcall(function() return type(t) == "table" and t.limit + 1 or t + 1 end)
	return ok, ok and n
end }

-- Read by what it gave: where one turn of a loop begins hangs on the turn before.
lang.case { name = "steps", inputs = two, f = function(a, b)
	local step, st = { 2, 3, 1 }, 1
	for _ = 1, b do st = step[st] end
	return st
end }
lang.case { name = "steps from where there may be none", inputs = two, f = function(a, b)
	local step, st = { [0] = 2, [2] = 3, [3] = 0 }, a
	for i = 1, 4 do if i ~= b then st = step[st] or 0 end end
	return st
end }
lang.case { name = "steps of texts", inputs = two, f = function(a, b)
	local step, st = { a = "b", b = "c", c = "a" }, "a"
	for i = 1, 5 do if i > b then st = step[st] end end
	return st == "a", #st
end }
lang.case { name = "steps that end", inputs = two, f = function(a, b)
	local step, st, n = { 3, 4, 2 }, a, 0
	while step[st] do st, n = step[st], n + b end
	return st, n
end }
lang.case { name = "steps within pcall", inputs = two, f = function(a, b)
	local st, n = a, 0
	local ok = pcall(function()
		local step = { 2, 3, false }
		for _ = 1, 3 do st, n = step[st], n + 1 end
	end)
	return ok, n, st
end }
lang.done()

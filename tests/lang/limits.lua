-- Numeric for loops whose first value, limit or step may be a captured table, a function, a truth or nil: Lua says which it finds
-- wrong first.
local lang = dofile "tests/lang/harness.lua"
local vs, ws = { 1, 2, { 5 }, 4, [6] = true, [7] = print }, { 3, {}, 1, [5] = -1, [6] = false, [7] = 0 }
local one = lang.each { 0, 1, 2, 3, 4, 5, 6, 7, nil, false }
local two = lang.pairs { 0, 1, 2, 3, 5, 6, 7, nil }

lang.case { name = "first value", inputs = one, f = function(k)
	local v, n = vs[k], 0
	for i = v, 5 do n = n * 10 + i end
	return n
end }
lang.case { name = "limit", inputs = one, f = function(k)
	local v, n = vs[k], 0
	for i = 1, v do n = n * 10 + i end
	return n
end }
lang.case { name = "step", inputs = one, f = function(k)
	local v, n = vs[k], 0
	for i = 1, 6, v do n = n * 10 + i end
	return n
end }
lang.case { name = "first value, downwards", inputs = one, f = function(k)
	local v, n = vs[k], 0
	for i = v, -1, -2 do n = n * 10 + i end
	return n
end }
lang.case { name = "first value and limit", inputs = two, f = function(a, b)
	local v, w, n = vs[a], ws[b], 0
	for i = v, w do n = n * 10 + i end
	return n
end }
lang.case { name = "limit and step", inputs = two, f = function(a, b)
	local v, w, n = vs[a], ws[b], 0
	for i = 2, v, w do n = n * 10 + i if n > 1000 then break end end
	return n
end }
lang.case { name = "first value and step", inputs = two, f = function(a, b)
	local v, w, n = vs[a], ws[b], 0
	for i = v, 3, w do n = n * 10 + i if n > 1000 then break end end
	return n
end }
lang.case { name = "a table beside what may be nil", inputs = two, f = function(a, b)
	local v, n = vs[a], 0
	for i = v, b do n = n * 10 + i if n > 1000 then break end end
	return n
end }
lang.case { name = "one of two, within pcall", inputs = two, f = function(a, b)
	local v, w, n = vs[a], ws[b], 0
	local ok, e = pcall(function() for i = v, w do n = n * 10 + i end end)
	return ok, n, ok or #e
end }
lang.case { name = "one of a captured table and a number", inputs = two, f = function(a, b)
	local v, n = b, 0
	if a == 1 then v = vs elseif a == 2 then v = print end
	for i = v, 3 do n = n * 10 + i if n > 1000 then break end end
	return n
end }
lang.case { name = "a table made in the function", inputs = two, f = function(a, b)
	local v, n = b, 0
	if a == 1 then v = { b } elseif a == 2 then v = vs[b] end
	for i = v, 3 do n = n * 10 + i if n > 1000 then break end end
	return n
end }
lang.case { name = "as the limit", inputs = two, f = function(a, b)
	local v, n = b, 0
	if a == 1 then v = { b } elseif a == 2 then v = vs[b] end
	for i = 1, v do n = n * 10 + i if n > 1000 then break end end
	return n
end }

lang.done()

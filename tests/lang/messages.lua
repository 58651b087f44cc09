-- The message of an error as a text: its length, methods, pieces, order.
local lang = dofile "tests/lang/harness.lua"
local inputs = lang.pairs { "nil", 3, false, 0 }
local notes = bpf.map { "hash", key = "u32", value = "char[64]", entries = 4 }
local known = bpf.map { "hash", key = "char[8]", value = "u32", entries = 4 }
local waiting = bpf.map { "queue", value = "char[8]", entries = 4 }

-- Lua's own names of variables are not ours to give: what is behind "value" is left out.
lang.case { name = "length and methods", inputs = inputs, f = function(a, b)
	local ok, err = pcall(function() return a + b end)
	if ok then return err end
	local from = err:find("attempt to", 1, true)
	return from, err:match("^[^:]+:(%d+): ") == "9", err:sub(1, 10) == "tests/lang"
end }
lang.case { name = "which of them", inputs = inputs, f = function(a, b)
	local ok, err = pcall(function()
		if not a then error("no a") end
		if a == 0 then error("zero", 0) end
		return a + b
	end)
	if ok then return err end
	return #err > 30, err:find("no a") ~= nil, err == "zero"
end }
lang.case { name = "pieces", inputs = inputs, f = function(a, b)
	local ok, err = pcall(function() return a + b end)
	if ok then return err end
	local s = "failed: " .. err
	return s:sub(1, 29) == "failed: tests/lang/messages.l", s:upper():sub(9, 13) == "TESTS", ("%s!"):format(err):sub(1, 5) == "tests"
end }
lang.case { name = "order, and compared with a text made here", inputs = inputs, f = function(a, b)
	local ok, err = pcall(function() if not b then error("b", 0) end return a + b end)
	if ok then return err end
	return err < "c", err == "b" .. (a and "" or "x"), tostring(err) == "b"
end }
lang.case { name = "two compared", inputs = inputs, f = function(a, b)
	local ok, err = pcall(function() if not a then error("x", 0) end return a end)
	local ok2, err2 = pcall(function() if not b then error("x", 0) end error("y", 0) end)
	if type(err) == "string" and type(err2) == "string" then return err == err2, err < err2 end
	return ok, ok2
end }
lang.case { name = "of several kinds", inputs = inputs, f = function(a, b)
	local _, err = pcall(function()
		if a == 3 then error(7) end
		if a == 0 then error() end
		return a + b
	end)
	if type(err) == "string" then return #err > 20, err:byte(1) end
	return err
end }
lang.case { name = "raised again, with a position and without", inputs = inputs, f = function(a, b)
	local ok, err = pcall(function()
		local fine, inner = pcall(function() return a + b end)
		if not fine and #inner > 5 then error("again: " .. inner:sub(1, 5), 0) end
		return inner
	end)
	if ok then return err end
	return err:sub(1, 7) == "again: ", #err
end }
lang.case { name = "in a loop", inputs = inputs, f = function(a, b)
	local n = 0
	for i = 1, 3 do
		local ok, err = pcall(function()
			if i == 2 then error("two", 0) end
			return a + b
		end)
		n = n * 100 + (ok and 1 or err:sub(1, 1) == "t" and #err > 3 and 2 or 3)
	end
	return n
end }
lang.case { name = "as a number", inputs = inputs, f = function(a, b)
	local ok, err = pcall(function()
		if not a then error("12", 0) end
		if b == 0 then error("x", 0) end
		return a + b
	end)
	return tonumber(err), ok
end }
lang.case { name = "stored", see = { notes, known, waiting }, inputs = inputs, f = function(a)
	local ok, err = pcall(function() if not a then error("short", 0) end return a end)
	if not ok then
		notes[1] = err
		known[err] = 5
		waiting:push(err)
		return known["short"], known[err]
	end
	return ok
end }
local rows = bpf.map { "hash", key = "u32", value = "struct { char[32] t; u32 n; }", entries = 4 }
local sent = bpf.events { text = "char[64]", n = "u32" }
lang.case { name = "in a table that is stored, in an entry, sent", see = { rows, sent }, inputs = inputs, f = function(a, b)
	local ok, err = pcall(function() if not a then error("short", 0) end if b == 0 then error("0", 0) end return a end)
	if ok then return err end
	rows[1] = { t = err, n = 1 }
	rows[2] = { n = 2 }
	rows[2].t = err
	sent:send { text = err, n = 3 }
	return rows[1].t == "short", #rows[2].t
end }
lang.case { name = "too long for that", see = { rows, notes, sent }, inputs = lang.each { "nil", 3 }, f = function(a)
	local ok, err = pcall(function() return a + 1 end)
	if ok then return err end
	local stored, why = pcall(function() rows[1] = { t = err, n = 1 } end)
	local kept = pcall(function() notes[1] = err end)
	return stored, kept, why:find("does not fit") ~= nil
end }
lang.case { name = "cut to a length", inputs = lang.each { 0, 1, false }, f = function(a)
	local ok, e = pcall(function() return 7 // a end)
	if ok then return e end
	local t = bpf.trunc(e, 20)
	return #t, t == e:sub(1, 20)
end }
lang.done()

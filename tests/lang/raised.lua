-- Errors whose text is made at run time: caught with their position, without one, raised again, printed, compared.
local lang = dofile "tests/lang/harness.lua"

local head = lang.head
local text = ("GET /a/Path?x=1&y=22 HTTP/1.1\r\nHost: example.org"):rep(3)
local inputs = {}
for _, n in ipairs { 0, 1, 5, 8, 20, 64, 100 } do inputs[#inputs + 1] = head .. text:sub(1, n) end
local function over(name, f) lang.packets { name = name, inputs = inputs, f = function(p) return f(p:sub(15, 200), p) end } end
local here = "tests/lang/raised.lua:"

local line = debug.getinfo(1, "l").currentline + 2
over("with its position", function(s)
	local ok, e = pcall(function() error("bad " .. s:sub(1, 1)) end)
	return ok, e == here .. line .. ": bad G", e == here .. line .. ": bad "
end)
over("without one", function(s)
	local ok, e = pcall(function() error("bad " .. s:sub(1, 5), 0) end)
	return ok, e == "bad GET /", e == "bad G"
end)
over("a part of the packet", function(s)
	local ok, e = pcall(function() if #s > 6 then error(s:sub(1, 3), 0) end return #s end)
	return ok, e == "GET", ok and e
end)
over("long", function(s)
	local ok, e = pcall(error, "so long: " .. s .. s .. s, 0)
	return ok, e == "so long: ", type(e) == "string"
end)
local again = debug.getinfo(1, "l").currentline + 4
over("raised again", function(s)
	local ok, e = pcall(function()
		local fine, why = pcall(function() error("x" .. s:sub(1, 1), 0) end)
		if not fine then error(why) end
	end)
	return ok, e == here .. again .. ": xG", e == here .. again .. ": x"
end)
over("or another error", function(s)
	local ok, e = pcall(function()
		if #s == 1 then s = nil end
		if #s > 50 then error(12) end
		error("n" .. #s, 0)
	end)
	return ok, e == "n5", e == 12
end)
over("assert", function(s)
	local ok, e = pcall(function() assert(#s > 5, "only " .. #s) return 3 end)
	return ok, e == "only 5", e == "only 1"
end)
over("a number is no text", function(s)
	local ok, e = pcall(function()
		local v = "t" .. #s
		if #s > 5 then v = #s end
		error(v)
	end)
	return ok, e == 8, e == 20
end)
over("in a loop", function(s)
	local n, last = 0, nil
	for i = 1, #s & 15 do
		local ok, e = pcall(function() if i % 3 == 0 then error("third " .. i, 0) end return i end)
		if not ok then n, last = n + 1, e end
	end
	return n, last == "third 3", last == "third 6"
end)

-- ---- that nothing catches ----

over("uncaught", function(s) if #s > 4 then error("bad " .. s:sub(1, 5) .. #s) end return #s end)
over("uncaught, without position", function(s) if #s > 4 then error(s:sub(1, 3), 0) end return #s end)
over("uncaught, long", function(s) error("so long: " .. s:sub(1, 60) .. s:sub(1, 90)) end)
over("uncaught: one of two, or a number", function(s)
	local v = "few " .. #s
	if #s > 60 then v = "many " .. s:sub(1, 20) .. s elseif #s > 6 then v = #s end
	error(v)
end)
over("uncaught, of assert", function(s)
	assert(#s > 5, "only " .. #s)
	assert(#s < 50, s:sub(1, 4))
	return #s
end)
over("uncaught, with a zero byte", function(s) error("bad " .. s:sub(1, 4) .. string.char(#s & 1) .. s:sub(3, 8), 0) end)
over("raised again, uncaught", function(s)
	local ok, e = pcall(function() if #s == 8 then s = nil end error("x" .. #s, 0) end)
	error(e, 0)
end)

-- ---- tables ----

local captured = { code = 9 }
over("a table, uncaught", function(s) if #s > 6 then error {} end return #s end)
over("a table with fields, uncaught", function(s)
	local t = { code = #s }
	if #s > 6 then error(t) end
	t.code = t.code + 1
	return t.code
end)
over("a captured table, uncaught", function(s) if #s > 6 then error(captured) end return #s end)
over("a table or a number, uncaught", function(s)
	local v = #s
	if #s > 6 then v = { n = #s } end
	error(v)
end)
over("a table, raised again", function(s)
	local ok, e = pcall(function() if #s > 6 then error { code = #s } end return #s end)
	if ok then return e end
	if type(e) ~= "table" then return 0 end
	if e.code > 60 then error(e, 0) end
	return e.code
end)
over("a table in a list, uncaught", function(s)
	local list = { { code = 1 }, { code = #s } }
	if #s > 6 then error(list[2]) end
	return list[1].code + list[2].code
end)
local reason = { code = 3 }
local reasons = { [1] = reason, [6] = { code = 9 }, [8] = "eight" }
over("one of several captured tables, or none, uncaught", function(s) error(reasons[#s] or reason) end)

-- ---- long names of sources, which messages cut ----

local code = "return function(s) local t = { code = 4 } if #s > 6 then t = nil end return t.code end"
for _, name in ipairs { "@", "=" } do
	for n = 58, 61 do
		local f = assert(load(code, name .. ("0123456789"):rep(7):sub(1, n)))()
		local g = assert(load("return function(s) error('in ' .. s:sub(1, 2)) end", name .. ("0123456789"):rep(7):sub(1, n)))()
		local _, message = pcall(f, "1234567")
		local _, raised = pcall(g, "ab")
		message = message:gsub(" %(local 't'%)$", "")
		over(("a source of %d bytes after %s"):format(n, name), function(s)
			local ok, e = pcall(f, s)
			local _, e2 = pcall(g, s)
			return ok, e == message or e == message .. " (local 't')", e2:sub(1, -3) == raised:sub(1, -3)
		end)
		over(("a source of %d bytes after %s, uncaught"):format(n, name), f)
	end
end
-- Numbers and addresses that nothing catches have their text.
local values = lang.each { 0, -7, math.mininteger, bpf.ip "10.0.0.2", bpf.ip "2001:db8::7", bpf.mac "02:00:00:00:00:09", "text", "nil", true }
lang.case { name = "what nothing catches", inputs = values, f = function(v) error(v, 0) end }
-- So have floats; what has none is named by its type.
local some = bpf.map { "hash", key = "u32", value = "struct { u32 a; }", entries = 4 }
local captured, ip = { 1 }, bpf.ip "10.0.0.3"
lang.case { name = "constants that nothing catches", inputs = lang.each { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, f = function(v)
	if v == 0 then error(1.5) elseif v == 1 then error(2.0) elseif v == 2 then error(-1e100) elseif v == 3 then error(math.huge)
	elseif v == 4 then error(ip) elseif v == 5 then error(captured) elseif v == 6 then error { v } elseif v == 7 then error(some)
	elseif v == 8 then error(print) elseif v == 9 then error(function() end) elseif v == 10 then error() end
	some[1] = { a = v }
	error(some[1])
end }
lang.case { name = "what is caught and raised again", inputs = values, f = function(v)
	local ok, e = pcall(error, v, 0)
	if e ~= 0 then error(e, 0) end
	return ok
end }
lang.done()

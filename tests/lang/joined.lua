-- a .. b of what may be nil, a boolean, a number or a text, what Lua says of it, and of texts that loops make.
local lang = dofile "tests/lang/harness.lua"
local inputs = lang.cut "abcdefgh12"
local words = bpf.map { "hash", key = "u32", value = "char[16]", entries = 4 }
local function over(name, f)
	lang.packets { name = name, inputs = inputs, once = true, f = function(p) return lang.all(f(p:sub(15), p)) end }
end

-- ---- what may be no text ----

over("nil on the left", function(t) local s if #t > 3 then s = "a" end return s .. "b" end)
over("nil on the right", function(t) local s if #t > 3 then s = "a" end return "b" .. s end)
over("nil on both sides", function(t)
	local s, u
	if #t > 3 then s = "a" end
	if #t < 5 then u = t end
	return u .. s
end)
over("nil in one of three", function(t)
	local s, u
	if #t > 3 then s = "a" end
	if #t < 5 then u = t end
	return u .. s .. "x"
end)
over("false or a text", function(t) return (#t > 3 and t) .. "x" end)
over("true or a text", function(t) local s = true if #t > 3 then s = "a" end return s .. "b" end)
over("nil or a number", function(t) local s if #t > 3 then s = #t end return s .. "b" end)
over("a number or a text", function(t) local s = #t if #t > 3 then s = t end return s .. "b" end)
over("nil, a number or a text", function(t) local s if #t > 3 then s = t elseif #t > 1 then s = #t end return s .. "b" end)
over("nil, true, a number or a text", function(t)
	local s
	if #t > 3 then s = t elseif #t > 1 then s = #t elseif #t > 0 then s = true end
	return s .. "b"
end)
over("what a map gives", function(t)
	words[1] = "xy"
	return words[#t] .. t
end)
over("a capture", function(t) local a = t:match("c(.)") return "<" .. a .. ">" end)
over("a field", function(t) local r = { name = nil } if #t > 3 then r.name = t end return r.name .. "x" end)
over("a variable of the function around", function(t)
	local s
	if #t > 3 then s = t end
	local function f() return s .. "x" end
	return f()
end)

-- ---- messages, byte by byte, with the names of the first two operands ----

local function says(name, f)
	over("message: " .. name, function(t, p)
		local _, e = pcall(f, t, p)
		return e
	end)
end
says("local", function(t) local s if #t > 3 then s = "a" end return s .. "b" end)
says("local on the right", function(t) local s if #t > 3 then s = "a" end return "b" .. s end)
says("boolean", function(t) local s = true if #t > 3 then s = "a" end return s .. "b" end)
says("upvalue", function(t) local s if #t > 3 then s = "a" end return (function() return s .. "b" end)() end)
says("field", function(t) local r = {} if #t > 3 then r.name = "a" end return r.name .. "b" end)
says("element", function(t) local r = { "a", nil, "c" } return r[#t] .. "b" end)
says("parameter", function(t) local function f(a) return a .. "x" end return f(#t > 3 and "a" or nil) end)
says("what a call gives", function(t) return t:match("c") .. "b" end)
says("what has no name", function(t) return (#t > 3 and "a" or nil) .. "b" end)
says("assigned to itself", function(t) local s if #t > 3 then s = "a" end s = s .. t return s end)

-- ---- loops ----

over("begun in the loop", function(t)
	local s
	for i = 1, #t do if i > 2 then s = (s or "") .. t:sub(i, i) end end
	return s .. "!"
end)
over("nil where the loop takes no turn", function(t)
	local s
	if #t > 0 then s = "" end
	for i = 1, #t do s = s .. t:sub(i, i) end
	return s .. "!"
end)
over("a piece that is nil in one turn", function(t)
	local s = ""
	for i = 1, #t do
		local u
		if i ~= 4 then u = t:sub(i, i) end
		s = s .. u
	end
	return s .. "!"
end)
over("two at once", function(t)
	local s, u = "", ""
	for i = 1, #t do if i % 2 == 0 then s = s .. t:sub(i, i) else u = u .. t:sub(i, i) end end
	return s .. "-" .. u
end)
over("numbers", function(t) local s = "" for i = 1, #t do s = s .. i .. "," end return s end)
over("to the front", function(t) local s = "" for i = 1, #t do s = t:sub(i, i) .. s end return s end)
over("exchanged", function(t)
	local s, u = "a", "b"
	for i = 1, #t do s, u = u .. t:sub(i, i), s end
	return s .. "|" .. u
end)
over("nil from some turn on", function(t)
	local s = "a"
	for i = 1, #t do if i == 6 then s = nil else s = s .. i end end
	return s .. "z"
end)
over("a number in some turn", function(t)
	local s = "a"
	for i = 1, #t do if i == 6 then s = 5 else s = s .. i end end
	return s .. "z"
end)
over("doubled", function(t) local s = t while #s < 30 do s = s .. s .. "x" end return s end)
over("within loops", function(t)
	local s = ""
	for i = 1, #t do
		for j = 1, i do s = s .. t:sub(j, j) end
		s = s .. ";"
	end
	return s
end)
over("by a function that shares it", function(t)
	local s = "a"
	local function add(x) s = s .. x end
	add(t)
	s = s .. "-"
	for i = 1, #t do add(i) end
	return s
end)
lang.done()

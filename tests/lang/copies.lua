-- Texts of more than 64 bytes read from typed memory: values, entries, states, keys of pairs; and written in place.
local lang = dofile "tests/lang/harness.lua"

local inputs = lang.texts({ 0, 1, 7, 8, 9, 63, 64, 65, 71, 72, 73, 99, 100, 101, 102, 103, 104, 105, 255, 256, 300 },
	{ 1, 8, 64, 65, 96, 97, 100, 101 })

local all = lang.all

for _, type in ipairs { "char[101]", "bytes[104]", "char[256]", "bytes[67]", "char[65]" } do
	local values = bpf.map { "hash", key = "u32", value = type, entries = 4 }
	lang.packets { name = "values " .. type, inputs = inputs, see = { values }, f = function(p)
		local good = pcall(function() values[1] = p:sub(15) end)
		local s = values[1]
		if not s then return good, #(values[2] or "none") end
		return all(s), all(s:sub(60, 70)), s == p:sub(15)
	end }
	local array = bpf.map { "array", key = "u32", value = type, entries = 2 }
	lang.packets { name = "values of an array " .. type, inputs = inputs, see = { array }, f = function(p)
		local before = #array[1]
		pcall(function() array[1] = p:sub(15) end)
		array[0] = array[1]
		return before, all(array[0]), array[0] < array[1] .. "x"
	end }
	local entries = bpf.map { "hash", key = "u32", value = { a = "u8", text = type, b = "u16" }, entries = 4 }
	lang.packets { name = "entries " .. type, inputs = inputs, see = { entries }, f = function(p)
		entries[1] = { a = 255, b = 65535, text = "before" }
		local e = entries[1]
		if not e then return end
		local good = pcall(function() e.text = p:sub(15) end)
		e.a = 1
		return good, all(e.text), e.text:find("9a") or e.b
	end }
	local keys = bpf.map { "hash", key = type, value = "u32", entries = 4 }
	lang.packets { name = "keys in pairs " .. type, inputs = inputs, see = { keys }, f = function(p)
		keys["one"] = 1
		pcall(function() keys[p:sub(15)] = 2 end)
		local sum = 0
		for k, v in pairs(keys) do sum = sum + all(k) * v end
		return sum
	end }
end

local st = bpf.state { text = "char[130]", raw = "bytes[80]", n = "u32", maybe = "char[100]?" }
local ev = bpf.events { text = "char[200]", n = "u32" }
local both = bpf.map { "hash", key = "u32", value = { one = "char[90]?", two = "bytes[77]", n = "u32" }, entries = 4 }
lang.packets { name = "states", inputs = inputs, see = { ev }, f = function(p)
	local s = p:sub(15)
	st.text, st.raw, st.maybe = "before", "", nil
	local good = pcall(function() st.text = s end)
	local raw = pcall(function() st.raw = s:sub(-80) end)
	st.text = st.text:sub(1, 100) .. "!"
	local none = st.maybe == nil
	st.maybe = st.text:sub(1, 90)
	ev:send { text = st.text .. st.raw:sub(1, 3), n = 3 }
	return good, raw, none and all(st.text) + all(st.raw) + all(st.maybe or "")
end }
lang.packets { name = "what may be nil", inputs = inputs, see = { both }, f = function(p)
	both[1] = { two = p:sub(15, 91), n = 1 }
	local e = both[1]
	if not e then return end
	local none = e.one == nil
	local good = pcall(function() e.one = p:sub(15) end)
	both[2] = e
	local copy = both[2]
	return none, good, copy and all(copy.one or "none") + all(copy.two)
end }
local queue = bpf.map { "queue", value = { text = "char[101]", n = "u32" }, entries = 4 }
local stack = bpf.map { "stack", value = "bytes[90]", entries = 4 }
lang.packets { name = "popped", inputs = inputs, see = { stack }, f = function(p)
	stack:push(p:sub(15, 104))
	stack:push("second")
	local top = stack:peek()
	local n = all(stack:pop() or "none")
	return all(top or "none") == n, all(stack:pop() or "none")
end }
lang.packets { name = "records popped", inputs = inputs, see = { queue }, f = function(p)
	queue:push { text = p:sub(15, 114), n = p.len }
	local e = queue:pop()
	if not e then return end
	local n = e.n
	return all(e.text), n
end }
lang.packets { name = "in loops", inputs = inputs, see = { both }, f = function(p)
	for i = 1, 3 do both[i] = { one = p:sub(15, 20 * i), two = p:sub(15, 40) } end
	local last, sum = "", 0
	for i = 0, 4 do
		local e = both[i]
		if e and e.one and #e.one > #last then last = e.one end
		if e then sum = sum + #e.two end
	end
	for k, e in pairs(both) do sum = sum + all(e.one or "") * k end
	return all(last), sum
end }
lang.done()

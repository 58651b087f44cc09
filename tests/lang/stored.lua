-- Texts of more than 64 bytes in events, values and keys: char[N] and bytes[N], at every place of a word, with what does not
-- fit, with zeros in them, as one of several kinds, in loops.
local lang = dofile "tests/lang/harness.lua"

local inputs = lang.texts({ 0, 1, 7, 8, 9, 63, 64, 65, 71, 72, 73, 99, 100, 101, 102, 127, 128, 255, 256, 257, 300 },
	{ 1, 8, 64, 65, 100, 101 })

local function whole(p) return p:sub(15) end
local function made(p) return p:sub(15):lower() .. "!" end
local function either(p) return p.len & 1 == 0 and "constant" or p.len & 2 == 0 and p:sub(15, 20) or p:sub(15) end
local function cut(p) return p:sub(15, 114) end
local texts = { whole = whole, made = made, either = either, cut = cut }

for name, of in lang.sorted(texts) do
	for _, type in ipairs { "char[101]", "bytes[104]", "char[256]" } do
		local ev = bpf.events { text = type, n = "u32" }
		lang.packets { name = name .. " sent as " .. type, inputs = inputs, see = { ev }, f = function(p)
			ev:send { text = of(p), n = p.len }
		end }
		local values = bpf.map { "hash", key = "u32", value = type, entries = 4 }
		lang.packets { name = name .. " as a value " .. type, inputs = inputs, see = { values }, f = function(p)
			values[1] = of(p)
		end }
		local keys = bpf.map { "hash", key = type, value = "u32", entries = 4 }
		lang.packets { name = name .. " as a key " .. type, inputs = inputs, see = { keys }, f = function(p)
			local there = keys[of(p)]
			keys[of(p)] = 5
			keys:add(of(p), 2)
			return there, keys[of(p)]
		end }
	end
end

-- at an odd place, between others
local ev = bpf.events { a = "u16", one = "char[67]", b = "u8", two = "char[129]", c = "u32" }
local odd = bpf.map { "hash", key = "struct { u8 k; char name[70]; }", value = "struct { u8 a; char one[77]; u32? b; char two[90]; }", entries = 4 }
lang.packets { name = "in structs", inputs = inputs, see = { ev, odd }, f = function(p)
	local s = p:sub(15)
	ev:send { a = 0xffff, one = s:sub(1, 67), b = 0xff, two = s, c = -1 & 0xffffffff }
	odd[{ k = 255, name = s:sub(1, 70) }] = { a = 255, one = s:sub(2, 78), b = p.len, two = s:sub(-90) }
	odd[{ k = 255, name = s:sub(1, 70) }] = { two = s:sub(1, 90) }
	return odd[{ name = s:sub(1, 70), k = 255 }] ~= nil
end }
local big = bpf.events { path = "char[1500]", host = "char[300]", n = "u8" }
lang.packets { name = "big events", inputs = inputs, see = { big }, f = function(p)
	big:send { host = p:sub(15, 300), path = p:sub(15) .. "/" .. p:sub(15) .. "?" .. p:sub(15), n = 7 }
	big:send { n = 1, path = "short" }
	big:send { host = p:sub(15) }
end }
local names = bpf.map { "hash", key = "char[100]", value = "u32", entries = 64 }
lang.packets { name = "in loops, and within pcall", inputs = inputs, see = { names, big }, f = function(p)
	local s, n = p:sub(15), 0
	for i = 1, 4 do
		local good = pcall(function()
			names:add(s:sub(i * 10), i)
			if i > 2 then big:send { host = s:sub(i, -i), n = i } end
		end)
		if good then n = n + i end
	end
	for word in s:gmatch "[%d]+%l+" do names:add(s:sub(1, 70) .. word, 1) end
	return n
end }
local m = bpf.map { "hash", key = "u32", value = "u32", entries = 4 }
m[1], m[2], m[3] = 1, 2, 3
lang.packets { name = "in pairs(map)", inputs = inputs, see = { names }, f = function(p)
	local s, n = p:sub(15), 0
	for k, v in pairs(m) do
		if pcall(function() names[s:sub(1, 66 * k)] = v end) then n = n + 1 end
	end
	return n
end }
local queue = bpf.map { "queue", value = "struct { char text[120]; u32 n; }", entries = 4 }
lang.packets { name = "pushed", inputs = inputs, see = { queue }, f = function(p)
	queue:push { text = p:sub(15), n = p.len }
end }
lang.done()

-- Fields of records that are stored or sent and may be of the wrong kind: the same error on the same line, at run time. One
-- that must be of the wrong kind is refused: tests/diag/stored.lua.
local lang = dofile "tests/lang/harness.lua"

local ANY = { 0, 1, -1, 255, 256, true, false, "nil", "", "5", "text", "too long a text", bpf.ip "10.0.0.1", bpf.ip "::1",
	bpf.mac "02:00:00:00:00:01" }
local types = { n = "u8", text = "char[4]", from = "ip4", mac = "mac", on = "bool", maybe = "u8?" }

for field, type in lang.sorted(types) do
	local struct = ("struct { %s %s; u16 other; }"):format(type == "char[4]" and "char" or type, field .. (type == "char[4]" and "[4]" or ""))
	local ev = bpf.events { [field] = type, other = "u16" }
	local values = bpf.map { "hash", key = "u32", value = struct, entries = 4 }
	local keys = bpf.map { "hash", key = struct, value = "u32", entries = 4 }
	local queue = bpf.map { "queue", value = struct, entries = 4 }
	lang.case { name = field .. " in an event", see = { ev }, inputs = lang.each(ANY), f = function(v)
		ev:send { [field] = v, other = 1 }
	end }
	lang.case { name = field .. " in a value", see = { values }, inputs = lang.each(ANY), f = function(v)
		values[1] = { [field] = v, other = 1 }
	end }
	lang.case { name = field .. " in a key", see = { keys }, inputs = lang.each(ANY), f = function(v)
		local there = keys[{ [field] = v }]
		keys[{ [field] = v }] = 1
		keys[{ [field] = v, other = 2 }] = nil
		keys:add({ [field] = v }, 1)
		return there
	end }
	lang.case { name = field .. " in a queue", see = { queue }, inputs = lang.each(ANY), f = function(v)
		queue:push { [field] = v, other = 1 }
	end }
end

local ev = bpf.events { n = "u8", text = "char[40]" }
lang.case { name = "of another kind on one way", see = { ev }, inputs = lang.each { 0, 1 }, f = function(a)
	local n = "x"
	if a == 1 then n = 7 end
	ev:send { n = n }
end }
lang.case { name = "nothing or of the wrong kind", see = { ev }, inputs = lang.each { 0, 1 }, f = function(a)
	ev:send { n = a == 1 and "x" or nil }
end }
lang.case { name = "replaced before it is sent", see = { ev }, inputs = lang.each { 0, 1 }, f = function(a)
	local t = { n = "x" }
	t.n = a
	ev:send(t)
end }
lang.case { name = "tested by its type", see = { ev }, inputs = lang.each { 0, 1, "text", "nil" }, f = function(a)
	if type(a) == "number" then ev:send { n = a } else ev:send { text = a } end
end }
lang.case { name = "another with each turn of a loop", see = { ev }, inputs = lang.each { 0, 1, 3 }, f = function(a)
	local n = "x"
	for i = 1, 3 do
		if i > a then ev:send { n = n } end
		n = i
	end
end }
local function send(n) ev:send { n = n } end
lang.case { name = "by a function that is given this and that", see = { ev }, inputs = lang.each { 0, 1, 2 }, f = function(a)
	send(a)
	send(a == 1 and "x" or 5)
end }
lang.case { name = "the message of an error", see = { ev }, inputs = lang.each { 0, 1, "nil" }, f = function(a)
	local good, message = pcall(function() return a + 1 end)
	if good then ev:send { n = message } else ev:send { text = tostring(message):sub(1, 4) } end
end }
lang.case { name = "the message of an error, or what is given", see = { ev }, inputs = lang.each { 0, 1, "nil" }, f = function(a)
	local good, message = pcall(error, "text")
	ev:send { n = a, text = message }
	return good
end }
local debug = false
lang.case { name = "in a branch that a constant removes", see = { ev }, inputs = lang.each { 0, 1 }, f = function(a)
	if debug then ev:send { n = "x" } end
	ev:send { n = a }
end }
lang.done()

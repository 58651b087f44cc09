-- Functions beside other values: what is done to them is an error where it is a function, also where nobody uses what it gives.
local lang = dofile "tests/lang/harness.lua"
local function nine() return 9 end
local function eight() return 8 end
local few = lang.each { 0, 1, 2, 3 }
local n = 0

-- Each in a function that gives what is done to v, in one that drops it, and in one that asks for it only later.
local forms = { "return %s", "local x = %s return 1", "local x = %s if a == 3 then return x and 2 end return 3" }
local function each(name, value, other, does)
	for _, form in ipairs(forms) do
		n = n + 1
		local text = "local nine, eight = ... return function(a) local v = " .. value .. " if a > 1 then v = " .. other .. " end " .. form:format(does) .. " end"
		lang.case { name = name .. ": " .. does .. ", " .. n, inputs = few, f = assert(load(text, "=misused"))(nine, eight) }
	end
end

for _, does in ipairs { "v + 1", "1 + v", "-v", "~v", "v & 1", "v < 5", "5 < v", "v // (a - 2)", "v == 3", "not v" } do
	each("an integer or an inner function", "a", "function() return a end", does)
	each("an integer or a captured function", "a", "nine", does)
end
for _, does in ipairs { "#v", "v < 'a'", "'a' < v", "v:upper() == 'A1'", "v.find and 1", "v == 'a1'" } do
	each("a text or an inner function", "'a' .. a", "function() return a end", does)
	each("a constant or an inner function", "'a1'", "function() return a end", does)
end
for _, does in ipairs { "v.x", "v.x == 3", "v[1]" } do
	each("a text or a captured function", "'hello'", "nine", does)
	each("nothing or a captured function", "nil", "nine", does)
	each("two captured functions", "eight", "nine", does)
	each("an inner and a captured function", "function() return a end", "nine", does)
	each("one of the library or another", "math.abs", "nine", does)
end

local rows = { [0] = "all", { ports = { m = 4 } }, nine, 7 }
local functions = { [0] = nine, eight }
lang.case { name = "rows that are texts, tables, functions and numbers", inputs = few, f = function(a) return rows[a].ports.m end }
lang.case { name = "likewise, not used", inputs = few, f = function(a)
	local x = rows[a].ports.m
	return 1
end }
lang.case { name = "a field of one, not used", inputs = few, f = function(a)
	local x = rows[a].ports
	return 1
end }
lang.case { name = "a function of texts that is indexed, not used", inputs = few, f = function(a)
	local x = rows[a].find.m
	return 1
end }
lang.case { name = "rows that are functions, not used", inputs = few, f = function(a)
	local x = functions[a].ports
	return 1
end }
lang.case { name = "used on one way only", inputs = few, f = function(a)
	local v = rows[a]
	local ok, err = pcall(function()
		local x = v.ports.m
		return a == 1 and x or 5
	end)
	return ok, ok and err
end }
lang.case { name = "a text of a local, not used", inputs = few, f = function(a)
	local v = "hello"
	if a > 1 then v = rows[1] end
	local x = v.ports.m
	return 1
end }
lang.packets { name = "an address, the packet or an inner function", inputs = { lang.head .. ("\1"):rep(8), lang.head .. ("\1"):rep(40) }, f = function(pkt)
	local v, w = pkt.eth.src, pkt
	if pkt.len > 40 then
		v = function() return pkt.len end
		w = v
	end
	local ok, n = pcall(function() return v:int() end)
	local same, len = pcall(function() return w.len end)
	return ok, ok and n, same, same and len, #w
end }
lang.packets { name = "a separator that is a constant or bytes", inputs = { lang.head .. "ab", lang.head .. "cdefgh" }, f = function(pkt)
	local v = pkt:sub(15, 16)
	if pkt.len > 16 then v = "hello" end
	local x = ("a"):rep(3, v)
	return #x, x == "aabaaba", x:byte(2)
end }
local map, state = lang.map { "array", name = "misused", key = "u32", value = "u32", entries = 1 }, bpf.state { n = "u64" }
lang.case { name = "a table, a map, a state or an inner function as a text", inputs = lang.each { 0, 1, 2, 3, 4 }, f = function(a)
	local v = "text"
	if a == 0 then v = rows elseif a == 1 then v = map elseif a == 2 then v = state elseif a == 3 then v = function() return a end end
	return string.len(v)
end }
lang.packets { name = "an inner or a captured function as an offset or a key", inputs = { lang.head .. ("\1"):rep(8), lang.head .. ("\1"):rep(40) },
	f = function(pkt)
	local v = pkt.len & 0
	if pkt.len > 40 then v = function() return pkt.len end end
	return pkt:u8(v), map and map[v]
end }
lang.done()

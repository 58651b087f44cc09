-- The packets that a generated program is run on.
local random = math.random
local values

local function pick(list) return list[random(#list)] end
local function chance(percent) return random(100) <= percent end

local function words(n)
	local out = {}
	for i = 1, n do
		local v = chance(80) and pick(values) or random(0)
		out[i] = string.pack(">Bi8", chance(60) and 3 or random(0, 255), v)
	end
	return table.concat(out)
end

local function ipv4()
	local payload = words(2)
	local proto = pick { 17, 17, 6, 6, random(0, 255) }
	local l4 = string.pack(">I2I2I2I2", random(0, 0xffff), pick { 53, 80, 80, 81, 81, random(0, 0xffff) }, 8 + #payload,
		pick { 0, 0xffff, 0xffff, random(0, 0xffff) })
	local sum = pick { 7, 0, 0, 0xff00, 0xffff, random(0, 0xffff) }
	if proto == 6 then
		l4 = string.pack(">I2I2I4I4BBI2I2I2", random(0, 0xffff), pick { 80, 81 }, random(0, 0xffffffff), 0xffffffff,
			pick { 0x50, 0x50, 0x60, 0x40, 0xf0 }, random(0, 255), 0xffff, sum, 7)
	end
	local flags = pick { 0, 0, 0x4000, 0x2000, 3, random(0, 0xffff) }
	local head = string.pack(">BBI2I2I2BBI2", chance(85) and 0x45 or random(0, 255), random(0, 255),
		chance(80) and 20 + #l4 + #payload or pick { 0, 19, 20, 28, 30, 40, random(0, 0xffff) },
		random(0, 0xffff), flags, random(0, 255), proto, chance(50) and pick { 0, 0, 0xff00, 0xffff } or random(0, 0xffff))
	local function address() return chance(60) and "\x0a\0\0" .. pick { "\1", "\2" } or string.pack(">I4", random(0, 0xffffffff)) end
	return head .. address() .. address() .. l4 .. payload
end

-- Headers of extensions are among them, whole and not.
local function ipv6()
	local payload = words(3)
	local udp = string.pack(">I2I2I2I2", random(0, 0xffff), pick { 53, 80, 81 }, 8 + #payload, pick { 0xffff, random(0, 0xffff) })
	local proto, rest = 17, udp .. payload
	if chance(45) then
		proto, rest = pick { 0, 43, 60 }, string.pack(">BBI2I4", proto, pick { 0, 0, 0, 1, 255 }, 0, 0) .. rest
	elseif chance(15) then
		proto, rest = 51, string.pack(">BBI2I4I4", proto, pick { 1, 1, 1, 4, 0 }, 0, 0, 7) .. rest
	elseif chance(15) then
		proto, rest = 44, string.pack(">BBI2I4", proto, 0, pick { 0, 1, 8, 9 }, 7) .. rest
	end
	local function address()
		return "\x20\x01\x0d\xb8" .. (chance(70) and ("\0"):rep(11) or "\0\0\0\1\0\0\0\1\0\1\0") .. pick { "\1", "\2" }
	end
	return string.pack(">I4I2BB", 0x60000000 | random(0, 0xfffffff), chance(80) and #rest or random(0, 0xffff), proto, random(0, 255)) ..
		address() .. (chance(70) and address() or ("\0"):rep(16)) .. rest
end

-- 802.1Q and 802.1ad
local function tags()
	local out = ""
	for _ = 1, chance(80) and 0 or random(1, 3) do out = out .. string.pack(">I2I2", pick { 0x8100, 0x88a8 }, random(0, 0xffff)) end
	return out
end

local TEXTS = { "PUT /a HTTP/1.1\r\nHost: ab\r\n", "ab", "a\0b", "abababab", "  x=12, y = 0x1F;", "((a)(b))", "-12345 678",
	"\xff\xfe\0\0\0\0\0\0\0\0\0\0", ("a"):rep(40), "aabbAABB@[`{AZaz" }

-- hostile: the source texts of integers
return function(seed, hostile)
	math.randomseed(seed, 77)
	values = values or {}
	for i, text in ipairs(hostile) do values[i] = load("return " .. text)() end
	local list = {}
	for i = 1, 6 do
		local eth = ("\x52\x54\0\x12\x34\x56\x02\x42\xac\x11\0\x02")
		local frame = eth .. "\x88\xb5" .. words(6)
		if i % 2 == 0 then
			local six = chance(35)
			frame = eth .. tags() .. (six and "\x86\xdd" .. ipv6() or "\x08\0" .. ipv4())
		end
		if chance(50) then frame = frame .. pick(TEXTS) end
		if chance(25) then frame = frame:sub(1, math.max(14, random(14, #frame))) end
		list[i] = frame
	end
	return list
end

-- pcap.lua - bpf.test.pcap(file): the packets of a capture, as tcpdump (pcap) and Wireshark (pcapng) write them.
--
--	for bytes, time in bpf.test.pcap "attack.pcap" do ... end
--
-- time is in seconds, a float; nil where the capture has none. Frames must be Ethernet frames, and whole.

local ETHERNET = 1

local function fail(file, why) error(file .. ": " .. why, 0) end

-- An error where a frame is not all there, or its lengths contradict each other: captured bytes of its length, in a
-- capture that says it keeps at most so many of each (0: it does not say).
local function whole(file, captured, length, most)
	if captured < length then fail(file, "a packet was cut off when it was captured (tcpdump -s 0 keeps it whole)") end
	if captured > length then
		fail(file, ("a packet of %d bytes, %d of which are said to have been captured"):format(length, captured))
	end
	if most > 0 and captured > most then
		fail(file, ("a packet of %d bytes, in a capture of at most %d bytes each"):format(captured, most))
	end
end

local function ethernet(file, link)
	if link ~= ETHERNET then fail(file, ("frames of link type %d; only Ethernet (1) is read"):format(link)) end
end

local function version(file, major, known)
	if major ~= known then fail(file, ("version %d of its format; only %d is read"):format(major, known)) end
end

-- ---- pcap ----

local MAGIC = {                            -- by the first four bytes: byte order, parts of a second
	["\xd4\xc3\xb2\xa1"] = { "<", 1e6 }, ["\xa1\xb2\xc3\xd4"] = { ">", 1e6 },
	["\x4d\x3c\xb2\xa1"] = { "<", 1e9 }, ["\xa1\xb2\x3c\x4d"] = { ">", 1e9 },
}
local HEADER, RECORD = 24, 16              -- bytes before the first packet, and before each one's own

local function pcap(file, all, order, parts)
	if #all < HEADER then fail(file, "the capture ends within its header") end
	local major, most, link = (order .. "I2xxxxxxxxxxI4I4"):unpack(all, 5)
	version(file, major, 2)
	ethernet(file, link & 0xffff)      -- above it: whether a checksum is behind each frame
	local at = HEADER + 1
	return function()
		local left = #all + 1 - at
		if left == 0 then return end
		if left < RECORD then fail(file, "the capture ends within a packet") end
		local s, part, captured, length = (order .. "I4I4I4I4"):unpack(all, at)
		if left < RECORD + captured then fail(file, "the capture ends within a packet") end
		whole(file, captured, length, most)
		at = at + RECORD + captured
		return all:sub(at - captured, at - 1), s + part / parts
	end
end

-- ---- pcapng ----
--
-- A file is blocks: kind, length of all of it, what it holds (in whole words), the length again. A section begins with
-- a block that says the byte order, and has its own interfaces, numbered from 0 as their blocks come.

local SECTION, INTERFACE, PACKET, SIMPLE, ENHANCED = 0x0a0d0d0a, 1, 2, 3, 6
local AROUND = 12                          -- bytes of a block around what it holds
local LEAST = { [SECTION] = 16, [INTERFACE] = 8, [PACKET] = 20, [SIMPLE] = 4, [ENHANCED] = 20 }
local ORDER = { ["\x4d\x3c\x2b\x1a"] = "<", ["\x1a\x2b\x3c\x4d"] = ">" }

local function padded(n) return n + -n % 4 end

-- The options from a place on: their bytes by their number.
local function options(c, body, at)
	local found = {}
	while at <= #body do
		local code, n = (c.order .. "I2I2"):unpack(body, at)
		if code == 0 then break end
		if at + 3 + padded(n) > #body then fail(c.file, "an option that ends behind its block") end
		found[code] = body:sub(at + 4, at + 3 + n)
		at = at + 4 + padded(n)
	end
	return found
end

-- Parts of a second of an interface's times: option 9, a power of ten or, with the top bit, of two.
local function resolution(c, body)
	local option = options(c, body, 9)[9]
	if not option then return 1e6 end
	if #option ~= 1 then fail(c.file, ("an interface whose unit of time has %d bytes, not 1"):format(#option)) end
	local r = option:byte()
	return r & 0x80 ~= 0 and 2.0 ^ (r & 0x7f) or 10.0 ^ r
end

local function interface(c, number)
	return c.interfaces[number + 1]
		or fail(c.file, ("a packet of interface %d, of which the capture says nothing"):format(number))
end

-- The bytes of a packet from a place on, which must be there; options may be behind them.
local function frame(c, body, at, captured, length, most, last)
	local room = #body + 1 - at
	if padded(captured) > room or last and padded(captured) < room then
		fail(c.file, ("a packet of %d bytes in a block that has room for %d"):format(captured, room))
	end
	whole(c.file, captured, length, most)
	return body:sub(at, at - 1 + captured)
end

local function timed(format)
	return function(c, body)
		local number, high, low, captured, length = (c.order .. format):unpack(body)
		local from = interface(c, number)
		return frame(c, body, 21, captured, length, from.most), (high * 2.0 ^ 32 + low) / from.parts
	end
end

local READ = { [ENHANCED] = timed "I4I4I4I4I4", [PACKET] = timed "I2xxI4I4I4I4" }

READ[SECTION] = function(c, body)
	version(c.file, (c.order .. "I2"):unpack(body, 5), 1)
	c.interfaces = {}
end

READ[INTERFACE] = function(c, body)
	local link, most = (c.order .. "I2xxI4"):unpack(body)
	ethernet(c.file, link)
	table.insert(c.interfaces, { most = most, parts = resolution(c, body) })
end

-- Of the first interface, with no time and no options; how much was captured is said by that interface alone.
READ[SIMPLE] = function(c, body)
	local length, most = (c.order .. "I4"):unpack(body), interface(c, 0).most
	return frame(c, body, 5, most > 0 and math.min(length, most) or length, length, most, true)
end

-- The kind of the block at c.at, and what it holds; goes on to the next one.
local function block(c)
	local all, left = c.all, #c.all + 1 - c.at
	if left < AROUND then fail(c.file, "the capture ends within a block") end
	if all:sub(c.at, c.at + 3) == "\n\r\r\n" then
		c.order = ORDER[all:sub(c.at + 8, c.at + 11)] or fail(c.file, "a section of neither byte order")
	end
	local kind, length = (c.order .. "I4I4"):unpack(all, c.at)
	if length < AROUND + (LEAST[kind] or 0) or length % 4 ~= 0 then
		fail(c.file, ("a block of kind %d cannot be %d bytes long"):format(kind, length))
	end
	if left < length then fail(c.file, "the capture ends within a block") end
	local again = (c.order .. "I4"):unpack(all, c.at + length - 4)
	if again ~= length then
		fail(c.file, ("a block that is %d bytes long at its beginning, and %d at its end"):format(length, again))
	end
	c.at = c.at + length
	return kind, all:sub(c.at - length + 8, c.at - 5)
end

-- Blocks of other kinds are passed over.
local function pcapng(file, all)
	local c = { file = file, all = all, at = 1 }
	return function()
		while c.at <= #all do
			local kind, body = block(c)
			local read = READ[kind]
			local bytes, time
			if read then bytes, time = read(c, body) end
			if bytes then return bytes, time end
		end
	end
end

local function contents(file)
	local f <close> = assert(io.open(file, "rb"))
	local all, why = f:read "a"
	return all or fail(file, why)
end

return function(file)
	local all = contents(file)
	local magic = MAGIC[all:sub(1, 4)]
	if magic then return pcap(file, all, magic[1], magic[2]) end
	if all:sub(1, 4) == "\n\r\r\n" then return pcapng(file, all) end
	fail(file, "this is neither a pcap nor a pcapng file")
end

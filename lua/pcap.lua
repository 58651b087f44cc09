-- pcap.lua - bpf.test.pcap(file): the packets of a capture, as tcpdump (pcap) and Wireshark (pcapng) write them.
--
--	for bytes, time in bpf.test.pcap "attack.pcap" do ... end
--
-- time is in seconds, a float; nil where the capture has none. Frames must be Ethernet frames, and whole.

local ETHERNET = 1

local function fail(file, why) error(file .. ": " .. why, 0) end

local function whole(file, captured, length)
	if captured < length then fail(file, "a packet was cut off when it was captured (tcpdump -s 0 keeps it whole)") end
end

local function ethernet(file, link)
	if link ~= ETHERNET then fail(file, ("frames of link type %d; only Ethernet (1) is read"):format(link)) end
end

-- ---- pcap ----

local MAGIC = {                            -- by the first four bytes: byte order, parts of a second
	["\xd4\xc3\xb2\xa1"] = { "<", 1e6 }, ["\xa1\xb2\xc3\xd4"] = { ">", 1e6 },
	["\x4d\x3c\xb2\xa1"] = { "<", 1e9 }, ["\xa1\xb2\x3c\x4d"] = { ">", 1e9 },
}

local function pcap(file, all, order, parts)
	ethernet(file, (order .. "I4"):unpack(all, 21) & 0xffff)
	local at = 25
	return function()
		if at > #all then return end
		if at + 16 > #all + 1 then fail(file, "the capture ends within a packet") end
		local s, part, captured, length = (order .. "I4I4I4I4"):unpack(all, at)
		if at + 16 + captured > #all + 1 then fail(file, "the capture ends within a packet") end
		whole(file, captured, length)
		at = at + 16 + captured
		return all:sub(at - captured, at - 1), s + part / parts
	end
end

-- ---- pcapng ----

local SECTION, INTERFACE, SIMPLE, ENHANCED = 0x0a0d0d0a, 1, 3, 6

-- Parts of a second of an interface's times: option 9, a power of ten or, with the top bit, of two.
local function resolution(order, body)
	local at = 9
	while at + 4 <= #body + 1 do
		local code, n = (order .. "I2I2"):unpack(body, at)
		if code == 0 then break end
		if code == 9 and n >= 1 then
			local r = body:byte(at + 4)
			return r & 0x80 ~= 0 and 2.0 ^ (r & 0x7f) or 10.0 ^ r
		end
		at = at + 4 + (n + 3) // 4 * 4
	end
	return 1e6
end

local function pcapng(file, all)
	local order, interfaces, at = "<", {}, 1
	local read = {}
	read[SECTION] = function() interfaces = {} end
	read[INTERFACE] = function(body)
		ethernet(file, (order .. "I2"):unpack(body))
		interfaces[#interfaces + 1] = resolution(order, body)
	end
	read[ENHANCED] = function(body)
		local i, high, low, captured, length = (order .. "I4I4I4I4I4"):unpack(body)
		whole(file, captured, length)
		return body:sub(21, 20 + captured), (high << 32 | low) / (interfaces[i + 1] or 1e6)
	end
	read[SIMPLE] = function(body)
		local length = (order .. "I4"):unpack(body)
		whole(file, #body - 4, length)
		return body:sub(5, 4 + length)
	end
	return function()
		while at + 12 <= #all + 1 do
			if all:sub(at, at + 3) == "\n\r\r\n" then
				order = all:sub(at + 8, at + 11) == "\x4d\x3c\x2b\x1a" and "<" or ">"
			end
			local kind, length = (order .. "I4I4"):unpack(all, at)
			if length < 12 or at + length > #all + 1 then fail(file, "the capture ends within a block") end
			local body = all:sub(at + 8, at + length - 5)
			at = at + length
			local bytes, time
			if read[kind] then bytes, time = read[kind](body) end
			if bytes then return bytes, time end
		end
	end
end

return function(file)
	local f = assert(io.open(file, "rb"))
	local all = f:read "a"
	f:close()
	local magic = MAGIC[all:sub(1, 4)]
	if magic and #all >= 24 then return pcap(file, all, magic[1], magic[2]) end
	if all:sub(1, 4) == "\n\r\r\n" then return pcapng(file, all) end
	fail(file, "this is neither a pcap nor a pcapng file")
end

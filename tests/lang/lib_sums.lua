-- Checksums, summed over the whole packet anew: what must come out of writes.
local function sum(bytes)
	local n = 0
	if #bytes % 2 == 1 then bytes = bytes .. "\0" end
	for i = 1, #bytes, 2 do n = n + (">I2"):unpack(bytes, i) end
	while n > 0xffff do n = (n & 0xffff) + (n >> 16) end
	return ~n & 0xffff
end

local function splice(s, off, bytes) return s:sub(1, off) .. bytes .. s:sub(off + #bytes + 1) end

-- Where headers lie in a frame (offsets), what the transport header is, where its checksum is.
local CHECK = { tcp = 16, udp = 6, icmp = 2, icmp6 = 2 }
local NUMBER = { tcp = 6, udp = 17, icmp = 1, icmp6 = 58 }

local function with_sums(frame, at)
	local pseudo, stop = "", #frame
	if at.ipv4 then
		local ihl, len = (frame:byte(at.ipv4 + 1) & 15) * 4, (">I2"):unpack(frame, at.ipv4 + 3)
		stop = at.ipv4 + len
		frame = splice(frame, at.ipv4 + 10, "\0\0")
		frame = splice(frame, at.ipv4 + 10, (">I2"):pack(sum(frame:sub(at.ipv4 + 1, at.ipv4 + ihl))))
		pseudo = frame:sub(at.ipv4 + 13, at.ipv4 + 20)
	elseif at.ipv6 then
		stop = at.ipv6 + 40 + (">I2"):unpack(frame, at.ipv6 + 5)
		pseudo = frame:sub(at.ipv6 + 9, at.ipv6 + 40)
	end
	local kind = at.kind
	local l4 = kind and at[kind]
	if not l4 or (kind == "udp" and frame:sub(l4 + 7, l4 + 8) == "\0\0") then return frame end
	if kind == "icmp" then
		pseudo = ""
	elseif at.ipv4 then
		pseudo = pseudo .. (">I2I2"):pack(NUMBER[kind], stop - l4)
	else
		pseudo = pseudo .. (">I4I4"):pack(stop - l4, NUMBER[kind])
	end
	frame = splice(frame, l4 + CHECK[kind], "\0\0")
	local check = sum(pseudo .. frame:sub(l4 + 1, stop))
	if kind == "udp" and check == 0 then check = 0xffff end
	return splice(frame, l4 + CHECK[kind], (">I2"):pack(check))
end

return { sum = sum, splice = splice, with_sums = with_sums }

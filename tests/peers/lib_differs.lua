-- Where tshark's decoding differs from what headers here are, by protocol, and why; each must be met at least once.
-- when(frame, here, there): the bytes, our fields (nil: no such header) and tshark's.
local function u16(frame, off) return #frame >= off + 2 and (">I2"):unpack(frame, off + 1) or 0 end
local function is_ipv4(frame) return u16(frame, 12) == 0x0800 end
local function is_ipv6(frame) return u16(frame, 12) == 0x86dd end
local function transport(frame) return is_ipv4(frame) and 34 or 54 end -- of the frames that tests make

local function no_length(frame) return is_ipv4(frame) and u16(frame, 16) == 0 end
local function is_inner(frame, here)
	local type = u16(frame, 12)
	return not here and (type == 0x8847 or type == 0x8864 or (is_ipv4(frame) and frame:byte(24) == 47))
end
local INNER = "pkt.NAME is that of the outer packet; tshark's is the one within"
local OFFLOAD = "tshark takes an IPv4 length of 0 for a segment that the card is to cut: here it is the field, and nothing follows"
local NOT_WHOLE = "a header is there when all of it is, its options and unused bytes too; tshark shows what it has of it"
local function of_version(frame, here) return not here and frame:byte(43) > 63 end
local VERSION = "geneve is version 0, and tshark reads others as if they were"


-- Does the first IPv6 extension header of this number end behind the frame, or behind the IPv6 header's length?
local function is_cut(number)
	return function(frame, here)
		local at, next = 54, frame:byte(21)
		local last = math.min(#frame, 54 + u16(frame, 18))
		while not here and (next == 0 or next == 43 or next == 44 or next == 60) and #frame > at + 1 do
			local behind = at + (next == 44 and 8 or (frame:byte(at + 2) + 1) * 8)
			if next == number or behind > last then return behind > last end
			at, next = behind, frame:byte(at + 1)
		end
		return false
	end
end

return {
	{ "hopopts", is_cut(0), NOT_WHOLE },
	{ "dstopts", is_cut(60), NOT_WHOLE },
	{ "routing", is_cut(43), NOT_WHOLE },
	{ "ipv4", no_length, OFFLOAD },
	{ "udp", no_length, OFFLOAD },
	{ "icmp", no_length, OFFLOAD },
	{ "ipv4", function(frame) return is_ipv4(frame) and u16(frame, 16) < 20 end,
		"tshark stops at a length less than the header's; here the header is there, and nothing behind it" },
	{ "ipv4", is_inner, INNER },
	{ "udp", is_inner, INNER },
	{ "sctp", is_inner, INNER },
	{ "ipv6", function(frame, here) return not here and is_ipv4(frame) and frame:byte(15) >> 4 == 6 end,
		"tshark goes by the version, we by the EtherType, with which the version must agree" },
	{ "tcp", function(frame, here, there) return not here and there[5] > #frame - transport(frame) end, NOT_WHOLE },
	{ "gre", function(frame, here, there)
		return not here and #frame < 38 + 4 * (there[1] + there[2] + there[3])
	end, NOT_WHOLE },
	{ "vxlan", function(frame, here) return not here and #frame < 50 end, NOT_WHOLE },
	{ "myvx", function(frame, here) return not here and #frame < 50 end, NOT_WHOLE },
	{ "geneve", function(frame, here) return not here and #frame < 50 + (frame:byte(43) & 63) * 4 end, NOT_WHOLE },
	{ "geneve", of_version, VERSION },
	{ "the frame within", of_version, VERSION },
	{ "the frame within", function(_, here, there) return here and not there[3] and here[3] < 0x600 end,
		"below 0x600 the type is a length to tshark; here it is the field" },
}

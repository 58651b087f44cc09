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

-- Is there a hop-by-hop or destination option that goes on behind the end of its header?
local function option_beyond(frame)
	local at, next = 54, is_ipv6(frame) and frame:byte(21)
	while (next == 0 or next == 43 or next == 44 or next == 60) and #frame > at + 1 do
		local behind = at + (next == 44 and 8 or (frame:byte(at + 2) + 1) * 8)
		local option = at + 2
		while (next == 0 or next == 60) and option < behind and #frame > option + 1 do
			option = frame:byte(option + 1) == 0 and option + 1 or option + 2 + frame:byte(option + 2)
		end
		if option > behind then return true end
		at, next = behind, frame:byte(at + 1)
	end
	return false
end
local function is_stopped(frame, here, there) return here and not there[1] and option_beyond(frame) end
local OPTION = "tshark stops at an option that is longer than its header; here what follows is found by the header's length"

local function of_port(frame, here, there) return here and not there[1] and u16(frame, 34) == 1001 end
local PORT = "of two ports that tshark knows it goes by the lower one; here VXLAN is what is sent to 4789"

-- An ICMP header of a type that is none of these two.
local function no_echo(request, reply)
	return function(frame, here, there)
		local type = frame:byte(transport(frame) + 1)
		return here and not there[4] and not there[5] and type ~= request and type ~= reply
	end
end
local ECHO = "tshark has an identifier and a number in echoes alone; here they are those bytes, whatever the type"

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
	{ "hopopts", function(frame, here) return not here and is_ipv4(frame) and frame:byte(24) == 0 end,
		"tshark takes number 0 for IPv6's hop-by-hop options behind IPv4, too" },
	{ "dstopts", is_stopped, OPTION },
	{ "routing", is_stopped, OPTION },
	{ "fragment", is_stopped, OPTION },
	{ "tcp", is_stopped, OPTION },
	{ "udp", is_stopped, OPTION },
	{ "icmp", no_echo(8, 0), ECHO },
	{ "icmp6", no_echo(128, 129), ECHO },
	{ "gre", function(frame, here) return not here and (frame:byte(35) & 0x40 ~= 0 or frame:byte(36) & 7 ~= 0) end,
		"gre is version 0 without source routing, and tshark reads others as if they were" },
	{ "vxlan", of_port, PORT },
	{ "myvx", of_port, PORT },
	{ "the frame within", of_port, PORT },
	{ "vxlan", function(_, here, there)
		return here and there[1] and here[1] == there[1] & 0xff00 and here[2] == there[2]
	end, "tshark's flags are two bytes, the second of which is reserved here" },
	{ "the frame within", function(frame, here) return not here and u16(frame, 12) == 0x8847 end,
		"tshark guesses that a frame follows the labels of MPLS; here what is in it is IPv4 or IPv6" },
	{ "dns", function(frame, here)
		local at = transport(frame)
		return not here and u16(frame, at) ~= 53 and u16(frame, at + 2) ~= 53
	end, "tshark knows DNS by its looks, too; here by its port alone" },
	{ "dns", function(_, here, there)
		return here and there[2] and here[1] == there[1] and here[2] == there[2] & ~0x40 and there[2] & 0x40 ~= 0
	end, "the reserved bit is no field here" },
	{ "gtpu", function(frame, here) return not here and u16(frame, 34) == 2152 and u16(frame, 36) ~= 2152 end,
		"tshark goes by either port; this script's header by the destination's" },
	{ "gtpu", function(frame, here, there)
		return here and not there[8] and (frame:byte(43) >> 5 ~= 1 or frame:byte(44) == 0)
	end, "tshark has no header of another version, or of message 0; a script's own header is one whatever its fields hold" },
	{ "the frame within", function(_, here, there) return here and not there[3] and here[3] < 0x600 end,
		"below 0x600 the type is a length to tshark; here it is the field" },
}

-- Frames made by hand, one layer around another, without the library under test.
local wire = {}

local function mac(n) return "\2\0\0\0\0" .. string.char(n) end

function wire.eth(type, rest, n) return mac((n or 1) + 1) .. mac(n or 1) .. (">I2"):pack(type) .. rest end

function wire.vlan(id, type, rest) return (">I2I2"):pack(id, type) .. rest end

local function checksum(bytes)
	if #bytes % 2 == 1 then bytes = bytes .. "\0" end
	local sum = 0
	for i = 1, #bytes, 2 do sum = sum + (">I2"):unpack(bytes, i) end
	while sum > 0xffff do sum = (sum & 0xffff) + (sum >> 16) end
	return ~sum & 0xffff
end

-- n: third byte of the source address
function wire.ipv4(proto, rest, n)
	local function head(sum)
		return (">BBI2I2I2BBI2I4I4"):pack(0x45, 0, 20 + #rest, 1, 0, 64, proto, sum, 0x0a000001 + ((n or 0) << 8),
			0x0a000002)
	end
	return head(checksum(head(0))) .. rest
end

function wire.ipv6(proto, rest)
	local net = "\x20\1\x0d\xb8" .. ("\0"):rep(11)
	return (">I4I2BB"):pack(0x60000000, #rest, proto, 64) .. net .. "\1" .. net .. "\2" .. rest
end

function wire.udp(sport, dport, rest) return (">I2I2I2I2"):pack(sport, dport, 8 + #rest, 0) .. rest end

function wire.mpls(label, tc, last, ttl, rest)
	return (">I4"):pack(label << 12 | tc << 9 | (last and 1 or 0) << 8 | ttl) .. rest
end

function wire.gre(flags, type, options, rest) return (">I2I2"):pack(flags, type) .. options .. rest end

function wire.vxlan(vni, rest) return (">I4I4"):pack(0x08000000, vni << 8) .. rest end

function wire.geneve(flags, type, vni, options, rest)
	return (">BBI2I4"):pack(#options // 4, flags, type, vni << 8) .. options .. rest
end

function wire.sctp(sport, dport, tag, rest) return (">I2I2I4I4"):pack(sport, dport, tag, 0) .. rest end

-- counts: questions, answers, authorities, additional
function wire.dns(id, flags, counts, rest)
	return (">I2I2I2I2I2I2"):pack(id, flags, table.unpack(counts)) .. rest
end

return wire

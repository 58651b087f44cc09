-- Protocol tables against tcpdump, which knows nothing of them: frames of random contents, decoded by both.
local wire = dofile "tests/lang/lib_wire.lua"
math.randomseed(20)
local random = math.random

local function inner() return wire.eth(0x0800, wire.ipv4(17, wire.udp(1, 2, "hello"), random(0, 255)), random(1, 200)) end
local function chunk() return "\1\0\0\x14" .. ("\0"):rep(16) end
local function text(b, yes) return b and yes or "" end

-- Each: makes a frame; what a view says of it; the same out of tcpdump's text.
local protocols = {}
protocols.vxlan = {
	make = function() return wire.eth(0x0800, wire.ipv4(17, wire.udp(1000, 4789, wire.vxlan(random(0, 0xffffff), inner())))) end,
	ours = function(p)
		local v = p.udp.vxlan
		return ("%02x %d %s %s %s"):format(v.flags, v.vni, v.eth.src, v.eth.dst, v.eth.ipv4.src)
	end,
	theirs = function(s)
		local flags, vni, src, dst, rest = s:match "VXLAN, flags %[.-%] %(0x(%x+)%), vni (%d+)%s+(%S+) > (%S+), ethertype(.*)"
		return ("%s %s %s %s %s"):format(flags, vni, src, dst, rest:match "\n%s*(%d+%.%d+%.%d+%.%d+)")
	end,
}
protocols.geneve = {
	make = function()
		local options = random(0, 1) == 1 and "\1\2\3\1abcd" or ""
		return wire.eth(0x0800, wire.ipv4(17, wire.udp(9, 6081, wire.geneve(random(0, 3) << 6, 0x6558, random(0, 0xffffff),
			options, inner()))))
	end,
	ours = function(p)
		local g = p.udp.geneve
		return ("%s%s %x %x %d %s"):format(text(g.control, "O"), text(g.critical, "C"), g.vni, g.type, #g - 8, g.eth.src)
	end,
	theirs = function(s)
		local flags, vni, type, rest = s:match "Geneve, Flags %[(.-)%], vni 0x(%x+), proto %S+ %(0x(%x+)%)(.*)"
		return ("%s %s %s %s %s"):format(flags == "none" and "" or flags, vni, type, rest:match "^, options %[.- len (%d+)%]" or 0,
			rest:match "\n%s*(%x%x:%S+) >")
	end,
}
protocols.gre = {
	make = function()
		local flags = random(0, 7)
		flags = (flags & 4) << 13 | (flags & 3) << 12
		local options = ""
		for _, bit in ipairs { 0x8000, 0x2000, 0x1000 } do
			if flags & bit ~= 0 then options = options .. "\0\0\0\0" end
		end
		return wire.eth(0x0800, wire.ipv4(47, wire.gre(flags, 0x0800, options, wire.ipv4(132, wire.sctp(5, 6, 7, chunk()), random(0, 255)))))
	end,
	ours = function(p)
		local g = p.gre
		return ("%s%s%s %x %s %d"):format(text(g.has_check, "c"), text(g.has_key, "k"), text(g.has_seq, "s"), g.type, g.ipv4.src,
			#g.payload)
	end,
	theirs = function(s)
		local flags, type, length, rest = s:match "GREv0, Flags %[(.-)%].-proto %S+ %(0x(%x+)%), length (%d+)(.*)"
		local options = select(2, flags:gsub("present", ""))
		return ("%s%s%s %x %s %d"):format(text(flags:find "checksum", "c"), text(flags:find "key", "k"), text(flags:find "sequence", "s"),
			tonumber(type, 16), rest:match "\n%s*(%d+%.%d+%.%d+%.%d+)%.", length - 4 - 4 * options)
	end,
}
protocols.mpls = {
	make = function()
		local rest = wire.ipv4(17, wire.udp(3, 4, "hi"))
		local n = random(1, 3)
		for i = 1, n do rest = wire.mpls(random(16, 0xfffff), random(0, 7), i == 1, random(1, 255), rest) end
		return wire.eth(random(0x8847, 0x8848), rest)
	end,
	ours = function(p)
		local t, m, last = {}, p.mpls, nil
		while m do
			t[#t + 1] = ("%d %d %s %d"):format(m.label, m.tc, text(m.bos, "S"), m.ttl)
			m, last = m.mpls, m
		end
		return table.concat(t, "; ") .. " " .. tostring(last.ipv4.src)
	end,
	theirs = function(s)
		local t = {}
		for label, tc, bos, ttl in s:gmatch "label (%d+), tc (%d)(.-), ttl (%d+)" do
			t[#t + 1] = ("%s %s %s %s"):format(label, tc, text(bos ~= "", "S"), ttl)
		end
		return table.concat(t, "; ") .. " " .. s:match "\n%s*(%d+%.%d+%.%d+%.%d+)"
	end,
}
protocols.sctp = {
	make = function()
		local over = random(0, 1) == 1
		local rest = wire.sctp(random(0, 65535), random(0, 65535), random(0, 0xffffffff), chunk())
		return over and wire.eth(0x0800, wire.ipv4(132, rest)) or wire.eth(0x86dd, wire.ipv6(132, rest))
	end,
	ours = function(p) return ("%d %d %d"):format(p.sctp.sport, p.sctp.dport, p.sctp.payload:u8(0)) end,
	theirs = function(s) return ("%s %s %s"):format(s:match "[%x]%.(%d+) > %S+%.(%d+): sctp %((%d+)%)") end,
}
protocols.dns = {
	make = function()
		local question = "\7example\3org\0\0\1\0\1"
		if random(0, 1) == 0 then
			return wire.eth(0x0800, wire.ipv4(17, wire.udp(700, 53, wire.dns(random(0, 65535), random(0, 1) << 8 | random(0, 1) << 4,
				{ 1, 0, 0, 0 }, question))))
		end
		local flags = 0x8000 | random(0, 1) << 10 | random(0, 1) << 9 | random(0, 1) << 7 | random(0, 1) * 3
		return wire.eth(0x86dd, wire.ipv6(17, wire.udp(53, 700, wire.dns(random(0, 65535), flags, { 1, 0, 0, 0 }, question))))
	end,
	ours = function(p)
		local d = p.udp.dns
		if not d.qr then return ("%d %s%s"):format(d.id, text(d.rd, "+"), text(d.cd, "%")) end
		return ("%d %s%s%s%s %d/%d/%d"):format(d.id, text(d.rcode == 3, "NXDomain"), text(d.aa, "*"), text(not d.ra, "-"),
			text(d.tc, "|"), d.ancount, d.nscount, d.arcount)
	end,
	theirs = function(s)
		local id, signs = s:match "%.53:[^\n]- (%d+)([+%%]*) A%? example"
		if id then return id .. " " .. signs end
		local number, said, counts = s:match "%.53 >[^\n]- (%d+)( ?%a*[*|%-$]*) (%d+/%d+/%d+)"
		return ("%s %s %s"):format(number, said:gsub("^ ", ""), counts)
	end,
}

local frames, of = {}, {}
for name, p in pairs(protocols) do
	for _ = 1, 40 do
		frames[#frames + 1] = p.make()
		of[#frames] = name
	end
end
local path = os.tmpname()
local file <close> = assert(io.open(path, "wb"))
file:write(("<I4I2I2i4I4I4I4"):pack(0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
for i, frame in ipairs(frames) do file:write(("<I4I4I4I4"):pack(i, 0, #frame, #frame), frame) end
file:flush()
local pipe <close> = assert(io.popen("tcpdump -nn -v -e -tt -r " .. path .. " 2>/dev/null"))
local said = "\n" .. pipe:read "a"
os.remove(path)
local seen = 0
for i, frame in ipairs(frames) do
	local _, from = said:find(("\n%d.000000 "):format(i), 1, true)
	local to = said:find(("\n%d.000000 "):format(i + 1), 1, true) or #said
	assert(from, "tcpdump said nothing of frame " .. i)
	local p, s = protocols[of[i]], said:sub(from, to)
	local ours, good, theirs = p.ours(bpf.packet(frame)), pcall(p.theirs, s)
	assert(good and ours == theirs, ("%s: ours '%s', tcpdump's '%s' of\n%s"):format(of[i], ours, theirs, s))
	seen = seen + 1
end
assert(seen == 240)

-- Frames of every length, read at fixed offsets: checks that are asked for sooner than the script does
-- (src/opt/checks.c) find the same bytes absent.
local lang = dofile "tests/lang/harness.lua"
local frames = {}
for n = 14, 64 do
	for _, type in ipairs { "\8\0", "\0\1" } do
		for _, proto in ipairs { "\6", "\17" } do
			frames[#frames + 1] = (("a"):rep(12) .. type .. ("b"):rep(9) .. proto .. ("c"):rep(40)):sub(1, n)
		end
	end
end

lang.packets { name = "one way, one place to go", inputs = frames, f = function(pkt)
	if pkt:u16(12) ~= 0x800 then return 0 end
	if pkt:u8(23) ~= 6 then return 0 end
	if pkt:u16(36) ~= 0x6363 then return 0 end
	return pkt:u32(40) or 0
end }
lang.packets { name = "two places to go", inputs = frames, f = function(pkt)
	if pkt:u16(12) ~= 0x800 then return 1 end
	if pkt:u8(23) ~= 6 then return 2 end
	if not pkt:u8(50) then return 1 end
	return 3, pkt:u8(49)
end }
lang.packets { name = "more on one way than on the other", inputs = frames, f = function(pkt)
	if pkt:u8(23) == 6 then
		if not pkt:u8(60) then return 0 end
		return 1
	end
	if not pkt:u8(30) then return 0 end
	return pkt:u8(30)
end }

local st = bpf.state { n = "u64" }
lang.packets { name = "what is counted on the way is counted", inputs = frames, f = function(pkt)
	st.n = 0
	if pkt:u16(12) ~= 0x800 then return st.n end
	st.n = st.n + 1
	if pkt:u8(23) ~= 6 then return st.n end
	st.n = st.n + 1
	if not pkt:u8(55) then return st.n end
	return 9
end }
lang.packets { name = "headers, then bytes", inputs = frames, f = function(pkt)
	local ip = pkt.ipv4
	if not ip then return 0 end
	if pkt:u8(54) ~= 0x63 then return 0 end
	return ip.proto
end }

lang.done()

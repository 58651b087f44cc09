#!/bin/sh
# Frames of 9,000 bytes on XDP: native drivers hand them over in several buffers, which a program with the option frags
# reads and writes to the last byte. Without the option they come in one buffer, generic.
set -eu
. tests/pair.sh
wants xdp_load
pair 10.79.1.1/24 10.79.1.2/24
ip -n "${name}a" link set out mtu 9000
ip -n "${name}b" link set in mtu 9000

cat >"$dir/steps.lua" <<'END'
local out = arg[1]
local st = bpf.state { packets = "u64", longest = "u64", found = "u64" }
local function say(what, good) print((good and "ok " or "not ok ") .. what) end
-- echoes of n bytes, the last of them 0xee; is the answer whole?
local function ping(n)
	local text = io.popen(("ip netns exec %sa ping -c 2 -i 0.02 -W 0.5 -M do -s %d -p ee 10.79.1.2 2>&1"):format(out, n)):read "a"
	return not text:find "100%% packet loss" and not text:find "wrong data byte", text
end
local function last(pkt) return pkt.len > 8000 and pkt:u8(pkt.len - 1) end
local function filter(pkt)
	local icmp = pkt.icmp
	if not icmp then return bpf.PASS end
	st.packets = st.packets + 1
	st.longest = math.max(st.longest, pkt.len)
	if last(pkt) == 0xee then st.found = st.found + 1 end
	if #icmp.payload == 5000 then return bpf.DROP end
	return bpf.PASS
end
local function tried(name, opts)
	st.packets, st.longest, st.found = 0, 0, 0
	local link <close> = bpf.xdp("in", opts, filter)
	say(name .. ": attached", tostring(link) == ("xdp in (%s)"):format(opts.mode or "skb"))
	say(name .. ": all of a big frame", ping(8900) and st.longest == 8942 and st.found == 2)
	say(name .. ": a small one", ping(56) and st.packets == 4)
	say(name .. ": dropped", not ping(5000))
	local ok, text = pcall(link.replace, link, { frags = not opts.frags }, filter)
	say(name .. ": replaced by the same option only", not ok and text:find "same options pid, ret and frags")
	-- the data of the echo is turned around the places where buffers meet; its checksum with it
	link:replace(opts, function(pkt)
		local icmp = pkt.icmp
		if not icmp then return end
		for at = 3000, 8000, 2 do
			local word = pkt:u16(at)
			if word == 0xeeee and at % 512 == 500 then pkt:set_u16(at, 0xeeed) pkt:set_u16(at + 2, 0xeeef) end
		end
	end)
	local _, text = ping(8900)
	say(name .. ": written", text:find "wrong data byte #%d+ should be 0xee but was 0xed" and not text:find "100%% packet loss")
end
local ok, text = pcall(bpf.xdp, "in", { mode = "native" }, filter)
say("native without frags is refused", not ok and text:find "frags = true")
tried("native", { mode = "native", frags = true })
tried("generic", { mode = "skb", frags = true })
tried("one buffer", {})
END
steps 19 "$dir/steps.lua" "$name"
plan

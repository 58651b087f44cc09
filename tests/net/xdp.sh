#!/bin/sh
# Real packets of real tools through XDP: pass, drop, replace while running, detach; native and
# generic. The counters of ping are the witness. A device without Ethernet frames is refused.
set -eu
peer=10.77.0.1
here=10.77.0.2

. tests/pair.sh
pair $peer/24 $here/24

ping_in() { in_a ping -q -c 2 -i 0.05 -W 1 "$@" $here; }
attached() { ip -n "${name}b" link show dev in | grep -q xdp; }

# Drops ICMP echoes of a length that the script is told; changes it on the first of a signal file.
cat >"$dir/filter.lua" <<'END'
local device, mode, first, second, flag = table.unpack(arg)
local seen = bpf.state { packets = "u64" }

local function filter(length)
	return function(pkt)
		local ip = pkt.ipv4
		if not ip or ip.proto ~= 1 then return bpf.PASS end
		seen.packets = seen.packets + 1
		if ip.len == length then return bpf.DROP end
		return bpf.PASS
	end
end

local link = bpf.xdp(device, { mode = mode }, filter(tonumber(first)))
local replaced
bpf.every("20ms", function()
	if not replaced and io.open(flag) then
		link:replace(filter(tonumber(second)))
		replaced = true
		print("replaced")
	end
end)
bpf.on_exit(function() print("seen " .. seen.packets) end)
print("attached")
bpf.run()
END

wait_for() { # line
	tries=100
	while [ $tries -gt 0 ]; do
		grep -q "$1" "$dir/out" && return 0
		sleep 0.1
		tries=$((tries - 1))
	done
	cat "$dir/out" >&2
	return 1
}

for mode in native skb; do
	rm -f "$dir/flag"
	: >"$dir/out" # what the other mode said is not waited for
	check "$mode: packets pass before" ping_in
	ip netns exec "${name}b" "$BUILD/perigee" "$dir/filter.lua" in $mode 92 128 "$dir/flag" \
		>"$dir/out" 2>&1 &
	script=$!
	check "$mode: attaches" wait_for attached
	check "$mode: is there" attached
	refuse "$mode: drops what the rule says" ping_in -s 64
	check "$mode: passes the rest" ping_in -s 100
	: >"$dir/flag"
	check "$mode: replaces" wait_for replaced
	check "$mode: the old rule is gone" ping_in -s 64
	refuse "$mode: the new rule holds" ping_in -s 100
	kill -INT "$script"
	check "$mode: a signal ends it well" wait "$script"
	script=
	check "$mode: state outlived the replacing" grep -qx 'seen 8' "$dir/out"
	refuse "$mode: is detached" attached
	check "$mode: packets pass after" ping_in -s 100
done

# not every kernel has tun
in_b ip tuntap add dev plain mode tun 2>/dev/null || in_b ip link add plain type ipip local $here remote $peer
in_b ip tuntap add dev framed mode tap 2>/dev/null || in_b ip link add framed type dummy
cat >"$dir/plain.lua" <<'END'
local function f() end
local function say(what, good) print((good and "ok " or "not ok ") .. what) end
local function refused(what, opts)
	local ok, text = pcall(bpf.xdp, "plain", opts, f)
	say(what, not ok and text:find "'plain' carries no Ethernet frames, and others are not there yet")
end
refused("no Ethernet frames: refused", {})
refused("no Ethernet frames: natively, too", { mode = "native" })
refused("no Ethernet frames: generically, too", { mode = "skb" })
say("Ethernet frames of another driver: attached", pcall(function() bpf.xdp("framed", f):detach() end))
say("of the loopback device: attached", pcall(function() bpf.xdp("lo", f):detach() end))
END
steps 5 "$dir/plain.lua"
refuse "no Ethernet frames: nothing is attached" sh -c "ip -n ${name}b link show dev plain | grep -q xdp"
plan

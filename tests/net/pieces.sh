#!/bin/sh
# Packets that lie in pieces, and tags that lie beside them: TCP in segments as big as the devices make
# (TSO, and GRO of small ones), read to their last byte; VLAN tags that were taken off.
set -eu
peer=10.79.0.1
here=10.79.0.2
bytes=3000000

. tests/pair.sh
pair $peer/24 $here/24
bulk=$BUILD/tests/bulk

# What was sent tells where it stands. Both ways of reading: looked at before anything else is done,
# and after the packet was counted.
cat >"$dir/read.lua" <<'END'
local attach, dev, direction, own_flag, flag = load("return bpf." .. arg[1])(), arg[2], arg[3], arg[4], arg[5]
local st = bpf.state { isn = "u64", reached = "u64", wrong = "u64", absent = "u64", big = "u64", all = "u64" }

local function pattern(at) return (at * 7 + (at >> 8) * 13) & 0xff end

local function look(p, at, off)
	local byte = p:u8(off)
	if not byte then return 1, 0 end
	return 0, byte == pattern(at + off) and 0 or 1
end

local function judge(tcp)
	local p = tcp.payload
	local n = #p
	if n == 0 then return 0, 0, 0, 0 end
	local at = (tcp.seq - st.isn) & 0xffffffff
	local absent, wrong = 0, 0
	for i = 0, 7 do
		local a, w = look(p, at, (n - 1) * i // 7)
		absent, wrong = absent + a, wrong + w
	end
	local last = n < 8 and 0 or p:u64(n - 8)
	if not last then absent = absent + 1 end
	return n, at + n, absent, wrong
end

local function keep(n, reached, absent, wrong)
	if n == 0 then return end
	if reached > st.reached then st.reached = reached end -- some may come twice
	st.absent = st.absent + absent
	st.wrong = st.wrong + wrong
	if n > st.big then st.big = n end
end

local function first(pkt)
	local tcp = pkt.tcp
	if not tcp or tcp.dport ~= 5001 then return end
	if tcp.syn then st.isn = tcp.seq + 1 return end
	keep(judge(tcp))
end

local function counted(pkt)
	st.all = st.all + 1
	first(pkt)
end

local f = own_flag == "first" and first or counted
local link
if direction == "-" then link = attach(dev, f) else link = attach(dev, direction, f) end
print "attached"
bpf.every("20ms", function() if io.open(flag) then bpf.stop() end end)
bpf.run()
print(("bytes %d absent %d wrong %d %s"):format(st.reached, st.absent, st.wrong, st.big > 20000 and "big" or "small"))
END

wait_for() {
	tries=100
	until grep -q "$1" "$dir/out" || [ $tries = 0 ]; do
		sleep 0.05
		tries=$((tries - 1))
	done
}

# what, namespace, script's arguments before the flag
watch() {
	label=$1 where=$2
	shift 2
	rm -f "$dir/flag"
	: >"$dir/out"
	# shellcheck disable=SC2086
	ip netns exec "$name$where" "$BUILD/perigee" $opts "$dir/read.lua" "$@" "$dir/flag" >"$dir/out" 2>&1 &
	script=$!
	ip netns exec "${name}b" "$bulk" receive 5001 $bytes &
	sink=$!
	pids="$script $sink"
	wait_for attached
	check "$label: sends" in_a "$bulk" send $here 5001 $bytes
	check "$label: receives" wait $sink
	: >"$dir/flag"
	wait $script || :
	pids=
	same "$label: reads all of it right" "$(tail -n 1 "$dir/out")" "bytes $bytes absent 0 wrong 0 big"
	[ "$(tail -n 1 "$dir/out")" = "bytes $bytes absent 0 wrong 0 big" ] || sed 's/^/# /' "$dir/out"
}

for opts in '' --without=tcx; do
	for order in first counted; do
		watch "ingress$opts, $order" b tc in ingress $order
		watch "egress$opts, $order" a tc out egress $order
	done
done
opts=
in_a "$bulk" offload out tso off
in_a "$bulk" offload out gso off
in_b "$bulk" offload in gro on
has for_each || skip "GRO of veth" # of the same kernel
! has for_each || watch "GRO" b tc in ingress counted

# ---- tags ----

# Frames with one tag, with two, with none. On the way out of `out` the tags are in the frame; the kernel
# takes the outer one off before `in` has the packet. Both must look the same.
cat >"$dir/tags.lua" <<'END'
local attach, dev, direction, flag = load("return bpf." .. arg[1])(), table.unpack(arg, 2)
local seen = bpf.map { "hash", key = "struct { u32 net; u32 what; }", value = "u32", entries = 64 }
local function note(net, what, value) seen[{ net = net, what = what }] = value end
local function f(pkt)
	local udp, ip = pkt.udp, pkt.ipv4
	if not udp or not ip then return end
	local net = ip.src:byte(3)
	note(net, 1, pkt.eth.type)
	local tag = pkt.vlan
	if not tag then return note(net, 2, 1) end
	note(net, 3, tag.id)
	note(net, 4, tag.pcp)
	note(net, 5, tag.dei and 1 or 0)
	note(net, 6, tag.type)
	note(net, 7, #tag)
	local inner = tag.vlan
	if inner then
		note(net, 8, inner.id)
		note(net, 9, inner.type)
	end
end
if os.getenv "ASSIGN" then
	attach(dev, direction, function(pkt)
		local tag = pkt.vlan
		if not tag then return end
		tag.id = tag.id + 100
		tag.pcp, tag.dei = 7 - tag.pcp, not tag.dei
	end)
end
if direction == "-" then attach(dev, f) else attach(dev, direction, f) end
print "attached"
bpf.every("20ms", function() if io.open(flag) then bpf.stop() end end)
bpf.run()
for net = 1, 4 do
	local t = { ("%d:"):format(net) }
	for what = 1, 9 do t[#t + 1] = tostring(seen[{ net = net, what = what }]) end
	print(table.concat(t, " "))
end
END
eth=0a00000000010a0000000002
udp_from() { printf '4500001c00004000401100000a00%s010a000002b3cd003500080000' "$1"; }
frames="${eth}0800$(udp_from 01) ${eth}8100b0050800$(udp_from 02) ${eth}8100600581001007\
0800$(udp_from 03) ${eth}88a800090800$(udp_from 04)"
# network: eth.type, untagged, then the tag's id, pcp, dei, type, length, the inner tag's id and type
want='1: 2048 1 nil nil nil nil nil nil nil
2: 33024 nil 5 5 1 2048 4 nil nil
3: 33024 nil 5 3 0 33024 4 7 2048
4: 34984 nil 9 0 0 2048 4 nil nil'

tags() { # what, namespace, script's arguments before the flag
	label=$1 where=$2
	shift 2
	rm -f "$dir/flag"
	: >"$dir/out"
	ip netns exec "$name$where" "$BUILD/perigee" "$dir/tags.lua" "$@" "$dir/flag" >"$dir/out" 2>&1 &
	pids=$!
	wait_for attached
	# shellcheck disable=SC2086
	in_a "$bulk" frame out $frames
	sleep 0.2
	: >"$dir/flag"
	wait $pids || :
	pids=
	same "$label" "$(grep -v attached "$dir/out")" "$want"
}
tags "tags in the frame: on the way out" a tc out egress
tags "tags that were taken off: on the way in" b tc in ingress
export ASSIGN=1
want='1: 2048 1 nil nil nil nil nil nil nil
2: 33024 nil 105 2 0 2048 4 nil nil
3: 33024 nil 105 4 1 33024 4 7 2048
4: 34984 nil 109 7 1 2048 4 nil nil'
tags "tags in the frame: assigned" a tc out egress
tags "tags that were taken off: assigned" b tc in ingress
plan

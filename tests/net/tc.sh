#!/bin/sh
# Real packets through tc, attached as a tcx link and as a filter of clsact: both directions, verdicts,
# what runs behind, replacing, detaching, and what is left when the script is killed or the device goes.
set -eu
peer=10.78.0.1
here=10.78.0.2

. tests/pair.sh
pair $peer/24 $here/24

ping_in() { in_a ping -q -c 2 -i 0.02 -W 1 "$@" $here; }
filters() { in_b tc filter show dev in "$1" | grep -c perigee; }
qdisc() { in_b tc qdisc show dev in | grep -q clsact; }

cat >"$dir/steps.lua" <<'END'
local way = arg[1]
local function ping(size)
	return os.execute(("ping -q -c 2 -i 0.02 -W 0.5 -s %d 10.78.0.1 >/dev/null"):format(size)) == true
end
local function say(what, good) print((good and "ok " or "not ok ") .. way .. ": " .. what) end
local function is_echo(pkt) return pkt.icmp and (pkt.icmp.type == 8 or pkt.icmp.type == 0) end
local st = bpf.state { first = "u64", second = "u64", mark = "u64", priority = "u64" }

for _, direction in ipairs { "ingress", "egress" } do
	local function name(what) return direction .. ": " .. what end
	local link = bpf.tc("in", direction, function(pkt)
		if is_echo(pkt) then
			st.first = st.first + 1
			if pkt.ipv4.len == 92 then return bpf.DROP end
		end
		return bpf.PASS
	end)
	say(name "its name", tostring(link) == ("tc in %s (%s)"):format(direction, way))
	say(name "drops what it is told", not ping(64))
	local seen = st.first -- more than 2 on the way out: ping tries again at once
	say(name "passes the rest", ping(100) and st.first == seen + 2)
	local second = bpf.tc("in", direction, { name = "second" }, function(pkt)
		if is_echo(pkt) then st.second = st.second + 1 end
	end)
	say(name "PASS lets those behind look", ping(100) and st.second == 2 and st.first == seen + 4)
	say(name "DROP does not", not ping(64) and st.second == 2)
	link:replace(function(pkt) if is_echo(pkt) and pkt.ipv4.len == 128 then return bpf.DROP end end)
	seen = st.first
	say(name "replaced", not ping(100) and ping(64) and st.first == seen and st.second == 4)
	local ok, text = pcall(link.replace, link, function(pkt) return pkt.len / 2 end)
	say(name "a refused replace changes nothing", not ok and text:find "error:" and ping(64) and not ping(100))
	link:replace(function(pkt) if is_echo(pkt) then pkt.mark, pkt.priority = pkt.len, pkt.priority + 3 end end)
	second:replace(function(pkt) if is_echo(pkt) then st.mark, st.priority = pkt.mark, pkt.priority end end)
	say(name "what the first puts beside the packet, the second finds", ping(100) and st.mark == 142 and st.priority >= 3)
	link:detach()
	say(name "detached", ping(100) and st.mark == 0 and st.priority < 3)
	second:detach()
	st.first, st.second = 0, 0
end
for _, bad in ipairs { { "in", "across" }, { "nodev", "ingress" }, { "wg", "ingress" } } do
	local ok, text = pcall(bpf.tc, bad[1], bad[2], function() end)
	say("refused: " .. bad[1] .. " " .. bad[2], not ok and (text:find "no network device 'nodev'"
		or text:find "invalid option 'across'" or text:find "'wg' carries no Ethernet frames"))
end
END

cat >"$dir/stay.lua" <<'END'
local link = bpf.tc("in", "ingress", function(pkt) if pkt.icmp then return bpf.DROP end end)
print "attached"
bpf.every("20ms", function()
	if not io.open(arg[1]) then return end
	print(pcall(link.replace, link, function() return bpf.PASS end))
	print(pcall(link.detach, link))
	bpf.stop()
end)
bpf.run()
END

stay() { # way: attaches and stays
	: >"$dir/out"
	# shellcheck disable=SC2086
	ip netns exec "${name}b" "$BUILD/perigee" $1 "$dir/stay.lua" "$dir/flag" >"$dir/out" 2>&1 &
	script=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		! grep -q attached "$dir/out" || return 0
		sleep 0.1
	done
	cat "$dir/out" >&2
	return 1
}
killed() { # without a chance to clean up
	kill -KILL "$script"
	wait "$script" 2>/dev/null || :
	script=
	sleep 0.1
}

# not every kernel has the device; what carries no Ethernet frames stands for it
in_b ip link add wg type wireguard 2>/dev/null || in_b ip tuntap add dev wg mode tun 2>/dev/null ||
	in_b ip link add wg type ipip local 10.78.0.2 remote 10.78.0.1

ways='tcx clsact'
has tcx || { skip tcx; ways=clsact; }
for way in $ways; do
	opts=
	[ $way = tcx ] || opts=--without=tcx
	# shellcheck disable=SC2086
	ip netns exec "${name}b" "$BUILD/perigee" $opts "$dir/steps.lua" $way >"$dir/out" 2>&1 || echo "not ok $way: ends well" >>"$dir/out"
	while read -r line; do
		case $line in
		"ok "*) say 0 "${line#ok }" ;;
		"not ok "*) say 1 "${line#not ok }" ;;
		*) say 1 "$way: $line" ;;
		esac
	done <"$dir/out"
	same "$way: all steps were taken" "$(grep -c "ok" "$dir/out")" 21
	refuse "$way: no qdisc is left" qdisc
	check "$way: attaches again" stay "$opts"
	refuse "$way: and drops" ping_in
	killed
	if [ $way = tcx ]; then
		check "$way: killed: detached" ping_in
		continue
	fi
	same "$way: killed: its filter stays" "$(filters ingress)" 1
	check "$way: another one attaches" stay "$opts"
	same "$way: which took the stale one away" "$(filters ingress)" 1
	: >"$dir/flag"
	check "$way: and ends" wait "$script"
	script=
	refuse "$way: the qdisc went with it" qdisc
	rm "$dir/flag"
	in_b tc qdisc add dev in clsact
	in_b tc filter add dev in ingress prio 7 protocol all bpf bytecode '1,6 0 0 0,' classid 1:1
	check "$way: beside another's filter" stay "$opts"
	: >"$dir/flag"
	check "$way: and ends" wait "$script"
	script=
	rm "$dir/flag"
	check "$way: leaves the qdisc of another" qdisc
	same "$way: and its filter" "$(in_b tc filter show dev in ingress | grep -c 'pref 7 bpf chain 0 handle')" 1
	in_b tc qdisc del dev in clsact
	in_b tc qdisc add dev in ingress
	refuse "$way: no filter where a qdisc of another kind is" stay "$opts"
	script=
	check "$way: says so" grep -q "Device or resource busy" "$dir/out"
	in_b tc qdisc del dev in ingress
done

# the device goes away under it
for opts in '' --without=tcx; do
	ip -n "${name}a" link del out
	ip -n "${name}a" link add out type veth peer name in netns "${name}b"
	ip -n "${name}b" link set in up
	check "vanishing ($opts): attaches" stay "$opts"
	ip -n "${name}a" link del out
	: >"$dir/flag"
	check "vanishing ($opts): ends well" wait "$script"
	script=
	rm "$dir/flag"
	check "vanishing ($opts): a replace says why not" grep -q "^false.*is not attached any more: its device is gone" "$dir/out"
	check "vanishing ($opts): a detach has nothing to do" grep -q "^true$" "$dir/out"
	ip -n "${name}a" link add out type veth peer name in netns "${name}b"
done
plan

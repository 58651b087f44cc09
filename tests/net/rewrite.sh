#!/bin/sh
# Packets rewritten on tc: examples/ttl.lua, and a translation of addresses and ports; with checksums that
# the sender makes, and with those that it leaves to the card; in one piece and in big segments. What comes
# out is summed anew by build/tests/watch, and received by the kernel.
set -eu
. tests/pair.sh
pair 10.79.0.1/24 10.79.0.2/24

bulk=$BUILD/tests/bulk

for end in a:out:1 b:in:2; do
	ns=$name${end%%:*} dev=${end#*:} n=${end##*:}
	dev=${dev%:*}
	ip -n "$ns" addr add "10.79.1.$n/24" dev "$dev"
	ip -n "$ns" addr add "fd79::$n/64" dev "$dev" nodad
done

until_says() { # file text
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		! grep -q "$2" "$1" || return 0
		sleep 0.1
	done
	cat "$1" >&2
	return 1
}
start() { # options, script, arguments
	: >"$dir/out"
	# shellcheck disable=SC2086
	ip netns exec "${name}b" "$BUILD/perigee" $1 "$2" in ${3-} >"$dir/out" 2>&1 &
	script=$!
	until_says "$dir/out" "hops to go\|translating"
}
watching() { # protocol, how many
	: >"$dir/seen"
	ip netns exec "${name}a" "$BUILD/tests/watch" out "$1" "$2" >"$dir/seen" &
	watch=$!
	until_says "$dir/seen" watching
}
seen() { wait "$watch" || :; watch=; }
ping_b() { in_a ping -q -c 3 -i 0.02 -W 1 "$1" >"$dir/ping"; }
move() { # address and port that b sends to, port that a receives at
	in_a "$bulk" receive "$3" 3000000 &
	receiver=$!
	in_b "$bulk" send "$1" "$2" 3000000 || { kill "$receiver" 2>/dev/null; return 1; }
	wait "$receiver"
}

# 10.79.1.1:7001 (fd79::1 has no other name) is really 10.79.0.1:7002; answers come in as they are sent
cat >"$dir/translate.lua" <<'END'
local real, shown = bpf.ip "10.79.0.1", bpf.ip "10.79.1.1"
bpf.tc(arg[1], "egress", function(pkt)
	local ip = pkt.ipv4
	if not ip or ip.dst ~= shown then return end
	local l4 = pkt.tcp or pkt.udp
	if not l4 or l4.dport ~= 7001 then return end
	ip.dst = real
	l4.dport = 7002
end)
bpf.tc(arg[1], "ingress", function(pkt)
	local ip = pkt.ip
	if not ip or ip.src ~= real then return end
	local l4 = pkt.tcp or pkt.udp
	if not l4 or l4.sport ~= 7002 then return end
	ip.src = shown
	l4.sport = 7001
end)
print "translating"
io.stdout:flush()
bpf.run()
END

for _ in 1 2 3 4 5 6 7 8 9 10; do # until the devices are up for IPv6, too
	! ping_b fd79::2 || break
done

for way in tcx clsact; do
	opts=
	[ $way = tcx ] || opts=--without=tcx
	for tx in on off; do
		for dev in a:out b:in; do
			ip netns exec "$name${dev%:*}" "$bulk" offload "${dev#*:}" tx $tx
			ip netns exec "$name${dev%:*}" "$bulk" offload "${dev#*:}" rx $tx
		done
		of="$way, transmit checksums $tx"
		start "$opts" examples/ttl.lua 17
		watching 1 3
		check "$of: ping" ping_b 10.79.0.2
		seen
		same "$of: every answer has the TTL, and its sums are right" \
			"$(grep -c '^1 ttl 17 header right transport right$' "$dir/seen")" 3
		ip -n "${name}a" neigh flush dev out # who is where is asked anew: what asks must keep its 255 hops
		ip -n "${name}b" neigh flush dev in
		watching 58 3
		check "$of: ping, IPv6" ping_b fd79::2
		seen
		same "$of: and the hop limit" "$(grep -c '^58 ttl 17 header none transport right$' "$dir/seen")" 3
		check "$of: TCP" move 10.79.0.1 7003 7003
		stop
		check "$of: counts them" grep -q "[1-9][0-9]* packets rewritten" "$dir/out"
		start "$opts" "$dir/translate.lua"
		watching 6 2
		check "$of: translated" move 10.79.1.1 7001 7002
		seen
		sums=right
		[ $tx = off ] || sums=begun # the card's part is to come
		same "$of: with sums that are $sums" "$(grep -c "^6 ttl 64 header right transport $sums$" "$dir/seen")" 2
		watching 17 2
		for _ in 1 2; do in_b bash -c 'echo hello >/dev/udp/10.79.1.1/7001'; done
		seen
		same "$of: UDP's too" "$(grep -c "^17 ttl 64 header right transport $sums$" "$dir/seen")" 2
		stop
	done
done
plan

#!/bin/sh
# examples/balancer.lua: real connections of a client to an address that nobody has, through a namespace that
# spreads them over two servers in namespaces of their own.
set -eu
name=pgl$$
dir=$(mktemp -d)
bulk=$BUILD/tests/bulk

clean() {
	for ns in c r s t; do
		for pid in $(ip netns pids "$name$ns" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null || :; done
		ip netns del "$name$ns" 2>/dev/null || :
	done
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM

. tests/tap.sh
has for_each || { skip "GRO of veth"; plan; } # of the same kernel

in_ns() { ns=$1; shift; ip netns exec "$name$ns" "$@"; }
address() { in_ns "$1" cat /sys/class/net/leg/address; }

for ns in c r s t; do ip netns add "$name$ns"; done
n=1
for ns in c s t; do # client, two servers: 10.84.N.2, the router's end is 10.84.N.1
	ip -n "${name}r" link add "to_$ns" type veth peer name leg netns "$name$ns"
	ip -n "${name}r" addr add "10.84.$n.1/24" dev "to_$ns"
	ip -n "${name}r" link set "to_$ns" up
	ip -n "$name$ns" addr add "10.84.$n.2/24" dev leg
	ip -n "$name$ns" link set leg up
	ip -n "$name$ns" route add default via "10.84.$n.1"
	in_ns $ns "$bulk" offload leg tx off # what comes by XDP has its checksums
	in_ns $ns "$bulk" offload leg gro on # and a frame that is redirected is taken
	n=$((n + 1))
done
in_ns r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'

for ns in s t; do
	ip netns exec "$name$ns" sh -c "while :; do '$bulk' receive 80 100000 && echo one >>$dir/$ns; done" &
done
: >"$dir/out"
ip netns exec "${name}r" "$BUILD/perigee" examples/balancer.lua to_c 10.84.9.9 80 \
	"10.84.2.2,$(address s),to_s" "10.84.3.2,$(address t),to_t" >"$dir/out" 2>&1 &
script=$!
tries=100
until grep -q balancing "$dir/out" || [ $tries = 0 ]; do
	sleep 0.05
	tries=$((tries - 1))
done
made=0
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
	! in_ns c "$bulk" send 10.84.9.9 80 100000 || made=$((made + 1))
done
same "every connection is made, and its bytes arrive" $made 16
served() { cat "$dir/$1" 2>/dev/null | wc -l; }
same "the servers together have served them" $(($(served s) + $(served t))) 16
check "the one some" [ "$(served s)" -gt 0 ]
check "the other the rest" [ "$(served t)" -gt 0 ]
check "another port is none of its business" in_ns c ping -q -c 1 -W 1 10.84.2.2
while kill -INT $script 2>/dev/null; do sleep 0.1; done
wait $script || :
same "it says what it sent to each" "$(grep -c '^10\.84\.[23]\.2: [1-9][0-9]* packets$' "$dir/out")" 2
plan

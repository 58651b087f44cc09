#!/bin/sh
# The examples on tc, beside what the kernel itself counts: the device's statistics and /proc/net/snmp.
set -eu
peer=10.81.0.1
here=10.81.0.2
bulk=$BUILD/tests/bulk

. tests/pair.sh

for ns in a b; do
	ip netns exec $name$ns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
done
pair $peer/24 $here/24
in_a "$bulk" offload out tso off # a packet is a packet to all that count
in_a "$bulk" offload out gso off

statistic() { in_b cat /sys/class/net/in/statistics/"$1"; } # sysfs of the namespace
snmp() { # protocol, counter...: their sum
	proto=$1
	shift
	in_b awk -v proto="$proto:" -v names="$*" '
		$1 == proto && !n { n = split($0, head); next }
		$1 == proto { for (i in head) if (index(" " names " ", " " head[i] " ")) sum += $i }
		END { print sum + 0 }' /proc/net/snmp
}
out_has() { grep -q "$1" "$dir/out"; }
frame() { # port: a UDP datagram to it
	printf '%s%s08004500001c000040004011262d0a5100010a5100028235%04x00080000' "$(hardware b in)" \
		"$(hardware a out)" "$1"
}

# ---- protocols ----

before="$(statistic rx_packets) $(statistic rx_bytes) $(snmp Icmp InMsgs) $(snmp Tcp InSegs)"
in_b "$BUILD/perigee" examples/protocols.lua in $((4 * slow)) >"$dir/out" 2>&1 &
script=$!
check "protocols: begins" soon out_has counting
before="$(statistic rx_packets) $(statistic rx_bytes) $(snmp Icmp InMsgs) $(snmp Tcp InSegs)"
in_a ping -q -c 5 -i 0.02 $here >"$dir/ping"
in_b "$bulk" receive 5001 300000 &
in_a "$bulk" send $here 5001 300000
in_a "$bulk" frame out "$(frame 53)" "$(frame 53)" "$(frame 54)"
sleep 0.2
after="$(statistic rx_packets) $(statistic rx_bytes) $(snmp Icmp InMsgs) $(snmp Tcp InSegs)"
check "protocols: ends" wait $script
script=
told() { awk -v name="$1" -v column="$2" '$1 == name || (name == "all" && / packets /) { n += $column } END { print n + 0 }' "$dir/out"; }
set -- $before $after
same "protocols: packets, as the device counts them" "$(told all 2)" "$(($5 - $1))"
same "protocols: bytes, as the device counts them" "$(told all 4)" "$(($6 - $2))"
same "protocols: ICMP, as the stack counts it" "$(told icmp 2)" "$(($7 - $3))"
same "protocols: TCP, as the stack counts it" "$(told tcp 2)" "$(($8 - $4))"
same "protocols: UDP, as it was sent" "$(told udp 2)" 3

# ---- ports ----

mkfifo "$dir/lines"
in_b "$BUILD/perigee" examples/ports.lua in 5001 <"$dir/lines" >"$dir/out" 2>&1 &
script=$!
exec 3>"$dir/lines"
check "ports: begins" soon out_has filtering
let_in() { snmp Udp InDatagrams NoPorts InErrors; }
was=$(let_in)
in_a "$bulk" frame out "$(frame 53)" "$(frame 53)" "$(frame 54)" "$(frame 5001)"
in_b "$bulk" receive 5001 100000 &
check "ports: an open one is reached" in_a "$bulk" send $here 5001 100000
same "ports: the stack is given what is let in" $(($(let_in) - was)) 1
echo "show" >&3
check "ports: counts what it refuses" soon out_has "^53: 2 refused, 54: 1 refused$"
echo "open 53" >&3
check "ports: opens one" soon out_has "open 53"
was=$(let_in)
in_a "$bulk" frame out "$(frame 53)" "$(frame 54)" "$(frame 53)"
sleep 0.1
same "ports: which is let in now" $(($(let_in) - was)) 2
check "ports: ping is none of its business" in_a ping -q -c 1 -W 1 $here
echo "quit" >&3
exec 3>&-
check "ports: ends" wait $script
script=

# ---- tenants ----

tunnelled() { # network, third byte of the inner address, flags of the DNS header
	inner=02000000000202000000000108004500002c0001000040110000 # lengths are right, sums nobody looks at
	printf '%s%s08004500005e000040004011%s0a5100010a510002303912b5004a00000800000000%04x00' "$(hardware b in)" \
		"$(hardware a out)" 25e9 "$1"
	printf '%s0a00%02x0a0a000001c000003500180000%s%s' "$inner" "$2" 1234 "$3"00020000000000003f3f3f3f
}
in_b "$BUILD/perigee" examples/tenants.lua in $((2 * slow)) >"$dir/out" 2>&1 &
script=$!
check "tenants: begins" soon out_has tunnels
in_a "$bulk" frame out "$(tunnelled 7 1 0100)" "$(tunnelled 7 1 0100)" "$(tunnelled 8 1 0100)" "$(tunnelled 7 2 8180)" "$(frame 53)"
check "tenants: ends" wait $script
script=
same "tenants: by network and address, with the names asked for" "$(tail -n +2 "$dir/out")" \
	"network 7, 10.0.1.10: 2 packets, 4 names asked for
network 7, 10.0.2.10: 1 packets, 0 names asked for
network 8, 10.0.1.10: 1 packets, 2 names asked for"
plan

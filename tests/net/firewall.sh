#!/bin/sh
# The examples that decide by what came before: connections tracked, sources limited, servers of DHCP snooped;
# on real connections, beside what the stack counts, and on frames that no stack would send.
set -eu
peer=10.83.0.1
here=10.83.0.2
stranger=10.83.0.77
bulk=$BUILD/tests/bulk

. tests/pair.sh
pair $peer/24 $here/24
for ns in a:out b:in; do
	ip netns exec "$name${ns%:*}" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
	ip netns exec "$name${ns%:*}" "$bulk" offload "${ns#*:}" tso off
done
# a connection half open is not asked for again: that would be a stray, after a second
ip netns exec "${name}b" sh -c 'echo 0 >/proc/sys/net/ipv4/tcp_synack_retries'
ip -n "${name}b" neigh add $stranger lladdr "$(in_a cat /sys/class/net/out/address)" dev in # who is not there to object

to="$(hardware b in)$(hardware a out)"
sum() { # hexadecimal words: their checksum
	total=0
	for word; do total=$((total + 0x$word)); done
	printf %04x $((~(total % 65535) & 0xffff))
}
ipv4() { # protocol, bytes behind it, last byte of the source
	set -- "$(printf %04x $((20 + $2)))" "40$(printf %02x "$1")" "00$(printf %02x "$3")"
	echo "${to}08004500${1}00010000${2}$(sum 4500 "$1" 1 "$2" 0a53 "$3" 0a53 2)0a53${3}0a530002"
}
segment() { # port, flags
	set -- "$(printf %04x "$1")" "5$(printf %03x "$2")"
	set -- "$1" "$2" "$(sum 0a53 4d 0a53 2 6 14 9c40 "$1" 1 1 "$2" 200)"
	echo "$(ipv4 6 20 77)9c40${1}0000000100000001${2}0200${3}0000"
}
move() { # bytes through a real connection to port 5001
	ip netns exec "${name}b" "$bulk" receive 5001 "$1" &
	receiver=$!
	in_a "$bulk" send $here 5001 "$1" || { kill $receiver 2>/dev/null; return 1; }
	wait $receiver
}
last() { tail -n +2 "$dir/out" | awk '{ round = round $0 "\n" } / strays dropped$/ { told = round; round = "" } END { printf "%s", told }'; }
FIN=1 SYN=2 RST=4 ACK=16

# ---- tracking ----

start "tracking" examples/tracking.lua in 2
check "tracking: a real connection" move 300000
check "tracking: another one" move 100
refuse "tracking: nobody listens, and the client hears so at once" in_a timeout 5 bash -c "</dev/tcp/$here/9"
sleep 1.2
same "tracking: what became of them" "$(last | sed 's/:[0-9]* ->/ ->/; s/, [0-9]* packets//' | grep -v "5001 closed" | sort)" \
"0 strays dropped
$peer -> $here:5001 time wait
$peer -> $here:5001 time wait
$peer -> $here:9 closed"
frames "$(segment 5001 $ACK)" "$(segment 5001 $FIN)" "$(segment 5001 $((SYN + ACK)))" "$(segment 5001 $RST)" \
	"$(segment 5001 0)" "$(segment 5001 41)"
piece() { printf '%s%048d' "$(ipv4 6 24 77 | sed "s/00010000/0001$1/")" 0; } # by flags and offset
frames "$(ipv4 6 8 77 | sed s/00010000/00012000/)9c40138900000001" "$(piece 2001)" "$(piece 0002)" "$(piece 0003)"
sleep 1.2
same "tracking: six strays, and three fragments that have no whole header" "$(last | tail -n 1)" "9 strays dropped"
ip netns exec "${name}b" "$bulk" receive 5001 100 & # somebody listens
pids="$pids $!"
sleep 0.2
frames "$(segment 5001 $SYN)"
half_open() { last | grep -q "^$stranger:40000 -> $here:5001 syn received, "; }
check "tracking: half open" soon half_open
frames "$(segment 5001 $ACK)"
refused() { last | grep -q "^$stranger:40000 -> $here:5001 closed, "; }
check "tracking: closed by the server, whom the ACK tells of bytes that it did not send" soon refused

in_a bash -c "exec 3<>/dev/tcp/$here/5001; sleep 5; echo late >&3; sleep 1" &
pids="$pids $!"
established() { last | grep -q " -> $here:5001 established, "; }
check "tracking: established" soon established
same "tracking: no more strays yet" "$(last | tail -n 1)" "9 strays dropped"
late() { ! last | tail -n 1 | grep -q "^9 strays"; }
refuse "tracking: silent" late
sleep 3
check "tracking: after two seconds of silence what it says is a stray" soon late
stop

# ---- limit ----

burst() { # how many; datagrams to a port where nobody listens
	set -- $(for i in $(seq "$1"); do echo "$datagram"; done)
	in_a "$bulk" frame out "$@"
}
datagram="$(ipv4 17 12 77)8235003500$(printf 0c)000000000000"
received() { in_b awk '$1 == "Udp:" && $2 ~ /^[0-9]/ { print $2 + $3 + $4 }' /proc/net/snmp; } # taken, of no port, wrong
start "limiting" examples/limit.lua in 1 20
was=$(received)
began=$(date +%s)
burst 100
most=$((20 + $(date +%s) - began + 1))
sleep 0.2
let_in=$(($(received) - was))
check "limit: of a hundred at once twenty, and one for each second that it took: $let_in" \
	[ $((let_in >= 20 && let_in <= most)) = 1 ]
check "limit: says that it dropped the rest" soon out_has "^$stranger *$((100 - let_in)) dropped$"
check "limit: nobody else is limited" in_a ping -q -c 5 -i 0.02 -W 1 $here
stop

# ---- snooping ----

wants bpf_loop

zeros() { printf "%0$((2 * $1))d" 0; }
message() { # operation, options
	body=$(printf '%02x010600123456780000000000000000%s0a5300010000000002000000000b%s63825363%s' "$1" "$3" "$(zeros 202)" "$2")
	n=$((8 + ${#body} / 2))
	printf '%s00430044%04x0000%s' "$(ipv4 17 $n 77)" $n "$body"
}
lease=00350105330400000e10ff # ACK for an hour, behind a byte of padding
start "listening" examples/snooping.lua in --
frames "$(message 2 $lease 0a530009)" "$(message 2 350102ff 0a53000a)" "$(message 1 $lease 0a53000b)" \
	"$(message 2 "" 0a53000c)" "$(message 2 350105 0a53000d)"
check "snooping: an ACK is learnt" soon out_has "^02:00:00:00:00:0b has 10.83.0.9 for 3600 seconds$"
check "snooping: and one without end and lease" soon out_has "^02:00:00:00:00:0b has 10.83.0.13 for 0 seconds$"
stop
same "snooping: nothing else is" "$(grep -c has "$dir/out")" 2
start "listening" examples/snooping.lua -- in
was=$(received)
to_port() { message 2 $lease 0a530009 | sed "s/$1/$2/"; } # other ports than a server's and a client's
frames "$(message 2 $lease 0a530009)" "$(message 2 350102ff 0a53000a)" "$datagram" "$(to_port 00430044 04d20044)" \
	"$(to_port 00430044 00430043)" "$(message 1 $lease 0a530009 | sed s/00430044/00440043/)"
sleep 0.2
same "snooping: from where no server is only the other frame and a client's are let in" $(($(received) - was)) 2
stop
same "snooping: says so" "$(tail -n 1 "$dir/out" | cut -d ' ' -f 2-)" "is no server of ours: 4 messages dropped"
plan

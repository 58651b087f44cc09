#!/bin/sh
# The examples on XDP that look into packets, on real ones: the queries of the C library's resolver, TLS
# connections of openssl, HTTP requests of curl; and on frames put together here, of what no tool sends.
set -eu
peer=10.82.0.1
here=10.82.0.2
bulk=$BUILD/tests/bulk

. tests/pair.sh
wants bpf_loop
pair $peer/24 $here/24
for ns in a:out b:in; do
	ip netns exec "$name${ns%:*}" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
	ip netns exec "$name${ns%:*}" "$bulk" offload "${ns#*:}" tso off
done

told() { tail -n +2 "$dir/out"; }
ends() { check "$1: ends" wait $script; script=; }
to="$(hardware b in)$(hardware a out)"
text() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }
# An IPv4 header; the sums are for nobody to look at: protocol, bytes behind it, last byte of the source
ipv4() { printf '%s08004500%04x0001000040%02x00000a5200%02x0a520002' "$to" $((20 + $2)) "$1" "$3"; }
udp() { # from, to, last byte of the source, hexadecimal payload
	n=$((8 + ${#4} / 2))
	printf '%s%04x%04x%04x0000%s' "$(ipv4 17 $n "$3")" "$1" "$2" $n "$4"
}

# ---- names ----

echo "nameserver $here
options timeout:1 attempts:1" >"$dir/resolv.conf"
ask() { # nobody answers
	in_a unshare -m sh -c "mount --bind $dir/resolv.conf /etc/resolv.conf; getent ahosts $1" || :
}
query() { # labels in hexadecimal, type
	udp 40000 53 1 "123401000001000000000000${1}00${2}0001"
}
deep=$(for i in 1 2 3 4 5 6 7 8 9 0; do printf '0161'; done)
long=$(printf 'x%.0s' $(seq 63))
label=3f$(text "$long")
start "asked" examples/names.lua in $((4 * slow))
ask www.example.com.
ask Mail.EXAMPLE.org.
ask mail.example.org.
frames "$(query "$deep" 000f)" "$(query "$label" 0010)" "$(query "$label$label" 0010)" "$(query "" 0002)" \
	"$(query 0377007703636f6d 0010)" \
	"$(udp 40000 53 1 123481800001000000000000016100000f0001)" \
	"$(udp 40000 53 1 123401000001000000000000016100)" "$(udp 40000 53 1 123401000001000000000000c00c000f0001)"
ends names
same "names: of the resolver in any case, of frames with any number of labels, of nothing else" "$(told | LC_ALL=C sort -k1,1nr -k2)" \
"      3  of type A
      3  of type TXT
      2  mail.example.org.
      2  $long.
      1  .
      1  a.a.a.a.a.a.a.a.a.a.
      1  of type MX
      1  of type NS
      1  w?w.com.
      1  www.example.com."

# ---- sni ----

small=$(printf 'y%.0s' $(seq 63))
big=$(printf 'Y%.0s' $(seq 63))
hosts=$(for i in $(seq 999); do echo "host$i.example"; done)
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/key" -out "$dir/cert" -subj /CN=test -days 2 2>"$dir/openssl"
ip netns exec "${name}b" openssl s_server -quiet -accept 443 -key "$dir/key" -cert "$dir/cert" </dev/null >"$dir/server" 2>&1 &
pids="$pids $!"
hello() { # name: the handshake is done within a second
	timeout $slow ip netns exec "${name}a" openssl s_client -connect $here:443 -servername "$1" </dev/null 2>&1 |
		grep -q "^subject=.*test"
}
client_hello() { # a segment with one, without a connection: kind of the name, name in hexadecimal
	n=$((${#2} / 2))
	printf '%s9c4001bb00000001000000015018ffff00000000160301%04x01%06x0303%064x0000021301%04x' \
		"$(ipv4 6 $((81 + n)) 1)" $((56 + n)) $((52 + n)) 0 256
	printf '%04x0000%04x%04x%s%04x%s' $((9 + n)) $((5 + n)) $((3 + n)) "$1" $n "$2"
}
check "sni: the server answers" soon hello host999.example
# shellcheck disable=SC2086
start "looking" examples/sni.lua in $hosts other.example unwanted.example Capital.Example. $small.$small.$small.example
check "sni: a name that is not among a thousand" hello wanted.example
check "sni: one that begins as one of them does" hello host50.example.com
check "sni: one with two dots at its end" hello host502.example..
check "sni: one of 199 bytes that ends in another letter" hello "$small.$small.$small.exampld"
check "sni: one that is longer than all that are not wanted" hello "x.$small.$small.$small.example"
check "sni: one of 255 bytes" hello "$small.$small.$small.$small"
in_a ip route change 10.82.0.0/24 dev out mtu lock 150
check "sni: one that is behind the first segment passes" hello host501.example
in_a ip route change 10.82.0.0/24 dev out
# The server does nothing else while it waits for a hello that was dropped: from here on nothing is answered.
refuse "sni: the last one that is" hello unwanted.example
refuse "sni: another one" hello host500.example
refuse "sni: one in capital letters" hello HOST501.EXAMPLE
refuse "sni: one that has them in the list" hello capital.example
refuse "sni: one with a dot at its end" hello Host502.example.
refuse "sni: one of 199 bytes" hello "$big.$small.$big.example"
frames "$(client_hello 00 "$(text "$small.$small.$small.$small.")")" "$(client_hello 00 "$(text unwanted.example)00")" \
	"$(client_hello 01 "$(text wanted.example)")" "$(client_hello 00 "$(text WANTED.EXAMPLE)")" \
	"$(client_hello 00 "$(text OTHER.EXAMPLE.)")"
check "sni: segments that openssl would not send" soon out_has "other.example"
stop
same "sni: says so, again when it is sent again" "$(told | LC_ALL=C sort -u)" "dropped	$peer	capital.example
dropped	$peer	host500.example
dropped	$peer	host501.example
dropped	$peer	host502.example
dropped	$peer	other.example
dropped	$peer	unwanted.example
dropped	$peer	$small.$small.$small.example
of no host's name and dropped: 3
split and passed: 1"

# ---- agents ----

get() { # user agent; bytes that are written at once come in one segment
	ip netns exec "${name}b" "$bulk" receive 80 0 &
	listener=$!
	printf 'GET /a/b HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\n\r\n' "$1" >"$dir/request"
	soon in_a bash -c "exec 3<>/dev/tcp/$here/80 && cat $dir/request >&3 && sleep 0.3" 2>/dev/null
	kill $listener 2>/dev/null || :
	wait $listener || :
}
start "waiting" examples/agents.lua in
get Lynx/2.9
get curl/8.5
check "agents: says whom it drops" soon out_has "^GET /a/b	curl/8.5$"
get "$(printf 'curl/8.6\033[2J\001')"
check "agents: without what a terminal would do" soon out_has "^GET /a/b	curl/8.6$"
stop
check "agents: counts them" out_has "^ *1  Lynx/2.9$"
refuse "agents: no other is dropped" out_has "^GET.*Lynx"

# ---- chains ----

ipv6() { # next header, what follows
	printf '%s86dd60000000%04x%02x40%s%s%s' "$to" $((${#2} / 2)) "$1" 20010db8000000000000000000000001 \
		20010db8000000000000000000000002 "$2"
}
datagram=8235003500080000
none=0000000000000000
options=3c00000000000000
start "walking" examples/chains.lua in $((2 * slow))
frames "$(ipv6 17 $datagram)" "$(ipv6 0 "1100000000000000$datagram")" "$(ipv6 0 "1100000000000000$datagram")" \
	"$(ipv6 0 "3c000000000000002c00000000000000110000010000abcd$datagram")" \
	"$(ipv6 44 "110000090000abcd$datagram")" "$(ipv6 44 "3c0000090000abcd$datagram")" \
	"$(ipv6 51 "2b04000000000000000000000000000000000000000000001100040000000000$datagram")" \
	"$(ipv6 43 "1102000100000000$none$none$datagram")" "$(ipv6 43 "1102040000000000$none$none$datagram")" \
	"$(ipv6 60 "2b000000000000001102000100000000$none$none$datagram")" "$(ipv6 50 000000ff$datagram)" "$(ipv6 0 3c)" \
	"$(ipv6 60 "$options$options$options$options$options$options${options}2b000000000000001102000100000000$none$none$datagram")" \
	"$(ipv6 60 "$options$options$options$options$options$options$options$options$none")"
ends chains
same "chains: counted, as far as they can be known, and type 0 dropped" "$(told | LC_ALL=C sort)" \
"authentication, routing: 1
destination, destination, destination, destination, destination, destination, destination: 1
esp: 1
fragment: 2
hop-by-hop, destination, fragment: 1
hop-by-hop: 3
routing headers of type 0, dropped: 3
routing: 1"
plan

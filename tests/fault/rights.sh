#!/bin/sh
# No rights, and some of them: whatever a script asks of the kernel ends with status 3 and one sentence
# that says which capability is missing, and at which line of the script.
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -n sh "$0"
. tests/tap.sh
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cp "$BUILD/perigee" "$work/"
ip link set lo up || exit 1

as() { # capabilities ("+bpf,+net_admin" or ""), words of the command
	caps=$1
	shift
	# shellcheck disable=SC2086 # none when there are none
	(cd / && setpriv --reuid 65534 --regid 65534 --clear-groups \
		${caps:+--inh-caps=$caps --ambient-caps=$caps} "$work/perigee" "$@")
}
lacks() { # what, capabilities, pattern, code
	printf '\n%s\n' "$4" >"$work/script.lua"
	as "$2" "$work/script.lua" >"$work/out" 2>"$work/err"
	same "$1 with '$2': status, lines" "$?, $(wc -l <"$work/err"), $(cat "$work/out")" "3, 1, "
	check "$1 with '$2': says so" grep -q "^perigee: $work/script.lua:2: $3" "$work/err"
}

missing='.*loading kernel programs needs the capabilit[a-z]* CAP_BPF.*: run it as root'
for caps in '' '+net_admin'; do
	lacks "a program" "$caps" "$missing" 'bpf.program("xdp", function() end)'
	lacks "a hook" "$caps" "$missing" 'bpf.xdp("lo", function() end)'
	lacks "a map" "$caps" "$missing" 'bpf.map { "hash", key = "u32", value = "u32", entries = 1 }[1] = 1'
	lacks "a map's length" "$caps" "$missing" 'print(#bpf.map { "hash", key = "u32", value = "u32", entries = 1 })'
	lacks "state" "$caps" "$missing" 'bpf.state { n = "u32" }.n = 1'
	lacks "per-CPU state" "$caps" "$missing" 'bpf.percpu { n = "u32" }.n = 1'
	lacks "events" "$caps" "$missing" 'bpf.events { n = "u32" }:on(print) bpf.run()'
	lacks "kernel print" "$caps" "$missing" 'bpf.program("xdp", function() print "x" end)'
done
lacks "a hook" '+bpf' ".*network hooks need the capability CAP_NET_ADMIN: run it as root" 'bpf.xdp("lo", function() end)'

as '' features >"$work/out" 2>"$work/err"
same "features: status, lines" "$?, $(wc -l <"$work/err")" "3, 1"
check "features: says so" grep -q '^perigee: .*CAP_BPF' "$work/err"

# a script may go on without
printf 'print(pcall(bpf.program, "xdp", function() end))\nprint "goes on"\n' >"$work/script.lua"
same "a script that handles it" "$(as '' "$work/script.lua" 2>&1 | tail -n 1)" "goes on"

# enough of them, and no more: no root
printf 'bpf.xdp("lo", { mode = "skb" }, function() end):detach() print "done"\n' >"$work/script.lua"
same "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are enough" \
	"$(as +bpf,+net_admin,+perfmon "$work/script.lua" 2>&1)" "done"

# what needs none
printf 'bpf.xdp("lo", function(pkt) return bpf.DROP end)\n' >"$work/script.lua"
same "check needs none" "$(as '' check "$work/script.lua" | tail -n 1)" "  xdp lo: 2 instructions"
printf 'print(bpf.twin("xdp", function(pkt) return pkt.len == 2 and bpf.DROP end, "ab") == bpf.DROP)\n' >"$work/script.lua"
same "a twin needs none" "$(as '' "$work/script.lua")" true
plan

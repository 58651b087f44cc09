#!/bin/sh
# Links that outlive their process: found again, replaced by others, killed at any moment, under traffic that only the
# program stops: an answer to a ping is a packet that found no program.
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -nm sh "$0"
. tests/tap.sh
P=${BUILD:-build}/perigee
work=$(mktemp -d) || exit 1
ping='' pids=''
trap 'kill -9 $pids $ping 2>/dev/null; rm -f "$work/fs"/[hls]*; umount "$work/fs"; rm -rf "$work"' EXIT
mkdir "$work/fs" && mount -t bpf bpf "$work/fs" && ip link set lo up || exit 1
pin=$work/fs/link

script() { "$P" - "$@" 2>&1; } # the script is what comes in
pinned() { ls "$work/fs" | grep -v debug | tr '\n' ' '; }
attached() { ip link show lo | grep -q xdp; }

# ---- one after the other ----

drop='
local hits = bpf.map { "array", key = "u32", value = "u64", entries = 1, pin = arg[1] .. "/hits" }
local link = bpf.xdp("lo", { mode = "skb", pin = arg[1] .. "/link" }, function() hits:add(0, 1) return bpf.DROP end)'
same "attached by a first one" "$(echo "$drop" | script "$work/fs"), $?" ", 0"
check "goes on without it" attached
ping -q -c 3 -i 0.01 -W 0.1 127.0.0.1 >/dev/null
same "and does what it did" "$(echo "$drop print(hits[0])" | script "$work/fs")" 3
same "taken by another" "$(echo 'local l = bpf.xdp("lo", { pin = arg[1] .. "/link" }, function() end) print(l)' | script "$work/fs")" "xdp lo"
check "which does what it says" ping -q -c 1 -W 1 127.0.0.1
same "one link only" "$(pinned)" "hits link "
out=$(echo "$drop"' link:replace(function() return bpf.PASS end) print(link:stats().errors) link:detach()' | script "$work/fs")
same "detached by its script" "$out, $(pinned)" "0, hits "
check "and gone" sh -c '! ip link show lo | grep -q xdp'

# ---- what is refused ----

other() { # what, pattern, script
	out=$(echo "$3" | script "$work/fs")
	case $out in *$2*) say 0 "$1" ;; *) same "$1" "$out" "$2" ;; esac
}
echo "$drop" | script "$work/fs"
has tcx || skip tcx
! has tcx || other "a link of another hook" "stdin:1: what is pinned at $pin is another one: xdp lo; this script wants tc lo egress. Use another pin" \
	'bpf.tc("lo", "egress", { pin = arg[1] .. "/link" }, function() end)'
other "a map" "another one: no link; this script wants xdp lo" 'bpf.xdp("lo", { pin = arg[1] .. "/hits" }, function() end)'
other "no name" 'pin = "name", or a path' 'bpf.xdp("lo", { pin = "" }, function() end)'
! has tcx || other "no bpf file system" "mount -t bpf bpf /sys/fs/bpf" 'bpf.tc("lo", "egress", { pin = "/tmp/x" }, function() end)'
other "no directory" "cannot open the directory of /nowhere/x: No such file or directory" \
	'bpf.xdp("lo", { pin = "/nowhere/x" }, function() end)'
other "a hook without" "there is no option 'pin' for tracepoint" 'bpf.tracepoint("sched:sched_switch", { pin = "x" }, function() end)'
other "the device is taken" "is attached to 'lo' already" 'bpf.xdp("lo", { mode = "skb", pin = arg[1] .. "/second" }, function() end)'
same "nothing came of these" "$(pinned)" "hits link "
rm "$pin"
check "removed by hand: detached" sh -c 'sleep 0.1; ! ip link show lo | grep -q xdp'
ip link add there type veth peer name gone
echo 'bpf.xdp("gone", { mode = "skb", pin = arg[1] .. "/link" }, function() end)' | script "$work/fs"
ip link del gone
ip link add there type veth peer name gone
same "its device went: made anew" "$(echo 'print(bpf.xdp("gone", { mode = "skb", pin = arg[1] .. "/link" }, function() end))' | script "$work/fs")" \
	"xdp gone (skb)"
rm "$pin"

# ---- at any moment ----

cat >"$work/restless.lua" <<'END_LUA'
local function by(n) return function() return n > 0 and bpf.DROP or bpf.PASS end end
local function link(n)
	if arg[2] == "tc" then return bpf.tc("lo", "ingress", { pin = arg[1] .. "/link" }, by(n)) end
	return bpf.xdp("lo", { mode = "skb", pin = arg[1] .. "/link" }, by(n))
end
local mine = link(1)
io.stdout:write("on\n"):flush()
for i = 2, math.huge do
	mine:replace(by(i))
	if i % 3 == 0 then mine = link(i) end
end
END_LUA
hunted() { # hook, how many moments
	"$P" "$work/restless.lua" "$work/fs" "$1" >"$work/out" 2>&1 &
	pids=$!
	for _ in $(seq $((100 * ${SLOW:-1}))); do grep -q on "$work/out" && break; sleep 0.05; done
	ping -q -i 0.002 127.0.0.1 >"$work/ping" 2>&1 &
	ping=$! early=0
	for moment in $(moments "$2"); do
		"$P" "$work/restless.lua" "$work/fs" "$1" >"$work/out" 2>&1 &
		next=$!
		sleep "$moment"
		kill -9 "$pids" || early=$((early + 1))
		wait "$pids" 2>/dev/null
		pids=$next
	done
	same "$1, killed at $2 moments: they ran until then" $early 0
	kill -9 $pids
	wait $pids 2>/dev/null
	pids=''
	# several at once
	for _ in 1 2 3 4; do
		timeout -s KILL "${SLOW:-0.5}" "$P" "$work/restless.lua" "$work/fs" "$1" >>"$work/several" 2>&1 &
		pids="$pids $!"
	done
	wait $pids 2>/dev/null
	pids=''
	same "$1: of several at once each had it" "$(sort -u "$work/several")" on
	kill -INT $ping
	wait $ping
	ping=''
	check "$1: no packet without a program" grep -q ' 0 received' "$work/ping"
	same "$1: one link is pinned" "$(pinned)" "hits link "
	rm "$pin" "$work/several"
	sleep 0.1
	check "$1: its end is the end" ping -q -c 1 -W 1 127.0.0.1
}
hunted xdp 100
! has tcx || hunted tc 100
plan

#!/bin/sh
# What goes wrong in the kernel while packets come in: a full map, a loop without end, an error of Lua's
# own. Each is counted, told with its line, and the packet goes the way of on_error.
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -n sh "$0"
. tests/tap.sh
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
ip link set lo up || exit 1

# what, line and pattern of the message, body of the kernel function (line 3)
wrong() {
	for verdict in PASS DROP; do
		cat >"$work/wrong.lua" <<END_LUA
local m = bpf.map { "hash", key = "u32", value = "u32", entries = 1 }
local function f(pkt)
	$3
end
local link = bpf.xdp("lo", { mode = "skb", on_error = bpf.$verdict, budget = 1000 }, f)
local ok = os.execute "ping -q -c 2 -i 0.05 -W 0.2 127.0.0.1 >/dev/null"
print(ok and "PASS" or "DROP", link:stats().errors)
END_LUA
		"$BUILD/perigee" "$work/wrong.lua" >"$work/out" 2>"$work/err"
		got="$?, $(cat "$work/out")"
		case $verdict in PASS) seen=4 ;; DROP) seen=2 ;; esac
		same "$1, on_error $verdict: status, verdict, errors" "$got" "0, $verdict	$seen"
		check "$1, on_error $verdict: told once" \
			grep -Eq "^$work/wrong.lua:$2   \[xdp lo, $seen times\]$" "$work/err"
		same "$1, on_error $verdict: lines" "$(grep -vc '^ \|warning:' "$work/err")" 1
	done
}
wrong "a full map" "3: map full" 'm[1] = 1 m[2] = 2'
wrong "an exhausted loop" "3: loop budget exhausted" 'local n = pkt.len while n > 0 do n = n + 1 end'
wrong "an absent header" "3: attempt to index a nil value \(.*\)" 'return pkt.vlan.id'
wrong "an absent entry" "3: attempt to perform arithmetic on a nil value.*" 'return m[7] + 1'
wrong "error" "3: told" 'if pkt.len > 0 then error "told" end'
wrong "a value that does not fit" "3: value does not fit u32" 'm[1] = pkt.len << 32'
wrong "no verdict" "2: the integer returned is no verdict of xdp" 'return pkt.len'
plan

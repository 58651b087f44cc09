#!/bin/sh
# Places that are not there, and devices that go down, vanish, or have a program already. A veth pair in a
# network namespace of its own.
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -n sh "$0"
. tests/tap.sh
work=$(mktemp -d) || exit 1
first=
trap '[ -z "$first" ] || kill -9 "$first" 2>/dev/null; rm -rf "$work"' EXIT
ip link add va type veth peer name vb || exit 1
ip link set va up && ip link set vb up && ip link set lo up || exit 1

# ---- down and up, then gone ----

cat >"$work/gone.lua" <<'END_LUA'
local hits = bpf.state { n = "u64" }
local function ip(words) return os.execute("ip " .. words .. " 2>/dev/null") end
-- what is sent into va arrives at vb
local function arrives()
	local before = hits.n
	for _ = 1, 20 do
		os.execute "ping -q -c 1 -W 0.1 -I va 192.0.2.9 >/dev/null 2>&1"
		if hits.n > before then return true end
	end
	return false
end
local link = bpf.xdp("vb", { mode = arg[1] }, function() hits.n = hits.n + 1 end)
ip "addr add 192.0.2.1/24 dev va"
print("up", arrives())
ip "link set vb down"
print("replaced while down", pcall(link.replace, link, function() hits.n = hits.n + 1 end))
ip "link set vb up"
print("up again", arrives())
ip "link del vb"
print("replaced when gone", pcall(function() link:replace(function() return bpf.DROP end) end))
print("detached", pcall(link.detach, link))
print("again", pcall(function() link:replace(function() return bpf.DROP end) end))
END_LUA
for mode in native skb; do
	ip link show va >/dev/null 2>&1 || ip link add va type veth peer name vb
	ip link set va up
	ip link set vb up
	"$BUILD/perigee" "$work/gone.lua" $mode >"$work/out" 2>&1
	same "$mode: the script ends well" $? 0
	same "$mode: what it saw" "$(sed "s|$work/||" "$work/out")" "up	true
replaced while down	true
up again	true
replaced when gone	false	gone.lua:20: the device of xdp vb is gone, and what was attached with it
detached	true
again	false	gone.lua:22: xdp vb is detached"
done

# a device that goes while the script waits: the script is not disturbed, and ends well
ip link add va type veth peer name vb
ip link set va up
ip link set vb up
cat >"$work/wait.lua" <<'END_LUA'
bpf.xdp("vb", function() end)
bpf.after("20ms", function() os.execute "ip link del vb" end)
bpf.after("60ms", bpf.stop)
print(bpf.run())
END_LUA
same "gone while waiting" "$("$BUILD/perigee" "$work/wait.lua" 2>&1), $?" "stop, 0"

# ---- no such device, or none that can ----

fails() { # what, exit status, pattern of the one line on stderr, code
	printf '%s\n' "$4" >"$work/fails.lua"
	"$BUILD/perigee" "$work/fails.lua" >"$work/out" 2>"$work/err"
	same "$1: status, lines" "$?, $(wc -l <"$work/err")" "$2, 1"
	check "$1: says so" grep -Eq "^(perigee: )?$work/fails.lua:1: $3" "$work/err"
}
fails "unknown device" 1 "there is no network device 'nosuchdev'$" 'bpf.xdp("nosuchdev", function() end)'
fails "no device" 1 "xdp needs the name of a network device$" 'bpf.xdp("", function() end)'
fails "a name that is none" 1 "there is no network device 'a name much longer than any'$" \
	'bpf.xdp("a name much longer than any", function() end)'
fails "no native XDP there" 3 "the driver of 'lo' has no native XDP: write mode = \"skb\"" \
	'bpf.xdp("lo", { mode = "native" }, function() end)'
fails "unknown hook" 1 "there is no hook 'xpd'; did you mean 'xdp'[?]$" 'bpf.program("xpd", function() end)'

fails "unknown tracepoint" 1 "there is no tracepoint 'no:such';" 'bpf.tracepoint("no:such", function() end)'
fails "unknown symbol" 1 "there is no function 'no_such_function' in '.*libc.so.6'$" \
	'bpf.uprobe("libc.so.6:no_such_function", function() end)'
fails "unknown program" 1 "cannot open '/nosuch': No such file or directory$" 'bpf.uprobe("/nosuch:f", function() end)'

# ---- two scripts on one device ----

echo 'bpf.xdp("lo", { mode = "skb", name = "first" }, function() end) print "on" bpf.run()' >"$work/first.lua"
"$BUILD/perigee" "$work/first.lua" >"$work/on" &
first=$!
for _ in $(seq 100); do grep -q on "$work/on" && break; sleep 0.05; done
fails "a second script" 1 \
	"another XDP program is attached to 'lo' already: 'first' \(id [0-9]*\), held by process $first \(.*perigee $work/first.lua *\);" \
	'bpf.xdp("lo", { mode = "skb" }, function() end)'
check "a second script: the first goes on" sh -c "ip -d link show lo | grep -q 'prog/xdp.*name first'"
kill -TERM $first
wait $first
same "the first ends well" $? 0
first=
fails "twice in one script" 1 "another XDP program is attached to 'lo' already: 'f' \(id [0-9]*\), held by this process;" \
	'local f = { name = "f", mode = "skb" } bpf.xdp("lo", f, function() end) bpf.xdp("lo", f, function() end)'
refuse "nothing stays attached" sh -c "ip link show lo | grep -q xdp"

# a program that its process has left behind, as before there were links
"$BUILD/perigee" --without=xdp_link "$work/first.lua" >"$work/on" &
first=$!
for _ in $(seq 100); do grep -q on "$work/on" && break; sleep 0.05; done
kill -9 $first
wait $first 2>/dev/null
first=
fails "a program left behind" 1 "another XDP program .*: 'first' \(id [0-9]*\), held by no running process;" \
	'bpf.xdp("lo", { mode = "skb" }, function() end)'
ip link set dev lo xdpgeneric off
plan

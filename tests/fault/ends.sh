#!/bin/sh
# A user half that raises, is stopped, or is killed in the middle of attaching, replacing and detaching,
# under traffic: it says what it must, nothing stays attached, and no packet is lost.
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -n sh "$0"
. tests/tap.sh
work=$(mktemp -d) || exit 1
pid='' ping=''
trap 'kill -9 $pid $ping 2>/dev/null; rm -rf "$work"' EXIT
ip link set lo up || exit 1
attached() { ip link show lo | grep -q xdp; }
detached() { # the kernel may take a moment; the rest is the leak check's to see
	for _ in $(seq 40); do
		attached || return 0
		sleep 0.05
	done
	return 1
}

# ---- raises ----

raises() { # where, pattern of stderr, code behind the attaching
	{
		echo 'local st = bpf.state { n = "u64" }'
		echo 'local link = bpf.xdp("lo", { mode = "skb" }, function() st.n = st.n + 1 end)'
		printf '%s\n' "$3"
	} >"$work/raises.lua"
	"$BUILD/perigee" "$work/raises.lua" >"$work/out" 2>"$work/err"
	same "raises $1: status" $? 1
	check "raises $1: says where" grep -q "raises.lua:$2" "$work/err"
	check "raises $1: nothing stays attached" detached
}
raises "in its body" '3: out$' 'error "out"'
raises "an object" '4: of a kind' 'local e = setmetatable({}, { __tostring = function() return
	debug.getinfo(1, "S").short_src .. ":4: of a kind" end })
error(e)'
raises "in a timer" '3: out$' 'bpf.after("1ms", function() error "out" end) bpf.run()'
raises "in a handler" '4: out$' 'local ev = bpf.events { n = "u32" } ev:send { n = 1 }
ev:on(function() error "out" end) bpf.run()'
raises "in on_exit" '3: out$' 'bpf.on_exit(function() error "out" end)'
raises "in on_error" '4: out$' 'link:replace(function(pkt) return pkt.vlan.id end)
bpf.on_error(function() error "out" end)
os.execute "ping -q -c 1 -W 0.3 127.0.0.1 >/dev/null"
bpf.run { ["for"] = "2s" }'
raises "and handles it, then a compile error" '3: error:' 'link:replace(function(pkt) return pkt.len / 2 end)'

# ---- stopped ----

cat >"$work/waits.lua" <<'END_LUA'
bpf.xdp("lo", { mode = "skb" }, function() end)
bpf.on_exit(function() print "exit" end)
print "on"
print(bpf.run())
END_LUA
cat >"$work/busy.lua" <<'END_LUA'
bpf.xdp("lo", { mode = "skb" }, function() end)
print "on"
io.stdout:flush()
while true do end
END_LUA
stops() { # script, signal, status, output
	"$BUILD/perigee" "$work/$1.lua" >"$work/out" 2>"$work/err" &
	pid=$!
	for _ in $(seq 100); do grep -q on "$work/out" && break; sleep 0.05; done
	check "$1, SIG$2: was attached" attached
	kill -"$2" $pid
	wait $pid 2>/dev/null
	same "$1, SIG$2: ends with, says" "$?, $(tr '\n' ' ' <"$work/out")" "$3, $4"
	pid=
	check "$1, SIG$2: nothing stays attached" detached
}
stops waits TERM 0 'on exit SIGTERM '
stops waits KILL 137 'on '
stops busy TERM 143 'on '
stops busy KILL 137 'on '
# a shell starts what runs in the background deaf to SIGINT
cat >"$work/interrupt.lua" <<'END_LUA'
bpf.xdp("lo", { mode = "skb" }, function() end)
bpf.after("20ms", function() os.execute("kill -INT " .. bpf.pid()) end)
print(bpf.run())
END_LUA
same "SIGINT" "$("$BUILD/perigee" "$work/interrupt.lua"), $?" 'SIGINT, 0'
check "SIGINT: nothing stays attached" detached

# ---- in the middle of everything, under traffic ----

cat >"$work/restless.lua" <<'END_LUA'
local st = bpf.state { n = "u64" }
local function by(n) return function() st.n = st.n + n end end
local function busy(link)
	for i = 2, 6 do link:replace(by(i)) end
	link:detach()
end
while true do
	busy(bpf.xdp("lo", { mode = "skb" }, by(1)))
	busy(bpf.tc("lo", "ingress", by(1)))
	busy(bpf.tc("lo", "egress", by(1)))
	busy(bpf.tracepoint("sched:sched_process_exit", by(1)))
	busy(bpf.uprobe("libc.so.6:getpid", by(1)))
end
END_LUA
ping -q -i 0.002 127.0.0.1 >"$work/ping" 2>&1 &
ping=$!
left=0 early=0
killed() { # how many times, signal
	for moment in $(moments "$1"); do
		"$BUILD/perigee" "$work/restless.lua" >"$work/out" 2>&1 &
		pid=$!
		sleep "$moment"
		kill -"$2" $pid 2>/dev/null || early=$((early + 1))
		wait $pid 2>/dev/null
		detached || left=$((left + 1))
	done
}
killed 100 KILL
killed 10 TERM
pid=
same "killed at 100 moments: it ran until then" $early 0
same "killed at 100 moments: nothing stays attached" $left 0
kill -INT $ping
wait $ping
ping=
check "killed at 100 moments: no packet was lost" grep -q ' 0% packet loss' "$work/ping"
plan

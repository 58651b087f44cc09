# The tracing examples, each against what was really done; PID namespaces; and what is left of a
# tracepoint's program when the process is killed.
B=${BUILD:-build}
case $B in /*) ;; *) B=$PWD/$B ;; esac
[ "$(id -u)" = 0 ] || exit 77
if [ -z "${TRACING_INSIDE:-}" ]; then
	TRACING_INSIDE=1 exec unshare -n sh "$0"
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"; exec 9>&-; [ -z "${script:-}" ] || kill "$script" 2>/dev/null' EXIT
ip link set lo up || exit 1
n=0
status=0

check() { # name, command...: ok when the command succeeds
	n=$((n + 1))
	name=$1
	shift
	if "$@"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/out"
		status=1
	fi
}

# Waits until the file holds the text.
wait_for() { # file, text
	for _ in $(seq 500); do
		grep -q "$2" "$1" 2>/dev/null && return 0
		sleep 0.02
	done
	return 1
}

start() { # the script and its arguments, in the background; its output is $work/out
	"$B/perigee" "$@" >"$work/out" 2>&1 9>&- &
	script=$!
}

stop() {
	kill -INT "$script"
	wait "$script"
	script=
}

# ---- examples/syscalls.lua ----

mkfifo "$work/go"
"$B/tests/doings" calls 1234 567 <"$work/go" >"$work/pid" &
doer=$!
exec 9>"$work/go"
wait_for "$work/pid" '[0-9]'
start examples/syscalls.lua "$(cat "$work/pid")"
wait_for "$work/out" '^counting'
exec 9>&-
wait "$doer"
stop
check "syscalls: 1234 that succeed" grep -Eq '^ +1234 +[0-9.]+  (getppid|110|173)$' "$work/out"
check "syscalls: 567 that fail" grep -Eq '^ +567 +567 +[0-9.]+  (close|3|57)$' "$work/out"
check "syscalls: nothing of other processes" test "$(awk '$1 ~ /^[0-9]+$/ { sum += $1 } END { print sum }' "$work/out")" -lt 1850

# ---- examples/connections.lua ----

start examples/connections.lua 7001
wait_for "$work/out" '^waiting'
"$B/tests/doings" connect 12 7001 &
doer=$!
wait "$doer"
wait_for "$work/out" '^accepted.*7001' # the last one is there with what came before
sleep 0.3
stop
check "connections: 12 are made" test "$(grep -Ec "^connects .* -> .*:7001 +doings \($doer\)$" "$work/out")" = 12
check "connections: 6 of them to IPv4" test "$(grep -Ec '^connects +127\.0\.0\.1:[0-9]+ +-> 127\.0\.0\.1:7001 ' "$work/out")" = 6
check "connections: 6 to IPv6" test "$(grep -Ec '^connects +\[::1\]:[0-9]+ +-> \[::1\]:7001 ' "$work/out")" = 6
check "connections: 12 are accepted" test "$(grep -Ec '^accepted .* -> .*:7001 *$' "$work/out")" = 12
check "connections: from where they came" test "$(sed -n 's/^connects  *\([^ ]*\) .*/\1/p' "$work/out" | sort)" = \
	"$(sed -n 's/^accepted  *\([^ ]*\) .*/\1/p' "$work/out" | sort)"

# ---- process numbers of another namespace ----

cat >"$work/pidns.lua" <<'END'
local st = bpf.state { pid = "u32", tid = "u32", n = "u64" }
local link = bpf.tracepoint("task:task_rename", { pid = bpf.pid() }, function(e)
	st.pid, st.tid, st.n = bpf.pid(), bpf.tid(), st.n + 1
end)
local f = io.open("/proc/self/comm", "w")
f:write "perigee"
f:close()
link:detach()
assert(st.n == 1 and st.pid == bpf.pid() and st.tid == bpf.tid(), st.pid)
assert(bpf.pid() < 10)
END
check "pid and tid in a PID namespace" unshare -p -f --mount-proc "$B/perigee" "$work/pidns.lua"

# ---- kill -9 ----

cat >"$work/kill.lua" <<'END'
bpf.tracepoint("task:task_rename", function(e) end)
print "attached"
io.stdout:flush()
bpf.run()
END
cat >"$work/kill.sh" <<'END'
"$1/perigee" $3 "$2/kill.lua" >"$2/out" 2>&1 &
for _ in $(seq 500); do
	grep -q '^attached' "$2/out" && break
	sleep 0.02
done
kill -9 $!
wait $!
grep -q '^attached' "$2/out"
END
check "killed: nothing is left" "$B/tests/leak" sh "$work/kill.sh" "$B" "$work"

# ---- a kernel without BPF links for perf events ----

"$B/perigee" --without=perf_link tests/kernel/tracepoint.lua >"$work/out" 2>&1
check "without links: the tests of tracepoints" test "$?" = 0
check "killed without links: nothing is left" "$B/tests/leak" sh "$work/kill.sh" "$B" "$work" --without=perf_link

# ---- without rights ----

cat >"$work/check.lua" <<'END'
bpf.tracepoint("sched:sched_switch", function(e) if e.next_comm == "x" then print(e.next_pid) end end)
bpf.tracepoint("sched:sched_switch", function(e) print(e.nextpid) end)
END
setpriv --bounding-set=-all --inh-caps=-all "$B/perigee" check "$work/check.lua" >"$work/out" 2>&1
check "check without rights: types from BTF" grep -q 'tracepoint sched:sched_switch: [0-9]* instructions' "$work/out"
check "and its errors" grep -q "sched_switch has no field 'nextpid'" "$work/out"

echo "1..$n"
exit $status

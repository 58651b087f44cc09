#!/bin/sh
# A system call, an allocation, a descriptor that is refused: at each of them, a script that uses a bit of
# everything ends with a message and the right status, or does without and ends well; never by a signal,
# and nothing stays attached. tests/fault/fail_preload.c does the refusing.
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -n sh "$0"
. tests/tap.sh
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
ip link set lo up || exit 1

cat >"$work/all.lua" <<'END_LUA'
local hits = bpf.map { "hash", key = "ip4", value = "u64", entries = 16 }
local st = bpf.state { n = "u64" }
local ev = bpf.events { len = "u32" }
hits["10.0.0.1"] = 1
local function f(pkt)
	local ip = pkt.ipv4
	st.n = st.n + 1
	if ip then
		hits:add(ip.src, 1)
		ev:send { len = pkt.len }
		print("seen", ip.src)
	end
	return bpf.PASS
end
local p = bpf.program("xdp", f)
local frame = ("\0"):rep(12) .. "\x08\x00" .. "\x45" .. ("\0"):rep(45)
assert(p:test(frame) == bpf.PASS and p:twin(frame) == bpf.PASS)
local link = bpf.xdp("lo", { mode = "skb" }, f)
link:replace(function(pkt) st.n = st.n + 2 return bpf.DROP end)
for ip, n in pairs(hits) do assert(n > 0) end
local function count() st.n = st.n + 1 end
for _, other in ipairs {
	bpf.tc("lo", "ingress", count), bpf.tc("lo", "egress", count),
	bpf.tracepoint("sched:sched_process_exit", count), bpf.uprobe("libc.so.6:getpid", count),
} do
	other:replace(count)
	other:detach()
end
bpf.after("1ms", bpf.stop)
bpf.run()
link:detach()
print("done", #hits)
END_LUA

refused() { # status that is right besides 0 and 1, command...
	other=$1
	shift
	env LD_PRELOAD="${PRELOAD#LD_PRELOAD=} $BUILD/tests/fail_preload.so" ASAN_OPTIONS=detect_leaks=0 \
		"$@" >"$work/out" 2>"$work/err"
	got=$?
	case $got in
	0) grep -q '^done' "$work/out" || wrong "ended early" ;;
	1 | "$other") grep -q . "$work/err" || wrong "said nothing" ;;
	127) grep -q 'for thread-local data: ABORT' "$work/err" || wrong "status $got" ;; # libc ends it in dlopen
	*) wrong "status $got" ;;
	esac
	! ip link show lo | grep -q xdp || wrong "stays attached"
}
wrong() {
	echo "# $what: $1: $(head -n 2 "$work/err" | tr '\n' ' ')"
	failed=$((failed + 1))
}
result() {
	same "$1" "$failed" 0
	failed=0
}
failed=0

what=none
refused 0 env FAIL_COUNT="$work/count" "$BUILD/perigee" "$work/all.lua"
same "nothing refused" "$got, $(tail -n 1 "$work/out")" "0, done	2"
read -r calls allocations <"$work/count"
check "there were calls and allocations" test "$calls" -gt 20 -a "$allocations" -gt 500

# EPERM 1, ENOMEM 12, EMFILE 24, ENOSPC 28, in turn
set -- 1 12 24 28
for n in $(seq "$calls"); do
	errno=$1
	shift
	set -- "$@" "$errno"
	what="call $n gives $errno"
	[ "$errno" = 1 ] && status=3 || status=1
	refused $status env FAIL_CALL="$n" FAIL_ERRNO="$errno" "$BUILD/perigee" "$work/all.lua"
done
result "each call refused"
for n in $(seq 1 5 "$calls"); do
	what="calls from $n on"
	refused 3 env FAIL_MORE=1 FAIL_CALL="$n" FAIL_ERRNO=1 "$BUILD/perigee" "$work/all.lua"
done
result "all calls refused from one on"

# ever closer to the end, where the script's own allocations are
n=30
while [ $n -lt "$allocations" ]; do
	what="allocation $n"
	refused 1 env FAIL_MALLOC=$n "$BUILD/perigee" "$work/all.lua"
	what="allocations from $n on"
	refused 1 env FAIL_MORE=1 FAIL_MALLOC=$n "$BUILD/perigee" "$work/all.lua"
	n=$((n + 13 + (allocations - n) / 16))
done
result "allocations refused"

for n in $(seq 5 22); do # below, the command's libraries cannot be opened
	what="$n descriptors"
	refused 1 sh -c "ulimit -n $n && exec '$BUILD/perigee' '$work/all.lua'"
done
result "descriptors refused"
plan

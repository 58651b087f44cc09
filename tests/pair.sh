# pair.sh - for network tests to source: two network namespaces of their own, ${name}a and ${name}b, and a
# folder $dir; at the end these go, and the processes in $script, $watch and $pids with them. Sources tap.sh.
name=pg$$
slow=${SLOW:-1} # so many times as long things may take: a guest's machine is emulated
dir=$(mktemp -d)
script=
watch=
pids=

clean() {
	for pid in $script $watch $pids; do
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	ip netns del "${name}a" 2>/dev/null || :
	ip netns del "${name}b" 2>/dev/null || :
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM

. tests/tap.sh

ip netns add "${name}a"
ip netns add "${name}b"
# In the foreground: a signal for what runs behind goes to `ip netns exec` itself.
in_a() { ip netns exec "${name}a" "$@"; }
in_b() { ip netns exec "${name}b" "$@"; }

# A veth pair between them: `out` with the first address, if there is one, and `in` (or $3) with the second.
pair() {
	inner=${3-in}
	ip -n "${name}a" link add out type veth peer name "$inner" netns "${name}b"
	[ -z "$1" ] || ip -n "${name}a" addr add "$1" dev out
	ip -n "${name}b" addr add "$2" dev "$inner"
	ip -n "${name}a" link set out up
	ip -n "${name}b" link set "$inner" up
}

soon() { # command...: it succeeds within five seconds
	tries=$((100 * slow))
	until "$@"; do
		[ $tries -gt 0 ] || return 1
		sleep 0.05
		tries=$((tries - 1))
	done
}
hardware() { ip netns exec "$name$1" cat /sys/class/net/"$2"/address | tr -d ':\n'; } # a or b, device

# A script in the background, of which only one runs at a time; what it says is in $dir/out.
out_has() { grep -q -- "$1" "$dir/out"; }
start() { # text that says it has begun, script, arguments
	what=$1
	shift
	ip netns exec "${name}b" "$BUILD/perigee" "$@" >"$dir/out" 2>&1 &
	script=$!
	check "$1: begins" soon out_has "$what"
}
stop() {
	# again until it is gone: what comes before bpf.run listens is lost
	while kill -INT "$script" 2>/dev/null; do sleep 0.1; done
	wait "$script" || :
	script=
}
frames() { in_a "$BUILD/tests/bulk" frame out "$@"; } # in hexadecimal, sent to the script's side

# A script in the second namespace whose lines are cases, "ok ..." or "not ok ...": so many.
steps() { # cases, script, arguments
	count_wanted=$1
	shift
	ip netns exec "${name}b" "$BUILD/perigee" "$@" >"$dir/out" 2>&1 || echo "not ok the script ends well" >>"$dir/out"
	while read -r line; do
		case $line in
		"ok "*) say 0 "${line#ok }" ;;
		"not ok "*) say 1 "${line#not ok }" ;;
		*) say 1 "$line" ;;
		esac
	done <"$dir/out"
	same "all steps were taken" "$(grep -c '^ok\|^not ok' "$dir/out")" "$count_wanted"
}

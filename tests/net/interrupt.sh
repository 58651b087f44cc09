#!/bin/sh
# Ctrl-C in the middle of the demo: it ends at once, by the signal, and leaves no process behind. (The
# runner's leak check looks for what else could be left.)
BUILD=${BUILD:-build}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0
for after in 0.5 2 4; do
	timeout --foreground --preserve-status -s INT -k 5 "$after" "$BUILD/stage" "$BUILD/perigee" examples/ddos.lua \
		>"$work/out" 2>&1
	status=$?
	case $status in
	0 | 137) echo "after $after s: ended with $status"; cat "$work/out"; bad=1 ;;
	esac
	if pgrep -f "examples/ddos.lu[a] eth" >/dev/null; then
		echo "after $after s: the script still runs"
		bad=1
	fi
done
exit $bad

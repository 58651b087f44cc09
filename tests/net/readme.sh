#!/bin/sh
# The example of the README, taken out of it: run on real SYNs, it prints what the page says.
set -eu
. tests/pair.sh

# The first block of Lua, and the first indented block behind it, without its indentation.
awk '/^```lua$/ { on = 1; next } /^```$/ { if (on) exit } on' README.md >"$dir/knock.lua"
awk '/^```/ { fenced = !fenced } !fenced && /^    / { print substr($0, 5); in_ = 1; next } in_ { exit }' README.md | sort >"$dir/want"

pair "" 203.0.113.1/24 eth0

check "the page shows who knocked" grep -q '^203\.0\.113\.[0-9]*	[0-9]*$' "$dir/want"
ip netns exec "${name}b" "$BUILD/perigee" "$dir/knock.lua" eth0 >"$dir/out" 2>&1 &
script=$!
tries=50
until ip -n "${name}b" link show dev eth0 | grep -q xdp || [ $tries = 0 ]; do
	sleep 0.1
	tries=$((tries - 1))
done

# A connection that is given up before its SYN would be sent again: true when it was refused at once,
# by the kernel of the other side.
knock() { # port
	timeout "$([ "$slow" = 1 ] && echo 0.5 || echo 0.9)" ip netns exec "${name}a" bash -c "</dev/tcp/203.0.113.1/$1" 2>/dev/null || [ $? = 1 ]
}
while read -r address n; do
	ip -n "${name}a" addr add "$address/24" dev out
	check "$address: other ports are not touched" knock 24
	while [ "$n" -gt 0 ]; do
		refuse "$address knocks, and hears nothing" knock 23
		n=$((n - 1))
	done
	ip -n "${name}a" addr del "$address/24" dev out
done <"$dir/want"

# two rounds of printing after the last knock
sleep 2.2
lines=$(wc -l <"$dir/want")
tail -n "$lines" "$dir/out" | sort >"$dir/got"
same "what it prints is what the page says" "$(cat "$dir/got")" "$(cat "$dir/want")"
plan

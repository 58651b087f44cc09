#!/bin/sh
# examples/embed, built against an installed tree as its first lines say, at work on the loopback device
# of a network namespace: its first script counts packets by source, the second also drops those of ping.
# What ping says came back is the independent count.
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -n sh "$0"
. tests/tap.sh
work=$(mktemp -d) || exit 1
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
unset MAKEFLAGS MAKELEVEL
make -s BUILD="$BUILD" PREFIX="$work/usr" install || exit 1
export PKG_CONFIG_PATH="$work/usr/lib/pkgconfig" LD_LIBRARY_PATH="$work/usr/lib"
ip link set lo up || exit 1
mkfifo "$work/keys"
example=examples/embed

build() { # name, what to link with
	name=$1
	shift
	# shellcheck disable=SC2046,SC2086 # lists
	${CC:-gcc} -Wall -Wextra -Wshadow -Werror ${SANITIZE:-} -o "$work/$name" $example/embed.c \
		$(pkg-config --cflags perigee lua5.4) "$@" $(pkg-config --libs lua5.4)
}
echoes() { ping -q -i 0.05 -W 0.3 -c "$1" 127.0.0.1 | sed -n 's/.* \([0-9]*\) received.*/\1/p'; }
line() { # the client's line of that number, once it is there
	for _ in $(seq 100); do
		[ "$(wc -l <"$work/out")" -lt "$1" ] || break
		sleep 0.05
	done
	sed -n "$1p" "$work/out"
}
try() { # name
	: >"$work/out"
	"$work/$1" lo $example/count.lua $example/block.lua <"$work/keys" >"$work/out" 2>&1 &
	pid=$!
	exec 3>"$work/keys"
	same "$1: the first script runs" "$(line 1)" "xdp lo: $example/count.lua runs"
	same "$1: lets packets pass" "$(echoes 3)" 3
	echo >&3
	same "$1: the second replaces it" "$(line 2)" "xdp lo: $example/block.lua runs"
	same "$1: drops ping's" "$(echoes 2)" 0
	echo >&3
	wait $pid
	same "$1: ends well" $? 0
	pid=
	exec 3>&-
	# both ways of three, one of two; the map outlived the replacing
	same "$1: the map was read" "$(line 3)" "127.0.0.1 8"
	same "$1: nothing stays attached" "$(echoes 1)" 1
}
needs() { readelf -d "$work/$1" | grep -q 'NEEDED.*libperigee\.so\.0'; }

# shellcheck disable=SC2046 # lists
check "shared: builds" build shared $(pkg-config --libs perigee)
check "shared: is found by its soname" needs shared
try shared
# shellcheck disable=SC2046 # lists
check "archive: builds" build archive $(pkg-config --static --libs perigee | sed 's/-lperigee/-l:libperigee.a/')
refuse "archive: needs no library of ours" needs archive
try archive

fails() { # what, words of the command, what it says
	"$work/archive" $2 >"$work/out" 2>&1 </dev/null
	same "$1: status" $? 1
	same "$1: says so" "$(cat "$work/out")" "archive: $3"
}
printf 'local pkt = ...\nreturn pkt.len / 2\n' >"$work/half.lua"
printf 'local = 3\n' >"$work/wrong.lua"
fails "no device" "nosuchdev $example/count.lua" "there is no network device 'nosuchdev'"
fails "no script" "lo $work/nosuch.lua" "cannot open $work/nosuch.lua: No such file or directory"
fails "a syntax error" "lo $work/wrong.lua" "$work/wrong.lua:1: <name> expected near '='"
"$work/archive" lo "$work/half.lua" >"$work/out" 2>&1 </dev/null
same "a compile error: status" $? 1
check "a compile error: its line" grep -q "^archive: $work/half.lua:2: error: .*float" "$work/out"
plan

#!/bin/sh
# `make static`: the command, alone in a file system, runs.
[ "$(id -u)" = 0 ] || exit 77
[ -z "${SANITIZE:-}" ] || exit 0 # sanitizers come as shared libraries
. tests/tap.sh
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MAKELEVEL

make -s BUILD="$BUILD" static 2>"$work/err" || { cat "$work/err"; exit 1; }
refuse "nothing is linked at run time" sh -c "readelf -d '$BUILD/static/perigee' | grep NEEDED"
mkdir "$work/root"
cp "$BUILD/static/perigee" "$work/root/"
same "runs where nothing else is" "$(chroot "$work/root" /perigee -e '
	local p = bpf.program("xdp", function() return bpf.DROP end)
	print(p:test(("\0"):rep(60)) == bpf.DROP)')" true
same "leaves no file there" "$(ls "$work/root")" perigee
plan

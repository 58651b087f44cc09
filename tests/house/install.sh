#!/bin/sh
# What `make install` puts down works from there, and `make uninstall` takes all of it away. The
# default prefix is an empty file system of a mount namespace of this test's own.
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -m sh "$0"
. tests/tap.sh
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mount -t tmpfs none /usr/local || exit 1
unset MAKEFLAGS MAKELEVEL

makes() { make -s BUILD="$BUILD" "$@"; }
files() { (cd "$1" && find . ! -type d | sort); }

# ---- into a package's tree ----

makes install DESTDIR="$work/dest" PREFIX=/usr || exit 1
same "DESTDIR: these files" "$(files "$work/dest")" './usr/bin/perigee
./usr/include/perigee.h
./usr/lib/libperigee.a
./usr/lib/libperigee.so
./usr/lib/libperigee.so.0
./usr/lib/lua/5.4/perigee.so
./usr/lib/pkgconfig/perigee.pc'
refuse "DESTDIR: pkg-config knows the prefix alone" grep -q "$work" "$work/dest/usr/lib/pkgconfig/perigee.pc"
makes uninstall DESTDIR="$work/dest" PREFIX=/usr || exit 1
same "DESTDIR: uninstalled" "$(files "$work/dest")" ''
same "nothing anywhere else" "$(files /usr/local)" ''

# ---- into the default prefix ----

makes install || exit 1
PATH=/usr/local/bin:$PATH
here=$PWD
cd / || exit 1

cat >"$work/drop.lua" <<'END_LUA'
local bpf = require "perigee"
local p = bpf.program("xdp", function() return bpf.DROP end)
print(p:test(("\0"):rep(60)) == bpf.DROP, bpf._VERSION)
END_LUA
version=$(sed -n 's/^#define PG_VERSION "\(.*\)"/\1/p' "$here/include/perigee.h")
same "the command" "$(perigee "$work/drop.lua")" "true	Perigee $version"
same "the module, under stock Lua" "$(env ${PRELOAD:-} "${LUA:-lua5.4}" "$work/drop.lua")" "true	Perigee $version"

same "the library shows what the header says" \
	"$(readelf -W --dyn-syms /usr/local/lib/libperigee.so |
	awk '$6 == "DEFAULT" && $7 != "UND" && $8 && $8 !~ /^(pg_|Name)/ { print $8 }')" ''
same "pkg-config: the version" "$(pkg-config --modversion perigee)" "$version"

cd "$here" || exit 1
makes uninstall || exit 1
same "uninstalled" "$(files /usr/local)" ''
plan

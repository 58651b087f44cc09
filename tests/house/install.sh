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

cat >"$work/client.c" <<'END_C'
#include <perigee.h>
#include <stdio.h>

int main(void)
{
	struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .type = "hash", .key = "ip4", .value = "u64",
				       .entries = 4, .numa = -1);
	pg_value key, seven = { .kind = PG_INT, .i = 7 }, got;
	pg_ctx *ctx;
	pg_map *m;
	if (pg_ctx_new(&ctx) || pg_parse_ip("10.0.0.1", &key) || pg_map_new(ctx, &o, &m) ||
	    pg_map_set(m, PG_USER, &key, &seven) || pg_map_get(m, PG_USER, &key, &got))
		return 1;
	printf("%d\n", (int)got.i);
	pg_map_unref(m);
	pg_ctx_free(ctx);
	return 0;
}
END_C
client() { # name, what to link with
	name=$1
	shift
	# shellcheck disable=SC2046,SC2086 # lists
	${CC:-gcc} -std=c99 -Wall -Wextra -Werror ${SANITIZE:-} -o "$work/$name" "$work/client.c" \
		$(pkg-config --cflags perigee) "$@"
}
needs() { readelf -d "$work/$1" | grep -q 'NEEDED.*libperigee\.so\.0'; }

check "C, shared: builds" client shared $(pkg-config --libs perigee)
check "C, shared: by its soname" needs shared
same "C, shared: runs" "$(LD_LIBRARY_PATH=/usr/local/lib "$work/shared")" 7
check "C, archive: builds" client archive $(pkg-config --static --libs perigee | sed 's/-lperigee/-l:libperigee.a/')
refuse "C, archive: holds it" needs archive
same "C, archive: runs" "$("$work/archive")" 7
same "the library shows what the header says" \
	"$(nm -D --defined-only /usr/local/lib/libperigee.so | sed -n 's/.* [A-Z] //p' | grep -v '^pg_')" ''
same "pkg-config: the version" "$(pkg-config --modversion perigee)" "$version"

cd "$here" || exit 1
makes uninstall || exit 1
same "uninstalled" "$(files /usr/local)" ''
plan

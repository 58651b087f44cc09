# What runs under tests/vm-bpf/emulated asks no kernel: it has no rights to, and programs run all the same.
cat <<'TAP'
1..2
TAP
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cat >"$dir/one.lua" <<'LUA'
local m = bpf.map { "hash", key = "u32", value = "u64", entries = 4 }
local p = bpf.program("xdp", function(pkt) m:add(#pkt, 1) return bpf.DROP end)
print(p:test(("\0"):rep(60)) == bpf.DROP, m[60])
LUA
check() { # number, name, whether
	[ "$3" = 0 ] && echo "ok $1 - $2" || echo "not ok $1 - $2"
}

said=$(tests/vm-bpf/emulated "$BUILD/perigee" "$dir/one.lua" 2>&1)
[ "$said" = "true	1" ]
check 1 "a program and a map without rights" $?

drop=
[ "$(id -u)" != 0 ] || drop="setpriv --bounding-set=-all --inh-caps=-all"
# shellcheck disable=SC2086 # a command
said=$($drop env XDG_CACHE_HOME=/dev/null "$BUILD/perigee" "$dir/one.lua" 2>&1)
case $said in *CAP_BPF*) true ;; *) echo "# $said"; false ;; esac
check 2 "the kernel would have refused" $?


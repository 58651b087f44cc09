# Maps that outlive their process: in a bpf file system of the test's own, so that nothing is left.
P=${BUILD:-build}/perigee
if [ -z "${PIN_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || exit 77
	PIN_INSIDE=1 exec unshare -m sh "$0"
fi
. tests/tap.sh
fs=$(mktemp -d) || exit 1
trap 'umount "$fs"; rmdir "$fs"' EXIT
mount -t bpf bpf "$fs" || exit 1

script() { "$P" - "$@" 2>&1; } # the script is what comes in

put='
local m = bpf.map { "hash", key = "ip4", value = "u64", entries = 16, pin = arg[1] .. "/counts" }
m:add("10.0.0.1", 5)
local p = bpf.program("xdp", function(pkt) m:add(bpf.ip "10.0.0.2", 1) end)
p:test(("\0"):rep(60))
print(m["10.0.0.1"], m["10.0.0.2"])'
same "a first process makes it" "$(echo "$put" | script "$fs")" "5	1"
same "a second one finds what is in it" "$(echo "$put" | script "$fs")" "10	2"

handles='
local function map(pin) return bpf.map { "hash", key = "u32", value = "struct { u64 n; }", entries = 4, pin = pin } end
local one, two, other, free = map(arg[1] .. "/twice"), map(arg[1] .. "/twice"), map(arg[1] .. "/other"), map()
local function across(a, b)
	return (bpf.compile("xdp", { name = "handles" }, function()
		local e = a[1]
		b[1] = nil
		if e then e.n = 1 end
	end)) ~= nil
end
print(across(one, two), across(one, other), across(one, free), across(free, other), across(free, map()))'
same "an entry is not used behind a write by another handle, which may be of the same map" "$(echo "$handles" | script "$fs")" \
	"false	false	true	true	true"

every='
local function has(m, k, v) local was = m[k] m[k] = v return was end
local function pin(name) return arg[1] .. "/" .. name end
local array = bpf.map { "array", value = "struct { u32? a; char b[5]; }", entries = 2, pin = pin "array" }
local lpm = bpf.map { "lpm_trie", key = "ip6/prefix", value = "struct { u8 a; ip6 b; mac c; i16 d; be16 e; bool f; }",
	entries = 4, pin = pin "lpm" }
local percpu = bpf.map { "percpu_hash", key = "struct { u8 a; u32 b; }", value = "u64", entries = 4, pin = pin "percpu" }
local numa = bpf.map { "hash", key = "char[3]", value = "bytes[70]", entries = 4, numa = 0, flags = 1, pin = pin "numa" }
local queue = bpf.map { "queue", value = "u32", entries = 4, pin = pin "queue" }
print(array[1].a, array[1].b, lpm["2001:db8::1"] and lpm["2001:db8::1"].d, percpu[{ a = 1, b = 2 }], numa.abc ~= nil, queue:pop())
array[1] = { a = 3, b = "text" }
lpm["2001:db8::/32"] = { d = -7 }
percpu:add({ a = 1, b = 2 }, 4)
numa.abc = ("x"):rep(70)
queue:push(8)'
same "every kind of map is made" "$(echo "$every" | script "$fs")" "nil		nil	nil	false	nil"
same "every kind of map is found" "$(echo "$every" | script "$fs")" "3	text	-7	4	true	8"

other() { # what, map, words of the refusal
	out=$(echo "bpf.map { $2, pin = arg[1] .. '/counts' }" | script "$fs")
	case $out in
	*"stdin:1: the map pinned at $fs/counts is another one: a hash of ip4 -> u64, 16 entries; this script wants $3"*)
		say 0 "$1" ;;
	*)	same "$1" "$out" "... this script wants $3" ;;
	esac
}
other "another key of the same size" "'hash', key = 'u32', value = 'u64', entries = 16" "a hash of u32 -> u64, 16 entries"
other "another value of the same size" "'hash', key = 'ip4', value = 'struct { u32 a; u32 b; }', entries = 16" \
	"a hash of ip4 -> struct { u32 a; u32 b; }, 16 entries"
other "another size" "'hash', key = 'ip4', value = 'u32', entries = 16" "a hash of ip4 -> u32, 16 entries"
other "another type of map" "'lru_hash', key = 'ip4', value = 'u64', entries = 16" "a lru_hash of ip4 -> u64, 16 entries"
other "other entries" "'hash', key = 'ip4', value = 'u64', entries = 17" "a hash of ip4 -> u64, 17 entries"
other "other flags" "'hash', key = 'ip4', value = 'u64', entries = 16, flags = 1" "a hash of ip4 -> u64, 16 entries, flags 0x1"
same "what is pinned is left as it was" "$(echo "$put" | script "$fs")" "15	3"
out=$(echo "bpf.map { 'queue', value = 'ip6', entries = 4, pin = arg[1] .. '/queue' }" | script "$fs")
case $out in *"a queue of 4 bytes, 4 entries; this script wants a queue of ip6, 4 entries"*) say 0 "a queue" ;; *) same "a queue" "$out" "" ;; esac

out=$(echo "bpf.map { 'hash', key = 'u8', value = 'u8', entries = 1, pin = '/proc/x' }" | script)
case $out in *"cannot "*" /proc/x: "*"mount -t bpf bpf /sys/fs/bpf"*) say 0 "no bpf file system" ;; *) same "no bpf file system" "$out" "" ;; esac
out=$(echo "bpf.map { 'hash', key = 'u8', value = 'u8', entries = 1, pin = 5 }" | script)
case $out in *"stdin:1: option 'pin' is a name or a path, not a number"*) say 0 "no path" ;; *) same "no path" "$out" "" ;; esac

# several at once: all have the same map
n=0
while [ $n -lt 8 ]; do
	echo "bpf.map { 'hash', key = 'u32', value = 'u32', entries = 64, pin = arg[1] .. '/race' }[tonumber(arg[2])] = 1" |
		script "$fs" $n &
	n=$((n + 1))
done
wait
same "several at once" "$(echo "print(#bpf.map { 'hash', key = 'u32', value = 'u32', entries = 64, pin = arg[1] .. '/race' })" |
	script "$fs")" 8
out=$(echo "bpf.map { 'hash', key = 'u32', value = 'u32', entries = 64, pin = arg[1] .. '/checked' }[1] = 1" |
	"$P" check - "$fs" 2>&1; ls "$fs/checked" 2>&1)
case $out in *"No such file"*) say 0 "check makes no pin" ;; *) same "check makes no pin" "$out" "" ;; esac
plan

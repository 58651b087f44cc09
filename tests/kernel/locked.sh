# Entries changed from two CPUs at once, by two processes that share a map: under its lock no change is lost and
# no two fields part; atomic additions lose none either.
P=${BUILD:-build}/perigee
if [ -z "${LOCKED_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || exit 77
	LOCKED_INSIDE=1 exec unshare -m sh "$0"
fi
. tests/tap.sh
fs=$(mktemp -d) || exit 1
trap 'umount "$fs"; rmdir "$fs"' EXIT
mount -t bpf bpf "$fs" || exit 1

script='
local path, cpu = arg[1], arg[2]
local m = bpf.map { "hash", key = "u32", value = "struct { u32 a; u32 b; u64 atomic; u32 apart; }", entries = 4, lock = true,
	pin = path .. "/entries" }
local n = bpf.map { "array", value = "u64", entries = 1, pin = path .. "/added" }
local ready = bpf.map { "array", value = "u32", entries = 2, pin = path .. "/ready" }
local st = bpf.state { torn = "u64" }
local p = bpf.program("xdp", { on_error = bpf.ABORTED }, function(pkt)
	for i = 1, 20000 do
		local apart = false
		m:locked(1, function(e)
			apart = e.a ~= e.b
			e.a = e.a + 1
			e.b = e.b + 1
			if e.a ~= e.b then apart = true end
		end)
		if apart then st.torn = st.torn + 1 end
		local e = m[1]
		if e then e.atomic = e.atomic + 1 end
		n:add(0, 1)
	end
	return bpf.DROP
end)
if cpu == "start" then
	m[1] = {}
elseif cpu == "end" then
	print(m[1].a, m[1].b, m[1].atomic, n[0])
else
	ready[tonumber(cpu)] = 1
	while ready[0] + ready[1] < 2 do end
	for i = 1, 25 do assert(p:test(("x"):rep(60)) == bpf.DROP) end
	print(st.torn)
end'
echo "$script" | "$P" - "$fs" start
for cpu in 0 1; do
	echo "$script" | taskset -c "$(($(nproc) > 1 ? cpu : 0))" "$P" - "$fs" $cpu >"$fs.$cpu" 2>&1 &
done
wait
same "the first process saw no entry torn" "$(cat "$fs.0")" 0
same "nor did the second one" "$(cat "$fs.1")" 0
same "nothing is lost" "$(echo "$script" | "$P" - "$fs" end)" "1000000	1000000	1000000	1000000"
rm -f "$fs.0" "$fs.1"
plan

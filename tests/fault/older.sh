#!/bin/sh
# An older kernel: each feature of `perigee features` switched off. What needs it falls back to something
# else that does the same, or says what it needs and since when there is that (exit status 3).
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -n sh "$0"
. tests/tap.sh
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
ip link set lo up || exit 1
tried=

lack() { # feature, what is tried, exit status, last line of output or pattern of the error, code
	tried="$tried $1"
	cat >"$work/case.lua" <<END_LUA
local frame = ("\2"):rep(12) .. "\8\0" .. ("\7"):rep(50)
local function verdict(f, opts)
	local v, _, _, err = bpf.program("xdp", opts or {}, f):test(frame)
	return v == bpf.DROP and "DROP" or v == bpf.PASS and "PASS" or v, err
end
$5
END_LUA
	# shellcheck disable=SC2086 # it may be followed by others
	"$BUILD/perigee" --without=$1 "$work/case.lua" >"$work/out" 2>"$work/err"
	got=$?
	if [ "$3" = 0 ]; then
		same "$1: $2" "$got, $(tail -n 1 "$work/out"), $(cat "$work/err")" "0, $4, "
	else
		same "$1: $2: status" $got "$3"
		check "$1: $2: says so" grep -q "$4" "$work/err"
	fi
}

lack ringbuf "print" 3 '^perigee: .*case.lua:3: print needs the BPF ring buffer (Linux 5.8 or later)$' '
verdict(function(pkt) print(pkt.len) end)'
lack ringbuf "events" 3 '^perigee: .*case.lua:3: events need the BPF ring buffer (Linux 5.8 or later)$' '
local ev = bpf.events { n = "u32" }
verdict(function(pkt) ev:send { n = pkt.len } end)'
lack ringbuf "what sends nothing" 0 DROP 'print((verdict(function(pkt) return bpf.DROP end)))'

lack btf_func "no records of lines" 0 DROP 'print((verdict(function(pkt) return bpf.DROP end)))'
lack btf_func "errors still have their line" 0 "PASS	$work/case.lua:7: told" '
local v, err = verdict(function(pkt) if pkt.len > 9 then error "told" end end)
print(v, err)'

lack xdp_link "attaches, replaces and detaches by netlink" 0 'true false' '
local function on() return os.execute "ip link show dev lo | grep -q xdp" or false end
local link = bpf.xdp("lo", { mode = "skb" }, function() return bpf.PASS end)
link:replace(function() return bpf.PASS end)
local was = on()
link:detach()
io.write(tostring(was), " ", tostring(on()), "\n")'
lack xdp_link "detaches when the script raises" 1 'case.lua:7: raised$' '
bpf.xdp("lo", { mode = "skb" }, function() end) error("raised", 1)'
refuse "xdp_link: nothing stays attached" sh -c "ip link show dev lo | grep -q xdp"

lack for_each "going over a map" 3 \
	"^perigee: .*case.lua:8: error: going over a map needs bpf_for_each_map_elem (Linux 5.13 or later)" '
local m = bpf.map { "hash", key = "u32", value = "u64", entries = 4 }
verdict(function() for k, v in pairs(m) do if v > 1 then return bpf.DROP end end end)'

lack tcx "attaches, replaces and detaches by clsact" 0 'clsact true false' '
local function on() return os.execute "tc filter show dev lo ingress | grep -q direct-action" or false end
local link = bpf.tc("lo", "ingress", function() return bpf.PASS end)
link:replace(function() return bpf.PASS end)
local was, mode = on(), link:stats().mode
link:detach()
io.write(mode, " ", tostring(was), " ", tostring(on()), "\n")'
lack tcx "detaches when the script raises" 1 'case.lua:7: raised$' '
bpf.tc("lo", "egress", function() end) error("raised", 1)'
same "tcx: no qdisc stays" "$(tc qdisc show dev lo | grep -c clsact)" 0

for place in 'tracepoint("sched:sched_process_exit",' 'uprobe("libc.so.6:getpid",'; do
	lack perf_link "attaches, replaces and detaches: ${place%%(*}" 0 'true true false' '
local st = bpf.state { n = "u64" }
local function seen()
	local before = st.n
	os.execute "exit 0" -- a process that ends
	bpf.pid()           -- calls getpid
	return st.n > before
end
local link = bpf.'"$place"' function() st.n = st.n + 1 end)
io.write(tostring(seen()), " ")
link:replace(function() st.n = st.n + 2 end)
io.write(tostring(seen()), " ")
link:detach()
io.write(tostring(seen()), "\n")'
done

lack xdp_load "the frame's length, and its bytes" 0 DROP '
print((verdict(function(pkt) return pkt.len == 64 and pkt:u8(63) == 7 and not pkt:u8(64) and bpf.DROP or nil end)))'
lack xdp_load "frames in several buffers" 3 '^perigee: .*: frags needs bpf_xdp_load_bytes (Linux 5.18 or later)$' '
verdict(function(pkt) return bpf.DROP end, { frags = true })'
lack xdp_load "a packet that is moved" 1 'pkt:adjust_tail needs bpf_xdp_load_bytes (Linux 5.18 or later)$' '
verdict(function(pkt) pkt:adjust_tail(-1) end)'
lack xdp_load "bytes by copying" 3 '^perigee: .*: copying packet bytes needs bpf_xdp_load_bytes (Linux 5.18 or later)$' '
verdict(function(pkt) return pkt:u8(20) == 7 and bpf.DROP or nil end, { copy = true })'

sum='
print((verdict(function(pkt)
	local sum = 0
	for i = 0, LAST do sum = sum + (pkt:u8(i) or 0) end
	return sum == 12 * 2 + 8 + 50 * 7 and bpf.DROP or bpf.PASS
end)))'
for f in may_goto bpf_loop iter_num; do
	lack $f "a short loop" 0 DROP "$(echo "$sum" | sed 's/LAST/99/')"
done
lack may_goto "a loop that may be long: an iterator" 0 DROP "$(echo "$sum" | sed 's/LAST/pkt.len/')"
lack "may_goto --without=iter_num" "a loop that may be long: called" 0 DROP "$(echo "$sum" | sed 's/LAST/pkt.len/')"
lack "may_goto --without=iter_num --without=bpf_loop" "a loop that halves a value until it is 0" 0 DROP '
print((verdict(function(pkt)
	local n, bits, turns = pkt:u64(14) or 0, 0, 0
	while n > 0 do n, bits = n >> 1, bits + 1 end
	n = pkt:u64(14) or 0
	while n ~= 0 do n, turns = n >> 5, turns + 1 end
	return bits == 59 and turns == 12 and bpf.DROP or bpf.PASS
end)))'

lack tcx "attaches to tc by a filter of clsact, and takes both away" 0 'clsact true false' '
local function there() return os.execute "tc qdisc show dev lo | grep -q clsact" or false end
local link = bpf.tc("lo", "egress", function() return bpf.PASS end)
link:replace(function() return bpf.PASS end)
local mode, was = link:stats().mode, there()
link:detach()
io.write(mode, " ", tostring(was), " ", tostring(there()), "\n")'

lack spill_range "an offset that is bounded on two ways" 0 DROP '
print((verdict(function(pkt)
	local n = pkt:u8(14) == 7 and (assert(pkt:u8(15)) & 7) or 3
	return pkt:u8(14 + n) == 7 and bpf.DROP or bpf.PASS
end)))'

lack isa_v4 "signed division" 0 DROP '
print((verdict(function(pkt)
	local n = pkt.len - 100
	return n // 7 == -6 and n % 7 == 6 and math.fmod(n, 7) == -1 and bpf.DROP or bpf.PASS
end)))'

lack prog_test "a test run" 3 '^perigee: .*case.lua:3: test runs need BPF_PROG_TEST_RUN for XDP (Linux 4.12 or later)$' '
verdict(function() return bpf.DROP end)'

# Each row of src/core/feature.def.
for f in $("$BUILD/perigee" features | awk '{ print $2 }'); do
	check "$f has a case" sh -c "case '$tried ' in *' $f '*) exit 0 ;; esac; exit 1"
done
plan

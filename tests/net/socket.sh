#!/bin/sh
# Socket filters on real packets: on a device, where they only look, and on a packet socket of the
# script's own, where what they say is what it is given. The device's counters are the witness.
set -eu
name=pgs$$
dir=$(mktemp -d)
bulk=$BUILD/tests/bulk

clean() {
	ip netns del "$name" 2>/dev/null || :
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM

. tests/tap.sh

ip netns add "$name"
in_ns() { ip netns exec "$name" "$@"; }
in_ns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
ip -n "$name" link set lo up
ip -n "$name" link add plain type ipip local 127.0.0.1 remote 127.0.0.2 2>/dev/null ||
	in_ns ip tuntap add dev plain mode tun

cat >"$dir/device.lua" <<'END'
local function ping(size) assert(os.execute(("ping -q -c 1 -W 1 -s %d 127.0.0.1 >/dev/null"):format(size))) end
local function counter(what) return io.open("/sys/class/net/lo/statistics/" .. what):read "n" end
local lengths = bpf.map { "hash", key = "u32", value = "u64", entries = 64 }
local st = bpf.state { packets = "u64", bytes = "u64", no = "u64" }
local packets, bytes = counter "tx_packets" + counter "rx_packets", counter "tx_bytes" + counter "rx_bytes"
local link = bpf.socket("lo", function(pkt)
	st.packets = st.packets + 1
	st.bytes = st.bytes + pkt.len
	if pkt.icmp then lengths:add(pkt.len, 1) end
end)
assert(tostring(link) == "socket lo", tostring(link))
for i = 1, 20 do ping(i * 20) end -- more than its buffer holds
packets, bytes = counter "tx_packets" + counter "rx_packets" - packets, counter "tx_bytes" + counter "rx_bytes" - bytes
print("counted", st.packets == packets and packets == 80, st.packets, packets)
print("bytes", st.bytes == bytes + 14 * packets, st.bytes, bytes) -- it counts from the network layer on
print("each", lengths[14 + 28 + 20] == 4 and lengths[14 + 28 + 400] == 4)
link:replace(function(pkt) st.no = st.no + 1 return false end)
ping(9)
print("replaced", st.packets == 80 and st.no == 4)
link:detach()
ping(9)
print("detached", st.no == 4)
local ok, text = pcall(bpf.socket, "plain", function() end)
print("plain", not ok and text:find "carries no Ethernet frames" ~= nil)
ok, text = pcall(bpf.socket, "nodev", function() end)
print("nodev", not ok and text:find "no network device 'nodev'" ~= nil)
ok, text = pcall(bpf.socket, 0, function() end)
print("stdin", not ok and text:find "socket 0 is no socket" ~= nil)
END
in_ns "$BUILD/perigee" "$dir/device.lua" >"$dir/out" 2>&1 || echo "failed false" >>"$dir/out"
while read -r what good rest; do
	[ "$good" = true ] && say 0 "device: $what" || say 1 "device: $what $rest"
done <"$dir/out"
same "device: all was tried" "$(wc -l <"$dir/out")" 8

# Keeps what the length of the echo tells it to.
cat >"$dir/own.lua" <<'END'
local function ping(size) assert(os.execute(("ping -q -c 1 -W 1 -s %d 127.0.0.1 >/dev/null"):format(size))) end
local link = bpf.socket(9, function(pkt)
	local icmp = pkt.icmp
	if not icmp or icmp.type ~= 8 then return false end
	local n = #icmp.payload
	if n == 100 then return true end
	if n == 101 then return 33 end
	if n == 102 then return 0 end
	if n == 103 then return bpf.PASS end
	if n == 104 then return bpf.DROP end
	if n == 105 then return nil end
	return n - 200 -- too few: an error, which keeps all
end)
for size = 100, 106 do ping(size) end
print(link)
local errors = 0
bpf.on_error(function(text, info) errors = info.total print(text:match "the integer.*socket") end)
if arg[1] then link:detach() ping(107) end
END
# twice each: a packet socket on lo is given what goes out and what comes in
out=$(in_ns "$bulk" tap lo "$BUILD/perigee" "$dir/own.lua" 2>&1 | tr '\n' ' ')
same "own socket: is given what it is told" "$out" \
	"socket 9 the integer returned is no verdict of socket 142 142 33 33 145 145 147 147 148 148 "
out=$(in_ns "$bulk" tap lo "$BUILD/perigee" "$dir/own.lua" detach 2>&1 | tail -n 4 | tr '\n' ' ')
same "own socket: and all of it afterwards" "$out" "149 149 149 149 "
for kind in udp cooked unbound; do
	in_ns "$bulk" $kind "$BUILD/perigee" -e 'bpf.socket(9, function() end)' >"$dir/out" 2>&1 && say 1 "$kind: refused"
	case $kind in
	unbound) want="socket 9 is bound to no device" ;;
	*) want="socket 9: a filter goes on packet sockets of type SOCK_RAW" ;;
	esac
	check "$kind: says why it is refused" grep -q "$want" "$dir/out"
done
plan

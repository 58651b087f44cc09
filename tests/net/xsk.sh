#!/bin/bash
# Packets that a program hands to a socket of AF_XDP, by an xskmap, on a veth pair in a namespace of its own.
BUILD=${BUILD:-build}
if [ -z "${XSK_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || exit 77
	XSK_INSIDE=1 exec unshare -n bash "$0"
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
ip link add out type veth peer name in && ip addr add 10.79.0.1/24 dev out || exit 1
ip link set lo up && ip link set out up && ip link set in up || exit 1
ip neigh add 10.79.0.2 lladdr 2:0:0:0:0:2 dev out || exit 1

cat >"$dir/steps.lua" <<'END'
local file = arg[1]
local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end
local function raises(name, pattern, f, ...)
	local good, text = pcall(f, ...)
	check(name, not good and tostring(text):find(pattern), text)
end
local function send(text)
	os.execute(("bash -c 'exec 4<>/dev/udp/10.79.0.2/9001; printf %s >&4'"):format(text))
end
local function came() return (io.open(file):read "a"):gsub("\n", " ") end
local function wait(want)
	for _ = 1, 400 do
		if came() == want then return true end
		bpf.run { ["for"] = "5ms" }
	end
end

local sockets = bpf.map { "xskmap", entries = 4, name = "sockets" }
local st = bpf.state { missed = "u64" }
check("nothing at first", sockets[0] == nil and #sockets == 0)
sockets[0] = 3
check("a descriptor is put in", sockets[0] == 3 and sockets[1] == nil and #sockets == 1)
raises("one that is none", "cannot write xskmap map 'sockets': Bad file descriptor", function() sockets[0] = 77 end)
raises("one of another kind", "a xskmap holds sockets of AF_XDP, and descriptor 1 is none", function() sockets[1] = 1 end)
raises("beyond the last", "map full", function() sockets[4] = 3 end)

local function filter(pkt)
	local udp = pkt.udp
	if not udp then return bpf.PASS end
	local verdict = sockets:redirect(pkt.rxq + (udp.payload:u8(0) or 0) // 128)
	if not verdict then
		st.missed = st.missed + 1
		return bpf.DROP
	end
	return verdict
end
local sent = ""
for _, mode in ipairs { "skb", "native" } do
	local link = bpf.xdp("in", { mode = mode }, filter)
	send(mode .. "-1")
	send(mode .. "-2")
	sent = sent .. mode .. "-1 " .. mode .. "-2 "
	check(mode .. ": the socket has what was sent", wait(sent), came())
	sockets[0] = nil
	st.missed = 0
	send "nobody"
	for _ = 1, 400 do
		if st.missed > 0 then break end
		bpf.run { ["for"] = "5ms" }
	end
	check(mode .. ": without it there is no way", st.missed == 1 and sockets[0] == nil and came() == sent, came())
	sockets[0] = 3
	link:detach()
end

local function frame(payload)
	local udp = (">I2I2I2I2"):pack(40000, 53, 8 + #payload, 0) .. payload
	return ("\2"):rep(12) .. "\8\0" .. (">I1I1I2I2I2I1I1I2"):pack(0x45, 0, 20 + #udp, 1, 0, 64, 17, 0) .. "\10\0\0\1\10\0\0\2" .. udp
end
local program = bpf.program("xdp", filter)
for _, payload in ipairs { "", "a", "\200" } do
	local kernel, twin = program:test(frame(payload)), program:twin(frame(payload))
	check(("%q: the twin does the same"):format(payload), kernel == twin and kernel == (payload == "\200" and bpf.DROP or
		bpf.REDIRECT), kernel)
end
for k, fd in pairs(sockets) do check("its only pair", k == 0 and fd == 3, fd) end
sockets:clear()
check("cleared", #sockets == 0 and program:test(frame "") == bpf.DROP and program:twin(frame "") == bpf.DROP)
print(("1..%d"):format(n))
os.exit(failed == 0, true)
END
"$BUILD/tests/xsk" in "$dir/came" "$BUILD/perigee" "$dir/steps.lua" "$dir/came"

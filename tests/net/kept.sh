#!/bin/bash
# What sockets keep: written by tc programs for the packets that they send, read by descriptor in the user half. The
# sockets are this shell's own, and what they send goes nowhere, in a namespace of its own.
P=${BUILD:-build}/perigee
. tests/tap.sh
wants bpf_loop
if [ -z "${KEPT_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || exit 77
	KEPT_INSIDE=1 exec unshare -n bash "$0"
fi
ip link set lo up
ip link add nowhere type veth peer name end && ip addr add 10.79.0.1/24 dev nowhere || exit 1
ip link set nowhere up && ip link set end up && ip neigh add 10.79.0.2 lladdr 2:0:0:0:0:2 dev nowhere || exit 1
exec 3<>/dev/udp/10.79.0.2/9001 4<>/dev/udp/10.79.0.2/9002 5</dev/null 6<>/dev/udp/127.0.0.1/9003
exec "$P" - <<'END'
if dofile "tests/kernel/lib_storage.lua" then return end
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
local function send(fd, times)
	for _ = 1, times do os.execute("echo >&" .. fd) end
end

local flows = bpf.map { "sk_storage", value = "struct { u64 packets; u16 port; u32? last; }" }
local bytes = bpf.map { "sk_storage", value = "u32" }
local st = bpf.state { with = "u64", without = "u64", other = "u64" }

local function count(pkt)
	local udp = pkt.udp
	if not udp then -- of the kernel itself: neighbours, groups
		if bytes:mine() == nil and not bytes:set_mine(1) and not bytes:add_mine(1) and not bytes:set_mine(nil) then
			st.without = st.without + 1
		else
			st.other = st.other + 1
		end
		return
	end
	if not bytes:add_mine(udp.len) then return end
	local flow = flows:mine()
	if flow then
		flow.packets = flow.packets + 1
		flow.last = udp.len
	elseif flows:set_mine { packets = 1, port = udp.dport } then
		st.with = st.with + 1
	end
	if flow and flow.packets == 4 then flows:set_mine(nil) end
end

local link = bpf.tc("nowhere", "egress", count)
check("nothing at first", flows[3] == nil and bytes[4] == nil)
send(3, 3)
send(4, 1)
local f = flows[3]
check("kept from one packet of a socket to the next", f and f.packets == 3 and f.port == 9001 and f.last == 9, f and f.last)
f = flows[4]
check("another socket has its own", f and f.packets == 1 and f.port == 9002 and f.last == nil, f and f.port)
check("numbers are added to", bytes[3] == 27 and bytes[4] == 9, bytes[3])
check("made once a socket", st.with == 2, st.with)
send(3, 1)
check("let go in kernel code", flows[3] == nil and bytes[3] == 36)
flows[4] = { packets = 40 }
send(4, 1)
check("written in the user half, read by the program", flows[4].packets == 41 and flows[4].port == 0)
bytes[4] = nil
check("deleted in the user half", bytes[4] == nil and bytes[3] == 36)
link:detach()
st.without, st.other = 0, 0
link = bpf.tc("lo", "ingress", function(pkt)
	if pkt.udp and not bytes:add_mine(1) and not flows:set_mine { packets = 1 } and flows:mine() == nil then
		st.without = st.without + 1
	else
		st.other = st.other + 1
	end
end)
send(6, 1)
check("what is received has no socket yet", st.without == 1, st.without)
link:detach()

raises("a descriptor that is no socket", "cannot read sk_storage map", function() return bytes[5] end)
raises("a descriptor that is closed", "cannot write sk_storage map: Bad file descriptor", function() bytes[77] = 1 end)
raises("nobody lists them", "does not tell which sockets keep something in a sk_storage; ask by descriptor", function()
	for _ in pairs(bytes) do end
end)
raises("it has no size", "as there are sockets", bpf.map, { "sk_storage", value = "u64", entries = 4 })

-- ---- test runs and the twin: each packet has a socket of its own ----

local function frame(payload)
	local udp = (">I2I2I2I2"):pack(40000, 53, 8 + #payload, 0) .. payload
	return ("\2"):rep(12) .. "\8\0" .. (">I1I1I2I2I2I1I1I2"):pack(0x45, 0, 20 + #udp, 1, 0, 64, 17, 0) .. "\10\0\0\1\10\0\0\2" .. udp
end
local small = bpf.map { "sk_storage", value = "u8" }
local function all(pkt)
	local udp = pkt.udp
	if not udp then return bpf.PASS end
	st.with = small:mine() or 1000
	small:set_mine(udp.payload:u8(0))
	st.with = st.with + (small:mine() or 2000)
	if udp.len > 10 then small:set_mine(udp.len * 16) end
	local flow = flows:mine()
	local ok = pcall(function() flow.packets = 1 end)
	if ok then return bpf.PASS end
	flows:set_mine { packets = udp.len, last = udp.sport }
	flow = flows:mine()
	if flow then flow.packets = flow.packets + (flow.last or 7) end
	flow = flows:mine()
	st.other = flow and flow.packets or 0
	for i = 1, udp.len do bytes:add_mine(i) end
	st.without = bytes:mine() or 0
	return bytes:mine() == 55 and bpf.DROP or bpf.PASS
end
local program = bpf.program("tc", all)
for _, payload in ipairs { "", "\7", "\9\9", ("x"):rep(40) } do
	local function said(run)
		st.with, st.without, st.other = 0, 0, 0
		local verdict, _, _, text = run(program, frame(payload))
		return ("%s %s | %d %d %d"):format(verdict, text, st.with, st.without, st.other)
	end
	local kernel, twin = said(program.test), said(program.twin)
	check(("%d bytes: the twin does the same"):format(#payload), kernel == twin, kernel .. " / " .. twin)
	if #payload == 2 then
		check("and what is meant", kernel == ("%d nil | 1009 55 40010"):format(bpf.DROP), kernel)
	end
end
local pkt = bpf.packet(frame "\9\9")
check("called by hand", all(pkt) == bpf.DROP and small:mine() == 9 and flows:mine().packets == 40010)

print(("1..%d"):format(n))
os.exit(failed == 0, true)
END

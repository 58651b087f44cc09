# One run that begins in the middle of another, on the same CPU: a program at the way out of a device whose packet's copy goes
# there, too, and a tracepoint on that way. Each has long strings in scratch memory, and keeps what it had.
P=${BUILD:-build}/perigee
case $P in /*) ;; *) P=$PWD/$P ;; esac
if [ -z "${NESTED_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || exit 77
	NESTED_INSIDE=1 exec unshare -n sh "$0"
fi
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
ip link set lo up || exit 1
exec "$P" - <<'END'
local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end
local errors = 0
bpf.on_error(function(text) errors = errors + 1 print("# " .. text) end)

local ROUNDS, SIZE = 20, 200
local st = bpf.state { outer = "u64", inner = "u64", good = "u64", now = "u32", most = "u32", traced = "u64", within = "u64", whole = "u64" }

-- A mark says how deep a copy is: 77 at first, 78 in the run within, 79 in the one within that.
local link = bpf.tc("lo", "egress", function(pkt)
	if not pkt.icmp or pkt.icmp.type ~= 8 or pkt.mark > 79 then return end
	local depth = pkt.mark < 78 and 0 or pkt.mark - 77
	st.now = st.now + 1
	if st.now > st.most then st.most = st.now end
	local s = pkt:sub(43, 142) .. ("abc"):sub(depth + 1, depth + 1):rep(100)
	if depth < 2 then
		pkt.mark = 78 + depth
		pkt:clone("lo")
	end
	st.now = st.now - 1
	if depth == 0 then st.outer = st.outer + 1 else st.inner = st.inner + 1 end
	if #s == 200 and s:byte(101) == 97 + depth and s:byte(200) == 97 + depth and s:sub(1, 100) == pkt:sub(43, 142) then
		st.good = st.good + 1
	end
end)
-- On the way of each packet out: of the copies it is within runs of the program above.
local trace = bpf.tracepoint("net:net_dev_queue", function(e)
	st.traced = st.traced + 1
	if st.now > 0 then st.within = st.within + 1 end
	local s = ("x"):rep(150 + (e.len & 15)) .. ("y"):rep(60)
	if s:byte(1) == 120 and s:byte(150) == 120 and s:byte(#s) == 121 and #s == 210 + (e.len & 15) then st.whole = st.whole + 1 end
end)
assert(os.execute(("ping -q -i 0.01 -c %d -s %d -W 1 127.0.0.1 >/dev/null"):format(ROUNDS, SIZE)))
check("runs begin within runs, three deep", st.outer == ROUNDS and st.inner == 2 * ROUNDS and st.most == 3, st.outer .. ", " .. st.inner .. ", " .. st.most)
check("each has its own strings", st.good == 3 * ROUNDS, st.good)
check("a tracepoint in the middle of them", st.within > 0, st.within .. " of " .. st.traced)
check("and it has its own, too", st.whole == st.traced, st.whole .. " of " .. st.traced)
bpf.run { ["for"] = "1ms" }
check("none of them raised an error", errors == 0, errors)
print("1.." .. n)
os.exit(failed == 0)
END

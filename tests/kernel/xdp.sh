# A link at work, on the loopback device of a network namespace of its own: events, print, run-time
# errors, replace, refresh, detach, and what is left when the script ends or is killed.
P=${BUILD:-build}/perigee
case $P in /*) ;; *) P=$PWD/$P ;; esac
if [ -z "${LIVE_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || exit 77
	LIVE_INSIDE=1 exec unshare -n sh "$0"
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
ip link set lo up || exit 1

cat >"$work/live.lua" <<'END'
local hits = bpf.map { "hash", key = "ip4", value = "u64", entries = 16 }
local st = bpf.state { n = "u64", bad = "u64" }
local ev = bpf.events { src = "ip4", len = "u32" }
local function ping() return os.execute "ping -q -c 1 -W 1 127.0.0.1 >/dev/null" end

local function filter(pkt)
	local ip = pkt.ipv4
	st.n = st.n + 1
	if ip then
		hits:add(ip.src, 1)
		ev:send { src = ip.src, len = pkt.len }
		print("seen", ip.src, pkt.len, nil, true)
		if st.n > 2 then st.bad = hits[bpf.ip "9.9.9.9"] + 1 end
	end
end

do
	local link = bpf.xdp("lo", { mode = "skb", name = "filter" }, filter)
	assert(tostring(link) == "xdp lo (skb)")
end
collectgarbage() -- the link stays, though nobody holds it
local got = 0
ev:on(function(e)
	got = got + 1
	assert(e.src == bpf.ip "127.0.0.1" and e.len == 98)
	if got == 4 then bpf.stop() end
end)
bpf.after("10ms", function() assert(ping() and ping()) end)
bpf.run { ["for"] = "20s" }
assert(got == 4 and hits["127.0.0.1"] == 4 and st.n == 4, got)
assert(not pcall(bpf.xdp, "lo", { mode = "skb" }, filter)) -- busy
print "first part"
END

cat >"$work/replace.lua" <<'END'
local st = bpf.state { n = "u64" }
local verdict = { v = bpf.PASS }
local function ping() return os.execute "ping -q -c 1 -W 1 127.0.0.1 >/dev/null" end
local link <close> = bpf.xdp("lo", { mode = "skb" }, function(pkt) st.n = st.n + 1 return verdict.v end)
assert(ping() and st.n == 2)
verdict.v = bpf.DROP
assert(ping() and st.n == 4)
link:refresh()
assert(not ping() and st.n == 5)
link:replace(function() return bpf.PASS end)
assert(ping() and st.n == 5)
local ok, text = pcall(link.replace, link, function(pkt) return pkt.len / 2 end)
assert(not ok and text:find "error:", text)
assert(ping())
verdict.v = bpf.DROP
link:replace(function() return verdict.v end)
verdict.v = bpf.PASS
assert(not ping())
link:refresh() -- of what it was replaced by
assert(ping() and st.n == 5)
link:replace(bpf.program("xdp", function() return bpf.DROP end))
assert(not ping())
assert(link:stats().errors == 0 and link:stats().mode == "skb")
link:detach()
assert(ping() and tostring(link) == "xdp lo (detached)")
link:detach()
assert(not pcall(link.replace, link, function() end))

local function again() return bpf.xdp("lo", { mode = "skb" }, function() return bpf.DROP end) end
again():detach()
do
	local closed <close> = again()
	assert(not ping())
end
assert(ping())

-- errors go to the script's own function
local texts = {}
bpf.on_error(function(text, info) texts[#texts + 1] = text .. "|" .. info.where .. "|" .. info.total bpf.stop() end)
local bad = bpf.xdp("lo", { mode = "skb", on_error = bpf.DROP }, function() error "never" end)
assert(not ping())
local start = bpf.ktime()
assert(bpf.run { ["for"] = "5s" } == "stop" and bpf.ktime() - start < 4000000000)
assert(#texts == 1 and texts[1]:find "replace.lua:%d+: never", texts[1])
assert(texts[1]:find "|xdp lo|1$", texts[1])
END

failed=0
check() {
	[ "$2" = "$3" ] && return
	echo "$1: got '$2', want '$3'"
	failed=1
}
attached() { ip -d link show lo | grep -c 'prog/xdp'; }

"$P" --timing "$work/live.lua" >"$work/out" 2>"$work/err"
check exit $? 0
check prints "$(grep -c "^seen	127.0.0.1	98	nil	true$" "$work/out")" 4
check end "$(tail -n 1 "$work/out")" "first part"
check error "$(grep -c "live.lua:13: attempt to perform arithmetic on a nil value.*\[xdp lo.*\]$" "$work/err")" 1
check timing "$(grep -c "^perigee: xdp lo: capture .*, compile .*, load .*, attach .* instructions)$" "$work/err")" 1
check detached "$(attached)" 0

"$P" "$work/replace.lua" >"$work/out2" 2>"$work/err2"
check "replace: exit" $? 0
check "replace: stderr" "$(cat "$work/err2")" ""
check "replace: detached" "$(attached)" 0

# killed, or ended by an error: nothing stays attached
"$P" -e 'bpf.xdp("lo", { mode = "skb" }, function() end) error "out"' 2>/dev/null
check "error: exit" $? 1
check "error: detached" "$(attached)" 0
"$P" -e 'bpf.xdp("lo", { mode = "skb" }, function() end) bpf.run()' &
pid=$!
sleep 0.5
check attached "$(attached)" 1
kill -KILL $pid
wait $pid 2>/dev/null
sleep 0.1
check "killed: detached" "$(attached)" 0

[ $failed = 0 ] || cat "$work"/out* "$work"/err*
exit $failed

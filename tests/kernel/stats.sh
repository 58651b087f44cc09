# What link:stats() counts, by hook, beside what was sent on the loopback device of a network namespace
# of its own: runs and time over a replace, errors, and nothing where it was not asked for.
P=${BUILD:-build}/perigee
case $P in /*) ;; *) P=$PWD/$P ;; esac
if [ -z "${STATS_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || exit 77
	STATS_INSIDE=1 exec unshare -n sh "$0"
fi
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
ip link set lo up || exit 1
"$P" - <<'END'
local absent = bpf.map { "hash", key = "u32", value = "u32", entries = 1 }
local counted = 0
bpf.on_error(function() counted = counted + 1 end)
local function ping(n) assert(os.execute(("ping -q -i 0.01 -c %d -W 1 127.0.0.1 >/dev/null"):format(n))) end

-- times: how often the hook sees a ping and its answer
local function try(name, times, attach, own)
	local options = own or {}
	options.stats = true
	local link = attach(options, function(pkt) if pkt.len == 0 then return bpf.DROP end end)
	local s = link:stats()
	assert(s.runs == 0 and s.ns == 0 and s.missed == 0 and s.errors == 0, name)
	ping(3)
	s = link:stats()
	assert(s.runs == 3 * times and s.ns > 0 and s.errors == 0, name .. ": " .. s.runs)
	local before = s.ns
	link:replace(function(pkt) return pkt.len == absent[1] + 1 and bpf.DROP or bpf.PASS end)
	ping(2)
	s = link:stats()
	assert(s.runs == 5 * times and s.ns > before, name .. ": " .. s.runs)
	assert(s.errors == 2 * times and s.missed == 0, name .. ": " .. s.errors)
	link:detach()
	assert(link:stats().runs == nil)
	options.stats = nil
	local quiet <close> = attach(options, function() end)
	ping(1)
	s = quiet:stats()
	assert(s.runs == nil and s.ns == nil and s.missed == 0, name)
end

try("tc ingress", 2, function(o, f) return bpf.tc("lo", "ingress", o, f) end)
try("tc egress", 2, function(o, f) return bpf.tc("lo", "egress", o, f) end)
try("socket", 4, function(o, f) return bpf.socket("lo", o, f) end)
try("xdp", 2, function(o, f) return bpf.xdp("lo", o, f) end, { mode = "skb" })

-- an error whose text is made at run time: one place, with the text that it was raised with last
do
	local said = {}
	bpf.on_error(function(text, info) said[#said + 1] = info.total .. " " .. text end)
	local link <close> = bpf.xdp("lo", { mode = "skb" }, function(pkt) if #pkt > 200 then error("of " .. #pkt, 0) end end)
	local before = link:stats().errors
	for _, size in ipairs { 300, 400 } do
		assert(os.execute(("ping -q -i 0.01 -c 2 -W 1 -s %d 127.0.0.1 >/dev/null"):format(size)))
		bpf.run { ["for"] = "50ms" }
	end
	assert(table.concat(said, ", ") == "4 of 342, 8 of 442", table.concat(said, ", "))
	assert(link:stats().errors == before + 8)
end
END

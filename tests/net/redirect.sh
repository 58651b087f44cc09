#!/bin/sh
# Real packets redirected: a namespace between two others passes frames on by pkt:redirect and by maps of
# devices, which makes it a bridge, and to another CPU by a cpumap; pings go through, and end when told.
set -eu
name=pgr$$
dir=$(mktemp -d)

clean() {
	for ns in a b r; do ip netns del "$name$ns" 2>/dev/null || :; done
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM

. tests/tap.sh

for ns in a b r; do ip netns add "$name$ns"; done
for ns in a b; do
	ip -n "${name}r" link add "to_$ns" type veth peer name leg netns "$name$ns"
	ip -n "${name}r" link set "to_$ns" up
	ip -n "$name$ns" link set leg up
done
ip -n "${name}a" addr add 10.79.0.1/24 dev leg
ip -n "${name}b" addr add 10.79.0.2/24 dev leg
ip -n "${name}r" addr add 10.79.0.3/24 dev to_a

cat >"$dir/steps.lua" <<'END'
local out = arg[1]
local function ping(address)
	return os.execute(("ip netns exec %sa ping -q -c 2 -i 0.02 -W 0.5 %s >/dev/null"):format(out, address)) == true
end
local function say(what, good) print((good and "ok " or "not ok ") .. what) end
local n = bpf.state { packets = "u64" }

-- to_a and to_b, as a bridge: each function says where what came from the other side goes
local function bridge(what, hook, from_a, from_b)
	n.packets = 0
	local links = {}
	for dev, f in pairs { to_a = from_a, to_b = from_b } do links[dev] = hook(dev, f) end
	local good = ping "10.79.0.2"
	say(what, good and n.packets >= 4)
	links.to_b:replace(function() return bpf.DROP end)
	say(what .. ", and not", not ping "10.79.0.2")
	for _, link in pairs(links) do link:detach() end
end
local function xdp(dev, f) return bpf.xdp(dev, { mode = "skb" }, f) end
local function tc(dev, f) return bpf.tc(dev, "ingress", f) end
for name, hook in pairs { xdp = xdp, tc = tc } do
	bridge(name .. ": by name", hook, function(pkt)
		n.packets = n.packets + 1
		return pkt:redirect "to_b"
	end, function(pkt)
		n.packets = n.packets + 1
		return pkt:redirect "to_a"
	end)
	local where = bpf.map { "array", value = "u32", entries = 2 } -- by number, known only at run time
	local devices = bpf.map { "devmap", entries = 2 }
	devices[0], devices[1] = "to_a", "to_b"
	where[0], where[1] = devices[0], devices[1]
	bridge(name .. ": by number", hook, function(pkt)
		n.packets = n.packets + 1
		return pkt:redirect(where[1] or 0)
	end, function(pkt)
		n.packets = n.packets + 1
		return pkt:redirect(where[0] or 0)
	end)
end
for _, type in ipairs { "devmap", "devmap_hash" } do
	local devices = bpf.map { type, entries = 8 }
	local key = type == "devmap" and 5 or 500000
	devices[key], devices[key + 1] = "to_a", "to_b"
	bridge("xdp: " .. type, xdp, function(pkt)
		n.packets = n.packets + 1
		return devices:redirect(key + 1) or bpf.DROP
	end, function(pkt)
		n.packets = n.packets + 1
		return devices:redirect(key) or bpf.DROP
	end)
	devices[key] = nil
	local missed = bpf.state { n = "u64" }
	local link <close> = xdp("to_a", function(pkt)
		local sent = devices:redirect(key)
		if not sent then missed.n = missed.n + 1 end
		return sent or bpf.PASS
	end)
	say("xdp: " .. type .. ": an absent key is nil", ping "10.79.0.3" and missed.n >= 2)
end
local cpus = bpf.map { "cpumap", entries = 1 }
cpus[0] = 64
do
	local link <close> = bpf.xdp("to_a", function(pkt)
		n.packets = n.packets + 1
		return cpus:redirect(0) or bpf.DROP
	end)
	n.packets = 0
	say("xdp: cpumap", ping "10.79.0.3" and n.packets >= 2)
	link:replace(function() return cpus:redirect(1) or bpf.DROP end)
	say("xdp: cpumap without that CPU", not ping "10.79.0.3")
end
END
steps=$(ip netns exec "${name}r" "$BUILD/perigee" "$dir/steps.lua" "$name" 2>&1) || steps="$steps
not ok the script ran"
echo "$steps" >"$dir/out"
while read -r line; do
	case $line in
	"ok "*) say 0 "${line#ok }" ;;
	*)	say 1 "${line#not ok }" ;;
	esac
done <"$dir/out"
same "how many there were" "$count" 16
plan

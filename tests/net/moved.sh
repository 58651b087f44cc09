#!/bin/sh
# Real packets whose ends are moved on XDP: what the kernel's own tunnel put around a packet is taken off, what comes
# bare is put into a tunnel that the kernel takes off, and a frame of which only the front is kept still gets through. On
# tc a copy of each packet goes to another device.
set -eu
. tests/pair.sh
wants xdp_load
pair 10.79.2.1/24 10.79.2.2/24
here=$(ip netns exec "${name}b" cat /sys/class/net/in/address)
ip -n "${name}a" link add wrap type vxlan id 7 local 10.79.2.1 remote 10.79.2.2 dstport 4789
ip -n "${name}a" addr add 10.80.0.1/24 dev wrap
ip -n "${name}a" link set wrap up
ip -n "${name}a" neigh add 10.80.0.2 lladdr "$here" dev wrap
ip -n "${name}b" addr add 10.80.0.2/24 dev in
ip -n "${name}b" link add unwrap address "$here" type vxlan id 9 local 10.79.2.2 remote 10.79.2.1 dstport 4789
ip -n "${name}b" link set unwrap up
ip -n "${name}b" link add mirror type veth peer name end
ip -n "${name}b" link set mirror up
ip -n "${name}b" link set end up
for dev in all in unwrap; do ip netns exec "${name}b" sysctl -qw "net.ipv4.conf.$dev.rp_filter=0"; done
for dev in all out wrap; do ip netns exec "${name}a" sysctl -qw "net.ipv4.conf.$dev.rp_filter=0"; done

cat >"$dir/steps.lua" <<'END'
local out = arg[1]
local st = bpf.state { n = "u64", copied = "u64" }
local function say(what, good) print((good and "ok " or "not ok ") .. what) end
local function ping(to, size)
	return os.execute(("ip netns exec %sa ping -q -c 2 -i 0.02 -W 0.5 -s %d %s >/dev/null"):format(out, size or 56, to)) == true
end

-- the kernel of the other side wraps; nobody here would take that off, for it is another network's
say("what is wrapped is not answered", not ping "10.80.0.2")
for _, mode in ipairs { "native", "skb" } do
	st.n = 0
	local link <close> = bpf.xdp("in", { mode = mode }, function(pkt)
		local vxlan = pkt.udp and pkt.udp.vxlan
		if not vxlan or vxlan.vni ~= 7 then return bpf.PASS end
		pkt:adjust_head(50)
		if pkt.icmp then st.n = st.n + 1 end
		return bpf.PASS
	end)
	say(mode .. ": unwrapped, it is", ping "10.80.0.2" and ping("10.80.0.2", 1200) and st.n == 4)
end
-- and the other way: what comes bare is wrapped here, and the kernel takes it off
for _, mode in ipairs { "native", "skb" } do
	st.n = 0
	local link <close> = bpf.xdp("in", { mode = mode }, function(pkt)
		local ip, eth = pkt.ipv4, pkt.eth
		if not ip or not pkt.icmp then return bpf.PASS end
		local dst, src, len, from, to = eth.dst, eth.src, pkt.len, ip.src, ip.dst
		pkt:adjust_head(-50)
		eth = pkt.eth
		eth.dst, eth.src, eth.type = dst, src, 0x0800
		pkt:set_u16(14, 0x4500)
		pkt:set_u16(16, len + 36)
		pkt:set_u16(22, 0x4011)
		pkt:set_u32(26, from:int())
		pkt:set_u32(30, to:int())
		local sum = 0
		for at = 14, 32, 2 do sum = sum + (pkt:u16(at) or 0) end
		sum = (sum & 0xffff) + (sum >> 16)
		pkt:set_u16(24, ~(sum + (sum >> 16)) & 0xffff)
		pkt:set_u16(34, 7777)
		pkt:set_u16(36, 4789)
		pkt:set_u16(38, len + 16)
		pkt:set_u32(42, 0x08000000)
		pkt:set_u32(46, 9 << 8)
		st.n = st.n + 1
		return bpf.PASS
	end)
	say(mode .. ": wrapped, it is unwrapped by the kernel", ping "10.79.2.2" and ping("10.79.2.2", 1200) and st.n == 4)
end
do
	st.n = 0
	local link <close> = bpf.xdp("in", function(pkt)
		if pkt.icmp and pkt.len > 200 then
			pkt:adjust_tail(60 - pkt.len)
			st.n = pkt.len
		end
	end)
	say("cut off, it is no packet any more", not ping("10.79.2.2", 400) and st.n == 60 and ping "10.79.2.2")
	link:replace(function(pkt) if pkt.icmp then pkt:adjust_tail(30) st.n = pkt.len end end)
	say("padded, it is what it was", ping "10.79.2.2" and st.n == 128)
end
do
	local link <close> = bpf.tc("mirror", "egress", function(pkt)
		if pkt.icmp then st.copied = st.copied + 1 end
	end)
	local from <close> = bpf.tc("in", "ingress", function(pkt)
		if pkt.icmp and not pkt:clone "mirror" then st.copied = 1000 end
	end)
	say("copied", ping "10.79.2.2" and ping "10.79.2.2" and st.copied == 4)
end
END
steps 8 "$dir/steps.lua" "$name"
plan

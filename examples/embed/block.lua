-- As count.lua, and drops the packets of ping.
local pkt = ...
local ip = pkt.ipv4
if ip then hits:add(ip.src, 1) end
return pkt.icmp and bpf.DROP or bpf.PASS

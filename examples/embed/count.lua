-- A kernel function is all that this file is: it receives the packet, and finds what its host gave it
-- (see embed.c) in globals.
local pkt = ...
local ip = pkt.ipv4
if ip then hits:add(ip.src, 1) end
return bpf.PASS

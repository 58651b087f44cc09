-- Addresses and prefixes as values.

local a = bpf.ip "10.1.2.3"
assert(tostring(a) == "10.1.2.3" and a:int() == 0x0a010203 and bpf.ip(0x0a010203) == a)
assert(a == bpf.ip "10.1.2.3" and a ~= bpf.ip "10.1.2.4" and a ~= "10.1.2.3" and a ~= a:int())
assert(a:byte(1) == 10 and a:byte(4) == 3 and a:byte(5) == nil and a:byte(0) == nil)
assert(a:within "10.0.0.0/8" and not a:within "11.0.0.0/8" and a:within(bpf.cidr "10.1.2.3/32"))
assert(a:within "0.0.0.0/0" and not a:within "::/0")
assert(bpf.ip(a) == a)

local b = bpf.ip "2001:db8::1"
assert(tostring(b) == "2001:db8::1" and b:byte(1) == 0x20 and b:byte(16) == 1)
assert(b:within "2001:db8::/32" and not b:within "2001:db9::/32" and b ~= a)
assert(not pcall(b.int, b))

local m = bpf.mac "52:54:00:12:34:56"
assert(tostring(m) == "52:54:00:12:34:56" and m:int() == 0x525400123456 and m:byte(6) == 0x56)

local c = bpf.cidr "192.0.2.77/24"
assert(tostring(c) == "192.0.2.0/24" and c == bpf.cidr "192.0.2.0/24" and c ~= bpf.cidr "192.0.2.0/25")
assert(c:has(bpf.ip "192.0.2.1") and not c:has(bpf.ip "192.0.3.1") and not c:has(b))

-- the same address is the same key of an ordinary table
local t = { [bpf.ip "1.2.3.4"] = "x" }
assert(t[bpf.ip "1.2.3.4"] == "x" and t[bpf.ip(0x01020304)] == "x" and t[bpf.ip "1.2.3.5"] == nil)
collectgarbage()
assert(t[bpf.ip "1.2.3.4"] == "x")

local function raises(pattern, f, ...)
	local ok, text = pcall(f, ...)
	assert(not ok and text:find(pattern), text)
end
raises("'1.2.3' is no IP address", bpf.ip, "1.2.3")
raises("32 bits", bpf.ip, 1 << 32)
raises("32 bits", bpf.ip, -1)
assert(tostring(bpf.mac(0x0200000000a7)) == "02:00:00:00:00:a7")
raises("48 bits", bpf.mac, 1 << 48)
raises("48 bits", bpf.mac, -1)
raises("is no MAC address", bpf.mac, "52:54")
raises("is no prefix", bpf.cidr, "10.0.0.0/33")
raises("is no prefix", a.within, a, "x")
raises("attempt to compare two ip4 values", function() return a < bpf.ip(1) end)
raises("attempt to perform arithmetic on a mac value", function() return m + 1 end)
raises("attempt to concatenate a ip4 value", function() return "x" .. a end)

-- Has the kernel no memory for what threads, cgroups and sockets keep? From 7 on that is had by what compares and swaps 16 bytes; the
-- tests' own emulator is told to have none. Then that is said, and the test that asks is over.
local function first(path, pattern)
	local f <close> = assert(io.open(path))
	return f:read "a":match(pattern)
end
local machine <close> = io.popen "uname -m"
local lacks = machine:read "l" == "x86_64" and tonumber(first("/proc/sys/kernel/osrelease", "^%d+")) >= 7 and
	not first("/proc/cpuinfo", " cx16")
if lacks then print "skip cmpxchg16b\n1..1" end
return lacks

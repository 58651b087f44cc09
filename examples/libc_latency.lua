-- How long calls of a function of the C library take: a histogram by powers of two.
--
--	perigee examples/libc_latency.lua FUNCTION [PID [seconds]]
--
-- Without PID those of all processes. Any other library or program will do as well: libm.so.6:sin,
-- /usr/bin/bash:readline.

local name, pid, seconds = arg[1], tonumber(arg[2]), arg[3]
if not name then error("usage: libc_latency.lua FUNCTION [PID [seconds]]", 0) end
if not name:find ":" then name = "libc.so.6:" .. name end

local began = bpf.map { "hash", name = "began", key = "u32", value = "u64", entries = 10240 } -- by thread
local calls = bpf.map { "percpu_array", name = "calls", value = "u64", entries = 65 }         -- by power of two

bpf.uprobe(name, { pid = pid }, function()
	began[bpf.tid()] = bpf.ktime()
end)

bpf.uretprobe(name, { pid = pid }, function()
	local tid = bpf.tid()
	local start = began[tid]
	if not start then return end
	began[tid] = nil
	local us, power = (bpf.ktime() - start) // 1000, 0
	while us > 0 do us, power = us >> 1, power + 1 end
	calls:add(power, 1)
end)

local function report()
	local first, last, most, total = nil, 0, 0, 0
	for power = 0, 64 do
		local n = calls[power]
		if n > 0 then first, last, most, total = first or power, power, math.max(most, n), total + n end
	end
	print(("%d calls of %s"):format(total, name))
	if total == 0 then return end
	print "           microseconds       calls"
	for power = first, last do
		local n = calls[power]
		print(("%10d to %-10d %10d  %s"):format(power > 0 and 1 << power - 1 or 0, (1 << power) - 1, n,
			("#"):rep(n * 40 // most)))
	end
end

if seconds then bpf.after(seconds .. "s", bpf.stop) end
print("timing " .. name)
io.stdout:flush()
bpf.run()
report()

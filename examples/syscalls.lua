-- Counts the system calls of one process: how many, how many failed, how long they took; like strace -c,
-- but the process does not stop for it.
--
--	perigee examples/syscalls.lua PID [seconds]

local pid = tonumber(arg[1]) or error("usage: syscalls.lua PID [seconds]", 0)

local function counter(name) return bpf.map { "hash", name = name, key = "u32", value = "u64", entries = 1024 } end
local calls, failed, ns = counter "calls", counter "failed", counter "ns" -- by number of the call
local began = bpf.map { "lru_hash", name = "began", key = "u32", value = "u64", entries = 10240 } -- by thread

bpf.tracepoint("raw_syscalls:sys_enter", { pid = pid }, function(e)
	began[bpf.tid()] = bpf.ktime()
end)

bpf.tracepoint("raw_syscalls:sys_exit", { pid = pid }, function(e)
	local start = began[bpf.tid()]
	if not start then return end       -- it was in the middle of this one when we came
	calls:add(e.id, 1)
	ns:add(e.id, bpf.ktime() - start)
	if e.ret < 0 then failed:add(e.id, 1) end
end)

-- The names of the numbers, where the headers for C programs are installed.
local names = {}
for _, file in ipairs { "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm-generic/unistd.h" } do
	local header = io.open(file)
	if header then
		for name, number in header:read "a":gmatch "#define __NR_([%w_]+)%s+(%d+)" do
			names[tonumber(number)] = name
		end
		header:close()
		break
	end
end

local function report()
	local list = {}
	for number, n in pairs(calls) do
		list[#list + 1] = { name = names[number] or tostring(number), n = n, failed = failed[number] or 0,
			ns = ns[number] or 0 }
	end
	table.sort(list, function(a, b) return a.n > b.n end)
	print "     calls    errors  usecs/call  system call"
	for _, c in ipairs(list) do
		print(("%10d%10s%12.1f  %s"):format(c.n, c.failed > 0 and c.failed or "", c.ns / c.n / 1000, c.name))
	end
end

if arg[2] then bpf.after(arg[2] .. "s", bpf.stop) end
print(("counting the system calls of process %d"):format(pid))
io.stdout:flush()
bpf.run()
report()

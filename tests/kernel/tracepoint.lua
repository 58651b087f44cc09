-- Tracepoints for real: what this process does, seen by its own programs and counted otherwise.

local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end

local mine = { pid = bpf.pid() }
local machine = io.popen("uname -m"):read "l"
local GETPID = machine == "x86_64" and 39 or 172

-- ---- counting, and what the process is called ----

do
	local st = bpf.state { n = "u64", same = "u64", comm = "char[16]", uid = "u32", gid = "u32", cgroup = "u64" }
	local me, name = bpf.pid(), bpf.comm()
	local link = bpf.tracepoint("raw_syscalls:sys_enter", mine, function(e)
		if e.id ~= GETPID then return end
		st.n = st.n + 1
		if bpf.pid() == me and bpf.tid() == me and bpf.comm() == name then st.same = st.same + 1 end
		st.comm, st.uid, st.gid, st.cgroup = bpf.comm(), bpf.uid(), bpf.gid(), bpf.cgroup_id()
	end)
	check("its name", tostring(link) == "tracepoint raw_syscalls:sys_enter", tostring(link))
	for _ = 1, 100 do bpf.pid() end
	check("100 system calls are 100 events", st.n == 100, st.n)
	check("pid, tid and comm are this process's", st.same == 100, st.same)
	check("comm as text", st.comm == bpf.comm(), st.comm)
	check("user and group", st.uid == bpf.uid() and st.gid == bpf.gid())
	check("cgroup", st.cgroup == bpf.cgroup_id(), st.cgroup)
	link:replace(function(e) if e.id == GETPID then st.n = st.n + 1000 end end)
	bpf.pid()
	check("replaced: only the new one runs", st.n == 1100, st.n)
	link:detach()
	bpf.pid()
	check("detached: it runs no more", st.n == 1100, st.n)
end

-- ---- keys ----

do
	local names = bpf.map { "hash", key = "char[16]", value = "u64", entries = 64 }
	local both = bpf.map { "hash", key = { pid = "u32", comm = "char[16]" }, value = "u64", entries = 64 }
	local link = bpf.tracepoint("raw_syscalls/sys_enter", mine, function(e)
		if e.id ~= GETPID then return end
		names:add(bpf.comm(), 1)
		both:add({ pid = bpf.pid(), comm = bpf.comm() }, 1)
	end)
	for _ = 1, 7 do bpf.pid() end
	link:detach()
	check("a name as key", names[bpf.comm()] == 7, names[bpf.comm()])
	local key = { pid = bpf.pid(), comm = bpf.comm() }
	check("a struct as key", both[key] == 7 and #both == 1, both[key])
end

-- ---- text in memory ----

do
	local st = bpf.state { path = "char[64]", brief = "char[8]", kernel = "char[64]", n = "u64", null = "u64" }
	local OPENAT = machine == "x86_64" and 257 or 56
	local link = bpf.tracepoint("raw_syscalls:sys_enter", mine, function(e)
		if e.id ~= OPENAT then return end
		st.n = st.n + 1
		st.path, st.brief, st.kernel = bpf.str(e.args[1]), bpf.str(e.args[1], 8), bpf.kstr(e.args[1])
		if bpf.str(0) == "" and bpf.kstr(16) == "" then st.null = st.null + 1 end
	end)
	local long = "/proc/self/" .. ("x"):rep(100)
	io.open "/proc/self/none"
	check("a path of the process", st.path == "/proc/self/none", st.path)
	check("as many bytes of it as said", st.brief == "/proc/se", st.brief)
	check("which is not in the kernel's memory", st.kernel == "", st.kernel)
	io.open(long)
	check("a long one is cut", st.path == long:sub(1, 64), st.path)
	check("what cannot be read is empty", st.null == 2 and st.n == 2, st.null)
	link:detach()
end

print("1.." .. n)
os.exit(failed == 0, true)

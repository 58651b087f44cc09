-- Storage that cgroups keep: written by programs that run for their threads, read by number or path in the user half.

if dofile "tests/kernel/lib_storage.lua" then return end

local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end
local function raises(name, pattern, f, ...)
	local good, text = pcall(f, ...)
	check(name, not good and tostring(text):find(pattern), text)
end

local tree
for line in io.lines "/proc/self/mounts" do
	tree = tree or line:match "^%S+ (%S+) cgroup2 "
end
if not pcall(function() return bpf.map { "cgrp_storage", value = "u64" }:mine() end) and not pcall(bpf.map, {
		"cgrp_storage", value = "u64" }) then
	print "the type of map came with Linux 6.2"
	os.exit(77)
end
assert(tree, "no cgroups of version 2")
local GETPID = io.popen("uname -m"):read "l" == "x86_64" and 39 or 172
local own = bpf.map { "cgrp_storage", value = "struct { u64 n; char who[16]; }", name = "own" }
local sums = bpf.map { "cgrp_storage", value = "u64" }
local st = bpf.state { first = "u64", sum = "u64", again = "u64" }

local function count(e)
	if e.id ~= GETPID then return end
	if not sums:add_mine(2) then return end
	local o = own:mine()
	if o then
		o.n = o.n + 1
		if o.who == bpf.comm() then st.again = st.again + 1 end
	elseif own:set_mine { n = 1, who = bpf.comm() } then
		st.first = st.first + 1
	end
	st.sum = sums:mine() or 0
	if o and o.n == 5 then own:set_mine(nil) end
end
local function found()
	local o = own:mine()
	return ("%s %s %s | %d %d %d"):format(o and o.n, o and o.who, sums:mine(), st.first, st.sum, st.again)
end

-- ---- a cgroup of the test's own, with another process in it ----

local dir = ("%s/perigee-test-%d"):format(tree, bpf.pid())
assert(os.execute("mkdir " .. dir))
local link = bpf.tracepoint("raw_syscalls:sys_enter", function(e)
	if e.id ~= GETPID then sums:add_mine(1) end
end)
os.execute(("sh -c 'echo $$ >%s/cgroup.procs; exec sleep 0'"):format(dir))
link:detach()
local other = sums[dir]
check("the system calls of another cgroup", other and other > 10, other)
check("by its path", sums:get(dir) == other)
sums[dir] = 7
check("written in the user half", sums[dir] == 7)
sums[dir] = nil
check("deleted there", sums[dir] == nil)
os.execute("rmdir " .. dir)
raises("a cgroup that is gone", "there is no cgroup " .. dir:gsub("%p", "%%%0"), function() return sums[dir] end)
check("a number that no cgroup has", sums[1 << 40] == nil)

-- ---- its own, and the twin ----

own:set_mine(nil)
sums:set_mine(nil)
link = bpf.tracepoint("raw_syscalls:sys_enter", { pid = bpf.pid() }, count)
for _ = 1, 4 do bpf.pid() end
link:detach()
local kernel = found()
check("kept from one system call to the next", kernel == ("4 %s 8 | 1 8 3"):format(bpf.comm()), kernel)
own:set_mine(nil)
sums:set_mine(nil)
st.first, st.sum, st.again = 0, 0, 0
for _ = 1, 4 do bpf.twin("tracepoint:raw_syscalls:sys_enter", count, { id = GETPID }) end
check("the twin leaves the same", found() == kernel, found())
bpf.twin("tracepoint:raw_syscalls:sys_enter", count, { id = GETPID })
check("let go", own:mine() == nil and sums:mine() == 10)
local id = bpf.state { n = "u64" }
link = bpf.tracepoint("raw_syscalls:sys_enter", { pid = bpf.pid() }, function(e)
	if e.id == GETPID then id.n = bpf.cgroup_id() end
end)
bpf.pid()
link:detach()
check("by the number that bpf.cgroup_id() gives", sums[id.n] == 10, sums[id.n])
sums:set_mine(nil)

raises("nobody lists them", "which cgroups keep something in a cgrp_storage; ask by number", function() return #sums end)
raises("its key is a number", "the key of a cgrp_storage is u64", bpf.map, { "cgrp_storage", key = "u32", value = "u64" })

-- ---- inodes: no hook is given one yet; files by descriptor in the user half ----

local files = bpf.map { "inode_storage", value = "u32" }
files[0] = 5
check("what an inode keeps, by descriptor", files[0] == 5)
files[0] = nil
check("and no more", files[0] == nil)
raises("no inode is one's own", "there is no inode_storage of this thread's own", function() return files:mine() end)
print(("1..%d"):format(n))
os.exit(failed == 0, true)

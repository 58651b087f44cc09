-- Storage that threads keep: written by programs that run for them, read by number in the user half, gone with them.

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

local GETPID = io.popen("uname -m"):read "l" == "x86_64" and 39 or 172
local me, mine = bpf.tid(), { pid = bpf.pid() }
local kept = bpf.map { "task_storage", value = "struct { u64 n; u32? mark; char name[8]; u16 last; }", name = "kept" }
local sums = bpf.map { "task_storage", value = "u64" }
local texts = bpf.map { "task_storage", value = "char[16]" }
local seen = bpf.state { first = "u64", none = "u64", n = "u64", again = "u64", errors = "u64", sum = "u64" }

-- ---- what a program keeps for the thread that runs it ----

local function count(e)
	if e.id ~= GETPID then return end
	sums:add_mine(5)
	local k = kept:mine()
	if not k then
		seen.first = seen.first + 1
		kept:set_mine { n = 1, name = "one", last = 7 }
		k = kept:mine()
	end
	if not k then return end
	k.n = k.n + 1
	if k.n == 3 then k.mark = 9 end
	local text = texts:mine()
	if text == nil then seen.none = seen.none + 1 end
	texts:set_mine(bpf.comm())
	if text == bpf.comm() then seen.again = seen.again + 1 end
	local good = pcall(function()
		k.last = k.last + 30000
	end)
	if not good then seen.errors = seen.errors + 1 end
	seen.n, seen.sum = k.n, sums:mine() or 0
end
local function found()
	local k = kept[me]
	return ("%s %s %s %s | %s %s | %d %d %d %d %d %d"):format(k.n, k.mark, k.name, k.last, sums[me], texts[me], seen.first,
		seen.none, seen.n, seen.again, seen.errors, seen.sum)
end
check("nothing at first", kept[me] == nil and sums[me] == nil and texts:mine() == nil)
local link = bpf.tracepoint("raw_syscalls:sys_enter", mine, count)
for _ = 1, 4 do bpf.pid() end
link:detach()
local kernel = found()
check("kept from one system call to the next",
	kernel == ("5 9 one 60007 | 20 %s | 1 1 5 3 2 20"):format(bpf.comm()), kernel)
check("a thread that is not this one has none", kept[1] == nil and sums[1] == nil)

-- ---- the twin does the same ----

kept[me], sums[me], texts[me] = nil, nil, nil
check("deleted in the user half", kept[me] == nil and sums:mine() == nil)
seen.first, seen.none, seen.n, seen.again, seen.errors, seen.sum = 0, 0, 0, 0, 0, 0
for _ = 1, 4 do bpf.twin("tracepoint:raw_syscalls:sys_enter", count, { id = GETPID }) end
check("the twin leaves the same", found() == kernel, found())

-- ---- nil lets go; values that do not fit; the user half writes, the program reads ----

local small = bpf.map { "task_storage", value = "u8" }
local function put(e)
	if e.id ~= GETPID then return end
	seen.n = seen.n + 200
	small:set_mine(seen.n)
	seen.sum = small:mine() or 0
	if seen.sum == 201 then kept:set_mine(nil) end
end
seen.n, seen.sum = 1, 0
link = bpf.tracepoint("raw_syscalls:sys_enter", mine, put)
bpf.pid()
check("let go in kernel code", kept[me] == nil and small[me] == 201, small[me])
local told
bpf.on_error(function(text) told = text end)
bpf.pid()
link:detach()
bpf.run { ["for"] = "5ms" }
check("a value that does not fit", small[me] == 201 and told:find("value does not fit u8", 1, true), told)
kept[me] = { n = 40, name = "user" }
link = bpf.tracepoint("raw_syscalls:sys_enter", mine, function(e)
	local k = kept:mine()
	if e.id == GETPID and k and k.name == "user" then k.n = k.n + 2 end
end)
bpf.pid()
link:detach()
check("written in the user half, read by the program", kept[me].n == 42 and kept:mine().n == 42, kept[me].n)
kept[me].last = 3
sums:add(me, 2)
sums:add_mine(1)
check("fields and sums in the user half", kept[me].last == 3 and sums[me] == 23, sums[me])

-- ---- other processes, and when they have ended ----

local others = bpf.map { "task_storage", value = "u64" }
local pids = bpf.map { "hash", key = "u32", value = "u64", entries = 64 }
link = bpf.tracepoint("raw_syscalls:sys_enter", function(e)
	if bpf.comm() ~= "sleep" then return end
	others:add_mine(1)
	pids[bpf.tid()] = others:mine() or 0
end)
local sleep = io.popen "sleep 0.5"
local pid
for _ = 1, 200 do
	bpf.run { ["for"] = "5ms" }
	for k, calls in pairs(pids) do
		if calls > 20 and others[k] then pid = k end
	end
	if pid then break end
end
check("storage of another process, by its number", pid and others[pid] > 20, pid)
sleep:close()
link:detach()
check("it is gone with the process", pid and others[pid] == nil)
raises("nothing is kept for a process that is gone", "No such process", function() others[pid or 0] = 1 end)

-- ---- what it is not ----

raises("nobody lists it", "does not tell which threads", function() for _ in pairs(others) do end end)
raises("nobody counts it", "does not tell which threads", function() return #others end)
raises("it has no size", "leave out 'entries'", bpf.map, { "task_storage", value = "u64", entries = 5 })
raises("its key is a number", "the key of a task_storage is u32", bpf.map, { "task_storage", key = "u64", value = "u64" })
print(("1..%d"):format(n))
os.exit(failed == 0, true)

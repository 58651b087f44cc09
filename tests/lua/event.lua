-- The twin of a tracepoint's event: a table of fields, by kernel code's rules.
local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end
local SWITCH, ENTER, OPEN = "tracepoint:sched:sched_switch", "tracepoint:raw_syscalls:sys_enter",
	"tracepoint:sched:sched_process_exec"

-- What f does to an event: nil, or its error.
local function twin(kind, f, input)
	local verdict, _, ns, err = bpf.twin(kind, f, input)
	assert(verdict == 0 and math.type(ns) == "integer")
	return err
end

-- Does bpf.twin itself refuse the input, with this text?
local function refused(name, kind, input, text)
	local ok, err = pcall(bpf.twin, kind, function() end, input)
	check(name, not ok and tostring(err):find(text, 1, true), err)
end

local seen
local function see(e) seen = { e.prev_pid, e.prev_state, e.next_comm, e.prev_comm } end
check("fields", not twin(SWITCH, see, { prev_pid = -3, prev_state = math.mininteger, next_comm = "x" }))
check("have the values given", seen[1] == -3 and seen[2] == math.mininteger and seen[3] == "x", seen[1])
check("text that is not given is empty", seen[4] == "", seen[4])
twin(SWITCH, see)
check("without input all is 0", seen[1] == 0 and seen[2] == 0 and seen[3] == "")
twin(SWITCH, see, { next_comm = "a\0b" })
check("text ends at its NUL", seen[3] == "a", seen[3])
local long = ("p"):rep(100)
twin(OPEN, function(e) seen = e.filename end, { filename = long })
check("text of any length is cut where kernel code's is", seen == long:sub(1, 64), seen)

twin(ENTER, function(e)
	local a = e.args
	seen = { a[0], a[1], a[2], a[5], a[6], a[-1], a[nil], n = #"" }
end, { args = { [0] = 7, 8, [5] = -1 } })
check("elements from 0", seen[1] == 7 and seen[2] == 8 and seen[3] == 0 and seen[4] == -1)
check("outside is nil", seen[5] == nil and seen[6] == nil and seen[7] == nil)

local function errs(name, kind, f, input, text)
	local err = twin(kind, f, input)
	check(name, err and err:find(text, 1, true), err)
end
errs("a misspelt field", SWITCH, function(e) return e.next_com end, {}, "sched_switch has no field 'next_com' (did you mean 'next_comm'?)")
errs("a result", SWITCH, function(e) return 1 end, {}, "a number value was returned, where tracepoint takes no result")
errs("a string as a result", SWITCH, function(e) return "x" end, {}, "a string value was returned")
errs("arithmetic on an event", SWITCH, function(e) return e + 1 end, {}, "attempt to perform arithmetic on a sched_switch value (local 'e')")
errs("arithmetic on an array", ENTER, function(e) return e.args + 1 end, {}, "attempt to perform arithmetic on a array value (field 'args')")
errs("an assignment", SWITCH, function(e) e.next_pid = 1 end, {}, "read-only")
errs("an error of its own", SWITCH, function(e) error("mine", 0) end, {}, "mine")

refused("an unknown field", SWITCH, { nextpid = 1 }, "sched_switch has no field 'nextpid' (did you mean 'next_pid'?)")
refused("a value that does not fit", SWITCH, { next_pid = 1 << 31 }, "value does not fit pid_t (field 'next_pid')")
refused("a negative one in an unsigned field", "tracepoint:sock:inet_sock_set_state", { sport = -1 }, "value does not fit __u16 (field 'sport')")
refused("text that does not fit", SWITCH, { next_comm = ("x"):rep(17) }, "value does not fit char[16] (field 'next_comm')")
refused("a number for text", SWITCH, { next_comm = 1 }, "bad field 'next_comm' (char[16] expected, got number)")
refused("text for a number", SWITCH, { next_pid = "1" }, "bad field 'next_pid' (pid_t expected, got string)")
refused("a number for an array", ENTER, { args = 1 }, "the field 'args' is an array: give it a table")
refused("a table for a number", ENTER, { id = { 1 } }, "the field 'id' is no array")
refused("an element too many", ENTER, { args = { [6] = 1 } }, "the elements of 'args' have numbers from 0 to 5")
refused("an element with a name", ENTER, { args = { x = 1 } }, "the elements of 'args' have numbers from 0 on")
refused("no table", SWITCH, "x", "table expected, got string")
refused("no such tracepoint", "tracepoint:sched:sched_swich", {}, "did you mean 'sched:sched_switch'?")

check("a signed int in a register", not twin("tracepoint:syscalls:sys_enter_openat", function(e) seen = e.dfd end, { dfd = -100 })
	and seen == -100, seen)
refused("has the width of its type", "tracepoint:syscalls:sys_enter_openat", { dfd = 1 << 31 }, "value does not fit int (field 'dfd')")
check("a boolean", not twin("tracepoint:sched:sched_process_exit", function(e) seen = e.group_dead end, { group_dead = true })
	and seen == true, seen)
local asm = bpf.program("tracepoint:sched:sched_process_exit", function() if bpf.comm() == "x" then print(1) end end):dump()
check("a name's 16 bytes are cleared first: not all kernels pad it",
	select(2, asm:match("^(.-)call bpf_get_current_comm"):gsub("%*%(u64 %*%)%(r10 %-%d+%) = 0\n", "")) == 2, asm)
check("is false when not given", not twin("tracepoint:sched:sched_process_exit", function(e) seen = e.group_dead end)
	and seen == false, seen)

-- ---- text at an address ----

local OPENAT, path = "tracepoint:syscalls:sys_enter_openat", "/" .. ("x"):rep(99)
check("text as its address", not twin(OPENAT, function(e) seen = { e.filename, bpf.str(e.filename), bpf.str(e.filename, 200), bpf.str(e.filename, 3) } end,
	{ filename = path }) and math.type(seen[1]) == "integer" and seen[2] == path:sub(1, 64) and seen[3] == path and seen[4] == "/xx", seen[2])
check("text that is not given", not twin(OPENAT, function(e) seen = { e.filename, bpf.str(e.filename) } end) and seen[1] == 0 and seen[2] == "")
check("text in an array", not twin(ENTER, function(e) seen = { bpf.str(e.args[1]), e.args[0] } end, { args = { [0] = 5, "/etc" } })
	and seen[1] == "/etc" and seen[2] == 5, seen[1])
refused("text for a signed one", SWITCH, { prev_state = "x" }, "bad field 'prev_state' (long expected, got string)")
check("text as its address, in a program's twin", select(4, bpf.program(OPENAT, function(e)
	if bpf.str(e.filename) ~= "/etc/x" then error "another" end
end):twin { filename = "/etc/x" }) == nil)

check("bpf.str where nothing is", bpf.str(0) == "" and bpf.str(1 << 62, 5) == "" and bpf.kstr(-1) == "")
check("its length", select(2, pcall(bpf.str, 0, 4097)):find "a length from 1 to 4096" ~= nil)

-- ---- a kind that cannot be tested ----

local p = bpf.program(SWITCH, function(e) end)
local ok, err = pcall(p.test, p, {})
check("no test run", not ok and err:find("the kernel cannot test-run tracepoint programs", 1, true), err)
check("but a twin", p:twin { next_pid = 1 } == 0)

print("1.." .. n)
os.exit(failed == 0, true)

-- What is said of functions for tracing hooks, and of what only they have.
local diag = dofile "tests/diag/harness.lua"
local names = bpf.map { "hash", key = "char[16]", value = "u64", entries = 8 }

diag.case("a process in xdp", function(pkt) names:add(bpf.comm(), 1) end)
diag.case("memory in xdp", function(pkt) if bpf.str(pkt.len) == "x" then return bpf.DROP end end)
diag.case("pid in xdp", function(pkt) if bpf.pid() == 1 then return bpf.DROP end end)

diag.kind = "tracepoint:raw_syscalls:sys_enter"
diag.case("a verdict", function(e) return bpf.PASS end)
diag.case("a string", function(e) return bpf.comm() end)
diag.case("perhaps a number", function(e) if e.id == 1 then return 1 end end)
diag.case("a misspelt field", function(e) if e.arg[0] == 1 then print(e.idd) end end)
diag.case("a field by number", function(e) print(e[1]) end)
diag.case("an array by name", function(e) print(e.args.first) end)
diag.case("an array by text", function(e) print(e.args[bpf.comm()]) end)
diag.case("an array as a value", function(e) print(e.args) end)
diag.case("a length of an array", function(e) print(#e.args) end)
diag.case("a length known only at run time", function(e) print(bpf.str(e.args[0], e.id)) end)
diag.case("too great a length", function(e) print(bpf.str(e.args[0], 4097)) end)
diag.case("an address that is text", function(e) print(bpf.kstr "x") end)
diag.case("a verdict on error", function(e) print(e.id) end, { on_error = bpf.DROP })
diag.case("an array and a number", function(e) print(e.args + 1) end)
diag.case("an address that is used as text", function(e)
	local p = e.args[1]
	print(p:sub(1, 4), #p)
	print(string.upper(p), string.find(e.args[0], "/etc"))
end)
diag.case("an address compared with text", function(e)
	if e.args[1] == "/etc/passwd" or "x" ~= e.args[0] then print(1) end
	if bpf.comm() == 5 then print(2) end
end)
diag.case("a number's field", function(e) print(e.id[1], e.id.sub) end)
diag.case("the event itself", function(e) print(2, e) end)
diag.case("the event and a number", function(e) if e == 5 then print(1) end end)
diag.case("the elements of an array", function(e) print(table.unpack(e.args)) end)
diag.case("pairs of an event, and of an array", function(e)
	for name, value in pairs(e) do print(name, value) end
	for i, value in pairs(e.args) do print(i, value) end
end)
diag.kind = "tracepoint:sock:inet_sock_set_state"
diag.case("the length of an address's bytes", function(e) print(#e.daddr, #e.saddr_v6) end)
diag.case("an array and an address", function(e)
	if e.daddr == bpf.ip "127.0.0.1" then print(1) end
	if e.saddr_v6 ~= "::1" or e.saddr == 0x7f000001 then print(2) end
	if e.daddr:ip() == bpf.ip "127.0.0.1" then print(3) end
end)
local own = bpf.map { "task_storage", value = "struct { u64 n; u8 b; }", name = "own" }
local total = bpf.map { "task_storage", value = "u32" }
diag.kind = "tracepoint:sched:sched_switch"
diag.case("storage by key", function() print(own[bpf.tid()]) end)
diag.case("storage written by key", function() own[bpf.tid()] = { n = 1 } end)
diag.case("storage with a key", function() return own:mine(1) end)
diag.case("a value of the wrong kind kept", function() total:set_mine("x") end)
diag.case("an unknown field kept", function() own:set_mine { m = 1 } end)
diag.case("added to a struct", function() own:add_mine(1) end)
diag.case("added to by text", function() total:add_mine(bpf.comm()) end)
diag.case("what is kept, after it was let go", function()
	local k = own:mine()
	own:set_mine(nil)
	if k then k.n = 1 end
end)
diag.kind = "xdp"
diag.case("storage of a thread on XDP", function() return total:mine() end)
local sockets = bpf.map { "sk_storage", value = "u32" }
local inodes = bpf.map { "inode_storage", value = "u32" }
local cgroups = bpf.map { "cgrp_storage", value = "struct { u32 n; }" }
diag.case("storage of a socket on XDP", function() sockets:add_mine(1) end)
diag.kind = "tc"
diag.case("storage of a cgroup on tc", function() cgroups:set_mine { n = 1 } end)
diag.case("storage of an inode", function() inodes:set_mine(1) end)
diag.case("storage of a socket by key", function(p) return sockets[p.len] end)
diag.case("what a socket keeps, of the wrong kind", function(p) sockets:set_mine(p.eth.src) end)
diag.case("whether it was kept, as a number", function(p) return sockets:add_mine(1) + 1 end)
diag.kind = "tracepoint:sched:sched_switch"
diag.case("storage of a socket in a tracing hook", function() return sockets:mine() end)
diag.case("what a cgroup keeps, after it was let go", function()
	local k = cgroups:mine()
	cgroups:set_mine(nil)
	if k then k.n = 1 end
end)
diag.done()

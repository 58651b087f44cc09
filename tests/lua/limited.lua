-- A run-time error that goes on is shown once, and then at growing distances: each site for itself, with how often in all.
-- The script whose stderr is read raises the same errors some sixty times, with a look at them after each.
local perigee = (os.getenv "BUILD" or "build") .. "/perigee"
local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end

local ROUNDS, EACH = 60, 25
local path = os.tmpname()
local file <close> = assert(io.open(path, "w"))
file:write([[
local ROUNDS, EACH = ...
local GETPID = io.popen("uname -m"):read "l" == "x86_64" and 39 or 172
local absent = bpf.map { "hash", key = "u32", value = "u32", entries = 1 }
local link = bpf.tracepoint("raw_syscalls:sys_enter", { pid = bpf.pid() }, function(e)
	if e.id ~= GETPID then return end
	pcall(error, "this one is caught")
	local n = absent[1]
	if absent[2] == nil and bpf.ktime() & 1 == 0 then error "even" end
	return n + 1
end)
local count, first = 0, bpf.ktime and nil
bpf.every("1ms", function()
	for _ = 1, EACH do bpf.pid() end
	count = count + 1
	if count == tonumber(ROUNDS) then bpf.stop() end
end)
bpf.run()
]])
file:close()
os.remove(path)

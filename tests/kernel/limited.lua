-- A run-time error that goes on is shown once, and then at growing distances: each site for itself, with how often in all.
-- The script whose stderr is read raises the same errors some sixty times, with a look at them after each.
local perigee = (os.getenv "BUILD" or "build") .. "/perigee"
local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end

local ROUNDS, EACH = 60, 50
local path = os.tmpname()
local file = assert(io.open(path, "w"))
file:write([[
local ROUNDS, EACH = tonumber(arg[1]), tonumber(arg[2])
local GETPID = io.popen("uname -m"):read "l" == "x86_64" and 39 or 172
local absent = bpf.map { "hash", key = "u32", value = "u32", entries = 1 }
local st = bpf.state { n = "u64", odd = "u64", even = "u64" }
local link = bpf.tracepoint("raw_syscalls:sys_enter", { pid = bpf.pid() }, function(e)
	if e.id ~= GETPID then return end
	pcall(error, "one that is caught")
	st.n = st.n + 1
	if st.n & 1 == 0 then
		st.even = st.even + 1
		error "even"
	end
	st.odd = st.odd + 1
	error "odd"
end)
local looks = 0
bpf.every("1ms", function()
	if looks == ROUNDS // 2 then io.stderr:write "half\n" end
	if looks == ROUNDS then bpf.stop() end
	for _ = 1, EACH do bpf.pid() end
	looks = looks + 1
end)
bpf.run()
link:detach()
io.stderr:write(("counted %d %d\n"):format(st.even, st.odd))
]])
file:close()
local began = os.time()
local pipe = assert(io.popen(("%s %s %d %d 2>&1"):format(perigee, path, ROUNDS, EACH)))
local shown, half, even, odd = { even = {}, odd = {} }, {}, nil, nil
local other = {}
for line in pipe:lines() do
	local site, where, times = line:match ":%d+: (%l+)   %[(tracepoint raw_syscalls:sys_enter), ([%d,]+) times%]$"
	if site and shown[site] then
		table.insert(shown[site], tonumber((times:gsub(",", ""))))
	elseif line == "half" then
		half = { even = #shown.even, odd = #shown.odd }
	elseif line:find "^counted" then
		even, odd = line:match "(%d+) (%d+)"
	else
		other[#other + 1] = line
	end
end
pipe:close()
os.remove(path)

-- Held back for a second, then for two, four ... up to a minute; and shown when the script ends.
local seconds, most = os.time() - began + 1, 2
while 2 ^ (most - 1) - 1 <= seconds do most = most + 1 end
local raised = { even = tonumber(even), odd = tonumber(odd) }
for site, lines in pairs(shown) do
	check(site .. ": shown while the script runs", half[site] and half[site] >= 1, half[site])
	check(site .. ": and then hardly ever", #lines >= 2 and #lines <= most, #lines)
	check(site .. ": at last, all of them", lines[#lines] == raised[site] and raised[site] >= ROUNDS * EACH / 2, lines[#lines])
	local grows = true
	for i = 2, #lines do grows = grows and lines[i] > lines[i - 1] end
	check(site .. ": never twice the same", grows, table.concat(lines, " "))
end
check("nothing else is shown", #other == 0, table.concat(other, "; "))
print("1.." .. n)
os.exit(failed == 0)

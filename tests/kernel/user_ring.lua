-- Rings that the user half writes: programs go over the records, each of which comes once; the twin as the kernel.

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
local made, why = pcall(function() bpf.map { "user_ringbuf", value = "u64", entries = 4 }:push(1) end)
if not made and tostring(why):find "came with Linux 6.1" then
	print "the type of map came with Linux 6.1"
	os.exit(77)
end

local st = bpf.state { a = "u64", b = "u64", c = "u64", d = "u64" }
local seen = bpf.map { "array", value = "u64", entries = 8 }
local function frame(byte) return ("\0"):rep(14) .. string.char(byte) .. ("\0"):rep(45) end

-- Runs f on rings filled alike, in the kernel and as its twin, twice each: what the first run leaves is the second's.
local function same(name, value, records, f, want)
	for _, hook in ipairs { "xdp", "tc", "socket" } do
		local ring = bpf.map { "user_ringbuf", value = value, entries = 64 }
		local function run_of(pkt) return f(ring, pkt) end
		local program = bpf.program(hook, run_of)
		local said = {}
		for i, how in ipairs { program.test, program.twin } do
			st.a, st.b, st.c, st.d = 0, 0, 0, 0
			seen:clear()
			for _ in pairs(ring) do end
			for _, record in ipairs(records) do ring:push(record) end
			local all = {}
			for turn = 1, 2 do
				local verdict, _, _, text = how(program, frame(turn))
				text = text and text:gsub(" %(.-%)$", "")
				local parts = { verdict - bpf.PASS, text, st.a, st.b, st.c, st.d }
				for k = 0, 7 do parts[#parts + 1] = seen[k] end
				for k = 1, 14 do parts[k] = tostring(parts[k]) end
				all[turn] = table.concat(parts, " ")
			end
			said[i] = table.concat(all, " | ")
		end
		check(hook .. ": " .. name, said[1] == said[2], said[1] .. " / " .. said[2])
		if want then check(hook .. ": " .. name .. ": what is meant", said[1]:find(want, 1, true), said[1]) end
	end
end

same("numbers", "u32", { 1, 2, 1 << 31 }, function(ring)
	for v in pairs(ring) do
		st.a = st.a + v
		st.b = st.b + 1
	end
	return bpf.PASS
end, "0 nil 2147483651 3 0 0")
same("signed ones", "i16", { -5, 7 }, function(ring)
	local sum = 0
	for v in pairs(ring) do sum = sum * 10 + v end
	if sum == -43 then st.a = 1 end
	return bpf.PASS
end, "0 nil 1 0")
local ninety = ("0123456789"):rep(9)
same("long texts", "char[100]", { ninety, "short", "" }, function(ring)
	for v in pairs(ring) do
		st.a = st.a * 1000 + #v
		if v:sub(81) == "0123456789" then st.b = 1 end
	end
	return bpf.PASS
end, "0 nil 90005000 1 0")
same("long texts in records", "struct { u32 n; char text[100]; }", { { n = 7, text = ninety }, { n = 8, text = "x" } }, function(ring)
	for e in pairs(ring) do st.a = st.a * 1000 + #e.text + e.n end
	return bpf.PASS
end, "0 nil 97009 0 0")
same("none", "u64", {}, function(ring)
	for v in pairs(ring) do st.a = v + 1 end
	return st.a == 0 and bpf.DROP or bpf.PASS
end, "1 nil 0")
same("break", "u64", { 4, 5, 6, 7 }, function(ring)
	local last
	for v in pairs(ring) do
		last = v
		if v == 5 then break end
	end
	st.a = st.a * 10 + (last or 0)
	return bpf.PASS
end, "0 nil 5 0")
same("return from within", "u64", { 4, 5, 6 }, function(ring)
	for v in pairs(ring) do
		st.a = st.a + 1
		if v == 5 then return bpf.DROP end
	end
	return bpf.PASS
end, "1 nil 2 0")
same("a loop within a loop finds nothing", "u64", { 4, 5, 6 }, function(ring)
	local function all(n)
		for v in pairs(ring) do n = n * 10 + v end
		return n
	end
	for v in pairs(ring) do
		st.a = st.a * 10 + v
		for w in pairs(ring) do st.b = st.b + w end
		st.c = st.c + all(0)
		if v == 5 then break end
	end
	st.d = st.d * 10 + all(0)
	return bpf.PASS
end, "0 nil 45 0 0 6")
local RECORD = "struct { u64 what; ip4 who; u32? port; char name[12]; u8 small; }"
local RECORDS = {
	{ what = 1, who = bpf.ip "10.0.0.1", port = 53, name = "one", small = 200 },
	{ what = 2, who = bpf.ip "10.0.0.2", name = "two" },
	{ what = 1 << 63, name = "a name of 12", small = 255 },
}
same("structs", RECORD, RECORDS, function(ring)
	for r in pairs(ring) do
		st.a = st.a * 3 + r.what
		if r.who == bpf.ip "10.0.0.2" and r.name == "two" then st.b = st.b + 1 end
		if r.port == nil then st.c = st.c + 1 else st.c = st.c + r.port * 100 end
		if #r.name == 12 then st.d = r.small end
	end
	return bpf.PASS
end, "1 5302 255")
same("an error within", RECORD, RECORDS, function(ring)
	for r in pairs(ring) do
		st.a = st.a + 1
		st.b = st.b + r.port
	end
	return bpf.DROP
end)
same("an error that is caught", RECORD, RECORDS, function(ring)
	for r in pairs(ring) do
		local ok = pcall(function() st.b = st.b + r.port end)
		if not ok then st.c = st.c + 1 end
	end
	return bpf.PASS
end, "0 nil 0 53 2")
same("a loop within a loop", "u32", { 1, 2, 3, 4, 5 }, function(ring, pkt)
	for v in pairs(ring) do
		for i = 1, v do
			st.a = st.a + i
			for w in pairs(seen) do st.b = st.b + w end
		end
		seen[v] = pkt:u8(14) + v
		if v == 3 then break end
	end
	return bpf.PASS
end)
same("its records in a map, and a function that is called twice", "u16", { 3, 5, 3, 2 }, function(ring)
	local function take(more)
		local got = 0
		for v in pairs(ring) do
			seen:add(v, 1)
			got = got + 1
			if not more then break end
		end
		return got
	end
	st.a = st.a + take(false)
	st.b = st.b + take(true)
	return bpf.PASS
end, "0 nil 1 3 0 0 0 0 1 2 0 1")
same("under a condition of the packet", "u64", { 1, 2 }, function(ring, pkt)
	if pkt:u8(14) == 2 then
		for v in pairs(ring) do st.a = st.a + v end
	end
	return bpf.PASS
end)

-- ---- in a tracing hook ----

local GETPID = io.popen("uname -m"):read "l" == "x86_64" and 39 or 172
local jobs = bpf.map { "user_ringbuf", value = "struct { u32 op; u64 n; }", entries = 8, name = "jobs" }
st.a, st.b = 0, 0
local link = bpf.tracepoint("raw_syscalls:sys_enter", { pid = bpf.pid() }, function(e)
	if e.id ~= GETPID then return end
	for job in pairs(jobs) do
		if job.op == 1 then st.a = st.a + job.n else st.b = st.b + job.n end
	end
end)
jobs:push { op = 1, n = 40 }
jobs:push { op = 2, n = 7 }
jobs:push { op = 1, n = 2 }
check("nothing before it runs", st.a == 0)
bpf.pid()
check("read by a tracepoint", st.a == 42 and st.b == 7, st.a)
link:detach()

-- ---- the user half ----

local pushed = 0
local good, text = true, nil
while good and pushed < 10000 do
	good, text = pcall(jobs.push, jobs, { op = 1, n = pushed })
	if good then pushed = pushed + 1 end
end
check("full", not good and tostring(text):find "map full" and pushed >= 8 and pushed < 10000, pushed)
local at, right = 0, true
for job in pairs(jobs) do
	right = right and job.n == at and job.op == 1
	at = at + 1
end
check("what no program has read is taken back, in its order", right and at == pushed, at)
raises("its room is back only when a program has gone over it", "map full", jobs.push, jobs, { op = 1 })
bpf.program("xdp", function()
	for job in pairs(jobs) do st.a = st.a + job.n end
	return bpf.PASS
end):test(frame(1))
jobs:push { op = 1, n = 3 }
jobs:clear()
local left = 0
for _ in pairs(jobs) do left = left + 1 end
check("cleared", left == 0, left)
raises("a value that does not fit", "does not fit", jobs.push, jobs, { op = 1 << 32 })
raises("an unknown field", "there is no field 'm'", jobs.push, jobs, { m = 1 })
raises("it is not read by key", "used by m:push%(v%), and in programs by for v in pairs%(m%)", function() return jobs[1] end)
raises("nobody counts it", "does not tell how many", function() return #jobs end)
raises("it has no keys", "a user_ringbuf has no keys", bpf.map, { "user_ringbuf", key = "u32", value = "u32", entries = 1 })
raises("it has a size", "needs its greatest number of entries", bpf.map, { "user_ringbuf", value = "u32" })
print(("1..%d"):format(n))
os.exit(failed == 0, true)

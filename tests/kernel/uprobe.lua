-- Probes on a program of our own (called_main.c) and on the C library as this process calls it. What was
-- called how often is known from outside.

local called = (os.getenv "BUILD" or "build") .. "/tests/called"
local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end

-- Has the program make calls, a line each; its answers.
local function calls(...)
	local out = os.tmpname()
	local p = io.popen(called .. " >" .. out, "w")
	for _, line in ipairs { ... } do p:write(line, "\n") end
	p:close()
	local answers = {}
	for line in io.lines(out) do answers[#answers + 1] = math.tointeger(tonumber(line)) end
	os.remove(out)
	return answers
end

local function refused(name, want, ...)
	local ok, why = pcall(bpf.uprobe, ...)
	check(name, not ok and why:find(want, 1, true), why)
end

-- ---- calls and returns ----

do
	local st = bpf.state { n = "u64", a = "i64", b = "i64", returns = "u64", sum = "i64" }
	local at = called .. ":add"
	local entry = bpf.uprobe(at, { args = "int a, int b" }, function(a, b)
		st.n = st.n + 1
		st.a, st.b = a, b
	end)
	local ret = bpf.uprobe(at, { ret = true, args = "int" }, function(sum)
		st.returns = st.returns + 1
		st.sum = st.sum + sum
	end)
	check("its name", tostring(entry) == "uprobe " .. at, tostring(entry))
	check("and that of the other", tostring(ret) == "uretprobe " .. at, tostring(ret))
	local answers = calls("add 1 2", "add 3 -10", "twice 4", "add -1000 -1")
	check("the program works", table.concat(answers, " ") == "3 -7 8 -1001", table.concat(answers, " "))
	check("three calls", st.n == 3, st.n)
	check("arguments of the last", st.a == -1000 and st.b == -1, st.a)
	check("three returns", st.returns == 3, st.returns)
	check("sum of the results", st.sum == 3 - 7 - 1001, st.sum)
	entry:replace(function(a, b) st.a = a * 1000 + b end)
	calls "add 5 6"
	check("replaced: only the new one runs", st.n == 3 and st.a == 5006, st.a)
	local ok, why = pcall(entry.replace, entry, { ret = true }, function(r) st.a = r end)
	check("one for the return is no replacement", not ok and why:find "same options pid, ret and frags", why)
	entry:detach()
	calls "add 7 8"
	check("detached: it runs no more", st.a == 5006, st.a)
	check("the other one does", st.returns == 5, st.returns)
	ret:detach()
	calls "add 7 8"
	check("until it is detached", st.returns == 5, st.returns)
	check("stats", entry:stats().errors == 0)
end

do
	local st = bpf.state { n = "u64", sum = "i64" }
	local links = {
		bpf.uretprobe(called .. ":twice", function(r) st.n = st.n + 1; st.sum = st.sum + r end),
		bpf.uprobe(called .. ":twice", function(a) st.n = st.n + 1; st.sum = st.sum + a end),
	}
	calls("twice 21", "twice -1")
	check("a static function, called and left", st.n == 4 and st.sum == 21 + 42 - 1 - 2, st.sum)
	for _, l in ipairs(links) do l:detach() end
end

-- ---- parameters ----

do
	local st = bpf.state { a = "i64", b = "i64", c = "i64", d = "i64", e = "i64", f = "i64" }
	local link = bpf.uprobe(called .. ":many", function(a, b, c, d, e)
		st.a, st.b, st.c, st.d, st.e = a, b, c, d, e
	end)
	calls "many"
	check("whole registers", st.a == 1 and st.b == 2 and st.c == 3 and st.d == 4 and st.e == 5, st.e)
	link:detach()
	link = bpf.uprobe(called .. ":many", function(...)
		local _, _, third = ...
		st.a = third
	end)
	calls "many"
	check("or without names", st.a == 3, st.a)
	link:detach()
	local types = "signed char, unsigned char, short c, unsigned short d, int, unsigned"
	link = bpf.uprobe(called .. ":narrow", { args = types }, function(a, b, c, d, e, f)
		st.a, st.b, st.c, st.d, st.e, st.f = a, b, c, d, e, f
	end)
	calls "narrow -1 255 -300 65535 -70000 4294967295"
	check("narrow ones, by their sign", st.a == -1 and st.b == 255 and st.c == -300 and st.d == 65535 and
		st.e == -70000 and st.f == 4294967295, st.c)
	calls "narrow 127 0 32767 32768 2147483647 1"
	check("and with the other one", st.a == 127 and st.b == 0 and st.c == 32767 and st.d == 32768 and
		st.e == 2147483647 and st.f == 1, st.d)
	link:detach()
	link = bpf.uprobe(called .. ":narrow", { ret = true, args = "signed char" }, function(r) st.a = r end)
	calls "narrow -100 0 0 0 0 0"
	check("a narrow result", st.a == -100, st.a)
	link:detach()
	link = bpf.uprobe(called .. ":is_odd", { ret = true, args = "bool" }, function(odd)
		if odd == true then st.a = st.a + 1 elseif odd == false then st.b = st.b + 1 end
	end)
	st.a, st.b = 0, 0
	calls("is_odd 1", "is_odd 2", "is_odd -3")
	check("a bool is true or false", st.a == 2 and st.b == 1, st.a)
	link:detach()
	link = bpf.uprobe(called .. ":fails", { args = "int b" }, function(b) st.a = b end)
	calls "fails 1 77"
	check("floats take no integer's place", st.a == 77, st.a)
	link:detach()
end

-- ---- text, and the process: this one calls getenv ----

do
	local st = bpf.state { n = "u64", name = "char[32]", value = "char[32]", null = "u64", tid = "u64" }
	local opts = { pid = bpf.pid(), args = "const char *name" }
	local names = bpf.uprobe("libc.so.6:getenv", opts, function(name)
		st.n, st.name, st.tid = st.n + 1, bpf.str(name, 32), bpf.tid()
	end)
	local values = bpf.uretprobe("libc.so.6:getenv", { pid = bpf.pid(), args = "char *" }, function(value)
		if value == 0 then st.null = st.null + 1 else st.value = bpf.str(value, 32) end
	end)
	for _ = 1, 10 do os.getenv "PERIGEE_IS_NOT_SET" end
	check("a library by its name; ten calls", st.n == 10, st.n)
	check("text that an argument points to", st.name == "PERIGEE_IS_NOT_SET", st.name)
	check("NULL is 0", st.null == 10, st.null)
	check("this thread", st.tid == bpf.tid(), st.tid)
	os.getenv "BUILD"
	check("text that it returned", st.value == (os.getenv "BUILD" or ""), st.value)
	st.n = 0
	calls "twice 1" -- a shell, which asks for its environment too
	check("other processes are not counted", st.n == 0, st.n)
	names:detach()
	values:detach()
end

-- ---- what is refused ----

local function f(a) end
refused("a slip of the hand", "there is no function 'ad' in '" .. called .. "'; did you mean 'add'?", called .. ":ad", f)
refused("a function of another file", "only calls 'usleep': name the library that has it", called .. ":usleep", f)
refused("no such function", "there is no function 'no_such_function' in", called .. ":no_such_function", f)
refused("no such file", "cannot open '/no/such': No such file or directory", "/no/such:f", f)
refused("no such library", "there is no library 'libnosuch.so.1' where the dynamic loader looks", "libnosuch.so.1:f", f)
refused("no such program", "there is no program 'nosuch' in PATH", "nosuch:f", f)
refused("a directory", "'/usr' is no file that can be run", "/usr:f", f)
refused("no ELF file", "is no program or library (not an ELF file)", "tests/kernel/uprobe.lua:f", f)
refused("no function", "a uprobe is named by a file and a function in it", called, f)
refused("nothing behind the colon", "a uprobe is named by a file", called .. ":", f)
refused("an address in no code", "the address 0x0 is in no part of", called .. ":0", f)
refused("an offset in no code", "the offset 0x10 is in no part of", called .. "+0x10", f)
refused("the middle of a function, left", "uretprobe takes the start of a function, and this is the middle of 'add'",
	called .. ":add+1", { ret = true }, f)
refused("no such process", "there is no process 4194304", called .. ":add", { pid = 4194304 }, f)
refused("an indirect function", "(IFUNC)", "libc.so.6:strlen", f)

print("1.." .. n)
os.exit(failed == 0, true)

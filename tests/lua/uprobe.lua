-- Twins of probes: the arguments of a call, given by hand; and programs that are not attached.

local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end

local seen = bpf.state { a = "i64", b = "i64", yes = "u64", text = "char[16]", n = "u64" }
local function both(a, b) seen.a, seen.b = a, b end
local function run(opts, args, f, kind)
	return select(4, bpf.twin(kind or "uprobe", opts, f, args))
end
local function refused(name, want, opts, args, f, kind)
	local ok, why = pcall(bpf.twin, kind or "uprobe", opts, f, args)
	check(name, not ok and why:find(want, 1, true), why)
end

run({}, { 1 << 40, -1 }, both)
check("whole registers", seen.a == 1 << 40 and seen.b == -1, seen.a)
run({}, { 7 }, both)
check("those not given are 0", seen.a == 7 and seen.b == 0, seen.b)
run({ args = "int a, unsigned char b" }, { -5, 255 }, both)
check("typed ones", seen.a == -5 and seen.b == 255, seen.a)
run({ args = "bool a, bool" }, { true }, function(a, b)
	if a == true and b == false then seen.yes = seen.yes + 1 end
end)
check("booleans", seen.yes == 1, seen.yes)
run({ args = "const char *path, int" }, { "/etc/passwd", 2 }, function(path) seen.text = bpf.str(path, 16) end)
check("text as its address", seen.text == "/etc/passwd", seen.text)
local function one(a) seen.a = a end
run({ args = "int" }, { 9 }, one, "uretprobe")
check("a result", seen.a == 9, seen.a)
run({ ret = true }, { 10 }, one)
check("a result, by the option", seen.a == 10, seen.a)
local why = run({}, { 1, 0 }, function(a, b) return a // b end)
check("an error is its text", why and why:find "uprobe.lua:%d+: attempt to", why)

refused("a number too great", "argument 1 of the probed function has 32 bits and a sign: 2147483648 does not fit",
	{ args = "int" }, { 1 << 31 }, both)
refused("one below 0", "argument 2 of the probed function has 8 bits and no sign: -1 does not fit",
	{ args = "int, unsigned char" }, { 0, -1 }, both)
refused("a number that is a boolean", "bad argument 1 of the probed function (boolean expected, got number)",
	{ args = "bool" }, { 1 }, both)
refused("text that is a number", "bad argument 1 of the probed function (number expected, got string)",
	{ args = "int" }, { "1" }, both)
refused("more than there are", "2 arguments for uprobe, which gives its function 1", { args = "int" }, { 1, 2 }, both)
refused("no list", "table expected", {}, "x", both)
refused("wrong types", "option 'args': 'itn' is no type of an argument", { args = "itn" }, { 1 }, both)

local p = bpf.program("uprobe", { args = "char *path, int flags" }, function(path, flags)
	if flags == 577 then seen.n = seen.n + 1 end
end)
check("a program's twin", select(4, p:twin { "/tmp/x", 577 }) == nil and seen.n == 1, seen.n)
local ok, text = pcall(p.test, p, "")
check("has no test run", not ok and text:find("cannot test-run uprobe programs", 1, true), text)

print("1.." .. n)
os.exit(failed == 0, true)

-- What the module has besides.

assert(bpf.PASS ~= bpf.DROP and math.type(bpf.PASS) == "integer" and bpf.TX and bpf.ABORTED)
assert(bpf.trunc("hello", 2) == "he" and bpf.trunc("x", 5) == "x" and bpf.trunc("x", 0) == "")
local a = bpf.ktime()
assert(bpf.ktime() >= a and bpf.cpu() >= 0 and bpf.random() >= 0 and bpf.random() < 1 << 32)
assert(bpf.pid() == bpf.tid() and #bpf.comm() > 0)

local function raises(pattern, f, ...)
	local ok, text = pcall(f, ...)
	assert(not ok and text:find(pattern), text)
end
local function f() end
raises("no option 'moed'", bpf.program, "xdp", { moed = 1 }, f)
raises("for xdp: there are name, on_error, budget, mode", bpf.xdp, "lo", { pid = 1 }, f)
raises("xdp has no points", bpf.program, "xdp:lo", f)
raises("there is no hook 'xd'", bpf.program, "xd", f)
raises("this version has no hook 'lsm': ", bpf.lsm, "file_open", f)
raises("this version has no hook 'lsm': ", bpf.program, "lsm:file_open", f)
assert(bpf.kprob == nil and bpf.kprobes == nil)
local unit, why = bpf.compile("kprobe:vfs_read", f)
assert(unit == nil and why:find "this version has no hook 'kprobe'", why)
raises("#1 to .*string expected", bpf.xdp)
raises("#2 to .*function expected", bpf.xdp, "lo")
raises("'on_error' is a verdict", bpf.program, "xdp", { on_error = 1 }, f)
raises("'name' is a string", bpf.program, "xdp", { name = 1 }, f)
raises("'budget'", bpf.program, "xdp", { budget = 0 }, f)
raises("function expected", bpf.program, "xdp")
raises("table of options", bpf.program, "xdp", 1, f)
raises("field 'n' has a type", bpf.state, { n = 4 })
raises("a field has a name", bpf.state, { [2] = "u32" })

-- docs/hooks.md names the hooks that there are not, and each says so.
local page = assert(io.open "docs/hooks.md"):read("a"):match "\nNot there yet: (.-)%. Each"
for name in assert(io.open "src/hook/absent.def"):read("a"):gmatch "\nABSENT%(([%w_]+)" do
	assert(page:find("`bpf." .. name .. "`", 1, true), name)
	page = page:gsub("`bpf%." .. name .. "`", "")
	raises("this version has no hook '" .. name .. "'", bpf[name])
end
assert(not page:find "bpf", page)

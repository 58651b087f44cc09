-- An example of the documentation ($EXAMPLE) whose programs the kernel cannot test-run: each is attached, what it waits
-- for happens, and it is detached. Prints how many there were.
local attached, load_only = {}, bpf.program

-- kind: "tracepoint:GROUP:NAME", "uprobe:FILE:SYMBOL", "sk_lookup"
function bpf.program(kind, options, f)
	if not f then options, f = {}, options end
	local hook, point = kind:match "^([%w_]+):?(.*)$"
	if hook == "xdp" or hook == "tc" then return load_only(kind, options, f) end
	options.stats = true
	local link = point == "" and bpf[hook](options, f) or bpf[hook](point, options, f)
	attached[#attached + 1] = { kind = kind, link = link }
	return link
end
arg = { [0] = os.getenv "EXAMPLE" }
dofile(arg[0])

assert(os.execute "cat /dev/null") -- a program starts, system calls are made, files are opened
assert(io.open("/dev/null")):close()
for _, a in ipairs(attached) do
	local stats = a.link:stats()
	assert(stats.errors == 0, a.kind .. ": " .. stats.errors .. " errors")
	assert(a.kind == "sk_lookup" or stats.runs > 0, a.kind .. " did not run")
	a.link:detach()
end
print(#attached .. " attached")

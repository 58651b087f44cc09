-- Every indented example of docs/hooks.md, as it stands there: what it attaches is attached, and detached again. Its f is a
-- function, its options are none, its map is a sockmap and its fd a packet socket; "..." within a function is nothing. In a
-- network namespace of the test's own, with a device eth0 and a bpf file system that is seen nowhere else.
local build = os.getenv "BUILD" or "build"
if not os.getenv "IN_NAMESPACE" then
	local setup = "mount -t bpf bpf /sys/fs/bpf && ip link add eth0 type veth peer name out && ip link set eth0 up && ip link set lo up"
	local _, _, status = os.execute(("unshare -n -m sh -c '%s && IN_NAMESPACE=1 exec %s/perigee %s'"):format(setup, build, arg[0]))
	os.exit(status, true)
end
local pages = dofile "tests/diag/lib_pages.lua"
local HOOKS = { "xdp", "tc", "socket", "sk_lookup", "sk_msg", "tracepoint", "uprobe", "uretprobe" }

local BEFORE = [[
local f, options, fd, map, links = function() end, {}, 9, bpf.map { "sockmap", entries = 4 }, {}
for _, hook in ipairs(arg) do
	local make = bpf[hook]
	bpf[hook] = function(...)
		links[#links + 1] = make(...)
		return links[#links]
	end
end
]]
local BEHIND = [[

for _, link in ipairs(links) do
	assert(link:stats().errors == 0)
	link:detach()
end
print(#links .. " attached, " .. (why or "all of them"):gsub("\n.*", ""))
]]

-- What is written for any function, any options; each line that begins with bpf. by itself.
local function plain(source)
	return (source:gsub("%[options,%]", "options,"):gsub("(function%b()) %.%.%. end", "%1 end"):gsub(", %.%.%.%)", ")"))
end

local function run(number, source)
	local wanted, text = 0, nil
	for hook in source:gmatch "bpf%.([%w_]+)%(" do
		for _, known in ipairs(HOOKS) do wanted = wanted + (hook == known and 1 or 0) end
	end
	pages.with_file(BEFORE .. plain(source) .. BEHIND, function(name)
		local tap = source:find("(fd,", 1, true) and build .. "/tests/bulk tap eth0 " or ""
		text = pages.output(("%s%s/perigee %s %s"):format(tap, build, name, table.concat(HOOKS, " ")))
	end)
	local refused = source:find("kprobe", 1, true)
	local said = ("%d attached, %s"):format(wanted, refused and "" or "all of them")
	local good = text:find(said, 1, true) and (wanted > 0 or refused and text:find("kprobe", 1, true))
	pages.report(good, ("docs/hooks.md, example %d: %s"):format(number, source:match "[^\n]*"), plain(source) .. "\n" .. text)
end

local number = 0
for lines in ("\n" .. pages.read "docs/hooks.md"):gsub("\n    ", "\n\1"):gmatch "\n(\1[^\n]*[^#]-)\n%f[^\1\n]" do
	number = number + 1
	run(number, (lines:gsub("\1", "")))
end
pages.report(number >= 9, "there were examples", number)
pages.done()

-- Every filter of examples/, on frames of every header cut at every length: the kernel's test run and the
-- twin agree in verdict, packet, error and what is in the maps. (tests/lang/packet.lua does the same for
-- every field of every header.)

local made = dofile "tests/lang/lib_frames.lua"
local PACKET_HOOKS = { xdp = 14, tc = 14, socket = 14 } -- and the least bytes that the kernel takes
local NOT_OURS = { "tracepoint", "uprobe", "uretprobe", "every", "after", "run", "stop", "on_exit", "on_error" }

-- What they are called with, where that is not "lo 80". What does a thing at most so often does it all the time here.
local WORDS = {
	["examples/balancer.lua"] = { "lo", "10.0.0.2", "443", "10.1.0.2,02:00:00:00:00:01,lo", "10.2.0.2,02:00:00:00:00:02,lo" },
	["examples/limit.lua"] = { "lo", "1000000000", "1000000000" },
	["examples/snooping.lua"] = { "lo", "--", "lo" },
}

local inputs = {}
local function add(frame)
	for n = 0, #frame do inputs[#inputs + 1] = frame:sub(1, n) end
end
local names = {}
for name in pairs(made.frames) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do add(made.frames[name]) end
for _, frame in ipairs(made.hostile) do add(frame) end

-- Runs a script's body with hooks that only note their function; returns those, and the maps it made.
local function functions_of(file)
	local fake, found, maps = {}, {}, {}
	for hook in pairs(PACKET_HOOKS) do
		fake[hook] = function(...)
			local words = table.pack(...)
			found[#found + 1] = { hook = hook, f = words[words.n] }
			return setmetatable({}, { __index = function() return function() end end })
		end
	end
	for _, name in ipairs(NOT_OURS) do
		fake[name] = function() return setmetatable({}, { __index = function() return function() end end }) end
	end
	function fake.map(opts)
		maps[#maps + 1] = bpf.map(opts)
		return maps[#maps]
	end
	setmetatable(fake, { __index = bpf })
	local env = setmetatable({ bpf = fake, arg = WORDS[file] or { [0] = file, "lo", "80" } }, { __index = _G })
	assert(loadfile(file, "t", env))()
	return found, maps
end

local function contents(maps)
	local out = {}
	for i, m in ipairs(maps) do
		for k, v in pairs(m) do
			if type(v) == "number" then out[#out + 1] = ("%d %s %s"):format(i, k, v) end
		end
	end
	table.sort(out)
	return table.concat(out, "\n")
end

local count, bad = 0, 0
local function case(name, difference)
	count = count + 1
	if difference then bad = bad + 1 end
	print(("%s %d - %s%s"):format(difference and "not ok" or "ok", count, name,
		difference and "\n# " .. difference:gsub("\n", "\n# ") or ""))
end

local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

-- One after the other, each on maps of its own: what came before decides what a filter does next.
local function differs(file, which)
	local kernel, kernel_maps = functions_of(file)
	local twin, twin_maps = functions_of(file)
	local k, t = kernel[which], twin[which]
	local least = PACKET_HOOKS[k.hook]
	local p = bpf.program(k.hook, k.f)
	for _, frame in ipairs(inputs) do
		if #frame < least then
			local ok, text = pcall(p.test, p, frame)
			if ok or not text:find("with " .. least .. " bytes of input or more", 1, true) then
				return "tested a frame of " .. #frame .. " bytes: " .. tostring(text)
			end
			bpf.twin(t.hook, t.f, frame)
		end
	end
	kernel, kernel_maps = functions_of(file)
	twin, twin_maps = functions_of(file)
	p, t = bpf.program(k.hook, kernel[which].f), twin[which]
	for _, frame in ipairs(inputs) do
		if #frame >= least then
			local can, kv, kp, _, ke = pcall(p.test, p, frame)
			if not can and k.hook ~= "xdp" and kv:find("does not test-run", 1, true) then
				goto next -- no test run of an skb whose IP header is not whole
			end
			if not can then return kv end
			local tv, tp, _, te = bpf.twin(t.hook, t.f, frame)
			if kv ~= tv or kp ~= tp or (ke or ""):gsub(" %(.*", "") ~= (te or ""):gsub(" %(.*", "") then
				return ("frame %s\nkernel: %s, %s, %s\ntwin: %s, %s, %s"):format(hex(frame), kv, hex(kp), ke,
					tv, hex(tp), te)
			end
			::next::
		end
	end
	local a, b = contents(kernel_maps), contents(twin_maps)
	return a ~= b and "maps: kernel\n" .. a .. "\ntwin\n" .. b or nil
end

-- A tracing script has nothing to do here. The scripts of examples/embed are functions themselves.
local function has_packets(file)
	if file:find "^examples/embed/" then return false end
	local f <close> = io.open(file)
	local text = f:read "a"
	for hook in pairs(PACKET_HOOKS) do
		if text:find("bpf%." .. hook .. "%f[^%w_]") then return true end
	end
	return false
end

local files = io.popen "ls examples/*.lua examples/*/*.lua"
local tried = 0
for file in files:lines() do
	if has_packets(file) then
		for i, found in ipairs((functions_of(file))) do
			case(("%s: %s"):format(file, found.hook), differs(file, i))
			tried = tried + 1
		end
	end
end
files:close()
assert(tried > 0)
print("1.." .. count)
os.exit(bad == 0)

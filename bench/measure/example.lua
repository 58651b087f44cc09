-- The kernel functions of an example: its user half is run as far as its loop, with hooks that only remember what
-- they are given.
--
--	local kind, options, f, maps = dofile "bench/measure/example.lua" (FILE, ARGUMENTS, NUMBER)
--
-- The NUMBER-th hook that it attaches, and its maps by name.

return function(file, arguments, number)
	local real, hooks, maps, done = bpf, {}, {}, {}
	local module = setmetatable({}, { __index = real })
	local function remember(kind)
		return function(point, ...)
			local last = select("#", ...)
			local options = { ... }
			local f = options[last]
			local o = type(options[last - 1]) == "table" and options[last - 1] or {}
			local named = kind == "tracepoint" and "tracepoint:" .. point or kind
			hooks[#hooks + 1] = { named, { on_error = o.on_error, pid = o.pid }, f }
			return { detach = print, replace = print, refresh = print }
		end
	end
	for _, kind in ipairs { "xdp", "tc", "tracepoint", "uprobe", "uretprobe" } do module[kind] = remember(kind) end
	function module.map(o)
		local m = real.map(o)
		maps[o.name] = m
		return m
	end
	function module.run() error(done) end
	local env = setmetatable({ bpf = module, arg = arguments, print = function() end }, { __index = _G })
	-- /sys/class/net: device number N is dN, and its address ends in N
	local function open(path, ...)
		local n, what = path:match "^/sys/class/net/d(%d)/(%a+)$"
		if not n then return io.open(path, ...) end
		local text = what == "address" and "02:00:00:00:01:0" .. n or n
		return setmetatable({ read = function() return text end }, { __close = function() end })
	end
	env.io = setmetatable({ lines = module.run, open = open }, { __index = io })
	local ok, err = pcall(assert(loadfile(file, "t", env)))
	assert(ok or err == done, err)
	env.print = print -- the kernel function's, which is looked up when it is compiled
	return table.unpack({ hooks[number][1], hooks[number][2], hooks[number][3], maps }, 1, 4)
end

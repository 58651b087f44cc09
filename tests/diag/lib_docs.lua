-- One example of the documentation ($EXAMPLE), run by `perigee test`: its programs are loaded and take frames of every
-- protocol, in the kernel and by their twins, which must agree in verdict, packet and error at each. Its hooks attach nothing.
-- Programs that the kernel cannot test-run are counted here; executed.lua attaches them.
local kinds, untested = {}, 0
local function remember(name, kind_of)
	local make = bpf[name]
	bpf[name] = function(...)
		local kind = kind_of(...)
		local made = make(...)
		kinds[#kinds + 1] = kind
		return made
	end
end
remember("program", function(kind) return kind end)
for _, hook in ipairs { "xdp", "tc", "socket" } do remember(hook, function() return hook end) end

local frames = {}
for _, input in ipairs(dofile "tests/peers/lib_capture.lua") do
	if input.bytes == input.whole then frames[#frames + 1] = input.bytes end
end
for _, frame in ipairs(dofile "tests/diag/lib_traffic.lua") do frames[#frames + 1] = frame end

local programs = bpf.test.script(os.getenv "EXAMPLE", "lo", "192.0.2.1")
assert(#programs == #kinds, "a program that nobody counted")
for number, program in ipairs(programs) do
	local kind = kinds[number]:match "^%a+"
	if kind == "xdp" or kind == "tc" or kind == "socket" then
		bpf.test(("program %d, %s"):format(number, kind), function()
			for _, frame in ipairs(frames) do program:test(frame) end
		end)
	else
		untested = untested + 1
		program:twin(kind == "uprobe" and { "/etc/passwd", 0 } or kind == "uretprobe" and { 3 } or {})
	end
end
bpf.test(("%d of %d programs are attached elsewhere"):format(untested, #programs), function() end)

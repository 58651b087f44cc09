-- A run that has used up its fuel while it walks over the extension headers of IPv6 says so: the header behind them is there.
local frames = dofile "tests/lang/lib_frames.lua"

for _, hook in ipairs { "xdp", "tc" } do
	local program = bpf.program(hook, { on_error = bpf.DROP }, function(p)
		local i = 0
		while true do
			if not p.udp then return bpf.PASS end
			i = i + 1
		end
	end)
	local verdict, _, _, text = program:test(frames.frames.extended)
	assert(verdict == bpf.DROP, hook)
	assert(text and text:find "loop budget exhausted", text)
end

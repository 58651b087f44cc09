-- Verdicts that redirect, kernel against twin: XDP and tc, by device and by map, with keys that are not there.
local lang = dofile "tests/lang/harness.lua"

local devices = bpf.map { "devmap", entries = 4, name = "devices" }
local sparse = bpf.map { "devmap_hash", entries = 4 }
local cpus = bpf.map { "cpumap", entries = 2 }
devices[1] = "lo"
sparse[70000] = 1
cpus[0] = 8

local cases = {
	{ "by name", { xdp = bpf.REDIRECT, tc = bpf.REDIRECT }, function(pkt) return pkt:redirect("lo") end },
	{ "by number", { xdp = bpf.REDIRECT, tc = bpf.REDIRECT }, function(pkt) return pkt:redirect(pkt.len & 1) end },
	{ "in a branch", { xdp = bpf.REDIRECT, tc = bpf.REDIRECT }, function(pkt)
		if pkt.len > 1000 then return bpf.DROP end
		local verdict = bpf.PASS
		if pkt:u8(0) == 7 then verdict = pkt:redirect "lo" end
		return verdict
	end },
	{ "in a branch not taken", { xdp = bpf.DROP, tc = bpf.DROP }, function(pkt)
		return pkt.len > 1000 and pkt:redirect "lo" or bpf.DROP
	end },
	{ "from an inner function, in a loop", { xdp = bpf.REDIRECT, tc = bpf.REDIRECT }, function(pkt)
		local function go(n) return pkt:redirect(n) end
		for i = 1, 3 do
			if pkt:u8(i) == 7 then return go(i) end
		end
	end },
	{ "by a number too big", "value does not fit u32", function(pkt) return pkt:redirect(pkt.len << 32) end },
	{ "by a negative number", "value does not fit u32", function(pkt) return pkt:redirect(-pkt.len) end },
	{ "by no number", "bad argument #1 to 'redirect' (number expected, got nil)", function(pkt)
		return pkt:redirect(pkt:u8(pkt.len))
	end },
	{ "in", { tc = bpf.REDIRECT }, function(pkt) return pkt:redirect("lo", "ingress") end },
	{ "by a map", { xdp = bpf.REDIRECT }, function(pkt) return devices:redirect(pkt:u8(0) - 6) or bpf.DROP end },
	{ "by a map, an empty place", { xdp = bpf.DROP }, function(pkt) return devices:redirect(pkt:u8(0) - 7) or bpf.DROP end },
	{ "by a map, outside", { xdp = bpf.DROP }, function(pkt) return devices:redirect(pkt.len) or bpf.DROP end },
	{ "by a map, no u32", { xdp = bpf.DROP }, function(pkt)
		return devices:redirect((pkt.len << 32) + 1) or devices:redirect(-pkt.len) or bpf.DROP
	end },
	{ "by a map, nil", "bad key for map 'devices' (u32 expected, got nil)", function(pkt) return devices:redirect(pkt:u8(pkt.len)) end,
		xdp = true },
	{ "by a hash", { xdp = bpf.REDIRECT }, function(pkt) return sparse:redirect(pkt.len) or sparse:redirect(69993 + pkt:u8(0)) end },
	{ "by a hash, absent: nil passes", { xdp = bpf.PASS }, function(pkt) return sparse:redirect(pkt.len) end },
	{ "to a CPU", { xdp = bpf.REDIRECT }, function(pkt) return cpus:redirect(pkt:u8(0) - 7) end },
	{ "to a CPU that is not there", { xdp = bpf.PASS }, function(pkt) return cpus:redirect(pkt:u8(0)) end },
}
local frame = ("\7"):rep(61)
for _, case in ipairs(cases) do
	local name, want, f = case[1], case[2], case[3]
	for _, hook in ipairs { "xdp", "tc" } do
		local error = type(want) == "string"
		if error and (not case.xdp or hook == "xdp") or not error and want[hook] then
			local problems = {}
			local prog = lang.program(name, hook, { on_error = bpf.DROP, check = true }, f)
			for what, run in pairs(prog and { kernel = prog.test, twin = prog.twin } or {}) do
				local verdict, _, _, text = run(prog, frame)
				if error then
					if verdict ~= bpf.DROP or not tostring(text):find(want, 1, true) then
						problems[#problems + 1] = ("%s: %s, %s"):format(what, verdict, text)
					end
				elseif verdict ~= want[hook] or text then
					problems[#problems + 1] = ("%s: %s, %s; wanted %s"):format(what, verdict, text, want[hook])
				end
			end
			lang.check(hook .. ": " .. name, problems)
		end
	end
end
lang.done()

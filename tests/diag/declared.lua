-- Globals under a script that wants them to be declared: an __index function of _G raises for all others, in kernel code, too.
local diag = dofile "tests/diag/harness.lua"
diag.carets = true
local declared = { DEBUG = true }
PORT = 80
setmetatable(_G, { __index = function(t, k)
	if not declared[k] then error("variable '" .. k .. "' is not declared", 2) end
	return rawget(t, k)
end })

diag.case("misspelt", function(pkt)
	if pkt.len > PROT then return bpf.DROP end
	return bpf.PASS
end)
diag.case("a verdict, and one that is only tested, strict", function(pkt)
	if pkt.len > 50 and VERBOSE then return bpf.PASS end
	return DRPO
end, { strict = true })
local function limit() return LIMIT end
diag.case("in a function that is called twice", function(pkt)
	if pkt.len > limit() then return bpf.DROP end
	return pkt.len < limit() + 3 and bpf.DROP or bpf.PASS
end)

-- nothing is said
diag.case("there, declared, asked for in another way, or caught, strict", function(pkt)
	if DEBUG or pkt.len > PORT then return bpf.DROP end
	local ok = pcall(function() return NONE end)
	return rawget(_G, "OTHER") and ok and bpf.DROP or bpf.PASS
end, { strict = true })
if PORT == 81 then FLAG = 1 end
diag.case("where nobody comes, strict", function(pkt)
	if PORT == 81 then return FLAG end
	return bpf.PASS
end, { strict = true })
diag.done()

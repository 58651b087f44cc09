-- A function with more ways through it than the verifier looks at is refused, and told so with its line.
local count = 24
local text = { "return function(p)\nlocal n = 0\n" }
for i = 1, count do text[#text + 1] = ("local v%d = 0\nif p:u8(%d) == 1 then v%d = %d end\n"):format(i, i, i, i) end
for i = 1, count do text[#text + 1] = ("if v%d == p:u8(%d) then n = n + v%d end\n"):format(i, i + 7, i) end
for i = 1, count do text[#text + 1] = ("if v%d > 0 then n = n ~ v%d end\n"):format(i, i) end
text[#text + 1] = "return n == 7 and bpf.DROP or bpf.PASS\nend\n"
local f = load(table.concat(text), "=many.lua", "t", { bpf = bpf })()
local good, message = pcall(bpf.program, "xdp", f)
local said = not good and tostring(message) or "accepted"
local told = said:find("many.lua:1: error: 'function <many.lua:1>' has more ways through it than", 1, true)
print((told and "ok" or "not ok") .. " 1 - more ways than the verifier looks at")
if not told then print("# " .. said:gsub("\n", "\n# ")) end

-- Where a function that the kernel calls back has a loop with fuel, the call is a loop to the verifier, too: Linux 6.18
-- reads what it has freed otherwise, now and then, and kills the process that loads (opt/veil.c).
local seen = bpf.map { "hash", name = "ways_seen", key = "u32", value = "u64", entries = 4 }
local function around(inner)
	local _, asm = pcall(function() return bpf.program("xdp", inner):dump("asm") end)
	local fuel = asm:find "may_goto" or asm:find "call kernel function"
	local _, n = asm:gsub("call bpf_for_each_map_elem[^\n]*\n[^\n]*r1 = 0\n[^\n]*if r1 != 0x0 goto pc%-3\n", "")
	return n, fuel and 1 or 0, asm
end
local n, want, asm = around(function(p)
	local sum = 0
	for k, v in pairs(seen) do
		local i = k
		while i < v do i = i * 3 + 1 sum = sum + i end
	end
	return sum == 7 and bpf.DROP or bpf.PASS
end)
print((n == want and "ok" or "not ok") .. " 2 - the call of a function with loops is a loop")
if n ~= want then print("# " .. asm:gsub("\n", "\n# ")) end
local without = around(function(p)
	local sum = 0
	for k, v in pairs(seen) do sum = sum + k * v end
	return sum == 7 and bpf.DROP or bpf.PASS
end)
print((without == 0 and "ok" or "not ok") .. " 3 - that of one without is none")
print "1..3"
os.exit(told ~= nil and n == want and without == 0, true)

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
print "1..1"
os.exit(told ~= nil, true)

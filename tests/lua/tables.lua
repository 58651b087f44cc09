-- Captured tables with many keys are maps: equal ones are one, which outlives a replace, and goes with the last
-- program that looks into it.
-- The kernel's numbers of this process's maps of captured tables, by how many entries they have.
local function tables(entries)
	local found = {}
	for name in io.popen(("ls /proc/%d/fdinfo"):format(bpf.pid())):lines() do
		local f = io.open("/proc/self/fdinfo/" .. name)
		local text = f and f:read "a" or ""
		if f then f:close() end
		if text:find("max_entries:%s*" .. entries .. "\n") then
			found[#found + 1] = tonumber(text:match "map_id:%s*(%d+)")
		end
	end
	return found
end
local function check(name, entries, want)
	collectgarbage()
	local got = tables(entries)
	assert(#got == want, ("%s: %d maps, not %d"):format(name, #got, want))
	return got[1]
end
local function table_of(n, bad)
	local t = {}
	for i = 1, n do t[("key %d"):format(i)] = i end
	if bad then t["key 7"] = bad end
	return t
end

local function frame(text) return ("\0"):rep(14) .. text .. ("\0"):rep(16 - #text) end
local function looks(t, u)
	return function(pkt)
		local key = pkt:sub(15, 30):match "^[^%z]*"
		if not key then return bpf.PASS end
		return (t[key] or 0) + (u[key] or 0) == 14 and bpf.DROP or bpf.PASS
	end
end
local function drops(program, text, want)
	for _, run in ipairs { program.test, program.twin } do
		assert((run(program, frame(text)) == bpf.DROP) == want, text)
	end
end

do
	local two = bpf.program("xdp", looks(table_of(777), table_of(777)))
	local id = check("equal tables of one program", 777, 1)
	drops(two, "key 7", true)
	drops(two, "key 70", false)
	drops(two, "other", false)
	local other = bpf.program("xdp", looks(table_of(777), table_of(777, 8)))
	check("one that differs in one value", 777, 2)
	drops(other, "key 7", false)
	local again = bpf.program("xdp", looks(table_of(777), table_of(777)))
	assert(check("a third program", 777, 2))
	drops(again, "key 7", true)
	two, again = nil, nil
	check("as long as one of them looks into it", 777, 2)
	drops(other, "key 8", false)
	other = nil
	check("gone with the last", 777, 0)
end

-- a replace, a refresh, and what a refused one leaves
local ports = {}
for i = 0, 1499 do ports[i] = i % 7 == 0 end
local function by_port(pkt)
	return ports[pkt:u16(14) or -1] and bpf.DROP or bpf.PASS
end
local link = bpf.socket("lo", function(pkt) return by_port(pkt) ~= bpf.DROP end)
local id = check("an array", 1500, 1)
link:replace(function(pkt) return by_port(pkt) == bpf.DROP end)
assert(check("after a replace", 1500, 1) == id)
link:refresh()
assert(check("after a refresh that changes nothing", 1500, 1) == id)
ports[1499] = not ports[1499]
link:refresh()
local new = check("after one that does", 1500, 1)
assert(new ~= id)
assert(not pcall(link.replace, link, function(pkt) return ports[pkt.len] / 2 end))
assert(check("after a refused one", 1500, 1) == new)
link:detach()
link = nil
check("detached", 1500, 0)

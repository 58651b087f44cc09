-- Sensible programs that nothing is said of, strict or not; and beside them the wrong ones, that something is said of.
local diag = dofile "tests/diag/harness.lua"

local drop = function(n) if n > 3 then return bpf.DROP end return bpf.PASS end
local list, gaps, mixed = { 5, 6, 7 }, {}, {}
for i = 1, 40 do
	gaps[i] = { limit = i % 2 == 0 and i or nil }
	mixed[i] = i % 2 == 0 and i or drop
end
local rows = { [40] = {}, [1000] = {} }
for n, t in pairs(rows) do for i = 1, n do t[i] = { limit = i } end end

for _, n in ipairs { 40, 1000 } do
	local t = rows[n]
	diag.case(n .. " rows that all have the field", function(pkt)
		local r = t[pkt.len]
		if r and pkt.len > r.limit then return bpf.DROP end
		return bpf.PASS
	end)
end
diag.case("rows of which some have it", function(pkt)
	local r = gaps[pkt.len]
	if r and pkt.len > r.limit then return bpf.DROP end
	return bpf.PASS
end)
diag.case("numbers beside a function", function(pkt)
	local v = mixed[pkt.len] or 5
	if type(v) == "function" then return v(pkt.len) end
	return v == 5 and bpf.DROP or bpf.PASS
end)
diag.case("a length as a condition", function(pkt)
	local v = pkt.len
	if v then return bpf.DROP end
	return bpf.PASS
end)
diag.case("a captured list", function(pkt)
	local s = pkt.len
	for i = 1, #list do s = s * 2 + list[i] end
	return s > 9 and bpf.DROP or bpf.PASS
end)
diag.case("and one more than it has", function(pkt)
	local s = pkt.len
	for i = 1, #list + 1 do s = s + list[i] end
	return s > 9 and bpf.DROP or bpf.PASS
end)
diag.case("an error that is a table or a text", function(pkt)
	local _, e = pcall(function() if pkt.len > 90 then error { code = 4 } end if pkt.len > 80 then error("syn", 0) end end)
	local s
	if type(e) == "table" then s = "code " .. e.code end
	return s == "code 4" and bpf.DROP or bpf.PASS
end)
diag.case("a field given on one way only", function(pkt)
	local e = {}
	if pkt.tcp then e.port = pkt.tcp.dport end
	return pkt.len > e.port and bpf.DROP or bpf.PASS
end)
diag.done()

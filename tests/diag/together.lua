-- All errors in one go: what is wrong whatever a refused operand is, is said beside it; and what may be right, is not.
local diag = dofile "tests/diag/harness.lua"

local hits = bpf.map { "hash", key = "u32", value = "struct { u64 n; }", entries = 16 }
local st = bpf.state { n = "u32" }
local slow = {} for _ = 1, 200 do slow = setmetatable({}, { __index = slow }) end

diag.case("a misspelt field and a float", function(pkt) return pkt.lenn + 1e6 end)
diag.case("in a sum of several", function(pkt) return (pkt.lenn + 1) * 2 - 1e6 end)
diag.case("of a field of it", function(pkt) return pkt.ipp.ttl + 1e6 end)
diag.case("and a division", function(pkt) if pkt.lenn / 2 > 5 then return bpf.DROP end end)
diag.case("and a power", function(pkt) if pkt.lenn ^ 2 > 5 then return bpf.DROP end end)
diag.case("and nil", function(pkt)
	local n
	return pkt.lenn + n
end)
diag.case("and an address", function(pkt) return pkt.lenn & pkt.eth.src end)
diag.case("beside a text", function(pkt) print(pkt.lenn .. 1.5 .. true) end)
diag.case("in a loop", function(pkt)
	for i = 1.5, pkt.lenn, true do st.n = 1 end
end)
diag.case("stored where nothing is", function(pkt)
	local e = hits[1]
	if e then e.m = pkt.lenn end
	st.m = pkt.lenn
	pkt.ipv4.tll = pkt.lenn
end)
diag.case("too many arguments", function(pkt) print(math.abs(pkt.lenn), pkt:u8(pkt.lenn, 2, 3)) end)
diag.case("another argument", function(pkt) print(("x"):sub(pkt.lenn, "y")) end)
diag.case("two arguments", function(pkt) print(("x"):sub(true, {})) end)
diag.case("two arguments of a format", function(pkt) print(("%s %d"):format(pkt.ipv4, "x")) end)

diag.case("what may be a constant", function(pkt)
	if slow.n + 1e6 > 5 then return bpf.DROP end
	if slow.n / 2 > 5 then return bpf.DROP end
end)
diag.case("what may be right", function(pkt)
	for i = 1, pkt.lenn * 2 do print(i .. "x" .. pkt.lenn, math.max(pkt.lenn, 1), hits[pkt.lenn], pkt:u8(pkt.lenn)) end
	st.n = pkt.lenn
	hits[pkt.lenn] = { n = pkt.lenn + 1 }
end)

-- A table that is refused, and what else is wrong.
diag.case("beside a table that was stored", function(pkt)
	local r = { n = 1 }
	hits[1] = r
	r.n = 2
	local half = pkt.len / 2
	return r.n == half and bpf.DROP or bpf.PASS
end)
diag.case("beside a list of tables", function(pkt)
	local t = {}
	for i = 1, 3 do t[#t + 1] = { i } t[i][2] = { i } end
	local half = pkt.len / 2
	return #t == half and bpf.DROP or bpf.PASS
end)
diag.case("beside a table that two variables hold", function(pkt)
	local first, last = { off = 0 }, { off = 0 }
	for off = 0, 60 do
		local at = { off = off }
		if pkt:u8(off) == 1 then last = at end
		if pkt:u8(off) == 2 then first = at end
	end
	last.off = 99
	return first.off == pkt.lenn and bpf.DROP or bpf.PASS
end)

-- In each turn the other list is another one, so a number of it says nothing.
diag.case("a table of a list that each turn makes", function(pkt)
	local odd, s = {}, 0
	for i = 1, 3 do
		local all = {}
		for k = 1, 3 do all[#all + 1] = { x = i * pkt.len + k } end
		if all[2] then odd[#odd + 1] = all[2] end
	end
	for _, r in ipairs(odd) do s = s * 3 + r.x end
	return s % 1000 > 7 and bpf.DROP or bpf.PASS
end)
diag.done()

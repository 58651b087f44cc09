-- What is said of generic for loops.
local diag = dofile "tests/diag/harness.lua"

local hits = bpf.map { "hash", key = "ip4", value = "u64", entries = 8, name = "hits" }
local flows = bpf.map { "hash", key = "u32", value = "struct { u64 pkts; u8 ttl; }", entries = 8, name = "flows" }
local ids = bpf.map { "hash", key = "struct { u32 a; }", value = "u32", entries = 8 }
local blobs = bpf.map { "lpm_trie", key = "ip4/prefix", value = "u32", entries = 8 }
local some = bpf.map { "hash", key = "struct { u32 a; u8 b[100]; }", value = "u32", entries = 8 }
local counts = bpf.map { "array", key = "u32", value = "u64", entries = 8, name = "counts" }
local rows = { { l = { 1, 2, 3 } }, { l = { 4, 5 } } }
local ev = bpf.events { a = "u32" }
local raw = bpf.map { "hash", key = "u32", value = "bytes[5000]", entries = 8 }
local st = bpf.state { n = "u32" }
local sixty, hundred, by_metamethod = {}, {}, setmetatable({}, { __pairs = next })
for i = 1, 100 do sixty[i], hundred[i] = i <= 60 and i or nil, i end

diag.case("pairs of a map", function() for k, v in pairs(hits) do print(k, v) end end)
diag.case("pairs of a map with struct keys", function() for k in pairs(ids) do end end)
diag.case("pairs of a map of prefixes", function() for k in pairs(blobs) do print(k) end end)
diag.case("pairs of a map with bytes in its keys", function() for k in pairs(some) do print(k.a) end end)
diag.case("a key kept over turns", function()
	local last
	for k in pairs(ids) do last = k end
	last.a = 5
	ev:send(last)
	return last.a
end)
diag.case("a key sent twice", function()
	for k in pairs(ids) do
		flows[k.a] = nil
		ev:send(k)
		k.a = 5
	end
end)
diag.case("a key behind what always raises", function(p)
	local none
	local x = none.x
	local t = { 1, 2, n = x }
	return ids[{ a = 1 }] and t[2] == x and bpf.DROP or nil
end)
diag.case("an unknown field of a key", function() for k in pairs(ids) do print(k.b) end end)
diag.case("pairs of a map of bytes", function() for k, v in pairs(raw) do print(v) end end)
diag.case("an entry kept over turns", function()
	local most
	for k, e in pairs(flows) do
		if not most or e.pkts > most.pkts then most = e end
	end
	return most and most.ttl
end)
diag.case("an entry kept over turns, and one from before", function()
	local most = flows[1]
	for k, e in pairs(flows) do
		if not most or e.pkts > most.pkts then most = e end
	end
	return most and most.ttl
end)
diag.case("an entry used after it was deleted", function()
	local n = 0
	for k, e in pairs(flows) do
		flows[k] = nil
		n = n + e.pkts
	end
	return n
end)
diag.case("pairs of what is not known", function(p) for k, v in pairs(p.len > 5 and hits or flows) do print(k, v) end end)
diag.case("pairs of a packet", function(p) for k, v in pairs(p) do print(k, v) end end)
diag.case("ipairs of nil", function() for i, v in ipairs(nil) do print(i, v) end end)
diag.case("pairs of a state", function() for k, v in pairs(st) do print(k, v) end end)
diag.case("pairs without argument", function() for k, v in pairs() do print(k, v) end end)
diag.case("for in what is no function", function(p) for k, v in p.len do print(k, v) end end)
diag.case("for in a library function", function() for k, v in math.abs, 1 do print(k, v) end end)
diag.case("a long loop over a table", function(p)
	local n = 0
	for i = 1, 3 do
		for _, a in ipairs(sixty) do
			for _, b in ipairs(sixty) do
				for _, c in ipairs(sixty) do n = n * a + b - c + p.len end
			end
		end
	end
	return n
end)
diag.case("a long table", function() for _, v in pairs(hundred) do print(v) end end)
diag.case("a table with __pairs", function() for _, v in pairs(by_metamethod) do print(v) end end)
diag.case("next", function() return next(hundred) end)
diag.case("a library function in a loop", function() for k, v in rawlen, hundred do print(k, v) end end)
diag.case("a loop that starts elsewhere", function(p)
	local f, t = pairs(sixty)
	for k, v in f, t, p.len do print(k, v) end
end)
diag.case("what a run before gave", function()
	local last
	for _ = 1, 2 do
		for k in next, sixty, last do
			last = k
			if k == 1 then break end
		end
	end
	return last
end)
diag.case("the same, of a map", function()
	local last
	local f, t = pairs(hits)
	for _ = 1, 2 do
		for k in f, t, last do last = k break end
	end
	return last == 1 and bpf.DROP or nil
end)
diag.case("the same, of an array map, and of one of several tables", function(p)
	local n, last, other = 0, nil, nil
	local f, t = pairs(counts)
	local row = rows[p.len]
	for _ = 1, 2 do
		if last == nil or other == nil then n = n + 1 end
		for k in f, t, last do last = k break end
		if row then
			for k in next, row.l, other do other = k break end
		end
	end
	return n == 1 and bpf.DROP or nil
end)
diag.case("the same, of one of several tables alone", function(p)
	local last
	local row = rows[p.len]
	for _ = 1, row and 2 or 0 do
		for k in next, row.l, last do last = k break end
	end
	return last == 1 and bpf.DROP or nil
end)
diag.case("what the run before the last gave", function(p)
	local a, b
	repeat
		local over = true
		for k in next, sixty, a do a, b, over = b, k, false break end
	until over
	return a
end)
diag.case("a list from the second on", function(p)
	local t = { 1, 2, p.len }
	local f, s = ipairs(t)
	for i, v in f, s, 1 do print(i, v) end
end)
diag.case("a fourth value to close", function(p)
	for k in function() return nil end, nil, nil, p do print(k) end
end)
diag.case("a header, and what may be one", function(p)
	for name, value in pairs(p.eth) do print(name, value) end
	for name, value in pairs(p.ipv4) do print(name, value) end
end)
diag.case("a number unpacked", function(p) print(table.unpack(p.len)) end)
diag.case("a map by next itself", function() for k in next, flows do if k == 1 then return bpf.DROP end end end)
diag.case("next itself on one way, what pairs gives of a map on the other", function(p)
	local f, n = next, 0
	if p.len > 60 then f = pairs(flows) end
	for k in f, flows do n = n + k end
	return n
end)
diag.case("is what pairs gives of a map, or of a table, next?", function(p)
	if pairs(p.len > 60 and flows or { 1 }) == next then return bpf.DROP end
end)
diag.case("a function that an earlier turn of a loop chose", function(p)
	local f, n = function(_, i) if not i then return 1 end end, 0
	for i = 1, p.len do
		for k in f do n = n + k end
		if i == n then f = nil end
	end
	return n > 3 and bpf.DROP or nil
end)
diag.done()

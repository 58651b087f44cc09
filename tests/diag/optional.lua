-- Fields of type `T?`: warned about where they may be nil and are used all the same, not behind a test of the same field
-- with nothing in between that may make it nil. What another CPU writes meanwhile still raises.
local diag = dofile "tests/diag/harness.lua"
diag.carets = true

local flow = { n = "u32", limit = "u32?", who = "u32?", from = "ip4?" }
local flows = bpf.map { "hash", key = "u32", value = flow, entries = 16 }
local slots = bpf.map { "array", key = "u32", value = flow, entries = 4 }
local guarded = bpf.map { "hash", key = "u32", value = flow, entries = 16, lock = true }
local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local last = bpf.state { seen = "u32?", n = "u32" }
local strict = { strict = true }

-- Both ways, under strict and not.
local function both(name, f)
	diag.case(name, f)
	diag.case(name .. ", strict", f, strict)
end

-- tested
both("tested", function(pkt)
	local e = flows[pkt.len]
	if e and e.limit and e.n > e.limit then return bpf.DROP end
end)
both("tested, and used in other ways", function(pkt)
	local e = flows[pkt.len]
	if not e then return end
	if e.limit ~= nil then hits[1] = e.limit + 1 end
	if not (e.limit == nil) then hits[2] = e.limit // 2 end
	if type(e.who) == "number" then hits[3] = -e.who end
	if e.who == 7 then hits[4] = e.who * 2 end
	if not e.limit then return end
	for i = 1, 3 do hits[i] = e.limit * i end
end)
both("tested, and other things written", function(pkt)
	local e = flows[pkt.len]
	if e and e.limit then
		e.n = e.n + 1
		e.who = nil
		hits[3] = 4
		hits:add(4, 1)
		last.seen = nil
		print(e.n)
		return e.n > e.limit and bpf.DROP or nil
	end
end)
both("given something", function(pkt)
	local e = flows[pkt.len]
	if not e then return end
	if not e.limit then e.limit = 100 end
	if e.n > e.limit then return bpf.DROP end
	e.who = pkt.len
	hits[1] = e.who + 1
end)
both("tested, of state", function()
	if last.seen and last.seen > last.n then hits[1] = last.seen + 1 end
end)
both("tested, in loops", function()
	for k, e in pairs(flows) do
		if e.limit and e.n > e.limit then hits[k] = 1 end
	end
	local e = flows[1]
	for i = 1, 4 do
		if e and e.limit then hits[i] = e.limit + i end
	end
end)
both("tested, while locked", function()
	local over = false
	guarded:locked(1, function(e) over = e.limit and e.n > e.limit end)
	return over and bpf.DROP or nil
end)
both("tested, in a function that is called", function(pkt)
	local function over(e) return e.limit and e.n > e.limit end
	local e = flows[pkt.len]
	return e and over(e) and bpf.DROP or nil
end)

-- not tested
both("untested", function(pkt)
	local e = flows[pkt.len]
	if e and e.n > e.limit then return bpf.DROP end
end)
both("another field, or another entry, tested", function(pkt)
	local e, other = flows[pkt.len], flows[3]
	if not e or not other then return end
	if e.who then hits[1] = e.limit + 1 end
	if other.limit then hits[2] = e.limit + 1 end
end)
both("tested on one way only", function(pkt)
	local e = flows[pkt.len]
	if not e then return end
	if pkt.len > 100 and not e.limit then return end
	hits[1] = e.limit + 1
end)
both("the other way of the test", function(pkt)
	local e = flows[pkt.len]
	if e and not e.limit then hits[1] = e.limit + 1 end
	if e and e.who ~= 7 then hits[2] = e.who + 1 end
end)
both("tested, but written", function(pkt)
	local e = flows[pkt.len]
	if e and e.limit then
		e.limit = nil
		return e.n > e.limit and bpf.DROP or nil
	end
end)
both("tested, but written on one way", function(pkt)
	local e = flows[pkt.len]
	if e and e.limit then
		if pkt.len > 100 then e.limit = nil end
		hits[1] = e.limit + 1
	end
end)
both("tested, but written in a turn of the loop", function(pkt)
	local e = flows[pkt.len]
	if not e or not e.limit then return end
	for i = 1, 4 do
		hits[i] = e.limit + i
		if pkt:u8(i) == 4 then e.limit = nil end
	end
end)
both("tested, but written between the read and the test", function(pkt)
	local e = flows[pkt.len]
	if not e then return end
	local limit = e.limit
	e.limit = nil
	if limit then hits[1] = e.limit + 1 end
end)
both("tested, but perhaps the same entry written", function(pkt)
	local e, other = slots[pkt.len & 3], slots[pkt.len >> 2 & 3]
	if e and other and e.limit then
		other.limit = nil
		hits[1] = e.limit + 1
	end
	if e and e.who then
		slots[1] = { n = 3 }
		hits[1] = e.who + 1
	end
end)
both("tested, but of state and written", function()
	if last.seen then
		last.seen = nil
		hits[1] = last.seen + 1
	end
end)
both("tested, but written before an error that is caught", function(pkt)
	local e = flows[pkt.len]
	if not e or not e.limit then return end
	pcall(function() e.limit = nil hits[2] = 7 // e.n e.limit = 5 end)
	hits[1] = e.limit + 1
end)
both("tested, but written in a function that is called", function(pkt)
	local function forget(e) e.limit = nil end
	local e = flows[pkt.len]
	if not e or not e.limit then return end
	forget(e)
	hits[1] = e.limit + 1
end)
both("tested, and one beside it not", function(pkt)
	local e, other = flows[pkt.len], flows[3]
	if e and other and e.limit then hits[1] = e.limit + other.limit end
	if e and other and e.who then hits[2] = (e.who + 1) * (other.who + 1) end
end)
diag.done()

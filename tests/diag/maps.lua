-- What is said of maps that are not used by key, of redirecting, and of packets within packets.
local diag = dofile "tests/diag/harness.lua"

local jobs = bpf.map { "queue", value = "u32", entries = 8, name = "jobs" }
local waiting = bpf.map { "queue", value = "struct { u32 a; u32 b; }", entries = 8 }
local devices = bpf.map { "devmap", entries = 8 }
local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 8, name = "hits" }
local entries = bpf.map { "hash", key = "u32", value = "struct { u32 n; }", entries = 8, lock = true }
local inner = { "hash", key = "u32", value = "struct { u32 n; }", entries = 8 }
local tenants = bpf.map { "hash_of_maps", key = "u32", entries = 8, inner = inner }
local counts = bpf.map { "array_of_maps", entries = 8, inner = { "array", key = "u32", value = "u64", entries = 8 } }
local known = bpf.map { "bloom_filter", value = "u32", entries = 8 }

diag.case("a queue by key", function(p) return jobs[p.len] end)
diag.case("a queue written by key", function(p) jobs[1] = p.len end)
diag.case("a method that queues have not", function(p) return jobs:get(1) end)
diag.case("a value of the wrong kind pushed", function(p) jobs:push(p.eth.src) end)
diag.case("an unknown field pushed", function(p) waiting:push { a = 1, c = p.len } end)
diag.case("nothing pushed", function(p) jobs:push() end)
diag.case("a filter popped", function(p) return known:pop() end)
diag.case("a filter asked for nothing", function(p) return known:peek() end)
diag.case("a copy used after the next one was taken", function(p)
	local e = waiting:pop()
	local next = waiting:pop()
	return e and next and e.a + next.a
end)
diag.case("redirected to no device", function(p) return p:redirect("no-such-dev") end)
diag.case("redirected to device 0", function(p) return p:redirect(0) end)
diag.case("redirected by a name known at run time", function(p) return p:redirect(p.len > 5 and "lo" or "eth0") end)
diag.case("redirected in on XDP", function(p) return p:redirect("lo", "ingress") end)
diag.case("a part of the packet redirected", function(p) return p.eth and p.eth:redirect("lo") end)
diag.case("bpf.REDIRECT alone", function() return bpf.REDIRECT end)
diag.case("a map of devices read", function(p) return devices[p.len] end)
diag.case("a map of devices written", function(p) devices[1] = p.len end)
diag.case("a map of devices by a wrong key", function(p) return devices:redirect(p.eth.src) end)
diag.case("a map without a lock", function(p) return hits:locked(1, function(e) e.n = 1 end) and bpf.DROP end)
diag.case("locked by no function", function(p) return entries:locked(1) end)
diag.case("locked by a number", function(p) return entries:locked(1, p.len) end)
diag.case("locked by a wrong key", function(p) entries:locked(p.eth.src, function(e) e.n = 1 end) end)
diag.case("another map within", function(p)
	entries:locked(1, function(e)
		hits:add(5, 1)
		e.n = 1
	end)
end)
diag.case("another entry locked within", function(p)
	entries:locked(1, function(e)
		entries:locked(2, function(f) f.n = e.n end)
	end)
end)
diag.case("printing within", function(p) entries:locked(1, function(e) print(e.n) end) end)
diag.case("a map as a queue", function(p) return entries:push(1) end)
diag.case("a map put into a map", function(p) tenants[p.len] = hits end)
diag.case("a map taken out of a map", function(p) tenants:set(p.len, nil) end)
diag.case("a map of maps by a wrong key", function(p) return tenants[p.eth.src] and bpf.DROP end)
diag.case("a map of maps added to", function() counts:add(1, 1) end)
diag.case("a wrong key in a map out of a map", function(p)
	local m = counts[1]
	return m and m[p.eth.src]
end)
diag.case("a wrong value in a map out of a map", function(p)
	local m = tenants[1]
	if m then m[1] = p.len end
end)
diag.case("a method that a map out of a map has not", function()
	local m = tenants[1]
	if m then m:push(1) end
end)
diag.case("a map out of a map locked", function()
	local m = tenants[1]
	if m then m:locked(1, function(e) e.n = 1 end) end
end)
diag.case("an entry of a map out of a map, after a write to another one", function()
	local a, b = tenants[1], tenants[2]
	local e = a and a[1]
	if b then b[1] = nil end
	return e and e.n
end)
diag.case("maps out of maps of two types", function(p)
	local m, n = tenants[1], 0
	if p.len > 100 then m = counts[1] end
	while m and n < 9 and m[n] do n = n + 1 end
end)
diag.case("assigned to what is an entry or a map", function(p)
	local e
	if p.len > 100 then e = entries[1] else e = counts[1] end
	if e then e.n = 1 end
end)
diag.case("two maps compared", function() return counts[1] == counts[2] and bpf.DROP end)
diag.case("a map printed", function() print(counts[1]) end)
diag.case("a map returned", function() return counts[1] end)
diag.case("a map stored", function(p) hits[1] = counts[p.len] end)
diag.case("pairs of a map out of a map, or of nil", function()
	for _, v in pairs(counts[1]) do return v end
end)
local ring = bpf.map { "user_ringbuf", value = "u32", entries = 8 }
diag.case("a ring pushed to in kernel code", function(p) ring:push(p.len) end)
diag.case("a ring by key", function(p) return ring[p.len] end)
diag.case("a second result of going over a ring", function()
	for _, v in pairs(ring) do if v + 1 == 2 then return bpf.DROP end end
end)
diag.case("ipairs of a ring", function() for i in ipairs(ring) do return i end end)
diag.case("pairs of a queue", function() for k in pairs(jobs) do return k end end)
diag.case("pairs of a map of maps", function() for k in pairs(tenants) do return k end end)
diag.case("length of a map out of a map", function() local m = counts[1] return m and #m end)
local services = bpf.map { "sockmap", entries = 8, name = "services" }
diag.case("a socket assigned on XDP", function() return services:assign(1) end)
diag.case("an entry of another struct stored", function(p) entries[1] = waiting:pop() end)
diag.case("an entry stored after a write", function(p)
	local e = entries[p.len]
	entries[1] = { n = 1 }
	entries[2] = e
end)
diag.kind = "sk_lookup"
diag.case("a map of sockets by key", function(c) return services[c.dport] and bpf.DROP end)
diag.case("a map of sockets written", function(c) services[c.dport] = 1 end)
diag.case("a socket by text", function(c) return services:assign "a" end)
diag.case("a field that a lookup has not", function(c) return c.port == 1 and bpf.DROP end)
diag.case("a field of a lookup assigned", function(c) c.dport = 1 end)
diag.case("a verdict that a lookup has not", function(c) return bpf.TX end)
diag.case("an address and a number", function(c) return c.src == 1 and bpf.DROP end)
diag.case("redirected in a lookup", function(c) return services:redirect(1) end)
diag.kind = "sk_msg"
diag.case("a message given away by text", function(e) return services:redirect "a" end)
diag.case("a message given away in an unknown way", function(e) return services:redirect(1, "egress") end)
diag.case("a message's socket assigned", function(e) return services:assign(1) end)
diag.case("a field that a message has not", function(e) return e.port == 1 and bpf.DROP end)
diag.case("a message given to nobody", function(e) services:redirect(1) end)
diag.kind = "tc"
diag.case("redirected in another way on tc", function(p) return p:redirect("lo", "egress") end)
diag.case("a map of devices on tc", function(p) return devices:redirect(1) end)
diag.kind = "socket"
diag.case("redirected by a socket", function(p) return p:redirect("lo") end)
diag.case("a map of devices on a socket", function(p) return devices:redirect(1) end)
diag.case("locked on a socket", function(p) entries:locked(1, function(e) e.n = 1 end) end)
diag.case("an entry that has a lock on a socket", function(p) local e = entries[1] return e and e.n end)
diag.case("all entries that have a lock on a socket", function(p) for _, e in pairs(entries) do if e.n > p.len then return true end end end)
diag.case("a misspelt method of a queue", function(p) jobs:psh(p.len) end)
local few = bpf.map { "array_of_maps", entries = 2, inner = { "array", value = "u64", entries = 3 } }
diag.case("the length of one of two arrays out of maps", function(p)
	local m
	if p.len > 100 then m = few[0] else m = counts[0] end
	return m and #m == 3 and bpf.DROP
end)
diag.case("the length of a map of maps, and of a hash out of one", function()
	local m = tenants[1]
	return #few == 2 and m and #m == 1 and bpf.DROP
end)
diag.case("a copy kept over a turn that takes the next one", function(p)
	local last
	for i = 1, p.len do
		local e = waiting:pop()
		if last and e and last.a > e.a then return bpf.DROP end
		last = e
	end
end)
diag.case("a copy that one of two took, when the next one was taken", function(p)
	local e
	if p.len > 100 then e = waiting:pop() end
	while p.len > 5 do
		local next = waiting:pop()
		if not next then break end
		if not e then e = next end
	end
	return e and e.a == 5 and bpf.DROP
end)
diag.case("a copy that assert gave on, when the next one was taken", function(p)
	local last = waiting:pop()
	for i = 1, p.len do
		local before = assert(last)
		last = waiting:pop()
		if before.a == 5 then return bpf.DROP end
	end
end)
diag.kind = "xdp"
local named = bpf.map { "hash", key = "u32", value = "struct { char name[4]; }", entries = 8, lock = true }
diag.case("a text of the packet while an entry is locked", function(p)
	local name = p:sub(15, 16)
	named:locked(1, function(e) e.name = name end)
end)
diag.case("a copy of it", function(p)
	local name = p:sub(15, 16) .. ""
	named:locked(1, function(e) e.name = name end)
end)
diag.case("a condition as a verdict", function(p) return p.len > 60 end)
diag.case("an entry after a write that pcall calls", function(p)
	local e = entries[1]
	local fine = pcall(entries.set, entries, 1, { n = 5 })
	if e and fine then return e.n end
end)
diag.case("a header after a move that pcall calls", function(p)
	local ip = p.ipv4
	pcall(p.adjust_tail, p, -4)
	if ip == p.ipv4 then return bpf.DROP end
end)
diag.done()

-- What is legal, does what Lua does, and was surely meant otherwise: globals that nobody defined, a 'not' before a comparison,
-- addresses and texts that are never equal.
local diag = dofile "tests/diag/harness.lua"
diag.carets = true

local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local flows = bpf.map { "hash", key = "ip4", value = "struct { u64 n; }", entries = 16 }
local counts = bpf.map { "hash", key = "ip4", value = "u64", entries = 16 }

-- ---- globals ----

diag.case("a verdict without its bpf", function(pkt)
	if pkt.len > 100 then return DROP end
end)
diag.case("one of two", function(pkt)
	return pkt.len > 100 and bpf.DROP or PASS
end)
diag.case("misspelt, and in a function that is called", function(pkt)
	local function verdict() return DORP end
	if pkt.len > 100 then return verdict() end
end)
diag.case("compared", function(pkt)
	local ip = pkt.ip
	if ip and ip.proto == PROTO_TCP then return bpf.DROP end
	if ip and TCP ~= ip.proto then return bpf.DROP end
end)
diag.case("stored", function(pkt)
	hits[1] = LIMIT
end)
diag.case("only tested", function(pkt)
	local on, n = DEBUG, TRACE or 3
	if DEBUG then hits:add(1, 1) end
	if not DEBUG then hits:add(2, 1) end
	if DEBUG and pkt.len > 3 then hits:add(3, 1) end
	if DEBUG == nil then hits:add(4, 1) end
	if DEBUG == true then hits:add(5, 1) end
	if pkt.len > 4 then on = TRACE end
	if on then hits:add(6, n) end
	for i = 1, 3 do
		if i > 2 then on = DEBUG end
		if on then hits:add(7, 1) end
	end
	return DEBUG and bpf.DROP or bpf.PASS
end)

-- ---- not ----

diag.case("not before a comparison", function(pkt)
	if not pkt.len == 5 then return bpf.DROP end
	if not pkt.len ~= 5 then hits:add(1, 1) end
	local n = pkt.len
	if 5 == n and not n == 6 then return bpf.DROP end
	if "a" == not pkt.len then return bpf.DROP end
end)
diag.case("not before what is a truth", function(pkt)
	local tcp = pkt.tcp
	if tcp and not tcp.syn == true then return bpf.DROP end
	if tcp and not tcp.syn == not tcp.ack then return bpf.DROP end
	if tcp and (not tcp.syn) == tcp.ack then return bpf.DROP end
end)

-- ---- calls ----

diag.case("without arguments", function(pkt) return string.rep() end)
diag.case("without arguments, another", function(pkt) return string.byte() end)
diag.case("with one of two", function(pkt) return string.rep("a") end)
diag.case("as a method", function(pkt) return ("a"):rep() end)
diag.case("too many, by the dot", function(pkt) return string.byte("a", 1, 2, 3) end)

-- ---- looked up twice ----

diag.case("tested, and looked up again", function(pkt)
	local ip = pkt.ip
	if not ip then return end
	if flows[ip.src] then flows[ip.src].n = flows[ip.src].n + 1 end
end)
diag.case("an entry in a local", function(pkt)
	local ip = pkt.ip
	if not ip then return end
	local e = flows[ip.src]
	e.n = 1
end)

-- ---- addresses and texts ----

diag.case("an address and its text", function(pkt)
	local ip, ip6, eth = pkt.ip, pkt.ipv6, pkt.eth
	if ip and ip.src == "10.0.0.1" then return bpf.DROP end
	if ip6 and "2001:db8::1" ~= ip6.src then return bpf.DROP end
	if eth and eth.src == "02:00:00:00:00:01" then return bpf.DROP end
	if ip and ip.src == 167772161 then return bpf.DROP end
	if eth and eth.src == 5 then return bpf.DROP end
	if ip and ip.src == "any" then return bpf.DROP end
end)
local by_text = { ["10.0.0.1"] = true, ["10.0.0.2"] = true }
local by_address = { [bpf.ip "10.0.0.1"] = true, any = true }
local by_mac = { ["02:00:00:00:00:01"] = 4 }
local many = {}
for i = 1, 200 do many["10.0.0." .. i] = i end
diag.case("an address as a key of texts", function(pkt)
	local ip, eth = pkt.ip, pkt.eth
	if ip and by_text[ip.src] then return bpf.DROP end
	if ip and many[ip.src] then return bpf.DROP end
	if eth and by_mac[eth.src] then return bpf.DROP end
end)
diag.case("an address as a key of addresses", function(pkt)
	local ip = pkt.ip
	if ip and by_address[ip.src] then return bpf.DROP end
	if ip and by_text[tostring(ip.src)] then return bpf.DROP end
end)

-- ---- counts ----

diag.case("a count", function(pkt)
	local ip = pkt.ip
	if not ip then return end
	local n = counts[ip.src]
	counts[ip.src] = n + 1
end)

-- ---- fields of tables made in kernel code, and methods of addresses ----

diag.case("a misspelt field of a table that is made", function(pkt)
	local t = { total = pkt.len, few = 1, f2 = 2 }
	hits[1] = t.totl + 1
	hits[2] = t.fex + t.f1
end)
diag.case("a misspelt field that is assigned from itself", function(pkt)
	local r = { count = 1 }
	r.cont = r.cont + pkt.len
	if r.cont > 3 then return bpf.DROP end
end)
diag.case("of a table within, of one handed on, and a method", function(pkt)
	local t = { limits = { most = pkt.len } }
	function t:get() return self.limits.mosst + 1 end
	local function over(o) return o.limts.most + 1 end
	return t:get() + over(t) + t:gte()
end)
diag.case("two tables, of which one has the like of it", function(pkt)
	local a, b = { total = pkt.len }, { n = pkt.len }
	hits[1] = b.totl + a.total
end)
diag.case("a misspelt method of an address", function(pkt)
	local ip = pkt.ipv4
	if ip and ip.src:witin("10.0.0.0/8") then return bpf.DROP end
end)
diag.done()

-- A test that is kept in a variable, under `strict`: what it tells by the way taken is known where the variable is asked, whatever
-- is written in between; and what it does not tell is not.
local diag = dofile "tests/diag/harness.lua"
local strict = { strict = true }
local flow = { n = "u32", limit = "u32?", last = "u64" }
local flows = bpf.map { "hash", key = "u32", value = flow, entries = 16 }
local other = bpf.map { "hash", key = "u32", value = flow, entries = 16 }
local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local byip = bpf.map { "hash", key = "ip4", value = "u64", entries = 16 }
local ev = bpf.events { ip = "ip4", port = "u16", n = "u32" }
local st = bpf.state { last = "u64?", n = "u32" }
local rows, few = {}, { { limit = 1 }, { limit = 5, q = 7 } }
for i = 1, 60 do rows[i] = { limit = i, name = "r" .. i } end

-- told
diag.case("an entry and its field", function(pkt)
	local e = flows[pkt.len]
	local ok = e and e.limit
	hits:add(1, 1)
	if ok then return e.limit + 1 > 4 and bpf.DROP or nil end
end, strict)
diag.case("asked twice", function(pkt)
	local e = flows[pkt.len]
	local ok = e and e.limit
	if ok then e.n = e.n + 1 end
	if ok then return e.limit + 1 > 4 and bpf.DROP or nil end
end, strict)
diag.case("that it is there", function(pkt)
	local e = flows[pkt.len]
	local has = e ~= nil
	if has then e.n = 1 end
	if has then e.last = 1 end
end, strict)
diag.case("a flag of a header", function(pkt)
	local tcp = pkt.tcp
	local syn = tcp and tcp.syn and not tcp.ack
	hits:add(1, 1)
	if syn then hits:add(tcp.dport, 1) end
end, strict)
diag.case("two headers", function(pkt)
	local ip = pkt.ipv4
	local tcp = pkt.tcp
	local both = ip and tcp
	if both then byip:add(ip.src, 1) if tcp.dport == 80 then return bpf.DROP end end
end, strict)
diag.case("a row", function(pkt)
	local r = rows[pkt.len]
	local lim = r and r.limit or 0
	local has = r ~= nil
	hits:add(4, 1)
	if has then hits:add(r.limit, lim) end
end, strict)
diag.case("a row of few", function(pkt)
	local r = few[pkt.len]
	local has = r ~= nil
	hits:add(4, 1)
	if has then hits:add(r.limit, 1) end
end, strict)
diag.case("a variable of state", function(pkt)
	local known = st.last ~= nil
	hits:add(4, 1)
	if known then hits:add(3, st.last + 1) end
end, strict)
diag.case("true or false", function(pkt)
	local e = flows[pkt.len]
	local known
	if e and e.limit then known = true else known = false end
	hits:add(4, 1)
	if known then hits:add(3, e.limit + 1) end
end, strict)
diag.case("set inside of two tests", function(pkt)
	local e = flows[pkt.len]
	local known = false
	if e then if e.limit then known = true end end
	if known then hits:add(3, e.limit + 1) end
	if not known then return end
	hits:add(4, e.limit + 1)
end, strict)
diag.case("what is missing", function(pkt)
	local e = flows[pkt.len]
	local missing = e == nil or e.limit == nil
	hits:add(4, 1)
	if not missing then hits:add(4, e.limit + 1) end
end, strict)
diag.case("a number by the way taken", function(pkt)
	local e = flows[pkt.len]
	local n = 0
	if e then n = e.limit or 5 end
	hits:add(4, 1)
	if n > 0 then hits:add(4, n) end
end, strict)
diag.case("a port of one of two headers", function(pkt)
	local tcp, udp = pkt.tcp, pkt.udp
	local port = tcp and tcp.dport or udp and udp.dport
	if port then hits:add(port, 1) end
	local p = (tcp or udp)
	if p then hits:add(p.sport, 1) end
end, strict)
diag.case("one of two headers", function(pkt)
	local tcp, udp = pkt.tcp, pkt.udp
	if not tcp and not udp then return end
	local port = tcp and tcp.dport or udp.dport
	hits:add(port, 1)
end, strict)
diag.case("a text that says which", function(pkt)
	local tcp, udp = pkt.tcp, pkt.udp
	local l4 = tcp and "tcp" or udp and "udp"
	hits:add(3, 1)
	if l4 == "tcp" then hits:add(tcp.dport, 1) elseif l4 == "udp" then hits:add(udp.dport, 1) end
end, strict)
diag.case("an entry made where there was none", function(pkt)
	local e = flows[pkt.len]
	if not e then flows[pkt.len] = { n = 1 } e = flows[pkt.len] end
	if not e then return end
	e.n = e.n + 1
end, strict)
diag.case("an address", function(pkt)
	local ip = pkt.ipv4
	local src = ip and ip.src
	hits:add(3, 1)
	if src then byip[src] = (byip[src] or 0) + 1 ev:send{ ip = ip.src, n = ip.ttl } end
end, strict)
diag.case("a port that is one of two", function(pkt)
	local tcp = pkt.tcp
	local interesting = tcp and (tcp.dport == 80 or tcp.dport == 443)
	st.n = st.n + 1
	if interesting then ev:send{ port = tcp.dport } end
end, strict)
diag.case("set inside of a test", function(pkt)
	local tcp = pkt.tcp
	local interesting = false
	if tcp and (tcp.dport == 80 or tcp.dport == 443) then interesting = true end
	st.n = st.n + 1
	if interesting then ev:send{ port = tcp.dport } end
end, strict)
diag.case("two numbers", function(pkt)
	local a, b = hits[1], hits[2]
	local have = a and b
	st.n = st.n + 1
	if have and a > b then return bpf.DROP end
	if have then hits[3] = a + b end
end, strict)
diag.case("two numbers and their difference", function(pkt)
	local a, b = hits[1], hits[2]
	local have = a ~= nil and b ~= nil
	st.n = st.n + 1
	local d = have and a - b or 0
	if have and d > 3 then return bpf.DROP end
	if have then hits[3] = a + b end
end, strict)
diag.case("a number that says which", function(pkt)
	local port = 0
	local tcp, udp = pkt.tcp, pkt.udp
	if tcp then port = 1 elseif udp then port = 2 end
	hits:add(1, 1)
	if port == 1 then hits:add(tcp.dport, 2) elseif port == 2 then hits:add(udp.dport, 2) end
end, strict)
diag.case("a text that says which of two", function(pkt)
	local kind
	local tcp, udp = pkt.tcp, pkt.udp
	if tcp then kind = "tcp" elseif udp then kind = "udp" else return end
	hits:add(1, 1)
	local port = kind == "tcp" and tcp.dport or udp.dport
	hits:add(port, 1)
end, strict)

-- not told
diag.case("a field that was made nil then", function(pkt)
	local e = flows[pkt.len]
	local ok = e and e.limit
	if ok and pkt.len > 50 then e.limit = nil end
	if ok then return e.limit + 1 > 4 and bpf.DROP or nil end
end, strict)
diag.case("one thing or another", function(pkt)
	local e = flows[pkt.len]
	local ok = e or pkt.len > 100
	hits:add(1, 1)
	if ok then return e.n + 1 > 4 and bpf.DROP or nil end
end, strict)
diag.case("the other side of a flag", function(pkt)
	local tcp = pkt.tcp
	local a = tcp and tcp.syn
	hits:add(1, 1)
	if not a then hits:add(tcp.dport, 1) end
end, strict)
diag.case("a text that it is not", function(pkt)
	local tcp, udp = pkt.tcp, pkt.udp
	local l4 = tcp and "tcp" or udp and "udp" or "none"
	hits:add(3, 1)
	if l4 ~= "tcp" then hits:add(udp.dport, 1) end
end, strict)
diag.case("the text of neither", function(pkt)
	local tcp, udp = pkt.tcp, pkt.udp
	local l4 = tcp and "tcp" or udp and "udp" or "none"
	hits:add(3, 1)
	if l4 == "none" then hits:add(udp.dport, 1) end
end, strict)
diag.case("state that was made nil then", function(pkt)
	local known = st.last ~= nil
	st.last = nil
	if known then hits:add(3, st.last + 1) end
end, strict)
diag.case("the other side of state", function(pkt)
	local known = st.last ~= nil
	if not known then hits:add(3, st.last + 1) end
end, strict)
diag.case("one of two entries", function(pkt)
	local e, o = flows[pkt.len], other[pkt.len]
	local known = e and e.limit or o and o.limit
	hits:add(1, 1)
	if known then hits:add(3, o.limit + 1) end
end, strict)
diag.case("of the turn before", function(pkt)
	local known, e = false, nil
	for i = 1, 5 do
		if known then hits:add(3, e.limit + i) end
		e = flows[i]
		known = e and e.limit or known
	end
end, strict)
diag.case("a number that says it of another", function(pkt)
	local port = 0
	local tcp, udp = pkt.tcp, pkt.udp
	if tcp then port = 1 elseif udp then port = 2 end
	hits:add(1, 1)
	if port == 2 then hits:add(tcp.dport, 2) end
	if port > 0 then hits:add(udp.dport, 2) end
end, strict)

-- variables that are set together
local ranks = {}
for i = 1, 100 do ranks[i] = { limit = i } end
diag.case("the best and how good it is", function(pkt)
	local best, most
	for i = 0, 9 do
		local n = pkt:u8(i)
		if n and n > 30 and (not most or n > most) then best, most = i, n end
	end
	if best and most > 100 then return bpf.DROP end
end, strict)
diag.case("likewise of few rows and of many, and the other way round", function(pkt)
	local best, most, last, more
	for _, r in ipairs(few) do if r.limit > pkt.len then best = r most = r.limit end end
	if best and most > 100 then return bpf.DROP end
	for i, r in ipairs(ranks) do if r.limit > pkt.len then last, more = i, r.limit end end
	if not last then return bpf.PASS end
	return more > 100 and bpf.DROP or bpf.PASS
end, strict)
diag.case("of two loops", function(pkt)
	local at, n
	for i = 1, 9 do if pkt.len == i * 2 then at, n = i, i * 2 end end
	for i = 1, 9 do if pkt.len == i * 3 then at, n = i, i * 3 end end
	if at ~= nil and n > 9 then return bpf.DROP end
end, strict)
diag.case("set apart", function(pkt)
	local best, most
	for i = 0, 9 do
		local n = pkt:u8(i) or 0
		if n > 30 then best = i end
		if n > 40 then most = n end
	end
	if best and most > 100 then return bpf.DROP end
end, strict)
diag.case("one of them is taken back", function(pkt)
	local best, most
	for i = 0, 9 do
		local n = pkt:u8(i) or 0
		if n > 30 then best, most = i, n end
		if n == 40 then most = nil end
	end
	if best and most > 100 then return bpf.DROP end
end, strict)
diag.case("where the other one is nothing", function(pkt)
	local best, most
	for i = 0, 9 do
		local n = pkt:u8(i) or 0
		if n > 30 then best, most = i, n end
	end
	if not best and most > 100 then return bpf.DROP end
end, strict)
diag.case("set with what may be nothing", function(pkt)
	local best, most
	for i = 0, 9 do
		local n = pkt:u8(i)
		if pkt.len > i then best, most = i, n end
	end
	if best and most > 100 then return bpf.DROP end
end, strict)

-- what a function keeps of a turn
diag.case("what a function of the turn before gives", function(pkt)
	local prev
	for i = 1, 4 do
		local n = pkt:u8(i) or 0
		if prev and prev.get() > n then return bpf.DROP end
		prev = { get = function() return n end }
	end
end, strict)
diag.case("which may be nothing", function(pkt)
	local prev
	for i = 1, 4 do
		local n = pkt:u8(60 + i)
		if prev and prev.get() > i then return bpf.DROP end
		prev = { get = function() return n end }
	end
end, strict)
diag.done()

-- pairs over maps whose bodies the kernel calls: hash, LRU and per-CPU forms. The order is free: results are sums.
local lang = dofile "tests/lang/harness.lua"

local small = lang.each { 0, 1, 2, 3, 5, 100, -1 }
local two = lang.pairs { 0, 1, 3, 5 }
local m = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local names = bpf.map { "lru_hash", key = "char[8]", value = "i16", entries = 256 }
local hosts = bpf.map { "hash", key = "ip4", value = "bool", entries = 16 }
local none = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local flows = bpf.map { "hash", key = "u32", value = "struct { u64 pkts; u16 ttl; u32? mark; ip4 src; }", entries = 16 }
local mine = bpf.map { "percpu_hash", key = "u32", value = "u64", entries = 16 }
local mine_lru = bpf.map { "lru_percpu_hash", key = "u32", value = "u64", entries = 64 }
local mine_array = bpf.map { "percpu_array", key = "u32", value = "u64", entries = 3 }
local st = bpf.state { n = "u64" }
local function fill()
	for i = 1, 5 do
		m[i] = i * 10
		flows[i] = { pkts = i, ttl = 60 + i, mark = i > 3 and i or nil, src = bpf.ip("10.0.0." .. i) }
		mine[i], mine_lru[i] = 0, 0
		names["n" .. i] = -i
		hosts[bpf.ip("10.0.0." .. i)] = i % 2 == 0
	end
	st.n = 0
end
fill()

lang.case { name = "a loop that turns out never to be reached", inputs = lang.each(lang.kinds), f = function(a)
	local s = 0
	if a ~= a then
		for k, v in pairs(m) do s = s + k * v end
	end
	return s
end }
lang.case { name = "keys and values", inputs = small, f = function(a)
	local s, n, low = a, 0, nil
	for k, v in pairs(m) do
		s = s + k * v
		n = n + 1
		if not low or v < low then low = v end
	end
	return s, n, low
end }
lang.case { name = "text keys, addresses, booleans", inputs = small, f = function(a)
	local s, yes = 0, 0
	for name, v in pairs(names) do
		if name ~= "n3" then s = s + v end
		if name == "n4" then yes = yes + 100 end
	end
	for ip, even in pairs(hosts) do
		if even then yes = yes + ip:byte(4) end
		if ip == bpf.ip "10.0.0.3" then s = s * 2 end
	end
	return s, yes
end }
lang.case { name = "no entries", inputs = small, f = function(a)
	local s = a
	for k, v in pairs(none) do s = s + k + v end
	for k in pairs(none) do return k, s end
	return s
end }
lang.case { name = "break, return, goto", inputs = two, f = function(a, b)
	local n = 0
	for k, v in pairs(m) do
		if k == a then return k, v end
		if k == b then n = v break end
	end
	for k, v in pairs(m) do
		if k == 4 then goto out end
	end
	do return n, -1 end
	::out::
	return n, 4
end }
lang.case { name = "goto continue, while, inner for", inputs = small, f = function(a)
	local n = 0
	for k, v in pairs(m) do
		if k == a then goto continue end
		for i = 1, k do n = n + i * v end
		while v > 25 do
			v = v - 10
			n = n + 1
		end
		::continue::
	end
	return n
end }
lang.case { name = "errors in the body", inputs = two, f = function(a, b)
	local s = 0
	for k, v in pairs(m) do
		local x = 1
		if k == a then x = nil end
		s = s + v * x
	end
	local y = b ~= 3 and 1 or nil
	for k, v in pairs(m) do s = s + v * y end
	return s
end }
lang.case { name = "unions and flags", inputs = small, f = function(a)
	local found, last, kind = nil, false, nil
	for k, v in pairs(m) do
		if k == a then found = v end
		if v == 30 then last = true end
		if k == 2 then kind = found == nil and k or v == 20 end
	end
	return found, last
end }
lang.case { name = "variables shared with inner functions", inputs = small, f = function(a)
	local sum, most = a, 0
	local function add(n) sum = sum + n end
	local function each(f)
		for k, v in pairs(m) do f(k, v) end
	end
	each(function(k, v)
		add(k)
		if v > most then most = v end
	end)
	return sum, most
end }
lang.case { name = "entries as views", inputs = small, f = function(a)
	local pkts, marks, ips, none = 0, 0, 0, 0
	for k, e in pairs(flows) do
		pkts = pkts + e.pkts + e.ttl
		if e.mark then marks = marks + e.mark else none = none + 1 end
		ips = ips + e.src:byte(4) * k
	end
	return pkts + marks, ips, none
end }
lang.case { name = "entries written", inputs = small, f = function(a)
	for k, e in pairs(flows) do
		e.pkts = e.pkts + k
		e.ttl = k * 2
		if k == a then e.mark = nil elseif not e.mark then e.mark = 7 end
	end
	local s, marks = 0, 0
	for k, e in pairs(flows) do
		s = s + e.pkts * 100 + e.ttl
		marks = marks + (e.mark or 0)
		e.pkts, e.ttl, e.mark = k, 60 + k, k > 3 and k or nil
	end
	return s, marks
end }
lang.case { name = "entries deleted and written", inputs = small, f = function(a)
	local n, left = 0, 0
	for k, v in pairs(m) do
		if k == a or v == 20 then m[k] = nil else m[k] = v + 1 end
		n = n + 1
	end
	for k, v in pairs(m) do left = left + v end
	for k = 1, 5 do m[k] = k * 10 end
	return n, left
end }
lang.case { name = "per-CPU forms", inputs = small, f = function(a)
	local s, n = 0, 0
	for k, v in pairs(mine) do s = s + k + v n = n + 1 end
	for k, v in pairs(mine_lru) do s = s + k * 2 + v n = n + 1 end
	for k, v in pairs(mine_array) do s = s + k * 3 + v n = n + 1 end
	return s, n
end }
lang.case { name = "loops in each other", inputs = small, f = function(a)
	local s = 0
	for k, v in pairs(m) do
		for name, w in pairs(names) do
			if w == -k then goto next end
			s = s + k * w
			if k == a and w == -4 then return -1, k end
			::next::
		end
		for j, e in pairs(flows) do
			if j == k then s = s + e.pkts break end
		end
	end
	return s
end }
lang.case { name = "in a loop, in branches", inputs = two, f = function(a, b)
	local s = 0
	for i = 1, a do
		if i % 2 == 1 then
			for k, v in pairs(m) do s = s + v * i end
		else
			for k in pairs(m) do if k == b then s = s - k break end end
		end
		if s > 1000 then break end
	end
	return s
end }
-- What decides a branch of the body is of several kinds: no constant on the stack that the verifier could take for
-- another one, and drop the branch as dead.
lang.case { name = "in a loop, a key of any kind", inputs = two, f = function(a, b)
	local s = 0
	for i = 1, a do
		for k in pairs(m) do if k == b then s = s - k break end end
	end
	return s
end }
lang.case { name = "in a loop, two of them", inputs = two, f = function(a, b)
	local s = 0
	for i = 1, a do
		for k, v in pairs(m) do s = s + v * i end
		for k in pairs(m) do if k == b then s = s - k break end end
	end
	return s
end }
lang.case { name = "in a loop that counts by itself", inputs = two, f = function(a, b)
	local s, n = 0, 0
	while n < 4 do
		n = n + 1
		for k in pairs(m) do if b then s = s - k end end
	end
	return s
end }
lang.case { name = "in a loop, a number or a boolean", inputs = two, f = function(a, b)
	local s, x = 0, nil
	if a == 1 then x = 7 elseif a == 3 then x = true end
	for i = 1, 300 do
		for k in pairs(m) do if x == 7 then s = s + 1 elseif x == b then s = s + k end end
	end
	return s
end }
lang.case { name = "around a loop, a number or a boolean", inputs = two, f = function(a, b)
	local s, x = 0, nil
	if a == 1 then x = 7 elseif a == 3 then x = true end
	for k in pairs(m) do
		for i = 1, 300 do if x == 7 then s = s + 1 elseif x == b then s = s + k end end
	end
	return s
end }
lang.case { name = "in a loop in the body of another one", inputs = two, f = function(a, b)
	local s, x = 0, nil
	for k in pairs(m) do
		if k == 1 then x = b elseif k == 3 then x = a end
		for i = 1, 3 do
			for j in pairs(m) do if x == j then s = s + 1 elseif x == nil then s = s + 100 end end
		end
	end
	return s
end }
lang.case { name = "in a loop, what pcall calls", inputs = two, f = function(a, b)
	local s, ok = 0, false
	for i = 1, 400 do
		ok = pcall(function() for j in pairs(m) do s = s + (b == j and 1 or a) end end)
		if not ok then break end
	end
	return s, ok
end }
lang.case { name = "one turn at most, and what it leaves", inputs = small, f = function(a)
	local any, n = false, 0
	for k, v in pairs(m) do any = true n = v // k break end
	for k, v in pairs(none) do any = nil break end
	return any, n + a
end }
lang.case { name = "a value found is used behind the loop", inputs = small, f = function(a)
	local key
	for k, v in pairs(m) do
		if v == a * 10 then key = k break end
	end
	if not key then return nil end
	return m[key], key
end }
lang.case { name = "other maps, state, events in the body", inputs = small, f = function(a)
	for k, v in pairs(m) do
		st.n = st.n + v
		local e = flows[k]
		if e and k ~= a then st.n = st.n + e.pkts end
	end
	local n = st.n
	st.n = 0
	return n
end }
lang.case { name = "many variables alive around it", inputs = two, f = function(a, b)
	local c, d, e, f, g, h = a + 1, b + 2, a * 3, b - 4, a ~ b, a & 7
	for k, v in pairs(m) do
		c, d = d + k, c
		e = e + v * h
		if k == b then f, g = g, f end
	end
	return c + d + e, f - g, h
end }
lang.case { name = "pcall around it", inputs = two, f = function(a, b)
	local n = 0
	local ok, r = pcall(function()
		for k, v in pairs(m) do
			n = n + 1
			if k == a then error(k) end
			if v == 20 and b == 1 then n = n + b // (b - 1) end
		end
		return 0
	end)
	if not ok and r == a then return false, r end
	return ok, n > 5 and n, r == 0
end }
lang.case { name = "pcall in the body", inputs = two, f = function(a, b)
	local s = 0
	for k, v in pairs(m) do
		local ok, r = pcall(function()
			if k == a then error(v) end
			if k == b then error("b") end
			return v // (k - 3)
		end)
		if ok then s = s + r elseif r == v then s = s + 1000 else s = s + 100000 end
	end
	return s
end }
lang.case { name = "errors with values leave it", unordered = true, inputs = two, f = function(a, b)
	local n = 0
	for k, v in pairs(m) do
		if k == a then error("found", 0) end
		for j, e in pairs(flows) do
			assert(j ~= b or k ~= 5, "deep")
			n = n + e.pkts
		end
	end
	return n
end }

-- ---- packets ----

local made = dofile "tests/lang/lib_frames.lua"
local frames = made.frames
local inputs = { frames.udp, frames.tcp, frames.tcp_options, frames.vlan, frames.udp6, frames.arp,
	frames.udp:sub(1, 40), frames.tcp:sub(1, 20) }
local words = { "views alive around the loop", "views taken in the loop", "bytes by the entries", "written in the loop",
	"written around the loop", "long loops inside" }

lang.packets { name = words[1], inputs = inputs, f = function(p)
	local ip, l4, n = p.ipv4, p.tcp or p.udp, 0
	for k, v in pairs(m) do
		if ip and ip.ttl > k then n = n + v end
		if l4 and l4.dport == 443 then n = n + k end
	end
	return n, ip and ip.proto, l4 and l4.sport
end }
lang.packets { name = words[2], inputs = inputs, f = function(p)
	local n, last = 0, nil
	for k, e in pairs(flows) do
		local ip = p.ipv4
		if ip and ip.src == e.src then n = n + 1 end
		if p.udp then
			n = n + p.udp.len
			if k == 3 then last = p.udp.dport end
		end
	end
	return n, last, #p
end }
lang.packets { name = words[3], inputs = inputs, f = function(p)
	local n, absent = 0, 0
	for k, v in pairs(m) do
		local b = p:u8(v) or p:u8(k)
		if b then n = n + b else absent = absent + 1 end
		if p:u16(v + k) == 0x1234 then return k, v end
	end
	return n, absent, p:u32(0)
end }
lang.packets { name = words[6], inputs = inputs, f = function(p)
	local n = 0
	for k, v in pairs(m) do
		for i = 0, #p - 1 do
			local b = p:u8(i)
			if not b then break end
			if b == k then n = n + v end
		end
	end
	return n
end }
if lang.hook == "xdp" then
	lang.packets { name = words[4], inputs = inputs, f = function(p)
		local n = 0
		for k, v in pairs(m) do
			local ip = p.ipv4
			if ip and ip.ttl > 1 then ip.ttl = ip.ttl - 1 end
			p:set_u8(k, 2)
		end
		return p.ipv4 and p.ipv4.ttl, p:u8(3), n
	end }
	lang.packets { name = words[5], inputs = inputs, f = function(p)
		local before = p:u8(3)
		for k in pairs(m) do p:set_u8(3, 7) end
		local after = p:u8(3)
		p:set_u8(3, 9)
		for k in pairs(m) do if p:u8(3) ~= 9 then return -1 end end
		return before, after, p:u8(3)
	end }
end

-- keys that are structs are tables, made anew in each turn
local LAYOUT = "struct { ip4 src; u16 port; u32? mark; char name[8]; i8 last; be16 net; bool up; }"
local conns = bpf.map { "hash", key = LAYOUT, value = "u64", entries = 16 }
local seen = bpf.map { "hash", key = LAYOUT, value = "struct { u64 n; }", entries = 16 }
local function connect()
	for i = 1, 5 do
		conns[{ src = "10.0.0." .. i, port = i * 13107, mark = i % 2 == 0 and i or nil, name = ("x"):rep(i + 3), last = -i,
			net = i, up = i > 2 }] = i
	end
end
lang.case { name = "struct keys", see = { conns }, setup = connect, inputs = small, f = function(a)
	local s, t, n = 0, 0, 0
	for k, v in pairs(conns) do
		s = s + k.port * v + k.last * a + k.net
		if k.mark then t = t + k.mark * v end
		if k.up and k.src ~= bpf.ip "10.0.0.3" then t = t + #k.name * 100 end
		if k.name == "xxxx" then n = v end
	end
	return s, t, n
end }
lang.case { name = "struct keys, used as keys", see = { conns, seen }, setup = connect, inputs = small, f = function(a)
	local n = 0
	for k, v in pairs(conns) do
		seen[k] = { n = v }
		if v < a then conns[k] = nil else conns:add(k, 10) end
		local e = seen[k]
		if e then e.n = e.n + a end
		if seen:get(k) then n = n + k.last end
	end
	return n
end }
lang.case { name = "struct keys, changed", see = { conns, seen }, setup = connect, inputs = small, f = function(a)
	local sum = 0
	for k in pairs(conns) do
		k.port = k.last + 10
		k.mark = nil
		if k.up then k.src = bpf.ip "10.0.0.9" end
		sum = sum + k.port
		seen[k] = { n = 1 }
		k.up = false
		if a == 2 then return k.net > 0, k.src ~= nil end
	end
	return sum
end }
lang.case { name = "struct keys, kept", see = { conns }, setup = connect, inputs = two, f = function(a, b)
	local best, at, mark = -1, nil, nil
	for k, v in pairs(conns) do
		if v > best and v ~= a then best, at, mark = v, k.net, k.mark end
		if b == 1 and k.port == 13107 * 2 then break end
	end
	return best == b or best > 0, b == 1 or at, b == 1 or mark
end }
lang.case { name = "struct keys, an error within pcall", see = { conns }, setup = connect, inputs = small, f = function(a)
	local n = 0
	for k, v in pairs(conns) do
		local good = pcall(function()
			if v == a then n = n + k.mark end
			k.last = v + 126
			conns[k] = 7
		end)
		if good then n = n + 100 end
	end
	return n
end }

-- ---- loops inside, and around ----

local grown = bpf.map { "hash", key = "u32", value = "struct { u64 n; u32 k; char t[8]; }", entries = 64 }
local inner = bpf.map { "hash_of_maps", key = "u32", entries = 4, inner = { "hash", key = "u32", value = "u64", entries = 4 } }
inner[2] = bpf.map { "hash", key = "u32", value = "u64", entries = 4 }
for i = 1, 5 do grown[i] = { n = i, k = i * i, t = ("x"):rep(i) } end
lang.case { name = "a text that grows", inputs = small, f = function(a)
	local s, n = "", 0
	for k, e in pairs(grown) do s = s .. e.t .. "," if k == a then n = e.k end end
	return #s, n, s:find("xxx,") ~= nil
end }
lang.packets { name = "a packet is written and the loop left, another loop has fuel", inputs = inputs, f = function(p)
	for i = 1, 3 do
		local of = inner[2]
		if of then of:add(0, 0) end
	end
	for k in pairs(m) do
		if k == 3 and p:set_u32(p:u64(24) or 256, 0) then error "three" end
	end
end }
lang.packets { name = "a header of two, found anew in a loop around, within pcall", inputs = inputs, f = function(p)
	local h = p.tcp or p.udp
	for i = 1, p.len & 7 do
		pcall(function()
			for k in pairs(m) do if k == i then error "found" end end
			h = p.udp or p.tcp
		end)
	end
	return h and h.dport
end }
lang.packets { name = "a header of two, kept where the loop is left", inputs = inputs, f = function(p)
	local h, n = p.tcp, 0
	for i = 1, p.len & 7 do
		for k in pairs(m) do
			if k == i then
				n = n + 1
				goto next
			end
		end
		h = i % 2 == 0 and p.udp or p.tcp
		::next::
	end
	return h and h.sport, n
end }
lang.packets { name = "long texts from outside", inputs = inputs, f = function(p)
	local s, sum, n = p:sub(1, 100), 0, 0
	for k in pairs(m) do
		local u = s:sub(1, k) .. s .. s:sub(1, 7) .. s:sub(k) .. "|"
		for i = 1, #u do sum = sum + i * k * u:byte(i) end
		n = n + #u
	end
	return sum, n
end }
lang.packets { name = "an error that reads the entry, out of two loops", inputs = inputs, f = function(p)
	local most = p:u64(24) or 256
	for _ = 0, most & 0xfff do
		for k, e in pairs(flows) do
			if k == 2 then
				if none[1] then st.n = bpf.ip("10.0.0.1"):byte(5) // (0 // e.ttl) end
				local w = p:u32(11)
				p:set_u8(11, 0)
				m[3] = p:u32(10) or 0
				m[4] = w or 0
			end
		end
	end
	return m[3]
end }
-- the form that the refusal of an entry kept over turns names
lang.case { name = "the key of the greatest entry, looked up behind the loop", setup = fill, inputs = small, see = { flows }, f = function(n)
	local most, key
	for k, e in pairs(flows) do
		if k ~= n and (not most or e.pkts > most) then most, key = e.pkts, k end
	end
	local best = key and flows[key]
	if best then best.ttl = 1 end
	return most, key, best and best.mark
end }
-- what pairs gives, taken apart: each loop begins with the first key
local apart = bpf.map { "hash", key = "u32", value = "u64", entries = 4 }
lang.case { name = "what pairs gives, gone over twice", setup = function() apart[5] = 50 end, see = { apart }, inputs = lang.each { 0, 5, 50 }, f = function(a)
	local s = 0
	local f, t, first = pairs(apart)
	for r = 1, 3 do
		for k, v in f, t, first do
			s = s * 3 + v + r
			if k == a then break end
		end
	end
	for k, v in f, t do s = s + v end
	return s
end }
lang.done()

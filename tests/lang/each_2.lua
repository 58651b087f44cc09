-- Loops that begin with pairs over a map whose body the kernel calls: the end of a turn of the outer one starts over. And
-- what is first tested in such a loop, and used behind it.
local lang = dofile "tests/lang/harness.lua"

local few = lang.pairs { 0, 1, 3, 7, 12 }
local m = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local other = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local flows = bpf.map { "hash", key = "u32", value = "struct { u64 n; u64 mark; }", entries = 16 }
local both = { [0] = m, other }
local function fill()
	for i = 1, 5 do m[i], other[i] = i, 3 * i end
	for i = 1, 3 do flows[i] = { n = i, mark = 0 } end
end
fill()

-- ---- loops that begin with one ----

lang.case { name = "back to before the loop", setup = fill, see = { m }, inputs = few, f = function(a)
	::top::
	for k, v in pairs(m) do
		if v < a then
			m[k] = v + 1
			goto top
		end
	end
end }
lang.case { name = "back to before the loop, never on", setup = fill, see = { m }, inputs = few, f = function(a)
	local last = 0
	::top::
	for k, v in pairs(m) do
		if m[2] < a then
			m[2] = m[2] + 1
			goto top
		end
		last = v - m[k]
		break
	end
	return last
end }
lang.case { name = "while a function finds one", setup = fill, see = { m }, inputs = few, f = function(a, b)
	local function bump()
		for k, v in pairs(m) do
			if v < a then
				m[k] = v + b + 1
				return true
			end
		end
	end
	while bump() do end
end }
lang.case { name = "while true, a key that is found", setup = fill, see = { m }, inputs = few, f = function(a)
	local function find()
		for k, v in pairs(m) do if v < a then return k end end
	end
	while true do
		local k = find()
		if not k then break end
		m[k] = m[k] + 4
	end
	return m[1], m[5]
end }
lang.case { name = "until no error is raised", setup = fill, see = { m }, inputs = few, f = function(a)
	while not pcall(function()
		for k, v in pairs(m) do
			if v < a then
				m[k] = v + 2
				error "again"
			end
		end
	end) do end
end }
lang.case { name = "to the end of an outer while true", setup = fill, see = { m }, inputs = few, f = function(a, b)
	while true do
		for k, v in pairs(m) do
			if v < a then
				m[k] = v + b + 1
				goto again
			end
		end
		do return m[1] end
		::again::
	end
end }
lang.case { name = "repeat a sum", setup = fill, see = { m }, inputs = few, f = function(a)
	local s = 0
	repeat
		for _, v in pairs(m) do s = s + v end
	until s > a * 10
	return s
end }
lang.case { name = "while something changed", setup = fill, see = { m }, inputs = few, f = function(a)
	local again, n = true, 0
	while again do
		again = false
		for k, v in pairs(m) do
			if v < a then
				m[k] = v + 3
				again = true
			end
		end
		n = n + 1
	end
	return n
end }
lang.case { name = "repeat, left from within", setup = fill, see = { m }, inputs = few, f = function(a, b)
	local n = 0
	repeat
		for k, v in pairs(m) do
			if n >= a then goto out end
			if k == b then break end
			n = n + 1
		end
		n = n + 1
	until n > 30
	::out::
	return n
end }
lang.case { name = "two of them, the second starts the first over", setup = fill, see = { m, other }, inputs = few, f = function(a)
	local n = 0
	::top::
	for k, v in pairs(m) do if v < a then m[k] = v + 2 goto top end end
	for k, v in pairs(other) do
		if v < a then
			other[k], m[k] = v + 4, 0
			goto top
		end
	end
	for _, v in pairs(m) do n = n + v end
	return n
end }
lang.case { name = "one within another, each starts over", setup = fill, see = { m, other }, inputs = few, f = function(a, b)
	local n = 0
	for k in pairs(other) do
		::top::
		for l, v in pairs(m) do
			if v < a + k then
				m[l] = v + 5
				n = n + 1
				goto top
			end
			if b == 7 and k == l then goto next end
		end
		other[k] = b
		::next::
	end
	return n > 0
end }
lang.case { name = "one of several maps, found each time", setup = fill, see = { m, other }, inputs = few, f = function(a, b)
	local i = a & 1
	::top::
	for k, v in pairs(both[i]) do
		if v < b then
			both[i][k] = v + 4
			goto top
		end
	end
	return i
end }
lang.case { name = "entries are changed and it starts over", setup = fill, see = { flows }, inputs = few, f = function(a)
	::top::
	for _, e in pairs(flows) do
		if e.n < a then
			e.n = e.n + 3
			goto top
		end
	end
	return flows[1] and flows[1].n
end }
lang.case { name = "the first one only, again and again", setup = fill, see = { m }, inputs = few, f = function(a)
	local n = 0
	while n < a do
		for k in pairs(m) do
			m[k] = nil
			break
		end
		n = n + 1
	end
	local left = 0
	for _ in pairs(m) do left = left + 1 end
	return left
end }

-- ---- first tested in the loop, used behind it ----

local nested = bpf.map { "hash_of_maps", key = "u32", entries = 4, inner = { "hash", key = "u32", value = "u64", entries = 4 } }
local within = bpf.map { "hash", key = "u32", value = "u64", entries = 4 }
nested[1] = within
local function fill_all()
	fill()
	within[1] = 5
	flows[9] = nil
end
lang.case { name = "an entry, behind break", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local e = flows[a]
	for _, v in pairs(m) do
		if e and v == b then
			e.mark = v
			break
		end
	end
end }
lang.case { name = "an entry, behind one of two ways out", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local e = flows[a]
	for k, v in pairs(m) do
		if e and e.n == v and k == b then goto out end
		if e and v == b + 2 then goto out end
	end
	do return 1 end
	::out::
	e.mark = 7
	return e.n
end }
lang.case { name = "an entry, behind one way with it, one without", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local e = flows[a]
	for k, v in pairs(m) do
		if e and e.n == v then goto out end
		if k == b then goto out end
	end
	do return 1 end
	::out::
	if e then e.mark = 7 end
	return e and e.n
end }
lang.case { name = "an entry, asserted", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local e = flows[a]
	for _, v in pairs(m) do
		assert(e)
		if v == b then
			e.mark = v
			break
		end
	end
	return e and e.mark
end }
lang.case { name = "an entry that is not there, behind break", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local e, f = flows[a], flows[b]
	for _, v in pairs(m) do
		if not e and f and v == 3 then
			f.mark = v
			break
		end
	end
	return e and e.n
end }
lang.case { name = "an entry, given back", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local function over(e) for _, v in pairs(m) do if e and v + e.n == b then return e end end end
	local e = over(flows[a])
	if e then e.mark = 8 end
	return e and e.n
end }
lang.case { name = "entries in two loops", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local e, f, n = flows[a], flows[b], 0
	for k in pairs(other) do
		for l, v in pairs(m) do
			if e and k == l and v == e.n then
				n = n + 1
				if f then goto out end
			end
		end
	end
	do return n end
	::out::
	e.mark, f.mark = 1, n
	return n
end }
lang.case { name = "a map found in a map", setup = fill_all, see = { within }, inputs = few, f = function(a, b)
	local n = nested[a]
	for _, v in pairs(m) do
		if n and v == b then
			n[1] = v
			break
		end
	end
	return n and n[1]
end }
lang.case { name = "an entry, in a loop of any length", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local e, i = flows[a], 0
	repeat i = i + e.n + 1 until i > b * 1000
	e.mark = i
	return i
end }
lang.case { name = "an entry, a flag", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local e, hit = flows[a], false
	for _, v in pairs(m) do
		if e and e.n + v == b then
			hit = true
			break
		end
	end
	if hit then e.mark = 3 end
	return hit
end }

local inputs = {}
for _, frame in pairs(dofile("tests/lang/lib_frames.lua").frames) do inputs[#inputs + 1] = frame end
table.sort(inputs)
local ports = bpf.map { "hash", key = "u32", value = "u64", entries = 8 }
for i, port in ipairs { 53, 80, 443, 5353, 22 } do ports[port] = i end
lang.packets { name = "a header, a flag", inputs = inputs, f = function(p)
	local t, hit = p.tcp, false
	for port in pairs(ports) do
		if t and t.dport == port then
			hit = true
			break
		end
	end
	if hit then return t.syn, t.sport end
	return hit
end }
lang.packets { name = "a header, behind goto", inputs = inputs, f = function(p)
	local u = p.udp
	for port, v in pairs(ports) do
		if u and (u.dport == port or u.sport == port) then goto found end
	end
	do return false end
	::found::
	return u.len, u.dport
end }
lang.packets { name = "a header, given back", inputs = inputs, f = function(p)
	local function watched(t) for port in pairs(ports) do if t and t.dport == port then return t end end end
	local t = watched(p.tcp or p.udp)
	return t and t.sport
end }
if lang.hook ~= "socket" then
	lang.packets { name = "a header, written", inputs = inputs, f = function(p)
		local u = p.udp
		for port, v in pairs(ports) do
			if u and u.dport == port then
				u.dport = v
				return 1
			end
		end
		return u and u.dport
	end }
end
lang.packets { name = "a header, in a loop of any length", inputs = inputs, f = function(p)
	local t, i = p.tcp, 0
	while (t.seq & 0xff) + i < p.len * 50 do i = i + 1 end
	return t.window, i
end }

-- ---- a value of what is there, or another, in each turn ----

lang.packets { name = "a field of a header or 0", inputs = inputs, f = function(p)
	local ip, n = p.ipv4, 0
	for _, v in pairs(m) do n = n + (ip and ip.ttl or 0) end
	return n, ip and ip.ttl
end }
lang.packets { name = "a field of a header or the entry", inputs = inputs, f = function(p)
	local u, n = p.udp, 0
	for _, v in pairs(m) do n = n + (u and u.sport or v) end
	if u and n > 7 then return u.dport end
	return n
end }
lang.case { name = "a field of an entry or 0", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local e, n = flows[a], 0
	for _, v in pairs(m) do n = n + (e and e.n or 0) + (e and v < b and e.mark or 1) end
	if e then e.mark = n end
	return n
end }
lang.case { name = "a field of one of two entries or 0", setup = fill_all, see = { flows }, inputs = few, f = function(a, b)
	local e, f, n = flows[a], flows[b], 0
	for _, v in pairs(m) do n = n + (e and e.n or f and f.n or v) end
	if f then f.mark = n end
	return n, e and e.n
end }
lang.done()

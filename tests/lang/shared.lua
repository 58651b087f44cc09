-- Functions called several times: the suite `shared` makes one function of the program of each of them, for all
-- calls, where it can be; here each call has a copy.
local lang = dofile "tests/lang/harness.lua"

local function mix(a, b)
	local x = a * 31 + b
	x = x ~ (x << 7)
	if x > 100 then x = x - a else x = x + b * 3 end
	if x % 7 == 3 then x = x // 3 end
	return x
end
local function both(a, b)
	if a == b then return end
	if a == nil then return b end
	return b, a
end
local function many(a, b, c, d, e, f, g)
	local n = 0
	if a then n = n + 1 end
	if b ~= c then n = n + 2 end
	return n, d == e, f or g
end
local function outer(a, b)
	local x, y = both(a, b)
	return mix(mix(1, 2), 3), y, x
end
local function level(v, n)
	if v == 1 then error("at this level", n) end
	return v
end

lang.case { name = "three calls", inputs = lang.pairs(), f = function(a, b)
	local s = mix(a, b)
	s = s + mix(b, s)
	return s ~ mix(s, 5), s
end }
lang.case { name = "arguments and results of any kind", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local x, y = both(a, b)
	local z = both(y, x)
	return x, y, z
end }
lang.case { name = "more words than registers", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local n, same, v = many(a, b, a, b, a, b, 1)
	local m, other, w = many(1, a, b, nil, b, false, a)
	return n * 10 + m, same ~= other, v or w
end }
lang.case { name = "too few arguments, too many", inputs = lang.each(lang.kinds), f = function(a)
	return both(a), (both(a, 1, 2)), (both())
end }
lang.case { name = "calls in what is called", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local x, y = outer(a, b)
	local z, v = outer(b, a)
	return x + z, y, v
end }
lang.case { name = "called on one way", inputs = lang.pairs(), f = function(a, b)
	local s = 0
	if a > b then s = mix(a, b) elseif a < 0 then return mix(b, a), s end
	return s, b ~= 0 and mix(b, 1)
end }
lang.case { name = "in a loop, and a loop inside", inputs = lang.pairs(), f = function(a, b)
	local function sum(n, step)
		local s = 0
		for i = 1, n & 15, step & 3 | 1 do s = s + mix(i, s) end
		return s
	end
	local s = 0
	for i = 1, 3 do s = s + sum(a, i) end
	return s, sum(b, a), sum(s, b)
end }
lang.case { name = "a loop that ends anywhere", inputs = lang.pairs(), f = function(a, b)
	local function find(from, n)
		for i = from, from + 20 do
			if i & 15 == n & 15 then return i, true end
			if i == 7 then break end
		end
		return nil, false
	end
	local i, yes = find(a & 7, b)
	local j = find(b & 7, a)
	return i, j, yes
end }
lang.case { name = "errors inside, and who catches them", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local ok, v = pcall(mix, a, b)
	local w = ok and mix(a, 1) or 0
	return ok, w, mix(w, b)
end }
lang.case { name = "what it catches itself", inputs = lang.pairs(lang.kinds), f = function(a, b)
	local function try(x, y)
		local ok, v = pcall(mix, x, y)
		if ok then return v end
		return false, mix(3, 4)
	end
	local v, w = try(a, b)
	return v, w, (try(b, 2))
end }
lang.case { name = "error with the caller's position", inputs = lang.pairs { 0, 1, 2 }, f = function(a, b)
	local x = level(a, 1)
	local y = level(b, 2)
	return x, y, level(a + b, 0)
end }

-- strings, addresses, maps

local marks = bpf.map { "hash", name = "shared_marks", key = "char[16]", value = "u64", entries = 16 }
marks.one, marks.two = 1, 2
local flows = bpf.map { "array", name = "shared_flows", key = "u32", value = "struct { u64 n; u32 last; }",
	entries = 4 }
local st = bpf.state { shared_n = "u64" }

lang.case { name = "strings", inputs = lang.pairs { "one", "two", "", "a longer one", "nil" }, f = function(a, b)
	local function joined(x, y)
		if not x then return y end
		if not y or x == y then return x end
		return x .. "-" .. y
	end
	local s, t = joined(a, b), joined(b, "two")
	return s == t, s and #s, #t + #joined(t, a)
end }
lang.case { name = "maps", inputs = lang.pairs { "one", "two", "none" }, f = function(a, b)
	local function mark(k, n)
		local v = marks[k]
		if not v then return nil end
		return v + n
	end
	return mark(a, 1), mark(b, 2), (mark(a, 3) or 0) + (mark("two", 4) or 0)
end }
lang.case { name = "entries", inputs = lang.pairs { 0, 1, 3, 9 }, f = function(a, b)
	local function look(e, n)
		if not e then return -1 end
		e.last = n
		return e.n + e.last
	end
	local function flow(k) return flows[k] end
	return look(flow(a & 15), 5), look(flow(b & 15), 6), look(flows[1], 7)
end }
lang.case { name = "state", inputs = lang.each(), f = function(a)
	local function keep(n)
		st.shared_n = n
		return st.shared_n + 1
	end
	return keep(1), keep(a & 255), st.shared_n
end }

-- packets

local made = dofile "tests/lang/lib_frames.lua"
local frames = made.frames
local inputs = { frames.udp, frames.tcp, frames.tcp_options, frames.vlan, frames.udp6, frames.arp,
	frames.udp:sub(1, 40), frames.tcp:sub(1, 20) }

local function port(l4)
	if not l4 then return nil end
	return l4.dport
end
local function byte(p, off)
	local b = p:u8(off)
	if not b then return -1 end
	return b
end
lang.packets { name = "views as arguments", inputs = inputs, f = function(p)
	return port(p.tcp), port(p.udp), port(p.tcp or p.udp)
end }
lang.packets { name = "views as results", inputs = inputs, f = function(p)
	local function l4(q, want)
		local ip = q.ip
		if not ip then return nil end
		if want == 6 then return ip.tcp end
		return ip.udp, ip.proto
	end
	local t, u = l4(p, 6), l4(p, 17)
	local _, proto = l4(p, 17)
	return t and t.sport, u and u.sport, proto
end }
lang.packets { name = "bytes of the packet", inputs = inputs, f = function(p)
	return byte(p, 12) << 8 | byte(p, 13), byte(p, 39), byte(p, byte(p, 0))
end }
lang.packets { name = "written inside", inputs = inputs, f = function(p)
	local function age(ip, n)
		if not ip then return nil end
		local old = ip.ttl
		ip.ttl = n
		return old
	end
	local ip = p.ipv4
	return age(ip, 9), age(ip, 10), ip and ip.ttl
end }
lang.packets { name = "parts of it", inputs = inputs, f = function(p)
	local function part(q, from)
		local s = q:sub(from, from + 3)
		if #s < 4 then return nil, 0 end
		return s, #s
	end
	local s, n = part(p, 13)
	local t = part(p, 15)
	return s == t, n, t and t:byte(1)
end }

lang.done()

-- Functions so big that copies of them would be too much: they are functions of the program without being asked for
-- (src/opt/weigh.c). Their text is made here, for it is long.
local lang = dofile "tests/lang/harness.lua"

local st = bpf.state { big_n = "u64" }
local marks = bpf.map { "hash", name = "big_marks", key = "u32", value = "u64", entries = 64 }
local env = setmetatable({ st = st, marks = marks }, { __index = _ENV })

-- A function whose text is `head`, n lines that change the integer s, and `tail`: line 2 + n is the tail's first.
local function made(head, n, tail)
	local t = { "return function(" .. head }
	for i = 1, n do t[#t + 1] = ("if s & %d == %d then s = (s ~ s << %d) + %d end"):format(i, i, i % 9, i) end
	t[#t + 1] = tail .. " end"
	return assert(load(table.concat(t, "\n"), "=big", "t", env))()
end

-- 30 copies of it would be more than the compiler takes.
env.mix = made("a, b) local s = a ~ st.big_n", 300, "return s - b")
local calls = {}
for i = 1, 30 do calls[i] = ("s = mix(s, a + %d) if s == b then return s, %d end"):format(i, i) end
lang.case { name = "thirty calls", inputs = lang.pairs { 0, 1, -1, 77, 1 << 40, math.mininteger },
	f = made("a, b) local s = b", 0, table.concat(calls, "\n") .. "\nreturn s, 0") }

local several = made("a, b, c) local s = st.big_n", 150, [[
	if a == 7 then return nil, s end
	if c and c == a then return nil, b, true end
	if b == false then return s, s == 1, c end
	return b, a, s]])
lang.case { name = "several results, of several kinds", inputs = lang.pairs(lang.kinds), f = function(a, b)
	st.big_n = 5
	local x, y, z = several(a, b, a)
	local u, v = several(b, 7, 1)
	return x == u, (y or 0) == v and x, z
end }

local raised = made("a, b) local s = st.big_n", 90, [[
	if a == 1 then s = s +
		b end
	if a ~= 7 and s % 3 == 1 then error("too much") end
	return s // b]])
lang.case { name = "errors inside, in their lines", inputs = lang.pairs { "nil", false, 0, 1, 7, 5000 },
	f = function(a, b)
		st.big_n = 6
		local s = raised(7, 3)
		s = s + raised(1, b)
		s = s + raised(a, s)
		return s + raised(b, 1), raised(7, a)
	end }
lang.case { name = "within pcall", inputs = lang.pairs { "nil", 0, 1, 7, 5000 }, f = function(a, b)
	st.big_n = 9
	local ok, s = pcall(raised, a, b)
	local t = raised(1, 2)
	local u = raised(7, 3) + raised(8, 5) + raised(9, 7)
	return ok, ok and s, t + u
end }

local guarded = made("a, b) local s = st.big_n", 90, [[
	local ok, v = pcall(function() return a // b + s end)
	if ok then return v, true end
	if a == 7 then error("no") end
	return s, v == "big:92: attempt to divide by zero"]])
lang.case { name = "pcall inside", inputs = lang.pairs { "nil", 0, 1, 7, 60, -1, math.mininteger },
	f = function(a, b)
		st.big_n = 12
		local s, yes = guarded(a, b)
		local t, no = guarded(b, a)
		local u = guarded(a, 1)
		local v = guarded(3, b)
		return s == u and t, yes == no, v
	end }

-- What cannot be called is copied: any number of arguments, functions as arguments, variables of the caller.
local all = made("...) local s = st.big_n + select('#', ...)", 90, "local a, b = ... return s, b, a")
lang.case { name = "any number of arguments", inputs = lang.pairs { "nil", 0, 1, 2, 60 }, f = function(a, b)
	st.big_n = 0
	local s, x = all(a, b)
	local t, y = all(b, a, 1)
	local u, z, v = all(1)
	return s == t, x == y, u == all(a) and v
end }
local counts = made("a, b, add) local s = st.big_n", 90, "if a == b then s = s + add(3) end return s")
lang.case { name = "functions as arguments, and variables of the caller", inputs = lang.pairs { 0, 1, 2, 60 },
	f = function(a, b)
		st.big_n = 3
		local n = 0
		local function one(k) n = n + k return 1 end
		local function two(k) n = n - k return k end
		local s = counts(a, b, one) + counts(b, a, two)
		return s + counts(1, a, one), n
	end }

local kept = made("k, v) local s = st.big_n", 90, [[
	if k < 9 then marks[k & 31] = v + s end
	st.big_n = st.big_n + (v & 77)
	return marks[(k + 2) & 31] or s]])
lang.case { name = "maps and state", inputs = lang.pairs { 0, 1, 2, 60 }, f = function(a, b)
	st.big_n = 0
	for i = 0, 31 do marks[i] = i end
	local s = kept(a, b) + kept(b, a)
	for i = 1, 2 do s = s + kept(i, s & 255) end
	return s, st.big_n
end }

local frames = dofile "tests/lang/lib_frames.lua".frames
local inputs = { frames.udp, frames.tcp, frames.tcp_options, frames.vlan, frames.udp6, frames.arp,
	frames.udp:sub(1, 40), frames.tcp:sub(1, 20) }
local ports = made("l4, p, from) if not l4 then return nil, from end local s = p.len", 90, [[
	local b = p:u8(from)
	if b and l4.dport == 53 then s = s + b end
	if from > 20 then return p, s end
	return l4, s]])
lang.packets { name = "views in and out", inputs = inputs, f = function(p)
	local l4 = p.tcp or p.udp
	local v, s = ports(l4, p, 14)
	local w, t = ports(p.udp, p, s & 31)
	local x, u = ports(p.tcp, p, 0)
	local y, r = ports(l4, p, u & 15)
	return s, t, u, r, v and v:u16(0), w and #w, x == nil, y and y:byte(1)
end }

-- A function of the user half, through a table of functions.
local by_name = { mix = env.mix, other = made("a, b) local s = a + st.big_n", 90, "return s ~ b") }
lang.case { name = "functions of tables", inputs = lang.pairs { 0, 1, 77, -1 }, f = function(a, b)
	st.big_n = 0
	local s = by_name.mix(a, b) + by_name.other(b, a)
	s = s + by_name.mix(s, b) + by_name.other(s, a)
	return by_name.mix(b, s) ~ by_name.other(a, s), s
end }

lang.done()

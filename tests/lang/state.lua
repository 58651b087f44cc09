-- bpf.state and bpf.percpu, events, and verdicts: what is left in them, and what is returned.
local lang = dofile "tests/lang/harness.lua"

local EDGES = { 0, 1, -1, 255, 256, 65535, 65536, 0xffffffff, 1 << 32, math.maxinteger, math.mininteger }
local ANY = { "nil", false, true, 5, -1, bpf.ip "10.0.0.1", bpf.ip "::1", bpf.mac "02:00:00:00:00:01", "abc", "ninebytes" }

-- ---- states ----

local FIELDS = { a = "u8", b = "i16", c = "u32", d = "u64", e = "i64", f = "bool", g = "ip4", h = "ip6", i = "mac",
	j = "char[8]", k = "u32?", l = "be16" }
local st, pc = bpf.state(FIELDS), bpf.percpu { n = "u64", m = "u32", s = "i64" }
local see = { { st, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" }, { pc, "n", "m", "s" } }

lang.case { name = "state counts", see = see, inputs = lang.each(EDGES), f = function(v)
	st.d = v
	st.d = st.d + 1
	st.e = st.e - v
	st.f = not st.f
	return st.d, st.e, st.f
end }
lang.case { name = "per-CPU state counts", see = see, inputs = lang.each(EDGES), f = function(v)
	pc.n = v
	pc.n = pc.n + 2
	pc.s = pc.s - v
	return pc.n, pc.m, pc.s
end }
for _, name in ipairs { "a", "b", "c", "d", "e", "l" } do
	local set = load(("local st = ... return function(v) st.%s = v return st.%s end"):format(name, name), "=set")(st)
	lang.case { name = "state: edges of " .. FIELDS[name], see = see, inputs = lang.each(EDGES), f = set }
end
for name, type in lang.sorted(FIELDS) do
	local source = "local st = ... return function(v) st.%s = v end"
	lang.case { name = "state: any kind into " .. type, see = see, inputs = lang.each(ANY),
		f = load(source:format(name), "=set")(st) }
end
lang.case { name = "state: narrow field counts over", see = see, inputs = lang.each { 254, 255 }, f = function(v)
	st.a = v
	st.a = st.a + 1
	return st.a
end }
lang.case { name = "state: nullable field", see = see, inputs = lang.each { "nil", 0, 7, -1 }, f = function(v)
	st.k = v
	local n = (st.k or 100) + 1
	st.k = nil
	return n, st.k
end }
lang.case { name = "state: in a loop", see = see, inputs = lang.each { 0, 1, 10 }, f = function(n)
	for i = 1, n do st.d = st.d + i end
	return st.d
end }
lang.case { name = "state: compared", see = see, inputs = lang.each(ANY), setup = function()
	st.g, st.j = "10.0.0.1", "abc"
end, f = function(v) return st.g == v, st.j == v, st.i ~= v end }

-- ---- events ----

local ev = bpf.events { n = "u32", big = "i64", t = "char[8]", ip = "ip4", ip6 = "ip6", mac = "mac", yes = "bool",
	maybe = "u16?" }
lang.case { name = "event of everything", see = { ev }, inputs = { { 7, bpf.ip "10.0.0.1", "abc", bpf.ip "::2" } },
	f = function(n, ip, t, ip6)
		ev:send { n = n, big = n, ip = ip, t = t, ip6 = ip6, mac = bpf.mac "02:00:00:00:00:07", yes = true, maybe = n }
	end }
lang.case { name = "event of nothing", see = { ev }, f = function() ev:send {} end,
	left = { "{big=0 ip6=:: ip=0.0.0.0 mac=00:00:00:00:00:00 n=0 t= yes=false}" } }
lang.case { name = "event: edges", see = { ev }, inputs = lang.pairs(EDGES), f = function(a, b)
	ev:send { n = a, big = b }
	ev:send { maybe = b }
end }
for _, name in ipairs { "n", "big", "t", "ip", "ip6", "mac", "yes", "maybe" } do
	lang.case { name = "event: any kind into " .. name, see = { ev }, inputs = lang.each(ANY),
		f = load(("local ev = ... return function(v) ev:send { %s = v } end"):format(name), "=send")(ev) }
end
lang.case { name = "event: a record filled by steps, in a loop", see = { ev }, inputs = lang.each { 0, 1, 3 }, f = function(n)
	for i = 1, n do
		local e = { n = i }
		e.big = i * i
		if i > 1 then e.maybe = i end
		ev:send(e)
	end
end }
lang.case { name = "event before an error", see = { ev }, inputs = lang.each { "nil", 1 }, f = function(v)
	ev:send { n = 1 }
	ev:send { n = v + 1 }
end }

-- ---- verdicts ----

local st2 = bpf.state { v = "i64" }
local function verdict(name, f, want, options)
	options = options or {}
	options.check = true
	local good, p = pcall(bpf.program, "xdp", options, f)
	local problems = {}
	local frame = ("\0"):rep(64)
	for what, run in pairs(good and { kernel = p.test, twin = p.twin } or {}) do
		local v, _, _, err = run(p, frame)
		if v ~= want[1] or (err and (err:gsub("^%S+:%d+: ", ""))) ~= want[2] then
			problems[#problems + 1] = ("%s gave %s, %s"):format(what, v, err)
		end
	end
	lang.check("verdict: " .. name, good and problems or { p })
end
verdict("nothing", function() end, { bpf.PASS })
verdict("nil", function() return nil end, { bpf.PASS })
verdict("a nil at run time", function(p) return p:u8(1000) end, { bpf.PASS })
for _, name in ipairs { "PASS", "DROP", "TX", "ABORTED" } do
	local v = bpf[name]
	verdict(name, function() return v end, { v })
	st2.v = v
	verdict(name .. " out of a state", function() return st2.v end, { v })
	verdict(name .. " on error", function(p) return p:u8(1000) + 1 end,
		{ v, "attempt to perform arithmetic on a nil value" }, { on_error = v })
end
st2.v = 12345
local WRONG = "the integer returned is no verdict of xdp"
verdict("a number that is none", function() return st2.v end, { bpf.PASS, WRONG })
verdict("a number that is none, other verdict", function() return st2.v end, { bpf.DROP, WRONG }, { on_error = bpf.DROP })
verdict("a length", function(p) return p.len end, { bpf.PASS, WRONG })
for i, other in ipairs { true, "drop", bpf.ip "10.0.0.1", bpf.mac "02:00:00:00:00:01" } do
	verdict("of another kind at run time " .. i, function(p)
		local v = bpf.PASS
		if p:u8(0) == 0 then v = other end
		return v
	end, { bpf.PASS, ("a %s value was returned, where xdp wants a verdict"):format(
		({ "boolean", "string", "ip4", "mac" })[i]) })
end
verdict("more results than one", function(p) return bpf.DROP, p.len end, { bpf.DROP })
lang.done()

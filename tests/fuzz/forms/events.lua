-- What goes to the user half: events, which must come out in order, whole and none too many, what is printed, and states for
-- each CPU.

local function send(scope)
	local s = S("EV:send { ")
	local function field(n, ...) for _, part in ipairs { n, " = ", ... } do s[#s + 1] = part end s[#s + 1] = ", " end
	if chance(80) then field("a", any(scope, 1)) end
	if chance(60) then field("b", small(scope, "0xffff")) end
	if chance(40) then field("c", bool(scope, 1)) end
	if chance(40) then field("t", pick(TEXTS)) end
	if chance(40) then field("m", chance(30) and "nil" or small(scope, "0xffff")) end
	s[#s + 1] = "}"
	return s
end

-- Records whose sizes are no multiples of 8, several of them.
local function send_odd(scope)
	local s = S()
	for _ = 1, random(1, 3) do
		table.move({ "EW:send { a = ", small(scope, "0xff"), ", t = ", pick(TEXTS), " }\n" }, 1, 5, #s + 1, s)
	end
	return s
end

-- What is printed: values that may be of several kinds, texts of more than 64 bytes among them.
local function printed(scope)
	local k = random(7)
	if k == 1 then return E("mix", 'p:match "', pick { "%a(.*)", "%d(.*)", "(%l*)", ".(.*)" }, '"') end
	if k == 2 then return E("mix", "(", bool(scope, 1), " and p:sub(", tostring(random(1, 20)), ") or ", any(scope, 1), ")") end
	if k == 3 then return E("mix", "p:sub(", tostring(random(1, 20)), ", ", tostring(random(1, 200)), ")") end
	if k == 4 then return E("mix", "(", bool(scope, 1), " and p:sub(", tostring(random(1, 20)), ", ", tostring(random(60, 90)), ") or ", pick(TEXTS), ")") end
	if k == 5 then return E("mix", pick(TEXTS)) end
	return any(scope, 1)
end

-- Not in loops: the ring would be full of it.
local function show(scope)
	if scope.loops then return send(scope) end
	local s = S("print(", printed(scope))
	if chance(50) then table.move({ ", ", printed(scope) }, 1, 2, #s + 1, s) end
	s[#s + 1] = ")"
	return s
end

local function sum(scope)
	local k = random(4)
	if k == 1 then return S("PC.n = PC.n + ", int(scope, 1)) end
	if k == 2 then return S("PH[", key(scope, 1), "] = ", int(scope, 1)) end
	if k == 3 then return S("PH:add(", key(scope, 1), ", ", int(scope, 1), ")") end
	return S("PA:add(", small(scope, "3"), ", ", int(scope, 1), ")")
end

local function read(scope, d)
	local k = random(3)
	if k == 1 then return E("any", "PC.n") end
	return E("any", k == 2 and "PH" or "PA", "[", key(scope, d - 1), "]")
end

local function world(bpf, env)
	local EV = bpf.events { a = "i64", b = "u16", c = "bool", t = "char[10]", m = "u16?" }
	local EW = bpf.events { a = "u8", t = "char[9]" }
	local PH = bpf.map { "percpu_hash", name = "fz_ph", key = "u32", value = "i64", entries = 64 }
	local PA = bpf.map { "percpu_array", name = "fz_pa", key = "u32", value = "i64", entries = 4 }
	local PC = bpf.percpu { n = "i64" }
	env.EV, env.EW, env.PH, env.PA, env.PC = EV, EW, PH, PA, PC
	local function events(t)
		for e in function() return EV:poll(0) end do
			t[#t + 1] = ("EV{%d,%d,%s,%q,%s}"):format(e.a, e.b, e.c, e.t, e.m)
		end
		t[#t + 1] = ("lost=%d"):format(EV:lost())
	end
	local function odd(t)
		for e in function() return EW:poll(0) end do t[#t + 1] = ("EW{%d,%q}"):format(e.a, e.t) end
	end
	-- What the user half writes it must read again, the sum over all CPUs.
	local function zero(m, keys)
		for k = 0, keys do
			m[k] = 3
			assert(m[k] == 3, "the sum over the CPUs is not what was written")
			m[k] = 0
		end
	end
	local function show(n, m, t)
		local all = {}
		for k, v in pairs(m) do all[#all + 1] = ("%s[%d]=%d"):format(n, k, v) end
		table.sort(all)
		table.move(all, 1, #all, #t + 1, t)
	end
	return {
		{ "EV", function() events {} end, events },
		{ "EW", function() odd {} end, odd },
		{ "PH", function() PH:clear() end, function(t) show("PH", PH, t) end },
		{ "PA", function() zero(PA, 3) end, function(t) show("PA", PA, t) end },
		{ "PC", function() PC.n = 0 end, function(t) t[#t + 1] = ("PC=%d"):format(PC.n) end },
	}
end

return {
	often = 20,
	any = { read },
	flat = { send, send, send, send_odd, sum, sum, show, show },
	world = world,
}

-- Scratch memory when several runs need it at once: slots that others have are left alone and the next one is taken; when
-- there is none, that is an error; and whatever a run ends with, it gives back what it had.
local tool = (os.getenv "BUILD" or "build") .. "/tests/scratch"
local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end

-- Four slots for each CPU that there may be, up to a power of two.
local function slots()
	local file <close> = assert(io.open "/sys/devices/system/cpu/possible")
	local last = tonumber(file:read("a"):match("(%d+)%s*$"))
	local k = 1
	while k < 4 * (last + 1) do k = k * 2 end
	return k
end
local function scratch(...)
	local p <close> = assert(io.popen(table.concat({ tool, slots(), ... }, " ")))
	return tonumber(p:read "a")
end

local sum = bpf.state { n = "u64" }
local packet = ("0123456789"):rep(12)
local function program(f, options) return bpf.program("xdp", options or {}, f) end

local p = program(function(pkt)
	local s = pkt:sub(1, 100) .. pkt:sub(21, 120)
	sum.n = #s + s:byte(100) + s:byte(101)
	if s ~= s:lower() then return bpf.DROP end
end)
local function right() sum.n = 0 local verdict = p:test(packet) return verdict == bpf.PASS and sum.n == 200 + 57 + 48 end
check("alone", right(), sum.n)
check("nothing is held after it", scratch("get") == 0, scratch("get"))
local all = slots()
scratch("add", 1, 4)
check("each CPU's first slot taken", right(), sum.n)
check("what others have stays theirs", scratch("get") == all / 4, scratch("get"))
scratch("add", 1, 1)
local verdict, _, _, why = p:test(packet)
check("no slot left", verdict == bpf.PASS and why and why:find("no scratch memory left: too many runs use it at once", 1, true), why)
check("and nothing was changed", scratch("get") == all / 4 + all, scratch("get"))
scratch("add", -1, 1)
scratch("add", -1, 4)
check("given back by all of them", right() and scratch("get") == 0, scratch("get"))
p = nil
collectgarbage()

-- ---- every way out ----

local function ends(name, f, options, want)
	local q = program(f, options)
	local good = 0
	for _ = 1, 2 * all + 20 do
		local _, _, _, err = q:test(packet)
		if want and err and err:find(want, 1, true) or not want and not err then good = good + 1 end
	end
	check(name, good == 2 * all + 20 and scratch("get") == 0, good .. ", " .. scratch("get"))
end
ends("a return", function(pkt) if (pkt:sub(1, 90) .. "x"):byte(3) == 50 then return bpf.DROP end end)
ends("returns before and behind it", function(pkt)
	if pkt.len > 1000 then return bpf.DROP end
	local s = pkt:sub(1, 90) .. "x"
	if s:byte(3) == 51 then return bpf.DROP elseif #s == 5 then return bpf.TX end
	return bpf.PASS
end)
ends("an error", function(pkt)
	local s = pkt:sub(1, 90) .. "x"
	if #s > 5 then s = nil end
	return #s
end, nil, "attempt to get length of a nil value")
ends("a budget that is used up", function(pkt)
	local s = pkt:sub(1, 90) .. "x"
	while true do if s:byte(3) == 1 then return bpf.DROP end end
end, { budget = 100 }, "loop budget exhausted")
local m = bpf.map { "hash", key = "u32", value = "u32", entries = 4 }
m[1], m[2] = 5, 6
ends("an error in what the kernel calls", function(pkt)
	local s = pkt:sub(1, 90) .. "x"
	for k, v in pairs(m) do
		local t
		if s:byte(v) ~= k then t = s .. v end
		s = s .. k
		if #t > 5 then s = nil end
		if #s == k then return bpf.DROP end
	end
end, nil, "attempt to get length of a nil value")
ends("a function that others share", function(pkt)
	local function twice(s, k)
		local t = s .. "x" .. s
		if k == #s then error("no") end
		return t
	end
	local a, b = twice(pkt:sub(1, 70), 3), twice(pkt:sub(3, 90), 5)
	if #a == #twice(b, #b) then return bpf.DROP end
end, nil, "no")
print("1.." .. n)
os.exit(failed == 0, true)

-- Every pair of kinds for every operator and comparison: kinds that are known only at run time (they
-- raise), and kinds known to the compiler (what must raise is refused).
local lang = dofile "tests/lang/harness.lua"

local ADDRESSES = { bpf.ip "10.0.0.1", bpf.ip "10.0.0.2", bpf.ip "2001:db8::1", bpf.mac "02:00:00:00:00:01" }
local KINDS = { "nil", false, true, 0, -7, table.unpack(ADDRESSES) }
local ALL = { "nil", false, 7, bpf.ip "10.0.0.1", bpf.ip "2001:db8::1", bpf.mac "02:00:00:00:00:01", "", "abc",
	"sixteen bytes ok" }

-- ---- kinds known at run time ----

local operators = {
	{ "+", function(a, b) return a + b end }, { "-", function(a, b) return a - b end },
	{ "*", function(a, b) return a * b end }, { "//", function(a, b) return a // b end },
	{ "%", function(a, b) return a % b end }, { "&", function(a, b) return a & b end },
	{ "|", function(a, b) return a | b end }, { "~", function(a, b) return a ~ b end },
	{ "<<", function(a, b) return a << b end }, { ">>", function(a, b) return a >> b end },
	{ "<", function(a, b) return a < b end }, { "<=", function(a, b) return a <= b end },
	{ ">", function(a, b) return a > b end }, { ">=", function(a, b) return a >= b end },
}
for _, op in ipairs(operators) do
	lang.case { name = op[1] .. " of any kinds", f = op[2], inputs = lang.pairs(KINDS) }
end
lang.case { name = "unary minus of any kind", f = function(a) return -a end, inputs = lang.each(KINDS) }
lang.case { name = "~ of any kind", f = function(a) return ~a end, inputs = lang.each(KINDS) }
lang.case { name = "== and ~= of any kinds", inputs = lang.pairs(ALL), f = function(a, b)
	return a == b, a ~= b, b == a
end }
lang.case { name = "and, or, not of any kinds", inputs = lang.pairs(ALL), f = function(a, b)
	local x, y = a and b, a or b
	return x == b, y == a, not x ~= not y
end }
lang.case { name = "truth of any kind", inputs = lang.each(ALL), f = function(a)
	if a then return 1, not a end
	return 2, not not a
end }
lang.case { name = "type of any kind", inputs = lang.each(ALL), f = function(a)
	local t = type(a)
	return t == "nil", t == "userdata", t == "string"
end }
lang.case { name = "type of any kind, again", inputs = lang.each(ALL), f = function(a)
	local t = type(a)
	return t == "number", t == "boolean", t == "table"
end }
lang.case { name = "kinds go round in a loop", inputs = lang.pairs(ALL), f = function(a, b)
	local c = 5
	for _ = 1, 4 do a, b, c = b, c, a end
	return a == b, b == c, type(a) == type(c)
end }
for i, k in ipairs { bpf.ip "10.0.0.1", bpf.ip "2001:db8::1", bpf.mac "02:00:00:00:00:01", "abc", "" } do
	lang.case { name = "== with constant " .. i, inputs = lang.each(ALL), f = function(a)
		return a == k, k ~= a, a ~= nil and a ~= k
	end }
end
lang.case { name = "indexing any kind", inputs = lang.each(KINDS), f = function(a) return a:byte(1) end }
lang.case { name = "calling a method with any kind", inputs = lang.pairs(KINDS, ADDRESSES),
	f = function(i, a) return a and a:byte(i) end }

-- ---- kinds the compiler knows ----

local samples = {
	{ "nil", "nil" }, { "boolean", "true" }, { "integer", "p:u8(0) + 0 * n" }, { "ip4", "ip" },
	{ "string", "'abc'" }, { "view", "p.eth" },
}
local function make(source)
	return assert(load([[
		local n, ip = 1, bpf.ip "10.0.0.1"
		return function(p)
			if not p:u8(0) then return nil end
			]] .. source .. " end", "=known"))()
end
-- What stock Lua does must be what the compiler says of it: a raise refused, a result given.
local results, raises, problems = 0, 0, {}
local frame = ("\0"):rep(64)
for _, op in ipairs { "+", "-", "*", "//", "%", "&", "|", "~", "<<", ">>", "<", "<=", ">", ">=", "==", "~=" } do
	for _, a in ipairs(samples) do
		for _, b in ipairs(samples) do
			local what = ("%s %s %s"):format(a[1], op, b[1])
			local views = a[1] == "view" and b[1] == "view"
			local good, value = pcall(make(("local a, b = %s, %s return a %s b"):format(a[2], b[2], op)),
				bpf.packet(frame))
			-- a division by zero is not a matter of kinds
			good = good or tostring(value):find("zero") or tostring(value):find("'n%", 1, true)
			local unit = bpf.compile("xdp", make(("local a, b = %s, %s local r = a %s b if r then return bpf.DROP end")
				:format(a[2], b[2], op)))
			if not good and unit then
				problems[#problems + 1] = what .. " raises under stock Lua and is accepted"
			elseif good and not unit and not views then
				problems[#problems + 1] = what .. " works under stock Lua and is refused"
			end
			results, raises = results + (good and 1 or 0), raises + (good and 0 or 1)
		end
	end
end
lang.check("what kinds allow is accepted, what they do not is refused", problems)
lang.check("both were seen", results > 80 and raises > 300 and {} or { results .. " and " .. raises })

lang.done()

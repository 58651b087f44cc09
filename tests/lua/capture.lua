-- What a function captured, as the compiler sees it: constants, tables, library functions by identity.

local frame = ("\0"):rep(64)
local function runs(f)
	local p = bpf.program("xdp", f)
	local verdict, _, _, err = p:test(frame)
	assert(verdict == p:twin(frame), err)
	return verdict
end

local st = bpf.state { v = "i64" }
local function gives(f)
	st.v = -1
	runs(f)
	return st.v
end

local n, yes, none = 1 << 40, true, nil
assert(gives(function() st.v = n end) == 1 << 40)
assert(gives(function() if yes then st.v = 1 end end) == 1)
assert(gives(function() if none then st.v = 1 end end) == -1)
global_value = 5
assert(gives(function() st.v = global_value end) == 5)

-- tables: fields, integers, nested, __index chains, tables that share
local base = { deep = { x = 3 } }
local t = setmetatable({ a = 1, [2] = 4 }, { __index = setmetatable({ b = 2 }, { __index = base }) })
t.self = t
assert(gives(function() st.v = t.a + t.b * 10 + t.deep.x * 100 + t[2] * 1000 end) == 4321)
assert(gives(function() st.v = t.self.self.a end) == 1)
assert(gives(function() if t.absent == nil then st.v = 2 end end) == 2)

-- captured functions and methods
local function add(a, b) return a + b end
assert(gives(function() st.v = add(add(1, 2), n) end) == (1 << 40) + 3)
local obj = { k = 7 }
function obj:get(x) return self.k + x end
assert(gives(function() st.v = obj:get(1) end) == 8)

-- closures made in a loop: each its own upvalues
for i = 1, 3 do
	assert(gives(function() st.v = i end) == i)
end

-- library functions are known by what they are, not by their name
local ult = math.ult
assert(gives(function() if ult(1, -1) then st.v = 1 end end) == 1)
local saved = math.ult
math.ult = function() return false end
assert(gives(function() if math.ult(1, -1) then st.v = 1 end end) == -1)
math.ult = saved
assert(gives(function() if math.ult(1, -1) then st.v = 1 end end) == 1)

-- module values: verdicts, addresses
local ip = bpf.ip "10.0.0.1"
assert(gives(function() st.v = ip:int() end) == 0x0a000001)
assert(runs(function() return bpf.DROP end) == bpf.DROP)

-- what has no meaning there is refused, by its name
local function refused(pattern, f)
	local unit, text = bpf.compile("xdp", f)
	assert(not unit and text:find(pattern), text)
end
local link = io.stdout
refused("capture.lua:%d+: error:", function() return link.x end)
refused("capture.lua:%d+: error:", function() return os.time() end)
refused("capture.lua:%d+: error:", function() return bpf.xdp("eth0", add) end)
local made = setmetatable({}, { __index = function() return 1 end })
refused("capture.lua:%d+: error:", function() return made.x + 1 end)

-- refresh sees captured values anew; the collector may run in between
collectgarbage()
assert(gives(function() st.v = global_value end) == 5)

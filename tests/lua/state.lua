-- bpf.state and bpf.percpu.

local st = bpf.state { last = "u64", n = "u32", on = "bool", who = "char[8]", src = "ip4" }
assert(st.n == 0 and st.last == 0 and st.on == false and st.who == "")
st.n = st.n + 1
st.on = true
st.who = "me"
st.src = "10.0.0.1"
assert(st.n == 1 and st.on == true and st.who == "me" and st.src == bpf.ip "10.0.0.1")
st.last = math.mininteger
assert(st.last == math.mininteger)
local function raises(f)
	local ok, text = pcall(f)
	assert(not ok and text:find "state.lua:%d+:", text)
end
raises(function() st.n = -1 end)
raises(function() st.n = 1 << 32 end)
raises(function() st.nope = 1 end)
raises(function() return st.nope end)
raises(function() st.n = 1.5 end)
assert(st.n == 1)

local two = bpf.state { "struct { u8 a; u8 b; }" }
two.a = 255
assert(two.a == 255 and two.b == 0)

local ok, text = pcall(bpf.percpu, { each = "u64", n = "u32" })
assert(not ok and text:find("the name 'each' of a field is taken", 1, true))
assert(bpf.state { each = "u64" }.each == 0)
local pc = bpf.percpu { n = "u64", m = "u32" }
assert(pc.n == 0)
pc.n = 5
assert(pc.n == 5 and pc.m == 0)
local sum = 0
for _, v in ipairs(pc:each "n") do sum = sum + v end
assert(sum == 5)

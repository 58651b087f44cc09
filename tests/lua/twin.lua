-- Host twins: packets by hand, and kernel functions under stock Lua by the kernel's rules.

local function hex(s)
	return (s:gsub("%s+", ""):gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end))
end

local udp = hex [[
	52 54 00 12 34 56  52 54 00 65 43 21  08 00
	45 00 00 20 00 01 00 00  40 11 00 00  0a 00 00 01  0a 00 00 02
	04 d2 00 35 00 0c 00 00  61 62 63 64 ]]
local p = bpf.packet(udp)
assert(#p == #udp and p.len == #udp)
assert(p.eth.type == 0x800 and p.eth.dst == bpf.mac "52:54:00:12:34:56")
assert(p.ipv4.src == bpf.ip "10.0.0.1" and p.ipv4.ttl == 64 and p.ip.dst == bpf.ip "10.0.0.2")
assert(p.udp.sport == 1234 and p.udp.dport == 53 and p.tcp == nil and p.ipv6 == nil)
assert(p:u16(12) == 0x800 and p:u8(#udp) == nil and p:u8(-1) == nil)
assert(p.ipv4 == p.ipv4 and p.ipv4 ~= p.udp and p.ipv4.udp == p.udp)
assert(#p.ipv4 == 20)
local ok, text = pcall(function() return p.ipv4.tttl end)
assert(not ok and text:find "twin.lua:%d+:" and text:find "tttl", text)
ok, text = pcall(function() return p + 1 end)
assert(not ok and text:find "pkt value", text)

-- a packet that is moved: what was found before is looked up anew, as long as it is there
local moved = bpf.packet(udp)
local ip, rest, eth = moved.ipv4, moved.udp.payload, moved.eth
local before = #rest
moved:adjust_tail(1)
assert(ip.ttl == 64 and #rest == before and rest:byte(1) and ip.udp)
moved:adjust_tail(19 - #udp)
assert(#moved == 20 and moved.ipv4 == nil and moved:u8(19) == 1 and moved:u8(20) == nil and eth.type == 0x800)
for _, f in ipairs { function() return ip.ttl end, function() ip.ttl = 1 end, function() return ip:u8(0) end,
	function() return rest:byte(1) end, function() return ip.udp end } do
	ok, text = pcall(f)
	assert(not ok and text:find "twin.lua:%d+: attempt to index a nil value", text)
end
ok, text = pcall(function() return #ip end)
assert(not ok and text:find "attempt to get length of a nil value", text)
ok, text = pcall(moved.adjust_tail, moved, -7)
assert(not ok and text:find "there is no room for the packet to be moved so far", text)
moved:adjust_head(-2)
assert(#moved == 22 and moved:u16(0) == 0 and moved:u16(2) == 0x5254)

local hits = bpf.map { "hash", key = "ip4", value = "u64", entries = 8 }
local st = bpf.state { n = "u8" }
local v, after, ns, err = bpf.twin("xdp", function(pkt)
	local ip = pkt.ipv4
	hits:add(ip.src, 1)
	st.n = st.n + 1
	return bpf.DROP
end, udp)
assert(v == bpf.DROP and after == udp and ns >= 0 and err == nil)
assert(hits["10.0.0.1"] == 1 and st.n == 1)

-- nothing, nil: the hook's default; errors: on_error, and the text with its line
assert(bpf.twin("xdp", function() end, udp) == bpf.PASS)
local line = debug.getinfo(1, "l").currentline + 1
v, after, ns, err = bpf.twin("xdp", function(pkt) return pkt.tcp.dport end, udp)
assert(v == bpf.PASS and err:find("^[%w/]*twin.lua:" .. line .. ": attempt to index a nil value"), err)
v, after, ns, err = bpf.twin("xdp", { on_error = bpf.DROP }, function() error("no", 0) end, udp)
assert(v == bpf.DROP and err == "no")
v, after, ns, err = bpf.twin("xdp", function() st.n = 256 end, udp)
assert(v == bpf.PASS and err:find "twin.lua:%d+:", err)
v, after, ns, err = bpf.twin("xdp", function() return "x" end, udp)
assert(v == bpf.PASS and err)

-- by kernel rules text is no address; outside it is again
v, after, ns, err = bpf.twin("xdp", function() return hits["10.0.0.1"] and bpf.DROP end, udp)
assert(v == bpf.PASS and err:find "twin.lua:%d+:", err)
assert(hits["10.0.0.1"] == 1)

-- a packet made by hand is an input too, and an argument
local function f(pkt) return pkt.udp and bpf.DROP or bpf.PASS end
assert(bpf.twin("xdp", f, p) == bpf.DROP and f(p) == bpf.DROP)
assert(bpf.twin("xdp", f, udp:sub(1, 20)) == bpf.PASS)
assert(not pcall(bpf.twin, "nonsense", f, udp))

-- events sent by a twin wait in the channel
local ev = bpf.events { src = "ip4", n = "u16" }
bpf.twin("xdp", function(pkt) ev:send { src = pkt.ipv4.src, n = 7 } end, udp)
local e = ev:poll()
assert(e.src == bpf.ip "10.0.0.1" and e.n == 7 and ev:poll() == nil)

-- a loop without end: the kernel's error on a line of the loop, which no pcall catches; hooks stay as they were
local called = 0
local function count() called = called + 1 end
local function one(n) return n + 1 end
for what, f in pairs {
	["in one line"] = function() while true do end end,
	["with a call"] = function()
		local n = 0
		repeat
			n = one(n)
		until n < 0
	end,
	["caught, and again"] = function()
		while true do pcall(function() while true do end end) end
	end,
	["caught at the end"] = function() return pcall(function() while true do end end) and bpf.DROP or bpf.PASS end,
} do
	debug.sethook(count, "r")
	v, after, ns, err = bpf.twin("xdp", { on_error = bpf.TX }, f, udp)
	local hook, mask, every = debug.gethook()
	debug.sethook()
	assert(hook == count and mask == "r" and every == 0, what)
	local line = tonumber(err:match "twin%.lua:(%d+): loop budget exhausted$")
	local at = debug.getinfo(f, "S")
	assert(v == bpf.TX and line >= at.linedefined and line <= at.lastlinedefined, what .. ": " .. err)
end
assert(called > 0)

-- who counts instructions himself keeps his bound
debug.sethook(function() error "enough" end, "", 100000)
v, after, ns, err = bpf.twin("xdp", function() while true do end end, udp)
assert(select(2, debug.gethook()) == "" and select(3, debug.gethook()) == 100000)
debug.sethook()
assert(err:find "enough$")

-- a run has one CPU, wherever the thread is put meanwhile, as in the kernel
do
	local mine, seen = bpf.percpu { n = "u64" }, nil
	local pid = io.open("/proc/self/stat"):read("n")
	local function move(cpus) os.execute(("taskset -pc %s %d >/dev/null 2>&1"):format(cpus, pid)) end
	bpf.twin("xdp", function()
		for cpu = 0, 1 do
			move(cpu)
			mine.n = mine.n + 1
		end
		seen = mine.n
	end, ("\0"):rep(60))
	move("0-1023")
	assert(seen == 2 and mine.n == 2)
end

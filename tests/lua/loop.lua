-- The event loop: timers, channels, run and stop, errors in callbacks.

local function raises(pattern, f, ...)
	local ok, text = pcall(f, ...)
	assert(not ok and tostring(text):find(pattern), text)
end

local order = {}
local function note(x) return function() order[#order + 1] = x end end

bpf.after("30ms", note "c")
bpf.after(0.01, note "a")
bpf.after("20ms", note "b")
local ticks = 0
bpf.every("15ms", function()
	ticks = ticks + 1
	if ticks == 3 then bpf.stop() end
end)
bpf.on_exit(note "exit")
assert(bpf.run() == "stop")
assert(table.concat(order, " ") == "a b c exit" and ticks == 3)

-- again, for a time; on_exit functions ran once
local start = bpf.ktime()
assert(bpf.run { ["for"] = "40ms" } == "time")
local took = bpf.ktime() - start
assert(took >= 40000000 and took < 2000000000 and #order == 4)

-- channels: handlers, read, poll
local ev = bpf.events { n = "u32" }
local got = {}
assert(ev:poll() == nil and ev:poll("1ms") == nil)
ev:send { n = 1 }
ev:send { n = 2 }
assert(ev:poll().n == 1 and ev:poll("1s").n == 2)
bpf.after("5ms", function() ev:send { n = 8 } end)
assert(ev:poll("5s").n == 8)
bpf.after("5ms", function() ev:send { n = 3 } ev:send { n = 4 } end)
bpf.after("10ms", function() ev:send { n = 5 } end)
for e in ev:read() do
	got[#got + 1] = e.n
	if e.n == 5 then break end
end
assert(table.concat(got, " ") == "3 4 5")
bpf.after("5ms", function() ev:send { n = 6 } bpf.stop() end)
for e in ev:read() do error "stopped" end
assert(ev:poll().n == 6)
ev:on(function(e) got[#got + 1] = e.n end)
bpf.after("1ms", function() ev:send { n = 7 } end)
bpf.run { ["for"] = "20ms" }
assert(got[#got] == 7 and ev:lost() == 0)

-- an error in a callback ends the run and passes through; another run works
bpf.after("1ms", function() error "oops" end)
raises("loop.lua:%d+: oops", bpf.run)
bpf.after("1ms", function() bpf.run() end)
raises("running already", bpf.run)
bpf.after("1ms", bpf.stop)
assert(bpf.run() == "stop")

-- a signal ends it, and does not end the process
local pid = bpf.pid()
bpf.after("1ms", function() os.execute("kill -INT " .. pid) end)
assert(bpf.run { ["for"] = "5s" } == "SIGINT")
bpf.after("1ms", function() os.execute("kill -TERM " .. pid) end)
assert(bpf.run { ["for"] = "5s" } == "SIGTERM")

raises("is no time", bpf.every, "soon", print)
raises("is no time", bpf.every, "1 s", print)
raises("longer than 0", bpf.every, 0, print)
raises("not negative", bpf.after, -1, print)
raises("function expected", bpf.after, 1)
raises("one option", bpf.run, { ["fro"] = 1 })

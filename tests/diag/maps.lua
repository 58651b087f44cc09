-- What is said of maps that are not used by key.
local diag = dofile "tests/diag/harness.lua"

local jobs = bpf.map { "queue", value = "u32", entries = 8, name = "jobs" }
local waiting = bpf.map { "queue", value = "struct { u32 a; u32 b; }", entries = 8 }
local known = bpf.map { "bloom_filter", value = "u32", entries = 8 }

diag.case("a queue by key", function(p) return jobs[p.len] end)
diag.case("a queue written by key", function(p) jobs[1] = p.len end)
diag.case("a method that queues have not", function(p) return jobs:get(1) end)
diag.case("a value of the wrong kind pushed", function(p) jobs:push(p.eth.src) end)
diag.case("an unknown field pushed", function(p) waiting:push { a = 1, c = p.len } end)
diag.case("nothing pushed", function(p) jobs:push() end)
diag.case("a filter popped", function(p) return known:pop() end)
diag.case("a filter asked for nothing", function(p) return known:peek() end)
diag.case("a copy used after the next one was taken", function(p)
	local e = waiting:pop()
	local next = waiting:pop()
	return e and next and e.a + next.a
end)
diag.done()

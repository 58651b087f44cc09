-- examples/balancer.lua, with three servers on three devices: what the servers answer.
local kind, options, f = dofile "bench/measure/example.lua" ("examples/balancer.lua", { "lo", "10.0.0.1", "80",
	"10.1.0.2,02:00:00:00:02:01,d1", "10.1.0.3,02:00:00:00:02:02,d2", "10.1.0.4,02:00:00:00:02:03,d3" }, 2)
return kind, options, f

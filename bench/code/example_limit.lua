-- examples/limit.lua, with a packet a second and bursts of twenty: what is left of a bucket hardly depends on how
-- long the kernel takes for a test run.
local kind, options, f = dofile "bench/measure/example.lua" ("examples/limit.lua", { "lo", "1", "20" }, 1)
return kind, options, f

-- examples/libc_latency.lua: a call begins.
local kind, options, f = dofile "bench/measure/example.lua" ("examples/libc_latency.lua", { "malloc" }, 1)
return kind, options, f

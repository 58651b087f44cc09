-- examples/libc_latency.lua: a call that began before returns.
local kind, options, f, maps = dofile "bench/measure/example.lua" ("examples/libc_latency.lua", { "malloc" }, 2)
maps.began[1235] = 1000
return kind, options, f

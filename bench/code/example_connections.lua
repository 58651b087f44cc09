-- examples/connections.lua: a socket waits for its answer.
local kind, options, f, maps = dofile "bench/measure/example.lua" ("examples/connections.lua", {}, 1)
maps.waiting[9] = { pid = 77, comm = "curl" }
return kind, options, f

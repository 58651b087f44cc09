-- examples/ttl.lua
local kind, options, f = dofile "bench/measure/example.lua" ("examples/ttl.lua", { "lo", "60" }, 1)
return kind, options, f

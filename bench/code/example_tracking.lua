-- examples/tracking.lua
local kind, options, f = dofile "bench/measure/example.lua" ("examples/tracking.lua", { "lo" }, 1)
return kind, options, f

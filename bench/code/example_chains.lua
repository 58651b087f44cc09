-- examples/chains.lua
local kind, options, f = dofile "bench/measure/example.lua" ("examples/chains.lua", { "lo" }, 1)
return kind, options, f

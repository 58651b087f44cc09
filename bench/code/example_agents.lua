-- examples/agents.lua
local kind, options, f = dofile "bench/measure/example.lua" ("examples/agents.lua", { "lo" }, 1)
return kind, options, f

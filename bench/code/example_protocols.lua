-- examples/protocols.lua
local kind, options, f = dofile "bench/measure/example.lua" ("examples/protocols.lua", { "lo" }, 1)
return kind, options, f

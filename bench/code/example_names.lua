-- examples/names.lua
local kind, options, f = dofile "bench/measure/example.lua" ("examples/names.lua", { "lo" }, 1)
return kind, options, f

-- examples/tenants.lua
local kind, options, f = dofile "bench/measure/example.lua" ("examples/tenants.lua", { "lo" }, 1)
return kind, options, f

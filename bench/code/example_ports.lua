-- examples/ports.lua, with the ports 80 and 443.
local kind, options, f = dofile "bench/measure/example.lua" ("examples/ports.lua", { "lo", "80", "443" }, 1)
return kind, options, f

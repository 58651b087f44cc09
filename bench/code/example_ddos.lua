-- examples/ddos.lua, before it found anybody.
local kind, options, f = dofile "bench/measure/example.lua" ("examples/ddos.lua", { "lo" }, 1)
return kind, options, f

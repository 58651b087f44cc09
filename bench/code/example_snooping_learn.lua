-- examples/snooping.lua: a device where servers are trusted.
local kind, options, f = dofile "bench/measure/example.lua" ("examples/snooping.lua", { "lo" }, 1)
return kind, options, f

-- examples/sni.lua: two names that are not wanted.
local kind, options, f = dofile "bench/measure/example.lua" ("examples/sni.lua", { "lo", "bad.example.org", "worse.example" }, 1)
return kind, options, f

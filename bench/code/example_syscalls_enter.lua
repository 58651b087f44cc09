-- examples/syscalls.lua: a call begins.
local kind, options, f = dofile "bench/measure/example.lua" ("examples/syscalls.lua", { "1234" }, 1)
return kind, options, f

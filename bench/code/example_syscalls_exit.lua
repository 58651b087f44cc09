-- examples/syscalls.lua: a call that began before ends.
local kind, options, f, maps = dofile "bench/measure/example.lua" ("examples/syscalls.lua", { "1234" }, 2)
maps.began[1235] = 1000
return kind, options, f

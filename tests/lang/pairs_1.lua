-- Each construct in each sixth one, from number 1 on (lib_constructs.lua).
local lang = dofile "tests/lang/lib_pairs.lua"
lang.rows(1, 6)
lang.done()

-- Each construct in each sixth one, from number 2 on (lib_constructs.lua).
local lang = dofile "tests/lang/lib_pairs.lua"
lang.rows(2, 6)
lang.done()

-- Each construct in each sixth one, from number 4 on (lib_constructs.lua).
local lang = dofile "tests/lang/lib_pairs.lua"
lang.rows(4, 6)
lang.done()

-- Each construct in each sixth one, from number 6 on (lib_constructs.lua).
local lang = dofile "tests/lang/lib_pairs.lua"
lang.rows(6, 6)
lang.done()

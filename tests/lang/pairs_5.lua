-- Each construct in each sixth one, from number 5 on (lib_constructs.lua).
local lang = dofile "tests/lang/lib_pairs.lua"
lang.rows(5, 6)
lang.done()

-- Each construct in each sixth one, from number 3 on (lib_constructs.lua).
local lang = dofile "tests/lang/lib_pairs.lua"
lang.rows(3, 6)
lang.done()

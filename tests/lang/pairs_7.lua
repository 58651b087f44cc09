-- The rare constructs with those that stand for their sort (lib_constructs.lua, lib_pairs.lua), first half.
local lang = dofile "tests/lang/lib_pairs.lua"
lang.rare(1, 2)
lang.done()

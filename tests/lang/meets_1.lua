dofile "tests/lang/lib_meets.lua"(1, 2)

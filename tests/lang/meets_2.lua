dofile "tests/lang/lib_meets.lua"(2, 2)

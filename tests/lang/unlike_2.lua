dofile "tests/lang/lib_unlike.lua"(2, 2)

dofile "tests/lang/lib_unlike.lua"(1, 2)

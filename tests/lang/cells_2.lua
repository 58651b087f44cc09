dofile "tests/lang/lib_cells.lua".entries()

-- What is said of functions for uprobes, and of the C types of what they receive.
local diag = dofile "tests/diag/harness.lua"

diag.kind = "uprobe"
diag.case("more parameters than types", function(path, flags, mode) end, { args = "char *path, int flags" })
diag.case("a parameter, and no type", function(a) end, { args = "" })
diag.case("a method of a pointer", function(path) return path:sub(1) end, { args = "char *path" })
diag.case("a result", function(a) return a end)
diag.case("a float", function(a) end, { args = "double d, int a" })
diag.case("a struct", function(a) end, { args = "struct timespec t" })
diag.case("a misspelt type", function(a) end, { args = "itn a" })

diag.kind = "uretprobe"
diag.case("arguments at the return", function(ret, a) end)
diag.case("arguments' types at the return", function(ret) end, { args = "char *path, int flags" })
diag.case("a result of nothing", function(ret) end, { args = "void" })
diag.done()

-- Kernel code out of a module that the script requires.
local lang = dofile "tests/lang/harness.lua"
package.path = "tests/lang/?.lua;" .. package.path
local module = require "lib_module"
local other = setmetatable({ limit = 2 }, module)

lang.case { name = "a function, with one that the module keeps to itself", inputs = lang.each { 0, 7, 8, -1, 1 << 40 }, f = function(a)
	return module.classify(a), module.limit
end }
lang.case { name = "rows by a key", inputs = lang.each { 0, 1, 2, 3 }, f = function(a) return module.row(a) end }
lang.case { name = "methods, of it and of what has it as a metatable", inputs = lang.each { 0, 2, 3, 7, 8 }, f = function(a)
	return module:over(a), other:over(a)
end }
lang.case { name = "errors, with the module's lines", inputs = lang.each { 0, 1, 2, 3, 5 }, f = function(a) return module.checked(a) end }
lang.case { name = "what it calls, caught", inputs = lang.each { 0, 1, 2, 3, 5 }, f = function(a)
	local ok, v = pcall(module.checked, a)
	return ok, ok and v
end }
lang.done()

-- What a name gives of a text: what the table `string` holds, as the script left it, or nil; of texts alone, and of what may be
-- something else that has fields.
local lang = dofile "tests/lang/harness.lua"
local two = lang.pairs { 0, 1, 2, 3, 4, "nil", true }
local one = lang.each { 0, 1, 2, 3, 4, "nil", true }

local length = string.len
function string.twice(s) return s .. s end
function string.plus(s, n) return #s + (n or 0) end
function string.len(s) return length(s) + 100 end
string.size, string.version = length, 5

local names = { "a", "bcd", "efghi" }
local rows = { "text", { n = 4, len = 6 }, { n = 5 }, 7 }

-- ---- what the script put there ----

lang.case { name = "a method of its own", inputs = one, f = function(c)
	local s = c == 1 and "abc" or tostring(c)
	return #s:twice(), s:plus(3), #s:twice():twice()
end }
lang.case { name = "of one of several texts", inputs = one, f = function(c)
	local s = names[c]
	return s and #s:twice(), s and s.version
end }
lang.case { name = "of what may be nil", inputs = one, f = function(c)
	local s
	if c ~= 1 then s = "abc" end
	return s:plus(1)
end }
lang.case { name = "in the place of Lua's", inputs = one, f = function(c)
	local s = c == 1 and "abc" or "de"
	return s:len(), s.len(s), #s
end }
lang.case { name = "Lua's by another name", inputs = one, f = function(c)
	local s = c == 1 and "abc" or tostring(c)
	return s:size(), s.size("four"), s.size == nil
end }

-- ---- a text, or something else that has fields ----

lang.case { name = "a text or a table made here", inputs = two, f = function(c, d)
	local v = c and "abc" or { len = 3, n = d }
	return v.n, v.len == 3, v.none
end }
lang.case { name = "a text or a captured table", inputs = two, f = function(c, d)
	local v = c and tostring(d) or rows[2]
	return v.n, v.version
end }
lang.case { name = "a row, a text or a number", inputs = one, f = function(c)
	local v = rows[c]
	return v and v.n
end }
lang.case { name = "a row, a text or an error", inputs = one, f = function(c)
	local v = rows[c]
	return v.n, v.version
end }
lang.case { name = "a row, or the usual one", inputs = one, f = function(c)
	local v = rows[c] or { n = 7 }
	return type(v) ~= "number" and v.n, v == rows[1]
end }
local entry = bpf.map { "hash", name = "added_entry", key = "u32", value = "struct { u64 x; u32 n; }", entries = 4 }
lang.case { name = "a text or an entry", inputs = one, see = { entry }, setup = function() entry[1] = { x = 5, n = 7 } end, f = function(c)
	local v = c == 1 and "abc" or entry[c == 2 and 1 or 2]
	if v and v.n then v.n = v.n + 1 end
	return v and v.n
end }
lang.packets { name = "a text or a header", f = function(p)
	local v = p.tcp or "abc"
	return v.sport, v.dport == nil
end, inputs = { ("\0"):rep(60), ("\0"):rep(12) .. "\x08\0" .. "\x45\0\0\x28\0\0\0\0\x40\6\0\0\1\2\3\4\5\6\7\8" .. ("\0\1"):rep(6) ..
	"\x50\0" .. ("\0"):rep(6) } }
lang.done()

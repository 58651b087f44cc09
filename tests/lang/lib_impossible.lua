-- Pairs that lib_pairs.lua finds refused, as language.md says: what they are refused with, and which. One that compiles is a failure.

local refused = {
	-- language.md: the length of a list that may have holes is not certain in Lua either
	["the length of a table whose elements may be nil, with others behind them"] = {
		"byte in unpack of a table", "captured table in unpack of a table", "find in unpack of a table",
		"map of texts in unpack of a table", "payload byte in unpack of a table", "tonumber in unpack of a table",
	},
	-- by the kernel's rule: while an entry is locked nothing may call it, and maps, packets' text and events do
	["this calls into the kernel while an entry is locked"] = {
		"concat in locked", "entry in locked", "entry set in locked", "event in locked", "format in locked",
		"locked in locked", "map add in locked", "map delete in locked", "map get in locked",
		"map of maps in locked", "map of texts in locked", "map set in locked", "moved in locked",
		"order of texts in locked", "pairs of a map in locked", "per-CPU state in locked", "print in locked",
		"queue in locked", "rep in locked", "text as key in locked", "text grown in a loop in locked",
		"unpack in locked", "upper and lower in locked",
	},
	-- language.md: an entry is not used behind a write to its map, which may take its place
	["this entry was taken from the map before line 1 writes to it"] = {
		"entry set in entry",
	},
}

local impossible = {}
for text, names in pairs(refused) do
	for _, name in ipairs(names) do impossible[name] = text end
end
return impossible

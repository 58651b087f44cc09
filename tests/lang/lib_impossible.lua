-- Pairs that lib_pairs.lua finds refused, as language.md says: what they are refused with, and which. One that compiles is a failure.

local refused = {
	-- language.md: the length of a list that may have holes is not certain in Lua either
	["the length of a table whose elements may be nil, with others behind them"] = {
		"VLAN in unpack of a table", "byte in unpack of a table", "byte of an address in unpack of a table",
		"captured by much in unpack of a table", "captured table in unpack of a table", "captured text in table.concat",
		"captured twice in unpack of a table", "find in a view in unpack of a table", "find in unpack of a table",
		"le16 in unpack of a table", "map of texts in unpack of a table", "match in a view in table.concat",
		"match in table.concat", "number by a base in unpack of a table", "payload byte in unpack of a table",
		"plain find in a view in unpack of a table", "set of characters in table.concat", "tonumber in unpack of a table",
	},
	-- by the kernel's rule: while an entry is locked nothing may call it, and maps, packets' text and events do
	["this calls into the kernel while an entry is locked"] = {
		"LPM map added to in locked", "TCP written in locked", "LPM map in locked", "LPM map set in locked", "VXLAN written in locked",
		"address of either version in locked", "addresses in an entry in locked", "best entry in locked",
		"bytes set in locked", "captured by much in locked", "clone in locked", "concat in locked",
		"entries gone over in locked", "entry copied in locked", "entry in locked", "entry set in locked", "event in locked",
		"filter asked in locked", "filter in locked", "format in locked", "key of several fields in locked",
		"locked in locked", "map add in locked", "map delete in locked", "map get in locked", "map of maps in locked",
		"map of texts in locked", "map set in locked", "moved at the head in locked", "moved in locked",
		"number by a base in locked", "order of texts in locked", "packed in locked", "pairs of a map in locked",
		"pairs of much in locked", "pcall with arguments in locked", "per-CPU array in locked", "per-CPU entry in locked",
		"per-CPU hash in locked", "per-CPU hash read in locked", "per-CPU state in locked", "ports swapped in locked",
		"print in locked", "printed format in locked", "protocol of its own in locked", "queue in locked",
		"redirect by a map in locked", "redirect in locked", "rep in locked", "socket's own entry in locked",
		"socket's own in locked", "stack in locked", "table.concat in locked", "tables in a list in locked",
		"text as key in locked", "text grown in a loop in locked", "text in an entry in locked", "texts compared in locked",
		"time and chance in locked", "unpack in locked", "unpacked in locked", "upper and lower in locked",
		"user ring in locked", "xpcall with arguments in locked",
	},
	-- language.md: an entry is not used behind a write to its map, which may take its place
	["this entry was taken from the map before line 1 writes to it"] = {
		"entry copied in best entry", "entry copied in entries gone over", "entry copied in entry", "entry set in best entry",
		"entry set in entries gone over", "entry set in entry", "socket's own entry in socket's own entry",
	},
	-- language.md: up to 64 bytes, which are copied where a packet is written to later
	["what a loop puts into this list cannot be kept in memory"] = {
		"rep in tables in a list", "table.concat in tables in a list", "tables in a list in IPv6 written",
		"tables in a list in VLAN written", "tables in a list in bytes of the payload set", "tables in a list in packet write",
	},
	-- a constant by then
	["there is no network device 0"] = {
		"not in clone",
	},
	-- apart, as which it would compile, it takes more than the 64 KiB of what follows
	["which function is called here is known only at run time"] = {
		"table.concat in function by branch",
	},
	-- language.md: 64 KiB at a time; what a loop puts together may have 4,096 bytes each time
	["of scratch memory, and there are"] = {
		"table.concat in bytes set", "table.concat in key of several fields", "table.concat in pairs of a table",
		"table.concat in per-CPU entry", "table.concat in prefixes of a list", "table.concat in protocol of its own, written",
		"table.concat in text in an entry",
	},
}

local impossible = {}
for text, names in pairs(refused) do
	for _, name in ipairs(names) do impossible[name] = text end
end
return impossible

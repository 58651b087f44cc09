#!/bin/sh
# Fails on an #include that runs against the rooms' one direction: each room may include its own
# files, the public header, and the rooms listed for it here.
set -u
cd "$(dirname "$0")/.."
root=${1:-src}

awk -v root="$root" '
BEGIN {
	may["core"]   = "core"
	may["ir"]     = "ir core"
	may["front"]  = "front ir core"
	may["opt"]    = "opt ir core"
	may["bpf"]    = "bpf ir core"
	may["kern"]   = "kern core"
	may["hook"]   = "hook net stdlib ir kern core"  # whose tables its target names
	may["stdlib"] = "stdlib ir core"
	may["net"]    = "net ir core"
	may["api"]    = "*"
	may["lua"]    = "lua"
	may["cli"]    = "cli lua"
	may["."]      = "*"      # src/compile.c: the pipeline
	lua_ok["lua"] = lua_ok["cli"] = 1
}
function bad(why) {
	printf "%s:%d: %s: #include %s%s%s\n", FILENAME, FNR, why, open, file, open == "<" ? ">" : "\""
	failed++
}
FNR == 1 {
	room = substr(FILENAME, length(root) + 2)
	if (!sub(/\/.*/, "", room))
		room = "."
	if (!(room in may)) {
		printf "%s: no room is called \"%s\"\n", FILENAME, room
		failed++
	}
	files++
}
/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
	line = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", line)
	open = substr(line, 1, 1)
	file = substr(line, 2)
	sub(/[>"].*/, "", file)
	arrows++
	if (file ~ /^(lua|lualib|lauxlib|luaconf)\.h(pp)?$/) {
		if (!(room in lua_ok))
			bad("only src/lua and src/cli may include Lua")
		next
	}
	if (open == "<" || file == "perigee.h" || file == "core/mutant.h") # faults are put in everywhere
		next
	if (file ~ /\.\./) {
		bad("a path that climbs")
		next
	}
	to = file
	if (!sub(/\/.*/, "", to))
		to = room       # a file beside it
	if (may[room] == "*" || index(" " may[room] " ", " " to " "))
		next
	bad("src/" room " may not include src/" to)
}
END {
	if (!files) {
		print "no sources found under " root
		exit 1
	}
	if (failed)
		exit 1
	printf "includes: %d arrows in %d files\n", arrows, files
}' $(find "$root" -type f \( -name '*.[chS]' -o -name '*.def' \) | sort)

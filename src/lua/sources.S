/* sources.S - the parts of the module that are written in Lua, as text. */
	.section .rodata

.macro source name, file
	.global pgl_source_\name
	.global pgl_source_\name\()_end
	.hidden pgl_source_\name
	.hidden pgl_source_\name\()_end
pgl_source_\name:
	.incbin "lua/\file"
pgl_source_\name\()_end:
	.byte 0
.endm

	source test,   "test.lua"
	source library, "library.lua"
	source lines,  "lines.lua"
	source packet, "packet.lua"
	source pcap,   "pcap.lua"

	.section .note.GNU-stack, "", %progbits

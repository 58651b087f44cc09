/* tracing.h - what the targets of all tracing hooks share: no verdicts, a process, memory to read. */
#ifndef HOOK_TRACING_H
#define HOOK_TRACING_H

#include "ir/target.h"
#include "net/net.h"
#include "stdlib/stdlib.h"

static const struct ir_verdict tracing_verdicts[1];

#define TRACING_TARGET                                                                       \
	.verdicts = tracing_verdicts, .libs = stdlib_rows, .map_rows = stdlib_map_rows,      \
	.addr_rows = net_addr_rows, .cidr_rows = net_cidr_rows, .str_rows = stdlib_str_rows, \
	.caps = IR_CAP_TASK | IR_CAP_MEMORY, .enter = std_only_pid

#endif

/* tracing.h - what the targets of all tracing hooks share: no verdicts, a process, memory to read. */
#ifndef HOOK_TRACING_H
#define HOOK_TRACING_H

#include "hook/rows.h"

static const struct ir_verdict tracing_verdicts[1];

#define TRACING_TARGET                                                                       \
	.verdicts = tracing_verdicts, HOOK_ROWS,                                             \
	.caps = IR_CAP_TASK | IR_CAP_MEMORY, .enter = std_only_pid

#endif

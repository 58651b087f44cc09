/* rows.h - what the targets of all hooks share: what kernel code may call. */
#ifndef HOOK_ROWS_H
#define HOOK_ROWS_H

#include "ir/target.h"
#include "net/net.h"
#include "stdlib/stdlib.h"

#define HOOK_ROWS                                                                            \
	.libs = stdlib_rows, .map_rows = stdlib_map_rows, .addr_rows = net_addr_rows,        \
	.cidr_rows = net_cidr_rows, .str_rows = stdlib_str_rows, .lacks = stdlib_str_lacks, .prints = stdlib_str_prints, \
	.takes = stdlib_takes

#endif

/* stdlib.h - what kernel code may call: tables of rows, one row a function or method. */
#ifndef STDLIB_STDLIB_H
#define STDLIB_STDLIB_H

#include "ir/lower.h"
#include "ir/target.h"

extern const struct ir_lib stdlib_rows[];       /* functions: "math.ult", "bpf.ktime", "print" */
extern const struct ir_lib stdlib_map_rows[];   /* methods of maps; m[k] is "get", m[k] = v "set" */
extern const struct ir_lib stdlib_state_rows[]; /* "[]" and "[]=": st.f, st.f = v */
extern const struct ir_lib stdlib_event_rows[]; /* methods of event channels */

/* Kernel helpers (include/uapi/linux/bpf.h), by number. */
enum {
	HELPER_MAP_LOOKUP = 1,
	HELPER_MAP_UPDATE = 2,
	HELPER_MAP_DELETE = 3,
	HELPER_KTIME = 5,
	HELPER_RANDOM = 7,
	HELPER_CPU = 8,
	HELPER_RINGBUF_OUTPUT = 130,
};

/* rows' callbacks, by file */
bool std_print_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		    const struct ir_type *a, struct ir_type *out);
void std_print_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out);

#endif

/* stdlib.h - what kernel code may call: tables of rows, one row a function or method. */
#ifndef STDLIB_STDLIB_H
#define STDLIB_STDLIB_H

#include "ir/lower.h"
#include "ir/target.h"

extern const struct ir_lib stdlib_rows[];       /* functions: "math.ult", "bpf.ktime", "print" */
extern const struct ir_lib *const stdlib_map_rows[]; /* by enum pg_map_role */
extern const struct ir_lib stdlib_keyed_rows[]; /* methods of maps; m[k] is "get", m[k] = v "set" */
extern const struct ir_lib stdlib_state_rows[]; /* "[]" and "[]=": st.f, st.f = v */
extern const struct ir_lib stdlib_event_rows[]; /* methods of event channels */
extern const struct ir_lib stdlib_queue_rows[], stdlib_filter_rows[], stdlib_redirect_rows[];

/* Kernel helpers (include/uapi/linux/bpf.h), by number. */
enum {
	HELPER_MAP_LOOKUP = 1,
	HELPER_MAP_UPDATE = 2,
	HELPER_MAP_DELETE = 3,
	HELPER_KTIME = 5,
	HELPER_RANDOM = 7,
	HELPER_CPU = 8,
	HELPER_PID_TGID = 14,
	HELPER_UID_GID = 15,
	HELPER_COMM = 16,
	HELPER_CGROUP_ID = 80,
	HELPER_MAP_PUSH = 87,
	HELPER_SPIN_LOCK = 93,
	HELPER_SPIN_UNLOCK = 94,
	HELPER_MAP_POP = 88,
	HELPER_MAP_PEEK = 89,
	HELPER_PROBE_READ_USER = 112,
	HELPER_PROBE_READ_KERNEL = 113,
	HELPER_PROBE_READ_USER_STR = 114,
	HELPER_PROBE_READ_KERNEL_STR = 115,
	HELPER_NS_PID_TGID = 120,
	HELPER_RINGBUF_OUTPUT = 130,
};

/* Of what the process is called: imm of its rows. */
enum { STD_PID, STD_TID, STD_UID, STD_GID };

/* Ends the program where it runs for another process than unit->only_pid; for ir_target.enter. */
void std_only_pid(struct lw *w);
/* Stack bytes for a text of up to cap bytes and its NUL, zeroed; and the text that was put there. */
ir_ref std_text_slot(struct lw *w, uint32_t cap);
struct lw_val std_text(struct lw *w, ir_ref slot, uint32_t cap);

/* rows' callbacks, by file */
bool std_print_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		    const struct ir_type *a, struct ir_type *out);
void std_print_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out);
void std_pid_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		   struct lw_val *out);
void std_uid_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		   struct lw_val *out);
void std_comm_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		    struct lw_val *out);
bool std_entry_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		    const struct ir_type *a, struct ir_type *out);
void std_entry_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out);
void std_lock_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		    struct lw_val *out);
bool std_str_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		  const struct ir_type *a, struct ir_type *out);
void std_str_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		   struct lw_val *out);

#endif

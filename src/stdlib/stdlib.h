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
extern const struct ir_lib stdlib_queue_rows[], stdlib_filter_rows[], stdlib_redirect_rows[], stdlib_outer_rows[],
	stdlib_storage_rows[], stdlib_socket_rows[], stdlib_ring_rows[];
extern const struct ir_lib stdlib_str_rows[];   /* methods of strings, string.NAME */
bool stdlib_is_str_row(const struct ir_lib *row);
bool stdlib_str_prints(const struct ir_lib *row, const pg_value *format);
enum ir_taken stdlib_takes(const struct ir_lib *row, const pg_value *first, uint32_t i);
int stdlib_str_lacks(const struct ir_lib *row, const pg_value *format, uint32_t given, pg_value *before);

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
	HELPER_SK_RELEASE = 86,
	HELPER_MAP_PUSH = 87,
	HELPER_SPIN_LOCK = 93,
	HELPER_SK_FULLSOCK = 95,
	HELPER_SK_STORAGE_GET = 107,
	HELPER_SK_STORAGE_DELETE = 108,
	HELPER_SPIN_UNLOCK = 94,
	HELPER_MAP_POP = 88,
	HELPER_MAP_PEEK = 89,
	HELPER_PROBE_READ_USER = 112,
	HELPER_PROBE_READ_KERNEL = 113,
	HELPER_PROBE_READ_USER_STR = 114,
	HELPER_PROBE_READ_KERNEL_STR = 115,
	HELPER_NS_PID_TGID = 120,
	HELPER_SK_ASSIGN = 124,
	HELPER_RINGBUF_OUTPUT = 130,
	HELPER_TASK_STORAGE_GET = 156,
	HELPER_TASK_STORAGE_DELETE = 157,
	HELPER_TASK_BTF = 158,
	HELPER_CGRP_STORAGE_GET = 210,
	HELPER_CGRP_STORAGE_DELETE = 211,
};

/* Of what the process is called: imm of its rows. */
enum { STD_PID, STD_TID, STD_UID, STD_GID };
/* Which way a float becomes an integer: likewise. */
enum { STD_TOINTEGER, STD_FLOOR, STD_CEIL };

/* Ends the program where it runs for another process than unit->only_pid; for ir_target.enter. */
void std_only_pid(struct lw *w);
/* Stack bytes for a text of up to cap bytes and its NUL, zeroed; and the text that was put there. */
ir_ref std_text_slot(struct lw *w, uint32_t cap);
struct lw_val std_text(struct lw *w, ir_ref slot, uint32_t cap);

/* rows' callbacks, by file */
bool std_print_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		    const struct ir_type *a, struct ir_type *out);
/* strings */
/* Argument i as an integer, `none` where it is nil or not given; where a part that starts there starts (from
 * 1) in a string of that length. */
struct lw_val std_int_or(struct lw *w, uint32_t n, const struct lw_val *args, uint32_t i, int64_t none);
ir_ref std_first(struct lw *w, const struct lw_val *i, ir_ref len);
/* A string that may be of several kinds is refused. most: of a string. */
bool std_one_string(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a);
uint32_t std_most(const struct ir_type *a);
/* Is it a constant text on each way, and it is not known which one? */
bool std_several_constants(const struct ir_type *a);
/* A text of `least` to `most` bytes; where it may be too long, that is seen at run time. */
bool std_text_type(struct infer *in, uint32_t site, uint32_t least, uint32_t most, struct ir_type *out);
/* Is the value one that has a text? */
bool std_textual(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a);
void std_give(struct infer *in, const char *s, size_t n, struct ir_type *out); /* a constant text */
/* A part of at most so many bytes of a string: where it was, if it can be there. */
struct ir_type std_part(const struct ir_type *a, uint32_t most);
bool std_trunc_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		    struct ir_type *out);
void std_trunc_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out);
bool std_tostring_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out);
void std_tostring_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out);
bool std_message_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		      struct ir_type *out);
void std_message_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out);
bool std_keep_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out);
void std_keep_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out);
bool std_format_prints(const pg_value *format); /* Is it one that only the user half can follow? */
enum ir_taken std_format_takes(const pg_value *format, uint32_t i);
int std_format_lacks(const pg_value *format, uint32_t given, pg_value *before);
bool std_format_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out);
void std_format_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out);
bool std_case_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out);
void std_case_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out);
bool std_rep_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out);
void std_rep_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out);
bool std_char_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out);
void std_char_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out);
enum ir_taken std_pack_takes(const pg_value *format, uint32_t i);
int std_pack_lacks(const pg_value *format, uint32_t given, pg_value *before);
bool std_pack_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out);
void std_pack_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out);
bool std_packsize_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		       struct ir_type *out);
bool std_unpack_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out);
void std_unpack_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out);
enum { STD_FIND, STD_MATCH, STD_NEXT };
bool std_gmatch_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out);
void std_gmatch_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out);
bool std_find_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out);
void std_find_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		    struct lw_val *out);

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
bool std_number_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		     const struct ir_type *a, struct ir_type *out);
bool std_tonumber_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		       const struct ir_type *a, struct ir_type *out);
void std_tonumber_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			struct lw_val *out);
/* The integer that a text is, or nil, for a join of both; base 0: as Lua writes numbers. Floats raise. */
void std_numeral(struct lw *w, const struct lw_str *str, unsigned base, struct lw_join *j);
void std_number_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out);

#endif

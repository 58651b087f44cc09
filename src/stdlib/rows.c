/* rows.c - library functions of kernel code: integer math, type, print, and bpf's own. */
#include "stdlib/stdlib.h"

#define INT IR_BIT(IR_INT)
#define NIL IR_BIT(IR_NIL)
#define STR IR_BIT(IR_STR)
#define FLOAT IR_BIT(IR_FLOAT)
#define TASK (IR_E_READ | IR_CAP_TASK)
#define MEMORY (IR_E_READ | IR_CAP_MEMORY)


static void is_const(struct infer *in, struct ir_type *out, const pg_value *k, uint64_t kinds)
{
	(void)in;
	*out = (struct ir_type){ .kinds = kinds, .k = k, .cap = k->kind == PG_STR ? k->n : 0 };
}

static bool all_ints(uint32_t n, const struct ir_type *a)
{
	for (uint32_t i = 0; i < n; i++)
		if (!a[i].k || a[i].k->kind != PG_INT)
			return false;
	return true;
}

/* ---- math ---- */

static bool ult_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		     const struct ir_type *a, struct ir_type *out)
{
	(void)row, (void)site;
	if (all_ints(n, a)) {
		bool b = (uint64_t)a[0].k->i < (uint64_t)a[1].k->i;
		is_const(in, out, infer_const(in, (pg_value){ .kind = b ? PG_TRUE : PG_FALSE }),
			 IR_BIT(b ? IR_TRUE : IR_FALSE));
	}
	return true;
}

static void ult_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	(void)row, (void)n;
	*out = lw_bool(w, IR_ULT, lw_int_word(w, &args[0]), lw_int_word(w, &args[1]));
}

/* |a|, of the minimum integer itself: it wraps, as in Lua */
static void abs_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	(void)row, (void)n;
	ir_ref a = lw_int_word(w, &args[0]), sign = lw_op2i(w, IRO(sar64), a, 63);
	*out = lw_int(lw_op2(w, IRO(sub64), lw_op2(w, IRO(xor64), a, sign), sign));
}

/* Lua compares the arguments and looks at none alone. */
static bool extreme_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
			 const struct ir_type *a, struct ir_type *out)
{
	(void)out;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t wrong = a[i].kinds & (a[i].kinds & INT && n > 1 ? IR_STRINGS | IR_BIT(IR_FLOAT) : ~INT);
		if (wrong)
			return infer_refuse(in, site, ON_VALUES, "give it integers", "argument #%u of '%s' %s a %s here", i + 1,
				row->name, a[i].kinds & INT ? "may be" : "is", wrong & IR_BIT(IR_FLOAT) ? "float" :
				infer_called(in, &a[i], wrong)), false;
	}
	return true;
}

static void extreme_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			  struct lw_val *out)
{
	struct lw_val best = args[0];
	for (uint32_t i = 1; i < n; i++) {
		const struct lw_val *x = &args[i];
		ir_blk mine = lw_block(w, 0), keep = lw_block(w, 0), end = lw_block(w, 1);
		uint32_t site = w->site;
		if ((best.kinds | x->kinds) != INT)
			w->site = 0; /* raised in C, Lua's error has no position */
		lw_less(w, row->imm ? &best : x, row->imm ? x : &best, mine, keep);
		w->site = site;
		struct lw_val a = lw_narrow(w, x, INT), b = lw_narrow(w, &best, INT);
		lw_enter(w, mine);
		ir_ref v = lw_int_word(w, &a);
		lw_jmp(w, end, 1, &v);
		lw_enter(w, keep);
		v = lw_int_word(w, &b);
		lw_jmp(w, end, 1, &v);
		lw_enter(w, end);
		best = lw_int(lw_param(w, end, 0));
	}
	*out = best;
}

/* C's remainder, towards zero */
static void fmod_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		       struct lw_val *out)
{
	(void)n;
	ir_ref a = lw_int_word(w, &args[0]), b = lw_int_word(w, &args[1]);
	lw_raise_if(w, IR_EQ, b, lw_imm(w, 0), "bad argument #2 to '%s' (zero)", lw_callee_name(w, row));
	ir_blk minus = lw_block(w, 0), plain = lw_block(w, 0), end = lw_block(w, 1);
	lw_bri(w, IR_EQ, b, -1, minus, plain);
	lw_enter(w, minus);
	ir_ref v = lw_imm(w, 0);
	lw_jmp(w, end, 1, &v);
	lw_enter(w, plain);
	v = lw_op2(w, IRO(smod64), a, b);
	lw_jmp(w, end, 1, &v);
	lw_enter(w, end);
	*out = lw_int(lw_param(w, end, 0));
}

/* ---- kinds as text: one constant for each kind that the value may be of ---- */

static const pg_value *text_const(struct arena *a, const char *s)
{
	pg_value *v = arena_new(a, pg_value);
	*v = (pg_value){ .kind = PG_STR, .str = s, .n = (uint32_t)strlen(s) };
	return v;
}

/* Lua's type() of a kind: views and addresses are userdata. */
static const char *type_name(unsigned kind)
{
	switch (kind) {
	case IR_NIL: return "nil";
	case IR_FALSE: case IR_TRUE: return "boolean";
	case IR_INT: case IR_FLOAT: return "number";
	case IR_STR: case IR_SLICE: case IR_TEXT: case IR_LONG: case IR_MSG: return "string";
	case IR_FUNC: return "function";
	case IR_REC: return "table";
	default: return "userdata";
	}
}

/* math.type(): NULL is nil */
static const char *number_name(unsigned kind)
{
	return kind == IR_INT ? "integer" : kind == IR_FLOAT ? "float" : NULL;
}

static const char *name_of(const struct ir_lib *row, unsigned kind)
{
	return row->imm ? number_name(kind) : type_name(kind);
}

static bool kind_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		      const struct ir_type *a, struct ir_type *out)
{
	const char *only = NULL;
	uint64_t kinds = 0;
	bool first = true, same = true;
	(void)n;
	if (a[0].kinds & IR_BIT(IR_HOST) && (!a[0].k || a[0].k->kind == PG_HOST))
		return infer_refuse(in, site, ON_TABLES, "ask in the user half and capture the answer",
				    "what '%s' gives of this host value is not known", row->name), false;
	if (a[0].kinds & IR_BIT(IR_HOST) && a[0].k->kind == PG_TABLE) {
		only = row->imm ? NULL : "table";
		kinds = only ? STR : NIL;
	} else {
		for (uint64_t left = a[0].kinds; left; left &= left - 1) {
			const char *name = name_of(row, ir_first_kind(left));
			same &= first || (name && only ? !strcmp(name, only) : name == only);
			only = name;
			first = false;
			kinds |= name ? STR : NIL;
		}
	}
	if (same && only)
		is_const(in, out, text_const(infer_unit(in)->arena, only), STR);
	else if (same)
		is_const(in, out, infer_const(in, (pg_value){ .kind = PG_NIL }), NIL);
	else
		*out = (struct ir_type){ .kinds = kinds, .cap = 8 };
	return true;
}

static void kind_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		       struct lw_val *out)
{
	(void)n;
	struct lw_join j = lw_join_new(w, out->kinds, out->cap);
	for (uint64_t left = args[0].kinds; left; left &= left - 1) {
		unsigned k = ir_first_kind(left);
		ir_blk mine = lw_block(w, 0), next = lw_block(w, 0);
		struct lw_val rest = args[0];
		rest.kinds = left;
		lw_br_kind(w, &rest, IR_BIT(k), mine, next);
		lw_enter(w, mine);
		const char *name = name_of(row, k);
		struct lw_val v = name ? lw_const(w, text_const(w->unit->arena, name)) : lw_nil();
		lw_join_add(w, &j, &v);
		lw_enter(w, next);
	}
	lw_raise(w, "%s", "a value of no kind"); /* never reached */
	*out = lw_join_end(w, &j);
}

/* ---- bpf.* ---- */

static void helper_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			 struct lw_val *out)
{
	(void)n, (void)args;
	ir_ref v = lw_helper(w, row->imm, 0, NULL);
	bool whole = row->imm == HELPER_KTIME || row->imm == HELPER_CGROUP_ID;
	*out = lw_int(whole ? v : lw_op1(w, IRO(zext32), v));
}

/* bpf.ip, bpf.mac, bpf.cidr of constant text, the first two of an integer; imm: which */
enum { AS_IP, AS_MAC, AS_CIDR };

static bool addr_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		      const struct ir_type *a, struct ir_type *out)
{
	static int (*const parse[])(const char *, pg_value *) = { pg_parse_ip, pg_parse_mac, pg_parse_cidr };
	static const char *const what[] = { "an IP address", "a MAC address", "a prefix" };
	static const char *const like[] = { "one is \"10.0.0.1\" or \"2001:db8::1\"", "one is \"02:00:00:00:00:01\"",
					    "one is \"10.0.0.0/8\" or \"2001:db8::/32\"" };
	pg_value v;
	(void)n;
	bool number = row->imm != AS_CIDR;
	if (number && a[0].kinds & INT && !(a[0].kinds & ~(INT | IR_FALSY | IR_BOOL)))
		return true;
	if (!a[0].k || a[0].k->kind != PG_STR)
		return number && a[0].kinds & INT ? infer_refuse(in, site, ON_STRINGS, "test that it is an integer first",
				"'%s' takes an integer, or text known when it is compiled", row->name)
		       : number ? infer_refuse(in, site, ON_STRINGS, "compute it in the user half and capture it",
				"'%s' takes an integer, or text known when it is compiled", row->name)
		       : infer_refuse(in, site, ON_STRINGS, "compute it in the user half and capture it",
				"'%s' takes text known when it is compiled", row->name), false;
	if (parse[row->imm](a[0].k->str, &v) < 0)
		return infer_error(in, site, like[row->imm], "\"%s\" is not %s", a[0].k->str, what[row->imm]), false;
	is_const(in, out, infer_const(in, v), IR_BIT(ir_kind_of(v.kind)));
	return true;
}

/* The argument of bpf.ip and bpf.mac, which is no text. */
static ir_ref address_word(struct lw *w, const struct ir_lib *row, const struct lw_val *arg)
{
	struct lw_val v = lw_check_kind(w, arg, INT, arena_printf(w->unit->arena, "bad argument #1 to '%s' (string expected, got %%K)",
								 lw_callee_name(w, row)));
	return lw_int_word(w, &v);
}

static void ip_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out)
{
	(void)n;
	ir_ref v = address_word(w, row, &args[0]);
	lw_raise_if(w, IR_UGT, v, lw_imm(w, UINT32_MAX), "bad argument #1 to '%s' (an IPv4 address has 32 bits)",
		    lw_callee_name(w, row));
	v = lw_op1(w, IRO(be32), v);
	*out = lw_words(IR_IP4, 1, &v);
}

static const int64_t MAC_MOST = 0xffffffffffff;

static void mac_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	(void)n;
	ir_ref v = address_word(w, row, &args[0]);
	lw_raise_if(w, IR_UGT, v, lw_imm(w, MAC_MOST), "bad argument #1 to '%s' (a MAC address has 48 bits)",
		    lw_callee_name(w, row));
	v = lw_mac_turned(w, v);
	*out = lw_words(IR_MAC, 1, &v);
}

/* ---- captured tables, of which all is known ---- */

static const pg_value *known_table(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *a)
{
	if (a->k && a->k->kind == PG_TABLE)
		return a->k;
	infer_refuse(in, site, ON_TABLES, "index it, or take its length: t[k], #t", "'%s' takes a captured table in kernel "
		     "code", row->name);
	return NULL;
}

static bool known_key(const struct ir_type *a, pg_value *out)
{
	if (a->k)
		*out = *a->k;
	return a->k && a->k->kind <= PG_STR && a->k->kind != PG_FLOAT;
}

static bool rawget_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
			const struct ir_type *a, struct ir_type *out)
{
	struct ir_unit *u = infer_unit(in);
	const pg_value *t = known_table(in, row, site, &a[0]), *kv = NULL;
	uint32_t pairs = 0;
	pg_value key, found = { .kind = PG_NIL };
	(void)n;
	if (!t)
		return false;
	if (!known_key(&a[1], &key) || u->source->own(u, t->id, &kv, &pairs) < 0)
		return infer_refuse(in, site, ON_TABLES, "write t[k]; or let the table have no metatable", "'%s' takes a constant "
				    "key, and a table whose own pairs are known", row->name), false;
	for (uint32_t i = 0; i < pairs; i++)
		if (ir_same_value(&kv[2 * i], &key))
			found = kv[2 * i + 1];
	is_const(in, out, infer_const(in, found), IR_BIT(ir_kind_of(found.kind)));
	return true;
}

static bool rawlen_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
			const struct ir_type *a, struct ir_type *out)
{
	struct ir_unit *u = infer_unit(in);
	const pg_value *t = a[0].k;
	int64_t len;
	(void)n;
	if (!t && !(a[0].kinds & ~IR_STRINGS)) {
		if (!std_most(a))
			is_const(in, out, infer_const(in, (pg_value){ .kind = PG_INT }), INT);
		return true;
	}
	if (!t || (t->kind != PG_STR && t->kind != PG_TABLE))
		return infer_refuse(in, site, ON_TABLES, "write #v; or test first that it is a text: if s then ... rawlen(s) ... end",
				    "'%s' takes a captured table, or what is sure to be a text, in kernel code", row->name), false;
	if (t->kind == PG_STR)
		len = t->n;
	else if (u->source->len(u, t->id, &len) < 0)
		return infer_refuse(in, site, ON_TABLES, "take it in the user half and capture the number",
				    "'%s' of a table with a metatable is not known in kernel code", row->name), false;
	is_const(in, out, infer_const(in, (pg_value){ .kind = PG_INT, .i = len }), INT);
	return true;
}

/* Of a text; those of tables are known. */
static void rawlen_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			 struct lw_val *out)
{
	const struct lw_val text = lw_str_one(w, &args[0]);
	(void)row, (void)n;
	*out = lw_int(lw_str_len(w, &text));
}

/* What is known needs no code: results are looked at by their types. */
static void known_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			struct lw_val *out)
{
	(void)w, (void)row, (void)n, (void)args, (void)out;
}

const struct ir_lib stdlib_rows[] = {
	{ "math.ult", 2, 2, { INT, INT }, IR_BOOL, 0, 0, ult_type, ult_lower, 0, "unsigned a < b" },
	{ "math.abs", 1, 1, { INT }, INT, 0, IR_REAL, NULL, abs_lower, 0, "absolute value" },
	{ "math.max", 1, -1, { 0 }, INT, 0, IR_E_RAISE, extreme_type, extreme_lower, 1, "greatest argument" },
	{ "math.min", 1, -1, { 0 }, INT, 0, IR_E_RAISE | IR_LEAST, extreme_type, extreme_lower, 0, "least argument" },
	{ "math.fmod", 2, 2, { INT, INT }, INT, 0, IR_E_RAISE | IR_REAL, NULL, fmod_lower, 0, "remainder towards zero" },
	{ "math.type", 1, 1, { 0 }, NIL | STR, 8, IR_TELLS, kind_type, kind_lower, 1, "\"integer\", or nil" },
	{ "math.tointeger", 1, 1, { 0 }, INT | NIL, 0, 0, std_number_type, std_number_lower, STD_TOINTEGER,
	  "an integer as it is, else nil" },
	{ "math.floor", 1, 1, { INT | FLOAT }, INT, 0, IR_REAL, std_number_type, std_number_lower, STD_FLOOR,
	  "an integer as it is" },
	{ "math.ceil", 1, 1, { INT | FLOAT }, INT, 0, IR_REAL, std_number_type, std_number_lower, STD_CEIL,
	  "an integer as it is" },
	{ "tonumber", 1, 2, { 0, INT | NIL, 0 }, INT | NIL, 0, IR_BYTES, std_tonumber_type, std_tonumber_lower, 0,
	  "an integer as it is, text converted, else nil; text that is a float raises" },
	{ "type", 1, 1, { 0 }, STR, 8, IR_CALM | IR_TELLS, kind_type, kind_lower, 0, "kind of a value, as text" },
	{ "tostring", 1, 1, { 0 }, IR_STRINGS, 0, IR_BYTES | IR_BOUNDED, std_tostring_type, std_tostring_lower, 0, "a value as text" },
	{ "string.char", 0, -1, { INT, INT, INT, INT }, IR_BIT(IR_TEXT), 0, IR_E_RAISE | IR_IN_TURN, std_char_type, std_char_lower, 0,
	  "the text of these bytes" },
	{ "rawget", 2, 2, { 0 }, IR_ANY, 0, 0, rawget_type, known_lower, 0, "t[k] of a captured table, without __index" },
	{ "rawequal", 2, 2, { 0 }, IR_ANY, 0, 0, NULL, NULL, IR_EXPAND_RAWEQUAL, "a == b, without __eq" },
	{ "rawlen", 1, 1, { 0 }, INT, 0, IR_BYTES, rawlen_type, rawlen_lower, 0, "#t of a captured table, or of a text" },
	{ "print", 0, -1, { 0 }, 0, 0, IR_E_WRITE | IR_PRINTS, std_print_type, std_print_lower, 0,
	  "sends its arguments to the user half, which prints them" },
	{ "error", 0, 2, { 0, INT | NIL, 0 }, IR_ANY, 0, IR_E_RAISE, NULL, NULL, IR_EXPAND_ERROR, "raises a run-time error" },
	{ "pcall", 1, -1, { 0 }, IR_ANY, 0, 0, NULL, NULL, IR_EXPAND_PCALL,
	  "calls a function: true and its results, or false and the error that it raised" },
	{ "xpcall", 2, -1, { 0 }, IR_ANY, 0, 0, NULL, NULL, IR_EXPAND_XPCALL,
	  "calls the first function: true and its results, or false and what the second makes of the error" },
	{ "assert", 1, -1, { 0 }, IR_ANY, 0, IR_E_RAISE, NULL, NULL, IR_EXPAND_ASSERT,
	  "all its arguments; raises the second when the first is nil or false" },
	{ "select", 1, -1, { 0 }, IR_ANY, 0, IR_E_RAISE, NULL, NULL, IR_EXPAND_SELECT,
	  "how many arguments follow, or those from one on" },
	{ "pairs", 1, 1, { 0 }, IR_ANY, 0, 0, NULL, NULL, IR_EXPAND_PAIRS,
	  "for k, v in pairs(m): goes over a map, or over a captured table" },
	{ "ipairs", 1, 1, { 0 }, IR_ANY, 0, 0, NULL, NULL, IR_EXPAND_IPAIRS,
	  "for i, v in ipairs(t): goes over t[1], t[2] ... up to the first nil" },
	{ "table.pack", 0, -1, { 0 }, IR_ANY, 0, 0, NULL, NULL, IR_EXPAND_PACK, "a table of its arguments, with their number n" },
	{ "table.unpack", 1, 3, { 0, INT | NIL, INT | NIL }, IR_ANY, 0, 0, NULL, NULL, IR_EXPAND_UNPACK, "the elements of a table" },
	{ "table.insert", 2, 3, { 0 }, IR_ANY, 0, IR_E_RAISE, NULL, NULL, IR_EXPAND_INSERT, "t[#t + 1] = v" },
	{ "next", 2, 2, { 0 }, IR_ANY, 0, IR_E_READ, NULL, NULL, IR_EXPAND_NEXT, "what pairs gives: for k, v in next, t" },
	{ "for iterator", 2, 2, { 0 }, IR_ANY, 0, IR_E_READ, NULL, NULL, IR_EXPAND_STEP, "what ipairs gives" },
	{ "bpf.ktime", 0, 0, { 0 }, INT, 0, IR_E_READ | IR_CALM, NULL, helper_lower, HELPER_KTIME,
	  "nanoseconds since boot, not counting suspend" },
	{ "bpf.cpu", 0, 0, { 0 }, INT, 0, IR_E_READ | IR_CALM, NULL, helper_lower, HELPER_CPU, "number of this CPU" },
	{ "bpf.random", 0, 0, { 0 }, INT, 0, IR_E_READ | IR_CALM, NULL, helper_lower, HELPER_RANDOM, "random 32 bits" },
	{ "bpf.pid", 0, 0, { 0 }, INT, 0, TASK, NULL, std_pid_lower, STD_PID,
	  "the process, as the script's PID namespace numbers it" },
	{ "bpf.tid", 0, 0, { 0 }, INT, 0, TASK, NULL, std_pid_lower, STD_TID, "the thread, likewise" },
	{ "bpf.uid", 0, 0, { 0 }, INT, 0, TASK, NULL, std_uid_lower, STD_UID, "user of the process" },
	{ "bpf.gid", 0, 0, { 0 }, INT, 0, TASK, NULL, std_uid_lower, STD_GID, "group of the process" },
	{ "bpf.comm", 0, 0, { 0 }, STR, 16, TASK, NULL, std_comm_lower, 0, "name of the thread" },
	{ "bpf.cgroup_id", 0, 0, { 0 }, INT, 0, TASK, NULL, helper_lower, HELPER_CGROUP_ID,
	  "number of the process's cgroup (version 2)" },
	{ "bpf.str", 1, 2, { INT, INT }, STR, LW_MAXSTR, MEMORY, std_str_type, std_str_lower,
	  HELPER_PROBE_READ_USER_STR, "text at an address of the process, up to 64 bytes or as many as said" },
	{ "bpf.kstr", 1, 2, { INT, INT }, STR, LW_MAXSTR, MEMORY, std_str_type, std_str_lower,
	  HELPER_PROBE_READ_KERNEL_STR, "text at an address of the kernel, likewise" },
	{ "bpf.ip", 1, 1, { 0 }, IR_BIT(IR_IP4), 0, 0, addr_type, ip_lower, AS_IP,
	  "address of constant text, or of a host-order integer" },
	{ "bpf.mac", 1, 1, { 0 }, IR_BIT(IR_MAC), 0, 0, addr_type, mac_lower, AS_MAC, "MAC address, likewise" },
	{ "bpf.trunc", 2, 2, { IR_STRINGS, INT }, IR_STRINGS, 0, IR_BYTES, std_trunc_type, std_trunc_lower, 0,
	  "the first n bytes of a string, or all of it" },
	{ "bpf.cidr", 1, 1, { 0 }, IR_BIT(IR_HOST), 0, 0, addr_type, NULL, AS_CIDR, "prefix of constant text" },
	/* a string of the packet that outlives a write to it; no script can name it */
	{ "(keep)", 1, 1, { 0 }, IR_ANY, 0, 0, std_keep_type, std_keep_lower, 0, "a copy of a string" },
	/* the message of an error that is asked for its bytes; likewise */
	/* what a handler that raised again and again is handed to; likewise */
	{ "(handle)", 2, 2, { 0 }, IR_ANY, 0, 0, NULL, NULL, IR_EXPAND_HANDLE, "what a handler makes of an error, in the end" },
	{ "(message)", 1, 1, { 0 }, IR_ANY, 0, 0, std_message_type, std_message_lower, 0, "the text of a message" },
	/* what m:locked(k, f) becomes; no script can name them */
	{ "(entry)", 2, 2, { 0 }, NIL, 0, IR_E_READ | IR_E_RAISE, std_entry_type, std_entry_lower, 0, "an entry that has a lock" },
	{ "(lock)", 2, 2, { 0 }, NIL, 0, IR_E_WRITE, NULL, std_lock_lower, HELPER_SPIN_LOCK, "locks it" },
	{ "(unlock)", 2, 2, { 0 }, NIL, 0, IR_E_WRITE, NULL, std_lock_lower, HELPER_SPIN_UNLOCK, "unlocks it" },
	{ 0 },
};

/* ---- texts in the place of numbers ---- */

/* Of select the number, which is none where the text begins with #. */
static enum ir_taken select_takes(const pg_value *first, uint32_t i)
{
	return i || !first || (first->kind == PG_STR && first->n && *first->str == '#') ? IR_NOT_TAKEN : IR_AS_INTEGER;
}

enum ir_taken stdlib_takes(const struct ir_lib *row, const pg_value *first, uint32_t i)
{
	const size_t rows = sizeof(stdlib_rows) / sizeof(*stdlib_rows);
	const bool function = row >= stdlib_rows && row < stdlib_rows + rows, method = !function && stdlib_is_str_row(row);
	if (row->type == std_format_type || row->type == std_pack_type)
		return !first || !i ? IR_NOT_TAKEN : row->type == std_pack_type ? std_pack_takes(first, i) : std_format_takes(first, i);
	if (function && ir_lib_expands(row) && row->imm == IR_EXPAND_SELECT)
		return select_takes(first, i);
	if (!(function || method))
		return IR_NOT_TAKEN;
	if (i < method)
		return IR_AS_TEXT;
	const uint64_t want = row->args[i - method < 4 ? i - method : 3];
	if (!(want & INT) == !(want & IR_STRINGS))
		return IR_NOT_TAKEN;
	return want & IR_STRINGS ? IR_AS_TEXT : row->effects & IR_REAL ? IR_AS_FLOAT : IR_AS_INTEGER;
}

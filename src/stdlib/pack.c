/*
 * pack.c - string.pack(format, ...), string.packsize(format).
 *
 * Integers and zeros that follow each other are put together in registers, a text of up to 64 bytes; strings are
 * pieces of their own.
 */
#include "stdlib/stdlib.h"

#include <errno.h>
#include "stdlib/wire.h"

#include "core/mutant.h"
#include "core/refusal.h"

#define INT IR_BIT(IR_INT)

enum { WORD = 8 };

static bool takes(const struct wire_field *f) { return f->what != WIRE_SKIP; }

/* ---- types ---- */

static bool read_pack(struct infer *in, const struct ir_lib *row, uint32_t site, const struct ir_type *format,
		      struct wire_field *f, uint32_t *count)
{
	if (std_several_constants(format))
		return infer_refuse(in, site, ON_STRINGS, "let a table hold functions, up to 256 of them: local function by(f) return "
				    "function(n) return string.pack(f, n) end end and t[k] = by(\">I2\") outside, then t[k](n)",
				    "the format of '%s' is one of several constants: more than 256, used too often, or changed by a loop",
				    row->name), false;
	if (!format->k || format->k->kind != PG_STR)
		return infer_refuse(in, site, ON_STRINGS, "write the format into the call, or capture it",
				    "the format of '%s' is known only at run time", row->name), false;
	const struct refusal *wrong = wire_read(format->k, f, count);
	if (wrong)
		return diag_advise(infer_error(in, site, wrong->help, "the format of '%s': %s", row->name, wrong->text), wrong), false;
	return true;
}

/* Can the value be packed so? *most: into how many bytes. */
static bool packable(struct infer *in, uint32_t site, uint32_t i, const struct wire_field *f, const struct ir_type *a,
		     uint32_t *most)
{
	uint64_t good = f->what == WIRE_INT ? INT : IR_STRINGS | INT;
	uint64_t wrong = a->kinds & (f->what == WIRE_INT ? IR_ALL_STRINGS | IR_BIT(IR_FLOAT) : IR_BIT(IR_FLOAT) | IR_BIT(IR_MSG));
	if (wrong || !(a->kinds & good))
		return infer_refuse(in, site, ON_STRINGS, "give it integers and strings, as its format says",
				    "argument #%u of 'pack' is %s %s here, and its format wants %s", i,
				    wrong && a->kinds & good ? "perhaps a" : "a",
				    infer_called(in, a, wrong ? wrong : IR_ANY),
				    f->what == WIRE_INT ? "an integer" : "a string"), false;
	uint32_t cap = f->what == WIRE_INT ? 0 : lw_text_cap(a->kinds & good, a->cap, a->most);
	cap = cap < LW_MAXLONG ? cap : (uint32_t)LW_MAXLONG;
	*most = f->what == WIRE_PREFIXED || f->what == WIRE_ZERO ? f->size + cap : f->size;
	return true;
}

enum ir_taken std_pack_takes(const pg_value *format, uint32_t i)
{
	struct wire_field f[WIRE_FIELDS];
	uint32_t count, arg = 0;
	if (format->kind != PG_STR || wire_read(format, f, &count))
		return IR_NOT_TAKEN;
	for (uint32_t k = 0; k < count; k++)
		if (takes(&f[k]) && ++arg == i)
			return f[k].what == WIRE_INT ? IR_AS_INTEGER : IR_NOT_TAKEN;
	return IR_NOT_TAKEN;
}

/* What it would say first, of what is before, is not worked out. */
int std_pack_lacks(const pg_value *format, uint32_t given, pg_value *before)
{
	struct wire_field f[WIRE_FIELDS];
	uint32_t count;
	(void)before;
	if (format->kind != PG_STR || wire_read(format, f, &count))
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++)
		if (takes(&f[i]) && !given--)
			return -EINVAL;
	return 0;
}

bool std_pack_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out)
{
	struct wire_field f[WIRE_FIELDS];
	uint32_t count, arg = 1, least = 0, all = 0, most;
	if (!read_pack(in, row, site, a, f, &count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		most = f[i].size;
		if (takes(&f[i]) && arg >= n)
			return infer_error(in, site, "give it a value for each item", "'pack' has fewer arguments than its format has items"), false;
		if (takes(&f[i]) && !packable(in, site, arg, &f[i], &a[arg], &most))
			return false;
		arg += takes(&f[i]);
		bool known = least == all;
		least += f[i].size + (known ? wire_gap(&f[i], least) : 0);
		all += most + (known ? wire_gap(&f[i], all) : f[i].align - 1);
	}
	return std_text_type(in, site, least, all, out);
}

bool std_packsize_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		       struct ir_type *out)
{
	struct wire_field f[WIRE_FIELDS];
	uint32_t count, size = 0;
	(void)n;
	if (!read_pack(in, row, site, a, f, &count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (f[i].what == WIRE_PREFIXED || f[i].what == WIRE_ZERO)
			return infer_error(in, site, "#string.pack(...) is the size that a packed text has",
					   "bad argument #1 to 'packsize' (variable-length format)"), false;
		size += wire_gap(&f[i], size) + f[i].size;
	}
	*out = (struct ir_type){ .kinds = INT, .k = infer_const(in, (pg_value){ .kind = PG_INT, .i = size }) };
	return true;
}

/* ---- lowering ---- */

struct packing {
	struct lw *w;
	const char *name;      /* of the function, and how Lua counts the argument at hand */
	uint32_t where;
	struct lw_val *pieces;
	uint32_t n;            /* of them */
	uint32_t bytes;        /* of the last one, while integers are put into it; 0: that is over */
	uint32_t total;        /* bytes of all, but for texts */
	ir_ref texts;          /* bytes of texts; 0: there are none */
};

/* The bytes of v as they stand in memory, the first in the lowest bits. */
static ir_ref in_order(struct lw *w, ir_ref v, unsigned size, bool big)
{
	int64_t all = size < 8 ? ((int64_t)1 << 8 * size) - 1 : -1;
	if (!big)
		return size < 8 ? lw_op2i(w, IRO(and64), v, all) : v;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = lw_op1(w, IRO(be64), v);
	return size < 8 ? lw_op2i(w, IRO(shr64), v, 64 - 8 * size) : v;
#else
	ir_ref r = 0;
	for (unsigned i = 0; i < size; i++) {
		ir_ref b = lw_op1(w, IRO(zext8), lw_op2i(w, IRO(shr64), v, 8 * (size - 1 - i)));
		b = lw_op2i(w, IRO(shl64), b, 8 * i);
		r = r ? lw_op2(w, IRO(or64), r, b) : b;
	}
	return r;
#endif
}

/* `size` bytes, the first in the lowest bits of v and zeros above them, behind what there is. */
static void put(struct packing *k, ir_ref v, uint32_t size)
{
	struct lw *w = k->w;
	if (!k->bytes || k->bytes + size > LW_MAXSTR) {
		k->pieces[k->n++] = (struct lw_val){ .kinds = IR_BIT(IR_TEXT), .n = 1 };
		k->bytes = 0;
	}
	struct lw_val *t = &k->pieces[k->n - 1];
	unsigned at = k->bytes / WORD, in = k->bytes % WORD;
	for (; t->n < 1 + (k->bytes + size + WORD - 1) / WORD; t->n++)
		t->w[t->n] = lw_imm(w, 0);
	ir_ref low = in ? lw_op2i(w, IRO(shl64), v, 8 * in) : v;
	t->w[1 + at] = lw_op2(w, IRO(or64), t->w[1 + at], lw_text_bytes(w, low));
	if (in + size > WORD)
		t->w[2 + at] = lw_text_bytes(w, lw_op2i(w, IRO(shr64), v, 8 * (WORD - in)));
	k->bytes += size;
	k->total += size;
	t->cap = k->bytes;
	t->w[0] = lw_imm(w, k->bytes);
}

static void wrong_if(struct packing *k, enum ir_cc cc, ir_ref a, int64_t b, const char *what)
{
	lw_raise_if(k->w, cc, a, lw_imm(k->w, b), "bad argument #%u to '%s' (%s)", k->where, k->name, what);
}

static void pack_integer(struct packing *k, const struct wire_field *f, const struct lw_val *v)
{
	struct lw *w = k->w;
	ir_ref n = lw_int_word(w, v);
	int64_t half = f->size < 8 ? (int64_t)1 << (8 * f->size - 1) : 0;
	if (f->size < 8 && f->is_signed)
		wrong_if(k, IR_UGE, lw_op2i(w, IRO(add64), n, half), 2 * half, "integer overflow");
	else if (f->size < 8 && !MUTANT(pack_wide))
		wrong_if(k, IR_UGE, n, 2 * half, "unsigned overflow");
	put(k, in_order(w, n, f->size, f->big), f->size);
}

static void piece(struct packing *k, const struct lw_val *v)
{
	k->pieces[k->n++] = *v;
	k->bytes = 0;
}

/* A piece that is no field of a fixed size. */
static void text(struct packing *k, const struct lw_val *v, ir_ref len)
{
	piece(k, v);
	k->texts = k->texts ? lw_op2(k->w, IRO(add64), k->texts, len) : len;
}

/* Behind texts it is known at run time how many zeros. */
static void align(struct packing *k, const struct wire_field *f)
{
	struct lw *w = k->w;
	if (f->align <= 1)
		return;
	if (!k->texts) {
		for (uint32_t n = wire_gap(f, k->total); n; n--)
			put(k, lw_imm(w, 0), 1);
		return;
	}
	ir_ref at = lw_op2i(w, IRO(add64), k->texts, k->total);
	ir_ref gap = lw_op2i(w, IRO(and64), lw_op2(w, IRO(sub64), lw_imm(w, 0), at), f->align - 1);
	struct lw_val zeros = { .kinds = IR_BIT(IR_TEXT), .n = (uint8_t)(1 + (f->align + WORD - 2) / WORD), .cap = f->align - 1 };
	zeros.w[0] = gap;
	for (unsigned i = 1; i < zeros.n; i++)
		zeros.w[i] = lw_imm(w, 0);
	text(k, &zeros, gap);
}

/* Of no more than size bytes: zeros behind it make it as many. */
static void pack_bytes(struct packing *k, const struct wire_field *f, const struct lw_val *v, ir_ref len)
{
	struct lw *w = k->w;
	wrong_if(k, IR_UGT, len, f->size, "string longer than given size");
	struct lw_val full = *v;
	if (v->kinds == IR_BIT(IR_TEXT) && f->size <= LW_MAXSTR) { /* its words have zeros behind it */
		full.cap = f->size;
		full.n = (uint8_t)(1 + (f->size + WORD - 1) / WORD);
		for (unsigned i = v->n; i < full.n; i++)
			full.w[i] = lw_imm(w, 0);
		full.w[0] = lw_imm(w, f->size);
	} else {
		char *zeros = arena_alloc(w->unit->arena, f->size + 1);
		memset(zeros, 0, f->size + 1);
		pg_value fill = { .kind = PG_STR, .str = zeros, .n = f->size };
		struct lw_val both[2] = { *v, lw_const(w, ir_const(w->unit, fill)) };
		full = lw_long_join(w, 2, both, f->size + v->cap);
		full = lw_long(lw_word(w, &full, 0), lw_imm(w, f->size), f->size);
	}
	piece(k, &full);
	k->total += f->size;
}

static void no_zeros(struct packing *k, const struct lw_val *v)
{
	struct lw *w = k->w;
	struct lw_str s = lw_str_of(w, v);
	ir_blk head = lw_block(w, 1), more = lw_block(w, 0), end = lw_block(w, 0);
	lw_jmp(w, head, 1, (ir_ref[]){ lw_imm(w, 0) });
	lw_enter(w, head);
	ir_ref i = lw_param(w, head, 0);
	lw_br(w, IR_ULT, i, s.len, more, end);
	lw_enter(w, more);
	wrong_if(k, IR_EQ, lw_str_byte(w, &s, lw_op2(w, IRO(add64), s.off, i)), 0, "string contains zeros");
	lw_jmp(w, head, 1, (ir_ref[]){ lw_op2i(w, IRO(add64), i, 1) });
	lw_enter(w, end);
}

static void pack_string(struct packing *k, const struct wire_field *f, const struct lw_val *given)
{
	struct lw *w = k->w;
	bool far = lw_text_cap(given->kinds, given->cap, given->most) > LW_MAXSTR;
	struct lw_val v = far ? lw_long_of(w, given) : lw_text(w, given);
	ir_ref len = lw_str_len(w, &v);
	if (f->what == WIRE_BYTES) {
		pack_bytes(k, f, &v, len);
		return;
	}
	if (f->what == WIRE_PREFIXED) {
		if (f->size == 1)
			wrong_if(k, IR_UGT, len, 255, "string length does not fit in given size");
		put(k, in_order(w, len, f->size, f->big), f->size);
		text(k, &v, len);
		return;
	}
	no_zeros(k, &v);
	text(k, &v, len);
	put(k, lw_imm(w, 0), 1);
}

void std_pack_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out)
{
	struct wire_field f[WIRE_FIELDS];
	struct lw_val pieces[3 * WIRE_FIELDS];
	uint32_t count, arg = 1;
	bool method = ir_at(w->from, w->at->args[0])->op == IRO(self);
	struct packing k = { .w = w, .name = lw_callee_name(w, row), .pieces = pieces };
	(void)n;
	wire_read(args[0].k, f, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (!takes(&f[i])) {
			align(&k, &f[i]);
			if (f[i].size)
				put(&k, lw_imm(w, 0), f[i].size);
			continue;
		}
		uint64_t good = f[i].what == WIRE_INT ? INT : IR_STRINGS | INT;
		k.where = arg + !method;
		struct lw_val v = lw_check_kind(w, &args[arg++], good, arena_printf(w->unit->arena,
			"bad argument #%u to '%s' (%s expected, got %%K)", k.where, k.name,
			f[i].what == WIRE_INT ? "number" : "string"));
		align(&k, &f[i]);
		if (f[i].what == WIRE_INT)
			pack_integer(&k, &f[i], &v);
		else
			pack_string(&k, &f[i], &v);
	}
	if (k.n == 1 && pieces[0].kinds == IR_BIT(IR_TEXT) && out->cap <= LW_MAXSTR)
		*out = pieces[0];
	else
		*out = lw_text_join(w, k.n, pieces, out->cap);
}

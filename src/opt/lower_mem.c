/* lower_mem.c - typed memory: keys, values, fields and events, stored and loaded with their widths. */
#include "ir/lower.h"

#include "core/ctype.h"
#include "core/mutant.h"
#include "opt/lower.h"

uint64_t lw_type_kinds(const struct ctype *t)
{
	static const uint64_t kinds[] = {
		[CT_INT] = IR_BIT(IR_INT), [CT_BOOL] = IR_BOOL, [CT_IP4] = IR_BIT(IR_IP4),
		[CT_IP6] = IR_BIT(IR_IP6), [CT_MAC] = IR_BIT(IR_MAC), [CT_CHAR] = IR_STRINGS,
		[CT_BYTES] = IR_STRINGS, [CT_PREFIX4] = IR_BIT(IR_IP4) | IR_BIT(IR_HOST),
		[CT_PREFIX6] = IR_BIT(IR_IP6) | IR_BIT(IR_HOST), [CT_STRUCT] = IR_BIT(IR_REC) | IR_BIT(IR_ENTRY),
	};
	return kinds[t->kind];
}

/* ---- storing ---- */

struct store {
	struct lw *w;
	const struct ctype *t;
	ir_ref ptr;
	int64_t off;
	const struct lw_val *v;
	ir_blk misfit;
	const char *what;      /* "key", "value", or NULL: a field ... */
	const char *field;     /* ... of this name */
	bool in_place;         /* others see it: what does not fit must leave what was there */
};

static const char *type_text(struct store *s)
{
	char buf[128];
	return arena_printf(s->w->unit->arena, "%s", ct_text(s->t, buf, sizeof(buf)));
}

/* "key does not fit u8", "value does not fit u8 (field 'n')" */
static const char *misfit_text(struct store *s)
{
	struct arena *a = s->w->unit->arena;
	return s->what ? arena_printf(a, "%s does not fit %s", s->what, type_text(s)) :
			 arena_printf(a, "value does not fit %s (field '%s')", type_text(s), s->field);
}

/* Leaves by the misfit exit when the comparison holds. */
static void misfit_if(struct store *s, enum ir_cc cc, ir_ref a, int64_t b)
{
	struct lw *w = s->w;
	if (!s->misfit) {
		lw_raise_if(w, cc, a, lw_imm(w, b), "%s", misfit_text(s));
		return;
	}
	ir_blk ok = lw_block(w, 0);
	lw_bri(w, cc, a, b, s->misfit, ok);
	lw_enter(w, ok);
}

static void misfit_always(struct store *s)
{
	struct lw *w = s->w;
	if (s->misfit)
		lw_jmp(w, s->misfit, 0, NULL);
	else
		lw_raise(w, "%s", misfit_text(s));
	lw_enter(w, lw_block(w, 0)); /* never reached */
}

static void check_range(struct store *s, ir_ref v)
{
	unsigned bits = s->t->size * 8;
	if (bits == 64)
		return;
	if (!s->t->is_signed) {
		misfit_if(s, IR_UGT, v, (int64_t)(((uint64_t)1 << bits) - 1));
		return;
	}
	int64_t half = (int64_t)1 << (bits - 1);
	misfit_if(s, IR_UGT, lw_op2i(s->w, IRO(add64), v, half), 2 * half - !MUTANT(signed_fits));
}

static void store_int(struct store *s)
{
	static const enum ir_op swap[] = { IRO(nop), IRO(nop), IRO(be16), IRO(nop), IRO(be32),
					   [8] = IRO(be64) };
	ir_ref v = lw_int_word(s->w, s->v);
	check_range(s, v);
	if (s->t->big && s->t->size > 1 && !(MUTANT(swap_forgotten) && s->t->size == 8))
		v = lw_op1(s->w, swap[s->t->size], v);
	lw_store(s->w, s->t->size, s->ptr, s->off, v);
}

/* The tag of a boolean is IR_FALSE or IR_TRUE. */
static void store_bool(struct store *s)
{
	_Static_assert(IR_TRUE == IR_FALSE + 1, "a tag less IR_FALSE is C's bool");
	struct lw *w = s->w;
	ir_ref v = s->v->tag ? lw_op2i(w, IRO(sub64), s->v->tag, IR_FALSE)
			     : lw_imm(w, s->v->kinds == IR_BIT(IR_TRUE));
	lw_store(w, 1, s->ptr, s->off, v);
}

/* The widest access at off that is aligned (the verifier insists, on the stack) and within left. */
static unsigned widest(int64_t off, unsigned left)
{
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	for (unsigned step = little ? 8 : 1; step > 1; step /= 2)
		if (left >= step && off % step == 0)
			return step;
	return 1;
}

/* n bytes of word v, the first in its lowest bits, wherever they lie. */
static void store_bytes(struct lw *w, ir_ref ptr, int64_t off, ir_ref v, unsigned n)
{
	for (unsigned at = 0; at < n;) {
		unsigned step = widest(off + at, n - at);
		lw_store(w, step, ptr, off + at, at ? lw_op2i(w, IRO(shr64), v, at * 8) : v);
		at += step;
	}
}

static void store_mac(struct store *s)
{
	store_bytes(s->w, s->ptr, s->off, lw_word(s->w, s->v, 0), 6);
}

static void store_ip4(struct store *s)
{
	lw_store(s->w, 4, s->ptr, s->off, lw_word(s->w, s->v, 0));
}

static void store_ip6(struct store *s)
{
	store_bytes(s->w, s->ptr, s->off, lw_word(s->w, s->v, 0), 8);
	store_bytes(s->w, s->ptr, s->off + 8, lw_word(s->w, s->v, 1), 8);
}

static bool const_text_fits(const struct store *s)
{
	bool any = s->t->kind == CT_BYTES || !s->v->k->n;
	return s->v->k->n <= s->t->size && (any || !memchr(s->v->k->str, 0, s->v->k->n));
}

static void store_words(struct store *s)
{
	struct lw *w = s->w;
	for (uint32_t at = 0, size = s->t->size; at < size; at += 8)
		store_bytes(w, s->ptr, s->off + at, lw_word(w, s->v, at / 8), size - at < 8 ? size - at : 8);
}

static void store_text(struct store *s);

static bool is_far(const struct ctype *t, const struct lw_val *v)
{
	bool text = t->kind == CT_CHAR || t->kind == CT_BYTES;
	bool far = v->kinds & IR_BIT(IR_LONG) || (v->kinds & IR_BIT(IR_SLICE) && v->most > LW_MAXSTR);
	return text && far && !v->k && t->size > LW_MAXSTR;
}

static bool store_is_far(struct lw *w, const struct ctype *t, const struct lw_val *v)
{
	const struct lw_val *x;
	bool far = is_far(t, v);
	for (uint32_t i = 0; t->kind == CT_STRUCT && i < t->nfields && !far; i++)
		far = (x = lw_rec_field(w, v, t->fields[i].name)) && store_is_far(w, t->fields[i].type, x);
	return far;
}

ir_ref lw_store_room(struct lw *w, const struct ctype *t, uint32_t bytes, const struct lw_val *v)
{
	enum { ON_STACK = 320 };
	if (bytes > ON_STACK || store_is_far(w, t, v))
		return lw_long_at(w, lw_long_room(w, bytes));
	return lw_room(w, bytes);
}

/* Ends in misfit where one of the word's bytes is zero. */
static void no_zero_byte(struct lw *w, ir_ref word, ir_blk misfit)
{
	ir_blk ok = lw_block(w, 0);
	lw_bri(w, IR_NE, lw_zero_bytes(w, word), 0, misfit, ok);
	lw_enter(w, ok);
}

/* Bytes i to i + 7 of a long string, zeros from its end on. misfit 0: zeros may be among them. */
static ir_ref padded_word(struct lw *w, const struct lw_str *s, ir_ref i, ir_blk misfit)
{
	ir_blk whole = lw_block(w, 0), less = lw_block(w, 0), part = lw_block(w, 0), none = lw_block(w, 0);
	ir_blk meet = lw_block(w, 1);
	struct lw_str at = *s;
	ir_ref left = lw_op2(w, IRO(sub64), s->len, i), zero = lw_imm(w, 0);
	at.off = lw_op2(w, IRO(add64), s->off, i);
	lw_bri(w, IR_SGE, left, 8, whole, less);
	lw_enter(w, whole);
	ir_ref word = lw_long_word(w, &at, 0);
	if (misfit)
		no_zero_byte(w, word, misfit);
	lw_jmp(w, meet, 1, &word);
	lw_enter(w, less);
	lw_bri(w, IR_SGT, left, 0, part, none);
	lw_enter(w, part);
	ir_ref beyond = lw_op2(w, IRO(shl64), lw_imm(w, -1), lw_op2i(w, IRO(shl64), left, 3));
	word = lw_long_word(w, &at, 0);
	if (misfit)
		no_zero_byte(w, lw_op2(w, IRO(or64), word, beyond), misfit);
	word = lw_op2(w, IRO(and64), word, lw_op2i(w, IRO(xor64), beyond, -1));
	lw_jmp(w, meet, 1, &word);
	lw_enter(w, none);
	lw_jmp(w, meet, 1, &zero);
	lw_enter(w, meet);
	return lw_param(w, meet, 0);
}

/* Size bytes of scratch memory to ptr + off. */
static void copy_far(struct lw *w, ir_ref ptr, int64_t off, ir_ref from, uint32_t size)
{
	uint32_t whole = size & ~7u;
	struct lw_words k = lw_each_word(w, whole);
	ir_ref word = lw_load_bytes(w, lw_op2(w, IRO(add64), from, k.seen), 0, 8);
	store_bytes(w, lw_op2(w, IRO(add64), ptr, k.seen), off, word, 8);
	lw_next_word(w, &k);
	if (size % 8)
		store_bytes(w, ptr, off + whole, lw_load_bytes(w, from, whole, size % 8), size % 8);
}

/* What may have more than 64 bytes: a word each turn. Not onto the stack, where nothing is at an offset that changes. */
static void store_far(struct store *s, ir_blk misfit)
{
	struct lw *w = s->w;
	uint32_t size = s->t->size, whole = size & ~7u;
	ir_ref ptr = s->in_place ? lw_long_at(w, lw_long_room(w, size)) : s->ptr;
	int64_t off = s->in_place ? 0 : s->off;
	ir_blk zero = s->t->kind == CT_BYTES ? 0 : misfit;
	ir_blk fits = lw_block(w, 0);
	struct lw_val all = lw_long_of(w, s->v);
	struct lw_str str = lw_long_str(w, &all);
	lw_bri(w, IR_UGT, str.len, size, misfit, fits);
	lw_enter(w, fits);
	struct lw_words k = lw_each_word(w, whole);
	store_bytes(w, lw_op2(w, IRO(add64), ptr, k.seen), off, padded_word(w, &str, k.at, zero), 8);
	lw_next_word(w, &k);
	if (size % 8)
		store_bytes(w, ptr, off + whole, padded_word(w, &str, lw_imm(w, whole), zero), size % 8);
	if (s->in_place)
		copy_far(w, s->ptr, s->off, ptr, size);
}

static void store_slice(struct store *s)
{
	struct lw *w = s->w;
	ir_blk misfit = s->misfit ? s->misfit : lw_block(w, 0), end = lw_block(w, 0);
	uint32_t most = s->t->size < LW_MAXSTR ? s->t->size : (uint32_t)LW_MAXSTR;
	if (is_far(s->t, s->v)) {
		store_far(s, misfit);
	} else {
		struct lw_val text = s->t->kind == CT_BYTES ? lw_str_bytes(w, s->v, most, misfit) : lw_str_text(w, s->v, most, misfit);
		struct store words = *s;
		words.v = &text;
		store_words(&words);
	}
	lw_jmp(w, end, 0, NULL);
	if (!s->misfit) {
		lw_enter(w, misfit);
		misfit_always(s);
		w->cur = 0;
	}
	lw_enter(w, end);
}

/* Strings of several kinds: each by itself. */
static void store_strings(struct store *s)
{
	struct lw *w = s->w;
	ir_blk slice = lw_block(w, 0), text = lw_block(w, 0), end = lw_block(w, 0);
	uint64_t one_kind = IR_BIT(ir_first_kind(s->v->kinds & ~IR_BIT(IR_STR)));
	struct lw_val v = lw_narrow(w, s->v, one_kind), rest = lw_narrow(w, s->v, ~one_kind);
	struct store one = *s;
	lw_br_kind(w, s->v, one_kind, slice, text);
	lw_enter(w, slice);
	one.v = &v;
	store_slice(&one);
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, text);
	one.v = &rest;
	store_text(&one);
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, end);
}

static void store_text(struct store *s)
{
	struct lw *w = s->w;
	uint32_t size = s->t->size;
	if (s->v->kinds & IR_STRINGS & ~IR_BIT(IR_STR)) {
		if (ir_single(s->v->kinds))
			store_slice(s);
		else
			store_strings(s);
		return;
	}
	if (s->v->k && !const_text_fits(s)) {
		misfit_always(s);
		return;
	}
	for (uint32_t i = 0; !s->v->k && i < s->v->n; i++) {
		uint32_t room = i * 8 >= size ? 0 : size - i * 8;
		if (room >= 8 || (MUTANT(text_cut) && !room))
			continue;
		ir_ref over = room ? lw_op2i(w, IRO(shr64), lw_word(w, s->v, i), room * 8)
				   : lw_word(w, s->v, i);
		misfit_if(s, IR_NE, over, 0);
	}
	store_words(s);
}

static void store_prefix(struct store *s)
{
	struct lw *w = s->w;
	unsigned bytes = s->t->kind == CT_PREFIX4 ? 4 : 16;
	const pg_value *k = s->v->k;
	if (k && k->kind == PG_CIDR && k->n != bytes) {
		misfit_always(s);
		return;
	}
	bool cidr = k && k->kind == PG_CIDR;
	lw_store(w, 4, s->ptr, s->off, lw_imm(w, cidr ? k->prefix : bytes * 8));
	for (unsigned at = 0; at < bytes; at += bytes == 4 ? 4 : 8) {
		uint64_t word = 0;
		if (cidr)
			memcpy(&word, k->addr + at, bytes == 4 ? 4 : 8);
		store_bytes(w, s->ptr, s->off + 4 + at, cidr ? lw_imm(w, (int64_t)word) : lw_word(w, s->v, at / 8),
			    bytes == 4 ? 4 : 8);
	}
}

static void store_record(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off, const struct lw_val *rec,
			 ir_blk misfit);

/* What another entry holds now. */
static void copy_entry(struct store *s)
{
	ir_ref from = lw_word(s->w, s->v, 0);
	for (uint32_t at = 0, step; at < s->t->size; at += step) {
		step = widest(s->off | at, s->t->size - at);
		lw_store(s->w, step, s->ptr, s->off + at, lw_load(s->w, step, from, at));
	}
}

static void store_struct(struct store *s)
{
	if (s->v->kinds & IR_BIT(IR_ENTRY))
		copy_entry(s);
	else
		store_record(s->w, s->t, s->ptr, s->off, s->v, s->misfit);
}

/* What it is put into, as the program calls it: "the field 'n'", "the key". */
static const char *into(const struct store *s)
{
	return arena_printf(s->w->unit->arena, s->what ? "the %s" : "the field '%s'", s->what ? s->what : s->field);
}

static void store_value(struct store s)
{
	static void (*const how[])(struct store *) = {
		[CT_INT] = store_int, [CT_BOOL] = store_bool, [CT_IP4] = store_ip4, [CT_IP6] = store_ip6,
		[CT_MAC] = store_mac, [CT_CHAR] = store_text, [CT_BYTES] = store_text,
		[CT_PREFIX4] = store_prefix, [CT_PREFIX6] = store_prefix, [CT_STRUCT] = store_struct,
	};
	if (s.v->k)
		lower_warn_misfit(s.w, s.t, into(&s), s.v, !s.misfit);
	how[s.t->kind](&s);
}

void lw_store_type(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off,
		   const struct lw_val *v, ir_blk misfit, const char *what)
{
	store_value((struct store){ w, t, ptr, off, v, misfit, what, NULL, false });
}

/* Zeros, where nothing was given. */
static void store_zero(struct lw *w, ir_ref ptr, int64_t off, uint32_t size)
{
	for (uint32_t at = 0; at < size; at += 8)
		store_bytes(w, ptr, off + at, lw_imm(w, 0), size - at < 8 ? size - at : 8);
}

/* v as what the field holds, or the error; its text is made only where it can be raised. */
static struct lw_val of_field(struct lw *w, const struct ct_field *f, const struct lw_val *v)
{
	uint64_t want = lw_type_kinds(f->type) | (f->nullable ? IR_BIT(IR_NIL) : 0);
	char buf[128];
	if (!(v->kinds & ~want))
		return *v;
	return lw_check_kind(w, v, want, arena_printf(w->unit->arena,
		"bad field '%s' (%s expected, got %%K)", f->name, ct_text(f->type, buf, sizeof(buf))));
}

static void store_field(struct lw *w, const struct ct_field *f, ir_ref ptr, int64_t base, const struct lw_val *v,
			ir_blk misfit, bool in_place)
{
	struct lw_val ok = of_field(w, f, v);
	struct store s = { w, f->type, ptr, base + f->offset, &ok, misfit, NULL, f->name, in_place };
	if (!f->nullable) {
		store_value(s);
		return;
	}
	ir_blk nil = lw_block(w, 0), some = lw_block(w, 0), end = lw_block(w, 0);
	lw_br_kind(w, &ok, IR_BIT(IR_NIL), nil, some);
	lw_enter(w, nil);
	store_zero(w, ptr, base + f->offset, f->type->size);
	lw_store(w, 1, ptr, base + f->nil_offset, lw_imm(w, 1));
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, some);
	struct lw_val there = lw_narrow(w, &ok, ~IR_BIT(IR_NIL));
	if (there.kinds) {
		s.v = &there;
		store_value(s);
		lw_store(w, 1, ptr, base + f->nil_offset, lw_imm(w, MUTANT(nil_flag)));
	}
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, end);
}

void lw_store_field(struct lw *w, const struct ct_field *f, ir_ref ptr, int64_t base, const struct lw_val *v)
{
	store_field(w, f, ptr, base, v, 0, true);
}

const struct lw_val *lw_rec_field(struct lw *w, const struct lw_val *rec, const char *name)
{
	const struct ir_ins *r = rec->def ? ir_at(w->from, rec->def) : NULL;
	for (uint32_t i = 0; r && r->op == IRO(record) && i < r->nargs; i++)
		if (!strcmp(r->list[i], name))
			return &w->val[r->args[i]];
	return NULL;
}

static void missing_field(struct lw *w, const struct ct_field *f, ir_ref ptr, int64_t base)
{
	store_zero(w, ptr, base + f->offset, f->type->size);
	if (f->nullable)
		lw_store(w, 1, ptr, base + f->nil_offset, lw_imm(w, 1));
}

/* A field explicitly nil counts as missing. */
static void record_field(struct lw *w, const struct ct_field *f, ir_ref ptr, int64_t base, const struct lw_val *v,
			 ir_blk misfit)
{
	if (!v || v->kinds == IR_BIT(IR_NIL)) {
		missing_field(w, f, ptr, base);
		return;
	}
	if (!(v->kinds & IR_BIT(IR_NIL)) || f->nullable) {
		store_field(w, f, ptr, base, v, misfit, false);
		return;
	}
	ir_blk nil = lw_block(w, 0), some = lw_block(w, 0), end = lw_block(w, 0);
	lw_br_kind(w, v, IR_BIT(IR_NIL), nil, some);
	lw_enter(w, nil);
	missing_field(w, f, ptr, base);
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, some);
	struct lw_val there = lw_narrow(w, v, ~IR_BIT(IR_NIL));
	store_field(w, f, ptr, base, &there, misfit, false);
	lw_jmp(w, end, 0, NULL);
	lw_enter(w, end);
}

/* Are there bytes between the fields? All fields are written, those that are missing as zeros. */
static bool has_padding(const struct ctype *t)
{
	uint32_t bytes = 0;
	for (uint32_t i = 0; i < t->nfields; i++)
		bytes += t->fields[i].type->size + t->fields[i].nullable;
	return bytes != t->size;
}

static void store_record(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off, const struct lw_val *rec,
			 ir_blk misfit)
{
	if (has_padding(t) && !MUTANT(key_not_padded))
		store_zero(w, ptr, off, t->size);
	for (uint32_t i = 0; i < t->nfields; i++)
		record_field(w, &t->fields[i], ptr, off, lw_rec_field(w, rec, t->fields[i].name), misfit);
}

void lw_store_record(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off, const struct lw_val *rec)
{
	store_record(w, t, ptr, off, rec, 0);
}

/* ---- loading ---- */

static struct lw_val load_int(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off)
{
	static const enum ir_op swap[] = { [2] = IRO(be16), [4] = IRO(be32), [8] = IRO(be64) };
	static const enum ir_op sext[] = { [1] = IRO(sext8), [2] = IRO(sext16), [4] = IRO(sext32) };
	ir_ref v = lw_load(w, t->size, ptr, off);
	if (t->big && t->size > 1)
		v = lw_op1(w, swap[t->size], v);
	if (t->is_signed && t->size < 8 - 4 * MUTANT(sign_lost))
		v = lw_op1(w, sext[t->size], v);
	return lw_int(v);
}

ir_ref lw_load_bytes(struct lw *w, ir_ref ptr, int64_t off, unsigned n)
{
	ir_ref v = 0;
	for (unsigned at = 0; at < n;) {
		unsigned step = widest(off + at, n - at);
		ir_ref part = lw_load(w, step, ptr, off + at);
		if (at)
			part = lw_op2i(w, IRO(shl64), part, at * 8);
		v = v ? lw_op2(w, IRO(or64), v, part) : part;
		at += step;
	}
	return v;
}

static struct lw_val load_text(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off)
{
	struct lw_val v = { .kinds = IR_BIT(IR_STR), .cap = t->size, .n = (uint8_t)((t->size + 7) / 8) };
	for (uint32_t i = 0; i < v.n; i++)
		v.w[i] = lw_load_bytes(w, ptr, off + i * 8, t->size - i * 8 < 8 ? t->size - i * 8 : 8);
	return v;
}

/* Any bytes: a text with its length, which is always the same. */
static struct lw_val load_raw(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off)
{
	struct lw_val bytes = load_text(w, t, ptr, off), v = { .kinds = IR_BIT(IR_TEXT), .cap = t->size };
	v.n = (uint8_t)(1 + bytes.n);
	v.w[0] = lw_imm(w, t->size);
	memcpy(v.w + 1, bytes.w, sizeof(*v.w) * bytes.n);
	return v;
}

struct lw_val lw_load_type(struct lw *w, const struct ctype *t, ir_ref ptr, int64_t off)
{
	ir_ref words[2];
	switch (t->kind) {
	case CT_INT:
		return load_int(w, t, ptr, off);
	case CT_BOOL:
		return lw_bool(w, IR_NE, lw_load(w, 1, ptr, off), lw_imm(w, 0));
	case CT_IP4:
		words[0] = lw_load(w, 4, ptr, off);
		return lw_words(IR_IP4, 1, words);
	case CT_MAC:
		words[0] = lw_load_bytes(w, ptr, off, 6);
		return lw_words(IR_MAC, 1, words);
	case CT_IP6:
		words[0] = lw_load_bytes(w, ptr, off, 8);
		words[1] = lw_load_bytes(w, ptr, off + 8, 8);
		return lw_words(IR_IP6, 2, words);
	case CT_CHAR:
		return t->size > LW_MAXSTR ? lw_long_load(w, t, ptr, off) : load_text(w, t, ptr, off);
	case CT_BYTES:
		return t->size > LW_MAXSTR ? lw_long_load(w, t, ptr, off) : load_raw(w, t, ptr, off);
	default: /* struct: the entry itself; infer lets nothing else through */
		words[0] = off ? lw_op2i(w, IRO(add64), ptr, off) : ptr;
		struct lw_val v = lw_words(IR_ENTRY, 1, words);
		v.layout = t;
		return v;
	}
}

struct lw_val lw_load_field(struct lw *w, const struct ct_field *f, ir_ref ptr, int64_t base)
{
	if (!f->nullable)
		return lw_load_type(w, f->type, ptr, base + f->offset);
	struct ir_type t = type_of_memory(f->type);
	struct lw_join j = lw_join_new(w, t.kinds | IR_BIT(IR_NIL), t.cap);
	ir_blk nil = lw_block(w, 0), some = lw_block(w, 0);
	lw_bri(w, IR_NE, lw_load(w, 1, ptr, base + f->nil_offset), 0, nil, some);
	lw_enter(w, nil);
	struct lw_val none = lw_nil();
	lw_join_add(w, &j, &none);
	lw_enter(w, some);
	struct lw_val v = lw_load_type(w, f->type, ptr, base + f->offset);
	lw_join_add(w, &j, &v);
	return lw_join_end(w, &j);
}

/* lower_error.c - error(v) that nothing catches, and positions before the messages of errors caught. */
#include "opt/lower.h"
#include "opt/opt.h"

#define ADDRESSES (IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC))
/* What has a text that is known only at run time, but for messages. */
#define TEXTUAL (IR_STRINGS | IR_BIT(IR_INT) | ADDRESSES)

/* As tostring has it: what looks like an integer ends with .0. */
static const char *float_text(struct arena *a, double f)
{
	const char *s = arena_printf(a, "%.14g", f);
	return s[strspn(s, "-0123456789")] ? s : arena_printf(a, "%s.0", s);
}

/* What the stand-alone lua says of a value that is an error, but that no __tostring is asked. */
static const char *value_text(struct lw *w, unsigned kind, const pg_value *k)
{
	if (k && k->kind == PG_STR)
		return k->str;
	if (k && k->kind == PG_INT)
		return arena_printf(w->unit->arena, "%lld", (long long)k->i);
	if (k && k->kind == PG_FLOAT)
		return float_text(w->unit->arena, k->f);
	const bool table = kind == IR_REC || (k && k->kind == PG_TABLE);
	const char *name = kind == IR_NIL || kind == IR_FUNC || IR_BIT(kind) & IR_BOOL ? ir_kind_lua(w->unit, kind) : "userdata";
	return arena_printf(w->unit->arena, "(error object is a %s value)", table ? "table" : name);
}

/* ---- messages ---- */

/* What can be said only when all errors have their numbers: is the message this text? Without a text, it is raised; or
 * put where there is room for it, and its length given to block yes. */
struct lw_question {
	struct lw_question *next;
	ir_blk at, yes, no;
	ir_ref number;
	uint32_t site;
	const pg_value *text;
	ir_ref room;           /* an address, or 0 */
};

void lower_message_is(struct lw *w, const struct lw_val *v, const pg_value *text, ir_blk yes, ir_blk no)
{
	struct lw_val m = lw_narrow(w, v, IR_BIT(IR_MSG));
	struct lw_question *q = arena_new(w->unit->scratch, struct lw_question);
	*q = (struct lw_question){ w->questions, w->cur, yes, no, lw_word(w, &m, 0), w->site, text, 0 };
	w->questions = q;
	w->cur = 0;
}

/* Of one that is known the number is that of its text, as of what is raised at once. */
static void raise_message(struct lw *w, ir_ref number)
{
	const struct ir_ins *i = ir_at(w->fn, number);
	const bool known = i->op == IRO(imm) && (uint64_t)i->imm < w->unit->nerrors;
	if (known)
		lw_note_origin(w, &w->unit->errors[i->imm]);
	if (w->at->raised || known) {
		lw_raise_number(w, number);
		return;
	}
	struct lw_question *q = arena_new(w->unit->scratch, struct lw_question);
	*q = (struct lw_question){ .next = w->questions, .at = w->cur, .number = number };
	w->questions = q;
	w->cur = 0;
}

/* The number is a place in the table of counts: where it came by a loop or out of a choice, the verifier has to be told
 * that it is one of them. */
static void answer_raise(struct lw *w, const struct lw_question *q)
{
	ir_blk good = lw_block(w, 0), never = lw_block(w, 0);
	ir_ref number = lw_op1(w, IRO(own), q->number);
	lw_bri(w, IR_ULT, number, w->unit->nerrors, good, never);
	lw_enter(w, good);
	lw_raise_number(w, number);
	lw_enter(w, never);
	lw_raise(w, "a message without a number");
}

struct lw_val lw_message_text(struct lw *w, const struct lw_val *v)
{
	struct lw_question *q = arena_new(w->unit->scratch, struct lw_question);
	ir_ref off = lw_long_room(w, LW_MESSAGE);
	ir_blk on = lw_block(w, 1);
	*q = (struct lw_question){ .next = w->questions, .yes = on, .number = lw_word(w, v, 0), .site = w->site,
				   .room = lw_long_at(w, off) };
	q->at = w->cur;
	w->questions = q;
	lw_enter(w, on);
	return lw_long(off, lw_param(w, on, 0), LW_MESSAGE);
}

static void put_message(struct lw *w, const struct lw_question *q, const char *s)
{
	size_t n = strlen(s);
	for (size_t at = 0; at < n; at += 8) {
		uint64_t word = 0;
		memcpy(&word, s + at, n - at < 8 ? n - at : 8);
		lw_store(w, 8, q->room, (int64_t)at, lw_imm(w, (int64_t)word));
	}
	ir_ref len = lw_imm(w, (int64_t)n);
	lw_jmp(w, q->yes, 1, &len);
}

static void answer_text(struct lw *w, const struct lw_question *q)
{
	struct ir_unit *u = w->unit;
	for (uint32_t i = 0; i < u->nerrors; i++) {
		const char *s = ir_error_text(u, i);
		if (u->errors[i].loss || u->errors[i].room || u->errors[i].worded)
			continue;
		if (strlen(s) > LW_MESSAGE)
			diag_refuse(u->diag, u->sites[ir_site_shown(u, q->site)].pos, ON_STRINGS, "print it, or compare it with "
				    "a constant text", "the message of an error may have more than %d bytes here; that is not "
				    "there yet", LW_MESSAGE);
		else {
			ir_blk is = lw_block(w, 0), next = lw_block(w, 0);
			lw_bri(w, IR_EQ, q->number, i, is, next);
			lw_enter(w, is);
			put_message(w, q, s);
			lw_enter(w, next);
		}
	}
	ir_ref none = lw_imm(w, 0); /* never reached */
	lw_jmp(w, q->yes, 1, &none);
}

static void answer(struct lw *w, const struct lw_question *q)
{
	w->site = q->site;
	w->at = NULL;
	lw_enter(w, q->at);
	if (q->room) {
		answer_text(w, q);
		return;
	}
	if (!q->text) {
		answer_raise(w, q);
		return;
	}
	for (uint32_t i = 0; i < w->unit->nerrors; i++) {
		const char *s = ir_error_text(w->unit, i);
		if (strlen(s) != q->text->n || memcmp(s, q->text->str, q->text->n))
			continue;
		ir_blk next = lw_block(w, 0);
		lw_bri(w, IR_EQ, q->number, i, q->yes, next);
		lw_enter(w, next);
	}
	lw_jmp(w, q->no, 0, NULL);
}

void lower_messages(struct lw *w)
{
	for (const struct lw_question *q = w->questions; q; q = q->next)
		answer(w, q);
}

/* ---- texts made at run time ---- */

/* A number of its own, with room for the text. */
static uint32_t made_error(struct lw *w)
{
	struct ir_unit *u = w->unit;
	uint32_t number = u->nerrors;
	struct ir_error e = { .pos = u->sites[w->at->site].pos, .text = "an error with a text made at run time", .worded = true };
	arena_push(u->arena, u->errors, u->nerrors, u->cap_errors, e);
	e = (struct ir_error){ .text = "", .room = true };
	for (unsigned i = 0; i < IR_MADE; i++)
		arena_push(u->arena, u->errors, u->nerrors, u->cap_errors, e);
	return number;
}

/* What is longer than what is kept is cut. Other CPUs may write another text of the same place at the same time. */
static void raise_made(struct lw *w, const struct lw_val *v)
{
	bool far = lw_text_cap(v->kinds, v->cap, v->most) > LW_MAXSTR;
	struct lw_val text = far ? lw_long_of(w, v) : lw_text(w, v);
	uint32_t number = made_error(w), most = text.cap < IR_MADE_BYTES ? text.cap : IR_MADE_BYTES;
	ir_ref to = lw_mapval(w, IR_MAP_DATA, IR_DATA_ERRORS + 8 * ((int64_t)number + 1)), len = lw_str_len(w, &text);
	if (text.cap > most)
		len = lw_pick(w, IR_UGT, len, lw_imm(w, most), lw_imm(w, most), len);
	if (far) {
		struct lw_str s = lw_long_str(w, &text);
		for (unsigned i = 0; i < (most + 7) / 8; i++)
			lw_store(w, 8, to, 8 * (i + 1), lw_long_word(w, &s, i));
	} else {
		for (unsigned i = 1; i < text.n; i++)
			lw_store(w, 8, to, 8 * i, text.w[i]);
	}
	lw_store(w, 8, to, 0, len);
	lw_raise_number(w, lw_imm(w, number));
}

/* The message has its position, if it is to have one. */
void lower_raise(struct lw *w, ir_ref r)
{
	const struct lw_val *v = lower_arg(w, r, 0);
	struct lw_val rest = *v;
	uint32_t site = w->site;
	for (; rest.kinds; rest.kinds &= rest.kinds - 1) {
		unsigned k = ir_first_kind(rest.kinds);
		ir_blk mine = lw_block(w, 0), next = lw_block(w, 0);
		lw_br_kind(w, &rest, IR_BIT(k), mine, next);
		lw_enter(w, mine);
		struct lw_val one = lw_narrow(w, v, IR_BIT(k));
		w->site = 0;
		if (k == IR_MSG)
			raise_message(w, lw_word(w, &one, 0));
		else if (IR_BIT(k) & TEXTUAL && (!v->k || IR_BIT(k) & ADDRESSES))
			raise_made(w, &one);
		else
			lw_raise(w, "%s", value_text(w, k, v->k));
		w->site = site;
		lw_enter(w, next);
	}
}

/* Does a loop carry a message to its next turn? */
static bool carries_messages(const struct ir_fn *f)
{
	for (uint32_t o = 0; o < f->nrpo; o++) {
		const struct ir_block *k = ir_block(f, f->rpo[o]);
		for (uint32_t i = 0; k->loop && i < k->nparams; i++)
			if (ir_at(f, k->params[i])->type.kinds & IR_BIT(IR_MSG))
				return true;
	}
	return false;
}

/* Errors have numbers: those with a position before their messages are as many more, in the same order. What
 * can get here was raised in blocks that are lowered already. */
static struct lw_val with_position(struct lw *w, const pg_value *position, const struct lw_val *message)
{
	struct ir_unit *u = w->unit;
	uint32_t n = u->nerrors;
	if (!position->n)
		return *message;
	if (carries_messages(w->from))
		diag_refuse(u->diag, u->sites[ir_site_shown(u, w->site)].pos, ON_STRINGS,
			    "write error(message, 0)", "the message of an error that a loop keeps is raised "
			    "with a position before it; that is not there yet");
	for (uint32_t i = 0; i < n; i++) {
		struct ir_error e = { .text = arena_printf(u->arena, "%s%s", position->str, ir_error_text(u, i)) };
		arena_push(u->arena, u->errors, u->nerrors, u->cap_errors, e);
	}
	ir_ref number = lw_op2i(w, IRO(add64), lw_word(w, message, 0), n);
	return lw_words(IR_MSG, 1, &number);
}

/* Strings known only at run time, and what is none as it is. */
static struct lw_val located_strings(struct lw *w, const struct lw_val *v, const pg_value *position, uint32_t cap)
{
	struct lw_val s = lw_narrow(w, v, IR_STRINGS), rest = lw_narrow(w, v, ~IR_STRINGS);
	struct lw_val pieces[2] = { lw_const(w, position), s };
	if (!rest.kinds)
		return lw_text_join(w, 2, pieces, cap);
	struct lw_join j = lw_join_new(w, rest.kinds | IR_BIT(cap > LW_MAXSTR ? IR_LONG : IR_TEXT), cap);
	ir_blk string = lw_block(w, 0), other = lw_block(w, 0);
	lw_br_kind(w, v, IR_STRINGS, string, other);
	lw_enter(w, string);
	s = lw_text_join(w, 2, pieces, cap);
	lw_join_add(w, &j, &s);
	lw_enter(w, other);
	lw_join_add(w, &j, &rest);
	return lw_join_end(w, &j);
}

/* A message, or a string known only at run time, or something else. */
static struct lw_val located_kinds(struct lw *w, const struct lw_val *v, const pg_value *position, uint32_t cap)
{
	struct lw_val m = lw_narrow(w, v, IR_BIT(IR_MSG)), other = lw_narrow(w, v, ~IR_BIT(IR_MSG));
	uint64_t kinds = (v->kinds & ~IR_STRINGS) | IR_BIT(cap > LW_MAXSTR ? IR_LONG : IR_TEXT);
	struct lw_join j = lw_join_new(w, kinds, cap);
	ir_blk mine = lw_block(w, 0), rest = lw_block(w, 0);
	lw_br_kind(w, v, IR_BIT(IR_MSG), mine, rest);
	lw_enter(w, mine);
	m = with_position(w, position, &m);
	lw_join_add(w, &j, &m);
	lw_enter(w, rest);
	other = located_strings(w, &other, position, cap);
	lw_join_add(w, &j, &other);
	return lw_join_end(w, &j);
}

void lower_located(struct lw *w, ir_ref r)
{
	const struct lw_val *v = lower_arg(w, r, 0);
	const pg_value *position = ir_at(w->from, r)->k;
	if (v->k && v->k->kind == PG_STR) {
		ir_ref number = lw_imm(w, ir_error(w->unit, w->unit->sites[0].pos, infer_located(w->unit, position, v->k)->str));
		w->val[r] = lw_words(IR_MSG, 1, &number);
		return;
	}
	struct lw_val m = lw_narrow(w, v, IR_BIT(IR_MSG)), other = lw_narrow(w, v, ~IR_BIT(IR_MSG));
	uint32_t cap = ir_at(w->from, r)->type.cap;
	if (other.kinds & IR_STRINGS && position->n && m.kinds) {
		w->val[r] = located_kinds(w, v, position, cap);
		return;
	}
	if (other.kinds & IR_STRINGS && position->n)
		other = located_strings(w, &other, position, cap);
	if (!m.kinds) {
		w->val[r] = other;
		return;
	}
	if (!other.kinds) {
		w->val[r] = with_position(w, position, &m);
		return;
	}
	struct lw_join j = lw_join_new(w, v->kinds, v->cap);
	ir_blk mine = lw_block(w, 0), rest = lw_block(w, 0);
	lw_br_kind(w, v, IR_BIT(IR_MSG), mine, rest);
	lw_enter(w, mine);
	m = with_position(w, position, &m);
	lw_join_add(w, &j, &m);
	lw_enter(w, rest);
	lw_join_add(w, &j, &other);
	w->val[r] = lw_join_end(w, &j);
}

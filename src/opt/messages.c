/*
 * messages.c - the message of an error that is asked for what only bytes say becomes a text where it was caught.
 *
 * A message is known by its number, which is enough to print it, raise it again and compare it with a constant. Its
 * length, methods, order and pieces need its bytes: then a copy of those is made, by a call of a row that no script can
 * name. Nothing is done in functions that catch no errors, or ask for no such thing.
 */
#include "opt/infer.h"

#include "core/mutant.h"
#include "opt/iterate.h"

static bool is_text(const struct ir_type *t)
{
	return t->k && t->k->kind == PG_STR;
}

/* Are the bytes of argument a of r, a string of some kind, looked at? */
static bool needs_bytes(const struct flow *fl, ir_ref r, uint32_t a)
{
	const struct ir_ins *i = ir_at(fl->f, r);
	const struct ir_type *first = &ir_at(fl->f, i->args[0])->type;
	switch (i->op) {
	case IRO(concat): case IRO(len): case IRO(record):
		return true;
	case IRO(index): case IRO(self): case IRO(setindex):
		return (!a && !infer_text_lacks(fl, r)) || infer_takes_bytes(fl->u, first) ||
		       (a == 1 && frozen_needs_text(fl->u, first, &ir_at(fl->f, i->args[1])->type));
	case IRO(lt): case IRO(le): case IRO(eq): {
		const struct ir_type *other = &ir_at(fl->f, i->args[!a])->type;
		return other->kinds & IR_ALL_STRINGS && !type_is_pending(other) && (i->op != IRO(eq) || !is_text(other));
	}
	case IRO(call):
		return a && first->row && infer_looks_at_bytes(fl->u, first->row);
	default:
		return false;
	}
}

static bool is_message(const struct flow *fl, ir_ref r)
{
	const struct ir_type *t = &ir_at(fl->f, r)->type;
	return t->kinds & IR_BIT(IR_MSG) && !type_is_pending(t);
}

/* What is copied where v is looked at: where it was made, for all who look at it; where that may be a table, which goes into
 * no call, behind the test that says that it is none. */
static ir_ref to_copy(const struct ir_fn *f, ir_ref v)
{
	ir_ref first = ir_untested(f, v);
	return ir_at(f, first)->type.kinds & IR_BIT(IR_REC) ? v : first;
}

/* Those that need be texts, marked; how many. */
static uint32_t find_messages(const struct flow *fl, bool *needed)
{
	const struct ir_fn *f = fl->f;
	uint32_t n = 0;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = fl->exec[f->rpo[o]] ? ir_block(f, f->rpo[o])->first : 0; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			for (uint32_t a = 0; a < i->nargs; a++) {
				if (!is_message(fl, i->args[a]) || !needs_bytes(fl, r, a))
					continue;
				n += !needed[to_copy(f, i->args[a])];
				needed[to_copy(f, i->args[a])] = true;
			}
		}
	return n;
}

/* The text of v behind it; the call that makes it. */
static ir_ref make_text(struct flow *fl, ir_ref v, ir_ref *to)
{
	static const pg_value text = { .kind = PG_LIB, .lib = "(message)" };
	struct ir_fn *f = fl->f;
	ir_ref at = ir_at(f, v)->op == IRO(param) ? ir_block(f, ir_at(f, v)->block)->first : ir_at(f, v)->next;
	ir_ref args[2] = { iterate_const(fl, at, &text), v };
	ir_ref call = iterate_insert(fl, at, IRO(call), 2, args);
	to[v] = iterate_insert(fl, at, IRO(result), 1, &call);
	ir_at(f, call)->site = ir_at(f, to[v])->site = ir_at(f, v)->site ? ir_at(f, v)->site : ir_at(f, at)->site;
	return call;
}

int messages_text(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	if (!fl->u->asks_bytes)
		return 0;
	uint32_t before = f->nins, made = 0;
	bool *needed = arena_array(fl->u->scratch, bool, before);
	uint32_t n = find_messages(fl, needed);
	if (!n)
		return 0;
	ir_ref *calls = arena_array(fl->u->scratch, ir_ref, n), *of = arena_array(fl->u->scratch, ir_ref, n);
	ir_ref *to = arena_array(fl->u->scratch, ir_ref, before + 3 * n);
	for (ir_ref v = 1; v < before; v++)
		if (needed[v]) {
			of[made] = v;
			calls[made++] = make_text(fl, v, to);
		}
	ir_rename(f, to);
	for (uint32_t i = 0; i < made; i++)
		ir_at(f, calls[i])->args[1] = of[MUTANT(message_of_first) ? 0 : i];
	return (int)made;
}

/*
 * printed.c - `print(string.format("%q %g", s, n))`: conversions that kernel code has not, in what is only printed.
 *
 *   v = result of call format("%q %g", s, n)          call format("%q %g", s, n, (format))
 *   call print(a, v, b)                          ->   call print(a, (format), "%q %g", 2, s, n, b)
 *
 * The first call now looks at its arguments alone, and raises where Lua's does. print sends them as they are; the user half
 * formats them.
 */
#include "opt/opt.h"
#include "opt/passes.h"
#include "ir/target.h"

enum { LEADS = 3, MOST = 48 }; /* what stands before the values; so many arguments print has in the end */

struct printed {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref call;           /* of format */
};

static const struct ir_lib *row_of(const struct ir_fn *f, const struct ir_ins *i)
{
	return i->op == IRO(call) ? row_called(f->unit, ir_at(f, i->args[0])->type.row, i->nargs - 1) : NULL;
}

/* A call of format whose arguments are known in number, with what kernel code cannot do; not yet seen to. */
static bool is_printed(const struct flow *fl, const struct ir_ins *i)
{
	const struct ir_lib *row = row_of(fl->f, i);
	if (!row || i->nargs < 2 || i->aux & (IR_OPEN | IR_LAST))
		return false;
	const struct ir_type *last = &ir_at(fl->f, i->args[i->nargs - 1])->type, *format = &ir_at(fl->f, i->args[1])->type;
	return format->k && !ir_same_value(last->k, &ir_format_values) && fl->u->target->prints(row, format->k);
}

static bool is_text(const struct printed *p, ir_ref v)
{
	const struct ir_ins *i = ir_at(p->f, v);
	return i->op == IRO(result) && !i->aux && i->args[0] == p->call;
}

/* How many arguments of the call at r are the text. */
static uint32_t texts_among(const struct printed *p, ir_ref r)
{
	const struct ir_ins *i = ir_at(p->f, r);
	uint32_t n = 0;
	for (uint32_t a = 1; i->op == IRO(call) && a < i->nargs; a++)
		n += is_text(p, i->args[a]);
	return n;
}

static bool may_send(const struct printed *p, ir_ref r, uint32_t texts)
{
	const struct ir_ins *i = ir_at(p->f, r);
	const struct ir_lib *row = row_of(p->f, i);
	return row && row->effects & IR_PRINTS && !(i->aux & IR_OPEN) &&
	       i->nargs + texts * (LEADS + ir_at(p->f, p->call)->nargs) <= MOST;
}

/* Does print get the text, and nobody else? */
static bool only_printed(struct printed *p)
{
	uint32_t *uses = edit_uses(p->fl->u->scratch, p->f), results = 0, printed = 0, all = 0;
	for (uint32_t o = 0; o < p->f->nrpo; o++)
		for (ir_ref r = ir_block(p->f, p->f->rpo[o])->first; r; r = ir_at(p->f, r)->next) {
			uint32_t texts = texts_among(p, r);
			if (texts && !may_send(p, r, texts))
				return false;
			printed += texts;
			results += is_text(p, r);
			all += is_text(p, r) ? uses[r] : 0;
		}
	return printed && printed == all && results == uses[p->call];
}

static ir_ref const_before(struct printed *p, ir_ref at, const pg_value *k)
{
	ir_ref r = ir_ins_new(p->f, IRO(const), 0, NULL);
	ir_at(p->f, r)->k = k;
	ir_at(p->f, r)->site = ir_at(p->f, at)->site;
	ir_insert_before(p->f, at, r);
	return r;
}

/* The call at r gets these arguments. */
static void give(struct printed *p, ir_ref r, uint32_t n, const ir_ref *args)
{
	struct ir_ins *i = ir_at(p->f, r);
	i->args = arena_copy(p->fl->u->arena, args, sizeof(*args) * n);
	i->nargs = n;
	i->aux &= ~(uint32_t)IR_LAST;
}

/* print gets the values instead of the text. */
static void send_values(struct printed *p, ir_ref r)
{
	const struct ir_ins old = *ir_at(p->f, r), made = *ir_at(p->f, p->call);
	ir_ref args[MOST];
	uint32_t n = 0;
	for (uint32_t a = 0; a < old.nargs; a++) {
		if (!a || !is_text(p, old.args[a])) {
			args[n++] = old.args[a];
			continue;
		}
		args[n++] = const_before(p, r, &ir_format_values);
		args[n++] = const_before(p, r, ir_at(p->f, made.args[1])->type.k);
		args[n++] = const_before(p, r, const_int(p->fl->u, made.nargs - 2));
		for (uint32_t v = 2; v < made.nargs; v++)
			args[n++] = made.args[v];
	}
	give(p, r, n, args);
}

static void send_all(struct printed *p)
{
	for (uint32_t o = 0; o < p->f->nrpo; o++)
		for (ir_ref r = ir_block(p->f, p->f->rpo[o])->first; r; r = ir_at(p->f, r)->next)
			if (texts_among(p, r))
				send_values(p, r);
}

/* And format looks at them. */
static void look_only(struct printed *p)
{
	const struct ir_ins old = *ir_at(p->f, p->call);
	ir_ref args[MOST + 1];
	for (uint32_t a = 0; a < old.nargs; a++)
		args[a] = old.args[a];
	args[old.nargs] = const_before(p, p->call, &ir_format_values);
	give(p, p->call, old.nargs + 1, args);
}

int printed_known(struct flow *fl)
{
	for (uint32_t o = 0; o < fl->f->nrpo; o++)
		for (ir_ref r = fl->exec[fl->f->rpo[o]] ? ir_block(fl->f, fl->f->rpo[o])->first : 0; r; r = ir_at(fl->f, r)->next) {
			struct printed p = { .fl = fl, .f = fl->f, .call = r };
			if (!is_printed(fl, ir_at(fl->f, r)) || !only_printed(&p))
				continue;
			send_all(&p);
			look_only(&p);
			return 1;
		}
	return 0;
}

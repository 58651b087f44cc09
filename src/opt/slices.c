/*
 * slices.c - strings that are bytes of the packet do not outlive a write to it.
 *
 * A slice is a place in the packet, read when its bytes are needed; what was written meanwhile would be seen
 * in it, where a string never changes. So one that is used after a write is copied where it is made. Where the write
 * moves the packet's bytes, views of them are places too, and cannot be copied: what anew.c could not look up anew there is
 * refused.
 */
#include "ir/lower.h"
#include "opt/iterate.h"
#include "opt/reach.h"

struct slices {
	struct flow *fl;
	struct ir_fn *f;
	ir_ref *writes;
	uint32_t n, cap;
	ir_ref *late;          /* used behind a write */
	uint32_t nlate, cap_late;
};

/* pkt.mark = n */
static bool is_beside(const struct slices *s, const struct ir_ins *set)
{
	const struct ir_type *obj = &ir_at(s->f, set->args[0])->type;
	const pg_value *k = ir_at(s->f, set->args[1])->type.k;
	if (!ir_single(obj->kinds & IR_VIEWS) || !k || k->kind != PG_STR)
		return false;
	const struct ir_field *f = ir_field_find(ir_view_of(s->fl->u->target, ir_first_kind(obj->kinds & IR_VIEWS)), k->str);
	return f && f->beside;
}

static bool writes_packet(const struct slices *s, ir_ref r)
{
	const struct ir_fn *f = s->f;
	const struct ir_ins *i = ir_at(f, r);
	if (i->op == IRO(setindex))
		return ir_at(f, i->args[0])->type.kinds & IR_VIEWS && !is_beside(s, i);
	if (i->op != IRO(call) || i->nargs < 2 || !(ir_at(f, i->args[1])->type.kinds & IR_VIEWS))
		return false;
	const struct ir_lib *row = ir_at(f, i->args[0])->type.row;
	return !row || row->effects & IR_E_WRITE;
}

static bool moves_packet(const struct slices *s, ir_ref write)
{
	const struct ir_ins *i = ir_at(s->f, write);
	const struct ir_lib *row = i->op == IRO(call) ? ir_at(s->f, i->args[0])->type.row : NULL;
	return i->op == IRO(call) && (!row || row->effects & IR_MOVES);
}

/* A view that says where its bytes are; the packet itself does not. */
static bool is_placed(const struct slices *s, uint64_t kinds)
{
	for (kinds &= IR_VIEWS; kinds; kinds &= kinds - 1)
		if (ir_view_of(s->fl->u->target, ir_first_kind(kinds))->words)
			return true;
	return false;
}

static void find_writes(struct slices *s)
{
	for (uint32_t o = 0; o < s->f->nrpo; o++)
		for (ir_ref r = ir_block(s->f, s->f->rpo[o])->first; r; r = ir_at(s->f, r)->next)
			if (writes_packet(s, r))
				arena_push(s->fl->u->scratch, s->writes, s->n, s->cap, r);
}

/* A use of the value, if it is a slice, behind a write that comes after it was made, or 0. */
static ir_ref used_late(const struct slices *s, ir_ref v, ir_ref *write)
{
	const struct ir_type *t = &ir_at(s->f, v)->type;
	ir_ref use = 0;
	bool slice = t->kinds & IR_BIT(IR_SLICE);
	if (type_is_pending(t) || (!slice && !(s->fl->u->moves_packet && is_placed(s, t->kinds))))
		return 0;
	for (uint32_t w = 0; w < s->n && !use; w++)
		if (slice || moves_packet(s, s->writes[w]))
			use = reach_outlived(s->f, v, *write = s->writes[w]);
	return use;
}

typedef void each_late(struct slices *s, ir_ref v, ir_ref use, ir_ref write);

static void each_slice(struct slices *s, each_late *late)
{
	ir_ref write, use;
	find_writes(s);
	for (uint32_t o = 0; s->n && o < s->f->nrpo; o++) {
		const struct ir_block *b = ir_block(s->f, s->f->rpo[o]);
		for (uint32_t i = 0; i < b->nparams; i++)
			if ((use = used_late(s, b->params[i], &write)))
				late(s, b->params[i], use, write);
		for (ir_ref r = b->first; r; r = ir_at(s->f, r)->next)
			if ((use = used_late(s, r, &write)))
				late(s, r, use, write);
	}
}

/* ---- copies ---- */

static void note_late(struct slices *s, ir_ref v, ir_ref use, ir_ref write)
{
	(void)use, (void)write;
	if (ir_at(s->f, v)->type.kinds & IR_BIT(IR_SLICE))
		arena_push(s->fl->u->scratch, s->late, s->nlate, s->cap_late, v);
}

/* A copy behind the value takes its place. */
static ir_ref copy(struct slices *s, ir_ref v, ir_ref *to)
{
	static const pg_value keep = { .kind = PG_LIB, .lib = "(keep)" };
	const struct ir_ins *i = ir_at(s->f, v);
	ir_ref at = i->op == IRO(param) ? ir_block(s->f, i->block)->first : i->next;
	ir_ref args[2] = { iterate_const(s->fl, at, &keep), v };
	ir_ref call = ir_ins_new(s->f, IRO(call), 2, args), result = ir_ins_new(s->f, IRO(result), 1, &call);
	ir_at(s->f, call)->site = ir_at(s->f, result)->site = ir_at(s->f, v)->site;
	ir_insert_before(s->f, at, call);
	ir_insert_before(s->f, at, result);
	to[v] = result;
	return call;
}

bool slices_keep(struct flow *fl)
{
	struct slices s = { .fl = fl, .f = fl->f };
	if (!fl->u->writes_packet)
		return false;
	each_slice(&s, note_late);
	ir_ref *calls = arena_array(fl->u->scratch, ir_ref, s.nlate + 1);
	ir_ref *to = arena_array(fl->u->scratch, ir_ref, fl->f->nins + 3 * s.nlate);
	for (uint32_t i = 0; i < s.nlate; i++)
		calls[i] = copy(&s, s.late[i], to);
	if (s.nlate)
		ir_rename(fl->f, to);
	for (uint32_t i = 0; i < s.nlate; i++)
		ir_at(fl->f, calls[i])->args[1] = s.late[i];
	return s.nlate;
}

/* ---- what cannot be copied ---- */

static void refuse(struct slices *s, ir_ref v, ir_ref use, ir_ref write)
{
	const struct ir_type *t = &ir_at(s->f, v)->type;
	if (t->kinds & IR_BIT(IR_SLICE))
		return;
	flow_refuse(s->fl, ir_at(s->f, use)->site, ON_PACKETS, "look it up again", "this %s was looked up before line %u "
		    "moves the packet, and is not where it was",
		    ir_view_of(s->fl->u->target, ir_first_kind(t->kinds & IR_VIEWS))->name,
		    ir_line(s->fl->u, s->f, write));
}

void slices_check(struct flow *fl)
{
	struct slices s = { .fl = fl, .f = fl->f };
	if (fl->u->writes_packet)
		each_slice(&s, refuse);
}

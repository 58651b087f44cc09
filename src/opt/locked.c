/*
 * locked.c - m:locked(k, f): the function runs between a lock and an unlock of the entry.
 *
 * On the Lua level the call becomes (entry) and, where there is one, (lock), a call of f, (unlock). On the machine
 * level errors are branches: the pass `locks` puts an unlock on each that leaves, to the error exit or to the
 * handler of a pcall, and refuses what calls into the kernel meanwhile, which the verifier would not have.
 */
#include "opt/opt.h"
#include "opt/passes.h"

#include <errno.h>

enum { HELPER_LOCK = 93, HELPER_UNLOCK = 94, HELPER_LOOP = 181 };

static ir_ref call_lib(struct flow *fl, ir_blk b, uint32_t site, const char *name, uint32_t n, const ir_ref *args)
{
	const pg_value *lib = const_new(fl->u, (pg_value){ .kind = PG_LIB, .lib = name });
	ir_ref all[3] = { flow_const(fl, b, site, lib) };
	for (uint32_t i = 0; i < n; i++)
		all[i + 1] = args[i];
	return flow_emit(fl, b, site, IRO(call), n + 1, all);
}

/* Within a pcall, what raises is caught by a guard of its own: the block to go on in; *raised for what raises. */
static ir_blk guarded(struct flow *fl, ir_blk b, ir_ref like, ir_ref *raised)
{
	*raised = 0;
	return ir_at(fl->f, like)->raised ? flow_guard(fl, b, like, raised) : b;
}

static void jump(struct flow *fl, ir_blk from, ir_blk to, uint32_t site, const pg_value *with)
{
	ir_ref v = flow_const(fl, from, site, with);
	ir_ref several = flow_emit(fl, from, site, IRO(several), 1, &v);
	ir_ref t = flow_emit(fl, from, site, IRO(jmp), 0, NULL);
	ir_succ(fl->f, t, 0, to, 1, &several);
}

int expand_locked(struct flow *fl, ir_ref call, ir_ref *gone)
{
	struct ir_fn *f = fl->f;
	if (ir_at(f, call)->nargs != 4)
		return 0;
	uint32_t site = ir_at(f, call)->site;
	ir_blk before = ir_at(f, call)->block;
	const ir_ref map_key[2] = { ir_at(f, call)->args[1], ir_at(f, call)->args[2] };
	ir_ref callee = ir_at(f, call)->args[3], raised;
	ir_blk rest = edit_split(f, call);
	ir_remove(f, call);
	*gone = ir_param_add(f, rest);
	ir_blk there = ir_block_new(f), absent = ir_block_new(f);
	fl->u->locks = true;
	before = guarded(fl, before, call, &raised);
	ir_ref entry = call_lib(fl, before, site, "(entry)", 2, map_key);
	ir_at(f, entry)->raised = raised;
	ir_ref t = flow_emit(fl, before, site, IRO(branch), 1, &entry);
	ir_succ(f, t, 0, there, 0, NULL);
	ir_succ(f, t, 1, absent, 0, NULL);
	ir_ref e = flow_emit(fl, there, site, IRO(pi), 1, &entry);
	ir_at(f, e)->imm = (int64_t)~IR_FALSY;
	const ir_ref entry_map[2] = { e, map_key[0] };
	call_lib(fl, there, site, "(lock)", 2, entry_map);
	there = guarded(fl, there, call, &raised);
	ir_ref c = flow_emit(fl, there, site, IRO(call), 2, (ir_ref[]){ callee, e });
	ir_at(f, c)->raised = raised;
	call_lib(fl, there, site, "(unlock)", 2, entry_map);
	jump(fl, there, rest, site, &const_true);
	jump(fl, absent, rest, site, &const_false);
	return 1;
}

/* ---- the pass ---- */

/* A block is inside when an unlock comes before any lock on some way from its beginning. */
struct locks {
	struct ir_unit *u;
	struct ir_fn *f;
	bool *inside;
	ir_ref *held;          /* by block: the lock that is held where it begins, or 0 */
};

static bool is_helper(const struct ir_ins *i, uint32_t which)
{
	return i->op == IRO(helper) && i->aux == which;
}

static void refuse_calls(struct locks *l, const struct ir_ins *i)
{
	if (i->op != IRO(helper) && i->op != IRO(fact))
		return;
	if (is_helper(i, HELPER_LOOP)) {
		diag_refuse(l->u->diag, l->u->sites[i->site].pos, ON_MAPS, "go round before, or after",
			    "this loop may be long, and while an entry is locked that needs an iterator (Linux 6.4 or later)");
		return;
	}
	diag_refuse(l->u->diag, l->u->sites[i->site].pos, ON_MAPS,
		    "keep to fields of the entry and local variables; do the rest before, or after; "
		    "a text of the packet is copied before by local s = s .. \"\"",
		    "this calls into the kernel while an entry is locked, which the kernel does not allow");
}

/* What is held at the end of b. */
static ir_ref through(struct locks *l, ir_blk b)
{
	ir_ref held = l->held[b];
	for (ir_ref r = ir_block(l->f, b)->first; r; r = ir_at(l->f, r)->next) {
		const struct ir_ins *i = ir_at(l->f, r);
		if (is_helper(i, HELPER_UNLOCK)) {
			held = 0;
			continue;
		}
		if (held)
			refuse_calls(l, i);
		if (is_helper(i, HELPER_LOCK))
			held = i->args[0];
	}
	return held;
}

static void unlock_before(struct locks *l, ir_ref at, ir_ref lock)
{
	ir_ref r = ir_ins_new(l->f, IRO(helper), 1, &lock);
	ir_at(l->f, r)->aux = HELPER_UNLOCK;
	ir_at(l->f, r)->site = ir_at(l->f, at)->site;
	ir_insert_before(l->f, at, r);
}

/* The edge leads out: by way of a block that unlocks. */
static void unlock_on(struct locks *l, ir_ref term, uint32_t which, ir_ref lock)
{
	struct ir_fn *f = l->f;
	struct ir_edge e = ir_at(f, term)->succ[which];
	uint32_t site = ir_at(f, term)->site;
	ir_blk b = ir_block_new(f);
	ir_block(f, b)->cold = true;
	ir_succ(f, term, which, b, 0, NULL);
	ir_ref t = edit_end(f, b, site, IRO(jmp), 0, 0, 0);
	ir_succ(f, t, 0, e.to, e.nargs, e.args);
	unlock_before(l, t, lock);
}

static bool begins_inside(const struct locks *l, ir_blk b)
{
	const struct ir_ins *last = ir_at(l->f, ir_block(l->f, b)->last);
	for (ir_ref r = ir_block(l->f, b)->first; r; r = ir_at(l->f, r)->next) {
		const struct ir_ins *i = ir_at(l->f, r);
		if (is_helper(i, HELPER_LOCK) || is_helper(i, HELPER_UNLOCK))
			return i->aux == HELPER_UNLOCK;
	}
	for (uint32_t e = 0; e < last->nsucc; e++)
		if (l->inside[last->succ[e].to])
			return true;
	return false;
}

static void find_inside(struct locks *l)
{
	for (bool more = true; more;) {
		more = false;
		for (uint32_t o = l->f->nrpo; o-- > 0;) {
			ir_blk b = l->f->rpo[o];
			if (l->inside[b] || !begins_inside(l, b))
				continue;
			l->inside[b] = more = true;
		}
	}
}

/* What is held at the end of b stays held inside, and is unlocked on the ways out. */
static void pass_on(struct locks *l, ir_blk b, ir_ref held)
{
	ir_ref term = ir_block(l->f, b)->last;
	if (ir_at(l->f, term)->op == IRO(ret))
		unlock_before(l, term, held);
	for (uint32_t e = 0; e < ir_at(l->f, term)->nsucc; e++) {
		ir_blk to = ir_at(l->f, term)->succ[e].to;
		if (l->inside[to])
			l->held[to] = held;
		else
			unlock_on(l, term, e, held);
	}
}

static void locks_of(struct ir_unit *u, struct ir_fn *f)
{
	struct locks l = { .u = u, .f = f };
	ir_order(f);
	uint32_t n = f->nrpo;
	ir_blk *order = arena_copy(u->scratch, f->rpo, sizeof(*order) * n);
	l.inside = arena_array(u->scratch, bool, f->nblocks);
	l.held = arena_array(u->scratch, ir_ref, f->nblocks);
	find_inside(&l);
	for (uint32_t o = 0; o < n; o++) {
		ir_ref held = through(&l, order[o]);
		if (held)
			pass_on(&l, order[o], held);
	}
	ir_order(f);
}

int opt_locks(struct ir_unit *u)
{
	for (uint32_t i = 0; i < u->nfns; i++)
		if (u->fns[i] && u->fns[i]->machine)
			locks_of(u, u->fns[i]);
	return u->diag->errors ? -EINVAL : 0;
}

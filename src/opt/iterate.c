/*
 * iterate.c - generic for loops over what is known: pairs, ipairs and next.
 *
 * `pairs(x)` becomes its three values, and a turn of the loop, `forcall`, what it does:
 *
 *   ipairs, and pairs of an array map    i = i + 1; v = x[i]; the loop ends where v is nil
 *   pairs of another map                 the block ends with `each`, and its value is the key; of a struct
 *                                        a table is made, with its fields
 *   pairs, ipairs of a captured table    left for `unroll`; where that has too many elements, ipairs is as above, and
 *                                        pairs counts through two lists, of the keys and of the values
 *   ipairs of one of several tables      as the first one: which, is known only at run time; pairs counts likewise, and
 *                                        finds the lists of the one that it is
 *
 * Of a turn only its first result is looked at where the loop ends; the others are taken inside.
 */
#include "opt/iterate.h"

#include "core/shape.h"

static const char iterate_next[] = "next", iterate_step[] = "for iterator";

ir_ref iterate_insert(struct flow *fl, ir_ref at, enum ir_op op, uint32_t n, const ir_ref *args)
{
	ir_ref r = ir_ins_new(fl->f, op, n, args);
	ir_at(fl->f, r)->site = ir_at(fl->f, at)->site;
	ir_insert_before(fl->f, at, r);
	return r;
}

ir_ref iterate_const(struct flow *fl, ir_ref at, const pg_value *k)
{
	ir_ref r = iterate_insert(fl, at, IRO(const), 0, NULL);
	ir_at(fl->f, r)->k = k;
	return r;
}

void iterate_become(struct flow *fl, ir_ref r, enum ir_op op, uint32_t n, const ir_ref *args)
{
	struct ir_ins *i = ir_at(fl->f, r);
	i->op = (uint16_t)op;
	i->nargs = n;
	i->args = n ? arena_copy(fl->u->arena, args, sizeof(*args) * n) : NULL;
	i->aux = 0;
	i->imm = 0;
	if (!(ir_ops[op].effects & IR_E_RAISE))
		i->raised = 0;
}

/* ---- pairs(x), ipairs(x) ---- */

static const struct ir_type *type_of(const struct flow *fl, ir_ref r)
{
	return &ir_at(fl->f, r)->type;
}

static bool is_host(const struct ir_type *t, enum pg_kind kind)
{
	return t->kinds == IR_BIT(IR_HOST) && t->k && t->k->kind == kind;
}

static bool is_map(const struct flow *fl, const struct ir_type *t, struct map_shape *s)
{
	const pg_map *m = ir_single(t->kinds) ? ir_map_like(fl->u, t) : NULL;
	if (m)
		map_shape(m, s);
	return m && (s->role == PG_ROLE_MAP || s->role == PG_ROLE_RING);
}

/* What pairs gives for it. `next` itself takes tables alone. */
static uint32_t given_of(const struct flow *fl, const struct ir_type *t)
{
	struct map_shape s;
	if (is_map(fl, t, &s))
		return IR_OF_MAP;
	bool no_map = is_host(t, PG_TABLE) || !(t->kinds & (IR_BIT(IR_HOST) | IR_BIT(IR_MAP)));
	return no_map ? IR_OF_TABLE : IR_OF_EITHER;
}

static bool is_of_pairs(const struct flow *fl, const struct ir_ins *turn)
{
	const pg_value *f = type_of(fl, turn->args[0])->k;
	return f && f->n != IR_OF_TABLE;
}

/* The call becomes the iterator, what it goes over, and where it starts. */
static void three_values(struct flow *fl, ir_ref call, pg_value iterator, const pg_value *from)
{
	ir_ref over = ir_at(fl->f, call)->args[1];
	iterate_become(fl, call, IRO(several), 3,
		       (ir_ref[]){ iterate_const(fl, call, const_new(fl->u, iterator)), over, iterate_const(fl, call, from) });
}

/* What pairs takes, and of what a loop may find out. Whatever is no table raises there and not here. */
static bool may_pair(const struct flow *fl, const struct ir_type *t)
{
	struct map_shape s;
	const uint64_t lua = IR_FALSY | IR_BIT(IR_TRUE) | IR_BIT(IR_INT) | IR_BIT(IR_FUNC) | IR_ALL_STRINGS | IR_BIT(IR_HOST) | IR_BIT(IR_MAP) |
			     IR_BIT(IR_REC);
	return is_map(fl, t, &s) || type_is_pending(t) || (t->kinds && !(t->kinds & ~lua));
}

bool iterate_pairs(struct flow *fl, ir_ref call)
{
	const struct ir_type *over = type_of(fl, ir_at(fl->f, call)->args[1]);
	if (!may_pair(fl, over))
		return false;
	three_values(fl, call, (pg_value){ .kind = PG_LIB, .lib = iterate_next, .n = given_of(fl, over) }, &const_nil);
	return true;
}

bool iterate_ipairs(struct flow *fl, ir_ref call)
{
	three_values(fl, call, (pg_value){ .kind = PG_LIB, .lib = iterate_step }, const_int(fl->u, 0));
	return true;
}

/* ---- where a loop starts ---- */

/* From where a value comes into the loop: at its head nothing is known yet, then it is a turn of this loop, or not. */
enum way { WAY_HEAD, WAY_TURN, WAY_OUTSIDE };

struct start {
	struct flow *fl;
	ir_ref call;
	bool any;              /* any integer, and what a run before gave, will do */
	bool nil;              /* the first one is nil and not 0 */
	ir_blk head;
	const pg_value *with;  /* what the constants become, or NULL */
	ir_ref turn;           /* what the first result of the turn before becomes, or 0 */
	ir_ref seen[16];
	enum way ways[16];
	unsigned n;
};

static bool is_first(const struct start *s, const struct ir_ins *c)
{
	const pg_value *k = c->type.k;
	if (s->nil)
		return c->type.kinds == IR_BIT(IR_NIL);
	return c->type.kinds == IR_BIT(IR_INT) && (s->any || (k && k->kind == PG_INT && !k->i));
}

static bool seen_before(struct start *s, ir_ref r, enum way way)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->seen[i] == r && s->ways[i] == way)
			return true;
	s->seen[s->n] = r;
	s->ways[s->n++] = way;
	return false;
}

static bool starts(struct start *s, ir_ref r, enum way way);

/* Is that which comes by this edge right? A value of the loop's own is replaced at its head, for behind that it is used otherwise. */
static bool comes(struct start *s, struct ir_edge *e, uint32_t a, enum way way, bool at_head)
{
	if (!starts(s, e->args[a], way))
		return false;
	if (at_head && way == WAY_TURN && s->turn)
		e->args[a] = s->turn;
	else if (at_head && way == WAY_OUTSIDE && s->with)
		e->args[a] = iterate_const(s->fl, ir_block(s->fl->f, 1)->first, s->with);
	return true;
}

/*
 * Is it, on all ways, the iterator's first value where it comes from outside of the loop, and what this turn gave where a turn
 * comes back? What another run of the loop gave, in a turn of a loop around it, comes from outside; what an earlier turn gave, by
 * another parameter of the head, is no place to go on.
 */
static bool starts(struct start *s, ir_ref r, enum way way)
{
	struct ir_fn *f = s->fl->f;
	const struct ir_ins *i = ir_at(f, r);
	if (i->op == IRO(pi))
		return starts(s, i->args[0], way);
	if (i->op == IRO(result))
		return i->args[0] == s->call && !i->aux && (s->any || way == WAY_TURN);
	if (i->op == IRO(const))
		return is_first(s, i) && (s->any || way != WAY_TURN);
	ir_blk b = i->block;
	if (i->op != IRO(param) || b == 1 || s->n >= 16 || (!s->any && way == WAY_TURN && b == s->head))
		return false;
	if (seen_before(s, r, way))
		return true;
	uint32_t k = i->aux;
	bool at_head = way == WAY_HEAD && b == s->head;
	for (uint32_t p = 0; p < ir_block(f, b)->npreds; p++) {
		const struct ir_pred *pred = &ir_block(f, b)->preds[p];
		enum way by = at_head && ir_dominates(f, b, pred->from) ? WAY_TURN
			      : way != WAY_HEAD			  ? way
			      : !at_head && ir_block(f, b)->npreds == 1 ? WAY_HEAD : WAY_OUTSIDE;
		if (!comes(s, ir_pred_edge(f, pred), k, by, at_head))
			return false;
	}
	return true;
}

/* Where an error may be caught the loop's head ends with the guard, before the call's block. */
static ir_blk head_of(const struct ir_fn *f, ir_ref call)
{
	ir_ref raised = ir_at(f, call)->raised;
	return ir_at(f, raised ? raised : call)->block;
}

static bool looked_at(struct start *s)
{
	s->head = head_of(s->fl->f, s->call);
	s->n = 0;
	ir_need_tree(s->fl->f);
	return ir_block(s->fl->f, s->head)->order && starts(s, ir_at(s->fl->f, s->call)->args[2], WAY_HEAD);
}

/* Does the loop go on, on all ways, behind an integer or what it gave? ipairs can start anywhere. */
static bool starts_at_any(struct flow *fl, ir_ref call)
{
	return looked_at(&(struct start){ .fl = fl, .call = call, .any = true });
}

bool iterate_starts(struct flow *fl, ir_ref call)
{
	const struct ir_lib *row = type_of(fl, ir_at(fl->f, call)->args[0])->row;
	return looked_at(&(struct start){ .fl = fl, .call = call, .nil = row->imm == IR_EXPAND_NEXT });
}

/* Does anything but the call use it? */
static bool used_otherwise(const struct ir_fn *f, ir_ref call, ir_ref v)
{
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			const struct ir_ins *i = ir_at(f, r);
			for (uint32_t a = 0; a < i->nargs; a++)
				if (i->args[a] == v && (r != call || a != 2))
					return true;
			for (uint32_t e = 0; e < i->nsucc; e++)
				for (uint32_t a = 0; a < i->succ[e].nargs; a++)
					if (i->succ[e].args[a] == v)
						return true;
		}
	return false;
}

/* The control variable, nil at first, becomes a number: `with` at first, and then `turn` if that is not 0. */
static bool starts_with(struct flow *fl, ir_ref call, const pg_value *with, ir_ref turn)
{
	struct start s = { .fl = fl, .call = call, .nil = true };
	ir_ref c = ir_at(fl->f, call)->args[2];
	bool once = ir_at(fl->f, c)->op == IRO(const); /* no turn comes back */
	if (!looked_at(&s) || (!once && (ir_at(fl->f, c)->block != s.head || used_otherwise(fl->f, call, c))))
		return false;
	if (once)
		ir_at(fl->f, call)->args[2] = iterate_const(fl, ir_block(fl->f, 1)->first, with);
	s.with = with;
	s.turn = turn;
	return once || looked_at(&s);
}

/* ---- a turn ---- */

/* What the builder puts behind a forcall: its first result, compared with nil, branched on. */
struct turn { ir_ref first, done; };

static bool turn_of(const struct ir_fn *f, ir_ref call, struct turn *t)
{
	*t = (struct turn){ 0, 0 };
	for (ir_ref r = ir_at(f, call)->next; r; r = ir_at(f, r)->next) {
		const struct ir_ins *i = ir_at(f, r);
		if (i->op == IRO(result) && i->args[0] == call)
			t->first = r;
		else if (i->op == IRO(eq) && t->first && i->args[0] == t->first)
			t->done = r;
	}
	const struct ir_ins *last = ir_at(f, ir_block(f, ir_at(f, call)->block)->last);
	return t->done && last->op == IRO(branch) && last->args[0] == t->done;
}

/* Results of the call: the first is `key`, the second what `second` is made to be; of 0: nil. */
static void results(struct flow *fl, ir_ref call, ir_ref key, enum ir_op second, ir_ref of)
{
	struct ir_fn *f = fl->f;
	for (uint32_t o = 0; o < f->nrpo; o++)
		for (ir_ref r = ir_block(f, f->rpo[o])->first; r; r = ir_at(f, r)->next) {
			uint32_t which = ir_at(f, r)->aux;
			if (ir_at(f, r)->op != IRO(result) || ir_at(f, r)->args[0] != call)
				continue;
			if (which > 1 || (which && !of)) {
				iterate_become(fl, r, IRO(const), 0, NULL);
				ir_at(f, r)->k = &const_nil;
				continue;
			}
			iterate_become(fl, r, which ? second : IRO(pi), 1, which ? &of : &key);
			ir_at(f, r)->imm = (int64_t)(which ? ~IR_BIT(IR_NIL) : IR_ANY);
		}
}

/* What cannot be indexed raises in the iterator, which is no Lua function: its message has no position. */
static void step(struct flow *fl, ir_ref call, const struct turn *t)
{
	ir_ref over = ir_at(fl->f, call)->args[1], from = ir_at(fl->f, call)->args[2];
	ir_ref one = iterate_const(fl, call, const_int(fl->u, 1));
	ir_ref i = iterate_insert(fl, call, IRO(add), 2, (ir_ref[]){ from, one });
	ir_ref v = iterate_insert(fl, call, IRO(index), 2, (ir_ref[]){ over, i });
	ir_at(fl->f, v)->site = flow_native_site(fl->u, ir_at(fl->f, call)->site);
	ir_at(fl->f, t->done)->args[0] = v;
	ir_at(fl->f, v)->raised = ir_at(fl->f, call)->raised;
	results(fl, call, i, IRO(pi), v);
	ir_remove(fl->f, call);
}

/* ---- captured tables of many elements ---- */

/* Element i of one of the lists; to find the list raises, in the iterator, where there is no table. */
static ir_ref element(struct flow *fl, ir_ref call, const pg_value *half, ir_ref i)
{
	ir_ref v = ir_at(fl->f, call)->args[1];
	ir_ref keys[2] = { iterate_const(fl, call, half), i };
	for (unsigned k = 0; k < 2; k++) {
		v = iterate_insert(fl, call, IRO(index), 2, (ir_ref[]){ v, keys[k] });
		ir_at(fl->f, v)->raised = ir_at(fl->f, call)->raised;
	}
	return v;
}

static bool count_through(struct flow *fl, ir_ref call, const struct turn *t)
{
	ir_ref one = iterate_const(fl, call, const_int(fl->u, 1));
	ir_ref i = iterate_insert(fl, call, IRO(add), 2, (ir_ref[]){ one, one });
	if (!starts_with(fl, call, const_int(fl->u, 0), i))
		return false;
	ir_at(fl->f, i)->args[0] = ir_at(fl->f, call)->args[2];
	ir_ref k = element(fl, call, &ir_pairs_keys, i), v = element(fl, call, &ir_pairs_values, i);
	ir_at(fl->f, t->done)->args[0] = k;
	results(fl, call, k, IRO(pi), v);
	ir_remove(fl->f, call);
	return true;
}

/* Called where `unroll` does not write the loop out. */
static bool walk(struct flow *fl, ir_ref call)
{
	struct turn t;
	const struct ir_type *over = type_of(fl, ir_at(fl->f, call)->args[1]);
	const struct ir_lib *row = type_of(fl, ir_at(fl->f, call)->args[0])->row;
	if (!row || !is_host(over, PG_TABLE) || !turn_of(fl->f, call, &t))
		return false;
	bool first = unroll_may(fl, call);
	if (row->imm == IR_EXPAND_STEP && (first ? !unroll_many(fl, call) : !starts_at_any(fl, call)))
		return false;
	pg_value keys;
	if (row->imm == IR_EXPAND_NEXT)
		return first && unroll_many(fl, call) && fl->u->source->index(fl->u, over->k->id, &ir_pairs_keys, &keys) >= 0 &&
		       count_through(fl, call, &t);
	if (row->imm == IR_EXPAND_STEP)
		step(fl, call, &t);
	return row->imm == IR_EXPAND_STEP;
}

/* A key that is a struct is a table in Lua: made anew in each turn, in a block before what comes `on`. */
static ir_ref key_table(struct flow *fl, ir_ref each, const struct ctype *layout, struct ir_edge *on)
{
	struct ir_fn *f = fl->f;
	uint32_t site = ir_at(f, each)->site;
	ir_blk b = ir_block_new(f);
	ir_ref t = flow_emit(fl, b, site, IRO(newtable), 0, NULL);
	for (uint32_t i = 0; i < layout->nfields; i++) {
		const char *name = layout->fields[i].name;
		ir_ref k = flow_const(fl, b, site, const_new(fl->u, (pg_value){ .kind = PG_STR, .str = name,
										.n = (uint32_t)strlen(name) }));
		ir_ref v = flow_emit(fl, b, site, IRO(index), 2, (ir_ref[]){ each, k });
		flow_emit(fl, b, site, IRO(setindex), 3, (ir_ref[]){ t, k, v });
	}
	ir_ref jump = flow_emit(fl, b, site, IRO(jmp), 0, NULL);
	ir_succ(f, jump, 0, on->to, on->nargs, on->args);
	*on = (struct ir_edge){ .to = b };
	return t;
}

/* The block ends with `each`: on in the loop with its value, or done. */
static void each(struct flow *fl, ir_ref call, const struct turn *t, const struct map_shape *s)
{
	struct ir_fn *f = fl->f;
	ir_ref last = ir_block(f, ir_at(f, call)->block)->last, map = ir_at(f, call)->args[1];
	struct ir_edge done = ir_at(f, last)->succ[0], on = ir_at(f, last)->succ[1];
	iterate_become(fl, last, IRO(each), 1, &map);
	const struct ctype *key = s->key ? s->key : s->value; /* records have no keys */
	ir_ref is = key->kind == CT_STRUCT ? key_table(fl, last, key, &on) : last;
	ir_at(f, last)->succ[0] = on;
	ir_at(f, last)->succ[1] = done;
	results(fl, call, is, IRO(eachval), s->key ? last : 0);
	ir_remove(f, t->done);
	ir_remove(f, t->first);
	ir_ref *to = arena_array(fl->u->scratch, ir_ref, f->nins);
	to[t->first] = is;
	ir_rename(f, to);
	ir_remove(f, call);
}

static bool turn(struct flow *fl, ir_ref call)
{
	struct map_shape s;
	struct turn t;
	const struct ir_ins *i = ir_at(fl->f, call);
	const struct ir_lib *row = type_of(fl, i->args[0])->row;
	const struct ir_type *over = type_of(fl, i->args[1]);
	if (!row || is_host(over, PG_TABLE) || over->kinds & IR_BIT(IR_REC) || !over->kinds || type_is_pending(over) || !turn_of(fl->f, call, &t))
		return false;
	bool map = is_map(fl, over, &s) && is_of_pairs(fl, i);
	if (row->imm == IR_EXPAND_STEP && starts_at_any(fl, call))
		step(fl, call, &t);
	else if (row->imm == IR_EXPAND_NEXT && map && s.array && starts_with(fl, call, const_int(fl->u, -1), 0))
		step(fl, call, &t);
	else if (row->imm == IR_EXPAND_NEXT && map && !s.array && iterate_starts(fl, call))
		each(fl, call, &t, &s);
	else
		return false;
	return true;
}

bool iterate_counted(struct flow *fl, ir_ref call, bool pairs)
{
	struct turn t;
	const struct ir_lib *row = type_of(fl, ir_at(fl->f, call)->args[0])->row;
	if (!row || !turn_of(fl->f, call, &t))
		return false;
	if (row->imm == IR_EXPAND_STEP ? !starts_at_any(fl, call)
	    : !pairs || row->imm != IR_EXPAND_NEXT || !starts_with(fl, call, const_int(fl->u, 0), 0))
		return false;
	step(fl, call, &t);
	return true;
}

/* One of several tables, or perhaps none. */
static bool is_found(const struct flow *fl, ir_ref r)
{
	const struct ir_type *t = type_of(fl, r);
	return type_is_pending(t) || (t->kinds & IR_BIT(IR_HOST) && (!t->k || (t->k->kind == PG_TABLE && !is_host(t, PG_TABLE))));
}

static bool find_turn(struct flow *fl, ir_ref call)
{
	struct turn t;
	const struct ir_lib *row = type_of(fl, ir_at(fl->f, call)->args[0])->row;
	if (!is_found(fl, ir_at(fl->f, call)->args[1]))
		return false;
	if (row && row->imm == IR_EXPAND_NEXT)
		return turn_of(fl->f, call, &t) && count_through(fl, call, &t);
	return iterate_counted(fl, call, false);
}

int iterate_found(struct flow *fl)
{
	for (uint32_t o = 0; o < fl->f->nrpo; o++)
		for (ir_ref r = ir_block(fl->f, fl->f->rpo[o])->first; r; r = ir_at(fl->f, r)->next)
			if (ir_at(fl->f, r)->op == IRO(forcall) && find_turn(fl, r))
				return 1;
	return 0;
}

/* A turn over what is known raises nothing: the guard that pcall put before it goes, so that the loop's head is
 * its block again. */
static bool unguard(struct flow *fl, ir_ref call)
{
	struct ir_fn *f = fl->f;
	struct ir_ins *i = ir_at(f, call);
	const struct ir_lib *row = type_of(fl, i->args[0])->row;
	const struct ir_type *over = type_of(fl, i->args[1]);
	struct map_shape s;
	if (!i->raised || !row || (!is_host(over, PG_TABLE) && !is_host(over, PG_MAP) && !is_map(fl, over, &s) &&
				 over->kinds != IR_BIT(IR_REC)))
		return false;
	ir_blk on = i->block, at = ir_at(f, i->raised)->block;
	ir_ref guard = ir_block(f, at)->last, last = ir_block(f, at)->last;
	if (ir_at(f, guard)->op != IRO(guard) || ir_at(f, guard)->succ[0].to != on || ir_block(f, on)->first != call)
		return false;
	ir_remove(f, last);
	for (ir_ref r = call, next; r; r = next) {
		next = ir_at(f, r)->next;
		ir_remove(f, r);
		ir_append(f, at, r);
	}
	ir_at(f, call)->raised = 0;
	return true;
}

int iterate_turns(struct flow *fl)
{
	for (uint32_t o = 0; o < fl->f->nrpo; o++)
		for (ir_ref r = ir_block(fl->f, fl->f->rpo[o])->first; r; r = ir_at(fl->f, r)->next)
			if (ir_at(fl->f, r)->op == IRO(forcall) &&
			    (matches_turn(fl, r) || unguard(fl, r) || turn(fl, r) || unroll(fl, r) || walk(fl, r)))
				return 1;
	return 0;
}

/* ---- what cannot be ---- */

/* What has fields: a state, an entry, or one of the views. */
static void no_pairs(struct flow *fl, uint32_t site, const char *name, uint64_t views)
{
	const struct ir_view *v = views ? ir_view_of(fl->u->target, ir_first_kind(views)) : NULL;
	struct diag *d = flow_refuse(fl, site, ON_LOOPS, "name the fields one by one", "kernel code cannot go over this "
				     "with '%s'", name);
	if (v && v->use)
		d->help = v->use;
}

static void refuse_over(struct flow *fl, uint32_t site, const char *name, const struct ir_type *t)
{
	const uint64_t fields = IR_VIEWS | IR_BIT(IR_ENTRY);
	struct map_shape s = { .role = PG_ROLE_MAP };
	bool map = is_map(fl, t, &s);
	if (fl->u->diag->errors && (map || is_host(t, PG_TABLE) || !t->kinds))
		return; /* behind what was wrong: where the loop starts, or what it goes over, was not looked at */
	if (ir_single(t->kinds) && ir_map_like(fl->u, t) && !map && s.role <= PG_ROLE_EVENTS)
		no_pairs(fl, site, name, 0);
	else if (ir_single(t->kinds) && ir_map_like(fl->u, t) && !map)
		flow_refuse(fl, site, ON_LOOPS, "go over it in the user half", "kernel code cannot go over this with '%s'",
			    name);
	else if (t->kinds & fields && !(t->kinds & ~(fields | IR_BIT(IR_NIL))))
		no_pairs(fl, site, name, t->kinds & IR_VIEWS);
	else
		flow_refuse(fl, site, ON_LOOPS,
			    "go over a map or a captured table that is known when the function is compiled",
			    "what '%s' goes over here is not known, or nothing that it can go over", name);
}

void iterate_refuse_over(struct flow *fl, uint32_t site, const struct ir_type *t)
{
	refuse_over(fl, site, "pairs", t);
}

void iterate_report(struct flow *fl, ir_ref call, const struct ir_lib *row)
{
	const struct ir_ins *i = ir_at(fl->f, call);
	if (row->imm == IR_EXPAND_GMATCH)
		matches_report(fl, call);
	if (row->imm == IR_EXPAND_PAIRS)
		refuse_over(fl, i->site, row->name, type_of(fl, i->args[1]));
}

static void refuse_callee(struct flow *fl, uint32_t site, const struct ir_type *callee)
{
	bool known = callee->k || !(callee->kinds & IR_BIT(IR_FUNC));
	struct diag *d = known ? flow_refuse(fl, site, ON_LOOPS, "write for k, v in pairs(map), for i, v in ipairs(list), or a function "
					     "of your own", "what a 'for ... in' calls here is no function that kernel code knows")
			       : flow_refuse(fl, site, ON_LOOPS, "write a loop for each under an if, which calls it by its name",
					     "which function this loop calls is known only at run time; that is not there yet");
	d->why = fl->u->ways ? DIAG_TOO_MUCH : DIAG_REFUSED; /* copies of what begins a loop met */
}

void iterate_report_turn(struct flow *fl, ir_ref call)
{
	const struct ir_ins *i = ir_at(fl->f, call);
	const struct ir_type *t = type_of(fl, i->args[0]), *over = type_of(fl, i->args[1]);
	struct map_shape s;
	if (t->row && t->row->imm == IR_EXPAND_NEXT && is_map(fl, over, &s) && !is_of_pairs(fl, i))
		flow_error(fl, i->site, IR_NO_TABLE, "map")->help = "write pairs(m)";
	else if (t->row && (t->row->imm == IR_EXPAND_NEXT || t->row->imm == IR_EXPAND_STEP) && is_host(over, PG_TABLE))
		unroll_refuse(fl, call);
	else if (t->row && t->row->imm == IR_EXPAND_NEXT && (over->kinds & IR_BIT(IR_HOST) || !fl->u->diag->errors) &&
		 !iterate_starts(fl, call))
		unroll_refuse_start(fl, i->site);
	else if (t->row && t->row->imm == IR_EXPAND_NEXT)
		iterate_refuse_over(fl, i->site, over);
	else if (!type_is_pending(t) && !(fl->u->diag->errors && (t->row || !t->kinds)))
		refuse_callee(fl, i->site, t);
}

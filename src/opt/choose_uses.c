/*
 * choose_uses.c - what uses a table or function that is one of few is copied under comparisons, into arms in which it
 * is known: a call, a further index, a test. `handlers[ip.proto](pkt)` is a switch.
 *
 *   t = T[k]            k == 6 ?  ->  call f(pkt)   -\
 *   call t(pkt)         k == 17 ? ->  call g(pkt)   --+-> ...
 *                       else      ->  raise           /
 */
#include "opt/choose.h"
#include "opt/infer.h"
#include "opt/iterate.h"
#include "opt/passes.h"

const pg_value *choose_value_in(const struct choice *c, ir_ref v, const pg_value *value)
{
	struct ir_unit *u = c->fl->u;
	const struct ir_ins *i = ir_at(c->f, v);
	if (v == c->index)
		return value;
	const pg_value *of = choose_value_in(c, i->args[0], value);
	if (!of)
		return NULL;
	if (i->op == IRO(pi))
		return (uint64_t)i->imm & IR_BIT(ir_kind_of(of->kind)) ? of : NULL;
	const pg_value *key = ir_at(c->f, i->args[1])->type.k;
	pg_value out;
	if (of->kind != PG_TABLE || !key || u->source->index(u, of->id, key, &out) < 0)
		return NULL;
	return const_new(u, out);
}

/* Is it read of what may be a map or a state? It is read once, where that stands: before what is written behind it. */
static bool is_read_once(const struct choice *c, ir_ref v)
{
	for (uint32_t i = 0; i < c->n; i++) {
		const pg_value *of = choose_value_in(c, ir_at(c->f, v)->args[0], c->pairs[i].value);
		if (of && of->kind == PG_MAP)
			return true;
	}
	return false;
}

/* Is r a test, field or method of v, which is the look-up or follows from it? */
static bool follows(const struct choice *c, ir_ref r, ir_ref v)
{
	const struct ir_ins *i = ir_at(c->f, r);
	if (!i->nargs || i->args[0] != v)
		return false;
	if (i->op == IRO(index))
		return ir_at(c->f, i->args[1])->type.k && !is_read_once(c, r);
	return i->op == IRO(self) || i->op == IRO(pi);
}

/* Something plain in every arm in which it is had: the arms can meet behind it. */
static bool meets(struct choice *c, ir_ref v)
{
	if (ir_at(c->f, v)->op == IRO(self))
		return false;
	for (uint32_t i = 0; i < c->n; i++) {
		if (choose_stops(c, v, c->pairs[i].value))
			continue;
		const pg_value *k = choose_value_in(c, v, c->pairs[i].value);
		if (k ? !choose_plain(k) : ir_at(c->f, v)->op == IRO(index))
			return false;
	}
	return true;
}

/* Copied into the arms together with what uses it. */
bool choose_derived(const struct choice *c, ir_ref v)
{
	return v < c->users->n && c->users->from[v] == c->index;
}

/* What is derived from c->index: marks it. */
static void find_derived(struct choice *c, struct uses *out)
{
	struct arena *a = c->fl->u->arena;
	ir_ref *all = NULL;
	uint32_t n = 0, cap = 0, nusers;
	arena_push(c->fl->u->scratch, all, n, cap, c->index);
	for (uint32_t i = 0; i < n; i++) {
		const ir_ref *user = users_of(c->users, all[i], &nusers);
		for (uint32_t k = 0; k < nusers; k++)
			if (follows(c, user[k], all[i]))
				arena_push(c->fl->u->scratch, all, n, cap, user[k]);
		if (i && meets(c, all[i]))
			continue;
		c->users->from[all[i]] = c->index;
		arena_push(a, out->derived, out->nderived, out->cap_derived, all[i]);
	}
}

static bool may_copy(enum ir_op op)
{
	return choose_operations[op].copied;
}

/* The error of v, which is derived, if it fails by itself when the look-up gave `value`: then it does so where it
 * is, before what is evaluated between it and its users. */
static const char *fails_with(struct choice *c, ir_ref v, const pg_value *value)
{
	if (v == c->index || ir_at(c->f, v)->op == IRO(pi) || choose_stops(c, ir_at(c->f, v)->args[0], value))
		return NULL;
	return choose_stops(c, v, value);
}

static bool fails_first(struct choice *c, ir_ref v)
{
	bool fails = fails_with(c, v, &const_nil);
	for (uint32_t i = 0; i < c->n; i++)
		fails |= fails_with(c, v, c->pairs[i].value) != NULL;
	return fails;
}

/* Its place in the web; web->n: it is not in it. */
uint32_t choose_place(const struct web *web, ir_ref param)
{
	uint32_t i = 0;
	while (i < web->n && web->params[i] != param)
		i++;
	return i;
}

/* Is it known what Lua complains of where an operand is wrong that number or text alone may be? */
static bool is_told(struct choice *c, const struct ir_ins *i)
{
	for (uint32_t a = 0; a < i->nargs && i->nargs == 2 && choose_operations[i->op].good == CHOOSE_NUMBER; a++)
		if (choose_derived(c, i->args[a]) && (choose_derived(c, i->args[!a]) || !blame_told(c, i, a)))
			return false;
	return true;
}

/* Two of a web in one instruction are too many. */
static bool used_before(const struct choice *c, ir_ref r)
{
	bool before = c->web && c->users->used[r];
	c->users->used[r] = true;
	return before;
}

/* A name that `string` has not gives nil of a text. */
static const pg_value *found_in(struct choice *c, ir_ref v, const pg_value *value)
{
	struct ir_unit *u = c->fl->u;
	const struct ir_ins *i = ir_at(c->f, v);
	const pg_value *known = choose_value_in(c, v, value), *of;
	pg_value out;
	if (known || i->op != IRO(index) || !(of = choose_value_in(c, i->args[0], value)) || of->kind != PG_STR)
		return known;
	const pg_value *key = ir_at(c->f, i->args[1])->type.k;
	if (key && !infer_text_has(c->fl, key))
		return &const_nil;
	return key && u->source->text && !u->source->text(u, key, &out) && out.kind != PG_HOST ? const_new(u, out) : NULL;
}

/* May the look-up v, which is derived, raise or not, and that is not known here? */
static bool is_doubtful(struct choice *c, ir_ref v)
{
	const struct ir_ins *i = ir_at(c->f, v);
	bool doubtful = false;
	for (uint32_t n = 0; v != c->index && i->op == IRO(index) && n < c->n; n++) {
		const pg_value *value = c->pairs[n].value, *of = found_in(c, i->args[0], value);
		doubtful |= !choose_stops(c, v, value) && (!of || (of->kind == PG_TABLE && !choose_value_in(c, v, value)));
	}
	return doubtful;
}

/* Do the edges of i lead derived values elsewhere than to other parameters of the web? */
static bool goes_elsewhere(struct choice *c, const struct ir_ins *i)
{
	for (uint32_t s = 0; s < i->nsucc; s++)
		for (uint32_t a = 0; a < i->succ[s].nargs; a++)
			if (choose_derived(c, i->succ[s].args[a]) && !choose_goes_on(c, &i->succ[s], a))
				return true;
	return false;
}

/* One that is derived, or uses what is; false: it cannot be copied. */
static bool add_use(struct choice *c, ir_ref r, struct uses *out)
{
	struct arena *arena = c->fl->u->arena;
	const struct ir_ins *i = ir_at(c->f, r);
	const bool derived = choose_derived(c, r);
	bool uses = false;
	for (uint32_t a = 0; a < i->nargs; a++)
		uses |= choose_derived(c, i->args[a]);
	if (goes_elsewhere(c, i) || (derived && is_doubtful(c, r)))
		return false;
	if (derived && fails_first(c, r))
		arena_push(arena, out->fail, out->nfail, out->cap_fail, r);
	if (!uses || derived)
		return true;
	const struct how how = { blame_kinds(c, r), choose_guards(c, r) };
	if (!(how.guarded || (may_copy(i->op) && is_told(c, i))) || used_before(c, r))
		return false;
	arena_push(arena, out->v, out->n, out->cap, r);
	arena_push(arena, out->how, out->nhow, out->cap_how, how);
	return true;
}

bool choose_find_uses(struct choice *c, struct uses *out)
{
	*out = (struct uses){ 0 };
	find_derived(c, out);
	uint32_t n = out->nderived;
	const ir_ref *r = users_in_order(c->users, c->fl->u->scratch, out->derived, &n);
	for (uint32_t i = 0; i < n; i++)
		if (!add_use(c, r[i], out))
			return false;
	return true;
}

ir_ref choose_copy(struct choice *c, ir_blk b, ir_ref r)
{
	struct arena *a = c->fl->u->arena;
	struct ir_ins copy = *ir_at(c->f, r);
	copy.prev = copy.next = copy.block = 0;
	copy.args = arena_copy(a, copy.args, sizeof(*copy.args) * copy.nargs);
	if (copy.nsucc) {
		copy.succ = arena_copy(a, copy.succ, sizeof(*copy.succ) * copy.nsucc);
		for (uint32_t s = 0; s < copy.nsucc; s++)
			copy.succ[s].args = arena_copy(a, copy.succ[s].args,
						       sizeof(ir_ref) * copy.succ[s].nargs);
	}
	arena_push(a, c->f->ins, c->f->nins, c->f->cap_ins, copy);
	ir_append(c->f, b, c->f->nins - 1);
	return c->f->nins - 1;
}

/* v, which is derived, in an arm where the look-up gave k. */
static ir_ref copy_derived(struct choice *c, ir_blk b, ir_ref v, ir_ref k)
{
	if (v == c->index)
		return k;
	ir_ref of = copy_derived(c, b, ir_at(c->f, v)->args[0], k);
	ir_ref r = choose_copy(c, b, v);
	ir_at(c->f, r)->args[0] = of;
	return r;
}

const char *choose_kind_name(const struct ir_unit *u, const pg_value *of)
{
	return type_called(u, ir_kind_of(of->kind), of);
}

bool choose_bare(const pg_value *of)
{
	return of->kind == PG_TABLE && !of->n;
}

bool choose_tables_alone(struct choice *c, ir_ref v)
{
	for (uint32_t i = 0; i < c->n; i++) {
		const pg_value *of = choose_value_in(c, v, c->pairs[i].value);
		if (of && of->kind != PG_TABLE && of->kind != PG_NIL)
			return false;
	}
	return true;
}

static const char *operand_text(struct choice *c, const struct ir_ins *i, uint32_t a, const char *what, const pg_value *of)
{
	return blame_text(c, i, a, what, choose_kind_name(c->fl->u, of));
}

const char *choose_failure_text(struct choice *c, const struct ir_ins *i, const char *what, const pg_value *of)
{
	return operand_text(c, i, 0, what, of);
}

/* Has it no fields whatever the name? */
static bool is_fieldless(const pg_value *of)
{
	return of->kind <= PG_FLOAT || ir_kind_of(of->kind) == IR_FUNC;
}

const char *choose_index_failure(struct choice *c, const struct ir_ins *i, const pg_value *of)
{
	if (!ir_is_half(ir_at(c->f, i->args[1])->type.k))
		return is_fieldless(of) ? choose_failure_text(c, i, "index", of) : NULL;
	return of->kind == PG_TABLE || of->kind == PG_MAP ? NULL
		: arena_printf(c->fl->u->arena, IR_NO_TABLE, choose_kind_name(c->fl->u, of));
}

/* The error in the arm where the look-up gave `value`, if v is not had there: nil is indexed on the way, or
 * the arm is one that a test before has ruled out (then it is never raised). */
const char *choose_stops(struct choice *c, ir_ref v, const pg_value *value)
{
	const struct ir_ins *i = ir_at(c->f, v);
	if (v == c->index)
		return NULL;
	const char *before = choose_stops(c, i->args[0], value);
	const pg_value *of = found_in(c, i->args[0], value);
	if (before || !of)
		return before;
	if (i->op == IRO(pi))
		return (uint64_t)i->imm & IR_BIT(ir_kind_of(of->kind)) ? NULL : choose_failure_text(c, i, "use", of);
	return choose_index_failure(c, i, of);
}

uint32_t choose_operands(const struct ir_ins *i)
{
	return choose_operations[i->op].good == CHOOSE_NUMBER ? i->nargs : choose_operations[i->op].what ? 1 : 0;
}

/* Without a digit no text is a number. */
static bool is_no_number(const pg_value *v)
{
	for (uint32_t i = 0; v->kind == PG_STR && i < v->n; i++)
		if (v->str[i] >= '0' && v->str[i] <= '9')
			return false;
	return v->kind == PG_STR;
}

bool choose_goes_over(const struct choice *c, const struct ir_ins *i)
{
	return i->op == IRO(index) && ir_is_half(ir_at(c->f, i->args[1])->type.k);
}

/* What may be done to it by a metamethod is not judged here. */
const char *choose_operand_fails(struct choice *c, const struct ir_ins *i, const uint64_t *kinds, uint32_t a, const pg_value *of)
{
	const struct operation *o = &choose_operations[i->op];
	bool address = of && (of->kind == PG_IP4 || of->kind == PG_IP6 || of->kind == PG_MAC);
	if (of && !a && choose_goes_over(c, i))
		return choose_index_failure(c, i, of);
	if (of && choose_bare(of) && o->what && o->good != IR_ALL_STRINGS &&
	    (c->fl->u->sites[i->site].parted || !choose_tables_alone(c, i->args[a])))
		return operand_text(c, i, a, o->what, of);
	if (!of || of->kind == PG_TABLE || (address && o->good == IR_ALL_STRINGS) || (ir_kind_of(of->kind) == IR_FUNC && i->op == IRO(call)))
		return NULL;
	if (o->sum && is_no_number(of) && i->nargs > 1 && kinds[!a] != IR_BIT(IR_INT))
		return NULL; /* it is refused */
	if (o->sum && is_no_number(of))
		return arena_printf(c->fl->u->arena, "attempt to %s a '%s' with a '%s'", o->sum,
				    a ? "number" : "string", a || i->nargs < 2 ? "string" : "number");
	bool fits = choose_plain(of) || of->kind == PG_FLOAT ? o->good & IR_BIT(ir_kind_of(of->kind))
							     : ir_kind_of(of->kind) != IR_FUNC;
	return fits && !(o->good == CHOOSE_NUMBER && is_no_number(of)) ? NULL : operand_text(c, i, a, o->what, of);
}

/* Likewise for what uses such values. *wrong: the operand that is wrong by itself, or nargs. */
static const char *use_stops(struct choice *c, ir_ref use, const uint64_t *kinds, const pg_value *value, uint32_t *wrong)
{
	const struct ir_ins *i = ir_at(c->f, use);
	*wrong = i->nargs;
	if (choose_derived(c, i->args[0]) && follows(c, use, i->args[0]))
		return choose_stops(c, use, value);
	const char *text = NULL;
	for (uint32_t a = 0; a < i->nargs && !text; a++)
		text = choose_derived(c, i->args[a]) ? choose_stops(c, i->args[a], value) : NULL;
	for (uint32_t a = 0; a < choose_operands(i) && !text; a++)
		if (choose_derived(c, i->args[a])) {
			text = choose_operand_fails(c, i, kinds, a, choose_value_in(c, i->args[a], value));
			*wrong = text ? a : i->nargs;
		}
	return text;
}

/* The use in the arm of `value`, block b, raises what Lua says there; false: it does not. */
static bool raise_in_arm(struct choice *c, ir_blk b, ir_ref use, const uint64_t *kinds, const pg_value *value)
{
	uint32_t wrong;
	const char *text = use_stops(c, use, kinds, value, &wrong);
	const struct ir_ins *i = ir_at(c->f, use);
	const struct operation *o = &choose_operations[i->op];
	const pg_value *of = wrong < i->nargs ? choose_value_in(c, i->args[wrong], value) : NULL;
	if (of && o->good == CHOOSE_NUMBER && !(o->sum && of->kind == PG_STR))
		blame_raise(c, b, use, kinds, wrong, choose_kind_name(c->fl->u, of));
	else if (text)
		flow_raise(c->fl, b, use, text);
	return text;
}

/* Is it nil as ("text")[1] is, whichever the number? */
static bool finds_nothing(struct choice *c, const struct ir_ins *i, const pg_value *value)
{
	if (i->op != IRO(index) || !choose_derived(c, i->args[0]) || type_is_pending(&ir_at(c->f, i->args[1])->type))
		return false;
	const pg_value *of = choose_value_in(c, i->args[0], value);
	return of && of->kind == PG_STR && infer_text_lacks_any(c->fl, i->args[1]);
}

static ir_ref copy_use(struct choice *c, ir_blk b, ir_ref use, const pg_value *value)
{
	ir_ref k = choose_make(c, b, ir_at(c->f, use)->site, value);
	ir_ref *args = arena_copy(c->fl->u->arena, ir_at(c->f, use)->args,
				  sizeof(*args) * ir_at(c->f, use)->nargs);
	for (uint32_t a = 0; a < ir_at(c->f, use)->nargs; a++)
		if (choose_derived(c, args[a]))
			args[a] = copy_derived(c, b, args[a], k);
	ir_ref r = choose_copy(c, b, use);
	ir_at(c->f, r)->args = args;
	return r;
}

/* Returns what stands for the use, or 0. */
static ir_ref choose_use(struct choice *c, ir_ref use, const struct how *how)
{
	if (how->guarded)
		return choose_guarded(c, use, how->kinds);
	ir_blk rest = choose_open(c, use);
	if (rest)
		ir_remove(c->f, use);
	bool gives = ir_ops[ir_at(c->f, use)->op].result != 'N';
	ir_ref all = gives ? ir_param_add(c->f, rest) : 0;
	for (uint32_t i = 0; i < c->narms; i++) {
		ir_blk b = c->arms[i].block;
		if (raise_in_arm(c, b, use, how->kinds, c->arms[i].value))
			continue;
		ir_ref r = finds_nothing(c, ir_at(c->f, use), c->arms[i].value)
			? flow_const(c->fl, b, ir_at(c->f, use)->site, &const_nil)
			: copy_use(c, b, use, c->arms[i].value);
		if (ir_at(c->f, r)->op == IRO(call)) {
			r = flow_emit(c->fl, b, ir_at(c->f, r)->site, IRO(several), 1, &r);
			ir_at(c->f, r)->aux = IR_OPEN;
		}
		if (rest)
			choose_meet(c, b, rest, gives ? r : 0);
	}
	return all;
}

/* Raises before v where v fails. */
static void choose_failure(struct choice *c, ir_ref v)
{
	ir_blk rest = choose_open(c, v);
	for (uint32_t i = 0; i < c->narms; i++) {
		const char *error = fails_with(c, v, c->arms[i].value);
		if (error)
			flow_raise(c->fl, c->arms[i].block, v, error);
		else
			choose_meet(c, c->arms[i].block, rest, 0);
	}
}

/* Drops the look-up and what was derived from it: all their users are copies now. */
static void drop_derived(struct choice *c, const struct uses *uses)
{
	for (uint32_t i = 0; i < uses->nderived; i++)
		if (ir_at(c->f, uses->derived[i])->op != IRO(param) && ir_at(c->f, uses->derived[i])->block)
			ir_remove(c->f, uses->derived[i]);
}

void choose_copy_uses(struct choice *c, const struct uses *uses, ir_ref *to)
{
	c->fl->u->chose = true;
	asking_of(c->fl, c->index);
	for (uint32_t i = 0; i < uses->nfail; i++)
		choose_failure(c, uses->fail[i]);
	for (uint32_t i = 0; i < uses->n; i++)
		to[uses->v[i]] = choose_use(c, uses->v[i], &uses->how[i]);
	c->fl->doubted = 0;
	drop_derived(c, uses);
}

bool choose_uses(struct choice *c, ir_ref *to)
{
	struct uses uses;
	if (c->n > MAX_USES && !c->many)
		return false;
	users_begin(c);
	if (!choose_find_uses(c, &uses))
		return false;
	choose_copy_uses(c, &uses, to);
	return true;
}

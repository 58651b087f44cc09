/*
 * doubts.c - pass `doubts`: what may be nil and is used all the same.
 *
 * Lua raises an error there, and so does the program: it is right, and hardly ever meant. That such an error is in
 * the table says little, for what was tested before makes most of them impossible; so this looks at which are left
 * when the code has been simplified: the numbers with which the error exit can be reached. What pcall catches does
 * not get there, and is not warned about.
 */
#include "ir/lower.h"
#include "opt/facts.h"
#include "opt/opt.h"
#include "opt/passes.h"

#include "core/shape.h"

#include <errno.h>
#include <string.h>

struct doubts {
	struct ir_unit *u;
	struct ir_fn *f;
	bool *left;    /* by error: can be raised */
	bool *seen;    /* by value */
};

/* An error, and one of the places that raise it: `in`, at and the like are NULL where that is not known. */
struct doubt {
	struct diag_pos pos;
	const char *text;
	struct ir_fn *in;
	const struct ir_ins *at;
	const struct ir_ins *made; /* what made the operand that the text names, an `index` with names */
	const struct ir_ins *from; /* likewise, an `index` or a call, or whatever it is */
	const struct ir_name *noted; /* what a raise says of itself (NOTED_OPERAND and so on); then the others are NULL. Or NULL */
	unsigned operand;      /* ... and which operand it is, from 1 */
};

/* What is said of a look-up that is done for, as names of the raise that stands where it found nothing: the operand, and as fields what it
 * was found by and the message without a position. */
enum { NOTED_OPERAND, NOTED_SOURCE, NOTED_MESSAGE, NOTED };

/* What Lua's message says is done to a nil value, and how a warning says it. */
/* help: of what has a name; once: of an entry of a map that has none; bare: of any other */
#define TESTED(name, used) { name, used, "test it first: if %s then ... end", \
			     "look it up once: local e = %s if e then ... end", "test it first" }
static const struct { const char *message, *used, *help, *once, *bare; } uses[] = {
	{ "attempt to perform ", "used as a number", "write (%s or 0), or test it first", NULL,
	  "write (v or 0) for the value v, or test it first" },
	TESTED("attempt to index ",       "indexed"),
	TESTED("attempt to get length",   "asked for its length"),
	TESTED("attempt to concatenate ", "concatenated"),
	TESTED("attempt to compare ",     "compared"),
};

/* ---- which errors are left ---- */

static void number_is(struct doubts *d, ir_ref number);

/* What the edges to block b give its parameter. */
static void through_edges(struct doubts *d, ir_blk b, uint32_t param)
{
	const struct ir_block *k = ir_block(d->f, b);
	for (uint32_t p = 0; p < k->npreds; p++) {
		const struct ir_edge *e = ir_pred_edge(d->f, &k->preds[p]);
		number_is(d, e->args[param]);
	}
}

static void number_is(struct doubts *d, ir_ref number)
{
	const struct ir_ins *i = ir_at(d->f, number);
	if (d->seen[number])
		return;
	d->seen[number] = true;
	if (i->op == IRO(imm) && (uint64_t)i->imm < d->u->nerrors)
		d->left[i->imm] = true;
	else if (i->op == IRO(param))
		through_edges(d, i->block, i->aux);
}

/* The place of an error's count, which is the number times eight behind the first. */
static void count_at(struct doubts *d, const struct ir_ins *add)
{
	const struct ir_ins *i = ir_at(d->f, add->args[0]);
	int64_t at = i->imm + add->imm - IR_DATA_ERRORS;
	if (i->op == IRO(mapval) && i->aux == IR_MAP_DATA && at >= 0 && at / 8 < d->u->nerrors)
		d->left[at / 8] = true;
	else if (i->op == IRO(add64) && ir_at(d->f, i->args[1])->op == IRO(shl64))
		number_is(d, ir_at(d->f, i->args[1])->args[0]);
}

static void find_left(struct doubts *d)
{
	ir_need_order(d->f);
	d->seen = arena_array(d->u->scratch, bool, d->f->nins);
	for (uint32_t o = 0; o < d->f->nrpo; o++) {
		const struct ir_block *k = ir_block(d->f, d->f->rpo[o]);
		for (ir_ref r = k->first; r; r = ir_at(d->f, r)->next)
			if (ir_at(d->f, r)->op == IRO(atomadd64))
				count_at(d, ir_at(d->f, r));
	}
}

/* ---- what another header says ---- */

static const struct ir_ins *looked_up(const struct ir_fn *f, ir_ref v)
{
	return ir_at(f, ir_untested(f, v));
}

/* Does v, where it is there, show that the packet has what `made` looks up? */
static bool shows(struct doubts *d, const struct ir_fn *f, ir_ref v, const struct ir_ins *made)
{
	uint64_t view = ir_at(f, v)->type.kinds & IR_VIEWS;
	const struct ir_ins *from = looked_up(f, v), *pkt = looked_up(f, made->args[0]);
	if (!view || !ir_single(view) || !(ir_view_of(d->u->target, ir_first_kind(view))->carried_by & made->type.kinds))
		return false;
	return from == pkt || (from->op == IRO(index) && looked_up(f, from->args[0]) == pkt);
}

/* `pkt.ip` in a function that asks for `pkt.tcp`, too: the compiler may not see that it is asked there, but a
 * reader does. */
static bool is_carried(struct doubts *d, const struct doubt *e)
{
	if (!e->made || !(e->made->type.kinds & IR_VIEWS))
		return false;
	if (shows(d, e->in, e->made->args[0], e->made))
		return true;
	ir_need_order(e->in);
	for (uint32_t o = 0; o < e->in->nrpo; o++)
		for (ir_ref r = ir_block(e->in, e->in->rpo[o])->first; r; r = ir_at(e->in, r)->next)
			if (ir_at(e->in, r)->op == IRO(index) && shows(d, e->in, r, e->made))
				return true;
	return false;
}

/* ---- headers that were looked up anew when the packet was moved ---- */

/* Is v, or may it be, such a one? That it was there before was tested there; that it still is cannot be. */
static bool is_anew(struct doubts *d, const struct ir_fn *f, ir_ref v)
{
	const struct ir_ins *i = looked_up(f, v);
	ir_ref r = ir_untested(f, v);
	if (i->op == IRO(index))
		return flow_is_native(d->u, i->site) && i->type.kinds & IR_VIEWS;
	if (i->op != IRO(param) || d->seen[r])
		return false;
	d->seen[r] = true;
	for (uint32_t p = 0; p < ir_block(f, i->block)->npreds; p++)
		if (is_anew(d, f, ir_pred_edge(f, &ir_block(f, i->block)->preds[p])->args[i->aux]))
			return true;
	return false;
}

static bool was_anew(struct doubts *d, const struct doubt *e)
{
	if (!d->u->moves_packet || !e->at || !e->at->nargs)
		return false;
	d->seen = arena_array(d->u->scratch, bool, e->in->nins);
	return is_anew(d, e->in, e->at->args[0]);
}

/* ---- what is said of them ---- */

static bool is_nil(const char *text)
{
	return strstr(text, " a nil value") || strstr(text, " nil with ") || strstr(text, " with nil");
}

/* What Lua calls what has no name. */
static bool is_name(const char *s)
{
	return *s != '?' && strncmp(s, "integer index", 13);
}

/* Is it raised by what compares? In a copy for one of several objects what is said of it may be all that is left. */
static bool is_comparison(const struct doubt *e)
{
	return e->at && (e->at->op == IRO(lt) || e->at->op == IRO(le));
}

/* The name of the operand of a comparison that is nil, of which Lua's message names none; NULL: it is no comparison. */
static const struct ir_name *compared(const struct doubt *e)
{
	if (e->noted)
		return strstr(e->text, "compare") ? e->noted : NULL;
	const struct ir_name *n = is_comparison(e) ? e->at->names : NULL;
	return n && strstr(e->text, " with nil") ? n + 1 : n;
}

/* "'n'" of "... (local 'n')", or of the operand of a comparison, of which Lua's message names none; else
 * "this value". */
static const char *operand(struct doubts *d, const struct doubt *e)
{
	const char *from = strchr(e->text, '\''), *to = from ? strchr(from + 1, '\'') : NULL;
	const struct ir_name *n = compared(e);
	if (to && is_name(from + 1))
		return arena_printf(d->u->arena, "%.*s", (int)(to + 1 - from), from);
	const char *name = ir_source_name(n, 0);
	return name ? arena_printf(d->u->arena, "'%s'", name) : "this value";
}

static bool is_named(const struct ir_name *n)
{
	return n->how != IR_N_NONE && n->how != IR_N_FIELD;
}

/* The key of an index, as the source may have it: a name, a number, or a field of what has a name; else NULL. */
static const char *key_source(struct arena *a, const struct ir_fn *f, const struct ir_ins *made)
{
	const struct ir_ins *key = ir_at(f, made->args[1]);
	if (is_named(&made->names[1]))
		return made->names[1].name;
	if (key->op == IRO(const) && key->k->kind == PG_INT)
		return arena_printf(a, "%lld", (long long)key->k->i);
	if (key->op != IRO(index) || !key->names || !is_named(key->names) || key->names[1].how != IR_N_CONSTANT)
		return NULL;
	return arena_printf(a, "%s.%s", key->names->name, key->names[1].name);
}

const char *doubts_source(struct arena *a, const struct ir_fn *f, const struct ir_ins *made)
{
	const struct ir_name *of = made->names;
	const char *key = of && is_named(of) ? key_source(a, f, made) : NULL;
	return !key ? NULL : arena_printf(a, of[1].how == IR_N_CONSTANT ? "%s.%s" : "%s[%s]", of->name, key);
}

/* What made the value. */
static const char *source(struct doubts *d, const struct doubt *e)
{
	if (e->noted)
		return e->noted[NOTED_SOURCE].how == IR_N_NONE ? NULL : e->noted[NOTED_SOURCE].name;
	return e->made ? doubts_source(d->u->arena, e->in, e->made) : NULL;
}

/* Of an array map every index that it has is there. */
static const char *when_none(struct doubts *d, const struct doubt *e, const char *from)
{
	struct map_shape s = { .array = false };
	const pg_map *map = ir_map_like(d->u, &ir_at(e->in, e->made->args[0])->type);
	if (map)
		map_shape(map, &s);
	return s.array ? "the index is outside" : strchr(from, '[') ? "the key is absent" : "there is none";
}

static const char *note(struct doubts *d, const struct doubt *e, const char *name)
{
	const char *from = source(d, e);
	uint32_t line = e->made ? d->u->sites[ir_site_shown(d->u, e->made->site)].pos.line : 0;
	if (e->noted && from)
		return arena_printf(d->u->arena, "%s is %s, nil when the key is absent", name, from);
	if (!e->made)
		return NULL;
	if (!from)
		return arena_printf(d->u->arena, "%s was looked up on line %u, and is nil when nothing was found", name, line);
	return arena_printf(d->u->arena, "%s is %s (line %u), nil when %s", name, from, line, when_none(d, e, from));
}

/* What is to be tested: the local variable, or what the field was found in; NULL where it has no name. */
static const char *word(struct doubts *d, const struct doubt *e, const char *name)
{
	const struct ir_name *n = compared(e);
	bool unnamed = *name != '\'' || strstr(e->text, "(field '") || (n && n->how == IR_N_FIELD);
	const char *from = unnamed ? source(d, e) : NULL;
	if (unnamed && !from)
		return NULL;
	return from ? from : arena_printf(d->u->arena, "%.*s", (int)strlen(name) - 2, name + 1);
}

/* What a library function raises has no line of its own. */
static struct diag_pos shown(const struct doubts *d, const struct doubt *e)
{
	return e->at && !e->pos.line ? d->u->sites[ir_site_shown(d->u, e->at->site)].pos : e->pos;
}

/* Of two that are compared, and may both be nil: those of which the text says that they are, as bits. */
static unsigned nil_sides(const char *text)
{
	return strstr(text, " compare two nil ") ? 3 : strstr(text, " compare nil with ") ? 1 : strstr(text, " with nil") ? 2 : 0;
}

/* Which operand may be nil: the only one that may, or the one that is known to be looked up. Counted from 1; 0: not known. */
static unsigned which(const struct doubt *e)
{
	unsigned found = 0, nils = 0;
	if (e->noted)
		return e->operand;
	for (uint32_t i = 0; e->at && i < e->at->nargs; i++) {
		if (e->made && ir_at(e->in, ir_untested(e->in, e->at->args[i])) == e->made)
			return i + 1;
		if (ir_at(e->in, e->at->args[i])->type.kinds & IR_BIT(IR_NIL)) {
			found = i + 1;
			nils++;
		}
	}
	unsigned side = nil_sides(e->text);
	return nils == 1 ? found : nils == 2 && side < 3 ? side : 0;
}

/* Was it looked up in a map where it is used? Another look-up that was tested says nothing of this one. */
static bool is_entry(const struct doubt *e, const char *it)
{
	const struct ir_type *of = e->made && e->made->op == IRO(index) ? &ir_at(e->in, e->made->args[0])->type : NULL;
	return of && it && it[strcspn(it, "[.")] && (of->kinds == IR_BIT(IR_MAP) || (of->k && of->k->kind == PG_MAP));
}

/* Where it is divided by, 0 would only be another error. */
static bool is_divisor(const struct doubt *e)
{
	return e->at && (e->at->op == IRO(idiv) || e->at->op == IRO(mod)) && which(e) == 2;
}

/* The sum, with 0 (or 1) for what may be nil: an entry by its key, anything else as it is written. */
static const char *amended(struct doubts *d, const struct doubt *e)
{
	const unsigned at = e->at && e->at->nargs == 2 ? which(e) : 0;
	const char *from = source(d, e);
	if (!at)
		return NULL;
	if (!from || !strchr(from, '['))
		from = at == 1 ? DIAG_FIRST : DIAG_SECOND;
	return at == 1 ? arena_printf(d->u->arena, "write (%s or 0) " DIAG_OPERATOR " " DIAG_SECOND ", or test it first", from)
		       : arena_printf(d->u->arena, "write " DIAG_FIRST " " DIAG_OPERATOR " (%s or %d), or test it first", from, is_divisor(e));
}

/* What is compared has no name of its own: as it is written. */
static const char *tested(const struct doubt *e, const char *it)
{
	const bool compares = e->at && (e->at->op == IRO(lt) || e->at->op == IRO(le));
	const bool made_anew = e->from && e->from->op == IRO(call); /* by the test, too: that says nothing of it */
	if (it || !compares || !which(e) || made_anew)
		return NULL;
	return which(e) == 1 ? "test it first: if " DIAG_FIRST " then ... end" : "test it first: if " DIAG_SECOND " then ... end";
}

static void warn(struct doubts *d, const struct doubt *e)
{
	const char *name = operand(d, e);
	for (unsigned i = 0; i < sizeof uses / sizeof *uses; i++) {
		if (strncmp(e->text, uses[i].message, strlen(uses[i].message)))
			continue;
		struct diag *g = diag_add(d->u->diag, DIAG_WARNING, shown(d, e), "%s may be nil here and is %s", name,
					  uses[i].used);
		if ((e->pos.line || e->noted) && which(e))
			diag_operand(g, which(e) - 1);
		g->note = note(d, e, name);
		const char *it = word(d, e, name);
		const char *help = uses[i].once && is_entry(e, it) ? uses[i].once : uses[i].help;
		g->help = it ? arena_printf(d->u->arena, help, it) : uses[i].bare;
		if (!i && is_divisor(e))
			g->help = arena_printf(d->u->arena, it ? "write (%s or 1), or test it first"
							       : "write (v or 1) for the value v, or test it first", it);
		g->line = i ? tested(e, it) : amended(d, e);
	}
}

/* ---- where it is raised ---- */

/* Operand `a` of what raises it, from 0 on. */
static void of_operand(struct doubt *e, unsigned a)
{
	const struct ir_ins *v = ir_at(e->in, ir_untested(e->in, e->at->args[a]));
	e->made = v->op == IRO(index) && v->names ? v : NULL;
	e->from = v->op == IRO(result) && !v->aux ? ir_at(e->in, v->args[0]) : v;
}

/* What the raise says that it raises. */
static void of_note(struct doubt *e)
{
	e->noted = e->at->names;
	e->text = e->noted[NOTED_MESSAGE].name;
	e->operand = (unsigned)e->at->imm + 1;
}

void doubts_note(const struct flow *fl, ir_ref raise, ir_ref like, const char *message)
{
	struct arena *arena = fl->u->arena;
	const struct ir_ins *i = ir_at(fl->f, like);
	struct ir_name *names = arena_array(arena, struct ir_name, NOTED);
	uint32_t a = 0;
	while (a < i->nargs && ir_untested(fl->f, i->args[a]) != fl->doubted)
		a++;
	if (a == i->nargs || !is_nil(message) || fl->u->sites[i->site].parted)
		return;
	const struct ir_name *name = ir_arg_name(i, a);
	const char *from = doubts_source(arena, fl->f, ir_at(fl->f, fl->doubted));
	names[NOTED_OPERAND] = name ? *name : (struct ir_name){ IR_N_NONE, "" };
	names[NOTED_SOURCE] = from ? (struct ir_name){ IR_N_FIELD, from } : (struct ir_name){ IR_N_NONE, "" };
	names[NOTED_MESSAGE] = (struct ir_name){ IR_N_FIELD, message };
	ir_at(fl->f, raise)->names = names;
	ir_at(fl->f, raise)->imm = a;
}

/* Is operand a, from 0, none that may be nil there? */
static bool is_something(struct doubts *d, const struct doubt *e, uint32_t a)
{
	struct doubt one = *e;
	of_operand(&one, a);
	return inside_is(d->u, one.in, one.from) || reads_are_there(one.in, one.at->block, one.from) || facts_tested(one.in, one.at, one.at->args[a]);
}

/* math.max, math.min: those that they compare are whichever was greatest so far. Is none of them ever nil? */
static bool are_never(struct doubts *d, const struct doubt *e)
{
	for (uint32_t a = 1; a < e->at->nargs; a++)
		if (ir_at(e->in, e->at->args[a])->type.kinds & IR_BIT(IR_NIL) && !is_something(d, e, a))
			return false;
	return true;
}

/* Does a reader see that one of those that are nil there never is? */
static bool is_never(struct doubts *d, const struct doubt *e, unsigned operand)
{
	unsigned nils = nil_sides(e->text);
	if (e->noted)
		return asking_is(d->u, source(d, e));
	if (e->at && e->at->op == IRO(raise))
		return facts_never(e->in, e->at->block);
	if (operand)
		return is_something(d, e, operand - 1);
	if (nils && e->at && e->at->op == IRO(call))
		return are_never(d, e);
	for (unsigned a = 0; nils && is_comparison(e) && a < 2; a++)
		if (nils >> a & 1 && is_something(d, e, a))
			return true;
	return false;
}

/* Is it to be warned of? Of several places it is the first, or the first where something was looked up. */
static bool is_doubt(struct doubts *d, const struct ir_error *error, struct doubt *e)
{
	const struct doubt none = { .pos = error->pos, .text = error->text, .in = error->in };
	bool any = !error->raisers;
	*e = none;
	for (const struct ir_raiser *r = error->raisers; r && !e->made; r = r->next) {
		struct doubt one = none;
		one.pos = r->pos;
		one.at = r->at;
		if (one.at && one.at->op == IRO(raise) && one.at->names)
			of_note(&one);
		else if (r->operand)
			of_operand(&one, r->operand - 1);
		if ((any && !one.made) || is_never(d, &one, r->operand) || is_carried(d, &one) || was_anew(d, &one))
			continue;
		any = true;
		*e = one;
	}
	return any && shown(d, e).line;
}

int opt_doubts(struct ir_unit *u)
{
	struct doubts d = { .u = u };
	struct doubt e;
	bool any = false;
	for (uint32_t i = 0; i < u->nerrors; i++)
		any |= is_nil(u->errors[i].text);
	if (!any)
		return 0;
	struct arena_mark mark = arena_mark(u->scratch);
	d.left = arena_array(u->scratch, bool, u->nerrors);
	for (uint32_t i = 0; i < u->nfns; i++)
		if ((d.f = u->fns[i]) && d.f->machine)
			find_left(&d);
	for (uint32_t i = 0; i < u->nerrors; i++)
		if (d.left[i] && is_nil(u->errors[i].text) && is_doubt(&d, &u->errors[i], &e))
			warn(&d, &e);
	arena_release(u->scratch, mark);
	return u->diag->errors ? -EINVAL : 0;
}

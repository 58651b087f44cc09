/*
 * infer.c - sparse conditional constants, sets of kinds and call targets together.
 *
 * Optimistic: every value starts as "nothing reaches it" and only grows; an edge counts once its
 * branch may take it. A call whose callee is a known Lua function gives nothing yet: it is inlined
 * after the round, and the next round sees its body. So code behind it is judged only when all of
 * it is known, and a branch that constants remove is never judged at all.
 */
#include "opt/opt.h"

#include "core/ctype.h"
#include "core/mutant.h"
#include "core/shape.h"
#include "ir/lower.h"
#include "opt/infer.h"
#include "opt/iterate.h"

struct ir_unit *infer_unit(struct infer *in)
{
	return in->fl.u;
}

const pg_value *infer_const(struct infer *in, pg_value v)
{
	return const_new(in->fl.u, v);
}

struct diag *flow_error(struct flow *fl, uint32_t site, const char *fmt, ...)
{
	fl->refuses = true;
	if (!fl->report)
		return arena_new(fl->u->arena, struct diag);
	va_list ap;
	va_start(ap, fmt);
	const char *text = arena_vprintf(fl->u->arena, fmt, ap);
	va_end(ap);
	uint32_t shown = ir_site_shown(fl->u, site);
	struct diag *d = diag_add(fl->u->diag, DIAG_ERROR, fl->u->sites[shown].pos, "%s", text);
	if (shown != site)
		d->operand = DIAG_ELSEWHERE;
	return d;
}

struct diag *infer_error(struct infer *in, uint32_t site, const char *help, const char *fmt, ...)
{
	in->fl.refuses = true;
	if (!in->fl.report)
		return &in->silent;
	va_list ap;
	va_start(ap, fmt);
	const char *text = arena_vprintf(in->fl.u->arena, fmt, ap);
	va_end(ap);
	struct diag *d = flow_error(&in->fl, site, "%s", text);
	bool bad = !strncmp(text, "bad ", 4);
	if (bad || !strncmp(text, "a float is", 10)) /* of a field the message quotes the name */
		d->at = in->at;
	if (!d->help)
		d->help = in->help ? in->help : help || !bad ? help : in->advice;
	return d;
}

int infer_truth(const struct ir_type *t)
{
	if (!t->kinds)
		return -2;
	if (!(t->kinds & IR_FALSY))
		return 1;
	return t->kinds & ~IR_FALSY ? -1 : 0;
}

bool infer_edge_live(const struct flow *fl, ir_blk from, uint32_t succ)
{
	if (!fl->exec[from])
		return false;
	const struct ir_ins *t = ir_at(fl->f, ir_block(fl->f, from)->last);
	if (t->op == IRO(guard))
		return !succ || ir_at(fl->f, t->args[0])->type.kinds;
	if (t->op != IRO(branch))
		return true;
	int truth = infer_truth(&ir_at(fl->f, t->args[0])->type);
	return truth == -1 || truth == (succ == 0);
}

/* ---- one operation: (flow, instruction) -> type ---- */

typedef struct ir_type rule(struct infer *in, ir_ref r);

static const struct ir_type nothing;

struct ir_type infer_arg(const struct infer *in, ir_ref r, uint32_t i)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	return i < ins->nargs ? ir_at(in->fl.f, ins->args[i])->type : type_const(in->fl.u->target, &const_nil);
}

const char *infer_operand(const struct infer *in, ir_ref r, uint32_t i)
{
	const char *name = ir_source_name(ir_arg_name(ir_at(in->fl.f, r), i), 0);
	return name ? arena_printf(in->fl.u->arena, "'%s'", name) : "this value";
}

const char *infer_is(const struct infer *in, ir_ref r)
{
	return in->fl.u->sites[ir_at(in->fl.f, r)->site].parted ? "may be" : "is always";
}

const char *infer_called(const struct infer *in, const struct ir_type *t, uint64_t kinds)
{
	return type_called(in->fl.u, ir_first_kind(t->kinds & kinds), t->k);
}

/* "a nil value", "a boolean value" ... of the kinds in t outside `wanted` */
const char *infer_wrong(const struct infer *in, const struct ir_type *t, uint64_t wanted)
{
	uint64_t bad = t->kinds & ~wanted;
	if (bad == IR_BIT(IR_MSG))
		return "error message";
	return bad ? type_called(in->fl.u, ir_first_kind(bad), bad == IR_BIT(IR_HOST) ? t->k : NULL) : "value";
}

enum { MAX_NAMED = 4 };

/* The names of the wrong kinds, each once, at most MAX_NAMED. */
static uint32_t wrong_kinds(const struct infer *in, const struct ir_type *t, uint64_t wanted, const char **names)
{
	uint32_t n = 0;
	for (uint64_t left = t->kinds & ~wanted; left && n < MAX_NAMED; left &= left - 1) {
		struct ir_type one = { .kinds = left & -left, .k = t->k };
		const char *name = infer_wrong(in, &one, 0);
		uint32_t i = 0;
		while (i < n && strcmp(names[i], name) != 0)
			i++;
		names[i] = name;
		n += i == n;
	}
	return n;
}

const char *infer_a_wrong(const struct infer *in, const struct ir_type *t, uint64_t wanted)
{
	const char *names[MAX_NAMED], *all = "";
	uint32_t n = wrong_kinds(in, t, wanted, names);
	for (uint32_t i = 0; i < n; i++)
		all = arena_printf(in->fl.u->arena, "%s%s%s%s", all, !i ? "" : i + 1 < n ? ", " : " or ",
				   !strcmp(names[i], "nil") ? "" : strchr("aeiou", *names[i]) ? "an " : "a ", names[i]);
	return n ? all : "a value";
}

const char *infer_use(const struct infer *in, const struct ir_type *t)
{
	const struct ir_view *v = t->kinds & IR_VIEWS ? ir_view_of(in->fl.u->target, ir_first_kind(t->kinds & IR_VIEWS)) : NULL;
	if (t->kinds & IR_BIT(IR_INT) && in->fl.u->target->caps & IR_CAP_MEMORY)
		return "the text at an address is bpf.str(p), in the kernel's memory bpf.kstr(p)";
	return v ? v->use : NULL;
}

struct ir_type infer_bytes(struct infer *in)
{
	in->fl.u->asks_bytes = true;
	return type_pending();
}

bool infer_looks_at_bytes(const struct ir_unit *u, const struct ir_lib *row)
{
	return row->effects & IR_BYTES || row_is_method(u, row);
}

bool infer_takes_bytes(const struct ir_unit *u, const struct ir_type *object)
{
	return ir_map_like(u, object) || object->kinds & (IR_BIT(IR_ENTRY) | IR_BIT(IR_MAP));
}

static struct ir_type rule_const(struct infer *in, ir_ref r)
{
	return type_const(in->fl.u->target, ir_at(in->fl.f, r)->k);
}

static struct ir_type rule_any(struct infer *in, ir_ref r)
{
	(void)in, (void)r;
	return type_pending();
}

static struct ir_type rule_cell(struct infer *in, ir_ref r)
{
	(void)in;
	return (struct ir_type){ .kinds = IR_BIT(IR_CELL), .def = r };
}

static struct ir_type rule_closure(struct infer *in, ir_ref r)
{
	(void)in;
	return (struct ir_type){ .kinds = IR_BIT(IR_FUNC), .def = r };
}

static struct ir_type rule_record(struct infer *in, ir_ref r)
{
	for (uint32_t i = 0; i < ir_at(in->fl.f, r)->nargs; i++)
		in->fl.u->asks_bytes |= (infer_arg(in, r, i).kinds & IR_BIT(IR_MSG)) != 0;
	return (struct ir_type){ .kinds = IR_BIT(IR_REC), .def = r };
}

static struct ir_type rule_multi(struct infer *in, ir_ref r)
{
	(void)in, (void)r;
	return type_kinds(IR_BIT(IR_MULTI));
}

static struct ir_type rule_pi(struct infer *in, ir_ref r)
{
	struct ir_type t = infer_arg(in, r, 0);
	uint64_t left = t.kinds & (uint64_t)ir_at(in->fl.f, r)->imm;
	if (left == t.kinds)
		return t;
	struct ir_type cut = type_kinds(left);
	cut.cap = t.cap;
	cut.most = left & IR_BIT(IR_SLICE) ? t.most : 0;
	if (left & IR_BIT(IR_MAP))
		cut.entries = ir_type_entries(&t);
	cut.layout = t.layout;
	cut.model = t.model;
	cut.unlike = left & (IR_BIT(IR_ENTRY) | IR_BIT(IR_MAP)) ? t.unlike : 0;
	if (left && !cut.k && t.k)
		cut.k = t.k;
	return cut;
}

static struct ir_type rule_isof(struct infer *in, ir_ref r)
{
	struct ir_type t = infer_arg(in, r, 0);
	uint64_t kinds = (uint64_t)ir_at(in->fl.f, r)->imm;
	return type_kinds((t.kinds & kinds ? IR_BIT(IR_TRUE) : 0) | (t.kinds & ~kinds ? IR_BIT(IR_FALSE) : 0));
}

static struct ir_type rule_not(struct infer *in, ir_ref r)
{
	struct ir_type t = infer_arg(in, r, 0);
	switch (infer_truth(&t)) {
	case -2: return nothing;
	case -1: return type_kinds(IR_BOOL);
	case 0:  return type_kinds(IR_BIT(IR_TRUE));
	default: return type_kinds(IR_BIT(IR_FALSE));
	}
}

static struct ir_type rule_result(struct infer *in, ir_ref r)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	const struct ir_ins *call = ir_at(in->fl.f, ins->args[0]);
	if (call->op != IRO(call)) /* several, vararg: flattened between rounds */
		return call->type.kinds ? type_pending() : nothing;
	struct ir_type callee = ir_at(in->fl.f, call->args[0])->type;
	if (!callee.kinds || !call->type.kinds)
		return nothing;
	if (ins->aux && callee.row) {
		struct ir_type all[IR_RESULTS];
		uint32_t n = infer_results(in, ins->args[0], all);
		if (ins->aux >= IR_RESULTS - 1 && n == IR_RESULTS && in->fl.report)
			infer_too_many(&in->fl, r);
		return ins->aux < n ? all[ins->aux] : type_const(in->fl.u->target, &const_nil);
	}
	return call->type;
}

/* A turn of a generic for: made something else as soon as enough is known. */
static struct ir_type rule_forcall(struct infer *in, ir_ref r)
{
	struct ir_type callee = infer_arg(in, r, 0);
	bool ours = (callee.def && callee.kinds & IR_BIT(IR_FUNC)) || (callee.k && callee.k->kind == PG_FUNC);
	if (!callee.kinds)
		return nothing;
	if (in->fl.report && !ours)
		iterate_report_turn(&in->fl, r);
	return type_pending();
}

static struct ir_type rule_noclose(struct infer *in, ir_ref r)
{
	if (infer_arg(in, r, 0).kinds & ~IR_FALSY)
		flow_refuse(&in->fl, ir_at(in->fl.f, r)->site, ON_LOOPS, "leave the fourth value out, and "
			    "close it behind the loop", "a 'for ... in' with a fourth value, which is to be "
			    "closed, is not there in kernel code");
	return nothing;
}

static struct map_shape each_shape(struct infer *in, ir_ref each)
{
	struct map_shape s;
	const struct ir_type over = infer_arg(in, each, 0);
	map_shape(ir_map_like(in->fl.u, &over), &s);
	return s;
}

static struct ir_type rule_each(struct infer *in, ir_ref r)
{
	struct map_shape s = each_shape(in, r);
	const struct ctype *first = s.key ? s.key : s.value; /* records have no keys */
	struct ir_type t = type_of_memory(first);
	uint32_t site = ir_at(in->fl.f, r)->site;
	const struct ir_type over = infer_arg(in, r, 0);
	char key[256];
	if (!infer_may_lock(in, site, 1, &over))
		return type_pending();
	if (t.kinds && t.cap <= LW_MAXLONG)
		return t; /* a struct only has its fields read: opt/iterate.c */
	flow_refuse(&in->fl, site, ON_MAPS, "go over the map in the user half, or keep the key's parts in the "
		    "value, too", "keys of type %s are not gone over yet in kernel code",
		    ct_text(first, key, sizeof(key)));
	return type_pending();
}

static struct ir_type rule_eachval(struct infer *in, ir_ref r)
{
	struct map_shape s = each_shape(in, ir_at(in->fl.f, r)->args[0]);
	struct ir_type t = type_of_memory(s.value);
	char value[256];
	if (t.kinds && t.cap <= LW_MAXLONG)
		return t;
	flow_refuse(&in->fl, ir_at(in->fl.f, r)->site, ON_MAPS, "use integers, addresses, char arrays of up to "
		    "4096 bytes, or a struct of them", "values of type %s cannot be read yet in kernel code",
		    ct_text(s.value, value, sizeof(value)));
	return type_pending();
}

static struct ir_type rule_refuse(struct infer *in, ir_ref r)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	int n = (int)strcspn(ins->k->str, "\n");
	struct diag *d = flow_error(&in->fl, ins->site, "%.*s", n, ins->k->str);
	d->help = ins->k->str[n] ? ins->k->str + n + 1 : NULL;
	d->why = DIAG_REFUSED;
	return type_pending();
}

/* What is left of a variable that inner functions share: only inlining makes it a value. */
static struct ir_type rule_cellget(struct infer *in, ir_ref r)
{
	(void)in, (void)r;
	return type_pending();
}

/* Constants, one behind the other; NULL: not all are. */
static const pg_value *concat_known(struct infer *in, ir_ref r)
{
	struct ir_unit *u = in->fl.u;
	const char *s = "";
	size_t n = 0;
	for (uint32_t i = 0; i < ir_at(in->fl.f, r)->nargs; i++) {
		struct ir_type t = infer_arg(in, r, i);
		if (!t.k || (t.k->kind != PG_STR && t.k->kind != PG_INT))
			return NULL;
		const char *part = t.k->kind == PG_STR ? t.k->str
			: arena_printf(u->arena, "%lld", (long long)t.k->i);
		size_t m = t.k->kind == PG_STR ? t.k->n : strlen(part);
		char *joined = arena_alloc(u->arena, n + m + 1);
		memcpy(joined, s, n);
		if (m)
			memcpy(joined + n, part, m);
		joined[n + m] = 0;
		s = joined;
		n += m;
	}
	return const_new(u, (pg_value){ .kind = PG_STR, .n = (uint32_t)n, .str = s });
}

/* Can operand i be a piece of a text? *least, *most: how long it is. */
static bool concat_piece(struct infer *in, ir_ref r, uint32_t i, uint32_t *least, uint32_t *most)
{
	uint32_t site = ir_at(in->fl.f, r)->site;
	struct ir_type t = infer_arg(in, r, i);
	uint64_t good = t.kinds & (IR_STRINGS | IR_BIT(IR_INT));
	if (t.kinds & IR_BIT(IR_FLOAT))
		flow_refuse(&in->fl, site, ON_VALUES, "compute it in the user half and capture the text",
			    "a float is a piece of a text here; floats do not exist in the kernel");
	else if (!good && t.kinds & LW_TEXTUAL & ~(IR_BIT(IR_NIL) | IR_BOOL))
		flow_error(&in->fl, site, "attempt to concatenate an address")->help = "write tostring(address)";
	else if (!good)
		diag_operand(flow_error(&in->fl, site, "%s is %s here and a piece of a text", infer_operand(in, r, i),
					infer_a_wrong(in, &t, 0)), i)->help = t.kinds & IR_VIEWS ? "write p:sub(1) for its bytes"
			: infer_remedy(in, r, i) ? infer_remedy(in, r, i) : infer_convert(IR_STRINGS, &t);
	else {
		*least += t.k && t.k->kind == PG_STR ? t.k->n : 0;
		*most += lw_text_cap_below(good, t.cap, t.most,
					   good & IR_BIT(IR_INT) ? bounds_number(&in->fl, ir_at(in->fl.f, r)->block, ir_at(in->fl.f, r)->args[i]) : 0);
		return true;
	}
	return false;
}

void infer_certain_piece(struct infer *in, ir_ref r, uint32_t i)
{
	uint32_t least = 0, most = 0;
	concat_piece(in, r, i, &least, &most);
}

static struct ir_type rule_concat(struct infer *in, ir_ref r)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	struct ir_type out = { .kinds = IR_BIT(IR_TEXT) };
	uint32_t least = 0, most = 0;
	for (uint32_t i = 0; i < ins->nargs; i++)
		if (!infer_arg(in, r, i).kinds)
			return nothing;
	for (uint32_t i = 0; i < ins->nargs; i++)
		if (infer_arg(in, r, i).kinds & IR_BIT(IR_MSG))
			return infer_bytes(in);
	const pg_value *k = concat_known(in, r);
	if (k)
		return type_const(in->fl.u->target, k);
	for (uint32_t i = 0; i < ins->nargs; i++) {
		if (!concat_piece(in, r, i, &least, &most))
			return out;
	}
	if (least > LW_MAXLONG)
		flow_refuse(&in->fl, ins->site, ON_STRINGS, "send the parts as fields of an event, or give "
			    "them to print", "this text has more than %d bytes, which is the most in kernel "
			    "code", LW_MAXLONG);
	out.kinds = most > LW_MAXSTR ? IR_BIT(IR_LONG) : IR_BIT(IR_TEXT);
	out.cap = most < LW_MAXLONG ? most : LW_MAXLONG;
	return out;
}

const pg_value *infer_located(struct ir_unit *u, const pg_value *position, const pg_value *text)
{
	uint32_t n = position->n + text->n;
	char *joined = arena_alloc(u->arena, n + 1);
	memcpy(joined, position->str, position->n);
	if (text->n)
		memcpy(joined + position->n, text->str, text->n);
	joined[n] = 0;
	return const_new(u, (pg_value){ .kind = PG_STR, .n = n, .str = joined });
}

/* A long text is known by its number, as messages are: it can then differ by the way taken. */
static struct ir_type rule_located(struct infer *in, ir_ref r)
{
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	struct ir_unit *u = in->fl.u;
	struct ir_type t = infer_arg(in, r, 0);
	if (t.k && t.k->kind == PG_STR) {
		const pg_value *text = infer_located(u, ins->k, t.k);
		bool whole = !memchr(text->str, 0, text->n);
		return text->n > LW_MAXSTR && whole ? type_kinds(IR_BIT(IR_MSG)) : type_const(u->target, text);
	}
	if (!(t.kinds & IR_STRINGS) || !ins->k->n)
		return t;
	uint32_t cap = ins->k->n + lw_text_cap(t.kinds & IR_STRINGS, t.cap, t.most);
	t.kinds = (t.kinds & ~IR_STRINGS) | IR_BIT(cap > LW_MAXSTR ? IR_LONG : IR_TEXT);
	t.cap = cap < LW_MAXLONG ? cap : LW_MAXLONG;
	t.most = 0;
	return t;
}

/* What leaves the program must have a text. */
static struct ir_type rule_raise(struct infer *in, ir_ref r)
{
	struct ir_type t = infer_arg(in, r, 0);
	if (t.k && t.k->kind == PG_STR && memchr(t.k->str, 0, t.k->n))
		flow_refuse(&in->fl, ir_at(in->fl.f, r)->site, ON_STRINGS, "leave the zero byte out",
			    "error with a constant text that has a zero byte in it is not there yet");
	return nothing;
}

/* What a captured table has, as a constant; false: not known, or no table. */
static bool table_len(struct ir_unit *u, const pg_value *k, int64_t *out)
{
	struct map_shape s;
	if (!k || k->kind != PG_MAP)
		return k && k->kind == PG_TABLE && !u->source->len(u, k->id, out);
	map_shape(k->map, &s);
	*out = s.entries;
	return s.array && s.role == PG_ROLE_MAP;
}

/* What has a length in the user half that kernel code does not know. */
static void no_length(struct infer *in, ir_ref r, const struct ir_type *t)
{
	const struct ir_ins *i = ir_at(in->fl.f, r);
	struct map_shape s = { .array = false };
	if (ir_map_like(in->fl.u, t))
		map_shape(ir_map_like(in->fl.u, t), &s);
	if (s.array && s.role == PG_ROLE_MAP)
		flow_refuse(&in->fl, i->site, ON_MAPS, "ask under the if that says which of them it is",
			    "%s may be arrays of different lengths here", infer_operand(in, r, 0));
	else if (s.type)
		flow_refuse(&in->fl, i->site, ON_MAPS, "count in a bpf.state what you put in and take out; of arrays #m is known",
			    "how many entries %s has now is not known in kernel code", infer_operand(in, r, 0));
	else
		flow_refuse(&in->fl, i->site, ON_TABLES, "take #t in the user half and capture the number",
			    "the length of %s is not known in kernel code", infer_operand(in, r, 0));
}

static struct ir_type rule_len(struct infer *in, ir_ref r)
{
	struct ir_type t = infer_arg(in, r, 0);
	struct ir_unit *u = in->fl.u;
	if (!t.kinds)
		return nothing;
	const pg_value *known = type_known(&t);
	if (known && known->kind == PG_STR)
		return type_const(u->target, const_int(u, known->n));
	int64_t n;
	if (table_len(u, t.k, &n))
		return type_const(u->target, const_int(u, n));
	if (t.kinds == IR_BIT(IR_MAP) && ir_type_entries(&t))
		return type_const(u->target, const_int(u, t.entries));
	if (t.kinds & IR_BIT(IR_REC))
		return type_pending(); /* until its fields are variables: opt/lists.c */
	uint64_t good = t.kinds & (IR_STRINGS | (ir_type_entries(&t) ? IR_BIT(IR_MAP) : 0));
	for (unsigned k = IR_VIEW0; k < IR_NKINDS; k++)
		if (t.kinds & IR_BIT(k) && ir_view_of(u->target, k)->len)
			good |= IR_BIT(k);
	if (t.kinds & IR_BIT(IR_HOST) || t.kinds & IR_BIT(IR_MAP) & ~good)
		no_length(in, r, &t);
	else if (t.kinds & IR_BIT(IR_MSG))
		return infer_bytes(in);
	else if (!good)
		diag_operand(flow_error(&in->fl, ir_at(in->fl.f, r)->site, "%s %s %s here and has no length", infer_operand(in, r, 0),
					infer_is(in, r), infer_a_wrong(in, &t, good)), 0)->help = infer_instead(in, r, INFER_LENGTH);
	return type_kinds(IR_BIT(IR_INT));
}

static struct ir_type rule_subres(struct infer *in, ir_ref r)
{
	return share_result(&in->fl, r);
}

static rule *const rules[IR_NOPS] = {
	[IRO(const)] = rule_const,     [IRO(cell)] = rule_cell,       [IRO(cellget)] = rule_cellget,
	[IRO(closure)] = rule_closure, [IRO(iterator)] = rule_closure, [IRO(pi)] = rule_pi,           [IRO(not)] = rule_not,
	[IRO(isof)] = rule_isof,
	[IRO(len)] = rule_len,         [IRO(concat)] = rule_concat,   [IRO(newtable)] = rule_record,
	[IRO(record)] = rule_record,   [IRO(several)] = rule_multi,   [IRO(vararg)] = rule_multi,
	[IRO(result)] = rule_result,   [IRO(refuse)] = rule_refuse,   [IRO(upval)] = rule_any,
	[IRO(add)] = infer_arith,      [IRO(sub)] = infer_arith,      [IRO(mul)] = infer_arith,
	[IRO(mod)] = infer_arith,      [IRO(idiv)] = infer_arith,     [IRO(pow)] = infer_float,
	[IRO(div)] = infer_float,      [IRO(band)] = infer_arith,     [IRO(bor)] = infer_arith,
	[IRO(bxor)] = infer_arith,     [IRO(shl)] = infer_arith,      [IRO(shr)] = infer_arith,
	[IRO(unm)] = infer_arith,      [IRO(bnot)] = infer_arith,     [IRO(eq)] = infer_compare,
	[IRO(lt)] = infer_compare,     [IRO(le)] = infer_compare,     [IRO(forskip)] = infer_for,
	[IRO(forcount)] = infer_for,   [IRO(index)] = infer_index,    [IRO(self)] = infer_index,
	[IRO(located)] = rule_located, [IRO(raise)] = rule_raise,
	[IRO(forcall)] = rule_forcall, [IRO(noclose)] = rule_noclose, [IRO(each)] = rule_each,
	[IRO(eachval)] = rule_eachval, [IRO(elems)] = rule_cell, [IRO(elemset)] = infer_elemset, [IRO(elemget)] = infer_elemget,
	[IRO(subres)] = rule_subres,
	[IRO(setindex)] = infer_setindex, [IRO(call)] = infer_call,   [IRO(return)] = infer_return,
};

/* ---- the round ---- */

static bool grow(struct ir_ins *ins, const struct ir_type *t)
{
	if (!t->kinds)
		return false;
	struct ir_type with = *t;
	if (!with.k)
		with.k = type_kinds(t->kinds).k; /* a row may give nil alone: that is a constant */
	return type_join(&ins->type, &with);
}

/* A string that grows with each turn of a loop is not followed to where it ends: its length is checked at run time. */
static bool grow_param(struct ir_ins *p, const struct ir_type *t, bool loop)
{
	struct ir_type old = p->type;
	bool changed = grow(p, t);
	if (loop && old.kinds & (IR_BIT(IR_TEXT) | IR_BIT(IR_LONG)) && p->type.cap > old.cap) {
		p->type.kinds |= p->type.cap > LW_MAXSTR ? IR_BIT(IR_LONG) : 0;
		p->type.cap = p->type.cap > LW_MAXSTR ? LW_MAXLONG : LW_MAXSTR;
	}
	return changed;
}

static bool visit_params(struct flow *fl, ir_blk b)
{
	struct ir_block *blk = ir_block(fl->f, b);
	bool changed = false;
	if (!fl->u->settled && share_is_entry(fl->f, b)) { /* other calls may come */
		struct ir_type any = type_pending();
		for (uint32_t i = 0; i < blk->nparams; i++)
			changed |= grow(ir_at(fl->f, blk->params[i]), &any);
		return changed;
	}
	for (uint32_t e = 0; e < blk->npreds; e++) {
		struct ir_pred p = blk->preds[e];
		if (!infer_edge_live(fl, p.from, p.succ))
			continue;
		const struct ir_edge *edge = &ir_at(fl->f, ir_block(fl->f, p.from)->last)->succ[p.succ];
		for (uint32_t i = 0; i < blk->nparams; i++) {
			struct ir_type t = ir_at(fl->f, edge->args[i])->type;
			t.def = 0; /* another turn of a loop may have made another one */
			changed |= grow_param(ir_at(fl->f, blk->params[i]), &t, blk->loop);
		}
	}
	return changed;
}

/* Headers are looked up anew where the packet is moved (anew.c), and may be nil then, whatever was known of them before. */
static bool may_go(const struct flow *fl, const struct ir_type *t)
{
	if (!fl->u->moves_packet || !t->kinds) /* nothing is known of it yet */
		return false;
	return !ir_single(t->kinds) || ir_view_of(fl->u->target, ir_first_kind(t->kinds))->words;
}

/* May it raise, by what is known of its operands? What is chosen, inlined or written to is not judged. */
static bool may_raise(const struct flow *fl, const struct ir_ins *i)
{
	uint64_t kinds = 0;
	for (uint32_t a = 0; a < i->nargs; a++)
		kinds |= ir_at(fl->f, i->args[a])->type.kinds;
	if (!kinds)
		return false;
	switch (i->op) {
	case IRO(add): case IRO(sub): case IRO(mul): case IRO(band): case IRO(bor): case IRO(bxor): case IRO(shl):
	case IRO(shr): case IRO(unm): case IRO(bnot): case IRO(lt): case IRO(le):
		return kinds != IR_BIT(IR_INT);
	case IRO(setindex):
		return ir_at(fl->f, i->args[0])->type.kinds != IR_BIT(IR_REC) || lists_set_raises(&ir_at(fl->f, i->args[1])->type);
	case IRO(index): case IRO(self):
		if (ir_at(fl->f, i->args[0])->type.kinds == IR_BIT(IR_REC))
			return false;
		return !kinds_all_have(fl->u, &ir_at(fl->f, i->args[0])->type, key_name(ir_at(fl->f, i->args[1])->type.k)) ||
		       may_go(fl, &ir_at(fl->f, i->args[0])->type);
	case IRO(len):
		return ir_at(fl->f, i->args[0])->type.kinds & ~IR_STRINGS;
	case IRO(call):
		return !ir_at(fl->f, i->args[0])->type.row || !(ir_at(fl->f, i->args[0])->type.row->effects & IR_CALM) ||
		       i->aux & (IR_PADDED | IR_OPEN); /* it may be given nothing at all */
	default:
		return true;
	}
}

/* Does it call what is not known yet? Methods of texts are Lua's. */
static bool calls_unknown(const struct flow *fl, const struct ir_ins *i)
{
	const struct ir_ins *callee = ir_at(fl->f, i->args[0]);
	if (callee->op == IRO(self) && !(ir_at(fl->f, callee->args[0])->type.kinds & ~IR_ALL_STRINGS))
		return false;
	return i->op == IRO(forcall) || (i->op == IRO(call) && (!callee->type.row || ir_lib_expands(callee->type.row)));
}

/* What an instruction that gives t raises: anything, as long as it is not known which function is called. */
static void visit_raised(struct flow *fl, const struct ir_ins *i, const struct ir_type *t)
{
	struct ir_ins *raised = ir_at(fl->f, i->raised);
	struct ir_type message = type_is_pending(t) && calls_unknown(fl, i) ? type_pending() : type_kinds(IR_BIT(IR_MSG));
	if (may_raise(fl, i))
		type_join(&raised->type, &message);
}

/* Does it look into an entry or a map that has not one form? What it finds there is known once the ways are parted (ways.c). */
static bool looks_into_unlike(const struct flow *fl, const struct ir_ins *i)
{
	bool tests = i->op == IRO(pi) || i->op == IRO(eq) || i->op == IRO(not) || i->op == IRO(isof) || i->op == IRO(branch);
	for (uint32_t a = 0; a < i->nargs && !tests; a++)
		if (ir_at(fl->f, i->args[a])->type.unlike && !MUTANT(first_layout))
			return true;
	return false;
}

/* Does it hang on something that is not known yet? Then nothing is said of it. */
static bool hangs(const struct flow *fl, const struct ir_ins *i)
{
	if (looks_into_unlike(fl, i))
		return true;
	for (uint32_t a = 0; a < i->nargs; a++)
		if (type_is_pending(&ir_at(fl->f, i->args[a])->type)) {
			const struct ir_lib *row = i->op == IRO(call) ? ir_at(fl->f, i->args[0])->type.row : NULL;
			fl->u->tells |= row && row->effects & IR_TELLS;
			return i->op != IRO(several) && i->op != IRO(record) && i->op != IRO(forcall) && i->op != IRO(elemset) &&
			       i->op != IRO(elemget);
		}
	return false;
}

/* What hangs is all that it may be, but what calculates gives neither nil nor false, whatever it is of. */
static struct ir_type waiting(const struct flow *fl, const struct ir_ins *i)
{
	struct ir_type t = type_pending();
	switch (i->op) {
	case IRO(add): case IRO(sub): case IRO(mul): case IRO(mod): case IRO(idiv): case IRO(unm): case IRO(band): case IRO(bor):
	case IRO(bxor): case IRO(shl): case IRO(shr): case IRO(bnot): case IRO(len):
		t.kinds &= ~IR_FALSY;
		return fl->foresees ? type_kinds(IR_BIT(IR_INT)) : t;
	case IRO(concat):
		t.kinds &= ~IR_FALSY;
		return fl->foresees ? (struct ir_type){ .kinds = IR_BIT(IR_TEXT) | IR_BIT(IR_LONG), .cap = LW_MAXLONG } : t;
	case IRO(pi):
		return i->aux == IR_SURELY ? type_kinds((uint64_t)i->imm) : t;
	default:
		return t;
	}
}

static struct ir_type visit(struct infer *in, ir_ref r)
{
	struct flow *fl = &in->fl;
	rule *f = rules[ir_at(fl->f, r)->op];
	bool waits = f && (hangs(fl, ir_at(fl->f, r)) || (fl->waits && fl->waits[r]));
	if (waits && fl->report)
		infer_certain(in, r);
	return waits ? waiting(fl, ir_at(fl->f, r)) : f ? f(in, r) : nothing;
}

void infer_mistaken(const struct flow *fl, ir_ref r)
{
	struct infer in = { .fl = *fl };
	in.fl.report = true;
	visit(&in, r);
}

static void visit_block(struct infer *in, ir_blk b)
{
	struct flow *fl = &in->fl;
	if (b != 1)
		visit_params(fl, b);
	for (ir_ref r = ir_block(fl->f, b)->first; r; r = ir_at(fl->f, r)->next) {
		struct ir_type t = visit(in, r);
		if (ir_at(fl->f, r)->raised)
			visit_raised(fl, ir_at(fl->f, r), &t);
		grow(ir_at(fl->f, r), &t);
	}
}

static bool reached(const struct flow *fl, ir_blk b)
{
	const struct ir_block *blk = ir_block(fl->f, b);
	for (uint32_t e = 0; e < blk->npreds; e++)
		if (infer_edge_live(fl, blk->preds[e].from, blk->preds[e].succ))
			return true;
	return b == 1;
}

static void forget_types(struct flow *fl)
{
	struct ir_fn *f = fl->f;
	const struct ir_target *t = fl->u->target;
	for (ir_ref r = 1; r < f->nins; r++)
		f->ins[r].type = nothing;
	for (uint32_t e = 0; e < fl->u->nelems; e++)
		fl->u->elems[e].type = nothing;
	for (uint32_t i = 0; i < f->nparams && i < ir_block(f, 1)->nparams; i++)
		ir_at(f, ir_block(f, 1)->params[i])->type = type_kinds(i < t->nparams ? t->params[i] : IR_BIT(IR_NIL));
}

/* Every block that is reached, once. */
static void visit_all(struct infer *in)
{
	const struct ir_fn *f = in->fl.f;
	for (uint32_t i = 0; i < f->nrpo; i++) {
		ir_blk b = f->rpo[i];
		in->fl.exec[b] = in->fl.exec[b] || reached(&in->fl, b);
		if (in->fl.exec[b])
			visit_block(in, b);
	}
}

/* In reverse post order only what a loop brings back can be news. */
static bool loops_changed(struct infer *in)
{
	const struct ir_fn *f = in->fl.f;
	bool changed = false;
	for (uint32_t i = 0; i < f->nrpo; i++)
		if (ir_block(f, f->rpo[i])->loop && in->fl.exec[f->rpo[i]])
			changed |= visit_params(&in->fl, f->rpo[i]);
	return changed;
}

/* What a shared body gives may be known only behind the calls that were visited before it, what a list holds behind where it
 * is read. */
static bool results_changed(struct infer *in)
{
	struct flow *fl = &in->fl;
	const struct ir_fn *f = fl->f;
	bool changed = false;
	for (uint32_t i = 0; (fl->u->nsubs || fl->u->nelems) && i < f->nrpo; i++)
		for (ir_ref r = ir_block(f, f->rpo[i])->first; r && fl->exec[f->rpo[i]]; r = ir_at(f, r)->next) {
			const bool elem = ir_at(f, r)->op == IRO(elemget);
			if (!elem && ir_at(f, r)->op != IRO(subres))
				continue;
			struct ir_type t = elem ? elems_type(fl, r) : share_result(fl, r);
			changed |= grow_param(ir_at(f, r), &t, elem);
		}
	return changed;
}

/* The types of all values that are reached, by what in->fl.waits leaves open. */
static void settle(struct infer *in)
{
	memset(in->fl.exec, 0, sizeof(*in->fl.exec) * in->fl.f->nblocks);
	forget_types(&in->fl);
	in->fl.refuses = false;
	do
		visit_all(in);
	while (loops_changed(in) | results_changed(in));
}

/* What would be refused, were this the last round; it may have given something, before a loop brought more. */
static bool find_refused(struct infer *in)
{
	struct flow *fl = &in->fl;
	bool any = false;
	for (uint32_t o = 0; o < fl->f->nrpo; o++)
		for (ir_ref r = ir_block(fl->f, fl->f->rpo[o])->first; r && fl->exec[fl->f->rpo[o]]; r = ir_at(fl->f, r)->next) {
			const struct ir_ins *i = ir_at(fl->f, r);
			if (fl->waits[r] || !rules[i->op] || hangs(fl, i))
				continue;
			fl->refuses = false;
			rules[i->op](in, r);
			any |= fl->waits[r] = fl->refuses;
		}
	return any;
}

/* What everything is while what is refused gives what it would give: told.c asks for it. */
static void keep_guess(struct flow *fl)
{
	if (!fl->u->tells)
		return;
	if (fl->cap_guess < fl->f->nins) {
		fl->cap_guess = 2 * fl->f->nins;
		fl->guess = arena_array(fl->u->scratch, uint64_t, fl->cap_guess);
	}
	fl->nguess = fl->f->nins;
	for (ir_ref r = 1; r < fl->nguess; r++)
		fl->guess[r] = ir_at(fl->f, r)->type.kinds;
}

/* What is refused now may be right in a later round: when a test tells more of a value, or a variable is parted in two.
 * Until then nothing that follows from its giving nothing is believed, such as that a loop does not go round. */
void infer_round(struct flow *fl)
{
	fl->exec = arena_array(fl->u->scratch, bool, fl->f->nblocks);
	struct infer in = { .fl = *fl };
	fl->nguess = 0;
	do {
		settle(&in);
		if (in.fl.refuses && !in.fl.waits) {
			in.fl.waits = arena_array(fl->u->scratch, bool, fl->f->nins);
			keep_guess(fl);
		}
	} while (in.fl.refuses && find_refused(&in));
}

/* Once more over what is known, to say what must fail. */
static void report(struct flow *fl)
{
	struct infer in = { .fl = *fl };
	for (uint32_t i = 0; i < fl->f->nrpo; i++)
		visit_block(&in, fl->f->rpo[i]);
}

/* Does any value still hang on something unknown? */
static bool waits_for_more(const struct flow *fl)
{
	for (uint32_t o = 0; o < fl->f->nrpo; o++)
		for (ir_ref r = ir_block(fl->f, fl->f->rpo[o])->first; r; r = ir_at(fl->f, r)->next)
			if (type_is_pending(&ir_at(fl->f, r)->type))
				return true;
	return false;
}

/* ---- the passes ---- */

enum { MAX_ROUNDS = 250 };

/* What is done where nothing else brings the function on: the first that does something, and then another round. */
static int (*const last_resorts[])(struct flow *fl) = {
	fills_known, computed_known, parts_known, again_known, told_known, equal_known, fixed_known, ways_apart, choose_arms, choose_known, ways_asked, over_known,
	iterate_found, untangle, counted_known, printed_known, messages_text, several_at_most, choose_waiting, choose_failing, sorts_number, choose_many, choose_asked,
	kept_known, alike_known,
	remember_known, handle_known,
};

static bool bring_on(struct flow *fl)
{
	for (unsigned i = 0; i < sizeof last_resorts / sizeof *last_resorts; i++)
		if (last_resorts[i](fl))
			return true;
	return false;
}

static int rounds(struct flow *fl)
{
	for (int round = 0; round < MAX_ROUNDS; round++) {
		ir_order(fl->f);
		several_normalise(fl); /* results of what was inlined */
		sweep(fl->f); /* a function that nobody calls shares no variable */
		cells_promote(fl->f);
		infer_round(fl);
		prune(fl);
		int flat = several_normalise(fl);
		flat += counted_surplus(fl);
		if (weigh_calls(fl))
			return -EAGAIN;
		int inlined = inline_calls(fl);
		if (inlined < 0 || fl->u->diag->errors) {
			ir_order(fl->f); /* it may have grown too big */
			return weigh_calls(fl) ? -EAGAIN : -EINVAL;
		}
		if (flat || inlined || cells_known(fl->u, fl->f) || iterate_turns(fl) || cells_freed(fl->f))
			continue;
		if (fl->u->nsubs && !fl->u->settled)
			fl->u->settled = true;
		else if (!bring_on(fl)) {
			ways_note(fl);
			return 0;
		}
	}
	diag_refuse(fl->u->diag, fl->f->pos, ON_SIZE, "call fewer functions within pcall",
		    "the function is too complicated to compile");
	return -EINVAL;
}

/* All stays as it was where a mistake came out: a field of one of two headers, which raises, is known to be asked of the other one. */
void infer_again(struct ir_unit *u)
{
	struct flow fl = { .u = u, .f = u->main };
	struct ir_type *before = arena_array(u->scratch, struct ir_type, fl.f->nins);
	for (ir_ref r = 1; r < fl.f->nins; r++)
		before[r] = ir_at(fl.f, r)->type;
	infer_round(&fl);
	if (waits_for_more(&fl)) {
		for (ir_ref r = 1; r < fl.f->nins; r++)
			ir_at(fl.f, r)->type = before[r];
		return;
	}
	prune(&fl);
	sweep(fl.f);
}

int opt_infer(struct ir_unit *u)
{
	struct flow fl = { .u = u, .f = u->main };
	int err = inline_bind_root(u, fl.f);
	return err ? err : rounds(&fl);
}

/* A table is refused: what else is wrong, on other lines than that. */
static int report_others(struct flow *fl)
{
	const uint32_t before = fl->u->diag->n;
	fl->report = true;
	report(fl);
	diag_drop_beside(fl->u->diag, before);
	return -EINVAL;
}

/* Tables become variables, headers are looked up anew, texts are kept. */
static int promote_all(struct flow *fl)
{
	int err = 0, tables;
	while (!err && (tables = records_promote(fl->u, fl->f)) != 0)
		err = tables < 0 ? report_others(fl) : rounds(fl);
	while (!err && anew_find(fl))
		err = rounds(fl);
	while (!err && slices_keep(fl))
		err = rounds(fl);
	return err;
}

int opt_records(struct ir_unit *u)
{
	struct flow fl = { .u = u, .f = u->main };
	if (u->moves_packet && !u->moves_known) /* what was judged before that was seen is judged anew */
		return -EAGAIN;
	ir_order(fl.f);
	fl.exec = arena_array(u->scratch, bool, fl.f->nblocks);
	for (uint32_t i = 0; i < fl.f->nrpo; i++)
		fl.exec[fl.f->rpo[i]] = true;
	int err = promote_all(&fl);
	int more;
	while (!err && waits_for_more(&fl) && (more = foresee_known(&fl)) != 0) {
		err = more < 0 ? -EINVAL : rounds(&fl);
		err = err ? err : promote_all(&fl);
	}
	if (err)
		return err;
	if (waits_for_more(&fl)) { /* nothing waits any more: what is wrong is said of what is known */
		struct infer in = { .fl = fl };
		settle(&in);
		prune(&fl);
	}
	sweep(fl.f);
	fl.report = true;
	report(&fl);
	infer_warn_end(&fl);
	infer_warn_raising(&fl);
	if (u->nsubs)
		share_check(&fl);
	entries_check(&fl);
	slices_check(&fl);
	if (!u->diag->errors)
		joins_check(&fl);
	if (!u->diag->errors)
		pending_refuse(&fl);
	return u->diag->errors ? -EINVAL : 0;
}

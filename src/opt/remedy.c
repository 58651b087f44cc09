/* remedy.c - what to write instead, where an operand is sure to be of the wrong kind. */
#include "opt/infer.h"

#include "core/near.h"
#include "core/numeral.h"

#include <string.h>

/* The field that is assigned of the table, made in kernel code, that lacks that one, and whose name is nearest; NULL: none. */
static const char *nearest_made(const struct ir_absent *a)
{
	const size_t n = strlen(a->name);
	const char *best = NULL;
	unsigned best_at = NEAR_ENOUGH + 1;
	for (uint32_t i = 0; i < a->nmade; i++) {
		const unsigned d = near_slip(a->name, n, a->made[i]);
		if (!d || d >= best_at || 3 * d > n)
			continue;
		best = a->made[i];
		best_at = d;
	}
	return best;
}

/* Tables that are made have no name to be known by: it is one that is looked into in the line of r. */
static bool is_elsewhere(const struct infer *in, ir_ref r, const struct ir_absent *a)
{
	const struct ir_unit *u = in->fl.u;
	const struct diag_pos at = u->sites[ir_site_shown(u, ir_at(in->fl.f, r)->site)].pos;
	return a->made && (!at.line || a->at.line != at.line || strcmp(a->at.file, at.file));
}

/* What operand i of r, which `a` says is not there, is to be instead: what is near, or what bpf has for a helper of that name. */
static const char *meant(const struct infer *in, ir_ref r, const struct ir_absent *a, struct diag_pos at)
{
	struct ir_unit *u = in->fl.u;
	const struct ir_type key = infer_arg(in, r, 1);
	const bool indexed = ir_at(in->fl.f, r)->op == IRO(index) && key.k && key.k->kind == PG_STR;
	const char *instead = a->of_bpf ? helpers_instead(u, a->name, indexed ? key.k->str : NULL) : NULL;
	const char *near = instead ? NULL : a->made ? nearest_made(a) : u->source->meant(u, a->table, at, a->name);
	return near ? arena_printf(u->arena, "did you mean '%s'?", near) : instead;
}

const char *infer_meant(const struct infer *in, ir_ref r, uint32_t i)
{
	struct ir_unit *u = in->fl.u;
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	const struct ir_name *n = in->fl.report && ins->names && i < 2 ? &ins->names[i] : NULL;
	if (!n || (n->how != IR_N_FIELD && n->how != IR_N_METHOD && n->how != IR_N_GLOBAL) || infer_arg(in, r, i).kinds != IR_BIT(IR_NIL))
		return NULL;
	for (uint32_t k = 0; k < u->nabsent; k++) {
		const struct ir_absent *a = &u->absent[k];
		const struct diag_pos at = n->how == IR_N_GLOBAL ? a->at : (struct diag_pos){ 0 };
		const char *instead = strcmp(a->name, n->name) || is_elsewhere(in, r, a) ? NULL : meant(in, r, a, at);
		if (instead)
			return instead;
	}
	return NULL;
}

const char *infer_instead_of_bpf(struct ir_unit *u, const char *name)
{
	const char *instead = helpers_instead(u, name, NULL), *near;
	instead = instead ? instead : synonym_of_bpf(u->arena, name);
	near = instead ? NULL : infer_near_bpf(u, name, 1);
	return near ? arena_printf(u->arena, "did you mean '%s'?", near) : instead;
}

void infer_no_bpf(struct infer *in, ir_ref call)
{
	const char *name = ir_at(in->fl.f, call)->names->name, *instead = infer_instead_of_bpf(in->fl.u, name);
	struct diag *d = flow_error(&in->fl, ir_at(in->fl.f, call)->site, "bpf has no '%s'", name);
	instead = instead ? instead : infer_meant(in, call, 0);
	diag_operand(d, 0)->help = instead ? instead : "docs/language.md names what there is";
}

const char *infer_convert(uint64_t want, const struct ir_type *got)
{
	const uint64_t addresses = IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC);
	uint64_t is = got->kinds & ~IR_BIT(IR_NIL);
	if (!is)
		return "give it a value; where it may be nil, test it first";
	if (is == IR_BIT(IR_IP4) || is == IR_BIT(IR_IP6) || is == IR_BIT(IR_MAC)) {
		if (want & IR_BIT(IR_INT))
			return "a:int() is an ip4 or a mac as a number, a:byte(i) a byte of an address";
		if (want & addresses)
			return "an address goes where its own kind is meant: ip4, ip6 or mac";
		if (want & IR_STRINGS)
			return want & IR_BIT(IR_HOST) ? "write a prefix: \"10.0.0.0/8\", or bpf.cidr(...)" : "write tostring(address)";
	}
	if (!(is & ~IR_STRINGS) && want & IR_BIT(IR_INT))
		return "tonumber(text) is its number, text:byte(i) one of its bytes";
	if (!(is & ~IR_STRINGS) && want & addresses)
		return want & IR_BIT(IR_MAC) ? "write bpf.mac(\"02:00:00:00:00:01\"), or use a field that is one"
					     : "write bpf.ip(\"10.0.0.1\"), or use a field that is one";
	if (!(is & ~IR_BOOL) && want & IR_STRINGS)
		return "write tostring(v)";
	if (!(is & ~IR_BOOL) && want & IR_BIT(IR_INT))
		return "write (v and 1 or 0) for the truth v";
	if (is == IR_BIT(IR_INT) && want & IR_BIT(IR_IP4))
		return "bpf.ip(n) is the address that the number n is";
	if (is == IR_BIT(IR_INT) && want & IR_BOOL)
		return "write n ~= 0, or true";
	if (is == IR_BIT(IR_FLOAT) && want & IR_BIT(IR_INT))
		return "write an integer: 1 for 1.0";
	if (want & IR_BIT(IR_INT))
		return is & (IR_BIT(IR_REC) | IR_BIT(IR_HOST) | IR_VIEWS) ? "take a field of it that is an integer: v.n" : "give it an integer";
	if (want & IR_STRINGS)
		return is & (IR_BIT(IR_REC) | IR_BIT(IR_HOST)) ? "take a field of it that is a text: v.s" : "give it a text";
	if (want & IR_BIT(IR_REC))
		return "write a table: { field = value }";
	if (want & addresses)
		return want & IR_BIT(IR_MAC) ? "give it an address: bpf.mac(\"02:00:00:00:00:01\")" : "give it an address: bpf.ip(\"10.0.0.1\")";
	return want & IR_BOOL ? "give it true or false" : NULL;
}

/* What to write for a float that is a constant: the integer that it is. NULL: it is none. */
static const char *as_integer(const struct infer *in, const struct ir_type *t)
{
	int64_t n;
	if (!t->k || t->k->kind != PG_FLOAT)
		return NULL;
	return numeral_integer(t->k, &n) ? arena_printf(in->fl.u->arena, "write an integer: %lld", (long long)n)
					 : "keep integers, in smaller units";
}

bool infer_held(struct infer *in, uint32_t site, const char *name, uint64_t holds, const struct ir_type *v)
{
	if (type_is_pending(v) || holds & v->kinds)
		return true;
	const char *what = (holds & ~IR_BIT(IR_NIL)) == IR_BIT(IR_INT) ? "an integer" :
			   infer_a_wrong(in, &(struct ir_type){ .kinds = holds }, IR_BIT(IR_NIL));
	if (v->kinds == IR_BIT(IR_FLOAT) && holds & IR_BIT(IR_INT)) {
		struct diag *d = flow_refuse(&in->fl, site, ON_VALUES, "write an integer: 1000000 for 1e6",
					     "a float is stored in '%s', which holds %s", name, what);
		const char *integer = as_integer(in, v);
		d->help = integer ? integer : d->help;
		return false;
	}
	flow_error(&in->fl, site, "%s is stored in '%s', which holds %s", infer_a_wrong(in, v, 0), name, what)->help =
		infer_convert(holds, v);
	return false;
}

const char *infer_address(struct arena *a, uint64_t kinds, const pg_value *text)
{
	pg_value v;
	if (text->kind != PG_STR || strlen(text->str) != text->n || (pg_parse_ip(text->str, &v) < 0 && pg_parse_mac(text->str, &v) < 0))
		return NULL;
	return kinds & IR_BIT(ir_kind_of(v.kind)) ? arena_printf(a, "bpf.%s(\"%s\")", v.kind == PG_MAC ? "mac" : "ip", text->str) : NULL;
}

const char *infer_remedy(const struct infer *in, ir_ref r, uint32_t i)
{
	struct arena *a = in->fl.u->arena;
	const struct ir_name *n = ir_at(in->fl.f, r)->names;
	const char *near = infer_meant(in, r, i), *name = n && i < 2 ? n[i].name : NULL;
	struct ir_type t = infer_arg(in, r, i);
	if (near || t.kinds != IR_BIT(IR_NIL))
		return near;
	switch (name ? n[i].how : IR_N_NONE) {
	case IR_N_LOCAL: case IR_N_UPVALUE:
		return arena_printf(a, "give it a value first: %s = ...", name);
	case IR_N_GLOBAL:
		return arena_printf(a, "define it in the user half, before this is compiled: %s = ...", name);
	case IR_N_FIELD:
		return *name == '?' ? NULL : arena_printf(a, "give the field a value first: { %s = ... }", name);
	default:
		return NULL;
	}
}

static const char *instead_of_call(struct arena *a, const struct ir_name *names, bool may_be_nil)
{
	const char *name = may_be_nil ? NULL : ir_source_name(names, 0);
	if (!name)
		return "only functions are called: function() ... end";
	return arena_printf(a, names->how == IR_N_METHOD ? "write .%s, without the colon and (...)" : "write %s without the (...)", name);
}

static const char *instead_of_length(struct arena *a, const struct ir_name *names, uint64_t kinds)
{
	const char *name = ir_source_name(names, 0);
	switch (kinds) {
	case IR_BIT(IR_IP4): return "an ip4 has 4 bytes: write 4";
	case IR_BIT(IR_IP6): return "an ip6 has 16 bytes: write 16";
	case IR_BIT(IR_MAC): return "a mac has 6 bytes: write 6";
	case IR_BIT(IR_INT): return name ? arena_printf(a, "write %s without the #", name) : "write the number without the #";
	default:	     return "what has a length is a list, a text or the packet";
	}
}

const char *infer_path(const struct infer *in, const struct ir_name *n, ir_ref r)
{
	const struct ir_ins *i = ir_at(in->fl.f, r);
	if (!ir_source_name(n, 0) || n->how != IR_N_FIELD)
		return ir_source_name(n, 0);
	const char *of = i->op == IRO(index) && i->names ? infer_path(in, i->names, i->args[0]) : NULL;
	return of ? arena_printf(in->fl.u->arena, "%s.%s", of, n->name) : NULL;
}

/* What the field that `r` reads says of its number, which is an address; NULL: it is none. */
static const char *at_address(const struct infer *in, ir_ref r)
{
	const struct ir_ins *i = ir_at(in->fl.f, r);
	if (i->op != IRO(index))
		return NULL;
	const struct ir_type of = infer_arg(in, r, 0), key = infer_arg(in, r, 1);
	const struct ir_view *v = of.kinds && ir_single(of.kinds) ? ir_view_of(in->fl.u->target, ir_first_kind(of.kinds)) : NULL;
	const struct ir_field *f = v && key.k && key.k->kind == PG_STR ? ir_field_find(v, key.k->str) : NULL;
	return f ? f->address : NULL;
}

static const char *instead_of_field(struct arena *a, const struct ir_name *names, const struct ir_type *t)
{
	const char *name = ir_source_name(names, 0);
	if (t->kinds == IR_BIT(IR_INT))
		return name ? arena_printf(a, "a number has no fields; a byte of it is %s >> 8 & 0xff", name)
			    : "a number has no fields; a byte of it is n >> 8 & 0xff";
	return "what has fields is a table, a header, an entry or a map";
}

/* s[3] = "x": strings stay as they are, so another one is made. */
static const char *instead_of_byte(struct arena *a, const char *name, const pg_value *key)
{
	const char *s = name ? name : "s", *to = name ? arena_printf(a, "%s = ", name) : "";
	if (!key || key->kind != PG_INT)
		return arena_printf(a, "a string cannot be changed, but another made: %s%s:sub(1, i - 1) .. \"x\" .. %s:sub(i + 1)", to, s, s);
	if (key->i <= 1)
		return arena_printf(a, "a string cannot be changed, but another made: %s\"x\" .. %s:sub(2)", to, s);
	return arena_printf(a, "a string cannot be changed, but another made: %s%s:sub(1, %lld) .. \"x\" .. %s:sub(%lld)", to, s,
			    (long long)key->i - 1, s, (long long)key->i + 1);
}

/* Of a variable that is no table: what would make it one. */
static const char *instead_of_assignment(struct arena *a, const struct ir_name *names, const struct ir_type *t, const pg_value *k)
{
	const char *name = ir_source_name(names, 0), *key = k && k->kind == PG_STR ? k->str : NULL;
	if (!(t->kinds & ~IR_STRINGS) && !key)
		return instead_of_byte(a, name && names->how == IR_N_LOCAL ? name : NULL, k);
	if (!name || names->how != IR_N_LOCAL)
		return "what has fields to assign is a table, a header, an entry or a map";
	return arena_printf(a, "make it a table: local %s = { %s = ... }", name, key ? key : "...");
}

const char *infer_instead(const struct infer *in, ir_ref r, enum infer_as as)
{
	struct arena *a = in->fl.u->arena;
	const struct ir_name *names = ir_at(in->fl.f, r)->names;
	struct ir_type t = infer_arg(in, r, 0), key = infer_arg(in, r, 1);
	const char *near = infer_remedy(in, r, 0);
	if (near)
		return near;
	switch (as) {
	case INFER_CALLED:
		return instead_of_call(a, names, t.kinds & IR_BIT(IR_NIL));
	case INFER_LENGTH:
		return infer_use(in, &t) ? infer_use(in, &t) : instead_of_length(a, names, t.kinds);
	case INFER_ASSIGNED:
		return instead_of_assignment(a, names, &t, key.k);
	case INFER_INDEXED:
		break;
	}
	const char *use = key.k && key.k->kind == PG_STR ? infer_use(in, &t) : NULL, *address = at_address(in, ir_at(in->fl.f, r)->args[0]);
	if (!use && address)
		return address;
	return use ? use : instead_of_field(a, names, &t);
}

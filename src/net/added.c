/*
 * added.c - protocols that a script adds: a table like those of udp.c and the others, made when the script runs, and
 * the headers that carry it with one field more.
 *
 * The views of a context are never changed: each protocol makes new sets of them, and what was compiled, or is a
 * packet, before keeps those it has.
 */
#include "net/added.h"

#include <stdio.h>
#include <stdlib.h>

enum { BASES = 2, MOST = IR_NKINDS - IR_VIEW0 - NET_NVIEWS };

static const net_viewset bases[BASES] = { net_views, net_skb_views };

struct net_added {
	struct arena arena;
	unsigned n;
	net_viewset views[BASES];
};

/* ---- what carries it ---- */

#define LISTED(member) offsetof(struct pg_proto_opts, member)

static const struct carrier {
	const char *name, *key;
	size_t numbers;             /* of the key, in the options */
	enum net_view views[4];     /* those that get the field; NET_PKT ends them but stands first */
	enum net_space spaces[2];
	unsigned most;              /* the greatest number */
	bool alone;                 /* a number has one meaning, and a protocol one number */
	bool summed;                /* a checksum covers what it carries */
	uint64_t carried_by;
} carriers[] = {
	{ "udp", "port",  LISTED(port),  { NET_UDP }, { NET_DPORT }, 0xffff, false, true, NET_IN_UDP },
	{ "tcp", "port",  LISTED(port),  { NET_TCP }, { NET_DPORT }, 0xffff, false, true,
	  NET_IN_IP | NET_KIND(NET_TCP) },
	{ "ip",  "proto", LISTED(proto), { NET_PKT, NET_IP, NET_IPV4, NET_IPV6 }, { NET_PROTO4, NET_PROTO6 }, 0xff, true,
	  false, NET_IN_IP },
	{ "eth", "type",  LISTED(type),  { NET_PKT }, { NET_ETHERTYPE }, 0xffff, true, false, NET_IN_ETH },
};
enum { NCARRIERS = sizeof carriers / sizeof *carriers };

struct adding {
	struct net_added *list;
	const struct pg_proto_opts *o;
	const struct carrier *by;   /* NULL: none, it is found by `next` of others alone */
	struct net_spec spec;
	char *err;
	size_t errlen;
};

#define FAIL(x, ...) (snprintf((x)->err, (x)->errlen, __VA_ARGS__), false)

static const struct pg_numbers *numbers(const struct adding *x)
{
	return (const struct pg_numbers *)((const char *)x->o + x->by->numbers);
}

static bool find_carrier(struct adding *x)
{
	const char *names[NCARRIERS];

	if (!x->o->over)
		return true;
	for (unsigned i = 0; i < NCARRIERS; i++) {
		names[i] = carriers[i].name;
		if (!strcmp(x->o->over, names[i]))
			x->by = &carriers[i];
	}
	if (x->by)
		return true;
	const char *near = ir_nearest(x->o->over, names, NCARRIERS);
	return FAIL(x, "over = \"%s\": a protocol is over \"eth\", \"ip\", \"udp\" or \"tcp\"%s%s%s", x->o->over,
		    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* ---- names and numbers ---- */

static bool is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n && !s[n] && n < 32 && (*s < '0' || *s > '9') && strcmp(s, "_") != 0;
}

/* One of those that are there may have its place taken by the script's own, where UDP or TCP carries both. */
static bool takes_place(const struct adding *x, const char *name)
{
	if (!x->by || !x->by->summed)
		return false;
	const struct ir_field *row = ir_field_find(x->list->views[0][x->by->views[0]], name);
	const struct net_field *f = row ? row->arg : NULL;
	return f && f->how == NET_HEADER && f->view < NET_NVIEWS;
}

static bool check_name(struct adding *x)
{
	const char *name = x->o->name;

	if (!name || !is_name(name))
		return FAIL(x, "a protocol has a name of letters, digits and _, as a field has: bpf.proto { \"vxlan\", ... }");
	if (takes_place(x, name))
		return true;
	for (net_viewset v = x->list->views[0]; *v; v++)
		if (!strcmp((*v)->name, name))
			return FAIL(x, "the name '%s' is taken: it is a protocol that is there already", name);
	for (unsigned i = 0; x->by && i < 4 && (!i || x->by->views[i]); i++) {
		const struct ir_view *v = x->list->views[1][x->by->views[i]];
		if (ir_field_find(v, name) || ir_lib_find(v->methods, name))
			return FAIL(x, "the name '%s' is taken: %s.%s is something else", name, v->name, name);
	}
	return true;
}

static bool is_ext(unsigned number)
{
	const struct net_exts *e = net_ipv6.exts;

	return memchr(e->value, (int)number, e->n) != NULL;
}

static bool check_number(struct adding *x, unsigned number)
{
	if (number > x->by->most)
		return FAIL(x, "%s = %u: it has at most %u", x->by->key, number, x->by->most);
	if (!x->by->alone)
		return true;
	if (x->by->spaces[0] == NET_PROTO4 && is_ext(number))
		return FAIL(x, "proto = %u is an extension header of IPv6, which is walked over", number);
	for (net_viewset v = x->list->views[0]; *v; v++) {
		const struct net_proto *p = (*v)->own;
		for (const struct net_over *o = p ? p->over : NULL; o && o->space; o++)
			if ((o->space == x->by->spaces[0] || o->space == x->by->spaces[1]) && o->value == number)
				return FAIL(x, o->space == NET_ETHERTYPE ? "%s = 0x%04x is %s already" : "%s = %u is %s already",
					    x->by->key, number, (*v)->name);
	}
	return true;
}

static void put_over(struct adding *x, unsigned *n, enum net_space space, unsigned value)
{
	x->spec.proto->over[(*n)++] = (struct net_over){ space, (uint16_t)value };
}

static bool put_numbers(struct adding *x)
{
	const struct pg_numbers *list = x->by ? numbers(x) : NULL, *from = &x->o->sport;
	bool ports = x->by && x->by->spaces[0] == NET_DPORT;
	unsigned n = 0, most = x->by && x->by->spaces[1] ? 1 : PG_NUMBERS;

	if (!ports && from->n)
		return FAIL(x, "sport is for what is over \"udp\" or \"tcp\"");
	if (list && !list->n && !(ports && from->n))
		return FAIL(x, "a protocol over \"%s\" is known by its %s: %s = %s", x->by->name, x->by->key, x->by->key,
			    x->by->most > 255 ? ports ? "4789" : "0x88b5" : "253");
	if (list && list->n > most)
		return FAIL(x, "%s: at most %u number%s", x->by->key, most, most == 1 ? "" : "s");
	for (unsigned i = 0; list && i < list->n; i++) {
		if (!check_number(x, list->v[i]))
			return false;
		for (unsigned s = 0; s < 2 && x->by->spaces[s]; s++)
			put_over(x, &n, x->by->spaces[s], list->v[i]);
	}
	for (unsigned i = 0; i < from->n; i++) {
		if (!check_number(x, from->v[i]))
			return false;
		put_over(x, &n, NET_SPORT, from->v[i]);
	}
	put_over(x, &n, NET_ALWAYS, 0);
	return true;
}

/* Options that belong to another carrier. */
static bool check_keys(struct adding *x)
{
	for (unsigned i = 0; i < NCARRIERS; i++) {
		const struct pg_numbers *l = (const struct pg_numbers *)((const char *)x->o + carriers[i].numbers);
		if (l->n && !x->by)
			return FAIL(x, "%s = %u: over what? over = \"%s\"", carriers[i].key, l->v[0], carriers[i].name);
		if (l->n && carriers[i].numbers != x->by->numbers)
			return FAIL(x, "a protocol over \"%s\" is known by its %s, not by a %s", x->by->name, x->by->key,
				    carriers[i].key);
	}
	return true;
}

/* ---- what it carries ---- */

static const struct { const char *name; enum net_view view; } carried[] = {
	{ "eth", NET_INNER_ETH }, { "arp", NET_ARP }, { "ipv4", NET_IPV4 }, { "ipv6", NET_IPV6 }, { "mpls", NET_MPLS },
};
enum { NCARRIED = sizeof carried / sizeof *carried };

/* The number of the view that `next` names; 0: none. */
static unsigned next_view(const struct adding *x)
{
	for (unsigned i = 0; i < NCARRIED; i++)
		if (!strcmp(carried[i].name, x->o->next))
			return carried[i].view;
	for (unsigned i = NET_NVIEWS; x->list->views[0][i]; i++)
		if (!strcmp(x->list->views[0][i]->name, x->o->next))
			return i;
	return 0;
}

static bool no_next(struct adding *x)
{
	const char *names[NCARRIED + MOST];
	unsigned n = 0;

	for (; n < NCARRIED; n++)
		names[n] = carried[n].name;
	for (unsigned i = NET_NVIEWS; x->list->views[0][i]; i++)
		names[n++] = x->list->views[0][i]->name;
	const char *near = ir_nearest(x->o->next, names, n);
	return FAIL(x, "next = \"%s\": what follows is \"eth\", \"arp\", \"ipv4\", \"ipv6\", \"mpls\" or a protocol that "
		    "the script added before%s%s%s", x->o->next, near ? "; did you mean \"" : "", near ? near : "",
		    near ? "\"?" : "");
}

static struct ir_field header_row(struct arena *a, const char *name, unsigned view, bool tunnel)
{
	struct net_field *f = arena_new(a, struct net_field);

	*f = (struct net_field){ .how = NET_HEADER, .view = (enum net_view)view };
	return (struct ir_field){ .name = name, .kinds = NET_MAYBE(view), .get = net_get, .walks = true, .tunnel = tunnel,
				  .fixed = NET_FIXED_VIEW, .arg = f };
}

static const struct ir_field rest = NET_ROW_REST();

static bool put_next(struct adding *x)
{
	struct net_spec *s = &x->spec;

	if (x->o->next) {
		unsigned view = next_view(x);
		if (!view)
			return no_next(x);
		for (unsigned i = 0; i < s->nrows; i++)
			if (!strcmp(s->rows[i].name, x->o->next))
				return FAIL(x, "the name '%s' is a field's and that of what follows", x->o->next);
		const char *name = arena_printf(&x->list->arena, "%s", x->o->next);
		s->rows[s->nrows++] = header_row(&x->list->arena, name, view, !x->by || x->by->summed ||
						 x->by->spaces[0] == NET_PROTO4);
		s->proto->next.space = NET_ALWAYS;
		s->proto->inner = true;
	}
	s->rows[s->nrows++] = rest;
	return true;
}

/* ---- the sets of views ---- */

static const struct ir_view *with_field(struct arena *a, const struct ir_view *v, const struct ir_field *row)
{
	struct ir_view *own = arena_new(a, struct ir_view);
	uint32_t n = 0, at = 0;

	while (v->fields[n].name)
		n++;
	while (at < n && strcmp(v->fields[at].name, row->name) != 0)
		at++;
	struct ir_field *rows = arena_array(a, struct ir_field, n + 2);
	memcpy(rows, v->fields, n * sizeof *rows);
	rows[at] = *row;
	*own = *v;
	own->fields = rows;
	return own;
}

static net_viewset with_view(struct adding *x, net_viewset set, const struct ir_view *v)
{
	struct arena *a = &x->list->arena;
	unsigned n = NET_NVIEWS + x->list->n;
	const struct ir_view **own = arena_array(a, const struct ir_view *, n + 2);
	struct ir_field row = header_row(a, v->name, n, false);
	row.carried = true;

	memcpy(own, set, n * sizeof *own);
	own[n] = v;
	for (unsigned i = 0; x->by && i < 4 && (!i || x->by->views[i]); i++)
		own[x->by->views[i]] = with_field(a, own[x->by->views[i]], &row);
	return own;
}

static bool add(struct adding *x)
{
	struct arena *a = &x->list->arena;
	enum { SPARE = 2 };

	if (x->list->n >= MOST)
		return FAIL(x, "at most %d protocols can be added", MOST);
	if (!find_carrier(x) || !check_name(x) || !check_keys(x))
		return false;
	if (!x->o->fields)
		return FAIL(x, "a protocol needs its fields: fields = \"u8 flags; u24 _; u24 vni; u8 _\"");
	x->spec.proto = arena_new(a, struct net_proto);
	const char *fixed = !x->by ? NET_FIXED_SUM : NULL;
	x->spec.proto->covered = x->by && x->by->summed ? x->by->views[0] : NET_PKT;
	if (!spec_fields(a, x->o->fields, SPARE, fixed, &x->spec, x->err, x->errlen) ||
	    (x->o->length && !spec_length(&x->spec, x->o->length, x->err, x->errlen)) || !put_numbers(x) || !put_next(x))
		return false;
	const char *name = arena_printf(a, "%s", x->o->name);
	struct ir_view *v = arena_new(a, struct ir_view);
	*v = (struct ir_view)NET_VIEW(name, 3, x->spec.rows, x->spec.proto, x->by ? x->by->carried_by : 0);
	for (unsigned i = 0; i < BASES; i++)
		x->list->views[i] = with_view(x, x->list->views[i], v);
	x->list->n++;
	return true;
}

static struct net_added *list_new(void)
{
	struct net_added *l = calloc(1, sizeof *l);

	if (l)
		memcpy(l->views, bases, sizeof bases);
	return l;
}

bool net_add(struct net_added **list, const struct pg_proto_opts *o, char *err, size_t errlen)
{
	struct adding x = { .o = o, .err = err, .errlen = errlen };
	bool first = !*list;
	jmp_buf oom;

	if (first)
		*list = list_new();
	if (!*list)
		return FAIL(&x, "out of memory");
	x.list = *list;
	if (setjmp(oom))
		return FAIL(&x, "out of memory");
	if (first)
		arena_init(&(*list)->arena, 0, &oom);
	x.list->arena.oom = &oom;
	bool good = add(&x);
	x.list->arena.oom = NULL;
	return good;
}

net_viewset net_views_with(const struct net_added *list, net_viewset base)
{
	for (unsigned i = 0; list && i < BASES; i++)
		if (bases[i] == base)
			return list->views[i];
	return base;
}

void net_added_free(struct net_added *list)
{
	if (list)
		arena_free(&list->arena);
	free(list);
}

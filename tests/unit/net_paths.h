/*
 * net_paths.h - paths of fields through packet views, such as pkt.vlan.type or pkt.ip.tcp:u16(4), all
 * of them to a depth; each compiled to machine operations, and read by the twin; and the hostile
 * frames to try them on.
 */
#ifndef TEST_NET_PATHS_H
#define TEST_NET_PATHS_H

#include "packets.h"

#include "ir/lower.h"
#include "net/net.h"
#include "opt/infer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MAX_DEPTH = 4 };

/* ---- hostile frames ---- */

static uint64_t seed = 0x9e3779b97f4a7c15;

static inline unsigned rnd(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % n;
}

static inline void put8(struct frame *f, unsigned v) { f->b[f->n++] = (uint8_t)v; }
static inline void be16(struct frame *f, unsigned v) { put8(f, v >> 8); put8(f, v); }

static inline void junk(struct frame *f, unsigned n)
{
	while (n--)
		put8(f, rnd(256));
}

/* mostly right, sometimes near, sometimes anything */
static inline unsigned about(unsigned right, unsigned limit)
{
	switch (rnd(12)) {
	case 0:  return rnd(2) ? rnd(limit) : rnd(right + 1);
	case 1:  return (right + rnd(9) - 4) % limit;
	case 2:  return 0;
	default: return right;
	}
}

static inline void make_transport(struct frame *f, unsigned proto)
{
	if (proto == 6) {
		unsigned options = rnd(3) ? 0 : rnd(11);
		junk(f, 12);
		put8(f, about(5 + options, 16) << 4);
		junk(f, 7 + options * 4);
	} else if (proto == 17) {
		junk(f, 4);
		be16(f, about(8 + 12, 0x10000));
		junk(f, 2);
	} else {
		junk(f, 8);
	}
	junk(f, rnd(3) ? 12 : rnd(40));
}

static inline void make_ip4(struct frame *f, unsigned proto)
{
	unsigned start = f->n, options = rnd(3) ? 0 : rnd(11);

	put8(f, (rnd(20) ? 0x40 : rnd(16) << 4) | (about(5 + options, 16) & 15));
	junk(f, 5);
	be16(f, rnd(4) ? rnd(2) << 13 : rnd(0x10000));
	junk(f, 1);
	put8(f, proto);
	junk(f, 10 + options * 4);
	make_transport(f, proto);
	put16(f->b + start + 2, about(f->n - start, 0x10000));
}

static inline void make_ip6(struct frame *f, unsigned proto)
{
	static const uint8_t exts[] = { 0, 43, 44, 51, 60, 135, 139, 140 };
	unsigned start = f->n, n = rnd(2) ? 0 : rnd(2) ? rnd(3) : rnd(11), at;

	put8(f, (rnd(20) ? 0x60 : rnd(16) << 4) | rnd(16));
	junk(f, 5);
	at = f->n;
	junk(f, 34);
	for (unsigned i = 0; i < n; i++) {
		unsigned ext = rnd(4) ? exts[rnd(8)] : 44, units = rnd(3);
		f->b[at] = (uint8_t)ext;
		at = f->n;
		put8(f, 0);
		put8(f, ext == 44 ? rnd(256) : about(ext == 51 ? units * 2 : units, 256));
		be16(f, ext == 44 && rnd(4) ? rnd(8) : rnd(0x10000));
		junk(f, 4 + (ext == 44 ? 0 : 8 * units));
	}
	f->b[at] = (uint8_t)proto;
	make_transport(f, proto);
	put16(f->b + start + 4, about(f->n - start - 40, 0x10000));
}

static inline void make_frame(struct frame *f)
{
	static const uint8_t protos[] = { 6, 6, 6, 17, 17, 17, 1, 58, 0, 44, 99 };
	static const uint16_t tags[] = { 0x8100, 0x88a8, 0x9100 }, types[] = { 0x0800, 0x86dd, 0x0806, 0x1234 };
	unsigned ntags = rnd(3) ? 0 : rnd(5), type = types[rnd(20) < 9 ? 0 : rnd(20) < 17 ? 1 : 2 + rnd(2)];

	f->n = 0;
	junk(f, 12);
	for (unsigned i = 0; i < ntags; i++) {
		be16(f, tags[rnd(3)]);
		junk(f, 2);
	}
	be16(f, type);
	if (rnd(30) == 0)
		type = types[rnd(4)];
	if (type == 0x0800)
		make_ip4(f, protos[rnd(sizeof protos)]);
	else if (type == 0x86dd)
		make_ip6(f, protos[rnd(sizeof protos)]);
	else if (type == 0x0806)
		put(f, ARP, 28);
	junk(f, rnd(2) ? 0 : rnd(30));
	if (rnd(3) == 0)
		f->n = rnd(f->n > 70 && rnd(2) ? 70 : f->n + 1);
	for (unsigned i = rnd(4) ? 0 : 1 + rnd(3); i-- && f->n;)
		f->b[rnd(f->n)] = (uint8_t)rnd(256);
}

/* ---- one path ---- */

struct path {
	const struct ir_field *fields[MAX_DEPTH]; /* from pkt */
	unsigned n;
	const struct ir_lib *method;  /* at the end, of bytes or of an address, or NULL */
	const char *prefix;           /* its argument: this, or arg */
	int64_t arg;
	bool constant;
	bool len;                     /* # at the end */
};

static inline const char *path_text(const struct path *p)
{
	static char text[256];
	size_t n = (size_t)snprintf(text, sizeof text, "pkt");

	for (unsigned i = 0; i < p->n; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, ".%s", p->fields[i]->name);
	if (p->prefix)
		snprintf(text + n, sizeof text - n, ":%s(%s)", p->method->name, p->prefix);
	else if (p->method)
		snprintf(text + n, sizeof text - n, ":%s(%s%lld)", p->method->name,
			 p->constant ? "" : "n = ", (long long)p->arg);
	if (p->len)
		snprintf(text + n, sizeof text - n, " #");
	return text;
}

struct compiled {
	jmp_buf oom;
	struct arena a;
	struct diag_list diag;
	struct lw w;
	struct lw_val out;
};

static inline void path_ret(struct lw *w, ir_ref word)
{
	ir_ref r = ir_ins_new(w->fn, IRO(ret), 1, &word);

	ir_append(w->fn, w->cur, r);
	w->cur = 0;
}

static inline struct lw_val path_call(struct lw *w, const struct path *p, const struct lw_val *obj)
{
	static pg_value k;
	k = (pg_value){ .kind = PG_INT, .i = p->arg };
	if (p->prefix)
		k = (pg_value){ .kind = PG_STR, .str = p->prefix, .n = (uint32_t)strlen(p->prefix) };
	struct ir_type types[2] = { { .kinds = obj->kinds }, { .kinds = IR_BIT(IR_INT) } };
	struct ir_type type = { .kinds = p->method->ret };
	struct lw_val args[2] = { *obj, lw_int(0) };

	if (p->constant || p->prefix) {
		args[1] = lw_const(w, &k);
		types[1].k = &k;
	} else {
		args[1] = lw_int(lw_op1(w, IRO(opaque), lw_imm(w, p->arg)));
	}
	struct infer in = { .fl.u = w->unit };
	if (p->method->type)
		assert_true(p->method->type(&in, p->method, 0, 2, types, &type));
	struct lw_val out = { .kinds = type.kinds };
	p->method->lower(w, p->method, 2, args, &out);
	return out;
}

/* What a path's program returns where its value is there; NULL: 1. */
typedef ir_ref path_end(struct lw *w, const struct lw_val *v);

/* Machine code that ends with 0 where a part of the path is nil. */
static inline void path_compile(struct compiled *c, const struct path *p, const struct ir_target *t,
				const bool *features, path_end *end)
{
	static const struct diag_pos place = { .file = "path.lua", .line = 1 };
	struct lw *w = &c->w;

	memset(c, 0, sizeof *c);
	arena_init(&c->a, 0, &c->oom);
	if (setjmp(c->oom))
		fail_msg("out of memory");
	c->diag.arena = &c->a;
	w->unit = ir_unit_new(&c->a, &c->diag, t);
	w->unit->features = features;
	w->fn = ir_fn_new(w->unit, "path");
	w->fn->machine = true;
	w->unit->main = w->fn;
	lw_enter(w, lw_block(w, 0));
	w->ctx = ir_ins_new(w->fn, IRO(ctx), 0, NULL);
	ir_append(w->fn, w->cur, w->ctx);
	ir_blk none = lw_block(w, 0);
	w->error_exit = w->fn->error_exit = lw_block(w, 1);
	w->site = ir_site(w->unit, place, 0);
	struct lw_val v = lw_words(IR_VIEW0 + NET_PKT, 0, NULL);
	for (unsigned i = 0; i < p->n; i++) {
		struct lw_val next;
		p->fields[i]->get(w, p->fields[i], &v, &next);
		if (next.kinds & IR_BIT(IR_NIL)) {
			ir_blk some = lw_block(w, 0);
			lw_br_kind(w, &next, IR_BIT(IR_NIL), none, some);
			lw_enter(w, some);
			next = lw_narrow(w, &next, ~IR_BIT(IR_NIL));
		}
		v = next;
	}
	if (p->method)
		v = path_call(w, p, &v);
	if (p->len)
		net_views[__builtin_ctzll(v.kinds) - IR_VIEW0]->len(w, &v, &v);
	c->out = v;
	path_ret(w, end ? end(w, &v) : lw_imm(w, 1));
	lw_enter(w, none);
	path_ret(w, lw_imm(w, 0));
	lw_enter(w, w->error_exit);
	path_ret(w, lw_imm(w, 0));
	const char *bad = ir_check(w->unit);
	if (bad)
		fail_msg("%s: %s", path_text(p), bad);
}

/* ---- the twin's answer ---- */

static inline bool path_twin(const struct frame *frame, const struct path *p, pg_value *v, struct net_place *at)
{
	struct net_frame f = { .bytes = (uint8_t *)frame->b, .n = frame->n, .views = net_views }; /* only read */
	struct net_place next;

	*at = (struct net_place){ .view = NET_PKT, .end = NET_OPEN };
	*v = (pg_value){ .kind = PG_VIEW };
	for (unsigned i = 0; i < p->n; i++) {
		net_twin_get(&f, at, p->fields[i], v, &next);
		if (v->kind == PG_NIL)
			return false;
		if (v->kind == PG_VIEW)
			*at = next;
	}
	if (p->method && v->kind != PG_VIEW) {
		pg_value self = *v, arg = { .kind = PG_INT, .i = p->arg };
		char err[160];
		if (p->prefix)
			arg = (pg_value){ .kind = PG_STR, .str = p->prefix, .n = (uint32_t)strlen(p->prefix) };
		return net_twin_addr(&self, p->method->name, &arg, 1, v, err, sizeof err) == 0;
	}
	if (p->method)
		net_twin_bytes(&f, at, p->method, p->arg, 0, v);
	if (p->len)
		*v = (pg_value){ .kind = PG_INT, .i = (int64_t)net_twin_len(&f, at) };
	return true;
}

/* ---- all paths ---- */

typedef void try_fn(const struct path *p);

static inline void try_bytes(struct path *p, try_fn *try)
{
	static const int64_t offsets[] = { 0, 1, 2, 4, 7, 8, 12, 13, 14, 19, 20, 21, 24, 39, 40, 60, -1, -2, -8,
					   -20, 100, 65527, 65528, 65535, 65536, INT64_MAX, INT64_MIN };

	for (const struct ir_lib *m = net_byte_rows; m->name; m++)
		for (unsigned i = 0; !(m->imm & (NET_ROW_LATER | NET_ROW_WRITES | NET_ROW_REDIRECT | NET_ROW_CLONE | NET_ROW_MOVES)) && i < sizeof offsets / sizeof *offsets; i++) {
			/* all of one byte and of eight, some of the others */
			if (m->imm != 1 && m->imm != 8 && !(m->imm & NET_ROW_INDEX) && rnd(6))
				continue;
			p->method = m;
			p->arg = offsets[i];
			p->constant = rnd(2);
			try(p);
		}
	p->method = NULL;
}

/* An error (:int() of IPv6) ends a path like a part that is nil. */
static inline void try_addr(struct path *p, uint64_t kinds, try_fn *try)
{
	static const int64_t indexes[] = { 0, 1, 4, 5, 6, 7, 8, 9, 16, 17, -1, INT64_MAX };
	static const char *const prefixes[] = { "0.0.0.0/0", "128.0.0.0/1", "192.0.2.0/31", "192.0.2.1", "::/0",
						"2001:db8::/33", "2001:db8::2/127", "2001:db8::/64", "8000::/1" };

	p->method = ir_lib_find(net_addr_rows, "int");
	if (kinds != IR_BIT(IR_IP6))
		try(p);
	p->method = ir_lib_find(net_addr_rows, "byte");
	for (unsigned i = 0; i < sizeof indexes / sizeof *indexes; i++) {
		p->arg = indexes[i];
		p->constant = rnd(2);
		try(p);
	}
	p->method = ir_lib_find(net_addr_rows, "within");
	for (unsigned i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		p->prefix = prefixes[i];
		try(p);
	}
	p->prefix = NULL;
	p->method = NULL;
}

/* All paths from the view at the end of p on. */
static inline void walk_paths(struct path *p, enum net_view view, unsigned depth, try_fn *try)
{
	p->len = true;
	try(p);
	p->len = false;
	if (p->n + 1 < depth)
		try_bytes(p, try);
	for (const struct ir_field *f = net_views[view]->fields; f->name && p->n < depth; f++) {
		if (!f->kinds)
			continue;
		const struct net_field *own = f->arg;
		p->fields[p->n++] = f;
		try(p);
		if (own->how == NET_HEADER)
			walk_paths(p, own->view, depth, try);
		else if (own->how == NET_REST)
			walk_paths(p, NET_PAYLOAD, depth, try);
		else if (p->n < 3 && f->kinds & (IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC)))
			try_addr(p, f->kinds, try);
		p->n--;
	}
}

#endif

/* view.c - packets made by hand: perigee.h's host twins of packet views. */
#include "api/api.h"
#include "core/ctype.h"
#include "core/mutant.h"
#include "net/net.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

struct packet {
	unsigned refs;
	pg_ctx *ctx;                    /* counted: the views may be its own */
	const struct ir_target *target; /* the hook's */
	struct net_frame frame;
	struct pg_view *first, *last;   /* all of its views, as they were found: what one was found in is before it */
	uint8_t bytes[];                /* the frame, and room around it */
};

struct pg_view {
	unsigned refs;
	struct packet *packet; /* counted */
	struct net_place place;
	struct pg_view *from;  /* counted: what it was found in, by which name; NULL: it is the packet */
	const char *name;
	bool gone;             /* the packet was moved, and has no such header any more */
	struct pg_view *before, *next;
};

static const struct ir_view *type_of(const struct pg_view *v)
{
	return v->packet->frame.views[v->place.view];
}

static struct pg_view *view_new(struct packet *p, struct net_place place, struct pg_view *from, const char *name)
{
	struct pg_view *v = malloc(sizeof *v);

	if (!v)
		return NULL;
	*v = (struct pg_view){ 1, p, place, .from = from, .name = name, .before = p->last };
	p->refs++;
	if (from)
		from->refs++;
	*(p->last ? &p->last->next : &p->first) = v;
	p->last = v;
	return v;
}

static void packet_free(struct packet *p)
{
	ctx_unref(p->ctx);
	free(p);
}

int pg_packet_new(pg_ctx *ctx, const char *hook, const void *bytes, size_t n, pg_view **out)
{
	const struct hook *h = hook_find(hook, NULL);
	const struct ir_target *t = h ? h->family->target : NULL;

	if (!t || !t->nparams || t->params[0] != NET_KIND(NET_PKT))
		return api_fail(ctx, -EINVAL, "'%s' is no hook that receives packets", hook);
	uint32_t tail = t->move_tail.most > n ? t->move_tail.most - (uint32_t)n : 0;
	struct packet *p = malloc(sizeof *p + NET_HEAD_ROOM + n + tail);
	if (!p)
		return api_fail(ctx, -ENOMEM, "out of memory");
	*p = (struct packet){ 0 };
	p->target = t;
	p->ctx = ctx_ref(ctx);
	if (n)
		memcpy(p->bytes + NET_HEAD_ROOM, bytes, n);
	p->frame = (struct net_frame){ .bytes = p->bytes + NET_HEAD_ROOM, .n = n, .room = { NET_HEAD_ROOM, tail },
				       .views = net_views_with(ctx->added, t->views) };
	*out = view_new(p, (struct net_place){ .view = NET_PKT, .end = NET_OPEN }, NULL, NULL);
	if (*out)
		return 0;
	packet_free(p);
	return api_fail(ctx, -ENOMEM, "out of memory");
}

void pg_view_free(pg_view *v)
{
	while (v && !--v->refs) {
		struct pg_view *from = v->from;
		struct packet *p = v->packet;
		*(v->before ? &v->before->next : &p->first) = v->next;
		*(v->next ? &v->next->before : &p->last) = v->before;
		free(v);
		if (!--p->refs)
			packet_free(p);
		v = from;
	}
}

const char *pg_view_name(const pg_view *v)
{
	return type_of(v)->name;
}

/* Kernel code looks what was found before up anew when it moves the packet (opt/anew.c). */
static void find_anew(struct packet *p)
{
	for (struct pg_view *v = p->first; v; v = v->next) {
		const struct ir_field *f = v->from && !v->from->gone ? ir_field_find(type_of(v->from), v->name) : NULL;
		pg_value found = { .kind = PG_NIL };
		if (!v->from)
			continue;
		if (f && f->kinds)
			net_twin_get(&p->frame, &v->from->place, f, &found, &v->place);
		v->gone = found.kind != PG_VIEW;
	}
}

bool pg_view_gone(const pg_view *v)
{
	return v->gone;
}

static int gone(pg_ctx *ctx)
{
	return api_fail(ctx, -EINVAL, "attempt to index a nil value");
}

size_t pg_view_len(const pg_view *v)
{
	return v->gone ? 0 : net_twin_len(&v->packet->frame, &v->place);
}

bool pg_view_eq(const pg_view *a, const pg_view *b)
{
	return a->packet == b->packet && a->place.view == b->place.view &&
	       a->place.off == b->place.off && a->place.end == b->place.end;
}

static int no_field(pg_ctx *ctx, const struct ir_view *v, const char *name)
{
	const char *near = ir_nearest_field(v, name);

	if (near)
		return api_fail(ctx, -ENOENT, "%s has no field '%s' (did you mean '%s'?)", v->name, name,
				near);
	return api_fail(ctx, -ENOENT, "%s has no field '%s'", v->name, name);
}

static int not_here(pg_ctx *ctx, const pg_view *v, const struct ir_field *f)
{
	return api_fail(ctx, -ENOENT, "%s has no field '%s' in %s: %s", type_of(v)->name, f->name,
			v->packet->target->hook, f->fixed);
}

int pg_view_get(pg_ctx *ctx, pg_view *v, const char *name, pg_value *out)
{
	const struct ir_view *type = type_of(v);
	const struct ir_field *f = ir_field_find(type, name);
	struct net_place at;

	if (v->gone)
		return gone(ctx);
	if (!f && ir_lib_find(type->methods, name))
		return 2;
	if (!f)
		return type->bytes && ir_lib_find(v->packet->target->str_rows, name) ? 3 : no_field(ctx, type, name);
	if (!f->kinds)
		return not_here(ctx, v, f);
	net_twin_get(&v->packet->frame, &v->place, f, out, &at);
	if (out->kind != PG_VIEW)
		return 1;
	out->view = view_new(v->packet, at, v, f->name);
	return out->view ? 1 : api_fail(ctx, -ENOMEM, "out of memory");
}

static int read_only(pg_ctx *ctx, const pg_view *v)
{
	return api_fail(ctx, -EINVAL, "packets cannot be written here: %s", v->packet->target->read_only);
}

int pg_view_set(pg_ctx *ctx, pg_view *v, const char *name, const pg_value *value)
{
	const struct ir_view *type = type_of(v);
	const struct ir_field *f = ir_field_find(type, name);
	char text[160];

	if (v->gone)
		return gone(ctx);
	if (v->packet->target->read_only)
		return read_only(ctx, v);
	if (!f && !ir_lib_find(type->methods, name))
		return no_field(ctx, type, name);
	if (f && !f->kinds)
		return not_here(ctx, v, f);
	if (!f || !f->set)
		return api_fail(ctx, -EINVAL, "the field '%s' of %s cannot be assigned%s%s", name, type->name,
				f && f->fixed ? ": " : "", f && f->fixed ? f->fixed : "");
	const char *kind = value->kind == PG_VIEW ? pg_view_name(value->view) : ct_value_name(value);
	if (!net_twin_set(&v->packet->frame, &v->place, f, value, kind, text, sizeof text))
		return api_fail(ctx, -EINVAL, "%s", text);
	return 0;
}

const void *pg_view_packet(const pg_view *v, size_t *n)
{
	*n = v->packet->frame.n;
	return v->packet->frame.bytes;
}

/* pkt:redirect(dev [, "ingress"]), pkt:clone likewise */
static int redirect(pg_ctx *ctx, const pg_view *v, const struct ir_lib *row, const pg_value *args, int n, pg_value *out)
{
	const struct ir_target *t = v->packet->target;
	bool clone = row->imm & NET_ROW_CLONE;
	if (v->place.view != NET_PKT)
		return api_fail(ctx, -EINVAL, "it is the whole packet that has '%s'", row->name);
	if (!(clone ? t->helper_clone : t->helper_redirect))
		return api_fail(ctx, -EINVAL, "packets cannot be %s in %s", clone ? "copied" : "redirected", t->hook);
	if (args[0].kind != PG_INT && args[0].kind != PG_STR)
		return api_fail(ctx, -EINVAL, "bad argument #1 to '%s' (number expected, got %s)", row->name,
				ct_value_name(&args[0]));
	if (args[0].kind == PG_INT && (uint64_t)args[0].i > UINT32_MAX)
		return api_fail(ctx, -EINVAL, "bad argument #1 to '%s' (value does not fit u32)", row->name);
	if (args[0].kind == PG_STR && !net_device(&args[0]))
		return api_fail(ctx, -ENODEV, "there is no network device '%.*s'", (int)args[0].n, args[0].str);
	if (n > 1 && (args[1].kind != PG_STR || args[1].n != 7 || memcmp(args[1].str, "ingress", 7)))
		return api_fail(ctx, -EINVAL, "packets are redirected out through the device, or to its \"ingress\"");
	if (n > 1 && !t->redirects_in)
		return api_fail(ctx, -EINVAL, "%s redirects packets out through a device only", t->hook);
	char name[IF_NAMESIZE];
	bool there = !clone || args[0].kind == PG_STR || if_indextoname((unsigned)args[0].i, name);
	*out = clone ? (pg_value){ .kind = there ? PG_TRUE : PG_FALSE } : (pg_value){ .kind = PG_INT, .i = PG_REDIRECT };
	return 0;
}

static int move(pg_ctx *ctx, pg_view *v, const struct ir_lib *row, int64_t by, pg_value *out)
{
	const struct ir_target *t = v->packet->target;
	const struct ir_move *m = net_move_of(t, row);
	if (v->place.view != NET_PKT)
		return api_fail(ctx, -EINVAL, "it is the whole packet that has '%s'", row->name);
	if (!m->helper)
		return api_fail(ctx, -EINVAL, "packets cannot be moved by '%s' in %s", row->name, t->hook);
	if (!net_twin_move(&v->packet->frame, row->imm & NET_ROW_HEAD, by))
		return api_fail(ctx, -EINVAL, NET_NO_ROOM, row->name);
	if (!MUTANT(twin_stale))
		find_anew(v->packet);
	*out = (pg_value){ .kind = PG_NIL };
	return 0;
}

const void *pg_view_bytes(const pg_view *v, size_t *n)
{
	*n = v->gone ? 0 : net_twin_text(&v->packet->frame, &v->place);
	return v->packet->frame.bytes + (*n ? v->place.off : 0);
}

int pg_view_call(pg_ctx *ctx, pg_view *v, const char *name, const pg_value *args, int n,
		 pg_value *out, int *nout)
{
	const struct ir_view *type = type_of(v);
	const struct ir_lib *row = ir_lib_find(type->methods, name);

	if (!row)
		return no_field(ctx, type, name);
	if (v->gone)
		return gone(ctx);
	if (row->imm & NET_ROW_LATER)
		return api_fail(ctx, -EINVAL, "'%s' of packet bytes is not there yet: %s", name, row->what);
	if (n > row->max)
		return api_fail(ctx, -EINVAL, "'%s' takes at most %d argument%s and gets %d", name,
				row->max, row->max == 1 ? "" : "s", n);
	if (n < row->min)
		return api_fail(ctx, -EINVAL, "bad argument #%d to '%s' (number expected, got no value)",
				n + 1, name);
	*nout = 1;
	if (row->imm & (NET_ROW_REDIRECT | NET_ROW_CLONE))
		return redirect(ctx, v, row, args, n, out);
	for (int i = 0; i < n; i++)
		if (args[i].kind != PG_INT)
			return api_fail(ctx, -EINVAL, "bad argument #%d to '%s' (number expected, got %s)",
					i + 1, name, ct_value_name(&args[i]));
	if (row->imm & NET_ROW_MOVES)
		return move(ctx, v, row, args[0].i, out);
	if (row->imm & NET_ROW_WRITES) {
		unsigned bits = 8 * (row->imm & NET_ROW_SIZE);
		if (v->packet->target->read_only)
			return read_only(ctx, v);
		if (bits < 64 && (uint64_t)args[1].i >> bits)
			return api_fail(ctx, -EINVAL, "bad argument #2 to '%s' (value does not fit u%u)", name, bits);
	}
	net_twin_bytes(&v->packet->frame, &v->place, row, args[0].i, n > 1 ? args[1].i : 0, out);
	return 0;
}

int pg_addr_call(pg_ctx *ctx, const pg_value *self, const char *method, const pg_value *args, int n,
		 pg_value *out)
{
	char err[160];
	int r = net_twin_addr(self, method, args, n, out, err, sizeof err);

	return r < 0 ? api_fail(ctx, r, "%s", err) : 0;
}

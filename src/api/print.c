/*
 * print.c - kernel-side print: one ring for the context, and how each print's records are decoded.
 *
 * A record: u32 number of the print, u32 size, then per argument at its offset a u64 with the kind
 * (where several are possible) and the payload words of ir/lower.h.
 *
 * Decoders are copies, so that units may be freed. Those of a program that is gone are kept for two
 * more readings of the ring: until then its last records may still be in it.
 */
#include "api/api.h"

#include "core/mutant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RING_BYTES = 256 << 10, MAX_ARGS = 64, READINGS = 2, HEADER = 8 };

struct decoder {
	struct decoder *next;
	const void *owner;       /* the program; NULL: gone */
	int left;                /* gone: readings of the ring it is still kept for */
	char **messages;         /* of errors, by number; NULL: none is printed */
	uint32_t nmessages;
	struct ir_print print;
	struct ir_print_arg args[];
};

struct api_prints {
	int fd;
	struct kern_ring *ring;
	struct decoder *decoders;
	struct pg_unread unread;
	bool reading;            /* a callback that reads again gets nothing */
};

int prints_ring(pg_ctx *ctx)
{
	if (ctx->prints)
		return ctx->prints->fd;
	if (api_lacks(ctx, FEAT_ringbuf))
		return api_needs(ctx, "print needs the", FEAT_ringbuf);
	struct kern_map_spec spec = { .type = BPF_MAP_TYPE_RINGBUF, .entries = RING_BYTES,
				      .name = "pg_print", .numa = -1 };
	struct api_prints *p = calloc(1, sizeof *p);
	if (!p)
		return api_fail(ctx, -ENOMEM, "out of memory");
	p->fd = kern_map_create(&spec);
	int r = p->fd < 0 ? p->fd : kern_ring_new(p->fd, RING_BYTES, &p->ring);
	if (r < 0) {
		kern_close(p->fd);
		free(p);
		const char *rights = r == -EPERM ? kern_rights_missing() : NULL;
		return rights ? api_fail(ctx, r, "%s", rights)
			      : api_fail(ctx, r, "cannot make the ring that print needs: %s", strerror(-r));
	}
	ctx->prints = p;
	return p->fd;
}

static void decoder_free(struct decoder *d)
{
	for (uint32_t i = 0; i < d->print.nargs; i++) {
		if (d->args[i].k && d->args[i].k->kind == PG_STR)
			free((void *)(uintptr_t)d->args[i].k->str);
		free((void *)(uintptr_t)d->args[i].k);
	}
	for (uint32_t i = 0; i < d->nmessages; i++)
		free(d->messages[i]);
	free(d->messages);
	free(d);
}

static bool copy_constant(struct ir_print_arg *a)
{
	const pg_value *from = a->k;
	if (!from)
		return true;
	pg_value *k = malloc(sizeof *k);
	a->k = k;
	if (!k)
		return false;
	*k = *from;
	if (k->kind != PG_STR)
		return true;
	char *text = malloc(k->n + 1);
	k->str = text;
	if (!text)
		return false;
	memcpy(text, from->str, k->n);
	text[k->n] = 0;
	return true;
}

static bool prints_messages(const struct ir_print *p)
{
	for (uint32_t i = 0; i < p->nargs; i++)
		if (!p->args[i].k && p->args[i].kinds & IR_BIT(IR_MSG))
			return true;
	return false;
}

static bool copy_messages(struct decoder *d, struct ir_unit *ir)
{
	if (!prints_messages(&d->print))
		return true;
	d->messages = calloc(ir->nerrors + 1, sizeof *d->messages);
	for (; d->messages && d->nmessages < ir->nerrors; d->nmessages++)
		if (!(d->messages[d->nmessages] = strdup(ir_error_text(ir, d->nmessages))))
			return false;
	return d->messages;
}

static struct decoder *decoder_new(const struct ir_print *p, struct ir_unit *ir, const void *owner)
{
	struct decoder *d = calloc(1, sizeof *d + p->nargs * sizeof *d->args);
	if (!d)
		return NULL;
	d->owner = owner;
	d->print = *p;
	d->print.args = d->args;
	for (d->print.nargs = 0; d->print.nargs < p->nargs;) {
		struct ir_print_arg *a = &d->args[d->print.nargs];
		*a = p->args[d->print.nargs++];
		if (!copy_constant(a)) {
			decoder_free(d);
			return NULL;
		}
	}
	if (!copy_messages(d, ir)) {
		decoder_free(d);
		return NULL;
	}
	return d;
}

int prints_add(pg_ctx *ctx, struct ir_unit *ir, const void *owner)
{
	for (uint32_t i = 0; i < ir->nprints; i++) {
		if (ir->prints[i].nargs > MAX_ARGS)
			return -E2BIG;
		struct decoder *d = decoder_new(&ir->prints[i], ir, owner);
		if (!d)
			return -ENOMEM;
		d->next = ctx->prints->decoders;
		ctx->prints->decoders = d;
	}
	return 0;
}

void prints_dead(pg_ctx *ctx, const void *owner)
{
	if (!ctx->prints)
		return;
	for (struct decoder *d = ctx->prints->decoders; d; d = d->next)
		if (d->owner == owner) {
			d->owner = NULL;
			d->left = READINGS;
		}
}

void prints_free(pg_ctx *ctx)
{
	struct api_prints *p = ctx->prints;
	if (!p)
		return;
	while (p->decoders) {
		struct decoder *d = p->decoders;
		p->decoders = d->next;
		decoder_free(d);
	}
	kern_ring_free(p->ring);
	kern_close(p->fd);
	free(p);
	ctx->prints = NULL;
}

/* ---- reading ---- */

/* A register value of n bytes as loaded from memory, back to those bytes. */
static void word_bytes(uint8_t *to, const uint8_t *at, size_t n)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		word <<= 64 - 8 * n;
	memcpy(to, &word, n);
}

/* mac: 6 bytes, little end first on every machine */
static void mac_bytes(uint8_t *to, const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	for (int i = 0; i < 6; i++)
		to[i] = (uint8_t)(word >> 8 * i);
}

/* A slice, or a text made at run time: its length, then its bytes. */
static bool decode_slice(uint32_t most, const uint8_t *at, size_t left, pg_value *v)
{
	uint64_t n;
	if (left < sizeof n)
		return false;
	memcpy(&n, at, sizeof n);
	if (n > most || n > left - sizeof n)
		return false;
	*v = (pg_value){ .kind = PG_STR, .str = (const char *)at + sizeof n, .n = (uint32_t)n };
	return true;
}

static bool decode_payload(unsigned kind, uint32_t cap, const uint8_t *at, size_t left, pg_value *v)
{
	size_t need = kind == IR_STR ? cap : kind == IR_IP6 ? 16 : kind >= IR_INT ? 8 : 0;
	if (left < need)
		return false;
	switch (kind) {
	case IR_NIL:   v->kind = PG_NIL; return true;
	case IR_FALSE: v->kind = PG_FALSE; return true;
	case IR_TRUE:  v->kind = PG_TRUE; return true;
	case IR_INT:   v->kind = PG_INT; memcpy(&v->i, at, 8); return true;
	case IR_IP4:   v->kind = PG_IP4; word_bytes(v->addr, at, 4); return true;
	case IR_IP6:   v->kind = PG_IP6; memcpy(v->addr, at, 16); return true;
	case IR_MAC:   v->kind = PG_MAC; mac_bytes(v->addr, at); return true;
	case IR_STR:
		v->kind = PG_STR;
		v->str = (const char *)at;
		v->n = MUTANT(print_padded) ? cap : (uint32_t)strnlen(v->str, cap);
		return true;
	}
	return false;
}

static bool decode_message(const struct decoder *d, const uint8_t *at, size_t left, pg_value *v)
{
	uint64_t number;
	if (left < sizeof number)
		return false;
	memcpy(&number, at, sizeof number);
	if (number >= d->nmessages)
		return false;
	*v = (pg_value){ .kind = PG_STR, .str = d->messages[number], .n = (uint32_t)strlen(d->messages[number]) };
	return true;
}

/* The length of a long string; its bytes, and those of the ones after it, behind all words. */
static bool decode_long(uint32_t most, const uint8_t *at, size_t left, const uint8_t *rec, size_t n, size_t *behind,
			pg_value *v)
{
	uint64_t len;
	if (left < sizeof len)
		return false;
	memcpy(&len, at, sizeof len);
	if (len > most || *behind > n || len > n - *behind)
		return false;
	*v = (pg_value){ .kind = PG_STR, .str = (const char *)rec + *behind, .n = (uint32_t)len };
	*behind += (len + 7) & ~(size_t)7;
	return true;
}

/* behind: where the bytes of the next long string are. */
static bool decode(const struct decoder *d, const struct ir_print_arg *a, const uint8_t *rec, size_t n, size_t *behind,
		   pg_value *v)
{
	memset(v, 0, sizeof *v);
	if (a->k) {
		*v = *a->k;
		return true;
	}
	size_t at = a->offset;
	uint64_t kind = (uint64_t)__builtin_ctzll(a->kinds | (uint64_t)1 << 63);
	if (a->kinds & (a->kinds - 1)) {
		if (at + 8 > n)
			return false;
		memcpy(&kind, rec + at, 8);
		at += 8;
	}
	if (at > n || kind > 63 || !(a->kinds >> kind & 1))
		return false;
	if (kind == IR_MSG)
		return decode_message(d, rec + at, n - at, v);
	if (kind == IR_LONG)
		return decode_long(a->cap, rec + at, n - at, rec, n, behind, v);
	if (kind == IR_SLICE || kind == IR_TEXT)
		return decode_slice(kind == IR_TEXT ? a->cap : a->most, rec + at, n - at, v);
	return decode_payload((unsigned)kind, a->cap, rec + at, n - at, v);
}

struct reading {
	struct api_prints *prints;
	void (*each)(void *arg, const pg_value *v, int n);
	void *arg;
	int n;
};

static const struct decoder *decoder_of(const struct api_prints *p, const void *data)
{
	uint32_t id;
	memcpy(&id, data, sizeof id);
	const struct decoder *d = p->decoders;
	while (d && d->print.id != id)
		d = d->next;
	return d;
}

static bool decode_all(const struct decoder *d, const void *data, size_t n, pg_value *v)
{
	size_t behind = d->print.size;
	for (uint32_t i = 0; i < d->print.nargs; i++)
		if (!decode(d, &d->args[i], data, n, &behind, &v[i]))
			return false;
	return true;
}

static void record(void *arg, const void *data, size_t n)
{
	struct reading *r = arg;
	pg_value v[MAX_ARGS];
	const struct decoder *d = n < HEADER ? NULL : decoder_of(r->prints, data);
	if (!d || !decode_all(d, data, n, v)) {
		*(d || n < HEADER ? &r->prints->unread.broken : &r->prints->unread.gone) += 1;
		return;
	}
	r->n++;
	r->each(r->arg, v, (int)d->print.nargs);
}

/* A reading is over: decoders of programs long gone go. */
static void age(struct api_prints *p)
{
	for (struct decoder **at = &p->decoders; *at;) {
		struct decoder *d = *at;
		if (d->owner || d->left-- > 0) {
			at = &d->next;
			continue;
		}
		*at = d->next;
		decoder_free(d);
	}
}

int pg_print_fd(pg_ctx *ctx)
{
	return ctx->prints ? ctx->prints->fd : -1;
}

int pg_print_read(pg_ctx *ctx, void (*each)(void *arg, const pg_value *v, int n), void *arg)
{
	if (!ctx->prints || ctx->prints->reading)
		return 0;
	struct reading r = { .prints = ctx->prints, .each = each, .arg = arg };
	ctx_ref(ctx); /* the callback may free the context's handle */
	r.prints->reading = true;
	int err = kern_ring_read(r.prints->ring, record, &r);
	r.prints->reading = false;
	age(r.prints);
	if (err < 0)
		api_fail(ctx, err, "the ring that print comes through is damaged");
	ctx_unref(ctx);
	return err < 0 ? err : r.n;
}

uint64_t pg_print_lost(pg_ctx *ctx)
{
	return sites_lost(ctx);
}

struct pg_unread pg_print_unread(pg_ctx *ctx)
{
	return ctx->prints ? ctx->prints->unread : (struct pg_unread){ 0 };
}

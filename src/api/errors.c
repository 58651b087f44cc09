/*
 * errors.c - run-time errors: each program counts them per place in its data map, which is mapped
 * here and compared with what was last reported.
 *
 * The counters of a freed program stay on the context's list until they have been reported once.
 */
#include "api/api.h"

#include "core/mutant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct api_sites {
	struct api_sites *next;
	bool dead;               /* its program is gone */
	uint64_t *data;          /* the data map's value, shared with the kernel */
	size_t bytes;
	uint32_t n;
	char **text;             /* n texts, "file:line: message" */
	enum site_kind { SITE_ENDS, SITE_LOSS, SITE_MADE, SITE_ROOM } *kind; /* n: see struct ir_error */
	char made[IR_MADE_BYTES + 1]; /* the text that one of these was last raised with */
	uint64_t *seen, *mark;   /* n counts: as last reported; as at the start of a test */
	char where[64];
};

size_t sites_bytes(const struct ir_unit *ir)
{
	return IR_DATA_ERRORS + (size_t)ir->nerrors * sizeof(uint64_t);
}

static uint64_t count(const struct api_sites *s, uint32_t i)
{
	return __atomic_load_n(s->data + IR_DATA_ERRORS / sizeof(uint64_t) + i, __ATOMIC_RELAXED);
}

/* As it is now: other CPUs may be writing it. */
static const char *text_of(struct api_sites *s, uint32_t i)
{
	const uint64_t *words = s->data + IR_DATA_ERRORS / sizeof(uint64_t) + i + 1;
	if (s->kind[i] != SITE_MADE)
		return s->text[i];
	uint64_t n = __atomic_load_n(words, __ATOMIC_RELAXED);
	n = n < IR_MADE_BYTES ? n : IR_MADE_BYTES;
	memcpy(s->made, words + 1, n);
	s->made[n] = 0;
	return s->made;
}

static bool news(const struct api_sites *s, uint32_t i)
{
	return s->kind[i] != SITE_ROOM && count(s, i) != s->seen[i];
}

static void destroy(struct api_sites *s)
{
	kern_map_munmap(s->data, s->bytes);
	for (uint32_t i = 0; s->text && i < s->n; i++)
		free(s->text[i]);
	free(s->text);
	free(s->kind);
	free(s->seen);
	free(s->mark);
	free(s);
}

static bool copy_texts(struct api_sites *s, const struct ir_unit *ir)
{
	s->n = ir->nerrors;
	s->text = calloc(s->n + 1, sizeof *s->text);
	s->kind = calloc(s->n + 1, sizeof *s->kind);
	s->seen = calloc(s->n + 1, sizeof *s->seen);
	s->mark = calloc(s->n + 1, sizeof *s->mark);
	if (!s->text || !s->kind || !s->seen || !s->mark)
		return false;
	for (uint32_t i = 0; i < s->n; i++) {
		const struct ir_error *e = &ir->errors[i];
		s->kind[i] = e->loss ? SITE_LOSS : e->worded ? SITE_MADE : e->room ? SITE_ROOM : SITE_ENDS;
		struct diag_file file = diag_file(e->pos.line ? e->pos.file : "");
		int r = e->pos.line ? asprintf(&s->text[i], "%s%s:%u: %s", file.dots, file.rest, e->pos.line, e->text)
				    : asprintf(&s->text[i], "%s", e->text);
		if (r < 0) {
			s->text[i] = NULL;
			return false;
		}
	}
	return true;
}

int sites_new(pg_ctx *ctx, const struct ir_unit *ir, int data_fd, struct api_sites **out)
{
	struct api_sites *s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->bytes = sites_bytes(ir);
	s->data = kern_map_mmap(data_fd, s->bytes);
	if (!s->data || !copy_texts(s, ir)) {
		int r = s->data ? -ENOMEM : -errno;
		destroy(s);
		return r;
	}
	strcpy(s->where, "program");
	s->next = ctx->sites;
	ctx->sites = s;
	*out = s;
	return 0;
}

void sites_where(struct api_sites *s, const char *where)
{
	snprintf(s->where, sizeof s->where, "%s", where);
}

void sites_mark(struct api_sites *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		s->mark[i] = count(s, i);
}

const char *sites_grown(struct api_sites *s)
{
	const char *found = NULL;
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->kind[i] == SITE_LOSS || s->kind[i] == SITE_ROOM)
			continue;
		uint64_t grown = count(s, i) - s->mark[i];
		s->seen[i] += grown;
		if (grown && !found)
			found = text_of(s, i);
	}
	return found;
}

static uint64_t lost(const struct api_sites *s)
{
	return __atomic_load_n(s->data + IR_DATA_LOST / sizeof(uint64_t), __ATOMIC_RELAXED);
}

uint64_t sites_lost(const pg_ctx *ctx)
{
	uint64_t n = ctx->print_lost;
	for (const struct api_sites *s = ctx->sites; s; s = s->next)
		n += lost(s);
	return n;
}

void sites_free_all(pg_ctx *ctx)
{
	while (ctx->sites) {
		struct api_sites *s = ctx->sites;
		ctx->sites = s->next;
		destroy(s);
	}
}

static bool told(const struct api_sites *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (news(s, i))
			return false;
	return true;
}

/* Takes the dead ones that have been reported off the list. */
static void bury(pg_ctx *ctx)
{
	for (struct api_sites **at = &ctx->sites; *at;) {
		struct api_sites *s = *at;
		if (!s->dead || !told(s)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		ctx->print_lost += lost(s);
		destroy(s);
	}
}

void sites_dead(pg_ctx *ctx, struct api_sites *s)
{
	s->dead = true;
	if (!ctx->reporting)
		bury(ctx);
}

int pg_errors_read(pg_ctx *ctx, void (*each)(void *arg, const struct pg_runtime_error *e),
		   void *arg)
{
	int n = 0;
	ctx_ref(ctx); /* the callback may free programs and the context's handle */
	ctx->reporting++;
	for (struct api_sites *s = ctx->sites; s; s = s->next) {
		for (uint32_t i = 0; i < s->n; i++) {
			uint64_t total = count(s, i);
			if (!news(s, i))
				continue;
			struct pg_runtime_error e = { .text = text_of(s, i), .site = s->text[i], .where = s->where,
						      .loss = s->kind[i] == SITE_LOSS,
						      .total = total, .fresh = MUTANT(errors_again) ? total : total - s->seen[i] };
			s->seen[i] = total;
			each(arg, &e);
			n++;
		}
	}
	if (!--ctx->reporting)
		bury(ctx);
	ctx_unref(ctx);
	return n;
}

/*
 * map_cpu.c - values that every CPU has its own slot of.
 *
 * Kernel code sees its CPU's slot, the user half the sum. A write of the user half makes the sum
 * what was written: integers go to CPU 0 and leave 0 elsewhere, anything else goes to all. bpf(2)
 * writes all slots at once, so what programs add to theirs meanwhile may be lost.
 */
#include "api/api.h"

#include "core/mutant.h"
#include "api/map.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

/* The one that a twin's run began on: a program in the kernel stays there, whatever becomes of the thread. */
unsigned map_this_cpu(const pg_map *m)
{
	int cpu = m->ctx->hand_cpu < 0 ? sched_getcpu() : m->ctx->hand_cpu;
	return cpu >= 0 && cpu < m->ncpus ? (unsigned)cpu : 0;
}

static uint8_t *slot(const pg_map *m, unsigned cpu)
{
	return m->vbuf + (size_t)cpu * m->slot;
}

uint8_t *map_cpu_slot(const pg_map *m, enum pg_mode mode)
{
	return slot(m, mode == PG_KERNEL ? map_this_cpu(m) : 0);
}

/* ---- writing ---- */

static void spread_field(pg_map *m, const struct ct_field *f)
{
	bool add = f->type->kind == CT_INT;
	for (int cpu = 0; cpu < m->ncpus; cpu++) {
		uint8_t *to = slot(m, (unsigned)cpu);
		if (add && cpu)
			memset(to + f->offset, 0, f->type->size);
		else
			memcpy(to + f->offset, m->tmp + f->offset, f->type->size);
		if (f->nil_offset)
			to[f->nil_offset] = m->tmp[f->nil_offset];
	}
}

void map_cpu_spread(pg_map *m, enum pg_mode mode, const struct ct_field *f)
{
	struct ct_field whole = { .offset = 0, .type = m->value };
	if (mode == PG_KERNEL) {
		uint8_t *to = map_cpu_slot(m, mode);
		const struct ct_field *g = f ? f : &whole;
		memcpy(to + g->offset, m->tmp + g->offset, g->type->size);
		if (g->nil_offset)
			to[g->nil_offset] = m->tmp[g->nil_offset];
	} else if (f || m->value->kind != CT_STRUCT) {
		spread_field(m, f ? f : &whole);
	} else {
		for (uint32_t i = 0; i < m->value->nfields; i++)
			spread_field(m, &m->value->fields[i]);
	}
}

/* ---- reading ---- */

static bool is_nil(const struct ct_field *f, const uint8_t *base)
{
	return f->nil_offset && base[f->nil_offset];
}

static bool has_some(const struct ct_field *f, const uint8_t *base)
{
	for (uint32_t i = 0; i < f->type->size; i++)
		if (base[f->offset + i])
			return true;
	return false;
}

/* The first CPU whose field is more than nil, if there is one more than zero. */
static unsigned first_with(const pg_map *m, const struct ct_field *f)
{
	unsigned best = 0;
	bool found = false;
	for (unsigned cpu = 0; cpu < (unsigned)m->ncpus; cpu++) {
		if (is_nil(f, slot(m, cpu)))
			continue;
		if (has_some(f, slot(m, cpu)))
			return cpu;
		if (!found)
			best = cpu;
		found = true;
	}
	return best;
}

static void sum_field(const pg_map *m, const struct ct_field *f, pg_value *out, char *text)
{
	ct_load_field(f, slot(m, first_with(m, f)), out, text);
	if (f->type->kind != CT_INT || out->kind != PG_INT)
		return;
	uint64_t sum = 0;
	for (unsigned cpu = MUTANT(cpu_missed); cpu < (unsigned)m->ncpus; cpu++) {
		pg_value v;
		ct_load_field(f, slot(m, cpu), &v, text);
		if (v.kind == PG_INT)
			sum += (uint64_t)v.i;
	}
	out->i = (int64_t)sum;
}

void map_cpu_sum(pg_map *m, const struct ct_field *f, pg_value *out, struct pg_record **rec,
		 char *text)
{
	struct ct_field whole = { .offset = 0, .type = m->value };
	if (f || m->value->kind != CT_STRUCT) {
		sum_field(m, f ? f : &whole, out, text);
		return;
	}
	for (uint32_t i = 0; i < m->value->nfields; i++) {
		const struct ct_field *g = &m->value->fields[i];
		const uint8_t *from = slot(m, first_with(m, g));
		memcpy(m->tmp + g->offset, from + g->offset, g->type->size);
		if (g->nil_offset)
			m->tmp[g->nil_offset] = from[g->nil_offset];
	}
	ct_load(m->value, m->tmp, out, text);
	if (out->kind != PG_RECORD)
		return;
	*rec = out->rec;
	for (uint32_t i = 0; i < m->value->nfields; i++)
		if (m->value->fields[i].type->kind == CT_INT)
			sum_field(m, &m->value->fields[i], &out->rec->fields[i].v, text);
}

int pg_map_each(pg_map *m, const pg_value *key, const char *field, pg_value **out, int *n)
{
	*out = NULL;
	*n = 0;
	if (!m->percpu)
		return api_fail(m->ctx, -EINVAL, "each is for per-CPU maps and state, not for %s",
				m->of->name);
	const struct ct_field *f = field ? map_field(m, field) : NULL;
	if (field && !f)
		return -EINVAL;
	int rc = map_key(m, PG_USER, key);
	if (rc > 0)
		rc = map_fetch(m);
	if (rc <= 0)
		return rc;
	map_forget(m);
	for (int cpu = 0; cpu < m->ncpus; cpu++) {
		char *text = m->each_text + (size_t)cpu * (m->value->size + 1);
		if (f)
			ct_load_field(f, slot(m, (unsigned)cpu), &m->each[cpu], text);
		else
			ct_load(m->value, slot(m, (unsigned)cpu), &m->each[cpu], text);
	}
	*out = m->each;
	*n = m->ncpus;
	return 0;
}

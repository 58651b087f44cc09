/*
 * misfit.c - constants that never fit what they are put into, or looked up by.
 *
 * It is legal, and does what the contract says: a write raises, a look-up finds nothing. Nobody means either. What pcall
 * catches may be meant; and of what is only looked for, a constant that came from elsewhere (an argument of a function, a turn
 * of a loop) may be one of many that are tried.
 */
#include "core/ctype.h"
#include "opt/lower.h"

#include <string.h>

/* The least and the greatest integer that a t holds, which has less than 64 bits. */
static void range_of(const struct ctype *t, int64_t *least, int64_t *most)
{
	unsigned bits = t->size * 8 - t->is_signed;
	*most = (int64_t)(((uint64_t)1 << bits) - 1);
	*least = t->is_signed ? -*most - 1 : 0;
}

static const char *type_name(struct arena *a, const struct ctype *t)
{
	char buf[128];
	const char *name = ct_text(t, buf, sizeof(buf));
	return arena_printf(a, "%s %s", *name == 'i' ? "an" : "a", name);
}

/* Is constant k written where instruction `at` is, before it? */
static bool is_written_at(const struct lw *w, ir_ref r, const pg_value *k)
{
	const struct ir_ins *c = ir_at(w->from, r);
	const struct ir_site *there = &w->unit->sites[c->site], *here = &w->unit->sites[w->at->site];
	return c->op == IRO(const) && ir_same_value(c->k, k) && !c->names && there->inlined_at == here->inlined_at &&
	       there->pos.of == here->pos.of && there->pos.pc <= here->pos.pc && !here->parted;
}

/* Is it an operand of what is being done, or a field of such a record? */
static bool is_literal(const struct lw *w, const pg_value *k)
{
	for (uint32_t i = 0; i < w->at->nargs; i++) {
		const struct ir_ins *rec = ir_at(w->from, w->at->args[i]);
		if (is_written_at(w, w->at->args[i], k))
			return true;
		for (uint32_t f = 0; rec->op == IRO(record) && f < rec->nargs; f++)
			if (is_written_at(w, rec->args[f], k))
				return true;
	}
	return false;
}

/* Is it to be told that k leads nowhere here? */
static bool is_meant(const struct lw *w, const pg_value *k, bool raises)
{
	return w->at && !w->at->raised && (raises || is_literal(w, k));
}

static struct diag *warn(struct lw *w, bool raises, const char *text)
{
	return diag_add(w->unit->diag, DIAG_WARNING, w->unit->sites[ir_site_shown(w->unit, w->site)].pos, "%s: %s", text,
			raises ? "this raises" : "nothing is found");
}

static void warn_int(struct lw *w, const struct ctype *t, const char *into, int64_t n, bool raises)
{
	struct arena *a = w->unit->arena;
	const char *type = type_name(a, t);
	int64_t least, most;
	range_of(t, &least, &most);
	if (n >= least && n <= most)
		return;
	const char *cut = !raises || t->is_signed ? "" : arena_printf(a, "; x & 0x%llx keeps what fits", (long long)most);
	warn(w, raises, arena_printf(a, "%lld never fits %s, %s", (long long)n, into, type))->help =
		arena_printf(a, "%s holds %lld to %lld%s", type, (long long)least, (long long)most, cut);
}

static void warn_text(struct lw *w, const struct ctype *t, const char *into, const pg_value *k, bool raises)
{
	struct arena *a = w->unit->arena;
	const char *type = type_name(a, t), *of = t->kind == CT_CHAR ? "char" : "bytes";
	if (k->n > t->size)
		warn(w, raises, arena_printf(a, "a text of %u bytes never fits %s, %s", k->n, into, type))->help =
			raises ? arena_printf(a, "bpf.trunc(s, %u) keeps what fits; %s[%u] holds it all", t->size, of, k->n)
			       : arena_printf(a, "%s holds up to %u bytes", type, t->size);
	else if (t->kind == CT_CHAR && k->n && memchr(k->str, 0, k->n))
		warn(w, raises, arena_printf(a, "a text with a zero byte never fits %s, %s", into, type))->help =
			arena_printf(a, "bytes[%u] holds zero bytes, too", t->size);
}

void lower_warn_misfit(struct lw *w, const struct ctype *t, const char *into, const struct lw_val *v, bool raises)
{
	if (!v->k || !ir_single(v->kinds) || !is_meant(w, v->k, raises))
		return;
	if (t->kind == CT_INT && v->k->kind == PG_INT && t->size < 8)
		warn_int(w, t, into, v->k->i, raises);
	else if ((t->kind == CT_CHAR || t->kind == CT_BYTES) && v->k->kind == PG_STR)
		warn_text(w, t, into, v->k, raises);
}

void lw_warn_element(struct lw *w, const struct lw_val *key, uint32_t entries, bool writes)
{
	if (!key->k || key->k->kind != PG_INT || key->k->i < entries || key->k->i > UINT32_MAX || !is_meant(w, key->k, writes))
		return; /* what is no u32 was said not to fit the key */
	diag_add(w->unit->diag, DIAG_WARNING, w->unit->sites[ir_site_shown(w->unit, w->site)].pos,
		 "%lld is no key of this array, which has %u entr%s", (long long)key->k->i, entries, entries == 1 ? "y" : "ies")->help =
		entries == 1 ? "its key is 0" : arena_printf(w->unit->arena, "its keys are 0 to %u", entries - 1);
}

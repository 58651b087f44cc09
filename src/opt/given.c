/*
 * given.c - fields that each table of a web has from where it is made on: what is read of them is never nil.
 *
 *	e = { code = 4 }   if type(e) == "table" then n = e.code + 1 end
 *
 *   given     where the table is made, before anything else is done with it but giving it other fields
 *   assigned  what is not nil, wherever that is, and through whichever variable
 *
 * Only names are looked at: elements come and go in more ways.
 */
#include "opt/reach.h"
#include "opt/records.h"

/* What has a form at run time. */
#define PLAIN (IR_BIT(IR_INT) | IR_BOOL | IR_ALL_STRINGS | IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC))

/* Does r assign to this field of such a table? */
static bool assigns(const struct records *s, const struct rec *rec, ir_ref r, const pg_value *key)
{
	const struct ir_ins *i = ir_at(s->f, r);
	const pg_value *k = i->op == IRO(setindex) && record_of(s, i->args[0]) == rec ? record_key_of(s, r) : NULL;
	return k && ir_same_value(k, key);
}

static bool gives_something(const struct records *s, ir_ref set)
{
	uint64_t kinds = ir_at(s->f, ir_at(s->f, set)->args[2])->type.kinds;
	return kinds && !(kinds & ~PLAIN);
}

/* Is all that is assigned to it through this value something? */
static bool never_nil(const struct records *s, const struct rec *rec, const pg_value *key)
{
	for (uint32_t u = 0; u < rec->nuses; u++)
		if (assigns(s, rec, rec->uses[u], key) && !gives_something(s, rec->uses[u]))
			return false;
	return true;
}

/* Is the table itself no more than given a field, by its name? */
static bool fills(const struct records *s, const struct rec *rec, ir_ref r)
{
	const struct ir_ins *i = ir_at(s->f, r);
	return i->op == IRO(setindex) && record_of(s, i->args[0]) == rec && record_key_of(s, r) && record_of(s, i->args[1]) != rec &&
	       record_of(s, i->args[2]) != rec;
}

/* Does the table go on to other variables behind `set` alone? */
static bool goes_on_behind(const struct records *s, const struct rec *rec, ir_ref set)
{
	for (uint32_t v = 0; v < s->n; v++) {
		const struct ir_ins *p = ir_at(s->f, s->v[v].value);
		const struct ir_block *b = ir_block(s->f, p->block);
		for (uint32_t e = 0; p->op == IRO(param) && e < b->npreds; e++)
			if (record_of(s, ir_pred_edge(s->f, &b->preds[e])->args[p->aux]) == rec &&
			    !ir_dominates(s->f, ir_at(s->f, set)->block, b->preds[e].from))
				return false;
	}
	return true;
}

bool given_first(const struct records *s, const struct rec *rec, ir_ref set)
{
	for (uint32_t u = 0; u < rec->nuses; u++)
		if (rec->uses[u] != set && !fills(s, rec, rec->uses[u]) && !reach_before(s->f, set, rec->uses[u]))
			return false;
	return goes_on_behind(s, rec, set);
}

static bool is_given(const struct records *s, const struct rec *rec, const pg_value *key)
{
	for (uint32_t u = 0; u < rec->nuses; u++)
		if (assigns(s, rec, rec->uses[u], key) && given_first(s, rec, rec->uses[u]))
			return true;
	return false;
}

bool given_always(const struct records *s, const struct rec *web, const pg_value *key)
{
	for (uint32_t v = 0; key->kind == PG_STR && v < s->n; v++) {
		const struct rec *rec = &s->v[v];
		if (record_web(s, rec) != web)
			continue;
		if (!never_nil(s, rec, key) || (record_made(s, rec) && !is_given(s, rec, key)))
			return false;
	}
	return key->kind == PG_STR;
}

/* lock.c - what m:locked(k, f) is made of: the look-up of an entry that has a lock, the lock, the unlock. */
#include "stdlib/map.h"

#include "core/ctype.h"

bool std_entry_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		   struct ir_type *out)
{
	struct map_shape s;
	(void)row, (void)n;
	map_shape(ir_map_like(infer_unit(in), &a[0]), &s);
	if (!s.lock)
		return infer_error(in, site, "give it one: bpf.map { ..., lock = true }", "this map has no lock"), false;
	return std_readable(in, site, s.value, out) && std_storable(in, site, &s, s.key, &a[1], "key") &&
	       std_known_fields(in, site, s.key, &a[1]);
}

/* (lock)(entry, map) and (unlock)(entry, map); row->imm: the helper. */
void std_lock_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		    struct lw_val *out)
{
	struct map_shape s;
	(void)n;
	*out = lw_nil();
	map_shape(args[1].k->map, &s);
	lw_helper(w, row->imm, 1, (ir_ref[]){ lw_op2i(w, IRO(add64), lw_word(w, &args[0], 0), s.lock) });
}

void std_entry_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		     struct lw_val *out)
{
	const struct ir_lib *get = ir_lib_find(stdlib_keyed_rows, "get");
	(void)row;
	get->lower(w, get, n, args, out);
}

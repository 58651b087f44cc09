/* map_state.c - state shared through memory: each field is read and written whole. */
#include "api/map.h"

#include <string.h>

/* Fields of 1, 2, 4 and 8 bytes lie aligned; longer ones are copied and may be seen half written. */
static void copy(uint8_t *to, const uint8_t *from, uint32_t n, bool aligned)
{
	if (aligned && n == 8)
		__atomic_store_n((uint64_t *)(void *)to,
				 __atomic_load_n((const uint64_t *)(const void *)from, __ATOMIC_RELAXED),
				 __ATOMIC_RELAXED);
	else if (aligned && n == 4)
		__atomic_store_n((uint32_t *)(void *)to,
				 __atomic_load_n((const uint32_t *)(const void *)from, __ATOMIC_RELAXED),
				 __ATOMIC_RELAXED);
	else if (aligned && n == 2)
		__atomic_store_n((uint16_t *)(void *)to,
				 __atomic_load_n((const uint16_t *)(const void *)from, __ATOMIC_RELAXED),
				 __ATOMIC_RELAXED);
	else if (n == 1)
		__atomic_store_n(to, __atomic_load_n(from, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
	else
		memcpy(to, from, n);
}

static void copy_field(uint8_t *to, const uint8_t *from, const struct ct_field *f)
{
	copy(to + f->offset, from + f->offset, f->type->size, f->type->align == f->type->size);
	if (f->nil_offset)
		copy(to + f->nil_offset, from + f->nil_offset, 1, true);
}

void map_state_read(pg_map *m, uint8_t *to)
{
	for (uint32_t i = 0; i < m->value->nfields; i++)
		copy_field(to, m->mem, &m->value->fields[i]);
}

void map_state_write(pg_map *m, const uint8_t *from, const struct ct_field *f)
{
	if (f) {
		copy_field(m->mem, from, f);
		return;
	}
	for (uint32_t i = 0; i < m->value->nfields; i++)
		copy_field(m->mem, from, &m->value->fields[i]);
}

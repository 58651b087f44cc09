/* queues.c - the user half of maps without keys: queues, stacks and filters. */
#include "lua/pgl.h"

static int push_value(lua_State *L, struct pgl *s, int err, const pg_value *v)
{
	if (err < 0)
		return pgl_raise(L, s, err);
	if (v->kind == PG_RECORD)
		pgl_taken(L, 1);
	else
		pgl_push(L, v);
	return 1;
}

static int queue_push(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	pg_value v;
	luaL_checkany(L, 2);
	if (pgl_shadowed(L))
		return 0;
	pgl_value(L, 2, &v);
	int err = pg_map_push(m, pgl_rules(s), &v);
	return err < 0 ? pgl_raise(L, s, err) : 0;
}

static int queue_pop(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	pg_value v;
	if (pgl_shadowed(L))
		return 0;
	return push_value(L, s, pg_map_pop(m, pgl_rules(s), &v), &v);
}

static int queue_peek(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	pg_value v, out;
	if (pgl_shadowed(L))
		return 0;
	if (pg_map_role(m) == PG_ROLE_FILTER)
		luaL_checkany(L, 2);
	pgl_value(L, 2, &v);
	return push_value(L, s, pg_map_peek(m, pgl_rules(s), &v, &out), &out);
}

const luaL_Reg pgl_ring_methods[] = {
	{ "push", queue_push }, { "clear", pgl_map_clear }, { NULL, NULL },
};

const luaL_Reg pgl_queue_methods[] = {
	{ "push", queue_push }, { "pop", queue_pop }, { "peek", queue_peek }, { "clear", pgl_map_clear },
	{ NULL, NULL },
};

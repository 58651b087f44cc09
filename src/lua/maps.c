/* maps.c - bpf.map{...}: the user half's syntax of maps. */
#include "lua/pgl.h"

#include <stdlib.h>
#include <string.h>

/* ---- type strings ---- */

/* The fields of the table at idx as two lists of strings; strings belong to the table. */
struct fields {
	const char **names, **types;
	unsigned n;
};

static void field(lua_State *L, struct fields *f, bool skip)
{
	if (skip && lua_type(L, -1) == LUA_TNUMBER)
		return;
	if (lua_type(L, -2) != LUA_TSTRING)
		luaL_error(L, "a field has a name, not a %s key", luaL_typename(L, -2));
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "field '%s' has a type such as \"u32\", not a %s",
			   lua_tostring(L, -2), luaL_typename(L, -1));
	f->names[f->n] = lua_tostring(L, -2);
	f->types[f->n++] = lua_tostring(L, -1);
}

const char *pgl_type_text(lua_State *L, int idx, bool skip)
{
	struct pgl *s = pgl_get(L);
	char buf[4096];
	unsigned n = 0;
	if (lua_type(L, idx) == LUA_TSTRING) {
		lua_pushvalue(L, idx);
		return lua_tostring(L, -1);
	}
	luaL_checkstack(L, 6, NULL);
	idx = lua_absindex(L, idx);
	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
		n++;
	struct fields f = { .n = 0 };
	f.names = lua_newuserdatauv(L, sizeof(char *) * 2 * (n + 1), 0);
	f.types = f.names + n + 1;
	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
		field(L, &f, skip);
	int err = pg_struct_type(s->ctx, f.n, f.names, f.types, buf, sizeof(buf));
	if (err)
		pgl_raise(L, s, err);
	lua_pop(L, 1);
	return lua_pushstring(L, buf);
}

/* ---- handles ---- */

pg_map *pgl_map(lua_State *L, int idx)
{
	enum pgl_type t = pgl_type(L, idx);
	if (t != PGL_MAP && t != PGL_STATE && t != PGL_EVENTS)
		luaL_typeerror(L, idx, "map");
	struct pgl_map *m = lua_touserdata(L, idx);
	luaL_argcheck(L, m->m, idx, "the map is closed");
	return m->m;
}

int pgl_map_gc(lua_State *L)
{
	struct pgl_map *m = lua_touserdata(L, 1);
	if (m->m)
		pg_map_unref(m->m);
	m->m = NULL;
	return 0;
}

static struct pgl_map *new_handle(lua_State *L, enum pgl_type type)
{
	struct pgl_map *m = lua_newuserdatauv(L, sizeof(*m), PGL_MAP_NUV);
	memset(m, 0, sizeof(*m));
	pgl_setclass(L, type);
	return m;
}

/* The handle at the top is found by its map from now on. */
static void remember(lua_State *L, const pg_map *m)
{
	pgl_table(L, PGL_MAPS);
	lua_pushvalue(L, -2);
	lua_rawsetp(L, -2, m);
	lua_pop(L, 1);
}

void pgl_map_new(lua_State *L, enum pgl_type type, struct pg_map_opts *o)
{
	struct pgl *s = pgl_get(L);
	struct pgl_map *m = new_handle(L, type);
	int err = pg_map_new(s->ctx, o, &m->m);
	if (err)
		pgl_raise(L, s, err);
	remember(L, m->m);
}

static void set_methods(lua_State *L);

void pgl_map_push(lua_State *L, pg_map *m)
{
	luaL_checkstack(L, 5, NULL);
	pgl_table(L, PGL_MAPS);
	if (lua_rawgetp(L, -1, m) == LUA_TNIL) {
		lua_pop(L, 1);
		new_handle(L, PGL_MAP)->m = pg_map_ref(m);
		set_methods(L);
		remember(L, m);
	}
	lua_replace(L, -2);
}

/* ---- reading and writing ---- */

static int read_at(lua_State *L, int map, int key)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, map);
	pg_value k, v;
	if (pgl_shadowed(L))
		return pgl_shadow_get(L, map, key);
	pgl_value(L, key, &k);
	int err = pg_map_get(m, pgl_rules(s), &k, &v);
	if (err < 0)
		return pgl_raise(L, s, err);
	if (v.kind == PG_RECORD)
		pgl_entry(L, map, key, &v);
	else
		pgl_push(L, &v);
	return 1;
}

static int write_at(lua_State *L, int map, int key, int value)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, map);
	pg_value k, v;
	if (pgl_shadowed(L))
		return pgl_shadow_set(L, map, key, value);
	pgl_value(L, key, &k);
	pgl_value(L, value, &v);
	int err = pg_map_set(m, pgl_rules(s), &k, &v);
	return err < 0 ? pgl_raise(L, s, err) : 0;
}

static int map_index(lua_State *L)
{
	if (lua_type(L, 2) == LUA_TSTRING) {
		lua_pushvalue(L, 2);
		if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
			return 1;
		lua_settop(L, 2);
	}
	return read_at(L, 1, 2);
}

static int map_newindex(lua_State *L)
{
	return write_at(L, 1, 2, 3);
}

static int map_get(lua_State *L)
{
	luaL_checkany(L, 2);
	return read_at(L, 1, 2);
}

static int map_set(lua_State *L)
{
	luaL_checkany(L, 3);
	return write_at(L, 1, 2, 3);
}

static int map_add(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	pg_value k;
	luaL_checkany(L, 2);
	lua_Integer n = pgl_checkinteger(L, 3);
	if (pgl_shadowed(L))
		return pgl_shadow_add(L, 1, 2, n);
	pgl_value(L, 2, &k);
	int err = pg_map_add(m, pgl_rules(s), &k, n);
	return err < 0 ? pgl_raise(L, s, err) : 0;
}

int pgl_map_clear(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	if (pgl_shadowed(L)) {
		lua_pushnil(L);
		lua_setiuservalue(L, 1, PGL_MAP_SHADOW);
		return 0;
	}
	int err = pg_map_clear(m);
	return err < 0 ? pgl_raise(L, s, err) : 0;
}

static int map_len(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	int64_t n = pgl_shadowed(L) ? pgl_shadow_count(L, 1) : pg_map_count(m);
	if (n < 0)
		return pgl_raise(L, s, (int)n);
	lua_pushinteger(L, n);
	return 1;
}

/* m:sum(k [, field]): the sum over the CPUs, whoever asks. */
static int map_sum(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	pg_value k, v;
	const char *name = luaL_optstring(L, 3, NULL);
	luaL_checkany(L, 2);
	if (pgl_shadowed(L))
		return pgl_shadow_get(L, 1, 2);
	pgl_value(L, 2, &k);
	int err = name ? pg_map_get_field(m, PG_USER, &k, name, &v) : pg_map_get(m, PG_USER, &k, &v);
	if (err < 0)
		return pgl_raise(L, s, err);
	pgl_push(L, &v);
	return 1;
}

/* m:each(k [, field]): a list with the value of every CPU, CPU 0 first; nil when absent. */
static int map_each(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_map *m = pgl_map(L, 1);
	pg_value k, *v = NULL;
	int n = 0;
	const char *name = luaL_optstring(L, 3, NULL);
	luaL_checkany(L, 2);
	if (pgl_shadowed(L)) {
		pgl_shadow_get(L, 1, 2);
		if (lua_isnil(L, -1))
			return 1;
		lua_createtable(L, 1, 0);
		lua_insert(L, -2);
		lua_rawseti(L, -2, 1);
		return 1;
	}
	pgl_value(L, 2, &k);
	int err = pg_map_each(m, &k, name, &v, &n);
	if (err < 0)
		return pgl_raise(L, s, err);
	if (!v || !n)
		return 0;
	lua_createtable(L, n, 0);
	for (int i = 0; i < n; i++) {
		pgl_push(L, &v[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

/* ---- pairs ---- */

struct cursor {
	pg_map_iter *at;
	bool done;
	bool none;             /* another loop goes over the ring */
};

static void cursor_free(struct cursor *c)
{
	if (!c->done)
		pg_map_iter_free(c->at);
	c->done = true;
}

static int cursor_gc(lua_State *L)
{
	cursor_free(lua_touserdata(L, 1));
	return 0;
}

static const char cursor_class;

/* Upvalue 1: the cursor, which keeps its map. */
static int map_next(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	struct cursor *c = lua_touserdata(L, lua_upvalueindex(1));
	pg_value k, v;
	if (c->none)
		return 0;
	if (lua_gettop(L) > 1 && lua_isnil(L, 2)) { /* another loop from the first key on, as kernel code does it */
		cursor_free(c);
		*c = (struct cursor){ .at = NULL, .done = false };
	}
	if (c->done)
		return 0;
	lua_settop(L, 0);
	lua_getiuservalue(L, lua_upvalueindex(1), 1);
	pg_map *m = pgl_map(L, 1);
	int rc = pg_map_next(m, &c->at, &k, &v);
	if (rc <= 0) {
		c->done = true;
		return rc < 0 ? pgl_raise(L, s, rc) : 0;
	}
	/* Key and value live in the handle: no finalizer may use it while they are copied. */
	int running = lua_gc(L, LUA_GCISRUNNING);
	lua_gc(L, LUA_GCSTOP);
	pgl_push(L, &k);
	if (k.kind == PG_CIDR) { /* as it is written, and taken */
		luaL_tolstring(L, 2, NULL);
		lua_replace(L, 2);
	}
	if (v.kind == PG_RECORD)
		pgl_entry(L, 1, 2, &v);
	else
		pgl_push(L, &v);
	if (running)
		lua_gc(L, LUA_GCRESTART);
	return 2;
}

/* Does a loop go over the map at index 1, here or in who called this? Its state is a variable of the function that it is in. */
static bool is_gone_over(lua_State *L)
{
	lua_Debug ar;
	const char *name;
	for (int level = 1; lua_getstack(L, level, &ar); level++)
		for (int n = 1; (name = lua_getlocal(L, &ar, n)) != NULL; n++) {
			bool is = !strcmp(name, "(for state)") && lua_rawequal(L, -1, 1);
			lua_pop(L, 1);
			if (is)
				return true;
		}
	return false;
}

static int map_pairs(lua_State *L)
{
	bool ring = pg_map_role(pgl_map(L, 1)) == PG_ROLE_RING;
	if (pgl_shadowed(L))
		return pgl_shadow_pairs(L, 1);
	struct cursor *c = lua_newuserdatauv(L, sizeof(*c), 1);
	c->at = NULL;
	c->done = true;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &cursor_class);
	lua_setmetatable(L, -2);
	c->done = false;
	c->none = ring && is_gone_over(L); /* as in kernel code */
	lua_pushvalue(L, 1); /* the map outlives its cursor */
	lua_setiuservalue(L, -2, 1);
	lua_pushvalue(L, -1);
	lua_pushcclosure(L, map_next, 1);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	lua_pushvalue(L, -4);
	return 4;
}

static int map_tostring(lua_State *L)
{
	pg_map *m = pgl_map(L, 1);
	const char *name = pg_map_name(m);
	lua_pushfstring(L, name && *name ? "%s map '%s'" : "%s map", pg_map_type(m), name);
	return 1;
}

/* m:locked(k, f): false when there is no k. In the user half f has a table, which is written back whole. */
static int map_locked(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	luaL_checktype(L, 3, LUA_TFUNCTION);
	lua_settop(L, 3);
	read_at(L, 1, 2);
	lua_copy(L, -1, 4); /* under it may be what a table as key was made into */
	lua_settop(L, 4);
	if (lua_isnil(L, 4)) {
		lua_pushboolean(L, 0);
		return 1;
	}
	if (!pgl_shadowed(L) && !s->kernel)
		pgl_entry_table(L, 4);
	lua_pushvalue(L, 3);
	lua_pushvalue(L, 4);
	lua_call(L, 1, 0);
	if (lua_istable(L, 4))
		write_at(L, 1, 2, 4);
	lua_pushboolean(L, 1);
	return 1;
}

/* The verdict where there is a k, else nil: what kernel code gets. */
static int verdict_at(lua_State *L, lua_Integer verdict)
{
	luaL_checkany(L, 2);
	read_at(L, 1, 2);
	if (!lua_isnil(L, -1))
		lua_pushinteger(L, verdict);
	return 1;
}

static int map_redirect(lua_State *L)
{
	return verdict_at(L, PG_REDIRECT);
}

static const luaL_Reg redirect_methods[] = {
	{ "get", map_get }, { "set", map_set }, { "clear", pgl_map_clear }, { "pairs", map_pairs },
	{ "redirect", map_redirect }, { NULL, NULL },
};

/* m:assign(k), as if the socket could take whatever it is. */
static int map_assign(lua_State *L)
{
	return verdict_at(L, PG_PASS);
}

static const luaL_Reg socket_methods[] = {
	{ "get", map_get }, { "set", map_set }, { "clear", pgl_map_clear }, { "pairs", map_pairs },
	{ "assign", map_assign }, { "redirect", map_redirect }, { NULL, NULL },
};

static const luaL_Reg outer_methods[] = {
	{ "get", map_get }, { "set", map_set }, { "clear", pgl_map_clear }, { "pairs", map_pairs }, { NULL, NULL },
};

/* What this thread, its cgroup or the packet at hand keeps, as kernel code has it: its number becomes the key. */
static void push_own_key(lua_State *L)
{
	struct pgl *s = pgl_get(L);
	pg_value key = { .kind = PG_INT };
	int err = pgl_shadowed(L) ? 0 : pg_map_own(pgl_map(L, 1), &key);
	if (err)
		pgl_raise(L, s, err);
	pgl_push(L, &key);
	lua_insert(L, 2);
}

/* What is kept by hand always has somebody who keeps it. */
static int kept(lua_State *L)
{
	lua_pushboolean(L, 1);
	return 1;
}

static int map_mine(lua_State *L)
{
	lua_settop(L, 1);
	push_own_key(L);
	return read_at(L, 1, 2);
}

static int map_set_mine(lua_State *L)
{
	luaL_checkany(L, 2);
	lua_settop(L, 2);
	push_own_key(L);
	write_at(L, 1, 2, 3);
	return kept(L);
}

static int map_add_mine(lua_State *L)
{
	lua_settop(L, 2);
	push_own_key(L);
	map_add(L);
	return kept(L);
}

static const luaL_Reg storage_methods[] = {
	{ "get", map_get }, { "set", map_set }, { "add", map_add }, { "mine", map_mine }, { "set_mine", map_set_mine },
	{ "add_mine", map_add_mine }, { "clear", pgl_map_clear }, { NULL, NULL },
};

/* ---- making ---- */

static void known_options(lua_State *L, int idx)
{
	static const char *const known[] = { "type", "key", "value", "entries", "name", "pin", "lock", "flags",
					     "numa", "inner" };
	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
		if (lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1)
			continue;
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "bpf.map has no option that is a %s", luaL_typename(L, -2));
		size_t i = 0, n = sizeof(known) / sizeof(known[0]);
		while (i < n && strcmp(known[i], lua_tostring(L, -2)))
			i++;
		const char *near = i == n ? pg_nearest(lua_tostring(L, -2), known, (unsigned)n) : NULL;
		if (near)
			luaL_error(L, "bpf.map has no option '%s'; did you mean '%s'?", lua_tostring(L, -2), near);
		if (i == n)
			luaL_error(L, "bpf.map has no option '%s': there are type (or the first "
				   "item), key, value, entries, name, pin, lock, flags, numa, inner",
				   lua_tostring(L, -2));
	}
}

static lua_Integer int_option(lua_State *L, int at, const char *name, lua_Integer def, lua_Integer most)
{
	int same;
	lua_getfield(L, at, name);
	lua_Integer v = lua_isnil(L, -1) ? def : lua_tointegerx(L, -1, &same);
	if (!lua_isnil(L, -1) && (!same || v < 0 || v > most))
		luaL_error(L, "option '%s' is an integer from 0 to %I, not %s", name,
			   (LUAI_UACINT)most, luaL_tolstring(L, -1, NULL));
	lua_pop(L, 1);
	return v;
}

static const char *type_option(lua_State *L, int at, const char *name)
{
	int t = lua_getfield(L, at, name);
	if (t == LUA_TNIL)
		return NULL;
	if (t != LUA_TSTRING && t != LUA_TTABLE)
		luaL_error(L, "option '%s' is a type such as \"u32\" or a table of fields, not a %s",
			   name, luaL_typename(L, -1));
	return pgl_type_text(L, -1, false);
}

/* The methods of maps that are not used by key alone, by what they are. */
static const luaL_Reg *const by_role[PG_ROLE_END] = {
	[PG_ROLE_QUEUE] = pgl_queue_methods, [PG_ROLE_FILTER] = pgl_queue_methods,
	[PG_ROLE_REDIRECT] = redirect_methods, [PG_ROLE_OUTER] = outer_methods,
	[PG_ROLE_STORAGE] = storage_methods, [PG_ROLE_SOCKETS] = socket_methods,
	[PG_ROLE_RING] = pgl_ring_methods,
};

static void set_methods(lua_State *L)
{
	enum pg_map_role role = pg_map_role(pgl_map(L, -1));
	if (!by_role[role])
		return;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &by_role[role]);
	lua_setmetatable(L, -2);
}

static void make_map(lua_State *L, int at);

/* What the maps in it are like: the options of one, or one that is there. */
static pg_map *inner_option(lua_State *L, int at)
{
	int t = lua_getfield(L, at, "inner");
	if (t == LUA_TNIL)
		return NULL;
	if (t == LUA_TTABLE) {
		make_map(L, lua_gettop(L));
		return pgl_map(L, -1);
	}
	if (pgl_type(L, -1) != PGL_MAP)
		luaL_error(L, "option 'inner' is a table of options, as bpf.map takes them, or a map, not a %s",
			   luaL_typename(L, -1));
	return pgl_map(L, -1);
}

/* The map that the options at this index mean; the last of what it leaves on the stack. */
static void make_map(lua_State *L, int at)
{
	luaL_checkstack(L, 20, "maps within maps within maps");
	known_options(L, at);
	struct pg_map_opts o = PG_OPTS(struct pg_map_opts, .role = PG_ROLE_MAP);
	if (lua_geti(L, at, 1) == LUA_TNIL)
		lua_getfield(L, at, "type");
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "bpf.map{ \"hash\", ... }: the type of map is missing");
	o.type = lua_tostring(L, -1);
	lua_getfield(L, at, "name");
	o.name = luaL_optstring(L, -1, NULL);
	if (lua_getfield(L, at, "pin") != LUA_TNIL && lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "option 'pin' is a name or a path, not a %s", luaL_typename(L, -1));
	o.pin = lua_tostring(L, -1);
	lua_getfield(L, at, "lock");
	o.lock = lua_toboolean(L, -1);
	o.key = type_option(L, at, "key");
	o.value = type_option(L, at, "value");
	o.entries = (uint32_t)int_option(L, at, "entries", 0, UINT32_MAX);
	o.flags = (uint32_t)int_option(L, at, "flags", 0, UINT32_MAX);
	o.numa = (int)int_option(L, at, "numa", -1, INT32_MAX);
	o.inner = inner_option(L, at);
	pgl_map_new(L, PGL_MAP, &o);
	set_methods(L);
	int fd = o.pin && !pgl_shadowed(L) ? pg_map_fd(pgl_map(L, -1)) : 0;
	if (fd < 0)
		pgl_raise(L, pgl_get(L), fd);
}

static int f_map(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	make_map(L, 1);
	return 1;
}

static const luaL_Reg meta[] = {
	{ "__index", map_index },   { "__newindex", map_newindex }, { "__len", map_len },
	{ "__pairs", map_pairs },   { "__tostring", map_tostring }, { "__gc", pgl_map_gc },
	{ NULL, NULL },
};

static const luaL_Reg methods[] = {
	{ "get", map_get },   { "set", map_set },         { "add", map_add },     { "sum", map_sum },
	{ "each", map_each }, { "clear", pgl_map_clear }, { "pairs", map_pairs }, { "locked", map_locked },
	{ NULL, NULL },
};

void pgl_open_maps(lua_State *L)
{
	pgl_class(L, PGL_MAP, "map", meta, methods);
	for (unsigned role = 0; role < PG_ROLE_END; role++) {
		if (!by_role[role])
			continue;
		pgl_metatable(L, PGL_MAP, "map", meta, by_role[role]);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &by_role[role]);
	}
	pgl_closer(L, &cursor_class, cursor_gc);
	lua_pushcfunction(L, f_map);
	lua_setfield(L, -2, "map");
}

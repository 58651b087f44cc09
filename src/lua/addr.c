/*
 * addr.c - bpf.ip, bpf.mac, bpf.cidr: addresses as values.
 *
 * Each address is made once: a weak table leads from its bytes to its userdata. So the same address
 * is always the same object, and works as a key of ordinary Lua tables too.
 */
#include "lua/pgl.h"

#include <string.h>

/* Three classes of one type, so that Lua's own messages say "ip4 value". */
static const char ip4_class, ip6_class, mac_class;

static unsigned addr_size(const pg_value *v)
{
	switch (v->kind) {
	case PG_IP4: return 4;
	case PG_IP6: return 16;
	case PG_MAC: return 6;
	default: return v->n;
	}
}

static void set_class(lua_State *L, enum pg_kind kind)
{
	if (kind == PG_CIDR) {
		pgl_setclass(L, PGL_CIDR);
		return;
	}
	lua_rawgetp(L, LUA_REGISTRYINDEX, kind == PG_IP4   ? &ip4_class
					  : kind == PG_IP6 ? &ip6_class
							   : &mac_class);
	lua_setmetatable(L, -2);
}

void pgl_addr(lua_State *L, const pg_value *v)
{
	char key[2 + 16] = { (char)v->kind, (char)(v->kind == PG_CIDR ? v->prefix : 0) };
	unsigned n = addr_size(v);
	luaL_checkstack(L, 5, NULL);
	memcpy(key + 2, v->addr, n);
	pgl_table(L, PGL_ADDRS);
	lua_pushlstring(L, key, 2 + n);
	lua_pushvalue(L, -1);
	if (lua_rawget(L, -3) == LUA_TNIL) {
		lua_pop(L, 1);
		pg_value *new = lua_newuserdatauv(L, sizeof(*new), 0);
		memset(new, 0, sizeof(*new));
		new->kind = v->kind;
		new->prefix = v->kind == PG_CIDR ? v->prefix : 0;
		new->n = v->kind == PG_CIDR ? v->n : 0;
		memcpy(new->addr, v->addr, n);
		set_class(L, v->kind);
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_rawset(L, -5);
	}
	lua_insert(L, -3);
	lua_pop(L, 2);
}

const pg_value *pgl_toaddr(lua_State *L, int idx)
{
	enum pgl_type t = pgl_type(L, idx);
	return t == PGL_ADDR || t == PGL_CIDR ? lua_touserdata(L, idx) : NULL;
}

static const pg_value *check_addr(lua_State *L, int idx)
{
	return pgl_check(L, idx, PGL_ADDR, "address");
}

/* ---- making ---- */

/* The last n bytes of argument 1, which fits in. */
static void take_integer(lua_State *L, pg_value *v, int n, const char *too_much)
{
	lua_Integer i = luaL_checkinteger(L, 1);
	luaL_argcheck(L, i >= 0 && i >> 8 * n == 0, 1, too_much);
	for (int k = 0; k < n; k++)
		v->addr[k] = (uint8_t)(i >> 8 * (n - 1 - k));
}

static int f_ip(lua_State *L)
{
	pg_value v = { .kind = PG_IP4 };
	if (pgl_type(L, 1) == PGL_ADDR) {
		luaL_argcheck(L, check_addr(L, 1)->kind != PG_MAC, 1, "a MAC address is no IP address");
		lua_settop(L, 1);
		return 1;
	}
	if (lua_type(L, 1) == LUA_TNUMBER)
		take_integer(L, &v, 4, "an IPv4 address has 32 bits");
	else if (pg_parse_ip(luaL_checkstring(L, 1), &v))
		return luaL_error(L, "'%s' is no IP address", lua_tostring(L, 1));
	pgl_addr(L, &v);
	return 1;
}

static int f_mac(lua_State *L)
{
	pg_value v = { .kind = PG_MAC };
	if (lua_type(L, 1) == LUA_TNUMBER)
		take_integer(L, &v, 6, "a MAC address has 48 bits");
	else if (pg_parse_mac(luaL_checkstring(L, 1), &v))
		return luaL_error(L, "'%s' is no MAC address", lua_tostring(L, 1));
	pgl_addr(L, &v);
	return 1;
}

static int f_cidr(lua_State *L)
{
	pg_value v;
	if (pg_parse_cidr(luaL_checkstring(L, 1), &v))
		return luaL_error(L, "'%s' is no prefix: write it as 10.0.0.0/8",
				  lua_tostring(L, 1));
	pgl_addr(L, &v);
	return 1;
}

/* ---- what they do ---- */

static int addr_tostring(lua_State *L)
{
	char buf[64];
	const pg_value *v = pgl_toaddr(L, 1);
	luaL_argcheck(L, v, 1, "address expected");
	lua_pushstring(L, pg_addr_text(v, buf, sizeof(buf)));
	return 1;
}

static int addr_eq(lua_State *L)
{
	const pg_value *a = pgl_toaddr(L, 1), *b = pgl_toaddr(L, 2);
	lua_pushboolean(L, a && b && pg_value_eq(a, b));
	return 1;
}

static int addr_int(lua_State *L)
{
	const pg_value *v = check_addr(L, 1);
	luaL_argcheck(L, v->kind != PG_IP6, 1, "an IPv6 address is no 64-bit integer");
	lua_Integer i = 0;
	for (unsigned k = 0; k < addr_size(v); k++)
		i = i << 8 | v->addr[k];
	lua_pushinteger(L, i);
	return 1;
}

static int addr_byte(lua_State *L)
{
	const pg_value *v = check_addr(L, 1);
	lua_Integer i = pgl_checkinteger(L, 2);
	if (i < 1 || i > addr_size(v))
		lua_pushnil(L);
	else
		lua_pushinteger(L, v->addr[i - 1]);
	return 1;
}

static pg_value prefix_of(lua_State *L, int idx)
{
	pg_value v;
	if (pgl_type(L, idx) == PGL_CIDR)
		return *(const pg_value *)lua_touserdata(L, idx);
	if (pg_parse_cidr(luaL_checkstring(L, idx), &v))
		luaL_error(L, "'%s' is no prefix: write it as 10.0.0.0/8", lua_tostring(L, idx));
	return v;
}

static int addr_within(lua_State *L)
{
	const pg_value *v = check_addr(L, 1);
	pg_value cidr = prefix_of(L, 2);
	lua_pushboolean(L, pg_within(v, &cidr));
	return 1;
}

static int cidr_has(lua_State *L)
{
	const pg_value *cidr = pgl_check(L, 1, PGL_CIDR, "cidr");
	lua_pushboolean(L, pg_within(check_addr(L, 2), cidr));
	return 1;
}

static const luaL_Reg meta[] = {
	{ "__tostring", addr_tostring },
	{ "__eq", addr_eq },
	{ NULL, NULL },
};

static const luaL_Reg methods[] = {
	{ "int", addr_int },
	{ "within", addr_within },
	{ "byte", addr_byte },
	{ NULL, NULL },
};

static const luaL_Reg cidr_methods[] = { { "has", cidr_has }, { NULL, NULL } };

static const luaL_Reg functions[] = {
	{ "ip", f_ip }, { "mac", f_mac }, { "cidr", f_cidr }, { NULL, NULL },
};

void pgl_open_addr(lua_State *L)
{
	static const struct { const char *name; const void *key; } classes[] = {
		{ "ip4", &ip4_class }, { "ip6", &ip6_class }, { "mac", &mac_class },
	};
	for (int i = 0; i < 3; i++) {
		pgl_metatable(L, PGL_ADDR, classes[i].name, meta, methods);
		lua_rawsetp(L, LUA_REGISTRYINDEX, classes[i].key);
	}
	pgl_class(L, PGL_CIDR, "cidr", meta, cidr_methods);
	luaL_setfuncs(L, functions, 0);
}

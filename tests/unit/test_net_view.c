/* test_net_view.c - packets made by hand through the public header: views, methods, what is refused. */
#include "packets.h"

#include "perigee.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct fixture {
	pg_ctx *ctx;
	pg_view *pkt;
};

static int setup(void **state)
{
	static struct fixture x;
	struct frame f = { .n = 0 };

	PUT(&f, ETH(T_IP4) IP4("\x45", "\0\x2c", "\0\0", "\x06") TCP("\x50", "\x12") "data");
	if (pg_ctx_new(&x.ctx) || pg_packet_new(x.ctx, "xdp", f.b, f.n, &x.pkt))
		return -1;
	*state = &x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	pg_view_free(x->pkt);
	pg_ctx_free(x->ctx);
	return 0;
}

static pg_view *header(struct fixture *x, pg_view *from, const char *name)
{
	pg_value v;

	assert_int_equal(pg_view_get(x->ctx, from, name, &v), 1);
	assert_int_equal(v.kind, PG_VIEW);
	return v.view;
}

static void views(void **state)
{
	struct fixture *x = *state;
	pg_view *ip = header(x, x->pkt, "ipv4"), *tcp = header(x, ip, "tcp"), *same = header(x, x->pkt, "tcp");
	pg_value v;

	assert_string_equal(pg_view_name(x->pkt), "pkt");
	assert_string_equal(pg_view_name(tcp), "tcp");
	assert_int_equal(pg_view_len(x->pkt), 58);
	assert_int_equal(pg_view_len(tcp), 20);
	assert_true(pg_view_eq(tcp, same));
	assert_false(pg_view_eq(ip, tcp));
	assert_int_equal(pg_view_get(x->ctx, tcp, "dport", &v), 1);
	assert_int_equal(v.kind, PG_INT);
	assert_int_equal(v.i, 443);
	assert_int_equal(pg_view_get(x->ctx, x->pkt, "udp", &v), 1);
	assert_int_equal(v.kind, PG_NIL);
	pg_view_free(ip);
	pg_view_free(same);
	pg_view_free(tcp);
	pg_view_free(NULL);
}

/* A view keeps its packet. */
static void views_outlive_the_packet(void **state)
{
	struct fixture *x = *state;
	pg_view *pkt, *eth;
	pg_value v;

	assert_int_equal(pg_packet_new(x->ctx, "xdp", ETH(T_ARP), 14, &pkt), 0);
	eth = header(x, pkt, "eth");
	pg_view_free(pkt);
	assert_int_equal(pg_view_get(x->ctx, eth, "type", &v), 1);
	assert_int_equal(v.i, 0x0806);
	assert_int_equal(pg_packet_new(x->ctx, "xdp", NULL, 0, &pkt), 0);
	assert_int_equal(pg_view_len(pkt), 0);
	assert_false(pg_view_eq(pkt, x->pkt));
	pg_view_free(pkt);
	pg_view_free(eth);
}

static void calls(void **state)
{
	static const struct { const char *name; pg_value arg; int n, rc; int64_t want; const char *text; } cases[] = {
		{ "u16", { .kind = PG_INT, .i = 12 }, 1, 0, 0x0800, NULL },
		{ "byte", { .kind = PG_INT, .i = -1 }, 1, 0, 'a', NULL },
		{ "u8", { .kind = PG_INT, .i = 58 }, 1, 0, -1, NULL },
		{ "u8", { .kind = PG_NIL }, 1, -EINVAL, 0, "bad argument #1 to 'u8' (number expected, got nil)" },
		{ "u8", { 0 }, 0, -EINVAL, 0, "bad argument #1 to 'u8' (number expected, got no value)" },
		{ "u8", { .kind = PG_INT }, 2, -EINVAL, 0, "'u8' takes at most 1 argument and gets 2" },
		{ "u9", { 0 }, 1, -ENOENT, 0, "pkt has no field 'u9'" },
	};
	struct fixture *x = *state;

	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		pg_value args[2] = { cases[i].arg, cases[i].arg }, out = { 0 };
		int nout = 0;
		int rc = pg_view_call(x->ctx, x->pkt, cases[i].name, args, cases[i].n, &out, &nout);
		assert_int_equal(rc, cases[i].rc);
		if (rc) {
			assert_string_equal(pg_error(x->ctx), cases[i].text);
		} else {
			assert_int_equal(nout, 1);
			assert_int_equal(out.kind, cases[i].want < 0 ? PG_NIL : PG_INT);
			assert_true(cases[i].want < 0 || out.i == cases[i].want);
		}
	}
}

static void refusals(void **state)
{
	struct fixture *x = *state;
	pg_value v, ip = { .kind = PG_IP4 };
	pg_view *none;

	assert_int_equal(pg_view_get(x->ctx, x->pkt, "u16", &v), 2);
	assert_int_equal(pg_view_get(x->ctx, x->pkt, "ipvv4", &v), -ENOENT);
	assert_string_equal(pg_error(x->ctx), "pkt has no field 'ipvv4' (did you mean 'ipv4'?)");
	assert_int_equal(pg_view_get(x->ctx, x->pkt, "nothing_like_it", &v), -ENOENT);
	assert_string_equal(pg_error(x->ctx), "pkt has no field 'nothing_like_it'");
	assert_int_equal(pg_packet_new(x->ctx, "kettle", "", 0, &none), -EINVAL);
	assert_int_equal(pg_addr_call(x->ctx, &ip, "sum", NULL, 0, &v), -ENOENT);
	assert_int_equal(pg_addr_call(x->ctx, &ip, "int", NULL, 0, &v), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views),
		cmocka_unit_test(views_outlive_the_packet),
		cmocka_unit_test(calls),
		cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

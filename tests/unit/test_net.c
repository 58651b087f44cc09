/* test_net.c - the twin of packet views: every field of every protocol, headers at every length. */
#include "packets.h"

#include "net/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* The value of a path such as "ipv4.src", "tcp.#", "udp.payload:u16(2)" as text; "nil" as soon as
 * one of its parts is nil. */
static const char *eval(const struct frame *packet, unsigned n, const char *path)
{
	static char text[64];
	struct net_frame f = { .bytes = (uint8_t *)packet->b, .n = n, .views = net_views }; /* only read */
	struct net_place p = { .view = NET_PKT, .end = NET_OPEN }, next;
	pg_value v = { .kind = PG_VIEW };
	char name[32];
	int used;
	long long arg;

	while (*path) {
		if (sscanf(path, "%31[a-z0-9_]%n", name, &used) == 1) {
			const struct ir_field *row = ir_field_find(net_views[p.view], name);
			if (!row)
				fail_msg("%s has no %s", net_views[p.view]->name, name);
			net_twin_get(&f, &p, row, &v, &next);
			if (v.kind == PG_VIEW)
				p = next;
		} else if (*path == '#') {
			v = (pg_value){ .kind = PG_INT, .i = (int64_t)net_twin_len(&f, &p) };
			used = 1;
		} else if (sscanf(path, ":%31[a-z0-9](%lli)%n", name, &arg, &used) == 2) {
			net_twin_bytes(&f, &p, ir_lib_find(net_byte_rows, name), arg, 0, &v);
		} else {
			fail_msg("bad path %s", path);
		}
		if (v.kind == PG_NIL)
			return "nil";
		path += used;
		path += *path == '.';
	}
	switch (v.kind) {
	case PG_INT:   snprintf(text, sizeof text, "%lld", (long long)v.i); return text;
	case PG_TRUE:  return "true";
	case PG_FALSE: return "false";
	case PG_VIEW:  snprintf(text, sizeof text, "%s@%u", net_views[p.view]->name, p.off); return text;
	default:
		text[0] = 0;
		for (unsigned i = 0; i < (v.kind == PG_IP4 ? 4 : v.kind == PG_IP6 ? 16 : 6); i++)
			snprintf(text + 2 * i, sizeof text - 2 * i, "%02x", v.addr[i]);
		return text;
	}
}

struct expect { const char *path, *value; };

struct sample {
	const char *name;
	const char *bytes;
	unsigned n;
	struct expect expect[48];
};
#define BYTES(lit) lit, sizeof(lit) - 1

static const struct sample samples[] = {
	{ "ethernet", BYTES(ETH("\x12\x34") "\xaa\xbb\xcc"), {
		{ "eth.dst", "525400123456" }, { "eth.src", "020000000001" }, { "eth.type", "4660" },
		{ "eth.#", "14" }, { "#", "17" }, { "len", "17" }, { "ifindex", "1" }, { "rxq", "0" },
		{ "ip", "nil" }, { "ipv4", "nil" }, { "ipv6", "nil" }, { "arp", "nil" }, { "vlan", "nil" },
		{ "tcp", "nil" }, { "payload", "payload@14" }, { "payload.#", "3" },
		{ "payload:u8(2)", "204" }, { "payload:u8(3)", "nil" }, { "payload:u8(-1)", "nil" },
		{ "payload:u16(1)", "48076" }, { "payload:le16(1)", "52411" }, { "payload:u16(2)", "nil" },
		{ "payload:byte(1)", "170" }, { "payload:byte(-1)", "204" }, { "payload:byte(0)", "nil" },
		{ "payload:byte(-3)", "170" }, { "payload:byte(-4)", "nil" }, { "payload:byte(4)", "nil" },
		{ ":u32(0)", "1381236754" }, { ":u64(0)", "5932366687341249024" }, { ":u64(9)", "1177704643532" },
		{ ":le32(0)", "302011474" }, { ":le64(9)", "-3694171928710283264" }, { ":u64(10)", "nil" },
		{ ":u8(16)", "204" }, { ":u8(17)", "nil" }, { ":u8(9223372036854775807)", "nil" },
		{ "eth:u8(13)", "52" }, { "eth:u8(14)", "nil" }, { "eth:u16(13)", "nil" } } },
	{ "tag", BYTES(ETH(T_8021Q) TAG(T_IP4) IP4("\x45", "\0\x14", "\0\0", "\x63")), {
		{ "eth.type", "33024" }, { "vlan.id", "291" }, { "vlan.pcp", "5" }, { "vlan.dei", "true" },
		{ "vlan.type", "2048" }, { "vlan.#", "4" }, { "vlan.vlan", "nil" }, { "ipv4", "ipv4@18" },
		{ "payload", "payload@38" }, { "payload.#", "0" } } },
	{ "two tags", BYTES(ETH(T_8021AD) "\0\x01" T_8021Q TAG(T_IP6) IP6("\0\x08", "\x11") UDP("\0\x08")), {
		{ "vlan.id", "1" }, { "vlan.pcp", "0" }, { "vlan.dei", "false" }, { "vlan.type", "33024" },
		{ "vlan.vlan.id", "291" }, { "vlan.vlan.type", "34525" }, { "vlan.vlan.vlan", "nil" },
		{ "ipv6", "ipv6@22" }, { "ip", "ip@22" }, { "udp", "udp@62" }, { "payload.#", "0" } } },
	{ "three tags", BYTES(ETH(T_9100) TAG(T_8021Q) TAG(T_8021Q) TAG(T_IP4)
			      IP4("\x45", "\0\x14", "\0\0", "\x63")), {
		{ "vlan.vlan.vlan.type", "2048" }, { "ipv4", "nil" }, { "ip", "nil" },
		{ "payload", "payload@22" } } },
	{ "arp", BYTES(ETH(T_ARP) ARP "\0\0"), {
		{ "arp.op", "2" }, { "arp.sha", "020000000001" }, { "arp.spa", "c0000201" },
		{ "arp.tha", "525400123456" }, { "arp.tpa", "c0000202" }, { "arp.#", "28" },
		{ "payload", "payload@42" }, { "payload.#", "2" }, { "ip", "nil" } } },
	{ "arp of another kind", BYTES(ETH(T_ARP) "\0\6\x08\0\6\4\0\2\2\0\0\0\0\1\xc0\0\2\1\x52\x54\0\x12"
				       "\x34\x56\xc0\0\2\2"), {
		{ "arp", "nil" }, { "payload", "payload@14" } } },
	{ "ipv4 and tcp", BYTES(ETH(T_IP4) IP4("\x45", "\0\x2a", "\x40\0", "\x06") TCP("\x50", "\x12")
				"hi" "\0\0\0\0"), {
		{ "ipv4.ihl", "5" }, { "ipv4.tos", "46" }, { "ipv4.len", "42" }, { "ipv4.id", "48879" },
		{ "ipv4.df", "true" }, { "ipv4.mf", "false" }, { "ipv4.frag_off", "0" },
		{ "ipv4.ttl", "61" }, { "ipv4.proto", "6" }, { "ipv4.check", "43981" },
		{ "ipv4.src", "c0000201" }, { "ipv4.dst", "c6336407" }, { "ipv4.#", "20" },
		{ "ip.version", "4" }, { "ip.src", "c0000201" }, { "ip.dst", "c6336407" },
		{ "ip.proto", "6" }, { "ip.ttl", "61" }, { "ip.payload", "payload@34" },
		{ "ip.payload.#", "22" }, { "ip.tcp", "tcp@34" }, { "ipv4.tcp", "tcp@34" },
		{ "ip.udp", "nil" }, { "udp", "nil" }, { "ipv6", "nil" }, { "icmp", "nil" },
		{ "payload", "payload@54" }, { "payload.#", "2" }, { "tcp.payload:u16(0)", "26729" },
		{ "tcp.payload:u8(2)", "nil" }, { "tcp.payload:byte(-2)", "104" } } },
	{ "tcp", BYTES(ETH(T_IP4) IP4("\x45", "\0\x28", "\0\0", "\x06") TCP("\x50", "\xaa")), {
		{ "tcp.sport", "4660" }, { "tcp.dport", "443" }, { "tcp.seq", "2309737967" },
		{ "tcp.ack_seq", "4275878552" }, { "tcp.doff", "5" }, { "tcp.window", "29200" },
		{ "tcp.check", "21862" }, { "tcp.urg_ptr", "30600" }, { "tcp.cwr", "true" },
		{ "tcp.ece", "false" }, { "tcp.urg", "true" }, { "tcp.ack", "false" }, { "tcp.psh", "true" },
		{ "tcp.rst", "false" }, { "tcp.syn", "true" }, { "tcp.fin", "false" }, { "tcp.#", "20" },
		{ "tcp:u8(13)", "170" }, { "tcp:u32(17)", "nil" } } },
	{ "other tcp flags", BYTES(ETH(T_IP4) IP4("\x45", "\0\x28", "\0\0", "\x06") TCP("\x50", "\x55")), {
		{ "tcp.cwr", "false" }, { "tcp.ece", "true" }, { "tcp.urg", "false" }, { "tcp.ack", "true" },
		{ "tcp.psh", "false" }, { "tcp.rst", "true" }, { "tcp.syn", "false" }, { "tcp.fin", "true" } } },
	{ "options", BYTES(ETH(T_IP4) IP4("\x46", "\0\x34", "\0\0", "\x06") "\x94\4\0\0"
			   TCP("\x60", "\x10") "\2\4\5\xb4" "data"), {
		{ "ipv4.ihl", "6" }, { "ipv4.#", "24" }, { "ip.#", "24" }, { "ip:u8(20)", "148" },
		{ "ip:u8(24)", "nil" }, { "tcp", "tcp@38" }, { "tcp.#", "24" }, { "tcp:u32(20)", "33818036" },
		{ "tcp.payload", "payload@62" }, { "tcp.payload.#", "4" } } },
	{ "udp", BYTES(ETH(T_IP4) IP4("\x45", "\0\x22", "\0\0", "\x11") UDP("\0\x0b") "abcdef"), {
		{ "udp.sport", "53" }, { "udp.dport", "4096" }, { "udp.len", "11" }, { "udp.check", "39612" },
		{ "udp.#", "8" }, { "udp.payload.#", "3" }, { "udp.payload:u8(2)", "99" },
		{ "udp.payload:u8(3)", "nil" }, { "ip.payload.#", "14" }, { "payload.#", "3" } } },
	{ "udp longer than ip", BYTES(ETH(T_IP4) IP4("\x45", "\0\x20", "\0\0", "\x11") UDP("\0\x40") "abcdef"), {
		{ "udp.payload.#", "4" } } },
	{ "udp longer than the frame", BYTES(ETH(T_IP4) IP4("\x45", "\1\0", "\0\0", "\x11") UDP("\0\x40") "abc"), {
		{ "udp.payload.#", "3" }, { "udp.payload:u8(2)", "99" }, { "udp.payload:u8(3)", "nil" } } },
	{ "udp length 7", BYTES(ETH(T_IP4) IP4("\x45", "\0\x22", "\0\0", "\x11") UDP("\0\x07") "abcdef"), {
		{ "udp", "nil" }, { "payload", "payload@34" }, { "payload.#", "14" } } },
	{ "icmp", BYTES(ETH(T_IP4) IP4("\x45", "\0\x1c", "\0\0", "\x01") ICMP("\x08")), {
		{ "icmp.type", "8" }, { "icmp.code", "3" }, { "icmp.check", "4386" }, { "icmp.id", "13124" },
		{ "icmp.seq", "21862" }, { "icmp.#", "8" }, { "ip.icmp", "icmp@34" }, { "icmp6", "nil" },
		{ "payload", "payload@42" } } },
	{ "icmp6 in ipv4", BYTES(ETH(T_IP4) IP4("\x45", "\0\x1c", "\0\0", "\x3a") ICMP("\x80")), {
		{ "icmp", "nil" }, { "icmp6", "nil" }, { "payload", "payload@34" } } },
	{ "first fragment", BYTES(ETH(T_IP4) IP4("\x45", "\0\x28", "\x20\0", "\x06") TCP("\x50", "\2")), {
		{ "ipv4.mf", "true" }, { "tcp", "tcp@34" } } },
	{ "later fragment", BYTES(ETH(T_IP4) IP4("\x45", "\0\x28", "\0\1", "\x06") TCP("\x50", "\2")), {
		{ "ipv4.frag_off", "1" }, { "ipv4.proto", "6" }, { "tcp", "nil" }, { "ip.tcp", "nil" },
		{ "payload", "payload@34" } } },
	{ "last fragment offset bit", BYTES(ETH(T_IP4) IP4("\x45", "\0\x28", "\x10\0", "\x06") TCP("\x50", "\2")), {
		{ "ipv4.frag_off", "4096" }, { "tcp", "nil" } } },
	{ "ihl 4", BYTES(ETH(T_IP4) IP4("\x44", "\0\x28", "\0\0", "\x06") TCP("\x50", "\2")), {
		{ "ipv4", "nil" }, { "ip", "nil" }, { "tcp", "nil" }, { "payload", "payload@14" } } },
	{ "doff 4", BYTES(ETH(T_IP4) IP4("\x45", "\0\x28", "\0\0", "\x06") TCP("\x40", "\2")), {
		{ "tcp", "nil" }, { "payload", "payload@34" } } },
	{ "version against type", BYTES(ETH(T_IP6) IP4("\x45", "\0\x28", "\0\0", "\x06") TCP("\x50", "\2")
					"0123456789"), {
		{ "ip", "nil" }, { "ipv4", "nil" }, { "ipv6", "nil" }, { "tcp", "nil" } } },
	{ "ip length before tcp's end", BYTES(ETH(T_IP4) IP4("\x45", "\0\x27", "\0\0", "\x06")
					      TCP("\x50", "\2")), {
		{ "ipv4", "ipv4@14" }, { "tcp", "nil" }, { "ip.payload.#", "19" } } },
	{ "ip length 0", BYTES(ETH(T_IP4) IP4("\x45", "\0\0", "\0\0", "\x06") TCP("\x50", "\2")), {
		{ "ipv4.len", "0" }, { "tcp", "nil" }, { "ip.payload.#", "0" }, { "ip.payload:u8(0)", "nil" } } },
	{ "ipv6", BYTES(ETH(T_IP6) IP6("\0\x18", "\x06") TCP("\x50", "\2") "abcd" "pad"), {
		{ "ipv6.tclass", "165" }, { "ipv6.flow", "773615" }, { "ipv6.len", "24" },
		{ "ipv6.next", "6" }, { "ipv6.hop_limit", "62" },
		{ "ipv6.src", "20010db8000000000000000000000001" },
		{ "ipv6.dst", "20010db8000000000000000000000002" }, { "ipv6.#", "40" },
		{ "ip.version", "6" }, { "ip.src", "20010db8000000000000000000000001" },
		{ "ip.dst", "20010db8000000000000000000000002" }, { "ip.proto", "6" }, { "ip.ttl", "62" },
		{ "ip.#", "40" }, { "tcp", "tcp@54" }, { "ipv6.tcp", "tcp@54" }, { "ip.tcp", "tcp@54" },
		{ "ipv4", "nil" }, { "ip.payload", "payload@54" }, { "payload.#", "4" } } },
	{ "ipv6 length 0", BYTES(ETH(T_IP6) IP6("\0\0", "\x3a") ICMP("\x80") "abcdef"), {
		{ "icmp6.type", "128" }, { "icmp6.code", "3" }, { "icmp6.check", "4386" },
		{ "icmp6.id", "13124" }, { "icmp6.seq", "21862" }, { "icmp6.#", "8" }, { "icmp", "nil" },
		{ "ip.icmp6", "icmp6@54" }, { "icmp6.payload.#", "6" }, { "payload", "payload@62" } } },
	{ "each extension header", BYTES(ETH(T_IP6) IP6("\0\0", "\x00")
		"\x2b\0\0\0\0\0\0\0" "\x2c\1\0\0\0\0\0\0" "01234567" "\x33\xff\0\7\0\0\0\1"
		"\x3c\2\0\0\0\0\0\0" "01234567" "\x87\0\0\0\0\0\0\0" "\x8b\0\0\0\0\0\0\0"
		"\x8c\0\0\0\0\0\0\0" "\x11\0\0\0\0\0\0\0" UDP("\0\x08")), {
		{ "ipv6.next", "0" }, { "ip.proto", "17" }, { "udp", "udp@134" },
		{ "ip.payload", "payload@134" }, { "ipv6.payload", "payload@134" } } },
	{ "nine extension headers", BYTES(ETH(T_IP6) IP6("\0\0", "\x3c")
		"\x3c\0\0\0\0\0\0\0" "\x3c\0\0\0\0\0\0\0" "\x3c\0\0\0\0\0\0\0" "\x3c\0\0\0\0\0\0\0"
		"\x3c\0\0\0\0\0\0\0" "\x3c\0\0\0\0\0\0\0" "\x3c\0\0\0\0\0\0\0" "\x3c\0\0\0\0\0\0\0"
		"\x11\0\0\0\0\0\0\0" UDP("\0\x08")), {
		{ "ip.proto", "60" }, { "udp", "nil" }, { "ip.payload", "payload@118" } } },
	{ "later fragment of ipv6", BYTES(ETH(T_IP6) IP6("\0\0", "\x2c") "\x11\0\0\x08\0\0\0\1" UDP("\0\x08")), {
		{ "ip.proto", "17" }, { "udp", "nil" }, { "ip.udp", "nil" }, { "ip.payload", "payload@62" },
		{ "payload", "payload@62" }, { "payload.#", "8" } } },
	{ "extension headers end with the length", BYTES(ETH(T_IP6) IP6("\0\x07", "\x00")
		"\x11\0\0\0\0\0\0\0" UDP("\0\x08")), {
		{ "ip.proto", "0" }, { "udp", "nil" }, { "payload.#", "7" } } },
};

static void fields(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof samples / sizeof *samples; i++) {
		const struct sample *s = &samples[i];
		struct frame f = { .n = 0 };
		put(&f, s->bytes, s->n);
		for (const struct expect *e = s->expect; e->path; e++) {
			const char *got = eval(&f, f.n, e->path);
			if (strcmp(got, e->value) != 0)
				fail_msg("%s: pkt.%s is %s, not %s", s->name, e->path, got, e->value);
		}
	}
}

/* A header is there from a length of the frame on; all its fields and bytes then are. */
static const struct { const char *bytes; unsigned n; const char *path; unsigned from; } wholes[] = {
	{ BYTES(ETH("\x12\x34") "pad"), "eth.type", 14 },
	{ BYTES(ETH(T_8021Q) TAG("\x12\x34") "pad"), "vlan.type", 18 },
	{ BYTES(ETH(T_8021Q) TAG(T_8021Q) TAG("\x12\x34") "pad"), "vlan.vlan.type", 22 },
	{ BYTES(ETH(T_ARP) ARP "pad"), "arp.tpa", 42 },
	{ BYTES(ETH(T_IP4) IP4("\x45", "\0\x28", "\0\0", "\x06") TCP("\x50", "\2")), "ipv4.dst", 34 },
	{ BYTES(ETH(T_IP4) IP4("\x45", "\0\x28", "\0\0", "\x06") TCP("\x50", "\2")), "ip.dst", 34 },
	{ BYTES(ETH(T_IP4) IP4("\x45", "\0\x28", "\0\0", "\x06") TCP("\x50", "\2") "p"), "tcp.urg_ptr", 54 },
	{ BYTES(ETH(T_IP4) IP4("\x47", "\0\x30", "\0\0", "\x06") "opt.opt." TCP("\x50", "\2") "pad"),
	  "ipv4.dst", 42 },
	{ BYTES(ETH(T_IP4) IP4("\x47", "\0\x34", "\0\0", "\x06") "opt.opt." TCP("\x60", "\2") "opt.pad"),
	  "tcp.sport", 66 },
	{ BYTES(ETH(T_8021Q) TAG(T_IP4) IP4("\x45", "\0\x1c", "\0\0", "\x11") UDP("\0\x08") "pad"),
	  "udp.check", 46 },
	{ BYTES(ETH(T_IP4) IP4("\x45", "\0\x1c", "\0\0", "\x01") ICMP("\0") "pad"), "icmp.seq", 42 },
	{ BYTES(ETH(T_IP6) IP6("\0\x08", "\x3a") ICMP("\x80") "pad"), "ipv6.dst", 54 },
	{ BYTES(ETH(T_IP6) IP6("\0\x08", "\x3a") ICMP("\x80") "pad"), "icmp6.seq", 62 },
	{ BYTES(ETH(T_IP6) IP6("\0\x10", "\0") "\x11\0\0\0\0\0\0\0" UDP("\0\x08") "pad"), "udp.check", 70 },
};

static void truncation(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof wholes / sizeof *wholes; i++) {
		struct frame f = { .n = 0 };
		put(&f, wholes[i].bytes, wholes[i].n);
		for (unsigned n = 0; n <= f.n; n++) {
			bool there = strcmp(eval(&f, n, wholes[i].path), "nil") != 0;
			if (there != (n >= wholes[i].from))
				fail_msg("%u: pkt.%s of %u bytes", i, wholes[i].path, n);
		}
	}
}

static void payload_of_short_frames(void **state)
{
	(void)state;
	struct frame f = { .n = 0 };
	PUT(&f, ETH(T_8021Q) TAG(T_8021Q) TAG(T_IP4) IP4("\x45", "\0\x20", "\0\0", "\x11") UDP("\0\x0c") "abcd");
	static const unsigned start[] = { [13] = 0, [14] = 14, [17] = 14, [18] = 18, [21] = 18, [22] = 22,
					  [41] = 22, [42] = 42, [49] = 42, [50] = 50, [54] = 50 };
	unsigned from = 0;
	for (unsigned n = 0; n <= f.n; n++) {
		char want[32];
		from = n < sizeof start / sizeof *start && start[n] ? start[n] : from;
		snprintf(want, sizeof want, "payload@%u", from);
		assert_string_equal(eval(&f, n, "payload"), want);
		assert_int_equal(atoi(eval(&f, n, "payload.#")), n - from);
	}
}

static void addresses(void **state)
{
	(void)state;
	static const struct { pg_value self; const char *method; pg_value arg; int n, rc; pg_value out; } cases[] = {
		{ { .kind = PG_IP4, .addr = { 10, 1, 2, 3 } }, "int", { 0 }, 0, 0, { .kind = PG_INT, .i = 0x0a010203 } },
		{ { .kind = PG_MAC, .addr = { 1, 2, 3, 4, 5, 6 } }, "int", { 0 }, 0, 0,
		  { .kind = PG_INT, .i = 0x010203040506 } },
		{ { .kind = PG_IP6 }, "int", { 0 }, 0, -22, { 0 } },
		{ { .kind = PG_IP4, .addr = { 10, 1, 2, 3 } }, "byte", { .kind = PG_INT, .i = 4 }, 1, 0,
		  { .kind = PG_INT, .i = 3 } },
		{ { .kind = PG_IP4, .addr = { 10, 1, 2, 3 } }, "byte", { .kind = PG_INT, .i = 5 }, 1, 0, { 0 } },
		{ { .kind = PG_IP4, .addr = { 10, 1, 2, 3 } }, "byte", { .kind = PG_INT, .i = -1 }, 1, 0, { 0 } },
		{ { .kind = PG_IP4, .addr = { 10, 1, 2, 3 } }, "byte", { .kind = PG_NIL }, 1, -22, { 0 } },
		{ { .kind = PG_IP4, .addr = { 10, 1, 2, 3 } }, "byte", { 0 }, 0, -22, { 0 } },
		{ { .kind = PG_IP4, .addr = { 10, 1, 2, 3 } }, "within", { .kind = PG_STR, .n = 10, .str = "10.0.0.0/8" },
		  1, 0, { .kind = PG_TRUE } },
		{ { .kind = PG_IP4, .addr = { 11, 1, 2, 3 } }, "within", { .kind = PG_STR, .n = 10, .str = "10.0.0.0/8" },
		  1, 0, { .kind = PG_FALSE } },
		{ { .kind = PG_IP4, .addr = { 11, 1, 2, 3 } }, "within", { .kind = PG_STR, .n = 1, .str = "x" }, 1, -22,
		  { 0 } },
		{ { .kind = PG_IP4 }, "sum", { 0 }, 0, -2, { 0 } },
		{ { .kind = PG_INT }, "int", { 0 }, 0, -22, { 0 } },
	};
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		char err[160];
		pg_value out = { 0 };
		int rc = net_twin_addr(&cases[i].self, cases[i].method, &cases[i].arg, cases[i].n, &out, err,
				       sizeof err);
		if (rc != cases[i].rc || (!rc && (out.kind != cases[i].out.kind ||
		    (out.kind == PG_INT && out.i != cases[i].out.i))))
			fail_msg("case %u: %s gives %d, kind %d", i, cases[i].method, rc, out.kind);
	}
}

/* Offsets and widths of the tables lie within the fixed part that is checked. */
static void tables(void **state)
{
	(void)state;
	for (unsigned v = 0; v < NET_NVIEWS; v++) {
		assert_non_null(net_views[v]);
		assert_true(net_views[v]->words <= 8);
		for (const struct ir_field *f = net_views[v]->fields; f->name; f++) {
			const struct net_field *own = f->kinds ? f->arg : NULL;
			if (!own)
				continue;
			unsigned bits = own->how == NET_IP4 ? 32 : own->how == NET_IP6 ? 128 :
				own->how == NET_MAC ? 48 : own->how == NET_CTX ? 0 : own->width;
			if (own->how != NET_CTX && net_views[v]->own)
				assert_true(own->bit + bits <= net_proto(net_views, v)->fixed * 8u);
			assert_true(own->how != NET_HEADER || own->view > NET_PKT);
		}
	}
	assert_null(net_views[NET_NVIEWS]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(fields),
		cmocka_unit_test(truncation),
		cmocka_unit_test(payload_of_short_frames),
		cmocka_unit_test(addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

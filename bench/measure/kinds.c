/* kinds.c - what programs of each hook run on: the packets of packets.c and mixes.c, or contexts. */
#include "packets.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US 1000ull

/* ---- contexts ---- */

/* raw_syscalls: 8 bytes that all events have, the number, then the arguments or the result. */
#define BYTE(v, n) (uint8_t)((int64_t)(v) >> 8 * (n))
#define CALL(nr, ret) { [8] = BYTE(nr, 0), BYTE(nr, 1), [16] = BYTE(ret, 0), BYTE(ret, 1), BYTE(ret, 2), \
			BYTE(ret, 3), BYTE(ret, 4), BYTE(ret, 5), BYTE(ret, 6), BYTE(ret, 7) }

static const struct packet syscalls[] = {
	{ "read",                    60, CALL(0, 4096), 64, 3 * US },
	{ "read, interrupted",       10, CALL(0, -4),   64, 900 * US },
	{ "openat of no such file",  10, CALL(257, -2), 64, 5 * US },
	{ "clock_nanosleep",         20, CALL(230, 0),  64, 1000 * US },
};

/* sock:inet_sock_set_state: socket +8, old and new state +16, ports +24, family +28, protocol +30, IPv4
 * addresses +32, IPv6 addresses +40. */
#define STATE(socket, was, is, protocol) { [8] = (socket), [16] = (was), [20] = (is), \
		[24] = 0x40, 0x9c, 0xbb, 1, [28] = 2, [30] = (protocol), [32] = 10, 0, 0, 1, 10, 0, 0, 2, [50] = 255, 255, 10, 0, 0, 1, \
		[66] = 255, 255, 10, 0, 0, 2 }

static const struct packet sockets[] = {
	{ "connect begins",          20, STATE(1, 7, 2, 6), 72, 0 },
	{ "... is answered",         20, STATE(9, 2, 1, 6), 72, 0 },
	{ "... that began before",    2, STATE(2, 2, 1, 6), 72, 0 },
	{ "accepted",                20, STATE(3, 3, 1, 6), 72, 0 },
	{ "closes",                  36, STATE(9, 1, 4, 6), 72, 0 },
	{ "not TCP",                  2, STATE(4, 7, 2, 1), 72, 0 },
};

static const struct packet calls[] = {
	{ "a call",                 100, { 0 }, 168, 0 },
};

static const struct packet returns[] = {
	{ "in less than 1 us",       40, { 0 }, 168, 300 },
	{ "after 5 us",              40, { 0 }, 168, 5 * US },
	{ "after 1 ms",              20, { 0 }, 168, 1000 * US },
	{ "before it began",          0, { 0 }, 168, (uint64_t)-900 },
};

enum { TC_REDIRECT = 7 };

#define INPUTS(list) .inputs = list, .n = sizeof list / sizeof *list

static const struct kind kinds[] = {
	{ "xdp", true, 0, 4, NO_LEN, .redirect = XDP_REDIRECT },
	{ "tc",  true, offsetof(struct __sk_buff, data), offsetof(struct __sk_buff, data_end),
	  offsetof(struct __sk_buff, len), .redirect = TC_REDIRECT },
	{ "tracepoint:raw_syscalls:sys_enter",   .len_at = NO_LEN, INPUTS(syscalls) },
	{ "tracepoint:raw_syscalls:sys_exit",    .len_at = NO_LEN, INPUTS(syscalls) },
	{ "tracepoint:sock:inet_sock_set_state", .len_at = NO_LEN, INPUTS(sockets) },
	{ "uprobe",                              .len_at = NO_LEN, INPUTS(calls) },
	{ "uretprobe",                           .len_at = NO_LEN, INPUTS(returns) },
};
enum { NKINDS = sizeof kinds / sizeof *kinds };

struct kind kind_of(const char *hook, const char *program)
{
	for (unsigned i = 0; i < NKINDS; i++)
		if (hook && !strcmp(hook, kinds[i].hook)) {
			struct kind k = kinds[i];
			if (k.packets)
				k.inputs = packets_for(program, &k.n);
			return k;
		}
	die("nothing is known that a program of %s could run on", hook ? hook : "no hook");
}

void kind_drop(struct kind *k)
{
	if (k->packets)
		free((void *)k->inputs);
}

static void print_one(unsigned weight, const char *name, bool *first)
{
	if (weight)
		printf("%s %u %s", *first ? "" : ";", weight, name);
	*first = *first && !weight;
}

static void print_mix(const struct mix *m)
{
	bool first = true;

	printf("\n%s, in a hundred:", *m->programs ? m->programs : "The packets");
	for (unsigned i = 0; i < m->n; i++)
		print_one(m->rows[i].weight, m->rows[i].name, &first);
	printf(".\n");
}

static void print_contexts(const struct kind *k)
{
	bool first = true;

	printf("\n%s, in a hundred:", k->hook);
	for (unsigned i = 0; i < k->n; i++)
		print_one(k->inputs[i].weight, k->inputs[i].name, &first);
	printf(".\n");
}

void kinds_print(void)
{
	print_mix(&server_mix);
	for (unsigned i = 0; i < nmixes; i++)
		print_mix(mixes[i]);
	for (unsigned i = 0; i < NKINDS; i++)
		if (!kinds[i].packets && kinds[i].n > 1)
			print_contexts(&kinds[i]);
}

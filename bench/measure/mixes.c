/* mixes.c - what programs that wait for something of their own are measured on, by weight, in a hundred packets. */
#include "packets.h"

#define SECONDS * 1000000000ull

static void data(struct packet *p)
{
	eth(p, 0x800);
	ipv4(p, TCP, FRIEND, 80, 0, 0x4000);
	tcp(p, 80, ACK, 60);
}

static void later(struct packet *p)
{
	data(p);
	p->took = 5 SECONDS;
}

static void much_later(struct packet *p)
{
	data(p);
	p->took = 3600 SECONDS;
}

static void flood(struct packet *p)
{
	eth(p, 0x800);
	ipv4(p, UDP, HOSTILE, 28, 0, 0);
	udp(p, 7, 20);
}

static void other(struct packet *p)
{
	eth(p, 0x86dd);
	ipv6(p, TCP, 60);
	tcp(p, 443, ACK, 40);
}

/* ---- example_limit: a packet a second, twenty at once ---- */

#define FIVE(what, weight, name) { what, weight, name }, { what, weight, name }, { what, weight, name }, \
	{ what, weight, name }, { what, weight, name }

static const struct row limit[] = {
	{ data,   0, "the first of a source" },
	{ later, 40, "within the rate" },
	{ much_later, 20, "after a long while" },
	{ flood,  5, "the first of a flood" },
	FIVE(flood, 0, "of its burst"), FIVE(flood, 0, "of its burst"), FIVE(flood, 0, "of its burst"),
	FIVE(flood, 0, "of its burst"),
	{ flood, 30, "of a flood" },
	{ other,  5, "IPv6" },
};

const struct mix mixes[] = {
	{ "example_limit", MIX_ROWS(limit) },
};
const unsigned nmixes = sizeof mixes / sizeof *mixes;

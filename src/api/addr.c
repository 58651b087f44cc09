/* addr.c - addresses and prefixes: from text, to text, and whether one lies within the other. */
#include "perigee.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int pg_parse_ip(const char *text, pg_value *out)
{
	pg_value v = { .kind = PG_IP4 };
	if (inet_pton(AF_INET, text, v.addr) != 1) {
		v.kind = PG_IP6;
		if (inet_pton(AF_INET6, text, v.addr) != 1)
			return -EINVAL;
	}
	*out = v;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Six pairs of digits, all parted by ':' or all by '-'. */
int pg_parse_mac(const char *text, pg_value *out)
{
	pg_value v = { .kind = PG_MAC };
	if (strlen(text) != 17 || (text[2] != ':' && text[2] != '-'))
		return -EINVAL;
	for (int i = 0; i < 6; i++) {
		int hi = hex_digit(text[i * 3]), lo = hex_digit(text[i * 3 + 1]);
		if (hi < 0 || lo < 0 || (i < 5 && text[i * 3 + 2] != text[2]))
			return -EINVAL;
		v.addr[i] = (uint8_t)(hi << 4 | lo);
	}
	*out = v;
	return 0;
}

/* Clears what lies behind the first `bits` bits of n bytes. */
static void mask(uint8_t *addr, unsigned n, unsigned bits)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned keep = bits > i * 8 ? bits - i * 8 : 0;
		if (keep < 8)
			addr[i] &= (uint8_t)(0xff00u >> keep);
	}
}

/* "10.0.0.0/8"; an address alone is a prefix of full length; host bits are cleared. */
int pg_parse_cidr(const char *text, pg_value *out)
{
	char addr[64];
	pg_value v;
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	if (n >= sizeof addr)
		return -EINVAL;
	memcpy(addr, text, n);
	addr[n] = 0;
	if (pg_parse_ip(addr, &v))
		return -EINVAL;
	v.n = v.kind == PG_IP4 ? 4 : 16;
	unsigned bits = v.n * 8;
	if (slash) {
		size_t digits = strspn(slash + 1, "0123456789");
		if (!digits || digits > 3 || slash[1 + digits] || (slash[1] == '0' && digits > 1))
			return -EINVAL;
		unsigned given = 0;
		for (size_t i = 1; i <= digits; i++)
			given = given * 10 + (unsigned)(slash[i] - '0');
		if (given > bits)
			return -EINVAL;
		bits = given;
	}
	mask(v.addr, v.n, bits);
	v.kind = PG_CIDR;
	v.prefix = (uint8_t)bits;
	*out = v;
	return 0;
}

bool pg_within(const pg_value *addr, const pg_value *cidr)
{
	unsigned n = addr->kind == PG_IP4 ? 4 : addr->kind == PG_IP6 ? 16 : 0;
	if (!n || cidr->kind != PG_CIDR || cidr->n != n)
		return false;
	uint8_t a[16], c[16];
	memcpy(a, addr->addr, n);
	memcpy(c, cidr->addr, n);
	mask(a, n, cidr->prefix);
	mask(c, n, cidr->prefix);
	return !memcmp(a, c, n);
}

/* inet_ntop writes RFC 5952: lower case, the longest run of zeros shortened, the first of equals. */
static void ip_text(const uint8_t *addr, unsigned n, char *buf, size_t size)
{
	if (!inet_ntop(n == 4 ? AF_INET : AF_INET6, addr, buf, (socklen_t)size) && size)
		*buf = 0;
}

const char *pg_addr_text(const pg_value *v, char *buf, size_t n)
{
	const uint8_t *a = v->addr;
	char ip[INET6_ADDRSTRLEN];
	if (n)
		*buf = 0;
	switch (v->kind) {
	case PG_IP4:
		ip_text(a, 4, buf, n);
		break;
	case PG_IP6:
		ip_text(a, 16, buf, n);
		break;
	case PG_MAC:
		snprintf(buf, n, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
		break;
	case PG_CIDR:
		ip_text(a, v->n, ip, sizeof ip);
		snprintf(buf, n, "%s/%u", ip, v->prefix);
		break;
	default:
		break;
	}
	return buf;
}

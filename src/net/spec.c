/* spec.c - the text that describes a script's own header, read into the rows that protocols are made of. */
#include "net/added.h"

#include "core/near.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- types ---- */

struct type {
	const char *name;   /* "u": followed by a number of bits */
	enum net_how how;
	enum { PLAIN, BITS, BYTES } size;
	unsigned bits;      /* PLAIN */
	uint64_t kinds;
};

static const struct type types[] = {
	{ "ip4",   NET_IP4,    PLAIN, 32,  IR_BIT(IR_IP4) },
	{ "ip6",   NET_IP6,    PLAIN, 128, IR_BIT(IR_IP6) },
	{ "mac",   NET_MAC,    PLAIN, 48,  IR_BIT(IR_MAC) },
	{ "u",     NET_BITS,   BITS,  0,   IR_BIT(IR_INT) },
	{ "le",    NET_LITTLE, BITS,  0,   IR_BIT(IR_INT) },
	{ "char",  NET_CHARS,  BYTES, 0,   IR_BIT(IR_SLICE) },
	{ "bytes", NET_BYTES,  BYTES, 0,   IR_BIT(IR_SLICE) },
};
enum { NTYPES = sizeof types / sizeof *types };

/* One field as it is written. */
struct word { const char *at; int n; };
struct line {
	struct word type, name;
	unsigned count;         /* in brackets; 0: none */
};

static const char *blank(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

static const char *word(const char *p, struct word *w)
{
	w->at = p = blank(p);
	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	w->n = (int)(p - w->at);
	return blank(p);
}

/* "[8]", where there is one; NULL: it is none. */
static const char *brackets(const char *p, unsigned *count)
{
	char *end;

	if (*p != '[')
		return p;
	unsigned long n = strtoul(p + 1, &end, 10);
	p = blank(end);
	if (*p != ']' || !n || n > ADDED_TEXT || *count)
		return NULL;
	*count = (unsigned)n;
	return blank(p + 1);
}

/* "char[8] name" or, as in C, "char name[8]". NULL: it is neither. */
static const char *line(const char *p, struct line *l)
{
	*l = (struct line){ .count = 0 };
	p = brackets(word(p, &l->type), &l->count);
	if (!p || !l->type.n)
		return NULL;
	p = brackets(word(p, &l->name), &l->count);
	if (!p || !l->name.n || isdigit((unsigned char)*l->name.at) || (*p && *p != ';'))
		return NULL;
	return *p ? blank(p + 1) : p;
}

static bool is_type(const struct type *t, const struct line *l)
{
	size_t n = strlen(t->name);

	if ((size_t)l->type.n < n || memcmp(l->type.at, t->name, n) != 0 || (t->size == BYTES) != (l->count > 0))
		return false;
	if (t->size != BITS)
		return (size_t)l->type.n == n;
	for (int i = (int)n; i < l->type.n; i++)
		if (!isdigit((unsigned char)l->type.at[i]))
			return false;
	int bits = l->type.n - (int)n <= 2 ? atoi(l->type.at + n) : 0;
	return bits >= 1 && bits <= 64 && (t->how != NET_LITTLE || (bits % 8 == 0 && bits > 8));
}

/* A map's be16 is u16 here: fields of packets are in the order of the network. */
static const char *in_network_order(const struct line *l)
{
	static const char *const names[] = { "u16", "u32", "u64" };
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (l->type.n == 4 && !memcmp(l->type.at + 2, names[i] + 1, 2))
			return names[i];
	return NULL;
}

/* Is it like be16 or i8, whose likes here are another number? */
static bool is_of_maps(const struct line *l)
{
	const char *digits = l->type.at + (*l->type.at == 'i' ? 1 : 2);
	return (*l->type.at == 'i' || !strncmp(l->type.at, "be", 2)) && isdigit((unsigned char)*digits);
}

static bool no_type(const struct line *l, char *err, size_t errlen)
{
	static const char *const names[] = {
		"u8", "u16", "u24", "u32", "u48", "u64", "le16", "le32", "le64", "ip4", "ip6", "mac", "char", "bytes",
	};
	const char *asked = l->type.at, *near = NULL;
	unsigned best = NEAR_ENOUGH + 1;

	if (*asked == 'b' && is_of_maps(l))
		near = in_network_order(l);
	for (unsigned i = 0; i < sizeof names / sizeof *names && !is_of_maps(l); i++) {
		unsigned d = near_distance(asked, (size_t)l->type.n, names[i]);
		if (d && d < best && (size_t)l->type.n > d) {
			best = d;
			near = names[i];
		}
	}
	snprintf(err, errlen, "there is no type '%.*s' of fields%s%s%s: there are u1 to u64, le16 to le64, ip4, ip6, mac, "
		 "char[N] and bytes[N], N from 1 to %d", l->type.n, asked, near ? " (did you mean '" : "",
		 near ? near : "", near ? "'?)" : "", ADDED_TEXT);
	return false;
}

static const struct type *type_of(const struct line *l)
{
	for (unsigned i = 0; i < NTYPES; i++)
		if (is_type(&types[i], l))
			return &types[i];
	return NULL;
}

static unsigned bits_of(const struct type *t, const struct line *l)
{
	switch (t->size) {
	case PLAIN: return t->bits;
	case BITS:  return (unsigned)atoi(l->type.at + strlen(t->name));
	default:    return 8 * l->count;
	}
}

/* ---- fields ---- */

/* How many bytes it touches. */
static unsigned span(unsigned bit, unsigned width)
{
	return (bit + width + 7) / 8 - bit / 8;
}

static bool placed(const struct type *t, const struct line *l, unsigned bit, unsigned width, char *err, size_t errlen)
{
	const struct word *w = &l->name;

	if (bit + width > ADDED_FIXED * 8)
		snprintf(err, errlen, "the field '%.*s' ends beyond the %d bytes that a header may have before its options",
			 w->n, w->at, ADDED_FIXED);
	else if (t->how == NET_BITS && span(bit, width) > 8)
		snprintf(err, errlen, "the field '%.*s' begins within a byte and touches more than 8", w->n, w->at);
	else if (t->how != NET_BITS && bit % 8)
		snprintf(err, errlen, "the field '%.*s' begins within a byte (bit %u): only u1 to u64 may", w->n, w->at, bit);
	else
		return true;
	return false;
}

static bool is_known(const struct net_spec *s, const char *name)
{
	for (uint32_t i = 0; i < s->nrows; i++)
		if (!strcmp(s->rows[i].name, name))
			return true;
	return ir_lib_find(net_byte_rows, name) || !strcmp(name, "payload");
}

static void add_row(struct arena *a, struct net_spec *s, const char *name, const struct type *t, unsigned bit,
		    unsigned width, const char *fixed)
{
	struct net_field *f = arena_new(a, struct net_field);
	bool text = t->size == BYTES, flag = t->how == NET_BITS && width == 1;

	*f = (struct net_field){ .how = flag ? NET_FLAG : t->how, .bit = (uint16_t)bit, .width = (uint16_t)width };
	s->rows[s->nrows++] = (struct ir_field){
		.name = name, .kinds = flag ? IR_BOOL : t->kinds, .cap = text ? width / 8 : 0, .get = net_get,
		.set = fixed || text ? NULL : net_set, .takes = flag ? IR_BOOL : t->kinds,
		.bits = t->size == BITS ? (uint8_t)width : 0,
		.fixed = fixed ? fixed : NET_FIXED_VIEW, .arg = f,
	};
}

static uint32_t count_lines(const char *text)
{
	uint32_t n = 1;

	while ((text = strchr(text, ';')))
		text++, n++;
	return n;
}

/* Fields whose bytes no load of 1, 2, 4 or 8 covers within the fixed part are read in parts. */
static void part(struct net_spec *s)
{
	for (uint32_t i = 0; i < s->nrows; i++) {
		struct net_field *f = (struct net_field *)s->rows[i].arg;
		if (f->how != NET_BITS)
			continue;
		struct net_span c = net_cover(f);
		if (c.at + c.size <= s->proto->fixed)
			continue;
		f->how = NET_PARTS;
		s->rows[i].set = NULL;
	}
}

bool spec_fields(struct arena *a, const char *text, uint32_t spare, const char *fixed, struct net_spec *s, char *err,
		 size_t errlen)
{
	unsigned bit = 0;
	struct line l;

	s->rows = arena_array(a, struct ir_field, count_lines(text) + spare + 1);
	for (const char *p = blank(text), *at; *p;) {
		at = p;
		p = line(p, &l);
		if (!p) {
			snprintf(err, errlen, "a field is a type and a name, as in \"u8 flags; u24 _; u24 vni\", not \"%.*s\"",
				 (int)strcspn(at, ";"), at);
			return false;
		}
		const struct type *t = type_of(&l);
		if (!t)
			return no_type(&l, err, errlen);
		unsigned width = bits_of(t, &l);
		if (!placed(t, &l, bit, width, err, errlen))
			return false;
		const char *name = arena_printf(a, "%.*s", l.name.n, l.name.at);
		bool skipped = !strcmp(name, "_");
		if (!skipped && is_known(s, name)) {
			snprintf(err, errlen, "the name '%s' of a field is taken", name);
			return false;
		}
		if (!skipped)
			add_row(a, s, name, t, bit, width, fixed);
		bit += width;
	}
	if (bit % 8 || !bit)
		snprintf(err, errlen, bit ? "the fields end within a byte (%u bits): fill it up with u%u _" :
			 "a header without fields", bit, 8 - bit % 8);
	s->proto->fixed = (uint8_t)(bit / 8);
	part(s);
	return bit && bit % 8 == 0;
}

/* ---- length ---- */

/* The field that says how long the header is: what follows is found by it. */
static const struct net_field *byte_field(const struct net_spec *s, const char *name)
{
	for (uint32_t i = 0; i < s->nrows; i++) {
		const struct net_field *f = s->rows[i].arg;
		if (strcmp(s->rows[i].name, name) != 0)
			continue;
		s->rows[i].leads = true;
		return (f->how == NET_BITS || f->how == NET_FLAG) && span(f->bit, f->width) == 1 ? f : NULL;
	}
	return NULL;
}

bool spec_length(struct net_spec *s, const char *text, char *err, size_t errlen)
{
	char name[64], junk;
	unsigned times = 1, plus = 0;
	int n = sscanf(text, " %63[A-Za-z0-9_] * %u + %u %c", name, &times, &plus, &junk);
	bool good = n == 2 || n == 3;

	if (!good) {
		times = 1;
		plus = 0;
		n = sscanf(text, " %63[A-Za-z0-9_] + %u %c", name, &plus, &junk);
		good = n == 2 || (n == 1 && sscanf(text, " %*63[A-Za-z0-9_] %c", &junk) < 1);
	}
	const struct net_field *f = good ? byte_field(s, name) : NULL;
	unsigned shift = f ? 7 - (f->bit + f->width - 1u) % 8 : 0, by = (unsigned)__builtin_ctz(times | 1 << 4);
	if (good && !f) {
		snprintf(err, errlen, "length = \"%s\": '%s' is no field of 8 bits or less, within one byte", text, name);
		return false;
	}
	if (!good || times != 1u << by || times > 8 || plus > 255) {
		snprintf(err, errlen, "length = \"%s\": a length is a field, times 1, 2, 4 or 8, plus 0 to 255: "
			 "\"ihl * 4\", \"words * 4 + 8\"", text);
		return false;
	}
	s->proto->hlen.at = (uint8_t)(f->bit / 8);
	s->proto->hlen.mask = (uint8_t)(((1u << f->width) - 1) << shift);
	s->proto->hlen.shl = (uint8_t)(by > shift ? by - shift : 0);
	s->proto->hlen.shr = (uint8_t)(shift > by ? shift - by : 0);
	s->proto->hlen.add = (uint8_t)plus;
	s->proto->hlen.may_lie = plus < s->proto->fixed;
	return true;
}

/* webs.h - variables of the machine level: block parameters that pass values to each other are one web. */
#ifndef OPT_WEBS_H
#define OPT_WEBS_H

#include "opt/passes.h"

/* What enters a web from outside, or is done with it. The rest of the byte is free for passes. */
enum {
	WEB_POINTER = 1,       /* holds a pointer on some way */
	WEB_IMM = 2,           /* a constant enters it */
	WEB_COMPUTED = 4,      /* something else does */
	WEB_TAG = 8,           /* changes where a pointer does: may tell which pointer that is */
	WEB_LARGE = 16,        /* something computed enters it that is too great for a tag */
};

struct webs {
	struct ir_fn *f;
	uint32_t n;            /* instructions when it was made: webs know no others */
	ir_ref *parent;        /* by instruction: a union-find forest */
	uint8_t *flags;        /* by root */
};

/* Needs ir_order. */
void webs_find(struct ir_fn *f, struct webs *w);

/* Does a web with the flags `with` get constants? They may be 0 beside a pointer, and another variable
 * the tag that says which it is. */
bool webs_have_tags(const struct webs *w, uint8_t with);
/* May a variable of these flags be a tag, the constants of which the verifier must see? tags: webs_have_tags. */
static inline bool web_is_tag(uint8_t flags, bool tags)
{
	return (tags && !(flags & WEB_COMPUTED)) || (flags & (WEB_TAG | WEB_LARGE)) == WEB_TAG;
}
/* What sums, differences and copies start from: of an address, what it is an address of. */
ir_ref web_base(const struct ir_fn *f, ir_ref r);
/* Is r, no parameter, an address? */
bool web_makes_pointer(const struct ir_fn *f, ir_ref r);

static inline ir_ref web_root(struct webs *w, ir_ref r)
{
	while (w->parent[r] != r)
		r = w->parent[r] = w->parent[w->parent[r]];
	return r;
}

static inline bool is_param(const struct ir_fn *f, ir_ref r)
{
	return ir_at(f, r)->op == IRO(param);
}
/* What a parameter of a block with one way in gets there. Needs order. */
ir_ref web_origin(const struct ir_fn *f, ir_ref r);

#endif

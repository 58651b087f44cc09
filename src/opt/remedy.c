/* remedy.c - what to write instead, where an operand is sure to be of the wrong kind. */
#include "opt/infer.h"

#include <string.h>

const char *infer_meant(const struct infer *in, ir_ref r, uint32_t i)
{
	struct ir_unit *u = in->fl.u;
	const struct ir_ins *ins = ir_at(in->fl.f, r);
	const struct ir_name *n = in->fl.report && ins->names && i < 2 ? &ins->names[i] : NULL;
	if (!n || (n->how != IR_N_FIELD && n->how != IR_N_GLOBAL) || infer_arg(in, r, i).kinds != IR_BIT(IR_NIL))
		return NULL;
	for (uint32_t k = 0; k < u->nabsent; k++) {
		const struct ir_absent *a = &u->absent[k];
		const struct diag_pos at = n->how == IR_N_GLOBAL ? a->at : (struct diag_pos){ 0 };
		const char *near = strcmp(a->name, n->name) ? NULL : u->source->meant(u, a->table, at, a->name);
		if (near)
			return arena_printf(u->arena, "did you mean '%s'?", near);
	}
	return NULL;
}

const char *infer_convert(uint64_t want, const struct ir_type *got)
{
	const uint64_t addresses = IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC);
	uint64_t is = got->kinds & ~IR_BIT(IR_NIL);
	if (!is)
		return "give it a value; where it may be nil, test it first";
	if (is == IR_BIT(IR_IP4) || is == IR_BIT(IR_IP6) || is == IR_BIT(IR_MAC)) {
		if (want & IR_BIT(IR_INT))
			return "a:int() is an ip4 or a mac as a number, a:byte(i) a byte of an address";
		if (want & addresses)
			return "an address goes where its own kind is meant: ip4, ip6 or mac";
		return want & IR_STRINGS && !(want & IR_BIT(IR_HOST)) ? "write tostring(address)" : NULL;
	}
	if (!(is & ~IR_STRINGS) && want & IR_BIT(IR_INT))
		return "tonumber(text) is its number, text:byte(i) one of its bytes";
	if (!(is & ~IR_STRINGS) && want & addresses)
		return want & IR_BIT(IR_MAC) ? "write bpf.mac(\"02:00:00:00:00:01\"), or use a field that is one"
					     : "write bpf.ip(\"10.0.0.1\"), or use a field that is one";
	if (!(is & ~IR_BOOL) && want & IR_BIT(IR_INT))
		return "write (v and 1 or 0) for the truth v";
	if (is == IR_BIT(IR_INT) && want & IR_BIT(IR_IP4))
		return "bpf.ip(n) is the address that the number n is";
	if (is == IR_BIT(IR_INT) && want & IR_BOOL)
		return "write n ~= 0, or true";
	if (is == IR_BIT(IR_FLOAT) && want & IR_BIT(IR_INT))
		return "write an integer: 1 for 1.0";
	return want & IR_BIT(IR_REC) ? "write a table: { field = value }" : NULL;
}

const char *infer_remedy(const struct infer *in, ir_ref r, uint32_t i)
{
	struct arena *a = in->fl.u->arena;
	const struct ir_name *n = ir_at(in->fl.f, r)->names;
	const char *near = infer_meant(in, r, i), *name = n && i < 2 ? n[i].name : NULL;
	struct ir_type t = infer_arg(in, r, i);
	if (near || t.kinds != IR_BIT(IR_NIL))
		return near;
	switch (name ? n[i].how : IR_N_NONE) {
	case IR_N_LOCAL: case IR_N_UPVALUE:
		return arena_printf(a, "give it a value first: %s = ...", name);
	case IR_N_GLOBAL:
		return arena_printf(a, "define it in the user half, before this is compiled: %s = ...", name);
	case IR_N_FIELD:
		return *name == '?' ? NULL : arena_printf(a, "give the field a value first: { %s = ... }", name);
	default:
		return NULL;
	}
}

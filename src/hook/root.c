/* root.c - the root program and its slot. Writing the slot takes 50 us where updating an XDP link
 * waits 15 ms for a grace period. The array is emptied when its last descriptor goes, so it is kept
 * open as long as the attachment. */
#include "hook/root.h"
#include "kern/bpf_abi.h"
#include "kern/kern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t native(const struct ir_target *t, int64_t neutral)
{
	for (const struct ir_verdict *v = t->verdicts; v->neutral; v++)
		if (v->neutral == neutral)
			return v->native;
	return 0;
}

/* Named as the program behind it, which is what lists of attached programs are read for. */
static int load_root(const struct ir_target *t, uint32_t flags, int slot_fd, int prog_fd, char *err, size_t errlen)
{
	struct kern_prog_info leaf = { .name = "pg_root" };
	kern_prog_info(prog_fd, &leaf);
	const struct bpf_insn insns[] = {
		ABI_LD_MAP_FD(2, slot_fd),
		ABI_MOV_IMM(3, 0),
		ABI_CALL(ABI_TAIL_CALL),
		ABI_MOV_IMM(0, (int)native(t, t->default_verdict)),
		ABI_EXIT(),
	};
	/* the kernel lets programs of one array differ in nothing: type, attach type, flags as the leaf's */
	struct kern_prog_spec s = { .type = t->prog_type, .attach_type = t->attach_type, .flags = flags,
				    .insns = insns, .n = sizeof insns / sizeof *insns,
				    .name = leaf.name };
	char *log;
	int fd = kern_prog_load(&s, &log);
	if (fd < 0)
		snprintf(err, errlen, "cannot load the root program: %s%s%s", strerror(-fd),
			 log ? "\n" : "", log ? log : "");
	free(log);
	return fd;
}

int root_put(int slot_fd, int prog_fd, char *err, size_t errlen)
{
	uint32_t zero = 0, fd = (uint32_t)prog_fd;
	int r = kern_map_update(slot_fd, &zero, &fd, 0);
	if (r < 0)
		snprintf(err, errlen, "the kernel refused the program its place behind the root: %s",
			 strerror(-r));
	return r;
}

int root_new(const struct ir_target *t, uint32_t flags, int prog_fd, int *root_fd, int *slot_fd, char *err,
	     size_t errlen)
{
	struct kern_map_spec s = { .type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4,
				   .entries = 1, .name = "pg_slot", .numa = -1 };
	int slot = kern_map_create(&s), root, r;
	if (slot < 0) {
		snprintf(err, errlen, "cannot make the root's program array: %s", strerror(-slot));
		return slot;
	}
	root = load_root(t, flags, slot, prog_fd, err, errlen);
	r = root < 0 ? root : root_put(slot, prog_fd, err, errlen);
	if (r < 0) {
		kern_close(root);
		kern_close(slot);
		return r;
	}
	*root_fd = root;
	*slot_fd = slot;
	return 0;
}

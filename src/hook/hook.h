/*
 * hook.h - what is known of a kind of kernel hook beyond its compile-time target: how a program is
 * attached there, replaced while it runs, and taken away. One row in hooks.def and one file each.
 */
#ifndef HOOK_HOOK_H
#define HOOK_HOOK_H

#include "ir/target.h"
#include "kern/kern.h"

/* How a running program is replaced. */
enum hook_replace {
	HOOK_LINK, /* the link's own update is fast */
	HOOK_ROOT, /* a root program tail-calls a slot; a replace writes the slot */
	HOOK_SWAP, /* attach the new, then detach the old: for a moment both run */
};

struct hook;
struct event_field;

/* What of its compile options a program keeps: how it is attached depends on them. */
struct hook_made {
	uint64_t pid;      /* the one process that it runs for; 0: all */
	bool ret;          /* at a function's return */
	uint32_t flags;    /* it is loaded with these, and so is a root before it */
};

/* An attachment. All its descriptors are its own; when they go, everything detaches. */
struct hook_link {
	const struct hook *hook;
	struct kern_features *features; /* the context's */
	int link_fd;       /* BPF link; -1: attached in another way */
	int root_fd;       /* the root program, or -1 */
	int slot_fd;       /* the root's program array, or -1 */
	int ifindex;
	int how;           /* the family's own: kern_xdp_mode */
	void *own;         /* whatever else the family keeps; its detach frees it */
	const char *mode;  /* how it is attached, where that differs: "native", "skb"; or "" */
	const char *pin;   /* where it outlives the process; NULL: it does not. The api's */
	char name[128];    /* "xdp eth0" */
	struct hook_made made; /* of its program, given to attach */
};

/* Where a program is to be made for. */
struct hook_place {
	const char *point;                  /* "sched:sched_switch"; NULL: none was named */
	const struct pg_compile_opts *opts;
	struct kern_features *features;
	struct arena *arena;                /* of the unit */
};

/* Filled by each family's file. Functions give 0 or -errno with a sentence in err. */
struct hook_family {
	const struct ir_target *target;     /* where it depends on the point: what all points share */
	enum pg_input input; /* what the function receives */
	uint32_t test_min;   /* least bytes of input that the kernel's test run takes */
	uint32_t test_most;  /* most that it gives a program in one buffer; 0: however many there are */
	bool no_test;        /* it has no test run for programs of this type */
	uint32_t test_skip;  /* bytes it takes off before the program sees them, an Ethernet header's */
	/* A context that is the same everywhere, where the function receives a view of it: its name and its fields, the last
	 * of which has none. */
	const char *context;
	struct event_field *fields;
	/* The target at one place, in its arena; NULL: it is the same everywhere. */
	int (*target_at)(const struct hook_place *at, const struct ir_target **out, char *err, size_t errlen);
	int (*attach)(struct kern_features *f, int prog_fd, const struct pg_attach_opts *opts,
		      struct hook_link *l, char *err, size_t errlen);
	int (*replace)(struct hook_link *l, int prog_fd, char *err, size_t errlen);
	int (*detach)(struct hook_link *l, char *err, size_t errlen); /* closes everything, also on failure */
	void (*leave)(struct hook_link *l); /* closes everything, detaches nothing: what is pinned. NULL: nothing is */
};

struct hook {
	const char *name;
	enum hook_replace replace;
	const char *args;   /* what an attachment names: hooks.def */
	const char *what;   /* one line, for help texts */
	const struct hook_family *family;
};

/* A hook of the kernel that this version has not: absent.def. */
struct hook_absent {
	const char *name;
	const char *nearest; /* what there is instead; NULL: nothing */
};

/* The hook of a kind, "xdp" or "tracepoint:sched:sched_switch"; *point: what follows the name, or
 * NULL. NULL: there is none. */
const struct hook *hook_find(const char *kind, const char **point);
const struct hook *hook_at(unsigned i);                     /* NULL past the end */
const struct hook_absent *hook_absent_find(const char *kind); /* NULL: none of that name */
const struct hook_absent *hook_absent_at(unsigned i);       /* NULL past the end */
bool hook_names(const struct hook *h, const char *word);    /* is the word in its args? */
/* The number of the device of that name, which carries Ethernet frames: 0 or -errno with a sentence in err. */
int hook_device(const char *name, int *ifindex, char *err, size_t errlen);
/* What is compiled for at a place, in its arena: likewise. */
int hook_target(const struct hook_family *f, const struct hook_place *at, const struct ir_target **out, char *err,
		size_t errlen);
/* A neutral verdict of the hook's native one; the native one itself when it has no neutral. */
int64_t hook_neutral(const struct ir_target *t, int64_t native);

#endif

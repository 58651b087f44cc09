/* sys.h - inside kern/: the system call itself, and what every file of the room needs. */
#ifndef KERN_SYS_H
#define KERN_SYS_H

#include <limits.h>
#include <linux/bpf.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Declares a zeroed attribute block: the kernel refuses unknown bits that are not 0. */
#define KERN_ATTR(name)      \
	union bpf_attr name; \
	memset(&name, 0, sizeof name)

/* The result, or -errno. Tried again when the kernel says EAGAIN (a signal during verification). */
int kern_bpf(enum bpf_cmd cmd, union bpf_attr *attr);
/* The same; where locked memory is still limited (before 5.11), raises the limit and tries again. */
int kern_bpf_charged(enum bpf_cmd cmd, union bpf_attr *attr);

static inline uint64_t kern_ptr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* Object name: letters, digits, '_' and '.', at most 15; anything else becomes '_'. */
void kern_name(char out[BPF_OBJ_NAME_LEN], const char *name);

uint64_t kern_capabilities(void); /* effective ones, as bits */

/* feature cache (cache.c) */
struct kern_features;
void kern_cache_read(struct kern_features *f);
void kern_cache_write(const struct kern_features *f);
/* The line itself, from n bytes on: what comes before says what it is valid for. Its length; state has FEAT_COUNT. */
enum { KERN_CACHE_LINE = 256 };
int kern_cache_put(char line[KERN_CACHE_LINE], int n, const int8_t *state);
/* What a line says that starts so; false: it is not exactly what would be written. What is known already stays. */
bool kern_cache_take(const char *have, const char *start, int8_t *state);

/* Of a line of /proc/self/mounts: is the tree of cgroups mounted there, and where? */
bool kern_cgroup_tree(const char *line, char path[PATH_MAX]);

/* feature probes (probe.c): 1 there, -1 absent, 0: cannot be told; one row per feature */
int kern_probe(unsigned which);

/* netlink (netlink.c): a request and its attributes, nested or not */
struct kern_nl {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct tcmsg tc;
	};
	char attrs[256];
};
struct rtattr *kern_nl_nest(struct kern_nl *q, uint16_t type);
void kern_nl_put(struct kern_nl *q, struct rtattr *nest, uint16_t type, const void *v, size_t n);
struct rtattr *kern_nl_find(struct rtattr *a, size_t left, int type);
/* Sends q, hands each message of the answer to `take` (NULL: none is wanted). 0, or -errno: the
 * kernel's or what take gave. */
int kern_nl_ask(const struct kern_nl *q, int (*take)(void *arg, struct nlmsghdr *h), void *arg);
int kern_nl_xdp_set(int ifindex, int prog_fd, int expected_fd, uint32_t flags);
int kern_nl_xdp_id(int ifindex, uint32_t *prog_id);

/* tc without tcx (clsact.c) */
struct kern_tc;
int kern_clsact_attach(struct kern_tc *t, int prog_fd);
int kern_clsact_replace(struct kern_tc *t, int prog_fd);
int kern_clsact_detach(struct kern_tc *t);

/* The pages of a ring buffer (ring.c): a position of the reader, one of the writer, and the data, mapped twice in a row
 * so that no record is ever split. */
struct kern_ring_pages {
	unsigned long *consumer, *producer;
	uint8_t *data;
	size_t page, size;
};
/* reading: the consumer's page may be written, else the others. 0 or -errno. */
int kern_ring_map(int map_fd, uint32_t bytes, bool reading, struct kern_ring_pages *out);
void kern_ring_unmap(struct kern_ring_pages *m);
/* Hands on what lies between both positions, as kern_ring_read. */
int kern_ring_take(const struct kern_ring_pages *m, void (*each)(void *arg, const void *data, size_t n), void *arg);
int kern_user_ring_back(const struct kern_ring_pages *m, void *out, uint32_t n); /* as kern_user_ring_take */

#endif

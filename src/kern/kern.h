/*
 * kern.h - the kernel edge: the only callers of bpf(2), perf_event_open(2) and netlink. Descriptors
 * live only here, owned by handles. Every failure is -errno.
 */
#ifndef KERN_KERN_H
#define KERN_KERN_H

#include "core/feature.h"
#include "core/kfunc.h"

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- features (lazy, cached by boot id and credentials) ---- */
struct kern_features {
	int8_t state[FEAT_COUNT]; /* 0 not probed, 1 there, -1 absent, -2 off */
	bool read;                /* the cache file was looked at */
	int tracefs;              /* kern_tracefs's descriptor, and one; 0: not open */
	uint32_t kfunc[KFUNC_COUNT]; /* kern_kfunc; 0: not asked for yet */
};
/* Probes what is not known. Where the process may not probe, the feature is taken to be there:
 * compiling needs no rights. */
bool kern_has(struct kern_features *f, enum feature which);
void kern_probe_all(struct kern_features *f); /* writes the cache file once */
const char *kern_feature_name(enum feature which);
const char *kern_feature_since(enum feature which);
const char *kern_feature_what(enum feature which);

/* ---- maps: raw descriptors, keys and values as bytes ---- */
struct kern_map_spec {
	uint32_t type, key_size, value_size, entries, flags;
	const char *name;
	int numa; /* -1 any */
	int btf_fd; /* 0: none */
	uint32_t btf_key, btf_value;
	int inner_fd; /* maps of maps; else 0 */
};
int kern_map_create(const struct kern_map_spec *s); /* fd */
struct kern_map_info { uint32_t type, key_size, value_size, entries, flags, btf_id; };
int kern_map_info(int fd, struct kern_map_info *out);
int kern_obj_get(const char *path); /* fd of what is pinned there */
int kern_obj_pin(int fd, const char *path);
int kern_map_lookup(int fd, const void *key, void *value, uint64_t flags);
int kern_map_update(int fd, const void *key, const void *value, uint64_t flags);
int kern_map_delete(int fd, const void *key);
int kern_map_pop(int fd, const void *key, void *value); /* reads and deletes */
int kern_map_next_key(int fd, const void *key, void *next); /* key NULL: first; -ENOENT: end */
/* Up to *count pairs per call (BPF_MAP_LOOKUP_BATCH); -EOPNOTSUPP / -EINVAL where it cannot. */
int kern_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys, void *values,
			  uint32_t *count);
/* The same for storing; keys NULL: those of an array, in order. Falls back to one at a time. */
int kern_map_fill(int fd, const void *keys, uint32_t key_size, const void *values, uint32_t value_size, uint32_t n);
int kern_map_attach(int fd, int prog_fd, uint32_t attach_type);
int kern_map_detach(int fd, int prog_fd, uint32_t attach_type); /* -ENOENT: it is another one's */
int kern_map_freeze(int fd); /* nobody stores by bpf(2) any more */
int kern_ncpus(void); /* possible CPUs: slots of a per-CPU value */
void kern_close(int fd);

/* ---- programs ---- */
struct kern_prog_spec {
	uint32_t type, attach_type;
	const struct bpf_insn *insns;
	uint32_t n;
	const char *name;                  /* cleaned and cut to 15 characters */
	const void *btf;                   /* program BTF blob, or NULL */
	uint32_t btf_len;
	const struct bpf_func_info *func_info;
	uint32_t nfunc_info;
	const struct bpf_line_info *line_info;
	uint32_t nline_info;
	uint32_t flags;
};
/* fd. On rejection the load is tried once more with the log on; *log (malloc'd) then holds it. *log
 * is NULL when the kernel said nothing: refused for want of rights (-EPERM), or bad attributes. */
int kern_prog_load(const struct kern_prog_spec *s, char **log);
int kern_prog_by_id(uint32_t id); /* fd */
/* A process that holds the program, or a link that runs it, and its command line; 0: none is seen. */
int kern_prog_owner(uint32_t id, char *command, size_t n);
int kern_btf_load(const void *btf, uint32_t len, char **log); /* fd; *log as above */
/* The bytes of loaded BTF; *len: room, out how many. -ENOSPC: more. */
int kern_btf_raw(uint32_t id, void *out, uint32_t *len);
struct kern_test { const void *in; size_t in_len; void *out; size_t out_len; uint32_t retval; uint32_t ns; uint32_t repeat; };
int kern_prog_test(int fd, struct kern_test *t); /* out_len: in capacity, out what there was */
struct kern_prog_info { uint32_t id, xlated_len, jited_len, verified_insns; char name[16]; uint64_t run_cnt, run_ns, missed; };
int kern_prog_info(int fd, struct kern_prog_info *out);
int kern_count_runs(void); /* fd: while it is open, the kernel counts every program's runs and their time (5.8) */
int kern_prog_xlated(int fd, struct bpf_insn **out, uint32_t *n); /* malloc'd */
int kern_prog_jited(int fd, uint8_t **out, uint32_t *n); /* the machine's code, in bytes; likewise */
/* The verifier's log against Lua: keeps the last relevant lines and names the Lua line each
 * belongs to (line records appear in the log as "; text @ file:line"). malloc'd text. */
char *kern_log_explain(const char *log);

/* ---- XDP ---- */
enum kern_xdp_mode { KERN_XDP_AUTO, KERN_XDP_NATIVE, KERN_XDP_SKB };
/* Attaches through a BPF link, or netlink where there is none. *link_fd is the link's descriptor,
 * or -1 for netlink. *got: native or skb. -EBUSY: another program is there (*other_id is its id). */
int kern_xdp_attach(struct kern_features *f, int ifindex, int prog_fd, enum kern_xdp_mode mode,
		    int *link_fd, enum kern_xdp_mode *got, uint32_t *other_id);
int kern_xdp_detach(int ifindex, int link_fd, int prog_fd, enum kern_xdp_mode mode);
bool kern_xdp_gone(int link_fd); /* the link's device went, and the attachment with it */
int kern_xdp_id(int ifindex, uint32_t *id); /* of the program attached there; -ENOENT: none */

/* ---- tc: packets that a device receives or sends ---- */
struct kern_tc {
	int ifindex;
	bool egress;
	int link_fd;       /* of a tcx link; -1: a filter of the clsact qdisc */
	uint16_t prio;     /* the filter's */
	uint32_t prog_id;  /* likewise: whether it is still ours */
	int token;         /* a descriptor that is there as long as the filter has an owner */
	bool made;         /* the qdisc is there because of us */
};
/* ifindex and egress are given. -ENOLINK, -ENODEV, -ENOENT: it is not there any more. */
int kern_tc_attach(struct kern_features *f, struct kern_tc *t, int prog_fd);
int kern_tc_replace(struct kern_tc *t, int prog_fd);
int kern_tc_detach(struct kern_tc *t); /* closes everything, also on failure */
int kern_ethernet(int ifindex); /* 0: it carries Ethernet frames; -EOPNOTSUPP: it does not */
int kern_tcx_link(int ifindex, bool egress, int prog_fd); /* fd */

/* ---- socket filters ---- */
/* A packet socket on the device with the program as its filter, for the filter's sake: what it keeps is
 * not kept for long. fd. */
int kern_packet_socket(int ifindex, int prog_fd);
/* The device that a packet socket with whole frames is bound to. -EPROTOTYPE: it is another kind of
 * socket; -EDESTADDRREQ: it is bound to no device. */
int kern_packet_device(int fd);
int kern_socket_attach(int fd, int prog_fd);
int kern_socket_detach(int fd);
int kern_dup(int fd);
uint64_t kern_socket_cookie(int fd); /* the number that the kernel knows it by; 0: it is no socket */

/* ---- the network namespace of this thread ---- */
int kern_netns_link(int prog_fd, uint32_t attach_type); /* fd of a link to it */

/* ---- links of any kind ---- */
enum kern_link_kind { KERN_LINK_OTHER, KERN_LINK_XDP, KERN_LINK_TCX };
struct kern_link_info {
	enum kern_link_kind kind;
	uint32_t ifindex;    /* 0: its device is gone */
	bool egress;         /* tcx */
};
/* Maps and programs would answer, too, and their types have the same numbers: where fd may be one, ask kern_is_link. */
int kern_link_info(int link_fd, struct kern_link_info *out);
bool kern_is_link(int fd);
/* Waits until no other process holds the directory that the path is in, and holds it: fd, whose end lets go. */
int kern_pin_lock(const char *path);
int kern_link_update(int link_fd, int prog_fd);
int kern_link_detach(int link_fd); /* and closes it */

/* ---- tracefs: what events there are ---- */
/* The directory, mounted or, with the rights, private to the descriptor; -errno. It stays open until
 * kern_tracefs_close: leaving a private mount waits for a grace period of milliseconds. */
int kern_tracefs(struct kern_features *f);
void kern_tracefs_close(struct kern_features *f);
/* A whole file below it, malloc'd, with a NUL behind it. Paths are made of names without '/'. */
int kern_tracefs_read(int dir, const char *path, char **out, size_t *n);
bool kern_tracefs_has(int dir, const char *path);
int kern_tracefs_list(int dir, const char *path, void (*each)(void *arg, const char *name), void *arg);

/* ---- types of the kernel (BTF) ---- */
enum kern_btf_kind { KERN_BTF_OTHER, KERN_BTF_INT, KERN_BTF_BOOL, KERN_BTF_CHAR, KERN_BTF_PTR };
struct kern_btf_member {
	const char *name;         /* for the time of the call; so much for each member */
	enum kern_btf_kind kind;  /* of its elements, when it is an array */
	uint32_t offset, size;    /* bytes; size of one element, 0 for KERN_BTF_OTHER */
	bool is_signed, array;
	uint32_t count;           /* elements of an array; 0: as many as there are */
};
/* The members of a struct. file NULL: the running kernel's. -ENOENT: there is none, or no such file. */
int kern_btf_struct(const char *file, const char *name, void (*each)(void *arg, const struct kern_btf_member *m),
		    void *arg);

/* The numbers of the types of functions, by their names; what is not there is 0, and the result -ENOENT. Takes some
 * milliseconds for the running kernel's (file NULL). */
int kern_btf_functions(const char *file, const char *const *names, uint32_t *ids, uint32_t n);
/* The number of the type of a function that programs may call: what its call says. All are looked up once. */
int kern_kfunc(struct kern_features *f, enum kfunc which, uint32_t *id);

/* ---- perf events ---- */
int kern_perf_tracepoint(uint32_t id); /* fd of an event on the tracepoint that tracefs calls `id` */
/* fd of an event on an instruction of a file, or (ret) on the return of the function that starts there; in one
 * process, or (pid 0) in all. -ENODEV: the kernel has no such events. */
int kern_perf_uprobe(const char *path, uint64_t offset, bool ret, uint64_t pid);
/* *link_fd: the BPF link, or -1 where the kernel has none for perf events; both are to be closed. */
int kern_perf_attach(struct kern_features *f, int perf_fd, int prog_fd, int *link_fd);

/* ---- ring buffer ---- */
struct kern_ring;
int kern_ring_new(int map_fd, uint32_t bytes, struct kern_ring **out);
void kern_ring_free(struct kern_ring *r);
/* Hands every record to `each`; returns how many. */
int kern_ring_read(struct kern_ring *r, void (*each)(void *arg, const void *data, size_t n), void *arg);

/* ---- user ring buffer: written here, read by programs ---- */
struct kern_user_ring;
int kern_user_ring_new(int map_fd, uint32_t bytes, struct kern_user_ring **out);
void kern_user_ring_free(struct kern_user_ring *r);
int kern_user_ring_write(struct kern_user_ring *r, const void *data, uint32_t n); /* -E2BIG: full */
/* The next record that no program has read, taken back: its first n bytes. -ENOENT: there is none. */
int kern_user_ring_take(struct kern_user_ring *r, void *out, uint32_t n);

/* ---- memory of one-entry arrays made with BPF_F_MMAPABLE ---- */
void *kern_map_mmap(int fd, size_t size); /* NULL on failure */
void kern_map_munmap(void *p, size_t size);

/* ---- processes ---- */
/* This process's PID namespace as bpf_get_ns_current_pid_tgid takes it; 0, 0 for the first one, which
 * needs no translation, and where /proc does not tell. */
int kern_thread_open(int tid); /* fd that stands for a thread of this namespace */
void kern_pidns(uint64_t *dev, uint64_t *ino);

/* ---- cgroups of version 2, by number: the inode of their directory ---- */
int kern_cgroup_own(uint64_t *out);
int kern_cgroup_number(const char *path, uint64_t *out);
int kern_cgroup_open(uint64_t number); /* fd; needs CAP_DAC_READ_SEARCH */

/* ---- rights ---- */
/* One sentence on what is missing and how to get it, or NULL when bpf(2) may be used. */
const char *kern_rights_missing(void);

#endif

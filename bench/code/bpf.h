/* bpf.h - what the programs of this folder need of a BPF library: maps and helpers by number. */
#ifndef BENCH_BPF_H
#define BENCH_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))

/* Whatever the compiler knows of v, it forgets. */
#define barrier_var(v) asm volatile("" : "+r"(v))

/* may_goto, by its bytes: false when the loop has used up what the kernel allows. */
#define can_loop ({ \
	__label__ stop, go; \
	_Bool more = 1; \
	asm volatile goto("1: .byte 0xe5; .byte 0; .long ((%l[stop] - 1b - 8) / 8) & 0xffff; .short 0" :::: stop); \
	goto go; \
stop:	more = 0; \
go:	more; \
})

struct map_def { __u32 type, key_size, value_size, max_entries, map_flags, lock_at; };
#define MAP(name, kind, key, value, entries) \
	struct map_def name SEC("maps") = { BPF_MAP_TYPE_##kind, sizeof(key), sizeof(value), entries, 0, 0 }
/* Of values with a `struct bpf_spin_lock lock`, not at their start. */
#define LOCKED_MAP(name, kind, key, value, entries) \
	struct map_def name SEC("maps") = { BPF_MAP_TYPE_##kind, sizeof(key), sizeof(value), entries, 0, \
					    __builtin_offsetof(value, lock) }
#define RING(name, size) struct map_def name SEC("maps") = { BPF_MAP_TYPE_RINGBUF, 0, 0, size, 0, 0 }

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) =
	(void *)BPF_FUNC_map_update_elem;
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)BPF_FUNC_map_delete_elem;
static __u64 (*const bpf_get_current_pid_tgid)(void) = (void *)BPF_FUNC_get_current_pid_tgid;
static long (*const bpf_get_current_comm)(void *buf, __u32 size) = (void *)BPF_FUNC_get_current_comm;
static long (*const bpf_xdp_load_bytes)(struct xdp_md *ctx, __u32 at, void *to, __u32 n) =
	(void *)BPF_FUNC_xdp_load_bytes;
static long (*const bpf_skb_pull_data)(struct __sk_buff *skb, __u32 len) = (void *)BPF_FUNC_skb_pull_data;
static long (*const bpf_csum_update)(struct __sk_buff *skb, __u32 difference) = (void *)BPF_FUNC_csum_update;
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)BPF_FUNC_ktime_get_ns;
static void (*const bpf_spin_lock)(struct bpf_spin_lock *lock) = (void *)BPF_FUNC_spin_lock;
static void (*const bpf_spin_unlock)(struct bpf_spin_lock *lock) = (void *)BPF_FUNC_spin_unlock;
static long (*const bpf_redirect)(__u32 device, __u64 flags) = (void *)BPF_FUNC_redirect;
static long (*const bpf_skb_store_bytes)(struct __sk_buff *skb, __u32 at, const void *from, __u32 n, __u64 flags) =
	(void *)BPF_FUNC_skb_store_bytes;
static long (*const bpf_l3_csum_replace)(struct __sk_buff *skb, __u32 at, __u64 from, __u64 to, __u64 flags) =
	(void *)BPF_FUNC_l3_csum_replace;
static long (*const bpf_l4_csum_replace)(struct __sk_buff *skb, __u32 at, __u64 from, __u64 to, __u64 flags) =
	(void *)BPF_FUNC_l4_csum_replace;
static void *(*const bpf_ringbuf_reserve)(void *map, __u64 size, __u64 flags) = (void *)BPF_FUNC_ringbuf_reserve;
static void (*const bpf_ringbuf_submit)(void *record, __u64 flags) = (void *)BPF_FUNC_ringbuf_submit;

#define htons(x) ((__be16)__builtin_bswap16(x))
#define ntohs(x) __builtin_bswap16(x)
#define htonl(x) __builtin_bswap32(x)
#define ntohl(x) __builtin_bswap32(x)

/* For the user half to report, as ours does: a value that a full map does not take, an event that a full ring
 * does not. */
static __u64 errors SEC(".data.errors"), lost SEC(".data.lost");

INLINE void note(__u64 *what)
{
	__sync_fetch_and_add(what, 1);
}

/* m[key] = value. 0, or an error was counted. */
INLINE long put(void *map, const void *key, const void *value)
{
	long err = bpf_map_update_elem(map, key, value, BPF_ANY);

	if (err)
		note(&errors);
	return err;
}

/* m[key] += n, made when it is not there. What finds no room is left out, and counted. */
INLINE void count(void *map, const void *key, __u64 n)
{
	__u64 *v = bpf_map_lookup_elem(map, key);

	if (!v) {
		__u64 zero = 0;
		bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
		v = bpf_map_lookup_elem(map, key);
		if (!v) {
			note(&errors);
			return;
		}
	}
	__sync_fetch_and_add(v, n);
}

#endif

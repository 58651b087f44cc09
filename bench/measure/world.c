/* world.c - a program in the small machine of tests/vm-bpf, with maps and helpers of its own. */
#include "measure.h"

#include "ir/ir.h"

#include "vm-bpf/vm.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 4096 };

struct table {
	int fd;
	uint32_t type, key_size, value_size, step, max;
	char name[BPF_OBJ_NAME_LEN];
	uint32_t n;              /* entries; an array has all of them */
	uint8_t *keys, *values;
};

struct world {
	const struct side *side;
	const struct kind *kind;
	_Alignas(8) uint8_t packet[LONGEST];
	struct table maps[MAPS];
	struct vm_region regions[MAPS + 3];
	struct vm vm;
	uint64_t now;
	bool full, locked;
	uint32_t target, events;
	_Alignas(8) uint8_t record[VALUE_SIZE];
	_Alignas(8) uint8_t ctx[LONGEST];
};

static bool by_processor(const struct table *t)
{
	return t->type == BPF_MAP_TYPE_PERCPU_ARRAY || t->type == BPF_MAP_TYPE_PERCPU_HASH ||
	       t->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_array(const struct table *t)
{
	return t->type == BPF_MAP_TYPE_ARRAY || t->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/* ---- entries ---- */

static bool prefix_equal(const uint8_t *a, const uint8_t *b, uint32_t bits)
{
	uint32_t whole = bits / 8, rest = bits % 8;

	return !memcmp(a, b, whole) && (!rest || !((a[whole] ^ b[whole]) >> (8 - rest)));
}

/* The longest prefix that holds the key; keys start with their length in bits. */
static uint8_t *longest(const struct table *t, const uint8_t *key)
{
	uint32_t best = 0, bits, most;
	uint8_t *found = NULL;

	memcpy(&most, key, 4);
	for (uint32_t i = 0; i < t->n; i++) {
		const uint8_t *k = t->keys + i * t->key_size;
		memcpy(&bits, k, 4);
		if (bits <= most && (!found || bits > best) && prefix_equal(k + 4, key + 4, bits)) {
			found = t->values + i * t->step;
			best = bits;
		}
	}
	return found;
}

static uint8_t *look_up(const struct table *t, const uint8_t *key)
{
	if (is_array(t)) {
		uint32_t i;
		memcpy(&i, key, 4);
		return i < t->n ? t->values + i * t->step : NULL;
	}
	if (t->type == BPF_MAP_TYPE_LPM_TRIE)
		return longest(t, key);
	for (uint32_t i = 0; i < t->n; i++)
		if (!memcmp(t->keys + i * t->key_size, key, t->key_size))
			return t->values + i * t->step;
	return NULL;
}

static int64_t update(struct table *t, const uint8_t *key, const uint8_t *value, uint64_t flags)
{
	uint8_t *v = look_up(t, key);

	if (v && flags == BPF_NOEXIST)
		return -17;
	if (!v) {
		if (is_array(t) || t->n >= t->max)
			return -7;
		memcpy(t->keys + t->n * t->key_size, key, t->key_size);
		v = t->values + t->n++ * t->step;
	}
	memcpy(v, value, t->value_size);
	return 0;
}

static int64_t drop(struct table *t, const uint8_t *key)
{
	uint8_t *v = look_up(t, key);

	if (!v || is_array(t))
		return -2;
	uint32_t i = (uint32_t)((size_t)(v - t->values) / t->step), last = --t->n;
	memmove(t->keys + i * t->key_size, t->keys + last * t->key_size, t->key_size);
	memmove(v, t->values + last * t->step, t->step);
	return 0;
}

/* What the kernel's map holds; of values by processor the first one's. */
static void fill(struct table *t)
{
	static _Alignas(8) uint8_t value[CPUS * VALUE_SIZE];
	uint8_t key[2][KEY_SIZE];
	union bpf_attr a = { .map_fd = (uint32_t)t->fd, .next_key = (uintptr_t)key[0] };

	for (unsigned k = 0; sys_bpf(BPF_MAP_GET_NEXT_KEY, &a) == 0; k ^= 1) {
		union bpf_attr v = { .map_fd = (uint32_t)t->fd, .key = (uintptr_t)key[k],
				     .value = (uintptr_t)value };
		if (sys_bpf(BPF_MAP_LOOKUP_ELEM, &v) == 0)
			update(t, key[k], value, BPF_ANY);
		a.key = (uintptr_t)key[k];
		a.next_key = (uintptr_t)key[k ^ 1];
	}
}

static void table_open(struct table *t, int fd, const struct bpf_map_info *info)
{
	t->fd = fd;
	t->type = info->type;
	t->key_size = info->key_size;
	t->value_size = info->value_size;
	t->step = (t->value_size + 7) & ~7u;
	t->max = info->max_entries < ENTRIES ? info->max_entries : ENTRIES;
	t->n = is_array(t) ? t->max : 0;
	memcpy(t->name, info->name, sizeof t->name);
	t->keys = calloc(t->max + 1, t->key_size + 1);
	t->values = calloc(t->max + 1, t->step + 1);
	if (!t->keys || !t->values || t->key_size > KEY_SIZE ||
	    t->value_size > (by_processor(t) ? VALUE_SIZE : CPUS * VALUE_SIZE))
		die("map %s is too big", t->name);
	if (t->key_size)
		fill(t);
}

/* ---- helpers ---- */

static struct table *table_of(uint64_t p) { return (struct table *)(uintptr_t)p; }
static void *at(uint64_t p) { return (void *)(uintptr_t)p; }

static uint64_t wrote(struct world *w, uint64_t p, uint64_t n)
{
	w->vm.wrote.at = p;
	w->vm.wrote.n = n;
	return 0;
}

/* Between the packet and memory. */
static uint64_t copy(struct world *w, uint64_t from, void *p, uint64_t n, bool store)
{
	uint8_t *b = w->packet + from;

	if (from + n < from || from + n > (size_t)((const uint8_t *)w->vm.data_end - w->packet))
		return (uint64_t)-14;
	memcpy(store ? b : p, store ? p : b, n);
	return store ? 0 : wrote(w, (uintptr_t)p, n);
}

/* l3_csum_replace, l4_csum_replace: the sum at `off` of what `from` was in and `to` is now (RFC 1624). Of
 * packets that no card sums, a sum over more than the header is like any other. */
static uint64_t replace(struct world *w, uint64_t off, uint64_t from, uint64_t to, uint64_t flags)
{
	uint16_t sum;

	if (copy(w, off, &sum, 2, false))
		return (uint64_t)-14;
	w->vm.wrote.n = 0;
	if (flags & BPF_F_MARK_MANGLED_0 && !sum)
		return 0;
	uint64_t s = (uint16_t)~sum + (uint64_t)(uint32_t)to;
	switch (flags & BPF_F_HDR_FIELD_MASK) {
	case 0: break;
	case 2: s += (uint16_t)~from; break;
	case 4: s += (uint32_t)~from; break;
	default: return (uint64_t)-22;
	}
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	sum = (uint16_t)~s;
	if (flags & BPF_F_MARK_MANGLED_0 && !sum)
		sum = 0xffff;
	return copy(w, off, &sum, 2, true);
}

static uint64_t lock(struct world *w, bool on)
{
	if (w->locked == on)
		w->vm.error = on ? "locked twice" : "not locked";
	w->locked = on;
	return 0;
}

static uint64_t event(struct world *w)
{
	w->events++;
	return 0;
}

static uint64_t redirect(struct world *w, uint64_t device)
{
	w->target = (uint32_t)device;
	return w->kind->redirect;
}

static uint64_t helper(struct vm *vm, int32_t id, const uint64_t r[5])
{
	struct world *w = vm->arg;

	switch (id) {
	case BPF_FUNC_xdp_load_bytes: return copy(w, r[1], at(r[2]), r[3], false);
	case BPF_FUNC_skb_load_bytes: return copy(w, r[1], at(r[2]), r[3], false);
	case BPF_FUNC_skb_store_bytes: return copy(w, r[1], at(r[2]), r[3], true);
	case BPF_FUNC_skb_pull_data: return 0;
	case BPF_FUNC_csum_update: return (uint64_t)-524; /* the card summed nothing */
	case BPF_FUNC_map_lookup_elem: return (uintptr_t)look_up(table_of(r[0]), at(r[1]));
	case BPF_FUNC_map_update_elem: return (uint64_t)update(table_of(r[0]), at(r[1]), at(r[2]), r[3]);
	case BPF_FUNC_map_delete_elem: return (uint64_t)drop(table_of(r[0]), at(r[1]));
	case BPF_FUNC_ktime_get_ns: case BPF_FUNC_ktime_get_boot_ns: return w->now;
	case BPF_FUNC_get_smp_processor_id: return 0;
	case BPF_FUNC_get_prandom_u32: return 4;
	case BPF_FUNC_get_current_pid_tgid: return (uint64_t)PID << 32 | TID;
	case BPF_FUNC_get_ns_current_pid_tgid: memcpy(at(r[2]), (uint32_t[]){ TID, PID }, 8);
		return wrote(w, r[2], 8);
	case BPF_FUNC_get_current_uid_gid: return 0;
	case BPF_FUNC_get_current_comm: memset(at(r[0]), 'x', r[1]); return wrote(w, r[0], r[1]);
	case BPF_FUNC_ringbuf_reserve: return w->full ? 0 : (uintptr_t)w->record;
	case BPF_FUNC_ringbuf_output: return w->full ? (uint64_t)-11 : event(w);
	case BPF_FUNC_ringbuf_submit: return event(w);
	case BPF_FUNC_ringbuf_discard: return 0;
	case BPF_FUNC_spin_lock: case BPF_FUNC_spin_unlock: return lock(w, id == BPF_FUNC_spin_lock);
	case BPF_FUNC_l3_csum_replace: case BPF_FUNC_l4_csum_replace: return replace(w, r[1], r[2], r[3], r[4]);
	case BPF_FUNC_redirect: return redirect(w, r[0]);
	}
	vm->error = "helper that the small machine has not";
	return 0;
}

static uint64_t map_address(struct vm *vm, int32_t fd, bool value, uint32_t off)
{
	struct world *w = vm->arg;

	for (uint32_t m = 0; m < w->side->nmaps; m++)
		if (w->maps[m].fd == fd)
			return value ? (uintptr_t)(w->maps[m].values + off) : (uintptr_t)&w->maps[m];
	vm->error = "map that is not there";
	return 0;
}

/* ---- runs ---- */

struct world *world_new(const struct side *s, const struct kind *k)
{
	struct world *w = calloc(1, sizeof *w);

	if (!w)
		die("no memory");
	w->side = s;
	w->kind = k;
	for (uint32_t m = 0; m < s->nmaps; m++) {
		struct table *t = &w->maps[m];
		table_open(t, s->maps[m].fd, &s->maps[m].info);
		w->regions[m] = (struct vm_region){ t->values, (size_t)t->step * t->max, true };
	}
	w->regions[s->nmaps] = (struct vm_region){ w->ctx, sizeof w->ctx, true };
	w->regions[s->nmaps + 1] = (struct vm_region){ w->record, sizeof w->record, true };
	w->vm = (struct vm){ .arg = w, .ctx = w->ctx, .regions = w->regions, .nregions = s->nmaps + 3,
			     .data_at = k->data_at, .data_end_at = k->data_end_at, .helper = helper,
			     .map = map_address };
	return w;
}

void world_free(struct world *w)
{
	for (uint32_t m = 0; m < w->side->nmaps; m++) {
		free(w->maps[m].keys);
		free(w->maps[m].values);
	}
	free(w);
}

void world_fill(struct world *w)
{
	w->full = true;
	for (uint32_t m = 0; m < w->side->nmaps; m++)
		w->maps[m].max = w->maps[m].n;
}

uint64_t world_errors(const struct world *w)
{
	uint64_t n = 0;

	for (uint32_t m = 0; m < w->side->nmaps; m++) {
		const struct table *t = &w->maps[m];
		bool ours = !strcmp(t->name, "pg_data");
		if (!ours && strcmp(t->name, "errors"))
			continue;
		for (uint32_t i = ours ? IR_DATA_ERRORS : 0; i < t->value_size; i += 8)
			n += *(const uint64_t *)(t->values + i);
	}
	return n;
}

/* The input as its kind has it: in the context, or pointed to by it. */
static void put_input(struct world *w, const struct packet *p, uint32_t n)
{
	memset(w->ctx, 0, sizeof w->ctx);
	memcpy(w->kind->packets ? w->packet : w->ctx, p->bytes, n);
	if (!w->kind->packets)
		return;
	w->vm.data = w->packet;
	w->vm.data_end = w->packet + n;
	w->regions[w->side->nmaps + 2] = (struct vm_region){ w->packet, n, true };
	if (w->kind->len_at != NO_LEN)
		memcpy(w->ctx + w->kind->len_at, &n, 4);
}

uint64_t world_run(struct world *w, const struct packet *p, uint32_t n, uint64_t now, uint64_t *verdict)
{
	w->now = now;
	w->vm.fuel = 1 << 20;
	w->target = 0;
	put_input(w, p, n);
	if (!vm_run(&w->vm, w->side->insns, w->side->n, verdict))
		die("instruction %u: %s", w->vm.pc, w->vm.error);
	if (w->locked)
		die("the program ends with the lock held");
	return w->vm.steps;
}

const uint8_t *world_packet(const struct world *w)
{
	return w->packet;
}

uint32_t world_target(const struct world *w)
{
	return w->target;
}

uint32_t world_events(const struct world *w)
{
	return w->events;
}

/* C pads a struct to the size of its widest field, ours ends with its last one. */
static bool same(const struct table *a, const struct table *b)
{
	uint32_t size = a->value_size < b->value_size ? a->value_size : b->value_size;

	if (a->n != b->n || a->step != b->step || a->key_size != b->key_size)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		const uint8_t *at = a->values + i * a->step;
		const uint8_t *v = is_array(a) ? b->values + i * b->step : look_up(b, a->keys + i * a->key_size);
		if (!v || memcmp(v, at, size))
			return false;
	}
	return true;
}

const char *world_differs(const struct world *a, const struct world *b)
{
	for (uint32_t m = 0; m < a->side->nmaps; m++)
		for (uint32_t k = 0; k < b->side->nmaps; k++) {
			const struct table *x = &a->maps[m], *y = &b->maps[k];
			if (*x->name && !strcmp(x->name, y->name) && x->key_size && !same(x, y))
				return x->name;
		}
	return NULL;
}

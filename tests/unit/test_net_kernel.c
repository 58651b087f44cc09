/*
 * test_net_kernel.c - paths of fields through packet views, through all passes and the verifier, run
 * on hostile frames in the kernel, with direct access and by copy, and compared with the twin.
 */
#include "net_paths.h"

#include "bpf/code.h"
#include "kern/kern.h"
#include "opt/passes.h"

#include <linux/bpf.h>

enum { DEPTH = 3, FRAMES = 40, DATA = 128, FOUND = 0x40000000, HEADROOM = 14 };

static const struct ir_target target = {
	.hook = "xdp", .views = net_views, .prog_type = BPF_PROG_TYPE_XDP,
	.ctx_data = offsetof(struct xdp_md, data), .ctx_data_end = offsetof(struct xdp_md, data_end),
	.helper_load_bytes = BPF_FUNC_xdp_load_bytes, .helper_pkt_len = BPF_FUNC_xdp_get_buff_len,
};

/* ---- a value in 31 bits, never 0 ---- */

static bool is_view(uint64_t kinds) { return kinds >> IR_VIEW0 != 0; }

static uint64_t mix(uint64_t h, uint64_t word) { return h * 31 + word; }

static uint32_t fold(uint64_t h) { return ((uint32_t)(h ^ h >> 32) & (FOUND - 1)) | FOUND; }

/* Of a view the offset, otherwise kind and words. */
static ir_ref hash_ops(struct lw *w, const struct lw_val *v)
{
	ir_ref h = v->tag ? v->tag : lw_imm(w, __builtin_ctzll(v->kinds));
	unsigned from = 0, n = v->n;

	if (is_view(v->kinds)) {
		bool payload = v->kinds == NET_KIND(NET_PAYLOAD);
		from = payload ? NET_P_OFF : NET_W_OFF;
		n = v->n ? from + 1 : 0;
	}
	for (unsigned i = from; i < n; i++)
		h = lw_op2(w, IRO(add64), lw_op2i(w, IRO(mul64), h, 31), lw_word(w, v, i));
	h = lw_op2(w, IRO(xor64), h, lw_op2i(w, IRO(shr64), h, 32));
	return lw_op2i(w, IRO(or64), lw_op2i(w, IRO(and64), h, FOUND - 1), FOUND);
}

/* The same of the twin's answer; n: words that the compiled value has. */
static uint32_t hash_twin(const pg_value *v, const struct net_place *at, unsigned kind, unsigned n)
{
	uint64_t h = kind, words[LW_MAXWORDS] = { 0 };

	if (v->kind == PG_VIEW)
		return fold(at->view == NET_PKT ? h : mix(h, at->off));
	if (v->kind == PG_INT)
		words[0] = (uint64_t)v->i;
	else if (v->kind == PG_MAC)
		for (unsigned i = 6; i--;)
			words[0] = words[0] << 8 | v->addr[i];
	else
		memcpy(words, v->addr, v->kind == PG_IP6 ? 16 : v->kind == PG_IP4 ? 4 : 0);
	for (unsigned i = 0; i < n; i++)
		h = mix(h, words[i]);
	return fold(h);
}

/* ---- through the passes, into the kernel ---- */

static int data_fd;

static struct be_code *generate(struct ir_unit *u)
{
	opt_simplify(u);
	if (opt_loops(u))
		return NULL;
	opt_simplify(u);
	if (opt_guard(u))
		return NULL;
	opt_simplify(u);
	be_legalise(u);
	struct be *b = be_new(u);
	if (be_select(b) || be_allocate(b) || be_frame(b) || be_emit(b))
		return NULL;
	return be_code(b);
}

static const struct mode { const char *name; bool copy, may_goto; } modes[] = {
	{ "direct", false, true }, { "direct, walked", false, false }, { "copy", true, true },
};

static int load(struct compiled *c, const struct path *p, uint32_t *n)
{
	struct ir_unit *u = c->w.unit;
	char *log = NULL;

	struct be_code *code = generate(u);
	if (!code)
		fail_msg("%s: no code", path_text(p));
	for (uint32_t i = 0; i < code->nrelocs; i++) {
		code->insns[code->relocs[i].insn].src_reg = BPF_PSEUDO_MAP_VALUE;
		code->insns[code->relocs[i].insn].imm = data_fd;
	}
	struct kern_prog_spec s = { .type = BPF_PROG_TYPE_XDP, .insns = code->insns, .n = code->n,
				    .name = "path" };
	int fd = kern_prog_load(&s, &log);
	if (fd < 0)
		fail_msg("%s: %s: %s", path_text(p), strerror(-fd),
			 log && strlen(log) > 2000 ? log + strlen(log) - 2000 : log);
	free(log);
	*n = code->n;
	return fd;
}

static struct frame frames[FRAMES];
static unsigned paths, found, longest, most;

static const uint8_t kind_of[PG_NKINDS] = {
	[PG_NIL] = IR_NIL, [PG_FALSE] = IR_FALSE, [PG_TRUE] = IR_TRUE, [PG_INT] = IR_INT,
	[PG_IP4] = IR_IP4, [PG_IP6] = IR_IP6, [PG_MAC] = IR_MAC,
};

static void run_frame(int fd, const struct compiled *c, const struct path *p, unsigned i)
{
	struct kern_test t = { .in = frames[i].b, .in_len = frames[i].n, .repeat = 1 };
	struct net_place at;
	pg_value v;
	uint32_t want = 0;

	assert_int_equal(kern_prog_test(fd, &t), 0);
	if (path_twin(&frames[i], p, &v, &at))
		want = hash_twin(&v, &at, v.kind == PG_VIEW ? IR_VIEW0 + (unsigned)at.view : kind_of[v.kind],
				 c->out.n);
	if (t.retval != want)
		fail_msg("%s: frame %u of %u bytes: kernel %x, twin %x", path_text(p), i, frames[i].n, t.retval,
			 want);
	found += want != 0;
}

static void try_path(const struct path *p)
{
	for (const struct mode *m = modes; m < modes + sizeof modes / sizeof *modes; m++) {
		const bool features[FEAT_COUNT] = { [FEAT_may_goto] = m->may_goto };
		struct compiled c;
		struct kern_prog_info info = { 0 };
		uint32_t n;
		path_compile(&c, p, &target, features, hash_ops);
		c.w.unit->copy_access = m->copy;
		int fd = load(&c, p, &n);
		kern_prog_info(fd, &info);
		longest = n > longest ? n : longest;
		most = info.verified_insns > most ? info.verified_insns : most;
		if (getenv("PATHS"))
			print_message("%5u insns %6u verified %s %s\n", n, info.verified_insns,
				      m->name, path_text(p));
		for (unsigned i = 0; i < FRAMES; i++)
			run_frame(fd, &c, p, i);
		kern_close(fd);
		arena_free(&c.a);
	}
	paths++;
}

static void paths_in_the_kernel(void **state)
{
	(void)state;
	struct path p = { .n = 0 };
	struct kern_map_spec data = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = DATA,
				      .entries = 1, .name = "data", .numa = -1 };
	data_fd = kern_map_create(&data);
	if (data_fd < 0)
		skip();
	print_message("seed 0x%llx\n", (unsigned long long)seed);
	for (unsigned i = 0; i < FRAMES; i++)
		do
			make_frame(&frames[i]);
		while (frames[i].n < HEADROOM);
	walk_paths(&p, NET_PKT, DEPTH, try_path);
	kern_close(data_fd);
	print_message("%u paths, %u values found; at most %u instructions, %u verified\n", paths, found, longest,
		      most);
	assert_true(found > FRAMES);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(paths_in_the_kernel) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

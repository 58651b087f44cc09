/* test_kern_xdp.c - attaching to XDP on a veth pair of a network namespace of our own: modes, who is
 * there already, the root and its slot, replacing under packets, the end of the process. */
#include "hook/hook.h"
#include "kern/bpf_abi.h"
#include "kern/kern.h"
#include "kernel/leak.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LEN(v) (sizeof(v) / sizeof *(v))

static struct leak_snapshot before;
static int old_netns, va, vb, lo;

static int start(void **state)
{
	(void)state;
	old_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (leak_take(&before) || unshare(CLONE_NEWNET))
		return -1;
	int r = system("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > "
		       "/proc/sys/net/ipv6/conf/default/disable_ipv6; ip link add va type veth peer name vb "
		       "&& ip link set va up && ip link set vb up && ip link set lo up");
	va = (int)if_nametoindex("va");
	vb = (int)if_nametoindex("vb");
	lo = (int)if_nametoindex("lo");
	return r;
}

/* Last: a failing teardown would not make the program fail. */
static void nothing_is_left(void **state)
{
	(void)state;
	assert_int_equal(setns(old_netns, CLONE_NEWNET), 0);
	close(old_netns);
	int leaks = leak_compare(&before, 3000, stderr);
	leak_free(&before);
	assert_int_equal(leaks, 0);
}

static int load(uint32_t type, const struct bpf_insn *insns, uint32_t n)
{
	struct kern_prog_spec s = { .type = type, .insns = insns, .n = n, .name = "test" };
	return kern_prog_load(&s, NULL);
}

static int verdict_prog(int verdict)
{
	const struct bpf_insn insns[] = { ABI_MOV_IMM(0, verdict), ABI_EXIT() };
	return load(BPF_PROG_TYPE_XDP, insns, 2);
}

/* Adds one to value `which` of the array and drops. */
static int counting_prog(int map, int which)
{
	const struct bpf_insn insns[] = {
		ABI_INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_VALUE, 0, map),
		ABI_INSN(0, 0, 0, 0, which * 8),
		ABI_MOV_IMM(2, 1),
		ABI_INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 1, 2, 0, BPF_ADD),
		ABI_MOV_IMM(0, XDP_DROP),
		ABI_EXIT(),
	};
	return load(BPF_PROG_TYPE_XDP, insns, LEN(insns));
}

static uint32_t id_of(int prog)
{
	struct kern_prog_info info = { .id = 0 };
	assert_int_equal(kern_prog_info(prog, &info), 0);
	return info.id;
}

/* ---- attaching ---- */

static void each_mode(void **state)
{
	(void)state;
	const struct {
		int ifindex;
		enum kern_xdp_mode mode, got;
		bool netlink;
		int want;
	} rows[] = {
		{ vb, KERN_XDP_NATIVE, KERN_XDP_NATIVE, false, 0 },
		{ vb, KERN_XDP_SKB,    KERN_XDP_SKB,    false, 0 },
		{ vb, KERN_XDP_AUTO,   KERN_XDP_NATIVE, false, 0 },
		{ lo, KERN_XDP_AUTO,   KERN_XDP_SKB,    false, 0 },
		{ lo, KERN_XDP_NATIVE, KERN_XDP_NATIVE, false, -EOPNOTSUPP },
		{ vb, KERN_XDP_NATIVE, KERN_XDP_NATIVE, true,  0 },
		{ vb, KERN_XDP_SKB,    KERN_XDP_SKB,    true,  0 },
		{ vb, KERN_XDP_AUTO,   KERN_XDP_NATIVE, true,  0 },
		{ lo, KERN_XDP_AUTO,   KERN_XDP_SKB,    true,  0 },
		{ lo, KERN_XDP_NATIVE, KERN_XDP_NATIVE, true,  -EOPNOTSUPP },
		{ 9999, KERN_XDP_AUTO, KERN_XDP_NATIVE, true,  -ENODEV },
	};
	int prog = verdict_prog(XDP_PASS);
	for (unsigned i = 0; i < LEN(rows); i++) {
		struct kern_features f = { .read = true };
		enum kern_xdp_mode got;
		uint32_t other, id;
		int link;
		if (rows[i].netlink)
			f.state[FEAT_xdp_link] = -2;
		int r = kern_xdp_attach(&f, rows[i].ifindex, prog, rows[i].mode, &link, &got, &other);
		print_message("row %u: %d\n", i, r);
		assert_int_equal(r, rows[i].want);
		if (r)
			continue;
		assert_int_equal(got, rows[i].got);
		assert_int_equal(link >= 0, !rows[i].netlink);
		assert_int_equal(kern_xdp_id(rows[i].ifindex, &id), 0);
		assert_int_equal(id, id_of(prog));
		int inherited = dup(link); /* as a child process may have it */
		assert_int_equal(kern_xdp_detach(rows[i].ifindex, link, prog, got), 0);
		assert_int_equal(kern_xdp_id(rows[i].ifindex, &id), -ENOENT);
		kern_close(inherited);
	}
	kern_close(prog);
}

static void who_is_there(void **state)
{
	(void)state;
	int first = verdict_prog(XDP_PASS), second = verdict_prog(XDP_PASS);
	static const enum kern_xdp_mode modes[] = { KERN_XDP_NATIVE, KERN_XDP_SKB, KERN_XDP_AUTO };
	for (unsigned how = 0; how < 8; how++)
		for (unsigned m = 0; m < LEN(modes); m++) {
			struct kern_features f = { .read = true }, g = { .read = true };
			enum kern_xdp_mode got, ignored;
			uint32_t other, id;
			int link, none;
			f.state[FEAT_xdp_link] = how & 1 ? -2 : 0;
			g.state[FEAT_xdp_link] = how & 2 ? -2 : 0;
			assert_int_equal(kern_xdp_attach(&f, vb, first, modes[how >> 2], &link, &got, &other), 0);
			assert_int_equal(kern_xdp_attach(&g, vb, second, modes[m], &none, &ignored, &other),
					 -EBUSY);
			assert_int_equal(none, -1);
			assert_int_equal(other, id_of(first));
			assert_int_equal(kern_xdp_id(vb, &id), 0);
			assert_int_equal(id, other);
			assert_int_equal(kern_xdp_detach(vb, link, first, got), 0);
		}
	kern_close(first);
	kern_close(second);
}

static void only_ones_own_is_detached(void **state)
{
	(void)state;
	struct kern_features f = { .read = true };
	enum kern_xdp_mode got;
	uint32_t other, id;
	int mine = verdict_prog(XDP_PASS), theirs = verdict_prog(XDP_PASS), link;
	f.state[FEAT_xdp_link] = -2;
	assert_int_equal(kern_xdp_attach(&f, vb, theirs, KERN_XDP_AUTO, &link, &got, &other), 0);
	assert_int_equal(kern_xdp_detach(vb, -1, mine, got), -EEXIST);
	assert_int_equal(kern_xdp_id(vb, &id), 0);
	assert_int_equal(id, id_of(theirs));
	assert_int_equal(kern_xdp_detach(vb, -1, theirs, got), 0);
	kern_close(mine);
	kern_close(theirs);
}

/* ---- the hook: root, slot, messages ---- */

static int attach(int prog, const char *dev, const char *mode, struct hook_link *l, char *err)
{
	struct kern_features f = { .read = true };
	struct pg_attach_opts o = PG_OPTS(struct pg_attach_opts, .dev = dev, .mode = mode);
	const struct hook *h = hook_find("xdp", NULL);
	*l = (struct hook_link){ .hook = h, .link_fd = -1, .root_fd = -1, .slot_fd = -1 };
	err[0] = 0;
	return h->family->attach(&f, prog, &o, l, err, 512);
}

static int detach(struct hook_link *l)
{
	char err[512];
	return l->hook->family->detach(l, err, sizeof err);
}

static void refusals_say_why(void **state)
{
	(void)state;
	static const struct { const char *dev, *mode; int want; const char *says; } rows[] = {
		{ NULL, NULL, -EINVAL, "name of a network device" },
		{ "", NULL, -EINVAL, "name of a network device" },
		{ "nosuch0", NULL, -ENODEV, "no network device 'nosuch0'" },
		{ "vb", "fast", -EINVAL, "no mode 'fast'" },
		{ "lo", "native", -EOPNOTSUPP, "no native XDP: write mode = \"skb\"" },
	};
	struct hook_link l, other;
	char err[512], want[64];
	int prog = verdict_prog(XDP_PASS);
	for (unsigned i = 0; i < LEN(rows); i++) {
		assert_int_equal(attach(prog, rows[i].dev, rows[i].mode, &l, err), rows[i].want);
		print_message("%s\n", err);
		assert_non_null(strstr(err, rows[i].says));
	}
	const struct bpf_insn pass[] = { ABI_MOV_IMM(0, 0), ABI_EXIT() };
	int filter = load(BPF_PROG_TYPE_SOCKET_FILTER, pass, 2);
	assert_int_equal(attach(filter, "vb", NULL, &l, err), -EINVAL);
	assert_non_null(strstr(err, "refused the program its place"));
	kern_close(filter);
	assert_int_equal(attach(prog, "vb", "skb", &l, err), 0);
	assert_string_equal(l.name, "xdp vb");
	assert_string_equal(l.mode, "skb");
	assert_int_equal(attach(prog, "vb", NULL, &other, err), -EBUSY);
	snprintf(want, sizeof want, "'test' (id %u), held by this process;", id_of(l.root_fd));
	assert_non_null(strstr(err, want));
	assert_int_equal(detach(&l), 0);
	kern_close(prog);
}

static int packet_socket(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = va };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void send_packets(int fd, int n)
{
	/* broadcast, of the EtherType for local experiments */
	uint8_t frame[60] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
	for (int i = 0; i < n; i++)
		assert_int_equal(send(fd, frame, sizeof frame, 0), sizeof frame);
}

struct flood { atomic_bool go; int sent; };

static void *flood(void *arg)
{
	struct flood *f = arg;
	int fd = packet_socket();
	while (atomic_load(&f->go)) {
		send_packets(fd, 16);
		f->sent += 16;
		usleep(50); /* the queue of a veth is 256 long */
	}
	close(fd);
	return NULL;
}

static void wait_for(const uint64_t *v, uint64_t sum)
{
	for (int i = 0; i < 200; i++) {
		if (__atomic_load_n(&v[0], __ATOMIC_RELAXED) + __atomic_load_n(&v[1], __ATOMIC_RELAXED) >= sum)
			break;
		usleep(10000);
	}
}

static int counters(const uint64_t **v)
{
	struct kern_map_spec s = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16,
				   .entries = 1, .flags = BPF_F_MMAPABLE, .name = "count", .numa = -1 };
	int fd = kern_map_create(&s);
	*v = kern_map_mmap(fd, 16);
	assert_non_null(*v);
	return fd;
}

/* Every packet is counted by the old program or by the new one: never by both, never by none. */
static void replace_under_packets(void **state)
{
	static const char *const modes[] = { "native", "skb" };
	(void)state;
	for (unsigned m = 0; m < LEN(modes); m++) {
		struct flood f = { .go = true };
		struct hook_link l;
		const uint64_t *v;
		char err[512];
		pthread_t t;
		int map = counters(&v);
		int prog[2] = { counting_prog(map, 0), counting_prog(map, 1) };
		assert_int_equal(attach(prog[0], "vb", modes[m], &l, err), 0);
		assert_int_equal(pthread_create(&t, NULL, flood, &f), 0);
		for (int i = 0; i < 200; i++) {
			assert_int_equal(l.hook->family->replace(&l, prog[~i & 1], err, sizeof err), 0);
			usleep(500);
		}
		atomic_store(&f.go, false);
		pthread_join(t, NULL);
		wait_for(v, (uint64_t)f.sent);
		print_message("%s: %d sent, %d + %d counted\n", modes[m], f.sent, (int)v[0], (int)v[1]);
		assert_int_equal(v[0] + v[1], f.sent);
		assert_true(v[0] && v[1]);
		assert_int_equal(detach(&l), 0);
		kern_map_munmap((void *)(uintptr_t)v, 16);
		kern_close(map);
		kern_close(prog[0]);
		kern_close(prog[1]);
	}
}

static void refused_replace_leaves_the_old(void **state)
{
	(void)state;
	const struct bpf_insn pass[] = { ABI_MOV_IMM(0, 0), ABI_EXIT() };
	struct hook_link l;
	const uint64_t *v;
	char err[512] = "";
	int map = counters(&v), sock = packet_socket();
	int prog = counting_prog(map, 0), filter = load(BPF_PROG_TYPE_SOCKET_FILTER, pass, 2);
	assert_int_equal(attach(prog, "vb", NULL, &l, err), 0);
	kern_close(prog); /* the slot holds it */
	send_packets(sock, 10);
	assert_true(l.hook->family->replace(&l, filter, err, sizeof err) < 0);
	assert_non_null(strstr(err, "refused"));
	send_packets(sock, 10);
	wait_for(v, 20);
	assert_int_equal(v[0], 20);
	assert_int_equal(detach(&l), 0);
	send_packets(sock, 10);
	usleep(20000);
	assert_int_equal(v[0], 20);
	close(sock);
	kern_map_munmap((void *)(uintptr_t)v, 16);
	kern_close(map);
	kern_close(filter);
}

/* A process that dies takes its attachment with it. */
static void killed_process_detaches(void **state)
{
	(void)state;
	int pipes[2], status;
	uint32_t id;
	char c;
	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	if (!pid) {
		struct hook_link l;
		char err[512];
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		c = attach(verdict_prog(XDP_PASS), "vb", NULL, &l, err) ? 'n' : 'y';
		if (write(pipes[1], &c, 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(pipes[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	assert_int_equal(kern_xdp_id(vb, &id), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(kern_xdp_id(vb, &id), -ENOENT);
	close(pipes[0]);
	close(pipes[1]);
}

static void device_that_goes(void **state)
{
	(void)state;
	struct hook_link l;
	char err[512];
	int prog = verdict_prog(XDP_PASS);
	assert_int_equal(system("ip link add gone type veth peer name gone2"), 0);
	assert_int_equal(attach(prog, "gone", NULL, &l, err), 0);
	assert_int_equal(system("ip link del gone"), 0);
	assert_int_equal(l.hook->family->replace(&l, prog, err, sizeof err), -ENODEV);
	assert_non_null(strstr(err, "the device of xdp gone is gone"));
	assert_int_equal(detach(&l), 0);
	kern_close(prog);
}

static void table_of_hooks(void **state)
{
	(void)state;
	unsigned n = 0;
	const char *point;
	for (const struct hook *h; (h = hook_at(n)); n++) {
		assert_ptr_equal(hook_find(h->name, NULL), h);
		assert_string_equal(h->family->target->hook, h->name);
		assert_true(h->what && *h->what);
		const struct ir_verdict *first; /* of those with one native verdict, such as PASS and REDIRECT of sk_msg */
		for (const struct ir_verdict *v = h->family->target->verdicts; v->neutral; v++) {
			for (first = h->family->target->verdicts; first->native != v->native;)
				first++;
			assert_int_equal(hook_neutral(h->family->target, v->native), first->neutral);
		}
	}
	assert_true(n >= 1);
	assert_null(hook_find("xdpp", NULL));
	assert_null(hook_find("xd", NULL));
	assert_ptr_equal(hook_find("xdp:a:b", &point), hook_find("xdp", NULL));
	assert_string_equal(point, "a:b");
	assert_int_equal(hook_neutral(hook_find("xdp", &point)->family->target, 77), 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_of_hooks),
		cmocka_unit_test(each_mode),
		cmocka_unit_test(who_is_there),
		cmocka_unit_test(only_ones_own_is_detached),
		cmocka_unit_test(refusals_say_why),
		cmocka_unit_test(refused_replace_leaves_the_old),
		cmocka_unit_test(replace_under_packets),
		cmocka_unit_test(killed_process_detaches),
		cmocka_unit_test(device_that_goes),
		cmocka_unit_test(nothing_is_left),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

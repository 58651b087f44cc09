/* prog.c - programs: load (the verifier's log only when it rejects), test run, what the kernel kept. */
#include "kern/kern.h"
#include "kern/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOG_FIRST = 64 << 10, LOG_MOST = 16 << 20 };

/* Runs cmd with a log that grows until all of it fits. What the log's fields are called depends on
 * the command, so `set` puts them in. *log stays NULL when nothing was said. */
static int with_log(enum bpf_cmd cmd, union bpf_attr *a, char **log,
		    void (*set)(union bpf_attr *a, char *buf, uint32_t size))
{
	for (uint32_t size = LOG_FIRST;; size *= 4) {
		char *buf = malloc(size);
		if (!buf)
			return -ENOMEM;
		buf[0] = 0;
		set(a, buf, size);
		int r = kern_bpf_charged(cmd, a);
		if (r == -ENOSPC && size < LOG_MOST) {
			free(buf);
			continue;
		}
		buf[size - 1] = 0;
		if (r < 0 && buf[0])
			*log = buf;
		else
			free(buf);
		return r;
	}
}

static void set_prog_log(union bpf_attr *a, char *buf, uint32_t size)
{
	a->log_level = 1;
	a->log_buf = kern_ptr(buf);
	a->log_size = size;
}

/* What the verifier says at the end, without the instructions before: of a million, nobody reads them. */
static void set_last_words(union bpf_attr *a, char *buf, uint32_t size)
{
	enum { LOG_STATS = 4 };
	set_prog_log(a, buf, size);
	a->log_level = LOG_STATS;
}

static void set_btf_log(union bpf_attr *a, char *buf, uint32_t size)
{
	a->btf_log_level = 1;
	a->btf_log_buf = kern_ptr(buf);
	a->btf_log_size = size;
}

int kern_btf_load(const void *btf, uint32_t len, char **log)
{
	KERN_ATTR(a);
	a.btf = kern_ptr(btf);
	a.btf_size = len;
	int r = kern_bpf_charged(BPF_BTF_LOAD, &a);
	if (r >= 0 || r == -EPERM || !log)
		return r;
	return with_log(BPF_BTF_LOAD, &a, log, set_btf_log);
}

int kern_btf_raw(uint32_t id, void *out, uint32_t *len)
{
	struct bpf_btf_info i = { .btf = kern_ptr(out), .btf_size = *len };
	KERN_ATTR(by_id);
	by_id.btf_id = id;
	int fd = id ? kern_bpf(BPF_BTF_GET_FD_BY_ID, &by_id) : -ENOENT;
	if (fd < 0)
		return fd;
	KERN_ATTR(a);
	a.info.bpf_fd = (uint32_t)fd;
	a.info.info_len = sizeof i;
	a.info.info = kern_ptr(&i);
	int r = kern_bpf(BPF_OBJ_GET_INFO_BY_FD, &a);
	kern_close(fd);
	if (!r && i.btf_size > *len)
		return -ENOSPC;
	*len = i.btf_size;
	return r;
}

/* Turns *log into "the program's BTF: ..." so that nobody looks for it in the instructions. */
static void blame_btf(char **log)
{
	char *text;
	if (*log && asprintf(&text, "the program's BTF was refused: %s", *log) >= 0) {
		free(*log);
		*log = text;
	}
}

static int load(union bpf_attr *a, char **log)
{
	int r = kern_bpf_charged(BPF_PROG_LOAD, a);
	/* the second time is for the log: errors that are not the verifier's leave it empty */
	if (r >= 0 || !log || r == -EPERM)
		return r;
	bool gave_up = r == -E2BIG || r == -ENOMEM || r == -EFAULT; /* before 6.4 EFAULT: too many ways wait to be gone */
	int again = with_log(BPF_PROG_LOAD, a, log, gave_up ? set_last_words : set_prog_log);
	return again == -ENOMEM || again == -ENOSPC ? r : again;
}

int kern_prog_load(const struct kern_prog_spec *s, char **log)
{
	KERN_ATTR(a);
	int btf = -1;
	if (log)
		*log = NULL;
	if (s->btf) {
		btf = kern_btf_load(s->btf, s->btf_len, log);
		if (btf < 0) {
			if (log)
				blame_btf(log);
			return btf;
		}
		a.prog_btf_fd = (uint32_t)btf;
		a.func_info_rec_size = sizeof *s->func_info;
		a.func_info = kern_ptr(s->func_info);
		a.func_info_cnt = s->nfunc_info;
		a.line_info_rec_size = sizeof *s->line_info;
		a.line_info = kern_ptr(s->line_info);
		a.line_info_cnt = s->nline_info;
	}
	a.prog_type = s->type;
	a.expected_attach_type = s->attach_type;
	a.insns = kern_ptr(s->insns);
	a.insn_cnt = s->n;
	a.license = kern_ptr("Dual MIT/GPL");
	a.prog_flags = s->flags;
	kern_name(a.prog_name, s->name);
	int fd = load(&a, log);
	kern_close(btf);
	return fd;
}

int kern_prog_test(int fd, struct kern_test *t)
{
	KERN_ATTR(a);
	a.test.prog_fd = (uint32_t)fd;
	a.test.data_in = kern_ptr(t->in);
	a.test.data_size_in = (uint32_t)t->in_len;
	a.test.data_out = kern_ptr(t->out);
	a.test.data_size_out = (uint32_t)t->out_len;
	a.test.repeat = t->repeat ? t->repeat : 1;
	int r = kern_bpf(BPF_PROG_TEST_RUN, &a);
	if (r < 0)
		return r;
	t->retval = a.test.retval;
	t->ns = a.test.duration;
	t->out_len = a.test.data_size_out;
	return 0;
}

static int info(int fd, struct bpf_prog_info *i)
{
	KERN_ATTR(a);
	a.info.bpf_fd = (uint32_t)fd;
	a.info.info = kern_ptr(i);
	a.info.info_len = sizeof *i;
	return kern_bpf(BPF_OBJ_GET_INFO_BY_FD, &a);
}

int kern_prog_info(int fd, struct kern_prog_info *out)
{
	struct bpf_prog_info i;
	memset(&i, 0, sizeof i);
	int r = info(fd, &i);
	if (r < 0)
		return r;
	*out = (struct kern_prog_info){
		.id = i.id,
		.xlated_len = i.xlated_prog_len,
		.jited_len = i.jited_prog_len,
		.verified_insns = i.verified_insns,
		.run_cnt = i.run_cnt,
		.run_ns = i.run_time_ns,
		.missed = i.recursion_misses,
	};
	memcpy(out->name, i.name, sizeof out->name);
	return 0;
}

int kern_count_runs(void)
{
	KERN_ATTR(a);
	a.enable_stats.type = BPF_STATS_RUN_TIME;
	return kern_bpf(BPF_ENABLE_STATS, &a);
}

int kern_prog_by_id(uint32_t id)
{
	KERN_ATTR(a);
	a.prog_id = id;
	return kern_bpf(BPF_PROG_GET_FD_BY_ID, &a);
}

/* The program as the verifier left it, or as the machine runs it: malloc'd, with its length in bytes. */
static int code(int fd, bool jited, void **out, uint32_t *len)
{
	struct bpf_prog_info i;
	memset(&i, 0, sizeof i);
	int r = info(fd, &i);
	if (r < 0)
		return r;
	*len = jited ? i.jited_prog_len : i.xlated_prog_len;
	if (jited && !*len)
		return -ENODATA; /* the kernel interprets it, or withholds that */
	void *v = malloc(*len ? *len : 1);
	if (!v)
		return -ENOMEM;
	memset(&i, 0, sizeof i);
	*(jited ? &i.jited_prog_len : &i.xlated_prog_len) = *len;
	*(jited ? &i.jited_prog_insns : &i.xlated_prog_insns) = kern_ptr(v);
	r = info(fd, &i);
	if (r >= 0 && !(jited ? i.jited_prog_insns : i.xlated_prog_insns))
		r = -EPERM; /* withheld: the process may not see kernel addresses */
	if (r < 0) {
		free(v);
		return r;
	}
	*out = v;
	return 0;
}

int kern_prog_xlated(int fd, struct bpf_insn **out, uint32_t *n)
{
	void *v;
	int r = code(fd, false, &v, n);
	if (r < 0)
		return r;
	*out = v;
	*n /= (uint32_t)sizeof **out;
	return 0;
}

int kern_prog_jited(int fd, uint8_t **out, uint32_t *n)
{
	void *v;
	int r = code(fd, true, &v, n);
	if (r < 0)
		return r;
	*out = v;
	return 0;
}

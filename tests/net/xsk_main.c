/* xsk_main.c - a socket of AF_XDP for a script:  xsk DEVICE FILE COMMAND...  runs the command with the socket, which
 * listens on queue 0 of the device, as descriptor 3; what comes is written to the file, the text behind UDP headers, a
 * line each. */
#include <errno.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAMES = 64, FRAME = 2048, RING = 64, UDP_TEXT = 14 + 20 + 8, FD = 3 };

static uint8_t umem[FRAMES * FRAME] __attribute__((aligned(4096)));

static void *must(void *p, const char *what)
{
	if (p == MAP_FAILED) {
		perror(what);
		exit(1);
	}
	return p;
}

static void set(int fd, int option, const void *v, socklen_t n, const char *what)
{
	must(setsockopt(fd, SOL_XDP, option, v, n) ? MAP_FAILED : NULL, what);
}

struct ring { uint32_t *producer, *consumer; void *slots; };

static struct ring ring(int fd, const struct xdp_ring_offset *at, off_t where, size_t slot)
{
	char *p = must(mmap(NULL, at->desc + RING * slot, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, where), "mmap");
	return (struct ring){ (uint32_t *)(p + at->producer), (uint32_t *)(p + at->consumer), p + at->desc };
}

static void give_back(struct ring *fill, uint64_t frame)
{
	uint32_t at = *fill->producer;
	((uint64_t *)fill->slots)[at % RING] = frame;
	__atomic_store_n(fill->producer, at + 1, __ATOMIC_RELEASE);
}

static void take(struct ring *rx, struct ring *fill, FILE *out)
{
	uint32_t at = *rx->consumer;
	for (; at != __atomic_load_n(rx->producer, __ATOMIC_ACQUIRE); at++) {
		const struct xdp_desc *d = (struct xdp_desc *)rx->slots + at % RING;
		int n = d->len > UDP_TEXT ? (int)d->len - UDP_TEXT : 0;
		fprintf(out, "%.*s\n", n, (const char *)umem + d->addr + UDP_TEXT);
		give_back(fill, d->addr - d->addr % FRAME);
	}
	__atomic_store_n(rx->consumer, at, __ATOMIC_RELEASE);
	fflush(out);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	int fd = socket(AF_XDP, SOCK_RAW, 0), n = RING, status;
	must(fd < 0 ? MAP_FAILED : NULL, "AF_XDP");
	const struct xdp_umem_reg mem = { .addr = (uintptr_t)umem, .len = sizeof umem, .chunk_size = FRAME };
	struct xdp_mmap_offsets at;
	socklen_t size = sizeof at;
	set(fd, XDP_UMEM_REG, &mem, sizeof mem, "umem");
	set(fd, XDP_UMEM_FILL_RING, &n, sizeof n, "fill ring");
	set(fd, XDP_UMEM_COMPLETION_RING, &n, sizeof n, "completion ring");
	set(fd, XDP_RX_RING, &n, sizeof n, "rx ring");
	must(getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &size) ? MAP_FAILED : NULL, "offsets");
	struct ring fill = ring(fd, &at.fr, XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t));
	struct ring rx = ring(fd, &at.rx, XDP_PGOFF_RX_RING, sizeof(struct xdp_desc));
	for (uint64_t i = 0; i < FRAMES; i++)
		give_back(&fill, i * FRAME);
	const struct sockaddr_xdp to = { .sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY, .sxdp_ifindex = if_nametoindex(argv[1]) };
	must(bind(fd, (const struct sockaddr *)&to, sizeof to) ? MAP_FAILED : NULL, "bind");
	FILE *out = fopen(argv[2], "w");
	must(out ? NULL : MAP_FAILED, argv[2]);
	pid_t child = fork();
	if (!child) {
		dup2(fd, FD);
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	while (!waitpid(child, &status, WNOHANG)) {
		poll(&wait, 1, 20);
		take(&rx, &fill, out);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

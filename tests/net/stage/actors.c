/* actors.c - who plays on the stage: a service of limited strength, its honest clients, the flood. */
#include "stage.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CAPACITY = 4000 }; /* packets a second the service has the strength for */
#define MAGIC 0x5a17ab1eu

struct request {
	uint32_t magic, phase, number;
};

uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

static void nap(unsigned ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000l };
	nanosleep(&t, NULL);
}

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

static struct sockaddr_in at(uint32_t addr, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(addr),
				     .sin_port = htons(port) };
}

static int udp_socket(uint32_t addr, uint16_t port)
{
	struct sockaddr_in me = at(addr, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof me))
		die("stage: udp socket");
	return fd;
}

/* How much of a steady `rate` a second is due after ms, beyond what was `done`. */
static uint64_t due(uint64_t ms, unsigned rate, uint64_t done)
{
	uint64_t all = ms * rate / 1000;
	return all > done ? all - done : 0;
}

/* Answers well-formed requests. Whatever comes in costs strength, so a flood starves the honest. */
void actor_service(const struct play *p, struct counters *c)
{
	int fd = udp_socket(p->victim, p->port);
	uint64_t start = now_ms(), done = 0;

	for (;;) {
		uint64_t strength = due(now_ms() - start, CAPACITY, done);
		if (strength > CAPACITY / 50) {  /* idle strength is not saved up */
			done += strength - CAPACITY / 50;
			strength = CAPACITY / 50;
		}
		while (strength-- > 0) {
			struct request r;
			struct sockaddr_in from;
			socklen_t len = sizeof from;
			ssize_t n = recvfrom(fd, &r, sizeof r, 0, (struct sockaddr *)&from, &len);
			if (n < 0)
				break;
			done++;
			if (n != sizeof r || r.magic != MAGIC)
				continue;
			atomic_fetch_add(&c->friends_in, 1);
			sendto(fd, &r, sizeof r, 0, (struct sockaddr *)&from, len);
		}
		nap(1);
	}
}

static void take_answers(int fd, struct counters *c)
{
	struct request r;
	while (recv(fd, &r, sizeof r, 0) == sizeof r)
		if (r.magic == MAGIC && r.phase < NPHASES)
			atomic_fetch_add(&c->answered[r.phase], 1);
}

void actor_friends(const struct play *p, struct counters *c)
{
	int fd[MAX_FRIENDS];
	uint64_t sent[MAX_FRIENDS] = { 0 }, start = now_ms();
	struct sockaddr_in to = at(p->victim, p->port);

	for (unsigned i = 0; i < p->nfriends; i++)
		fd[i] = udp_socket(p->friends[i].addr, 0);
	for (;;) {
		for (unsigned i = 0; i < p->nfriends; i++) {
			uint64_t n = due(now_ms() - start, p->friends[i].rate, sent[i]);
			while (n-- > 0) {
				struct request r = { MAGIC, atomic_load(&c->phase), sent[i]++ };
				if (sendto(fd[i], &r, sizeof r, 0, (struct sockaddr *)&to, sizeof to) > 0)
					atomic_fetch_add(&c->asked[r.phase], 1);
			}
			take_answers(fd[i], c);
		}
		nap(2);
	}
}

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t junk[64];
} __attribute__((packed));

static uint16_t ip_checksum(const void *header)
{
	const uint8_t *b = header;
	uint32_t sum = 0;
	for (unsigned i = 0; i < sizeof(struct iphdr); i += 2)
		sum += b[i] << 8 | b[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return htons(~(sum + (sum >> 16)) & 0xffff);
}

static void make_frame(struct frame *f, const struct play *p, const struct source *s)
{
	uint16_t udp_len = sizeof f->udp + sizeof f->junk;

	memset(f, 0, sizeof *f);
	memset(f->eth.h_dest, 0xff, ETH_ALEN);
	f->eth.h_proto = htons(ETH_P_IP);
	f->ip.version = 4;
	f->ip.ihl = 5;
	f->ip.ttl = 64;
	f->ip.protocol = IPPROTO_UDP;
	f->ip.tot_len = htons(sizeof f->ip + udp_len);
	f->ip.saddr = htonl(s->addr);
	f->ip.daddr = htonl(p->victim);
	f->ip.check = ip_checksum(&f->ip);
	f->udp.source = htons(s->port);
	f->udp.dest = htons(p->port);
	f->udp.len = htons(udp_len);
	memset(f->junk, 'x', sizeof f->junk);
}

/* The victim's hardware address: broadcast frames would not be delivered to the service. */
static void find_victim(const struct play *p, uint8_t mac[ETH_ALEN])
{
	struct ifreq r = { 0 };
	int outside = socket(AF_INET, SOCK_DGRAM, 0);
	int here = -1;

	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", p->victim_dev);
	if (net_enter(p->victim_ns) || (here = socket(AF_INET, SOCK_DGRAM, 0)) < 0 ||
	    ioctl(here, SIOCGIFHWADDR, &r) || net_enter(p->outside_ns))
		die("stage: the victim's address");
	memcpy(mac, r.ifr_hwaddr.sa_data, ETH_ALEN);
	close(here);
	close(outside);
}

/* Sends n copies of the frame; how many went out. */
static uint64_t send_frames(int fd, struct frame *f, uint64_t n)
{
	enum { BATCH = 64 };
	struct iovec v = { f, sizeof *f };
	struct mmsghdr m[BATCH];
	uint64_t sent = 0;

	memset(m, 0, sizeof m);
	for (unsigned i = 0; i < BATCH; i++)
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v, .msg_iovlen = 1 };
	while (sent < n) {
		int k = sendmmsg(fd, m, n - sent < BATCH ? n - sent : BATCH, 0);
		if (k <= 0)
			break;
		sent += k;
	}
	return sent;
}

void actor_flood(const struct play *p, struct counters *c)
{
	struct frame frames[MAX_FOES];
	uint64_t sent[MAX_FOES] = { 0 }, start;
	uint8_t mac[ETH_ALEN];
	int bypass = 1;

	find_victim(p, mac);
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = if_nametoindex(p->outside_dev),
				  .sll_protocol = 0 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof to))
		die("stage: packet socket");
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof bypass);
	for (unsigned i = 0; i < p->nfoes; i++) {
		make_frame(&frames[i], p, &p->foes[i]);
		memcpy(frames[i].eth.h_dest, mac, ETH_ALEN);
	}
	start = now_ms();
	for (;;) {
		for (unsigned i = 0; i < p->nfoes; i++) {
			uint64_t n = due(now_ms() - start, p->foes[i].rate, sent[i]);
			uint64_t gone = send_frames(fd, &frames[i], n);
			sent[i] += n; /* what could not be sent is not made up for */
			atomic_fetch_add(&c->flood_sent, gone);
		}
		nap(2);
	}
}

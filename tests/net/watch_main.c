/* watch_main.c - says what IP packets a device receives, and whether their checksums are right, summed
 * anew:  watch DEVICE PROTOCOL N  (until N of it have come, or two seconds nothing has; of ICMPv6 answers
 * to pings only) */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { ETH = 14, IP4 = 20, IP6 = 40, ICMP = 1, TCP = 6, UDP = 17, ICMP6 = 58 };

static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint32_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static const char *verdict(uint32_t sum)
{
	return folded(sum) == 0xffff ? "right" : "wrong";
}

/* The transport's, over the addresses, its length and its number. In what has its card's part still to come there
 * is the sum of just these. */
static const char *transport(const uint8_t *addresses, size_t bytes, unsigned proto, const uint8_t *p, size_t n)
{
	if (proto == UDP && !p[6] && !p[7])
		return "none";
	uint32_t sum = proto == ICMP ? 0 : add((uint32_t)n + proto, addresses, bytes);
	const uint8_t *check = p + (proto == UDP ? 6 : 16);
	if ((proto == UDP || proto == TCP) && folded(sum) == ((uint32_t)check[0] << 8 | check[1]))
		return "begun";
	return verdict(add(sum, p, n));
}

/* Was it of the protocol, and whole? */
static bool say(const uint8_t *p, size_t n, unsigned proto)
{
	enum { ECHO_REPLY = 129 };
	const uint8_t *ip = p + ETH;
	if (n >= ETH + IP4 && ip[0] >> 4 == 4 && ip[9] == proto) {
		size_t head = (size_t)(ip[0] & 15) * 4, len = (size_t)ip[2] << 8 | ip[3];
		if (len > n - ETH || head > len)
			return false;
		printf("%u ttl %u header %s transport %s\n", ip[9], ip[8], verdict(add(0, ip, head)),
		       transport(ip + 12, 8, ip[9], ip + head, len - head));
	} else if (n > ETH + IP6 && ip[0] >> 4 == 6 && ip[6] == proto) {
		size_t len = (size_t)ip[4] << 8 | ip[5];
		if (len + IP6 > n - ETH || (proto == ICMP6 && ip[IP6] != ECHO_REPLY))
			return false;
		printf("%u ttl %u header none transport %s\n", ip[6], ip[7],
		       transport(ip + 8, 32, ip[6], ip + IP6, len));
	} else {
		return false;
	}
	fflush(stdout);
	return true;
}

int main(int n, char **v)
{
	static uint8_t packet[1 << 16];
	struct timeval patience = { .tv_sec = 2 };
	struct sockaddr_ll from, at = { .sll_family = AF_PACKET, .sll_protocol = htons(0x0003) };
	int s = socket(AF_PACKET, SOCK_RAW, htons(0x0003));
	if (n != 4 || s < 0)
		return 2;
	at.sll_ifindex = (int)if_nametoindex(v[1]);
	if (bind(s, (struct sockaddr *)&at, sizeof at) ||
	    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience))
		return 1;
	puts("watching");
	fflush(stdout);
	for (int left = atoi(v[3]); left > 0;) {
		socklen_t size = sizeof from;
		ssize_t got = recvfrom(s, packet, sizeof packet, 0, (struct sockaddr *)&from, &size);
		if (got < 0)
			return 0;
		if (from.sll_pkttype != PACKET_OUTGOING && say(packet, (size_t)got, (unsigned)atoi(v[2])))
			left--;
	}
	return 0;
}

/* packets.h - hand-made and generated frames for the tests of packet views. */
#ifndef TEST_PACKETS_H
#define TEST_PACKETS_H

#include <stdint.h>
#include <string.h>

struct frame {
	uint8_t b[1024];
	unsigned n;
};

static inline void put(struct frame *f, const char *bytes, unsigned n)
{
	memcpy(f->b + f->n, bytes, n);
	f->n += n;
}

/* Appends a string literal's bytes. */
#define PUT(f, lit) put((f), (lit), sizeof(lit) - 1)

static inline void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* destination 52:54:00:12:34:56, source 02:00:00:00:00:01 */
#define ETH(type) "\x52\x54\x00\x12\x34\x56\x02\x00\x00\x00\x00\x01" type
#define T_IP4 "\x08\x00"
#define T_IP6 "\x86\xdd"
#define T_ARP "\x08\x06"
#define T_8021Q "\x81\x00"
#define T_8021AD "\x88\xa8"
#define T_9100 "\x91\x00"
/* id 0x123, priority 5, dei set */
#define TAG(type) "\xb1\x23" type

/* tos 0x2e, id 0xbeef, ttl 61, 192.0.2.1 -> 198.51.100.7; len two bytes, frag two bytes */
#define IP4(b0, len, frag, proto)                                                           \
	b0 "\x2e" len "\xbe\xef" frag "\x3d" proto "\xab\xcd\xc0\x00\x02\x01\xc6\x33\x64\x07"
/* class 0xa5, flow 0xbcdef, hop limit 62, 2001:db8::1 -> 2001:db8::2 */
#define IP6(len, next)                                                                      \
	"\x6a\x5b\xcd\xef" len next "\x3e"                                                  \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
/* 4660 -> 443, seq 0x89abcdef, ack 0xfedcba98, window 0x7210, check 0x5566, urgent 0x7788 */
#define TCP(doff, flags)                                                                    \
	"\x12\x34\x01\xbb\x89\xab\xcd\xef\xfe\xdc\xba\x98" doff flags                       \
	"\x72\x10\x55\x66\x77\x88"
/* 53 -> 4096 */
#define UDP(len) "\x00\x35\x10\x00" len "\x9a\xbc"
#define ICMP(type) type "\x03\x11\x22\x33\x44\x55\x66"
#define ARP "\0\1\x08\0\6\4\0\2\2\0\0\0\0\1\xc0\0\2\1\x52\x54\0\x12\x34\x56\xc0\0\2\2"

#endif

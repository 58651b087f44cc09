/* stage.h - what the parts of the demo's stage share: the play, drawn at random, and its counters. */
#ifndef STAGE_H
#define STAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { MAX_FOES = 6, MAX_FRIENDS = 4 };
enum phase { WARM_UP, BEFORE, REACT, AFTER, NPHASES };

struct source {
	uint32_t addr;  /* host order */
	uint16_t port;
	unsigned rate;  /* packets a second */
};

struct play {
	uint32_t victim;                /* its address, host order, in a /24 with the friends */
	uint16_t port;                  /* its service's */
	unsigned nfoes, nfriends;
	struct source foes[MAX_FOES];   /* spoofed, anywhere */
	struct source friends[MAX_FRIENDS];
	char outside_dev[16], victim_dev[16];
	int outside_ns, victim_ns;      /* descriptors */
};

/* Written by the actors, each its own fields; read by the stage. */
struct counters {
	_Atomic int phase;              /* written by the stage */
	_Atomic uint64_t flood_sent;
	_Atomic uint64_t friends_in;    /* honest requests that reached the service */
	_Atomic uint64_t asked[NPHASES], answered[NPHASES];
};

void play_draw(struct play *p);

/* net.c: namespaces without names: when the last process and descriptor go, so does all in them. */
int net_open(struct play *p);                    /* 0, or -1 after saying why */
int net_enter(int ns);
uint64_t net_packets_in(pid_t inside);           /* IPv4 packets the namespace's stack received */

/* actors.c: each never returns. */
void actor_service(const struct play *p, struct counters *c) __attribute__((noreturn));
void actor_friends(const struct play *p, struct counters *c) __attribute__((noreturn));
void actor_flood(const struct play *p, struct counters *c) __attribute__((noreturn));

uint64_t now_ms(void);

#endif

/* texts.c - what programs that read text are measured on: TLS, HTTP, DNS questions. */
#include "packets.h"

#include <string.h>

enum { OUTER = 14, IN_L4 = OUTER + 20, IN_TCP = IN_L4 + 20, IN_DNS = IN_L4 + 8 + 12 };

static void data(struct packet *p) { eth(p, 0x800); ipv4(p, TCP, FRIEND, 80, 0, 0x4000); tcp(p, 443, ACK, 60); }
static void asked(struct packet *p) { eth(p, 0x800); ipv4(p, TCP, HOSTILE, 20, 0, 0x4000); tcp(p, 443, SYN, 0); }
static void quic(struct packet *p) { eth(p, 0x800); ipv4(p, UDP, FRIEND, 158, 0, 0); udp(p, 443, 150); }

static void put_text(struct packet *p, const char *text)
{
	put(p, text, (unsigned)strlen(text));
}

/* ---- example_sni: a ClientHello, with as many bytes of padding in front of the name ---- */

static void extension(struct packet *p, unsigned kind, unsigned size)
{
	put16(p, kind);
	put16(p, size);
}

static void named(struct packet *p, unsigned kind, const char *name, unsigned n)
{
	extension(p, 0, n + 5);
	put16(p, n + 3);
	put8(p, kind);
	put16(p, n);
	put(p, name, n);
}

static void host(struct packet *p, const char *name) { named(p, 0, name, (unsigned)strlen(name)); }

static void extensions(struct packet *p, unsigned padding)
{
	extension(p, 0xff01, 1);
	put8(p, 0);
	extension(p, 10, 8);
	zeros(p, 8);
	extension(p, 21, padding);
	zeros(p, padding);
}

static void hello_of(struct packet *p, unsigned session, unsigned ciphers)
{
	put(p, "\x16\3\1\2\0\1\0\1\xfc\3\3", 11);
	zeros(p, 32);
	put8(p, session);
	zeros(p, session);
	put16(p, ciphers);
	zeros(p, ciphers);
	put16(p, 0x0100);
	put16(p, 0x0180);
}

static void to_443(struct packet *p)
{
	eth(p, 0x800);
	ipv4(p, TCP, FRIEND, 0, 0, 0x4000);
	tcp(p, 443, PSH | ACK, 0);
}

/* NULL: without a name. */
static void hello(struct packet *p, const char *name, unsigned padding)
{
	to_443(p);
	hello_of(p, 32, 34);
	extensions(p, padding);
	if (name)
		host(p, name);
	extension(p, 43, 3);
	put(p, "\2\3\4", 3);
	end_ipv4(p, OUTER);
}

#define LABEL63 "one-label-of-a-name-has-sixty-three-letters-at-most-this-has-al."
static const char long_name[] = LABEL63 LABEL63 LABEL63 LABEL63; /* 256 bytes, 255 without the last dot */

static void sni_fine(struct packet *p)     { hello(p, "www.example.org", 0); }
static void sni_late(struct packet *p)     { hello(p, "mail.example.com", 40); }
static void sni_bad(struct packet *p)      { hello(p, "bad.example.org", 0); }
static void sni_worse(struct packet *p)    { hello(p, "worse.example", 20); }
static void sni_case(struct packet *p)     { hello(p, "Bad.example.org", 0); }
static void sni_none(struct packet *p)     { hello(p, NULL, 0); }
static void sni_dot(struct packet *p)      { hello(p, "BAD.example.ORG.", 0); }
static void sni_dots(struct packet *p)     { hello(p, "bad.example.org..", 0); }
static void sni_long(struct packet *p)     { hello(p, long_name + 1, 0); }
static void sni_odd(struct packet *p)      { hello(p, long_name, 0); }
static void sni_empty(struct packet *p)    { hello(p, "", 0); }
static void sni_answer(struct packet *p)   { sni_bad(p); p->bytes[IN_TCP + 5] = 2; }
static void sni_alert(struct packet *p)    { sni_bad(p); p->bytes[IN_TCP] = 21; }
static void sni_session(struct packet *p)  { sni_bad(p); p->bytes[IN_TCP + 43] = 255; }
static void sni_ciphers(struct packet *p)  { sni_bad(p); p->bytes[IN_TCP + 76] = 255; }
static void sni_past(struct packet *p)     { hello(p, NULL, 0); p->bytes[p->n - 5] = 9; }
static void sni_options(struct packet *p)
{
	eth(p, 0x800); ipv4(p, TCP, FRIEND, 0, 3, 0x4000); tcp(p, 443, PSH | ACK, 0);
	hello_of(p, 0, 2); host(p, "bad.example.org"); end_ipv4(p, OUTER);
}
static void sni_ipv6(struct packet *p)
{
	eth(p, 0x86dd); ipv6(p, TCP, 0); tcp(p, 443, PSH | ACK, 0);
	hello_of(p, 32, 34); extensions(p, 0); host(p, "worse.example"); end_ipv6(p, OUTER);
}
/* A name of its own kind, of n bytes. */
static void only(struct packet *p, unsigned kind, const char *name, unsigned n)
{
	to_443(p);
	hello_of(p, 0, 2);
	named(p, kind, name, n);
	end_ipv4(p, OUTER);
}
/* Behind so many others. */
static void behind(struct packet *p, unsigned n)
{
	to_443(p);
	hello_of(p, 0, 2);
	while (n--)
		extension(p, 21, 0);
	host(p, "bad.example.org");
	end_ipv4(p, OUTER);
}

static void sni_other(struct packet *p)    { only(p, 1, "good.example", 12); }
static void sni_zero(struct packet *p)     { only(p, 0, "bad.example.org", 16); }
static void sni_last(struct packet *p)     { behind(p, 100); }

static const struct row sni[] = {
	{ data,        45, "TCP to port 443" },
	{ asked,        5, "SYN" },
	{ quic,        10, "UDP to port 443" },
	{ sni_fine,    20, "a ClientHello" },
	{ sni_late,     6, "... whose name comes fifth" },
	{ sni_none,     2, "... without a name" },
	{ sni_bad,      6, "... of a name that is not wanted" },
	{ sni_worse,    4, "... of another" },
	{ sni_ipv6,     2, "... over IPv6" },
	{ sni_case,     0, "a name in another case" },
	{ sni_dot,      0, "... with a dot at its end" },
	{ sni_dots,     0, "... with two" },
	{ sni_long,     0, "a name of 255 bytes" },
	{ sni_odd,      0, "a name of 256 bytes" },
	{ sni_zero,     0, "a name with a zero byte" },
	{ sni_other,    0, "a name of another kind" },
	{ sni_empty,    0, "an empty name" },
	{ sni_answer,   0, "a ServerHello" },
	{ sni_alert,    0, "an alert" },
	{ sni_session,  0, "a session past the end" },
	{ sni_ciphers,  0, "ciphers past the end" },
	{ sni_past,     0, "an extension past the end" },
	{ sni_options,  0, "behind IPv4 options" },
	{ sni_last,     0, "a name that comes last" },
};
const struct mix sni_mix = { "example_sni", MIX_ROWS(sni), NULL };

/* ---- example_agents ---- */

static void request(struct packet *p, const char *text)
{
	eth(p, 0x800);
	ipv4(p, TCP, FRIEND, 0, 0, 0x4000);
	tcp(p, 80, PSH | ACK, 0);
	put_text(p, text);
	end_ipv4(p, OUTER);
}

#define GET   "GET /index.html?a=1 HTTP/1.1\r\n"
#define HOST  "Host: www.example.org\r\nAccept: */*\r\n"
#define FOX   "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
#define CURL  "User-Agent: curl/8.14.1\r\n"

static void ag_fox(struct packet *p)     { request(p, GET HOST FOX "\r\n"); }
static void ag_first(struct packet *p)   { request(p, GET FOX HOST "\r\n"); }
static void ag_curl(struct packet *p)    { request(p, GET HOST CURL "\r\n"); }
static void ag_small(struct packet *p)   { request(p, "POST / HTTP/1.0\r\nuser-agent:Curl/7\r\n\r\n"); }
static void ag_none(struct packet *p)    { request(p, GET HOST "\r\n"); }
static void ag_empty(struct packet *p)   { request(p, GET "User-Agent:\r\n\r\n"); }
static void ag_spaces(struct packet *p)  { request(p, GET "User-Agent:      curl/1\r\n\r\n"); }
static void ag_cut(struct packet *p)     { request(p, GET "User-Agent: cur"); }
static void ag_almost(struct packet *p)  { request(p, GET "User-Agen: x\r\nUser-agentx: y\r\n\r\nUser-Agent: z"); }
static void ag_inside(struct packet *p)  { request(p, GET "Via: curl/\r\r\nUser-Agent: a curl/\r\n"); }
static void ag_lower(struct packet *p)   { request(p, "get / HTTP/1.1\r\n" CURL "\r\n"); }
static void ag_capital(struct packet *p) { request(p, GET "USER-AGENT:\tcurl/8\r\n\r\n"); }
static void ag_bare(struct packet *p)    { request(p, "GET / HTTP/1.0\nuSER-aGENT:curl/8\n\n"); }
static void ag_empties(struct packet *p) { request(p, "\r\n\n" GET CURL "\r\n"); }
static void ag_bytes(struct packet *p)   { request(p, "G\33[T /\1a b HTTP/1.1 HTTP/1.2 \r\nUser-Agent: curl/\33[2J\r\n\r\n"); }
static void ag_version(struct packet *p) { request(p, "GET / HTTP/2.0\r\n" CURL "\r\n"); }
static void ag_space(struct packet *p)   { request(p, "GET  / HTTP/1.1\r\n" CURL "\r\n"); }
static void ag_path(struct packet *p)    { request(p, "GET /a b HTTP/1.1\r\n" CURL "\r\n"); }
static void ag_answer(struct packet *p)  { request(p, "HTTP/1.1 200 OK\r\n" HOST "\r\n"); }
static void ag_body(struct packet *p)    { request(p, "<html><head><title>A page</title></head><body>...</body></html>\n"); }

static const struct row agents[] = {
	{ data,       40, "TCP to port 443" },
	{ ag_body,    15, "the middle of an upload to port 80" },
	{ quic,       10, "UDP to port 443" },
	{ ag_fox,     15, "a request of a browser" },
	{ ag_first,    5, "... with its name first" },
	{ ag_curl,    10, "... of curl" },
	{ ag_small,    2, "... in small letters" },
	{ ag_none,     3, "... without a name" },
	{ ag_empty,    0, "an empty name" },
	{ ag_spaces,   0, "a name behind spaces" },
	{ ag_cut,      0, "a name that is cut off" },
	{ ag_almost,   0, "fields that are almost it" },
	{ ag_inside,   0, "the name in other places" },
	{ ag_lower,    0, "a method in small letters" },
	{ ag_capital,  0, "a field in capital letters" },
	{ ag_bare,     0, "lines that end without a return" },
	{ ag_empties,  0, "empty lines before the request" },
	{ ag_bytes,    0, "bytes that mean something to a terminal" },
	{ ag_version,  0, "another version" },
	{ ag_space,    0, "two spaces" },
	{ ag_path,     0, "a space in the path" },
	{ ag_answer,   0, "an answer" },
};
const struct mix agents_mix = { "example_agents", MIX_ROWS(agents), NULL };

/* ---- example_names ---- */

/* `name`: its labels, each behind its length, and what follows it. */
static void question(struct packet *p, unsigned flags, unsigned questions, const char *name, unsigned size)
{
	eth(p, 0x800);
	ipv4(p, UDP, FRIEND, 0, 0, 0);
	udp(p, 53, 0);
	put16(p, 0x1234);
	put16(p, flags);
	put16(p, questions);
	zeros(p, 6);
	put(p, name, size);
	end_udp(p, IN_L4);
	end_ipv4(p, OUTER);
}
#define ASK(p, name) question(p, 0x100, 1, name, sizeof name - 1)
#define LABEL32 "\x20" "abcdefghijklmnopqrstuvwxyzABCDEF"

static void q_short(struct packet *p)   { ASK(p, "\7example\3org\0\0\1\0\1"); }
static void q_www(struct packet *p)     { ASK(p, "\3www\7example\3org\0\0\34\0\1"); }
static void q_case(struct packet *p)    { ASK(p, "\3wWw\7ExAmPlE\3oRg\0\0\1\0\1"); }
static void q_reverse(struct packet *p) { ASK(p, "\0017\0010\0010\00210\7in-addr\4arpa\0\0\14\0\1"); }
static void q_root(struct packet *p)    { ASK(p, "\0\0\2\0\1"); }
static void q_long(struct packet *p)    { ASK(p, LABEL32 LABEL32 LABEL32 "\0\0\1\0\1"); }
static void q_most(struct packet *p)    { ASK(p, LABEL32 LABEL32 LABEL32 LABEL32 LABEL32 LABEL32 LABEL32 "\x16" "abcdefghijklmnopqrstuv\0\0\1\0\1"); }
static void q_more(struct packet *p)    { ASK(p, LABEL32 LABEL32 LABEL32 LABEL32 LABEL32 LABEL32 LABEL32 LABEL32 "\0\0\1\0\1"); }
static void q_exact(struct packet *p)   { ASK(p, LABEL32 "\x1e" "abcdefghijklmnopqrstuvwxyz0123\0\0\1\0\1"); }
static void q_zero(struct packet *p)    { ASK(p, "\3w\0W\0\0\1\0\1"); }
static void q_pointer(struct packet *p) { ASK(p, "\3www\300\14\0\1\0\1"); }
static void q_cut(struct packet *p)     { ASK(p, "\3www\7exam"); }
static void q_kind(struct packet *p)    { ASK(p, "\3www\0\0"); }
static void q_empty(struct packet *p)   { ASK(p, ""); }
static void q_answer(struct packet *p)  { question(p, 0x8180, 1, "\3www\0\0\1\0\1", 9); }
static void q_none(struct packet *p)    { question(p, 0x100, 0, "\3www\0\0\1\0\1", 9); }
static void q_from(struct packet *p)    { q_www(p); p->bytes[IN_L4 + 1] = 53, p->bytes[IN_L4 + 3] = 99; }
static void q_ipv6(struct packet *p)
{
	eth(p, 0x86dd); ipv6(p, UDP, 0); udp(p, 53, 0); put(p, "\0\1\1\0\0\1\0\0\0\0\0\0\3www\0\0\1\0\1", 21);
	end_udp(p, 54); end_ipv6(p, OUTER);
}

static const struct row names[] = {
	{ data,      10, "TCP to port 443" },
	{ quic,      10, "UDP to port 443" },
	{ q_short,   15, "a question for a name of two labels" },
	{ q_www,     25, "... of three" },
	{ q_case,    10, "... in mixed case" },
	{ q_reverse, 10, "... of six, from an address" },
	{ q_long,     3, "... of 99 bytes" },
	{ q_ipv6,     5, "... over IPv6" },
	{ q_answer,  10, "an answer" },
	{ q_root,     2, "a question for the root" },
	{ q_exact,    0, "a name of 64 bytes" },
	{ q_most,     0, "a name of 254 bytes" },
	{ q_more,     0, "a name of 264 bytes" },
	{ q_zero,       0, "a name with a zero byte" },
	{ q_pointer,  0, "a pointer" },
	{ q_cut,      0, "a name that is cut off" },
	{ q_kind,     0, "half a type" },
	{ q_empty,    0, "no name" },
	{ q_none,     0, "no question" },
	{ q_from,     0, "from port 53" },
};
const struct mix names_mix = { "example_names", MIX_ROWS(names), NULL };

/* SPDX-License-Identifier: Apache-2.0 */
/* dnsd.c - a small authoritative answerer over UDP: A records of the lab's names, PTR of its nodes.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "balancer.h"
#include "dnsd.h"
#include "netns.h"

enum {
	HEADER = 12,
	TYPE_A = 1,
	TYPE_PTR = 12,
	CLASS_IN = 1,
	TTL_S = 60,
	DATAGRAM = 512,
	NXDOMAIN = 3,
	MAX_ADDRESSES = WORLD_MAX_ZONES
};

/* Dotted lower-case name at p; the number of bytes it takes, 0 when it is malformed (compression is
 * not allowed in a question). */
static size_t read_name(const uint8_t *p, size_t left, char *out, size_t size)
{
	size_t used = 0, at = 0;

	while (at < left && p[at]) {
		size_t n = p[at++];

		if (n > 63 || at + n > left || used + n + 2 > size)
			return 0;
		for (size_t i = 0; i < n; i++)
			out[used++] = (char)(p[at + i] >= 'A' && p[at + i] <= 'Z' ? p[at + i] | 0x20
										  : p[at + i]);
		out[used++] = '.';
		at += n;
	}
	out[used ? used - 1 : 0] = '\0';
	return at < left ? at + 1 : 0;
}

static struct ip lookup(const struct world *w, const char *name)
{
	static const char *const services[] = { "acm", "ec2", "elasticloadbalancing", "sts" };
	char aws[128];

	for (size_t i = 0; i < COUNT(services); i++) {
		snprintf(aws, sizeof(aws), "%s.%s.amazonaws.com", services[i], w->c.region);
		if (strcmp(name, aws) == 0)
			return lab_vpc_ip(w, 10);
	}
	if (strcmp(name, "ifconfig.co") == 0)
		return lab_echo_ip();
	if (strcmp(name, "dns.google") == 0)
		return lab_internet_ip();
	for (size_t i = 0; i < w->ninstances; i++)
		if (strcmp(name, w->instances[i].hostname) == 0)
			return w->instances[i].primary->ips[0].ip;
	return (struct ip) { 0 };
}

/* "51.1.168.192.in-addr.arpa" to a node's name, or NULL. */
static const char *reverse(const struct world *w, const char *name)
{
	for (size_t i = 0; i < w->ninstances; i++) {
		const uint8_t *b = w->instances[i].primary->ips[0].ip.b;
		char want[64];

		snprintf(want, sizeof(want), "%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0]);
		if (strcmp(name, want) == 0)
			return w->instances[i].hostname;
	}
	return NULL;
}

static size_t put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return 2;
}

static size_t write_name(uint8_t *p, const char *name)
{
	size_t at = 0;

	while (*name) {
		size_t n = strcspn(name, ".");

		p[at++] = (uint8_t)n;
		memcpy(p + at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	p[at++] = 0;
	return at;
}

static size_t answer_record(uint8_t *p, unsigned type, const struct ip *ip, const char *name)
{
	size_t n = put16(p, 0xc000 | HEADER), data; /* a pointer to the question's name */

	n += put16(p + n, type);
	n += put16(p + n, CLASS_IN);
	n += put16(p + n, 0);
	n += put16(p + n, TTL_S);
	if (ip) {
		n += put16(p + n, 4);
		memcpy(p + n, ip->b, 4);
		return n + 4;
	}
	data = write_name(p + n + 2, name);
	put16(p + n, data);
	return n + 2 + data;
}

static size_t lookup_all(const struct world *w, struct balancer *b, const char *name,
			 struct ip out[MAX_ADDRESSES])
{
	out[0] = lookup(w, name);
	if (out[0].family)
		return 1;
	return b ? balancer_resolve(b, name, out, MAX_ADDRESSES) : 0;
}

size_t dnsd_answer(const struct world *w, struct balancer *b, const uint8_t *q, size_t n,
		   uint8_t *out, size_t room)
{
	size_t end, type, ips, answers = 0;
	struct ip ip[MAX_ADDRESSES];
	const char *host;
	char name[256];

	if (n < HEADER || q[2] & 0x80 || q[4] || q[5] != 1)
		return 0;
	end = read_name(q + HEADER, n - HEADER, name, sizeof(name));
	if (!end || HEADER + end + 4 > n || HEADER + end + 4 + 96 > room)
		return 0;
	end += HEADER;
	type = (size_t)q[end] << 8 | q[end + 1];
	end += 4;
	memcpy(out, q, end);
	memset(out + 6, 0, 6);
	ips = lookup_all(w, b, name, ip);
	host = reverse(w, name);
	out[2] = (uint8_t)(0x84 | (q[2] & 1)); /* answer, authoritative, recursion as asked */
	out[3] = ips || host ? 0x80 : 0x80 | NXDOMAIN;
	if (!ips && host && type == TYPE_PTR) {
		out[7] = 1;
		return end + answer_record(out + end, TYPE_PTR, NULL, host);
	}
	for (size_t i = 0; type == TYPE_A && i < ips; i++) {
		answers += answer_record(out + end + answers, TYPE_A, &ip[(q[1] + i) % ips], NULL);
		out[7]++;
	}
	return end + answers;
}

static void on_query(struct watch *w, uint32_t events)
{
	struct lab *lab = OWNER(w, struct dns, w)->lab;
	uint8_t q[DATAGRAM], out[DATAGRAM];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(w->fd, q, sizeof(q), MSG_DONTWAIT, (struct sockaddr *)&from, &len);
	size_t size;

	(void)events;
	if (n <= 0)
		return;
	size = dnsd_answer(&lab->w, lab->balancer, q, (size_t)n, out, sizeof(out));
	if (size)
		(void)sendto(w->fd, out, size, MSG_DONTWAIT, (struct sockaddr *)&from, len);
}

/* One socket for each address, so that an answer leaves from where the question went. */
static int listen_on(struct lab *lab, struct dns *d, struct ip ip, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(DNS_PORT) };
	auto_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fail(e, errno, "DNS socket:");
	memcpy(&at.sin_addr, ip.b, 4);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return fail(e, errno, "bind DNS to %s:", ip_text(ip).s);
	d->lab = lab;
	d->w.fn = on_query;
	return watch_add(lab->loop, &d->w, TAKE(fd), EPOLLIN, e);
}

int dnsd_start(struct lab *lab, struct err *e)
{
	auto_netns int back = 0;

	if (listen_on(lab, &lab->dns[0], lab_vpc_ip(&lab->w, 2), e) < 0 ||
	    listen_on(lab, &lab->dns[1], ip_v4(0xa9fea9fd), e) < 0 ||
	    netns_enter(lab->internet, &back, e) < 0)
		return -1;
	return listen_on(lab, &lab->dns[2], lab_internet_ip(), e);
}

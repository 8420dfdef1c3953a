/* SPDX-License-Identifier: Apache-2.0 */
/* poddns.c - the stand-in for CoreDNS: questions go to the VPC's resolver, answers come back. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"
#include "podserver.h"

enum { PORT_DNS = 53, LONGEST = 4096, PENDING = 256, HEADER = 12 };

/* Who asked, by the number that the question was sent on with. */
struct asker {
	struct sockaddr_in at;
	uint16_t id;
	bool waits;
};
struct forwarder {
	struct watch down, up;
	struct asker v[PENDING];
	uint16_t next;
};

static void on_question(struct watch *w, uint32_t events)
{
	struct forwarder *f = OWNER(w, struct forwarder, down);
	struct asker *a = &f->v[f->next % PENDING];
	socklen_t size = sizeof(a->at);
	uint8_t text[LONGEST];
	ssize_t n = recvfrom(w->fd, text, sizeof(text), 0, (struct sockaddr *)&a->at, &size);

	(void)events;
	if (n < HEADER)
		return;
	memcpy(&a->id, text, 2);
	a->waits = true;
	text[0] = 0;
	text[1] = (uint8_t)(f->next++ % PENDING);
	(void)!send(f->up.fd, text, (size_t)n, MSG_DONTWAIT);
}

static void on_answer(struct watch *w, uint32_t events)
{
	struct forwarder *f = OWNER(w, struct forwarder, up);
	uint8_t text[LONGEST];
	ssize_t n = recv(w->fd, text, sizeof(text), 0);
	struct asker *a;

	(void)events;
	if (n < HEADER || text[0] != 0)
		return;
	a = &f->v[text[1]];
	if (!a->waits)
		return;
	a->waits = false;
	memcpy(text, &a->id, 2);
	(void)!sendto(f->down.fd, text, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&a->at,
		      sizeof(a->at));
}

static int resolver(struct in_addr *out, struct err *e)
{
	auto_buf struct buf text = { 0 };
	const char *p;
	char ip[INET_ADDRSTRLEN] = "";

	if (file_read("/etc/resolv.conf", LONGEST, &text, e) < 0)
		return -1;
	p = text.p ? strstr(text.p, "nameserver ") : NULL;
	if (p)
		memcpy(ip, p + 11,
		       strnlen(p + 11, strcspn(p + 11, "\n")) < sizeof(ip) ? strcspn(p + 11, "\n")
									   : sizeof(ip) - 1);
	if (inet_pton(AF_INET, ip, out) == 1)
		return 0;
	return fail(e, EINVAL, "/etc/resolv.conf: no nameserver with an IPv4 address");
}

int podserver_dns(struct loop *l, struct err *e)
{
	struct forwarder *f = xalloc(sizeof(*f));
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT_DNS) };
	struct sockaddr_in to = at;
	int down = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int up = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*f = (struct forwarder) { .down.fn = on_question, .up.fn = on_answer };
	if (resolver(&to.sin_addr, e) < 0)
		return -1;
	if (bind(down, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    connect(up, (struct sockaddr *)&to, sizeof(to)) < 0)
		return fail(e, errno, "listen on UDP port 53:");
	if (watch_add(l, &f->down, down, EPOLLIN, e) < 0)
		return -1;
	return watch_add(l, &f->up, up, EPOLLIN, e);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* lab_probe.c - one health check of the lab's load balancers, against servers that do and do not
 * behave. */
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "iface.h"
#include "lbprobe.h"
#include "nstest.h"

#define HERE 0x7f000001

/* Into a namespace with a loopback. */
static int home(void)
{
	auto_nl struct nl nl = { 0 };
	auto_fd int ns = ns_new(&nl);
	struct err e = { 0 };
	int back = 0;

	CHECK(netns_enter(ns, &back, &e) == 0);
	CHECK(iface_change_name(&nl, "lo", &(struct iface_set) { .up = true }, &e) == 0);
	return back;
}

static int listener_new(int *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(HERE) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);

	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 4) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	*port = ntohs(at.sin_port);
	return fd;
}

/* A server that says one thing to everybody. */
struct parrot {
	int fd;
	const char *says;
	pthread_t thread;
};

static void *parrot_run(void *arg)
{
	struct parrot *p = arg;
	char buf[2048];
	int fd;

	while ((fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (recv(fd, buf, sizeof(buf), 0) > 0)
			(void)send(fd, p->says, strlen(p->says), MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static enum probe_found ask_parrot(enum probe_kind kind, const char *says, int *status)
{
	struct probe_ask ask = { .kind = kind,
				 .from = ip_v4(HERE),
				 .to = ip_v4(HERE),
				 .path = "/",
				 .codes = "200-299",
				 .timeout_ms = 10000 };
	struct parrot p = { .fd = listener_new(&ask.port), .says = says };
	enum probe_found found;

	CHECK(pthread_create(&p.thread, NULL, parrot_run, &p) == 0);
	found = probe_run(&ask, status);
	shutdown(p.fd, SHUT_RDWR);
	pthread_join(p.thread, NULL);
	close(p.fd);
	return found;
}

TEST(balancer_probes_tell_good_answers_from_bad_ones)
{
	auto_netns int back = home();
	int status;

	CHECK(ask_parrot(PROBE_HTTP, "HTTP/1.1 204 No Content\r\n\r\n", &status) == PROBE_OK);
	CHECK(ask_parrot(PROBE_HTTP, "HTTP/1.1 503 Busy\r\n\r\n", &status) == PROBE_MISMATCH);
	CHECK_INT(status, 503);
	CHECK(ask_parrot(PROBE_HTTP, "220 mail ESMTP\r\n", &status) == PROBE_FAILED);
	CHECK(ask_parrot(PROBE_HTTP, "HTTP/1", &status) == PROBE_FAILED);
	CHECK(ask_parrot(PROBE_HTTP, "", &status) == PROBE_FAILED);
	CHECK(ask_parrot(PROBE_HTTPS, "HTTP/1.1 200 OK\r\n\r\n", &status) == PROBE_FAILED);
	CHECK_INT(status, 0);
	CHECK(ask_parrot(PROBE_TCP, "", &status) == PROBE_OK);
}

TEST(balancer_probes_do_not_wait_for_ever)
{
	struct probe_ask ask = { .kind = PROBE_HTTP,
				 .from = ip_v4(HERE),
				 .to = ip_v4(HERE),
				 .path = "/",
				 .codes = "200",
				 .timeout_ms = 60 };
	auto_fd int listener = 0;
	auto_netns int back = home();
	int status;

	listener = listener_new(&ask.port);
	CHECK(probe_run(&ask, &status) == PROBE_TIMEOUT); /* nobody accepts */
	fd_free(&listener);
	CHECK(probe_run(&ask, &status) == PROBE_FAILED);
	ask.from = ip_v4(0x01020304); /* not ours */
	CHECK(probe_run(&ask, &status) == PROBE_FAILED);
}

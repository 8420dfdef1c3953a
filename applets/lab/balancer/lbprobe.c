/* SPDX-License-Identifier: Apache-2.0 */
/* lbprobe.c - one health check from a load balancer's address, blocking, in a job's thread.
 * Certificates are not checked, as AWS does not. */
#include "lbprobe.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "str.h"
#include "tls.h"

enum { STATUS_LINE = 4096, STATUS_LEAST = 12 /* "HTTP/1.1 200" */ };

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

int probe_status(const char *p, size_t n)
{
	static const char start[] = "HTTP/1.";

	if (n < STATUS_LEAST)
		return strncmp(p, start, n < 7 ? n : 7) == 0 ? 0 : -1;
	if (strncmp(p, start, 7) != 0 || !digit(p[7]) || p[8] != ' ' || !digit(p[9]) ||
	    !digit(p[10]) || !digit(p[11]))
		return -1;
	return (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
}

bool probe_matches(const char *codes, int status)
{
	while (*codes) {
		char *end;
		long from = strtol(codes, &end, 10), to = from;

		if (*end == '-')
			to = strtol(end + 1, &end, 10);
		if (status >= from && status <= to)
			return true;
		codes = end + strcspn(end, ",");
		codes += *codes == ',';
	}
	return false;
}

/* ---- over the wire ---- */

static struct sockaddr_in at(struct ip ip, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	memcpy(&a.sin_addr, ip.b, 4);
	return a;
}

static enum probe_found open_to(const struct probe_ask *ask, struct conn *c, int64_t deadline)
{
	const struct sockaddr_in from = at(ask->from, 0), to = at(ask->to, ask->port);
	socklen_t len = sizeof(int);
	int error = 0, one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(c->peer, sizeof(c->peer), "%s:%d", ip_text(ask->to).s, ask->port);
	if (c->fd < 0 ||
	    setsockopt(c->fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one)) < 0 ||
	    bind(c->fd, (const struct sockaddr *)&from, sizeof(from)) < 0)
		return PROBE_FAILED;
	if (connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return PROBE_OK;
	if (errno != EINPROGRESS)
		return PROBE_FAILED;
	error = fd_wait(c->fd, POLLOUT, deadline);
	if (error == 0)
		return PROBE_TIMEOUT;
	if (error < 0 || getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error)
		return PROBE_FAILED;
	return PROBE_OK;
}

static enum probe_found failure(const struct err *e)
{
	return e->num == ETIMEDOUT ? PROBE_TIMEOUT : PROBE_FAILED;
}

static enum probe_found ask_http(const struct probe_ask *ask, struct conn *c, int *status,
				 int64_t deadline)
{
	static const struct tls_terms any = { .insecure = true };
	const struct tls_peer peer = { .host = ip_text(ask->to).s, .terms = &any };
	char text[1400], answer[STATUS_LINE];
	size_t have = 0, got = 1;
	struct err e = { 0 };

	if (ask->kind == PROBE_HTTPS && conn_tls_as(c, &peer, deadline, &e) < 0)
		return failure(&e);
	snprintf(text, sizeof(text),
		 "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\nUser-Agent: "
		 "ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n",
		 ask->path, ip_text(ask->to).s, ask->port);
	if (conn_write(c, text, strlen(text), deadline, &e) < 0)
		return failure(&e);
	while (!*status && got) {
		if (conn_read(c, answer + have, sizeof(answer) - have, &got, deadline, &e) < 0)
			return failure(&e);
		have += got;
		*status = probe_status(answer, have);
	}
	if (*status > 0)
		return probe_matches(ask->codes, *status) ? PROBE_OK : PROBE_MISMATCH;
	*status = 0;
	return PROBE_FAILED;
}

enum probe_found probe_run(const struct probe_ask *ask, int *status)
{
	int64_t deadline = now_ms() + ask->timeout_ms;
	auto_conn struct conn c = { 0 };
	enum probe_found found = open_to(ask, &c, deadline);

	*status = 0;
	if (c.fd < 0)
		c.fd = 0;
	if (found != PROBE_OK || ask->kind == PROBE_TCP)
		return found;
	return ask_http(ask, &c, status, deadline);
}

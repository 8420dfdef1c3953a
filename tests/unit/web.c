/* SPDX-License-Identifier: Apache-2.0 */
/* web.c - HTTP servers for tests: httpd.c on a loop, and one that plays a script. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "str.h"
#include "web.h"

static const struct ip localhost = { IP_V4, { 127, 0, 0, 1 } };

static void must(bool ok, const char *what)
{
	if (!ok)
		die("test server: %s:", what);
}

void web_loopback(void)
{
	auto_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { .ifr_name = "lo" };

	must(fd > 0 && ioctl(fd, SIOCGIFFLAGS, &r) == 0, "read the flags of lo");
	if (r.ifr_flags & IFF_UP)
		return;
	r.ifr_flags |= IFF_UP;
	must(ioctl(fd, SIOCSIFFLAGS, &r) == 0, "bring lo up");
}

static void patience(int fd)
{
	struct timeval t = { .tv_sec = 20 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

int web_dial(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd > 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
	patience(fd);
	return fd;
}

void web_read_all(int fd, struct buf *out)
{
	for (;;) {
		ssize_t n = recv(fd, buf_room(out, 4096), 4096, 0);

		if (n <= 0)
			break;
		out->len += (size_t)n;
	}
	buf_add(out, "", 0);
}

static void on_stop(struct watch *w, uint32_t events)
{
	(void)events;
	loop_stop(w->loop);
}

static void *serve(void *arg)
{
	struct web *w = arg;
	struct err e;

	must(loop_run(w->loop, &e) == 0, "loop");
	return NULL;
}

void web_serve_at(struct web *w, const struct httpd_at *at, httpd_fn *fn, void *arg)
{
	struct err e;

	web_loopback();
	w->loop = loop_new(&e);
	must(w->loop, "loop");
	w->d = httpd_new(w->loop, at, fn, arg, &e);
	if (!w->d)
		die("test server: %s", e.msg);
	w->port = httpd_port(w->d);
	snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%d", w->port);
	w->stop.fn = on_stop;
	must(watch_add(w->loop, &w->stop, eventfd(0, EFD_CLOEXEC), EPOLLIN, &e) == 0, "watch");
	must(pthread_create(&w->thread, NULL, serve, w) == 0, "thread");
}

void web_serve(struct web *w, httpd_fn *fn, void *arg)
{
	web_serve_at(w, &(struct httpd_at) { .ip = &localhost }, fn, arg);
}

/* One request; false when the client has gone. */
static bool hear(struct web *w, int fd)
{
	auto_buf struct buf in = { 0 };
	size_t need = 0;

	while (!need || in.len < need) {
		const char *end, *length;
		ssize_t n = recv(fd, buf_room(&in, 4096), 4096, 0);

		if (n <= 0)
			return false;
		in.len += (size_t)n;
		buf_add(&in, "", 0);
		end = strstr(in.p, "\r\n\r\n");
		if (!end)
			continue;
		length = strcasestr(in.p, "content-length: ");
		need = (size_t)(end - in.p) + 4;
		snprintf(w->heard, sizeof(w->heard), "%.*s", (int)need, in.p);
		need += length && length < end ? strtoul(length + 16, NULL, 10) : 0;
	}
	return true;
}

static void say(int fd, const struct web_step *s)
{
	size_t n = s->len ? s->len : s->bytes ? strlen(s->bytes) : 0;

	if (s->head && send(fd, s->head, strlen(s->head), MSG_NOSIGNAL) < 0)
		return;
	for (size_t i = 0; i == 0 || i < s->times; i++)
		if (n && send(fd, s->bytes, n, MSG_NOSIGNAL) < 0)
			return;
}

static void *play(void *arg)
{
	struct web *w = arg;
	auto_fd int fd = 0;
	size_t i = 0;

	while (i < w->n) {
		const struct web_step *s = &w->steps[i];

		if (!fd) {
			fd = accept4(w->listen, NULL, NULL, SOCK_CLOEXEC);
			if (fd < 0)
				break;
			patience(fd);
			w->connected++;
		}
		if (!hear(w, fd)) {
			fd_free(&fd);
			continue;
		}
		w->asked++;
		i++;
		say(fd, s);
		if (s->silent)
			hear(w, fd);
		if (s->close)
			fd_free(&fd);
	}
	return NULL;
}

void web_script(struct web *w, const struct web_step *steps, size_t n)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	web_loopback();
	w->steps = steps;
	w->n = n;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w->listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(w->listen > 0 && bind(w->listen, (struct sockaddr *)&at, len) == 0 &&
		     listen(w->listen, 16) == 0 &&
		     getsockname(w->listen, (struct sockaddr *)&at, &len) == 0,
	     "listen");
	w->port = ntohs(at.sin_port);
	snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%d", w->port);
	must(pthread_create(&w->thread, NULL, play, w) == 0, "thread");
}

void web_stop(struct web *w)
{
	uint64_t one = 1;

	if (!w->port && !w->d)
		return;
	if (w->d)
		must(write(w->stop.fd, &one, sizeof(one)) == sizeof(one), "stop");
	else
		shutdown(w->listen, SHUT_RDWR);
	pthread_join(w->thread, NULL);
	watch_close(&w->stop);
	httpd_free(&w->d);
	loop_free(&w->loop);
	fd_free(&w->listen);
	w->port = 0;
}

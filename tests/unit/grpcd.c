/* SPDX-License-Identifier: Apache-2.0 */
/* grpcd.c - the server: with our client, with peers that never finish, with noise. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "grpcd.h"
#include "h2raw.h"
#include "rpc.h"
#include "tmpdir.h"

enum { WAIT_MS = 20000, STRIKES = 600 };

/* ---- a server on a loop in a thread; handlers run there */

struct server {
	struct dir dir;
	char path[96];
	struct loop *loop;
	struct grpcd *d;
	struct watch stop;
	struct grpc_call *parked; /* answered when the next call comes */
	pthread_t thread;
};

static void on_add(struct grpc_call *c, const void *in, struct arena *a, void *arg)
{
	const struct add_request *q = in;
	struct add_reply r = { .success = true, .policy_mode = q->netns };
	struct server *s = arg;
	struct ip_alloc *ip;

	if (strcmp(q->pod_name, "refuse") == 0) {
		grpc_refuse(c, GRPC_FAILED_PRECONDITION, "100% no: \xc3\xbc\n");
		return;
	}
	if (strcmp(q->pod_name, "park") == 0) {
		s->parked = c;
		return;
	}
	ip = pb_push(&r.ips, sizeof(*ip), a);
	*ip = (struct ip_alloc) { "10.0.0.1", "", -1, 254 };
	grpc_reply(c, &r);
	if (s->parked)
		grpc_reply(TAKE(s->parked), &r);
}

static void on_health(struct grpc_call *c, const void *in, struct arena *a, void *arg)
{
	struct health_reply r = { HEALTH_SERVING };

	(void)in;
	(void)a;
	(void)arg;
	grpc_reply(c, &r);
}

static void on_stop(struct watch *w, uint32_t events)
{
	(void)events;
	loop_stop(w->loop);
}

static void *serve(void *arg)
{
	struct server *s = arg;
	struct err e;

	CHECK(loop_run(s->loop, &e) == 0);
	return NULL;
}

static struct grpc_handler handlers[2];

static void server_start(struct server *s)
{
	struct err e = { 0 };

	*s = (struct server) { .dir = dir_new() };
	handlers[0] = (struct grpc_handler) { &rpc_add, on_add, s };
	handlers[1] = (struct grpc_handler) { &rpc_health, on_health, s };
	snprintf(s->path, sizeof(s->path), "%s/s", s->dir.path);
	s->loop = loop_new(&e);
	s->stop.fn = on_stop;
	CHECK(s->loop && watch_add(s->loop, &s->stop, eventfd(0, EFD_CLOEXEC), EPOLLIN, &e) == 0);
	s->d = grpcd_new(s->loop, s->path, handlers, COUNT(handlers), &e);
	CHECK_STR(e.msg, "");
	CHECK(pthread_create(&s->thread, NULL, serve, s) == 0);
}

static void server_stop(struct server *s)
{
	const uint64_t one = 1;
	struct add_reply r = { 0 };

	CHECK(write(s->stop.fd, &one, sizeof(one)) == sizeof(one));
	pthread_join(s->thread, NULL);
	grpcd_free(&s->d);
	if (s->parked) /* a call outlives its server and its peer */
		grpc_reply(TAKE(s->parked), &r);
	watch_del(&s->stop);
	fd_free(&s->stop.fd);
	loop_free(&s->loop);
	CHECK(access(s->path, F_OK) < 0); /* the socket goes with it */
	dir_free(&s->dir);
}

static int add(const struct server *s, const char *pod, const char *netns, struct add_reply *r,
	       struct arena *a, struct err *e)
{
	struct add_request q = { .pod_name = pod, .netns = netns };

	q.pod_namespace = q.infra_container = q.ifname = q.network_name = "";
	q.container_id = q.client_version = "";
	return grpc_call(s->path, &rpc_add, &q, r, a, now_ms() + WAIT_MS, e);
}

static bool healthy(const struct server *s)
{
	auto_arena struct arena a = { 0 };
	struct health_request q = { "" };
	struct health_reply r;
	struct err e;

	if (grpc_call(s->path, &rpc_health, &q, &r, &a, now_ms() + WAIT_MS, &e) == 0)
		return r.status == HEALTH_SERVING;
	CHECK_STR(e.msg, "");
	return false;
}

TEST(grpc_call_and_reply)
{
	auto_arena struct arena a = { 0 };
	struct del_request dq = { "", "", "", "", "", "", "", "", "" };
	struct del_reply dr;
	struct add_reply r;
	struct ip_alloc *ip;
	struct server s;
	struct stat st;
	struct err e;
	char *big;

	server_start(&s);
	CHECK(stat(s.path, &st) == 0 && (st.st_mode & 0777) == 0660);
	CHECK(add(&s, "web-0", "strict", &r, &a, &e) == 0);
	ip = r.ips.v;
	CHECK(r.success && r.ips.n == 1 && ip->device == -1 && ip->table == 254);
	CHECK_STR(ip->ipv4, "10.0.0.1");
	CHECK_STR(ip->ipv6, "");
	CHECK_STR(r.policy_mode, "strict");
	CHECK(add(&s, "refuse", "", &r, &a, &e) < 0);
	CHECK_STR(e.msg, "rpc error: code = FailedPrecondition desc = 100% no: \xc3\xbc\n");
	CHECK_INT(e.num, ESTALE);
	CHECK(grpc_call(s.path, &rpc_del, &dq, &dr, &a, now_ms() + WAIT_MS, &e) < 0);
	CHECK_STR(e.code, "Unimplemented");

	big = arena_get(&a, 70000);
	memset(big, 'x', 60000);
	CHECK(add(&s, "big", big, &r, &a, &e) == 0);
	CHECK_STR(r.policy_mode, big);
	memset(big, 'x', 69999);
	CHECK(add(&s, "big", big, &r, &a, &e) < 0);
	CHECK_STR(e.code, "ResourceExhausted");
	server_stop(&s);
}

TEST(grpcd_answers_later_even_to_nobody)
{
	auto_arena struct arena a = { 0 };
	struct add_request q = { "park", "", "", "", "", "", "", "", false };
	struct add_reply r;
	struct server s;
	struct err e;

	server_start(&s);
	for (int i = 0; i < 3; i++) {
		CHECK(grpc_call(s.path, &rpc_add, &q, &r, &a, now_ms() + 30, &e) < 0);
		CHECK_STR(e.code, "DeadlineExceeded");
		CHECK(add(&s, "wake", "", &r, &a, &e) == 0); /* answers the one before */
	}
	CHECK(grpc_call(s.path, &rpc_add, &q, &r, &a, now_ms() + 30, &e) < 0);
	server_stop(&s);
}

TEST(grpc_call_in_steps_and_given_up)
{
	auto_arena struct arena a = { 0 };
	struct health_request q = { "" };
	struct health_reply r = { 0 };
	struct server s;
	struct err e = { 0 };

	server_start(&s);
	for (int i = 0; i < 3; i++) {
		auto_grpc struct grpc_pending *p =
			grpc_start(s.path, &rpc_health, &q, &a, now_ms() + WAIT_MS, &e);

		CHECK(p != NULL);
		if (i == 1)
			continue; /* nobody waits for the answer */
		CHECK(grpc_finish(p, &r, &a, &e) == 0);
		CHECK_INT(r.status, HEALTH_SERVING);
	}
	CHECK(healthy(&s));
	server_stop(&s);
	CHECK(grpc_start("/nowhere/s", &rpc_health, &q, &a, now_ms() + WAIT_MS, &e) == NULL);
	CHECK_INT(e.num, ENOENT);
}

TEST(grpcd_replaces_a_stale_socket_and_names_one_it_cannot_have)
{
	struct server s;
	struct grpcd *d;
	struct err e;

	server_start(&s);
	CHECK(!grpcd_new(s.loop, "/nowhere/s", handlers, COUNT(handlers), &e));
	CHECK_STR(e.msg, "listen on /nowhere/s: No such file or directory");
	d = grpcd_new(s.loop, s.path, handlers, COUNT(handlers), &e); /* as after kill -9 */
	CHECK(d != NULL);
	CHECK(healthy(&s));
	grpcd_free(&s.d);
	s.d = d;
	CHECK(access(s.path, F_OK) < 0);
	server_stop(&s);
}

/* ---- peers that are not well */

static void request(struct buf *b, uint32_t stream)
{
	static const char msg[] = "\0\0\0\0\x0b\x0a\x03pod\x3a\x04"
				  "abcd"; /* pod_name, container_id */
	auto_buf struct buf h = { 0 };

	raw_header(&h, ":method", "POST");
	raw_header(&h, ":scheme", "http");
	raw_header(&h, ":path", "/rpc.CNIBackend/AddNetwork");
	raw_header(&h, ":authority", "localhost");
	raw_header(&h, "content-type", "application/grpc");
	raw_header(&h, "te", "trailers");
	raw_frame(b, h.len, H2_HEADERS, END_HEADERS, stream, h.p);
	raw_frame(b, sizeof(msg) - 1, H2_DATA, END_STREAM, stream, msg);
}

TEST(grpcd_hangs_up_on_a_client_that_said_goodbye_once_it_has_answered)
{
	auto_buf struct buf asks = { 0 }, says = { 0 };
	struct server s;
	ssize_t n;

	raw_preface(&asks);
	request(&asks, 1);
	raw_frame(&asks, 8, H2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0");
	server_start(&s);
	for (int i = 0; i < 2; i++) {
		auto_fd int fd = raw_dial(s.path);
		struct timeval patience = { WAIT_MS / 1000, 0 };

		CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
		CHECK(send(fd, asks.p, asks.len, MSG_NOSIGNAL) == (ssize_t)asks.len);
		says.len = 0;
		while ((n = recv(fd, buf_room(&says, 512), 512, 0)) > 0)
			says.len += (size_t)n;
		CHECK_INT(n, 0); /* the end, and not that we lost patience */
		CHECK(memmem(says.p, says.len, "10.0.0.1", 8) != NULL);
	}
	CHECK(healthy(&s));
	server_stop(&s);
}

static void garbage(struct buf *b, size_t n)
{
	while (n--) {
		char c = (char)rand();

		buf_add(b, &c, 1);
	}
}

static void nonsense(struct buf *b) /* frames of every type, well framed */
{
	for (int i = 0; i < 20; i++) {
		auto_buf struct buf p = { 0 };

		garbage(&p, (size_t)rand() % 200);
		raw_frame(b, p.len, rand() % 12, rand() % 256, (uint32_t)(rand() % 8), p.p);
	}
}

static void fat(struct buf *b) /* 56 kB of honest headers in four frames */
{
	auto_buf struct buf h = { 0 };
	char v[120];

	memset(v, 'v', sizeof(v) - 1);
	v[sizeof(v) - 1] = '\0';
	while (h.len < 14000)
		raw_header(&h, "x", v);
	raw_frame(b, h.len, H2_HEADERS, 0, 1, h.p);
	for (int i = 0; i < 3; i++)
		raw_frame(b, h.len, H2_CONTINUATION, i == 2 ? END_HEADERS : 0, 1, h.p);
	request(b, 3);
}

static void flood(struct buf *b) /* pings, settings, requests reset at once */
{
	for (uint32_t i = 0; i < 1000; i++) {
		if (i % 3 == 0)
			raw_frame(b, 8, H2_PING, 0, 0, "pingping");
		else if (i % 3 == 1)
			raw_frame(b, 0, H2_SETTINGS, 0, 0, "");
		request(b, 2 * i + 1);
		raw_frame(b, 4, H2_RST, 0, 2 * i + 1, "\0\0\0\x08");
	}
}

static void endless(struct buf *b) /* headers that go on and on */
{
	static const char zeros[16000];

	raw_frame(b, sizeof(zeros), H2_HEADERS, 0, 1, zeros);
	for (int i = 0; i < 40; i++)
		raw_frame(b, sizeof(zeros), H2_CONTINUATION, 0, 1, zeros);
}

static void liar(struct buf *b) /* a message of another length than it says, and far too long */
{
	static const char zeros[16000];

	request(b, 1);
	b->p[b->len - 13 + (size_t)(rand() % 4)] = (char)rand();
	for (int i = 0; i < 10; i++)
		raw_frame(b, sizeof(zeros), H2_DATA, 0, 1, zeros);
}

/* Two requests with some bytes wrong, from the first one or from the greeting on. */
static void damaged(struct buf *b, size_t from)
{
	request(b, 1);
	request(b, 3);
	for (int i = rand() % 8; i >= 0; i--)
		b->p[from + (size_t)rand() % (b->len - from)] = (char)rand();
}

static void make(struct buf *b, int kind)
{
	static void (*const kinds[])(struct buf *) = { nonsense, endless, fat, flood, liar };

	if (kind == 0) { /* not HTTP/2 at all */
		garbage(b, (size_t)rand() % 4000);
		return;
	}
	raw_preface(b);
	if (kind == 1) { /* noise after the greeting */
		garbage(b, (size_t)rand() % 4000);
	} else if (kind == 2) { /* a request cut off */
		request(b, 1);
		b->len = (size_t)rand() % b->len;
	} else if (kind < 5) {
		damaged(b, kind == 3 ? b->len : 0);
	} else {
		kinds[kind - 5](b);
	}
}

/* Some listen to the answer, some never read, some leave at once, some send in drips. */
static void strike(const struct server *s, int i)
{
	auto_buf struct buf b = { 0 };
	auto_fd int fd = raw_dial(s->path);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char in[4096];

	make(&b, i % 10);
	for (size_t sent = 0, step; sent < b.len; sent += step) {
		step = i % 7 == 0 ? 1 + (size_t)rand() % 50 : b.len - sent;
		if (step > b.len - sent)
			step = b.len - sent;
		if (send(fd, b.p + sent, step, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)step)
			break;
	}
	if (i % 3 == 0)
		while (poll(&p, 1, 1) > 0 && recv(fd, in, sizeof(in), 0) > 0)
			;
}

TEST(grpcd_stays_healthy_under_bad_connections_of_ten_kinds)
{
	struct server s;
	bool well = true;

	srand(1);
	server_start(&s);
	for (int i = 0; i < STRIKES && well; i++) {
		strike(&s, i);
		if (i % 50 == 49)
			well = healthy(&s);
	}
	CHECK(well);
	server_stop(&s);
}

TEST(grpcd_lets_the_longest_idle_go_when_too_many_peers_hang_on)
{
	enum { PEERS = 300, ROOM = 256 };
	static int fd[PEERS];
	int left = 0;
	struct server s;

	server_start(&s);
	for (int i = 0; i < PEERS; i++) {
		auto_buf struct buf b = { 0 };
		size_t keep;

		fd[i] = raw_dial(s.path);
		raw_preface(&b);
		keep = i % 2 ? 10 : b.len + 9 + (size_t)i % 100;
		request(&b, 1);
		CHECK(send(fd[i], b.p, keep, MSG_NOSIGNAL) == (ssize_t)keep);
		if (i % 50 == 0)
			CHECK(healthy(&s));
	}
	CHECK(healthy(&s));
	for (int i = 0; i < PEERS; i++) {
		struct pollfd p = { .fd = fd[i], .events = POLLRDHUP };

		left += poll(&p, 1, 0) == 0;
		fd_free(&fd[i]);
	}
	CHECK(left > 0 && left <= ROOM);
	server_stop(&s);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* lab_alb_live.c - an application load balancer on loopback between a client that writes what it
 * likes and a target that shows what it got. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alb.h"
#include "clock.h"
#include "labask.h"
#include "web.h"

struct live {
	struct fix *f;
	struct loop *loop;
	struct alb_listener *alb;
	struct httpd *target;
	uint16_t port;
	int log[2];
	struct buf got;
	/* the client's job */
	struct job j;
	const char *text;
	size_t len;
	struct err e;
	int rc;
};

static void live_free(struct live *v)
{
	alb_close(&v->alb);
	httpd_free(&v->target);
	loop_free(&v->loop);
	buf_free(&v->got);
	fd_free(&v->log[0]);
	fd_free(&v->log[1]);
	fix_free(&v->f);
}

/* Shows its request; the path may ask for a status, or for no answer. */
static void on_target(struct httpd_call *c)
{
	struct http_headers h = { 0 };
	auto_buf struct buf b = { 0 };

	buf_fmt(&b, "%s %s %zu ", c->method, c->target, c->body_len);
	for (size_t i = 0; i < c->headers.n; i++)
		buf_fmt(&b, "[%s=%s]", c->headers.v[i].name, c->headers.v[i].value);
	http_add(&h, "X-Target", "yes");
	if (c->body_len > 100) {
		httpd_reply(c, 200, &h, c->body, c->body_len);
	} else if (strcmp(c->path, "/pieces") == 0) {
		httpd_begin(c, 404, &h);
		(void)(httpd_piece(c, "pie", 3) && httpd_piece(c, "ces", 3));
		httpd_end(c);
	} else {
		httpd_reply(c, 200, &h, b.p, b.len);
	}
}

static int listener_fd(uint16_t *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	CHECK(fd > 0 && bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0 && listen(fd, 16) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&in, &n) == 0);
	*port = ntohs(in.sin_port);
	return fd;
}

static void live_start(struct live *v, uint16_t target_port)
{
	const struct httpd_at at = { .ip = &(struct ip) { IP_V4, { 127, 0, 0, 1 } } };
	const char *lb, *group;
	struct err e;

	web_loopback();
	v->f = fix_new("t3.medium");
	v->f->elb.c.provision_ms = v->f->elb.c.register_ms = v->f->elb.c.health_ms = 0;
	v->loop = loop_new(&e);
	v->target = httpd_new(v->loop, &at, on_target, v, &e);
	lb = elb_new_lb(v->f, "a", "application", "");
	group = elb_new_group(v->f, "g", "HTTP", "");
	elb_new_listener(v->f, lb, "HTTP", 80, group);
	CHECK(elb_ask(v->f, "RegisterTargets",
		      "TargetGroupArn=%s&Targets.member.1.Id=10.0.0.1&Targets.member.1.Port=%d"
		      "&Targets.member.1.AvailabilityZone=all",
		      group, target_port ? target_port : httpd_port(v->target)));
	snprintf(v->f->elb.groups->targets[0].id, sizeof(v->f->elb.groups->targets[0].id),
		 "127.0.0.1");
	CHECK(pipe2(v->log, O_CLOEXEC | O_NONBLOCK) == 0);
	v->f->elb.access_log = v->log[1];
	v->alb = alb_listen(v->loop, &v->f->elb, v->f->elb.listeners, ip_v4(0),
			    listener_fd(&v->port), &e);
	CHECK(v->alb);
}

static void on_run(struct job *j)
{
	struct live *v = OWNER(j, struct live, j);
	int64_t deadline = now_ms() + 30000;
	auto_conn struct conn c = { 0 };
	char port[8];
	size_t got = 1;

	snprintf(port, sizeof(port), "%d", v->port);
	v->rc = conn_open(&c, "127.0.0.1", port, deadline, &v->e);
	if (v->rc == 0)
		v->rc = conn_write(&c, v->text, v->len, deadline, &v->e);
	while (v->rc == 0 && got) {
		char *to = buf_room(&v->got, 65536);

		v->rc = conn_read(&c, to, 65536, &got, deadline, &v->e);
		v->got.len += got;
	}
	buf_add(&v->got, "", 0);
}

static void on_done(struct job *j)
{
	loop_stop(OWNER(j, struct live, j)->loop);
}

/* Say this, and hear all until the load balancer closes. */
static const char *say_n(struct live *v, const char *text, size_t n)
{
	struct err e;

	buf_free(&v->got);
	v->j = (struct job) { .run = on_run, .done = on_done };
	v->text = text;
	v->len = n;
	CHECK(job_start(v->loop, &v->j, &e) == 0);
	CHECK(loop_run(v->loop, &e) == 0);
	CHECK(v->rc == 0);
	return v->got.p ? v->got.p : "";
}
static const char *say(struct live *v, const char *text)
{
	return say_n(v, text, strlen(text));
}

static const char *logged(struct live *v)
{
	char *text = arena_get(&v->f->a, 4096);

	return read(v->log[0], text, 4095) > 0 ? text : "";
}

#define CLOSE "Connection: close\r\n\r\n"

TEST(alb_passes_requests_on_and_answers_back)
{
	AUTO(live_free) struct live v = { 0 };
	const char *got, *log;

	live_start(&v, 0);
	got = say(&v, "GET /p?q=1 HTTP/1.1\r\nHost: h\r\nX-Way: 1\r\n" CLOSE);
	CHECK(str_prefix(got, "HTTP/1.1 200 OK\r\n"));
	CHECK(strstr(got, "x-target: yes\r\n"));
	CHECK(strstr(got, "GET /p?q=1 0 [host=h][x-way=1][x-forwarded-for=127.0.0.1]"));
	log = logged(&v);
	CHECK(strstr(log, " 200 200 0 "));
	CHECK(strstr(log, "\"GET http://h:80/p?q=1 HTTP/1.1\""));
	CHECK(strstr(log, " 0 ") && strstr(log, "\"forward\""));
	got = say(&v, "HEAD / HTTP/1.1\r\nHost: h\r\n" CLOSE);
	CHECK(strstr(got, "Content-Length: ") && !strstr(got, "Content-Length: 0\r\n"));
	CHECK(strstr(got, "\r\n\r\n") && !strstr(got, "\r\n\r\n")[4]);
	got = say(&v, "GET /pieces HTTP/1.1\r\nHost: h\r\n" CLOSE);
	CHECK(str_prefix(got, "HTTP/1.1 404 Not Found\r\n") && strstr(got, "\r\n\r\npieces"));
}

TEST(alb_answers_pipelined_requests_in_order_on_one_connection)
{
	AUTO(live_free) struct live v = { 0 };
	const char *got, *one, *two;

	live_start(&v, 0);
	got = say(&v, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\n"
		      "Transfer-Encoding: chunked\r\n" CLOSE "3\r\nabc\r\n0\r\n\r\n");
	one = strstr(got, "GET /1 0");
	two = strstr(got, "POST /2 3");
	CHECK(one && two && one < two);
	CHECK(two && strstr(two, "[content-length=3]") && !strstr(two, "chunked"));
}

TEST(alb_tells_who_waits_to_go_on_and_carries_a_mebibyte_both_ways)
{
	AUTO(live_free) struct live v = { 0 };
	auto_buf struct buf b = { 0 };
	const size_t n = 1024 * 1024;
	const char *got;

	live_start(&v, 0);
	buf_fmt(&b,
		"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: %zu\r\n%s",
		n, CLOSE);
	memset(buf_room(&b, n), 'm', n);
	b.len += n;
	got = say_n(&v, b.p, b.len);
	CHECK(str_prefix(got, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
	CHECK(v.got.len > n && got[v.got.len - 1] == 'm' && got[v.got.len - n] == 'm');
	CHECK(strstr(got, "Content-Length: 1048576\r\n"));
}

TEST(alb_refuses_hostile_requests_with_awss_page_and_a_line)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\r\n" CLOSE, /* no Host */
		"OPTIONS * HTTP/1.1\r\nHost: h\r\n" CLOSE,
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"
		"\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\nX : 1\r\n\r\n",
		"rubbish\r\n\r\n",
	};
	AUTO(live_free) struct live v = { 0 };
	auto_buf struct buf huge = { 0 };

	live_start(&v, 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *got = say(&v, bad[i]);

		CHECK(str_prefix(got, "HTTP/1.1 400 Bad Request\r\n"));
		CHECK(strstr(got, "Server: awselb/2.0\r\n"));
		CHECK(strstr(got, "<center><h1>400 Bad Request</h1></center>"));
		CHECK(strstr(logged(&v), " 400 - "));
	}
	buf_str(&huge, "GET / HTTP/1.1\r\nHost: h\r\n");
	for (int i = 0; i < 60; i++)
		buf_fmt(&huge, "X-%d: 1\r\n", i);
	buf_str(&huge, CLOSE);
	CHECK(str_prefix(say(&v, huge.p), "HTTP/1.1 400 Bad Request\r\n"));
}

TEST(alb_answers_502_for_a_dead_target_503_without_one_and_504_for_a_mute_one)
{
	AUTO(live_free) struct live v = { 0 };
	auto_fd int mute = 0;
	const char *get = "GET / HTTP/1.1\r\nHost: h\r\n" CLOSE, *log;
	struct tgroup *g;
	uint16_t port;

	mute = listener_fd(&port);
	live_start(&v, port);
	CHECK(elb_ask(v.f, "ModifyLoadBalancerAttributes",
		      "LoadBalancerArn=%s&Attributes.member.1.Key=idle_timeout.timeout_seconds"
		      "&Attributes.member.1.Value=1",
		      v.f->elb.lbs->v->arn));
	CHECK(str_prefix(say(&v, get), "HTTP/1.1 504 Gateway Timeout\r\n"));
	log = logged(&v);
	CHECK(strstr(log, " -1 -1 504 - "));
	fd_free(&mute);
	CHECK(str_prefix(say(&v, get), "HTTP/1.1 502 Bad Gateway\r\n"));
	CHECK(strstr(v.got.p, "<h1>502 Bad Gateway</h1>"));
	g = v.f->elb.groups;
	g->ntargets = 0;
	CHECK(str_prefix(say(&v, get), "HTTP/1.1 503 Service Unavailable\r\n"));
	listener_delete(&v.f->elb, v.f->elb.listeners);
	CHECK(str_prefix(say(&v, get), "HTTP/1.1 503 Service Unavailable\r\n"));
}

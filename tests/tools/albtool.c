/* SPDX-License-Identifier: Apache-2.0 */
/* albtool.c - the lab's AWS and its application load balancers without the lab: for curl and other
 * people's servers on loopback.
 *
 *   albtool PORT [LOG]   AWS at 127.0.0.1:PORT (HTTP); each listener of an ALB at 127.0.0.1 and its
 *                        own port as soon as it is there; access log to the file LOG
 *
 * Nothing takes time: load balancers are active, targets healthy (but those whose port ends in 9)
 * and certificates issued at once. "ready" on standard output. Ends at SIGTERM or SIGINT. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acmlab.h"
#include "awsapi.h"
#include "balancer.h"
#include "str.h"

enum { MOST = 16 };

static struct {
	struct loop *loop;
	struct world w;
	struct elb elb;
	struct acm acm;
	struct api api;
	struct httpd *httpd;
	struct watch signals;
	struct timer sync;
	struct {
		char arn[200];
		struct alb_listener *alb;
	} at[MOST];
} tool;

static void must(int rc, const struct err *e)
{
	if (rc < 0)
		die("%s", e->msg);
}

static int bound(int port, struct err *e)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	auto_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0 || listen(fd, SOMAXCONN) < 0)
		return fail(e, errno, "listen on port %d:", port);
	return TAKE(fd);
}

static const struct listener *still(const char *arn)
{
	const struct listener *l = tool.elb.listeners;

	while (l && strcmp(l->v->arn, arn) != 0)
		l = l->next;
	return l;
}

static bool is_open(const struct listener *l)
{
	for (size_t i = 0; i < MOST; i++)
		if (tool.at[i].alb && strcmp(tool.at[i].arn, l->v->arn) == 0)
			return true;
	return false;
}

static void open_one(const struct listener *l)
{
	struct err e;

	for (size_t i = 0; i < MOST; i++) {
		int fd;

		if (tool.at[i].alb)
			continue;
		fd = bound((int)l->v->port, &e);
		must(fd, &e);
		snprintf(tool.at[i].arn, sizeof(tool.at[i].arn), "%s", l->v->arn);
		tool.at[i].alb =
			alb_listen(tool.loop, &tool.elb, l, tool.w.subnets[0].cidr.ip, fd, &e);
		must(tool.at[i].alb ? 0 : -1, &e);
		return;
	}
	die("more than %d listeners", MOST);
}

static void on_sync(struct timer *t)
{
	(void)t;
	for (size_t i = 0; i < MOST; i++)
		if (tool.at[i].alb && !still(tool.at[i].arn))
			alb_close(&tool.at[i].alb);
		else if (tool.at[i].alb)
			alb_changed(tool.at[i].alb);
	for (const struct listener *l = tool.elb.listeners; l; l = l->next)
		if (lb_is_app(l->lb) && !is_open(l))
			open_one(l);
}

static void on_call(struct httpd_call *c)
{
	struct err e;

	aws_serve(c);
	must(timer_set(tool.loop, &tool.sync, 0, &e), &e);
}

static void on_signal(struct watch *w, uint32_t events)
{
	(void)events;
	while (signals_take(w))
		loop_stop(tool.loop);
}

static struct elb_health health(void *arg, const struct tgroup *g, const struct target *t)
{
	(void)arg;
	(void)g;
	return (struct elb_health) { .reason = t->port % 10 == 9 ? "Target.Timeout" : NULL,
				     .description = "" };
}

static void begin(uint16_t port, const char *log)
{
	const struct world_config c = { .nodes = 2,
					.subnet_len = 24,
					.hop_limit = 2,
					.zones = 2,
					.type = "t3.medium",
					.region = "ap-northeast-2",
					.vpc = { ip_v4(0xc0a80000), 16 },
					.seed = 3 };
	struct ip here = ip_v4(INADDR_LOOPBACK);
	const struct httpd_at at = { .ip = &here, .port = port };
	struct err e;
	sigset_t set;

	tool.loop = loop_new(&e);
	must(tool.loop ? 0 : -1, &e);
	must(world_init(&tool.w, &c, &e), &e);
	tool.elb = (struct elb) { .w = &tool.w, .acm = &tool.acm, .c = elb_defaults() };
	tool.elb.c.provision_ms = tool.elb.c.register_ms = tool.elb.c.health_ms = 0;
	tool.elb.c.certificate_ms = 0;
	tool.elb.health = health;
	tool.acm.elb = &tool.elb;
	tool.elb.access_log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	must(tool.elb.access_log < 0 ? fail(&e, errno, "%s:", log) : 0, &e);
	tool.api = (struct api) {
		.w = &tool.w, .elb = &tool.elb, .acm = &tool.acm, .loop = tool.loop
	};
	tool.sync.fn = on_sync;
	tool.httpd = httpd_new(tool.loop, &at, on_call, &tool.api, &e);
	must(tool.httpd ? 0 : -1, &e);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	tool.signals.fn = on_signal;
	must(signals_add(tool.loop, &tool.signals, &set, &e), &e);
}

int main(int argc, char **argv)
{
	uint64_t port;
	struct err e;

	stdio_keep();
	if (argc < 2 || !str_u64(argv[1], &port) || port > 65535)
		die("usage: albtool PORT [LOG]");
	begin((uint16_t)port, argc > 2 ? argv[2] : "/dev/null");
	printf("ready\n");
	fflush(stdout);
	must(loop_run(tool.loop, &e), &e);
	return 0;
}

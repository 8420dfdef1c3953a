/* SPDX-License-Identifier: Apache-2.0 */
/* podserver.c - the built-in servers by name. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "podserver.h"
#include "str.h"

static const struct row {
	const char *name;
	uint16_t port; /* 0: none */
	httpd_fn *fn;
	int (*more)(struct loop *l, struct err *e);
} rows[] = {
	{ "echo", 8080, podserver_echo, NULL },
	{ "nginx", 80, podserver_page, NULL },
	{ "2048", 80, podserver_game, NULL },
	{ "coredns", 8181, podserver_ready, podserver_dns },
	{ "pause", 0, NULL, NULL },
};

struct server {
	struct loop *loop;
	struct watch signals;
};

static void on_signal(struct watch *w, uint32_t events)
{
	struct server *s = OWNER(w, struct server, signals);

	(void)events;
	while (signals_take(w))
		loop_stop(s->loop);
}

static int serve(const struct row *r, struct server *s, struct err *e)
{
	struct ip any = ip_v4(0);
	struct httpd_at at = { .ip = &any, .port = r->port };
	uint64_t port;
	sigset_t set;

	if (str_u64(str_env("PORT"), &port) && port && port < 65536 && r->port)
		at.port = (uint16_t)port;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	s->loop = loop_new(e);
	s->signals.fn = on_signal;
	if (!s->loop || signals_add(s->loop, &s->signals, &set, e) < 0 ||
	    (r->port && !httpd_new(s->loop, &at, r->fn, s, e)) ||
	    (r->more && r->more(s->loop, e) < 0))
		return -1;
	return loop_run(s->loop, e);
}

int podserver_main(int argc, char **argv)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct server s = { 0 };
	struct err e = { 0 };

	sigaction(SIGPIPE, &ignore, NULL);
	for (size_t i = 0; argc == 2 && i < COUNT(rows); i++) {
		if (strcmp(argv[1], rows[i].name) != 0)
			continue;
		prctl(PR_SET_NAME, rows[i].name);
		if (serve(&rows[i], &s, &e) == 0)
			return 0;
		dprintf(2, "%s: %s\n", rows[i].name, e.msg);
		return 1;
	}
	dprintf(2, "vpcbox-lab: pod-server: no server '%s'\n", argc > 1 ? argv[1] : "");
	return 100;
}

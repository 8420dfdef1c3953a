/* SPDX-License-Identifier: Apache-2.0 */
/* awsd.c - EC2, Elastic Load Balancing, Certificate Manager and STS of a simulated VPC, on one
 * address, for clients that need no packets. */
#include "awsd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acmlab.h"
#include "apifault.h"
#include "awsapi.h"

struct awsd {
	struct loop *loop;
	struct world w;
	struct elb elb;
	struct acm acm;
	struct api api;
	struct httpd *httpd;
	struct watch signals;
	struct strs unhealthy;
	struct arena a;
};

static void awsd_end(struct awsd *d)
{
	watch_close(&d->signals);
	api_free(&d->api);
	httpd_free(&d->httpd);
	api_rules_free(&d->api.faults);
	api_rules_free(&d->api.buckets);
	acm_free(&d->acm);
	elb_free(&d->elb);
	world_free(&d->w);
	fd_free(&d->api.log_fd);
	arena_free(&d->a);
	loop_free(&d->loop);
}

static void on_signal(struct watch *w, uint32_t events)
{
	struct awsd *d = OWNER(w, struct awsd, signals);

	(void)events;
	while (signals_take(w))
		loop_stop(d->loop);
}

static int watch_signals(struct awsd *d, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	d->signals.fn = on_signal;
	return signals_add(d->loop, &d->signals, &set, e);
}

/* "rules-per-application-load-balancer=5" */
static int quota(struct elb_config *c, const char *text, struct arena *a, struct err *e)
{
	static const char *const names[] = {
#define QUOTA(id, name, def) name,
#include "elbquota.def"
#undef QUOTA
	};
	struct strs sides = str_split(text, "=", a);
	uint64_t n;

	for (size_t i = 0; i < COUNT(names) && sides.n == 2; i++) {
		if (strcmp(names[i], sides.v[0]) != 0)
			continue;
		if (!str_u64(sides.v[1], &n) || n > 1000000)
			return fail(e, EINVAL, "--quota: '%s' is not NAME=NUMBER", text);
		c->quota[i] = (int)n;
		return 0;
	}
	return fail(e, EINVAL, "--quota: there is none like '%s'; DescribeAccountLimits lists them",
		    text);
}

/* "127.0.0.1:8080", "[::1]:0" */
static int listen_at(const char *text, struct ip *ip, uint16_t *port, struct arena *a,
		     struct err *e)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;
	bool six = n > 2 && *text == '[' && text[n - 1] == ']';
	uint64_t v;

	if (!n || !ip_parse(arena_fmt(a, "%.*s", (int)(n - 2 * six), text + six), ip) ||
	    !str_u64(colon + 1, &v) || v > 65535)
		return fail(e, EINVAL, "--listen: '%s' is not ADDRESS:PORT", text);
	*port = (uint16_t)v;
	return 0;
}

static struct elb_health health(void *arg, const struct tgroup *g, const struct target *t)
{
	const struct awsd *d = arg;

	(void)g;
	for (size_t i = 0; i < d->unhealthy.n; i++)
		if (strcmp(d->unhealthy.v[i], t->id) == 0)
			return (struct elb_health) { "Target.FailedHealthChecks",
						     "Health checks failed", false };
	return (struct elb_health) { 0 };
}

static int settings(struct awsd *d, struct awsd_options *o, struct err *e)
{
	struct strs quotas = str_split(o->quotas, ", ", &d->a);
	const char *like = "";

	for (size_t i = 0; i < quotas.n; i++)
		if (quota(&o->elb, quotas.v[i], &d->a, e) < 0)
			return -1;
	if (api_faults(&d->api, o->faults, &d->a, e) < 0)
		return wrap(e, "--fail");
	for (const struct api_rule *r = d->api.faults; r; r = r->next)
		if (!aws_has_action(r->action, &like))
			return fail(e, EINVAL, "--fail: there is no action '%s'; did you mean %s?",
				    r->action, like);
	if (api_buckets(&d->api, o->throttle, &d->a, e) < 0)
		return wrap(e, "--throttle");
	if (!*o->log)
		return 0;
	d->api.log_all = true;
	d->api.log_fd = open(o->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	return d->api.log_fd < 0 ? fail(e, errno, "--log %s:", o->log) : 0;
}

static int start(struct awsd *d, struct awsd_options *o, struct err *e)
{
	struct ip ip;
	uint16_t port = 0;
	struct httpd_at at = { .ip = &ip };

	d->api = (struct api) { .w = &d->w, .elb = &d->elb, .acm = &d->acm };
	if (listen_at(o->listen, &ip, &port, &d->a, e) < 0 || settings(d, o, e) < 0)
		return -1;
	d->loop = loop_new(e);
	if (!d->loop || world_init(&d->w, &o->world, e) < 0)
		return -1;
	d->unhealthy = str_split(o->unhealthy, ", ", &d->a);
	d->elb = (struct elb) {
		.w = &d->w, .acm = &d->acm, .c = o->elb, .health = health, .health_arg = d
	};
	d->acm.elb = &d->elb;
	d->api.loop = d->loop;
	at.port = port;
	d->httpd = httpd_new(d->loop, &at, aws_serve, &d->api, e);
	if (!d->httpd || watch_signals(d, e) < 0)
		return -1;
	printf("vpcbox-lab: AWS at http://%s%s%s:%u\n", ip.family == IP_V6 ? "[" : "",
	       ip_text(ip).s, ip.family == IP_V6 ? "]" : "", httpd_port(d->httpd));
	return fflush(stdout) == 0 ? 0 : fail(e, errno, "standard output:");
}

int awsd_main(struct awsd_options *o)
{
	AUTO(awsd_end) struct awsd d = { 0 };
	struct err e = { 0 };

	if (start(&d, o, &e) < 0 || loop_run(d.loop, &e) < 0) {
		fprintf(stderr, "vpcbox-lab: aws: %s\n", e.msg);
		return e.num == EINVAL ? 100 : 1;
	}
	return 0;
}

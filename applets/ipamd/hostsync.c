/* SPDX-License-Identifier: Apache-2.0 */
/* hostsync.c - twice a minute: has the VPC got new CIDRs, has somebody touched our rules? */
#include <stdlib.h>
#include <string.h>

#include "hostnet.h"
#include "ipamd.h"
#include "log.h"

struct hostsync {
	struct job job;
	struct ipamd *d; /* for done() */
	const struct config *config;
	const struct nodefacts *node;
	struct host_facts facts; /* a copy; the CIDRs as they are now when news */
	bool news;
	int rc;
	struct err err;
	struct arena a;
};

static struct cidrs copy_cidrs(struct cidrs from, struct arena *a)
{
	struct cidrs to = { arena_get(a, from.n * sizeof(*to.v)), from.n };

	if (from.n)
		memcpy(to.v, from.v, from.n * sizeof(*to.v));
	return to;
}

static int by_cidr(const void *a, const void *b)
{
	return cidr_cmp(*(const struct cidr *)a, *(const struct cidr *)b);
}

/* As sets: IMDS need not keep an order. Neither has one twice. */
static bool same_cidrs(struct cidrs x, struct cidrs y, struct arena *a)
{
	if (x.n != y.n)
		return false;
	x = copy_cidrs(x, a);
	y = copy_cidrs(y, a);
	qsort(x.v, x.n, sizeof(*x.v), by_cidr);
	qsort(y.v, y.n, sizeof(*y.v), by_cidr);
	for (size_t i = 0; i < x.n; i++)
		if (!cidr_eq(x.v[i], y.v[i]))
			return false;
	return true;
}

static int read_vpc(struct hostsync *s, struct err *e)
{
	auto_imds struct imds m = { 0 };
	struct cidrs now = { 0 };

	if (imds_init(&m, e) < 0 || nodefacts_vpc_cidrs(s->node, &m, &now, &s->a, e) < 0)
		return -1;
	s->news = !same_cidrs(s->facts.vpc, now, &s->a);
	if (s->news)
		s->facts.vpc = now;
	return 0;
}

static void hostsync_run(struct job *j)
{
	struct hostsync *s = OWNER(j, struct hostsync, job);

	if (read_vpc(s, &s->err) < 0)
		log_warn("VPC CIDRs are not readable, the known ones stay reason=\"%s\"",
			 s->err.msg);
	s->rc = hostnet_sync(s->config, &s->facts, &s->err);
}

static void hostsync_done(struct job *j)
{
	struct hostsync *s = OWNER(j, struct hostsync, job);
	struct ipamd *d = s->d;

	d->syncing = false;
	if (s->rc < 0)
		log_error("host rules are not as they should be reason=\"%s\"", s->err.msg);
	if (s->news) {
		arena_free(&d->host_mem);
		d->host.vpc = copy_cidrs(s->facts.vpc, &d->host_mem);
		log_info("VPC CIDRs changed cidrs=%zu", d->host.vpc.n);
	}
	arena_free(&s->a);
	free(s);
}

void hostsync_start(struct ipamd *d)
{
	struct hostsync *s;
	struct err e;

	if (d->syncing || d->stopping)
		return;
	s = xalloc(sizeof(*s));
	*s = (struct hostsync) { .job = { .run = hostsync_run, .done = hostsync_done },
				 .d = d,
				 .config = &d->config,
				 .node = &d->node,
				 .facts = d->host };
	s->facts.vpc = copy_cidrs(d->host.vpc, &s->a);
	if (job_start(d->loop, &s->job, &e) < 0) {
		log_error("host rules are not looked after reason=\"%s\"", e.msg);
		arena_free(&s->a);
		free(s);
		return;
	}
	d->syncing = true;
}

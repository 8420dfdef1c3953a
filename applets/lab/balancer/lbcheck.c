/* SPDX-License-Identifier: Apache-2.0 */
/* lbcheck.c - health checks: each target of a group that is used, from each node of the load
 * balancers that use it, at its interval; thresholds make states of what is found. A target is
 * healthy as soon as one node finds it so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "diff.h"
#include "lbprobe.h"
#include "lbroom.h"

enum { PROBES = 64 /* at once */, LEAST_MS = 50, SOON_MS = 20 };

/* From one node. */
struct probe {
	struct probe *next;
	struct lb_check *check;
	const struct lb_node *node;
	struct probe_job *job; /* under way */
	int64_t due;
	int good, bad; /* in a row */
	enum { INITIAL, HEALTHY, UNHEALTHY } state;
	enum probe_found found;
	int status;
};
struct lb_check {
	struct lb_check *next;
	char key[2 * LB_ARN + 40]; /* want_check.key */
	struct balancer *b;
	const struct tgroup *g; /* of the model, as of the last sync */
	struct target *t;
	struct probe *probes;
	char text[80]; /* of elb_health.description */
};
struct probe_job {
	struct job j;
	struct probe_job *next, **at; /* of all that are under way */
	struct balancer *b;           /* NULL: it is gone */
	struct probe *p;              /* NULL: nobody wants to know any more */
	struct probe_ask ask;
	enum probe_found found;
	int status;
};

/* ---- what a group says ---- */

static int64_t interval_ms(const struct balancer *b, const struct tgroup *g)
{
	int64_t ms = b->elb->c.health_ms;

	if (ms < 0)
		ms = g->v->health_interval_s.v * 1000;
	return ms < LEAST_MS ? LEAST_MS : ms;
}

/* HTTP/2 and gRPC are checked by connecting. */
static enum probe_kind kind_of(const struct tgroup *g)
{
	const char *p = g->v->health_protocol, *version = g->v->protocol_version;

	if (version && *version && strcmp(version, "HTTP1") != 0)
		return PROBE_TCP;
	if (strcmp(p, "HTTPS") == 0)
		return PROBE_HTTPS;
	return strcmp(p, "HTTP") == 0 ? PROBE_HTTP : PROBE_TCP;
}

static bool ask_of(const struct probe *p, struct probe_ask *ask)
{
	const struct lb_check *c = p->check;
	const struct elb_target_group *v = c->g->v;
	uint64_t port;

	*ask = (struct probe_ask) { .kind = kind_of(c->g), .from = p->node->ip };
	ask->port = str_u64(v->health_port ? v->health_port : "", &port) && port < 65536
			    ? (int)port
			    : c->t->port;
	ask->timeout_ms = v->health_timeout_s.v * 1000;
	snprintf(ask->path, sizeof(ask->path), "%s",
		 v->health_path && *v->health_path ? v->health_path : "/");
	snprintf(ask->codes, sizeof(ask->codes), "%s",
		 v->http_codes && *v->http_codes ? v->http_codes : "200");
	return lb_target_at(c->b, p->node, c->g, c->t, &ask->to);
}

/* ---- states ---- */

/* Of the nodes the best; of those that failed any. */
static const struct probe *best(const struct lb_check *c)
{
	const struct probe *found = NULL;

	for (const struct probe *p = c->probes; p; p = p->next) {
		if (p->state == HEALTHY)
			return p;
		if (!found || p->state == INITIAL)
			found = p;
	}
	return found;
}

struct elb_health lbcheck_health(void *arg, const struct tgroup *g, const struct target *t)
{
	struct lb_check *c = t->check;
	const struct probe *p = c ? best(c) : NULL;

	(void)arg;
	if (!p || p->state == INITIAL)
		return (struct elb_health) { .initial = true };
	if (p->state == HEALTHY)
		return (struct elb_health) { 0 };
	snprintf(c->text, sizeof(c->text), "Health checks failed");
	if (!group_is_http(g) || p->found == PROBE_FAILED)
		return (struct elb_health) { "Target.FailedHealthChecks", c->text, false };
	if (p->found == PROBE_TIMEOUT)
		return (struct elb_health) { "Target.Timeout", "Request timed out", false };
	snprintf(c->text, sizeof(c->text), "Health checks failed with these codes: [%d]",
		 p->status);
	return (struct elb_health) { "Target.ResponseCodeMismatch", c->text, false };
}

static bool is_unhealthy(const struct lb_check *c)
{
	const struct probe *p = best(c);

	return p && p->state == UNHEALTHY;
}

/* The first good one is enough in the beginning. */
static void count_result(struct probe *p, bool good)
{
	const struct elb_target_group *v = p->check->g->v;

	p->good = good ? p->good + 1 : 0;
	p->bad = good ? 0 : p->bad + 1;
	if (good && (p->state == INITIAL || p->good >= v->healthy_count.v))
		p->state = HEALTHY;
	if (!good && p->bad >= v->unhealthy_count.v)
		p->state = UNHEALTHY;
}

static void probe_soon(struct balancer *b);

static void job_forget(struct probe_job *job)
{
	*job->at = job->next;
	if (job->next)
		job->next->at = job->at;
	job->b->probing--;
	job->b = NULL;
}

static void job_done(struct job *j)
{
	struct probe_job *job = OWNER(j, struct probe_job, j);
	struct balancer *b = job->b;
	struct probe *p = job->p;

	if (!b) {
		free(job);
		return;
	}
	job_forget(job);
	if (p) {
		bool was = is_unhealthy(p->check);

		p->job = NULL;
		p->found = job->found;
		p->status = job->status;
		count_result(p, job->found == PROBE_OK);
		if (!was && is_unhealthy(p->check))
			nlb_tcp_failed(b, p->check->g, p->check->t);
	}
	free(job);
	probe_soon(b);
}

static void job_run(struct job *j)
{
	struct probe_job *job = OWNER(j, struct probe_job, j);

	job->found = probe_run(&job->ask, &job->status);
}

static void probe_start(struct probe *p, int64_t now)
{
	struct balancer *b = p->check->b;
	struct probe_job *job;
	struct err e = { 0 };

	p->due = now + interval_ms(b, p->check->g);
	job = xalloc(sizeof(*job));
	*job = (struct probe_job) { .j = { .run = job_run, .done = job_done }, .b = b, .p = p };
	if (!ask_of(p, &job->ask)) {
		free(job);
		p->found = PROBE_FAILED;
		count_result(p, false);
		return;
	}
	if (job_start(b->loop, &job->j, &e) < 0) {
		lb_tell(-1, &e);
		free(job);
		return;
	}
	p->job = job;
	job->next = b->jobs;
	job->at = &b->jobs;
	if (job->next)
		job->next->at = &job->next;
	b->jobs = job;
	b->probing++;
}

/* ---- time ---- */

static void on_probe(struct timer *t)
{
	struct balancer *b = OWNER(t, struct balancer, probe);
	int64_t now = now_ms();

	for (struct lb_check *c = b->checks; c; c = c->next)
		for (struct probe *p = c->probes; p && b->probing < PROBES; p = p->next)
			if (!p->job && p->due <= now)
				probe_start(p, now);
	probe_soon(b);
}

static void probe_soon(struct balancer *b)
{
	int64_t now = now_ms(), next = 0;
	struct err e = { 0 };

	for (const struct lb_check *c = b->checks; c; c = c->next)
		for (const struct probe *p = c->probes; p; p = p->next)
			if (!p->job && (!next || p->due < next))
				next = p->due;
	if (!next)
		return;
	b->probe.fn = on_probe;
	next = next > now ? next - now : b->probing >= PROBES ? SOON_MS : 0;
	lb_tell(timer_set(b->loop, &b->probe, next, &e), &e);
}

/* ---- sync ---- */

static void probe_free(struct probe *p)
{
	if (p->job)
		p->job->p = NULL;
	free(p);
}

static int cmp_check(const void *a, const void *b)
{
	return strcmp(((const struct want_check *)a)->key, ((const struct want_check *)b)->key);
}

static struct lb_check *check_by_key(struct balancer *b, const char *key)
{
	struct lb_check *c = b->checks;

	while (c && strcmp(c->key, key) != 0)
		c = c->next;
	return c;
}

static int check_add(void *ctx, const void *want, struct err *e)
{
	struct balancer *b = ctx;
	struct lb_check *c = xalloc(sizeof(*c));

	(void)e;
	*c = (struct lb_check) { .next = b->checks, .b = b };
	snprintf(c->key, sizeof(c->key), "%s", ((const struct want_check *)want)->key);
	b->checks = c;
	return 0;
}

static void check_free(struct lb_check *c)
{
	while (c->probes) {
		struct probe *p = c->probes;

		c->probes = p->next;
		probe_free(p);
	}
	free(c);
}

static int check_del(void *ctx, const void *have, struct err *e)
{
	struct balancer *b = ctx;
	struct lb_check **at = &b->checks, *c;

	(void)e;
	while (strcmp((*at)->key, ((const struct want_check *)have)->key) != 0)
		at = &(*at)->next;
	c = *at;
	*at = c->next;
	check_free(c);
	return 0;
}

static bool uses(const struct balancer *b, const char *lb, const struct tgroup *g)
{
	for (const struct lb_rule *r = b->elb->rules; r; r = r->next)
		for (size_t i = 0; i < r->nuses; i++)
			if (r->uses[i] == g && strcmp(r->listener->lb->v->arn, lb) == 0)
				return true;
	return false;
}

/* From the nodes that there are now. */
static void probes_sync(struct lb_check *c)
{
	struct probe **at = &c->probes;

	while (*at) {
		struct probe *p = *at;

		if (uses(c->b, p->node->lb, c->g)) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		probe_free(p);
	}
	for (const struct lb_node *n = c->b->nodes; n; n = n->next) {
		struct probe *p = c->probes;

		while (p && p->node != n)
			p = p->next;
		if (p || n->gone_at || !uses(c->b, n->lb, c->g))
			continue;
		*at = xalloc(sizeof(**at));
		**at = (struct probe) { .check = c, .node = n, .due = 1 };
		at = &(*at)->next;
	}
}

void lbcheck_sync(struct balancer *b, const struct lb_want *want)
{
	static const struct diff d = { .size = sizeof(struct want_check),
				       .cmp = cmp_check,
				       .add = check_add,
				       .del = check_del };
	auto_arena struct arena a = { 0 };
	struct want_check *have;
	struct err e = { 0 };
	size_t n = 0;

	for (const struct lb_check *c = b->checks; c; c = c->next)
		n++;
	have = arena_get(&a, (n + 1) * sizeof(*have));
	n = 0;
	for (struct lb_check *c = b->checks; c; c = c->next)
		have[n++].key = c->key;
	for (struct tgroup *g = b->elb->groups; g; g = g->next)
		for (size_t i = 0; i < g->ntargets; i++)
			g->targets[i].check = NULL;
	lb_tell(diff_apply(&d, want->checks, want->nchecks, have, n, b, &e), &e);
	for (size_t i = 0; i < want->nchecks; i++) {
		struct lb_check *c = check_by_key(b, want->checks[i].key);

		c->g = want->checks[i].g;
		c->t = want->checks[i].t;
		c->t->check = c;
		probes_sync(c);
	}
	probe_soon(b);
}

void lbcheck_node_gone(struct balancer *b, const struct lb_node *n)
{
	for (struct lb_check *c = b->checks; c; c = c->next) {
		struct probe **at = &c->probes;

		while (*at) {
			struct probe *p = *at;

			if (p->node != n) {
				at = &p->next;
				continue;
			}
			*at = p->next;
			probe_free(p);
		}
	}
}

void lbcheck_free_all(struct balancer *b)
{
	for (struct tgroup *g = b->elb->groups; g; g = g->next)
		for (size_t i = 0; i < g->ntargets; i++)
			g->targets[i].check = NULL;
	while (b->checks) {
		struct lb_check *c = b->checks;

		b->checks = c->next;
		check_free(c);
	}
	while (b->jobs)
		job_forget(b->jobs);
}

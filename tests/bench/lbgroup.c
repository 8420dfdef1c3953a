/* SPDX-License-Identifier: Apache-2.0 */
/* lbgroup.c - how long the model of a large group takes: 100 Ingresses with 1,000 rules to 100
 * Services, the best of some runs, in microseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lbcase.h"

enum { MEMBERS = 100, PATHS = 10, RUNS = 21 };

/* Found by place, as a cache would find them by key. */
struct objects {
	const struct kube_service **services;
	const struct kube_ingress **ingresses;
};

static const void *get(void *arg, enum kube_kind kind, const char *ns, const char *name)
{
	const struct objects *o = arg;
	uint64_t n;

	(void)ns;
	return kind == KUBE_SERVICE && str_u64(name + 1, &n) ? o->services[n] : NULL;
}

static const void *next(void *arg, enum kube_kind kind, const void *at)
{
	const struct objects *o = arg;

	if (kind != KUBE_INGRESS)
		return NULL;
	for (size_t i = 0; i < MEMBERS; i++)
		if (!at || o->ingresses[i] == at)
			return at ? (i + 1 < MEMBERS ? o->ingresses[i + 1] : NULL)
				  : o->ingresses[0];
	return NULL;
}

static const char *ingress_text(struct arena *a, int i)
{
	auto_buf struct buf b = { 0 };

	buf_fmt(&b,
		"{'kind':'Ingress','metadata':{'name':'i%d','annotations':{"
		"'kubernetes.io/ingress.class':'alb','AI/group.name':'g','AI/target-type':'ip',"
		"'AI/group.order':'%d','AI/healthcheck-path':'/healthz','AI/tags':'team=a,env=b',"
		"'AI/target-group-attributes':'deregistration_delay.timeout_seconds=30',"
		"'AI/conditions.s%d':'[{\\'field\\':\\'http-request-method\\',"
		"\\'httpRequestMethodConfig\\':{\\'values\\':[\\'GET\\']}}]'}},"
		"'spec':{'rules':[{'host':'h%d.example.com','http':{'paths':[",
		i, i, i, i);
	for (int k = 0; k < PATHS; k++)
		buf_fmt(&b,
			"%s{'path':'/"
			"path-%d','pathType':'Prefix','backend':{'service':{'name':'s%d',"
			"'port':{'name':'p%d'}}}}",
			k ? "," : "", k, i, k);
	buf_str(&b, "]}}]}}");
	return arena_str(a, b.p);
}

static const char *service_text(struct arena *a, int i)
{
	auto_buf struct buf b = { 0 };

	buf_fmt(&b, "{'kind':'Service','metadata':{'name':'s%d','uid':'uid-%d'},'spec':{'ports':[",
		i, i);
	for (int k = 0; k < PATHS; k++)
		buf_fmt(&b, "%s{'name':'p%d','port':%d,'targetPort':%d}", k ? "," : "", k, 80 + k,
			8080 + k);
	buf_str(&b, "]}}");
	return arena_str(a, b.p);
}

static void fill(struct lbcase *c, struct objects *o)
{
	size_t s = 0, n = 0;

	lbcase_init(c);
	lbcase_text(c,
		    "{'kind':'Case','facts':{'subnets':["
		    "{'id':'subnet-a','zone':'a','tags':{'kubernetes.io/role/internal-elb':'1'}},"
		    "{'id':'subnet-b','zone':'b','tags':{'kubernetes.io/role/internal-elb':'1'}}],"
		    "'backendSecurityGroup':'sg-auto'}}");
	for (int i = 0; i < MEMBERS; i++) {
		lbcase_text(c, service_text(&c->a, i));
		lbcase_text(c, ingress_text(&c->a, i));
	}
	o->services = arena_get(&c->a, MEMBERS * sizeof(*o->services));
	o->ingresses = arena_get(&c->a, MEMBERS * sizeof(*o->ingresses));
	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].kind == KUBE_SERVICE)
			o->services[s++] = c->v[i].v;
		if (c->v[i].kind == KUBE_INGRESS)
			o->ingresses[n++] = c->v[i].v;
	}
}

/* Processor time, so that others who work on the machine do not count. */
static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t once(struct lbcase *c, const struct model_objects *o, size_t *rules)
{
	static const struct ingress_group_id id = { "", "g" };
	auto_arena struct arena a = { 0 };
	int64_t begin = cpu_ns();
	struct member_errors bad;
	struct ingress_group g;
	struct err e = { 0 };
	struct stack s;

	if (ingress_group_load(&c->config, o, &id, &g, &a, &e) < 0 ||
	    model_ingress(&c->config, &g, o, &c->facts, &s, &bad, &a, &e) < 0 || bad.n)
		die("no model: %s", *e.msg ? e.msg : bad.v[0].e.msg);
	*rules = s.nrules;
	return cpu_ns() - begin;
}

int main(void)
{
	auto_lbcase struct lbcase c;
	struct objects objects;
	const struct model_objects o = { get, next, &objects };
	int64_t best = INT64_MAX;
	size_t rules = 0;

	fill(&c, &objects);
	for (int i = 0; i < RUNS; i++) {
		int64_t ns = once(&c, &o, &rules);

		best = ns < best ? ns : best;
	}
	printf("%d Ingresses, %zu rules: %lld us\n", MEMBERS, rules, (long long)best / 1000);
	return 0;
}

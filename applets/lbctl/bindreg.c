/* SPDX-License-Identifier: Apache-2.0 */
/* bindreg.c - registering: how many targets there is room for, and which of them need a zone
 * (spec-lbc-nlb 10.5). */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bindpass.h"
#include "clock.h"
#include "log.h"

enum { VPC_MS = 10 * 60000, FOREIGN_MS = 5 * 60000, ZONED_MS = 60 * 60000 };

/* ---- other VPCs than ours */

struct vpc_row {
	char *key; /* role and VPC */
	int64_t until;
	bool foreign; /* EC2 does not show it to us: every address is outside */
	struct ec2_vpc *vpc;
};
struct vpcs {
	pthread_mutex_t lock;
	struct vpc_row *v;
	size_t n;
};

struct vpcs *vpcs_new(void)
{
	struct vpcs *v = xalloc(sizeof(*v));

	pthread_mutex_init(&v->lock, NULL);
	return v;
}

void vpcs_free(struct vpcs **at)
{
	struct vpcs *v = TAKE(*at);

	if (!v)
		return;
	for (size_t i = 0; i < v->n; i++) {
		free(v->v[i].key);
		free(v->v[i].vpc);
	}
	free(v->v);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static struct vpc_row *find(struct vpcs *v, const char *key)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i].key, key) == 0)
			return &v->v[i];
	return NULL;
}

static void put(struct vpcs *v, const char *key, const struct ec2_vpc *vpc)
{
	struct vpc_row *row;

	pthread_mutex_lock(&v->lock);
	row = find(v, key);
	if (!row) {
		v->v = xgrow(v->v, (v->n + 1) * sizeof(*v->v));
		row = &v->v[v->n++];
		*row = (struct vpc_row) { .key = strdup(key) };
		if (!row->key)
			die("out of memory");
	}
	free(row->vpc);
	row->vpc = vpc ? shape_copy(&ec2_vpc_shape, vpc, 0) : NULL;
	row->foreign = !vpc;
	row->until = now_ms() + (vpc ? VPC_MS : FOREIGN_MS);
	pthread_mutex_unlock(&v->lock);
}

/* 1: out, or NULL for one that we may not see; 0: not known (any more). */
static int get(struct vpcs *v, const char *key, const struct ec2_vpc **out, struct arena *a)
{
	const struct vpc_row *row;
	int known = 0;

	*out = NULL;
	pthread_mutex_lock(&v->lock);
	row = find(v, key);
	if (row && now_ms() < row->until) {
		known = 1;
		if (!row->foreign)
			*out = shape_dup(&ec2_vpc_shape, row->vpc, a);
	}
	pthread_mutex_unlock(&v->lock);
	return known;
}

static int ask(struct bindpass *x, const char *key, const struct ec2_vpc **out, struct err *e)
{
	const struct ec2_query q = { .ids = { arena_get(&x->p->a, sizeof(char *)), 1 } };
	struct ec2_vpcs l;

	q.ids.v[0] = x->b->vpc;
	if (ec2_describe_vpcs(x->p->env->aws, &q, &l, &x->p->a, x->p->env->deadline, e) < 0) {
		if (!*x->b->role || strcmp(e->code, "InvalidVpcID.NotFound") != 0)
			return -1;
		put(x->all->vpcs, key, NULL);
		return 0;
	}
	if (l.n != 1)
		return fail(e, ENOENT, "VPC %s: EC2 shows %zu of that id", x->b->vpc, l.n);
	*out = &l.v[0];
	put(x->all->vpcs, key, *out);
	return 0;
}

/* *out NULL: a VPC that we may not see. */
static int vpc_of(struct bindpass *x, const struct ec2_vpc **out, struct err *e)
{
	const char *own = x->p->env->c->vpc, *key;

	*out = NULL;
	if (!*x->b->vpc || strcmp(x->b->vpc, own) == 0) {
		if (facts_need(&x->view.f, FACT_VPC, e) < 0)
			return -1;
		*out = &x->view.f.vpc;
		return 0;
	}
	key = arena_fmt(&x->p->a, "%s %s", x->b->role, x->b->vpc);
	return get(x->all->vpcs, key, out, &x->p->a) ? 0 : ask(x, key, out, e);
}

/* ---- zones */

static bool inside(const struct ec2_vpc *v, const char *address)
{
	struct ip ip;

	if (!v || !ip_parse(address, &ip))
		return false;
	for (size_t i = 0; i < v->blocks.n; i++)
		if (strcmp(v->blocks.v[i].state, "associated") == 0 &&
		    cidr_contains(v->blocks.v[i].cidr, ip))
			return true;
	for (size_t i = 0; i < v->blocks6.n; i++)
		if (strcmp(v->blocks6.v[i].state, "associated") == 0 &&
		    cidr_contains(v->blocks6.v[i].cidr, ip))
			return true;
	return false;
}

static int zone_of_node(const struct endpoint *t, const char **zone, struct err *e)
{
	const char *label;

	if (!*t->pod->node)
		return fail(e, EINVAL, "pod %s/%s has no node yet: its zone is not known",
			    t->pod->ns, t->pod->name);
	label = t->node ? tag_get(&t->node->labels, "topology.kubernetes.io/zone") : NULL;
	*zone = label && *label ? label : "all";
	return 0;
}

static bool zoned(const struct bindpass *x)
{
	return x->memo.zoned_ms && now_ms() - x->memo.zoned_ms < ZONED_MS && !*x->b->role;
}

static int set_zones(struct bindpass *x, const struct endpoint *const *which, struct elb_target *v,
		     size_t n, struct err *e)
{
	const struct ec2_vpc *vpc;

	if (!endpoints_ip(x->b))
		return 0;
	if (vpc_of(x, &vpc, e) < 0)
		return wrap(e, "spec.vpcID");
	for (size_t i = 0; i < n; i++) {
		v[i].zone = NULL;
		if (inside(vpc, v[i].id))
			continue;
		v[i].zone = "all";
		if (zoned(x) && zone_of_node(which[i], &v[i].zone, e) < 0)
			return -1;
	}
	return 0;
}

static bool wants_zones(const struct err *e)
{
	return strcmp(e->code, "ValidationError") == 0 &&
	       strstr(e->msg, "you must specify an Availability Zone");
}

/* ---- */

/* How many more there may be. */
static size_t room(const struct bindpass *x, size_t present)
{
	int64_t most = x->p->env->c->max_targets;

	if (most <= 0)
		return SIZE_MAX;
	return (uint64_t)most > present ? (size_t)most - present : 0;
}

int bindpass_register(struct bindpass *x, const struct endpoints *want,
		      const struct target_match *m, struct err *e)
{
	struct elb_target *v = arena_get(&x->p->a, m->missing * sizeof(*v));
	const struct endpoint **which = arena_get(&x->p->a, m->missing * sizeof(*which));
	size_t n = 0, most = room(x, m->present);

	x->short_of_room = m->missing > most;
	if (x->short_of_room)
		log_warn("targets left out binding=%s/%s count=%zu reason=\"%s\"", x->b->ns,
			 x->b->name, m->missing - most, "--max-targets-per-target-group");
	for (size_t i = 0; i < want->n && n < most; i++)
		if (!m->of[i]) {
			which[n] = &want->v[i];
			v[n++] = (struct elb_target) { .id = want->v[i].id,
						       .port = want->v[i].port };
		}
	if (!n)
		return 0;
	if (set_zones(x, which, v, n, e) < 0)
		return -1;
	if (targets_register(x->all->targets, &x->door, v, n, e) == 0)
		return 0;
	if (!wants_zones(e) || zoned(x) || *x->b->role)
		return -1;
	x->memo.zoned_ms = now_ms();
	if (set_zones(x, which, v, n, e) < 0)
		return -1;
	return targets_register(x->all->targets, &x->door, v, n, e);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* awsfacts.c - facts of AWS, asked for once and shared. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "awsfacts.h"
#include "clock.h"
#include "track.h"

/* How long what was read may serve. What we change ourselves is read anew at once. */
static const int64_t ages_ms[FACTS] = {
	[FACT_VPC] = 10 * 60000, [FACT_SUBNETS] = 60000, [FACT_ZONES] = 24 * 3600000,
	[FACT_ROUTES] = 60000,   [FACT_GROUPS] = 60000,  [FACT_CERTIFICATES] = 60000,
};

/* One answer, kept by whoever looks at it. */
struct blob {
	int refs; /* under the lock */
	int64_t at;
	struct arena a;
	union {
		struct ec2_vpcs vpcs;
		struct ec2_subnets subnets;
		struct ec2_zones zones;
		struct ec2_route_tables tables;
		struct ec2_groups groups;
		struct acm_details certificates;
	} v;
};
/* What a view has renewed. */
struct blob_held {
	struct blob *b;
	struct blob_held *next;
};
struct awsfacts {
	struct aws *w;
	const struct lbconfig *c;
	struct elbindex *index;
	pthread_mutex_t lock;          /* of refs and pointers */
	pthread_mutex_t asking[FACTS]; /* held while AWS is asked */
	struct blob *kept[FACTS];
};

struct awsfacts *awsfacts_new(struct aws *w, const struct lbconfig *c, struct elbindex *index)
{
	struct awsfacts *x = xalloc(sizeof(*x));

	*x = (struct awsfacts) { .w = w, .c = c, .index = index };
	pthread_mutex_init(&x->lock, NULL);
	for (int i = 0; i < FACTS; i++)
		pthread_mutex_init(&x->asking[i], NULL);
	return x;
}

static void blob_drop(struct awsfacts *x, struct blob **at)
{
	struct blob *b;
	bool last;

	pthread_mutex_lock(&x->lock);
	b = TAKE(*at);
	last = b && --b->refs == 0;
	pthread_mutex_unlock(&x->lock);
	if (!last)
		return;
	arena_free(&b->a);
	free(b);
}

void awsfacts_free(struct awsfacts **at)
{
	struct awsfacts *x = TAKE(*at);

	if (!x)
		return;
	for (int i = 0; i < FACTS; i++) {
		blob_drop(x, &x->kept[i]);
		pthread_mutex_destroy(&x->asking[i]);
	}
	pthread_mutex_destroy(&x->lock);
	free(x);
}

void awsfacts_changed(struct awsfacts *x)
{
	blob_drop(x, &x->kept[FACT_GROUPS]);
}

/* ---- asking */

static struct ec2_query of_vpc(const struct lbconfig *c, struct ec2_filter *f, const char **value)
{
	*value = c->vpc;
	*f = (struct ec2_filter) { "vpc-id", { value, 1 } };
	return (struct ec2_query) { .filters = { f, 1 } };
}

static int by_arn(const void *a, const void *b)
{
	return strcmp(((const struct acm_detail *)a)->arn, ((const struct acm_detail *)b)->arn);
}

/* All issued ones, of every type of key (spec-lbc-alb 13.3). */
static int ask_certificates(struct awsfacts *x, struct blob *b, int64_t deadline, struct err *e)
{
	static const char *issued = "ISSUED";
	static const char *types[] = { "RSA_1024",      "RSA_2048",     "RSA_3072",    "RSA_4096",
				       "EC_prime256v1", "EC_secp384r1", "EC_secp521r1" };
	const struct acm_include include = { { types, COUNT(types) } };
	const struct acm_list_certificates in = { { &issued, 1 }, &include };
	struct acm_certificates l;
	struct acm_details *out = &b->v.certificates;

	if (acm_list_certificates(x->w, &in, &l, &b->a, deadline, e) < 0)
		return -1;
	out->v = arena_get(&b->a, l.n * sizeof(*out->v));
	for (size_t i = 0; i < l.n; i++) {
		const struct acm_describe_certificate q = { l.v[i].arn };

		if (acm_describe_certificate(x->w, &q, &out->v[out->n], &b->a, deadline, e) == 0)
			out->n++;
		else if (e->num != ENOENT)
			return -1;
	}
	qsort(out->v, out->n, sizeof(*out->v), by_arn);
	return 0;
}

static int ask(struct awsfacts *x, enum fact which, struct blob *b, int64_t deadline, struct err *e)
{
	const char *value;
	struct ec2_filter filter;
	struct ec2_query in_vpc = of_vpc(x->c, &filter, &value);
	const struct ec2_query the_vpc = { .ids = { &value, 1 } }, all = { 0 };

	switch (which) {
	case FACT_VPC:
		if (ec2_describe_vpcs(x->w, &the_vpc, &b->v.vpcs, &b->a, deadline, e) < 0)
			return -1;
		return b->v.vpcs.n == 1 ? 0
					: fail(e, ENOENT, "VPC %s: EC2 does not show it", value);
	case FACT_SUBNETS:
		return ec2_query_subnets(x->w, &in_vpc, &b->v.subnets, &b->a, deadline, e);
	case FACT_ZONES:
		return ec2_describe_zones(x->w, &all, &b->v.zones, &b->a, deadline, e);
	case FACT_ROUTES:
		return ec2_describe_route_tables(x->w, &in_vpc, &b->v.tables, &b->a, deadline, e);
	case FACT_GROUPS:
		return ec2_describe_groups(x->w, &in_vpc, &b->v.groups, &b->a, deadline, e);
	default:
		return ask_certificates(x, b, deadline, e);
	}
}

/* What is kept, if it is young enough; with a reference of the caller's. */
static struct blob *kept(struct awsfacts *x, enum fact which)
{
	struct blob *b;

	pthread_mutex_lock(&x->lock);
	b = x->kept[which];
	if (b && now_ms() - b->at > ages_ms[which])
		b = NULL;
	if (b)
		b->refs++;
	pthread_mutex_unlock(&x->lock);
	return b;
}

static void keep(struct awsfacts *x, enum fact which, struct blob *b)
{
	struct blob *old;

	pthread_mutex_lock(&x->lock);
	old = x->kept[which];
	x->kept[which] = b;
	b->refs++;
	pthread_mutex_unlock(&x->lock);
	blob_drop(x, &old);
}

static struct blob *ask_anew(struct awsfacts *x, enum fact which, int64_t deadline, struct err *e)
{
	struct blob *b = xalloc(sizeof(*b));

	/* What changes while AWS answers makes this older than it looks. */
	*b = (struct blob) { .refs = 1, .at = now_ms() };
	if (ask(x, which, b, deadline, e) < 0) {
		blob_drop(x, &b);
		return NULL;
	}
	keep(x, which, b);
	return b;
}

static struct blob *get(struct awsfacts *x, enum fact which, int64_t deadline, struct err *e)
{
	struct blob *b;

	pthread_mutex_lock(&x->asking[which]);
	b = kept(x, which);
	if (!b)
		b = ask_anew(x, which, deadline, e);
	pthread_mutex_unlock(&x->asking[which]);
	return b;
}

/* ---- a pass's view */

static int by_subnet(const void *a, const void *b)
{
	return strcmp(((const struct ec2_subnet *)a)->id, ((const struct ec2_subnet *)b)->id);
}

static int by_group(const void *a, const void *b)
{
	return strcmp(((const struct ec2_group *)a)->id, ((const struct ec2_group *)b)->id);
}

/* A list of the view's own, sorted; its elements' strings are the blob's. */
static void *sorted(struct facts *f, const void *v, size_t n, size_t size,
		    int (*cmp)(const void *, const void *))
{
	void *copy = arena_get(f->a, n * size);

	if (n)
		memcpy(copy, v, n * size);
	qsort(copy, n, size, cmp);
	return copy;
}

static int load_lb(struct factview *v, struct err *e)
{
	struct facts *f = &v->f;
	struct tags own = track_stack_tags(v->x->c, v->owner, f->a);
	struct index_lb *lbs;
	struct index_tg *tgs;
	size_t nlbs, ntgs;

	if (elbindex_find(v->x->index, v->x->w, &own, NULL, 30000, &lbs, &nlbs, &tgs, &ntgs, f->a,
			  v->deadline, e) < 0)
		return -1;
	f->existing = nlbs ? &lbs[0].lb : NULL;
	return 0;
}

static int load_backend(struct factview *v, struct err *e)
{
	struct facts *f = &v->f;
	struct tags tags = track_backend_tags(v->x->c, f->a);

	f->backend_sg = STACK_BACKEND_SG;
	if (*v->x->c->backend_sg_id) {
		f->backend_sg = v->x->c->backend_sg_id;
		return 0;
	}
	if (facts_need(f, FACT_GROUPS, e) < 0)
		return -1;
	for (size_t i = 0; i < f->groups.n; i++)
		if (track_has(&f->groups.v[i].tags, &tags)) {
			f->backend_sg = f->groups.v[i].id;
			break;
		}
	return 0;
}

static void take(struct facts *f, enum fact which, const struct blob *b)
{
	switch (which) {
	case FACT_VPC:
		f->vpc = b->v.vpcs.v[0];
		break;
	case FACT_SUBNETS:
		f->subnets = b->v.subnets;
		f->subnets.v =
			sorted(f, f->subnets.v, f->subnets.n, sizeof(*f->subnets.v), by_subnet);
		break;
	case FACT_ZONES:
		f->zones = b->v.zones;
		break;
	case FACT_ROUTES:
		f->route_tables = b->v.tables;
		break;
	case FACT_GROUPS:
		f->groups = b->v.groups;
		f->groups.v = sorted(f, f->groups.v, f->groups.n, sizeof(*f->groups.v), by_group);
		break;
	default:
		f->certificates = b->v.certificates;
	}
}

static int load(struct facts *f, enum fact which, struct err *e)
{
	struct factview *v = OWNER(f, struct factview, f);

	if (which == FACT_LOAD_BALANCER)
		return load_lb(v, e);
	if (which == FACT_BACKEND_SG)
		return load_backend(v, e);
	v->blobs[which] = get(v->x, which, v->deadline, e);
	if (!v->blobs[which])
		return -1;
	take(f, which, v->blobs[which]);
	return 0;
}

static int target_group(struct facts *f, const char *name, const char **arn, struct err *e)
{
	struct factview *v = OWNER(f, struct factview, f);
	const struct elb_describe_target_groups in = { .names = { &name, 1 } };
	struct elb_target_groups out;

	if (elb_describe_target_groups(v->x->w, &in, &out, f->a, v->deadline, e) < 0)
		return wrap(e, "searching TargetGroup with name %s", name);
	if (out.n != 1)
		return fail(e, ENOENT, "target group %s: %zu of that name", name, out.n);
	*arn = out.v[0].arn;
	return 0;
}

void awsfacts_open(struct factview *v, struct awsfacts *x, const struct stack *owner,
		   struct arena *a, int64_t deadline)
{
	*v = (struct factview) { .x = x, .owner = owner, .deadline = deadline };
	v->f.load = load;
	v->f.target_group = target_group;
	v->f.a = a;
}

void awsfacts_renew(struct facts *f, enum fact which)
{
	struct factview *v = OWNER(f, struct factview, f);
	struct blob_held *h;

	f->have[which] = false;
	if (!v->blobs[which])
		return;
	h = NEW(f->a, struct blob_held);
	*h = (struct blob_held) { TAKE(v->blobs[which]), v->held };
	v->held = h;
}

void awsfacts_close(struct factview *v)
{
	for (int i = 0; i < FACTS && v->x; i++)
		blob_drop(v->x, &v->blobs[i]);
	for (struct blob_held *h = v->held; h; h = h->next)
		blob_drop(v->x, &h->b);
	v->held = NULL;
}

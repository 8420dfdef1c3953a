/* SPDX-License-Identifier: Apache-2.0 */
/* sgsync.c - rules in security groups that bear our description, and only those. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sgrules.h"
#include "sgsync.h"

enum { KEPT_MS = 10 * 60000, FACTS_MS = 60000 };

AWS_LIST(ec2_permission, "")

/* A group that is, or was, given rules. */
struct group {
	char *id;
	int64_t at, changed_at;       /* when it was read, and last changed by us; 0: never */
	struct ec2_permissions *have; /* all that are in it */
};
struct sgsync {
	struct group *v;
	size_t n, cap;
	bool swept; /* the cluster's groups are among them */
};
struct run {
	struct sgsync *s;
	const struct sgsync_door *d;
};

struct sgsync *sgsync_new(void)
{
	return xalloc(sizeof(struct sgsync));
}

static void group_free(struct group *g)
{
	free(g->id);
	free(g->have);
}

void sgsync_free(struct sgsync **at)
{
	struct sgsync *s = TAKE(*at);

	for (size_t i = 0; s && i < s->n; i++)
		group_free(&s->v[i]);
	if (s)
		free(s->v);
	free(s);
}

bool sgsync_swept(const struct sgsync *s)
{
	return s->swept;
}

static char *copy(const char *s)
{
	char *out = strdup(s);

	if (!out)
		die("out of memory");
	return out;
}

static struct group *group_of(struct sgsync *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].id, id) == 0)
			return &s->v[i];
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 8;
		s->v = xgrow(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n] = (struct group) { .id = copy(id) };
	return &s->v[s->n++];
}

static void set_have(struct group *g, const struct ec2_permissions *all)
{
	struct ec2_permissions *old = g->have;

	g->have = shape_copy(&ec2_permissions_shape, all, 0);
	free(old);
}

static int read_alone(struct run *x, struct group *g, struct err *e)
{
	struct strs ids = { arena_get(x->d->a, sizeof(char *)), 1 };
	const struct ec2_query q = { .ids = ids };
	struct ec2_groups l;

	ids.v[0] = g->id;
	if (ec2_describe_groups(x->d->aws, &q, &l, x->d->a, x->d->deadline, e) < 0)
		return -1;
	if (l.n != 1)
		return fail(e, ENOENT, "security group %s: EC2 does not show it", g->id);
	set_have(g, &l.v[0].ingress);
	g->at = now_ms();
	return 0;
}

static int load(struct run *x, struct group *g, bool anew, struct err *e)
{
	struct facts *f = &x->d->view->f;
	int64_t now = now_ms();

	if (!anew && g->at && now - g->at <= KEPT_MS)
		return 0;
	/* What the others have read may be older than what we did last. */
	if (anew || (g->changed_at && now - g->changed_at <= FACTS_MS)) {
		awsfacts_changed(x->d->facts);
		awsfacts_renew(f, FACT_GROUPS);
	}
	if (facts_need(f, FACT_GROUPS, e) < 0)
		return -1;
	for (size_t i = 0; i < f->groups.n; i++)
		if (strcmp(f->groups.v[i].id, g->id) == 0) {
			set_have(g, &f->groups.v[i].ingress);
			g->at = now;
			return 0;
		}
	return read_alone(x, g, e);
}

/* ---- changing one group */

static struct sgrules ours(const struct sgrules *all, struct arena *a)
{
	struct sgrules out = sgrules_for(all->n, a);

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(sgrules_description(&all->v[i]), NODERULES_DESCRIPTION) == 0)
			sgrules_add(&out, &all->v[i], a);
	return out;
}

static int authorize(struct run *x, struct group *g, const struct sgrules *grant,
		     struct sgrules *have, struct err *e)
{
	struct sgrules all = sgrules_for(have->n + grant->n, x->d->a);

	if (!grant->n)
		return 0;
	if (ec2_authorize_ingress(x->d->aws, g->id, (struct ec2_permissions) { grant->v, grant->n },
				  x->d->a, x->d->deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < have->n; i++)
		sgrules_add(&all, &have->v[i], x->d->a);
	for (size_t i = 0; i < grant->n; i++)
		sgrules_add(&all, &grant->v[i], x->d->a);
	*have = all;
	g->changed_at = now_ms();
	set_have(g, &(struct ec2_permissions) { all.v, all.n });
	return 0;
}

static int revoke(struct run *x, struct group *g, const struct sgrules *gone, struct sgrules *have,
		  struct err *e)
{
	if (!gone->n)
		return 0;
	if (ec2_revoke_ingress(x->d->aws, g->id, (struct ec2_permissions) { gone->v, gone->n },
			       x->d->a, x->d->deadline, e) < 0)
		return -1;
	*have = sgrules_without(have, gone, x->d->a);
	g->changed_at = now_ms();
	set_have(g, &(struct ec2_permissions) { have->v, have->n });
	return 0;
}

static bool full(const struct err *e)
{
	return strcmp(e->code, "RulesPerSecurityGroupLimitExceeded") == 0;
}

static bool stale(const struct err *e)
{
	return strcmp(e->code, "InvalidPermission.Duplicate") == 0 ||
	       strcmp(e->code, "InvalidPermission.NotFound") == 0 || full(e);
}

/* New ones first; but in a group that is full there must first be room. */
static int change(struct run *x, struct group *g, const struct ec2_permissions *want, bool was_full,
		  struct err *e)
{
	const struct ec2_permissions *have =
		shape_dup(&ec2_permissions_shape, g->have, x->d->a); /* outlives g->have */
	struct sgrules w = sgrules_expand(want, x->d->a), h = sgrules_expand(have, x->d->a);
	struct sgrules mine = ours(&h, x->d->a);
	struct sgrules grant = sgrules_without(&w, &h, x->d->a);
	struct sgrules gone = sgrules_without(&mine, &w, x->d->a);

	if (!x->d->complete)
		gone.n = 0;
	if (was_full && revoke(x, g, &gone, &h, e) < 0)
		return -1;
	if (authorize(x, g, &grant, &h, e) < 0)
		return -1;
	return was_full ? 0 : revoke(x, g, &gone, &h, e);
}

static int reconcile(struct run *x, const char *id, const struct ec2_permissions *want,
		     struct err *e)
{
	struct group *g = group_of(x->s, id);
	bool was_full;

	if (load(x, g, false, e) < 0)
		return wrap(e, "rules of security group %s", id);
	if (change(x, g, want, false, e) == 0)
		return 0;
	g->at = 0;
	was_full = full(e);
	if (stale(e) && load(x, g, true, e) == 0 && change(x, g, want, was_full, e) == 0)
		return 0;
	g->at = 0;
	return wrap(e, "rules of security group %s", id);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int sgsync_make(struct sgsync *s, const struct sgsync_door *d, const char *group,
		const struct ec2_permissions *want, struct err *e)
{
	struct run x = { s, d };

	return reconcile(&x, group, want, e);
}

/* ---- those that nobody wants rules in */

/* The cluster's groups may have rules from an earlier life. */
static int sweep(struct run *x, struct err *e)
{
	struct facts *f = &x->d->view->f;
	const char *key = arena_fmt(x->d->a, "kubernetes.io/cluster/%s", x->d->c->cluster);

	if (x->s->swept)
		return 0;
	if (facts_need(f, FACT_GROUPS, e) < 0)
		return -1;
	for (size_t i = 0; i < f->groups.n; i++) {
		const char *v = tag_get(&f->groups.v[i].tags, key);

		if (v && (strcmp(v, "owned") == 0 || strcmp(v, "shared") == 0))
			(void)group_of(x->s, f->groups.v[i].id);
	}
	x->s->swept = true;
	return 0;
}

int sgsync_rest(struct sgsync *s, const struct sgsync_door *d, const struct strs *in_use,
		struct err *e)
{
	struct run run = { s, d }, *x = &run;
	const struct ec2_permissions none = { 0 };

	if (sweep(x, e) < 0)
		return -1;
	for (size_t i = x->s->n; i-- > 0;) {
		struct group *g = &x->s->v[i];
		const char *id = g->id;

		if (bsearch(&id, in_use->v, in_use->n, sizeof(id), by_text))
			continue;
		/* Once it is clean nobody but us would put any in. */
		if (g->at && g->have)
			g->at = now_ms();
		if (reconcile(x, id, &none, e) == 0)
			continue;
		if (e->num != ENOENT)
			return -1;
		group_free(g);
		x->s->v[i] = x->s->v[--x->s->n];
	}
	return 0;
}

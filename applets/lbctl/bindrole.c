/* SPDX-License-Identifier: Apache-2.0 */
/* bindrole.c - keys of roles, kept while they are good. */
#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bindrole.h"
#include "clock.h"
#include "sts.h"

enum { SPARE_S = 30, SESSION_MAX = 64 };

struct row {
	char *role, *external_id, *id, *secret, *token;
	int64_t until; /* wall clock, seconds */
};
struct bindroles {
	pthread_mutex_t lock;
	struct row *v;
	size_t n;
};

struct bindroles *bindroles_new(void)
{
	struct bindroles *r = xalloc(sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	return r;
}

static void drop(struct bindroles *r, size_t i)
{
	struct row *row = &r->v[i];

	free(row->role);
	free(row->external_id);
	free(row->id);
	free(row->secret);
	free(row->token);
	*row = r->v[--r->n];
}

void bindroles_free(struct bindroles **at)
{
	struct bindroles *r = TAKE(*at);

	if (!r)
		return;
	while (r->n)
		drop(r, r->n - 1);
	free(r->v);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

const char *bindrole_session(const char *cluster, struct arena *a)
{
	char *out = arena_get(a, SESSION_MAX + 1);
	size_t n = 8;

	memcpy(out, "AWS-LBC-", n);
	for (const char *c = cluster; *c && n < SESSION_MAX; c++)
		if (isalnum((unsigned char)*c) || strchr("=,.@_-", *c))
			out[n++] = *c;
	return out;
}

/* ---- under the lock */

static size_t find(const struct bindroles *r, const char *role, const char *external_id)
{
	size_t i = 0;

	while (i < r->n &&
	       (strcmp(r->v[i].role, role) != 0 || strcmp(r->v[i].external_id, external_id) != 0))
		i++;
	return i;
}

static bool recall(struct bindroles *r, const char *role, const char *external_id,
		   struct aws_keys *out, struct arena *a)
{
	size_t i;
	bool good;

	pthread_mutex_lock(&r->lock);
	i = find(r, role, external_id);
	good = i < r->n && wall_s() < r->v[i].until - SPARE_S;
	if (good)
		*out = (struct aws_keys) { arena_str(a, r->v[i].id), arena_str(a, r->v[i].secret),
					   arena_str(a, r->v[i].token) };
	pthread_mutex_unlock(&r->lock);
	return good;
}

void bindroles_forget(struct bindroles *r, const char *role, const char *external_id)
{
	size_t i;

	pthread_mutex_lock(&r->lock);
	i = find(r, role, external_id);
	if (i < r->n)
		drop(r, i);
	pthread_mutex_unlock(&r->lock);
}

static char *copy(const char *s)
{
	char *out = strdup(s);

	if (!out)
		die("out of memory");
	return out;
}

static void keep(struct bindroles *r, const char *role, const char *external_id,
		 const struct sts_session *s)
{
	struct row row = { copy(role),           copy(external_id),   copy(s->keys.id),
			   copy(s->keys.secret), copy(s->keys.token), s->until };

	bindroles_forget(r, role, external_id);
	pthread_mutex_lock(&r->lock);
	r->v = xgrow(r->v, (r->n + 1) * sizeof(*r->v));
	r->v[r->n++] = row;
	pthread_mutex_unlock(&r->lock);
}

int bindroles_keys(struct bindroles *r, struct aws *w, const char *cluster, const char *role,
		   const char *external_id, struct aws_keys *out, struct arena *a, int64_t deadline,
		   struct err *e)
{
	const struct sts_assume q = { .role = role,
				      .session = bindrole_session(cluster, a),
				      .external_id = external_id };
	struct sts_session s;

	if (recall(r, role, external_id, out, a))
		return 0;
	if (sts_assume_role(w, NULL, &q, &s, a, deadline, e) < 0)
		return wrap(e, "spec.iamRoleArnToAssume");
	keep(r, role, external_id, &s);
	*out = s.keys;
	return 0;
}

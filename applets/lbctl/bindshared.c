/* SPDX-License-Identifier: Apache-2.0 */
/* bindshared.c - target groups that several clusters share are not built yet, but a binding of one
 * that the original made can be deleted: of the targets only those go that a ConfigMap says are
 * ours (spec-lbc-nlb 10.8). */
#include <errno.h>
#include <string.h>

#include "bindpass.h"

static const char *path_of(const struct bindpass *x)
{
	return arena_fmt(&x->p->a, "/api/v1/namespaces/%s/configmaps/aws-lbc-targets-%s", x->b->ns,
			 x->b->name);
}

/* "ADDRESS:PORT,..." */
static bool names(const char *csv, const struct elb_target *t, struct arena *a)
{
	const char *id = arena_fmt(a, "%s:%lld", t->id, (long long)t->port);
	size_t n = strlen(id);

	for (const char *p = csv; (p = strstr(p, id)); p++)
		if ((p == csv || p[-1] == ',') && (!p[n] || p[n] == ',' || p[n] == ':'))
			return true;
	return false;
}

int bindpass_only_ours(struct bindpass *x, struct target_match *m, struct err *e)
{
	const struct kube_call get = { .method = "GET", .path = path_of(x) };
	auto_json struct json *j = NULL;
	const char *csv = "";
	size_t n = 0;

	if (kube_do(x->p->env->kube, &get, &j, x->p->env->deadline, e) == 0)
		csv = json_str(j, "data.targets", "");
	else if (e->num != ENOENT)
		return wrap(e, "targets of this cluster");
	for (size_t i = 0; i < m->nextra; i++)
		if (names(csv, &m->extra[i], &x->p->a))
			m->extra[n++] = m->extra[i];
	m->nextra = n;
	return 0;
}

int bindpass_drop_list(struct bindpass *x, struct err *e)
{
	const struct kube_call del = { .method = "DELETE", .path = path_of(x) };

	if (kube_do(x->p->env->kube, &del, NULL, x->p->env->deadline, e) == 0 || e->num == ENOENT)
		return 0;
	return wrap(e, "targets of this cluster");
}

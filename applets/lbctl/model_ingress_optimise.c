/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_optimise.c - rules that can never match, or would send a request in circles, are
 * left out (spec-lbc-alb 14.7). */
#include <string.h>

#include "ingressbuild.h"

static const struct elb_redirect *redirect_of(const struct ingress_rule *r)
{
	for (size_t i = 0; i < r->actions.n; i++)
		if (r->actions.v[i].redirect)
			return r->actions.v[i].redirect;
	return NULL;
}

static const struct elb_condition *condition_of(const struct ingress_rule *r, const char *field)
{
	for (size_t i = 0; i < r->conditions.n; i++)
		if (strcmp(r->conditions.v[i].field, field) == 0)
			return &r->conditions.v[i];
	return NULL;
}

/* A part of a redirect that stays as the request has it. */
static bool stays(const char *v, const char *placeholder, const char *same)
{
	return !v || strcmp(v, placeholder) == 0 || (same && strcmp(v, same) == 0);
}

static bool circles(const struct ingress_listener *at, const struct ingress_rule *r,
		    const struct elb_redirect *d, struct arena *a)
{
	const struct elb_condition *host = condition_of(r, "host-header");
	const struct elb_condition *path = condition_of(r, "path-pattern");

	if (path && path->path_regexes.n)
		return false;
	if (!stays(d->port, "#{port}", arena_fmt(a, "%lld", (long long)at->port)) ||
	    !stays(d->protocol, "#{protocol}", at->https ? "HTTPS" : "HTTP") ||
	    !stays(d->query, "#{query}", NULL))
		return false;
	if (!stays(d->host, "#{host}", NULL) && !(host && ingress_has(&host->hosts, d->host)))
		return false;
	return stays(d->path, "/#{path}", NULL) || (path && ingress_has(&path->paths, d->path));
}

/* ---- rules behind a redirect that takes all of theirs */

static struct strs values(const struct elb_condition *c, bool host, struct arena *a)
{
	struct strs out = { 0 };
	const struct strs *l[2] = { NULL, NULL };

	if (c) {
		l[0] = host ? &c->hosts : &c->paths;
		l[1] = host ? &c->host_regexes : &c->path_regexes;
	}
	for (size_t k = 0; k < COUNT(l); k++)
		for (size_t i = 0; l[k] && i < l[k]->n; i++)
			strs_add(&out, l[k]->v[i], a);
	return out;
}

/* What an earlier redirect takes. */
struct taker {
	struct strs hosts, paths;
	bool all_paths;
};

static bool subset(const struct strs *of, const struct strs *all)
{
	if (!of->n)
		return false;
	for (size_t i = 0; i < of->n; i++)
		if (!ingress_has(all, of->v[i]))
			return false;
	return true;
}

static bool taken(const struct taker *t, size_t n, const struct strs *hosts,
		  const struct strs *paths)
{
	for (size_t i = 0; i < n; i++)
		if ((!t[i].hosts.n || subset(hosts, &t[i].hosts)) &&
		    (t[i].all_paths || subset(paths, &t[i].paths)))
			return true;
	return false;
}

/* Only host and path, so that nothing of what they name gets past it. */
static bool takes_all(const struct ingress_rule *r)
{
	for (size_t i = 0; i < r->conditions.n; i++)
		if (strcmp(r->conditions.v[i].field, "host-header") != 0 &&
		    strcmp(r->conditions.v[i].field, "path-pattern") != 0)
			return false;
	return true;
}

void ingress_optimise(const struct ingress_listener *at, struct ingress_rules *rules,
		      struct arena *a)
{
	struct taker *t = arena_get(a, (rules->n + 1) * sizeof(*t));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < rules->n; i++) {
		const struct ingress_rule r = rules->v[i];
		const struct elb_redirect *d = redirect_of(&r);
		struct strs hosts = { 0 }, paths = { 0 };

		if (d && circles(at, &r, d, a))
			continue;
		if (n || d) {
			hosts = values(condition_of(&r, "host-header"), true, a);
			paths = values(condition_of(&r, "path-pattern"), false, a);
		}
		if (taken(t, n, &hosts, &paths))
			continue;
		rules->v[kept++] = r;
		if (d && takes_all(&r))
			t[n++] = (struct taker) { hosts, paths,
						  !paths.n || ingress_has(&paths, "/*") };
	}
	rules->n = kept;
}

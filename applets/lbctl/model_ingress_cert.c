/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_cert.c - certificates: those that are given, and those that ACM has for the hosts
 * of an Ingress (spec-lbc-alb 13). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ingressbuild.h"

/* A name of a certificate. */
struct name {
	const char *domain, *arn;
};
struct ingress_names {
	struct name *v; /* sorted */
	size_t n;
};

int ingress_certificates(struct ingress_build *b, const struct ingress_part *m, struct strs *out)
{
	if (m->p && m->p->certificates.n)
		*out = m->p->certificates;
	else
		annot_list(&m->l, A_CERTIFICATES, out, b->a);
	return out->n != 0;
}

static int by_domain(const void *va, const void *vb)
{
	const struct name *a = va, *b = vb;
	int r = strcmp(a->domain, b->domain);

	return r ? r : strcmp(a->arn, b->arn);
}

/* Certificates of other authorities than those that are allowed have no names. */
static bool allowed(const struct ingress_build *b, const struct acm_detail *d)
{
	return !b->c->authorities.n || ingress_has(&b->c->authorities, d->authority);
}

static int have_names(struct ingress_build *b, struct err *e)
{
	const struct acm_details *all = &b->f->certificates;
	struct ingress_names *names;
	size_t n = 0;

	if (b->names)
		return 0;
	if (facts_need(b->f, FACT_CERTIFICATES, e) < 0)
		return -1;
	for (size_t i = 0; i < all->n; i++)
		n += all->v[i].names.n;
	names = NEW(b->a, struct ingress_names);
	names->v = arena_get(b->a, (n + 1) * sizeof(*names->v));
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; allowed(b, &all->v[i]) && k < all->v[i].names.n; k++)
			names->v[names->n++] =
				(struct name) { all->v[i].names.v[k], all->v[i].arn };
	qsort(names->v, names->n, sizeof(*names->v), by_domain);
	b->names = names;
	return 0;
}

/* Add the certificates of exactly that name; how many there are. */
static size_t add_named(struct ingress_build *b, const char *domain, struct strs *out)
{
	const struct ingress_names *names = b->names;
	size_t from = 0, to = names->n, n = 0;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (strcmp(names->v[mid].domain, domain) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	for (; from < names->n && strcmp(names->v[from].domain, domain) == 0; from++, n++)
		strs_add(out, names->v[from].arn, b->a);
	return n;
}

static struct strs hosts_of(struct ingress_build *b, const struct kube_ingress *i)
{
	struct strs all = { 0 };

	for (size_t k = 0; k < i->rules.n; k++)
		if (*i->rules.v[k].host)
			strs_add(&all, i->rules.v[k].host, b->a);
	for (size_t k = 0; k < i->tls.n; k++)
		for (size_t h = 0; h < i->tls.v[k].hosts.n; h++)
			strs_add(&all, i->tls.v[k].hosts.v[h], b->a);
	return ingress_set(&all, b->a);
}

/* "*.rest" is for every name with one label in front of rest. */
int ingress_found_certificates(struct ingress_build *b, const struct ingress_part *m,
			       struct strs *out, struct err *e)
{
	struct strs hosts = hosts_of(b, m->i), all = { 0 };

	if (have_names(b, e) < 0)
		return -1;
	for (size_t i = 0; i < hosts.n; i++) {
		const char *rest = strchr(hosts.v[i], '.');
		size_t hits = add_named(b, hosts.v[i], &all);

		if (rest && strncmp(hosts.v[i], "*.", 2) != 0)
			hits += add_named(b, arena_fmt(b->a, "*%s", rest), &all);
		if (!hits)
			return fail(e, EINVAL, "no certificate found for host: %s", hosts.v[i]);
	}
	*out = ingress_set(&all, b->a);
	return 0;
}

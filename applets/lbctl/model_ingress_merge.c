/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_merge.c - what the members of a group say of each port, made one; and to which port
 * HTTP redirects (spec-lbc-alb 9.3, 9.4). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ingressbuild.h"

/* The members on one port, in the group's order. */
struct on_port {
	const struct ingress_part **m;
	const struct ingress_port **p;
	size_t n;
};

static int merge_protocol(struct on_port *o, struct ingress_listener *out, struct err *e)
{
	static const char *const names[] = { "HTTP", "HTTPS" };

	out->https = o->p[0]->https;
	for (size_t i = 1; i < o->n; i++)
		if (o->p[i]->https != out->https)
			return fail(e, EINVAL, "conflicting protocol, %s: %s | %s: %s",
				    o->m[0]->key, names[out->https], o->m[i]->key,
				    names[!out->https]);
	return 0;
}

/* IPv4 first, as the original keeps them apart. */
static const char *cidrs_text(struct ingress_build *b, const struct strs *l)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < l->n; i++)
		if (!strchr(l->v[i], ':'))
			strs_add(&out, l->v[i], b->a);
	for (size_t i = 0; i < l->n; i++)
		if (strchr(l->v[i], ':'))
			strs_add(&out, l->v[i], b->a);
	return ingress_bracketed(&out, b->a);
}

static int merge_cidrs(struct ingress_build *b, struct on_port *o, struct ingress_listener *out,
		       struct err *e)
{
	const struct ingress_part *first = NULL;

	for (size_t i = 0; i < o->n; i++) {
		if (!o->m[i]->cidrs.n)
			continue;
		if (!first)
			first = o->m[i];
		else if (!ingress_same(&first->cidrs, &o->m[i]->cidrs))
			return fail(e, EINVAL, "conflicting inbound-cidrs, %s: %s | %s: %s",
				    first->key, cidrs_text(b, &first->cidrs), o->m[i]->key,
				    cidrs_text(b, &o->m[i]->cidrs));
	}
	if (first)
		out->cidrs = first->cidrs;
	return 0;
}

static int merge_lists(struct ingress_build *b, struct on_port *o, struct ingress_listener *out,
		       struct err *e)
{
	const struct ingress_part *first = NULL;

	for (size_t i = 0; i < o->n; i++) {
		if (!o->m[i]->lists.n)
			continue;
		if (!first)
			first = o->m[i];
		else if (!ingress_same(&first->lists, &o->m[i]->lists))
			return fail(e, EINVAL, "conflicting inbound-prefix-lists, %s: %s | %s: %s",
				    first->key, ingress_bracketed(&first->lists, b->a),
				    o->m[i]->key, ingress_bracketed(&o->m[i]->lists, b->a));
	}
	if (first)
		out->lists = first->lists;
	return 0;
}

static int merge_policy(struct ingress_build *b, struct on_port *o, struct ingress_listener *out,
			struct err *e)
{
	const char *owner = NULL;

	for (size_t i = 0; i < o->n; i++) {
		const char *policy = o->p[i]->ssl_policy;

		out->mutual_off = out->mutual_off || o->p[i]->mutual_off;
		if (!policy)
			continue;
		if (owner && strcmp(policy, out->ssl_policy) != 0)
			return fail(e, EINVAL, "conflicting sslPolicy, %s: %s | %s: %s", owner,
				    out->ssl_policy, o->m[i]->key, policy);
		owner = owner ? owner : o->m[i]->key;
		out->ssl_policy = policy;
	}
	if (!owner && out->https)
		out->ssl_policy = b->c->ssl_policy;
	return 0;
}

struct ranked {
	const char *arn;
	size_t rank;
};

static int by_arn(const void *va, const void *vb)
{
	const struct ranked *a = va, *b = vb;
	int r = strcmp(a->arn, b->arn);

	return r ? r : (a->rank > b->rank) - (a->rank < b->rank);
}

static int by_rank(const void *va, const void *vb)
{
	const struct ranked *a = va, *b = vb;

	return (a->rank > b->rank) - (a->rank < b->rank);
}

/* The default one is the first of all; of the others each once, where it comes first. The default
 * one may come once more among them: that is the original's habit, and AWS does not mind. */
static void merge_certificates(struct ingress_build *b, struct on_port *o,
			       struct ingress_listener *out)
{
	struct ranked *v;
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < o->n; i++)
		n += o->p[i]->certificates.n;
	v = arena_get(b->a, (n + 1) * sizeof(*v));
	n = 0;
	for (size_t i = 0; i < o->n; i++)
		for (size_t k = 0; k < o->p[i]->certificates.n; k++, n++)
			v[n] = (struct ranked) { o->p[i]->certificates.v[k], n };
	out->certificates = (struct strs) { arena_get(b->a, (n + 1) * sizeof(const char *)), 0 };
	if (!n)
		return;
	out->certificates.v[out->certificates.n++] = v[0].arn;
	qsort(v + 1, n - 1, sizeof(*v), by_arn);
	for (size_t i = 1; i < n; i++)
		if (i == 1 || strcmp(v[i].arn, v[i - 1].arn) != 0)
			v[kept++] = v[i];
	qsort(v, kept, sizeof(*v), by_rank);
	for (size_t i = 0; i < kept; i++)
		out->certificates.v[out->certificates.n++] = v[i].arn;
}

static int merge_one(struct ingress_build *b, struct on_port *o, struct ingress_listener *out,
		     struct err *e)
{
	o->n = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct ingress_port *p = ingress_port_of(&b->parts[i], out->port);

		if (!p)
			continue;
		o->m[o->n] = &b->parts[i];
		o->p[o->n++] = p;
	}
	if (merge_protocol(o, out, e) < 0 || merge_cidrs(b, o, out, e) < 0 ||
	    merge_lists(b, o, out, e) < 0 || merge_policy(b, o, out, e) < 0)
		return wrap(e, "failed to merge listenPort config for port: %lld",
			    (long long)out->port);
	if (!out->cidrs.n && !out->lists.n) {
		strs_add(&out->cidrs, "0.0.0.0/0", b->a);
		strs_add(&out->cidrs, "::/0", b->a);
	}
	merge_certificates(b, o, out);
	return 0;
}

static int by_number(const void *va, const void *vb)
{
	const int64_t *a = va, *b = vb;

	return (*a > *b) - (*a < *b);
}

/* Every port of every member, ascending. */
static size_t all_ports(struct ingress_build *b, int64_t **out)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->parts[i].nports;
	*out = arena_get(b->a, (n + 1) * sizeof(**out));
	n = 0;
	for (size_t i = 0; i < b->n; i++)
		for (size_t k = 0; k < b->parts[i].nports; k++)
			(*out)[n++] = b->parts[i].ports[k].port;
	qsort(*out, n, sizeof(**out), by_number);
	for (size_t i = 0; i < n; i++)
		if (!i || (*out)[i] != (*out)[i - 1])
			(*out)[kept++] = (*out)[i];
	return kept;
}

int ingress_merge_ports(struct ingress_build *b, struct err *e)
{
	int64_t *ports;
	size_t n = all_ports(b, &ports);
	struct on_port o = { arena_get(b->a, (b->n + 1) * sizeof(*o.m)),
			     arena_get(b->a, (b->n + 1) * sizeof(*o.p)), 0 };

	b->listeners = arena_get(b->a, (n + 1) * sizeof(*b->listeners));
	for (size_t i = 0; i < n; i++) {
		b->listeners[i].port = ports[i];
		if (merge_one(b, &o, &b->listeners[i], e) < 0)
			return -1;
	}
	b->nlisteners = n;
	return 0;
}

/* ---- ssl-redirect */

static bool int32_text(const char *s, int64_t *out)
{
	return str_i64(s, out) && *out >= INT32_MIN && *out <= INT32_MAX;
}

/* 1: *port; 0: none; -1. *off: a class says nonsense, which the original takes for no redirect. */
static int redirect_of(const struct ingress_part *m, int64_t *port, bool *off, struct err *e)
{
	if (!m->p || !*m->p->ssl_redirect_port)
		return annot_int(&m->l, A_SSL_REDIRECT, port, e);
	if (int32_text(m->p->ssl_redirect_port, port))
		return 1;
	*off = true;
	return 0;
}

static int check_redirect(const struct ingress_build *b, int64_t port, struct err *e)
{
	for (size_t i = 0; i < b->nlisteners; i++) {
		if (b->listeners[i].port != port)
			continue;
		if (b->listeners[i].https)
			return 0;
		return fail(e, EINVAL, "listener protocol non-SSL for SSLRedirect port: %lld",
			    (long long)port);
	}
	return fail(e, EINVAL, "listener does not exist for SSLRedirect port: %lld",
		    (long long)port);
}

int ingress_redirect(struct ingress_build *b, struct err *e)
{
	int64_t *ports = arena_get(b->a, (b->n + 1) * sizeof(*ports));
	struct strs words = { 0 };
	const struct ingress_part *first = NULL;
	bool off = false;
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		int r = redirect_of(&b->parts[i], &ports[n], &off, e);

		if (r < 0)
			return -1;
		if (r && !first)
			first = &b->parts[i];
		n += (size_t)r;
	}
	if (off || !n)
		return 0;
	qsort(ports, n, sizeof(*ports), by_number);
	for (size_t i = 0; i < n; i++)
		if (!i || ports[i] != ports[i - 1])
			strs_add(&words, arena_fmt(b->a, "%lld", (long long)ports[i]), b->a);
	if (words.n > 1)
		return fail(e, EINVAL, "conflicting sslRedirect port: %s",
			    ingress_bracketed(&words, b->a));
	if (check_redirect(b, ports[0], e) < 0)
		return annot_blame(&first->l, A_SSL_REDIRECT, NULL, e);
	b->redirect = words.v[0];
	return 0;
}

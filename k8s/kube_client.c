/* SPDX-License-Identifier: Apache-2.0 */
/* kube_client.c - a client of the API server, made from its configuration. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kube_client.h"
#include "proxy.h"
#include "uri.h"

/* Every string of the configuration, copied. */
static void copy_config(struct kube *k, const struct kube_config *from)
{
	struct kube_config *c = &k->config;
	const char **strings[] = { &c->server,      &c->ca,          &c->cert,       &c->key,
				   &c->server_name, &c->proxy,       &c->token,      &c->token_file,
				   &c->ns,          &c->eks_cluster, &c->eks_region, &c->eks_role,
				   &c->eks_profile };

	*c = *from;
	for (size_t i = 0; i < COUNT(strings); i++)
		if (*strings[i])
			*strings[i] = arena_str(&k->a, *strings[i]);
}

static int set_origin(struct kube *k, struct err *e)
{
	const char *base;
	size_t n;

	if (http_url(&k->at, k->config.server, &base, e) < 0)
		return -1;
	if (strpbrk(base, "?#"))
		return fail(e, EINVAL, "URL '%s' has more than a path", k->config.server);
	n = strlen(base);
	while (n && base[n - 1] == '/')
		n--;
	k->base = arena_fmt(&k->a, "%.*s", (int)n, base);
	k->terms = (struct tls_terms) { .ca = k->config.ca,
					.cert = k->config.cert,
					.key = k->config.key,
					.name = k->config.server_name,
					.insecure = k->config.insecure };
	k->at.terms = &k->terms;
	if (k->config.proxy)
		return http_proxy_at(&k->at, k->config.proxy, "proxy-url", e);
	return http_use_proxy(&k->at, e);
}

int kube_new(struct kube **out, const struct kube_options *o, struct err *e)
{
	auto_kube struct kube *k = xalloc(sizeof(*k));

	pthread_mutex_init(&k->lock, NULL);
	copy_config(k, o->config);
	k->agent = arena_str(&k->a, o->agent);
	k->token_fn = o->token;
	k->token_arg = o->token_arg;
	if (!k->config.server)
		return fail(e, EINVAL, "Kubernetes: no server");
	if (k->config.eks_cluster && !k->token_fn)
		return fail(e, ENOTSUP, "Kubernetes: nobody here signs tokens for EKS cluster %s",
			    k->config.eks_cluster);
	if (set_origin(k, e) < 0)
		return wrap(e, "Kubernetes");
	*out = TAKE(k);
	return 0;
}

static void wipe(const char *secret)
{
	union {
		const char *c;
		char *p;
	} s = { .c = secret };

	if (secret)
		explicit_bzero(s.p, strlen(secret));
}

void kube_free(struct kube **kp)
{
	struct kube *k = TAKE(*kp);

	if (!k)
		return;
	http_pool_free(&k->pool);
	if (k->token.p)
		explicit_bzero(k->token.p, k->token.len);
	buf_free(&k->token);
	wipe(k->config.token);
	wipe(k->config.key);
	explicit_bzero(&k->at.via, sizeof(k->at.via));
	pthread_mutex_destroy(&k->lock);
	arena_free(&k->a);
	free(k);
}

static void add_part(const char *s, struct buf *out)
{
	if (!s || !*s)
		return;
	buf_str(out, "/");
	uri_encode(s, strlen(s), "", out);
}

const char *kube_path(enum kube_kind kind, const char *ns, const char *name, const char *sub,
		      struct arena *a)
{
	const struct kube_kind_row *row = &kube_kinds[kind];
	auto_buf struct buf b = { 0 };

	buf_fmt(&b, "/api%s/%s", strchr(row->group_version, '/') ? "s" : "", row->group_version);
	if (row->namespaced && ns && *ns) {
		buf_str(&b, "/namespaces");
		add_part(ns, &b);
	}
	add_part(row->plural, &b);
	add_part(name, &b);
	add_part(sub, &b);
	return arena_str(a, b.p);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* certs.c - the webhooks' own certificate. */
#include <errno.h>
#include <string.h>

#include "certs.h"
#include "hash.h"

#define SERVICE "aws-load-balancer-webhook-service"
#define SECRET "aws-load-balancer-tls"
#define CONFIGURATION "aws-load-balancer-webhook"
#define END_CERT "-----END CERTIFICATE-----\n"

enum { DAY_S = 86400, LIFE_S = 365 * DAY_S, SKEW_S = 3600 };

struct look {
	struct kube *k;
	const char *ns;
	int64_t now_s, deadline;
	struct arena a;
	struct json *configs[2]; /* NULL: there is none */
	struct json *secret;
	struct certs *out;
};

static const char *const config_kinds[2] = { "mutatingwebhookconfigurations",
					     "validatingwebhookconfigurations" };

void certs_free(struct certs *c)
{
	tls_pair_free(&c->own);
	buf_free(&c->ca);
}

/* ---- what is there */

static const char *config_path(struct look *l, int i)
{
	return arena_fmt(&l->a, "/apis/admissionregistration.k8s.io/v1/%s/" CONFIGURATION,
			 config_kinds[i]);
}

static const char *secrets_path(struct look *l, const char *name)
{
	return arena_fmt(&l->a, "/api/v1/namespaces/%s/secrets%s", l->ns, name);
}

/* *out NULL: it is not there. */
static int get(struct look *l, const char *path, struct json **out, struct err *e)
{
	const struct kube_call c = { .method = "GET", .path = path };

	*out = NULL;
	if (kube_do(l->k, &c, out, l->deadline, e) == 0)
		return 0;
	return e->num == ENOENT ? 0 : -1;
}

static void decode(const struct json *secret, const char *key, struct buf *out)
{
	const char *text = json_text(json_member(json_member(secret, "data"), key));

	if (text && !base64_decode(text, out))
		buf_free(out);
}

static int read_secret(struct look *l, struct err *e)
{
	if (get(l, secrets_path(l, "/" SECRET), &l->secret, e) < 0)
		return wrap(e, "the webhooks' certificate");
	decode(l->secret, "tls.crt", &l->out->own.cert);
	decode(l->secret, "tls.key", &l->out->own.key);
	decode(l->secret, "ca.crt", &l->out->ca);
	return 0;
}

static bool fits(struct look *l)
{
	const struct certs *c = l->out;
	int64_t from, until;
	struct err e;

	if (!c->own.cert.len || !c->own.key.len || !c->ca.len)
		return false;
	if (!tls_cert_serves(c->own.cert.p, c->ca.p, arena_fmt(&l->a, SERVICE ".%s.svc", l->ns)))
		return false;
	return tls_cert_span(c->own.cert.p, &from, &until, &e) == 0 &&
	       l->now_s < from + (until - from) / 3 * 2;
}

/* ---- what should be there */

/* The first certificate of a list stays believed. */
static void keep_first(const char *list, struct buf *out)
{
	const char *end = list ? strstr(list, END_CERT) : NULL;
	int64_t from, until;
	struct err e;

	if (end && tls_cert_span(list, &from, &until, &e) == 0)
		buf_add(out, list, (size_t)(end - list) + strlen(END_CERT));
}

static int make(struct look *l, struct err *e)
{
	const char *names[] = { arena_fmt(&l->a, SERVICE ".%s.svc", l->ns),
				arena_fmt(&l->a, SERVICE ".%s", l->ns),
				arena_fmt(&l->a, SERVICE ".%s.svc.cluster.local", l->ns) };
	auto_pair struct tls_pair ca = { 0 };
	auto_pair struct tls_pair own = { 0 };
	auto_buf struct buf list = { 0 };
	int64_t from = l->now_s - SKEW_S, until = l->now_s + LIFE_S;

	if (tls_cert_ca(&ca, "vpcbox lbctl webhooks", from, until, e) < 0 ||
	    tls_cert_issue(&own, &ca, names, COUNT(names), from, until, e) < 0)
		return -1;
	buf_add(&list, ca.cert.p, ca.cert.len);
	keep_first(l->out->ca.p, &list);
	certs_free(l->out);
	l->out->own = own;
	l->out->ca = list;
	own = (struct tls_pair) { 0 };
	list = (struct buf) { 0 };
	return 0;
}

static void encode(struct json *data, const char *key, const struct buf *text)
{
	auto_buf struct buf coded = { 0 };

	base64(text->p, text->len, &coded);
	json_add_str(data, key, coded.p);
	explicit_bzero(coded.p, coded.len);
}

static struct json *secret_of(struct look *l)
{
	struct json *j = json_object(), *meta = json_object(), *data = json_object();
	const char *version = json_str(l->secret, "metadata.resourceVersion", NULL);

	json_add_str(j, "apiVersion", "v1");
	json_add_str(j, "kind", "Secret");
	json_add_str(meta, "name", SECRET);
	json_add_str(meta, "namespace", l->ns);
	if (version) /* nobody else has changed it meanwhile */
		json_add_str(meta, "resourceVersion", version);
	json_add(j, "metadata", meta);
	json_add_str(j, "type", json_str(l->secret, "type", "kubernetes.io/tls"));
	encode(data, "tls.crt", &l->out->own.cert);
	encode(data, "tls.key", &l->out->own.key);
	encode(data, "ca.crt", &l->out->ca);
	json_add(j, "data", data);
	return j;
}

static int write_secret(struct look *l, struct err *e)
{
	auto_json struct json *j = secret_of(l);
	auto_buf struct buf body = { 0 };
	struct kube_call c = { .method = l->secret ? "PUT" : "POST",
			       .path = secrets_path(l, l->secret ? "/" SECRET : "") };
	int rc;

	json_print(j, 0, &body);
	c.body = body.p;
	rc = kube_do(l->k, &c, NULL, l->deadline, e);
	explicit_bzero(body.p, body.len);
	return rc < 0 ? wrap(e, "the webhooks' certificate") : 0;
}

/* What must be put into one configuration; NULL: nothing. */
static struct json *bundle_patch(const struct json *config, const char *bundle)
{
	struct json *hooks = json_array(), *patch;

	for (const struct json *h = json_first(json_member(config, "webhooks")); h;
	     h = json_next(h)) {
		struct json *hook, *client;

		if (strcmp(json_str(h, "clientConfig.caBundle", ""), bundle) == 0)
			continue;
		hook = json_object();
		client = json_object();
		json_add_str(hook, "name", json_str(h, "name", ""));
		json_add_str(client, "caBundle", bundle);
		json_add(hook, "clientConfig", client);
		json_push(hooks, hook);
	}
	if (!json_count(hooks)) {
		json_free(&hooks);
		return NULL;
	}
	patch = json_object();
	json_add(patch, "webhooks", hooks);
	return patch;
}

static int write_bundles(struct look *l, struct err *e)
{
	auto_buf struct buf bundle = { 0 };

	base64(l->out->ca.p, l->out->ca.len, &bundle);
	for (int i = 0; i < 2; i++) {
		auto_json struct json *patch = bundle_patch(l->configs[i], bundle.p);

		if (patch && kube_patch(l->k, KUBE_STRATEGIC, config_path(l, i), patch, NULL,
					l->deadline, e) < 0)
			return wrap(e, "the CA of the webhooks");
	}
	return 0;
}

/* ---- */

static int look(struct look *l, bool leading, struct err *e)
{
	bool good;

	for (int i = 0; i < 2; i++)
		if (get(l, config_path(l, i), &l->configs[i], e) < 0)
			return wrap(e, "webhook configurations");
	l->out->installed = l->configs[0] || l->configs[1];
	if (!l->out->installed)
		return 0;
	if (read_secret(l, e) < 0)
		return -1;
	good = fits(l);
	if (!leading) {
		/* what is too old still serves, what is broken does not */
		if (!good && !tls_cert_serves(l->out->own.cert.p ? l->out->own.cert.p : "",
					      l->out->ca.p ? l->out->ca.p : "", NULL))
			certs_free(l->out);
		return 0;
	}
	if (!good && make(l, e) < 0)
		return -1;
	if (write_bundles(l, e) < 0)
		return -1;
	return good ? 0 : write_secret(l, e);
}

int certs_look(struct kube *k, const char *ns, bool leading, int64_t now_s, struct certs *out,
	       int64_t deadline, struct err *e)
{
	struct look l = { .k = k, .ns = ns, .now_s = now_s, .deadline = deadline, .out = out };
	int rc;

	*out = (struct certs) { 0 };
	rc = look(&l, leading, e);
	for (int i = 0; i < 2; i++)
		json_free(&l.configs[i]);
	json_free(&l.secret);
	arena_free(&l.a);
	if (rc < 0)
		certs_free(out);
	return rc;
}

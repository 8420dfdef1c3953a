/* SPDX-License-Identifier: Apache-2.0 */
/* elbcert.c - listeners' certificates beside the default one, and their attributes. */
#include "elbcert.h"

#include <string.h>

#include "acmlab.h"

static int find(struct api_call *c, const char *arn, struct listener **out, struct err *e)
{
	return elb_listener(c->api->elb, arn ? arn : "", out, e);
}

/* Certificates of IAM are taken on trust: the lab has no IAM. */
int certificate_check(const struct elb *b, const char *arn, const char *protocol, struct err *e)
{
	const struct acm_cert *cert = b->acm ? acm_find(b->acm, arn) : NULL;

	if (str_prefix(arn, "arn:") && strstr(arn, ":iam::") && strstr(arn, ":server-certificate/"))
		return 0;
	if (!cert)
		return world_refuse(e, "CertificateNotFound",
				    "Certificate ARN '%.200s' is not valid", arn);
	if (strcmp(acm_status(b->acm, cert), "ISSUED") != 0)
		return world_refuse(e, "UnsupportedCertificate",
				    "The certificate '%.200s' must have a fully-qualified domain "
				    "name, a supported signature, and a supported key size, and be "
				    "issued",
				    arn);
	(void)protocol;
	return 0;
}

/* ---- attributes ---- */

static int show_attributes(struct api_call *c, const struct listener *l)
{
	struct attributes all = attrs_all(listener_attrs_on(l), l->attrs, c->a);

	shape_xml(c->out, &attributes_shape, &all);
	return 0;
}

int listener_act_attributes(struct api_call *c, struct err *e)
{
	const struct elb_listener_ref *in = c->in;
	struct listener *l;

	return find(c, in->arn, &l, e) < 0 ? -1 : show_attributes(c, l);
}

int listener_act_modify_attributes(struct api_call *c, struct err *e)
{
	const struct elb_modify_listener_attributes *in = c->in;
	struct listener *l;

	if (find(c, in->arn, &l, e) < 0 || attrs_set(c->api->elb, listener_attrs_on(l), "Listener",
						     &l->attrs, &in->attributes, e) < 0)
		return -1;
	return show_attributes(c, l);
}

/* ---- certificates ---- */

static bool has(const struct listener *l, const char *arn)
{
	for (size_t i = 0; i < l->sni.n; i++)
		if (strcmp(l->sni.v[i], arn) == 0)
			return true;
	return false;
}

static void show(struct api_call *c, const char *arn, bool is_default)
{
	struct certificate_shown v = { arn, is_default ? FLAG_YES : FLAG_NO };

	buf_str(c->out, "<member>");
	shape_xml(c->out, &certificate_shown_shape, &v);
	buf_str(c->out, "</member>");
}

int listener_act_certificates(struct api_call *c, struct err *e)
{
	const struct certificate_query *in = c->in;
	struct elb_page p;
	struct listener *l;
	size_t defaults;

	if (find(c, in->arn, &l, e) < 0)
		return -1;
	defaults = l->v->certificates.n;
	if (elb_page_read(in->marker, in->page_size, defaults + l->sni.n, &p, e) < 0)
		return -1;
	buf_str(c->out, "<Certificates>");
	for (size_t i = p.from; i < p.to; i++)
		show(c, i < defaults ? l->v->certificates.v[i].arn : l->sni.v[i - defaults],
		     i < defaults);
	buf_str(c->out, "</Certificates>");
	elb_page_end(c, &p, defaults + l->sni.n);
	return 0;
}

/* Of all listeners, without the default ones; one that is there twice counts once. */
static size_t in_use(const struct elb *b, const struct lb *lb, struct arena *a)
{
	struct strs seen = { 0 };

	for (const struct listener *l = b->listeners; l; l = l->next)
		for (size_t i = 0; l->lb == lb && i < l->sni.n; i++) {
			struct listener all = { .sni = seen };

			if (!has(&all, l->sni.v[i]))
				strs_add(&seen, l->sni.v[i], a);
		}
	return seen.n;
}

static int add_check(struct api_call *c, const struct listener *l,
		     const struct elb_certificates *in, struct err *e)
{
	struct elb *b = c->api->elb;
	int most =
		b->c.quota[lb_is_app(l->lb) ? ELB_MAX_ALB_CERTIFICATES : ELB_MAX_NLB_CERTIFICATES];
	size_t new = 0;

	if (!listener_is_secure(l->v->protocol))
		return world_refuse(e, "OperationNotPermitted",
				    "Certificates can only be added to HTTPS and TLS listeners");
	if (in->n != 1)
		return world_refuse(e, "ValidationError",
				    "Exactly one certificate must be specified");
	if (certificate_check(b, in->v[0].arn ? in->v[0].arn : "", l->v->protocol, e) < 0)
		return -1;
	new = !has(l, in->v[0].arn);
	if (new &&in_use(b, l->lb, c->a) + new > (size_t)most)
		return world_refuse(e, "TooManyCertificates",
				    "You've reached the limit on the number of certificates per "
				    "load balancer: %d",
				    most);
	return 0;
}

int listener_act_add_certificates(struct api_call *c, struct err *e)
{
	const struct elb_listener_certificates *in = c->in;
	struct listener *l;

	if (find(c, in->arn, &l, e) < 0 || add_check(c, l, &in->certificates, e) < 0)
		return -1;
	if (!has(l, in->certificates.v[0].arn))
		strs_add(&l->sni, in->certificates.v[0].arn, &c->w->a);
	buf_str(c->out, "<Certificates>");
	show(c, in->certificates.v[0].arn, false);
	buf_str(c->out, "</Certificates>");
	return 0;
}

int listener_act_remove_certificates(struct api_call *c, struct err *e)
{
	const struct elb_listener_certificates *in = c->in;
	const char *arn = in->certificates.n ? in->certificates.v[0].arn : NULL;
	struct listener *l;
	size_t n = 0;

	if (find(c, in->arn, &l, e) < 0)
		return -1;
	if (in->certificates.n != 1 || !arn)
		return world_refuse(e, "ValidationError",
				    "Exactly one certificate must be specified");
	for (size_t i = 0; i < l->v->certificates.n; i++)
		if (strcmp(l->v->certificates.v[i].arn, arn) == 0 && !has(l, arn))
			return world_refuse(e, "OperationNotPermitted",
					    "The default certificate '%.200s' cannot be removed",
					    arn);
	for (size_t i = 0; i < l->sni.n; i++)
		if (strcmp(l->sni.v[i], arn) != 0)
			l->sni.v[n++] = l->sni.v[i];
	l->sni.n = n;
	return 0;
}

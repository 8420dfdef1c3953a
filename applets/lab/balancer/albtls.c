/* SPDX-License-Identifier: Apache-2.0 */
/* albtls.c - the certificate of an HTTPS listener. */
#include <string.h>

#include "acmlab.h"
#include "alb.h"
#include "clock.h"
#include "hash.h"
#include "tls_accept.h"
#include "tls_cert.h"

enum { MOST_NAMES = 16, DAY_S = 86400, DAYS = 365 };

static void add_names(const struct elb *b, const char *arn, struct strs *to, struct arena *a)
{
	const struct acm_cert *c = b->acm && arn ? acm_find(b->acm, arn) : NULL;

	for (size_t i = 0; c && i < c->names.n && to->n < MOST_NAMES; i++)
		strs_add(to, c->names.v[i], a);
}

int alb_identity(struct elb *b, const struct listener *l, struct tls_identity **out, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_pair struct tls_pair ca = { 0 }, own = { 0 };
	int64_t from = wall_s() - DAY_S, until = wall_s() + (int64_t)DAYS * DAY_S;
	struct strs names = { 0 };

	for (size_t i = 0; i < l->v->certificates.n; i++)
		add_names(b, l->v->certificates.v[i].arn, &names, &a);
	for (size_t i = 0; i < l->sni.n; i++)
		add_names(b, l->sni.v[i], &names, &a);
	if (!names.n) /* certificates of IAM say no names here */
		strs_add(&names, l->lb->v->dns_name, &a);
	if (tls_cert_ca(&ca, "vpcbox-lab", from, until, e) < 0 ||
	    tls_cert_issue(&own, &ca, names.v, names.n, from, until, e) < 0)
		return wrap(e, "certificate of listener %s", l->v->arn);
	buf_add(&own.cert, ca.cert.p, ca.cert.len);
	return tls_identity_new(out, own.cert.p, own.key.p, NULL, e);
}

void alb_certificates(const struct listener *l, char out[65])
{
	auto_buf struct buf all = { 0 };
	uint8_t sum[SHA256_LEN];

	for (size_t i = 0; i < l->v->certificates.n; i++)
		buf_fmt(&all, "%s ", l->v->certificates.v[i].arn);
	for (size_t i = 0; i < l->sni.n; i++)
		buf_fmt(&all, "%s ", l->sni.v[i]);
	sha256(all.p, all.len, sum);
	hex(sum, sizeof(sum), out);
}

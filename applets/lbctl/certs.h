/* SPDX-License-Identifier: Apache-2.0 */
/* certs.h - the webhooks' certificate when nobody gives us one: made here, kept in the Secret
 * aws-load-balancer-tls, its CA written into the two webhook configurations
 * aws-load-balancer-webhook. The replica that leads writes; the others read. */
#pragma once
#include "kube.h"
#include "tls_cert.h"

struct certs {
	bool installed; /* there is a webhook configuration; if not, nothing else is looked at */
	struct tls_pair own; /* empty: not there yet, it is the leader's to make */
	struct buf ca;       /* who signed it, and who signed the one before */
};
void certs_free(struct certs *c);
#define auto_certs AUTO(certs_free)

/* Blocking. A certificate lasts a year and is made anew after two thirds of it, or when it is not
 * for the webhook's Service in namespace ns. The configurations learn of a new CA first, beside the
 * old one, so that at no moment a replica shows what the API server does not believe. */
MUST int certs_look(struct kube *k, const char *ns, bool leading, int64_t now_s, struct certs *out,
		    int64_t deadline, struct err *e);

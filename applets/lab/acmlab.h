/* SPDX-License-Identifier: Apache-2.0 */
/* acmlab.h - the lab's Certificate Manager: certificates that were asked for, or imported. */
#pragma once
#include "elb.h"

struct acm_cert {
	struct acm_cert *next;
	char arn[120], domain[260];
	const char *type, *key_type; /* "AMAZON_ISSUED", "IMPORTED"; "RSA_2048" */
	struct strs names;           /* the domain is the first */
	struct tag *tags;
	size_t ntags;
	int64_t issued_at;       /* elb.now of it */
	int64_t made_s, until_s; /* wall clock: created; not after */
	struct arena a;
};
struct acm {
	struct elb *elb; /* the clock, the world, and who uses a certificate */
	struct acm_cert *certs;
};
struct acm_cert *acm_find(const struct acm *m, const char *arn);
const char *acm_status(const struct acm *m, const struct acm_cert *cert); /* "ISSUED" */
void acm_free(struct acm *m);

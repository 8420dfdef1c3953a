/* SPDX-License-Identifier: Apache-2.0 */
/* lbreview.h - one AdmissionReview through a hook, for tests. */
#pragma once
#include "admission.h"
#include "lbcase.h"

struct lbreview {
	struct lbcase cluster; /* what is there already */
	struct admission_env env;
	const char *groups; /* TargetGroups that AWS has, a JSON list; NULL: AWS fails */
	char role[80];      /* of the last of them */
	size_t asked;       /* calls of AWS */

	/* of the last answer; "" when there is none */
	int rc;
	struct err e;
	struct json *answer;
	char why[1024], patch[2048], warning[512], category[80];
};
/* Zero-initialise. Texts have ' for ", SB/ and AI/ for the prefixes of annotations. */
void lbreview_start(struct lbreview *r);
void lbreview_free(struct lbreview *r);
#define auto_lbreview AUTO(lbreview_free)
/* In the namespace "ns". old NULL: a CREATE. Returns whether it was let pass. */
bool lbreview_ask(struct lbreview *r, enum admission_id id, const char *object, const char *old);
/* The same with the whole review as it is. */
bool lbreview_raw(struct lbreview *r, enum admission_id id, const char *review);

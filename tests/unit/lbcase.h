/* SPDX-License-Identifier: Apache-2.0 */
/* lbcase.h - what the controller's model is given, read from JSON: flags, facts of AWS, objects
 * (tests/golden/lbctl/README.md says in which form). For unit tests and tests/tools/lbmodel.c. */
#pragma once
#include "model.h"

struct lbcase {
	struct arena a;
	struct lbconfig config;
	struct facts facts;
	struct model_objects objects;
	struct lbobject *v;
	size_t n;
	const char *fails[FACTS]; /* words with which loading that part fails */
	struct lbtarget {
		const char *name, *arn;
	} * targets;
	size_t ntargets;
};
struct lbobject {
	enum kube_kind kind;
	const void *v;
};
/* Flags' defaults, cluster "my-cluster", VPC vpc-xxx of 192.168.0.0/16, and nothing in it; all
 * parts of the facts are there. */
void lbcase_init(struct lbcase *c);
/* One document: an object, a List, a Case, or an array of them. */
MUST int lbcase_add(struct lbcase *c, const struct json *j, struct err *e);
/* The same from text, in which ' stands for ", SB/ and AI/ for the prefixes of annotations. Dies
 * when it cannot be read. */
void lbcase_text(struct lbcase *c, const char *text);
/* The first of a kind, or NULL. */
const void *lbcase_first(const struct lbcase *c, enum kube_kind kind);
void lbcase_free(struct lbcase *c);
#define auto_lbcase AUTO(lbcase_free)

/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - lbctl explain: what is told of one object, as JSON of which the text is made. */
#pragma once
#include "annot.h"
#include "people.h"

struct explain {
	struct people *p;
	enum kube_kind kind;
	const struct kube_meta *m;              /* the object */
	const struct kube_class_params *params; /* of an Ingress's class; NULL: none */
	struct annotations l;
	int scope;
	struct owner owner;
	struct pass pass; /* dry, of its owner */
	bool built;       /* the model of it stands */
	struct factview facts;
	struct json *root;
	struct arena a;
};

/* explain_settings.c: annotations that are set, those that are none, and with -v the defaults of
 * the others; what is wrong, by annotation and value. */
void explain_settings(struct explain *x);
void explain_problems(struct explain *x);
/* explain_net.c: subnets, each taken or not and why; security groups. */
MUST int explain_subnets(struct explain *x, struct err *e);
void explain_groups(struct explain *x);
/* explain_rules.c: listeners, certificates of hosts, rules and where they come from, target groups.
 */
MUST int explain_listeners(struct explain *x, struct err *e);

void explain_print(const struct explain *x, struct buf *out);

/* SPDX-License-Identifier: Apache-2.0 */
/* lbconfig.h - what the controller was told: flags and feature gates (spec-lbc-nlb 14.2, 14.3). */
#pragma once
#include "shape.h"

enum gate {
#define GATE(id, name, on) GATE_##id,
#include "gates.def"
#undef GATE
	GATES
};

/* Names are those of the flags. */
struct lbconfig {
	const char *cluster, *vpc, *region;
	struct tags default_tags;    /* --default-tags */
	struct strs external_tags;   /* --external-managed-tags: keys */
	struct tags service_sg_tags; /* --service-target-eni-security-group-tags */
	const char *target_type;     /* instance, ip */
	const char *scheme;          /* internal, internet-facing */
	const char *ssl_policy;
	const char *lb_class;      /* --load-balancer-class */
	const char *ingress_class; /* --ingress-class: "alb"; "": any without a class too */
	bool backend_sg;           /* --enable-backend-security-group */
	const char *backend_sg_id; /* --backend-security-group; "": ours to make */
	bool manage_backend_rules; /* --enable-manage-backend-security-group-rules */
	bool unrestricted_rules;   /* --disable-restricted-sg-rules */
	bool no_class_annotation, no_group_annotation; /* --disable-ingress-... */
	bool tolerate_no_service, tolerate_no_action;  /* --tolerate-non-existent-backend-... */
	struct strs authorities;                       /* --allowed-certificate-authority-arns */
	int64_t max_targets; /* --max-targets-per-target-group; 0: any number */
	bool gates[GATES];
};
/* Every flag's default; cluster, vpc and region are "". */
struct lbconfig lbconfig_default(void);

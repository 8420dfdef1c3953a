/* SPDX-License-Identifier: Apache-2.0 */
/* lbfacts.h - what the model must know of AWS: a snapshot of the VPC and of what concerns this
 * stack. Parts are asked for when they are first needed; the model itself sends nothing: in tests
 * all parts are there from the start. */
#pragma once
#include "acm.h"
#include "ec2sg.h"
#include "ec2vpc.h"
#include "elbv2.h"
#include "kubeobj.h"

enum fact {
	FACT_VPC,           /* vpc: of lbconfig.vpc */
	FACT_SUBNETS,       /* subnets: all of the VPC, by id */
	FACT_ZONES,         /* zones: of the region */
	FACT_ROUTES,        /* route_tables: of the VPC */
	FACT_GROUPS,        /* groups: all of the VPC, by id */
	FACT_LOAD_BALANCER, /* existing: the stack's load balancer (by the stack's tags, not the
			      legacy ones), NULL: none */
	FACT_CERTIFICATES,  /* certificates: issued ones, by ARN */
	FACT_BACKEND_SG,    /* backend_sg: id of the shared group, or STACK_BACKEND_SG */
	FACTS
};
struct facts {
	/* Fill in a part; NULL: what is not there is a mistake of the caller's. */
	int (*load)(struct facts *f, enum fact which, struct err *e);
	void *arg;
	bool have[FACTS];
	struct arena *a;

	struct ec2_vpc vpc;
	struct ec2_subnets subnets;
	struct ec2_zones zones;
	struct ec2_route_tables route_tables;
	struct ec2_groups groups;
	const struct elb_load_balancer *existing;
	struct acm_details certificates;
	const char *backend_sg;

	/* A target group by name; ENOENT. NULL: there are none. */
	int (*target_group)(struct facts *f, const char *name, const char **arn, struct err *e);
};
/* Have that part. */
MUST int facts_need(struct facts *f, enum fact which, struct err *e);

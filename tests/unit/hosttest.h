/* SPDX-License-Identifier: Apache-2.0 */
/* hosttest.h - a node for tests: configuration from words, and facts. */
#pragma once
#include <stdlib.h>

#include "host.h"
#include "test.h"

static const char *const names[] = {
	"AWS_VPC_K8S_CNI_EXTERNALSNAT",
	"AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS",
	"AWS_EXTERNAL_SERVICE_CIDRS",
	"AWS_VPC_K8S_CNI_RANDOMIZESNAT",
	"AWS_VPC_CNI_NODE_PORT_SUPPORT",
	"AWS_VPC_K8S_CNI_CONNMARK",
	"AWS_VPC_ENI_MTU",
	"AWS_VPC_K8S_CNI_VETHPREFIX",
};

/* A node with configuration from an environment of "NAME=VALUE" words, and facts. */
struct node {
	struct arena a;
	struct buf complaints;
	struct host_config c;
	struct host_facts f;
};

static inline void node_free(struct node *n)
{
	arena_free(&n->a);
	buf_free(&n->complaints);
}
#define auto_node AUTO(node_free)

static inline void node_init(struct node *n, const char *const *env, const char *const *vpc)
{
	for (size_t i = 0; i < COUNT(names); i++)
		unsetenv(names[i]);
	for (; env && *env; env++) {
		const char *eq = strchr(*env, '=');

		setenv(arena_fmt(&n->a, "%.*s", (int)(eq - *env), *env), eq + 1, 1);
	}
	host_config_env(&n->c, &n->a, &n->complaints);
	n->f.vpc.v = arena_get(&n->a, 16 * sizeof(struct cidr));
	for (; vpc && *vpc; vpc++)
		CHECK(cidr_parse(*vpc, &n->f.vpc.v[n->f.vpc.n++]));
	CHECK(ip_parse("10.10.10.20", &n->f.primary_ip));
	snprintf(n->f.primary_if, sizeof(n->f.primary_if), "eth0");
}

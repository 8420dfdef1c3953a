/* SPDX-License-Identifier: Apache-2.0 */
/* elbv2.c - Elastic Load Balancing v2: tables, and a function for each row of elbv2.def. */
#include <errno.h>

#include "elbv2.h"

#define MAX_TAGGED 20 /* resources per DescribeTags */

/* ---- structures */

SHAPE_TABLE(elb_zone_ip, ELB_ZONE_IP)
SHAPE_TABLE(elb_zone, ELB_ZONE)
SHAPE_TABLE(elb_load_balancer, ELB_LOAD_BALANCER)
SHAPE_TABLE(elb_describe_load_balancers, ELB_DESCRIBE_LOAD_BALANCERS)
SHAPE_TABLE(elb_subnet_mapping, ELB_SUBNET_MAPPING)
SHAPE_TABLE(elb_create_load_balancer, ELB_CREATE_LOAD_BALANCER)
SHAPE_TABLE(elb_load_balancer_ref, ELB_LOAD_BALANCER_REF)
SHAPE_TABLE(elb_modify_load_balancer_attributes, ELB_MODIFY_LOAD_BALANCER_ATTRIBUTES)
SHAPE_TABLE(elb_set_subnets, ELB_SET_SUBNETS)
SHAPE_TABLE(elb_set_security_groups, ELB_SET_SECURITY_GROUPS)
SHAPE_TABLE(elb_set_ip_address_type, ELB_SET_IP_ADDRESS_TYPE)
SHAPE_TABLE(elb_modify_ip_pools, ELB_MODIFY_IP_POOLS)
SHAPE_TABLE(elb_capacity, ELB_CAPACITY)
SHAPE_TABLE(elb_modify_capacity, ELB_MODIFY_CAPACITY)
SHAPE_TABLE(elb_weighted_group, ELB_WEIGHTED)
SHAPE_TABLE(elb_forward, ELB_FORWARD)
SHAPE_TABLE(elb_redirect, ELB_REDIRECT)
SHAPE_TABLE(elb_fixed_response, ELB_FIXED_RESPONSE)
SHAPE_TABLE(elb_oidc, ELB_OIDC)
SHAPE_TABLE(elb_cognito, ELB_COGNITO)
SHAPE_TABLE(elb_claim, ELB_CLAIM)
SHAPE_TABLE(elb_jwt, ELB_JWT)
SHAPE_TABLE(elb_action, ELB_ACTION)
SHAPE_TABLE(elb_certificate, ELB_CERTIFICATE)
SHAPE_TABLE(elb_mutual_auth, ELB_MUTUAL_AUTH)
SHAPE_TABLE(elb_listener, ELB_LISTENER)
SHAPE_TABLE(elb_describe_listeners, ELB_DESCRIBE_LISTENERS)
SHAPE_TABLE(elb_create_listener, ELB_CREATE_LISTENER)
SHAPE_TABLE(elb_modify_listener, ELB_MODIFY_LISTENER)
SHAPE_TABLE(elb_listener_ref, ELB_LISTENER_REF)
SHAPE_TABLE(elb_listener_certificates, ELB_LISTENER_CERTIFICATES)
SHAPE_TABLE(elb_modify_listener_attributes, ELB_MODIFY_LISTENER_ATTRIBUTES)
SHAPE_TABLE(elb_query_value, ELB_QUERY)
SHAPE_TABLE(elb_condition, ELB_CONDITION)
SHAPE_TABLE(elb_rewrite, ELB_REWRITE)
SHAPE_TABLE(elb_transform, ELB_TRANSFORM)
SHAPE_TABLE(elb_rule, ELB_RULE)
SHAPE_TABLE(elb_describe_rules, ELB_DESCRIBE_RULES)
SHAPE_TABLE(elb_create_rule, ELB_CREATE_RULE)
SHAPE_TABLE(elb_modify_rule, ELB_MODIFY_RULE)
SHAPE_TABLE(elb_rule_ref, ELB_RULE_REF)
SHAPE_TABLE(elb_rule_rank, ELB_RULE_RANK)
SHAPE_TABLE(elb_set_rule_priorities, ELB_SET_RULE_PRIORITIES)
SHAPE_TABLE(elb_target_group, ELB_TARGET_GROUP)
SHAPE_TABLE(elb_describe_target_groups, ELB_DESCRIBE_TARGET_GROUPS)
SHAPE_TABLE(elb_create_target_group, ELB_CREATE_TARGET_GROUP)
SHAPE_TABLE(elb_modify_target_group, ELB_MODIFY_TARGET_GROUP)
SHAPE_TABLE(elb_target_group_ref, ELB_TARGET_GROUP_REF)
SHAPE_TABLE(elb_modify_target_group_attributes, ELB_MODIFY_TARGET_GROUP_ATTRIBUTES)
SHAPE_TABLE(elb_target, ELB_TARGET)
SHAPE_TABLE(elb_group_targets, ELB_TARGETS)
SHAPE_TABLE(elb_target_health, ELB_TARGET_HEALTH)
SHAPE_TABLE(elb_describe_tags, ELB_DESCRIBE_TAGS)
SHAPE_TABLE(elb_resource, ELB_RESOURCE)
SHAPE_TABLE(elb_add_tags, ELB_ADD_TAGS)
SHAPE_TABLE(elb_remove_tags, ELB_REMOVE_TAGS)
SHAPE_TABLE(elb_describe_limits, ELB_DESCRIBE_LIMITS)
SHAPE_TABLE(elb_limit, ELB_LIMIT)

/* ---- actions: a list alone is an answer's structure */

#define ALL(fn, action, in_t, out_t, list)                      \
	static const struct shape_field fn##_list = {           \
		SHAPE_LIST, 0, &out_t##_shape, { #list, #list } \
	};                                                      \
	static const struct shape fn##_out = { sizeof(struct out_t##s), &fn##_list, 1 };
#define GET ALL
#define CUT ALL
#define ONE ALL
#define RULE ALL
#define TOP(fn, action, in_t, out_t)
#define PUT(fn, action, in_t)
#include "elbv2.def"

#define ROW(fn, action, in_t, out, repeatable, ...) \
	[ELB_##fn] = { AWS_ELBV2, #action, &in_t##_shape, out, repeatable, __VA_ARGS__ },
#define ALL(fn, action, in_t, out_t, list) \
	ROW(fn, action, in_t, &fn##_out, true, "Marker", "NextMarker", #list)
#define GET(fn, action, in_t, out_t, list) ROW(fn, action, in_t, &fn##_out, true, NULL, NULL, NULL)
#define CUT GET
#define ONE GET
#define RULE(fn, action, in_t, out_t, list) \
	ROW(fn, action, in_t, &fn##_out, false, NULL, NULL, NULL)
#define TOP(fn, action, in_t, out_t) ROW(fn, action, in_t, &out_t##_shape, true, NULL, NULL, NULL)
#define PUT(fn, action, in_t) ROW(fn, action, in_t, NULL, true, NULL, NULL, NULL)
const struct aws_action elb_actions[ELB_ACTIONS] = {
#include "elbv2.def"
};

/* ---- functions */

static int not_one(const struct aws_action *row, size_t n, struct err *e)
{
	fail(e, EBADMSG, "%zu %s in the answer, not 1", n, row->out->f->name[1]);
	return aws_useless(row, e->msg, e);
}

#define HEAD(fn, in_t) int elb_##fn(struct aws *w, const struct in_t *in,
#define TAIL struct arena *a, int64_t deadline, struct err *e)
#define ALL(fn, action, in_t, out_t, list)                                          \
	HEAD(fn, in_t) struct out_t##s *out, TAIL                                   \
	{                                                                           \
		return aws_all(w, &elb_actions[ELB_##fn], in, out, a, deadline, e); \
	}
#define GET(fn, action, in_t, out_t, list)                                         \
	HEAD(fn, in_t) struct out_t##s *out, TAIL                                  \
	{                                                                          \
		return aws_do(w, &elb_actions[ELB_##fn], in, out, a, deadline, e); \
	}
#define ONE(fn, action, in_t, out_t, list)                                         \
	HEAD(fn, in_t) struct out_t *out, TAIL                                     \
	{                                                                          \
		struct out_t##s l;                                                 \
                                                                                   \
		if (aws_do(w, &elb_actions[ELB_##fn], in, &l, a, deadline, e) < 0) \
			return -1;                                                 \
		if (l.n != 1)                                                      \
			return not_one(&elb_actions[ELB_##fn], l.n, e);            \
		*out = l.v[0];                                                     \
		return 0;                                                          \
	}
#define RULE ONE
#define TOP(fn, action, in_t, out_t)                                               \
	HEAD(fn, in_t) struct out_t *out, TAIL                                     \
	{                                                                          \
		return aws_do(w, &elb_actions[ELB_##fn], in, out, a, deadline, e); \
	}
#define PUT(fn, action, in_t)                                                       \
	HEAD(fn, in_t) TAIL                                                         \
	{                                                                           \
		return aws_do(w, &elb_actions[ELB_##fn], in, NULL, a, deadline, e); \
	}
#define CUT(fn, action, in_t, out_t, list)
#include "elbv2.def"

int elb_describe_tags(struct aws *w, const struct elb_describe_tags *in, struct elb_resources *out,
		      struct arena *a, int64_t deadline, struct err *e)
{
	*out = (struct elb_resources) { arena_get(a, in->arns.n * sizeof(*out->v)), 0 };
	for (size_t done = 0; done < in->arns.n; done += MAX_TAGGED) {
		size_t left = in->arns.n - done, n = left < MAX_TAGGED ? left : MAX_TAGGED;
		const struct elb_describe_tags part = { { in->arns.v + done, n } };
		struct elb_resources l;

		if (aws_do(w, &elb_actions[ELB_describe_tags], &part, &l, a, deadline, e) < 0)
			return -1;
		if (l.n > n)
			return fail(e, EBADMSG, "DescribeTags: %zu resources in the answer for %zu",
				    l.n, n);
		for (size_t i = 0; i < l.n; i++)
			out->v[out->n++] = l.v[i];
	}
	return 0;
}

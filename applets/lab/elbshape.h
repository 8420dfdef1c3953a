/* SPDX-License-Identifier: Apache-2.0 */
/* elbshape.h - what Elastic Load Balancing v2 takes and answers beyond what our own client sends
 * and reads (elbv2.h). */
#pragma once
#include "elbv2.h"

/* ---- pages */

#define PAGE(F, T)                     \
	F(T, STR, marker, 0, "Marker") \
	F(T, NUM, page_size, 0, "PageSize")

/* ---- load balancers */

#define LB_NEW(F, T)                   \
	ELB_CREATE_LOAD_BALANCER(F, T) \
	F(T, STRS, subnet_ids, 0, "Subnets")
SHAPE_STRUCT(lb_new, LB_NEW)
#define LB_SHOWN(F, T)          \
	ELB_LOAD_BALANCER(F, T) \
	F(T, STR, created, 0, "CreatedTime")
SHAPE_STRUCT(lb_shown, LB_SHOWN)
#define LB_QUERY(F, T)                    \
	ELB_DESCRIBE_LOAD_BALANCERS(F, T) \
	PAGE(F, T)
SHAPE_STRUCT(lb_query, LB_QUERY)
#define LB_SUBNETS(F, T)      \
	ELB_SET_SUBNETS(F, T) \
	F(T, STRS, subnet_ids, 0, "Subnets")
SHAPE_STRUCT(lb_subnets, LB_SUBNETS)
/* What SetSubnets, SetSecurityGroups and SetIpAddressType answer of the load balancer. */
#define LB_SET(F, T)                                             \
	F(T, LIST, zones, elb_zone, "AvailabilityZones")         \
	F(T, STRS, security_groups, 0, "SecurityGroupIds")       \
	F(T, STR, ip_address_type, 0, "IpAddressType")           \
	F(T, STR, source_nat, 0, "EnablePrefixForIpv6SourceNat") \
	F(T, STR, private_link, 0,                               \
	  "EnforceSecurityGroupInboundRulesOn"                   \
	  "PrivateLinkTraffic")
SHAPE_STRUCT(lb_set, LB_SET)
#define LB_CAPACITY(F, T)                                                \
	F(T, STR, arn, 0, "LoadBalancerArn")                             \
	F(T, NUM, units, 0, "MinimumLoadBalancerCapacity.CapacityUnits") \
	F(T, BOOL, reset, 0, "ResetCapacityReservation")
SHAPE_STRUCT(lb_capacity, LB_CAPACITY)
#define LB_CAPACITY_ZONE(F, T)                 \
	F(T, STR, zone, 0, "AvailabilityZone") \
	F(T, STR, state, 0, "", "State/Code")  \
	F(T, NUM, units, 0, "EffectiveCapacityUnits")
SHAPE_STRUCT(lb_capacity_zone, LB_CAPACITY_ZONE)
#define LB_CAPACITY_SHOWN(F, T)                                              \
	F(T, STR, modified, 0, "LastModifiedTime")                           \
	F(T, NUM, decreases, 0, "DecreaseRequestsRemaining")                 \
	F(T, NUM, units, 0, "", "MinimumLoadBalancerCapacity/CapacityUnits") \
	F(T, LIST, zones, lb_capacity_zone, "CapacityReservationState")
SHAPE_STRUCT(lb_capacity_shown, LB_CAPACITY_SHOWN)

/* Attributes of all kinds of things. */
#define ATTRIBUTES(F, T) F(T, LIST, attributes, tag, "Attributes")
SHAPE_STRUCT(attributes, ATTRIBUTES)

/* ---- listeners */

#define LISTENER_QUERY(F, T)         \
	ELB_DESCRIBE_LISTENERS(F, T) \
	PAGE(F, T)
SHAPE_STRUCT(listener_query, LISTENER_QUERY)
#define CERTIFICATE_QUERY(F, T)          \
	F(T, STR, arn, 0, "ListenerArn") \
	PAGE(F, T)
SHAPE_STRUCT(certificate_query, CERTIFICATE_QUERY)
/* A certificate with IsDefault, as only DescribeListenerCertificates tells it. */
#define CERTIFICATE_SHOWN(F, T)             \
	F(T, STR, arn, 0, "CertificateArn") \
	F(T, FLAG, is_default, 0, "IsDefault")
SHAPE_STRUCT(certificate_shown, CERTIFICATE_SHOWN)
#define LISTENER_SHOWN(F, T)                                        \
	F(T, STR, arn, 0, "ListenerArn")                            \
	F(T, STR, load_balancer, 0, "LoadBalancerArn")              \
	F(T, INT, port, 0, "Port")                                  \
	F(T, STR, protocol, 0, "Protocol")                          \
	F(T, STR, ssl_policy, 0, "SslPolicy")                       \
	F(T, LIST, certificates, certificate_shown, "Certificates") \
	F(T, LIST, actions, elb_action, "DefaultActions")           \
	F(T, STRS, alpn, 0, "AlpnPolicy")                           \
	F(T, ONE, mutual_auth, elb_mutual_auth, "MutualAuthentication")
SHAPE_STRUCT(listener_shown, LISTENER_SHOWN)

/* ---- rules: beside the lists of elb_condition the old ones, for hosts and paths alone */

#define RULE_CONDITION(F, T)         \
	ELB_CONDITION(F, T)          \
	F(T, STRS, old, 0, "Values") \
	F(T, STRS, old_regexes, 0, "RegexValues")
SHAPE_STRUCT(rule_condition, RULE_CONDITION)
#define RULE_SETTINGS(F, T)                                  \
	F(T, LIST, conditions, rule_condition, "Conditions") \
	F(T, LIST, actions, elb_action, "Actions")           \
	F(T, LIST, transforms, elb_transform, "Transforms")
#define RULE_SHOWN(F, T)                   \
	F(T, STR, arn, 0, "RuleArn")       \
	F(T, STR, priority, 0, "Priority") \
	RULE_SETTINGS(F, T)                \
	F(T, BOOL, is_default, 0, "IsDefault")
SHAPE_STRUCT(rule_shown, RULE_SHOWN)
#define RULE_QUERY(F, T)         \
	ELB_DESCRIBE_RULES(F, T) \
	PAGE(F, T)
SHAPE_STRUCT(rule_query, RULE_QUERY)
#define RULE_NEW(F, T)                        \
	F(T, STR, listener, 0, "ListenerArn") \
	F(T, INT, priority, 0, "Priority")    \
	RULE_SETTINGS(F, T)                   \
	F(T, LIST, tags, tag, "Tags")
SHAPE_STRUCT(rule_new, RULE_NEW)
#define RULE_CHANGE(F, T)            \
	F(T, STR, arn, 0, "RuleArn") \
	RULE_SETTINGS(F, T)          \
	F(T, BOOL, reset_transforms, 0, "ResetTransforms")
SHAPE_STRUCT(rule_change, RULE_CHANGE)

/* ---- target groups */

#define GROUP_QUERY(F, T)                \
	ELB_DESCRIBE_TARGET_GROUPS(F, T) \
	PAGE(F, T)
SHAPE_STRUCT(group_query, GROUP_QUERY)
#define HEALTH_QUERY(F, T) \
	ELB_TARGETS(F, T)  \
	F(T, STRS, include, 0, "Include")
SHAPE_STRUCT(health_query, HEALTH_QUERY)

#define NOTHING(F, T) F(T, STR, none, 0, "", "")
SHAPE_STRUCT(nothing, NOTHING)

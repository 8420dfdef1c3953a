/* SPDX-License-Identifier: Apache-2.0 */
/* elbv2.h - Elastic Load Balancing v2: what the load-balancer controller sends and reads
 * (lbc-api-calls.md, ELBv2). The actions are the rows of elbv2.def; each is a function
 * MUST int elb_FUNCTION(struct aws *w, const struct IN *in, struct OUT *out, struct arena *a,
 * int64_t deadline, struct err *e), without out where nothing of the answer counts. What is read
 * lives in a. Sent is what is set: see enum shape_kind. Names of members follow the API's; a member
 * that the API has in a structure of its own with nothing beside it ("Matcher.HttpCode") is a
 * member here. Timestamps, outposts, and what only other kinds of load balancers have, are left
 * out. */
#pragma once
#include "shape_call.h"

/* ---- load balancers */

#define ELB_ZONE_IP(F, T)                              \
	F(T, STR, ip, 0, "IpAddress")                  \
	F(T, STR, allocation, 0, "AllocationId")       \
	F(T, STR, private_ip, 0, "PrivateIPv4Address") \
	F(T, STR, ipv6, 0, "IPv6Address")
SHAPE_STRUCT(elb_zone_ip, ELB_ZONE_IP)

#define ELB_ZONE(F, T)                                              \
	F(T, STR, name, 0, "ZoneName")                              \
	F(T, STR, subnet, 0, "SubnetId")                            \
	F(T, LIST, addresses, elb_zone_ip, "LoadBalancerAddresses") \
	F(T, STRS, source_nat_prefixes, 0, "SourceNatIpv6Prefixes")
SHAPE_STRUCT(elb_zone, ELB_ZONE)

/* state: provisioning, active, active_impaired, failed. private_link: on, off, or "" when it was
 * never set. */
#define ELB_LOAD_BALANCER(F, T)                                                         \
	F(T, STR, arn, 0, "LoadBalancerArn")                                            \
	F(T, STR, name, 0, "LoadBalancerName")                                          \
	F(T, STR, dns_name, 0, "DNSName")                                               \
	F(T, STR, hosted_zone, 0, "CanonicalHostedZoneId")                              \
	F(T, STR, type, 0, "Type")                                                      \
	F(T, STR, scheme, 0, "Scheme")                                                  \
	F(T, STR, vpc, 0, "VpcId")                                                      \
	F(T, STR, state, 0, "State.Code", "State/Code")                                 \
	F(T, STR, state_reason, 0, "State.Reason", "State/Reason")                      \
	F(T, STR, ip_address_type, 0, "IpAddressType")                                  \
	F(T, LIST, zones, elb_zone, "AvailabilityZones")                                \
	F(T, STRS, security_groups, 0, "SecurityGroups")                                \
	F(T, STR, coip_pool, 0, "CustomerOwnedIpv4Pool")                                \
	F(T, STR, ipam_pool, 0, "IpamPools.Ipv4IpamPoolId", "IpamPools/Ipv4IpamPoolId") \
	F(T, STR, source_nat, 0, "EnablePrefixForIpv6SourceNat")                        \
	F(T, STR, private_link, 0, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
SHAPE_STRUCT(elb_load_balancer, ELB_LOAD_BALANCER)

/* Both empty: all of the region. */
#define ELB_DESCRIBE_LOAD_BALANCERS(F, T)       \
	F(T, STRS, arns, 0, "LoadBalancerArns") \
	F(T, STRS, names, 0, "Names")
SHAPE_STRUCT(elb_describe_load_balancers, ELB_DESCRIBE_LOAD_BALANCERS)

#define ELB_SUBNET_MAPPING(F, T)                       \
	F(T, STR, subnet, 0, "SubnetId")               \
	F(T, STR, allocation, 0, "AllocationId")       \
	F(T, STR, private_ip, 0, "PrivateIPv4Address") \
	F(T, STR, ipv6, 0, "IPv6Address")              \
	F(T, STR, source_nat_prefix, 0, "SourceNatIpv6Prefix")
SHAPE_STRUCT(elb_subnet_mapping, ELB_SUBNET_MAPPING)

#define ELB_CREATE_LOAD_BALANCER(F, T)                                                  \
	F(T, STR, name, 0, "Name")                                                      \
	F(T, STR, type, 0, "Type")                                                      \
	F(T, STR, scheme, 0, "Scheme")                                                  \
	F(T, STR, ip_address_type, 0, "IpAddressType")                                  \
	F(T, LIST, subnets, elb_subnet_mapping, "SubnetMappings")                       \
	F(T, STRS, security_groups, 0, "SecurityGroups")                                \
	F(T, STR, coip_pool, 0, "CustomerOwnedIpv4Pool")                                \
	F(T, STR, ipam_pool, 0, "IpamPools.Ipv4IpamPoolId", "IpamPools/Ipv4IpamPoolId") \
	F(T, STR, source_nat, 0, "EnablePrefixForIpv6SourceNat")                        \
	F(T, LIST, tags, tag, "Tags")
SHAPE_STRUCT(elb_create_load_balancer, ELB_CREATE_LOAD_BALANCER)

#define ELB_LOAD_BALANCER_REF(F, T) F(T, STR, arn, 0, "LoadBalancerArn")
SHAPE_STRUCT(elb_load_balancer_ref, ELB_LOAD_BALANCER_REF)

/* Attributes are keys and values, as tags are. */
#define ELB_MODIFY_LOAD_BALANCER_ATTRIBUTES(F, T) \
	F(T, STR, arn, 0, "LoadBalancerArn")      \
	F(T, LIST, attributes, tag, "Attributes")
SHAPE_STRUCT(elb_modify_load_balancer_attributes, ELB_MODIFY_LOAD_BALANCER_ATTRIBUTES)

/* Every subnet that it shall have, not only new ones. */
#define ELB_SET_SUBNETS(F, T)                                     \
	F(T, STR, arn, 0, "LoadBalancerArn")                      \
	F(T, LIST, subnets, elb_subnet_mapping, "SubnetMappings") \
	F(T, STR, ip_address_type, 0, "IpAddressType")            \
	F(T, STR, source_nat, 0, "EnablePrefixForIpv6SourceNat")
SHAPE_STRUCT(elb_set_subnets, ELB_SET_SUBNETS)

#define ELB_SET_SECURITY_GROUPS(F, T)                    \
	F(T, STR, arn, 0, "LoadBalancerArn")             \
	F(T, STRS, security_groups, 0, "SecurityGroups") \
	F(T, STR, private_link, 0, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
SHAPE_STRUCT(elb_set_security_groups, ELB_SET_SECURITY_GROUPS)

#define ELB_SET_IP_ADDRESS_TYPE(F, T)        \
	F(T, STR, arn, 0, "LoadBalancerArn") \
	F(T, STR, ip_address_type, 0, "IpAddressType")
SHAPE_STRUCT(elb_set_ip_address_type, ELB_SET_IP_ADDRESS_TYPE)

#define ELB_MODIFY_IP_POOLS(F, T)                                                       \
	F(T, STR, arn, 0, "LoadBalancerArn")                                            \
	F(T, STR, ipam_pool, 0, "IpamPools.Ipv4IpamPoolId", "IpamPools/Ipv4IpamPoolId") \
	F(T, STRS, remove, 0, "RemoveIpamPools")
SHAPE_STRUCT(elb_modify_ip_pools, ELB_MODIFY_IP_POOLS)

/* Capacity that is reserved; units unset: none. Of the change: one of units and reset. */
#define ELB_CAPACITY(F, T) F(T, NUM, units, 0, "", "MinimumLoadBalancerCapacity/CapacityUnits")
SHAPE_STRUCT(elb_capacity, ELB_CAPACITY)
#define ELB_MODIFY_CAPACITY(F, T)                                        \
	F(T, STR, arn, 0, "LoadBalancerArn")                             \
	F(T, NUM, units, 0, "MinimumLoadBalancerCapacity.CapacityUnits", \
	  "MinimumLoadBalancerCapacity/CapacityUnits")                   \
	F(T, BOOL, reset, 0, "ResetCapacityReservation")
SHAPE_STRUCT(elb_modify_capacity, ELB_MODIFY_CAPACITY)

/* ---- actions of listeners and rules: of the configurations, the one that type names is set */

#define ELB_WEIGHTED(F, T)                  \
	F(T, STR, arn, 0, "TargetGroupArn") \
	F(T, NUM, weight, 0, "Weight")
SHAPE_STRUCT(elb_weighted_group, ELB_WEIGHTED)

#define ELB_FORWARD(F, T)                                                     \
	F(T, LIST, groups, elb_weighted_group, "TargetGroups")                \
	F(T, FLAG, sticky, 0, "TargetGroupStickinessConfig.Enabled",          \
	  "TargetGroupStickinessConfig/Enabled")                              \
	F(T, NUM, sticky_s, 0, "TargetGroupStickinessConfig.DurationSeconds", \
	  "TargetGroupStickinessConfig/DurationSeconds")
SHAPE_STRUCT(elb_forward, ELB_FORWARD)

/* What is NULL stays as the request has it: "#{host}" and so on. */
#define ELB_REDIRECT(F, T)                 \
	F(T, OPT, protocol, 0, "Protocol") \
	F(T, OPT, port, 0, "Port")         \
	F(T, OPT, host, 0, "Host")         \
	F(T, OPT, path, 0, "Path")         \
	F(T, OPT, query, 0, "Query")       \
	F(T, STR, status, 0, "StatusCode")
SHAPE_STRUCT(elb_redirect, ELB_REDIRECT)

#define ELB_FIXED_RESPONSE(F, T)                  \
	F(T, STR, status, 0, "StatusCode")        \
	F(T, OPT, content_type, 0, "ContentType") \
	F(T, OPT, body, 0, "MessageBody")
SHAPE_STRUCT(elb_fixed_response, ELB_FIXED_RESPONSE)

#define ELB_SESSION(F, T)                                       \
	F(T, STR, cookie, 0, "SessionCookieName")               \
	F(T, STR, scope, 0, "Scope")                            \
	F(T, NUM, timeout_s, 0, "SessionTimeout")               \
	F(T, MAP, extra, 0, "AuthenticationRequestExtraParams") \
	F(T, STR, on_unauthenticated, 0, "OnUnauthenticatedRequest")

/* AWS never tells the secret. */
#define ELB_OIDC(F, T)                                                \
	F(T, STR, issuer, 0, "Issuer")                                \
	F(T, STR, authorization_endpoint, 0, "AuthorizationEndpoint") \
	F(T, STR, token_endpoint, 0, "TokenEndpoint")                 \
	F(T, STR, user_info_endpoint, 0, "UserInfoEndpoint")          \
	F(T, STR, client_id, 0, "ClientId")                           \
	F(T, OPT, client_secret, 0, "ClientSecret")                   \
	ELB_SESSION(F, T)
SHAPE_STRUCT(elb_oidc, ELB_OIDC)

#define ELB_COGNITO(F, T)                           \
	F(T, STR, user_pool, 0, "UserPoolArn")      \
	F(T, STR, client_id, 0, "UserPoolClientId") \
	F(T, STR, domain, 0, "UserPoolDomain")      \
	ELB_SESSION(F, T)
SHAPE_STRUCT(elb_cognito, ELB_COGNITO)

/* format: single-string, string-array, space-separated-values */
#define ELB_CLAIM(F, T)                \
	F(T, STR, name, 0, "Name")     \
	F(T, STR, format, 0, "Format") \
	F(T, STRS, values, 0, "Values")
SHAPE_STRUCT(elb_claim, ELB_CLAIM)
#define ELB_JWT(F, T)                               \
	F(T, STR, jwks_endpoint, 0, "JwksEndpoint") \
	F(T, STR, issuer, 0, "Issuer")              \
	F(T, LIST, claims, elb_claim, "AdditionalClaims")
SHAPE_STRUCT(elb_jwt, ELB_JWT)

/* type: forward, redirect, fixed-response, authenticate-oidc, authenticate-cognito, jwt-validation.
 * order: 1 comes first. target_group: a forward to one group, without a configuration. */
#define ELB_ACTION(F, T)                                                     \
	F(T, STR, type, 0, "Type")                                           \
	F(T, INT, order, 0, "Order")                                         \
	F(T, STR, target_group, 0, "TargetGroupArn")                         \
	F(T, ONE, forward, elb_forward, "ForwardConfig")                     \
	F(T, ONE, redirect, elb_redirect, "RedirectConfig")                  \
	F(T, ONE, fixed_response, elb_fixed_response, "FixedResponseConfig") \
	F(T, ONE, oidc, elb_oidc, "AuthenticateOidcConfig")                  \
	F(T, ONE, cognito, elb_cognito, "AuthenticateCognitoConfig")         \
	F(T, ONE, jwt, elb_jwt, "JwtValidationConfig")
SHAPE_STRUCT(elb_action, ELB_ACTION)

/* ---- listeners */

/* is_default is only read. */
#define ELB_CERTIFICATE(F, T)               \
	F(T, STR, arn, 0, "CertificateArn") \
	F(T, BOOL, is_default, 0, "", "IsDefault")
SHAPE_STRUCT(elb_certificate, ELB_CERTIFICATE)

/* mode: off, passthrough, verify. status (active, removed) is only read. */
#define ELB_MUTUAL_AUTH(F, T)                                          \
	F(T, STR, mode, 0, "Mode")                                     \
	F(T, OPT, trust_store, 0, "TrustStoreArn")                     \
	F(T, FLAG, ignore_expiry, 0, "IgnoreClientCertificateExpiry")  \
	F(T, OPT, advertise_ca_names, 0, "AdvertiseTrustStoreCaNames") \
	F(T, STR, status, 0, "", "TrustStoreAssociationStatus")
SHAPE_STRUCT(elb_mutual_auth, ELB_MUTUAL_AUTH)

#define ELB_LISTENER_SETTINGS(F, T)                               \
	F(T, INT, port, 0, "Port")                                \
	F(T, STR, protocol, 0, "Protocol")                        \
	F(T, STR, ssl_policy, 0, "SslPolicy")                     \
	F(T, LIST, certificates, elb_certificate, "Certificates") \
	F(T, LIST, actions, elb_action, "DefaultActions")         \
	F(T, STRS, alpn, 0, "AlpnPolicy")                         \
	F(T, ONE, mutual_auth, elb_mutual_auth, "MutualAuthentication")

#define ELB_LISTENER(F, T)                             \
	F(T, STR, arn, 0, "ListenerArn")               \
	F(T, STR, load_balancer, 0, "LoadBalancerArn") \
	ELB_LISTENER_SETTINGS(F, T)
SHAPE_STRUCT(elb_listener, ELB_LISTENER)

/* One or the other. */
#define ELB_DESCRIBE_LISTENERS(F, T)                   \
	F(T, STR, load_balancer, 0, "LoadBalancerArn") \
	F(T, STRS, arns, 0, "ListenerArns")
SHAPE_STRUCT(elb_describe_listeners, ELB_DESCRIBE_LISTENERS)

/* certificates: the default one alone. */
#define ELB_CREATE_LISTENER(F, T)                      \
	F(T, STR, load_balancer, 0, "LoadBalancerArn") \
	ELB_LISTENER_SETTINGS(F, T)                    \
	F(T, LIST, tags, tag, "Tags")
SHAPE_STRUCT(elb_create_listener, ELB_CREATE_LISTENER)

/* What is not set stays as it is. */
#define ELB_MODIFY_LISTENER(F, T)        \
	F(T, STR, arn, 0, "ListenerArn") \
	ELB_LISTENER_SETTINGS(F, T)
SHAPE_STRUCT(elb_modify_listener, ELB_MODIFY_LISTENER)

#define ELB_LISTENER_REF(F, T) F(T, STR, arn, 0, "ListenerArn")
SHAPE_STRUCT(elb_listener_ref, ELB_LISTENER_REF)

/* One certificate per call. */
#define ELB_LISTENER_CERTIFICATES(F, T)  \
	F(T, STR, arn, 0, "ListenerArn") \
	F(T, LIST, certificates, elb_certificate, "Certificates")
SHAPE_STRUCT(elb_listener_certificates, ELB_LISTENER_CERTIFICATES)

#define ELB_MODIFY_LISTENER_ATTRIBUTES(F, T) \
	F(T, STR, arn, 0, "ListenerArn")     \
	F(T, LIST, attributes, tag, "Attributes")
SHAPE_STRUCT(elb_modify_listener_attributes, ELB_MODIFY_LISTENER_ATTRIBUTES)

/* ---- rules */

#define ELB_QUERY(F, T)          \
	F(T, OPT, key, 0, "Key") \
	F(T, STR, value, 0, "Value")
SHAPE_STRUCT(elb_query_value, ELB_QUERY)

/* Of the lists, those that field names are set: host-header, path-pattern, http-header,
 * http-request-method, query-string, source-ip. */
#define ELB_CONDITION(F, T)                                                                        \
	F(T, STR, field, 0, "Field")                                                               \
	F(T, STRS, hosts, 0, "HostHeaderConfig.Values", "HostHeaderConfig/Values")                 \
	F(T, STRS, host_regexes, 0, "HostHeaderConfig.RegexValues",                                \
	  "HostHeaderConfig/RegexValues")                                                          \
	F(T, STRS, paths, 0, "PathPatternConfig.Values", "PathPatternConfig/Values")               \
	F(T, STRS, path_regexes, 0, "PathPatternConfig.RegexValues",                               \
	  "PathPatternConfig/RegexValues")                                                         \
	F(T, STR, header, 0, "HttpHeaderConfig.HttpHeaderName", "HttpHeaderConfig/HttpHeaderName") \
	F(T, STRS, header_values, 0, "HttpHeaderConfig.Values", "HttpHeaderConfig/Values")         \
	F(T, STRS, header_regexes, 0, "HttpHeaderConfig.RegexValues",                              \
	  "HttpHeaderConfig/RegexValues")                                                          \
	F(T, STRS, methods, 0, "HttpRequestMethodConfig.Values", "HttpRequestMethodConfig/Values") \
	F(T, LIST, query, elb_query_value, "QueryStringConfig.Values", "QueryStringConfig/Values") \
	F(T, STRS, sources, 0, "SourceIpConfig.Values", "SourceIpConfig/Values")
SHAPE_STRUCT(elb_condition, ELB_CONDITION)

#define ELB_REWRITE(F, T)            \
	F(T, STR, regex, 0, "Regex") \
	F(T, STR, replace, 0, "Replace")
SHAPE_STRUCT(elb_rewrite, ELB_REWRITE)

/* type: host-header-rewrite, url-rewrite */
#define ELB_TRANSFORM(F, T)                                                \
	F(T, STR, type, 0, "Type")                                         \
	F(T, LIST, hosts, elb_rewrite, "HostHeaderRewriteConfig.Rewrites", \
	  "HostHeaderRewriteConfig/Rewrites")                              \
	F(T, LIST, urls, elb_rewrite, "UrlRewriteConfig.Rewrites", "UrlRewriteConfig/Rewrites")
SHAPE_STRUCT(elb_transform, ELB_TRANSFORM)

#define ELB_RULE_SETTINGS(F, T)                             \
	F(T, LIST, conditions, elb_condition, "Conditions") \
	F(T, LIST, actions, elb_action, "Actions")          \
	F(T, LIST, transforms, elb_transform, "Transforms")

/* priority: a number, or "default" */
#define ELB_RULE(F, T)                         \
	F(T, STR, arn, 0, "RuleArn")           \
	F(T, STR, priority, 0, "Priority")     \
	F(T, BOOL, is_default, 0, "IsDefault") \
	ELB_RULE_SETTINGS(F, T)
SHAPE_STRUCT(elb_rule, ELB_RULE)

/* One or the other. */
#define ELB_DESCRIBE_RULES(F, T)              \
	F(T, STR, listener, 0, "ListenerArn") \
	F(T, STRS, arns, 0, "RuleArns")
SHAPE_STRUCT(elb_describe_rules, ELB_DESCRIBE_RULES)

#define ELB_CREATE_RULE(F, T)                 \
	F(T, STR, listener, 0, "ListenerArn") \
	F(T, INT, priority, 0, "Priority")    \
	ELB_RULE_SETTINGS(F, T)               \
	F(T, LIST, tags, tag, "Tags")
SHAPE_STRUCT(elb_create_rule, ELB_CREATE_RULE)

/* What is empty stays as it is; transforms go by reset_transforms. */
#define ELB_MODIFY_RULE(F, T)        \
	F(T, STR, arn, 0, "RuleArn") \
	ELB_RULE_SETTINGS(F, T)      \
	F(T, BOOL, reset_transforms, 0, "ResetTransforms")
SHAPE_STRUCT(elb_modify_rule, ELB_MODIFY_RULE)

#define ELB_RULE_REF(F, T) F(T, STR, arn, 0, "RuleArn")
SHAPE_STRUCT(elb_rule_ref, ELB_RULE_REF)

#define ELB_RULE_RANK(F, T)          \
	F(T, STR, arn, 0, "RuleArn") \
	F(T, INT, priority, 0, "Priority")
SHAPE_STRUCT(elb_rule_rank, ELB_RULE_RANK)
#define ELB_SET_RULE_PRIORITIES(F, T) F(T, LIST, rules, elb_rule_rank, "RulePriorities")
SHAPE_STRUCT(elb_set_rule_priorities, ELB_SET_RULE_PRIORITIES)

/* ---- target groups */

/* health_port: a number or "traffic-port". */
#define ELB_HEALTH_CHECK(F, T)                                           \
	F(T, FLAG, health_enabled, 0, "HealthCheckEnabled")              \
	F(T, STR, health_protocol, 0, "HealthCheckProtocol")             \
	F(T, STR, health_port, 0, "HealthCheckPort")                     \
	F(T, STR, health_path, 0, "HealthCheckPath")                     \
	F(T, NUM, health_interval_s, 0, "HealthCheckIntervalSeconds")    \
	F(T, NUM, health_timeout_s, 0, "HealthCheckTimeoutSeconds")      \
	F(T, NUM, healthy_count, 0, "HealthyThresholdCount")             \
	F(T, NUM, unhealthy_count, 0, "UnhealthyThresholdCount")         \
	F(T, STR, http_codes, 0, "Matcher.HttpCode", "Matcher/HttpCode") \
	F(T, STR, grpc_codes, 0, "Matcher.GrpcCode", "Matcher/GrpcCode")

#define ELB_TARGET_GROUP_SETTINGS(F, T)                   \
	F(T, STR, target_type, 0, "TargetType")           \
	F(T, INT, port, 0, "Port")                        \
	F(T, STR, protocol, 0, "Protocol")                \
	F(T, STR, protocol_version, 0, "ProtocolVersion") \
	F(T, STR, vpc, 0, "VpcId")                        \
	F(T, STR, ip_address_type, 0, "IpAddressType")    \
	F(T, INT, control_port, 0, "TargetControlPort")   \
	ELB_HEALTH_CHECK(F, T)

#define ELB_TARGET_GROUP(F, T)                \
	F(T, STR, arn, 0, "TargetGroupArn")   \
	F(T, STR, name, 0, "TargetGroupName") \
	ELB_TARGET_GROUP_SETTINGS(F, T)       \
	F(T, STRS, load_balancers, 0, "LoadBalancerArns")
SHAPE_STRUCT(elb_target_group, ELB_TARGET_GROUP)

/* All empty: all of the region. */
#define ELB_DESCRIBE_TARGET_GROUPS(F, T)               \
	F(T, STR, load_balancer, 0, "LoadBalancerArn") \
	F(T, STRS, arns, 0, "TargetGroupArns")         \
	F(T, STRS, names, 0, "Names")
SHAPE_STRUCT(elb_describe_target_groups, ELB_DESCRIBE_TARGET_GROUPS)

#define ELB_CREATE_TARGET_GROUP(F, T)   \
	F(T, STR, name, 0, "Name")      \
	ELB_TARGET_GROUP_SETTINGS(F, T) \
	F(T, LIST, tags, tag, "Tags")
SHAPE_STRUCT(elb_create_target_group, ELB_CREATE_TARGET_GROUP)

/* What is not set stays as it is. */
#define ELB_MODIFY_TARGET_GROUP(F, T)       \
	F(T, STR, arn, 0, "TargetGroupArn") \
	ELB_HEALTH_CHECK(F, T)
SHAPE_STRUCT(elb_modify_target_group, ELB_MODIFY_TARGET_GROUP)

#define ELB_TARGET_GROUP_REF(F, T) F(T, STR, arn, 0, "TargetGroupArn")
SHAPE_STRUCT(elb_target_group_ref, ELB_TARGET_GROUP_REF)

#define ELB_MODIFY_TARGET_GROUP_ATTRIBUTES(F, T) \
	F(T, STR, arn, 0, "TargetGroupArn")      \
	F(T, LIST, attributes, tag, "Attributes")
SHAPE_STRUCT(elb_modify_target_group_attributes, ELB_MODIFY_TARGET_GROUP_ATTRIBUTES)

/* ---- targets */

/* id: an address, an instance, or a load balancer's ARN. */
#define ELB_TARGET(F, T)                       \
	F(T, STR, id, 0, "Id")                 \
	F(T, INT, port, 0, "Port")             \
	F(T, OPT, zone, 0, "AvailabilityZone") \
	F(T, OPT, quic_id, 0, "QuicServerId")
SHAPE_STRUCT(elb_target, ELB_TARGET)

/* At most 200 in RegisterTargets and DeregisterTargets. */
#define ELB_TARGETS(F, T)                   \
	F(T, STR, arn, 0, "TargetGroupArn") \
	F(T, LIST, targets, elb_target, "Targets")
SHAPE_STRUCT(elb_group_targets, ELB_TARGETS)

/* state: initial, healthy, unhealthy, unhealthy.draining, unused, draining, unavailable. */
#define ELB_TARGET_HEALTH(F, T)                                                  \
	F(T, STR, id, 0, "Target.Id", "Target/Id")                               \
	F(T, INT, port, 0, "Target.Port", "Target/Port")                         \
	F(T, OPT, zone, 0, "Target.AvailabilityZone", "Target/AvailabilityZone") \
	F(T, OPT, quic_id, 0, "Target.QuicServerId", "Target/QuicServerId")      \
	F(T, STR, health_port, 0, "HealthCheckPort")                             \
	F(T, STR, state, 0, "TargetHealth.State", "TargetHealth/State")          \
	F(T, STR, reason, 0, "TargetHealth.Reason", "TargetHealth/Reason")       \
	F(T, STR, description, 0, "TargetHealth.Description", "TargetHealth/Description")
SHAPE_STRUCT(elb_target_health, ELB_TARGET_HEALTH)

/* ---- tags */

#define ELB_DESCRIBE_TAGS(F, T) F(T, STRS, arns, 0, "ResourceArns")
SHAPE_STRUCT(elb_describe_tags, ELB_DESCRIBE_TAGS)
#define ELB_RESOURCE(F, T)               \
	F(T, STR, arn, 0, "ResourceArn") \
	F(T, LIST, tags, tag, "Tags")
SHAPE_STRUCT(elb_resource, ELB_RESOURCE)
#define ELB_ADD_TAGS(F, T)                  \
	F(T, STRS, arns, 0, "ResourceArns") \
	F(T, LIST, tags, tag, "Tags")
SHAPE_STRUCT(elb_add_tags, ELB_ADD_TAGS)
#define ELB_REMOVE_TAGS(F, T)               \
	F(T, STRS, arns, 0, "ResourceArns") \
	F(T, STRS, keys, 0, "TagKeys")
SHAPE_STRUCT(elb_remove_tags, ELB_REMOVE_TAGS)

/* ---- limits */

#define ELB_DESCRIBE_LIMITS(F, T) F(T, INT, page, 0, "PageSize")
SHAPE_STRUCT(elb_describe_limits, ELB_DESCRIBE_LIMITS)
/* max: a number as text */
#define ELB_LIMIT(F, T)            \
	F(T, STR, name, 0, "Name") \
	F(T, STR, max, 0, "Max")
SHAPE_STRUCT(elb_limit, ELB_LIMIT)

/* ---- the actions by their rows, for whoever plans them before they are made */

enum elb_action_row {
#define ALL(fn, ...) ELB_##fn,
#define GET ALL
#define CUT ALL
#define ONE ALL
#define RULE ALL
#define TOP ALL
#define PUT ALL
#include "elbv2.def"
	ELB_ACTIONS
};
extern const struct aws_action elb_actions[ELB_ACTIONS];

/* ---- the functions */

#define ELB_LIST(fn, action, in_t, out_t, list)                                       \
	MUST int elb_##fn(struct aws *w, const struct in_t *in, struct out_t##s *out, \
			  struct arena *a, int64_t deadline, struct err *e);
#define ALL ELB_LIST
#define GET ELB_LIST
#define CUT ELB_LIST
#define ONE(fn, action, in_t, out_t, list)                                         \
	MUST int elb_##fn(struct aws *w, const struct in_t *in, struct out_t *out, \
			  struct arena *a, int64_t deadline, struct err *e);
#define RULE ONE
#define TOP(fn, action, in_t, out_t) ONE(fn, action, in_t, out_t, )
#define PUT(fn, action, in_t)                                                                      \
	MUST int elb_##fn(struct aws *w, const struct in_t *in, struct arena *a, int64_t deadline, \
			  struct err *e);
#include "elbv2.def"
#undef ELB_LIST

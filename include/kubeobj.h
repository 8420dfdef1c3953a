/* SPDX-License-Identifier: Apache-2.0 */
/* kubeobj.h - Kubernetes' objects, as far as the controller reads them: a table each (shape.h).
 * Field names follow the API's; a structure with nothing beside it is passed over ("spec/type" is a
 * member here). Strings are "" when absent, OPTs NULL. Times are text (RFC 3339). */
#pragma once
#include "shape.h"

/* deleted: deletionTimestamp. */
#define KUBE_META(F, T)                                         \
	F(T, STR, ns, 0, "", "metadata/namespace")              \
	F(T, STR, name, 0, "", "metadata/name")                 \
	F(T, STR, uid, 0, "", "metadata/uid")                   \
	F(T, STR, version, 0, "", "metadata/resourceVersion")   \
	F(T, INT, generation, 0, "", "metadata/generation")     \
	F(T, STR, created, 0, "", "metadata/creationTimestamp") \
	F(T, OPT, deleted, 0, "", "metadata/deletionTimestamp") \
	F(T, MAP, labels, 0, "", "metadata/labels")             \
	F(T, MAP, annotations, 0, "", "metadata/annotations")   \
	F(T, STRS, finalizers, 0, "", "metadata/finalizers")

/* What every object begins with: any of the structs below may be read as one. */
SHAPE_STRUCT(kube_meta, KUBE_META)

/* ---- core/v1 */

#define KUBE_SERVICE_PORT(F, T)                  \
	F(T, STR, name, 0, "name")               \
	F(T, STR, protocol, 0, "protocol")       \
	F(T, INT, port, 0, "port")               \
	F(T, PORT, target_port, 0, "targetPort") \
	F(T, INT, node_port, 0, "nodePort")
SHAPE_STRUCT(kube_service_port, KUBE_SERVICE_PORT)

#define KUBE_LB_PORT(F, T)         \
	F(T, INT, port, 0, "port") \
	F(T, STR, protocol, 0, "protocol")
SHAPE_STRUCT(kube_lb_port, KUBE_LB_PORT)
#define KUBE_LB_INGRESS(F, T)              \
	F(T, STR, ip, 0, "ip")             \
	F(T, STR, hostname, 0, "hostname") \
	F(T, LIST, ports, kube_lb_port, "ports")
SHAPE_STRUCT(kube_lb_ingress, KUBE_LB_INGRESS)

/* allocate_node_ports: unset is yes. class NULL: none. */
#define KUBE_SERVICE(F, T)                                                           \
	KUBE_META(F, T)                                                              \
	F(T, STR, type, 0, "", "spec/type")                                          \
	F(T, OPT, class, 0, "", "spec/loadBalancerClass")                            \
	F(T, STR, cluster_ip, 0, "", "spec/clusterIP")                               \
	F(T, MAP, selector, 0, "", "spec/selector")                                  \
	F(T, LIST, ports, kube_service_port, "", "spec/ports")                       \
	F(T, STRS, source_ranges, 0, "", "spec/loadBalancerSourceRanges")            \
	F(T, STRS, ip_families, 0, "", "spec/ipFamilies")                            \
	F(T, FLAG, allocate_node_ports, 0, "", "spec/allocateLoadBalancerNodePorts") \
	F(T, STR, external_policy, 0, "", "spec/externalTrafficPolicy")              \
	F(T, INT, health_node_port, 0, "", "spec/healthCheckNodePort")               \
	F(T, LIST, status, kube_lb_ingress, "", "status/loadBalancer/ingress")
SHAPE_STRUCT(kube_service, KUBE_SERVICE)

#define KUBE_CONDITION(F, T)             \
	F(T, STR, type, 0, "type")       \
	F(T, STR, status, 0, "status")   \
	F(T, STR, reason, 0, "reason")   \
	F(T, STR, message, 0, "message") \
	F(T, STR, since, 0, "lastTransitionTime")
SHAPE_STRUCT(kube_condition, KUBE_CONDITION)

#define KUBE_TAINT(F, T)             \
	F(T, STR, key, 0, "key")     \
	F(T, STR, value, 0, "value") \
	F(T, STR, effect, 0, "effect")
SHAPE_STRUCT(kube_taint, KUBE_TAINT)
#define KUBE_ADDRESS(F, T)         \
	F(T, STR, type, 0, "type") \
	F(T, STR, address, 0, "address")
SHAPE_STRUCT(kube_address, KUBE_ADDRESS)
#define KUBE_NODE(F, T)                                                 \
	KUBE_META(F, T)                                                 \
	F(T, STR, provider_id, 0, "", "spec/providerID")                \
	F(T, LIST, taints, kube_taint, "", "spec/taints")               \
	F(T, LIST, conditions, kube_condition, "", "status/conditions") \
	F(T, LIST, addresses, kube_address, "", "status/addresses")
SHAPE_STRUCT(kube_node, KUBE_NODE)

#define KUBE_GATE(F, T) F(T, STR, type, 0, "conditionType")
SHAPE_STRUCT(kube_gate, KUBE_GATE)
#define KUBE_CONTAINER_PORT(F, T)           \
	F(T, STR, name, 0, "name")          \
	F(T, INT, port, 0, "containerPort") \
	F(T, STR, protocol, 0, "protocol")
SHAPE_STRUCT(kube_container_port, KUBE_CONTAINER_PORT)
/* restart: of init containers; "Always" makes one a sidecar. */
#define KUBE_CONTAINER(F, T)                   \
	F(T, STR, name, 0, "name")             \
	F(T, STR, restart, 0, "restartPolicy") \
	F(T, LIST, ports, kube_container_port, "ports")
SHAPE_STRUCT(kube_container, KUBE_CONTAINER)
#define KUBE_POD(F, T)                                                         \
	KUBE_META(F, T)                                                        \
	F(T, STR, node, 0, "", "spec/nodeName")                                \
	F(T, STR, ip, 0, "", "status/podIP")                                   \
	F(T, LIST, gates, kube_gate, "", "spec/readinessGates")                \
	F(T, LIST, containers, kube_container, "", "spec/containers")          \
	F(T, LIST, init_containers, kube_container, "", "spec/initContainers") \
	F(T, LIST, conditions, kube_condition, "", "status/conditions")
SHAPE_STRUCT(kube_pod, KUBE_POD)

#define KUBE_NAMESPACE(F, T) KUBE_META(F, T)
SHAPE_STRUCT(kube_namespace, KUBE_NAMESPACE)

/* ---- discovery.k8s.io/v1. ready unset counts as yes. */

#define KUBE_REF(F, T)                \
	F(T, STR, kind, 0, "kind")    \
	F(T, STR, ns, 0, "namespace") \
	F(T, STR, name, 0, "name")    \
	F(T, STR, uid, 0, "uid")
SHAPE_STRUCT(kube_ref, KUBE_REF)
#define KUBE_ENDPOINT(F, T)                                      \
	F(T, STRS, addresses, 0, "addresses")                    \
	F(T, FLAG, ready, 0, "", "conditions/ready")             \
	F(T, FLAG, serving, 0, "", "conditions/serving")         \
	F(T, FLAG, terminating, 0, "", "conditions/terminating") \
	F(T, ONE, target, kube_ref, "targetRef")                 \
	F(T, STR, node, 0, "nodeName")
SHAPE_STRUCT(kube_endpoint, KUBE_ENDPOINT)
#define KUBE_SLICE_PORT(F, T)      \
	F(T, STR, name, 0, "name") \
	F(T, INT, port, 0, "port") \
	F(T, STR, protocol, 0, "protocol")
SHAPE_STRUCT(kube_slice_port, KUBE_SLICE_PORT)
/* An EndpointSlice; its Service is the label kubernetes.io/service-name. */
#define KUBE_SLICE(F, T)                                \
	KUBE_META(F, T)                                 \
	F(T, STR, address_type, 0, "", "addressType")   \
	F(T, LIST, ports, kube_slice_port, "", "ports") \
	F(T, LIST, endpoints, kube_endpoint, "", "endpoints")
SHAPE_STRUCT(kube_slice, KUBE_SLICE)

/* ---- networking.k8s.io/v1 */

/* Of port_name and port_number one is set. */
#define KUBE_BACKEND_SERVICE(F, T)               \
	F(T, STR, name, 0, "name")               \
	F(T, STR, port_name, 0, "", "port/name") \
	F(T, INT, port_number, 0, "", "port/number")
SHAPE_STRUCT(kube_backend_service, KUBE_BACKEND_SERVICE)
#define KUBE_BACKEND(F, T)                                  \
	F(T, ONE, service, kube_backend_service, "service") \
	F(T, ONE, resource, kube_ref, "resource")
SHAPE_STRUCT(kube_backend, KUBE_BACKEND)
/* type NULL is ImplementationSpecific. */
#define KUBE_PATH(F, T)                \
	F(T, STR, path, 0, "path")     \
	F(T, OPT, type, 0, "pathType") \
	F(T, ONE, backend, kube_backend, "backend")
SHAPE_STRUCT(kube_path, KUBE_PATH)
#define KUBE_RULE(F, T)            \
	F(T, STR, host, 0, "host") \
	F(T, LIST, paths, kube_path, "", "http/paths")
SHAPE_STRUCT(kube_rule, KUBE_RULE)
#define KUBE_TLS(F, T)                \
	F(T, STRS, hosts, 0, "hosts") \
	F(T, STR, secret, 0, "secretName")
SHAPE_STRUCT(kube_tls, KUBE_TLS)
#define KUBE_INGRESS(F, T)                                                  \
	KUBE_META(F, T)                                                     \
	F(T, OPT, class, 0, "", "spec/ingressClassName")                    \
	F(T, ONE, default_backend, kube_backend, "", "spec/defaultBackend") \
	F(T, LIST, tls, kube_tls, "", "spec/tls")                           \
	F(T, LIST, rules, kube_rule, "", "spec/rules")                      \
	F(T, LIST, status, kube_lb_ingress, "", "status/loadBalancer/ingress")
SHAPE_STRUCT(kube_ingress, KUBE_INGRESS)

#define KUBE_CLASS_REF(F, T)                \
	F(T, OPT, api_group, 0, "apiGroup") \
	F(T, STR, kind, 0, "kind")          \
	F(T, STR, name, 0, "name")
SHAPE_STRUCT(kube_class_ref, KUBE_CLASS_REF)
#define KUBE_INGRESS_CLASS(F, T)                        \
	KUBE_META(F, T)                                 \
	F(T, STR, controller, 0, "", "spec/controller") \
	F(T, ONE, parameters, kube_class_ref, "", "spec/parameters")
SHAPE_STRUCT(kube_ingress_class, KUBE_INGRESS_CLASS)

/* ---- elbv2.k8s.aws/v1beta1 */

#define KUBE_SELECTOR_RULE(F, T)     \
	F(T, STR, key, 0, "key")     \
	F(T, STR, op, 0, "operator") \
	F(T, STRS, values, 0, "values")
SHAPE_STRUCT(kube_selector_rule, KUBE_SELECTOR_RULE)
/* A LabelSelector: everything when empty. */
#define KUBE_SELECTOR(F, T)                 \
	F(T, MAP, labels, 0, "matchLabels") \
	F(T, LIST, rules, kube_selector_rule, "matchExpressions")
SHAPE_STRUCT(kube_selector, KUBE_SELECTOR)
/* EBADMSG: an operator or a list of values that is none. */
MUST int kube_selects(const struct kube_selector *s, const struct tags *labels, bool *yes,
		      struct err *e);

#define KUBE_PAIR(F, T)          \
	F(T, STR, key, 0, "key") \
	F(T, STR, value, 0, "value")
SHAPE_STRUCT(kube_pair, KUBE_PAIR)
#define KUBE_CLASS_LISTENER(F, T)          \
	F(T, STR, protocol, 0, "protocol") \
	F(T, INT, port, 0, "port")         \
	F(T, LIST, attributes, kube_pair, "listenerAttributes")
SHAPE_STRUCT(kube_class_listener, KUBE_CLASS_LISTENER)
/* subnet_tags: an object of lists of strings, as JSON. */
#define KUBE_CLASS_PARAMS(F, T)                                                            \
	KUBE_META(F, T)                                                                    \
	F(T, STR, group, 0, "", "spec/group/name")                                         \
	F(T, ONE, namespaces, kube_selector, "", "spec/namespaceSelector")                 \
	F(T, STR, load_balancer_name, 0, "", "spec/loadBalancerName")                      \
	F(T, STR, scheme, 0, "", "spec/scheme")                                            \
	F(T, STR, ip_address_type, 0, "", "spec/ipAddressType")                            \
	F(T, STRS, subnet_ids, 0, "", "spec/subnets/ids")                                  \
	F(T, RAW, subnet_tags, 0, "", "spec/subnets/tags")                                 \
	F(T, STRS, certificates, 0, "", "spec/certificateArn")                             \
	F(T, STR, ssl_policy, 0, "", "spec/sslPolicy")                                     \
	F(T, STR, ssl_redirect_port, 0, "", "spec/sslRedirectPort")                        \
	F(T, STRS, inbound_cidrs, 0, "", "spec/inboundCIDRs")                              \
	F(T, STRS, prefix_lists, 0, "", "spec/prefixListsIDs")                             \
	F(T, STRS, old_prefix_lists, 0, "", "spec/PrefixListsIDs")                         \
	F(T, STR, target_type, 0, "", "spec/targetType")                                   \
	F(T, LIST, tags, kube_pair, "", "spec/tags")                                       \
	F(T, LIST, attributes, kube_pair, "", "spec/loadBalancerAttributes")               \
	F(T, LIST, listeners, kube_class_listener, "", "spec/listeners")                   \
	F(T, NUM, capacity_units, 0, "", "spec/minimumLoadBalancerCapacity/capacityUnits") \
	F(T, STR, ipam_pool, 0, "", "spec/ipamConfiguration/ipv4IPAMPoolId")               \
	F(T, STR, wafv2_arn, 0, "", "spec/wafv2AclArn")                                    \
	F(T, STR, wafv2_name, 0, "", "spec/wafv2AclName")
SHAPE_STRUCT(kube_class_params, KUBE_CLASS_PARAMS)

/* From one of cidr and group. */
#define KUBE_PEER(F, T)                        \
	F(T, STR, cidr, 0, "", "ipBlock/cidr") \
	F(T, STR, group, 0, "", "securityGroup/groupID")
SHAPE_STRUCT(kube_peer, KUBE_PEER)
/* protocol "": TCP. port absent: all. */
#define KUBE_NET_PORT(F, T)                \
	F(T, STR, protocol, 0, "protocol") \
	F(T, PORT, port, 0, "port")
SHAPE_STRUCT(kube_net_port, KUBE_NET_PORT)
#define KUBE_NET_RULE(F, T)                 \
	F(T, LIST, from, kube_peer, "from") \
	F(T, LIST, ports, kube_net_port, "ports")
SHAPE_STRUCT(kube_net_rule, KUBE_NET_RULE)
#define KUBE_NETWORKING(F, T) F(T, LIST, ingress, kube_net_rule, "ingress")
SHAPE_STRUCT(kube_networking, KUBE_NETWORKING)
/* A TargetGroupBinding. networking NULL: no rules are ours to manage. */
#define KUBE_BINDING(F, T)                                               \
	KUBE_META(F, T)                                                  \
	F(T, STR, arn, 0, "", "spec/targetGroupARN")                     \
	F(T, STR, target_group, 0, "", "spec/targetGroupName")           \
	F(T, BOOL, multi_cluster, 0, "", "spec/multiClusterTargetGroup") \
	F(T, OPT, target_type, 0, "", "spec/targetType")                 \
	F(T, OPT, protocol, 0, "", "spec/targetGroupProtocol")           \
	F(T, STR, service, 0, "", "spec/serviceRef/name")                \
	F(T, PORT, port, 0, "", "spec/serviceRef/port")                  \
	F(T, ONE, networking, kube_networking, "", "spec/networking")    \
	F(T, ONE, nodes, kube_selector, "", "spec/nodeSelector")         \
	F(T, OPT, ip_address_type, 0, "", "spec/ipAddressType")          \
	F(T, STR, vpc, 0, "", "spec/vpcID")                              \
	F(T, STR, role, 0, "", "spec/iamRoleArnToAssume")                \
	F(T, STR, external_id, 0, "", "spec/assumeRoleExternalId")       \
	F(T, INT, observed, 0, "", "status/observedGeneration")          \
	F(T, LIST, conditions, kube_condition, "", "status/conditions")
SHAPE_STRUCT(kube_binding, KUBE_BINDING)

/* ---- gateway.networking.k8s.io/v1 and aga.k8s.aws/v1beta1, as far as it takes to know whose they
 * are
 */

#define KUBE_GATEWAY_CLASS(F, T) \
	KUBE_META(F, T)          \
	F(T, STR, controller, 0, "", "spec/controllerName")
SHAPE_STRUCT(kube_gateway_class, KUBE_GATEWAY_CLASS)
#define KUBE_GATEWAY(F, T) \
	KUBE_META(F, T)    \
	F(T, STR, class, 0, "", "spec/gatewayClassName")
SHAPE_STRUCT(kube_gateway, KUBE_GATEWAY)
#define KUBE_ACCELERATOR(F, T) KUBE_META(F, T)
SHAPE_STRUCT(kube_accelerator, KUBE_ACCELERATOR)

/* ---- the kinds */

struct kube_kind_row {
	const char *kind, *group_version, *plural; /* "Service", "v1", "services" */
	bool namespaced, optional;
	const struct shape *shape;
};
enum kube_kind {
#define KIND(id, kind, group_version, plural, namespaced, optional, shape) KUBE_##id,
#include "kubekinds.def"
#undef KIND
	KUBE_KINDS
};
extern const struct kube_kind_row kube_kinds[KUBE_KINDS];

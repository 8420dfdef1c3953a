/* SPDX-License-Identifier: Apache-2.0 */
/* rpc.h - every message and method between plugin, agent and network-policy agent: one list. */
#pragma once
#include "grpc.h"
#include "pb.h"

#define ADD_REQUEST(F, T)                \
	F(T, 1, STR, pod_name, 0)        \
	F(T, 2, STR, pod_namespace, 0)   \
	F(T, 3, STR, infra_container, 0) \
	F(T, 4, STR, netns, 0)           \
	F(T, 5, STR, ifname, 0)          \
	F(T, 6, STR, network_name, 0)    \
	F(T, 7, STR, container_id, 0)    \
	F(T, 8, STR, client_version, 0)  \
	F(T, 9, BOOL, multi_nic, 0)
#define IP_ALLOC(F, T)            \
	F(T, 1, STR, ipv4, 0)     \
	F(T, 2, STR, ipv6, 0)     \
	F(T, 3, INT32, device, 0) \
	F(T, 4, INT32, table, 0)
/* reason is ours: why there is no address. Amazon's halves pass over fields they do not know. */
#define ADD_REPLY(F, T)                  \
	F(T, 1, BOOL, success, 0)        \
	F(T, 2, MSGS, ips, &ip_alloc_pb) \
	F(T, 5, BOOL, external_snat, 0)  \
	F(T, 6, STRS, vpc_v4_cidrs, 0)   \
	F(T, 7, INT32, vlan_id, 0)       \
	F(T, 8, STR, eni_mac, 0)         \
	F(T, 9, STR, eni_gateway, 0)     \
	F(T, 10, INT32, parent_index, 0) \
	F(T, 12, STRS, vpc_v6_cidrs, 0)  \
	F(T, 13, STR, policy_mode, 0)    \
	F(T, 1000, STR, reason, 0)
#define DEL_REQUEST(F, T)                \
	F(T, 1, STR, pod_name, 0)        \
	F(T, 2, STR, pod_namespace, 0)   \
	F(T, 3, STR, infra_container, 0) \
	F(T, 5, STR, reason, 0)          \
	F(T, 6, STR, ifname, 0)          \
	F(T, 7, STR, network_name, 0)    \
	F(T, 8, STR, container_id, 0)    \
	F(T, 9, STR, client_version, 0)  \
	F(T, 10, STR, pod_uid, 0)
#define DEL_REPLY(F, T)                  \
	F(T, 1, BOOL, success, 0)        \
	F(T, 2, MSGS, ips, &ip_alloc_pb) \
	F(T, 4, INT32, vlan_id, 0)       \
	F(T, 6, STR, policy_mode, 0)
#define NP_REQUEST(F, T) /* also DeleteNpRequest, which has the first two */ \
	F(T, 1, STR, pod_name, 0)                                            \
	F(T, 2, STR, pod_namespace, 0)                                       \
	F(T, 3, STR, policy_mode, 0)                                         \
	F(T, 4, INT32, interfaces, 0)
#define NP_REPLY(F, T) F(T, 1, BOOL, success, 0)
#define NP_CONFIG(F, T)              \
	F(T, 1, STR, policy_mode, 0) \
	F(T, 2, BOOL, multi_nic, 0)  \
	F(T, 3, STR, node_ipv4, 0)   \
	F(T, 4, STR, node_ipv6, 0)   \
	F(T, 5, STR, instance_id, 0) \
	F(T, 6, STR, region, 0)
#define HEALTH_REQUEST(F, T) F(T, 1, STR, service, 0)
#define HEALTH_REPLY(F, T) F(T, 1, INT32, status, 0)
#define EMPTY(F, T) F(T, 536870911, BOOL, nothing, 0) /* C wants a member */

/* clang-format off */
#define RPC_MESSAGES(M)                  \
	M(add_request, ADD_REQUEST)      \
	M(ip_alloc, IP_ALLOC)            \
	M(add_reply, ADD_REPLY)          \
	M(del_request, DEL_REQUEST)      \
	M(del_reply, DEL_REPLY)          \
	M(np_request, NP_REQUEST)        \
	M(np_reply, NP_REPLY)            \
	M(np_config, NP_CONFIG)          \
	M(health_request, HEALTH_REQUEST) \
	M(health_reply, HEALTH_REPLY)    \
	M(empty, EMPTY)
/* clang-format on */

#define RPC_METHODS(M)                                                                         \
	M(rpc_add, "/rpc.CNIBackend/AddNetwork", add_request, add_reply)                       \
	M(rpc_del, "/rpc.CNIBackend/DelNetwork", del_request, del_reply)                       \
	M(rpc_np_add, "/rpc.NPBackend/EnforceNpToPod", np_request, np_reply)                   \
	M(rpc_np_del, "/rpc.NPBackend/DeletePodNp", np_request, np_reply)                      \
	M(rpc_np_config, "/rpc.ConfigServerBackend/GetNetworkPolicyConfigs", empty, np_config) \
	M(rpc_health, "/grpc.health.v1.Health/Check", health_request, health_reply)

#define RPC_STRUCT(T, FIELDS)        \
	struct T {                   \
		FIELDS(PB_MEMBER, T) \
	};                           \
	extern const struct pb_msg T##_pb;
RPC_MESSAGES(RPC_STRUCT)
#define RPC_EXTERN(name, path, in, out) extern const struct grpc_method name;
RPC_METHODS(RPC_EXTERN)

enum { HEALTH_UNKNOWN, HEALTH_SERVING, HEALTH_NOT_SERVING };

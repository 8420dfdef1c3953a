/* SPDX-License-Identifier: Apache-2.0 */
/* ec2host.h - EC2: instances and their types. */
#pragma once
#include "ec2.h"

/* enis know neither their tags nor whose they are. */
#define EC2_INSTANCE(F, T)                                        \
	F(T, STR, id, 0, "", "instanceId")                        \
	F(T, STR, type, 0, "", "instanceType")                    \
	F(T, STR, state, 0, "", "instanceState/name")             \
	F(T, STR, zone, 0, "", "placement/availabilityZone")      \
	F(T, STR, vpc, 0, "", "vpcId")                            \
	F(T, STR, subnet, 0, "", "subnetId")                      \
	F(T, STR, private_dns, 0, "", "privateDnsName")           \
	F(T, IP, ip, 0, "", "privateIpAddress")                   \
	F(T, LIST, enis, ec2_eni, "", "networkInterfaceSet/item") \
	F(T, LIST, tags, tag, "", "tagSet/item")
SHAPE_STRUCT(ec2_instance, EC2_INSTANCE)
MUST int ec2_describe_instances(struct aws *w, const struct ec2_query *q, struct ec2_instances *out,
				struct arena *a, int64_t deadline, struct err *e);
/* Device indexes in use on a card of an instance: used[i] for i < 100. */
MUST int ec2_used_devices(struct aws *w, const char *instance, int card, bool used[100],
			  struct arena *a, int64_t deadline, struct err *e);

#define EC2_CARD(F, T)                              \
	F(T, INT, index, 0, "", "networkCardIndex") \
	F(T, INT, enis, 0, "", "maximumNetworkInterfaces")
SHAPE_STRUCT(ec2_card, EC2_CARD)
/* hypervisor is "nitro", "xen" or "". enis are all cards' together, ipv4 an ENI's; archs as
 * "x86_64", "arm64". */
#define EC2_INSTANCE_TYPE(F, T)                                               \
	F(T, STR, type, 0, "", "instanceType")                                \
	F(T, STR, hypervisor, 0, "", "hypervisor")                            \
	F(T, BOOL, bare_metal, 0, "", "bareMetal")                            \
	F(T, INT, enis, 0, "", "networkInfo/maximumNetworkInterfaces")        \
	F(T, INT, ipv4, 0, "", "networkInfo/ipv4AddressesPerInterface")       \
	F(T, INT, cards, 0, "", "networkInfo/maximumNetworkCards")            \
	F(T, INT, default_card, 0, "", "networkInfo/defaultNetworkCardIndex") \
	F(T, LIST, each_card, ec2_card, "", "networkInfo/networkCards/item")  \
	F(T, INT, vcpus, 0, "", "vCpuInfo/defaultVCpus")                      \
	F(T, INT, memory_mib, 0, "", "memoryInfo/sizeInMiB")                  \
	F(T, STRS, archs, 0, "", "processorInfo/supportedArchitectures/item") \
	F(T, INT, default_card_enis, 0, "", "") /* of each_card; enis if it does not say */
SHAPE_STRUCT(ec2_instance_type, EC2_INSTANCE_TYPE)
/* ENOENT: EC2 knows no such type. EBADMSG: it tells nothing of its ENIs and addresses. */
MUST int ec2_describe_instance_type(struct aws *w, const char *type, struct ec2_instance_type *out,
				    struct arena *a, int64_t deadline, struct err *e);
/* By ids, which are types, or filters. */
MUST int ec2_describe_instance_types(struct aws *w, const struct ec2_query *q,
				     struct ec2_instance_types *out, struct arena *a,
				     int64_t deadline, struct err *e);

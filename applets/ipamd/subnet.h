/* SPDX-License-Identifier: Apache-2.0 */
/* subnet.h - in which subnets a new ENI may be created (spec-ipamd 13). Pure. */
#pragma once
#include "ec2vpc.h"

/* By the tags kubernetes.io/role/cni and cni.networking.k8s.aws/cluster/NAME. node_subnet: the
 * primary ENI's; cluster: "" when unnamed. */
bool subnet_valid(const struct ec2_subnet *s, const char *node_subnet, const char *cluster);
/* Valid ones first, those with the most free addresses first; returns how many are valid. */
size_t subnet_order(struct ec2_subnet *v, size_t n, const char *node_subnet, const char *cluster);

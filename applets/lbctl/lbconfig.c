/* SPDX-License-Identifier: Apache-2.0 */
/* lbconfig.c - the defaults of flags and feature gates. */
#include "lbconfig.h"

struct lbconfig lbconfig_default(void)
{
	return (struct lbconfig){
		.cluster = "",
		.vpc = "",
		.region = "",
		.target_type = "instance",
		.scheme = "internal",
		.ssl_policy = "ELBSecurityPolicy-2016-08",
		.lb_class = "service.k8s.aws/nlb",
		.ingress_class = "alb",
		.backend_sg = true,
		.backend_sg_id = "",
		.tolerate_no_service = true,
		.tolerate_no_action = true,
		.gates = {
#define GATE(id, name, on) [GATE_##id] = (on),
#include "gates.def"
#undef GATE
		},
	};
}

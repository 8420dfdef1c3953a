/* SPDX-License-Identifier: Apache-2.0 */
/* services.c - which services there are. */
#include "aws.h"

const struct aws_service_row aws_services[AWS_SERVICES] = {
#define SERVICE(id, prefix, protocol, version, sdk_id) \
	[AWS_##id] = { prefix, protocol, version, sdk_id },
#include "services.def"
#undef SERVICE
};

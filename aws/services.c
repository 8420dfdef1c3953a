/* SPDX-License-Identifier: Apache-2.0 */
/* services.c - which services there are. */
#include <string.h>

#include "aws.h"

const struct aws_service_row aws_services[AWS_SERVICES] = {
#define SERVICE(id, prefix, protocol, version, sdk_id) \
	[AWS_##id] = { prefix, protocol, version, sdk_id },
#include "services.def"
#undef SERVICE
};

int aws_service_find(const char *sdk_id)
{
	static const char *const others[] = { "Global Accelerator", "Route 53", "Shield",
					      "WAF Regional",       "WAFV2",    "ec2imds" };

	for (int i = 0; i < AWS_SERVICES; i++)
		if (strcmp(aws_services[i].sdk_id, sdk_id) == 0)
			return i;
	for (size_t i = 0; i < COUNT(others); i++)
		if (strcmp(others[i], sdk_id) == 0)
			return AWS_SERVICES;
	return -1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* awsendpoint.c - for each line "REGION FIPS DUALSTACK" (true or false) the partition and the
 * endpoints of all services, as "REGION FIPS DUALSTACK SERVICE URL" and "REGION - - partition
 * NAME". */
#include <stdio.h>
#include <stdlib.h>

#include "endpoint.h"

int main(void)
{
	char region[64], fips[8], dual[8];

	while (scanf("%63s %7s %7s", region, fips, dual) == 3) {
		const struct endpoint_conf c = { .region = region };
		auto_arena struct arena a = { 0 };

		setenv("AWS_USE_FIPS_ENDPOINT", fips, 1);
		setenv("AWS_USE_DUALSTACK_ENDPOINT", dual, 1);
		printf("%s - - partition %s\n", region, endpoint_partition(region));
		for (int s = 0; s < AWS_SERVICES; s++) {
			const char *url = NULL;
			struct err e = { 0 };

			if (endpoint_url((enum aws_service)s, &c, &url, &a, &e) < 0)
				url = e.msg;
			printf("%s %s %s %s %s\n", region, fips, dual, aws_services[s].prefix, url);
		}
	}
	return 0;
}

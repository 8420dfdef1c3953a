/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c - any bytes as config and as credentials file. */
#include <stdlib.h>
#include <string.h>

#include "profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_profiles struct profiles *p = NULL;
	auto_ptr char *text = xalloc(n + 1);
	struct err e;

	if (n)
		memcpy(text, data, n);
	if (profiles_parse(&p, text, text, &e) == 0) {
		(void)profiles_has(p, "default");
		(void)profiles_get(p, "x", "region");
		(void)profiles_service(p, "s", "ec2", "endpoint_url");
	}
	return 0;
}

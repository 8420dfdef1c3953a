/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig.c - a kubeconfig is read whole or refused in words. Files that it names do not exist
 * in the folder that it is said to lie in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kubeconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena a = { 0 };
	struct kube_config c;
	struct err e = { 0 };

	if (kubeconfig_read(&c, (const char *)data, size, "/nonexistent/config", NULL, &a, &e) <
	    0) {
		must(e.num && strncmp(e.msg, "/nonexistent/config: ", 21) == 0,
		     "a failure that does not name the file");
		return 0;
	}
	must(c.server && *c.server && c.ns && *c.ns, "no server or no namespace");
	must(!c.cert == !c.key, "half a certificate");
	must(!(c.insecure && c.ca), "a CA that nobody asks");
	return 0;
}

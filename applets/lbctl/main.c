/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - lbctl: so far only says that it is not built yet. */
#include <stdio.h>
#include <string.h>

#include "applet.h"

static const char help[] = "usage: vpcbox lbctl\n\n"
			   "This applet is not built yet.\n"
			   "It will make the load balancers that Services and Ingresses ask for, "
			   "as aws-load-balancer-controller\n"
			   "does: same annotations, same tags, same names in AWS.\n";

int lbctl_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0;
	fputs("vpcbox lbctl: not built yet; 'vpcbox lbctl --help' says what it will do\n", stderr);
	return 111;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - diag: so far only says that it is not built yet. */
#include <stdio.h>
#include <string.h>

#include "applet.h"

static const char help[] =
	"usage: vpcbox diag\n\n"
	"This applet is not built yet.\n"
	"It will compare this node's links, routes, rules and firewall with what they should be,\n"
	"explain each difference in words, and collect what aws-cni-support.sh collects.\n";

int diag_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0;
	fputs("vpcbox diag: not built yet; 'vpcbox diag --help' says what it will do\n", stderr);
	return 111;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - maxpods: so far only says that it is not built yet. */
#include <stdio.h>
#include <string.h>

#include "applet.h"

static const char help[] =
	"usage: vpcbox maxpods\n\n"
	"This applet is not built yet.\n"
	"It will answer how many pods an instance type has addresses for, with the flags of\n"
	"max-pods-calculator.sh.\n";

int maxpods_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0;
	fputs("vpcbox maxpods: not built yet; 'vpcbox maxpods --help' says what it will do\n",
	      stderr);
	return 111;
}

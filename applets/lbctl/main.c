/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - lbctl: the controller, and its commands for people. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "applet.h"
#include "lbctl.h"
#include "log.h"

enum { USAGE = 100 };

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = { { "plan", cmd_plan }, { "apply", cmd_apply } };

static void tell(struct buf *complaints)
{
	char *line = complaints->p;

	while (line && *line) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		log_warn("%s", line);
		line = end;
	}
}

static int controller(int argc, char **argv)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	auto_lbctl struct lbctl l = { 0 };
	auto_buf struct buf complaints = { 0 };
	struct err e = { 0 };
	int operand;

	sigaction(SIGPIPE, &ignore, NULL);
	operand = lboptions_read(&l.o, argc, argv, &complaints, &l.mem, &e);
	if (operand >= 0 && operand < argc)
		operand = fail(&e, EINVAL, "'%s' is no command; 'vpcbox lbctl --help' lists them",
			       argv[operand]);
	if (operand < 0) {
		fprintf(stderr, "lbctl: %s\n", e.msg);
		return USAGE;
	}
	if (log_open("stderr", log_level(l.o.log_level), &e) < 0)
		return 1;
	tell(&complaints);
	if (lbctl_run(&l, &e) == 0)
		return 0;
	log_error("giving up reason=\"%s\"", e.msg);
	return e.num == EINVAL ? USAGE : 1;
}

int lbctl_main(int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		lboptions_help();
		return fflush(stdout) < 0;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return puts("vpcbox lbctl " VERSION) < 0;
	for (size_t i = 0; argc > 1 && i < COUNT(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "controller") == 0)
		return controller(argc - 1, argv + 1);
	return controller(argc, argv);
}

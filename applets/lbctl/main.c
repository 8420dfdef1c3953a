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

static int controller(int argc, char **argv);

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = { { "controller", controller }, { "plan", cmd_plan },   { "apply", cmd_apply },
		 { "explain", cmd_explain },   { "route", cmd_route }, { "status", cmd_status } };

/* One word that is no option: the nearest command, NULL when none is near. */
static const char *nearest(const char *word)
{
	const char *best = NULL;
	size_t closest = 4;

	for (size_t i = 0; i < COUNT(commands); i++) {
		size_t d = str_distance(word, commands[i].name);

		if (d < closest) {
			closest = d;
			best = commands[i].name;
		}
	}
	return best;
}

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

static int no_command(const char *word, struct err *e)
{
	const char *best = nearest(word);

	return fail(e, EINVAL, "'%s' is no command%s%s%s; 'vpcbox lbctl --help' lists them", word,
		    best ? ", did you mean '" : "", best ? best : "", best ? "'?" : "");
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
		operand = no_command(argv[operand], &e);
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
	return controller(argc, argv);
}

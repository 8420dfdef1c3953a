/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - ipamd, the node's address daemon, and the small programs of its container. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "applet.h"
#include "ipamd.h"
#include "log.h"
#include "probe.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int not_built(const char *name)
{
	fprintf(stderr, "%s: this part of the aws-node container is not built yet\n", name);
	return 111;
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

static int run(int argc, char **argv)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	auto_ipamd struct ipamd d = { 0 };
	auto_buf struct buf complaints = { 0 };
	struct err e = { 0 };

	/* Who reads our stderr may go away; the pods need us all the same. */
	sigaction(SIGPIPE, &ignore, NULL);
	if (config_read(&d.config, argc, argv, &complaints, &e) < 0) {
		fprintf(stderr, "ipamd: %s\n", e.msg);
		return e.num == EINVAL ? 100 : 1;
	}
	if (log_open(d.config.log_file, log_level(d.config.log_level), &e) < 0)
		log_warn("log goes to stderr reason=\"%s\"", e.msg);
	log_info("starting version=%s", VERSION);
	tell(&complaints);
	if (ipamd_run(&d, &e) == 0)
		return 0;
	log_error("giving up reason=\"%s\"", e.msg);
	fprintf(stderr, "ipamd: %s\n", e.msg);
	return 1;
}

int ipamd_main(int argc, char **argv)
{
	const char *name = base_name(argv[0]);

	if (strcmp(name, "grpc-health-probe") == 0)
		return probe_main(argc, argv);
	if (strcmp(name, "aws-vpc-cni") == 0 || strcmp(name, "aws-vpc-cni-init") == 0)
		return not_built(name);
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		config_help();
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts("vpcbox ipamd " VERSION);
		return 0;
	}
	return run(argc, argv);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - what the operator asked for: Amazon's environment variables, or options of our own. */
#pragma once
#include "ec2.h"
#include "host.h"
#include "target.h"

struct config {
	struct target target;
	int max_eni;    /* 0: as many as the instance type has */
	int cooldown_s; /* how long a released address rests */
	bool subnet_discovery, manage_untagged;
	bool aws_log;
	int http_timeout_s;                       /* 10 at least */
	const char *aws_endpoints, *aws_throttle; /* struct aws_options */
	const char *cluster;                      /* "" when unnamed */
	const char *policy_mode;                  /* as written; "" when unset */
	const char *store, *log_file, *log_level;
	struct tags extra_tags; /* for ENIs that we create or manage */
	struct host_config host;
	struct arena a; /* of the strings made here; others lie in the environment or argv */
};
/* Default < environment < argv. What is malformed gets its default and a sentence in complaints
 * (one a line), as Amazon's agent does (spec-ipamd 3). EOPNOTSUPP names a variable that asks for
 * something we do not have; EINVAL one that must not be ignored, or a wrong option. */
MUST int config_read(struct config *c, int argc, char **argv, struct buf *complaints,
		     struct err *e);
void config_free(struct config *c);
#define auto_config AUTO(config_free)
/* Every option, its variable and default, on stdout. */
void config_help(void);

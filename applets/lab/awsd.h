/* SPDX-License-Identifier: Apache-2.0 */
/* awsd.h - the lab's AWS alone: its services on an address, without namespaces, root or packets. */
#pragma once
#include "elb.h"
#include "opt.h"

struct awsd_options {
	struct world_config world;
	struct elb_config elb;
	const char *listen;    /* "127.0.0.1:0" */
	const char *unhealthy; /* ids of targets: "192.168.1.50,i-..." */
	const char *quotas;    /* "NAME=N,..." by the names of DescribeAccountLimits */
	const char *faults;    /* apifault.h */
	const char *throttle;  /* "" */
	const char *log;       /* file, appended to; "": none */
};
/* Serve until a signal ends it. The first line of stdout is "vpcbox-lab: AWS at
 * http://ADDRESS:PORT". Exit status. */
int awsd_main(struct awsd_options *o);

/* The verb for main.c: its options, whether help was asked for, and itself. */
enum { AWSD_OPTS = 21 };
extern const struct opt awsd_opts[AWSD_OPTS];
extern bool awsd_help;
int awsd_verb(int argc, char **argv);

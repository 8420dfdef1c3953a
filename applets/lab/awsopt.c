/* SPDX-License-Identifier: Apache-2.0 */
/* awsopt.c - the options of `vpcbox-lab aws`. */
#include <errno.h>
#include <stdio.h>

#include "awsd.h"

bool awsd_help;
static const char *listen_at, *type, *vpc, *region, *quotas, *faults, *throttle, *unhealthy,
	*log_file;
static long nodes, zones, seed, call_ms, provision_ms, register_ms, health_ms, drain_ms, release_ms,
	certificate_ms;
static bool ipv6;

const struct opt awsd_opts[AWSD_OPTS] = {
	{ 'l', "listen", NULL, OPT_STR, &listen_at, "127.0.0.1:0",
	  "address and port; 0: a free one" },
	{ 'n', "nodes", NULL, OPT_INT, &nodes, "2", "instances, 1 to 64" },
	{ 'z', "zones", NULL, OPT_INT, &zones, "3",
	  "availability zones, with a public and a private subnet each" },
	{ 't', "instance-type", NULL, OPT_STR, &type, "t3.medium", "of every node" },
	{ 0, "vpc-cidr", NULL, OPT_STR, &vpc, "192.168.0.0/16", "of the VPC" },
	{ 0, "ipv6", NULL, OPT_BOOL, &ipv6, "true", "VPC and subnets have IPv6 blocks too" },
	{ 0, "region", NULL, OPT_STR, &region, "ap-northeast-2", "that it plays" },
	{ 0, "seed", NULL, OPT_INT, &seed, "1", "of ids and addresses" },
	{ 0, "call-ms", NULL, OPT_INT, &call_ms, "40", "milliseconds a call takes" },
	{ 0, "provision-ms", NULL, OPT_INT, &provision_ms, "120000",
	  "until a load balancer is active" },
	{ 0, "register-ms", NULL, OPT_INT, &register_ms, "5000",
	  "until a target's health is checked" },
	{ 0, "health-ms", NULL, OPT_INT, &health_ms, "-1",
	  "and until it is healthy; -1: one interval" },
	{ 0, "drain-ms", NULL, OPT_INT, &drain_ms, "-1",
	  "that a target drains; -1: as its group says" },
	{ 0, "release-ms", NULL, OPT_INT, &release_ms, "5000",
	  "that a deleted load balancer's security groups stay in use" },
	{ 0, "certificate-ms", NULL, OPT_INT, &certificate_ms, "60000",
	  "until a requested certificate is issued" },
	{ 0, "unhealthy", NULL, OPT_STR, &unhealthy, "",
	  "ID,...: targets that fail their health checks" },
	{ 0, "quota", NULL, OPT_STR, &quotas, "", "NAME=N,... of DescribeAccountLimits" },
	{ 0, "throttle", NULL, OPT_STR, &throttle, "",
	  "ACTION=RATE:BURST,... by how actions begin, or aws" },
	{ 0, "fail", NULL, OPT_STR, &faults, "",
	  "ACTION[:N]=CODE[/done],...: refuse the Nth call, or each" },
	{ 0, "log", NULL, OPT_STR, &log_file, "", "file: each call a line of JSON" },
	{ 'h', "help", NULL, OPT_BOOL, &awsd_help, "false", "this text" },
};

/* Delays and counts are ints; what they may be the model says itself. */
static int ints_check(struct err *e)
{
	for (size_t i = 0; i < AWSD_OPTS; i++) {
		long v = awsd_opts[i].type == OPT_INT ? *(long *)awsd_opts[i].dst : 0;

		if (v != (int)v && awsd_opts[i].dst != &seed)
			return fail(e, EINVAL, "--%s: %ld is out of range", awsd_opts[i].name, v);
	}
	return 0;
}

static int options(struct awsd_options *o, struct err *e)
{
	o->world = (struct world_config) { .nodes = (int)nodes,
					   .zones = (int)zones,
					   .subnet_len = 24,
					   .hop_limit = 2,
					   .type = type,
					   .region = region,
					   .private_subnets = true,
					   .ipv6 = ipv6,
					   .seed = (uint64_t)seed,
					   .call_ms = (int)call_ms };
	o->elb = elb_defaults();
	o->elb.provision_ms = (int)provision_ms;
	o->elb.register_ms = (int)register_ms;
	o->elb.health_ms = (int)health_ms;
	o->elb.drain_ms = (int)drain_ms;
	o->elb.release_ms = (int)release_ms;
	o->elb.certificate_ms = (int)certificate_ms;
	o->listen = listen_at;
	o->unhealthy = unhealthy;
	o->quotas = quotas;
	o->faults = faults;
	o->throttle = throttle;
	o->log = log_file;
	if (ints_check(e) < 0)
		return -1;
	if (!cidr_parse(vpc, &o->world.vpc))
		return fail(e, EINVAL, "--vpc-cidr: '%s' is not a CIDR", vpc);
	return 0;
}

int awsd_verb(int argc, char **argv)
{
	struct awsd_options o;
	struct err e = { 0 };

	(void)argc;
	(void)argv;
	if (options(&o, &e) == 0)
		return awsd_main(&o);
	fprintf(stderr, "vpcbox-lab aws: %s; see 'vpcbox-lab aws --help'\n", e.msg);
	return 100;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* labapi.h - the AWS services of the simulated VPC. */
#pragma once
#include "httpd.h"
#include "loop.h"
#include "world.h"

/* Credentials for people: accepted by every service beside those of the nodes' roles. No secret. */
#define LAB_KEY_ID "AKIAVPCBOXLAB0000000"
#define LAB_SECRET "vpcbox-lab/this-is-no-secret/00000000000"

struct later;
struct elb;
struct acm;
/* Refuse calls of an action, or answer late: the nth alone, or all (0). */
struct api_rule {
	struct api_rule *next;
	int fault;          /* fault.h: the number under which it was asked for */
	const char *action; /* or what it begins with, for buckets */
	const char *caller; /* of this node alone; NULL: of all */
	const char *code;   /* NULL: late, or a bucket, which holds burst calls and gets rate a
			       second */
	int late_ms;
	long nth, seen;
	bool done; /* refuse what was done */
	double rate, burst, level;
	int64_t at; /* now_ms() of level */
};
struct api {
	struct world *w;
	struct elb *elb; /* NULL: there is none */
	struct acm *acm;
	struct api_rule *faults, *buckets;
	int fault; /* the number that rules get which are made now, and their caller */
	const char *fault_caller;
	struct loop *loop; /* NULL: everything happens at once, for tests */
	int log_fd;        /* one JSON line a call */
	bool log_all;      /* every parameter of it, whole */
	struct later *later;
};
/* Drop what is still to happen: answers under way, links not yet up. Before httpd_free(). */
void api_free(struct api *api);

/* Every service, as a handler for httpd_new() (arg: struct api); they are told apart by what the
 * request is signed for, and EC2 answers what is signed for none. */
httpd_fn aws_serve;
/* IMDSv2, likewise; who asks is known by the peer's address. */
httpd_fn imds_serve;
/* The text at a path below /latest ("meta-data/mac", "meta-data/"; a slash in front does not
 * matter) for an instance, as IMDS shows it now (lagging); ENOENT: 404. Pure. */
MUST int imds_text(struct world *w, struct instance *i, const char *path, struct buf *out,
		   struct err *e);

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
struct api {
	struct world *w;
	struct loop *loop; /* NULL: everything happens at once, for tests */
	int log_fd;        /* one JSON line a call */
	struct later *later;
};
/* Drop what is still to happen: answers under way, links not yet up. Before httpd_free(). */
void api_free(struct api *api);

/* EC2's query API, as a handler for httpd_new() (arg: struct api). */
httpd_fn ec2_serve;
/* IMDSv2, likewise; who asks is known by the peer's address. */
httpd_fn imds_serve;
/* The text at a path below /latest ("meta-data/mac", "meta-data/"; a slash in front does not
 * matter) for an instance, as IMDS shows it now (lagging); ENOENT: 404. Pure. */
MUST int imds_text(struct world *w, struct instance *i, const char *path, struct buf *out,
		   struct err *e);

/* SPDX-License-Identifier: Apache-2.0 */
/* lboptions.h - the controller's flags: the original's, all of them (spec-lbc-nlb 14.2, 14.3). */
#pragma once
#include "buf.h"
#include "lbconfig.h"

struct lboptions {
	struct lbconfig c;
	const char *kubeconfig, *context, *watch_ns, *log_level;
	const char *region, *vpc, *vpc_tags, *endpoints, *throttle;
	long aws_attempts;
	bool aws_log;
	const char *metrics_addr, *health_addr;
	long webhook_port;
	const char *webhook_dir, *webhook_cert, *webhook_key, *webhook_ca;
	bool leader_election, inject_gates, slices;
	const char *lease, *lease_ns;
	long service_jobs, group_jobs, binding_jobs;
	int64_t binding_backoff_ms, binding_again_ms, stabilize_ms, sync_ms;
	bool waf, wafv2, shield;
	/* as typed */
	const char *default_tags, *external_tags, *service_sg_tags, *authorities, *gates;
	long max_targets;
	/* Accepted, and of no effect here: */
	const char *vpc_tag_key, *pca, *secrets_label, *quic_variable;
	long gateway_class_jobs, alb_gateway_jobs, nlb_gateway_jobs, accelerator_jobs;
	const char *accelerator_backoff;
	const char *binding_backoff, *binding_again, *stabilize, *sync;
};
/* Flags and environment. complaints gets a line for each flag that was given and does nothing here.
 * EINVAL names flag and value. The strings live in a or in argv. */
MUST int lboptions_read(struct lboptions *o, int argc, char **argv, struct buf *complaints,
			struct arena *a, struct err *e);
void lboptions_help(void);

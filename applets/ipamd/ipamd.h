/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd.h - the address daemon: its one state, owned by the loop thread, and who may act on it. */
#pragma once
#include "clock.h"
#include "cloud.h"
#include "grpc.h"
#include "loop.h"

/* Health's and the plugin's address of us; the path is Amazon's. */
#define IPAMD_SOCKET "/var/run/aws-node/ipamd.sock"
/* What plugin and agent compare byte by byte. Amazon's images have it empty, so we do. */
#define IPAMD_VERSION ""

struct ipamd {
	/* Constant after the start: jobs may look at them. */
	struct config config;
	struct nodefacts node;
	/* The loop thread's. */
	struct host_facts host;
	struct arena host_mem; /* of host.vpc */
	struct pool pool;
	struct buf checkpoint; /* state_save()'s */
	struct late *late;     /* ENIs that IMDS is yet to list, in mem */
	size_t nlate;
	struct arena mem;
	int unmanaged;    /* ENIs on card 0 that we must leave alone */
	bool full;        /* told that the pool cannot grow */
	bool wire_failed; /* last time */
	bool growing;     /* a job has imds */
	bool syncing;     /* a job looks after the host's rules */
	bool refreshing;  /* a job renews the AWS credentials */
	bool stopping;    /* SIGTERM came */
	int64_t grow_at;  /* not before (now_ms) */
	struct backoff grow_pause;
	struct err grow_err; /* why it did not grow, num 0: it did */
	/* Lent to the growing job. */
	struct imds imds;
	struct aws *aws;
	struct {
		uint64_t add, del, no_address;
	} count;
	int lock; /* held as long as we live */
	struct loop *loop;
	struct grpcd *grpcd;
	struct grpc_handler handlers[4];
	struct timer tick, sync, quit;
	struct watch signals;
};
/* d has its config. From facts to an open socket, then serve until SIGTERM or SIGINT. */
MUST int ipamd_run(struct ipamd *d, struct err *e);
void ipamd_free(struct ipamd *d);
#define auto_ipamd AUTO(ipamd_free)

/* state.c: the checkpoint. Load takes over the leases whose pods are there; of the others the rules
 * go. Save writes all leases, and has to succeed before a change is told to anybody. */
MUST int state_load(struct ipamd *d, struct err *e);
MUST int state_save(struct ipamd *d, struct err *e);

/* grow.c: more addresses. Check starts a job when the pool is too low or an ENI is not wired, at
 * most one at a time; first does the same and waits for it. */
void grow_check(struct ipamd *d);
MUST int grow_first(struct ipamd *d, struct err *e);
/* Put an ENI and its addresses into the pool; what is there already stays. What clashes with
 * another ENI is left out with a log line. Returns how many addresses are new, below zero when the
 * ENI itself was left out. */
int pool_adopt(struct pool *p, const struct attached *x, bool ready);

/* hostsync.c: VPC CIDRs, rules and SNAT, in a job. */
void hostsync_start(struct ipamd *d);

/* refresh.c: renew the AWS credentials in a job when that is due. */
void refresh_check(struct ipamd *d);

/* serve.c: the plugin's calls. */
MUST int serve_start(struct ipamd *d, const char *sock, struct err *e);

/* SPDX-License-Identifier: Apache-2.0 */
/* kubelease.h - leader election by a Lease (coordination.k8s.io/v1), as client-go does it
 * (tools/leaderelection): 15 s lease, 10 s to renew it, tries every 2 s, while others lead with up
 * to 1.2 times as much on top; a change of holder counts up leaseTransitions. Nobody's clock is
 * trusted: a lease has run out when it has not changed for its whole duration by ours. */
#pragma once
#include "kube.h"
#include "loop.h"

struct kubelease;
/* Zero: the usual. Others are for tests. */
struct kubelease_times {
	int64_t lease_s;  /* leaseDurationSeconds: 15 */
	int64_t renew_ms; /* as long as a leader tries to renew: 10000 */
	int64_t retry_ms; /* between tries: 2000 */
};
struct kubelease_options {
	struct kube *kube;
	struct loop *loop;
	const char *ns, *name, *holder; /* holder: "host_uuid". All are copied */
	bool release; /* give it back at the end, so that the next need not wait */
	/* On the loop thread. lost: whoever leads must end at once; called once. Either may call
	 * kubelease_stop(). */
	void (*won)(void *arg);
	void (*lost)(void *arg);
	void *arg;
	struct kubelease_times times;
};
MUST int kubelease_start(struct kubelease **out, const struct kubelease_options *o, struct err *e);
/* Waits for the thread, which may take 2 s when the lease is to be given back; lost() is not
 * called. */
void kubelease_stop(struct kubelease **l);
#define auto_kubelease AUTO(kubelease_stop)

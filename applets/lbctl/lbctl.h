/* SPDX-License-Identifier: Apache-2.0 */
/* lbctl.h - the controller: what it was told, and its parts. All state is the loop thread's. */
#pragma once
#include "binding.h"
#include "httpd.h"
#include "kubelease.h"
#include "kubewatch.h"
#include "lbmetrics.h"
#include "lboptions.h"
#include "pass.h"
#include "people.h"
#include "workq.h"

enum queue { QUEUE_SERVICES, QUEUE_GROUPS, QUEUE_BINDINGS, QUEUES };

struct lbctl {
	struct lboptions o;
	struct arena mem;
	struct loop *loop;
	struct aws *aws;
	struct kube_config kube_config;
	struct eks_asker eks;
	struct kube *kube;
	struct kubestore *store;
	struct kubewatch *watches[KUBE_KINDS];
	struct kubeevents *events;
	struct kubelease *lease;
	struct elbindex *index;
	struct awsfacts *facts;
	struct bindings *bindings;
	struct passenv env;
	bool synced[KUBE_KINDS], leading, stopping, lost;
	struct workq *queues[QUEUES];
	struct metrics *metrics;
	struct httpd *health, *scraped;
	struct webhooks *webhooks;
	struct timer due, resync, quit, backend_later, later;
	struct watch signals;

	/* The group that all load balancers share goes when nobody needs it (backend.c). */
	bool backend_seen, backend_going;
	size_t passes; /* running, of Services and groups */
};

/* controller.c: run until a signal, or until the lease is lost (-1). */
MUST int lbctl_run(struct lbctl *l, struct err *e);
void lbctl_free(struct lbctl *l);
#define auto_lbctl AUTO(lbctl_free)

void lbctl_maybe_end(struct lbctl *l); /* a job has ended while it is stopping */
MUST int lbctl_watch(struct lbctl *l, enum kube_kind kind, struct err *e);

/* notice.c: which keys a change concerns. */
void notice_change(void *lbctl, enum kube_kind kind, const struct kube_object *old,
		   const struct kube_object *new);
void notice_all(struct lbctl *l); /* everything there is, at the start and at each resync */

/* work.c: start what is due, unless something is in the way. */
void work_start(struct lbctl *l);
bool work_ready(const struct lbctl *l); /* all lists have been read, and it is ours to act */

/* health.c */
MUST int health_start(struct lbctl *l, struct err *e);
void health_stop(struct lbctl *l);

/* webhooks.c: started once the API server is known, stopped before the loop is freed, freed after
 * it, when no job can look at them any more. */
MUST int webhooks_start(struct lbctl *l, struct err *e);
void webhooks_stop(struct lbctl *l);
void webhooks_free(struct lbctl *l);
const char *webhooks_trouble(const struct lbctl *l); /* why they do not answer; NULL: they do */

/* backend.c: delete the shared group if nobody needs it. */
void backend_check(struct lbctl *l);
void backend_later(struct timer *t);

/* later.c: Gateways and accelerators, which are watched once the API server serves them (asked once
 * a minute) and told in an event each that nothing is done for them. */
MUST int later_start(struct lbctl *l, struct err *e);
void later_synced(struct lbctl *l, enum kube_kind kind); /* the first list was complete */
void later_notice(struct lbctl *l, enum kube_kind kind, const struct kube_object *old,
		  const struct kube_object *new);
void later_all(struct lbctl *l);

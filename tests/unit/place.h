/* SPDX-License-Identifier: Apache-2.0 */
/* place.h - a host and a pod for tests: two new namespaces. */
#pragma once
#include "nettest.h"
#include "pod.h"

/* The thread is in the host's while it is open: AUTO_PLACE struct place w = { 0 }; place_open(&w);
 */
struct place {
	struct nl here, pod;
	int self, netns, back;
	struct pod_ends n;
	struct pod_if p;
	struct err e;
};

static inline void place_open(struct place *w)
{
	struct err e = { 0 };

	w->self = ns_new(&w->here);
	w->netns = ns_new(&w->pod);
	CHECK(netns_enter(w->self, &w->back, &e) == 0);
	w->n = (struct pod_ends) { &w->here, &w->pod, w->self, w->netns };
	w->p = (struct pod_if) { .ip = ip("10.0.1.15"),
				 .host = "enicc21c2d7785",
				 .cont = "eth0",
				 .table = 4,
				 .mtu = 9001 };
}

static inline void place_close(struct place *w)
{
	netns_leave(&w->back);
	nl_close(&w->here);
	nl_close(&w->pod);
	fd_free(&w->self);
	fd_free(&w->netns);
}
#define AUTO_PLACE AUTO(place_close)

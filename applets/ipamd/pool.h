/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - the node's ENIs, the addresses EC2 assigned to them, and which pod holds which
 * (spec-ipamd 17). Pure: no clock, no file, no socket; whoever changes the leases saves them. */
#pragma once
#include "checkpoint.h"
#include "ip.h"

enum { ENI_ID = 40 }; /* "eni-0123456789abcdef0" and room */

struct pool_eni {
	char id[ENI_ID];
	struct mac mac;
	struct ip ip; /* primary: never a pod's */
	struct cidr subnet;
	int device, card;
	uint32_t table;
	bool primary;
	bool ready;        /* the host's side is wired: only then pods get its addresses */
	struct cidr *nets; /* what pods may have, in order: a /32 for each secondary address */
	size_t nnets;
};
/* An address that a pod holds, or held so recently that it is still cooling. */
struct pool_lease {
	struct lease l; /* its strings and json are parts of text */
	char *text;
	const char *json; /* as the checkpoint has it */
	int64_t freed_ms; /* 0: held */
};
struct pool {
	int64_t cooldown_ms;
	struct pool_eni *enis; /* in order of card and device: pods fill the first ones first */
	size_t nenis;
	struct pool_lease *leases; /* in order of address */
	size_t nleases;
};
void pool_free(struct pool *p);
#define auto_pool AUTO(pool_free)

/* What a pod is known by. */
struct pool_key {
	const char *network, *container, *ifname;
};
/* What its wiring needs to know. */
struct pool_place {
	struct ip ip;
	int device;
	uint32_t table;
	int interfaces; /* of the pod, at least 1 */
};

/* A copy of eni without its nets. EEXIST: there is one of that id, or on that device. */
MUST int pool_eni_add(struct pool *p, const struct pool_eni *eni, struct err *e);
/* NULL: unknown. */
struct pool_eni *pool_eni_get(struct pool *p, const char *id);
/* EBUSY when pods hold addresses of it, unless force, which takes them away. ENOENT: unknown. */
MUST int pool_eni_remove(struct pool *p, const char *id, bool force, struct err *e);
/* ENOENT: unknown ENI. EEXIST: some ENI has that address already. */
MUST int pool_net_add(struct pool *p, const char *eni, struct cidr net, struct err *e);
/* EBUSY and force as above. ENOENT: unknown ENI or address. */
MUST int pool_net_remove(struct pool *p, const char *eni, struct cidr net, bool force,
			 struct err *e);

/* The lowest free address of the first ready ENI that has one; a key that holds one gets the same
 * again, and then *fresh is false. EDQUOT: none is free. pod_ns and pod may be "". */
MUST int pool_assign(struct pool *p, const struct pool_key *k, const char *pod_ns, const char *pod,
		     int64_t now_ms, int64_t wall_ns, struct pool_place *out, bool *fresh,
		     struct err *e);
/* As if pool_assign() had not been: for when the checkpoint could not be written. */
void pool_unassign(struct pool *p, struct ip ip);
/* Let go; the address cools. ENOENT: "datastore: unknown pod". */
MUST int pool_release(struct pool *p, const struct pool_key *k, int64_t now_ms,
		      struct pool_place *out, struct err *e);
/* As if pool_release() had not been. */
void pool_unrelease(struct pool *p, struct ip ip);
/* The ENI that has the address; NULL: none. */
struct pool_eni *pool_owner(const struct pool *p, struct ip ip);
/* Take over a lease of the checkpoint. One whose address no ENI has is kept, in case its ENI turns
 * up again: nobody else gets the address then, and a release works. EEXIST: it is taken. */
MUST int pool_restore(struct pool *p, const struct lease *l, struct err *e);
/* The leases held; the array lives in a. */
struct leases pool_leases(const struct pool *p, struct arena *a);
/* The checkpoint of them, in the place of what out held. */
void pool_checkpoint(const struct pool *p, struct buf *out);

struct pool_stats {
	size_t total, assigned, cooling; /* addresses of ready ENIs; cooling ones are free too */
};
struct pool_stats pool_stats(const struct pool *p, int64_t now_ms);

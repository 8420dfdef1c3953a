/* SPDX-License-Identifier: Apache-2.0 */
/* pod.h - what a pod's wiring is: names, want, and the steps in both namespaces
 * (spec-cni-dataplane 2.5, 2.6, 3). Shared by cni, diag and the checkpoint's restore. */
#pragma once
#include <net/if.h>

#include "addr.h"
#include "iface.h"
#include "neigh.h"
#include "route.h"
#include "rule.h"

enum {
	TABLE_MAIN = 254,
	PRIO_IN_POD = 1, /* inside the pod, of a further interface */
	PRIO_TO_POD = 512,
	PRIO_MARK = 1024,
	PRIO_FROM_POD = 1536,
	PRIO_ENI = 32765,
	POD_HASH_LEN = 11,
	MTU_MIN = 576,
	MTU_MAX = 9001
};

/* First 11 hex digits of SHA-1("NAMESPACE.POD"), or of "NAMESPACE.POD.INDEX" for index > 0. */
void pod_hash(const char *ns, const char *pod, int index, char out[POD_HASH_LEN + 1]);
/* prefix + hash; EINVAL when the prefix is longer than four characters. */
MUST int pod_veth_name(const char *prefix, const char *ns, const char *pod, int index,
		       char out[IFNAMSIZ], struct err *e);
/* Decimal text to an MTU: what is not a number or outside 576..9001 becomes 9001. */
uint32_t pod_mtu(const char *text);

/* The table that a recorded number stands for: 0 and 1 mean main. */
uint32_t pod_host_table(uint32_t table);

/* One interface of one pod. */
struct pod_if {
	struct ip ip;
	char host[IFNAMSIZ], cont[IFNAMSIZ]; /* names of the two ends */
	int index;                           /* 0: the pod's first interface */
	uint32_t table;                      /* host table of its ENI; 0, 1 and 254 mean main */
	uint32_t mtu;
	struct mac host_mac; /* zero: pod_setup() chooses one */
	bool paired;         /* pod_pair() made the pair, pod_setup() has not seen it yet */
};

/* The wanted state, as pure functions: everything that pod_setup() makes and diag compares. */
struct pod_want {
	struct ip hop;             /* 169.254.1.(1+index) or fe80::(1+index) */
	struct route in_pod[2];    /* to the hop, default via the hop */
	struct rule in_pod_rule;   /* index > 0 only, else prio 0 */
	struct neigh in_pod_neigh; /* hop -> host_mac */
	struct addr in_pod_addr;
	struct route host_route;   /* pod ip dev host veth */
	struct rule host_rules[2]; /* 512, and 1536 unless the table is main (then prio 0) */
};
void pod_want(const struct pod_if *p, struct pod_want *out);
/* Fill in the indexes of the two ends once they are known. */
void pod_want_links(struct pod_want *w, int host, int cont);

/* Make it so: removes an old host veth of that name, creates the pair from inside the pod, sets the
 * sysctls of the host's end, then all that is in the pod, then brings the host's end up with its
 * route and rules. here and pod are open in the two namespaces, netns and self are their
 * descriptors, and the calling thread is in the host's. On failure everything that was made is
 * removed again. Error texts as spec-cni-dataplane 7.2. An IPv6 pod waits, 10 s at most, until its
 * addresses are no longer tentative. EEXIST: the pod has a link of that name. */
struct pod_ends {
	struct nl *here, *pod;
	int self, netns;
};
MUST int pod_setup(const struct pod_ends *n, struct pod_if *p, struct err *e);
/* The half of pod_setup()'s work that needs no address, ahead of it: creates the pair of p's names
 * and MTU. What stands already is left alone: EEXIST, and pod_setup() will see to it. */
MUST int pod_pair(const struct pod_ends *n, struct pod_if *p, struct err *e);
/* Removes a pair that pod_setup() never got, by its end in the pod: the host's end may be that of
 * another sandbox of the same pod by now. Nothing when there is none. */
MUST int pod_unpair(const struct pod_ends *n, struct pod_if *p, struct err *e);
/* Host rules and route of one address (3.4); what is gone already is success. Table 1 and 254: no
 * rule 1536 to remove; 0 (it was not recorded): the rules 1536 of every table. */
MUST int pod_teardown(struct nl *here, struct ip ip, uint32_t table, struct err *e);
/* Compare want with have, for CHECK and diag: 0 when all is there, else -1 and e names the first
 * thing that is missing or different, in words. mtu 0 is not compared; host_mac is read from the
 * host's end, not from p. e->num: ENOENT missing, ENODEV no such link, EEXIST or EINVAL different.
 */
MUST int pod_check(const struct pod_ends *n, const struct pod_if *p, struct err *e);

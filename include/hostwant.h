/* SPDX-License-Identifier: Apache-2.0 */
/* hostwant.h - the node's NAT and mark rules as they should be (spec-cni-dataplane 4.4, 4.6): a
 * pure function of configuration and facts, behind host_snat_sync(), dry runs and golden tests. */
#pragma once
#include "host.h"
#include "nftsync.h"

/* Fill w, whose arena the caller has set. Rules and chains of older releases are listed as absent
 * and doomed; those whose names only the kernel knows come from host_want_stale(). */
void host_want(const struct host_config *c, const struct host_facts *f, struct nft_want *w);
/* Nothing of ours at all. */
void host_want_none(const struct host_config *c, const struct host_facts *f, struct nft_want *w);
/* Is this chain of table nat one that older releases made and this one does not use (4.9)? Claim
 * it. */
void host_want_stale(struct nft_want *w, const char *chain);

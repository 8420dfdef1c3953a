/* SPDX-License-Identifier: Apache-2.0 */
/* attached.h - the ENIs of this instance: what IMDS lists, checked, and what EC2 adds (spec-ipamd
 * 10, 12). Blocking, except where it says pure. */
#pragma once
#include "nodefacts.h"

struct attached {
	char id[ENI_ID];
	struct mac mac;
	int device, card;
	bool primary;
	struct ip ip; /* primary address */
	struct cidr subnet;
	struct ip *ips; /* the other addresses, each inside the subnet, none twice */
	size_t nips;
};
struct attacheds {
	struct attached *v;
	size_t n;
};
/* All that IMDS lists and that can carry IPv4 pods. One whose items are malformed is left out with
 * a log line that names the item, but the primary ENI's are an error. */
MUST int attached_read(struct imds *m, const struct nodefacts *n, struct attacheds *out,
		       struct arena *a, struct err *e);
/* Until IMDS lists the ENI with so many secondary addresses: 12 looks, the pauses doubling from
 * 100 ms (about 3 minutes). Fewer, but at least one, will do in the end. ETIMEDOUT otherwise. */
MUST int attached_wait(struct imds *m, const struct nodefacts *n, const char *eni, size_t ips,
		       struct attached *out, struct arena *a, struct err *e);

/* Pure. Take ip as one more address: false, and a log line, when it is outside the ENI's subnet,
 * its primary address, or there already. room is how many ips holds. */
bool attached_take(struct attached *x, size_t room, struct ip ip);
/* Pure. May we use an ENI with these tags? Node: our instance id (spec-ipamd 12). */
bool attached_managed(const struct tags *t, const char *instance, bool manage_untagged);
/* Pure. Take EC2's word on the ENIs that IMDS listed: addresses as EC2 has them (it is ahead of
 * IMDS), ENIs that are not ours to manage left out. *unmanaged counts those. The array and the
 * addresses are changed in place or live in a. */
void attached_merge(struct attacheds *list, const struct ec2_enis *ec2, const struct nodefacts *n,
		    bool manage_untagged, int *unmanaged, struct arena *a);

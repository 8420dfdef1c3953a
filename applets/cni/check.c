/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - CHECK: is the pod still wired as its result says? Amazon's plugin answers yes without
 * looking; ours compares the kernel's state with what ADD makes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cni.h"
#include "str.h"

/* The i-th interface as ADD must have made it, from the result. */
static int expected(struct cni *c, int i, struct pod_if *p, struct err *e)
{
	const char *name = cni_ifname(c, i);
	const struct cni_if *cont;
	struct cni_ip ip;
	uint64_t table;

	if (cni_find_ip(&c->prev, name, &ip, e) < 0)
		return -1;
	cont = &c->prev.ifs[cni_find_if(&c->prev, name)];
	if (!str_u64(cont->mac, &table) || table > INT32_MAX)
		return fail(e, EBADMSG, "mac of %s in prevResult is no route table: \"%s\"", name,
			    cont->mac);
	*p = (struct pod_if) {
		.ip = ip.address.ip,
		.index = i,
		.table = (uint32_t)table,
		.mtu = pod_mtu(c->mtu),
	};
	snprintf(p->cont, sizeof(p->cont), "%s", name);
	if (pod_veth_name(c->veth_prefix, c->pod_ns, c->pod, i, p->host, e) < 0)
		return -1;
	if (cni_find_if(&c->prev, p->host) < 0)
		return fail(e, EBADMSG, "cannot find hostVethName %s in prevResult", p->host);
	return 0;
}

static int compare(struct cni *c, struct err *e)
{
	const struct pod_ends n = cni_ends(c);
	int dummy = cni_find_if(&c->prev, cni_dummy(c));
	struct pod_if p;

	if (dummy < 0)
		return fail(e, EBADMSG, "cannot find %s in prevResult", cni_dummy(c));
	if (dummy < 2)
		return fail(e, EBADMSG, "prevResult has no interface before %s", cni_dummy(c));
	if (strcmp(c->prev.ifs[dummy].mac, "0") != 0)
		return fail(e, EOPNOTSUPP,
			    "the pod has VLAN %s: branch ENIs (security groups for pods) cannot be "
			    "checked yet",
			    c->prev.ifs[dummy].mac);
	if (cni_ends_talk(c, e) < 0)
		return -1;
	for (int i = 0; i < dummy / 2; i++)
		if (expected(c, i, &p, e) < 0 || pod_check(&n, &p, e) < 0)
			return -1;
	return 0;
}

int cni_check(struct cni *c, struct err *e)
{
	int code;

	if (!c->has_prev) {
		fail(e, EINVAL, "check cmd: the configuration has no prevResult to compare with");
		return CNI_BAD_CONF;
	}
	code = cni_ends_open(c, e);
	if (!code && compare(c, e) < 0)
		code = CNI_FAILED;
	if (code)
		wrap(e, "check cmd");
	return code;
}

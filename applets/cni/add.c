/* SPDX-License-Identifier: Apache-2.0 */
/* add.c - ADD: an address from the daemon, the pod's wiring, the result (spec-cni-dataplane 2.8).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cni.h"
#include "log.h"

/* Each interface has a table of its own in the pod, and Linux's own begin at 253. */
enum { INTERFACES_MAX = 16 };

struct add {
	struct cni *c;
	struct add_reply reply;
	struct pod_if ifs[INTERFACES_MAX];
	size_t n;
	int device; /* number of the first ENI */
};

/* What can be said of the i-th interface before the daemon has answered. */
static int name_ends(struct add *add, int i, struct err *e)
{
	struct cni *c = add->c;
	struct pod_if *p = &add->ifs[i];

	if (*p->host) /* said already */
		return 0;
	p->index = i;
	p->mtu = pod_mtu(c->mtu);
	snprintf(p->cont, sizeof(p->cont), "%s", cni_ifname(c, i));
	return pod_veth_name(c->veth_prefix, c->pod_ns, c->pod, i, p->host, e);
}

/* Half the kernel's work of an ADD is the pair. What fails here fails again in pod_setup(), which
 * can say more. */
static void pair_early(void *arg)
{
	struct add *add = arg;
	const struct pod_ends n = cni_ends(add->c);
	struct err later;

	if (add->c->there.sock && name_ends(add, 0, &later) == 0)
		(void)!pod_pair(&n, &add->ifs[0], &later);
}

/* What the daemon allocated is a pod interface, or nothing that we can wire. */
static int interface(struct add *add, int i, const struct ip_alloc *a, struct err *e)
{
	struct pod_if *p = &add->ifs[i];
	const char *text = *a->ipv4 ? a->ipv4 : a->ipv6;

	if (!*text)
		return fail(e, EPROTO, "allocation %d has no address", i);
	if (!ip_parse(text, &p->ip))
		return fail(e, EPROTO, "allocation %d: \"%s\" is not an IP address", i, text);
	if (a->table < 0)
		return fail(e, EPROTO, "allocation %d: RouteTableId %d is out of range", i,
			    (int)a->table);
	p->table = (uint32_t)a->table;
	return name_ends(add, i, e);
}

static int interfaces(struct add *add, struct err *e)
{
	const struct ip_alloc *a = add->reply.ips.v;

	if (add->reply.vlan_id)
		return fail(e, EOPNOTSUPP,
			    "PodVlanId is %d: branch ENIs (security groups for pods) are not "
			    "supported yet",
			    (int)add->reply.vlan_id);
	add->n = add->reply.ips.n;
	if (!add->n || add->n > INTERFACES_MAX)
		return fail(e, EPROTO, "AddNetwork reply has %zu addresses, not 1 to %d", add->n,
			    INTERFACES_MAX);
	add->device = (int)a->device;
	for (size_t i = 0; i < add->n; i++)
		if (interface(add, (int)i, &a[i], e) < 0)
			return -1;
	return 0;
}

/* Links take their routes along; what is left of them are the host's rules. */
static void unwire(struct cni *c, struct pod_if *ifs, size_t n)
{
	struct err e;

	while (n-- > 0) {
		if (pod_teardown(&c->here, ifs[n].ip, ifs[n].table, &e) < 0 ||
		    iface_del_name(&c->here, ifs[n].host, &e) < 0)
			log_error("undoing an interface failed host=%s: %s", ifs[n].host, e.msg);
	}
}

static void unpair(struct add *add)
{
	const struct pod_ends n = cni_ends(add->c);
	struct err e;

	if (pod_unpair(&n, &add->ifs[0], &e) < 0)
		log_error("undoing the pair failed host=%s: %s", add->ifs[0].host, e.msg);
}

static int wire(struct add *add, struct err *e)
{
	const struct pod_ends n = cni_ends(add->c);

	if (interfaces(add, e) < 0 || cni_ends_talk(add->c, e) < 0)
		return -1;
	for (size_t i = 0; i < add->n; i++)
		if (pod_setup(&n, &add->ifs[i], e) < 0) {
			unwire(add->c, add->ifs, i);
			return -1;
		}
	return 0;
}

/* The address must not wait for a DEL that may never come. */
static void give_back(struct cni *c)
{
	struct del_reply r;
	struct err e;

	if (cni_ask_del(c, "SetupNSFailed", "", &r, &e) < 0)
		log_error("giving the address back failed: %s", e.msg);
	else if (!r.success)
		log_error("giving the address back failed: Success=false");
}

/* From here on the runtime's DEL cleans up: only that tells the agent to forget the pod. */
static int enforce(struct add *add, struct err *e)
{
	if (!*add->reply.policy_mode)
		return 0;
	if (cni_policy_add(add->c, add->reply.policy_mode, add->n, e) < 0)
		return wrap(e, "add cmd: failed to setup network policy");
	return 0;
}

int cni_add(struct cni *c, struct err *e)
{
	struct add add = { .c = c };
	struct cni_result result;
	int code = cni_ends_open(c, e);

	/* a namespace that is not there costs no address */
	if (code == CNI_FAILED)
		wrap(e, "add command: failed to setup network");
	if (code)
		return code;
	if (cni_ask_add(c, &add.reply, pair_early, &add, e) < 0) {
		unpair(&add);
		return CNI_FAILED;
	}
	if (wire(&add, e) < 0) {
		unpair(&add);
		give_back(c);
		wrap(e, "add command: failed to setup network");
		return CNI_FAILED;
	}
	cni_result_make(c, add.ifs, add.n, add.device, &result);
	if (enforce(&add, e) < 0)
		return CNI_FAILED;
	cni_result_print(c, &result);
	log_info("pod wired container=%s ip=%s host=%s table=%u", c->container,
		 ip_text(add.ifs[0].ip).s, add.ifs[0].host, add.ifs[0].table);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* del.c - DEL: the host's rules and routes, the address, the policy agent
 * (spec-cni-dataplane 2.10). The pod's namespace is never entered, and the kernel removes the links
 * along with it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cni.h"
#include "eni.h"
#include "log.h"
#include "str.h"

enum { PRIO_VLAN = 10, VLAN_TABLES = 100, VLAN_ID_MAX = 4094 };

/* What is left on the host of one address. */
struct left {
	struct ip ip;
	uint32_t table;
};

static bool is_int(const char *s, int64_t max, int64_t *out)
{
	return str_i64(s, out) && *out >= 0 && *out <= max;
}

/* Branch ENI pods of Amazon's plugin, in both of its modes: the mode may have changed since ADD. */
static int branch_teardown(struct nl *nl, struct ip ip, int vlan, struct err *e)
{
	struct rule r = { .family = ip.family, .prio = PRIO_VLAN, .table = VLAN_TABLES };
	char name[IFNAMSIZ];

	r.table += (uint32_t)vlan;
	snprintf(name, sizeof(name), "vlan.eth.%d", vlan);
	if (iface_del_name(nl, name, e) < 0 || rule_remove_all(nl, &r, e) < 0)
		return wrap(e, "TeardownBranchENIPodNetwork");
	return pod_teardown(nl, ip, r.table, e);
}

static int teardown(struct cni *c, const struct left *left, size_t n, int vlan, struct err *e)
{
	if (cni_ends_talk(c, e) < 0)
		return -1;
	if (vlan)
		return branch_teardown(&c->here, left->ip, vlan, e);
	for (size_t i = 0; i < n; i++)
		if (pod_teardown(&c->here, left[i].ip, left[i].table, e) < 0)
			return -1;
	return 0;
}

/* ---- from prevResult */

static const struct cni_if *dummy(struct cni *c)
{
	int at = cni_find_if(&c->prev, cni_dummy(c));

	return at < 0 ? NULL : &c->prev.ifs[at];
}

/* A branch ENI pod tells its VLAN in the dummy's mac, and is torn down without the daemon, whose
 * knowledge of it may be gone. 1: done; 0: not such a pod. */
static int branch_from_prev(struct cni *c, struct err *e)
{
	const struct cni_if *d = dummy(c);
	struct cni_ip ip;
	struct left left;
	int64_t vlan;

	if (!d)
		return 0;
	if (!is_int(d->mac, VLAN_ID_MAX, &vlan))
		return fail(e, EBADMSG, "malformed vlanID in prevResult: %s", d->mac);
	if (!vlan)
		return 0;
	/* the runtime repeats DEL; a late one must not hit the pod that has the VLAN now */
	if (!*c->netns)
		return 1;
	if (cni_find_ip(&c->prev, c->ifname, &ip, e) < 0)
		return -1;
	left = (struct left) { ip.address.ip, 0 };
	return teardown(c, &left, 1, (int)vlan, e) < 0 ? -1 : 1;
}

/* The i-th interface of an ordinary pod; *table is kept where the result does not say (pods of
 * releases before 1.20). False when there is nothing to do for it, -1 when the result lies. */
static int left_of(struct cni *c, int i, uint32_t *table, struct left *out, struct err *e)
{
	const char *name = cni_ifname(c, i), *mac;
	struct cni_ip ip;
	int64_t v;

	if (cni_find_ip(&c->prev, name, &ip, e) < 0) {
		log_warn("interface left alone: %s", e->msg);
		return 0;
	}
	mac = c->prev.ifs[cni_find_if(&c->prev, name)].mac;
	if (*mac && !is_int(mac, INT32_MAX, &v))
		return fail(e, EBADMSG, "malformed route table in prevResult: %s", mac);
	if (*mac)
		*table = (uint32_t)v;
	*out = (struct left) { ip.address.ip, *table };
	return 1;
}

/* The daemon cannot be asked: do what the result allows. */
static int pod_from_prev(struct cni *c, struct err *e)
{
	const struct cni_if *d = dummy(c);
	int n = (int)(c->prev.nifs ? (c->prev.nifs - 1) / 2 : 0), found = 0;
	int64_t mac, device;
	struct left *left;
	uint32_t table;

	if (!d)
		return fail(e, ENOENT, "prevResult has no interface %s", cni_dummy(c));
	if (!is_int(d->mac, 0, &mac))
		return fail(e, EBADMSG, "mac of %s in prevResult is \"%s\", not \"0\"", d->name,
			    d->mac);
	if (!is_int(d->sandbox, INT16_MAX, &device))
		return fail(e, EBADMSG, "sandbox of %s in prevResult is no device number: \"%s\"",
			    d->name, d->sandbox);
	table = eni_table((int)device, 0);
	left = arena_get(&c->a, (size_t)n * sizeof(*left));
	for (int i = 0; i < n; i++) {
		int rc = left_of(c, i, &table, &left[found], e);

		if (rc < 0)
			return -1;
		found += rc;
	}
	return teardown(c, left, (size_t)found, 0, e);
}

/* No error: the runtime may never repeat a DEL, and would keep the sandbox. The daemon takes the
 * address back when it restarts, for it sees that the veth is gone. */
static int without_daemon(struct cni *c, const char *why)
{
	struct err e;

	cni_log(c);
	log_error("the address daemon cannot be asked: %s", why);
	if (!c->has_prev)
		log_warn("nothing removed: there is no prevResult");
	else if (pod_from_prev(c, &e) < 0)
		log_error("not everything removed: %s", e.msg);
	else
		log_info("rules removed as prevResult names them container=%s", c->container);
	return 0;
}

/* ---- from the daemon's reply */

static int from_reply(struct cni *c, const struct del_reply *r, struct err *e)
{
	const struct ip_alloc *a = r->ips.v;
	struct left *left = arena_get(&c->a, r->ips.n * sizeof(*left));
	size_t n = 0;

	for (size_t i = 0; i < r->ips.n; i++) {
		const char *text = *a[i].ipv4 ? a[i].ipv4 : a[i].ipv6;

		if (!*text)
			continue;
		if (!ip_parse(text, &left[n].ip))
			return fail(e, EPROTO, "DelNetwork reply: \"%s\" is not an IP address",
				    text);
		left[n++].table = a[i].table < 0 ? 0 : (uint32_t)a[i].table;
	}
	if (!n) {
		log_warn("the daemon knows no address of this pod container=%s", c->container);
		return 0;
	}
	if (r->vlan_id < 0 || r->vlan_id > VLAN_ID_MAX)
		return fail(e, EPROTO, "DelNetwork reply: PodVlanId is %d", (int)r->vlan_id);
	return teardown(c, left, n, r->vlan_id, e);
}

/* The agent's own failures are not the pod's; only its absence is told, so that DEL is repeated. */
static int forget_policy(struct cni *c, struct err *e)
{
	bool reached;

	if (cni_policy_del(c, &reached, e) == 0)
		return 0;
	if (!reached)
		return wrap(e, "del cmd: failed to connect to network policy agent");
	log_error("the network policy agent failed: %s", e->msg);
	return 0;
}

int cni_del(struct cni *c, struct err *e)
{
	struct del_reply r;
	int done = c->has_prev ? branch_from_prev(c, e) : 0;

	if (done < 0)
		return wrap(e, "del cmd: failed to delete with prevResult"), CNI_FAILED;
	if (done)
		return 0;
	if (cni_ask_del(c, "PodDeleted", c->uid, &r, e) < 0) {
		if (strstr(e->msg, "datastore: unknown pod")) {
			log_info("the daemon does not know the pod: nothing to do container=%s",
				 c->container);
			return 0;
		}
		return without_daemon(c, e->msg);
	}
	if (!r.success) {
		fail(e, EPROTO, "del cmd: failed to process delete request");
		return CNI_FAILED;
	}
	if (r.vlan_id && !*c->netns)
		return 0;
	if (from_reply(c, &r, e) < 0)
		return wrap(e, "del cmd: failed on tear down pod network"), CNI_FAILED;
	log_info("pod removed container=%s addresses=%zu", c->container, r.ips.n);
	if (*r.policy_mode && forget_policy(c, e) < 0)
		return CNI_FAILED;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - AddNetwork, DelNetwork, GetNetworkPolicyConfigs and Health (spec-ipamd 25). */
#include <errno.h>
#include <string.h>

#include "file.h"
#include "ipamd.h"
#include "log.h"
#include "rpc.h"
#include "str.h"

static bool is_other_version(struct grpc_call *c, const char *theirs, struct arena *a)
{
	if (strcmp(theirs, IPAMD_VERSION) == 0)
		return false;
	grpc_refuse(
		c, GRPC_FAILED_PRECONDITION,
		arena_fmt(a, "wrong client version \"%.64s\" (!= \"%s\")", theirs, IPAMD_VERSION));
	return true;
}

static void put_place(struct pb_list *ips, const struct pool_place *at, struct arena *a)
{
	struct ip_alloc *ip = pb_push(ips, sizeof(*ip), a);

	ip->ipv4 = arena_str(a, ip_text(at->ip).s);
	ip->device = at->device;
	ip->table = (int32_t)at->table;
}

static void put_cidrs(struct pb_list *out, struct cidrs from, struct arena *a)
{
	for (size_t i = 0; i < from.n; i++) {
		const char **s = pb_push(out, sizeof(*s), a);

		*s = arena_str(a, cidr_text(from.v[i]).s);
	}
}

/* ---- AddNetwork */

static int check_add(const struct add_request *q, struct err *e)
{
	if (q->multi_nic)
		return fail(e, EOPNOTSUPP, "multi-NIC was requested and is not enabled");
	if (!*q->container_id)
		return fail(e, EINVAL, "ContainerID is empty");
	if (!*q->ifname)
		return fail(e, EINVAL, "IfName is empty");
	if (!*q->network_name)
		return fail(e, EINVAL, "NetworkName is empty");
	return 0;
}

/* An address for the pod, on disk before anybody hears of it. */
static int add(struct ipamd *d, const struct add_request *q, struct pool_place *at, struct err *e)
{
	struct pool_key k = { q->network_name, q->container_id, q->ifname };
	bool fresh;

	if (check_add(q, e) < 0 || pool_assign(&d->pool, &k, q->pod_namespace, q->pod_name,
					       now_ms(), wall_ns(), at, &fresh, e) < 0)
		return -1;
	if (fresh && state_save(d, e) < 0) {
		pool_unassign(&d->pool, at->ip);
		return wrap(e, "checkpoint");
	}
	return 0;
}

/* For people: the kubelet puts it into the pod's events. What is not UTF-8 cannot be sent, and what
 * AWS says may have been cut anywhere. */
static const char *why_none(const struct ipamd *d, const struct err *e, struct arena *a)
{
	const char *more = "";
	char *out, *to;

	if (e->num == EDQUOT && d->grow_err.num)
		more = arena_fmt(a, "; the pool does not grow: %s", d->grow_err.msg);
	else if (e->num == EDQUOT && d->full)
		more = arena_fmt(a, "; the pool cannot grow: the node has all ENIs and addresses "
				    "that it may have");
	out = to = arena_fmt(a, "%s%s", e->msg, more);
	for (const char *from = out; *from;) {
		uint32_t rune;
		size_t n = str_rune(from, &rune);

		if (n)
			memmove(to, from, n);
		else
			*to = '?';
		to += n ? n : 1;
		from += n ? n : 1;
	}
	*to = '\0';
	return out;
}

static void on_add(struct grpc_call *c, const void *in, struct arena *a, void *arg)
{
	const struct add_request *q = in;
	struct ipamd *d = arg;
	struct add_reply r = { 0 };
	struct pool_place at;
	struct err e;

	d->count.add++;
	if (is_other_version(c, q->client_version, a))
		return;
	if (add(d, q, &at, &e) < 0) {
		d->count.no_address += e.num == EDQUOT;
		r.reason = why_none(d, &e, a);
		log_error("no address for a pod pod=%s/%s container=%s ifname=%s network=%s "
			  "reason=\"%s\"",
			  q->pod_namespace, q->pod_name, q->container_id, q->ifname,
			  q->network_name, r.reason);
	} else {
		log_info("address given pod=%s/%s container=%s ifname=%s address=%s device=%d "
			 "table=%u",
			 q->pod_namespace, q->pod_name, q->container_id, q->ifname,
			 ip_text(at.ip).s, at.device, at.table);
		r.success = true;
		put_place(&r.ips, &at, a);
		r.external_snat = d->config.host.external_snat;
		put_cidrs(&r.vpc_v4_cidrs, d->host.vpc, a);
		if (!r.external_snat)
			put_cidrs(&r.vpc_v4_cidrs, d->config.host.exclude, a);
		r.policy_mode = d->config.policy_mode;
	}
	grpc_reply(c, &r);
	grow_check(d);
}

/* ---- DelNetwork */

static int del(struct ipamd *d, const struct del_request *q, struct pool_place *at, struct err *e)
{
	struct pool_key k = { q->network_name, q->container_id, q->ifname };

	if (pool_release(&d->pool, &k, now_ms(), at, e) < 0)
		return -1;
	if (state_save(d, e) < 0) {
		pool_unrelease(&d->pool, at->ip);
		return wrap(e, "checkpoint");
	}
	return 0;
}

static void on_del(struct grpc_call *c, const void *in, struct arena *a, void *arg)
{
	const struct del_request *q = in;
	struct ipamd *d = arg;
	struct del_reply r = { .success = true, .policy_mode = d->config.policy_mode };
	struct pool_place at;
	struct err e;

	d->count.del++;
	if (is_other_version(c, q->client_version, a))
		return;
	if (del(d, q, &at, &e) < 0) {
		log_info("no address taken back pod=%s/%s container=%s ifname=%s network=%s "
			 "reason=\"%s\"",
			 q->pod_namespace, q->pod_name, q->container_id, q->ifname, q->network_name,
			 e.msg);
		/* Amazon's plugin looks for "datastore: unknown pod" in this form. */
		grpc_refuse(c, GRPC_UNKNOWN, arena_fmt(a, "1 error occurred:\n\t* %s\n\n", e.msg));
		return;
	}
	log_info("address taken back pod=%s/%s container=%s ifname=%s address=%s reason=%s",
		 q->pod_namespace, q->pod_name, q->container_id, q->ifname, ip_text(at.ip).s,
		 q->reason);
	put_place(&r.ips, &at, a);
	grpc_reply(c, &r);
}

/* ---- the others */

static void on_np_config(struct grpc_call *c, const void *in, struct arena *a, void *arg)
{
	const struct ipamd *d = arg;
	struct np_config r = { .policy_mode = d->config.policy_mode,
			       .node_ipv4 = arena_str(a, ip_text(d->node.ip).s),
			       .instance_id = d->node.instance,
			       .region = d->node.region };

	(void)in;
	grpc_reply(c, &r);
}

static void on_health(struct grpc_call *c, const void *in, struct arena *a, void *arg)
{
	const struct health_request *q = in;
	struct health_reply r = { .status = HEALTH_SERVING };

	(void)a;
	(void)arg;
	if (*q->service && strcmp(q->service, "grpc.health.v1.aws-node") != 0)
		grpc_refuse(c, GRPC_NOT_FOUND, "unknown service");
	else
		grpc_reply(c, &r);
}

int serve_start(struct ipamd *d, const char *sock, struct err *e)
{
	const struct grpc_handler handlers[] = { { &rpc_add, on_add, d },
						 { &rpc_del, on_del, d },
						 { &rpc_np_config, on_np_config, d },
						 { &rpc_health, on_health, d } };

	_Static_assert(sizeof(handlers) == sizeof(d->handlers), "room for every method");
	memcpy(d->handlers, handlers, sizeof(handlers));
	if (mkdirs_for(sock, 0755, e) < 0)
		return -1;
	d->grpcd = grpcd_new(d->loop, sock, d->handlers, COUNT(d->handlers), e);
	return d->grpcd ? 0 : -1;
}

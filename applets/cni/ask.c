/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - what the plugin asks of the address daemon and tells the network-policy agent
 * (spec-cni-dataplane 2.7 - 2.10). */
#include <errno.h>

#include "clock.h"
#include "cni.h"

static const char IPAMD[] = "/var/run/aws-node/ipamd.sock";
static const char AGENT[] = "/var/run/aws-node/npa.sock";

enum {
	/* Amazon's plugin waits for ever. The kubelet gives up on a sandbox after two minutes;
	 * before that it should have read why, and there must be time for the DEL that follows. */
	RPC_MS = 90000,
	DIAL_MS = 2000, /* the agent's container may not be there at all */
	RETRY_MS = 100,
	HEALTH_MS = 5000
};

/* While the daemon thinks, do what needs no answer; failures show again where it is needed. The
 * call is not ended: hanging up wakes the daemon, who would share our processor just when we need
 * it. */
static struct grpc_pending *ask(struct cni *c, const struct grpc_method *m, const void *in,
				struct err *e)
{
	struct grpc_pending *p = grpc_start(IPAMD, m, in, &c->a, now_ms() + RPC_MS, e);
	struct err later;

	if (!p)
		return NULL;
	cni_log(c);
	(void)!cni_ends_talk(c, &later);
	return p;
}

int cni_ask_add(struct cni *c, struct add_reply *r, void (*meanwhile)(void *), void *arg,
		struct err *e)
{
	/* client_version stays empty: Amazon's builds carry none, and the daemon compares */
	const struct add_request q = {
		.pod_name = c->pod,
		.pod_namespace = c->pod_ns,
		.infra_container = c->infra,
		.netns = c->netns,
		.ifname = c->ifname,
		.network_name = c->network,
		.container_id = c->container,
		.client_version = "",
		.multi_nic = c->multi_nic,
	};
	struct grpc_pending *p = ask(c, &rpc_add, &q, e);

	if (p)
		meanwhile(arg);
	if (!p || grpc_finish(p, r, &c->a, e) < 0)
		return wrap(e, "add cmd: Error received from AddNetwork gRPC call");
	if (r->success)
		return 0;
	c->details = "ipamd gave no address; /var/log/aws-routed-eni/ipamd.log says why";
	if (*r->reason)
		c->details = arena_fmt(
			&c->a, "ipamd: %s; /var/log/aws-routed-eni/ipamd.log says more", r->reason);
	return fail(e, EAGAIN, "add cmd: failed to assign an IP address to container");
}

int cni_ask_del(struct cni *c, const char *reason, const char *uid, struct del_reply *r,
		struct err *e)
{
	const struct del_request q = {
		.pod_name = c->pod,
		.pod_namespace = c->pod_ns,
		.infra_container = c->infra,
		.reason = reason,
		.ifname = c->ifname,
		.network_name = c->network,
		.container_id = c->container,
		.client_version = "",
		.pod_uid = uid,
	};
	struct grpc_pending *p = ask(c, &rpc_del, &q, e);

	return p ? grpc_finish(p, r, &c->a, e) : -1;
}

int cni_ask_health(struct cni *c, struct err *e)
{
	const struct health_request q = { "" };
	struct health_reply r;

	if (grpc_call(IPAMD, &rpc_health, &q, &r, &c->a, now_ms() + HEALTH_MS, e) < 0)
		return wrap(e, "the address daemon does not answer");
	if (r.status != HEALTH_SERVING)
		return fail(e, EAGAIN, "the address daemon is not serving (health status %d)",
			    (int)r.status);
	return 0;
}

/* As long as the agent is not there, until its time to appear is over. */
static int ask_agent(struct cni *c, const struct grpc_method *m, const struct np_request *q,
		     bool *reached, struct err *e)
{
	struct grpc_to to = { AGENT, now_ms() + DIAL_MS, now_ms() + RPC_MS, false };
	struct np_reply r;
	int rc;

	do
		rc = grpc_ask(&to, m, q, &r, &c->a, e);
	while (rc < 0 && !to.reached && pause_ms(RETRY_MS, to.dial));
	*reached = to.reached;
	if (rc == 0 && !r.success)
		return fail(e, EPROTO, "the network policy agent answered Success=false");
	return rc;
}

int cni_policy_add(struct cni *c, const char *mode, size_t interfaces, struct err *e)
{
	const struct np_request q = { c->pod, c->pod_ns, mode, (int32_t)interfaces };
	bool reached;

	return ask_agent(c, &rpc_np_add, &q, &reached, e);
}

int cni_policy_del(struct cni *c, bool *reached, struct err *e)
{
	const struct np_request q = { c->pod, c->pod_ns, "", 0 };

	return ask_agent(c, &rpc_np_del, &q, reached, e);
}

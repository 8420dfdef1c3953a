/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - what survives a restart: the checkpoint (spec-ipamd 18). */
#include "file.h"
#include "hostnet.h"
#include "ipamd.h"
#include "log.h"

/* The text's memory is kept: a pod waits while the kernel finds some. */
int state_save(struct ipamd *d, struct err *e)
{
	pool_checkpoint(&d->pool, &d->checkpoint);
	return checkpoint_write(d->config.store, &d->checkpoint, e);
}

static bool is_nameless(const struct lease *l)
{
	return !*l->network && !*l->container && !*l->ifname;
}

static int restore(struct ipamd *d, const struct lease *l, const struct links *links, struct err *e)
{
	struct ip_text ip = ip_text(l->ip);

	if (is_nameless(l)) {
		log_warn("allocation without a key is dropped address=%s", ip.s);
		return 0;
	}
	if (hostnet_pod_there(l, links, e) < 0) {
		log_info("allocation of a vanished pod is dropped address=%s reason=\"%s\"", ip.s,
			 e->msg);
		hostnet_forget_pod(l->ip);
		return 0;
	}
	if (!pool_owner(&d->pool, l->ip)) {
		log_warn("allocation of an address that no ENI has address=%s pod=%s/%s kept=%s",
			 ip.s, l->pod_ns, l->pod, *l->pod ? "true" : "false");
		if (!*l->pod) /* nor can its pod be told */
			return 0;
	}
	if (pool_restore(&d->pool, l, e) < 0)
		return wrap(e, "%s: allocation of %s", d->config.store, ip.s);
	return 0;
}

int state_load(struct ipamd *d, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct leases saved = { 0 }, kept;
	struct links links = { 0 };

	if (mkdirs_for(d->config.store, 0755, e) < 0 ||
	    checkpoint_load(d->config.store, &saved, &a, e) < 0 || hostnet_links(&links, &a, e) < 0)
		return -1;
	for (size_t i = 0; i < saved.n; i++)
		if (restore(d, &saved.v[i], &links, e) < 0)
			return -1;
	kept = pool_leases(&d->pool, &a);
	log_info("checkpoint restored path=%s allocations=%zu kept=%zu", d->config.store, saved.n,
		 kept.n);
	if (hostnet_pod_rules(kept.v, kept.n, e) < 0)
		log_warn("rules of pods were not looked after reason=\"%s\"", e->msg);
	if (state_save(d, e) < 0)
		log_warn("checkpoint is not written reason=\"%s\"", e->msg);
	return 0;
}

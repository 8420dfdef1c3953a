/* SPDX-License-Identifier: Apache-2.0 */
/* hostnet.c - the host's rules, the ENIs' routes, and the rules of pods that are gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "eni.h"
#include "hostnet.h"
#include "log.h"
#include "pod.h"

enum { LOOKS = 5, LOOK_MS = 3000 };

int hostnet_sync(const struct config *c, const struct host_facts *f, struct err *e)
{
	auto_nl struct nl nl = { 0 };
	bool changed = false;

	if (nl_open(&nl, 0, e) < 0 || host_rules_sync(&nl, &c->host, e) < 0)
		return wrap(e, "host rules");
	nl_close(&nl);
	if (nl_open_proto(&nl, NETLINK_NETFILTER, 0, 0, e) < 0 ||
	    host_snat_sync(&nl, &c->host, f, &changed, e) < 0)
		return wrap(e, "host SNAT");
	if (changed)
		log_info("SNAT rules written primary=%s vpc_cidrs=%zu", ip_text(f->primary_ip).s,
			 f->vpc.n);
	return 0;
}

int hostnet_start(const struct config *c, struct host_facts *f, struct err *e)
{
	auto_nl struct nl nl = { 0 };

	if (nl_open(&nl, 0, e) < 0 || host_primary(&nl, &c->host, f, e) < 0)
		return wrap(e, "primary ENI");
	nl_close(&nl);
	return hostnet_sync(c, f, e);
}

int hostnet_wire(const struct config *c, const struct attached *x, struct err *e)
{
	auto_nl struct nl nl = { 0 };
	struct eni_wire w = { .mac = x->mac,
			      .ip = x->ip,
			      .subnet = x->subnet,
			      .table = eni_table(x->device, x->card),
			      .mtu = c->host.mtu };

	if (nl_open(&nl, 0, e) < 0)
		return -1;
	for (int i = 1; eni_setup(&nl, &w, e) < 0; i++) {
		if (e->num != ENODEV || i == LOOKS)
			return wrap(e, "wire %s", x->id);
		(void)pause_ms(LOOK_MS, INT64_MAX);
	}
	log_info("ENI wired eni=%s table=%u address=%s", x->id, w.table, ip_text(x->ip).s);
	return 0;
}

/* ---- pods */

struct link_list {
	struct links *links;
	size_t room;
	struct arena *a;
};

static int add_link(const struct iface *i, void *arg)
{
	struct link_list *l = arg;

	if (l->links->n == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		char(*v)[IFNAMSIZ] = arena_get(l->a, room * sizeof(*v));

		if (l->links->n)
			memcpy(v, l->links->v, l->links->n * sizeof(*v));
		l->links->v = v;
		l->room = room;
	}
	memcpy(l->links->v[l->links->n++], i->name, IFNAMSIZ);
	return 0;
}

int hostnet_links(struct links *out, struct arena *a, struct err *e)
{
	auto_nl struct nl nl = { 0 };
	struct link_list l = { out, 0, a };

	*out = (struct links) { 0 };
	if (nl_open(&nl, 0, e) < 0 || iface_each(&nl, add_link, &l, e) < 0)
		return wrap(e, "list links");
	return 0;
}

int hostnet_pod_there(const struct lease *l, const struct links *links, struct err *e)
{
	char hash[POD_HASH_LEN + 1];

	if (!*l->pod_ns || !*l->pod)
		return 0;
	pod_hash(l->pod_ns, l->pod, 0, hash);
	for (size_t i = 0; i < links->n; i++)
		if (str_suffix(links->v[i], hash))
			return 0;
	return fail(e, ENOENT, "host-side veth not found for pod %s/%s", l->pod_ns, l->pod);
}

void hostnet_forget_pod(struct ip ip)
{
	auto_nl struct nl nl = { 0 };
	struct rule to = { .prio = PRIO_TO_POD, .table = TABLE_MAIN, .dst = cidr_host(ip) };
	struct rule from = { .prio = PRIO_FROM_POD, .src = cidr_host(ip) };
	struct err e;

	if (nl_open(&nl, 0, &e) < 0 || rule_remove(&nl, &to, NULL, &e) < 0)
		log_warn("rule of a vanished pod stays address=%s reason=\"%s\"", ip_text(ip).s,
			 e.msg);
	else if (rule_remove(&nl, &from, NULL, &e) < 0)
		log_warn("rule of a vanished pod stays address=%s reason=\"%s\"", ip_text(ip).s,
			 e.msg);
}

/* Every rule that has a source. */
struct sourced {
	struct rule *v;
	size_t n, room;
	struct arena *a;
};

static int note_source(const struct rule *r, void *arg)
{
	struct sourced *s = arg;

	if (!r->src.ip.family)
		return 0;
	if (s->n == s->room) {
		struct rule *v;

		s->room = s->room ? 2 * s->room : 64;
		v = arena_get(s->a, s->room * sizeof(*v));
		if (s->n)
			memcpy(v, s->v, s->n * sizeof(*v));
		s->v = v;
	}
	s->v[s->n++] = *r;
	return 0;
}

/* The last removal and the new rule go in one batch: a pod must not be left without any, should
 * this process die in between. */
static int replace_rules(struct nl *nl, const struct sourced *s, const struct rule *one,
			 struct err *e)
{
	size_t queued = 0;

	nl_begin(nl);
	for (size_t i = 0; i < s->n; i++) {
		if (!ip_eq(s->v[i].src.ip, one->src.ip))
			continue;
		if (++queued == NL_BATCH) {
			if (nl_commit(nl, e) < 0)
				return -1;
			nl_begin(nl);
			queued = 1;
		}
		if (rule_remove(nl, &s->v[i], NULL, e) < 0)
			return -1;
	}
	return rule_ensure(nl, one, e) < 0 ? -1 : nl_commit(nl, e);
}

static int make_one(struct nl *nl, const struct sourced *s, struct ip ip, struct err *e)
{
	struct rule one = { .prio = PRIO_FROM_POD, .src = cidr_host(ip) };
	size_t n = 0;
	bool right = false;

	for (size_t i = 0; i < s->n; i++) {
		if (!ip_eq(s->v[i].src.ip, ip))
			continue;
		n++;
		one.table = s->v[i].table;
		right = rule_cmp(&one, &s->v[i]) == 0;
	}
	if (n == 0 || (n == 1 && right))
		return 0;
	log_info("rules of a pod made one address=%s rules=%zu table=%u", ip_text(ip).s, n,
		 one.table);
	return replace_rules(nl, s, &one, e);
}

int hostnet_pod_rules(const struct lease *v, size_t n, struct err *e)
{
	auto_nl struct nl nl = { 0 };
	auto_arena struct arena a = { 0 };
	struct sourced s = { .a = &a };

	if (nl_open(&nl, 0, e) < 0 || rule_each(&nl, IP_V4, note_source, &s, e) < 0)
		return wrap(e, "list rules");
	for (size_t i = 0; i < n; i++)
		if (make_one(&nl, &s, v[i].ip, e) < 0)
			return -1;
	return 0;
}

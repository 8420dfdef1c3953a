/* SPDX-License-Identifier: Apache-2.0 */
/* model_service_sg.c - the security groups of a Service's load balancer, and the rules of the one
 * that is made for it (spec-lbc-nlb 7.1, 7.2). */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "servicebuild.h"
#include "track.h"

int service_sources(struct service_build *b, struct strs *out, struct err *e)
{
	bool own = b->s->source_ranges.n != 0;
	struct cidr c;

	*out = b->s->source_ranges;
	if (!own)
		annot_list(&b->l, A_NLB_SOURCE_RANGES, out, b->a);
	if (out->n > MOST_SG_RULES)
		return fail(e, EINVAL,
			    "%s: %zu CIDRs, and a security group has at most %d rules: use a "
			    "prefix list",
			    own ? "spec.loadBalancerSourceRanges"
				: "annotation load-balancer-source-ranges",
			    out->n, MOST_SG_RULES);
	for (size_t i = 0; i < out->n; i++) {
		if (cidr_parse(out->v[i], &c))
			continue;
		fail(e, EINVAL, "%s: not a CIDR: %.80s",
		     own ? "spec.loadBalancerSourceRanges" : "source ranges", out->v[i]);
		return own ? -1 : annot_blame(&b->l, A_NLB_SOURCE_RANGES, NULL, e);
	}
	return 0;
}

/* ---- the managed group */

static void add_permission(struct ec2_permissions *l, const char *protocol, int64_t from,
			   int64_t to)
{
	l->v[l->n++] = (struct ec2_permission) { .protocol = protocol,
						 .from = { from, true },
						 .to = { to, true } };
}

static void add_range(struct service_build *b, struct ec2_permissions *l, const char *protocol,
		      int64_t from, int64_t to, const char *cidr)
{
	struct ec2_permission *p;

	add_permission(l, protocol, from, to);
	p = &l->v[l->n - 1];
	if (strchr(cidr, ':')) {
		p->ranges6 = (struct ec2_range6s) { NEW(b->a, struct ec2_range6), 1 };
		p->ranges6.v[0] = (struct ec2_range6) { cidr, "" };
	} else {
		p->ranges = (struct ec2_ranges) { NEW(b->a, struct ec2_range), 1 };
		p->ranges.v[0] = (struct ec2_range) { cidr, "" };
	}
}

static void add_list(struct service_build *b, struct ec2_permissions *l, const char *protocol,
		     int64_t port, const char *id)
{
	struct ec2_permission *p;

	add_permission(l, protocol, port, port);
	p = &l->v[l->n - 1];
	p->prefix_lists = (struct ec2_prefix_lists) { NEW(b->a, struct ec2_prefix_list), 1 };
	p->prefix_lists.v[0] = (struct ec2_prefix_list) { id, "" };
}

static const char *lower(const char *s, struct arena *a)
{
	char *out = arena_str(a, *s ? s : "tcp");

	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

static int prefix_lists(struct service_build *b, struct strs *out, struct err *e)
{
	annot_list(&b->l, A_NLB_PREFIX_LISTS, out, b->a);
	for (size_t i = 0; i < out->n; i++) {
		if (str_prefix(out->v[i], "pl-"))
			continue;
		fail(e, EINVAL, "no id of a prefix list: %.80s", out->v[i]);
		return annot_blame(&b->l, A_NLB_PREFIX_LISTS, NULL, e);
	}
	return 0;
}

static int managed_sources(struct service_build *b, bool lists, struct strs *out, struct err *e)
{
	if (service_sources(b, out, e) < 0)
		return -1;
	for (size_t i = 0; i < out->n && !b->dualstack; i++) {
		if (!strchr(out->v[i], ':'))
			continue;
		fail(e, EINVAL, "unsupported v6 cidr %s when lb is not dualstack", out->v[i]);
		return annot_blame(&b->l, A_NLB_SOURCE_RANGES, NULL, e);
	}
	if (out->n || lists)
		return 0;
	strs_add(out, "0.0.0.0/0", b->a);
	if (b->dualstack)
		strs_add(out, "::/0", b->a);
	return 0;
}

/* For each port: the CIDRs, each with its ICMP rule, then the prefix lists. */
static int permissions(struct service_build *b, struct ec2_permissions *out, struct err *e)
{
	struct strs from = { 0 }, lists = { 0 };
	const char *icmp = "";
	bool path_mtu;

	if (prefix_lists(b, &lists, e) < 0 || managed_sources(b, lists.n != 0, &from, e) < 0)
		return -1;
	if (b->s->ports.n * (from.n + lists.n) > MOST_SG_RULES)
		return fail(e, EINVAL,
			    "%zu ports for %zu CIDRs and prefix lists are %zu rules, and a "
			    "security group has at most %d: give fewer source ranges, or put them "
			    "into a prefix list, or spread the ports over several Services",
			    b->s->ports.n, from.n + lists.n, b->s->ports.n * (from.n + lists.n),
			    MOST_SG_RULES);
	path_mtu = annot_str(&b->l, A_NLB_ICMP, &icmp) && strcmp(icmp, "on") == 0;
	out->v = arena_get(b->a, (b->s->ports.n * (2 * from.n + lists.n) + 1) * sizeof(*out->v));
	for (size_t i = 0; i < b->s->ports.n; i++) {
		const struct kube_service_port *p = &b->s->ports.v[i];
		const char *protocol = lower(p->protocol, b->a);

		for (size_t k = 0; k < from.n; k++) {
			bool v6 = strchr(from.v[k], ':');

			add_range(b, out, protocol, p->port, p->port, from.v[k]);
			if (path_mtu)
				add_range(b, out, v6 ? "icmpv6" : "icmp", v6 ? 2 : 3, v6 ? 0 : 4,
					  from.v[k]);
		}
		for (size_t k = 0; k < lists.n; k++)
			add_list(b, out, protocol, p->port, lists.v[k]);
	}
	return 0;
}

static int managed_group(struct service_build *b, struct err *e)
{
	const struct kube_service *s = b->s;
	struct stack_sg v = { .id = SG_ID,
			      .description = "[k8s] Managed SecurityGroup for LoadBalancer",
			      .tags = b->tags };

	if (permissions(b, &v.ingress, e) < 0)
		return -1;
	v.name = arena_fmt(
		b->a, "k8s-%s-%s-%s", track_part(s->ns, 8, b->a), track_part(s->name, 8, b->a),
		track_hash(b->a, 10,
			   (const char *const[]) { b->c->cluster, s->name, s->ns, s->uid, NULL }));
	stack_add_sg(b->out, &v, b->a);
	strs_add(&b->groups, stack_ref(STACK_SG, SG_ID, "groupID", b->a), b->a);
	return 0;
}

/* ---- which groups */

static int add_shared(struct service_build *b, struct err *e)
{
	const char *id = b->c->backend_sg_id;

	if (!*id) {
		if (facts_need(b->f, FACT_BACKEND_SG, e) < 0)
			return -1;
		id = b->f->backend_sg;
	}
	strs_add(&b->groups, id, b->a);
	b->peer = id;
	b->out->backend_sg = true;
	return 0;
}

static int given_groups(struct service_build *b, const struct strs *names, bool manage,
			struct err *e)
{
	if (groups_named(b->f, names, &b->groups, b->a, e) < 0)
		return annot_blame(&b->l, A_NLB_SECURITY_GROUPS, NULL, e);
	if (!manage)
		return 0;
	if (b->c->backend_sg)
		return add_shared(b, e);
	fail(e, EINVAL,
	     "backendSG feature is required to manage worker node SG rules when frontendSG "
	     "manually specified");
	return annot_blame(&b->l, A_NLB_MANAGE_RULES, NULL, e);
}

/* AWS adds no group to an NLB that was made without. */
int service_groups(struct service_build *b, struct err *e)
{
	const struct elb_load_balancer *have = b->f->existing;
	bool off = false, manage = b->c->manage_backend_rules, none;
	struct strs names = { 0 };

	if (annot_bool(&b->l, A_NLB_DISABLE_SG, &off, e) < 0 ||
	    annot_bool(&b->l, A_NLB_MANAGE_RULES, &manage, e) < 0)
		return -1;
	b->unmanaged = annot_raw(&b->l, A_NLB_MANAGE_RULES, NULL) && !manage;
	none = off || !b->c->gates[GATE_NLB_SECURITY_GROUP];
	if (have && !have->security_groups.n)
		return 0;
	if (none && have) {
		fail(e, EINVAL,
		     "conflicting security groups configuration: load balancer %s has security "
		     "groups, and they cannot be taken away",
		     have->arn);
		return annot_blame(&b->l, A_NLB_DISABLE_SG, NULL, e);
	}
	if (none)
		return 0;
	if (annot_list(&b->l, A_NLB_SECURITY_GROUPS, &names, b->a) == 1 && names.n)
		return given_groups(b, &names, manage, e);
	if (managed_group(b, e) < 0)
		return -1;
	if (b->c->backend_sg)
		return add_shared(b, e);
	b->peer = b->groups.v[0];
	return 0;
}

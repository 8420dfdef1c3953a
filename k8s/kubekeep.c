/* SPDX-License-Identifier: Apache-2.0 */
/* kubekeep.c - what of objects is kept: there may be thirty thousand pods. */
#include <string.h>

#include "kubestore.h"
#include "str.h"

enum part { LABEL, ANNOTATION, CONDITION };
#define QUIC "service.beta.kubernetes.io/aws-load-balancer-quic-enabled-containers"
/* Where a kind has rows for a part, nothing else of that part is kept. A name that ends in "*" is a
 * beginning; "" is none. */
static const struct keep {
	enum kube_kind kind;
	enum part part;
	const char *name;
} table[] = {
	{ KUBE_POD, LABEL, "" }, /* endpoints are the selectors' outcome; webhooks have their own */
	{ KUBE_POD, ANNOTATION, "vpc.amazonaws.com/pod-eni" },
	{ KUBE_POD, ANNOTATION, QUIC },
	{ KUBE_POD, CONDITION, "ContainersReady" },
	{ KUBE_POD, CONDITION, "target-health.elbv2.k8s.aws/*" },
	{ KUBE_NODE, ANNOTATION, "" },
	{ KUBE_NODE, CONDITION, "Ready" },
	{ KUBE_SLICE, ANNOTATION, "" },
};
/* The whole object once more, as kubectl leaves it. */
static const char LAST_APPLIED[] = "kubectl.kubernetes.io/last-applied-configuration";

static bool fits(const char *name, const char *pattern)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return strncmp(name, pattern, n - 1) == 0;
	return n && strcmp(name, pattern) == 0;
}

static bool kept(enum kube_kind kind, enum part part, const char *name)
{
	bool any = false;

	for (const struct keep *k = table; k < table + COUNT(table); k++) {
		if (k->kind != kind || k->part != part)
			continue;
		if (fits(name, k->name))
			return true;
		any = true;
	}
	return !any;
}

static void keep_tags(enum kube_kind kind, enum part part, struct tags *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].key, LAST_APPLIED) != 0 && kept(kind, part, all->v[i].key))
			all->v[n++] = all->v[i];
	all->n = n;
}

/* Of others' conditions only the status is read. */
static void keep_conditions(enum kube_kind kind, struct kube_conditions *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct kube_condition c = all->v[i];

		if (!kept(kind, CONDITION, c.type))
			continue;
		if (!strchr(c.type, '/'))
			c.reason = c.message = c.since = "";
		all->v[n++] = c;
	}
	all->n = n;
}

/* Of containers' ports the names are looked up; of containers themselves, by QUIC alone. */
static void keep_containers(struct kube_containers *all, bool names)
{
	for (size_t i = 0; i < all->n; i++) {
		struct kube_container *c = &all->v[i];
		size_t n = 0;

		for (size_t k = 0; k < c->ports.n; k++)
			if (*c->ports.v[k].name)
				c->ports.v[n++] = c->ports.v[k];
		c->ports.n = n;
		if (!names)
			c->name = "";
	}
}

static void keep_pod(struct kube_pod *p)
{
	bool quic = tag_get(&p->annotations, QUIC);

	keep_conditions(KUBE_POD, &p->conditions);
	keep_containers(&p->containers, quic);
	keep_containers(&p->init_containers, quic);
}

void kube_keep(enum kube_kind kind, void *object)
{
	struct kube_meta *m = object;

	keep_tags(kind, LABEL, &m->labels);
	keep_tags(kind, ANNOTATION, &m->annotations);
	if (kind == KUBE_POD)
		keep_pod(object);
	if (kind == KUBE_NODE)
		keep_conditions(kind, &((struct kube_node *)object)->conditions);
}

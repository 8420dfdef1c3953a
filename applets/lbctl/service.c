/* SPDX-License-Identifier: Apache-2.0 */
/* service.c - which Services are ours, and what one of them becomes. */
#include <errno.h>
#include <string.h>

#include "servicebuild.h"
#include "track.h"

#define FINALIZER "service.k8s.aws/resources"
#define DELETION_PROTECTION "deletion_protection.enabled"

static struct annotations annotations_of(const struct kube_service *s)
{
	return (struct annotations) { ANNOT_SERVICE, { &s->annotations, NULL } };
}

bool service_ours(const struct lbconfig *c, const struct kube_service *s)
{
	struct annotations l = annotations_of(s);
	const char *type = "", *target = "";

	if (s->deleted)
		return false;
	if (c->gates[GATE_SERVICE_LB_ONLY] && strcmp(s->type, "LoadBalancer") != 0)
		return false;
	if (s->class)
		return strcmp(s->class, c->lb_class) == 0;
	if (!annot_str(&l, A_NLB_TYPE, &type))
		return false;
	if (strcmp(type, "nlb-ip") == 0)
		return true;
	return strcmp(type, "external") == 0 && annot_str(&l, A_NLB_TARGET_TYPE, &target) &&
	       (strcmp(target, "ip") == 0 || strcmp(target, "instance") == 0);
}

int service_word(struct service_build *b, enum annot_id id, const char *what,
		 const char *const *words, const char **out, struct err *e)
{
	const char *v;

	if (!annot_str(&b->l, id, &v))
		return 0;
	for (; *words; words++) {
		if (strcmp(v, *words) == 0) {
			*out = *words;
			return 1;
		}
	}
	fail(e, EINVAL, "unknown %s: %.100s", what, v);
	return annot_blame(&b->l, id, NULL, e);
}

/* It is going: everything shall go, unless its load balancer is protected. */
static int leave(const struct kube_service *s, struct arena *a, struct err *e)
{
	struct annotations l = annotations_of(s);
	struct tags attributes = { 0 };
	const char *v;
	bool held = false, on = false;

	for (size_t i = 0; i < s->finalizers.n; i++)
		held = held || strcmp(s->finalizers.v[i], FINALIZER) == 0;
	if (!held)
		return 0;
	if (annot_map(&l, A_NLB_ATTRIBUTES, NULL, &attributes, a, e) < 0)
		return -1;
	v = tag_get(&attributes, DELETION_PROTECTION);
	if (v && !str_bool(v, &on)) {
		fail(e, EINVAL, "failed to parse attribute " DELETION_PROTECTION "=%.60s", v);
		return annot_blame(&l, A_NLB_ATTRIBUTES, NULL, e);
	}
	if (on)
		return fail(e, EINVAL,
			    "deletion_protection is enabled, cannot delete the service: %s",
			    s->name);
	return 0;
}

static int user_tags(struct service_build *b, struct err *e)
{
	struct tags user = { 0 };

	if (annot_map(&b->l, A_NLB_TAGS, NULL, &user, b->a, e) < 0)
		return -1;
	if (track_user_tags(b->c, &user, &b->tags, b->a, e) < 0)
		return annot_blame(&b->l, A_NLB_TAGS, NULL, e);
	return 0;
}

int model_service(const struct lbconfig *c, const struct kube_service *s,
		  const struct model_objects *o, struct facts *f, struct stack *out,
		  struct arena *a, struct err *e)
{
	struct service_build b = { .c = c, .s = s, .f = f, .out = out, .a = a };

	(void)o; /* other Services count with weighted target groups, which are not built yet */
	*out = (struct stack) { .id = arena_fmt(a, "%s/%s", s->ns, s->name),
				.ns = s->ns,
				.name = s->name,
				.prefix = "service.k8s.aws" };
	b.l = annotations_of(s);
	if (!service_ours(c, s))
		return leave(s, a, e);
	if (s->ports.n > MOST_PORTS)
		return fail(e, EINVAL,
			    "%zu ports, and an NLB has at most %d listeners: spread them over "
			    "several Services",
			    s->ports.n, MOST_PORTS);
	if (annot_built(&b.l, ON_SERVICE, e) < 0 || service_place(&b, e) < 0 ||
	    user_tags(&b, e) < 0 || service_groups(&b, e) < 0 || service_load_balancer(&b, e) < 0)
		return -1;
	return service_listeners(&b, e);
}

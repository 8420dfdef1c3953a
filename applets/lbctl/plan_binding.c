/* SPDX-License-Identifier: Apache-2.0 */
/* plan_binding.c - TargetGroupBindings (spec-lbc-nlb 9.6, spec-lbc-alb 20.9). They are found by the
 * target group that they bind, not by name: a group that was renamed keeps its binding. */
#include <string.h>

#include "kubebinding.h"
#include "plan.h"
#include "tagset.h"
#include "track.h"

#define BINDINGS "/apis/elbv2.k8s.aws/v1beta1/namespaces/%s/targetgroupbindings"

static const char *title_of(struct planner *p, const char *ns, const char *name)
{
	return arena_fmt(p->a, "TargetGroupBinding %s/%s", ns, name);
}

static struct json *map(const struct tags *t)
{
	struct json *j = json_object();

	for (size_t i = 0; i < t->n; i++)
		json_add_str(j, t->v[i].key, t->v[i].value);
	return j;
}

static bool checkpoint(const char *key)
{
	return strncmp(key, "elbv2.k8s.aws/checkpoint", 24) == 0;
}

/* Without the checkpoint, which is not ours to plan: when anything else differs it goes, so that
 * the targets are looked at anew. */
static struct tags plain(const struct tags *t, struct arena *a)
{
	struct tags out = { arena_get(a, t->n * sizeof(*out.v)), 0 };

	for (size_t i = 0; i < t->n; i++)
		if (!checkpoint(t->v[i].key))
			out.v[out.n++] = t->v[i];
	return out;
}

/* The references put in. */
static const struct kube_binding *resolved(struct planner *p, const struct kube_binding *b)
{
	struct kube_binding *copy = shape_dup(&kube_binding_shape, b, p->a);

	if (b->arn)
		copy->arn = plan_value(p, b->arn);
	if (!copy->networking)
		return copy;
	for (size_t i = 0; i < copy->networking->ingress.n; i++) {
		struct kube_peers *from = &copy->networking->ingress.v[i].from;

		for (size_t k = 0; k < from->n; k++)
			if (from->v[k].group)
				from->v[k].group = plan_value(p, from->v[k].group);
	}
	return copy;
}

/* Its place among those that are there, or their number. */
static size_t match(const struct planner *p, const char *arn)
{
	size_t i = 0;

	for (; i < p->have->nbindings; i++)
		if (arn && strcmp(p->have->bindings[i]->arn, arn) == 0 &&
		    !p->have->bindings[i]->deleted)
			break;
	return i;
}

/* The same for one that has its name, and binds something else or is on its way out. */
static size_t namesake(const struct planner *p, const struct kube_binding *b)
{
	size_t i = 0;

	for (; i < p->have->nbindings; i++)
		if (strcmp(p->have->bindings[i]->ns, b->ns) == 0 &&
		    strcmp(p->have->bindings[i]->name, b->name) == 0)
			break;
	return i;
}

static void delete (struct planner *p, const struct kube_binding *h)
{
	struct step *s =
		plan_kube(p, STEP_DELETE, "DELETE", arena_fmt(p->a, BINDINGS "/%s", h->ns, h->name),
			  NULL, title_of(p, h->ns, h->name));

	s->gone = s->path;
}

static struct json *whole(const struct kube_binding *b, const struct tags *labels,
			  const struct tags *annotations)
{
	struct json *j = json_object(), *meta = json_object();

	json_add(meta, "labels", map(labels));
	json_add(meta, "annotations", map(annotations));
	json_add(j, "metadata", meta);
	json_add(j, "spec", kube_binding_spec(b));
	return j;
}

static void create(struct planner *p, const struct kube_binding *b, const struct tags *labels)
{
	auto_json struct json *j = json_object();
	struct json *meta = json_object();
	struct step *s;

	json_add_str(j, "apiVersion", "elbv2.k8s.aws/v1beta1");
	json_add_str(j, "kind", "TargetGroupBinding");
	json_add_str(meta, "namespace", b->ns);
	json_add_str(meta, "name", b->name);
	json_add(meta, "labels", map(labels));
	if (b->annotations.n)
		json_add(meta, "annotations", map(&b->annotations));
	json_add(j, "metadata", meta);
	json_add(j, "spec", kube_binding_spec(b));
	s = plan_kube(p, STEP_CREATE, "POST", arena_fmt(p->a, BINDINGS, b->ns), j,
		      title_of(p, b->ns, b->name));
	for (const struct json *m = json_first(json_member(j, "spec")); m; m = json_next(m))
		step_line(p, s, arena_str(p->a, json_key(m)), NULL, json_words(m, p->a));
}

/* The original's patch takes away foreign labels and annotations too. */
static void update(struct planner *p, const struct kube_binding *want, const struct tags *labels,
		   const struct kube_binding *have)
{
	struct tags annotations = plain(&have->annotations, p->a);
	auto_json struct json *is = whole(have, &have->labels, &annotations);
	auto_json struct json *shall = whole(want, labels, &want->annotations);
	auto_json struct json *all = NULL, *patch = kube_merge_patch(is, shall);
	struct step *s;

	if (!patch)
		return;
	all = whole(have, &have->labels, &have->annotations);
	json_free(&patch);
	patch = kube_merge_patch(all, shall);
	s = plan_kube(p, STEP_CHANGE, "PATCH",
		      arena_fmt(p->a, BINDINGS "/%s", have->ns, have->name), patch,
		      title_of(p, have->ns, have->name));
	for (const char *const *part = (const char *const[]) { "spec", "metadata", NULL }; *part;
	     part++)
		for (const struct json *m = json_first(json_member(patch, *part)); m;
		     m = json_next(m))
			step_line(
				p, s, arena_str(p->a, json_key(m)),
				json_words(json_member(json_member(all, *part), json_key(m)), p->a),
				json_words(m, p->a));
}

static void bind(struct planner *p, const struct kube_binding *b, const struct tags *own,
		 bool *kept)
{
	struct tags labels = tagset_merge(&b->labels, own, p->a);
	size_t n = p->have->nbindings, at = match(p, b->arn), old = namesake(p, b);

	if (at < n) {
		kept[at] = true;
		update(p, b, &labels, p->have->bindings[at]);
		return;
	}
	/* What a binding binds can never be changed: one of that name must go first. */
	if (old < n && !kept[old]) {
		kept[old] = true;
		delete (p, p->have->bindings[old]);
	}
	create(p, b, &labels);
}

void plan_bindings(struct planner *p)
{
	struct tags labels = track_labels(p->want, p->a);

	p->kept = arena_get(p->a, p->have->nbindings * sizeof(*p->kept));
	for (size_t i = 0; i < p->want->nbindings; i++)
		bind(p, resolved(p, &p->want->bindings[i].spec), &labels, p->kept);
}

void plan_bindings_gone(struct planner *p)
{
	for (size_t i = 0; i < p->have->nbindings && !p->want->partial; i++)
		if (!p->kept[i])
			delete (p, p->have->bindings[i]);
}

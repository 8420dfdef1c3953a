/* SPDX-License-Identifier: Apache-2.0 */
/* track.c - hashed names, tracking tags and labels; which tags to set and which to take away. */
#include <errno.h>
#include <string.h>

#include "hash.h"
#include "tagset.h"
#include "track.h"

#define TAG_CLUSTER "elbv2.k8s.aws/cluster"
#define TAG_LEGACY_CLUSTER "ingress.k8s.aws/cluster"

/* Keys of older controllers that are left alone. The first takes the cluster's name. */
static const char *const legacy_keys[] = {
	"kubernetes.io/cluster/",     "kubernetes.io/cluster-name", "kubernetes.io/namespace",
	"kubernetes.io/ingress-name", "kubernetes.io/service-name", "kubernetes.io/service-port",
	TAG_LEGACY_CLUSTER,
};

static bool alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

const char *track_part(const char *s, size_t n, struct arena *a)
{
	char *out = arena_get(a, n + 1);
	size_t k = 0;

	for (; *s && k < n; s++)
		if (alphanumeric(*s))
			out[k++] = *s;
	return out;
}

const char *track_hash(struct arena *a, size_t n, const char *const *parts)
{
	char *text = arena_get(a, 2 * SHA256_LEN + 1);
	uint8_t digest[SHA256_LEN];
	auto_buf struct buf all = { 0 };

	for (; *parts; parts++)
		buf_str(&all, *parts);
	sha256(all.p ? all.p : "", all.len, digest);
	hex(digest, sizeof(digest), text);
	text[n] = '\0';
	return text;
}

const char *track_backend_sg(const struct lbconfig *c, struct arena *a)
{
	return arena_fmt(a, "k8s-traffic-%s-%s", track_part(c->cluster, 232, a),
			 track_hash(a, 10, (const char *const[]) { c->cluster, NULL }));
}

/* ---- tags */

static struct tags own_tags(const struct lbconfig *c, const struct stack *s, const char *cluster,
			    struct arena *a)
{
	struct tags out = { 0 };

	tagset_put(&out, cluster, c->cluster, a);
	tagset_put(&out, arena_fmt(a, "%s/stack", s->prefix), s->id, a);
	return out;
}

struct tags track_stack_tags(const struct lbconfig *c, const struct stack *s, struct arena *a)
{
	return own_tags(c, s, TAG_CLUSTER, a);
}

struct tags track_legacy_tags(const struct lbconfig *c, const struct stack *s, struct arena *a)
{
	return own_tags(c, s, TAG_LEGACY_CLUSTER, a);
}

struct tags track_tags(const struct lbconfig *c, const struct stack *s, const char *resource,
		       const struct tags *tags, struct arena *a)
{
	struct tags own = track_stack_tags(c, s, a);

	tagset_put(&own, arena_fmt(a, "%s/resource", s->prefix), resource, a);
	return tagset_merge(tags, &own, a);
}

struct tags track_backend_tags(const struct lbconfig *c, struct arena *a)
{
	struct tags own = { 0 };

	tagset_put(&own, TAG_CLUSTER, c->cluster, a);
	tagset_put(&own, "elbv2.k8s.aws/resource", "backend-sg", a);
	return tagset_merge(&c->default_tags, &own, a);
}

bool track_has(const struct tags *all, const struct tags *wanted)
{
	for (size_t i = 0; i < wanted->n; i++) {
		const char *v = tag_get(all, wanted->v[i].key);

		if (!v || strcmp(v, wanted->v[i].value) != 0)
			return false;
	}
	return true;
}

bool track_ours(const struct lbconfig *c, const struct tags *t)
{
	static const char *const keys[] = { TAG_CLUSTER, TAG_LEGACY_CLUSTER };

	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *v = tag_get(t, keys[i]);

		if (v && strcmp(v, c->cluster) == 0)
			return true;
	}
	return false;
}

struct tags track_labels(const struct stack *s, struct arena *a)
{
	struct tags out = { 0 };

	if (!*s->ns) {
		tagset_put(&out, arena_fmt(a, "%s/stack", s->prefix), s->name, a);
		return out;
	}
	tagset_put(&out, arena_fmt(a, "%s/stack-name", s->prefix), s->name, a);
	tagset_put(&out, arena_fmt(a, "%s/stack-namespace", s->prefix), s->ns, a);
	return out;
}

static bool among(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

static bool legacy_key(const struct lbconfig *c, const char *key)
{
	size_t n = strlen(legacy_keys[0]);

	for (size_t i = 1; i < COUNT(legacy_keys); i++)
		if (strcmp(key, legacy_keys[i]) == 0)
			return true;
	return strncmp(key, legacy_keys[0], n) == 0 && strcmp(key + n, c->cluster) == 0;
}

static bool left_alone(const struct lbconfig *c, bool legacy, const char *key)
{
	return str_prefix(key, "aws:") || among(&c->external_tags, key) ||
	       (legacy && legacy_key(c, key));
}

void track_diff(const struct lbconfig *c, bool legacy, const struct tags *want,
		const struct tags *have, struct tags *set, struct strs *gone, struct arena *a)
{
	struct tags none = { 0 }, now = tagset_merge(have, &none, a);

	*set = none;
	*gone = (struct strs) { 0 };
	for (size_t i = 0; i < want->n; i++) {
		const char *v = tag_get(have, want->v[i].key);

		if ((!v || strcmp(v, want->v[i].value) != 0) &&
		    !left_alone(c, legacy, want->v[i].key))
			tagset_put(set, want->v[i].key, want->v[i].value, a);
	}
	tagset_sort(set);
	for (size_t i = 0; i < now.n; i++)
		if (!tag_get(want, now.v[i].key) && !left_alone(c, legacy, now.v[i].key))
			strs_add(gone, now.v[i].key, a);
}

int track_user_tags(const struct lbconfig *c, const struct tags *user, struct tags *out,
		    struct arena *a, struct err *e)
{
	for (size_t i = 0; i < user->n; i++)
		if (among(&c->external_tags, user->v[i].key))
			return fail(e, EINVAL, "external managed tag key %s cannot be specified",
				    user->v[i].key);
	*out = c->gates[GATE_DEFAULT_TAGS_LOW] ? tagset_merge(&c->default_tags, user, a)
					       : tagset_merge(user, &c->default_tags, a);
	return 0;
}

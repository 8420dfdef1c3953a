/* SPDX-License-Identifier: Apache-2.0 */
/* elbattr.c - attributes: what a thing has, its defaults, and which values fit. */
#include <stdlib.h>
#include <string.h>

#include "elb.h"

enum on {
	ON_APP = 1,
	ON_NET = 2,
	ON_HTTP = 4,      /* target groups: HTTP and HTTPS */
	ON_STREAM_IP = 8, /* TCP, TLS and QUIC, addresses */
	ON_STREAM = 16,   /* the same, instances */
	ON_UDP = 32,      /* UDP, TCP_UDP */
	ON_ALB_GROUP = 64,
	ON_TCP_LISTENER = 128,
	ON_HTTP_LISTENER = 256,
	ON_HTTPS_LISTENER = 512,
	ON_INTERNAL = 1024 /* beside ON_APP or ON_NET */
};

static const struct row {
	unsigned on;
	const char *key, *def, *values;
} rows[] = {
#define ATTR(on, key, def, values) { on, key, def, values },
#include "elbattr.def"
#undef ATTR
};

unsigned lb_attrs_on(const struct lb *lb)
{
	return (lb_is_app(lb) ? ON_APP : ON_NET) |
	       (strcmp(lb->v->scheme, "internal") == 0 ? ON_INTERNAL : 0u);
}

unsigned listener_attrs_on(const struct listener *l)
{
	if (strcmp(l->v->protocol, "TCP") == 0)
		return ON_TCP_LISTENER;
	if (strcmp(l->v->protocol, "HTTP") == 0)
		return ON_HTTP_LISTENER;
	return strcmp(l->v->protocol, "HTTPS") == 0 ? ON_HTTPS_LISTENER : 0;
}

unsigned group_attrs_on(const struct tgroup *g)
{
	if (group_is_http(g))
		return ON_HTTP;
	if (strcmp(g->v->target_type, "alb") == 0)
		return ON_ALB_GROUP;
	if (strstr(g->v->protocol, "UDP"))
		return ON_UDP;
	return strcmp(g->v->target_type, "ip") == 0 ? ON_STREAM_IP : ON_STREAM;
}

static const char *def_of(const struct row *r, unsigned on)
{
	bool closed = on & ON_INTERNAL && strcmp(r->key, "ipv6.deny_all_igw_traffic") == 0;

	return closed ? "true" : r->def;
}

/* ---- values ---- */

/* n bytes of a pattern: a word, or a range of numbers. */
static bool alternative(const char *p, size_t n, const char *value)
{
	const char *dash = memchr(p, '-', n);
	uint64_t v;

	if (!dash || *p < '0' || *p > '9')
		return strlen(value) == n && strncmp(p, value, n) == 0;
	return str_u64(value, &v) && v >= strtoull(p, NULL, 10) &&
	       v <= strtoull(dash + 1, NULL, 10);
}

static bool fits(const char *values, const char *value)
{
	bool any = !*values;

	while (!any && values) {
		const char *bar = strchr(values, '|');

		any = alternative(values, bar ? (size_t)(bar - values) : strlen(values), value);
		values = bar ? bar + 1 : NULL;
	}
	return any;
}

static const struct row *row_of(unsigned on, const char *key, bool *known)
{
	*known = false;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (strcmp(rows[i].key, key) != 0)
			continue;
		*known = true;
		if (rows[i].on & on)
			return &rows[i];
	}
	return NULL;
}

static int check(unsigned on, const char *what, const struct tag *t, struct err *e)
{
	const char *key = t->key ? t->key : "", *value = t->value ? t->value : "";
	bool known;
	const struct row *r = row_of(on, key, &known);

	if (!known)
		return world_refuse(e, "ValidationError",
				    "%s attribute key '%.100s' is not recognized", what, key);
	if (!r)
		return world_refuse(e, "InvalidConfigurationRequest",
				    "%s attribute key '%.100s' is not supported on this type", what,
				    key);
	if (!fits(r->values, value))
		return world_refuse(e, "ValidationError",
				    "%s attribute value '%.100s' for key '%s' must be one of: %s",
				    what, value, key, r->values);
	return 0;
}

int attrs_set(struct elb *b, unsigned on, const char *what, struct world_tag **attrs,
	      const struct tags *set, struct err *e)
{
	if (!set->n)
		return world_refuse(e, "ValidationError",
				    "At least one attribute must be specified");
	for (size_t i = 0; i < set->n; i++)
		if (check(on, what, &set->v[i], e) < 0)
			return -1;
	for (size_t i = 0; i < set->n; i++)
		world_tag(b->w, attrs, set->v[i].key, set->v[i].value ? set->v[i].value : "");
	return 0;
}

const char *attr_get(unsigned on, const struct world_tag *attrs, const char *key)
{
	const char *set = world_tag_get(attrs, key);
	bool known;
	const struct row *r = row_of(on, key, &known);

	return !r ? "" : set ? set : def_of(r, on);
}

struct attributes attrs_all(unsigned on, const struct world_tag *attrs, struct arena *a)
{
	struct attributes out = { { arena_get(a, COUNT(rows) * sizeof(struct tag)), 0 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		const char *set = world_tag_get(attrs, r->key);

		if (r->on & on)
			out.attributes.v[out.attributes.n++] =
				(struct tag) { r->key, set ? set : def_of(r, on) };
	}
	if (!out.attributes.n)
		out.attributes.v = list_shown;
	return out;
}

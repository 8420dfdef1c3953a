/* SPDX-License-Identifier: Apache-2.0 */
/* elbtag.c - tags of load balancers, listeners, rules and target groups. */
#include <string.h>

#include "elb.h"

enum { MAX_TAGS = 50, MAX_KEY = 128, MAX_VALUE = 256, MAX_TAGGED = 20 };

static size_t length(const char *s)
{
	uint32_t rune;
	size_t n = 0;

	for (size_t step; *s; s += step ? step : 1, n++)
		step = str_rune(s, &rune);
	return n;
}

static int check(const struct tag *t, struct err *e)
{
	const char *key = t->key ? t->key : "", *value = t->value ? t->value : "";

	if (!*key || length(key) > MAX_KEY)
		return world_refuse(e, "ValidationError",
				    "Tag key '%.150s' must be 1 to %d characters long", key,
				    MAX_KEY);
	if (length(value) > MAX_VALUE)
		return world_refuse(e, "ValidationError",
				    "Tag value of key '%s' must be at most %d characters long", key,
				    MAX_VALUE);
	if (strncasecmp(key, "aws:", 4) == 0)
		return world_refuse(e, "ValidationError",
				    "Tag keys that begin with 'aws:' are reserved: '%.150s'", key);
	return 0;
}

int tags_check_new(const struct world_tag *have, const struct tags *add, struct err *e)
{
	size_t total = 0;

	for (const struct world_tag *t = have; t; t = t->next)
		total++;
	for (size_t i = 0; i < add->n; i++) {
		if (check(&add->v[i], e) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (strcmp(add->v[k].key, add->v[i].key) == 0)
				return world_refuse(e, "DuplicateTagKeys",
						    "A tag key was specified more than once: '%s'",
						    add->v[i].key);
		total += !world_tag_get(have, add->v[i].key);
	}
	if (total > MAX_TAGS)
		return world_refuse(e, "TooManyTags",
				    "You've reached the limit on the number of tags: %d", MAX_TAGS);
	return 0;
}

void tags_add(struct elb *b, struct world_tag **tags, const struct tags *add)
{
	for (size_t i = 0; i < add->n; i++)
		world_tag(b->w, tags, add->v[i].key, add->v[i].value ? add->v[i].value : "");
}

/* ---- actions ---- */

static int tags_of(struct elb *b, const char *arn, struct world_tag ***out, struct err *e)
{
	struct listener *l;
	struct tgroup *g;
	struct lb_rule *r;
	struct lb *lb;

	*out = NULL;
	if (strstr(arn, ":loadbalancer/"))
		return elb_lb(b, arn, &lb, e) < 0 ? -1 : (*out = &lb->tags, 0);
	if (strstr(arn, ":listener/"))
		return elb_listener(b, arn, &l, e) < 0 ? -1 : (*out = &l->tags, 0);
	if (strstr(arn, ":listener-rule/"))
		return elb_rule(b, arn, &r, e) < 0 ? -1 : (*out = &r->tags, 0);
	if (strstr(arn, ":targetgroup/"))
		return elb_group(b, arn, &g, e) < 0 ? -1 : (*out = &g->tags, 0);
	return world_refuse(e, "ValidationError", "'%.200s' is not a valid ARN", arn);
}

static int many(const struct strs *arns, const char *what, struct err *e)
{
	if (!arns->n)
		return world_refuse(e, "ValidationError",
				    "At least one resource must be specified");
	if (arns->n > MAX_TAGGED)
		return world_refuse(e, "ValidationError", "Cannot have more than %d resources %s",
				    MAX_TAGGED, what);
	return 0;
}

int tag_act_add(struct api_call *c, struct err *e)
{
	const struct elb_add_tags *in = c->in;
	struct elb *b = c->api->elb;
	struct world_tag **tags;

	if (many(&in->arns, "tagged", e) < 0)
		return -1;
	if (!in->tags.n)
		return world_refuse(e, "ValidationError", "At least one tag must be specified");
	for (size_t i = 0; i < in->arns.n; i++)
		if (tags_of(b, in->arns.v[i], &tags, e) < 0 ||
		    tags_check_new(*tags, &in->tags, e) < 0)
			return -1;
	for (size_t i = 0; i < in->arns.n; i++) {
		if (tags_of(b, in->arns.v[i], &tags, e) < 0)
			return -1;
		tags_add(b, tags, &in->tags);
	}
	return 0;
}

int tag_act_remove(struct api_call *c, struct err *e)
{
	const struct elb_remove_tags *in = c->in;
	struct elb *b = c->api->elb;
	struct world_tag **tags;

	if (many(&in->arns, "untagged", e) < 0)
		return -1;
	if (!in->keys.n)
		return world_refuse(e, "ValidationError", "At least one tag key must be specified");
	for (size_t i = 0; i < in->arns.n; i++)
		if (tags_of(b, in->arns.v[i], &tags, e) < 0)
			return -1;
	for (size_t i = 0; i < in->arns.n; i++) {
		if (tags_of(b, in->arns.v[i], &tags, e) < 0)
			return -1;
		for (size_t k = 0; k < in->keys.n; k++)
			world_untag(tags, in->keys.v[k], NULL);
	}
	return 0;
}

int tag_act_describe(struct api_call *c, struct err *e)
{
	const struct elb_describe_tags *in = c->in;
	struct elb *b = c->api->elb;
	struct world_tag **tags;

	if (many(&in->arns, "described", e) < 0)
		return -1;
	for (size_t i = 0; i < in->arns.n; i++)
		if (tags_of(b, in->arns.v[i], &tags, e) < 0)
			return -1;
	buf_str(c->out, "<TagDescriptions>");
	for (size_t i = 0; i < in->arns.n; i++) {
		if (tags_of(b, in->arns.v[i], &tags, e) < 0)
			return -1;
		buf_str(c->out, "<member>");
		xml_el(c->out, "ResourceArn", in->arns.v[i]);
		buf_str(c->out, "<Tags>");
		for (const struct world_tag *t = *tags; t; t = t->next) {
			buf_str(c->out, "<member>");
			xml_el(c->out, "Key", t->key);
			xml_el(c->out, "Value", t->value);
			buf_str(c->out, "</member>");
		}
		buf_str(c->out, "</Tags></member>");
	}
	buf_str(c->out, "</TagDescriptions>");
	return 0;
}

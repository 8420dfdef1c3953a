/* SPDX-License-Identifier: Apache-2.0 */
/* ec2tag.c - tags put on what the simulated VPC has. */
#include <string.h>

#include "ec2act.h"
#include "sgroup.h"

enum { MAX_TAGS = 50, MAX_KEY = 127, MAX_VALUE = 255 };

static int tag_check(const char *key, const char *value, struct err *e)
{
	if (str_prefix(key, "aws:"))
		return world_refuse(e, "InvalidParameterValue",
				    "Value ( %.127s ) for parameter key is invalid. Tag keys "
				    "starting with 'aws:' are reserved for internal use",
				    key);
	if (strlen(key) > MAX_KEY)
		return world_refuse(e, "InvalidParameterValue",
				    "Tag key exceeds the maximum length of %d characters", MAX_KEY);
	if (strlen(value) > MAX_VALUE)
		return world_refuse(e, "InvalidParameterValue",
				    "Tag value exceeds the maximum length of %d characters",
				    MAX_VALUE);
	return 0;
}

static const char *nth(const struct api_call *c, const char *prefix, size_t n, const char *part)
{
	return param(c, arena_fmt(c->a, "%s.%zu.%s", prefix, n, part));
}

static int tags_check(const struct api_call *c, const char *prefix, const struct world_tag *tags,
		      struct err *e)
{
	const char *key, *value;
	size_t total = 0;

	for (const struct world_tag *t = tags; t; t = t->next)
		total++;
	for (size_t n = 1; (key = nth(c, prefix, n, "Key")); n++) {
		value = nth(c, prefix, n, "Value");
		if (tag_check(key, value ? value : "", e) < 0)
			return -1;
		total += !world_tag_get(tags, key);
		if (total > MAX_TAGS)
			return world_refuse(e, "TagLimitExceeded",
					    "The maximum number of Tags for a resource has been "
					    "reached.");
	}
	return 0;
}

int tags_put(struct api_call *c, const char *prefix, struct world_tag **tags, struct err *e)
{
	const char *key, *value;

	if (tags_check(c, prefix, *tags, e) < 0)
		return -1;
	for (size_t n = 1; (key = nth(c, prefix, n, "Key")); n++) {
		value = nth(c, prefix, n, "Value");
		world_tag(c->w, tags, key, value ? value : "");
	}
	return 0;
}

static int not_there(struct err *e, const char *code, const char *kind, const char *id)
{
	return world_refuse(e, code, "The %s ID '%.100s' does not exist", kind, id);
}

/* The list of tags of a resource. */
static int tags_of(struct world *w, const char *id, struct world_tag ***out, struct err *e)
{
	struct instance *i = str_prefix(id, "i-") ? world_instance(w, id) : NULL;
	struct subnet *s = world_subnet(w, id);
	struct eni *n = world_eni(w, id);
	struct sgroup *g = sgroup_find(w, id);

	*out = g ? &g->tags : i ? &i->tags : s ? &s->tags : n ? &n->tags : NULL;
	if (strcmp(id, w->vpc_id) == 0)
		*out = &w->vpc_tags;
	if (*out)
		return 0;
	if (str_prefix(id, "i-"))
		return not_there(e, "InvalidInstanceID.NotFound", "instance", id);
	if (str_prefix(id, "subnet-"))
		return not_there(e, "InvalidSubnetID.NotFound", "subnet", id);
	if (str_prefix(id, "sg-"))
		return world_refuse(e, "InvalidGroup.NotFound",
				    "The security group '%.100s' does not exist", id);
	if (str_prefix(id, "eni-"))
		return not_there(e, "InvalidNetworkInterfaceID.NotFound", "networkInterface", id);
	return world_refuse(e, "InvalidID", "The ID '%.100s' is not valid", id);
}

int tags_create(struct api_call *c, struct err *e)
{
	struct strs ids = param_list(c, "ResourceId");
	struct world_tag **tags;

	for (size_t i = 0; i < ids.n; i++)
		if (tags_of(c->w, ids.v[i], &tags, e) < 0 || tags_check(c, "Tag", *tags, e) < 0)
			return -1;
	for (size_t i = 0; i < ids.n; i++)
		if (tags_of(c->w, ids.v[i], &tags, e) < 0 || tags_put(c, "Tag", tags, e) < 0)
			return -1;
	xml_el_bool(c->out, "return", true);
	return 0;
}

/* A tag with a value goes only if it has that value; no tags: all but reserved ones. */
static void drop(struct api_call *c, struct world_tag **tags)
{
	const char *key;

	for (size_t n = 1; (key = nth(c, "Tag", n, "Key")); n++)
		world_untag(tags, key, param_given(c, arena_fmt(c->a, "Tag.%zu.Value", n)));
	if (nth(c, "Tag", 1, "Key"))
		return;
	while (*tags)
		*tags = (*tags)->next;
}

int tags_delete(struct api_call *c, struct err *e)
{
	struct strs ids = param_list(c, "ResourceId");
	struct world_tag **tags;

	for (size_t i = 0; i < ids.n; i++)
		if (tags_of(c->w, ids.v[i], &tags, e) < 0)
			return -1;
	for (size_t i = 0; i < ids.n; i++) {
		if (tags_of(c->w, ids.v[i], &tags, e) < 0)
			return -1;
		drop(c, tags);
	}
	xml_el_bool(c->out, "return", true);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* elbgroup.c - target groups and their health checks: what AWS takes, and its defaults. */
#include <stdlib.h>
#include <string.h>

#include "elb.h"
#include "elbgroup.h"

/* ---- create ---- */

static struct tgroup *named(const struct elb *b, const char *name)
{
	struct tgroup *g = b->groups;

	while (g && strcmp(g->v->name, name) != 0)
		g = g->next;
	return g;
}

static bool same_settings(const struct elb_target_group *have, const struct elb_target_group *want)
{
	struct elb_target_group v = *want;

	v.arn = have->arn;
	return elb_same(&elb_target_group_shape, have, &v);
}

static struct tgroup *add(struct elb *b, struct elb_target_group *v, struct arena *a)
{
	struct tgroup **at = &b->groups;

	v->arn = elb_arn(b, a, arena_fmt(a, "targetgroup/%s/%s", v->name, elb_hex(b, a)));
	while (*at)
		at = &(*at)->next;
	*at = xalloc(sizeof(**at));
	**at = (struct tgroup) { 0 };
	elb_replace(&elb_target_group_shape, &(*at)->v, v);
	return *at;
}

static int room_check(const struct elb *b, struct err *e)
{
	int n = 0, most = b->c.quota[ELB_MAX_GROUPS];

	for (const struct tgroup *g = b->groups; g; g = g->next)
		n++;
	if (n >= most)
		return world_refuse(e, "TooManyTargetGroups",
				    "You've reached the limit on the number of target groups: %d",
				    most);
	return 0;
}

static int create(struct elb *b, const struct elb_create_target_group *in, struct tgroup **out,
		  struct arena *a, struct err *e)
{
	struct elb_target_group v;

	if (group_settle(b, in, &v, a, e) < 0 || tags_check_new(NULL, &in->tags, e) < 0)
		return -1;
	*out = named(b, v.name);
	if (*out && !same_settings((*out)->v, &v))
		return world_refuse(e, "DuplicateTargetGroupName",
				    "A target group with the same name '%s' exists, but with "
				    "different settings",
				    v.name);
	if (*out)
		return 0; /* tags are not looked at, and stay */
	if (room_check(b, e) < 0)
		return -1;
	*out = add(b, &v, a);
	tags_add(b, &(*out)->tags, &in->tags);
	return 0;
}

/* ---- actions ---- */

static void show(struct api_call *c, const struct tgroup *g)
{
	struct elb_target_group v = *g->v;

	v.load_balancers = group_users(c->api->elb, g, c->a);
	if (!v.load_balancers.n)
		v.load_balancers.v = list_shown;
	buf_str(c->out, "<member>");
	shape_xml(c->out, &elb_target_group_shape, &v);
	buf_str(c->out, "</member>");
}

static int show_one(struct api_call *c, const struct tgroup *g)
{
	buf_str(c->out, "<TargetGroups>");
	show(c, g);
	buf_str(c->out, "</TargetGroups>");
	return 0;
}

int group_act_create(struct api_call *c, struct err *e)
{
	struct tgroup *g;

	return create(c->api->elb, c->in, &g, c->a, e) < 0 ? -1 : show_one(c, g);
}

int group_act_modify(struct api_call *c, struct err *e)
{
	const struct elb_modify_target_group *in = c->in;
	struct elb_target_group v;
	struct tgroup *g;

	if (elb_group(c->api->elb, in->arn ? in->arn : "", &g, e) < 0)
		return -1;
	v = *g->v;
	if (group_change(&v, in, c->a, e) < 0)
		return -1;
	elb_replace(&elb_target_group_shape, &g->v, &v);
	return show_one(c, g);
}

int group_act_delete(struct api_call *c, struct err *e)
{
	const struct elb_target_group_ref *in = c->in;
	struct elb *b = c->api->elb;
	struct err why = { 0 };
	struct tgroup *g;

	if (elb_group(b, in->arn ? in->arn : "", &g, &why) < 0) {
		if (strcmp(why.code, "TargetGroupNotFound") == 0)
			return 0; /* DeleteTargetGroup has no such error */
		*e = why;
		return -1;
	}
	if (group_users(b, g, c->a).n)
		return world_refuse(e, "ResourceInUse",
				    "Target group '%s' is currently in use by a listener or a rule",
				    g->v->arn);
	group_delete(b, g);
	return 0;
}

static int find_all(struct elb *b, const struct group_query *in, struct tgroup **out, size_t *n,
		    struct arena *a, struct err *e)
{
	struct lb *lb = NULL;
	bool all = !in->arns.n && !in->names.n;

	*n = 0;
	if (!!in->load_balancer + !!in->arns.n + !!in->names.n > 1)
		return world_refuse(
			e, "ValidationError",
			"You must specify either a load balancer, target group ARNs, or "
			"names");
	if (in->load_balancer && elb_lb(b, in->load_balancer, &lb, e) < 0)
		return -1;
	for (size_t i = 0; i < in->arns.n; i++)
		if (elb_group(b, in->arns.v[i], &out[(*n)++], e) < 0)
			return -1;
	for (size_t i = 0; i < in->names.n; i++) {
		out[*n] = named(b, in->names.v[i]);
		if (!out[(*n)++])
			return world_refuse(e, "TargetGroupNotFound",
					    "One or more target groups not found");
	}
	for (struct tgroup *g = b->groups; g && all; g = g->next) {
		struct strs users = lb ? group_users(b, g, a) : (struct strs) { 0 };
		bool wanted = !lb;

		for (size_t i = 0; i < users.n; i++)
			wanted |= strcmp(users.v[i], lb->v->arn) == 0;
		if (wanted)
			out[(*n)++] = g;
	}
	return 0;
}

int group_act_describe(struct api_call *c, struct err *e)
{
	const struct group_query *in = c->in;
	struct elb *b = c->api->elb;
	size_t n = in->arns.n + in->names.n;
	struct tgroup **found;
	struct elb_page p;

	for (const struct tgroup *g = b->groups; g; g = g->next)
		n++;
	found = arena_get(c->a, (n + 1) * sizeof(struct tgroup *));
	if (find_all(b, in, found, &n, c->a, e) < 0 ||
	    elb_page_read(in->marker, in->page_size, n, &p, e) < 0)
		return -1;
	buf_str(c->out, "<TargetGroups>");
	for (size_t i = p.from; i < p.to; i++)
		show(c, found[i]);
	buf_str(c->out, "</TargetGroups>");
	elb_page_end(c, &p, n);
	return 0;
}

/* ---- attributes ---- */

static int show_attributes(struct api_call *c, const struct tgroup *g)
{
	struct attributes all = attrs_all(group_attrs_on(g), g->attrs, c->a);

	shape_xml(c->out, &attributes_shape, &all);
	return 0;
}

int group_act_attributes(struct api_call *c, struct err *e)
{
	const struct elb_target_group_ref *in = c->in;
	struct tgroup *g;

	if (elb_group(c->api->elb, in->arn ? in->arn : "", &g, e) < 0)
		return -1;
	return show_attributes(c, g);
}

int group_act_modify_attributes(struct api_call *c, struct err *e)
{
	const struct elb_modify_target_group_attributes *in = c->in;
	struct tgroup *g;

	if (elb_group(c->api->elb, in->arn ? in->arn : "", &g, e) < 0 ||
	    attrs_set(c->api->elb, group_attrs_on(g), "Target group", &g->attrs, &in->attributes,
		      e) < 0)
		return -1;
	return show_attributes(c, g);
}

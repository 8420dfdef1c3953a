/* SPDX-License-Identifier: Apache-2.0 */
/* sgroup.c - security groups: made, found, changed all or not at all, and kept while in use. */
#include "sgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"

enum { MAX_RULES = 60, MAX_GROUPS = 2500, MAX_NAME = 255 };

struct sgroup *sgroup_find(const struct world *w, const char *id)
{
	struct sgroup *g = w->groups;

	while (g && strcmp(g->id, id) != 0)
		g = g->next;
	return g;
}

struct sgroup *sgroup_named(const struct world *w, const char *name)
{
	struct sgroup *g = w->groups;

	while (g && strcmp(g->name, name) != 0)
		g = g->next;
	return g;
}

/* ---- rules ---- */

bool sg_rule_same(const struct sg_rule *x, const struct sg_rule *y)
{
	return strcmp(x->protocol, y->protocol) == 0 && x->ports == y->ports &&
	       (!x->ports || (x->from == y->from && x->to == y->to)) && x->kind == y->kind &&
	       strcmp(x->peer, y->peer) == 0;
}

static struct sg_rule **rule_find(struct sg_rule **list, const struct sg_rule *r)
{
	while (*list && !sg_rule_same(*list, r))
		list = &(*list)->next;
	return list;
}

static void rule_free(struct sg_rule *r)
{
	free(r->description);
	free(r);
}

/* "from 10.0.0.0/8, TCP, from port: 80, to port: 80, ALLOW" */
static const char *in_words(const struct sg_rule *r, char text[200])
{
	char ports[80] = "";

	if (r->ports)
		snprintf(ports, sizeof(ports), ", from port: %lld, to port: %lld",
			 (long long)r->from, (long long)r->to);
	snprintf(text, 200, "peer: %s, %s%s, ALLOW", r->peer,
		 strcmp(r->protocol, "-1") == 0 ? "ALL" : r->protocol, ports);
	return text;
}

static size_t rules_count(const struct sg_rule *r)
{
	size_t n = 0;

	for (; r; r = r->next)
		n++;
	return n;
}

static void rule_add(struct world *w, struct sg_rule **list, const struct sg_rule *r)
{
	while (*list)
		list = &(*list)->next;
	*list = xalloc(sizeof(**list));
	**list = *r;
	(*list)->next = NULL;
	if (r->description) {
		(*list)->description = xalloc(strlen(r->description) + 1);
		memcpy((*list)->description, r->description, strlen(r->description) + 1);
	}
	world_id(w, "sgr-", (*list)->id, sizeof((*list)->id));
}

void sgroup_changed(struct world *w)
{
	if (w->hooks.groups)
		w->hooks.groups(w->hooks.arg);
}

int sgroup_authorize(struct world *w, struct sgroup *g, const struct sg_rule *add, size_t n,
		     struct err *e)
{
	char text[200];

	for (size_t i = 0; i < n; i++) {
		bool twice = *rule_find(&g->ingress, &add[i]) != NULL;

		for (size_t k = 0; k < i; k++)
			twice |= sg_rule_same(&add[k], &add[i]);
		if (twice)
			return world_refuse(e, "InvalidPermission.Duplicate",
					    "the specified rule \"%s\" already exists",
					    in_words(&add[i], text));
	}
	if (rules_count(g->ingress) + n > MAX_RULES)
		return world_refuse(e, "RulesPerSecurityGroupLimitExceeded",
				    "The maximum number of rules per security group has been "
				    "reached.");
	for (size_t i = 0; i < n; i++)
		rule_add(w, &g->ingress, &add[i]);
	sgroup_changed(w);
	return 0;
}

int sgroup_revoke(struct world *w, struct sgroup *g, const struct sg_rule *gone, size_t n,
		  struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!*rule_find(&g->ingress, &gone[i]))
			return world_refuse(e, "InvalidPermission.NotFound",
					    "The specified rule does not exist in this security "
					    "group.");
	for (size_t i = 0; i < n; i++) {
		struct sg_rule **at = rule_find(&g->ingress, &gone[i]), *r = *at;

		if (!r)
			continue;
		*at = r->next;
		rule_free(r);
	}
	sgroup_changed(w);
	return 0;
}

/* ---- groups ---- */

static struct sgroup *group_add(struct world *w, const char *name, const char *description)
{
	static const struct sg_rule all = { .protocol = "-1",
					    .kind = SG_CIDR,
					    .peer = "0.0.0.0/0" };
	struct sgroup **at = &w->groups, *g;

	while (*at)
		at = &(*at)->next;
	*at = g = xalloc(sizeof(*g));
	*g = (struct sgroup) { .serial = ++w->serials };
	snprintf(g->name, sizeof(g->name), "%s", name);
	snprintf(g->description, sizeof(g->description), "%s", description);
	rule_add(w, &g->egress, &all);
	return g;
}

void sgroups_init(struct world *w)
{
	struct sg_rule own = { .protocol = "-1", .kind = SG_GROUP };
	uint64_t rng = w->rng, serials = w->serials;
	struct sgroup *g = group_add(w, "default", "default VPC security group");

	snprintf(g->id, sizeof(g->id), "%s", w->group);
	snprintf(own.peer, sizeof(own.peer), "%s", g->id);
	rule_add(w, &g->ingress, &own);
	/* What a seed gives to the rest stays as it was. */
	w->rng = rng;
	w->serials = serials;
}

static int text_check(const char *what, const char *s, struct err *e)
{
	static const char also[] = " ._-:/()#,@[]+=&;{}!$*";

	if (strlen(s) > MAX_NAME)
		return world_refuse(e, "InvalidParameterValue",
				    "Invalid security group %s: longer than %d characters", what,
				    MAX_NAME);
	for (const char *p = s; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		      (*p >= '0' && *p <= '9') || strchr(also, *p)))
			return world_refuse(e, "InvalidParameterValue",
					    "Value (%.150s) for parameter %s is invalid. Character "
					    "sets beyond ASCII are not supported.",
					    s, what);
	return 0;
}

int sgroup_create(struct world *w, const char *name, const char *description, struct sgroup **out,
		  struct err *e)
{
	size_t n = 0;

	if (text_check("GroupName", name, e) < 0 ||
	    text_check("GroupDescription", description, e) < 0)
		return -1;
	if (str_prefix(name, "sg-"))
		return world_refuse(e, "InvalidParameterValue",
				    "invalid value for parameter groupName: %.100s", name);
	if (sgroup_named(w, name))
		return world_refuse(e, "InvalidGroup.Duplicate",
				    "The security group '%.100s' already exists for VPC '%s'", name,
				    w->vpc_id);
	for (const struct sgroup *g = w->groups; g; g = g->next)
		n++;
	if (n >= MAX_GROUPS)
		return world_refuse(e, "SecurityGroupLimitExceeded",
				    "The maximum number of security groups has been reached.");
	*out = group_add(w, name, description);
	world_id(w, "sg-", (*out)->id, sizeof((*out)->id));
	return 0;
}

static void group_free(struct sgroup *g)
{
	for (struct sg_rule *r = g->ingress, *next; r; r = next) {
		next = r->next;
		rule_free(r);
	}
	for (struct sg_rule *r = g->egress, *next; r; r = next) {
		next = r->next;
		rule_free(r);
	}
	free(g);
}

void sgroups_free(struct world *w)
{
	while (w->groups) {
		struct sgroup *next = w->groups->next;

		group_free(w->groups);
		w->groups = next;
	}
}

static bool referred_to(const struct world *w, const struct sgroup *g)
{
	for (const struct eni *n = w->enis; n; n = n->next)
		if (strcmp(n->group, g->id) == 0)
			return true;
	for (const struct sgroup *other = w->groups; other; other = other->next)
		for (const struct sg_rule *r = other->ingress; r && other != g; r = r->next)
			if (r->kind == SG_GROUP && strcmp(r->peer, g->id) == 0)
				return true;
	return false;
}

int sgroup_delete(struct world *w, struct sgroup *g, bool used, struct err *e)
{
	struct sgroup **at = &w->groups;

	if (strcmp(g->name, "default") == 0)
		return world_refuse(
			e, "CannotDelete",
			"the specified group: \"%s\" name: \"default\" cannot be deleted "
			"by a user",
			g->id);
	if (used || referred_to(w, g))
		return world_refuse(e, "DependencyViolation", "resource %s has a dependent object",
				    g->id);
	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	group_free(g);
	sgroup_changed(w);
	return 0;
}

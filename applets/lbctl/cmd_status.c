/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_status.c - lbctl status: the cluster's load balancers and what stands behind them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people.h"
#include "words.h"

#define CLUSTER_TAG "elbv2.k8s.aws/cluster"

static const char help[] =
	"usage: vpcbox lbctl status [-o json] [OPTION...]\n\n"
	"The load balancers that the cluster has in AWS, by owner: listeners, rules, target\n"
	"groups, and how many targets are healthy; below, each target that is not, and why.\n"
	"Asks AWS alone. Options are the controller's own (vpcbox lbctl --help).\n\n"
	"  -o json      as JSON\n\n"
	"exit status: 0, 1 failed, 100 usage\n\n"
	"examples:\n"
	"  vpcbox lbctl status --cluster-name=demo --aws-vpc-id=vpc-0abc\n"
	"  vpcbox lbctl status --cluster-name=demo -o json\n";

struct status {
	struct people *p;
	struct index_lb *lbs;
	struct index_tg *tgs;
	size_t nlbs, ntgs;
	struct arena *a;
};

static const char *owner_of(const struct tags *t, struct arena *a)
{
	const char *v = tag_get(t, "service.k8s.aws/stack");

	if (v)
		return arena_fmt(a, "Service %s", v);
	v = tag_get(t, "ingress.k8s.aws/stack");
	return v ? arena_fmt(a, "Ingress group %s", v) : "?";
}

static int by_lb(const void *a, const void *b)
{
	return strcmp(((const struct index_lb *)a)->lb.name, ((const struct index_lb *)b)->lb.name);
}

static int by_tg(const void *a, const void *b)
{
	return strcmp(((const struct index_tg *)a)->tg.name, ((const struct index_tg *)b)->tg.name);
}

static int gather(struct status *s, struct err *e)
{
	struct tag own = { CLUSTER_TAG, s->p->o.c.cluster };
	const struct tags tags = { &own, 1 };

	progress_say(s->p->progress, "asking AWS for load balancers and target groups");
	if (elbindex_find(s->p->index, s->p->aws, &tags, &tags, 0, &s->lbs, &s->nlbs, &s->tgs,
			  &s->ntgs, s->a, s->p->env.deadline, e) < 0)
		return -1;
	if (s->nlbs)
		qsort(s->lbs, s->nlbs, sizeof(*s->lbs), by_lb);
	if (s->ntgs)
		qsort(s->tgs, s->ntgs, sizeof(*s->tgs), by_tg);
	return 0;
}

/* ---- as JSON; the table is made of it */

static int add_listener(struct status *s, const struct elb_load_balancer *lb,
			const struct elb_listener *l, struct json *list, struct err *e)
{
	const struct elb_describe_rules in = { .listener = l->arn };
	struct elb_rules rules = { 0 };
	struct json *j = json_object();
	size_t n = 0;

	json_push(list, j);
	json_add_str(j, "protocol", l->protocol);
	json_add_int(j, "port", l->port);
	if (strcmp(lb->type, "application") == 0 &&
	    elb_describe_rules(s->p->aws, &in, &rules, s->a, s->p->env.deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < rules.n; i++)
		n += !rules.v[i].is_default;
	json_add_int(j, "rules", (int64_t)n);
	return 0;
}

static int add_listeners(struct status *s, const struct elb_load_balancer *lb, struct json *to,
			 struct err *e)
{
	const struct elb_describe_listeners in = { .load_balancer = lb->arn };
	struct json *list = json_array();
	struct elb_listeners l;

	json_add(to, "listeners", list);
	if (elb_describe_listeners(s->p->aws, &in, &l, s->a, s->p->env.deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++)
		if (add_listener(s, lb, &l.v[i], list, e) < 0)
			return -1;
	return 0;
}

static struct json *target_json(const struct elb_target_health *h)
{
	struct json *j = json_object();

	json_add_str(j, "id", h->id);
	json_add_int(j, "port", h->port);
	json_add_str(j, "state", h->state);
	if (*h->reason)
		json_add_str(j, "reason", h->reason);
	if (*h->description)
		json_add_str(j, "description", h->description);
	return j;
}

static int add_group(struct status *s, const struct elb_target_group *tg, struct json *list,
		     struct err *e)
{
	const struct elb_group_targets in = { .arn = tg->arn };
	struct elb_target_healths all;
	struct json *j = json_object(), *targets = json_array();
	size_t healthy = 0;

	json_push(list, j);
	json_add_str(j, "name", tg->name);
	json_add_str(j, "arn", tg->arn);
	json_add_str(j, "type", tg->target_type);
	json_add_str(j, "protocol", tg->protocol);
	json_add_int(j, "port", tg->port);
	json_add(j, "targets", targets);
	if (elb_describe_target_health(s->p->aws, &in, &all, s->a, s->p->env.deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		json_push(targets, target_json(&all.v[i]));
		healthy += strcmp(all.v[i].state, "healthy") == 0;
	}
	json_add_int(j, "healthy", (int64_t)healthy);
	return 0;
}

static bool serves(const struct elb_target_group *tg, const char *lb)
{
	for (size_t i = 0; i < tg->load_balancers.n; i++)
		if (strcmp(tg->load_balancers.v[i], lb) == 0)
			return true;
	return false;
}

static int add_lb(struct status *s, const struct index_lb *x, struct json *list, struct err *e)
{
	struct json *j = json_object(), *groups = json_array();

	progress_say(s->p->progress, "asking AWS for %s", x->lb.name);
	json_push(list, j);
	json_add_str(j, "owner", owner_of(&x->tags, s->a));
	json_add_str(j, "name", x->lb.name);
	json_add_str(j, "arn", x->lb.arn);
	json_add_str(j, "type", x->lb.type);
	json_add_str(j, "scheme", x->lb.scheme);
	json_add_str(j, "state", x->lb.state);
	json_add_str(j, "dnsName", x->lb.dns_name);
	if (add_listeners(s, &x->lb, j, e) < 0) {
		json_free(&groups);
		return -1;
	}
	json_add(j, "targetGroups", groups);
	for (size_t i = 0; i < s->ntgs; i++)
		if (serves(&s->tgs[i].tg, x->lb.arn) && add_group(s, &s->tgs[i].tg, groups, e) < 0)
			return -1;
	return 0;
}

/* Target groups that no load balancer has. */
static int add_unused(struct status *s, struct json *root, struct err *e)
{
	struct json *list = json_array();

	json_add(root, "unused", list);
	for (size_t i = 0; i < s->ntgs; i++)
		if (!s->tgs[i].tg.load_balancers.n && add_group(s, &s->tgs[i].tg, list, e) < 0)
			return -1;
	return 0;
}

static int collect(struct status *s, struct json *root, struct err *e)
{
	struct json *list = json_array();

	json_add_str(root, "cluster", s->p->o.c.cluster);
	json_add_str(root, "vpc", s->p->o.c.vpc);
	json_add(root, "loadBalancers", list);
	for (size_t i = 0; i < s->nlbs; i++)
		if (add_lb(s, &s->lbs[i], list, e) < 0)
			return -1;
	return add_unused(s, root, e);
}

/* ---- as a table */

static const char *number(struct arena *a, int64_t n)
{
	return arena_fmt(a, "%lld", (long long)n);
}

static void put_group(struct words_table *t, const char **row, const struct json *g)
{
	if (!g)
		return;
	row[6] = json_str(g, "name", "");
	row[7] = number(t->a, (int64_t)json_count(json_member(g, "targets")));
	row[8] = number(t->a, json_int(g, "healthy", 0));
}

/* As many rows as it has listeners or target groups, whichever are more. */
static void put_lb(struct words_table *t, const struct json *lb)
{
	const struct json *l = json_first(json_member(lb, "listeners"));
	const struct json *g = json_first(json_member(lb, "targetGroups"));
	bool first = true;

	for (; first || l || g; first = false) {
		const char **row = words_row(t);

		if (first) {
			row[0] = json_str(lb, "owner", "");
			row[1] = json_str(lb, "name", "");
			row[2] = json_str(lb, "type", "");
			row[3] = json_str(lb, "state", "");
		}
		if (l) {
			row[4] = arena_fmt(t->a, "%s:%lld", json_str(l, "protocol", ""),
					   (long long)json_int(l, "port", 0));
			row[5] = number(t->a, json_int(l, "rules", 0));
		}
		put_group(t, row, g);
		l = json_next(l);
		g = json_next(g);
	}
}

static void put_targets(const struct json *groups, struct buf *out)
{
	for (const struct json *g = json_first(groups); g; g = json_next(g))
		for (const struct json *x = json_first(json_member(g, "targets")); x;
		     x = json_next(x)) {
			if (strcmp(json_str(x, "state", ""), "healthy") == 0)
				continue;
			buf_fmt(out, "%s: %s:%lld is %s", json_str(g, "name", ""),
				json_str(x, "id", ""), (long long)json_int(x, "port", 0),
				json_str(x, "state", ""));
			if (json_member(x, "reason"))
				buf_fmt(out, ": %s", json_str(x, "reason", ""));
			if (json_member(x, "description")) {
				buf_str(out, ": ");
				words_plain(json_str(x, "description", ""), out);
			}
			buf_str(out, "\n");
		}
}

static void table(struct status *s, const struct json *root, struct buf *out)
{
	static const char *const head[] = { "OWNER",        "LOAD BALANCER", "TYPE",
					    "STATE",        "LISTENER",      "RULES",
					    "TARGET GROUP", "TARGETS",       "HEALTHY" };
	const struct json *lbs = json_member(root, "loadBalancers"), *unused, *j;
	struct words_table t = { .columns = COUNT(head), .a = s->a };
	auto_buf struct buf bad = { 0 };

	memcpy(words_row(&t), head, sizeof(head));
	for (j = json_first(lbs); j; j = json_next(j)) {
		put_lb(&t, j);
		put_targets(json_member(j, "targetGroups"), &bad);
	}
	unused = json_member(root, "unused");
	for (j = json_first(unused); j; j = json_next(j)) {
		const char **row = words_row(&t);

		row[0] = "(no load balancer)";
		put_group(&t, row, j);
	}
	words_print(&t, out);
	if (bad.len)
		buf_fmt(out, "\n%s", bad.p);
}

static int show(struct people *p, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_json struct json *root = json_object();
	auto_buf struct buf text = { 0 };
	struct status s = { .p = p, .a = &a };

	if (gather(&s, e) < 0 || collect(&s, root, e) < 0)
		return -1;
	if (p->json)
		return people_print(&root);
	if (!s.nlbs && !s.ntgs)
		fprintf(stderr, "lbctl status: cluster %s has no load balancers in %s\n",
			p->o.c.cluster, p->o.c.vpc);
	else
		table(&s, root, &text);
	if (text.len)
		fwrite(text.p, 1, text.len, stdout);
	return fflush(stdout) != 0;
}

int cmd_status(int argc, char **argv)
{
	auto_people struct people p = { 0 };
	struct err e = { 0 };
	int rc = people_start(&p, "status", help, &argc, &argv);

	if (rc <= 0)
		return rc < 0 ? PEOPLE_USAGE : fflush(stdout) != 0;
	if (argc)
		rc = fail(&e, EINVAL, "'%s' is too much", argv[0]);
	if (rc < 0 || people_open(&p, &e) < 0)
		return people_sorry(&p, &e);
	rc = show(&p, &e);
	return rc < 0 ? people_sorry(&p, &e) : rc;
}

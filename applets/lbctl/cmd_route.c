/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_route.c - lbctl route: which rule, action and target group a request would meet. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lbroute.h"
#include "people.h"
#include "routeshow.h"
#include "routeurl.h"
#include "words.h"

static const char help[] =
	"usage: vpcbox lbctl route URL [-f FILE...] [--cluster] [OPTION...]\n\n"
	"Says which listener, rule and action a request would meet, and which targets stand "
	"behind\n"
	"it. The rules are those that the controller would make of files or of the cluster; or "
	"AWS's\n"
	"own, when the URL's host is a load balancer's DNS name or --load-balancer is given "
	"without\n"
	"objects.\n\n"
	"  -f FILE, --cluster     objects, as of lbctl plan\n"
	"  --load-balancer NAME   this one alone\n"
	"  --header NAME:VALUE    of the request; may be given again; Host takes the URL's place\n"
	"  --method NAME          GET unless it is given\n"
	"  --source ADDRESS       of the client; without, no condition of sources holds\n"
	"  -v                     why each rule before it does not match\n"
	"  -o json                as JSON\n\n"
	"exit status: 0 answered, 1 failed or nothing listens, 100 usage\n\n"
	"examples:\n"
	"  vpcbox lbctl route https://shop.example.com/cart --cluster --cluster-name=demo\n"
	"  vpcbox lbctl route http://shop.example.com/ -f shop.yaml --header X-Beta:1 -v \\\n"
	"    --cluster-name=demo\n"
	"  vpcbox lbctl route http://x/ --load-balancer k8s-shop-1a2b3c --header Host:shop.a.b\n";

struct route {
	struct people *p;
	struct route_request q;
	const char *url;
	struct route_url at;
	struct json *answers;
	size_t hits; /* answers by a rule, not by default */
	struct arena *a;
};

/* ---- the request */

static int read_headers(struct route *r, struct err *e)
{
	struct people *p = r->p;
	struct tags *l = &r->q.headers;

	l->v = arena_get(r->a, (p->nheaders + 1) * sizeof(*l->v));
	for (size_t i = 0; i < p->nheaders; i++) {
		const char *colon = strchr(p->headers[i], ':'), *name;

		if (!colon || colon == p->headers[i])
			return fail(e, EINVAL, "--header '%s' is not NAME:VALUE", p->headers[i]);
		name = arena_fmt(r->a, "%.*s", (int)(colon - p->headers[i]), p->headers[i]);
		colon += 1 + strspn(colon + 1, " ");
		if (strcasecmp(name, "Host") == 0)
			r->q.host = colon;
		l->v[l->n++] = (struct tag) { name, colon };
	}
	r->q.method = p->method ? p->method : "GET";
	if (p->source && !ip_parse(p->source, &r->q.source))
		return fail(e, EINVAL, "--source '%s' is no IP address", p->source);
	return 0;
}

/* ---- the answer, as JSON; the text is made of it */

static struct json *rule_json(const struct stack_rule *r, struct arena *a)
{
	struct json *j = json_object(), *list = json_array();

	json_add_int(j, "priority", r->spec.priority);
	for (size_t i = 0; i < r->spec.conditions.n; i++)
		json_push_str(list, route_condition(&r->spec.conditions.v[i], a));
	json_add(j, "conditions", list);
	return j;
}

static int add_others(struct route *r, const struct stack *s, const struct stack_listener *at,
		      const struct stack_rule *hit, struct json *to, struct err *e)
{
	struct json *list = json_array();

	json_add(to, "others", list);
	for (size_t i = 0; i < s->nrules; i++) {
		const struct stack_rule *x = &s->rules[i];
		const struct elb_condition *missed;
		struct json *j;

		if (x->port != at->spec.port || x == hit ||
		    (hit && x->spec.priority > hit->spec.priority))
			continue;
		if (route_misses(x, &r->q, &missed, e) < 0)
			return -1;
		j = json_object();
		json_add_int(j, "priority", x->spec.priority);
		json_add_str(j, "misses", missed ? route_condition(missed, r->a) : "");
		json_push(list, j);
	}
	return 0;
}

/* The ARN of a target group; NULL: it is not made yet. *name: what it is or will be called. */
static int find_group(struct route *r, const struct stack *s, const char *arn, const char **name,
		      const char **out, struct err *e)
{
	const char *type, *id;
	const struct stack_tg *tg = stack_ref_split(arn, &type, &id, r->a) ? stack_tg(s, id) : NULL;
	struct elb_describe_target_groups in = { 0 };
	struct elb_target_groups l;

	*name = tg ? tg->spec.name : arn;
	*out = NULL;
	if (tg)
		in.names = (struct strs) { name, 1 };
	else
		in.arns = (struct strs) { &arn, 1 };
	if (elb_describe_target_groups(r->p->aws, &in, &l, r->a, r->p->env.deadline, e) < 0)
		return e->num == ENOENT ? 0 : -1;
	if (l.n == 1) {
		*name = l.v[0].name;
		*out = l.v[0].arn;
	}
	return 0;
}

static int add_group(struct route *r, const struct stack *s, const struct elb_weighted_group *g,
		     struct json *list, struct err *e)
{
	struct json *j = json_object(), *targets = json_array();
	struct elb_group_targets in = { 0 };
	struct elb_target_healths all = { 0 };
	const char *name;
	int rc = find_group(r, s, g->arn ? g->arn : "", &name, &in.arn, e);

	json_push(list, j);
	json_add_str(j, "name", rc < 0 ? "" : name);
	json_add_int(j, "weight", g->weight.set ? g->weight.v : 1);
	json_add_bool(j, "made", in.arn != NULL);
	json_add(j, "targets", targets);
	if (rc == 0 && in.arn)
		rc = elb_describe_target_health(r->p->aws, &in, &all, r->a, r->p->env.deadline, e);
	for (size_t i = 0; i < all.n; i++) {
		struct json *t = json_object();

		json_add_str(t, "id", all.v[i].id);
		json_add_int(t, "port", all.v[i].port);
		json_add_str(t, "state", all.v[i].state);
		json_push(targets, t);
	}
	return rc;
}

static int add_groups(struct route *r, const struct stack *s, const struct elb_action *x,
		      struct json *list, struct err *e)
{
	struct elb_weighted_group one = { .arn = x->target_group };
	struct elb_weighted_groups l = { &one, 1 };

	if (strcmp(x->type, "forward") != 0)
		return 0;
	if (x->forward && x->forward->groups.n)
		l = x->forward->groups;
	for (size_t i = 0; i < l.n; i++)
		if (add_group(r, s, &l.v[i], list, e) < 0)
			return -1;
	return 0;
}

static int add_actions(struct route *r, const struct stack *s, const struct elb_actions *l,
		       struct json *to, struct err *e)
{
	struct json *actions = json_array(), *groups = json_array();

	json_add(to, "actions", actions);
	json_add(to, "targetGroups", groups);
	for (size_t i = 0; i < l->n; i++) {
		json_push(actions, shape_json(&elb_action_shape, &l->v[i]));
		if (add_groups(r, s, &l->v[i], groups, e) < 0)
			return -1;
	}
	return 0;
}

static int answer(struct route *r, const struct stack *s, const char *owner, const char *lb,
		  const struct stack_listener *at, struct err *e)
{
	struct json *j = json_object();
	struct route_answer hit;

	json_push(r->answers, j);
	json_add_str(j, "owner", owner);
	json_add_str(j, "loadBalancer", lb);
	json_add_str(j, "listener",
		     arena_fmt(r->a, "%s:%lld", at->spec.protocol, (long long)at->spec.port));
	if (route_match(s, at, &r->q, &hit, e) < 0)
		return -1;
	r->hits += hit.rule != NULL;
	json_add(j, "rule", hit.rule ? rule_json(hit.rule, r->a) : NULL);
	if (add_actions(r, s, hit.actions, j, e) < 0)
		return -1;
	return r->p->verbose ? add_others(r, s, at, hit.rule, j, e) : 0;
}

/* HTTP and HTTPS as the URL says; the others carry whatever it is. */
static bool speaks(const struct route *r, const char *protocol)
{
	if (strcmp(protocol, "HTTP") == 0)
		return !r->at.https;
	if (strcmp(protocol, "HTTPS") == 0 || strcmp(protocol, "TLS") == 0)
		return r->at.https;
	return strcmp(protocol, "UDP") != 0;
}

/* Through the listeners of a stack; lb NULL: named by the stack. */
static int through(struct route *r, const struct stack *s, const char *owner, struct err *e)
{
	const char *lb = s->nlbs ? s->lbs[0].spec.name : "";

	if (r->p->balancer && strcmp(r->p->balancer, lb) != 0)
		return 0;
	for (size_t i = 0; i < s->nlisteners; i++)
		if (s->listeners[i].spec.port == r->at.port &&
		    speaks(r, s->listeners[i].spec.protocol) &&
		    answer(r, s, owner, lb, &s->listeners[i], e) < 0)
			return -1;
	return 0;
}

/* ---- where rules come from: the model */

static int of_model(struct route *r, struct err *e)
{
	struct people *p = r->p;
	size_t bad;
	struct owners owners;

	if (people_read(p, e) < 0)
		return -1;
	owners = people_owners(p, &bad);
	for (size_t i = 0; i < owners.n; i++) {
		const char *name = owner_name(&owners.v[i], &p->mem);
		struct pass pass = { 0 };
		int rc = people_plan(p, &owners.v[i], &pass, e);

		for (size_t k = 0; k < p->nnotes; k++)
			people_tell(p, "%s: %s", p->notes[k].about, p->notes[k].text);
		if (rc < 0 && !p->nnotes)
			people_tell(p, "%s: %s", name, e->msg);
		/* Of an NLB it is asked by its name: it answers to every host. */
		if (rc == 0 && (!owners.v[i].service || p->balancer))
			rc = through(r, &pass.stack, name, e);
		else
			rc = 0;
		pass_free(&pass);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* ---- and AWS */

static int take_rules(struct route *r, struct stack *s, const struct elb_listener *l, struct err *e)
{
	const struct elb_describe_rules in = { .listener = l->arn };
	struct elb_rules rules;

	if (elb_describe_rules(r->p->aws, &in, &rules, r->a, r->p->env.deadline, e) < 0)
		return -1;
	s->rules = arena_get(r->a, rules.n * sizeof(*s->rules));
	for (size_t i = 0; i < rules.n; i++) {
		struct stack_rule *x = &s->rules[s->nrules];

		if (rules.v[i].is_default)
			continue;
		*x = (struct stack_rule) { .id = rules.v[i].arn, .port = l->port };
		x->spec.conditions = rules.v[i].conditions;
		x->spec.actions = rules.v[i].actions;
		if (!str_i64(rules.v[i].priority, &x->spec.priority))
			return fail(e, EBADMSG, "rule %s: AWS tells priority '%s'", rules.v[i].arn,
				    rules.v[i].priority);
		s->nrules++;
	}
	return 0;
}

static int of_balancer(struct route *r, const struct elb_load_balancer *lb, struct err *e)
{
	const struct elb_describe_listeners in = { .load_balancer = lb->arn };
	struct elb_listeners l;

	if (elb_describe_listeners(r->p->aws, &in, &l, r->a, r->p->env.deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		struct stack_listener at = { .spec = { .port = l.v[i].port,
						       .protocol = l.v[i].protocol,
						       .actions = l.v[i].actions } };
		struct stack s = { 0 };

		if (l.v[i].port != r->at.port || !speaks(r, l.v[i].protocol))
			continue;
		if (strcmp(lb->type, "application") == 0 && take_rules(r, &s, &l.v[i], e) < 0)
			return -1;
		if (answer(r, &s, "AWS", lb->name, &at, e) < 0)
			return -1;
	}
	return 0;
}

static int of_aws(struct route *r, const char *host, struct err *e)
{
	struct elb_describe_load_balancers in = { 0 };
	struct elb_load_balancers l;

	if (r->p->balancer)
		in.names = (struct strs) { &r->p->balancer, 1 };
	if (elb_describe_load_balancers(r->p->aws, &in, &l, r->a, r->p->env.deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++)
		if (r->p->balancer || strcasecmp(l.v[i].dns_name, host) == 0)
			return of_balancer(r, &l.v[i], e);
	return fail(e, ENOENT, "no load balancer of this account and region is called %s", host);
}

/* ---- as text */

static void put_group(const struct json *g, struct buf *out)
{
	buf_fmt(out, "  target group   %s, weight %lld%s\n", json_str(g, "name", ""),
		(long long)json_int(g, "weight", 1),
		json_bool(g, "made", false) ? "" : " (not made yet)");
	for (const struct json *t = json_first(json_member(g, "targets")); t; t = json_next(t))
		buf_fmt(out, "    %s:%lld %s\n", json_str(t, "id", ""),
			(long long)json_int(t, "port", 0), json_str(t, "state", ""));
	if (json_bool(g, "made", false) && !json_count(json_member(g, "targets")))
		buf_str(out, "    no targets\n");
}

static void put_answer(struct route *r, const struct json *j, struct buf *out)
{
	const struct json *rule = json_member(j, "rule");

	buf_fmt(out, "load balancer    %s (%s)\nlistener         %s\n",
		json_str(j, "loadBalancer", ""), json_str(j, "owner", ""),
		json_str(j, "listener", ""));
	for (const struct json *x = json_first(json_member(j, "others")); x; x = json_next(x)) {
		buf_fmt(out, "  rule %lld not:   ", (long long)json_int(x, "priority", 0));
		words_plain(json_str(x, "misses", ""), out);
		buf_str(out, "\n");
	}
	if (json_type(rule) == JSON_OBJECT)
		buf_fmt(out, "rule             %lld\n", (long long)json_int(rule, "priority", 0));
	else
		buf_str(out, "rule             none matches: the listener's default action\n");
	for (const struct json *c = json_first(json_member(rule, "conditions")); c;
	     c = json_next(c)) {
		buf_str(out, "  ");
		words_plain(json_text(c), out);
		buf_str(out, "\n");
	}
	buf_str(out, "action           ");
	words_plain(route_actions(json_member(j, "actions"), r->a), out);
	buf_str(out, "\n");
	for (const struct json *g = json_first(json_member(j, "targetGroups")); g; g = json_next(g))
		put_group(g, out);
}

/* Of many load balancers those that have a rule for it; when none has, all. */
static int show(struct route *r, struct err *e)
{
	auto_buf struct buf out = { 0 };

	if (!json_count(r->answers))
		return fail(e, ENOENT, "nothing listens on port %lld for %s%s%s",
			    (long long)r->at.port, r->at.https ? "https" : "http",
			    r->p->balancer ? ": " : "", r->p->balancer ? r->p->balancer : "");
	if (r->p->json) {
		struct json *root = json_object();

		json_add_str(root, "url", r->url);
		json_add_str(root, "method", r->q.method);
		json_add_str(root, "host", r->q.host);
		json_add(root, "answers", json_copy(r->answers));
		return people_print(&root);
	}
	for (const struct json *j = json_first(r->answers); j; j = json_next(j)) {
		if (r->hits && json_type(json_member(j, "rule")) != JSON_OBJECT)
			continue;
		buf_str(&out, out.len ? "\n" : "");
		put_answer(r, j, &out);
	}
	fwrite(out.p, 1, out.len, stdout);
	return fflush(stdout) != 0;
}

static int run(struct people *p, const char *url, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_json struct json *answers = json_array();
	struct route r = { .p = p, .url = url, .answers = answers, .a = &a };
	const char *host;

	if (route_url(url, &r.at, &a, e) < 0)
		return -1;
	host = r.at.host;
	r.q = (struct route_request) { .host = host, .path = r.at.path, .query = r.at.query };
	if (read_headers(&r, e) < 0 || people_open(p, e) < 0)
		return -1;
	if (p->cluster || p->nfiles ? of_model(&r, e) < 0 : of_aws(&r, host, e) < 0)
		return -1;
	return show(&r, e);
}

int cmd_route(int argc, char **argv)
{
	auto_people struct people p = { 0 };
	struct err e = { 0 };
	int rc = people_start(&p, "route", help, &argc, &argv);

	if (rc <= 0)
		return rc < 0 ? PEOPLE_USAGE : fflush(stdout) != 0;
	if (argc != 1)
		rc = fail(&e, EINVAL, "one URL is what is needed");
	if (rc > 0)
		rc = run(&p, argv[0], &e);
	return rc < 0 ? people_sorry(&p, &e) : rc;
}

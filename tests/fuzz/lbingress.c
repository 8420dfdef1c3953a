/* SPDX-License-Identifier: Apache-2.0 */
/* lbingress.c - any Ingress beside a good one, and what is made of the two: every reference leads
 * to something, the JSON can be written, requests can be routed. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lbcase.h"
#include "lblimits.h"
#include "lbroute.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char facts[] =
	"[{'kind':'Case','flags':{'ingress-class':''},'facts':{'subnets':["
	"{'id':'subnet-1','zone':'a','cidrs6':['2600::/64'],'tags':{'kubernetes.io/role/elb':'1',"
	"'kubernetes.io/role/internal-elb':'1'}},{'id':'subnet-2','zone':'b','cidrs6':["
	"'2600:1::/64'],'tags':{'kubernetes.io/role/elb':'1','kubernetes.io/role/internal-elb':'1'"
	"}}],'groups':[{'id':'sg-1','tags':{'Name':'n'}}],'certificates':[{'arn':'arn:c','names':["
	"'*.example.com']}],'backendSecurityGroup':'sg-b','targetGroups':{'t':'arn:t'}}},"
	"{'kind':'Service','metadata':{'name':'s'},'spec':{'ports':[{'name':'p','port':80,"
	"'targetPort':8080,'nodePort':30000},{'name':'q','port':81,'targetPort':'x'}]}},"
	"{'kind':'Ingress','metadata':{'name':'good','annotations':{'AI/group.name':'g'}},'spec':{"
	"'rules':[{'http':{'paths':[{'path':'/','backend':{'service':{'name':'s','port':{'number':"
	"80}}}}]}}]}}]";

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

static void check_actions(const struct stack *s, const struct elb_actions *l, struct arena *a)
{
	must(l->n == 1, "not one action");
	for (size_t i = 0; l->v[0].forward && i < l->v[0].forward->groups.n; i++) {
		const char *arn = l->v[0].forward->groups.v[i].arn, *type, *id;

		if (stack_is_ref(arn))
			must(stack_ref_split(arn, &type, &id, a) && stack_tg(s, id),
			     "a target group that is not made");
	}
}

static void check_stack(const struct stack *s, struct arena *a)
{
	const struct route_request q = { .host = "a.example.com", .path = "/a/b", .query = "x=y" };
	const struct lblimits l = lblimits_default();
	auto_json struct json *j = stack_json(s);
	auto_buf struct buf text = { 0 };
	struct route_answer answer;
	struct err e = { 0 };

	json_print(j, 0, &text);
	must(s->nlbs == 1 && s->ntgs == s->nbindings, "a stack that is not whole");
	for (size_t i = 0; i < s->nrules; i++)
		check_actions(s, &s->rules[i].spec.actions, a);
	for (size_t i = 0; i < s->nlisteners; i++) {
		check_actions(s, &s->listeners[i].spec.actions, a);
		if (route_match(s, &s->listeners[i], &q, &answer, &e) < 0)
			must(e.num == EINVAL && *e.msg, "no route, and no words");
	}
	if (limits_stack(s, &l, &e) < 0)
		must(e.num == EINVAL && *e.msg, "a limit without words");
}

static void try_group(struct lbcase *c, const struct ingress_group_id *id)
{
	struct member_errors bad;
	struct ingress_group g;
	struct err e = { 0 };
	struct stack s;

	if (ingress_group_load(&c->config, &c->objects, id, &g, &c->a, &e) < 0) {
		must(*e.msg, "refused without words");
		return;
	}
	if (model_ingress(&c->config, &g, &c->objects, &c->facts, &s, &bad, &c->a, &e) < 0)
		must(e.num == EINVAL && *e.msg, "refused without words");
	else if (g.n)
		check_stack(&s, &c->a);
	must(bad.n <= g.n, "more errors than members");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ingress_group_id group = { "", "g" };
	auto_json struct json *j = NULL;
	auto_lbcase struct lbcase c;
	const struct kube_meta *m;
	struct err e = { 0 };

	lbcase_init(&c);
	lbcase_text(&c, facts);
	j = json_parse((const char *)data, size, &e);
	if (json_type(j) != JSON_OBJECT)
		return 0;
	json_add_str(j, "kind", "Ingress");
	if (lbcase_add(&c, j, &e) < 0)
		return 0;
	m = c.v[c.n - 1].v;
	try_group(&c, &group);
	try_group(&c, &(struct ingress_group_id) { m->ns, m->name });
	return 0;
}

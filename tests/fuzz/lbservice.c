/* SPDX-License-Identifier: Apache-2.0 */
/* lbservice.c - any JSON as a Service, and the stack that is made of it: it is refused with words,
 * or every reference in it leads to a resource of its own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lbcase.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char facts[] =
	"{'kind':'Case','facts':{'vpc':{'cidrs':['10.0.0.0/16'],'cidrs6':['2600::/56']},"
	"'subnets':[{'id':'subnet-1','zone':'a','cidr':'10.0.0.0/24','cidrs6':['2600::/64'],"
	"'tags':{'Name':'n'}},{'id':'subnet-2','zone':'b','cidr':'10.0.1.0/24'}],"
	"'routes':{'main':[],'subnet-1':['igw-1']},'groups':[{'id':'sg-1','tags':{'Name':'n'}}]}}";

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

static void check_group(const struct stack *s, const char *id, struct arena *a)
{
	const char *type, *of;

	if (!stack_is_ref(id))
		return;
	must(stack_ref_split(id, &type, &of, a) && s->nsgs == 1 && strcmp(of, s->sgs[0].id) == 0,
	     "a group that is not made");
}

static void check_stack(const struct stack *s, struct arena *a)
{
	const char *type, *id;

	must(s->nlbs <= 1 && s->ntgs == s->nbindings && s->ntgs == s->nlisteners,
	     "a target group for each listener");
	for (size_t i = 0; i < s->nlisteners; i++) {
		const struct elb_action *v = s->listeners[i].spec.actions.v;

		must(stack_ref_split(v->forward->groups.v[0].arn, &type, &id, a) &&
			     stack_tg(s, id) != NULL,
		     "a listener leads to a target group");
	}
	for (size_t i = 0; i < s->nbindings; i++) {
		must(stack_ref_split(s->bindings[i].spec.arn, &type, &id, a) && stack_tg(s, id),
		     "a binding leads to a target group");
		must(strlen(s->bindings[i].spec.name) <= 32, "a name of 32 characters");
	}
	for (size_t i = 0; s->nlbs && i < s->lbs[0].spec.security_groups.n; i++)
		check_group(s, s->lbs[0].spec.security_groups.v[i], a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_json struct json *j = NULL;
	auto_lbcase struct lbcase c;
	struct kube_service s;
	struct stack out;
	struct err e = { 0 };

	lbcase_init(&c);
	lbcase_text(&c, facts);
	j = json_parse((const char *)data, size, &e);
	if (!j || shape_get_json(&kube_service_shape, &s, j, &c.a, &e) < 0)
		return 0;
	if (model_service(&c.config, &s, &c.objects, &c.facts, &out, &c.a, &e) < 0)
		must(e.num == EINVAL && *e.msg, "refused without words");
	else
		check_stack(&out, &c.a);
	return 0;
}

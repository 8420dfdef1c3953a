/* SPDX-License-Identifier: Apache-2.0 */
/* awsapi.c - one endpoint for every service of the lab; and STS, which knows who asks. */
#include "awsapi.h"

#include <string.h>

#include "acmapi.h"
#include "ec2api.h"
#include "elb.h"
#include "elbapi.h"

#define STS_XMLNS "https://sts.amazonaws.com/doc/2011-06-15/"

static int caller_identity(struct api_call *c, struct err *e)
{
	bool node = strcmp(c->caller, "lab") != 0;

	(void)e;
	xml_el(c->out, "Arn",
	       node ? arena_fmt(c->a, "arn:aws:sts::%s:assumed-role/%s/%s", c->w->account,
				WORLD_ROLE, c->caller)
		    : arena_fmt(c->a, "arn:aws:iam::%s:user/%s", c->w->account, c->caller));
	xml_el(c->out, "UserId", node ? "AROAVPCBOXLAB00000000" : "AIDAVPCBOXLAB00000000");
	xml_el(c->out, "Account", c->w->account);
	return 0;
}

static const struct api_action sts_actions[] = {
	{ "GetCallerIdentity", "", caller_identity, 1, NULL },
};

static void sts_wrap(const struct api_call *c, struct buf *out)
{
	query_wrap(c, STS_XMLNS, out);
}

static void sts_refusal(const struct api_call *c, const struct err *e, struct buf *out)
{
	query_refusal(c, e, STS_XMLNS, out);
}

static const struct api_service sts_service = { "sts",       "2011-06-15",
						sts_actions, COUNT(sts_actions),
						sts_wrap,    sts_refusal };

static const struct api_service *const services[] = { &acm_service, &ec2_service, &elb_service,
						      &sts_service };

/* EC2 answers what is signed for none of them. */
static const struct api_service *service_of(const struct httpd_call *c)
{
	const struct api *api = c->arg;
	auto_arena struct arena a = { 0 };
	const char *name = api_scope_service(c, &a);

	for (size_t i = 0; i < COUNT(services); i++)
		if (strcmp(services[i]->name, name) == 0 && api->elb)
			return services[i];
	return &ec2_service;
}

bool aws_has_action(const char *name, const char **like)
{
	size_t least = (size_t)-1;

	for (size_t i = 0; i < COUNT(services); i++)
		for (size_t k = 0; k < services[i]->nactions; k++) {
			size_t d = str_distance(name, services[i]->actions[k].name);

			if (d < least)
				*like = services[i]->actions[k].name;
			least = d < least ? d : least;
		}
	return least == 0;
}

void aws_serve(struct httpd_call *c)
{
	const struct api_service *s = service_of(c);
	struct api *api = c->arg;

	if (api->elb)
		api->elb->now = now_ms();
	api_serve(s, c);
	if (s == &elb_service && api->elb && api->elb->changed)
		api->elb->changed(api->elb->changed_arg);
}

void aws_answer(struct httpd_call *c, struct api_answer *out)
{
	api_answer(service_of(c), c, out);
}

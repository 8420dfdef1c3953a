/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_action.c - the annotation actions.NAME (spec-lbc-alb 15.3). Members' case does not
 * matter, unknown ones are passed over, null is absent. */
#include <errno.h>
#include <string.h>

#include "ingressbuild.h"
#include "ingressjson.h"

static int fixed_response(struct ingress_json *r, const struct json *o, struct ingress_action *out,
			  struct err *e)
{
	const struct json *j = ingress_json_member(o, "fixedResponseConfig");
	struct elb_fixed_response *f = NEW(r->a, struct elb_fixed_response);

	if (!j)
		return ingress_json_refuse(r, e, "missing FixedResponseConfig");
	if (ingress_json_str(r, j, "contentType", &f->content_type, e) < 0 ||
	    ingress_json_str(r, j, "messageBody", &f->body, e) < 0 ||
	    ingress_json_str(r, j, "statusCode", &f->status, e) < 0)
		return -1;
	if (!f->status || !*f->status)
		return ingress_json_refuse(r, e,
					   "invalid FixedResponseConfig: statusCode is required");
	out->fixed_response = f;
	return 0;
}

static int redirect(struct ingress_json *r, const struct json *o, struct ingress_action *out,
		    struct err *e)
{
	const struct json *j = ingress_json_member(o, "redirectConfig");
	struct elb_redirect *d = NEW(r->a, struct elb_redirect);

	if (!j)
		return ingress_json_refuse(r, e, "missing RedirectConfig");
	if (ingress_json_str(r, j, "host", &d->host, e) < 0 ||
	    ingress_json_str(r, j, "path", &d->path, e) < 0 ||
	    ingress_json_str(r, j, "port", &d->port, e) < 0 ||
	    ingress_json_str(r, j, "protocol", &d->protocol, e) < 0 ||
	    ingress_json_str(r, j, "query", &d->query, e) < 0 ||
	    ingress_json_str(r, j, "statusCode", &d->status, e) < 0)
		return -1;
	if (!d->status || !*d->status)
		return ingress_json_refuse(r, e, "invalid RedirectConfig: statusCode is required");
	out->redirect = d;
	return 0;
}

/* ---- forward */

static int target_words(struct ingress_json *r, const struct json *j, struct ingress_target *t,
			struct err *e)
{
	if (ingress_json_str(r, j, "targetGroupARN", &t->arn, e) < 0 ||
	    ingress_json_str(r, j, "targetGroupName", &t->name, e) < 0 ||
	    ingress_json_str(r, j, "serviceName", &t->service, e) < 0 ||
	    ingress_json_port(r, j, "servicePort", &t->port, e) < 0 ||
	    ingress_json_int(r, j, "weight", &t->weight, e) < 0)
		return -1;
	return 0;
}

static int target(struct ingress_json *r, const struct json *j, struct ingress_target *t,
		  struct err *e)
{
	static const char *const where = "invalid ForwardConfig: ";
	const char *what = NULL;

	if (json_type(j) != JSON_OBJECT)
		return ingress_json_refuse(r, e, "invalid ForwardConfig: targetGroups: no object");
	if (target_words(r, j, t, e) < 0)
		return -1;
	if (!t->service && !t->arn && !t->name)
		what = "missing serviceName or targetGroupARN/targetGroupName";
	else if (t->service && (t->arn || t->name))
		what = "either serviceName or targetGroupARN/targetGroupName can be specified";
	else if (t->service && !t->port.s && !t->port.n)
		what = "missing servicePort";
	if (what)
		return ingress_json_refuse(
			r, e, arena_fmt(r->a, "%sinvalid TargetGroupTuple: %s", where, what));
	if (t->weight.set && (t->weight.v < 0 || t->weight.v > 999))
		return ingress_json_refuse(r, e,
					   arena_fmt(r->a, "%sweight must be within [0, 999]: %lld",
						     where, (long long)t->weight.v));
	return 0;
}

static int stickiness(struct ingress_json *r, const struct json *j, struct ingress_action *out,
		      struct err *e)
{
	const struct json *s = ingress_json_member(j, "targetGroupStickinessConfig");

	if (ingress_json_bool(r, s, "enabled", &out->sticky, e) < 0)
		return -1;
	return ingress_json_int(r, s, "durationSeconds", &out->sticky_s, e);
}

static int forward_config(struct ingress_json *r, const struct json *j, struct ingress_action *out,
			  struct err *e)
{
	const struct json *list;

	if (ingress_json_list(r, j, "targetGroups", &list, e) < 0)
		return -1;
	out->targets = arena_get(r->a, (json_count(list) + 1) * sizeof(*out->targets));
	for (const struct json *t = json_first(list); t; t = json_next(t))
		if (target(r, t, &out->targets[out->ntargets++], e) < 0)
			return -1;
	if (!out->ntargets)
		return ingress_json_refuse(r, e, "invalid ForwardConfig: no targetGroups");
	for (size_t i = 0; out->ntargets > 1 && i < out->ntargets; i++)
		if (!out->targets[i].weight.set)
			return ingress_json_refuse(r, e,
						   "invalid ForwardConfig: weight must be set when "
						   "route to multiple target groups");
	return stickiness(r, j, out, e);
}

static int forward(struct ingress_json *r, const struct json *o, struct ingress_action *out,
		   struct err *e)
{
	const struct json *j = ingress_json_member(o, "forwardConfig");
	struct ingress_target *t = NEW(r->a, struct ingress_target);

	if (ingress_json_str(r, o, "targetGroupARN", &t->arn, e) < 0 ||
	    ingress_json_str(r, o, "targetGroupName", &t->name, e) < 0)
		return -1;
	if (!j && !t->arn && !t->name)
		return ingress_json_refuse(
			r, e, "missing ForwardConfig or TargetGroupARN/TargetGroupName");
	if (j && (t->arn || t->name))
		return ingress_json_refuse(
			r, e,
			"either ForwardConfig or TargetGroupARN/TargetGroupName can be specified");
	if (j)
		return forward_config(r, j, out, e);
	out->targets = t;
	out->ntargets = 1;
	return 0;
}

static int read_action(struct ingress_json *r, const struct json *j, struct ingress_action *out,
		       struct err *e)
{
	const char *type = "";

	if (json_type(j) != JSON_OBJECT)
		return ingress_json_wrong(r, "", "object", e);
	if (ingress_json_str(r, j, "type", &type, e) < 0)
		return -1;
	if (strcmp(type, "fixed-response") == 0)
		return fixed_response(r, j, out, e);
	if (strcmp(type, "redirect") == 0)
		return redirect(r, j, out, e);
	if (strcmp(type, "forward") == 0)
		return forward(r, j, out, e);
	return ingress_json_refuse(r, e, arena_fmt(r->a, "unknown action type: %.60s", type));
}

int ingress_action(const struct annotations *l, const char *name, struct ingress_action *out,
		   struct arena *a, struct err *e)
{
	struct ingress_json r = { l, A_ACTIONS, name, a };
	auto_json struct json *j = NULL;

	*out = (struct ingress_action) { 0 };
	if (annot_json(l, A_ACTIONS, name, &j, e) < 0)
		return -1;
	return read_action(&r, j, out, e);
}

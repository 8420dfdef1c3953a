/* SPDX-License-Identifier: Apache-2.0 */
/* planshow.c - a plan as JSON, there and back. */
#include <errno.h>
#include <string.h>

#include "plan.h"

static const char *const effects[] = { "create", "change", "delete" };

/* ---- as JSON */

static void add_str(struct json *j, const char *key, const char *v)
{
	if (v)
		json_add_str(j, key, v);
}

static struct json *line_json(const struct step_line *l)
{
	struct json *j = json_object();

	json_add_str(j, "field", l->field);
	add_str(j, "from", l->from);
	add_str(j, "to", l->to);
	return j;
}

static struct json *step_json(const struct step *s)
{
	struct json *j = json_object(), *lines = json_array();
	struct err e;

	json_add_str(j, "effect", effects[s->effect]);
	json_add_str(j, "title", s->title);
	for (size_t i = 0; i < s->nlines; i++)
		json_push(lines, line_json(&s->lines[i]));
	json_add(j, "changes", lines);
	if (s->action) {
		json_add_str(j, "service", aws_services[s->action->service].sdk_id);
		json_add_str(j, "action", s->action->name);
		json_add(j, "params", shape_json(s->action->in, s->in));
		add_str(j, "gives", s->gives);
		return j;
	}
	json_add_str(j, "method", s->method);
	json_add_str(j, "path", s->path);
	if (s->body)
		json_add(j, "body", json_parse(s->body, strlen(s->body), &e));
	add_str(j, "gone", s->gone);
	return j;
}

struct json *plan_json(const struct plan *p)
{
	struct json *j = json_object(), *steps = json_array();

	for (size_t i = 0; i < p->n; i++)
		json_push(steps, step_json(&p->v[i]));
	json_add(j, "steps", steps);
	return j;
}

/* ---- and back */

/* A plan has these and no others: what it is not meant to do, a file cannot make it do. */
static const struct aws_action *const actions[] = {
	&ec2_actions[EC2_CREATE_GROUP],
	&ec2_actions[EC2_DELETE_GROUP],
	&ec2_actions[EC2_AUTHORIZE_INGRESS],
	&ec2_actions[EC2_REVOKE_INGRESS],
	&ec2_actions[EC2_CREATE_TAGS],
	&ec2_actions[EC2_DELETE_TAGS],
	&elb_actions[ELB_create_load_balancer],
	&elb_actions[ELB_delete_load_balancer],
	&elb_actions[ELB_modify_load_balancer_attributes],
	&elb_actions[ELB_set_subnets],
	&elb_actions[ELB_set_security_groups],
	&elb_actions[ELB_set_ip_address_type],
	&elb_actions[ELB_modify_ip_pools],
	&elb_actions[ELB_modify_capacity_reservation],
	&elb_actions[ELB_create_listener],
	&elb_actions[ELB_modify_listener],
	&elb_actions[ELB_delete_listener],
	&elb_actions[ELB_add_listener_certificates],
	&elb_actions[ELB_remove_listener_certificates],
	&elb_actions[ELB_modify_listener_attributes],
	&elb_actions[ELB_create_rule],
	&elb_actions[ELB_modify_rule],
	&elb_actions[ELB_delete_rule],
	&elb_actions[ELB_set_rule_priorities],
	&elb_actions[ELB_create_target_group],
	&elb_actions[ELB_modify_target_group],
	&elb_actions[ELB_delete_target_group],
	&elb_actions[ELB_modify_target_group_attributes],
	&elb_actions[ELB_add_tags],
	&elb_actions[ELB_remove_tags],
};
#define BINDINGS "/apis/elbv2.k8s.aws/v1beta1/namespaces/"

static const struct aws_action *action_of(const char *service, const char *name)
{
	for (size_t i = 0; i < COUNT(actions); i++)
		if (strcmp(aws_services[actions[i]->service].sdk_id, service) == 0 &&
		    strcmp(actions[i]->name, name) == 0)
			return actions[i];
	return NULL;
}

/* Whether all that the file says of the request was understood. */
static bool all_read(const struct step *s, const struct json *params)
{
	auto_json struct json *j = shape_json(s->action->in, s->in);

	return json_same(j, params);
}

static bool path_of_bindings(const char *path)
{
	return str_prefix(path, BINDINGS) &&
	       !path[strspn(path, "abcdefghijklmnopqrstuvwxyz0123456789./-")] &&
	       !strstr(path, "..");
}

static const char *text_at(const struct json *j, const char *key, struct arena *a)
{
	const char *v = json_text(json_member(j, key));

	return v ? arena_str(a, v) : NULL;
}

static int read_lines(const struct json *j, struct step *s, struct arena *a)
{
	const struct json *l = json_member(j, "changes");

	if (l && json_type(l) != JSON_ARRAY)
		return -1;
	s->lines = arena_get(a, json_count(l) * sizeof(*s->lines));
	for (l = json_first(l); l; l = json_next(l)) {
		s->lines[s->nlines] =
			(struct step_line) { text_at(l, "field", a), text_at(l, "from", a),
					     text_at(l, "to", a) };
		if (!s->lines[s->nlines++].field)
			return -1;
	}
	return 0;
}

static int read_aws(const struct json *j, struct step *s, struct arena *a, struct err *e)
{
	const char *service = json_str(j, "service", ""), *name = json_str(j, "action", "");
	const struct json *params = json_member(j, "params");
	void *in;

	s->action = action_of(service, name);
	if (!s->action)
		return fail(e, EBADMSG, "action '%.60s' of '%.60s' is none that a plan has", name,
			    service);
	if (json_type(params) != JSON_OBJECT)
		return fail(e, EBADMSG, "%s: params are missing", name);
	in = arena_get(a, s->action->in->size);
	if (shape_get_sent(s->action->in, in, params, a, e) < 0)
		return wrap(e, "%s", name);
	s->in = in;
	if (!all_read(s, params))
		return fail(e, EBADMSG, "%s: params have members or values that it does not take",
			    name);
	s->gives = text_at(j, "gives", a);
	if (json_member(j, "gives") && (!s->action->out || !stack_is_ref(s->gives)))
		return fail(e, EBADMSG, "%s: gives is no reference, or nothing is made", name);
	return 0;
}

static int read_kube(const struct json *j, struct step *s, struct arena *a, struct err *e)
{
	const struct json *body = json_member(j, "body");

	s->method = text_at(j, "method", a);
	s->path = text_at(j, "path", a);
	s->gone = text_at(j, "gone", a);
	if (!s->method || (strcmp(s->method, "POST") != 0 && strcmp(s->method, "PATCH") != 0 &&
			   strcmp(s->method, "DELETE") != 0))
		return fail(e, EBADMSG, "neither an action nor a method that a plan has");
	if (!s->path || !path_of_bindings(s->path) || (s->gone && !path_of_bindings(s->gone)))
		return fail(e, EBADMSG, "%s: the path is none of a TargetGroupBinding", s->method);
	if ((strcmp(s->method, "DELETE") == 0) != !body || (body && json_type(body) != JSON_OBJECT))
		return fail(e, EBADMSG, "%s: a body is missing, or too much", s->method);
	if (body)
		s->body = json_words(body, a);
	return 0;
}

static int read_step(const struct json *j, struct step *s, struct arena *a, struct err *e)
{
	const char *effect = json_str(j, "effect", "");
	int k = 0;

	while (k < 3 && strcmp(effects[k], effect) != 0)
		k++;
	s->effect = (enum step_effect)k;
	s->title = text_at(j, "title", a);
	if (k == 3 || !s->title || read_lines(j, s, a) < 0)
		return fail(e, EBADMSG, "effect, title or changes are missing or wrong");
	return json_member(j, "action") ? read_aws(j, s, a, e) : read_kube(j, s, a, e);
}

int plan_read(const struct json *j, struct plan *out, struct arena *a, struct err *e)
{
	const struct json *steps = json_member(j, "steps");

	if (json_type(steps) != JSON_ARRAY)
		return fail(e, EBADMSG, "no list of steps: this is no plan");
	*out = (struct plan) { .a = a, .cap = json_count(steps) };
	out->v = arena_get(a, out->cap * sizeof(*out->v));
	for (steps = json_first(steps); steps; steps = json_next(steps))
		if (read_step(steps, &out->v[out->n++], a, e) < 0)
			return wrap(e, "step %zu", out->n);
	return 0;
}

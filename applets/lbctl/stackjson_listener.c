/* SPDX-License-Identifier: Apache-2.0 */
/* stackjson_listener.c - listeners, rules and their actions in a stack's JSON. */
#include "stackjson.h"

static const char *const large[2] = { "Key",
				      "Value" }; /* the original's have no tags of their own */

/* ---- actions: those that models make */

static struct json *forward_json(const struct elb_forward *f)
{
	struct json *j = json_object(), *list = json_array(), *sticky = json_object();

	for (size_t i = 0; i < f->groups.n; i++) {
		struct json *g = json_object();

		stackjson_token(g, "targetGroupARN", f->groups.v[i].arn);
		stackjson_num(g, "weight", f->groups.v[i].weight);
		json_push(list, g);
	}
	json_add(j, "targetGroups", list);
	if (f->sticky != FLAG_UNSET)
		json_add_bool(sticky, "enabled", f->sticky == FLAG_YES);
	stackjson_num(sticky, "durationSeconds", f->sticky_s);
	stackjson_list(j, "targetGroupStickinessConfig", sticky);
	return j;
}

static void add_opt(struct json *j, const char *key, const char *v)
{
	if (v)
		json_add_str(j, key, v);
}

static struct json *redirect_json(const struct elb_redirect *r)
{
	struct json *j = json_object();

	add_opt(j, "host", r->host);
	add_opt(j, "path", r->path);
	add_opt(j, "port", r->port);
	add_opt(j, "protocol", r->protocol);
	add_opt(j, "query", r->query);
	json_add_str(j, "statusCode", r->status);
	return j;
}

static struct json *fixed_json(const struct elb_fixed_response *f)
{
	struct json *j = json_object();

	add_opt(j, "contentType", f->content_type);
	add_opt(j, "messageBody", f->body);
	json_add_str(j, "statusCode", f->status);
	return j;
}

static struct json *actions_json(const struct elb_actions *v)
{
	struct json *list = json_array();

	for (size_t i = 0; i < v->n; i++) {
		struct json *j = json_object();

		json_add_str(j, "type", v->v[i].type);
		if (v->v[i].fixed_response)
			json_add(j, "fixedResponseConfig", fixed_json(v->v[i].fixed_response));
		if (v->v[i].redirect)
			json_add(j, "redirectConfig", redirect_json(v->v[i].redirect));
		if (v->v[i].forward)
			json_add(j, "forwardConfig", forward_json(v->v[i].forward));
		json_push(list, j);
	}
	return list;
}

/* ---- listeners */

/* The original wraps given ARNs in a resource without type and id. */
static void add_certificates(struct json *j, const struct elb_certificates *v)
{
	struct json *list = json_array();

	for (size_t i = 0; i < v->n; i++) {
		struct json *c = json_object();

		stackjson_token(c, "certificateARN", "#/resources///status/certificateARN");
		json_push(list, c);
	}
	stackjson_list(j, "certificates", list);
}

static void add_mutual_auth(struct json *j, const struct elb_mutual_auth *m)
{
	struct json *o;

	if (!m)
		return;
	o = json_object();
	json_add_str(o, "mode", m->mode);
	add_opt(o, "trustStoreArn", m->trust_store);
	if (m->ignore_expiry != FLAG_UNSET)
		json_add_bool(o, "ignoreClientCertificateExpiry", m->ignore_expiry == FLAG_YES);
	add_opt(o, "advertiseTrustStoreCaNames", m->advertise_ca_names);
	json_add(j, "mutualAuthentication", o);
}

struct json *stackjson_listener(const struct stack_listener *l)
{
	struct json *j = json_object();

	stackjson_token(j, "loadBalancerARN", l->spec.load_balancer);
	json_add_int(j, "port", l->spec.port);
	json_add_str(j, "protocol", l->spec.protocol);
	stackjson_list(j, "defaultActions", actions_json(&l->spec.actions));
	add_certificates(j, &l->spec.certificates);
	stackjson_text(j, "sslPolicy", l->spec.ssl_policy);
	stackjson_strs(j, "alpnPolicy", &l->spec.alpn);
	add_mutual_auth(j, l->spec.mutual_auth);
	stackjson_map(j, "tags", &l->spec.tags);
	stackjson_attributes(j, "listenerAttributes", &l->attributes, large);
	return j;
}

/* ---- rules */

static struct json *query_json(const struct elb_query_values *v)
{
	struct json *list = json_array();

	for (size_t i = 0; i < v->n; i++) {
		struct json *q = json_object();

		add_opt(q, "key", v->v[i].key);
		json_add_str(q, "value", v->v[i].value);
		json_push(list, q);
	}
	return list;
}

static void add_values(struct json *j, const char *key, const struct strs *values,
		       const struct strs *regexes)
{
	struct json *o = json_object();

	stackjson_strs(o, "values", values);
	stackjson_strs(o, "regexValues", regexes);
	stackjson_list(j, key, o);
}

static void add_header(struct json *j, const struct elb_condition *c)
{
	struct json *o;

	if (!c->header || !*c->header)
		return;
	o = json_object();
	json_add_str(o, "httpHeaderName", c->header);
	stackjson_strs(o, "values", &c->header_values);
	stackjson_strs(o, "regexValues", &c->header_regexes);
	json_add(j, "httpHeaderConfig", o);
}

static struct json *condition(const struct elb_condition *c)
{
	static const struct strs none;
	struct json *j = json_object(), *query = json_object();

	json_add_str(j, "field", c->field);
	add_values(j, "hostHeaderConfig", &c->hosts, &c->host_regexes);
	add_header(j, c);
	add_values(j, "httpRequestMethodConfig", &c->methods, &none);
	add_values(j, "pathPatternConfig", &c->paths, &c->path_regexes);
	stackjson_list(query, "values", query_json(&c->query));
	stackjson_list(j, "queryStringConfig", query);
	add_values(j, "sourceIPConfig", &c->sources, &none);
	return j;
}

struct json *stackjson_rule(const struct stack_rule *r)
{
	struct json *j = json_object(), *list = json_array();

	stackjson_token(j, "listenerARN", r->spec.listener);
	json_add_int(j, "priority", r->spec.priority);
	stackjson_list(j, "actions", actions_json(&r->spec.actions));
	for (size_t i = 0; i < r->spec.conditions.n; i++)
		json_push(list, condition(&r->spec.conditions.v[i]));
	stackjson_list(j, "conditions", list);
	stackjson_map(j, "tags", &r->spec.tags);
	return j;
}

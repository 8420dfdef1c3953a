/* SPDX-License-Identifier: Apache-2.0 */
/* kubebinding.c - the JSON of a TargetGroupBinding's spec; merge patches. */
#include <string.h>

#include "kubebinding.h"

static void add_str(struct json *j, const char *key, const char *v)
{
	if (v && *v)
		json_add_str(j, key, v);
}

static struct json *int_or_str(struct int_or_str v)
{
	auto_json struct json *holder = json_object();

	if (v.s)
		json_add_str(holder, "v", v.s);
	else
		json_add_int(holder, "v", v.n);
	return json_copy(json_member(holder, "v"));
}

static struct json *peer(const struct kube_peer *p)
{
	struct json *j = json_object(), *in = json_object();

	if (p->group && *p->group) {
		json_add_str(in, "groupID", p->group);
		json_add(j, "securityGroup", in);
	} else {
		json_add_str(in, "cidr", p->cidr);
		json_add(j, "ipBlock", in);
	}
	return j;
}

static struct json *net_port(const struct kube_net_port *p)
{
	struct json *j = json_object();

	add_str(j, "protocol", p->protocol);
	if (p->port.s || p->port.n)
		json_add(j, "port", int_or_str(p->port));
	return j;
}

static struct json *networking(const struct kube_networking *n)
{
	struct json *j = json_object(), *rules = json_array();

	for (const struct kube_net_rule *r = n->ingress.v; r < n->ingress.v + n->ingress.n; r++) {
		struct json *rule = json_object(), *from = json_array(), *ports = json_array();

		for (size_t i = 0; i < r->from.n; i++)
			json_push(from, peer(&r->from.v[i]));
		for (size_t i = 0; i < r->ports.n; i++)
			json_push(ports, net_port(&r->ports.v[i]));
		json_add(rule, "from", from);
		json_add(rule, "ports", ports);
		json_push(rules, rule);
	}
	if (n->ingress.n)
		json_add(j, "ingress", rules);
	else
		json_free(&rules);
	return j;
}

struct json *kube_binding_spec(const struct kube_binding *b)
{
	struct json *j = json_object(), *service = json_object();

	add_str(j, "targetGroupARN", b->arn);
	add_str(j, "targetGroupName", b->target_group);
	if (b->multi_cluster)
		json_add_bool(j, "multiClusterTargetGroup", true);
	if (b->target_type)
		json_add_str(j, "targetType", b->target_type);
	if (b->protocol)
		json_add_str(j, "targetGroupProtocol", b->protocol);
	json_add_str(service, "name", b->service);
	json_add(service, "port", int_or_str(b->port));
	json_add(j, "serviceRef", service);
	if (b->networking)
		json_add(j, "networking", networking(b->networking));
	if (b->nodes)
		json_add(j, "nodeSelector", shape_json(&kube_selector_shape, b->nodes));
	if (b->ip_address_type)
		json_add_str(j, "ipAddressType", b->ip_address_type);
	add_str(j, "vpcID", b->vpc);
	add_str(j, "iamRoleArnToAssume", b->role);
	add_str(j, "assumeRoleExternalId", b->external_id);
	return j;
}

/* What is in want and different, then what is in have alone. */
static struct json *patch_object(const struct json *have, const struct json *want)
{
	struct json *out = json_object();

	for (const struct json *m = json_first(want); m; m = json_next(m)) {
		struct json *p = kube_merge_patch(json_member(have, json_key(m)), m);

		if (p)
			json_add(out, json_key(m), p);
	}
	for (const struct json *m = json_first(have); m; m = json_next(m))
		if (!json_member(want, json_key(m)))
			json_add_str(out, json_key(m), NULL);
	if (!json_count(out))
		json_free(&out);
	return out;
}

struct json *kube_merge_patch(const struct json *have, const struct json *want)
{
	if (json_same(have, want))
		return NULL;
	if (json_type(want) == JSON_OBJECT && json_type(have) == JSON_OBJECT)
		return patch_object(have, want);
	return json_copy(want);
}

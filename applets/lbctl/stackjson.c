/* SPDX-License-Identifier: Apache-2.0 */
/* stackjson.c - a stack as the JSON that the original logs and keeps in dry-run-plan: names and
 * order of members are those of its structures (spec-lbc-nlb 1.1, spec-lbc-alb 21), types and ids
 * sorted. */
#include <stdlib.h>
#include <string.h>

#include "stackjson.h"

#define FRONTEND "FrontendNLBTargetGroup"

/* What the original leaves out when it is empty. */
void stackjson_text(struct json *j, const char *key, const char *v)
{
	if (v && *v)
		json_add_str(j, key, v);
}

void stackjson_num(struct json *j, const char *key, struct shape_num v)
{
	if (v.set)
		json_add_int(j, key, v.v);
}

void stackjson_list(struct json *j, const char *key, struct json *list)
{
	if (json_count(list))
		json_add(j, key, list);
	else
		json_free(&list);
}

void stackjson_strs(struct json *j, const char *key, const struct strs *v)
{
	struct json *list = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_push_str(list, v->v[i]);
	stackjson_list(j, key, list);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct tag *)a)->key, ((const struct tag *)b)->key);
}

/* A map of Go's: sorted by key. */
void stackjson_map(struct json *j, const char *key, const struct tags *v)
{
	struct json *map = json_object();
	struct tag *sorted = xalloc((v->n + 1) * sizeof(*sorted));

	if (v->n)
		memcpy(sorted, v->v, v->n * sizeof(*sorted));
	qsort(sorted, v->n, sizeof(*sorted), by_key);
	for (size_t i = 0; i < v->n; i++)
		json_add_str(map, sorted[i].key, sorted[i].value);
	free(sorted);
	stackjson_list(j, key, map);
}

void stackjson_attributes(struct json *j, const char *key, const struct tags *v,
			  const char *const names[2])
{
	struct json *list = json_array();

	for (size_t i = 0; i < v->n; i++) {
		struct json *pair = json_object();

		json_add_str(pair, names[0], v->v[i].key);
		json_add_str(pair, names[1], v->v[i].value);
		json_push(list, pair);
	}
	stackjson_list(j, key, list);
}

static const char *const small[2] = { "key", "value" };

/* A value that may be known only later. */
void stackjson_token(struct json *j, const char *key, const char *v)
{
	struct json *ref;

	if (!stack_is_ref(v)) {
		json_add_str(j, key, v ? v : "");
		return;
	}
	ref = json_object();
	json_add_str(ref, "$ref", v);
	json_add(j, key, ref);
}

/* ---- security groups */

static void add_source(struct json *list, const char *key, const char *v, const char *description)
{
	struct json *o = json_object();

	stackjson_token(o, key, v);
	stackjson_text(o, "description", description);
	json_push(list, o);
}

static struct json *permission(const struct ec2_permission *p)
{
	struct json *j = json_object();
	struct json *l4 = json_array(), *l6 = json_array(), *lg = json_array(), *lp = json_array();

	json_add_str(j, "ipProtocol", p->protocol);
	stackjson_num(j, "fromPort", p->from);
	stackjson_num(j, "toPort", p->to);
	for (size_t i = 0; i < p->ranges.n; i++)
		add_source(l4, "cidrIP", p->ranges.v[i].cidr, p->ranges.v[i].description);
	for (size_t i = 0; i < p->ranges6.n; i++)
		add_source(l6, "cidrIPv6", p->ranges6.v[i].cidr, p->ranges6.v[i].description);
	for (size_t i = 0; i < p->peers.n; i++)
		add_source(lg, "groupID", p->peers.v[i].id, p->peers.v[i].description);
	for (size_t i = 0; i < p->prefix_lists.n; i++)
		add_source(lp, "listID", p->prefix_lists.v[i].id, p->prefix_lists.v[i].description);
	stackjson_list(j, "ipRanges", l4);
	stackjson_list(j, "ipv6Ranges", l6);
	stackjson_list(j, "userIDGroupPairs", lg);
	stackjson_list(j, "prefixLists", lp);
	return j;
}

static struct json *sg_json(const struct stack_sg *s)
{
	struct json *j = json_object(), *list = json_array();

	json_add_str(j, "groupName", s->name);
	json_add_str(j, "description", s->description);
	stackjson_map(j, "tags", &s->tags);
	for (size_t i = 0; i < s->ingress.n; i++)
		json_push(list, permission(&s->ingress.v[i]));
	stackjson_list(j, "ingress", list);
	return j;
}

/* ---- load balancers */

static struct json *mapping(const struct elb_subnet_mapping *m)
{
	struct json *j = json_object();

	stackjson_text(j, "allocationID", m->allocation);
	stackjson_text(j, "privateIPv4Address", m->private_ip);
	stackjson_text(j, "ipv6Address", m->ipv6);
	stackjson_text(j, "sourceNatIpv6Prefix", m->source_nat_prefix);
	json_add_str(j, "subnetID", m->subnet);
	return j;
}

static void add_subnets(struct json *j, const struct elb_subnet_mappings *v)
{
	struct json *list = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_push(list, mapping(&v->v[i]));
	stackjson_list(j, "subnetMapping", list);
}

static void add_groups(struct json *j, const struct strs *v)
{
	struct json *list = json_array(), *ref;

	for (size_t i = 0; i < v->n; i++) {
		if (stack_is_ref(v->v[i])) {
			ref = json_object();
			json_add_str(ref, "$ref", v->v[i]);
			json_push(list, ref);
		} else {
			json_push_str(list, v->v[i]);
		}
	}
	stackjson_list(j, "securityGroups", list);
}

static struct json *lb_json(const struct stack_lb *b)
{
	struct json *j = json_object(), *capacity;

	json_add_str(j, "name", b->spec.name);
	json_add_str(j, "type", b->spec.type);
	stackjson_text(j, "scheme", b->spec.scheme);
	stackjson_text(j, "ipAddressType", b->spec.ip_address_type);
	stackjson_text(j, "enablePrefixForIpv6SourceNat", b->spec.source_nat);
	add_subnets(j, &b->spec.subnets);
	add_groups(j, &b->spec.security_groups);
	stackjson_text(j, "securityGroupsInboundRulesOnPrivateLink", b->private_link);
	stackjson_text(j, "customerOwnedIPv4Pool", b->spec.coip_pool);
	stackjson_attributes(j, "loadBalancerAttributes", &b->attributes, small);
	if (b->capacity.set) {
		capacity = json_object();
		json_add_int(capacity, "capacityUnits", b->capacity.v);
		json_add(j, "minimumLoadBalancerCapacity", capacity);
	}
	stackjson_map(j, "tags", &b->spec.tags);
	stackjson_text(j, "ipv4IPAMPool", b->spec.ipam_pool);
	return j;
}

/* ---- target groups */

static struct json *health_json(const struct elb_create_target_group *t)
{
	struct json *j = json_object(), *matcher = json_object();
	int64_t port;

	if (t->health_port && str_i64(t->health_port, &port))
		json_add_int(j, "port", port);
	else
		stackjson_text(j, "port", t->health_port);
	stackjson_text(j, "protocol", t->health_protocol);
	stackjson_text(j, "path", t->health_path);
	stackjson_text(matcher, "httpCode", t->http_codes);
	stackjson_text(matcher, "grpcCode", t->grpc_codes);
	stackjson_list(j, "matcher", matcher);
	stackjson_num(j, "intervalSeconds", t->health_interval_s);
	stackjson_num(j, "timeoutSeconds", t->health_timeout_s);
	stackjson_num(j, "healthyThresholdCount", t->healthy_count);
	stackjson_num(j, "unhealthyThresholdCount", t->unhealthy_count);
	return j;
}

static struct json *tg_json(const struct stack_tg *t)
{
	struct json *j = json_object();

	json_add_str(j, "name", t->spec.name);
	json_add_str(j, "targetType", t->spec.target_type);
	json_add_int(j, "port", t->spec.port);
	json_add_str(j, "protocol", t->spec.protocol);
	stackjson_text(j, "protocolVersion", t->spec.protocol_version);
	stackjson_text(j, "ipAddressType", t->spec.ip_address_type);
	stackjson_list(j, "healthCheckConfig", health_json(&t->spec));
	stackjson_attributes(j, "targetGroupAttributes", &t->attributes, small);
	stackjson_map(j, "tags", &t->spec.tags);
	if (t->spec.control_port)
		json_add_int(j, "targetControlPort", t->spec.control_port);
	return j;
}

/* ---- bindings */

static struct json *from_json(const struct kube_peers *v)
{
	struct json *list = json_array();

	for (size_t i = 0; i < v->n; i++) {
		bool group = v->v[i].group && *v->v[i].group;
		struct json *peer = json_object(), *o = json_object();

		stackjson_token(o, group ? "groupID" : "cidr",
				group ? v->v[i].group : v->v[i].cidr);
		json_add(peer, group ? "securityGroup" : "ipBlock", o);
		json_push(list, peer);
	}
	return list;
}

static void add_port(struct json *j, const struct int_or_str *p)
{
	if (p->s)
		json_add_str(j, "port", p->s);
	else if (p->n)
		json_add_int(j, "port", p->n);
}

static struct json *networking_json(const struct kube_networking *n)
{
	struct json *j = json_object(), *rules = json_array();

	for (size_t i = 0; i < n->ingress.n; i++) {
		const struct kube_net_rule *r = &n->ingress.v[i];
		struct json *rule = json_object(), *ports = json_array();

		json_add(rule, "from", from_json(&r->from));
		for (size_t k = 0; k < r->ports.n; k++) {
			struct json *port = json_object();

			stackjson_text(port, "protocol", r->ports.v[k].protocol);
			add_port(port, &r->ports.v[k].port);
			json_push(ports, port);
		}
		json_add(rule, "ports", ports);
		json_push(rules, rule);
	}
	stackjson_list(j, "ingress", rules);
	return j;
}

static struct json *binding_spec(const struct kube_binding *b)
{
	struct json *j = json_object(), *ref = json_object(), *nodes;

	stackjson_token(j, "targetGroupARN", b->arn);
	stackjson_text(j, "targetType", b->target_type);
	stackjson_text(j, "targetGroupProtocol", b->protocol);
	json_add_str(ref, "name", b->service);
	add_port(ref, &b->port);
	json_add(j, "serviceRef", ref);
	if (b->networking)
		json_add(j, "networking", networking_json(b->networking));
	if (b->nodes) {
		nodes = json_object();
		stackjson_map(nodes, "matchLabels", &b->nodes->labels);
		json_add(j, "nodeSelector", nodes);
	}
	stackjson_text(j, "ipAddressType", b->ip_address_type);
	stackjson_text(j, "vpcID", b->vpc);
	if (b->multi_cluster)
		json_add_bool(j, "multiClusterTargetGroup", true);
	return j;
}

static struct json *binding_json(const struct stack_binding *b)
{
	struct json *j = json_object(), *template = json_object(), *meta = json_object();

	json_add_str(meta, "name", b->spec.name);
	json_add_str(meta, "namespace", b->spec.ns);
	json_add(template, "metadata", meta);
	json_add(template, "spec", binding_spec(&b->spec));
	json_add(j, "template", template);
	return j;
}

/* ---- all of them */

struct entry {
	const char *id;
	const void *v;
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

/* The resources of one type: n structs of that size, each beginning with its id. */
static void add_type(struct json *all, const char *type, struct shape_list l, size_t size,
		     struct json *(*show)(const void *v))
{
	struct entry *e = xalloc((l.n + 1) * sizeof(*e));
	struct json *of_type;

	for (size_t i = 0; i < l.n; i++) {
		e[i].v = (const char *)l.v + i * size;
		e[i].id = *(const char *const *)e[i].v;
	}
	qsort(e, l.n, sizeof(*e), by_id);
	of_type = json_object();
	for (size_t i = 0; i < l.n; i++) {
		struct json *spec = json_object();

		json_add(spec, "spec", show(e[i].v));
		json_add(of_type, e[i].id, spec);
	}
	free(e);
	stackjson_list(all, type, of_type);
}

#define SHOW(name, fn)                                 \
	static struct json *show_##name(const void *v) \
	{                                              \
		return fn(v);                          \
	}
SHOW(sg, sg_json)
SHOW(lb, lb_json)
SHOW(tg, tg_json)
SHOW(listener, stackjson_listener)
SHOW(rule, stackjson_rule)
SHOW(binding, binding_json)

struct json *stack_json(const struct stack *s)
{
	struct json *j = json_object(), *all = json_object(), *nlb, *empty;

	json_add_str(j, "id", s->id);
#define TYPE(name, type, list)                                                             \
	add_type(all, type, (struct shape_list) { s->list, s->n##list }, sizeof(*s->list), \
		 show_##name)
	TYPE(sg, STACK_SG, sgs);
	TYPE(listener, STACK_LISTENER, listeners);
	TYPE(rule, STACK_RULE, rules);
	TYPE(lb, STACK_LB, lbs);
	TYPE(tg, STACK_TG, tgs);
	if (strcmp(s->prefix, "ingress.k8s.aws") ==
	    0) { /* of the NLB in front, which there is none */
		empty = json_object();
		json_add(empty, "TargetGroups", json_object());
		nlb = json_object();
		json_add(nlb, FRONTEND, empty);
		json_add(all, FRONTEND, nlb);
	}
	TYPE(binding, STACK_BINDING, bindings);
	json_add(j, "resources", all);
	return j;
}

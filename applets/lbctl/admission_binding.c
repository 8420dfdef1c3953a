/* SPDX-License-Identifier: Apache-2.0 */
/* admission_binding.c - TargetGroupBindings: what is left out is found out, and what cannot be is
 * refused (spec-lbc-nlb 13.3). */
#include <string.h>

#include "admission.h"

#define HEX "0123456789abcdef"

/* One binding before the hook; AWS is asked at most once for its group by ARN. */
struct bound {
	struct admission *q;
	struct kube_binding b;
	struct elb_target_groups found;
	const struct elb_target_group *group;
};

static bool is(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* ---- AWS */

static int ask(struct bound *x, const struct elb_describe_target_groups *in, const char *what,
	       const char *which)
{
	struct admission *q = x->q;
	struct err e = { 0 };

	if (q->env->target_groups(q->env->arg, &x->b, in, &x->found, q->a, &e) < 0)
		return admission_refuse(q, "describe_target_groups_error",
					arena_fmt(q->a, "searching TargetGroup with %s %s: %s",
						  what, which, e.msg));
	if (x->found.n != 1)
		return admission_refuse(q, "describe_target_groups_error",
					arena_fmt(q->a,
						  "searching TargetGroup with %s %s: found %zu, "
						  "not exactly one",
						  what, which, x->found.n));
	x->group = &x->found.v[0];
	return 0;
}

static int ask_name(struct bound *x)
{
	struct elb_describe_target_groups in = { .names = { &x->b.target_group, 1 } };

	return ask(x, &in, "name", x->b.target_group);
}

static int ask_arn(struct bound *x)
{
	struct elb_describe_target_groups in = { .arns = { &x->b.arn, 1 } };

	return x->group ? 0 : ask(x, &in, "ARN", x->b.arn);
}

/* ---- defaults */

static void set(struct bound *x, const char *path, const char *value)
{
	auto_json struct json *text = json_array();

	json_push_str(text, value);
	admission_set(x->q, path, json_copy(json_first(text)));
}

static int set_target_type(struct bound *x)
{
	const char *type = x->group->target_type;

	if (x->b.target_type)
		return 0;
	if (!is(type, "instance") && !is(type, "ip"))
		return admission_refuse(x->q, "default_target_type_error",
					arena_fmt(x->q->a, "unsupported TargetType: %s", type));
	set(x, "/spec/targetType", type);
	return 0;
}

static int set_address_type(struct bound *x)
{
	const char *type = x->group->ip_address_type;

	if (x->b.ip_address_type)
		return 0;
	if (*type && !is(type, "ipv4") && !is(type, "ipv6"))
		return admission_refuse(x->q, "default_ip_address_type_error",
					arena_fmt(x->q->a, "unsupported IPAddressType: %s", type));
	set(x, "/spec/ipAddressType", *type ? type : "ipv4");
	return 0;
}

int admit_binding_defaults(struct admission *q)
{
	struct bound x = { .q = q };
	struct kube_binding *b = &x.b;

	if (!q->create)
		return 0;
	if (admission_read(q, KUBE_BINDING, q->object, b) < 0)
		return -1;
	if (!*b->arn && !*b->target_group)
		return admission_refuse(q, "check_required_fields_error",
					"spec.targetGroupARN or spec.targetGroupName must be set");
	if (!*b->arn) {
		if (ask_name(&x) < 0)
			return -1;
		b->arn = x.group->arn;
		set(&x, "/spec/targetGroupARN", b->arn);
	}
	if (b->target_type && b->ip_address_type && *b->vpc && b->protocol)
		return 0;
	if (ask_arn(&x) < 0 || set_target_type(&x) < 0 || set_address_type(&x) < 0)
		return -1;
	if (!*b->vpc)
		set(&x, "/spec/vpcID", x.group->vpc);
	if (!b->protocol && *x.group->protocol)
		set(&x, "/spec/targetGroupProtocol", x.group->protocol);
	return 0;
}

/* ---- rules of one binding by itself */

static int check_required(struct bound *x)
{
	struct kube_binding *b = &x->b;
	const char *arn = "", *type = b->target_type ? "" : "spec.targetType";

	if (!*b->arn && *b->target_group) {
		if (ask_name(x) < 0)
			return -1;
		b->arn = x->group->arn;
	} else if (!*b->arn) {
		arn = "spec.targetGroupARN";
	}
	if (!*arn && !*type)
		return 0;
	return admission_refuse(x->q, "check_required_fields_error",
				arena_fmt(x->q->a,
					  "TargetGroupBinding must specify these fields: %s%s%s",
					  arn, *arn && *type ? "," : "", type));
}

static int check_selector(struct bound *x)
{
	if (!x->b.nodes || !is(x->b.target_type, "ip"))
		return 0;
	return admission_refuse(x->q, "check_node_selector_error",
				"TargetGroupBinding cannot set spec.nodeSelector when "
				"spec.targetType is ip");
}

static int check_role(struct bound *x)
{
	if (!*x->b.role || !is(x->b.target_type, "instance"))
		return 0;
	return admission_refuse(x->q, "check_assume_role_error",
				"TargetGroupBinding cannot set spec.iamRoleArnToAssume when "
				"spec.targetType is instance");
}

static bool is_vpc(const char *s)
{
	size_t n;

	if (!str_prefix(s, "vpc-"))
		return false;
	n = strlen(s + 4);
	return strspn(s + 4, HEX) == n && (n == 8 || n == 17 || n == 32);
}

/* ---- against AWS */

static int check_address_type(struct bound *x)
{
	const char *mine = x->b.ip_address_type ? x->b.ip_address_type : "ipv4";
	const char *theirs = *x->group->ip_address_type ? x->group->ip_address_type : "ipv4";

	if (is(mine, theirs))
		return 0;
	return admission_refuse(x->q, "check_ip_address_type_error",
				arena_fmt(x->q->a,
					  "spec.ipAddressType is %s, but that of TargetGroup %s is "
					  "%s",
					  mine, x->b.arn, theirs));
}

static int check_vpc(struct bound *x)
{
	struct arena *a = x->q->a;

	if (!*x->b.vpc)
		return 0;
	if (!is_vpc(x->b.vpc))
		return admission_refuse(
			x->q, "check_vpc_id_error",
			arena_fmt(a,
				  "spec.vpcID '%.100s' is no VPC: they are named vpc- and 8, 17 "
				  "or 32 hexadecimal digits in lower case",
				  x->b.vpc));
	if (is(x->b.vpc, x->group->vpc))
		return 0;
	return admission_refuse(x->q, "check_vpc_id_error",
				arena_fmt(a, "spec.vpcID is %s, but that of TargetGroup %s is %s",
					  x->b.vpc, x->b.arn, x->group->vpc));
}

static int check_protocol(struct bound *x)
{
	const char *p = x->b.protocol;
	bool quic = is(p, "QUIC") || is(p, "TCP_QUIC");

	if (!p)
		return 0;
	if (!is(p, x->group->protocol))
		return admission_refuse(
			x->q, "check_target_group_protocol_error",
			arena_fmt(x->q->a,
				  "spec.targetGroupProtocol is %s, but that of TargetGroup %s is "
				  "%s",
				  p, x->b.arn, x->group->protocol));
	if (!quic || !is(x->b.target_type, "instance"))
		return 0;
	return admission_refuse(
		x->q, "check_target_group_protocol_error",
		arena_fmt(x->q->a, "spec.targetGroupProtocol %s needs spec.targetType ip", p));
}

/* ---- against the other bindings */

static bool same_binding(const struct kube_binding *a, const struct kube_binding *b)
{
	return (*a->uid && is(a->uid, b->uid)) || (is(a->ns, b->ns) && is(a->name, b->name));
}

/* Does the other one keep this one from the group? Both may share it between clusters. */
static bool stands_in_the_way(const struct kube_binding *b, const struct kube_binding *other)
{
	return is(b->arn, other->arn) && !same_binding(b, other) &&
	       !(b->multi_cluster && other->multi_cluster);
}

static int check_unique(struct bound *x)
{
	const struct model_objects *o = &x->q->env->objects;
	auto_buf struct buf names = { 0 };

	for (const void *at = o->next(o->arg, KUBE_BINDING, NULL); at;
	     at = o->next(o->arg, KUBE_BINDING, at)) {
		const struct kube_binding *other = at;

		if (stands_in_the_way(&x->b, other))
			buf_fmt(&names, "%s%s/%s", names.len ? " " : "", other->ns, other->name);
	}
	if (!names.len)
		return 0;
	return admission_refuse(
		x->q, "check_target_group_binding_unique_error",
		arena_fmt(x->q->a,
			  "TargetGroup %s is already bound to following TargetGroupBindings [%s]. "
			  "Please enable MultiCluster mode on all TargetGroupBindings referencing "
			  "%s or choose a different Target Group ARN.",
			  x->b.arn, names.p, x->b.arn));
}

/* ---- updates */

static bool address_type_kept(const char *old, const char *new)
{
	if (!old)
		return !new || is(new, "ipv4");
	return is(old, new);
}

static bool vpc_kept(const struct bound *x, const char *old, const char *new)
{
	if (is(old, new))
		return true;
	return !*old && is(new, x->q->env->c->vpc);
}

static int check_immutable(struct bound *x)
{
	auto_buf struct buf names = { 0 };
	const struct kube_binding *new = &x->b;
	struct kube_binding old;

	if (admission_read(x->q, KUBE_BINDING, x->q->old, &old) < 0)
		return -1;
	if (!is(old.arn, new->arn))
		buf_str(&names, ",spec.targetGroupARN");
	if (!is(old.target_type, new->target_type) && (old.target_type || new->target_type))
		buf_str(&names, ",spec.targetType");
	if (!address_type_kept(old.ip_address_type, new->ip_address_type))
		buf_str(&names, ",spec.ipAddressType");
	if (!vpc_kept(x, old.vpc, new->vpc))
		buf_str(&names, ",spec.vpcID");
	if (!names.len)
		return 0;
	return admission_refuse(x->q, "check_immutable_fields_error",
				arena_fmt(x->q->a,
					  "TargetGroupBinding update may not change these "
					  "immutable fields: %s",
					  names.p + 1));
}

/* ---- */

static int create(struct bound *x)
{
	if (check_selector(x) < 0 || check_unique(x) < 0)
		return -1;
	if (ask_arn(x) < 0 || check_address_type(x) < 0 || check_vpc(x) < 0)
		return -1;
	if (check_role(x) < 0)
		return -1;
	return check_protocol(x);
}

static int update(struct bound *x)
{
	if (check_immutable(x) < 0 || check_selector(x) < 0 || check_role(x) < 0)
		return -1;
	return check_unique(x);
}

/* Whoever takes a finalizer or writes a checkpoint down is not kept from it by what has been wrong
 * before. */
static bool untouched(const struct admission *q)
{
	return !q->create &&
	       (json_get(q->object, "metadata.deletionTimestamp") ||
		json_same(json_member(q->object, "spec"), json_member(q->old, "spec")));
}

int admit_binding(struct admission *q)
{
	struct bound x = { .q = q };

	if (untouched(q))
		return 0;
	if (admission_read(q, KUBE_BINDING, q->object, &x.b) < 0 || check_required(&x) < 0)
		return -1;
	return q->create ? create(&x) : update(&x);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ec2group.c - EC2's actions on security groups and their rules. */
#include <stdio.h>
#include <string.h>

#include "ec2act.h"
#include "ec2filter.h"
#include "ec2xml.h"
#include "elb.h"
#include "sgroup.h"

/* ---- who is who ---- */

static int not_found(struct err *e, const char *id)
{
	return world_refuse(e, "InvalidGroup.NotFound",
			    "The security group '%.100s' does not exist", id);
}

static int find(struct api_call *c, struct sgroup **out, struct err *e)
{
	const char *id = param(c, "GroupId");

	if (!id)
		return world_refuse(e, "MissingParameter",
				    "The request must contain the parameter groupId");
	*out = sgroup_find(c->w, id);
	if (!*out && !str_prefix(id, "sg-"))
		return world_refuse(e, "InvalidGroupId.Malformed", "Invalid id: \"%.100s\"", id);
	return *out ? 0 : not_found(e, id);
}

/* ---- showing ---- */

static void show_peer(struct buf *b, const struct world *w, const struct sg_rule *r)
{
	static const char *const names[] = { "cidrIp", "cidrIpv6", "prefixListId", "groupId" };

	buf_str(b, "<item>");
	if (r->kind == SG_GROUP)
		xml_el(b, "userId", w->account);
	xml_el(b, names[r->kind], r->peer);
	if (r->description)
		xml_el(b, "description", r->description);
	buf_str(b, "</item>");
}

static bool same_ports(const struct sg_rule *x, const struct sg_rule *y)
{
	return strcmp(x->protocol, y->protocol) == 0 && x->ports == y->ports &&
	       (!x->ports || (x->from == y->from && x->to == y->to));
}

/* One permission: all rules of the same protocol and ports, their peers by kind. */
static void show_permission(struct buf *b, const struct world *w, const struct sg_rule *all,
			    const struct sg_rule *first)
{
	static const char *const sets[] = { "ipRanges", "ipv6Ranges", "prefixListIds", "groups" };

	xml_el(b, "ipProtocol", first->protocol);
	if (first->ports) {
		xml_el_int(b, "fromPort", first->from);
		xml_el_int(b, "toPort", first->to);
	}
	for (int kind = 0; kind < (int)COUNT(sets); kind++) {
		buf_fmt(b, "<%s>", sets[kind]);
		for (const struct sg_rule *r = all; r; r = r->next)
			if ((int)r->kind == kind && same_ports(r, first))
				show_peer(b, w, r);
		buf_fmt(b, "</%s>", sets[kind]);
	}
}

static void show_permissions(struct buf *b, const struct world *w, const char *name,
			     const struct sg_rule *rules)
{
	buf_fmt(b, "<%s>", name);
	for (const struct sg_rule *r = rules; r; r = r->next) {
		const struct sg_rule *before = rules;

		while (before != r && !same_ports(before, r))
			before = before->next;
		if (before != r)
			continue;
		buf_str(b, "<item>");
		show_permission(b, w, rules, r);
		buf_str(b, "</item>");
	}
	buf_fmt(b, "</%s>", name);
}

static void show_arn(struct buf *b, const struct world *w, const struct sgroup *g)
{
	buf_fmt(b, "<securityGroupArn>arn:aws:ec2:%s:%s:security-group/%s</securityGroupArn>",
		w->c.region, w->account, g->id);
}

static void show_group(struct buf *b, const struct world *w, const struct sgroup *g)
{
	xml_el(b, "ownerId", w->account);
	xml_el(b, "groupId", g->id);
	xml_el(b, "groupName", g->name);
	xml_el(b, "groupDescription", g->description);
	xml_el(b, "vpcId", w->vpc_id);
	show_arn(b, w, g);
	show_permissions(b, w, "ipPermissions", g->ingress);
	show_permissions(b, w, "ipPermissionsEgress", g->egress);
	xml_tags(b, g->tags);
}

static void offer(struct query *q, const struct world *w, const struct sgroup *g)
{
	query_item(q);
	query_offer(q, "group-id", g->id);
	query_offer(q, "group-name", g->name);
	query_offer(q, "description", g->description);
	query_offer(q, "vpc-id", w->vpc_id);
	query_offer(q, "owner-id", w->account);
	query_offer(q, "ip-permission.cidr", NULL);
	query_offer(q, "ip-permission.group-id", NULL);
	for (const struct sg_rule *r = g->ingress; r; r = r->next)
		query_offer(q,
			    r->kind == SG_CIDR    ? "ip-permission.cidr"
			    : r->kind == SG_GROUP ? "ip-permission.group-id"
						  : "",
			    r->peer);
	query_offer_tags(q, g->tags);
}

int show_groups(struct api_call *c, struct err *e)
{
	struct strs names = param_list(c, "GroupName");
	struct query q;

	if (query_read(&q, c, "GroupId", e) < 0)
		return -1;
	for (size_t i = 0; i < q.ids.n; i++)
		if (!sgroup_find(c->w, q.ids.v[i]))
			return not_found(e, q.ids.v[i]);
	for (size_t i = 0; i < names.n; i++) {
		const struct sgroup *g = sgroup_named(c->w, names.v[i]);

		if (!g)
			return not_found(e, names.v[i]);
		strs_add(&q.ids, g->id, c->a);
	}
	buf_str(c->out, "<securityGroupInfo>");
	for (const struct sgroup *g = c->w->groups; g; g = g->next) {
		offer(&q, c->w, g);
		if (!query_wants(&q, g->id, g->serial))
			continue;
		buf_str(c->out, "<item>");
		show_group(c->out, c->w, g);
		buf_str(c->out, "</item>");
	}
	buf_str(c->out, "</securityGroupInfo>");
	return query_end(&q, e);
}

/* ---- create, delete ---- */

static int tag_created(struct api_call *c, struct world_tag **tags, struct err *e)
{
	const char *type;

	for (size_t k = 1;
	     (type = param(c, arena_fmt(c->a, "TagSpecification.%zu.ResourceType", k))); k++) {
		if (strcmp(type, "security-group") != 0)
			return world_refuse(e, "InvalidParameterValue",
					    "'%.100s' is not a valid taggable resource type for "
					    "this operation.",
					    type);
		if (tags_put(c, arena_fmt(c->a, "TagSpecification.%zu.Tag", k), tags, e) < 0)
			return -1;
	}
	return 0;
}

int group_create(struct api_call *c, struct err *e)
{
	const char *vpc = param(c, "VpcId");
	struct world_tag *tags = NULL;
	struct sgroup *g;

	if (vpc && strcmp(vpc, c->w->vpc_id) != 0)
		return world_refuse(e, "InvalidVpcID.NotFound",
				    "The vpc ID '%.100s' does not exist", vpc);
	if (!vpc)
		return world_refuse(e, "VPCIdNotSpecified", "No default VPC for this user");
	if (tag_created(c, &tags, e) < 0 ||
	    sgroup_create(c->w, param(c, "GroupName"), param(c, "GroupDescription"), &g, e) < 0)
		return -1;
	g->tags = tags;
	xml_el_bool(c->out, "return", true);
	xml_el(c->out, "groupId", g->id);
	show_arn(c->out, c->w, g);
	xml_tags(c->out, g->tags);
	return 0;
}

int group_remove(struct api_call *c, struct err *e)
{
	struct sgroup *g;
	bool used;

	if (find(c, &g, e) < 0)
		return -1;
	used = c->api->elb && elb_uses_security_group(c->api->elb, g->id);
	if (sgroup_delete(c->w, g, used, e) < 0)
		return -1;
	xml_el_bool(c->out, "return", true);
	xml_el(c->out, "groupId", param(c, "GroupId"));
	return 0;
}

/* ---- rules ---- */

struct permissions {
	struct api_call *c;
	struct sg_rule *v;
	size_t n, room;
	struct err *e;
};

static const char *at(struct permissions *p, size_t n, const char *rest)
{
	return arena_fmt(p->c->a, "IpPermissions.%zu.%s", n, rest);
}

static int malformed(struct permissions *p, const char *what, const char *value)
{
	return world_refuse(p->e, "InvalidParameterValue", "Invalid value '%.100s' for %s.", value,
			    what);
}

static int protocol(struct permissions *p, const char *text, char out[12])
{
	static const struct {
		const char *number, *name;
	} known[] = { { "6", "tcp" }, { "17", "udp" }, { "1", "icmp" }, { "58", "icmpv6" } };
	uint64_t v;

	if (strlen(text) >= 12)
		return malformed(p, "IP protocol", text);
	snprintf(out, 12, "%s", text);
	for (size_t i = 0; i < COUNT(known); i++) {
		if (strcmp(text, known[i].number) == 0)
			snprintf(out, 12, "%s", known[i].name);
		if (strcmp(out, known[i].name) == 0)
			return 0;
	}
	if (strcmp(text, "-1") == 0 || (str_u64(text, &v) && v <= 255))
		return 0;
	return malformed(p, "IP protocol", text);
}

static int ports(struct permissions *p, size_t n, struct sg_rule *r)
{
	const char *from = param(p->c, at(p, n, "FromPort")), *to = param(p->c, at(p, n, "ToPort"));
	bool icmp = str_prefix(r->protocol, "icmp");
	bool tcp = strcmp(r->protocol, "tcp") == 0 || strcmp(r->protocol, "udp") == 0;
	int most = icmp ? 255 : 65535;

	if (!tcp && !icmp)
		return 0;
	if (!from || !to)
		return world_refuse(p->e, "MissingParameter",
				    "The request must contain the parameter %s",
				    from ? "toPort" : "fromPort");
	if (!str_i64(from, &r->from) || r->from < (icmp ? -1 : 0) || r->from > most)
		return malformed(p, "from port", from);
	if (!str_i64(to, &r->to) || r->to < (icmp ? -1 : 0) || r->to > most)
		return malformed(p, "to port", to);
	if (tcp && r->from > r->to)
		return world_refuse(p->e, "InvalidParameterValue",
				    "Invalid TCP/UDP port range (%s:%s)", from, to);
	r->ports = true;
	return 0;
}

/* EC2 writes blocks without host bits, and refuses what is none. */
static int block(struct permissions *p, const char *text, uint8_t family, char out[80])
{
	struct cidr c;

	if (!strchr(text, '/') || !cidr_parse(text, &c) || c.ip.family != family)
		return world_refuse(p->e, "InvalidParameterValue", "CIDR block %.100s is malformed",
				    text);
	snprintf(out, 80, "%s", cidr_text(cidr_network(c)).s);
	return 0;
}

static int peer(struct permissions *p, struct sg_rule *r, const char *value)
{
	if (r->kind == SG_CIDR || r->kind == SG_CIDR6)
		return block(p, value, r->kind == SG_CIDR ? IP_V4 : IP_V6, r->peer);
	if (r->kind == SG_GROUP && !sgroup_find(p->c->w, value))
		return not_found(p->e, value);
	if (r->kind == SG_PREFIX_LIST && !str_prefix(value, "pl-"))
		return world_refuse(p->e, "InvalidPrefixListID.NotFound",
				    "The prefix list ID '%.60s' does not exist", value);
	snprintf(r->peer, sizeof(r->peer), "%s", value);
	return 0;
}

static struct sg_rule *room(struct permissions *p)
{
	if (p->n == p->room) {
		struct sg_rule *v = arena_get(p->c->a, (2 * p->room + 8) * sizeof(*v));

		if (p->n)
			memcpy(v, p->v, p->n * sizeof(*v));
		p->v = v;
		p->room = 2 * p->room + 8;
	}
	return &p->v[p->n++];
}

static int peers(struct permissions *p, size_t n, const struct sg_rule *base, enum sg_peer kind)
{
	static const struct {
		const char *list, *member;
	} names[] = { { "IpRanges", "CidrIp" },
		      { "Ipv6Ranges", "CidrIpv6" },
		      { "PrefixListIds", "PrefixListId" },
		      { "Groups", "GroupId" } };
	const char *value;

	for (size_t k = 1;; k++) {
		const char *item = at(p, n, arena_fmt(p->c->a, "%s.%zu", names[kind].list, k));
		const char *text;
		struct sg_rule *r;

		value = param(p->c, arena_fmt(p->c->a, "%s.%s", item, names[kind].member));
		if (!value)
			return 0;
		r = room(p);
		*r = *base;
		r->kind = kind;
		if (peer(p, r, value) < 0)
			return -1;
		/* An empty one is none. */
		text = param(p->c, arena_fmt(p->c->a, "%s.Description", item));
		if (text && strlen(text) > 255)
			return malformed(p, "rule description", text);
		if (text)
			r->description = arena_str(p->c->a, text);
	}
}

static int permissions_read(struct api_call *c, struct permissions *p, struct err *e)
{
	const char *text;

	*p = (struct permissions) { .c = c, .e = e };
	for (size_t n = 1; (text = param(c, at(p, n, "IpProtocol"))); n++) {
		struct sg_rule base = { 0 };
		size_t before = p->n;

		if (protocol(p, text, base.protocol) < 0 || ports(p, n, &base) < 0)
			return -1;
		for (int kind = SG_CIDR; kind <= SG_GROUP; kind++)
			if (peers(p, n, &base, (enum sg_peer)kind) < 0)
				return -1;
		if (p->n == before)
			return world_refuse(e, "MissingParameter",
					    "The request must contain the parameter ipRanges or "
					    "another source");
	}
	if (!p->n)
		return world_refuse(e, "MissingParameter",
				    "Either 'ipPermissions' or 'securityGroupRuleIds' should be "
				    "provided.");
	return 0;
}

static void show_rule(struct api_call *c, const struct sgroup *g, const struct sg_rule *r)
{
	static const char *const names[] = { "cidrIpv4", "cidrIpv6", "prefixListId" };
	struct buf *b = c->out;

	buf_str(b, "<item>");
	xml_el(b, "securityGroupRuleId", r->id);
	xml_el(b, "groupId", g->id);
	xml_el(b, "groupOwnerId", c->w->account);
	xml_el_bool(b, "isEgress", false);
	xml_el(b, "ipProtocol", r->protocol);
	xml_el_int(b, "fromPort", r->ports ? r->from : -1);
	xml_el_int(b, "toPort", r->ports ? r->to : -1);
	if (r->kind == SG_GROUP)
		buf_fmt(b,
			"<referencedGroupInfo><groupId>%s</groupId><userId>%s</userId>"
			"</referencedGroupInfo>",
			r->peer, c->w->account);
	else
		xml_el(b, names[r->kind], r->peer);
	if (r->description)
		xml_el(b, "description", r->description);
	buf_str(b, "</item>");
}

/* The last n, which are new. */
static void show_new(struct api_call *c, const struct sgroup *g, size_t n)
{
	size_t total = 0, i = 0;

	for (const struct sg_rule *r = g->ingress; r; r = r->next)
		total++;
	buf_str(c->out, "<securityGroupRuleSet>");
	for (const struct sg_rule *r = g->ingress; r; r = r->next)
		if (i++ >= total - n)
			show_rule(c, g, r);
	buf_str(c->out, "</securityGroupRuleSet>");
}

int group_authorize(struct api_call *c, struct err *e)
{
	struct permissions p;
	struct sgroup *g;

	if (find(c, &g, e) < 0 || permissions_read(c, &p, e) < 0 ||
	    sgroup_authorize(c->w, g, p.v, p.n, e) < 0)
		return -1;
	xml_el_bool(c->out, "return", true);
	show_new(c, g, p.n);
	return 0;
}

int group_revoke(struct api_call *c, struct err *e)
{
	struct permissions p;
	struct sgroup *g;

	if (find(c, &g, e) < 0 || permissions_read(c, &p, e) < 0 ||
	    sgroup_revoke(c->w, g, p.v, p.n, e) < 0)
		return -1;
	xml_el_bool(c->out, "return", true);
	return 0;
}

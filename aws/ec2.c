/* SPDX-License-Identifier: Apache-2.0 */
/* ec2.c - EC2: network interfaces and tags. */
#include <errno.h>
#include <string.h>

#include "ec2.h"
#include "hash.h"

enum { PAGE = 1000, DEVICES = 100 };

SHAPE_TABLE(ec2_filter, EC2_FILTER)
SHAPE_TABLE(ec2_ip, EC2_IP)
SHAPE_TABLE(ec2_tracking, EC2_TRACKING)
SHAPE_TABLE(ec2_eni, EC2_ENI)
SHAPE_TABLE(ec2_tagged, EC2_TAGGED)
SHAPE_TABLE(ec2_describe, EC2_DESCRIBE)
SHAPE_TABLE(ec2_tag_spec, EC2_TAG_SPEC)
SHAPE_TABLE(ec2_change, EC2_CHANGE)
SHAPE_TABLE(ec2_created, EC2_CREATED)
SHAPE_TABLE(ec2_attached, EC2_ATTACHED)
SHAPE_TABLE(ec2_assigned, EC2_ASSIGNED)

/* ---- looking */

int ec2_eni_check(const struct ec2_eni *n, struct err *e)
{
	if (!str_prefix(n->id, "eni-"))
		return fail(e, EBADMSG, "networkInterfaceId '%.40s' is not one", n->id);
	if (n->device < 0 || n->device >= DEVICES || n->card < 0 || n->card >= DEVICES)
		return fail(e, EBADMSG,
			    "%.40s: deviceIndex %lld or networkCardIndex %lld is not below %d",
			    n->id, (long long)n->device, (long long)n->card, DEVICES);
	for (size_t i = 0; i < n->ips.n; i++)
		if (!n->ips.v[i].ip.family)
			return fail(e, EBADMSG, "%.40s: privateIpAddress '' is not an address",
				    n->id);
	return 0;
}

/* Without ids in pages. */
static int enis(struct aws *w, const struct ec2_describe *in, struct ec2_enis *out, struct arena *a,
		int64_t deadline, struct err *e)
{
	const struct aws_action *act = &ec2_actions[EC2_DESCRIBE_ENIS];

	if (aws_all(w, act, in, out, a, deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		if (ec2_eni_check(&out->v[i], e) < 0)
			return wrap(e, "%s", act->name);
	return 0;
}

int ec2_describe_enis(struct aws *w, const char *const *ids, size_t n, struct ec2_enis *out,
		      struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_describe in = { .enis = { arena_get(a, n * sizeof(*ids)), n } };

	*out = (struct ec2_enis) { 0 };
	if (!n)
		return 0; /* without ids EC2 would describe all that there are */
	memcpy(in.enis.v, ids, n * sizeof(*ids));
	return enis(w, &in, out, a, deadline, e);
}

static struct ec2_describe eni_query(const struct ec2_query *q)
{
	return (struct ec2_describe) { .enis = q->ids,
				       .filters = q->filters,
				       .page = q->ids.n ? 0 : PAGE };
}

int ec2_query_enis(struct aws *w, const struct ec2_query *q, struct ec2_enis *out, struct arena *a,
		   int64_t deadline, struct err *e)
{
	struct ec2_describe in = eni_query(q);

	return enis(w, &in, out, a, deadline, e);
}

int ec2_find_enis(struct aws *w, const char *filter, const char *value, struct ec2_enis *out,
		  struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_filter f = { filter, { &value, 1 } };
	struct ec2_query q = { .filters = { &f, 1 } };

	return ec2_query_enis(w, &q, out, a, deadline, e);
}

struct each {
	int (*fn)(const void *item, void *arg, struct err *e);
	void *arg;
};

static int each_checked(const void *item, void *arg, struct err *e)
{
	const struct each *t = arg;

	if (ec2_eni_check(item, e) < 0)
		return wrap(e, "DescribeNetworkInterfaces");
	return t->fn(item, t->arg, e);
}

int ec2_each_eni(struct aws *w, const struct ec2_query *q,
		 int (*fn)(const void *item, void *arg, struct err *e), void *arg, int64_t deadline,
		 struct err *e)
{
	struct ec2_describe in = eni_query(q);
	struct each t = { fn, arg };

	return aws_each(w, &ec2_actions[EC2_DESCRIBE_ENIS], &in, each_checked, &t, deadline, e);
}

int ec2_describe_tags(struct aws *w, struct ec2_filters filters, struct ec2_taggeds *out,
		      struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_describe in = { .filters = filters, .page = PAGE };

	return aws_all(w, &ec2_actions[EC2_DESCRIBE_TAGS], &in, out, a, deadline, e);
}

/* ---- changing */

static int change(struct aws *w, enum ec2_action action, const struct ec2_change *in,
		  struct arena *a, int64_t deadline, struct err *e)
{
	return aws_do(w, &ec2_actions[action], in, NULL, a, deadline, e);
}

/* RFC 4122, version 4. */
static const char *uuid(struct arena *a)
{
	uint8_t b[16];
	char h[33];

	random_bytes(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	hex(b, sizeof(b), h);
	return arena_fmt(a, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

int ec2_create_eni(struct aws *w, const struct ec2_create_eni *q, struct ec2_eni *out,
		   struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_tag_spec spec = { "network-interface", q->tags };
	struct ec2_change in = { .token = uuid(a),
				 .subnet = q->subnet,
				 .description = q->description,
				 .groups = { arena_get(a, q->ngroups * sizeof(char *)),
					     q->ngroups },
				 .secondary_ips = q->secondary_ips,
				 .new_prefixes = q->prefixes,
				 .ipv6_addresses = q->ipv6_addresses,
				 .tracking = q->tracking,
				 .specs = { &spec, q->tags.n ? 1 : 0 } };
	struct ec2_created created;

	if (q->ngroups)
		memcpy(in.groups.v, q->groups, q->ngroups * sizeof(*q->groups));
	if (aws_do(w, &ec2_actions[EC2_CREATE_ENI], &in, &created, a, deadline, e) < 0)
		return -1;
	if (!created.eni)
		return aws_useless(&ec2_actions[EC2_CREATE_ENI], "EC2 gives no networkInterface",
				   e);
	*out = *created.eni;
	return ec2_eni_check(out, e) < 0 ? aws_useless(&ec2_actions[EC2_CREATE_ENI], e->msg, e) : 0;
}

int ec2_attach_eni(struct aws *w, const char *eni, const char *instance, int device, int card,
		   const char **attachment, struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_change in = {
		.eni = eni, .instance = instance, .device = { device, true }, .card = { card, true }
	};
	struct ec2_attached out;

	if (aws_do(w, &ec2_actions[EC2_ATTACH_ENI], &in, &out, a, deadline, e) < 0)
		return -1;
	*attachment = out.attachment;
	if (!**attachment)
		return aws_useless(&ec2_actions[EC2_ATTACH_ENI], "EC2 gives no attachmentId", e);
	return 0;
}

int ec2_delete_on_termination(struct aws *w, const char *eni, const char *attachment,
			      struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_change in = { .eni = eni, .attachment = attachment, .on_termination = FLAG_YES };

	return change(w, EC2_MODIFY_ENI, &in, a, deadline, e);
}

int ec2_set_groups(struct aws *w, const char *eni, struct strs groups, struct arena *a,
		   int64_t deadline, struct err *e)
{
	struct ec2_change in = { .eni = eni, .groups = groups };

	if (!groups.n)
		return fail(e, EINVAL, "%s: no security groups given", eni);
	return change(w, EC2_MODIFY_ENI, &in, a, deadline, e);
}

int ec2_detach_eni(struct aws *w, const char *attachment, struct arena *a, int64_t deadline,
		   struct err *e)
{
	struct ec2_change in = { .detach = attachment };

	return change(w, EC2_DETACH_ENI, &in, a, deadline, e);
}

int ec2_delete_eni(struct aws *w, const char *eni, struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_change in = { .eni = eni };

	return change(w, EC2_DELETE_ENI, &in, a, deadline, e);
}

/* ---- addresses */

int ec2_assign_ips(struct aws *w, const char *eni, int count, struct ip **out, size_t *n,
		   struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_change in = { .eni = eni, .secondary_ips = count };
	struct ec2_assigned got;

	*n = 0;
	if (aws_do(w, &ec2_actions[EC2_ASSIGN_IPS], &in, &got, a, deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < got.ips.n; i++)
		if (!got.ips.v[i].family)
			return aws_useless(&ec2_actions[EC2_ASSIGN_IPS], "an address is empty", e);
	*out = got.ips.v;
	*n = got.ips.n;
	return 0;
}

int ec2_unassign_ips(struct aws *w, const char *eni, const struct ip *ips, size_t n,
		     struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_change in = { .eni = eni, .ips = { arena_get(a, n * sizeof(*ips)), n } };

	if (n)
		memcpy(in.ips.v, ips, n * sizeof(*ips));
	return change(w, EC2_UNASSIGN_IPS, &in, a, deadline, e);
}

/* Of the two families an answer has one. */
static int assign_prefixes(struct aws *w, enum ec2_action action, const struct ec2_change *in,
			   struct cidrs *out, struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_assigned got;

	*out = (struct cidrs) { 0 };
	if (aws_do(w, &ec2_actions[action], in, &got, a, deadline, e) < 0)
		return -1;
	*out = action == EC2_ASSIGN_IPS ? got.prefixes : got.ipv6_prefixes;
	for (size_t i = 0; i < out->n; i++)
		if (!out->v[i].ip.family)
			return aws_useless(&ec2_actions[action], "a prefix is empty", e);
	return 0;
}

int ec2_assign_prefixes(struct aws *w, const char *eni, int count, struct cidrs *out,
			struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_change in = { .eni = eni, .new_prefixes = count };

	return assign_prefixes(w, EC2_ASSIGN_IPS, &in, out, a, deadline, e);
}

int ec2_unassign_prefixes(struct aws *w, const char *eni, struct cidrs prefixes, struct arena *a,
			  int64_t deadline, struct err *e)
{
	struct ec2_change in = { .eni = eni, .prefixes = prefixes };

	return change(w, EC2_UNASSIGN_IPS, &in, a, deadline, e);
}

int ec2_assign_ipv6_prefixes(struct aws *w, const char *eni, int count, struct cidrs *out,
			     struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_change in = { .eni = eni, .new_ipv6_prefixes = count };

	return assign_prefixes(w, EC2_ASSIGN_IPV6, &in, out, a, deadline, e);
}

int ec2_unassign_ipv6_prefixes(struct aws *w, const char *eni, struct cidrs prefixes,
			       struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_change in = { .eni = eni, .ipv6_prefixes = prefixes };

	return change(w, EC2_UNASSIGN_IPV6, &in, a, deadline, e);
}

/* ---- tags */

int ec2_create_tags(struct aws *w, const char *resource, const struct tags *t, struct arena *a,
		    int64_t deadline, struct err *e)
{
	struct ec2_change in = { .resources = { &resource, 1 }, .tags = *t };

	return change(w, EC2_CREATE_TAGS, &in, a, deadline, e);
}

int ec2_delete_tags(struct aws *w, const char *resource, const struct tags *t, struct arena *a,
		    int64_t deadline, struct err *e)
{
	struct ec2_change in = { .resources = { &resource, 1 }, .tags = *t };

	if (!t->n)
		return fail(e, EINVAL, "%s: without keys EC2 would delete all tags", resource);
	return change(w, EC2_DELETE_TAGS, &in, a, deadline, e);
}

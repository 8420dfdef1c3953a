/* SPDX-License-Identifier: Apache-2.0 */
/* ec2eni.c - EC2's actions that change ENIs and their addresses. */
#include <stdio.h>
#include <string.h>

#include "ec2act.h"
#include "ec2xml.h"
#include "sgroup.h"

enum { MAX_COUNT = 1000, MAX_INDEX = 1000 };

static int find_eni(struct api_call *c, struct eni **out, struct err *e)
{
	const char *id = param(c, "NetworkInterfaceId");

	*out = world_eni(c->w, id);
	if (*out && (*out)->service)
		return world_refuse(e, "OperationNotPermitted",
				    "You do not have permission to access the specified resource.");
	if (*out)
		return 0;
	return world_refuse(e, "InvalidNetworkInterfaceID.NotFound",
			    "The networkInterface ID '%.100s' does not exist", id);
}

/* What real EC2 takes and this one does not: better refused than half believed. */
static int not_simulated(struct api_call *c, const char *const *names, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c->nparams; k++)
			if (strcmp(c->params[k].plain, names[i]) == 0)
				return world_refuse(e, "UnsupportedOperation",
						    "The lab does not simulate %s", names[i]);
	return 0;
}

/* The one group that is named; NULL: none is. */
static int groups_check(struct api_call *c, const char **out, struct err *e)
{
	struct strs groups = param_list(c, "SecurityGroupId");

	for (size_t i = 0; i < groups.n; i++)
		if (!sgroup_find(c->w, groups.v[i]))
			return world_refuse(e, "InvalidGroup.NotFound",
					    "The security group '%.100s' does not exist",
					    groups.v[i]);
	if (groups.n > 1)
		return world_refuse(e, "UnsupportedOperation",
				    "The lab does not simulate several groups on one interface");
	*out = groups.n ? groups.v[0] : NULL;
	return 0;
}

static void set_group(struct eni *n, const char *group)
{
	if (group)
		snprintf(n->group, sizeof(n->group), "%s", group);
}

static int addresses(struct api_call *c, const struct strs *texts, struct ip **out, struct err *e)
{
	struct ip *ips = arena_get(c->a, texts->n * sizeof(*ips));

	for (size_t i = 0; i < texts->n; i++)
		if (!ip_parse(texts->v[i], &ips[i]) || ips[i].family != IP_V4)
			return world_refuse(e, "InvalidParameterValue",
					    "invalid value for parameter address: %.100s",
					    texts->v[i]);
	*out = ips;
	return 0;
}

/* ---- create, delete ---- */

static void write_created(struct api_call *c, const struct eni *n)
{
	buf_str(c->out, "<networkInterface>");
	xml_eni(c->out, c->w, n);
	buf_str(c->out, "</networkInterface>");
	if (*n->token)
		xml_el(c->out, "clientToken", n->token);
}

/* The ENI that the same request has made before: a client that lost the answer asks again. */
static struct eni *made_before(struct world *w, const char *token)
{
	struct eni *n = *token ? w->enis : NULL;

	while (n && strcmp(n->token, token) != 0)
		n = n->next;
	return n;
}

static int tag_created(struct api_call *c, struct eni *n, struct err *e)
{
	const char *type;

	for (size_t k = 1; k <= c->nparams; k++) {
		type = param(c, arena_fmt(c->a, "TagSpecification.%zu.ResourceType", k));
		if (!type)
			return 0;
		if (strcmp(type, "network-interface") != 0)
			return world_refuse(e, "InvalidParameterValue",
					    "'%.100s' is not a valid taggable resource type for "
					    "this operation.",
					    type);
		if (tags_put(c, arena_fmt(c->a, "TagSpecification.%zu.Tag", k), &n->tags, e) < 0)
			return -1;
	}
	return 0;
}

static int create(struct api_call *c, struct subnet *s, const char *description, const char *token,
		  const char *group, struct err *e)
{
	struct eni *n;
	struct err ignored;
	int secondary;

	if (param_int(c, "SecondaryPrivateIpAddressCount", 0, MAX_COUNT, &secondary, e) < 0 ||
	    world_create(c->w, s, description, secondary, &n, e) < 0)
		return -1;
	if (tag_created(c, n, e) < 0) {
		if (world_delete(c->w, n, &ignored) < 0)
			die("new %s cannot be deleted: %s", n->id, ignored.msg);
		return -1;
	}
	snprintf(n->token, sizeof(n->token), "%s", token);
	set_group(n, group);
	write_created(c, n);
	return 0;
}

int eni_create(struct api_call *c, struct err *e)
{
	static const char *const later[] = { "Ipv4PrefixCount", "Ipv4Prefix.Ipv4Prefix",
					     "Ipv6AddressCount", "InterfaceType",
					     "PrivateIpAddress" };
	const char *description = param(c, "Description"), *token = param(c, "ClientToken");
	const char *id = param(c, "SubnetId"), *group;
	struct subnet *s = world_subnet(c->w, id);
	struct eni *same = made_before(c->w, token ? token : "");

	description = description ? description : "";
	if (not_simulated(c, later, COUNT(later), e) < 0)
		return -1;
	if (!s)
		return world_refuse(e, "InvalidSubnetID.NotFound",
				    "The subnet ID '%.100s' does not exist", id);
	if (strlen(description) >= sizeof(same->description) ||
	    (token && strlen(token) >= sizeof(same->token)))
		return world_refuse(e, "InvalidParameterValue",
				    "Description or ClientToken is too long");
	if (groups_check(c, &group, e) < 0)
		return -1;
	if (!same)
		return create(c, s, description, token ? token : "", group, e);
	if (same->subnet != s || strcmp(same->description, description) != 0)
		return world_refuse(e, "IdempotentParameterMismatch",
				    "The client token '%s' was used with other parameters.",
				    same->token);
	write_created(c, same);
	return 0;
}

int eni_delete(struct api_call *c, struct err *e)
{
	struct eni *n;

	if (find_eni(c, &n, e) < 0 || world_delete(c->w, n, e) < 0)
		return -1;
	xml_el_bool(c->out, "return", true);
	return 0;
}

/* ---- attach, modify, detach ---- */

/* The link comes up unless the ENI was detached meanwhile. */
static void link_due(struct api *api, void *attachment)
{
	struct eni *n = world_eni_attachment(api->w, attachment);

	if (n)
		world_link_up(api->w, n);
}

int eni_attach(struct api_call *c, struct err *e)
{
	const char *id = param(c, "InstanceId");
	struct instance *i = str_prefix(id, "i-") ? world_instance(c->w, id) : NULL;
	int device, card;
	struct eni *n;

	if (find_eni(c, &n, e) < 0)
		return -1;
	if (!i)
		return world_refuse(e, "InvalidInstanceID.NotFound",
				    "The instance ID '%.100s' does not exist", id);
	if (param_int(c, "DeviceIndex", 0, MAX_INDEX, &device, e) < 0 ||
	    param_int(c, "NetworkCardIndex", 0, MAX_INDEX, &card, e) < 0 ||
	    world_attach(c->w, n, i, device, card, e) < 0)
		return -1;
	api_later(c->api, c->takes_ms + c->w->c.attach_ms, link_due,
		  arena_str(&c->w->a, n->attachment));
	xml_el(c->out, "attachmentId", n->attachment);
	xml_el_int(c->out, "networkCardIndex", card);
	return 0;
}

static int modify_attachment(struct api_call *c, struct eni *n, struct err *e)
{
	const char *id = param(c, "Attachment.AttachmentId");

	if (!id && !param(c, "Attachment.DeleteOnTermination"))
		return 0;
	if (!id)
		return world_refuse(e, "MissingParameter",
				    "The request must contain the parameter attachmentId");
	if (!n->host || strcmp(n->attachment, id) != 0)
		return world_refuse(e, "InvalidAttachmentID.NotFound",
				    "The interface attachment '%.100s' does not exist.", id);
	return param_bool(c, "Attachment.DeleteOnTermination", n->delete_on_termination,
			  &n->delete_on_termination, e);
}

int eni_modify(struct api_call *c, struct err *e)
{
	const char *description = param(c, "Description.Value"), *group;
	struct eni *n;
	bool check;

	if (find_eni(c, &n, e) < 0 || groups_check(c, &group, e) < 0 ||
	    param_bool(c, "SourceDestCheck.Value", true, &check, e) < 0)
		return -1;
	if (!check)
		return world_refuse(e, "UnsupportedOperation",
				    "The lab checks source and destination always");
	if (description && strlen(description) >= sizeof(n->description))
		return world_refuse(e, "InvalidParameterValue", "Description is too long");
	if (modify_attachment(c, n, e) < 0)
		return -1;
	if (description)
		snprintf(n->description, sizeof(n->description), "%s", description);
	set_group(n, group);
	sgroup_changed(c->w);
	xml_el_bool(c->out, "return", true);
	return 0;
}

int eni_detach(struct api_call *c, struct err *e)
{
	const char *id = param(c, "AttachmentId");
	struct eni *n = world_eni_attachment(c->w, id);

	if (!n)
		return world_refuse(e, "InvalidAttachmentID.NotFound",
				    "The interface attachment '%.100s' does not exist.", id);
	if (world_detach(c->w, n, e) < 0)
		return -1;
	xml_el_bool(c->out, "return", true);
	return 0;
}

/* ---- addresses ---- */

/* Named addresses, all or none. */
static int assign_named(struct world *w, struct eni *n, const struct ip *ips, size_t nips,
			struct err *e)
{
	struct err ignored;
	size_t first;

	for (size_t i = 0; i < nips; i++) {
		if (world_assign(w, n, 0, &ips[i], &first, e) == 0)
			continue;
		while (i-- > 0)
			if (world_unassign(w, n, ips[i], &ignored) < 0)
				die("undo %s: %s", ip_text(ips[i]).s, ignored.msg);
		return -1;
	}
	return 0;
}

static int assign(struct api_call *c, struct eni *n, size_t *first, struct err *e)
{
	struct strs texts = param_list(c, "PrivateIpAddress");
	struct ip *ips;
	int count;

	*first = n->nips;
	if (param_int(c, "SecondaryPrivateIpAddressCount", 0, MAX_COUNT, &count, e) < 0 ||
	    addresses(c, &texts, &ips, e) < 0)
		return -1;
	if (count && texts.n)
		return world_refuse(e, "InvalidParameterCombination",
				    "privateIpAddress and secondaryPrivateIpAddressCount cannot be "
				    "used together");
	if (!count && !texts.n)
		return world_refuse(e, "MissingParameter",
				    "The request must contain the parameter privateIpAddress or "
				    "secondaryPrivateIpAddressCount");
	return count ? world_assign(c->w, n, count, NULL, first, e)
		     : assign_named(c->w, n, ips, texts.n, e);
}

int eni_assign(struct api_call *c, struct err *e)
{
	static const char *const later[] = { "Ipv4PrefixCount", "Ipv4Prefix" };
	struct eni *n;
	size_t first;

	if (not_simulated(c, later, COUNT(later), e) < 0 || find_eni(c, &n, e) < 0 ||
	    assign(c, n, &first, e) < 0)
		return -1;
	xml_el(c->out, "networkInterfaceId", n->id);
	buf_str(c->out, "<assignedPrivateIpAddressesSet>");
	for (size_t i = first; i < n->nips; i++)
		buf_fmt(c->out, "<item><privateIpAddress>%s</privateIpAddress></item>",
			ip_text(n->ips[i].ip).s);
	buf_str(c->out, "</assignedPrivateIpAddressesSet>");
	xml_el_bool(c->out, "return", true);
	return 0;
}

int eni_unassign(struct api_call *c, struct err *e)
{
	static const char *const later[] = { "Ipv4Prefix" };
	struct strs texts = param_list(c, "PrivateIpAddress");
	struct eni *n;
	struct ip *ips;

	if (not_simulated(c, later, COUNT(later), e) < 0 || find_eni(c, &n, e) < 0 ||
	    addresses(c, &texts, &ips, e) < 0)
		return -1;
	if (!texts.n)
		return world_refuse(e, "MissingParameter",
				    "The request must contain the parameter privateIpAddress");
	/* All or none: what cannot go is found before anything does. */
	for (size_t i = 0; i < texts.n; i++)
		if (world_ip_index(n, ips[i]) <= 0)
			return world_unassign(c->w, n, ips[i], e);
	for (size_t i = 0; i < texts.n; i++)
		if (world_ip_index(n, ips[i]) > 0 && world_unassign(c->w, n, ips[i], e) < 0)
			return -1;
	xml_el_bool(c->out, "return", true);
	return 0;
}

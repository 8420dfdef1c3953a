/* SPDX-License-Identifier: Apache-2.0 */
/* ec2show.c - EC2's Describe actions: for each kind of thing, what it can be filtered by. */
#include <stdio.h>
#include <string.h>

#include "ec2act.h"
#include "ec2filter.h"
#include "ec2xml.h"
#include "sgroup.h"

static const char *number(struct arena *a, int n)
{
	return arena_fmt(a, "%d", n);
}

static const char *truth(bool v)
{
	return v ? "true" : "false";
}

/* ---- ENIs ---- */

static void offer_attachment(struct query *q, struct arena *a, const struct eni *n)
{
	const struct instance *i = n->host;

	query_offer(q, "attachment.instance-id", i ? i->id : NULL);
	query_offer(q, "attachment.attachment-id", i ? n->attachment : NULL);
	query_offer(q, "attachment.device-index", i ? number(a, n->device) : NULL);
	query_offer(q, "attachment.network-card-index", i ? number(a, n->card) : NULL);
	query_offer(q, "attachment.status", !i ? NULL : n->attached ? "attached" : "attaching");
	query_offer(q, "attachment.delete-on-termination",
		    i ? truth(n->delete_on_termination) : NULL);
}

static void offer_eni(struct query *q, const struct world *w, const struct eni *n, struct arena *a)
{
	struct ip public = eni_public_ip(n);

	query_item(q);
	query_offer(q, "network-interface-id", n->id);
	query_offer(q, "status", eni_status(n));
	query_offer(q, "description", n->description);
	query_offer(q, "vpc-id", w->vpc_id);
	query_offer(q, "subnet-id", n->subnet->id);
	query_offer(q, "availability-zone", n->subnet->zone);
	query_offer(q, "mac-address", mac_text(n->mac).s);
	query_offer(q, "owner-id", w->account);
	query_offer(q, "group-id", *n->group ? n->group : NULL);
	for (size_t i = 0; i < COUNT(n->more_groups); i++)
		query_offer(q, "group-id", *n->more_groups[i] ? n->more_groups[i] : NULL);
	query_offer(q, "interface-type", n->service ? n->service : "interface");
	query_offer(q, "requester-managed", truth(n->service));
	query_offer(q, "requester-id", n->service ? "amazon-elb" : NULL);
	query_offer(q, "private-ip-address", ip_text(n->ips[0].ip).s);
	query_offer(q, "private-dns-name", world_private_dns(w, n->ips[0].ip).s);
	query_offer(q, "association.public-ip", public.family ? ip_text(public).s : NULL);
	for (size_t i = 0; i < n->nips; i++)
		query_offer(q, "addresses.private-ip-address", ip_text(n->ips[i].ip).s);
	offer_attachment(q, a, n);
	query_offer_tags(q, n->tags);
}

int show_enis(struct api_call *c, struct err *e)
{
	struct query q;

	if (query_read(&q, c, "NetworkInterfaceId", e) < 0)
		return -1;
	for (size_t i = 0; i < q.ids.n; i++)
		if (!world_eni(c->w, q.ids.v[i]))
			return world_refuse(e, "InvalidNetworkInterfaceID.NotFound",
					    "The networkInterface ID '%.100s' does not exist",
					    q.ids.v[i]);
	buf_str(c->out, "<networkInterfaceSet>");
	for (const struct eni *n = c->w->enis; n; n = n->next) {
		offer_eni(&q, c->w, n, c->a);
		if (!query_wants(&q, n->id, n->serial))
			continue;
		buf_str(c->out, "<item>");
		xml_eni(c->out, c->w, n);
		buf_str(c->out, "</item>");
	}
	buf_str(c->out, "</networkInterfaceSet>");
	return query_end(&q, e);
}

/* ---- instances ---- */

static void offer_instance(struct query *q, const struct world *w, const struct instance *i)
{
	query_item(q);
	query_offer(q, "instance-id", i->id);
	query_offer(q, "instance-state-code", "16");
	query_offer(q, "instance-state-name", "running");
	query_offer(q, "instance-type", i->limits->type);
	query_offer(q, "architecture", type_arch(i->limits->type));
	query_offer(q, "availability-zone", i->subnet->zone);
	query_offer(q, "vpc-id", w->vpc_id);
	query_offer(q, "subnet-id", i->subnet->id);
	query_offer(q, "instance.group-id", i->primary->group);
	query_offer(q, "private-ip-address", ip_text(i->primary->ips[0].ip).s);
	query_offer(q, "private-dns-name", i->hostname);
	query_offer(q, "ip-address", ip_text(i->public_ip).s);
	query_offer(q, "dns-name", world_public_dns(w, i->public_ip).s);
	for (const struct eni *n = w->enis; n; n = n->next) {
		if (n->host != i)
			continue;
		query_offer(q, "network-interface.network-interface-id", n->id);
		for (size_t k = 0; k < n->nips; k++)
			query_offer(q, "network-interface.addresses.private-ip-address",
				    ip_text(n->ips[k].ip).s);
	}
	query_offer_tags(q, i->tags);
}

/* Every node was launched by itself: one reservation each. */
int show_instances(struct api_call *c, struct err *e)
{
	const struct world *w = c->w;
	struct query q;

	if (query_read(&q, c, "InstanceId", e) < 0)
		return -1;
	for (size_t k = 0; k < q.ids.n; k++)
		if (!str_prefix(q.ids.v[k], "i-") || !world_instance(c->w, q.ids.v[k]))
			return world_refuse(e, "InvalidInstanceID.NotFound",
					    "The instance ID '%.100s' does not exist", q.ids.v[k]);
	buf_str(c->out, "<reservationSet>");
	for (size_t k = 0; k < w->ninstances; k++) {
		const struct instance *i = &w->instances[k];

		offer_instance(&q, w, i);
		if (!query_wants(&q, i->id, k + 1))
			continue;
		buf_fmt(c->out,
			"<item><reservationId>r-%s</reservationId><ownerId>%s</ownerId>"
			"<groupSet/><instancesSet><item>",
			i->id + 2, w->account);
		xml_instance(c->out, w, i);
		buf_str(c->out, "</item></instancesSet></item>");
	}
	buf_str(c->out, "</reservationSet>");
	return query_end(&q, e);
}

/* ---- the network ---- */

int show_subnets(struct api_call *c, struct err *e)
{
	const struct world *w = c->w;
	struct query q;

	if (query_read(&q, c, "SubnetId", e) < 0)
		return -1;
	for (size_t i = 0; i < q.ids.n; i++)
		if (!world_subnet(c->w, q.ids.v[i]))
			return world_refuse(e, "InvalidSubnetID.NotFound",
					    "The subnet ID '%.100s' does not exist", q.ids.v[i]);
	buf_str(c->out, "<subnetSet>");
	for (size_t i = 0; i < w->nsubnets; i++) {
		const struct subnet *s = &w->subnets[i];

		query_item(&q);
		query_offer(&q, "subnet-id", s->id);
		query_offer(&q, "vpc-id", w->vpc_id);
		query_offer(&q, "state", "available");
		query_offer(&q, "owner-id", w->account);
		query_offer(&q, "availability-zone", s->zone);
		query_offer(&q, "availabilityZone", s->zone);
		query_offer(&q, "availability-zone-id", s->zone_id);
		query_offer(&q, "cidr-block", cidr_text(s->cidr).s);
		query_offer(&q, "cidr", cidr_text(s->cidr).s);
		query_offer(&q, "default-for-az", "false");
		query_offer(&q, "map-public-ip-on-launch", truth(!s->private));
		query_offer_tags(&q, s->tags);
		if (!query_wants(&q, s->id, i + 1))
			continue;
		buf_str(c->out, "<item>");
		xml_subnet(c->out, w, s);
		buf_str(c->out, "</item>");
	}
	buf_str(c->out, "</subnetSet>");
	return query_end(&q, e);
}

int show_vpcs(struct api_call *c, struct err *e)
{
	const struct world *w = c->w;
	struct query q;

	if (query_read(&q, c, "VpcId", e) < 0)
		return -1;
	for (size_t i = 0; i < q.ids.n; i++)
		if (strcmp(q.ids.v[i], w->vpc_id) != 0)
			return world_refuse(e, "InvalidVpcID.NotFound",
					    "The vpc ID '%.100s' does not exist", q.ids.v[i]);
	query_item(&q);
	query_offer(&q, "vpc-id", w->vpc_id);
	query_offer(&q, "state", "available");
	query_offer(&q, "owner-id", w->account);
	query_offer(&q, "cidr", cidr_text(w->c.vpc).s);
	query_offer(&q, "cidr-block-association.cidr-block", cidr_text(w->c.vpc).s);
	query_offer(&q, "is-default", "false");
	query_offer_tags(&q, w->vpc_tags);
	buf_str(c->out, "<vpcSet>");
	if (query_wants(&q, w->vpc_id, 1)) {
		buf_str(c->out, "<item>");
		xml_vpc(c->out, w);
		buf_str(c->out, "</item>");
	}
	buf_str(c->out, "</vpcSet>");
	return query_end(&q, e);
}

static bool listed(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

static int zones_check(struct api_call *c, const struct strs *names, const struct strs *ids,
		       struct err *e)
{
	struct strs have = { 0 }, have_ids = { 0 };

	for (size_t i = 0; i < c->w->nsubnets; i++) {
		strs_add(&have, c->w->subnets[i].zone, c->a);
		strs_add(&have_ids, c->w->subnets[i].zone_id, c->a);
	}
	for (size_t i = 0; i < names->n; i++)
		if (!listed(&have, names->v[i]))
			return world_refuse(e, "InvalidParameterValue",
					    "Invalid availability zone: [%.100s]", names->v[i]);
	for (size_t i = 0; i < ids->n; i++)
		if (!listed(&have_ids, ids->v[i]))
			return world_refuse(e, "InvalidParameterValue",
					    "Invalid availability zone-id: [%.100s]", ids->v[i]);
	return 0;
}

int show_zones(struct api_call *c, struct err *e)
{
	struct strs ids = param_list(c, "ZoneId");
	const struct world *w = c->w;
	struct query q;

	if (query_read(&q, c, "ZoneName", e) < 0 || zones_check(c, &q.ids, &ids, e) < 0)
		return -1;
	buf_str(c->out, "<availabilityZoneInfo>");
	for (size_t i = 0; i < (size_t)w->c.zones; i++) {
		const struct subnet *s = &w->subnets[i];

		query_item(&q);
		query_offer(&q, "zone-name", s->zone);
		query_offer(&q, "zone-id", s->zone_id);
		query_offer(&q, "region-name", w->c.region);
		query_offer(&q, "state", "available");
		if (!query_wants(&q, s->zone, i + 1) || (ids.n && !listed(&ids, s->zone_id)))
			continue;
		buf_str(c->out, "<item>");
		xml_zone(c->out, w, s);
		buf_str(c->out, "</item>");
	}
	buf_str(c->out, "</availabilityZoneInfo>");
	return query_end(&q, e);
}

/* ---- instance types ---- */

int show_types(struct api_call *c, struct err *e)
{
	struct query q;

	if (query_read(&q, c, "InstanceType", e) < 0)
		return -1;
	for (size_t i = 0; i < q.ids.n; i++)
		if (!limits_of(q.ids.v[i], NULL))
			return world_refuse(e, "InvalidInstanceType",
					    "The following supplied instance types do not exist: "
					    "[%.100s]",
					    q.ids.v[i]);
	buf_str(c->out, "<instanceTypeSet>");
	for (size_t i = 0; i < limits_count(); i++) {
		const struct limits row = limits_at(i), *l = &row;

		query_item(&q);
		query_offer(&q, "instance-type", l->type);
		query_offer(&q, "bare-metal", truth(l->bare_metal));
		query_offer(&q, "hypervisor", l->hypervisor == HYPERVISOR_NITRO ? "nitro" : "xen");
		if (!query_wants(&q, l->type, i + 1))
			continue;
		buf_str(c->out, "<item>");
		xml_type(c->out, l);
		buf_str(c->out, "</item>");
	}
	buf_str(c->out, "</instanceTypeSet>");
	return query_end(&q, e);
}

/* ---- tags ---- */

/* serial counts the tags of all resources in the order they are shown. */
static void show_resource(struct query *q, struct api_call *c, const char *type, const char *id,
			  const struct world_tag *tags, uint64_t *serial)
{
	for (; tags; tags = tags->next) {
		query_item(q);
		query_offer(q, "key", tags->key);
		query_offer(q, "value", tags->value);
		query_offer(q, "resource-id", id);
		query_offer(q, "resource-type", type);
		if (!query_wants(q, id, ++*serial))
			continue;
		buf_str(c->out, "<item>");
		xml_el(c->out, "resourceId", id);
		xml_el(c->out, "resourceType", type);
		xml_el(c->out, "key", tags->key);
		xml_el(c->out, "value", tags->value);
		buf_str(c->out, "</item>");
	}
}

int show_tags(struct api_call *c, struct err *e)
{
	const struct world *w = c->w;
	uint64_t serial = 0;
	struct query q;

	if (query_read(&q, c, "ResourceId", e) < 0)
		return -1;
	buf_str(c->out, "<tagSet>");
	show_resource(&q, c, "vpc", w->vpc_id, w->vpc_tags, &serial);
	for (size_t i = 0; i < w->nsubnets; i++)
		show_resource(&q, c, "subnet", w->subnets[i].id, w->subnets[i].tags, &serial);
	for (size_t i = 0; i < w->ninstances; i++)
		show_resource(&q, c, "instance", w->instances[i].id, w->instances[i].tags, &serial);
	for (const struct eni *n = w->enis; n; n = n->next)
		show_resource(&q, c, "network-interface", n->id, n->tags, &serial);
	for (const struct sgroup *g = w->groups; g; g = g->next)
		show_resource(&q, c, "security-group", g->id, g->tags, &serial);
	buf_str(c->out, "</tagSet>");
	return query_end(&q, e);
}

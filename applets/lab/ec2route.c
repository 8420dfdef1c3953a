/* SPDX-License-Identifier: Apache-2.0 */
/* ec2route.c - route tables, which follow from the subnets: the main one leads to the Internet
 * gateway, private subnets have one of their own that does not. */
#include <string.h>

#include "ec2act.h"
#include "ec2filter.h"
#include "ec2xml.h"

static const char *table_id(const struct world *w, bool private, struct arena *a)
{
	return arena_fmt(a, "rtb-%s%c", w->igw + 4 + 1, private ? '1' : '0');
}

static void route(struct buf *b, const char *to, const char *gateway, bool local)
{
	buf_str(b, "<item>");
	xml_el(b, "destinationCidrBlock", to);
	xml_el(b, "gatewayId", gateway);
	xml_el(b, "state", "active");
	xml_el(b, "origin", local ? "CreateRouteTable" : "CreateRoute");
	buf_str(b, "</item>");
}

static void association(struct buf *b, const char *table, const char *subnet, size_t n)
{
	buf_fmt(b, "<item><routeTableAssociationId>rtbassoc-%s%02zx</routeTableAssociationId>",
		table + 4 + 2, n);
	xml_el(b, "routeTableId", table);
	if (subnet)
		xml_el(b, "subnetId", subnet);
	xml_el_bool(b, "main", !subnet);
	buf_str(b, "<associationState><state>associated</state></associationState></item>");
}

static void show(struct buf *b, const struct world *w, const char *id, bool private)
{
	size_t n = 0;

	xml_el(b, "routeTableId", id);
	xml_el(b, "vpcId", w->vpc_id);
	xml_el(b, "ownerId", w->account);
	buf_str(b, "<routeSet>");
	route(b, cidr_text(w->c.vpc).s, "local", true);
	if (!private && !w->route_lost)
		route(b, "0.0.0.0/0", w->igw, false);
	buf_str(b, "</routeSet><associationSet>");
	if (!private)
		association(b, id, NULL, n++);
	for (size_t i = 0; i < w->nsubnets; i++)
		if (private && w->subnets[i].private)
			association(b, id, w->subnets[i].id, n++);
	buf_str(b, "</associationSet><propagatingVgwSet/>");
	xml_tags(b, NULL);
}

int show_route_tables(struct api_call *c, struct err *e)
{
	const struct world *w = c->w;
	struct query q;

	if (query_read(&q, c, "RouteTableId", e) < 0)
		return -1;
	for (size_t i = 0; i < q.ids.n; i++)
		if (strcmp(q.ids.v[i], table_id(w, false, c->a)) != 0 &&
		    (!w->c.private_subnets || strcmp(q.ids.v[i], table_id(w, true, c->a)) != 0))
			return world_refuse(e, "InvalidRouteTableID.NotFound",
					    "The routeTable ID '%.100s' does not exist",
					    q.ids.v[i]);
	buf_str(c->out, "<routeTableSet>");
	for (int private = 0; private <= w->c.private_subnets; private ++) {
		const char *id = table_id(w, private, c->a);

		query_item(&q);
		query_offer(&q, "route-table-id", id);
		query_offer(&q, "vpc-id", w->vpc_id);
		query_offer(&q, "association.main", private ? "false" : "true");
		query_offer(&q, "association.subnet-id", NULL);
		for (size_t i = 0; i < w->nsubnets; i++)
			if (private && w->subnets[i].private)
				query_offer(&q, "association.subnet-id", w->subnets[i].id);
		query_offer_tags(&q, NULL);
		if (!query_wants(&q, id, (uint64_t) private + 1))
			continue;
		buf_str(c->out, "<item>");
		show(c->out, w, id, private);
		buf_str(c->out, "</item>");
	}
	buf_str(c->out, "</routeTableSet>");
	return query_end(&q, e);
}

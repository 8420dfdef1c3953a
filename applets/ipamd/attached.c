/* SPDX-License-Identifier: Apache-2.0 */
/* attached.c - read the instance's ENIs and trust nothing in them. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "attached.h"
#include "clock.h"
#include "log.h"

#define TAG_NO_MANAGE "node.k8s.amazonaws.com/no_manage"
#define TAG_INSTANCE "node.k8s.amazonaws.com/instance_id"

enum { LOOKS = 12, MAX_INDEX = 99 };

bool attached_take(struct attached *x, size_t room, struct ip ip)
{
	const char *why = NULL;

	if (ip.family != IP_V4 || !cidr_contains(x->subnet, ip))
		why = "outside the subnet";
	else if (ip_eq(ip, x->ip))
		why = "the primary address";
	else if (x->nips >= room)
		why = "one too many";
	for (size_t i = 0; !why && i < x->nips; i++)
		if (ip_eq(x->ips[i], ip))
			why = "listed twice";
	if (why) {
		log_warn("address left out eni=%s address=%s subnet=%s reason=\"%s\"", x->id,
			 ip_text(ip).s, cidr_text(x->subnet).s, why);
		return false;
	}
	x->ips[x->nips++] = ip;
	return true;
}

/* ---- one ENI of IMDS */

struct reader {
	struct imds *m;
	const struct nodefacts *n;
	struct arena *a;
	const char *mac; /* as IMDS writes it */
};

static int read_index(struct reader *r, const char *item, bool optional, int *out, struct err *e)
{
	const char *text;
	uint64_t v;

	*out = 0;
	if (imds_item(r->m, &text, r->a, e, "network/interfaces/macs/%s/%s", r->mac, item) < 0)
		return optional && e->num == ENOENT ? 0 : -1;
	if (!str_u64(text, &v) || v > MAX_INDEX)
		return fail(e, EBADMSG, "IMDS %s of %s '%.80s' is not a number up to %d", item,
			    r->mac, text, MAX_INDEX);
	*out = (int)v;
	return 0;
}

static int read_subnet(struct reader *r, struct cidr *out, struct err *e)
{
	const char *text;

	if (imds_item(r->m, &text, r->a, e, "network/interfaces/macs/%s/subnet-ipv4-cidr-block",
		      r->mac) < 0)
		return -1;
	if (!cidr_parse(text, out) || out->ip.family != IP_V4 || out->len < 8 || out->len > 30)
		return fail(e, EBADMSG, "IMDS subnet-ipv4-cidr-block of %s '%.80s' is not a subnet",
			    r->mac, text);
	*out = cidr_network(*out);
	return 0;
}

/* The first address is the primary one. */
static int read_addresses(struct reader *r, struct attached *x, const struct strs *list,
			  struct err *e)
{
	x->ips = arena_get(r->a, list->n * sizeof(*x->ips));
	if (!ip_parse(list->v[0], &x->ip) || !cidr_contains(x->subnet, x->ip))
		return fail(e, EBADMSG,
			    "IMDS local-ipv4s of %s: '%.80s' is no address of subnet %s", r->mac,
			    list->v[0], cidr_text(x->subnet).s);
	for (size_t i = 1; i < list->n; i++) {
		struct ip ip;

		if (ip_parse(list->v[i], &ip))
			attached_take(x, list->n, ip);
		else
			log_warn("IMDS local-ipv4s entry left out mac=%s entry=\"%.80s\"", r->mac,
				 list->v[i]);
	}
	return 0;
}

/* 1: read. 0: it has no IPv4 addresses, so it is none of ours (EFA only, or IPv6). */
static int read_eni(struct reader *r, struct attached *x, struct err *e)
{
	struct strs list;
	const char *id;

	*x = (struct attached) { 0 };
	if (!mac_parse(r->mac, &x->mac))
		return fail(e, EBADMSG, "IMDS macs: '%.80s' is not a MAC address", r->mac);
	x->primary = mac_eq(x->mac, r->n->mac);
	if (imds_item(r->m, &id, r->a, e, "network/interfaces/macs/%s/interface-id", r->mac) < 0 ||
	    copy_id(x->id, sizeof(x->id), "IMDS interface-id", id, e) < 0 ||
	    read_index(r, "device-number", false, &x->device, e) < 0 ||
	    read_index(r, "network-card", true, &x->card, e) < 0 ||
	    imds_list(r->m, &list, r->a, e, "network/interfaces/macs/%s/local-ipv4s", r->mac) < 0)
		return -1;
	if (!list.n)
		return 0;
	if (x->primary && x->device != 0) {
		log_error("primary ENI has a device number, taken as 0 eni=%s device=%d", x->id,
			  x->device);
		x->device = 0;
	}
	if (!x->primary && x->device == 0 && x->card == 0)
		return fail(e, EBADMSG, "IMDS device-number of %s is 0, the primary ENI's", r->mac);
	if (read_subnet(r, &x->subnet, e) < 0 || read_addresses(r, x, &list, e) < 0)
		return -1;
	return 1;
}

static bool is_clash(const struct attacheds *list, const struct attached *x)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct attached *o = &list->v[i];

		if (strcmp(o->id, x->id) != 0 && (o->card != x->card || o->device != x->device))
			continue;
		log_warn("ENI left out, its id or device is another's eni=%s device=%d card=%d "
			 "other=%s",
			 x->id, x->device, x->card, o->id);
		return true;
	}
	return false;
}

static void strip_slash(struct strs *l, struct arena *a)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_suffix(l->v[i], "/"))
			l->v[i] = arena_fmt(a, "%.*s", (int)strlen(l->v[i]) - 1, l->v[i]);
}

/* Primary first, so that a liar cannot take its place. */
static int read_pass(struct reader *r, const struct strs *macs, bool primary, struct attacheds *out,
		     struct err *e)
{
	for (size_t i = 0; i < macs->n; i++) {
		struct attached *x = &out->v[out->n];
		struct mac mac = { 0 };
		int rc;

		if ((mac_parse(macs->v[i], &mac) && mac_eq(mac, r->n->mac)) != primary)
			continue;
		r->mac = macs->v[i];
		rc = read_eni(r, x, e);
		/* ENOENT: it is just coming, or going. */
		if (rc < 0 && (primary || (e->num != EBADMSG && e->num != ENOENT)))
			return -1;
		if (rc < 0)
			log_warn("ENI left out reason=\"%s\"", e->msg);
		else if (rc > 0 && !is_clash(out, x))
			out->n++;
	}
	return 0;
}

int attached_read(struct imds *m, const struct nodefacts *n, struct attacheds *out, struct arena *a,
		  struct err *e)
{
	struct reader r = { m, n, a, NULL };
	struct strs macs;

	if (imds_list(m, &macs, a, e, "network/interfaces/macs/") < 0)
		return -1;
	strip_slash(&macs, a);
	*out = (struct attacheds) { arena_get(a, (macs.n + 1) * sizeof(*out->v)), 0 };
	if (read_pass(&r, &macs, true, out, e) < 0 || read_pass(&r, &macs, false, out, e) < 0)
		return -1;
	if (!out->n || !out->v[0].primary)
		return fail(e, EBADMSG, "IMDS macs does not list the primary ENI %s",
			    mac_text(n->mac).s);
	return 0;
}

/* ---- waiting for one */

static struct attached *find(struct attacheds *l, const char *eni)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].id, eni) == 0)
			return &l->v[i];
	return NULL;
}

int attached_wait(struct imds *m, const struct nodefacts *n, const char *eni, size_t ips,
		  struct attached *out, struct arena *a, struct err *e)
{
	struct backoff pause = { 100, 60000, 0.15, 0 };
	struct attached *x = NULL;

	for (int i = 0; i < LOOKS; i++) {
		struct attacheds list = { 0 };

		if (i && !pause_ms(backoff_next(&pause), INT64_MAX))
			break;
		if (attached_read(m, n, &list, a, e) < 0)
			log_warn("IMDS is not readable eni=%s reason=\"%s\"", eni, e->msg);
		x = find(&list, eni);
		if (x && x->nips >= ips)
			break;
	}
	if (!x || (ips && !x->nips))
		return fail(e, ETIMEDOUT, "IMDS does not list %s with its addresses after %d looks",
			    eni, LOOKS);
	*out = *x;
	return 0;
}

/* ---- EC2's word */

bool attached_managed(const struct tags *t, const char *instance, bool manage_untagged)
{
	const char *no_manage = tag_get(t, TAG_NO_MANAGE), *owner = tag_get(t, TAG_INSTANCE);

	if (no_manage)
		return strcmp(no_manage, "true") != 0;
	if (owner && strcmp(owner, instance) == 0)
		return true;
	return manage_untagged;
}

static const struct ec2_eni *ec2_of(const struct ec2_enis *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].id, id) == 0)
			return &l->v[i];
	return NULL;
}

static void take_addresses(struct attached *x, const struct ec2_eni *from, struct arena *a)
{
	size_t before = x->nips;

	x->ips = arena_get(a, from->ips.n * sizeof(*x->ips));
	x->nips = 0;
	for (size_t i = 0; i < from->ips.n; i++)
		if (!from->ips.v[i].primary)
			attached_take(x, from->ips.n, from->ips.v[i].ip);
	if (x->nips != before)
		log_info("addresses as EC2 has them eni=%s imds=%zu ec2=%zu", x->id, before,
			 x->nips);
}

/* Trunks are the VPC resource controller's; EFA-only ENIs carry no IP. */
static bool for_pods(const char *type)
{
	return !*type || strcmp(type, "interface") == 0 || strcmp(type, "efa") == 0;
}

static bool is_ours(const struct attached *x, const struct ec2_eni *from, const char *instance,
		    bool manage_untagged)
{
	return x->primary || (x->card == 0 && for_pods(from->type) &&
			      attached_managed(&from->tags, instance, manage_untagged));
}

void attached_merge(struct attacheds *list, const struct ec2_enis *ec2, const struct nodefacts *n,
		    bool manage_untagged, int *unmanaged, struct arena *a)
{
	size_t kept = 0;

	*unmanaged = 0;
	for (size_t i = 0; i < list->n; i++) {
		struct attached *x = &list->v[i];
		const struct ec2_eni *from = ec2_of(ec2, x->id);

		if (!from && !x->primary) {
			log_warn("ENI left out, EC2 does not know it eni=%s", x->id);
			continue;
		}
		if (from && !is_ours(x, from, n->instance, manage_untagged)) {
			log_info("ENI is not ours to manage eni=%s type=%s device=%d card=%d",
				 x->id, from->type, x->device, x->card);
			*unmanaged += x->card == 0;
			continue;
		}
		if (from)
			take_addresses(x, from, a);
		list->v[kept++] = *x;
	}
	list->n = kept;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* world.c - what EC2 does to ENIs and their addresses, and when it refuses, in its own words. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* Host numbers that EC2 gives out in a subnet: not the first four and not the last one. */
enum { HOST_FIRST = 4, HOSTS = 1 << (32 - WORLD_SUBNET_MIN), DEVICES = 100, UNATTACHED_IPS = 50 };

static unsigned host_span(const struct subnet *s)
{
	return (1u << (32 - s->cidr.len)) - 1 - HOST_FIRST;
}

int world_refuse(struct err *e, const char *code, const char *fmt, ...)
{
	char text[sizeof(e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fail(e, EINVAL, "%s", text);
	snprintf(e->code, sizeof(e->code), "%s", code);
	return -1;
}

/* ---- who is who ---- */

struct eni *world_eni(struct world *w, const char *id)
{
	struct eni *n = w->enis;

	while (n && strcmp(n->id, id) != 0)
		n = n->next;
	return n;
}

struct eni *world_eni_attachment(struct world *w, const char *attachment)
{
	struct eni *n = w->enis;

	while (n && !(n->host && strcmp(n->attachment, attachment) == 0))
		n = n->next;
	return n;
}

struct subnet *world_subnet(struct world *w, const char *id)
{
	for (size_t i = 0; i < w->nsubnets; i++)
		if (strcmp(w->subnets[i].id, id) == 0)
			return &w->subnets[i];
	return NULL;
}

struct instance *world_instance(struct world *w, const char *id_or_name)
{
	for (size_t i = 0; i < w->ninstances; i++)
		if (strcmp(w->instances[i].id, id_or_name) == 0 ||
		    strcmp(w->instances[i].name, id_or_name) == 0)
			return &w->instances[i];
	return NULL;
}

struct instance *world_by_key(struct world *w, const char *key_id)
{
	for (size_t i = 0; i < w->ninstances; i++)
		if (strcmp(w->instances[i].key_id, key_id) == 0)
			return &w->instances[i];
	return NULL;
}

struct eni *world_by_ip(struct world *w, struct ip ip)
{
	for (size_t i = 0; i < w->ninstances; i++)
		if (ip_eq(w->instances[i].public_ip, ip))
			return w->instances[i].primary;
	for (struct eni *n = w->enis; n; n = n->next)
		if (world_ip_index(n, ip) >= 0)
			return n;
	return NULL;
}

int world_ip_index(const struct eni *eni, struct ip ip)
{
	for (size_t i = 0; i < eni->nips; i++)
		if (ip_eq(eni->ips[i].ip, ip))
			return (int)i;
	return -1;
}

/* ---- tags ---- */

static struct world_tag **tag_find(struct world_tag **tags, const char *key)
{
	while (*tags && strcmp((*tags)->key, key) != 0)
		tags = &(*tags)->next;
	return tags;
}

void world_tag(struct world *w, struct world_tag **tags, const char *key, const char *value)
{
	struct world_tag **at = tag_find(tags, key);

	if (!*at) {
		*at = NEW(&w->a, struct world_tag);
		(*at)->key = arena_str(&w->a, key);
	}
	(*at)->value = arena_str(&w->a, value);
}

void world_untag(struct world_tag **tags, const char *key, const char *value)
{
	struct world_tag **at = tag_find(tags, key);

	if (*at && (!value || strcmp((*at)->value, value) == 0))
		*at = (*at)->next;
}

const char *world_tag_get(const struct world_tag *tags, const char *key)
{
	while (tags && strcmp(tags->key, key) != 0)
		tags = tags->next;
	return tags ? tags->value : NULL;
}

/* ---- addresses ---- */

/* Which host numbers of the subnet are taken; the number of those that are not. */
static int subnet_map(const struct world *w, const struct subnet *s, bool taken[HOSTS])
{
	uint32_t base = ip_v4_host(s->cidr.ip);
	int free = (int)host_span(s);

	memset(taken, 0, HOSTS * sizeof(*taken));
	for (const struct eni *n = w->enis; n; n = n->next) {
		if (n->subnet != s)
			continue;
		for (size_t i = 0; i < n->nips; i++)
			taken[(ip_v4_host(n->ips[i].ip) - base) % HOSTS] = true;
		free -= (int)n->nips;
	}
	return free;
}

int world_subnet_free(const struct world *w, const struct subnet *s)
{
	bool taken[HOSTS];

	return subnet_map(w, s, taken);
}

static void eni_add_ip(struct world *w, struct eni *eni, struct ip ip)
{
	eni->ips = xgrow(eni->ips, (eni->nips + 1) * sizeof(*eni->ips));
	eni->ips[eni->nips++] = (struct eni_ip) { ip, now_ms() };
	if (eni->attached && w->hooks.address)
		w->hooks.address(w->hooks.arg, eni, ip, true);
}

/* As EC2 does, anywhere in the subnet. The caller knows that count are free. */
static void eni_add_any(struct world *w, struct eni *eni, int count)
{
	struct subnet *s = eni->subnet;
	bool taken[HOSTS];

	subnet_map(w, s, taken);
	for (; count > 0; count--) {
		unsigned span = host_span(s), k = world_draw(&s->rng) % span;

		while (taken[HOST_FIRST + k])
			k = (k + 1) % span;
		taken[HOST_FIRST + k] = true;
		eni_add_ip(w, eni, ip_add(s->cidr.ip, HOST_FIRST + k));
	}
}

static int no_room(struct err *e)
{
	return world_refuse(
		e, "InsufficientFreeAddressesInSubnet",
		"The specified subnet does not have enough free addresses to satisfy the "
		"request.");
}

static int too_many_ips(struct err *e)
{
	return world_refuse(e, "PrivateIpAddressLimitExceeded",
			    "Number of private addresses will exceed limit.");
}

static int assign_one(struct world *w, struct eni *eni, struct ip ip, struct err *e)
{
	uint32_t host = ip_v4_host(ip) - ip_v4_host(eni->subnet->cidr.ip);

	if (ip.family != IP_V4 || host < HOST_FIRST || host - HOST_FIRST >= host_span(eni->subnet))
		return world_refuse(e, "InvalidParameterValue",
				    "invalid value for parameter address: %s", ip_text(ip).s);
	if (world_by_ip(w, ip))
		return world_refuse(e, "InvalidIPAddress.InUse",
				    "The specified address is already in use.");
	eni_add_ip(w, eni, ip);
	return 0;
}

int world_assign(struct world *w, struct eni *eni, int count, const struct ip *ip, size_t *first,
		 struct err *e)
{
	int limit = eni->host ? eni->host->limits->ipv4 : UNATTACHED_IPS;

	*first = eni->nips;
	if ((count > 0 ? count : 1) > limit - (int)eni->nips)
		return too_many_ips(e);
	if (count <= 0)
		return assign_one(w, eni, *ip, e);
	if (count > world_subnet_free(w, eni->subnet))
		return no_room(e);
	eni_add_any(w, eni, count);
	return 0;
}

int world_unassign(struct world *w, struct eni *eni, struct ip ip, struct err *e)
{
	int i = world_ip_index(eni, ip);

	if (i < 0)
		return world_refuse(
			e, "InvalidParameterValue",
			"Some of the specified addresses are not assigned to interface %s",
			eni->id);
	if (i == 0)
		return world_refuse(e, "InvalidParameterValue",
				    "The primary address %s of interface %s cannot be unassigned",
				    ip_text(ip).s, eni->id);
	if (eni->attached && w->hooks.address)
		w->hooks.address(w->hooks.arg, eni, ip, false);
	eni->nips--;
	memmove(&eni->ips[i], &eni->ips[i + 1], (eni->nips - (size_t)i) * sizeof(*eni->ips));
	return 0;
}

/* ---- ENIs ---- */

static void draw_id(uint64_t *rng, const char *prefix, char *out, size_t size)
{
	snprintf(out, size, "%s0%016llx", prefix, (unsigned long long)world_draw(rng));
}

static struct mac draw_mac(uint64_t *rng)
{
	uint64_t v = world_draw(rng);
	struct mac m = { { 0x02 } };

	for (size_t i = 1; i < sizeof(m.b); i++, v >>= 8)
		m.b[i] = (uint8_t)v;
	return m;
}

int world_create(struct world *w, struct subnet *s, const char *description, int secondary,
		 struct eni **out, struct err *e)
{
	struct eni **at = &w->enis, *n;

	if (secondary < 0 || secondary >= UNATTACHED_IPS)
		return too_many_ips(e);
	if (secondary + 1 > world_subnet_free(w, s))
		return no_room(e);
	while (*at)
		at = &(*at)->next;
	*at = *out = n = xalloc(sizeof(*n));
	n->serial = ++w->serials;
	n->subnet = s;
	n->mac = draw_mac(&s->rng);
	draw_id(&s->rng, "eni-", n->id, sizeof(n->id));
	snprintf(n->description, sizeof(n->description), "%s", description);
	snprintf(n->group, sizeof(n->group), "%s", w->group);
	eni_add_any(w, n, secondary + 1);
	return 0;
}

/* May an ENI be attached there? EC2's order of looking is not documented; this one is ours. */
static int attach_check(const struct world *w, const struct eni *eni, const struct instance *i,
			int device, int card, struct err *e)
{
	int count = 1;

	if (eni->host)
		return world_refuse(e, "InvalidNetworkInterface.InUse", "Interface: [%s] in use.",
				    eni->id);
	if (strcmp(eni->subnet->zone, i->subnet->zone) != 0)
		return world_refuse(
			e, "InvalidParameterCombination",
			"You may not attach a network interface to an instance if they are "
			"not in the same availability zone");
	if (device < 0 || device >= DEVICES)
		return world_refuse(e, "InvalidParameterValue",
				    "Value (%d) for parameter deviceIndex is invalid.", device);
	if (card < 0 || card >= i->limits->cards)
		return world_refuse(e, "InvalidParameterValue",
				    "Value (%d) for parameter networkCardIndex is invalid.", card);
	for (const struct eni *n = w->enis; n; n = n->next) {
		if (n->host != i || n->card != card)
			continue;
		if (n->device == device)
			return world_refuse(
				e, "InvalidParameterValue",
				"Instance '%s' already has an interface attached at device "
				"index '%d'.",
				i->id, device);
		count++;
	}
	if (count > i->limits->enis)
		return world_refuse(e, "AttachmentLimitExceeded",
				    "Interface count %d exceeds the limit for %s", count,
				    i->limits->type);
	return eni->nips > (size_t)i->limits->ipv4 ? too_many_ips(e) : 0;
}

int world_attach(struct world *w, struct eni *eni, struct instance *i, int device, int card,
		 struct err *e)
{
	if (attach_check(w, eni, i, device, card, e) < 0)
		return -1;
	draw_id(&eni->subnet->rng, "eni-attach-", eni->attachment, sizeof(eni->attachment));
	eni->host = i;
	eni->device = device;
	eni->card = card;
	eni->attach_s = wall_s();
	return 0;
}

void world_link_up(struct world *w, struct eni *eni)
{
	if (!eni->host || eni->attached)
		return;
	eni->attached = true;
	eni->attached_at = now_ms();
	if (w->hooks.attached)
		w->hooks.attached(w->hooks.arg, eni);
}

int world_detach(struct world *w, struct eni *eni, struct err *e)
{
	if (!eni->host)
		return world_refuse(e, "InvalidAttachmentID.NotFound",
				    "The interface attachment '%s' does not exist.",
				    eni->attachment);
	if (eni == eni->host->primary)
		return world_refuse(
			e, "OperationNotPermitted",
			"The network interface at device index %d and networkCard index %d "
			"cannot be detached.",
			eni->device, eni->card);
	if (eni->attached && w->hooks.detached)
		w->hooks.detached(w->hooks.arg, eni);
	eni->host = NULL;
	eni->attached = eni->delete_on_termination = false;
	eni->attachment[0] = '\0';
	return 0;
}

int world_delete(struct world *w, struct eni *eni, struct err *e)
{
	struct eni **at = &w->enis;

	if (eni->host)
		return world_refuse(e, "InvalidParameterValue",
				    "Network interface '%s' is currently in use.", eni->id);
	while (*at != eni)
		at = &(*at)->next;
	*at = eni->next;
	free(eni->ips);
	free(eni);
	return 0;
}

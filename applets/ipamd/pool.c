/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - ENIs, addresses and leases; everything ordered, so that equal histories end equal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

/* Keys that releases up to 1.6 left in a checkpoint, when they took over from the runtime. */
#define MIGRATED_NETWORK "_migrated-from-cri"
#define MIGRATED_IFNAME "unknown"

static bool is_held(const struct pool_lease *l)
{
	return l->freed_ms == 0;
}

static bool is_cooling(const struct pool *p, const struct pool_lease *l, int64_t now_ms)
{
	return !is_held(l) && p->cooldown_ms > 0 && now_ms - l->freed_ms <= p->cooldown_ms;
}

/* ---- leases: one array in order of address */

/* Where the lease of ip is, or belongs. */
static size_t lease_slot(const struct pool *p, struct ip ip)
{
	size_t lo = 0, hi = p->nleases;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ip_cmp(p->leases[mid].l.ip, ip) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct pool_lease *lease_at(const struct pool *p, struct ip ip)
{
	size_t i = lease_slot(p, ip);

	return i < p->nleases && ip_eq(p->leases[i].l.ip, ip) ? &p->leases[i] : NULL;
}

static const char *keep(char **at, const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = memcpy(*at, s, n);

	*at += n;
	return copy;
}

/* One block for the five strings of a lease and its JSON, which is written with each change of the
 * others. */
static void lease_fill(struct pool_lease *to, const struct lease *l)
{
	auto_buf struct buf json = { 0 };
	char *at;

	checkpoint_lease(l, &json);
	at = xalloc(strlen(l->network) + strlen(l->container) + strlen(l->ifname) +
		    strlen(l->pod_ns) + strlen(l->pod) + json.len + 6);
	*to = (struct pool_lease) { .l = *l, .text = at };
	to->l.network = keep(&at, l->network);
	to->l.container = keep(&at, l->container);
	to->l.ifname = keep(&at, l->ifname);
	to->l.pod_ns = keep(&at, l->pod_ns);
	to->l.pod = keep(&at, l->pod);
	to->json = keep(&at, json.p);
}

/* A cooled lease of the same address makes way. */
static void lease_put(struct pool *p, const struct lease *l)
{
	size_t i = lease_slot(p, l->ip);

	if (i < p->nleases && ip_eq(p->leases[i].l.ip, l->ip)) {
		free(p->leases[i].text);
	} else {
		p->leases = xgrow(p->leases, (p->nleases + 1) * sizeof(*p->leases));
		memmove(&p->leases[i + 1], &p->leases[i], (p->nleases - i) * sizeof(*p->leases));
		p->nleases++;
	}
	lease_fill(&p->leases[i], l);
}

static void lease_drop(struct pool *p, struct pool_lease *l)
{
	size_t i = (size_t)(l - p->leases);

	free(l->text);
	p->nleases--;
	memmove(l, l + 1, (p->nleases - i) * sizeof(*l));
}

/* Forget what has cooled down, so that the array is bounded by what is in use. */
static void leases_sweep(struct pool *p, int64_t now_ms)
{
	for (size_t i = p->nleases; i-- > 0;)
		if (!is_held(&p->leases[i]) && !is_cooling(p, &p->leases[i], now_ms))
			lease_drop(p, &p->leases[i]);
}

static struct pool_lease *lease_of(const struct pool *p, const struct pool_key *k)
{
	for (size_t i = 0; i < p->nleases; i++) {
		struct pool_lease *l = &p->leases[i];

		if (is_held(l) && strcmp(l->l.container, k->container) == 0 &&
		    strcmp(l->l.ifname, k->ifname) == 0 && strcmp(l->l.network, k->network) == 0)
			return l;
	}
	return NULL;
}

/* Is an address of net held? */
static bool net_held(const struct pool *p, struct cidr net)
{
	for (size_t i = lease_slot(p, net.ip);
	     i < p->nleases && cidr_contains(net, p->leases[i].l.ip); i++)
		if (is_held(&p->leases[i]))
			return true;
	return false;
}

static void net_clear(struct pool *p, struct cidr net)
{
	size_t i = lease_slot(p, net.ip);

	while (i < p->nleases && cidr_contains(net, p->leases[i].l.ip))
		lease_drop(p, &p->leases[i]);
}

/* ---- ENIs and their addresses */

struct pool_eni *pool_eni_get(struct pool *p, const char *id)
{
	for (size_t i = 0; i < p->nenis; i++)
		if (strcmp(p->enis[i].id, id) == 0)
			return &p->enis[i];
	return NULL;
}

static int eni_order(const struct pool_eni *a, const struct pool_eni *b)
{
	return a->card != b->card ? a->card - b->card : a->device - b->device;
}

int pool_eni_add(struct pool *p, const struct pool_eni *eni, struct err *e)
{
	size_t i = 0;

	if (pool_eni_get(p, eni->id))
		return fail(e, EEXIST, "data store: duplicate ENI");
	while (i < p->nenis && eni_order(&p->enis[i], eni) < 0)
		i++;
	if (i < p->nenis && eni_order(&p->enis[i], eni) == 0)
		return fail(e, EEXIST, "data store: %s is on device %d of card %d already",
			    p->enis[i].id, eni->device, eni->card);
	p->enis = xgrow(p->enis, (p->nenis + 1) * sizeof(*p->enis));
	memmove(&p->enis[i + 1], &p->enis[i], (p->nenis - i) * sizeof(*p->enis));
	p->enis[i] = *eni;
	p->enis[i].nets = NULL;
	p->enis[i].nnets = 0;
	p->nenis++;
	return 0;
}

int pool_eni_remove(struct pool *p, const char *id, bool force, struct err *e)
{
	struct pool_eni *eni = pool_eni_get(p, id);

	if (!eni)
		return fail(e, ENOENT, "datastore: unknown ENI");
	for (size_t i = 0; !force && i < eni->nnets; i++)
		if (net_held(p, eni->nets[i]))
			return fail(e, EBUSY, "datastore: ENI is used and can not be deleted");
	for (size_t i = 0; i < eni->nnets; i++)
		net_clear(p, eni->nets[i]);
	free(eni->nets);
	p->nenis--;
	memmove(eni, eni + 1, (p->nenis - (size_t)(eni - p->enis)) * sizeof(*eni));
	return 0;
}

/* Where net is among those of the ENI, or belongs. */
static size_t net_slot(const struct pool_eni *eni, struct cidr net)
{
	size_t lo = 0, hi = eni->nnets;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cidr_cmp(eni->nets[mid], net) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* They do not overlap, so only the last one that does not begin behind ip can contain it. */
struct pool_eni *pool_owner(const struct pool *p, struct ip ip)
{
	for (size_t i = 0; i < p->nenis; i++) {
		struct pool_eni *eni = &p->enis[i];
		size_t k = net_slot(eni, cidr_host(ip));

		if ((k < eni->nnets && cidr_contains(eni->nets[k], ip)) ||
		    (k > 0 && cidr_contains(eni->nets[k - 1], ip)))
			return eni;
	}
	return NULL;
}

int pool_net_add(struct pool *p, const char *id, struct cidr net, struct err *e)
{
	struct pool_eni *eni = pool_eni_get(p, id);
	size_t i;

	if (!eni)
		return fail(e, ENOENT, "datastore: unknown ENI");
	if (pool_owner(p, net.ip))
		return fail(e, EEXIST, "datastore: IP already in data store");
	i = net_slot(eni, net);
	eni->nets = xgrow(eni->nets, (eni->nnets + 1) * sizeof(*eni->nets));
	memmove(&eni->nets[i + 1], &eni->nets[i], (eni->nnets - i) * sizeof(*eni->nets));
	eni->nets[i] = net;
	eni->nnets++;
	return 0;
}

int pool_net_remove(struct pool *p, const char *id, struct cidr net, bool force, struct err *e)
{
	struct pool_eni *eni = pool_eni_get(p, id);
	size_t i;

	if (!eni)
		return fail(e, ENOENT, "datastore: unknown ENI");
	i = net_slot(eni, net);
	if (i == eni->nnets || !cidr_eq(eni->nets[i], net))
		return fail(e, ENOENT, "datastore: unknown IP");
	if (!force && net_held(p, net))
		return fail(e, EBUSY, "datastore: IP is used and can not be deleted");
	net_clear(p, net);
	eni->nnets--;
	memmove(&eni->nets[i], &eni->nets[i + 1], (eni->nnets - i) * sizeof(*eni->nets));
	return 0;
}

/* ---- pods */

static uint64_t net_size(struct cidr net)
{
	unsigned bits = (unsigned)(ip_bits(net.ip) - net.len);

	return bits < 64 ? UINT64_C(1) << bits : UINT64_MAX;
}

/* Addresses and leases are both in order, so they are walked side by side. */
static bool free_of_eni(const struct pool *p, const struct pool_eni *eni, struct ip *out)
{
	size_t at = eni->nnets ? lease_slot(p, eni->nets[0].ip) : 0;

	for (size_t k = 0; k < eni->nnets; k++) {
		uint64_t size = net_size(eni->nets[k]);

		for (uint64_t n = 0; n < size; n++) {
			*out = ip_add(eni->nets[k].ip, n);
			while (at < p->nleases && ip_cmp(p->leases[at].l.ip, *out) < 0)
				at++;
			if (at == p->nleases || !ip_eq(p->leases[at].l.ip, *out))
				return true;
		}
	}
	return false;
}

/* The lowest address that nobody holds and that is not cooling; what has cooled was swept before.
 */
static bool free_address(const struct pool *p, struct ip *out)
{
	for (size_t i = 0; i < p->nenis; i++)
		if (p->enis[i].ready && free_of_eni(p, &p->enis[i], out))
			return true;
	return false;
}

static struct pool_place place_of(const struct pool *p, const struct lease *l)
{
	const struct pool_eni *eni = pool_owner(p, l->ip);

	return (struct pool_place) { l->ip, eni ? eni->device : 0, eni ? eni->table : 0,
				     l->interfaces > 0 ? l->interfaces : 1 };
}

int pool_assign(struct pool *p, const struct pool_key *k, const char *pod_ns, const char *pod,
		int64_t now_ms, int64_t wall_ns, struct pool_place *out, bool *fresh, struct err *e)
{
	struct pool_lease *held = lease_of(p, k);
	struct lease l = { k->network, k->container, k->ifname, { 0 }, wall_ns, pod_ns, pod, 1 };

	*fresh = !held;
	if (held) {
		*out = place_of(p, &held->l);
		return 0;
	}
	leases_sweep(p, now_ms);
	if (!free_address(p, &l.ip))
		return fail(e, EDQUOT, "AssignPodIPAddress: no available IP/Prefix addresses");
	lease_put(p, &l);
	*out = place_of(p, &l);
	return 0;
}

void pool_unassign(struct pool *p, struct ip ip)
{
	struct pool_lease *l = lease_at(p, ip);

	if (l)
		lease_drop(p, l);
}

int pool_release(struct pool *p, const struct pool_key *k, int64_t now_ms, struct pool_place *out,
		 struct err *e)
{
	struct pool_key old = { MIGRATED_NETWORK, k->container, MIGRATED_IFNAME };
	struct pool_lease *l = lease_of(p, k);

	if (!l)
		l = lease_of(p, &old);
	if (!l)
		return fail(e, ENOENT, "datastore: unknown pod");
	*out = place_of(p, &l->l);
	l->freed_ms = now_ms > 0 ? now_ms : 1;
	return 0;
}

void pool_unrelease(struct pool *p, struct ip ip)
{
	struct pool_lease *l = lease_at(p, ip);

	if (l)
		l->freed_ms = 0;
}

int pool_restore(struct pool *p, const struct lease *l, struct err *e)
{
	if (lease_at(p, l->ip))
		return fail(e, EEXIST, "datastore: IP already in data store");
	lease_put(p, l);
	return 0;
}

struct leases pool_leases(const struct pool *p, struct arena *a)
{
	struct leases out = { arena_get(a, p->nleases * sizeof(*out.v)), 0 };

	for (size_t i = 0; i < p->nleases; i++)
		if (is_held(&p->leases[i]))
			out.v[out.n++] = p->leases[i].l;
	return out;
}

void pool_checkpoint(const struct pool *p, struct buf *out)
{
	const char *comma = "";

	out->len = 0;
	checkpoint_begin(out);
	for (size_t i = 0; i < p->nleases; i++) {
		if (!is_held(&p->leases[i]))
			continue;
		buf_str(out, comma);
		buf_str(out, p->leases[i].json);
		comma = ",";
	}
	checkpoint_end(out);
}

struct pool_stats pool_stats(const struct pool *p, int64_t now_ms)
{
	struct pool_stats s = { 0 };

	for (size_t i = 0; i < p->nenis; i++)
		for (size_t k = 0; p->enis[i].ready && k < p->enis[i].nnets; k++)
			s.total += net_size(p->enis[i].nets[k]);
	for (size_t i = 0; i < p->nleases; i++) {
		const struct pool_eni *eni = pool_owner(p, p->leases[i].l.ip);

		if (!eni || !eni->ready)
			continue;
		s.assigned += is_held(&p->leases[i]);
		s.cooling += is_cooling(p, &p->leases[i], now_ms);
	}
	return s;
}

void pool_free(struct pool *p)
{
	for (size_t i = 0; i < p->nenis; i++)
		free(p->enis[i].nets);
	for (size_t i = 0; i < p->nleases; i++)
		free(p->leases[i].text);
	free(p->enis);
	free(p->leases);
	*p = (struct pool) { 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
/* podeni.c - the network interfaces of pods and nodes. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "podeni.h"

enum { KEPT_MS = 10 * 60000, ADDRESSES = 199, INSTANCES = 1000 };

AWS_LIST(ec2_eni, "")

/* Interfaces by the id of their instance, their own id, or "ADDRESS UID" of a pod. */
struct row {
	char *key;
	int64_t at;
	struct ec2_enis *enis;
};
struct podenis {
	pthread_mutex_t lock;
	struct row *v; /* by key */
	size_t n, cap;
};

struct podenis *podenis_new(void)
{
	struct podenis *k = xalloc(sizeof(*k));

	pthread_mutex_init(&k->lock, NULL);
	return k;
}

static void row_free(struct row *r)
{
	free(r->key);
	free(r->enis);
}

void podenis_free(struct podenis **at)
{
	struct podenis *k = TAKE(*at);

	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++)
		row_free(&k->v[i]);
	free(k->v);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

/* ---- the cache */

static size_t place(const struct podenis *k, const char *key, bool *there)
{
	size_t from = 0, to = k->n;

	*there = false;
	while (from < to) {
		size_t mid = (from + to) / 2;
		int c = strcmp(k->v[mid].key, key);

		*there = *there || c == 0;
		if (c < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static bool recall(struct podenis *k, const char *key, struct ec2_enis *out, struct arena *a)
{
	bool there;
	size_t i;

	pthread_mutex_lock(&k->lock);
	i = place(k, key, &there);
	there = there && now_ms() - k->v[i].at <= KEPT_MS;
	if (there)
		*out = *(struct ec2_enis *)shape_dup(&ec2_enis_shape, k->v[i].enis, a);
	pthread_mutex_unlock(&k->lock);
	return there;
}

static void sweep(struct podenis *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++) {
		if (now_ms() - k->v[i].at > KEPT_MS)
			row_free(&k->v[i]);
		else
			k->v[n++] = k->v[i];
	}
	k->n = n;
}

static void keep(struct podenis *k, const char *key, const struct ec2_enis *enis)
{
	struct row row = { strdup(key), now_ms(), shape_copy(&ec2_enis_shape, enis, 0) };
	bool there;
	size_t i;

	if (!row.key)
		die("out of memory");
	pthread_mutex_lock(&k->lock);
	i = place(k, key, &there);
	if (there) {
		row_free(&k->v[i]);
		k->v[i] = row;
		pthread_mutex_unlock(&k->lock);
		return;
	}
	if (k->n == k->cap)
		sweep(k);
	i = place(k, key, &there);
	if (k->n == k->cap) {
		k->cap = k->cap ? 2 * k->cap : 64;
		k->v = xgrow(k->v, k->cap * sizeof(*k->v));
	}
	memmove(&k->v[i + 1], &k->v[i], (k->n - i) * sizeof(*k->v));
	k->v[i] = row;
	k->n++;
	pthread_mutex_unlock(&k->lock);
}

/* ---- what is looked for */

enum where { DONE, ON_INSTANCE, BY_ID, BY_ADDRESS };
struct sought {
	const struct endpoint *t;
	struct pod_eni *out;
	enum where where, was;
	const char *key;  /* the instance, the interface, the address */
	const char *keep; /* of an address: its row's key */
	bool hyperpod;
};
struct finder {
	struct podenis *k;
	const struct podeni_door *d;
	struct sought *v; /* sorted by was and key */
	size_t n;
};

/* The branch interface of a pod that has one of its own (its annotation says so). */
static const char *branch_of(const struct kube_pod *p, struct arena *a)
{
	const char *text = tag_get(&p->annotations, "vpc.amazonaws.com/pod-eni");
	auto_json struct json *j = NULL;
	struct err e;

	if (!text)
		return NULL;
	j = json_parse(text, strlen(text), &e);
	for (const struct json *m = json_type(j) == JSON_ARRAY ? json_first(j) : NULL; m;
	     m = json_next(m)) {
		const char *id = json_str(m, "eniId", "");

		if (*id && *p->ip &&
		    (strcmp(json_str(m, "privateIp", ""), p->ip) == 0 ||
		     strcmp(json_str(m, "ipv6Addr", ""), p->ip) == 0))
			return arena_str(a, id);
	}
	return NULL;
}

static bool labelled(const struct kube_node *n, const char *key, const char *value)
{
	const char *is = n ? tag_get(&n->labels, key) : NULL;

	return is && strcmp(is, value) == 0;
}

static void classify(struct sought *s, struct arena *a)
{
	const struct kube_node *n = s->t->node;
	const struct kube_pod *p = s->t->pod;
	const char *branch;

	*s->out = (struct pod_eni) { 0 };
	s->where = ON_INSTANCE;
	s->key = n ? node_instance(n) : "";
	if (labelled(n, "eks.amazonaws.com/compute-type", "hybrid")) {
		s->where = DONE;
	} else if (p && (labelled(n, "eks.amazonaws.com/compute-type", "fargate") ||
			 labelled(n, "sagemaker.amazonaws.com/compute-type", "hyperpod"))) {
		s->hyperpod = !labelled(n, "eks.amazonaws.com/compute-type", "fargate");
		s->where = BY_ADDRESS;
		s->key = p->ip;
		s->keep = arena_fmt(a, "%s %s", p->ip, p->uid);
	} else if (p && (branch = branch_of(p, a))) {
		s->where = BY_ID;
		s->key = branch;
	}
	s->was = s->where;
}

static int by_place(const void *a, const void *b)
{
	const struct sought *x = a, *y = b;

	return x->was != y->was ? (x->was > y->was) - (x->was < y->was) : strcmp(x->key, y->key);
}

static bool takes(const struct ec2_eni *n, struct ip ip)
{
	for (size_t i = 0; i < n->ips.n; i++)
		if (ip_eq(n->ips.v[i].ip, ip))
			return true;
	for (size_t i = 0; i < n->ipv6.n; i++)
		if (ip_eq(n->ipv6.v[i], ip))
			return true;
	for (size_t i = 0; i < n->prefixes.n; i++)
		if (cidr_contains(n->prefixes.v[i], ip))
			return true;
	for (size_t i = 0; i < n->ipv6_prefixes.n; i++)
		if (cidr_contains(n->ipv6_prefixes.v[i], ip))
			return true;
	return false;
}

static void found(struct sought *s, const struct ec2_eni *n)
{
	*s->out = (struct pod_eni) { n->id, n->groups };
	s->where = DONE;
}

/* Of an instance: of a pod the interface that has its address, of a node the primary one. */
static void take(struct sought *s, const struct ec2_enis *l)
{
	struct ip ip;
	bool addressed = s->t->pod && ip_parse(s->t->pod->ip, &ip);

	for (size_t i = 0; i < l->n && s->where != DONE; i++) {
		const struct ec2_eni *n = &l->v[i];

		if (s->was == BY_ID ? strcmp(n->id, s->key) == 0
		    : !s->t->pod    ? n->device == 0 && n->card == 0
				    : addressed && takes(n, ip))
			found(s, n);
	}
}

/* ---- asking EC2 */

/* The keys of those that are not found, each once. */
static struct strs keys_left(const struct finder *f, enum where where)
{
	struct strs out = { arena_get(f->d->a, (f->n + 1) * sizeof(char *)), 0 };

	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].where == where && *f->v[i].key &&
		    (!out.n || strcmp(out.v[out.n - 1], f->v[i].key) != 0))
			out.v[out.n++] = f->v[i].key;
	return out;
}

/* All with that key. */
static void take_all(struct finder *f, enum where where, const char *key, const struct ec2_enis *l)
{
	const struct sought ask = { .was = where, .key = key };
	size_t from = 0, to = f->n;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (by_place(&f->v[mid], &ask) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	for (; from < f->n && by_place(&f->v[from], &ask) == 0; from++)
		take(&f->v[from], l);
}

static struct strs part(const struct strs *all, size_t from, size_t most)
{
	size_t left = all->n - from;

	return (struct strs) { all->v + from, left < most ? left : most };
}

static int ask_instances(struct finder *f, struct err *e)
{
	const struct strs all = keys_left(f, ON_INSTANCE);

	for (size_t from = 0; from < all.n; from += INSTANCES) {
		const struct ec2_query q = { .ids = part(&all, from, INSTANCES) };
		struct ec2_instances l;

		if (ec2_describe_instances(f->d->aws, &q, &l, f->d->a, f->d->deadline, e) < 0)
			return -1;
		for (size_t i = 0; i < l.n; i++) {
			keep(f->k, l.v[i].id, &l.v[i].enis);
			take_all(f, ON_INSTANCE, l.v[i].id, &l.v[i].enis);
		}
	}
	return 0;
}

static int find_on_instances(struct finder *f, struct err *e)
{
	const struct strs all = keys_left(f, ON_INSTANCE);

	for (size_t i = 0; i < all.n; i++) {
		struct ec2_enis l;

		if (recall(f->k, all.v[i], &l, f->d->a))
			take_all(f, ON_INSTANCE, all.v[i], &l);
	}
	/* An address may have come to a node since it was looked at. */
	return ask_instances(f, e);
}

static int find_by_id(struct finder *f, struct err *e)
{
	struct strs all = keys_left(f, BY_ID);
	struct ec2_enis l;

	for (size_t i = 0; i < all.n; i++)
		if (recall(f->k, all.v[i], &l, f->d->a))
			take_all(f, BY_ID, all.v[i], &l);
	all = keys_left(f, BY_ID);
	if (!all.n)
		return 0;
	if (ec2_describe_enis(f->d->aws, all.v, all.n, &l, f->d->a, f->d->deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		const struct ec2_enis one = { &l.v[i], 1 };

		keep(f->k, l.v[i].id, &one);
		take_all(f, BY_ID, l.v[i].id, &one);
	}
	return 0;
}

static int ask_addresses(struct finder *f, const struct strs *all, bool v6, struct ec2_enis *out,
			 struct err *e)
{
	for (size_t from = 0; from < all->n; from += ADDRESSES) {
		struct ec2_filter filters[] = {
			{ "vpc-id", { arena_get(f->d->a, sizeof(char *)), 1 } },
			{ v6 ? "ipv6-addresses.ipv6-address" : "addresses.private-ip-address",
			  part(all, from, ADDRESSES) },
		};
		const struct ec2_query q = { .filters = { filters, COUNT(filters) } };

		filters[0].values.v[0] = f->d->vpc;
		if (ec2_query_enis(f->d->aws, &q, out, f->d->a, f->d->deadline, e) < 0)
			return -1;
		for (size_t i = 0; i < f->n; i++) {
			struct sought *s = &f->v[i];

			if (s->where != BY_ADDRESS)
				continue;
			take(s, out);
			if (s->where == DONE)
				for (size_t k = 0; k < out->n; k++)
					if (out->v[k].id == s->out->id)
						keep(f->k, s->keep,
						     &(struct ec2_enis) { &out->v[k], 1 });
		}
	}
	return 0;
}

static struct strs of_family(const struct strs *all, bool v6, struct arena *a)
{
	struct strs out = { arena_get(a, (all->n + 1) * sizeof(char *)), 0 };

	for (size_t i = 0; i < all->n; i++)
		if (!strchr(all->v[i], ':') == !v6)
			out.v[out.n++] = all->v[i];
	return out;
}

/* Addresses of nodes behind which pods of HyperPod hide in a prefix. */
static struct strs internal_ips(const struct finder *f)
{
	struct strs out = { arena_get(f->d->a, (f->n + 1) * sizeof(char *)), 0 };

	for (size_t i = 0; i < f->n; i++) {
		const struct sought *s = &f->v[i];

		for (size_t k = 0;
		     s->where == BY_ADDRESS && s->hyperpod && k < s->t->node->addresses.n; k++) {
			const struct kube_address *at = &s->t->node->addresses.v[k];

			if (strcmp(at->type, "InternalIP") == 0 && !strchr(at->address, ':')) {
				out.v[out.n++] = at->address;
				break;
			}
		}
	}
	return out;
}

static int find_by_address(struct finder *f, struct err *e)
{
	struct ec2_enis l;
	struct strs all, part4, part6, nodes;

	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].where == BY_ADDRESS && recall(f->k, f->v[i].keep, &l, f->d->a))
			take(&f->v[i], &l);
	all = keys_left(f, BY_ADDRESS);
	part4 = of_family(&all, false, f->d->a);
	part6 = of_family(&all, true, f->d->a);
	if (ask_addresses(f, &part4, false, &l, e) < 0 || ask_addresses(f, &part6, true, &l, e) < 0)
		return -1;
	nodes = internal_ips(f);
	return ask_addresses(f, &nodes, false, &l, e);
}

/* ---- */

static int all_found(const struct finder *f, struct err *e)
{
	auto_buf struct buf names = { 0 };
	bool pods = false;

	for (size_t i = 0; i < f->n; i++) {
		const struct endpoint *t = f->v[i].t;
		const struct kube_meta *m = t->pod ? (const void *)t->pod : (const void *)t->node;

		if (f->v[i].where == DONE)
			continue;
		pods = pods || t->pod;
		if (names.len > 300) {
			buf_str(&names, " ...");
			break;
		}
		buf_fmt(&names, "%s%s%s%s", names.len ? " " : "", m->ns, *m->ns ? "/" : "",
			m->name);
	}
	if (!names.len)
		return 0;
	return fail(e, ENOENT, "cannot resolve %s ENI for %s: [%s]", pods ? "pod" : "node",
		    pods ? "pods" : "nodes", names.p);
}

int podenis_find(struct podenis *k, const struct podeni_door *d, const struct endpoint *v, size_t n,
		 struct pod_eni *out, struct err *e)
{
	struct finder f = { k, d, arena_get(d->a, n * sizeof(*f.v)), n };

	for (size_t i = 0; i < n; i++) {
		f.v[i] = (struct sought) { .t = &v[i], .out = &out[i] };
		classify(&f.v[i], d->a);
	}
	qsort(f.v, n, sizeof(*f.v), by_place);
	if (find_by_id(&f, e) < 0 || find_on_instances(&f, e) < 0 || find_by_address(&f, e) < 0)
		return -1;
	return all_found(&f, e);
}

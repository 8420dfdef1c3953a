/* SPDX-License-Identifier: Apache-2.0 */
/* cloud.c - create ENIs, give them addresses, and never leave one behind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cloud.h"
#include "ec2host.h"
#include "log.h"
#include "subnet.h"

#define TAG_INSTANCE "node.k8s.amazonaws.com/instance_id"
#define TAG_CREATED "node.k8s.amazonaws.com/createdAt"

enum { CALL_MS = 30000, TRIES = 12, DEVICES = 100 };

static const int64_t DETACH_MS = 2000; /* what EC2 needs between detach and delete */

static int64_t soon(void)
{
	return now_ms() + CALL_MS;
}

bool cloud_insufficient(const struct err *e)
{
	return strcmp(e->code, "InsufficientCidrBlocks") == 0 ||
	       strcmp(e->code, "InsufficientFreeAddressesInSubnet") == 0;
}

static void put_tag(struct tags *t, const char *key, const char *value)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].key, key) == 0) {
			t->v[i].value = value;
			return;
		}
	t->v[t->n++] = (struct tag) { key, value };
}

struct tags cloud_tags(const struct config *c, const char *instance, struct arena *a)
{
	struct tags t = { arena_get(a, (c->extra_tags.n + 4) * sizeof(*t.v)), 0 };

	put_tag(&t, TAG_INSTANCE, instance);
	if (*c->cluster) {
		put_tag(&t, "cluster.k8s.amazonaws.com/name", c->cluster);
		put_tag(&t, "eks:eni:owner", "amazon-vpc-cni");
	}
	for (size_t i = 0; i < c->extra_tags.n; i++)
		put_tag(&t, c->extra_tags.v[i].key, c->extra_tags.v[i].value);
	return t;
}

/* ---- one ENI's way out */

static int describe_one(struct cloud *w, const char *id, struct ec2_eni *out, struct arena *a,
			struct err *e)
{
	struct ec2_enis list = { 0 };

	if (ec2_describe_enis(w->aws, &id, 1, &list, a, soon(), e) < 0)
		return -1;
	if (list.n != 1)
		return fail(e, ENOENT, "EC2 does not know %s", id);
	*out = list.v[0];
	return 0;
}

/* One step towards its end; 1 when there is nothing left of it. */
static int discard_step(struct cloud *w, const char *id, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct ec2_eni eni = { 0 };

	if (describe_one(w, id, &eni, &a, e) < 0)
		return e->num == ENOENT ? 1 : -1;
	if (*eni.attachment) {
		if (ec2_detach_eni(w->aws, eni.attachment, &a, soon(), e) < 0)
			return -1;
		(void)pause_ms(DETACH_MS, INT64_MAX);
		return 0;
	}
	if (ec2_delete_eni(w->aws, id, &a, soon(), e) < 0)
		return e->num == ENOENT ? 1 : -1;
	return 1;
}

/* Detach it if need be, and delete it. What fails for good is left to the next start. */
static void discard(struct cloud *w, const char *id)
{
	struct backoff pause = { 500, 60000, 0.15, 0 };
	struct err e = { 0 };

	for (int i = 0; i < TRIES; i++) {
		int rc = discard_step(w, id, &e);

		if (rc > 0) {
			log_info("ENI deleted eni=%s", id);
			return;
		}
		if (rc < 0)
			(void)pause_ms(backoff_next(&pause), INT64_MAX);
	}
	log_error("ENI could not be deleted and costs money eni=%s reason=\"%s\"", id, e.msg);
}

/* ---- the ENIs that are there */

/* EC2 names one that it does not know (any more) in quotes; it is dropped from the question. */
static bool drop_named(const char **ids, size_t *n, const char *msg)
{
	for (size_t i = 0; i < *n; i++) {
		if (!strstr(msg, ids[i]))
			continue;
		log_warn("EC2 does not know an ENI that IMDS lists eni=%s", ids[i]);
		memmove(&ids[i], &ids[i + 1], (--*n - i) * sizeof(*ids));
		return true;
	}
	return false;
}

static int describe_all(struct cloud *w, const struct attacheds *list, struct ec2_enis *out,
			struct arena *a, struct err *e)
{
	const char **ids = arena_get(a, list->n * sizeof(*ids));
	size_t n = list->n;
	int rc;

	for (size_t i = 0; i < n; i++)
		ids[i] = list->v[i].id;
	do
		rc = ec2_describe_enis(w->aws, ids, n, out, a, soon(), e);
	while (rc < 0 && e->num == ENOENT && drop_named(ids, &n, e->msg) && n);
	return rc;
}

static bool is_listed(const struct attacheds *list, const char *id)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].id, id) == 0)
			return true;
	return false;
}

/* The ENIs that an agent on this instance made, this one or its predecessor. */
static struct ec2_enis find_ours(struct cloud *w, struct arena *a)
{
	struct ec2_enis l = { 0 };
	size_t n = 0;
	struct err e;

	if (ec2_find_enis(w->aws, "tag:" TAG_INSTANCE, w->node->instance, &l, a, soon(), &e) < 0)
		log_warn("ENIs left behind cannot be looked for reason=\"%s\"", e.msg);
	for (size_t i = 0; i < l.n; i++)
		if (str_prefix(l.v[i].description, "aws-K8S-") &&
		    tag_get(&l.v[i].tags, TAG_CREATED))
			l.v[n++] = l.v[i];
	l.n = n;
	return l;
}

/* Only one job makes ENIs, so one of ours that is not attached is nobody's. */
static void discard_unattached(struct cloud *w, const struct ec2_enis *ours)
{
	for (size_t i = 0; i < ours->n; i++) {
		if (*ours->v[i].attachment)
			continue;
		log_warn("ENI left behind unattached eni=%s status=%s", ours->v[i].id,
			 ours->v[i].status);
		discard(w, ours->v[i].id);
	}
}

/* One may have been made without our hearing of it. */
static void discard_lost(struct cloud *w)
{
	auto_arena struct arena a = { 0 };
	struct ec2_enis ours = find_ours(w, &a);

	discard_unattached(w, &ours);
}

/* Attached, but its maker did not come to the end. */
static void finish_attached(struct cloud *w, const struct ec2_enis *ours, struct cloud_enis *out,
			    struct arena *a)
{
	struct err e;

	out->late = arena_get(a, ours->n * sizeof(*out->late));
	for (size_t i = 0; i < ours->n; i++) {
		const struct ec2_eni *x = &ours->v[i];
		struct late *late = &out->late[out->nlate];

		if (!*x->attachment)
			continue;
		if (!x->delete_on_termination &&
		    ec2_delete_on_termination(w->aws, x->id, x->attachment, a, soon(), &e) < 0)
			log_warn("ENI will outlive the instance eni=%s reason=\"%s\"", x->id,
				 e.msg);
		if (is_listed(&out->list, x->id) ||
		    copy_id(late->id, sizeof(late->id), "EC2 networkInterfaceId", x->id, &e) < 0)
			continue;
		late->ips = x->ips.n ? x->ips.n - 1 : 0;
		out->nlate++;
		log_info("ENI is attached and not in IMDS yet eni=%s", x->id);
	}
}

/* Only what is missing or different is written. */
static void ensure_tags(struct cloud *w, const struct ec2_eni *eni, const struct tags *want)
{
	auto_arena struct arena a = { 0 };
	struct tags missing = { arena_get(&a, want->n * sizeof(*missing.v)), 0 };
	struct err e;

	for (size_t i = 0; i < want->n; i++) {
		const char *have = tag_get(&eni->tags, want->v[i].key);

		if (!have || strcmp(have, want->v[i].value) != 0)
			missing.v[missing.n++] = want->v[i];
	}
	if (missing.n && ec2_create_tags(w->aws, eni->id, &missing, &a, soon(), &e) < 0)
		log_warn("ENI is not tagged eni=%s reason=\"%s\"", eni->id, e.msg);
}

int cloud_enis(struct cloud *w, struct cloud_enis *out, struct arena *a, struct err *e)
{
	struct tags want = cloud_tags(w->config, w->node->instance, a);
	struct ec2_enis ec2 = { 0 }, ours;

	*out = (struct cloud_enis) { 0 };
	if (attached_read(w->imds, w->node, &out->list, a, e) < 0 ||
	    describe_all(w, &out->list, &ec2, a, e) < 0)
		return -1;
	ours = find_ours(w, a);
	discard_unattached(w, &ours);
	finish_attached(w, &ours, out, a);
	attached_merge(&out->list, &ec2, w->node, w->config->manage_untagged, &out->unmanaged, a);
	for (size_t i = 0; i < ec2.n; i++)
		if (is_listed(&out->list, ec2.v[i].id))
			ensure_tags(w, &ec2.v[i], &want);
	return 0;
}

/* ---- more addresses for an ENI */

/* Those of v that x does not have yet, if they are fit for use. */
static void only_new(const struct attached *x, const struct ip *v, size_t n, struct ip **got,
		     size_t *ngot, struct arena *a)
{
	struct attached all = *x;
	size_t room = x->nips + n;

	all.ips = arena_get(a, room * sizeof(*all.ips));
	for (all.nips = 0; all.nips < x->nips; all.nips++)
		all.ips[all.nips] = x->ips[all.nips];
	for (size_t i = 0; i < n; i++)
		attached_take(&all, room, v[i]);
	*got = all.ips + x->nips;
	*ngot = all.nips - x->nips;
}

static bool has_ip(const struct attached *x, struct ip ip)
{
	for (size_t i = 0; i < x->nips; i++)
		if (ip_eq(x->ips[i], ip))
			return true;
	return false;
}

/* What the ENI has according to EC2 and x has not. */
static int ask_what_it_has(struct cloud *w, const struct attached *x, struct ip **v, size_t *n,
			   struct arena *a, struct err *e)
{
	struct ec2_eni eni = { 0 };

	*n = 0;
	if (describe_one(w, x->id, &eni, a, e) < 0)
		return -1;
	*v = arena_get(a, eni.ips.n * sizeof(**v));
	for (size_t i = 0; i < eni.ips.n; i++)
		if (!eni.ips.v[i].primary && !has_ip(x, eni.ips.v[i].ip))
			(*v)[(*n)++] = eni.ips.v[i].ip;
	return 0;
}

/* After a refusal: what can be had all the same. */
static int assign_again(struct cloud *w, const struct attached *x, int count, struct ip **v,
			size_t *n, struct arena *a, struct err *e)
{
	struct err first = *e;

	if (strcmp(first.code, "PrivateIpAddressLimitExceeded") == 0 || first.unsure) {
		if (ask_what_it_has(w, x, v, n, a, e) == 0 && *n)
			return 0;
		*e = first;
		return -1;
	}
	/* no code: EC2 was not even asked */
	if (count == 1 || !*first.code || ec2_assign_ips(w->aws, x->id, 1, v, n, a, soon(), e) < 0)
		return -1;
	log_info("only one address could be had eni=%s wanted=%d reason=\"%s\"", x->id, count,
		 first.msg);
	return 0;
}

int cloud_assign(struct cloud *w, const struct attached *x, int count, struct ip **got,
		 size_t *ngot, struct arena *a, struct err *e)
{
	struct ip *v = NULL;
	size_t n = 0;

	*ngot = 0;
	if (ec2_assign_ips(w->aws, x->id, count, &v, &n, a, soon(), e) < 0 &&
	    assign_again(w, x, count, &v, &n, a, e) < 0)
		return -1;
	only_new(x, v, n, got, ngot, a);
	if (!*ngot)
		return fail(e, EBADMSG, "EC2 assigned nothing that is new and usable to %s", x->id);
	return 0;
}

/* ---- a new ENI */

/* Where to try, best first. That subnets cannot be described is no reason to have no pods: the
 * node's own subnet will do. */
static int choose_subnets(struct cloud *w, struct ec2_subnet **out, size_t *n, struct arena *a,
			  struct err *e)
{
	const struct nodefacts *node = w->node;
	struct ec2_subnet *own = NEW(a, struct ec2_subnet);
	const char *role = NULL;

	own->id = node->subnet;
	if (ec2_describe_subnets(w->aws, node->vpc, node->zone, out, n, a, soon(), e) < 0) {
		log_warn("subnets are unknown, the node's own is taken reason=\"%s\"", e->msg);
		*out = own;
		*n = 1;
		return 0;
	}
	if (w->config->subnet_discovery) {
		*n = subnet_order(*out, *n, node->subnet, w->config->cluster);
		if (!*n)
			return fail(e, ENOENT, "no valid subnets available for ENI creation");
		return 0;
	}
	for (size_t i = 0; i < *n; i++)
		if (strcmp((*out)[i].id, node->subnet) == 0)
			role = tag_get(&(*out)[i].tags, "kubernetes.io/role/cni");
	if (role && strcmp(role, "0") == 0)
		return fail(e, ENOENT, "primary subnet is tagged with kubernetes.io/role/cni=0");
	*out = own;
	*n = 1;
	return 0;
}

static int create(struct cloud *w, int ips, struct ec2_eni *out, struct arena *a, struct err *e)
{
	struct ec2_create_eni q = { .secondary_ips = ips };
	struct ec2_subnet *subnets = NULL;
	struct strs groups = { 0 };
	char *created = arena_get(a, 21);
	size_t n = 0;

	if (choose_subnets(w, &subnets, &n, a, e) < 0 ||
	    nodefacts_groups(w->node, w->imds, &groups, a, e) < 0)
		return -1;
	time_rfc3339(wall_s(), created);
	q.description = arena_fmt(a, "aws-K8S-%s", w->node->instance);
	q.groups = groups.v;
	q.ngroups = groups.n;
	q.tags = cloud_tags(w->config, w->node->instance, a);
	put_tag(&q.tags, TAG_CREATED, created);
	for (size_t i = 0; i < n; i++) {
		q.subnet = subnets[i].id;
		if (ec2_create_eni(w->aws, &q, out, a, soon(), e) == 0)
			return 0;
		log_warn("ENI creation failed subnet=%s addresses=%d reason=\"%s\"", q.subnet, ips,
			 e->msg);
		if (e->unsure)
			discard_lost(w);
	}
	return -1;
}

static int attach(struct cloud *w, const char *eni, struct arena *a, struct err *e)
{
	const char *attachment = NULL;
	bool used[DEVICES] = { false };
	int device = 0;

	if (ec2_used_devices(w->aws, w->node->instance, 0, used, a, soon(), e) < 0)
		return -1;
	used[0] = true; /* the primary ENI, whatever is said */
	while (device < DEVICES && used[device])
		device++;
	if (device == DEVICES)
		return fail(e, EDQUOT, "no free device index on %s", w->node->instance);
	if (ec2_attach_eni(w->aws, eni, w->node->instance, device, 0, &attachment, a, soon(), e) <
	    0)
		return wrap(e, "attach %s as device %d", eni, device);
	if (ec2_delete_on_termination(w->aws, eni, attachment, a, soon(), e) < 0)
		return wrap(e, "set DeleteOnTermination of %s", eni);
	return 0;
}

int cloud_create(struct cloud *w, int ips, struct attached *out, struct arena *a, struct err *e)
{
	struct ec2_eni eni = { 0 };

	if (create(w, ips, &eni, a, e) < 0)
		return -1;
	log_info("ENI created eni=%s subnet=%s addresses=%d", eni.id, eni.subnet, ips);
	if (attach(w, eni.id, a, e) == 0 &&
	    attached_wait(w->imds, w->node, eni.id, (size_t)ips, out, a, e) == 0) {
		log_info("ENI attached eni=%s device=%d address=%s secondary=%zu", out->id,
			 out->device, ip_text(out->ip).s, out->nips);
		return 0;
	}
	log_error("new ENI is given up eni=%s reason=\"%s\"", eni.id, e->msg);
	discard(w, eni.id);
	return -1;
}
